"""Volumes carried onto another lattice, with the voxels marked that lie outside the original."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkCommonTransforms import vtkAbstractTransform
from vtkmodules.vtkImagingCore import vtkImageReslice
from vtkmodules.vtkImagingStencil import vtkImageStencilToImage

from .errors import FrameOfReferenceError
from .frames import Transform, TransformChain
from .geometry import AffineTransform, inverted
from .lattice import Lattice, Volume
from .registrationRecord import UNWATCHED, Watch

SLAB = 1 << 19  # voxels that are resampled while nobody is told
RESAMPLING = "resampling"  # the stage that a watcher is told


class Interpolation(StrEnum):
    """How a value between voxel centers is found."""

    NEAREST = "nearest"
    LINEAR = "linear"
    CUBIC = "cubic"


@dataclass(frozen=True, eq=False)
class Resampled:
    """A volume on a new lattice; `outside`, bool of shape (nk, nj, ni), is true for voxels whose
    center lies in no voxel of the original (see Lattice.contains) and which hold the background.
    """

    volume: Volume
    outside: np.ndarray


def resampledVolume(
    volume: Volume,
    lattice: Lattice,
    frame: str,
    transform: Transform,
    interpolation: Interpolation,
    background: float,
) -> Resampled:
    """`volume` on `lattice`, which lies in Frame of Reference `frame`.

    `transform` takes points of `frame` to `volume.frame`: each new voxel asks where it comes from.
    The type of the values stays; interpolated values of integer types are rounded and kept within
    the type. Within half a voxel beyond the outermost centers the border value holds, as if it
    were repeated. A NaN takes part in every voxel that gives it weight, which is then NaN. An
    index within 2⁻¹⁷ of a voxel center counts as the center.

    Raises
        FrameOfReferenceError: the transform does not lead from `frame` to the volume's frame.
        MemoryError: there is no room for the new voxels.
        ValueError: the type of the values cannot hold `background`, or is none of the real types
        of up to 32 bits and float64.
        TypeError: the transform is no matrix.
    """
    requireResampling(volume, lattice, frame, transform, background)
    toIndices = inverted(volume.lattice.ijkToLPS) @ affineMatrix(transform) @ lattice.ijkToLPS
    return resliced(volume, lattice, frame, toIndices, interpolation, background)


def requireResampling(
    volume: Volume, lattice: Lattice, frame: str, transform: Transform, background: float
) -> None:
    """Check what every way of resampling needs.

    Raises
        FrameOfReferenceError, MemoryError, ValueError: as resampledVolume.
    """
    if (transform.fromFrame, transform.toFrame) != (frame, volume.frame):
        raise FrameOfReferenceError(
            f"expected a transform from {frame} to {volume.frame}, found one from "
            f"{transform.fromFrame} to {transform.toFrame}"
        )
    _checkType(volume.values.dtype, background)
    _requireMemory(lattice, volume.values.dtype)


def resliced(
    volume: Volume,
    lattice: Lattice,
    frame: str,
    axes: np.ndarray,
    interpolation: Interpolation,
    background: float,
    bent: vtkAbstractTransform | None = None,
    watch: Watch = UNWATCHED,
) -> Resampled:
    """What `resampledVolume` gives, by vtkImageReslice: `axes`, shape (4, 4), takes indices of
    `lattice` to indices of the volume, or to what `bent` takes to these. `watch` is told of some
    slices after the other, if there is one.

    Raises
        RegistrationCancelledError: the watcher cancelled it.
    """
    reslice = vtkImageReslice()
    reslice.SetInputData(imageData(volume.values))
    reslice.SetResliceAxes(vtkMatrix(axes))
    reslice.SetResliceTransform(bent)
    reslice.SetOutputOrigin(0, 0, 0)
    reslice.SetOutputSpacing(1, 1, 1)
    reslice.SetBackgroundLevel(background)
    reslice.SetGenerateStencilOutput(True)
    _SET_MODE[interpolation](reslice)
    if watch is UNWATCHED:
        values, outside = _slab(reslice, lattice, 0, lattice.size[2])
        return Resampled(Volume(values, lattice, frame), outside)
    values = np.empty(lattice.shape, volume.values.dtype)
    outside = np.empty(lattice.shape, bool)
    step = max(SLAB // (lattice.size[0] * lattice.size[1]), 1)
    for first in range(0, lattice.size[2], step):
        watch.tell(RESAMPLING, first / lattice.size[2])
        slab = slice(first, min(first + step, lattice.size[2]))
        values[slab], outside[slab] = _slab(reslice, lattice, slab.start, slab.stop)
    return Resampled(Volume(values, lattice, frame), outside)


def _slab(
    reslice: vtkImageReslice, lattice: Lattice, first: int, end: int
) -> tuple[np.ndarray, np.ndarray]:
    """Values of slices `first` to before `end`, and where they lie outside."""
    ni, nj, _ = lattice.size
    reslice.SetOutputExtent(0, ni - 1, 0, nj - 1, first, end - 1)
    reslice.Update()
    return _values(reslice.GetOutput()), _outside(reslice)


_SET_MODE = {
    Interpolation.NEAREST: vtkImageReslice.SetInterpolationModeToNearestNeighbor,
    Interpolation.LINEAR: vtkImageReslice.SetInterpolationModeToLinear,
    Interpolation.CUBIC: vtkImageReslice.SetInterpolationModeToCubic,
}

_TYPES = tuple(np.dtype(t) for t in ("i1", "u1", "i2", "u2", "i4", "u4", "f4", "f8"))


def _requireMemory(lattice: Lattice, dtype: np.dtype) -> None:
    """Raise MemoryError where VTK, short of memory, would end the process."""
    try:
        np.empty(lattice.shape, dtype)
    except ValueError:  # more voxels than an index can count
        raise MemoryError from None


def affineMatrix(transform: Transform) -> np.ndarray:
    """The matrix, shape (4, 4), LPS mm, of a transform that is one or a chain of such.

    Raises
        TypeError: it is of another kind.
    """
    if isinstance(transform, AffineTransform):
        return transform.matrix
    if isinstance(transform, TransformChain):
        product = np.eye(4)
        for step in transform.transforms:
            product = affineMatrix(step) @ product
        return product
    raise TypeError(f"expected a matrix or a chain of matrices, got {type(transform).__name__}")


def imageData(values: np.ndarray) -> vtkImageData:
    """An image of `values`, shape (nk, nj, ni), in voxel indices: origin 0, spacing 1.

    Shares the memory of `values` where it is contiguous, and keeps it alive.
    """
    values = np.ascontiguousarray(values)
    image = vtkImageData()
    image.SetDimensions(values.shape[2], values.shape[1], values.shape[0])
    image.GetPointData().SetScalars(numpy_to_vtk(values.reshape(-1), deep=False))
    return image


def _values(image: vtkImageData) -> np.ndarray:
    return vtk_to_numpy(image.GetPointData().GetScalars()).reshape(image.GetDimensions()[::-1])


def _outside(reslice: vtkImageReslice) -> np.ndarray:
    """Where `reslice` wrote the background, by its own account: the stencil is what it filled."""
    toImage = vtkImageStencilToImage()
    toImage.SetInputConnection(reslice.GetOutputPort(1))
    toImage.SetInsideValue(0)
    toImage.SetOutsideValue(1)
    toImage.SetOutputScalarTypeToUnsignedChar()
    toImage.Update()
    return _values(toImage.GetOutput()).view(bool)


def vtkMatrix(matrix: np.ndarray) -> vtkMatrix4x4:
    """`matrix`, shape (4, 4), as VTK's."""
    result = vtkMatrix4x4()
    result.DeepCopy(matrix.ravel().tolist())
    return result


def _checkType(dtype: np.dtype, background: float) -> None:
    if dtype not in _TYPES:
        raise ValueError(f"cannot resample values of type {dtype}")
    if np.issubdtype(dtype, np.integer):
        limits = np.iinfo(dtype)
        if not (limits.min <= background <= limits.max and background == int(background)):
            raise ValueError(f"values of type {dtype} cannot hold the background {background}")
