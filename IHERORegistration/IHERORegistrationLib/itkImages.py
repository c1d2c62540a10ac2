"""Volumes and matrices as SimpleITK has them. SimpleITK's points are LPS mm as well."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from .geometry import AffineTransform
from .lattice import Lattice, Volume
from .registrationRecord import nobodyAsks

if TYPE_CHECKING:
    import SimpleITK as sitk

MOST_LOOKED_AT = 2_000_000  # voxels, to find the usual values of an image
USUAL = (0.5, 99.5)  # percentiles
SLAB = 4_000_000  # voxels converted at once


def libraryVersions() -> str:
    """Of the library that the images go through."""
    import SimpleITK as sitk

    return f"SimpleITK {sitk.Version.VersionString()}"


def usualValues(values: np.ndarray) -> tuple[float, float]:
    """Between which nearly all of `values` lie."""
    step = max(1, values.size // MOST_LOOKED_AT)
    low, high = np.percentile(values.reshape(-1)[::step], USUAL)
    return float(low), float(high)


def itkArray(values: np.ndarray, lattice: Lattice, *, isVector: bool = False) -> sitk.Image:
    """`values`, shape (nk, nj, ni) or, of vectors, (nk, nj, ni, 3), as an image on `lattice`."""
    import SimpleITK as sitk

    image = sitk.GetImageFromArray(values, isVector=isVector)
    image.SetOrigin(lattice.origin.tolist())
    image.SetSpacing(lattice.spacing.tolist())
    image.SetDirection(lattice.directions.ravel().tolist())
    return image


def itkImage(
    volume: Volume, window: tuple[float, float], goOn: Callable[[], None] = nobodyAsks
) -> sitk.Image:
    """`volume` in float32, values beyond `window` replaced by its ends. `goOn` is called often."""
    values = np.empty(volume.values.shape, np.float32)
    slices = max(1, SLAB // max(1, values[0].size))
    for first in range(0, len(values), slices):
        goOn()
        slab = slice(first, first + slices)
        np.clip(volume.values[slab].astype(np.float32), *window, out=values[slab])
    goOn()
    return itkArray(values, volume.lattice)


def latticeOf(image: sitk.Image) -> Lattice:
    """Where the voxels of `image` lie."""
    directions = np.array(image.GetDirection()).reshape(3, 3)
    return Lattice.fromAxes(
        image.GetSize(), np.array(image.GetOrigin()), directions, np.array(image.GetSpacing())
    )


def coarsened(
    image: sitk.Image,
    spacing: float,
    *,
    isMask: bool = False,
    goOn: Callable[[], None] = nobodyAsks,
) -> sitk.Image:
    """`image` on a lattice with the same axes, the same center and `spacing` mm between nodes, or
    what the image has along axes where that is more; it covers every voxel.

    What lies between the nodes is averaged; of a mask the nearest voxel is taken. `goOn` is called
    now and then.
    """
    import SimpleITK as sitk

    fine = latticeOf(image)
    steps = np.maximum(spacing, fine.spacing)
    size = np.ceil(np.array(fine.size) * fine.spacing / steps - 1e-6).astype(int)
    origin = fine.center - fine.directions @ (steps * (size - 1) / 2)
    if not isMask:
        bins = np.minimum(np.floor(steps / fine.spacing + 1e-6), fine.size).astype(int)
        goOn()
        image = sitk.BinShrink(image, bins.tolist())
    goOn()
    return sitk.Resample(
        image, size.tolist(), sitk.Transform(),
        sitk.sitkNearestNeighbor if isMask else sitk.sitkLinear,
        origin.tolist(), steps.tolist(), image.GetDirection(), 0.0, image.GetPixelID(), True,
    )  # fmt: skip


def itkAffine(transform: AffineTransform) -> sitk.AffineTransform:
    """`transform` from fixed to moving points, as SimpleITK resamples with it."""
    import SimpleITK as sitk

    result = sitk.AffineTransform(3)
    result.SetMatrix(transform.matrix[:3, :3].ravel().tolist())
    result.SetTranslation(transform.matrix[:3, 3].tolist())
    return result
