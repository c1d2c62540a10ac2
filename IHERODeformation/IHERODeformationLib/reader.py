"""Deformable Spatial Registration: data set → value (PS3.3 A.39.2, C.20.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pydicom import Dataset

from IHERORegistrationLib.dialects import MATRIX, dialectNotes
from IHERORegistrationLib.errors import FrameOfReferenceError, MalformedRegistrationError
from IHERORegistrationLib.geometry import isIdentity
from IHERORegistrationLib.macros import codeFromItem, referenceFromItem, text
from IHERORegistrationLib.notes import Note
from IHERORegistrationLib.objectReading import reading, refuseRepairs
from IHERORegistrationLib.reader import (
    identityFromDataset,
    matrixFromItem,
    uidFromItem,
    usedFiducials,
)
from IHERORegistrationLib.registration import allNotes

from .deformableRegistration import (
    DeclaredMatrix,
    DeformableRegistrationItem,
    DeformableSpatialRegistration,
)
from .deformationNotes import itemNotes, objectNotes
from .dialects import DIALECTS, POST, PRE, deformableItems, methodItems
from .gridReader import gridOfItem
from .storedDeformation import StoredDeformation, storedDeformation
from .vectorGridData import VectorGridData

Vectors = Mapping[tuple[int, int], VectorGridData]


def deformableRegistrationFromFile(
    path: Path, *, strict: bool = False
) -> DeformableSpatialRegistration:
    """The Deformable Spatial Registration in a DICOM file. See
    `deformableRegistrationFromDataset`.

    The vectors are read when they are first needed, if the file is still the same.
    """
    return deformableRegistrationFromStored(storedDeformation(path), strict=strict)


def deformableRegistrationFromStored(
    stored: StoredDeformation, *, strict: bool = False
) -> DeformableSpatialRegistration:
    """The same of a file whose elements are at hand."""
    return _read(stored.header, stored.vectors, strict)


def deformableRegistrationFromDataset(
    dataset: Dataset, *, strict: bool = False
) -> DeformableSpatialRegistration:
    """The Deformable Spatial Registration in `dataset`, as stored; every repair is a note.

    It is known by its content, whatever its SOP class. Roles are found by content and Frame of
    Reference, never by the order of items. The vectors are not looked at: see `contentNotes`.

    Raises
        MalformedObjectError: no value can be made of it, or `strict` is set and it needs a repair.
        FrameOfReferenceError: a frame is mapped onto itself by a non-identity matrix alone.
        NotInvertibleError: a matrix is a mirror or singular.

    Source
        DICOM PS3.3 C.20.3, C.20.3.1
    """
    return _read(dataset, None, strict)


def _read(dataset: Dataset, vectors: Vectors | None, strict: bool) -> DeformableSpatialRegistration:
    with reading("the object"):
        registration = _registration(dataset, vectors)
    if strict:
        refuseRepairs(allNotes(registration))
    return registration


def _registration(dataset: Dataset, vectors: Vectors | None) -> DeformableSpatialRegistration:
    sopClass = text(dataset, "SOPClassUID")
    if "DeformableRegistrationSequence" not in dataset:
        raise MalformedRegistrationError(
            "expected a deformable registration, found none in an object of SOP class "
            f"{sopClass[:64] or 'none'}: DeformableRegistrationSequence"
        )
    registeredFrame = uidFromItem(dataset, "FrameOfReferenceUID", "")
    if registeredFrame is None:
        raise MalformedRegistrationError(
            "expected a Frame of Reference UID (0020,0052) that names the registered frame, "
            "found none: FrameOfReferenceUID"
        )
    items = tuple(
        _item(item, number, location, registeredFrame, dataset, vectors)
        for number, (item, location) in enumerate(deformableItems(dataset), start=1)
    )
    if all(item.grid is None for item in items):
        raise MalformedRegistrationError(
            f"expected an item with a grid, found none in {len(items)}: "
            "DeformableRegistrationSequence"
        )
    registration = DeformableSpatialRegistration(
        registeredFrame=registeredFrame,
        items=items,
        **identityFromDataset(dataset),
    )
    return replace(registration, notes=dialectNotes(dataset, DIALECTS) + objectNotes(registration))


def _item(
    item: Dataset,
    number: int,
    location: str,
    registeredFrame: str,
    root: Dataset,
    vectors: Vectors | None,
) -> DeformableRegistrationItem:
    frame = uidFromItem(item, "SourceFrameOfReferenceUID", f"{location}/")
    if frame is None:
        raise MalformedRegistrationError(
            f"expected a UID, found none: {location}/SourceFrameOfReferenceUID"
        )
    pre, preNotes = _matrix(item, PRE, location)
    post, postNotes = _matrix(item, POST, location)
    grid, gridNotes = gridOfItem(item, number, location, root, vectors)
    methods = (codeFromItem(one) for one, _ in methodItems(item, location))
    value = DeformableRegistrationItem(
        number=number,
        sourceFrame=frame,
        images=tuple(referenceFromItem(one) for one in item.get("ReferencedImageSequence") or ()),
        pre=pre,
        grid=grid,
        post=post,
        method=next((one for one in methods if one.value), None),
        comment=text(item, "FrameOfReferenceTransformationComment"),
        usedFiducials=usedFiducials(item),
        notes=preNotes + postNotes + gridNotes,
    )
    alone = value.postMatrix @ value.preMatrix
    if grid is None and frame == registeredFrame and not isIdentity(alone):
        raise FrameOfReferenceError(
            f"Frame of Reference {registeredFrame} is mapped onto itself by a matrix that is not "
            f"the identity: {location}"
        )
    return replace(value, notes=value.notes + itemNotes(value, location))


def _matrix(
    item: Dataset, keyword: str, location: str
) -> tuple[DeclaredMatrix | None, tuple[Note, ...]]:
    holders = list(item.get(keyword) or ())
    if len(holders) > 1:
        raise MalformedRegistrationError(
            f"expected 1 item, found {len(holders)}: {location}/{keyword}"
        )
    if not holders:
        return None, ()
    matrix, notes = matrixFromItem(holders[0], f"{location}/{keyword}[1]")
    return DeclaredMatrix(matrix, text(holders[0], f"{MATRIX}Type")), notes
