"""Deforming a volume of 512 × 512 × 200 through an oblique grid of 256 × 256 × 100 vectors behind a
rotation, against vtkImageReslice alone with the same transform as one makes it by hand.

Ours also finds out which voxels are undefined and which lie outside the source. The last row has a
grid that covers a third of the volume, with a hole.
"""

from __future__ import annotations

import numpy as np
from slicer import vtkOrientedGridTransform
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkCommonTransforms import vtkGeneralTransform
from vtkmodules.vtkImagingCore import vtkImageReslice

from IHERODeformationLib.deformation import DeformableTransform
from IHERODeformationLib.deformedVolume import deformedVolume
from IHERODeformationLib.displacementGrid import DisplacementGrid
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.resampling import Interpolation, vtkMatrix

from .resample import rotation
from .timing import Row, comparison, memory, peakMemory

SHAPE = (200, 512, 512)
NODES = (256, 256, 100)
IMAGE = Lattice.fromAxes(SHAPE[::-1], np.array([-230.0, -240.0, 90.0]), np.eye(3), (0.9, 0.9, 1.4))
CODE = "from benchmarks.deformVolume import {0}; {0}()"


def run() -> list[Row]:
    """Time for linear and cubic interpolation, memory, and a grid that says less."""
    rows = [_row(Interpolation.LINEAR), _row(Interpolation.CUBIC)]
    theirs = peakMemory(CODE.format("bare"))
    name = "the same, linear, most memory"
    return [*rows, memory(name, CODE.format("ours"), theirs, limit=1.3), _partial()]


def _row(interpolation: Interpolation) -> Row:
    values, transform = _values(), _transform()
    bent = _byHand(transform)
    return comparison(
        f"deform 512×512×200 through 256×256×100, {interpolation}",
        lambda: _ours(values, transform, interpolation),
        lambda: _reslice(values, bent, interpolation),
        limit=1.2,
        repeats=3,
    )


def _partial() -> Row:
    values, transform = _values(), _transform((1.2, 1.2, 2.0), hole=True)
    bent = _byHand(transform)
    return comparison(
        "deform the same through a smaller grid with a hole, linear",
        lambda: _ours(values, transform, Interpolation.LINEAR),
        lambda: _reslice(values, bent, Interpolation.LINEAR),
        limit=1.5,
        repeats=3,
    )


def ours() -> None:
    _ours(_values(), _transform(), Interpolation.LINEAR)


def bare() -> None:
    _reslice(_values(), _byHand(_transform()), Interpolation.LINEAR)


def _values() -> np.ndarray:
    return np.random.default_rng(0).integers(-1000, 2000, SHAPE, dtype=np.int16)


def _transform(
    spacing: tuple[float, float, float] = (2.4, 2.4, 4.4), *, hole: bool = False
) -> DeformableTransform:
    axes = rotation(0.1, 0, 1) @ rotation(0.07, 1, 2)
    middle = axes @ ((np.array(NODES) - 1) / 2 * spacing)
    lattice = Lattice.fromAxes(NODES, IMAGE.center - middle, axes, np.array(spacing))
    k, j, i = np.ogrid[:100, :256, :256]
    vectors = np.empty((*lattice.shape, 3), np.float32)
    for axis in range(3):
        vectors[..., axis] = 6 * np.sin(i / 30 + axis) * np.cos(j / 40 - axis) * np.sin(k / 20)
    if hole:
        vectors[40:60, 100:150, 90:170] = np.nan
    pre = np.eye(4)
    pre[:3, :3] = rotation(0.08, 0, 2) @ rotation(-0.05, 0, 1)
    pre[:3, 3] = IMAGE.center - pre[:3, :3] @ IMAGE.center + (3.0, 4.0, -5.0)
    return DeformableTransform(pre, DisplacementGrid(lattice, vectors), np.eye(4), "1.1", "1.2")


def _ours(values: np.ndarray, transform: DeformableTransform, interpolation: Interpolation) -> None:
    grid = DisplacementGrid(transform.grid.lattice, transform.grid.vectors)  # nothing known of it
    fresh = DeformableTransform(transform.pre, grid, transform.post, "1.1", "1.2")
    deformedVolume(Volume(values, IMAGE, "1.2"), IMAGE, "1.1", fresh, interpolation, -1000)


def _byHand(transform: DeformableTransform) -> vtkGeneralTransform:
    """As one grid and one matrix after it: M (x + R⁻¹ Δ(x)), without undefined vectors."""
    lattice, vectors = transform.grid.lattice, np.nan_to_num(transform.grid.vectors)
    turned = vectors.reshape(-1, 3) @ transform.pre[:3, :3].astype(np.float32)
    image = vtkImageData()
    image.SetDimensions(*lattice.size)
    image.SetOrigin(lattice.origin)
    image.SetSpacing(lattice.spacing)
    image.GetPointData().SetScalars(numpy_to_vtk(turned))
    axes = np.eye(4)
    axes[:3, :3] = lattice.directions
    grid = vtkOrientedGridTransform()
    grid.SetDisplacementGridData(image)
    grid.SetGridDirectionMatrix(vtkMatrix(axes))
    grid.SetInterpolationModeToLinear()
    result = vtkGeneralTransform()
    result.PostMultiply()
    result.Concatenate(grid)
    result.Concatenate(vtkMatrix(transform.affine))
    return result


def _reslice(values: np.ndarray, bent: vtkGeneralTransform, interpolation: Interpolation) -> None:
    image = vtkImageData()
    image.SetDimensions(*IMAGE.size)
    image.SetOrigin(IMAGE.origin)
    image.SetSpacing(IMAGE.spacing)
    image.GetPointData().SetScalars(numpy_to_vtk(values.reshape(-1)))
    reslice = vtkImageReslice()
    reslice.SetInputData(image)
    reslice.SetResliceTransform(bent)
    reslice.SetOutputOrigin(IMAGE.origin)
    reslice.SetOutputSpacing(IMAGE.spacing)
    reslice.SetOutputExtent(image.GetExtent())
    reslice.SetBackgroundLevel(-1000)
    if interpolation is Interpolation.CUBIC:
        reslice.SetInterpolationModeToCubic()
    else:
        reslice.SetInterpolationModeToLinear()
    reslice.Update()
