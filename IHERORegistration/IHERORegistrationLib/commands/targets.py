"""Which image set a result is made for: named by frame, else the only one that can be meant."""

from __future__ import annotations

from IHERODeformationLib.frameWays import registrationGraph

from ..errors import FrameOfReferenceError, ReferenceNotFoundError
from ..images import ImageSeries
from .inputs import Inputs


def targetFrame(inputs: Inputs, toFrame: str | None, ownFrame: str) -> str:
    """The frame to carry something to that lies in `ownFrame`: the one asked for; else the
    registered one; and if it lies there already, the only frame that is connected to it.

    Raises
        FrameOfReferenceError: several frames are possible, or none is.
    """
    if toFrame:
        return toFrame
    registered = {one.registeredFrame for one in inputs.registrations}
    if not registered:
        return ownFrame
    if len(registered) == 1 and ownFrame not in registered:
        return min(registered)
    others = sorted(inputs.graph.connectedTo(ownFrame))
    if len(others) == 1:
        return others[0]
    possible = ", ".join(others) or "none"
    raise FrameOfReferenceError(
        f"expected one frame to carry it to from {ownFrame}, found {possible}: choose with --to"
    )


def contourFrame(inputs: Inputs, toFrame: str | None, ownFrame: str) -> str:
    """The frame to carry contours to that lie in `ownFrame`: the one asked for; else, where
    deformations take part, the only one that they lead to without an inverse.

    Raises
        FrameOfReferenceError: several frames are possible, or none is.
    """
    if toFrame or not inputs.deformable:
        return targetFrame(inputs, toFrame, ownFrame)
    ahead = sorted(inputs.graph.connectedTo(ownFrame))
    if len(ahead) == 1:
        return ahead[0]
    against = registrationGraph(inputs.registrations, numericalInverse=True).connectedTo(ownFrame)
    possible = ", ".join(ahead or sorted(against)) or "none"
    how = "" if ahead else ", all of them against a deformation, by its numerical inverse"
    raise FrameOfReferenceError(
        f"expected one frame to carry contours to from {ownFrame}, found {possible}{how}: choose "
        "with --to"
    )


def targetSeries(inputs: Inputs, frame: str, uid: str | None = None) -> ImageSeries:
    """The image series of `frame` on whose slices a result lies: the one asked for; else the only
    one, or the only one whose images the registrations list.

    Raises
        ReferenceNotFoundError: there is none, or several; lists them.
    """
    folder = inputs.folderAtHand
    present = folder.seriesInFrame(frame)
    if uid is None and len(present) > 1:
        listed = {
            image.sopInstanceUID
            for one in inputs.registrations
            for item in one.items
            for image in item.images
        }
        used = [s for s in present if any(i.sopInstanceUID in listed for i in s.reference)]
        if len(used) == 1:
            return used[0]
        named = ", ".join(f"{one.modality} {one.seriesInstanceUID}" for one in present)
        raise ReferenceNotFoundError(
            f"expected one image series in frame {frame}, found {len(present)}, choose one with "
            f"--base: {named}"
        )
    return folder.oneSeries(uid, frame)
