"""What images, doses and structure sets made with a deformable registration must satisfy (DRRO).

R is the registered image set of the registration, S its source.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from pydicom import Dataset
from pydicom.uid import DeformableSpatialRegistrationStorage, SpatialRegistrationStorage

from ..codes import DEFORMED_FOR_REGISTRATION, SOURCE_DEFORMABLE_REGISTRATION, Code
from ..decimalStrings import numbers
from ..elements import integersOf, isEmpty, itemsOf, quoted, textOf, textsOf
from ..errors import MalformedObjectError
from ..rules import Breach, Check, Place, Role
from ..study import Study
from .deformableItems import FRAME, ITEMS, registeredItem, sourceItems
from .doses import frameOfSomeImages
from .identity import sourceImages
from .images import AXIAL_TOLERANCE
from .references import imagesAtHand, listedInstances, uidOf
from .structures import oneFrame

SOURCES = "SourceInstanceSequence"
REGISTRATIONS = "ReferencedSpatialRegistrationSequence"
PURPOSE = "PurposeOfReferenceCodeSequence"
DERIVATION = "DerivationCodeSequence"
LARGEST_SHIFT = 0.01  # mm between two lattices that are the same


def isMadeByDeformation(dataset: Dataset) -> bool:
    """Whether an object says that it was made with a Deformable Spatial Registration."""
    try:
        return bool(_usedItems(dataset)) or any(
            _is(one, DEFORMED_FOR_REGISTRATION) or _isPrinted(one, DEFORMED_FOR_REGISTRATION)
            for one in itemsOf(dataset, DERIVATION)
        )
    except MalformedObjectError:
        return False


def _usedItems(dataset: Dataset) -> list[Dataset]:
    """The references to deformable registrations that it was made with."""
    return [
        one
        for keyword in (SOURCES, REGISTRATIONS)
        for one in itemsOf(dataset, keyword)
        if textOf(one, "ReferencedSOPClassUID") == DeformableSpatialRegistrationStorage
    ]


def _usedDeformations(dataset: Dataset, study: Study) -> list[Dataset]:
    """Those at hand, with their items."""
    found = (study.instances.get(uidOf(one) or "none") for one in _usedItems(dataset))
    return [one for one in found if one is not None and itemsOf(one, ITEMS)]


def _is(item: Dataset, code: Code) -> bool:
    return (textOf(item, "CodeValue"), textOf(item, "CodingSchemeDesignator")) == (
        code.value,
        code.scheme,
    )


def _isPrinted(item: Dataset, code: Code) -> bool:
    """Whether it has the meaning of `code` under the number that DRRO prints for it: the two codes
    are swapped there.
    """
    return (
        textOf(item, "CodeValue")
        in (DEFORMED_FOR_REGISTRATION.value, SOURCE_DEFORMABLE_REGISTRATION.value)
        and textOf(item, "CodeMeaning").casefold() == code.meaning.casefold()
    )


def _codeBreaches(items: tuple[Dataset, ...], code: Code, at: str) -> Iterator[Breach]:
    if any(_is(one, code) for one in items):
        return
    if any(_isPrinted(one, code) for one in items):
        found = "the number that DRRO prints by mistake, with the right meaning"
    else:
        found = quoted(textOf(items[0], "CodeValue")) if items else "no code"
    yield Breach(f"expected {code.value} {code.scheme} ({code.meaning}), found {found}", at=at)


# Images


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
    yield from _codeBreaches(derivations, DEFORMED_FOR_REGISTRATION, place.keyword)


def namesDeformation(place: Place) -> Iterator[Breach]:
    """The sequence refers to a Deformable Spatial Registration by its instance."""
    used = [one for one in _usedItems(place.item) if one in itemsOf(place.item, place.keyword)]
    if not used:
        yield Breach("expected the deformable registration that was used, found none")
    elif not any(map(uidOf, used)):
        yield Breach("expected the UID of the deformable registration, found none")


def purposeOfDeformation(place: Place) -> Iterator[Breach]:
    """Where it is referred to, the purpose is 125028, Source Deformable Spatial Registration."""
    for number, one in enumerate(itemsOf(place.item, place.keyword), start=1):
        if textOf(one, "ReferencedSOPClassUID") == DeformableSpatialRegistrationStorage:
            at = f"{place.keyword}[{number}]/{PURPOSE}"
            yield from _codeBreaches(itemsOf(one, PURPOSE), SOURCE_DEFORMABLE_REGISTRATION, at)


def isCorrection(place: Place) -> bool:
    """Whether the registration at hand corrects distortion: it has no registered images of its own,
    only those it corrects.
    """
    return any(map(_corrects, _usedDeformations(place.dataset, place.study)))


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
    used = _usedDeformations(place.dataset, place.study)
    registered = [one for dsr in used if (one := registeredItem(dsr)) is not None]
    images = [image for _, item in registered for image in imagesAtHand(item, place.study)]
    frame = textOf(place.dataset, "FrameOfReferenceUID")
    inFrame = _othersInFrame(place, frame)
    if len(used) == 1 and images and frame not in {_frame(one) for one in images}:
        yield Breach(
            f"expected the frame of the registered images, {_frame(images[0])}, found "
            f"{frame or 'none'}",
            at="FrameOfReferenceUID",
        )
    elif inFrame:
        yield from _latticeBreaches(place.dataset, inFrame, "a registered image")


def latticeOfSource(place: Place) -> Iterator[Breach]:
    """A corrected image has the lattice of an image it was made of, in the registered frame."""
    frame = textOf(place.dataset, "FrameOfReferenceUID")
    for one in _usedDeformations(place.dataset, place.study):
        if _frame(one) != frame:
            yield Breach(
                f"expected the registered frame, {_frame(one) or 'none'}, found {frame or 'none'}",
                at="FrameOfReferenceUID",
            )
    sources = sourceImages(place.dataset, place.study)
    if sources:
        yield from _latticeBreaches(place.dataset, sources, "an image it was made of")


def _othersInFrame(place: Place, frame: str) -> list[Dataset]:
    """Images at hand in `frame` that are of another series and not deformed themselves."""
    own = textOf(place.dataset, "SeriesInstanceUID")
    return [
        one
        for one in (place.study.imagesInFrame.get(frame, ()) if frame else ())
        if textOf(one, "SeriesInstanceUID") != own and not isMadeByDeformation(one)
    ]


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
        left = [one for one in left if _near(values, numbers(one, keyword, ""), tolerance)]
        if not left:
            yield Breach(f"expected the lattice of {whose}, found another", at=keyword)
            return


def _near(one: np.ndarray, other: np.ndarray, tolerance: float) -> bool:
    return one.shape == other.shape and bool(np.abs(one - other).max(initial=0) <= tolerance)


def _frame(dataset: Dataset) -> str:
    return textOf(dataset, "FrameOfReferenceUID")


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


# Doses


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
    used = _usedDeformations(place.dataset, place.study)
    own = textOf(place.item, place.keyword)
    if len(used) == 1 == len(itemsOf(place.item, REGISTRATIONS)) and own != _frame(used[0]):
        yield Breach(
            f"expected the registered frame, {_frame(used[0]) or 'none'}, found {own or 'none'}"
        )
    else:
        yield from frameOfSomeImages(place)


def axesOfRegistered(place: Place) -> Iterator[Breach]:
    """Rows and columns run along those of images of R at hand."""
    own = numbers(place.item, place.keyword, "")
    others = _othersInFrame(place, _frame(place.dataset))
    axes = [numbers(one, place.keyword, "") for one in others]
    if axes and not any(_near(own, one, AXIAL_TOLERANCE) for one in axes):
        yield Breach("expected the axes of the registered images, found others")


# Structure sets


def contoursOnSource(place: Place) -> Iterator[Breach]:
    """Set, structures and images at hand share one frame, to which the registration leads."""
    yield from oneFrame(place)
    frames = {
        textOf(item, "FrameOfReferenceUID")
        for item in itemsOf(place.dataset, "ReferencedFrameOfReferenceSequence")
    }
    for one in _usedDeformations(place.dataset, place.study):
        reached = {textOf(item, FRAME) for _, item in sourceItems(one)}
        if place.role is Role.CONSUMER:
            reached |= {_frame(one)}  # carried the other way, through an inverse
        if not frames & reached and len(_usedItems(place.dataset)) == 1:
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
