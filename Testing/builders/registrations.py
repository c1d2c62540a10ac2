"""Spatial and deformable registrations and spatial fiducials.

Source
    DICOM PS3.3 A.39, A.40, C.20, C.21
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydicom import Dataset
from pydicom.uid import (
    DeformableSpatialRegistrationStorage,
    SpatialFiducialsStorage,
    SpatialRegistrationStorage,
)

from .datasets import ROOT, changed, code, ds, item, newObject, objectBeside, references
from .images import ctSeries, mrSeries

# 30° about z and a translation: the closed form of dicom-registration examples
MATRIX = (0.86602540378444, -0.5, 0, 10, 0.5, 0.86602540378444, 0, -20, 0, 0, 1, 5, 0, 0, 0, 1)
# A quarter turn about x then a shift; commutes with no turn about another axis
QUARTER_X = (1, 0, 0, 7, 0, 0, -1, -11, 0, 1, 0, 13, 0, 0, 0, 1)
IDENTITY = (1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1)


IDENTITY_CODE = ("125021", "Frame of Reference Identity")
IMAGE_CODE = ("125024", "Image Content-based Alignment")


def registrationItem(
    images: Sequence[Dataset],
    matrix: Sequence[float] = MATRIX,
    method: tuple[str, str] = IMAGE_CODE,
    matrixType: str = "RIGID",
    **changes: object,
) -> Dataset:
    """One item of Registration Sequence for `images`, of their Frame of Reference."""
    one = item(
        FrameOfReferenceUID=images[0].FrameOfReferenceUID,
        ReferencedImageSequence=references(images),
        MatrixRegistrationSequence=[
            item(
                RegistrationTypeCodeSequence=[code(*method)],
                MatrixSequence=[
                    item(
                        FrameOfReferenceTransformationMatrixType=matrixType,
                        FrameOfReferenceTransformationMatrix=ds(matrix),
                    )
                ],
            )
        ],
    )
    return changed(one, changes)


def matrixItem(registration: Dataset, itemNumber: int = 2) -> Dataset:
    """The first item of the Matrix Sequence in that item of the Registration Sequence, from 1."""
    group = registration.RegistrationSequence[itemNumber - 1].MatrixRegistrationSequence[0]
    return group.MatrixSequence[0]


def _addContentIdentification(dataset: Dataset) -> None:
    dataset.SeriesDate, dataset.SeriesTime = "20240103", "091011"
    dataset.ContentDate, dataset.ContentTime = "20240103", "091011"
    dataset.InstanceNumber = 1
    dataset.ContentLabel = "MR_ON_CT"
    dataset.ContentDescription = "MR registered to the planning CT"
    dataset.ContentCreatorName = ""


def addReferencedSeries(dataset: Dataset, *series: Sequence[Dataset]) -> None:
    """The Common Instance Reference Module for whole `series`, by study."""
    for one in series:
        listed = item(
            SeriesInstanceUID=one[0].SeriesInstanceUID, ReferencedInstanceSequence=references(one)
        )
        if one[0].StudyInstanceUID == dataset.StudyInstanceUID:
            present = list(dataset.get("ReferencedSeriesSequence") or ())
            dataset.ReferencedSeriesSequence = [*present, listed]
        else:
            present = list(dataset.get("StudiesContainingOtherReferencedInstancesSequence") or ())
            other = item(
                StudyInstanceUID=one[0].StudyInstanceUID, ReferencedSeriesSequence=[listed]
            )
            dataset.StudiesContainingOtherReferencedInstancesSequence = [*present, other]


def spatialRegistration(
    base: Sequence[Dataset] | None = None,
    moving: Sequence[Dataset] | None = None,
    matrix: Sequence[float] = MATRIX,
    items: Sequence[Dataset] | None = None,
    **changes: object,
) -> Dataset:
    """A Spatial Registration by every row of MMRO-III: `moving` → `base` through `matrix`.

    `items` replaces the two items of Registration Sequence.
    """
    base = ctSeries() if base is None else base
    moving = mrSeries() if moving is None else moving
    dataset = objectBeside(base, SpatialRegistrationStorage, "REG", 50)
    _addContentIdentification(dataset)
    dataset.RegistrationSequence = (
        [registrationItem(base, IDENTITY, IDENTITY_CODE), registrationItem(moving, matrix)]
        if items is None
        else list(items)
    )
    addReferencedSeries(dataset, base, moving)
    return changed(dataset, changes)


def deformableRegistration(
    base: Sequence[Dataset] | None = None,
    moving: Sequence[Dataset] | None = None,
    **changes: object,
) -> Dataset:
    """A Deformable Spatial Registration with a 4 × 3 × 2 grid in the frame of `base`."""
    base = ctSeries() if base is None else base
    moving = mrSeries() if moving is None else moving
    dataset = objectBeside(base, DeformableSpatialRegistrationStorage, "REG", 55)
    _addContentIdentification(dataset)
    node = np.indices((2, 3, 4))[::-1].transpose(1, 2, 3, 0)  # i, j, k of each node
    vectors = node * (0.5, -0.25, 0.5) + (0, 0, 1)
    grid = item(
        ImageOrientationPatient=ds((1, 0, 0, 0, 1, 0)),
        ImagePositionPatient=ds((-100, -120, -50)),
        GridDimensions=[4, 3, 2],
        GridResolution=[2.0, 2.0, 3.0],
        VectorGridData=vectors.astype("<f4").tobytes(),
    )
    registered = item(
        SourceFrameOfReferenceUID=base[0].FrameOfReferenceUID,
        ReferencedImageSequence=references(base),
        RegistrationTypeCodeSequence=[code(*IDENTITY_CODE)],
    )
    source = item(
        SourceFrameOfReferenceUID=moving[0].FrameOfReferenceUID,
        ReferencedImageSequence=references(moving),
        RegistrationTypeCodeSequence=[code(*IMAGE_CODE)],
        DeformableRegistrationGridSequence=[grid],
    )
    dataset.DeformableRegistrationSequence = [registered, source]
    addReferencedSeries(dataset, base, moving)
    return changed(dataset, changes)


def fiducial(identifier: str, points: Sequence[float], shape: str = "POINT") -> Dataset:
    """One fiducial at LPS mm `points` (x, y, z, x, …)."""
    return item(
        ShapeType=shape,
        FiducialIdentifier=identifier,
        FiducialUID=f"{ROOT}.6.{sum(map(ord, identifier))}",
        NumberOfContourPoints=len(points) // 3,
        ContourData=ds(points),
    )


def spatialFiducials(
    images: Sequence[Dataset] | None = None,
    fiducials: Sequence[Dataset] | None = None,
    **changes: object,
) -> Dataset:
    """A Spatial Fiducials object with one set in the frame of `images`."""
    images = ctSeries() if images is None else images
    dataset = newObject(SpatialFiducialsStorage, "FID", 60)
    dataset.StudyInstanceUID = images[0].StudyInstanceUID
    _addContentIdentification(dataset)
    dataset.ContentLabel = "LANDMARKS"
    if fiducials is None:
        fiducials = [fiducial("P1", (-66, 32, 110)), fiducial("P2", (-64, 36, 113))]
    dataset.FiducialSetSequence = [
        item(
            FrameOfReferenceUID=images[0].FrameOfReferenceUID,
            ReferencedImageSequence=references(images),
            FiducialSequence=list(fiducials),
        )
    ]
    addReferencedSeries(dataset, images)
    return changed(dataset, changes)
