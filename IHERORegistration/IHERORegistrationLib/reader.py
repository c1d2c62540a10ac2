"""Spatial Registration: data set → value (PS3.3 A.39.1, C.20.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from pydicom import Dataset
from pydicom.uid import DeformableSpatialRegistrationStorage, SpatialRegistrationStorage

from .decimalStrings import numbers
from .dialects import DIALECTS, MATRIX, dialectNotes, matrixItems, registrationItems
from .dicomFile import datasetFromFile
from .errors import (
    DeformableContentError,
    FrameOfReferenceError,
    MalformedRegistrationError,
    NotInvertibleError,
)
from .geometry import IDENTITY_TOLERANCE, LARGEST_ELEMENT, SMALLEST_DETERMINANT, isIdentity
from .macros import codeFromItem, patientFromDataset, referenceFromItem, seriesReferences, text
from .notes import Note
from .objectReading import reading, refuseRepairs
from .references import FiducialReference, InstanceReference, SeriesReference
from .registration import RegistrationItem, SpatialRegistration, allNotes
from .registrationNotes import itemNotes, objectNotes

UID = re.compile(r"[0-9]+(\.[0-9]+)*")
NOTHING_AT_HAND: Mapping[str, str] = MappingProxyType({})


def registrationFromFile(
    path: Path, *, frameOfInstance: Mapping[str, str] = NOTHING_AT_HAND, strict: bool = False
) -> SpatialRegistration:
    """The Spatial Registration in a DICOM file. See `registrationFromDataset`."""
    dataset = datasetFromFile(path)
    return registrationFromDataset(dataset, frameOfInstance=frameOfInstance, strict=strict)


def registrationFromDataset(
    dataset: Dataset,
    *,
    frameOfInstance: Mapping[str, str] = NOTHING_AT_HAND,
    strict: bool = False,
) -> SpatialRegistration:
    """The Spatial Registration in `dataset`, as stored; every repair is a note.

    Matrices map source → registered. With several matrices in one item the first applies first.
    Roles are found by Frame of Reference, never by the order of items; see `withFramesOfImages`.

    Raises
        DeformableContentError: it holds a deformable registration.
        MalformedObjectError: no value can be made of it, or `strict` is set and it needs a repair.
        FrameOfReferenceError: a frame is mapped onto itself by a non-identity matrix.
        NotInvertibleError: a matrix is a mirror or singular.

    Source
        DICOM PS3.3 C.20.2, C.20.2.1.1
    """
    with reading("the object"):
        registration = _registration(dataset)
    registration = withFramesOfImages(registration, frameOfInstance)
    registration = replace(registration, notes=registration.notes + objectNotes(registration))
    if strict:
        refuseRepairs(allNotes(registration))
    return registration


def withFramesOfImages(
    registration: SpatialRegistration, frameOfInstance: Mapping[str, str]
) -> SpatialRegistration:
    """`registration` with the frames that its images tell, for items that name only images, and
    for items whose images all lie in one other frame than the item says: the images are trusted,
    with a note. `frameOfInstance` maps SOP Instance UIDs at hand to Frame of Reference UIDs.

    Raises
        FrameOfReferenceError: the images of one item lie in several frames, or a frame is mapped
        onto itself by a non-identity matrix.
    """
    items = tuple(_withFrameOfImages(item, frameOfInstance) for item in registration.items)
    for item in items:
        _refuseSelfMapping(item, registration.registeredFrame)
    return replace(registration, items=items)


def _withFrameOfImages(
    item: RegistrationItem, frameOfInstance: Mapping[str, str]
) -> RegistrationItem:
    frames = {
        frameOfInstance[image.sopInstanceUID]
        for image in item.images
        if image.sopInstanceUID in frameOfInstance
    }
    location = f"RegistrationSequence[{item.number}]"
    if len(frames) > 1:
        raise FrameOfReferenceError(
            f"expected the images of {location} in one Frame of Reference, found "
            + ", ".join(sorted(frames))
        )
    if not frames or frames == {item.sourceFrame}:
        return item
    frame = min(frames)
    if item.sourceFrame is None:
        note = Note(
            "frame from images", f"{location}/FrameOfReferenceUID", "no value",
            f"the listed images lie in {frame}", repaired=False,
        )  # fmt: skip
    else:
        note = Note(
            "images in another frame", f"{location}/FrameOfReferenceUID", item.sourceFrame,
            f"the listed images lie in {frame}, which was taken instead",
        )  # fmt: skip
    return replace(item, sourceFrame=frame, notes=(*item.notes, note))


def _registration(dataset: Dataset) -> SpatialRegistration:
    _requireSpatialRegistration(dataset)
    registeredFrame = uidFromItem(dataset, "FrameOfReferenceUID", "")
    if registeredFrame is None:
        raise MalformedRegistrationError(
            "expected a Frame of Reference UID (0020,0052) that names the registered frame, "
            "found none: FrameOfReferenceUID"
        )
    items = tuple(
        _item(item, number, location)
        for number, (item, location) in enumerate(registrationItems(dataset), start=1)
    )
    if not items:
        raise MalformedRegistrationError("expected at least 1 item, found 0: RegistrationSequence")
    return SpatialRegistration(
        registeredFrame=registeredFrame,
        items=items,
        **identityFromDataset(dataset),
        notes=dialectNotes(dataset, DIALECTS),
    )


def identityFromDataset(dataset: Dataset) -> dict[str, Any]:
    """What an object of either kind says beside its frames and items, as fields of its value."""
    makers = (text(dataset, keyword) for keyword in ("Manufacturer", "ManufacturerModelName"))
    return {
        "sopInstanceUID": text(dataset, "SOPInstanceUID"),
        "sopClassUID": text(dataset, "SOPClassUID"),
        "series": referencedSeries(dataset),
        "patient": patientFromDataset(dataset),
        "studyInstanceUID": text(dataset, "StudyInstanceUID"),
        "seriesInstanceUID": text(dataset, "SeriesInstanceUID"),
        "label": text(dataset, "ContentLabel"),
        "description": text(dataset, "ContentDescription"),
        "contentDate": text(dataset, "ContentDate"),
        "producer": " ".join(filter(None, makers)),
    }


def _requireSpatialRegistration(dataset: Dataset) -> None:
    sopClass = text(dataset, "SOPClassUID")
    if "DeformableRegistrationSequence" in dataset:
        under = "" if sopClass == DeformableSpatialRegistrationStorage else " under another class"
        raise DeformableContentError(
            f"the object holds a deformable registration{under} (SOP class {sopClass or 'none'}): "
            "DeformableRegistrationSequence; only rigid and affine ones are read here"
        )
    if sopClass != SpatialRegistrationStorage:
        raise MalformedRegistrationError(
            f"expected SOP class {SpatialRegistrationStorage} (Spatial Registration), "
            f"found {sopClass[:64] or 'none'}: SOPClassUID"
        )


def uidFromItem(item: Dataset, keyword: str, location: str) -> str | None:
    """The UID, or None where the attribute is missing or empty.

    Raises
        MalformedRegistrationError: it is no UID.
    """
    value = text(item, keyword).rstrip("\0")
    if value and (len(value) > 64 or not UID.fullmatch(value)):
        raise MalformedRegistrationError(
            f"expected a UID, found {value[:40]!r}: {location}{keyword}"
        )
    return value or None


def _item(item: Dataset, number: int, location: str) -> RegistrationItem:
    frame = uidFromItem(item, "FrameOfReferenceUID", f"{location}/")
    images = tuple(referenceFromItem(one) for one in item.get("ReferencedImageSequence") or ())
    if frame is None and not images:
        raise MalformedRegistrationError(
            f"expected a Frame of Reference UID or images, found neither: {location}"
        )
    groups = list(item.get("MatrixRegistrationSequence") or ())
    if len(groups) > 1:
        raise MalformedRegistrationError(
            f"expected 1 item, found {len(groups)}: {location}/MatrixRegistrationSequence"
        )
    holders = matrixItems(item, location)
    if not holders:
        raise MalformedRegistrationError(
            f"expected a matrix, found none: {location}/MatrixRegistrationSequence"
        )
    group = groups[0]
    methods = group.get("RegistrationTypeCodeSequence") or item.get("RegistrationTypeCodeSequence")
    read = [matrixFromItem(holder, path) for holder, path in holders]
    value = RegistrationItem(
        number=number,
        sourceFrame=frame,
        images=images,
        matrices=tuple(matrix for matrix, _ in read),
        declaredTypes=tuple(text(holder, f"{MATRIX}Type") for holder, _ in holders),
        method=codeFromItem(methods[0]) if methods else None,
        comment=text(group, "FrameOfReferenceTransformationComment"),
        usedFiducials=usedFiducials(item),
        notes=tuple(note for _, notes in read for note in notes),
    )
    _requireModest(value.matrix, location)
    return replace(value, notes=value.notes + itemNotes(value, location))


def matrixFromItem(holder: Dataset, path: str) -> tuple[np.ndarray, tuple[Note, ...]]:
    """The matrix in `holder`, shape (4, 4), read-only, with an exact last row, and its repairs.

    Raises
        MalformedObjectError: it has not 16 finite numbers, or another last row.
        NotInvertibleError: it is a mirror or singular.
    """
    values = numbers(holder, MATRIX, f"{path}/")
    if values.size != 16:
        raise MalformedRegistrationError(
            f"expected 16 values, found {values.size}: {path}/{MATRIX}"
        )
    matrix = values.reshape(4, 4)
    _requireModest(matrix, f"{path}/{MATRIX}")
    lastRow = matrix[3].copy()
    if np.abs(lastRow - (0, 0, 0, 1)).max() > IDENTITY_TOLERANCE:
        raise MalformedRegistrationError(
            f"expected the last row 0 0 0 1, found {lastRow.tolist()}: {path}/{MATRIX}"
        )
    determinant = np.linalg.det(matrix[:3, :3])
    if not determinant > SMALLEST_DETERMINANT:
        kind = "a mirror" if determinant < -SMALLEST_DETERMINANT else "singular"
        raise NotInvertibleError(
            f"the matrix is {kind}, its determinant is {determinant:.6g}: {path}/{MATRIX}"
        )
    notes: tuple[Note, ...] = ()
    if tuple(lastRow) != (0, 0, 0, 1):
        found = " ".join(f"{value:.9g}" for value in lastRow)
        notes = (Note("rounded last row", f"{path}/{MATRIX}", found, "read as 0 0 0 1"),)
        matrix[3] = (0, 0, 0, 1)
    matrix.flags.writeable = False
    return matrix, notes


def _requireModest(matrix: np.ndarray, where: str) -> None:
    largest = np.abs(matrix).max()
    if not largest <= LARGEST_ELEMENT:
        raise MalformedRegistrationError(
            f"expected elements of a matrix up to {LARGEST_ELEMENT:g}, found {largest:g}: {where}"
        )


def _refuseSelfMapping(item: RegistrationItem, registeredFrame: str) -> None:
    if item.sourceFrame == registeredFrame and not isIdentity(item.matrix):
        raise FrameOfReferenceError(
            f"Frame of Reference {registeredFrame} is mapped onto itself by a matrix that is not "
            f"the identity: RegistrationSequence[{item.number}]"
        )


def usedFiducials(item: Dataset) -> tuple[FiducialReference, ...]:
    """The fiducials that a registration item says it rests on."""
    return tuple(
        FiducialReference(referenceFromItem(used), text(used, "FiducialUID"))
        for used in item.get("UsedFiducialsSequence") or ()
    )


def referencedSeries(dataset: Dataset) -> tuple[SeriesReference, ...]:
    """The referenced series, with images that lie directly under a series taken as instances."""
    misplaced: dict[str, tuple[InstanceReference, ...]] = {
        text(series, "SeriesInstanceUID"): tuple(
            referenceFromItem(image) for image in series.get("ReferencedImageSequence") or ()
        )
        for series in dataset.get("ReferencedSeriesSequence") or ()
    }
    return tuple(
        replace(one, instances=one.instances or misplaced.get(one.seriesInstanceUID, ()))
        for one in seriesReferences(dataset)
    )
