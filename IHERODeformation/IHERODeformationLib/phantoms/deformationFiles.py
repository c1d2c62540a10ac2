"""Deformable Spatial Registration objects in every encoding."""

from __future__ import annotations

import numpy as np
from pydicom import Dataset
from pydicom.uid import DeformableSpatialRegistrationStorage

from IHERORegistrationLib.lattice import Lattice
from IHERORegistrationLib.phantoms.identity import (
    addReferences,
    code,
    decimals,
    newDataset,
    reference,
    setFrame,
)
from IHERORegistrationLib.phantoms.imageFiles import ScannedSeries

from .encodedMap import EncodedMap
from .encodings import Items, Matrices


def deformationDataset(
    encoded: EncodedMap, registered: ScannedSeries, source: ScannedSeries, seed: str
) -> Dataset:
    """The object that takes points of `registered` to `source`.

    Source
        DICOM PS3.3 A.39.2, C.20.3; DRRO 7.4.15.1.1.2 where the encoding allows it
    """
    name = encoded.encoding.name
    dataset = newDataset(
        seed,
        DeformableSpatialRegistrationStorage,
        "REG",
        registered.scan.study,
        f"Deformation {name}",
        "1",
    )
    setFrame(dataset, registered.frame)
    dataset.ContentLabel = name.upper().replace("-", "_")
    dataset.ContentDescription = f"Takes {registered.scan.name} to {source.scan.name}"
    dataset.ContentCreatorName = ""
    first = _item(registered, code("125021", "Frame of Reference Identity"))
    second = _item(source, code("125024", "Image Content-based Alignment"))
    if encoded.encoding.matrices is not Matrices.NO_MATRICES:
        second.PreDeformationMatrixRegistrationSequence = [_matrix(encoded.pre)]
        second.PostDeformationMatrixRegistrationSequence = [_matrix(encoded.post)]
    second.DeformableRegistrationGridSequence = [_grid(encoded.lattice, encoded.vectors)]
    dataset.DeformableRegistrationSequence = {
        Items.REGISTERED_FIRST: [first, second],
        Items.SOURCE_FIRST: [second, first],
        Items.SOURCE_ONLY: [second],
    }[encoded.encoding.items]
    addReferences(dataset, [registered.reference, source.reference])
    return dataset


def _item(series: ScannedSeries, method: Dataset) -> Dataset:
    item = Dataset()
    item.SourceFrameOfReferenceUID = series.frame
    item.ReferencedImageSequence = [reference(instance) for instance in series.reference]
    item.RegistrationTypeCodeSequence = [method]
    return item


def _matrix(matrix: np.ndarray) -> Dataset:
    item = Dataset()
    item.FrameOfReferenceTransformationMatrix = decimals(matrix)
    item.FrameOfReferenceTransformationMatrixType = "RIGID"
    return item


def _grid(lattice: Lattice, vectors: np.ndarray) -> Dataset:
    item = Dataset()
    item.ImageOrientationPatient = decimals(lattice.directions[:, :2].T)
    item.ImagePositionPatient = decimals(lattice.origin)
    item.GridDimensions = list(lattice.size)
    item.GridResolution = [float(step) for step in lattice.spacing]
    item.VectorGridData = vectors.astype("<f4").tobytes()
    return item
