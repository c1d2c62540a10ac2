"""Points of a fixed image, and what a moving image tells about them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .geometry import inverted, mapped
from .imageSide import ImageSide
from .itkImages import latticeOf
from .lattice import Lattice, Volume
from .mutualInformation import binned, normalizedMutualInformation

SEED = 20261122  # any: points chosen by chance must be the same every time


@dataclass(frozen=True, eq=False)
class ImageSamples:
    """`points`, shape (n, 3), LPS mm, of the fixed image with their `values`, shape (n,), as
    numbers of bins; and the moving image at the same coarseness, NaN where it does not count.
    """

    points: np.ndarray
    values: np.ndarray
    fixed: Volume
    moving: Volume
    movingWindow: tuple[float, float]
    bins: int

    def similarity(self, matrix: np.ndarray) -> tuple[float, float]:
        """Normalized mutual information where `matrix`, shape (4, 4), takes fixed points to
        moving ones, and the part of the points that meet any.
        """
        from scipy.ndimage import map_coordinates  # at the top it would slow down opening a module

        index = mapped(inverted(self.moving.lattice.ijkToLPS) @ matrix, self.points)
        there = map_coordinates(self.moving.values, index.T[::-1], np.float32, order=1, cval=np.nan)
        both = ~np.isnan(there)
        if not both.any():
            return 1.0, 0.0
        found = binned(there[both], self.movingWindow, self.bins)
        value = normalizedMutualInformation(self.values[both], found, self.bins)
        return value, float(both.mean())

    @property
    def leastOverlap(self) -> float:
        """Part of the points that meet the moving image if the smaller image lies in the larger."""
        return min(1.0, _size(self.moving.lattice) / _size(self.fixed.lattice))


def imageSamples(
    fixed: ImageSide, moving: ImageSide, spacing: float, bins: int, most: int
) -> ImageSamples:
    """At most `most` voxels of `fixed` at `spacing` mm, chosen by chance, always the same.

    Evenly spread points would favor transforms that shift planes of the object onto them.

    Raises
        ImageRegistrationError: an image is too thin, shows nothing, or its mask is empty.
    """
    here, there = (_coarseVolume(side, spacing) for side in (fixed, moving))
    fixed.goOn()
    indices = np.flatnonzero(~np.isnan(here.values))
    if len(indices) > most:
        chosen = np.random.default_rng(SEED).choice(len(indices), most, replace=False)
        indices = indices[np.sort(chosen)]
    kji = np.stack(np.unravel_index(indices, here.values.shape), axis=-1)
    values = binned(here.values.reshape(-1)[indices], fixed.usedWindow, bins)
    points = here.lattice.points(kji[:, ::-1])
    return ImageSamples(points, values, here, there, moving.usedWindow, bins)


def _coarseVolume(side: ImageSide, spacing: float) -> Volume:
    """The image at `spacing` mm, NaN where it does not count."""
    import SimpleITK as sitk

    image = side.coarse(spacing)
    values = sitk.GetArrayFromImage(image)
    mask = side.coarseMask(spacing)
    if mask is not None:
        values[~mask] = np.nan
    return Volume(values, latticeOf(image), side.volume.frame)


def _size(lattice: Lattice) -> float:
    """In mm³."""
    return float(np.prod(lattice.size) * np.prod(lattice.spacing))
