"""What an object's references to images and other instances must satisfy (PS3.3 C.12.2, C.20.2)."""

from __future__ import annotations

from collections.abc import Iterator

from pydicom import Dataset
from pydicom.uid import CTImageStorage

from ..elements import itemsOf, textOf
from ..imageClasses import SINGLE_FRAME_IMAGES
from ..rules import Breach, Check, Place, visited
from ..study import Study
from .registrations import ITEMS, isRegisteredItem

IMAGES = "ReferencedImageSequence"
OWN_STUDY = "ReferencedSeriesSequence"
OTHER_STUDIES = "StudiesContainingOtherReferencedInstancesSequence"

# Where registrations and fiducials refer to instances, apart from the Common Instance Reference.
FIDUCIALS = "FiducialSetSequence/FiducialSequence"
DEFORMABLE_ITEMS = "DeformableRegistrationSequence"
REFERRING = (
    f"{ITEMS}/{IMAGES}",
    f"{ITEMS}/UsedFiducialsSequence",
    f"{ITEMS}/UsedSegmentsSequence",
    f"{ITEMS}/UsedRTStructureSetROISequence",
    f"{DEFORMABLE_ITEMS}/{IMAGES}",
    f"{DEFORMABLE_ITEMS}/UsedFiducialsSequence",
    f"FiducialSetSequence/{IMAGES}",
    f"{FIDUCIALS}/GraphicCoordinatesDataSequence/{IMAGES}",
    f"{FIDUCIALS}/DefinitionSourceSequence",
    IMAGES,
    "ReferencedInstanceSequence",
    "SourceImageSequence",
    "SourceInstanceSequence",
)


def uidOf(item: Dataset) -> str:
    """The instance that an item refers to; empty if it names none."""
    return textOf(item, "ReferencedSOPInstanceUID")


def listedInstances(dataset: Dataset) -> Iterator[tuple[str, str, str]]:
    """What the Common Instance Reference Module lists: instance, its study's UID, location."""
    branches = [(textOf(dataset, "StudyInstanceUID"), dataset, "")]
    for number, other in enumerate(itemsOf(dataset, OTHER_STUDIES), start=1):
        study = textOf(other, "StudyInstanceUID")
        branches.append((study, other, f"{OTHER_STUDIES}[{number}]/"))
    for study, branch, prefix in branches:
        for number, series in enumerate(itemsOf(branch, OWN_STUDY), start=1):
            for instance in itemsOf(series, "ReferencedInstanceSequence"):
                yield uidOf(instance), study, f"{prefix}{OWN_STUDY}[{number}]"


def listedSeries(dataset: Dataset) -> set[str]:
    """Series Instance UIDs of the Common Instance Reference Module."""
    branches = (dataset, *itemsOf(dataset, OTHER_STUDIES))
    series = (one for branch in branches for one in itemsOf(branch, OWN_STUDY))
    return {textOf(one, "SeriesInstanceUID") for one in series}


def imagesAtHand(item: Dataset, study: Study) -> list[Dataset]:
    """The images that `item` refers to, as far as they are at hand."""
    if not study.objects:
        return []
    uids = [uidOf(reference) for reference in itemsOf(item, IMAGES)]
    return [study.instances[uid] for uid in uids if uid and uid in study.instances]


def everyReferenceListedOnce(place: Place) -> Iterator[Breach]:
    """What is referred to is listed, once, and under the study it belongs to."""
    seen: set[str] = set()
    again: dict[str, list[str]] = {}
    astray: dict[str, list[str]] = {}
    for uid, study, at in listedInstances(place.dataset):
        if uid in seen:
            again.setdefault(at, []).append(uid)
        seen.add(uid)
        atHand = place.study.instances.get(uid)
        if atHand is not None and textOf(atHand, "StudyInstanceUID") != study:
            astray.setdefault(at, []).append(uid)
    for at, uids in again.items():
        yield Breach(f"expected each instance once, found {_some(uids)} again", at=at)
    for at, uids in astray.items():
        yield Breach(f"expected instances of this study, found {_some(uids)} of another", at=at)
    for path in REFERRING:
        for item, keyword, prefix in visited(place.dataset, path):
            uids = [uid for uid in map(uidOf, itemsOf(item, keyword)) if uid not in seen or not uid]
            if uids:
                yield Breach(
                    f"expected every instance in {OWN_STUDY} too, found {_some(uids)} missing",
                    at=f"{prefix}{keyword}",
                )


def _some(uids: list[str]) -> str:
    first = uids[0] or "an item without UID"
    return first if len(uids) == 1 else f"{len(uids)} ({first} …)"


