"""Volumes pulled onto another lattice through deformations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkCommonTransforms import vtkAbstractTransform, vtkGeneralTransform
from vtkmodules.vtkFiltersHybrid import vtkGridTransform

from IHERORegistrationLib.frames import Transform
from IHERORegistrationLib.geometry import inverted, mapped
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.registrationRecord import UNWATCHED, Watch
from IHERORegistrationLib.resampling import (
    RESAMPLING,
    Interpolation,
    Resampled,
    requireResampling,
    resliced,
    vtkMatrix,
)

from .deformation import DeformableTransform, OutsideGrid
from .displacementGrid import PointStatus
from .gridTransform import transformParts
from .mappedPoints import mappedThrough
from .transformSteps import affinePart, isDeformable, stepsOf
from .undefinedVoxels import GridOnLattice

NOWHERE = -1e6  # index of what lies in no voxel


@dataclass(frozen=True, eq=False)
class DeformedVolume:
    """A volume on a new lattice; bool arrays of shape (nk, nj, ni), perhaps read-only, tell which
    voxels hold the background: `undefined`, for which the transform says nothing because it is
    undefined there or they lie outside its grid, and `outside`, which it takes to where the
    original has no voxel (see Lattice.contains). No voxel is both.
    """

    volume: Volume
    outside: np.ndarray
    undefined: np.ndarray


def deformedVolume(
    volume: Volume,
    lattice: Lattice,
    frame: str,
    transform: Transform,
    interpolation: Interpolation,
    background: float,
    watch: Watch = UNWATCHED,
) -> DeformedVolume:
    """`volume` on `lattice`, which lies in Frame of Reference `frame`, as `resampledVolume` but
    through matrices, deformations and numerical inverses.

    One deformation among matrices takes about as long as VTK alone. Through several, or an
    inverse, each voxel center is mapped on its own, which takes some ten times as long. `watch` is
    told of some slices after the other.

    Raises
        RegistrationCancelledError: the watcher cancelled it.
        FrameOfReferenceError: the transform does not lead from `frame` to the volume's frame.
        MemoryError: there is no room for the new voxels.
        NotInvertibleError: a matrix before vectors is singular.
        ValueError: the type of the values cannot hold `background`, or is none of the real types
        of up to 32 bits and float64.
    """
    requireResampling(volume, lattice, frame, transform, background)
    pull = _Pull(volume, lattice, frame, interpolation, background, watch)
    steps = tuple(stepsOf(transform))
    bent = [number for number, step in enumerate(steps) if isDeformable(step)]
    if not bent:
        nowhere = np.broadcast_to(np.False_, lattice.shape)
        return _without(nowhere, pull.throughMatrix(affinePart(transform)), background)
    first = steps[bent[0]]
    if len(bent) > 1 or not isinstance(first, DeformableTransform):
        return pull.voxelByVoxel(transform)
    seen = GridOnLattice(first.grid, lattice, affinePart(*steps[: bent[0]]))
    result = pull.throughParts(transformParts(transform))
    if first.outsideGrid is OutsideGrid.RIGID and not seen.isCovered:
        _replace(result, pull.throughMatrix(affinePart(transform)), seen.outside())
    return _without(_undefined(seen, first.outsideGrid), result, background)


def _undefined(seen: GridOnLattice, outsideGrid: OutsideGrid) -> np.ndarray:
    """Voxels that get no value, bool (nk, nj, ni); read-only if there are none."""
    undefined = np.broadcast_to(np.False_, seen.lattice.shape)
    if not seen.isDefined:
        undefined = seen.undefined()
    if not seen.isCovered:
        outside = seen.outside()
        rigid = outsideGrid is OutsideGrid.RIGID
        return undefined & ~outside if rigid else undefined | outside
    return undefined


@dataclass(frozen=True, eq=False)
class _Pull:
    """What `deformedVolume` is asked for, but the transform."""

    volume: Volume
    lattice: Lattice
    frame: str
    interpolation: Interpolation
    background: float
    watch: Watch

    def throughMatrix(self, matrix: np.ndarray) -> Resampled:
        """Through `matrix`, shape (4, 4), LPS mm."""
        return self._resliced(self.lattice, self._toVoxels @ matrix @ self.lattice.ijkToLPS)

    def throughParts(self, parts: list[np.ndarray | vtkAbstractTransform]) -> Resampled:
        """Through matrices and grids, see `transformParts`; everywhere."""
        bent = vtkGeneralTransform()
        bent.PostMultiply()
        first, *rest, last = parts
        for part in (*rest, self._toVoxels @ last):
            bent.Concatenate(vtkMatrix(part) if isinstance(part, np.ndarray) else part)
        return self._resliced(self.lattice, first @ self.lattice.ijkToLPS, bent)

    def voxelByVoxel(self, transform: Transform) -> DeformedVolume:
        """Through any transform, slice by slice: each voxel center is mapped on its own."""
        values = np.empty(self.lattice.shape, self.volume.values.dtype)
        outside, undefined = (np.empty(self.lattice.shape, bool) for _ in range(2))
        ni, nj, nk = self.lattice.size
        voxels = np.stack([*np.meshgrid(np.arange(ni), np.arange(nj)), np.zeros((nj, ni))], axis=-1)
        for k in range(nk):
            self.watch.tell(RESAMPLING, k / nk)
            offset = self.lattice.sliceOrigin(k) - self.lattice.origin
            there = mappedThrough(transform, self.lattice.points(voxels) + offset)
            index = mapped(self._toVoxels, there.points)
            index[there.status != PointStatus.DEFINED] = NOWHERE
            plane = Lattice((ni, nj, 1), np.eye(4))
            one = self._resliced(plane, np.eye(4), _displacing(index - voxels))
            values[k] = one.volume.values[0]
            undefined[k] = there.status != PointStatus.DEFINED
            outside[k] = one.outside[0] & ~undefined[k]
        return DeformedVolume(Volume(values, self.lattice, self.frame), outside, undefined)

    @property
    def _toVoxels(self) -> np.ndarray:
        return inverted(self.volume.lattice.ijkToLPS)

    def _resliced(
        self, lattice: Lattice, axes: np.ndarray, bent: vtkAbstractTransform | None = None
    ) -> Resampled:
        return resliced(
            self.volume,
            lattice,
            self.frame,
            axes,
            self.interpolation,
            self.background,
            bent,
            self.watch if lattice is self.lattice else UNWATCHED,
        )


def _displacing(vectors: np.ndarray) -> vtkGridTransform:
    """Displaces the index (i, j, 0) by `vectors`, shape (nj, ni, 3), exactly."""
    image = vtkImageData()
    image.SetDimensions(vectors.shape[1], vectors.shape[0], 1)
    image.GetPointData().SetScalars(numpy_to_vtk(np.ascontiguousarray(vectors).reshape(-1, 3)))
    transform = vtkGridTransform()
    transform.SetDisplacementGridData(image)
    transform.SetInterpolationModeToNearestNeighbor()
    return transform


def _replace(result: Resampled, other: Resampled, where: np.ndarray) -> None:
    """Put values and marks of `other` into `result`."""
    np.copyto(result.volume.values, other.volume.values, where=where)
    np.copyto(result.outside, other.outside, where=where)


def _without(undefined: np.ndarray, result: Resampled, background: float) -> DeformedVolume:
    """`result` with the background where it is undefined."""
    if undefined.flags.writeable:  # else there are none, see `_undefined`
        np.copyto(result.volume.values, background, where=undefined, casting="unsafe")
        np.copyto(result.outside, False, where=undefined)
    return DeformedVolume(result.volume, result.outside, undefined)
