"""RT Structure Set: data set → value (PS3.3 A.19, C.8.8.5, C.8.8.6, C.8.8.8)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from pydicom import Dataset
from pydicom.tag import Tag
from pydicom.uid import RTStructureSetStorage

from .contourData import declaredPoints, pointsFromItem
from .decimalStrings import decimalStrings, numbers
from .dicomFile import datasetFromFile
from .errors import MalformedObjectError
from .macros import patientFromDataset, referenceFromItem, text
from .notes import Note
from .objectReading import reading, refuseRepairs
from .references import InstanceReference, SeriesReference
from .structures import Contour, GeometricType, Structure, StructureSet

PLANE_TOLERANCE = 0.01  # mm, how far points of a planar contour may leave its plane
LARGEST_BODY = 5000.0  # mm
ROI_CONTOURS = Tag("ROIContourSequence")


def structureSetFromFile(path: Path, *, strict: bool = False) -> StructureSet:
    """The structure set in a DICOM file. See `structureSetFromDataset`."""
    return structureSetFromDataset(datasetFromFile(path), strict=strict)


def structureSetFromDataset(dataset: Dataset, *, strict: bool = False) -> StructureSet:
    """The structure set in `dataset`; every repair and every oddity is a note.

    Contours are read whole or not at all: one with a wrong number of points, text or NaN, or in
    another place than a body can reach, refuses the object.

    Raises
        MalformedObjectError: no value can be made of it, or `strict` is set and it needs a repair.
    """
    sopClass = text(dataset, "SOPClassUID")
    if sopClass != RTStructureSetStorage:
        raise MalformedObjectError(f"expected an RT Structure Set, found SOP class {sopClass!r}")
    notes: list[Note] = []
    with reading("the structure set"):
        structureSet = _structureSet(dataset, notes)
    if strict:
        refuseRepairs(notes)
    return structureSet


def _structureSet(dataset: Dataset, notes: list[Note]) -> StructureSet:
    frameItems = dataset.get("ReferencedFrameOfReferenceSequence") or ()
    listed = tuple(dict.fromkeys(text(item, "FrameOfReferenceUID") for item in frameItems))
    structures = _structures(dataset, listed, notes)
    used = (one.frame for one in structures if one.contours)
    return StructureSet(
        sopInstanceUID=text(dataset, "SOPInstanceUID"),
        sopClassUID=text(dataset, "SOPClassUID"),
        studyInstanceUID=text(dataset, "StudyInstanceUID"),
        seriesInstanceUID=text(dataset, "SeriesInstanceUID"),
        patient=patientFromDataset(dataset),
        label=text(dataset, "StructureSetLabel"),
        name=text(dataset, "StructureSetName"),
        description=text(dataset, "StructureSetDescription"),
        frames=tuple(dict.fromkeys(frame for frame in (*listed, *used) if frame)),
        series=drawnSeries(dataset),
        structures=structures,
        header=_withoutContours(dataset),
        notes=tuple(notes),
    )


def _withoutContours(dataset: Dataset) -> Dataset:
    header = Dataset(
        {tag: dataset.get_item(tag) for tag in list(dataset.keys()) if tag != ROI_CONTOURS}
    )
    isImplicit, isLittleEndian = dataset.original_encoding
    header.set_original_encoding(isImplicit, isLittleEndian, dataset.original_character_set)
    return header


def drawnSeries(dataset: Dataset) -> tuple[SeriesReference, ...]:
    """The images that a structure set was drawn on, by series."""
    return tuple(
        SeriesReference(
            text(study, "ReferencedSOPInstanceUID"),
            text(series, "SeriesInstanceUID"),
            tuple(map(referenceFromItem, series.get("ContourImageSequence") or ())),
        )
        for frameItem in dataset.get("ReferencedFrameOfReferenceSequence") or ()
        for study in frameItem.get("RTReferencedStudySequence") or ()
        for series in study.get("RTReferencedSeriesSequence") or ()
    )


def _structures(
    dataset: Dataset, listed: tuple[str, ...], notes: list[Note]
) -> tuple[Structure, ...]:
    """The structures in the order of Structure Set ROI Sequence (type 1 until 2020)."""
    items = dataset.get("StructureSetROISequence")
    if not items:
        raise MalformedObjectError("expected structures, found no StructureSetROISequence")
    contours = _contourItems(dataset)
    observations: dict[int, list[Dataset]] = {}
    for place, item in enumerate(dataset.get("RTROIObservationsSequence") or (), start=1):
        where = f"RTROIObservationsSequence[{place}]"
        number = _wholeNumber(item, "ReferencedROINumber", where)
        observations.setdefault(number, []).append(item)
    structures: dict[int, Structure] = {}
    for place, item in enumerate(items, start=1):
        where = f"StructureSetROISequence[{place}]"
        number = _wholeNumber(item, "ROINumber", where)
        if number in structures:
            raise MalformedObjectError(f"ROI number {number} is used twice ({where})")
        own = contours.pop(number, [])
        structures[number] = _structure(
            item, where, own, observations.get(number, []), listed, notes
        )
    if contours:
        raise MalformedObjectError(
            f"{next(iter(contours.values()))[0][1]} draws ROI number {next(iter(contours))}, which "
            "StructureSetROISequence does not list"
        )
    return tuple(structures.values())


Located = tuple[Dataset, str]  # an item and its path


def _contourItems(dataset: Dataset) -> dict[int, list[Located]]:
    """The items of ROI Contour Sequence by ROI number."""
    found: dict[int, list[Located]] = {}
    for place, item in enumerate(dataset.get("ROIContourSequence") or (), start=1):
        where = f"ROIContourSequence[{place}]"
        number = _wholeNumber(item, "ReferencedROINumber", where)
        found.setdefault(number, []).append((item, where))
    return found


def _structure(
    item: Dataset,
    where: str,
    drawn: list[Located],
    observations: list[Dataset],
    listed: tuple[str, ...],
    notes: list[Note],
) -> Structure:
    contours = tuple(
        contour for group, place in drawn for contour in _contours(group, place, notes)
    )
    _requireBodySize(contours, where)
    colors = [_color(group, place, notes) for group, place in drawn]
    types = [text(one, "RTROIInterpretedType") for one in observations]
    if len(drawn) > 1:
        found = f"{len(drawn)} items for one ROI"
        notes.append(Note("contours in several items", drawn[1][1], found, "read as one structure"))
    return Structure(
        number=_wholeNumber(item, "ROINumber", where),
        name=text(item, "ROIName"),
        frame=_frame(item, where, bool(contours), listed, notes),
        contours=contours,
        description=text(item, "ROIDescription"),
        color=next((color for color in colors if color), None),
        interpretedType=next((one for one in types if one), ""),
        generationAlgorithm=text(item, "ROIGenerationAlgorithm"),
        observations=tuple(observations),
    )


def _requireBodySize(contours: Sequence[Contour], where: str) -> None:
    """Raise if contours lie so far apart that no body has room for them: a coordinate is wrong,
    and time and memory go with the extent.
    """
    if not contours:
        return
    extent = float(np.ptp(np.concatenate([one.points for one in contours]), axis=0).max())
    if extent > LARGEST_BODY:
        raise MalformedObjectError(
            f"expected contours within {LARGEST_BODY:g} mm, found an extent of {extent:.4g} mm at "
            f"{where}"
        )


def _frame(
    item: Dataset, where: str, needed: bool, listed: tuple[str, ...], notes: list[Note]
) -> str:
    frame = text(item, "ReferencedFrameOfReferenceUID")
    here = f"{where}/ReferencedFrameOfReferenceUID"
    if frame and needed and frame not in listed:
        notes.append(
            Note(
                "frame not listed",
                here,
                frame,
                "used although no images are listed in it",
                repaired=False,
            )
        )
    if frame or not needed:
        return frame
    if len(listed) == 1 and listed[0]:
        notes.append(
            Note("no frame of structure", here, "no value", f"the only one listed: {listed[0]}")
        )
        return listed[0]
    raise MalformedObjectError(f"expected a Frame of Reference UID, found none at {here}")


def _color(item: Dataset, where: str, notes: list[Note]) -> tuple[int, int, int] | None:
    texts = decimalStrings(item, "ROIDisplayColor")
    if not texts:
        return None
    if len(texts) == 3 and all(one.isdecimal() and int(one) <= 255 for one in texts):
        return int(texts[0]), int(texts[1]), int(texts[2])
    found = "\\".join(texts)[:40]
    notes.append(Note("unusable color", f"{where}/ROIDisplayColor", found, "read as no color"))
    return None


def _contours(item: Dataset, where: str, notes: list[Note]) -> list[Contour]:
    contours, places = [], []
    for place, one in enumerate(item.get("ContourSequence") or (), start=1):
        here = f"{where}/ContourSequence[{place}]"
        contour = _contour(one, here, notes)
        if contour is not None:
            contours.append(contour)
            places.append(here)
    for name, isOdd, done in ODDITIES:
        odd = [here for contour, here in zip(contours, places, strict=True) if isOdd(contour)]
        if odd:
            notes.append(Note(name, odd[0], f"{len(odd)} contours", done, repaired=False))
    return contours


def _contour(item: Dataset, where: str, notes: list[Note]) -> Contour | None:
    """The contour of one item; None, with a note, for an item without any point."""
    points = pointsFromItem(item, where)
    if not len(points):
        notes.append(Note("empty contour", where, "no points", "left out"))
        return None
    if declaredPoints(item, where) is None:
        found = "no Number of Contour Points"
        notes.append(Note("points not counted", where, found, f"read {len(points)} triplets"))
    declared = next(iter(decimalStrings(item, "ContourGeometricType")), "")
    try:
        geometricType = GeometricType(declared)
    except ValueError:
        raise MalformedObjectError(
            f"expected a contour geometric type, found {declared[:40]!r} at {where}"
        ) from None
    if geometricType is GeometricType.POINT and len(points) != 1:
        raise MalformedObjectError(f"expected 1 point, found {len(points)} in POINT at {where}")
    return Contour(points, geometricType, _image(item, where, notes))


def _image(item: Dataset, where: str, notes: list[Note]) -> InstanceReference | None:
    images = item.get("ContourImageSequence") or ()
    if len(images) > 1:
        here = f"{where}/ContourImageSequence"
        notes.append(Note("several images", here, f"{len(images)} items", "only the first is used"))
    return referenceFromItem(images[0]) if images else None


def _wholeNumber(item: Dataset, keyword: str, where: str) -> int:
    values = numbers(item, keyword, f"{where}/")
    if len(values) != 1 or values[0] != int(values[0]):
        raise MalformedObjectError(
            f"expected one whole number, found {values.tolist()} at {where}/{keyword}"
        )
    return int(values[0])


def _enclosesNothing(contour: Contour) -> bool:
    return contour.isClosed and not contour.encloses


def _isBent(contour: Contour) -> bool:
    if not contour.encloses or np.ptp(contour.points[:, 2]) <= PLANE_TOLERANCE:
        return False
    centered = contour.points - contour.points.mean(axis=0)
    normal = np.linalg.svd(centered, full_matrices=False)[2][2]
    return bool(np.ptp(centered @ normal) > 2 * PLANE_TOLERANCE)


def _hasNoImage(contour: Contour) -> bool:
    return contour.image is None and contour.geometricType is not GeometricType.POINT


ODDITIES: tuple[tuple[str, Callable[[Contour], bool], str], ...] = (
    ("closed contour of 1 or 2 points", _enclosesNothing, "kept; it encloses nothing"),
    ("closed contour not in a plane", _isBent, "kept as it is; it cannot be filled"),
    ("contour without image", _hasNoImage, "placed by its coordinates"),
)
