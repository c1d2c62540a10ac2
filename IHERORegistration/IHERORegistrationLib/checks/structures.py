"""What RT Structure Sets must satisfy: their references, ROIs and observations (PS3.3 C.8.8.5)."""

from __future__ import annotations

from collections.abc import Iterator

from pydicom import Dataset

from ..elements import itemsOf, quoted, textOf
from ..rules import Breach, Check, Place, visited
from .identity import contouredImages
from .references import uidOf

FRAMES = "ReferencedFrameOfReferenceSequence"
STUDIES = f"{FRAMES}/RTReferencedStudySequence"
SERIES = f"{STUDIES}/RTReferencedSeriesSequence"
ROIS = "StructureSetROISequence"

# Interpreted types that BRTO-II consumers accept, by geometric type.
CLOSED_TYPES = (
    "EXTERNAL", "PTV", "CTV", "GTV", "TREATED_VOLUME", "IRRAD_VOLUME", "BOLUS", "AVOIDANCE",
    "ORGAN", "MARKER", "CONTRAST_AGENT", "CAVITY",
)  # fmt: skip
POINT_TYPES = ("MARKER", "REGISTRATION", "ISOCENTER")


def oneWithValue(keyword: str, what: str) -> Check:
    """The sequence has exactly one item, and that one a value of `keyword`, which is that of the
    images at hand (`what` names their attribute).
    """

    def check(place: Place) -> Iterator[Breach]:
        found = itemsOf(place.item, place.keyword)
        if len(found) != 1:
            yield Breach(f"expected 1 item(s), found {len(found)}")
        for number, item in enumerate(found, start=1):
            at = f"{place.keyword}[{number}]/{keyword}"
            value = textOf(item, keyword)
            expected = {textOf(one, what) for one in contouredImages(place.dataset, place.study)}
            if not value:
                yield Breach("expected a value, found none", at=at)
            elif expected - {value}:
                yield Breach(
                    f"expected that of the images, {sorted(expected)[0]}, found {value}", at=at
                )

    return check


def imagesContoured(*classes: str) -> Check:
    """The list has one item per image of the series at hand, of `classes`, without frames."""

    def check(place: Place) -> Iterator[Breach]:
        listed = itemsOf(place.item, place.keyword)
        if not listed:
            yield Breach("expected 1 or more item(s), found 0")
        for number, one in enumerate(listed, start=1):
            at = f"{place.keyword}[{number}]"
            if textOf(one, "ReferencedSOPClassUID") not in classes:
                found = quoted(textOf(one, "ReferencedSOPClassUID"))
                yield Breach(f"expected an image of an allowed class, found {found}", at=at)
            if "ReferencedFrameNumber" in one:
                yield Breach("expected no frame numbers, found some", at=at)
        uids = {uidOf(one) for one in listed}
        series = place.study.imagesInSeries.get(textOf(place.item, "SeriesInstanceUID"), ())
        missing = [one for one in series if textOf(one, "SOPInstanceUID") not in uids]
        if missing and textOf(place.item, "SeriesInstanceUID"):
            yield Breach(
                f"expected all {len(series)} images of the series, found {len(missing)} missing"
            )

    return check


def frameOfItsSet(place: Place) -> Iterator[Breach]:
    """The ROI's frame is the one that the structure set refers to."""
    frames = [textOf(item, "FrameOfReferenceUID") for item in itemsOf(place.dataset, FRAMES)]
    own = textOf(place.item, place.keyword)
    if own not in frames or not own:
        yield Breach(f"expected a frame that {FRAMES} names, found {own or 'none'}")


