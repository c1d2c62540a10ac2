"""Deformable registrations made, saved and asked where points go."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
from pydicom import Dataset, dcmread

from builders import ctSeries
from deformationCases import PRE, Case, asRead
from IHERODeformationLib.deformableRegistration import (
    DeformableSpatialRegistration,
)
from IHERODeformationLib.displacementGrid import DisplacementGrid
from IHERODeformationLib.reader import (
    deformableRegistrationFromDataset,
)
from IHERODeformationLib.writer import (
    datasetFromDeformableRegistration,
    saveDeformableRegistration,
)
from IHERORegistrationLib.lattice import Lattice

NOW = datetime(2024, 5, 6, 7, 8, 9)


def registrationOf(case: Case) -> DeformableSpatialRegistration:
    return deformableRegistrationFromDataset(asRead(case.dataset()))


def made(registration: DeformableSpatialRegistration, **options) -> Dataset:
    return datasetFromDeformableRegistration(registration, ctSeries()[0], created=NOW, **options)


def saved(dataset: Dataset, folder: Path) -> Path:
    return saveDeformableRegistration(dataset, folder / "deformation.dcm")


def answer(path: Path, points: np.ndarray) -> np.ndarray:
    """The points by pydicom and numpy alone, by PS3.3 C.20.3.1.1; NaN near undefined nodes."""
    dataset = dcmread(path)
    (item,) = [
        one
        for one in dataset.DeformableRegistrationSequence
        if "DeformableRegistrationGridSequence" in one
    ]
    (grid,) = item.DeformableRegistrationGridSequence
    size = np.array(grid.GridDimensions)
    vectors = np.frombuffer(grid.VectorGridData, "<f4").reshape(*size[::-1], 3)
    row, column = np.array(grid.ImageOrientationPatient, float).reshape(2, 3)
    axes = np.stack([row, column, np.cross(row, column)], axis=1) * grid.GridResolution
    index = (points - np.array(grid.ImagePositionPatient, float)) @ np.linalg.inv(axes).T
    low = np.clip(np.floor(index).astype(int), 0, np.maximum(size - 2, 0))
    moved = np.zeros(points.shape)
    for corner in np.ndindex(2, 2, 2):
        node = np.minimum(low + corner, size - 1)
        weight = np.where(corner, index - low, 1 - (index - low)).prod(axis=-1)[..., None]
        moved += weight * vectors[node[..., 2], node[..., 1], node[..., 0]]
    for sequence, before in (("Pre", points), ("Post", None)):
        (holder,) = item[f"{sequence}DeformationMatrixRegistrationSequence"].value
        matrix = np.array(holder.FrameOfReferenceTransformationMatrix, float).reshape(4, 4)
        start = before if before is not None else moved
        moved = start @ matrix[:3, :3].T + matrix[:3, 3] + (moved if sequence == "Pre" else 0)
    return moved


def withGrid(grid: DisplacementGrid, **changes) -> DeformableSpatialRegistration:
    """A registration whose only source item has this grid."""
    registration = registrationOf(Case(pre=PRE))
    registered, source = registration.items
    return replace(registration, items=(registered, replace(source, grid=grid, **changes)))


def lattice(size: tuple[int, int, int], axes=None) -> Lattice:
    axes = np.eye(3) if axes is None else axes
    return Lattice.fromAxes(size, (-321.25, 12.5, 1234.5), axes, (2.0, 2.5, 3.0))


def writtenVectors(path: Path) -> bytes:
    grid = dcmread(path).DeformableRegistrationSequence[-1].DeformableRegistrationGridSequence[0]
    return grid.VectorGridData


VECTORS = np.random.default_rng(7).normal(0, 4, (5, 4, 3, 3)).astype("<f4")


def unaligned(vectors: np.ndarray) -> np.ndarray:
    memory = np.zeros(vectors.nbytes + 3, np.uint8)
    shifted = memory[3:].view("<f4").reshape(vectors.shape)
    shifted[...] = vectors
    return shifted
