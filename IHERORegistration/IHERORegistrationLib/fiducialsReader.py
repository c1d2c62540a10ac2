"""Spatial Fiducials: data set → value (PS3.3 A.40, C.21.2)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydicom import Dataset
from pydicom.uid import SpatialFiducialsStorage

from .codes import Code
from .decimalStrings import numbers
from .dicomFile import datasetFromFile
from .errors import MalformedObjectError
from .fiducials import (
    NO_CODE,
    POINTS_OF_SHAPE,
    Fiducial,
    FiducialGraphic,
    FiducialSet,
    ShapeType,
    SpatialFiducials,
    repeatedIdentifiers,
)
from .macros import codeFromItem, patientFromDataset, referenceFromItem, seriesReferences, text
from .notes import Note
from .objectReading import reading, refuseRepairs


def fiducialsFromFile(path: Path, *, strict: bool = False) -> SpatialFiducials:
    """The Spatial Fiducials in a DICOM file. See `fiducialsFromDataset`."""
    return fiducialsFromDataset(datasetFromFile(path), strict=strict)


def fiducialsFromDataset(dataset: Dataset, *, strict: bool = False) -> SpatialFiducials:
    """The Spatial Fiducials in `dataset`; every departure from the standard is a note.

    Raises
        MalformedObjectError: no value can be made of it, or `strict` is set and it needs a repair.

    Source
        DICOM PS3.3 C.21.2
    """
    with reading("the fiducials"):
        fiducials = _fiducials(dataset)
    if strict:
        refuseRepairs(fiducials.notes)
    return fiducials


def _fiducials(dataset: Dataset) -> SpatialFiducials:
    sopClass = text(dataset, "SOPClassUID")
    if sopClass != SpatialFiducialsStorage:
        raise MalformedObjectError(
            f"expected SOP class {SpatialFiducialsStorage} (Spatial Fiducials), "
            f"found {sopClass[:64] or 'none'}: SOPClassUID"
        )
    notes: list[Note] = []
    sets = tuple(
        _set(item, f"FiducialSetSequence[{number}]", notes)
        for number, item in enumerate(dataset.get("FiducialSetSequence") or (), start=1)
    )
    if not sets:
        raise MalformedObjectError("expected at least 1 item, found 0: FiducialSetSequence")
    return SpatialFiducials(
        sets=sets,
        sopInstanceUID=text(dataset, "SOPInstanceUID"),
        patient=patientFromDataset(dataset),
        studyInstanceUID=text(dataset, "StudyInstanceUID"),
        seriesInstanceUID=text(dataset, "SeriesInstanceUID"),
        label=text(dataset, "ContentLabel"),
        description=text(dataset, "ContentDescription"),
        contentDate=text(dataset, "ContentDate"),
        series=seriesReferences(dataset),
        notes=tuple(notes),
    )


def _set(item: Dataset, location: str, notes: list[Note]) -> FiducialSet:
    frame = text(item, "FrameOfReferenceUID") or None
    images = tuple(referenceFromItem(one) for one in item.get("ReferencedImageSequence") or ())
    if frame is None and not images:
        raise MalformedObjectError(
            f"expected a Frame of Reference UID or images, found neither: {location}"
        )
    fiducials = tuple(
        _fiducial(one, f"{location}/FiducialSequence[{number}]", frame, notes)
        for number, one in enumerate(item.get("FiducialSequence") or (), start=1)
    )
    if not fiducials:
        raise MalformedObjectError(
            f"expected at least 1 item, found 0: {location}/FiducialSequence"
        )
    for identifier in repeatedIdentifiers(fiducials):
        _note(notes, "repeated fiducial identifier", f"{location}/FiducialSequence", identifier,
              "all are kept, none can be paired with another set")  # fmt: skip
    return FiducialSet(frame, images, fiducials)


def _fiducial(item: Dataset, location: str, frame: str | None, notes: list[Note]) -> Fiducial:
    shape = text(item, "ShapeType")
    if shape not in POINTS_OF_SHAPE:
        raise MalformedObjectError(
            f"expected one of {', '.join(POINTS_OF_SHAPE)}, found {shape[:16]!r}: "
            f"{location}/ShapeType"
        )
    identifierCode = _code(item, "FiducialIdentifierCodeSequence")
    identifier = text(item, "FiducialIdentifier") or (identifierCode or NO_CODE).value
    if not identifier:
        raise MalformedObjectError(f"expected an identifier or its code, found none: {location}")
    uncertainty = item.get("ContourUncertaintyRadius")
    return Fiducial(
        identifier=identifier,
        shape=ShapeType(shape),
        points=_points(item, ShapeType(shape), location, frame, notes),
        uid=text(item, "FiducialUID"),
        description=text(item, "FiducialDescription"),
        uncertainty=None if uncertainty is None else float(uncertainty),
        graphics=tuple(
            _graphic(one, f"{location}/GraphicCoordinatesDataSequence[{number}]")
            for number, one in enumerate(item.get("GraphicCoordinatesDataSequence") or (), 1)
        ),
        identifierCode=identifierCode,
        category=_code(item, "FiducialsPropertyCategoryCodeSequence"),
    )


def _code(item: Dataset, keyword: str) -> Code | None:
    codes = item.get(keyword) or ()
    return codeFromItem(codes[0]) if codes else None


def _points(
    item: Dataset, shape: ShapeType, location: str, frame: str | None, notes: list[Note]
) -> np.ndarray:
    """The points of one fiducial, shape (n, 3), read-only; n is 0 without Contour Data."""
    values = numbers(item, "ContourData", f"{location}/")
    where = f"{location}/ContourData"
    count = values.size / 3
    fewest, most = POINTS_OF_SHAPE[shape]
    if count and not (count.is_integer() and fewest <= count <= (most or count)):
        expected = f"{fewest}" if most == fewest else f"at least {fewest}"
        raise MalformedObjectError(f"expected {expected} point(s), found {count:.4g}: {where}")
    declared = numbers(item, "NumberOfContourPoints", f"{location}/")
    if declared.size and int(declared[0]) != count:
        raise MalformedObjectError(
            f"expected {int(declared[0])} point(s) as declared, found {count:.4g}: {where}"
        )
    if not declared.size and count:
        _note(notes, "points not counted", f"{location}/NumberOfContourPoints", "no value",
              f"{count:.4g} point(s) read")  # fmt: skip
    if not count and "GraphicCoordinatesDataSequence" not in item:
        raise MalformedObjectError(f"expected points or graphic data, found neither: {location}")
    if not count and frame is not None:
        _note(notes, "no points in the frame", where, "no value",
              "the fiducial is known only by its graphic data")  # fmt: skip
    if count and frame is None:
        _note(notes, "points without a frame", where, f"{count:.4g} point(s)",
              "kept, but no Frame of Reference says where they lie")  # fmt: skip
    return _readOnly(values.reshape(-1, 3))


def _graphic(item: Dataset, location: str) -> FiducialGraphic:
    images = list(item.get("ReferencedImageSequence") or ())
    values = np.array([float(value) for value in item.get("GraphicData") or ()])
    if len(images) != 1 or not values.size or values.size % 2 or not np.isfinite(values).all():
        raise MalformedObjectError(
            f"expected 1 image and pairs of numbers, found {len(images)} image(s) and "
            f"{values.size} value(s): {location}"
        )
    return FiducialGraphic(referenceFromItem(images[0]), _readOnly(values.reshape(-1, 2)))


def _readOnly(values: np.ndarray) -> np.ndarray:
    values.flags.writeable = False
    return values


def _note(notes: list[Note], name: str, location: str, found: str, done: str) -> None:
    notes.append(Note(name, location, found, done))
