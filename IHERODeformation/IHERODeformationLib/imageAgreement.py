"""How well two images agree through a transform, and which of two transforms fits better.

A difference of two similarities counts only if it is larger than what leaving out parts of the
image changes it by: the delete-one-block jackknife.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np

from IHERORegistrationLib.frames import Transform
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.mutualInformation import binned, normalizedMutualInformation

from .numericalInverse import NumericalInverse

SEED = 20261122  # the same points every time
MOST_POINTS = 120_000
BLOCKS = 4  # along each axis of what is compared
MOST_SOUGHT = 30_000  # of the points, where a search leads to what corresponds
MOST_NODES = 40  # of a grid along each axis, to see how far it reaches
BINS = 32
USUAL = (0.5, 99.5)  # percentiles; rarer values do not count more than these
COMPARABLE = (("CT", "CT"), ("PT", "PT"))  # modalities whose values mean the same


class Similarity(StrEnum):
    """Correlation coefficient: 1 for images that agree, 0 for none, for values that mean the same.

    Normalized mutual information less 1: 0 if one image says nothing about the other, 1 if they
    determine each other.
    """

    CORRELATION = "normalized cross correlation"
    MUTUAL_INFORMATION = "normalized mutual information"


def similarityFor(one: str, other: str) -> Similarity:
    """The measure for two modalities: correlation of CT with CT and PET with PET; of all others,
    also of MR with MR, whose sequences differ, mutual information.
    """
    return Similarity.CORRELATION if (one, other) in COMPARABLE else Similarity.MUTUAL_INFORMATION


@dataclass(frozen=True, eq=False)
class ImagePoints:
    """Voxel centers of the registered image: `index` (i, j, k) and `points`, LPS mm, both of shape
    (n, 3), and the `values` there, shape (n,).
    """

    index: np.ndarray
    points: np.ndarray
    values: np.ndarray


@dataclass(frozen=True, eq=False)
class Agreement:
    """What a transform makes of `points` of the registered image.

    `values`, shape (n,), is the source image where they go, NaN where that is not; `places`, shape
    (n, 3), where they go, NaN where the transform does not say.
    """

    points: ImagePoints
    measure: Similarity
    places: np.ndarray
    values: np.ndarray

    @cached_property
    def meets(self) -> np.ndarray:
        """Which points meet the source image, shape (n,)."""
        return ~np.isnan(self.values)

    @cached_property
    def defined(self) -> np.ndarray:
        """Which points the transform defines, shape (n,)."""
        return ~np.isnan(self.places).any(axis=-1)

    @property
    def overlap(self) -> float:
        """Share of the points defined that meet the source image."""
        return float(self.meets.sum() / max(self.defined.sum(), 1))

    @cached_property
    def similarity(self) -> float:
        """Of all points that meet the source image; NaN if one image is uniform there."""
        return float(self.similarities(self.meets)[0])

    def similarities(self, chosen: np.ndarray) -> np.ndarray:
        """Of the points `chosen`, bool of shape (n,): of all, then without each of the blocks."""
        one, other = _clipped(self.points.values[chosen]), _clipped(self.values[chosen])
        block = _blocks(self.points.index[chosen])
        if self.measure is Similarity.CORRELATION:
            return _correlations(one, other, block)
        return _information(one, other, block)


@dataclass(frozen=True)
class Difference:
    """By how much one similarity exceeds another where both are known, and the standard error."""

    value: float
    error: float
    points: int


def imagePoints(image: Volume, grid: Lattice | None = None) -> ImagePoints:
    """At most MOST_POINTS voxel centers of `image`, by chance, the same every time; at least half
    of them in the box around `grid`, so that a small grid gets its share.
    """
    size = np.array(image.lattice.size)
    low, high = np.zeros(3, int), size
    if grid is not None:
        corners = image.lattice.indices(grid.corners)
        low = np.clip(np.floor(corners.min(axis=0)).astype(int), 0, size)
        high = np.clip(np.ceil(corners.max(axis=0)).astype(int) + 1, low, size)
    whole, box = int(np.prod(size)), int(np.prod(high - low))
    inside = min(box, max(MOST_POINTS // 2, MOST_POINTS - (whole - box)))
    random = np.random.default_rng(SEED)
    others = _someIndices(size, min(whole, MOST_POINTS), random)
    others = others[((others < low) | (others >= high)).any(axis=-1)]
    index = np.concatenate(
        [low + _someIndices(high - low, inside, random), others[: MOST_POINTS - inside]]
    )
    values = image.values[tuple(index.T[::-1])].astype(float)
    return ImagePoints(index, image.lattice.points(index), values)


def _someIndices(size: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    """`count` different indices (i, j, k) below `size`, by chance; shape (n, 3)."""
    if not count:
        return np.empty((0, 3), int)
    flat = random.choice(int(np.prod(size)), count, replace=False)
    return np.stack(np.unravel_index(flat, tuple(size)), axis=-1)


def agreement(
    points: ImagePoints, source: Volume, transform: Transform, measure: Similarity
) -> Agreement:
    """How `points` of the registered image agree with `source` through `transform`."""
    places = _places(transform, points.points)
    values = np.full(len(places), np.nan)
    inside = np.zeros(len(places), bool)
    defined = ~np.isnan(places).any(axis=-1)
    inside[defined] = source.lattice.contains(places[defined])
    values[inside] = _sampled(source, source.lattice.indices(places[inside]))
    return Agreement(points, measure, places, values)


def difference(one: Agreement, other: Agreement, fewest: int) -> Difference:
    """By how much the similarity of `one` exceeds that of `other`, at the points that both know.

    Where these are fewer than `fewest`, each has its own; one that has fewer counts as 0. NaN where
    less than two blocks have points, or an image is uniform there.
    """
    both = one.meets & other.meets
    points = int(both.sum())
    if points >= fewest:
        value, error = _jackknife(one.similarities(both) - other.similarities(both))
        return Difference(value, error, points)
    value, error = _jackknife(one.similarities(one.meets))
    if other.meets.sum() >= fewest:
        less, more = _jackknife(other.similarities(other.meets))
        value, error = value - less, float(np.hypot(error, more))
    return Difference(value, error, points)


def _jackknife(values: np.ndarray) -> tuple[float, float]:
    """The first of `values` and its standard error; the others are of all blocks but one."""
    parts = values[1:]
    count = len(parts)
    if count < 2 or np.isnan(values).any():
        return np.nan, np.nan
    error = np.sqrt((count - 1) / count * np.sum((parts - parts.mean()) ** 2))
    return float(values[0]), float(error)


def _places(transform: Transform, points: np.ndarray) -> np.ndarray:
    """Where `transform` takes `points`. A search is spared where a grid does not reach, and made
    for MOST_SOUGHT of the others; the rest stays NaN.
    """
    if not isinstance(transform, NumericalInverse):
        return transform(points)
    from scipy.spatial import cKDTree  # at the top it would slow down opening a module

    lattice = transform.forward.grid.lattice
    stride = np.ceil(np.array(lattice.size) / MOST_NODES).astype(int)
    axes = [np.arange(0, n + step - 1, step) for n, step in zip(lattice.size, stride, strict=True)]
    nodes = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    nodes = np.minimum(nodes, np.array(lattice.size) - 1)
    reached = cKDTree(transform.forward.extended(lattice.points(nodes)))
    reach = float(np.linalg.norm(stride * lattice.spacing))
    near = np.flatnonzero(np.isfinite(reached.query(points, distance_upper_bound=reach)[0]))
    near = near[:: len(near) // MOST_SOUGHT + 1]
    places = np.full(points.shape, np.nan)
    places[near] = transform(points[near])
    return places


def _sampled(image: Volume, index: np.ndarray) -> np.ndarray:
    """Values at fractional `index`, shape (n, 3), linear; the border goes on for half a voxel."""
    from scipy.ndimage import map_coordinates  # at the top it would slow down opening a module

    return map_coordinates(image.values, index.T[::-1], order=1, mode="nearest", output=float)


def _clipped(values: np.ndarray) -> np.ndarray:
    """Without rare extremes, unless there is nothing else."""
    if not len(values):
        return values
    low, high = np.percentile(values, USUAL)
    return np.clip(values, low, high) if high > low else values


def _blocks(index: np.ndarray) -> np.ndarray:
    """Number of the block of each index, shape (n, 3), in the box around all of them."""
    if not len(index):
        return np.zeros(0, int)
    low, high = index.min(axis=0), index.max(axis=0) + 1
    block = (index - low) * BLOCKS // (high - low)
    return np.unique(block @ (BLOCKS * BLOCKS, BLOCKS, 1), return_inverse=True)[1]


def _centered(values: np.ndarray) -> np.ndarray:
    """Exactly zero where all are equal."""
    values = values - values.min()
    return values - values.mean()


def _leftOut(sums: np.ndarray) -> np.ndarray:
    """The total of `sums`, shape (blocks, ...), then the totals without each block."""
    total = sums.sum(axis=0)
    return np.concatenate([total[None], total - sums])


def _correlations(one: np.ndarray, other: np.ndarray, block: np.ndarray) -> np.ndarray:
    if not len(one):
        return np.array([np.nan])
    one, other = _centered(one), _centered(other)
    terms = (np.ones_like(one), one, other, one * one, other * other, one * other)
    sums = np.stack([np.bincount(block, term) for term in terms], axis=-1)
    n, a, b, aa, bb, ab = _leftOut(sums).T
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.maximum(aa - a * a / n, 0) * np.maximum(bb - b * b / n, 0)
        return np.where(spread > 0, (ab - a * b / n) / np.sqrt(spread), np.nan)


def _information(one: np.ndarray, other: np.ndarray, block: np.ndarray) -> np.ndarray:
    if not len(one) or one.min() == one.max() or other.min() == other.max():
        return np.array([np.nan])
    first, second = (binned(v, (v.min(), v.max()), BINS) for v in (one, other))
    kept = [np.ones(len(block), bool), *(block != number for number in range(block.max() + 1))]
    return np.array([normalizedMutualInformation(first[k], second[k], BINS) for k in kept]) - 1
