"""A million points through a deformation and back, against VTK's bare grid transform."""

from __future__ import annotations

import numpy as np
import slicer
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkCommonTransforms import vtkAbstractTransform

from IHERODeformationLib.deformation import DeformableTransform
from IHERODeformationLib.displacementGrid import DisplacementGrid
from IHERODeformationLib.numericalInverse import NumericalInverse
from IHERORegistrationLib.lattice import Lattice

from .timing import Row, comparison

SIZE = (256, 256, 100)
SPACING = np.array([1.5, 1.7, 2.5])
ORIGIN = np.array([-190.0, -210.0, 300.0])
COUNT = 1_000_000
TOLERANCE = 0.01  # mm


def run() -> list[Row]:
    """Forward with the status of every point, and back with every residual."""
    lattice = Lattice.fromAxes(SIZE, ORIGIN, np.eye(3), SPACING)
    vectors = _waves(lattice)
    transform = DeformableTransform(
        np.eye(4), DisplacementGrid(lattice, vectors), np.eye(4), "1.1", "1.2"
    )
    grid = _bareGrid(vectors)
    back = grid.GetInverse()
    extent = (np.array(SIZE) - 1) * SPACING
    points = ORIGIN + (0.06 + 0.88 * np.random.default_rng(0).random((COUNT, 3))) * extent
    there = transform(points)
    return [
        comparison(
            "map 1,000,000 points through a grid, with validity",
            lambda: transform.mapped(points),
            lambda: _mapped(grid, points),
            limit=1.5,
        ),
        comparison(
            f"map 1,000,000 points back, within {TOLERANCE:g} mm",
            lambda: NumericalInverse(transform, TOLERANCE).solved(there),
            lambda: _mapped(back, there),
            limit=1.5,
            repeats=3,
        ),
    ]


def _waves(lattice: Lattice) -> np.ndarray:
    """Smooth vectors of up to 10 mm, shape (nk, nj, ni, 3)."""
    k, j, i = np.meshgrid(*(np.arange(n) for n in lattice.shape), indexing="ij")
    x, y, z = (n * step for n, step in zip((i, j, k), lattice.spacing, strict=True))
    vectors = (
        8 * np.sin(y / 60) * np.cos(z / 50),
        6 * np.cos(x / 55) * np.sin(z / 45),
        10 * np.sin(x / 70) * np.cos(y / 65),
    )
    return np.stack(vectors, axis=-1).astype(np.float32)


def _bareGrid(vectors: np.ndarray) -> slicer.vtkOrientedGridTransform:
    image = vtkImageData()
    image.SetDimensions(*SIZE)
    image.SetSpacing(*SPACING)
    image.SetOrigin(*ORIGIN)
    image.GetPointData().SetScalars(numpy_to_vtk(vectors.reshape(-1, 3)))
    grid = slicer.vtkOrientedGridTransform()
    grid.SetDisplacementGridData(image)
    grid.SetInterpolationModeToLinear()
    grid.SetInverseTolerance(TOLERANCE)
    grid.Update()
    return grid


def _mapped(transform: vtkAbstractTransform, points: np.ndarray) -> None:
    given, found = vtkPoints(), vtkPoints()
    given.SetData(numpy_to_vtk(points))
    found.SetDataTypeToDouble()
    transform.TransformPoints(given, found)