def oneFrame(place: Place) -> Iterator[Breach]:
    """Structure set, its ROIs and the images at hand share one frame."""
    named = [textOf(item, "FrameOfReferenceUID") for item in itemsOf(place.dataset, FRAMES)]
    rois = [textOf(item, "ReferencedFrameOfReferenceUID") for item in itemsOf(place.dataset, ROIS)]
    images = contouredImages(place.dataset, place.study)
    frames = {*named, *rois, *(textOf(one, "FrameOfReferenceUID") for one in images)}
    if len(frames) != 1 or "" in frames:
        shown = ", ".join(sorted(one or "none" for one in frames)) or "none"
        yield Breach(f"expected one frame, found {shown}", at=FRAMES)


def oneSeries(place: Place) -> Iterator[Breach]:
    """All references are to images of one series."""
    series = [
        textOf(item, "SeriesInstanceUID")
        for parent, keyword, _ in visited(place.dataset, SERIES)
        for item in itemsOf(parent, keyword)
    ]
    if len(set(series)) > 1:
        yield Breach(f"expected images of one series, found {len(set(series))} series", at=FRAMES)


def _geometricTypes(dataset: Dataset) -> dict[str, set[str]]:
    """Geometric types of the contours of each ROI number."""
    types: dict[str, set[str]] = {}
    for roi in itemsOf(dataset, "ROIContourSequence"):
        found = types.setdefault(textOf(roi, "ReferencedROINumber"), set())
        found.update(textOf(one, "ContourGeometricType") for one in itemsOf(roi, "ContourSequence"))
    return types


def everyROIObserved(place: Place) -> Iterator[Breach]:
    """Each ROI has an observation."""
    observed = {textOf(one, "ReferencedROINumber") for one in itemsOf(place.dataset, place.keyword)}
    for number, roi in enumerate(itemsOf(place.dataset, ROIS), start=1):
        if textOf(roi, "ROINumber") not in observed:
            yield Breach("expected an observation of this ROI, found none", at=f"{ROIS}[{number}]")


def observationsFit(place: Place) -> Iterator[Breach]:
    """Observations refer to an ROI of the set, with a type that suits its contours."""
    rois = {textOf(roi, "ROINumber") for roi in itemsOf(place.dataset, ROIS)}
    drawn = _geometricTypes(place.dataset)
    for number, one in enumerate(itemsOf(place.dataset, place.keyword), start=1):
        at = f"{place.keyword}[{number}]"
        roi = textOf(one, "ReferencedROINumber")
        if roi not in rois:
            yield Breach(
                f"expected the number of an ROI, found {quoted(roi)}",
                at=f"{at}/ReferencedROINumber",
            )
            continue
        types = drawn.get(roi) or {"POINT", "CLOSED_PLANAR"}
        points = POINT_TYPES if "POINT" in types else ()
        allowed = points if types == {"POINT"} else (*CLOSED_TYPES, *points)
        kind = textOf(one, "RTROIInterpretedType")
        if kind not in allowed:
            shown = quoted(kind) if kind else "no value"
            yield Breach(
                f"expected {', '.join(dict.fromkeys(allowed))}, found {shown}",
                at=f"{at}/RTROIInterpretedType",
            )


def someIsocenter(place: Place) -> Iterator[Breach]:
    """An observation of type ISOCENTER is there."""
    observed = itemsOf(place.item, place.keyword)
    if not any(textOf(one, "RTROIInterpretedType") == "ISOCENTER" for one in observed):
        yield Breach("expected an observation of type ISOCENTER, found none")


def electronDensityOnly(place: Place) -> Iterator[Breach]:
    """A physical property of an ROI is REL_ELEC_DENSITY."""
    for number, one in enumerate(itemsOf(place.item, place.keyword), start=1):
        found = textOf(one, "ROIPhysicalProperty")
        if found != "REL_ELEC_DENSITY":
            yield Breach(
                f"expected REL_ELEC_DENSITY, found {quoted(found)}",
                at=f"{place.keyword}[{number}]/ROIPhysicalProperty",
            )


def isDrawnFirst(place: Place) -> bool:
    """Whether the set was drawn on its images, not carried over from another set."""
    return not itemsOf(place.dataset, "PredecessorStructureSetSequence")
