"""Displacements at one spacing, and how they are made better step by step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from IHERORegistrationLib.geometry import AffineTransform
from IHERORegistrationLib.imageSide import ImageSide
from IHERORegistrationLib.itkImages import itkAffine, itkArray, latticeOf
from IHERORegistrationLib.lattice import Lattice

from .deformationPresets import DeformationPreset
from .localCorrelation import LocalCorrelation

if TYPE_CHECKING:
    import SimpleITK as sitk

SLAB = 700_000  # nodes resampled at once
NOTHING = -1e30  # where a resampled image has no voxel


@dataclass(frozen=True, eq=False)
class Field:
    """`vectors`, float32 of shape (nk, nj, ni, 3), LPS mm, before the rigid transform; the
    `similarity` reached with them; the smoothed `force` that would improve it, of the same shape;
    and the part of the fixed image that meets the moving one.
    """

    lattice: Lattice
    vectors: np.ndarray
    similarity: float
    force: np.ndarray
    overlap: float

    @property
    def largest(self) -> float:
        """Longest displacement, mm."""
        return _longest(self.vectors)


@dataclass(frozen=True, eq=False)
class DisplacementSearch:
    """Fixed and moving image at `spacing` mm, and what was decided about the comparison. `goOn` is
    called several times in each step.
    """

    fixed: sitk.Image
    moving: sitk.Image
    correlation: LocalCorrelation
    fixedMask: np.ndarray | None
    movingMask: sitk.Image | None
    rigid: AffineTransform
    spacing: float
    preset: DeformationPreset
    goOn: Callable[[], None]

    @property
    def lattice(self) -> Lattice:
        return latticeOf(self.fixed)

    def start(self, coarser: Field | None) -> Field:
        """The field of a coarser search on this lattice; none is one of zeros."""
        import SimpleITK as sitk

        if coarser is None:
            return self._field(np.zeros((*self.lattice.shape, 3), np.float32))
        image = itkArray(coarser.vectors, coarser.lattice, isVector=True)
        same = sitk.Transform()
        return self._field(self._resampled(image, same, 0.0, sitk.sitkVectorFloat32, True))

    def moved(self, field: Field, step: float) -> Field:
        """After a motion along the force whose longest vector is `step` times the spacing:
        x → x + d(x) → x + d(x) + u(x + d(x)), then smoothed.
        """
        import SimpleITK as sitk

        length = _longest(field.force)
        if length == 0:
            return field
        motion = field.force * np.float32(step * self.lattice.spacing.min() / length)
        before = itkArray(field.vectors, self.lattice, isVector=True)
        self.goOn()
        way = self._itkDisplacement(motion)
        there = self._resampled(before, way, 0.0, sitk.sitkVectorFloat32, True)
        self.goOn()
        vectors = motion + there
        return self._field(_smoothed(vectors, self.preset.fieldSmoothing, self.goOn))

    def folded(self, field: Field) -> int:
        """How many nodes have a Jacobian determinant that is not above zero."""
        import SimpleITK as sitk

        self.goOn()
        image = itkArray(field.vectors, self.lattice, isVector=True)
        self.goOn()
        determinant = sitk.DisplacementFieldJacobianDeterminant(image)
        return int(np.sum(sitk.GetArrayFromImage(determinant) <= 0))

    def _field(self, vectors: np.ndarray) -> Field:
        """`vectors` with what they make of the images."""
        import SimpleITK as sitk

        way = sitk.CompositeTransform([itkAffine(self.rigid), self._itkDisplacement(vectors)])
        values = self._resampled(self.moving, way, NOTHING)
        self.goOn()
        counts = values != np.float32(NOTHING)
        overlap = float(counts.mean())
        if self.movingMask is not None:
            mask = sitk.Resample(
                self.movingMask, self.fixed, way, sitk.sitkNearestNeighbor, 0, sitk.sitkUInt8
            )
            counts &= sitk.GetArrayFromImage(mask) > 0
        if self.fixedMask is not None:
            counts &= self.fixedMask
        likeness = self.correlation.of(values, counts)
        self.goOn()
        values = np.where(counts, values, self.correlation.fixed)
        slopes = np.gradient(values, *self.lattice.spacing[::-1].tolist())[::-1]
        self.goOn()
        force = likeness.force[..., None] * np.stack(slopes, axis=-1)
        self.goOn()
        force = force @ self.lattice.directions.T.astype(np.float32)
        self.goOn()
        smooth = _smoothed(force, self.preset.forceSmoothing, self.goOn)
        return Field(self.lattice, vectors, likeness.similarity, smooth, overlap)

    @cached_property
    def _slabs(self) -> list[sitk.Image]:
        """Parts of the fixed image so small that none takes long."""
        nk, *others = self.lattice.shape
        slices = max(1, SLAB // int(np.prod(others)))
        return [self.fixed[:, :, first : first + slices] for first in range(0, nk, slices)]

    def _resampled(self, image: sitk.Image, way: sitk.Transform, *more: object) -> np.ndarray:
        """`image` on the lattice, linearly; `more` are what sitk.Resample takes after that."""
        import SimpleITK as sitk

        parts = []
        for slab in self._slabs:
            self.goOn()
            parts.append(
                sitk.GetArrayFromImage(sitk.Resample(image, slab, way, sitk.sitkLinear, *more))
            )
        return np.concatenate(parts)

    def _itkDisplacement(self, vectors: np.ndarray) -> sitk.DisplacementFieldTransform:
        import SimpleITK as sitk

        image = itkArray(vectors.astype(float), self.lattice, isVector=True)
        return sitk.DisplacementFieldTransform(image)


def displacementSearch(
    fixed: ImageSide,
    moving: ImageSide,
    rigid: AffineTransform,
    spacing: float,
    preset: DeformationPreset,
) -> DisplacementSearch:
    """The search at `spacing` mm.

    Raises
        ImageRegistrationError: an image is too thin or shows nothing, or its mask is empty.
    """
    import SimpleITK as sitk

    image, other = _unitRange(fixed, spacing), _unitRange(moving, spacing)
    values = sitk.GetArrayFromImage(image)
    mask = moving.coarseMask(spacing)
    return DisplacementSearch(
        image,
        other,
        LocalCorrelation(values, preset.radius, preset.noise, fixed.goOn),
        fixed.coarseMask(spacing),
        None if mask is None else itkArray(mask.astype(np.uint8), latticeOf(other)),
        rigid,
        spacing,
        preset,
        fixed.goOn,
    )


def _unitRange(side: ImageSide, spacing: float) -> sitk.Image:
    """The image at `spacing` mm, its window from 0 to 1."""
    import SimpleITK as sitk

    low, high = side.usedWindow
    return sitk.Cast((side.coarse(spacing) - low) / (high - low), sitk.sitkFloat32)


def _smoothed(vectors: np.ndarray, deviation: float, goOn: Callable[[], None]) -> np.ndarray:
    """Each component, with a standard deviation in voxels."""
    if deviation == 0:
        return vectors
    from scipy.ndimage import gaussian_filter  # at the top it would slow down opening a module

    smooth = np.empty_like(vectors)
    for axis in range(3):
        goOn()
        gaussian_filter(
            vectors[..., axis], deviation, output=smooth[..., axis], mode="nearest", truncate=3
        )
    return smooth


def _longest(vectors: np.ndarray) -> float:
    return float(np.sqrt(np.max(np.sum(vectors**2, axis=-1))))
