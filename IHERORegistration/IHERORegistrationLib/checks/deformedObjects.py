"""What doses and structure sets made with a deformable registration must satisfy (DRRO 7.4.13.3).

R is the registered image set of the registration, S its source.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydicom.uid import DeformableSpatialRegistrationStorage, SpatialRegistrationStorage

from ..decimalStrings import numbers
from ..elements import isEmpty, itemsOf, quoted, textOf
from ..rules import Breach, Check, Place, Role
from .deformableItems import FRAME, sourceItems
from .deformationUse import (
    REGISTRATIONS,
    SOURCES,
    frameOf,
    namesDeformation,
    near,
    othersInFrame,
    purposeOfDeformation,
    usedDeformations,
    usedItems,
)
from .doses import frameOfSomeImages
from .images import AXIAL_TOLERANCE
from .references import uidOf
from .structures import oneFrame


def doseTypeOfSource(place: Place) -> Iterator[Breach]:
    """Dose Type is that of the dose it was made of."""
    own = textOf(place.item, place.keyword)
    if not own:
        yield Breach("expected that of the source dose, found no value")
        return
    uids = [uidOf(one) for one in itemsOf(place.item, "ReferencedInstanceSequence")]
    sources = [place.study.instances[uid] for uid in uids if uid and uid in place.study.instances]
    types = {textOf(one, place.keyword) for one in sources} - {""}
    if types and own not in types:
        yield Breach(f"expected that of the source dose, {min(types)}, found {quoted(own)}")


def oneOfIfThere(*values: str) -> Check:
    """The attribute has one of `values`; slight: it is not there."""

    def check(place: Place) -> Iterator[Breach]:
        found = textOf(place.item, place.keyword)
        if found not in values:
            shown = quoted(found) if found else "no value"
            absent = place.keyword not in place.item
            yield Breach(f"expected {' or '.join(values)}, found {shown}", slight=absent)

    return check


def registrationsUsed(place: Place) -> Iterator[Breach]:
    """A deformable registration by its instance, perhaps others; slight: there is no sequence."""
    used = itemsOf(place.item, place.keyword)
    classes = [textOf(one, "ReferencedSOPClassUID") for one in used]
    if DeformableSpatialRegistrationStorage not in classes:
        yield Breach(
            "expected the deformable registration that was used, found none",
            slight=place.keyword not in place.item,
        )
    allowed = (DeformableSpatialRegistrationStorage, SpatialRegistrationStorage)
    for number, (one, sopClass) in enumerate(zip(used, classes, strict=True), start=1):
        at = f"{place.keyword}[{number}]"
        if sopClass not in allowed:
            yield Breach(f"expected a registration, found {quoted(sopClass)}", at=at)
        elif not uidOf(one):
            yield Breach("expected the UID of the registration, found none", at=at)


def frameOfRegistered(place: Place) -> Iterator[Breach]:
    """The dose lies in the frame of R: that of the registration or of images at hand."""
    used = usedDeformations(place.dataset, place.study)
    own = textOf(place.item, place.keyword)
    if len(used) == 1 == len(itemsOf(place.item, REGISTRATIONS)) and own != frameOf(used[0]):
        yield Breach(
            f"expected the registered frame, {frameOf(used[0]) or 'none'}, found {own or 'none'}"
        )
    else:
        yield from frameOfSomeImages(place)


def axesOfRegistered(place: Place) -> Iterator[Breach]:
    """Rows and columns run along those of images of R at hand."""
    own = numbers(place.item, place.keyword, "")
    others = othersInFrame(place, frameOf(place.dataset))
    axes = [numbers(one, place.keyword, "") for one in others]
    if axes and not any(near(own, one, AXIAL_TOLERANCE) for one in axes):
        yield Breach("expected the axes of the registered images, found others")


def contoursOnSource(place: Place) -> Iterator[Breach]:
    """Set, structures and images at hand share one frame, to which the registration leads."""
    yield from oneFrame(place)
    frames = {
        textOf(item, "FrameOfReferenceUID")
        for item in itemsOf(place.dataset, "ReferencedFrameOfReferenceSequence")
    }
    for one in usedDeformations(place.dataset, place.study):
        reached = {textOf(item, FRAME) for _, item in sourceItems(one)}
        if place.role is Role.CONSUMER:
            reached |= {frameOf(one)}  # carried the other way, through an inverse
        if not frames & reached and len(usedItems(place.dataset)) == 1:
            yield Breach(
                f"expected contours in the source frame, {min(reached, default='none')}, found "
                f"{min(frames, default='none')}",
                at="ReferencedFrameOfReferenceSequence",
            )


def traceable(place: Place) -> Iterator[Breach]:
    """The set that was carried and the registration are referred to."""
    if isEmpty(place.item, "PredecessorStructureSetSequence"):
        yield Breach(
            "expected the structure set that was carried, found none",
            at="PredecessorStructureSetSequence",
        )
    inner = Place(place.item, SOURCES, "", place.dataset, place.study, place.role)
    for one in (*namesDeformation(inner), *purposeOfDeformation(inner)):
        yield Breach(one.message, at=one.at or SOURCES)
