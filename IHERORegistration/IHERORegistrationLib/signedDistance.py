"""Signed distance to closed loops on a lattice of pixels: negative inside, in pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .structureMask import evenOddMask

BAND = 2.0  # pixels on either side of the loops where the distance is exact
HALVINGS = 16  # of the interval in which a level is sought
SAMPLES_PER_PIXEL = 3  # along the loops, to find the nearest side


def distanceToLoops(loops: Sequence[np.ndarray], shape: tuple[int, int]) -> np.ndarray:
    """Signed distance from each pixel center to `loops`, each (n, 2) as fractional i, j, whose
    inside is told by the even-odd rule; float32, shape (nj, ni).

    Exact within 2 pixels of the loops, right to half a pixel beyond.
    """
    distance = distanceToMask(evenOddMask(loops, shape))
    j, i = np.nonzero(np.abs(distance) <= BAND)
    centers = np.column_stack([i, j]).astype(float)
    exact = _distanceToSides(centers, loops).astype(np.float32)
    distance[j, i] = np.copysign(exact, distance[j, i])
    return distance


def distanceToMask(mask: np.ndarray) -> np.ndarray:
    """Signed distance from each pixel to the border of `mask`, shape (nj, ni); float32."""
    if not mask.any():
        return np.full(mask.shape, float(max(mask.shape)), np.float32)
    from scipy import ndimage  # loaded when needed: it would slow down the start of Slicer

    outside = ndimage.distance_transform_edt(~mask)
    inside = ndimage.distance_transform_edt(mask)
    return np.where(mask, 0.5 - inside, outside - 0.5).astype(np.float32)


def restricted(distance: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The signed distance to `mask`, shape (nj, ni), whose border is part of the border `distance`
    belongs to: as exact as `distance` near it.
    """
    rough = distanceToMask(mask)
    keeps = (np.abs(rough) <= BAND) & ((distance < 0) == mask)
    return np.where(keeps, distance, rough)


def areaOf(distance: np.ndarray) -> float:
    """Area inside, in pixels; each pixel counts by how far it is from the border."""
    return float(np.clip(0.5 - distance, 0, 1).sum(dtype=float))


def interpolated(lower: np.ndarray, upper: np.ndarray, share: float) -> np.ndarray:
    """Between two signed distances, shape (nj, ni), `share` of the way: the weighted mean, at the
    level where the area is the weighted mean of theirs. It holds what both hold, and nothing that
    neither does.
    """
    low, high = np.minimum(lower, upper), np.maximum(lower, upper)
    mean = (1 - share) * lower + share * upper
    area = (1 - share) * areaOf(lower) + share * areaOf(upper)
    undecided = (low < 0.5) & (high > -0.5)
    area -= np.count_nonzero(high <= -0.5)
    parts = mean[undecided], low[undecided], high[undecided]
    least, most = 0.0, 0.0
    if undecided.any():
        most = float((parts[2] - parts[1]).max()) + 1
        least = -most
    for _ in range(HALVINGS):
        level = (least + most) / 2
        if areaOf(np.clip(parts[0] - level, parts[1], parts[2])) < area:
            least = level
        else:
            most = level
    return np.clip(mean - np.float32((least + most) / 2), low, high)


def _distanceToSides(points: np.ndarray, loops: Sequence[np.ndarray]) -> np.ndarray:
    """Distance from `points`, shape (n, 2), to the nearest side of the loops."""
    from scipy.spatial import cKDTree  # as above

    starts = np.concatenate(loops)
    sides = np.concatenate([np.roll(loop, -1, axis=0) for loop in loops]) - starts
    lengths = np.hypot(sides[:, 0], sides[:, 1])
    counts = np.maximum(1, np.ceil(lengths * SAMPLES_PER_PIXEL)).astype(int)
    owner = np.repeat(np.arange(len(starts)), counts)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    samples = starts[owner] + sides[owner] * (place / counts[owner])[:, None]
    nearest = cKDTree(samples).query(points)[1]
    before = np.where(nearest > 0, nearest - 1, 0)
    candidates = [owner[nearest], owner[before]]
    return np.min([_toSide(points, starts[n], sides[n], lengths[n]) for n in candidates], axis=0)


def _toSide(
    points: np.ndarray, starts: np.ndarray, sides: np.ndarray, lengths: np.ndarray
) -> np.ndarray:
    along = np.einsum("ij,ij->i", points - starts, sides) / np.maximum(lengths**2, 1e-12)
    foot = starts + sides * np.clip(along, 0, 1)[:, None]
    return np.hypot(points[:, 0] - foot[:, 0], points[:, 1] - foot[:, 1])
