"""What images made with a deformable registration must satisfy (DRRO 7.4.1.8, 7.4.1.9).

R is the registered image set of the registration, S its source.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydicom import Dataset

from ..codes import DEFORMED_FOR_REGISTRATION
from ..decimalStrings import numbers
from ..elements import integersOf, itemsOf, quoted, textOf, textsOf
from ..rules import Breach, Place, Role
from .deformableItems import registeredItem, sourceItems
from .deformationUse import SOURCES, codeBreaches, frameOf, near, othersInFrame, usedDeformations
from .identity import sourceImages
from .images import AXIAL_TOLERANCE
from .references import imagesAtHand, listedInstances, uidOf

LARGEST_SHIFT = 0.01  # mm between two lattices that are the same


def derivedSecondary(place: Place) -> Iterator[Breach]:
    """Image Type begins with DERIVED, SECONDARY."""
    found = textsOf(place.item, place.keyword)[:2]
    if found != ("DERIVED", "SECONDARY"):
        shown = quoted("\\".join(found)) if found else "no value"
        yield Breach(f"expected DERIVED, SECONDARY, found {shown}")


def thirdAxial(place: Place) -> Iterator[Breach]:
    """The third value of Image Type is AXIAL."""
    found = textsOf(place.item, place.keyword)[2:3]
    if found != ("AXIAL",):
        yield Breach(f"expected AXIAL as third value, found {quoted(*found) if found else 'none'}")


def deformedCode(place: Place) -> Iterator[Breach]:
    """A derivation is 125027, Deformed for Registration."""
    derivations = itemsOf(place.item, place.keyword)
    yield from codeBreaches(derivations, DEFORMED_FOR_REGISTRATION, place.keyword)


def isCorrection(place: Place) -> bool:
    """Whether the registration at hand corrects distortion: it has no registered images of its own,
    only those it corrects.
    """
    return any(map(_corrects, usedDeformations(place.dataset, place.study)))


def isNoCorrection(place: Place) -> bool:
    return not isCorrection(place)


def _corrects(deformation: Dataset) -> bool:
    registered = registeredItem(deformation)
    here = _listed(registered[1]) if registered else set()
    there = set().union(*(_listed(item) for _, item in sourceItems(deformation)))
    return not here or here <= there


def _listed(item: Dataset) -> set[str]:
    return {uidOf(one) for one in itemsOf(item, "ReferencedImageSequence")}


def latticeOfRegistered(place: Place) -> Iterator[Breach]:
    """Frame and lattice are those of an image of R at hand."""
    used = usedDeformations(place.dataset, place.study)
    registered = [one for dsr in used if (one := registeredItem(dsr)) is not None]
    images = [image for _, item in registered for image in imagesAtHand(item, place.study)]
    frame = textOf(place.dataset, "FrameOfReferenceUID")
    inFrame = othersInFrame(place, frame)
    if len(used) == 1 and images and frame not in {frameOf(one) for one in images}:
        yield Breach(
            f"expected the frame of the registered images, {frameOf(images[0])}, found "
            f"{frame or 'none'}",
            at="FrameOfReferenceUID",
        )
    elif inFrame:
        yield from _latticeBreaches(place.dataset, inFrame, "a registered image")


def latticeOfSource(place: Place) -> Iterator[Breach]:
    """A corrected image has the lattice of an image it was made of, in the registered frame."""
    frame = textOf(place.dataset, "FrameOfReferenceUID")
    for one in usedDeformations(place.dataset, place.study):
        if frameOf(one) != frame:
            yield Breach(
                f"expected the registered frame, {frameOf(one) or 'none'}, found {frame or 'none'}",
                at="FrameOfReferenceUID",
            )
    sources = sourceImages(place.dataset, place.study)
    if sources:
        yield from _latticeBreaches(place.dataset, sources, "an image it was made of")


def _latticeBreaches(dataset: Dataset, others: list[Dataset], whose: str) -> Iterator[Breach]:
    """At the first attribute that none of `others` shares with what was shared before."""
    left = others
    for keyword in ("Rows", "Columns"):
        own = integersOf(dataset, keyword)
        left = [one for one in left if integersOf(one, keyword) == own]
        if not left:
            yield Breach(f"expected the lattice of {whose}, found another size", at=keyword)
            return
    for keyword, tolerance in (
        ("ImageOrientationPatient", AXIAL_TOLERANCE),
        ("PixelSpacing", 1e-4),
        ("ImagePositionPatient", LARGEST_SHIFT),
    ):
        values = numbers(dataset, keyword, "")
        left = [one for one in left if near(values, numbers(one, keyword, ""), tolerance)]
        if not left:
            yield Breach(f"expected the lattice of {whose}, found another", at=keyword)
            return


def namesSourceImages(place: Place) -> Iterator[Breach]:
    """Source Image Sequence refers to S; a consumer takes Referenced Image Sequence as well."""
    other = place.role is Role.CONSUMER and itemsOf(place.item, "ReferencedImageSequence")
    if not itemsOf(place.item, place.keyword) and not other:
        yield Breach("expected the images that were deformed, found none")


def ownInstance(place: Place) -> Iterator[Breach]:
    """The object's UID is none that it refers to, and what it was made of is listed by series."""
    own = textOf(place.item, "SOPInstanceUID")
    keywords = ("SourceImageSequence", SOURCES)
    referred = {one: [uidOf(item) for item in itemsOf(place.item, one)] for one in keywords}
    if not own or any(own in uids for uids in referred.values()):
        yield Breach("expected a new UID, found that of a source or none", at="SOPInstanceUID")
    listed = {uid for uid, _, _ in listedInstances(place.dataset)}
    for keyword, uids in referred.items():
        missing = set(uids) - listed
        if missing:
            yield Breach(
                f"expected every instance in ReferencedSeriesSequence too, found {len(missing)} "
                f"missing",
                at=keyword,
            )
