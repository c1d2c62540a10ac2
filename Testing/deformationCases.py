"""Deformable registrations whose answer is known in closed form, as data sets.

The displacement is a polynomial that is linear in each index, with coefficients that float32 holds
exactly: trilinear interpolation then gives the polynomial itself between the nodes.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from pydicom import Dataset, dcmread
from pydicom.config import disable_value_validation

import builders

if TYPE_CHECKING:
    from IHERORegistrationLib.lattice import Lattice

# z 10° and a shift, z 5° and another: the matrices of the printed example; and one about all axes
PRE = (0.98480775301221, -0.1736481776669, 0, 5, 0.17364817766693, 0.98480775301221, 0, -3,
       0, 0, 1, 2, 0, 0, 0, 1)  # fmt: skip
POST = (0.99619469809175, -0.0871557427477, 0, 1, 0.08715574274766, 0.99619469809175, 0, 0,
        0, 0, 1, -4, 0, 0, 0, 1)  # fmt: skip
OBLIQUE = (0.96, 0.28, 0, -0.168, 0.576, 0.8)
SAGITTAL = (0, 1, 0, 0, 0, -1)
AXIAL = (1, 0, 0, 0, 1, 0)
# of x, y, z: constant, i, j, k, ij, jk, ijk
POLYNOMIAL = np.array(
    [
        [1.5, 0.5, -0.25, 0.125, 0.0625, -0.03125, 0.0078125],
        [-2.0, 0.25, 0.5, -0.375, -0.03125, 0.0625, -0.015625],
        [0.75, -0.125, 0.25, 0.5, 0.015625, -0.0625, 0.0078125],
    ]
)


def polynomial(index: np.ndarray) -> np.ndarray:
    """Displacement at fractional `index` (..., 3) i, j, k; shape (..., 3) mm."""
    i, j, k = np.moveaxis(np.asarray(index, float), -1, 0)
    terms = np.stack([np.ones_like(i), i, j, k, i * j, j * k, i * j * k], axis=-1)
    return terms @ POLYNOMIAL.T


@dataclass(frozen=True)
class Case:
    """Parameters of one registration, with the answer of PS3.3 C.20.3.1.1 in closed form."""

    orientation: Sequence[float] = AXIAL
    position: Sequence[float] = (-100.0, -120.0, -50.0)
    size: tuple[int, int, int] = (6, 5, 4)
    spacing: tuple[float, float, float] = (2.0, 2.0, 2.0)
    pre: Sequence[float] | None = None
    post: Sequence[float] | None = None
    undefined: tuple[tuple[int, int, int], ...] = ()  # nodes i, j, k
    order: str = "registered first"
    changes: dict[str, object] = field(default_factory=dict)

    @property
    def axes(self) -> np.ndarray:
        """Unit axes of i, j, k as columns."""
        row, column = np.array(self.orientation, float).reshape(2, 3)
        return np.stack([row, column, np.cross(row, column)], axis=1)

    def index(self, points: np.ndarray) -> np.ndarray:
        return (points - np.array(self.position)) @ self.axes / self.spacing

    def pointsAt(self, index: np.ndarray) -> np.ndarray:
        return np.array(self.position) + (np.asarray(index) * self.spacing) @ self.axes.T

    def clamped(self, points: np.ndarray) -> np.ndarray:
        return np.clip(self.index(points), 0, np.array(self.size) - 1)

    def expected(self, points: np.ndarray) -> np.ndarray:
        """Where the points go, undefined and outside ones too."""
        moved = _times(self.pre, points) + polynomial(self.clamped(points))
        return _times(self.post, moved)

    def outside(self, points: np.ndarray) -> np.ndarray:
        index = self.index(points)
        return np.any((index < -0.5) | (index > np.array(self.size) - 0.5), axis=-1)

    def touchesUndefined(self, points: np.ndarray) -> np.ndarray:
        """Whether an undefined node is nearer than one voxel along every axis."""
        index = self.clamped(points)
        near = [np.all(np.abs(index - node) < 1, axis=-1) for node in self.undefined]
        return np.any(near, axis=0) if near else np.zeros(index.shape[:-1], bool)

    def randomPoints(self, count: int = 1000, beyond: float = 0.0, seed: int = 1) -> np.ndarray:
        """Points evenly in the grid, and up to `beyond` voxels around it."""
        most = np.array(self.size) - 1 + beyond
        index = np.random.default_rng(seed).uniform(-beyond, most, (count, 3))
        return self.pointsAt(index)

    @property
    def vectors(self) -> np.ndarray:
        """Shape (nk, nj, ni, 3), float32."""
        node = np.indices(self.size[::-1])[::-1].transpose(1, 2, 3, 0)
        vectors = polynomial(node).astype("<f4")
        for i, j, k in self.undefined:
            vectors[k, j, i] = np.nan
        return vectors

    def dataset(self) -> Dataset:
        """The Deformable Spatial Registration, in memory."""
        made = builders.deformableRegistration(**self.changes)
        registered, source = made.DeformableRegistrationSequence
        grid = gridOf(made)
        grid.ImageOrientationPatient = builders.ds(self.orientation)
        grid.ImagePositionPatient = builders.ds(self.position)
        grid.GridDimensions, grid.GridResolution = list(self.size), list(self.spacing)
        grid.VectorGridData = self.vectors.tobytes()
        for name, matrix in (("Pre", self.pre), ("Post", self.post)):
            if matrix is not None:
                setattr(source, f"{name}DeformationMatrixRegistrationSequence", [declared(matrix)])
        items = {
            "registered first": [registered, source],
            "source first": [source, registered],
            "one item": [source],
        }[self.order]
        made.DeformableRegistrationSequence = items
        return made


CASES = {
    "identity grid direction": Case(),
    "oblique": Case(orientation=OBLIQUE, spacing=(2.0, 1.5, 3.0)),
    "sagittal": Case(orientation=SAGITTAL, spacing=(2.5, 1.5, 3.0)),
    "anisotropic": Case(spacing=(0.75, 2.5, 5.0), position=(310.5, -812.25, 1204.0)),
    "pre": Case(pre=PRE, spacing=(2.0, 2.5, 3.0)),
    "post": Case(post=POST, spacing=(2.0, 2.5, 3.0)),
    "both": Case(pre=PRE, post=builders.QUARTER_X, orientation=OBLIQUE, spacing=(2.0, 1.5, 3.0)),
    "one item": Case(pre=builders.QUARTER_X, post=POST, order="one item"),
    "source first": Case(pre=PRE, order="source first", spacing=(3.0, 2.0, 1.25)),
    "small grid": Case(size=(2, 1, 3), pre=PRE, spacing=(4.0, 3.0, 2.0)),
    "identity matrices": Case(
        pre=builders.IDENTITY,
        post=builders.IDENTITY,
        size=(7, 4, 5),
        spacing=(6.0, 6.0, 6.0),
        order="source first",
    ),
    "identity matrices in one item": Case(
        pre=builders.IDENTITY,
        post=builders.IDENTITY,
        size=(3, 6, 5),
        position=(190.0, -190.0, 126.0),
        spacing=(4.0, 6.5, 9.0),
        order="one item",
    ),
    "undefined block": Case(
        pre=PRE,
        post=POST,
        size=(9, 8, 7),
        orientation=OBLIQUE,
        spacing=(5.0, 6.5, 8.0),
        undefined=tuple((3 + n % 2, 2 + n // 2 % 3, 2 + n // 6) for n in range(12)),
    ),
    "undefined nodes": Case(
        undefined=((2, 1, 1), (5, 4, 0)), orientation=OBLIQUE, spacing=(2.0, 1.5, 3.0)
    ),
}


def setGrid(dataset: Dataset, lattice: Lattice, vectors: np.ndarray) -> None:
    """Give the object's one grid that lattice and these vectors, (nk, nj, ni, 3) LPS mm."""
    grid = gridOf(dataset)
    grid.ImageOrientationPatient = builders.ds(lattice.directions.T[:2].ravel())
    grid.ImagePositionPatient = builders.ds(lattice.origin)
    grid.GridDimensions, grid.GridResolution = list(lattice.size), lattice.spacing.tolist()
    grid.VectorGridData = vectors.astype("<f4").tobytes()


def gridOf(dataset: Dataset) -> Dataset:
    """The only grid item of a data set."""
    grids = [
        grid
        for one in dataset.DeformableRegistrationSequence
        for grid in one.get("DeformableRegistrationGridSequence") or ()
    ]
    (grid,) = grids
    return grid


def declared(matrix: Sequence[float], matrixType: str = "RIGID") -> Dataset:
    """One item of a pre or post deformation matrix sequence."""
    return builders.item(
        FrameOfReferenceTransformationMatrix=builders.ds(matrix),
        FrameOfReferenceTransformationMatrixType=matrixType,
    )


def encoded(dataset: Dataset) -> bytes:
    """The DICOM file."""
    buffer = io.BytesIO()
    with disable_value_validation():
        dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def asRead(dataset: Dataset) -> Dataset:
    """The data set as it comes back from a file: raw elements, nothing converted."""
    return dcmread(io.BytesIO(encoded(dataset)))


def _times(matrix: Sequence[float] | None, points: np.ndarray) -> np.ndarray:
    square = np.eye(4) if matrix is None else np.array(matrix, float).reshape(4, 4)
    return points @ square[:3, :3].T + square[:3, 3]