def someReferenceListed(place: Place) -> Iterator[Breach]:
    """The Common Instance Reference Module is there."""
    if not itemsOf(place.item, OWN_STUDY) and not itemsOf(place.item, OTHER_STUDIES):
        yield Breach(f"expected items here or in {OTHER_STUDIES}, found none", at=OWN_STUDY)


def noImages(place: Place) -> Iterator[Breach]:
    """The sequence refers to no image."""
    for number, item in enumerate(itemsOf(place.item, place.keyword), start=1):
        name = getattr(item.get("ReferencedSOPClassUID"), "name", "")
        if "Image Storage" in name:
            yield Breach(f"expected no image, found {name}", at=f"{place.keyword}[{number}]")


def imagesOfItsFrame(place: Place) -> Iterator[Breach]:
    """The images at hand of a registration item share one frame, the one the item names."""
    frames = {textOf(one, "FrameOfReferenceUID") for one in imagesAtHand(place.item, place.study)}
    own = textOf(place.item, "FrameOfReferenceUID")
    strangers = sorted(frames - {own} if own else sorted(frames)[1:])
    if strangers:
        expected = f"images in frame {own}" if own else "images in one frame"
        yield Breach(f"{expected} expected, found some in {', '.join(strangers)}", grave=True)


def imagesListed(baseModality: str = "") -> Check:
    """The item lists images, CT, MR or PET, of its own frame and whole series.

    With `baseModality` "CT" the registered item lists CT only (MMRO-II). Frames and completeness
    are judged as far as the images are at hand; images of another frame are grave.
    """

    def check(place: Place) -> Iterator[Breach]:
        listed = itemsOf(place.item, IMAGES)
        if not listed:
            yield Breach("expected the images that the item is about, found none")
            return
        base = baseModality == "CT" and isRegisteredItem(place)
        allowed = (CTImageStorage,) if base else SINGLE_FRAME_IMAGES
        wrong = [one for one in listed if textOf(one, "ReferencedSOPClassUID") not in allowed]
        if wrong:
            expected = "CT" if base else "CT, MR or PET"
            found = textOf(wrong[0], "ReferencedSOPClassUID")
            yield Breach(
                f"expected {expected} images, found {len(wrong)} of another class, "
                f"first {found or 'without class'}"
            )
        yield from imagesOfItsFrame(place)
        yield from wholeSeries(place)

    return check


def wholeSeries(place: Place) -> Iterator[Breach]:
    listed = {uidOf(one) for one in itemsOf(place.item, IMAGES)}
    series = {textOf(one, "SeriesInstanceUID") for one in imagesAtHand(place.item, place.study)}
    for uid in sorted(series - {""}):
        members = place.study.imagesInSeries.get(uid, ())
        found = sum(textOf(one, "SOPInstanceUID") in listed for one in members)
        if found < len(members):
            yield Breach(
                f"expected the whole series {uid}, found {found} of its {len(members)} "
                "images that are at hand"
            )


def seriesOfItsOwn(place: Place) -> Iterator[Breach]:
    """The object's series is none of those it refers to, and holds no image."""
    own = textOf(place.item, place.keyword)
    if not own:
        yield Breach("expected a value, found none")
    elif own in listedSeries(place.dataset) or own in place.study.imagesInSeries:
        yield Breach("expected a series of its own, found that of images")


def uidOfItsOwn(place: Place) -> Iterator[Breach]:
    """No object at hand has the same SOP Instance UID and another content, as far as it is known:
    headers at hand may lack what is large.
    """
    own = textOf(place.item, place.keyword)
    for other in place.study.objects:
        same = bool(own) and textOf(other, "SOPInstanceUID") == own
        if same and other is not place.dataset and _contradict(place.dataset, other):
            yield Breach("expected a new UID, found that of an object with other content")
            return


def _contradict(one: Dataset, other: Dataset) -> bool:
    return any(tag in other and one[tag] != other[tag] for tag in one.keys())  # noqa: SIM118


def sameRegisteredFrame(place: Place) -> Iterator[Breach]:
    """Registrations at hand that share a frame with this one have its registered frame."""
    own = textOf(place.item, place.keyword)
    frames = _framesOf(place.dataset)
    for other in place.study.ofClass(textOf(place.dataset, "SOPClassUID")):
        registered = textOf(other, "FrameOfReferenceUID")
        if registered != own and frames & _framesOf(other):
            uid = textOf(other, "SOPInstanceUID")
            yield Breach(
                f"expected one registered frame for all, found {registered or 'none'} in {uid}"
            )


def _framesOf(dataset: Dataset) -> set[str]:
    frames = {textOf(item, "FrameOfReferenceUID") for item in itemsOf(dataset, ITEMS)}
    return (frames | {textOf(dataset, "FrameOfReferenceUID")}) - {""}
