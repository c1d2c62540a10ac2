"""Patient, study, series and equipment of an object against those of the images it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pydicom import Dataset
from pydicom.uid import (
    DeformableSpatialRegistrationStorage,
    RTStructureSetStorage,
    SpatialRegistrationStorage,
)

from ..elements import isEmpty, itemsOf, textOf
from ..rules import Breach, Check, Place, Role, visited
from ..study import Study
from .attributes import presentAll
from .deformableItems import ITEMS as DEFORMABLE_ITEMS
from .deformableItems import registeredItem
from .references import imagesAtHand, listedInstances, uidOf
from .registrations import ITEMS, registeredNumber

CONTOURED = (
    "ReferencedFrameOfReferenceSequence/RTReferencedStudySequence/RTReferencedSeriesSequence"
    "/ContourImageSequence"
)


def baseImages(place: Place) -> list[Dataset]:
    """The images at hand in whose study and frame the object lies.

    Those of the registered item of a registration, those a structure set is drawn on, the
    sources of a derived image; where none is named, those of the object's frame.
    """
    dataset, study = place.dataset, place.study
    sopClass = textOf(dataset, "SOPClassUID")
    found: list[Dataset] = []
    if sopClass in (SpatialRegistrationStorage, DeformableSpatialRegistrationStorage):
        item = _registered(dataset)
        found = [] if item is None else imagesAtHand(item, study)
    elif sopClass == RTStructureSetStorage:
        found = contouredImages(dataset, study)
    elif itemsOf(dataset, "SourceImageSequence"):
        return sourceImages(dataset, study)
    frame = textOf(dataset, "FrameOfReferenceUID")
    others = study.imagesInFrame.get(frame, ()) if frame else ()
    return found or [one for one in others if one is not dataset]


def _registered(dataset: Dataset) -> Dataset | None:
    """The item of a registration of either kind that stands for the registered images."""
    if textOf(dataset, "SOPClassUID") == DeformableSpatialRegistrationStorage:
        found = registeredItem(dataset)
        return None if found is None else found[1]
    number = registeredNumber(dataset)
    return itemsOf(dataset, ITEMS)[number - 1] if number else None


def contouredImages(dataset: Dataset, study: Study) -> list[Dataset]:
    """The images at hand that a structure set lists."""
    uids = [
        uidOf(reference)
        for item, keyword, _ in visited(dataset, CONTOURED)
        for reference in itemsOf(item, keyword)
    ]
    return [study.instances[uid] for uid in uids if uid and uid in study.instances]


def sourceImages(dataset: Dataset, study: Study) -> list[Dataset]:
    """The images at hand that a derived image names as its sources."""
    uids = [uidOf(one) for one in itemsOf(dataset, "SourceImageSequence")]
    return [study.instances[uid] for uid in uids if uid and uid in study.instances]


def inputImages(place: Place) -> list[Dataset]:
    """Every image at hand that the object refers to, and its base images."""
    if not place.study.objects:
        return []
    uids = {uid for uid, _, _ in listedInstances(place.dataset) if uid in place.study.instances}
    for item in (*itemsOf(place.dataset, ITEMS), *itemsOf(place.dataset, DEFORMABLE_ITEMS)):
        uids.update(uidOf(one) for one in itemsOf(item, "ReferencedImageSequence"))
    referred = [
        place.study.instances[uid] for uid in sorted(uids - {""}) if uid in place.study.instances
    ]
    return referred + baseImages(place)


def asInputImages(*keywords: str, grave: bool = False) -> Check:
    """Each of `keywords` is that of every image the object refers to."""
    return _equal(inputImages, keywords, "that of the images", grave)


def asObjectsOfItsStudy(*keywords: str, grave: bool = False) -> Check:
    """Each of `keywords` is that of every object at hand in the same DICOM study."""

    def members(place: Place) -> list[Dataset]:
        own = textOf(place.dataset, "StudyInstanceUID")
        return list(place.study.objectsInStudy.get(own, ())) if own else []

    return _equal(members, keywords, "that of the other objects of its study", grave)


def asSourceImages(*keywords: str) -> Check:
    """Each of `keywords` that the source images at hand have is that of one of them."""

    def check(place: Place) -> Iterator[Breach]:
        images = sourceImages(place.dataset, place.study)
        for keyword in keywords:
            values = {_comparable(image, keyword) for image in images} - {""}
            own = _comparable(place.dataset, keyword)
            if values and own not in values:
                found = "another" if own else "none"
                yield Breach(f"expected that of a source image, found {found}", at=keyword)

    return check


def asBaseImages(*keywords: str) -> Check:
    """Each of `keywords` is that of base images at hand."""
    return _equal(baseImages, keywords, "that of the base images", False, one=True)


def presentAndAsBaseImages(*keywords: str) -> Check:
    """Each of `keywords` has a value, that of base images at hand."""
    compared, there = asBaseImages(*keywords), presentAll(*keywords)

    def check(place: Place) -> Iterator[Breach]:
        yield from there(place)
        yield from (one for one in compared(place) if not isEmpty(place.dataset, one.at))

    return check


def frameOfBaseImages(place: Place) -> Iterator[Breach]:
    """The object has a Frame of Reference UID, that of its base images."""
    if isEmpty(place.item, place.keyword):
        yield Breach("expected a value, found none")
        return
    own = textOf(place.item, place.keyword)
    frames = {textOf(one, "FrameOfReferenceUID") for one in baseImages(place)}
    if frames and frames != {own}:
        other = sorted(frames - {own})[0] or "none"
        yield Breach(f"expected the frame of its images, {other}, found {own}")


def _equal(
    others: Callable[[Place], list[Dataset]],
    keywords: tuple[str, ...],
    whose: str,
    grave: bool,
    one: bool = False,
) -> Check:
    """Equal to all of `others`, or to `one` of them. What is empty on one side differs for
    producers only: a consumer accepts what was left out. Values stay unsaid: they name persons.
    """

    def check(place: Place) -> Iterator[Breach]:
        images = others(place)
        for keyword in keywords:
            own = _comparable(place.dataset, keyword)
            values = {_comparable(image, keyword) for image in images}
            if place.role is Role.CONSUMER:
                values = values - {""} if own else set()
            if values and (own not in values if one else values != {own}):
                found = "another" if own else "none"
                yield Breach(f"expected {whose}, found {found}", at=keyword, grave=grave)

    return check


def _comparable(dataset: Dataset, keyword: str) -> str:
    """Text without what DICOM calls equal: delimiters after a name, zeros after a time."""
    value = textOf(dataset, keyword)
    if keyword.endswith("Name"):
        return value.rstrip("^= ")
    if keyword.endswith("Time") and "." in value:
        return value.rstrip("0").rstrip(".")
    return value
