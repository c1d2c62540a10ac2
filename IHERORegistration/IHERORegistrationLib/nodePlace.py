"""Whether data of the scene still lies where it lay when its Frame of Reference was learned: a
transform that is hardened into it, or another origin, takes it out of that frame, and nothing else
of the node tells of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
import slicer

from .errors import FrameOfReferenceError, MalformedObjectError
from .lattice import Lattice
from .nodeVolumes import volumeFromNode
from .placeText import NEAR, arePlaces, isAllElsewhere, isElsewhere, isPlace, placeText

PLACE = "IHERO.Place"  # attributes: see placeText, where a node lay when last it was in its frame
ASSUMED_PLACE = "IHERO.AssumedPlace"  # and when last it was where the user said
ASSUMED_FRAME = "IHERO.AssumedFrame"  # of data without a frame: the one that the user confirmed
MOVED_BY = "IHERO.MovedBy"  # role: the transform by which a new node was moved for good
UNDER = "Under"  # behind either name: it was under a transform then
OTHER_READER = 0.2  # voxels: by as much may readers differ on one series
PARALLEL = 1e-5  # by as much less than 1 is the cosine of an angle that still is none


@runtime_checkable
class PlacedImages(Protocol):
    """Knows where images lie, see `DatabaseImages`."""

    def placeOf(self, sopInstanceUID: str) -> tuple[float, ...]:
        """Image Position (Patient) and the first axis of Image Orientation (Patient), 6 numbers,
        LPS mm; () where it is not known.
        """


def rememberPlace(node: Any, place: str = PLACE) -> None:
    """Let `node` know that it lies, and under a transform or not, where it should."""
    now, above = placeText(node), node.GetParentTransformNode()
    for attribute, value in ((place, now), (f"{place}{UNDER}", "1" if now and above else "")):
        if value != (node.GetAttribute(attribute) or ""):
            node.SetAttribute(attribute, value or None)


def forgetPlace(node: slicer.vtkMRMLNode) -> None:
    """Let `node`, a copy of another one, not know where that lay, nor what the user said of it."""
    for attribute in (PLACE, ASSUMED_PLACE):
        node.RemoveAttribute(attribute)
        node.RemoveAttribute(f"{attribute}{UNDER}")
    node.RemoveAttribute(ASSUMED_FRAME)


def learnPlace(node: Any, sopInstanceUIDs: Sequence[str], images: object) -> None:
    """Let `node`, of which nobody has asked yet, know where it lies; if it lies elsewhere than its
    images do, as far as `images` tells that, it counts as moved.
    """
    isVolume = node.IsA("vtkMRMLScalarVolumeNode") and node.GetImageData() is not None
    if isinstance(images, PlacedImages) and sopInstanceUIDs and isVolume:
        ends = [images.placeOf(uid) for uid in (sopInstanceUIDs[0], sopInstanceUIDs[-1])]
        if all(ends) and not any(_hasVoxel(node, one) for one in ends):
            node.SetAttribute(PLACE, " ".join(("voxel", *map(repr, ends[0]))))
            return
    if not wasMoved(node):
        rememberPlace(node)


def wasMoved(node: slicer.vtkMRMLTransformableNode, place: str = PLACE) -> bool:
    """Whether the content of a node was moved in its own coordinates since it was remembered last,
    see `isElsewhere`; if it lay under a transform then and does not now, also if all of it moved
    otherwise. Nothing is remembered here.
    """
    then = node.GetAttribute(place)
    now = placeText(node) if then else ""
    if not then or not now or now == then:
        return False
    wasUnder = node.GetAttribute(f"{place}{UNDER}")
    try:
        if then.startswith("voxel "):
            return not _hasVoxel(node, tuple(map(float, then.split()[1:])))
        if wasUnder and node.GetParentTransformNode() is None and isAllElsewhere(then, now):
            return True
        return isElsewhere(then, now)
    except (ValueError, IndexError):
        return True  # what is kept cannot be read: nobody knows


def movedSentence(node: slicer.vtkMRMLNode) -> str:
    """Why nobody knows where a node lies that was moved."""
    told = f"{node.GetName()} was moved in its own coordinates since "
    if node.IsA("vtkMRMLMarkupsNode"):
        return told + (
            "its points were placed, all together, as by dragging them as a whole or by hardening "
            "a transform, so that nothing tells whether they still lie in their Frame of "
            "Reference: undo that, or copy them into a new list if they do"
        )
    what = (
        ", or its voxels were computed anew, as by an interpolated crop,"
        if node.IsA("vtkMRMLScalarVolumeNode")
        else ","
    )
    return told + (
        f"it was loaded, as by hardening a transform{what} so that it lies in its Frame of "
        "Reference no longer: undo that or load it again"
    )


def requireUnmoved(node: slicer.vtkMRMLNode) -> None:
    """Let `node` lie in the frame that it names.

    Raises
        FrameOfReferenceError: it was moved since.
    """
    if wasMoved(node):
        raise FrameOfReferenceError(movedSentence(node))


def requireOnLattice(node: slicer.vtkMRMLScalarVolumeNode, lattice: Lattice) -> None:
    """Let `node` be the voxels that its files say, on `lattice`, or a part of these; slices at
    uneven distances may have been evened out.

    Raises
        FrameOfReferenceError: it lies elsewhere.
        MalformedObjectError: see `volumeFromNode`.
    """
    if node.GetImageData() is None:
        return
    here = volumeFromNode(node, "").lattice
    if not isOnLattice(here, lattice) and not _shareASlice(here, lattice):
        raise FrameOfReferenceError(movedSentence(node))


def isOnLattice(part: Lattice, whole: Lattice) -> bool:
    """Whether all voxels of `part` are such of `whole`, whoever read them."""
    return arePlaces(whole.indices(part.corners), whole.size, OTHER_READER)


def _shareASlice(one: Lattice, other: Lattice) -> bool:
    """Whether two parallel lattices have the corners of a slice in common."""
    found = other.indices(one.corners)
    common = [isPlace(index, other.size, OTHER_READER) for index in found]
    return sum(common) >= 4 and abs(one.normal @ other.normal) > 1 - NEAR**2


def _hasVoxel(node: slicer.vtkMRMLScalarVolumeNode, place: tuple[float, ...]) -> bool:
    """Whether a voxel of `node`, or of what it was cut from, lies there, in rows in parallel."""
    try:
        lattice = volumeFromNode(node, "").lattice
    except MalformedObjectError:
        return True  # who knows
    index = lattice.indices(np.array(place[:3]))
    isVoxel = np.abs(index - np.rint(index)).max() <= OTHER_READER
    return bool(isVoxel and np.abs(lattice.directions.T @ place[3:]).max() > 1 - PARALLEL)
