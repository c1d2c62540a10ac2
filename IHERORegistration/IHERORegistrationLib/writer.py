"""Spatial Registration: value → data set (PS3.3 A.39.1, C.20.2)."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from pydicom import Dataset
from pydicom.uid import SpatialRegistrationStorage

from .decimalStrings import decimalString
from .errors import NonconformantError
from .header import newObject, setCharacterSet
from .macros import addSeriesReferences, fitsElement, itemFromCode, itemFromReference
from .references import FiducialReference
from .registration import RegistrationItem, SpatialRegistration

LONGEST_DESCRIPTION = 64  # characters of a Long String


def datasetFromRegistration(
    registration: SpatialRegistration, template: Dataset, *, created: datetime
) -> Dataset:
    """The DICOM object that says what `registration` says.

    `template` is an instance of the registered image series: it gives patient, study and position
    reference. Matrices are written as they are, each value with the most digits that fit 16
    characters. The SOP Instance UID is new, whatever the value's own.

    Raises
        NonconformantError: the description is longer than 64 characters or no single line, or
        something that is referred to has no UID.

    Source
        DICOM PS3.3 C.20.1, C.20.2, C.12.2
    """
    dataset = newRegistrationObject(
        template,
        SpatialRegistrationStorage,
        created=created,
        frame=registration.registeredFrame,
        label=registration.label,
        description=registration.description,
    )
    dataset.RegistrationSequence = [_item(item) for item in registration.items]
    addSeriesReferences(dataset, registration.series)
    setCharacterSet(dataset)
    return dataset


def newRegistrationObject(
    template: Dataset,
    sopClassUID: str,
    *,
    created: datetime,
    frame: str,
    label: str,
    description: str,
) -> Dataset:
    """What a Spatial Registration of `frame` and a deformable one have in common. See
    `datasetFromRegistration`.

    Raises
        NonconformantError: the description is longer than 64 characters or no single line.

    Source
        DICOM PS3.3 C.20.1, 10.9
    """
    if not fitsElement(description, LONGEST_DESCRIPTION):
        raise NonconformantError(
            f"expected a description of at most {LONGEST_DESCRIPTION} characters without line "
            f"breaks and backslashes, found {len(description)} characters",
            (),
        )
    dataset = newObject(template, sopClassUID, "REG", created=created, frame=frame)
    dataset.SeriesDescription = description
    dataset.InstanceNumber = 1
    dataset.ContentDate = created.strftime("%Y%m%d")
    dataset.ContentTime = created.strftime("%H%M%S")
    dataset.ContentLabel = label
    dataset.ContentDescription = description
    dataset.ContentCreatorName = ""
    return dataset


def _item(item: RegistrationItem) -> Dataset:
    group = Dataset()
    if item.comment:
        group.FrameOfReferenceTransformationComment = item.comment
    group.RegistrationTypeCodeSequence = [itemFromCode(item.method)] if item.method else []
    group.MatrixSequence = [
        itemFromMatrix(matrix, declared)
        for matrix, declared in zip(item.matrices, item.declaredTypes, strict=True)
    ]
    dataset = Dataset()
    if item.sourceFrame is not None:
        dataset.FrameOfReferenceUID = item.sourceFrame
    if item.images:
        dataset.ReferencedImageSequence = [itemFromReference(image) for image in item.images]
    dataset.MatrixRegistrationSequence = [group]
    if item.usedFiducials:
        dataset.UsedFiducialsSequence = [itemFromFiducial(one) for one in item.usedFiducials]
    return dataset


def itemFromMatrix(matrix: np.ndarray, declaredType: str) -> Dataset:
    """One item with `matrix`, shape (4, 4), each value with the most digits that fit."""
    dataset = Dataset()
    dataset.FrameOfReferenceTransformationMatrix = [
        decimalString(value) for value in np.ravel(matrix)
    ]
    dataset.FrameOfReferenceTransformationMatrixType = declaredType
    return dataset


def itemFromFiducial(used: FiducialReference) -> Dataset:
    """One item of Used Fiducials Sequence."""
    dataset = itemFromReference(used.instance)
    dataset.FiducialUID = used.fiducialUID
    return dataset
