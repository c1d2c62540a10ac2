"""Deformable Spatial Registration: value → data set → file (PS3.3 A.39.2, C.20.3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

import numpy as np
from pydicom import Dataset
from pydicom.uid import DeformableSpatialRegistrationStorage

from IHERORegistrationLib.codes import FRAME_OF_REFERENCE_IDENTITY
from IHERORegistrationLib.decimalStrings import decimalString
from IHERORegistrationLib.errors import NonconformantError
from IHERORegistrationLib.geometry import MatrixType
from IHERORegistrationLib.header import setCharacterSet, softwareVersion
from IHERORegistrationLib.macros import (
    addSeriesReferences,
    fitsElement,
    itemFromCode,
    itemFromReference,
)
from IHERORegistrationLib.references import SeriesReference
from IHERORegistrationLib.saving import saveWhole
from IHERORegistrationLib.writer import (
    LONGEST_DESCRIPTION,
    itemFromFiducial,
    itemFromMatrix,
    newRegistrationObject,
)

from .deformableRegistration import (
    DeformableRegistrationItem,
    DeformableSpatialRegistration,
)
from .deformation import DeformableTransform
from .displacementGrid import DisplacementGrid
from .encodedVectors import encodedPieces
from .rigidFactor import rigidBakedIn
from .vectorStream import VectorStream
from .writableDeformation import requireWritableSize, writableDeformation, writableLattice

AXIAL = (1, 0, 0, 0, 1, 0)  # direction cosines that readers without orientation take for granted


class DeformationForm(StrEnum):
    """How the object is laid out. DRRO is right for every reader that follows the standard; the
    others are for known readers that do not, and are no DRRO objects.
    """

    DRRO = "DRRO"  # the registered item, then the source item with a matrix and the grid
    ONE_ITEM = "one item"  # the source item alone, as OpenREGGUI wants it
    ONE_GRID = "one grid"  # and all motion in its vectors (`rigidBakedIn`): OpenTPS, MCsquare


def datasetFromDeformableRegistration(
    registration: DeformableSpatialRegistration,
    template: Dataset,
    *,
    created: datetime,
    form: DeformationForm = DeformationForm.DRRO,
) -> Dataset:
    """The DICOM object that says what `registration` says; save it by `saveDeformableRegistration`.

    `template` is an instance of the registered image series: it gives patient, study and position
    reference. `created` is when the vectors were made. The registered item is written with the
    code of identity, without references where the value has none; series that no item refers to
    are left out. No matrix follows the vectors: what is said by one goes before them or into them
    (`writableDeformation`), so an object that had one is not written as it was read. The vectors
    stay in their memory. UIDs are new.

    Raises
        NonconformantError: other than one deformation; more than 4 GiB of vectors; an infinite
        one; a description or comment that does not fit; a reference without a UID; axes that
        `form` cannot tell.
        NotRigidError: a matrix is not rigid.

    Source
        DICOM PS3.3 C.20.1, C.20.3, C.12.2, C.7.5.2; RO supplement DRRO 1.2.11, 7.4.15.1
    """
    item = _sourceItem(registration)
    transform = registration.registeredToSource(item)
    if not isinstance(transform, DeformableTransform):
        raise _oneDeformation(registration)
    writable = _inForm(transform, form)
    dataset = newRegistrationObject(
        template,
        DeformableSpatialRegistrationStorage,
        created=created,
        frame=registration.registeredFrame,
        label=registration.label,
        description=registration.description,
    )
    dataset.DeviceSerialNumber = softwareVersion()  # type 1 here; a program has no other number
    items = [item]
    if form is DeformationForm.DRRO:
        items.insert(0, _registeredItem(registration))
    dataset.DeformableRegistrationSequence = [_item(one) for one in items]
    _addTransform(dataset.DeformableRegistrationSequence[-1], writable)
    addSeriesReferences(dataset, _seriesOf(items, registration.series))
    setCharacterSet(dataset)
    return dataset


def saveDeformableRegistration(dataset: Dataset, path: Path, *, force: bool = False) -> Path:
    """Write the object as `path`, with file meta information, as fast as its vectors can be
    written, and without a copy of them. See `saveWhole`.

    pydicom alone holds all of a sequence in memory, some times over, before it is written.
    """
    pieces = encodedPieces(dataset)

    def write(file: BinaryIO) -> None:
        for piece in pieces:
            file.writelines(piece.parts() if isinstance(piece, VectorStream) else [piece])

    return saveWhole(path, write, force=force, size=sum(map(len, pieces)))


def _sourceItem(registration: DeformableSpatialRegistration) -> DeformableRegistrationItem:
    """The one source item.

    Raises
        NonconformantError: there are others; an object tells one way.
    """
    if len(registration.sourceItems) != 1 or len(registration.registeredItems) > 1:
        raise _oneDeformation(registration)
    return registration.sourceItems[0]


def _oneDeformation(registration: DeformableSpatialRegistration) -> NonconformantError:
    frames = ", ".join(one.sourceFrame for one in registration.sourceItems) or "none"
    return NonconformantError(
        f"expected one source item, with a grid, and at most one for the registered images, found "
        f"{len(registration.items)} items, source: {frames}; write one object for each source",
        (),
    )


def _inForm(transform: DeformableTransform, form: DeformationForm) -> DeformableTransform:
    requireWritableSize(transform.grid.lattice)
    if form is not DeformationForm.ONE_GRID:
        return writableDeformation(transform)
    cosines = writableLattice(transform.grid.lattice).cosines
    if not np.array_equal(cosines, AXIAL):
        shown = "\\".join(f"{one:.6g}" for one in cosines)
        raise NonconformantError(
            f"expected a grid along the patient's axes for the form {form}, found {shown}: sample "
            "the deformation on such a grid first",
            (),
        )
    return writableDeformation(rigidBakedIn(writableDeformation(transform)))


def _registeredItem(registration: DeformableSpatialRegistration) -> DeformableRegistrationItem:
    found = registration.registeredItems
    item = found[0] if found else DeformableRegistrationItem(1, registration.registeredFrame, ())
    return replace(item, method=FRAME_OF_REFERENCE_IDENTITY)


def _seriesOf(
    items: Iterable[DeformableRegistrationItem], series: Iterable[SeriesReference]
) -> list[SeriesReference]:
    """The series that `items` refer to; others must not be listed (C.12.2, type 1C)."""
    named = {image.sopInstanceUID for item in items for image in item.images}
    named |= {one.instance.sopInstanceUID for item in items for one in item.usedFiducials}
    return [one for one in series if any(image.sopInstanceUID in named for image in one)]


def _item(item: DeformableRegistrationItem) -> Dataset:
    """What items of both kinds have."""
    if not fitsElement(item.comment, LONGEST_DESCRIPTION):
        raise NonconformantError(
            f"expected a comment of at most {LONGEST_DESCRIPTION} characters without line breaks "
            f"and backslashes, found {len(item.comment)} characters",
            (),
        )
    dataset = Dataset()
    dataset.SourceFrameOfReferenceUID = item.sourceFrame
    if item.images:
        dataset.ReferencedImageSequence = [itemFromReference(image) for image in item.images]
    if item.comment:
        dataset.FrameOfReferenceTransformationComment = item.comment
    dataset.RegistrationTypeCodeSequence = [itemFromCode(item.method)] if item.method else []
    if item.usedFiducials:
        dataset.UsedFiducialsSequence = [itemFromFiducial(one) for one in item.usedFiducials]
    return dataset


def _addTransform(source: Dataset, transform: DeformableTransform) -> None:
    """Matrices are written even where they are identities: readers take the first item unasked."""
    rigid = MatrixType.RIGID.value
    source.PreDeformationMatrixRegistrationSequence = [itemFromMatrix(transform.pre, rigid)]
    source.PostDeformationMatrixRegistrationSequence = [itemFromMatrix(transform.post, rigid)]
    source.DeformableRegistrationGridSequence = [_gridItem(transform.grid)]


def _gridItem(grid: DisplacementGrid) -> Dataset:
    lattice = writableLattice(grid.lattice)
    dataset = Dataset()
    dataset.ImagePositionPatient = [decimalString(one) for one in lattice.position]
    dataset.ImageOrientationPatient = [decimalString(one) for one in lattice.cosines]
    dataset.GridDimensions = list(grid.lattice.size)
    dataset.GridResolution = [float(one) for one in lattice.spacing]
    dataset.VectorGridData = VectorStream(grid.vectors)
    return dataset
