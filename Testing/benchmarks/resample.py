"""Resampling an image through a matrix, against vtkImageReslice alone."""

from __future__ import annotations

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkImagingCore import vtkImageReslice

from IHERORegistrationLib.geometry import AffineTransform
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.resampling import Interpolation, resampledVolume

from .timing import Row, comparison

SHAPE = (200, 512, 512)
ORIGIN = np.array([-230.0, -240.0, 90.0])


def run() -> list[Row]:
    """Linear and cubic interpolation of a CT-sized volume."""
    return [_row(Interpolation.LINEAR), _row(Interpolation.CUBIC)]


def _row(interpolation: Interpolation) -> Row:
    values = np.random.default_rng(0).integers(-1000, 2000, SHAPE).astype(np.int16)
    lattice = Lattice.fromAxes(SHAPE[::-1], ORIGIN, np.eye(3), np.array([0.9, 0.9, 1.4]))
    matrix = np.eye(4)
    matrix[:3, :3] = rotation(0.1, 0, 1) @ rotation(0.07, 1, 2)
    matrix[:3, 3] = (6.0, -9.0, 4.0)
    transform = AffineTransform(matrix, "1.1", "1.2")
    volume = Volume(values, lattice, "1.2")
    toIndices = np.linalg.inv(lattice.ijkToLPS) @ matrix @ lattice.ijkToLPS

    def ours() -> None:
        resampledVolume(volume, lattice, "1.1", transform, interpolation, -1000)

    def peer() -> None:
        bare = _bareReslice(values, toIndices)
        _SET_MODE[interpolation](bare)
        bare.Update()

    name = f"resample 512×512×200 through a matrix, {interpolation}"
    return comparison(name, ours, peer, limit=1.1)


_SET_MODE = {
    Interpolation.LINEAR: vtkImageReslice.SetInterpolationModeToLinear,
    Interpolation.CUBIC: vtkImageReslice.SetInterpolationModeToCubic,
}


def _bareReslice(values: np.ndarray, toIndices: np.ndarray) -> vtkImageReslice:
    image = vtkImageData()
    image.SetDimensions(*values.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(values.reshape(-1)))
    axes = vtkMatrix4x4()
    axes.DeepCopy(toIndices.ravel())
    reslice = vtkImageReslice()
    reslice.SetInputData(image)
    reslice.SetResliceAxes(axes)
    reslice.SetOutputOrigin(0, 0, 0)
    reslice.SetOutputSpacing(1, 1, 1)
    reslice.SetOutputExtent(image.GetExtent())
    reslice.SetBackgroundLevel(-1000)
    return reslice


def rotation(angle: float, first: int, second: int) -> np.ndarray:
    """Rotation by `angle` rad in the plane of two axes."""
    matrix = np.eye(3)
    matrix[first, first] = matrix[second, second] = np.cos(angle)
    matrix[first, second], matrix[second, first] = -np.sin(angle), np.sin(angle)
    return matrix
