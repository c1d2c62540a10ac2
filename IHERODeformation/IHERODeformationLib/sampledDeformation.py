"""Any map of points as a deformation: sampled on the coarsest grid that is close enough."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from IHERORegistrationLib.errors import SamplingError
from IHERORegistrationLib.geometry import isIdentity, mapped
from IHERORegistrationLib.landmarks import nearestMotion
from IHERORegistrationLib.lattice import Lattice
from IHERORegistrationLib.vectorContent import MOST_NODES

from .deformation import DeformableTransform
from .displacementGrid import DisplacementGrid

LARGEST_ERROR = 0.1  # mm
LARGEST_LOSS = 0.01  # of the points that the map defines: undefined in what was sampled
FEWEST_CELLS = 4  # along the longest side of the coarsest grid tried
STEPS = (0.5, 0.9)  # least and most by which the spacing shrinks from one try to the next
AIM = 0.95  # of the spacing that the error of the last try promises
COMPARED = 50_000  # random points, and so many centers of cells, where the map is compared
CHUNK = 1 << 16  # points mapped at once
ROUNDING = 1e-9  # of a cell: no further one for so little

# Takes (n, 3) LPS mm to (n, 3) LPS mm; NaN where it is undefined
PointMap = Callable[[np.ndarray], np.ndarray]
# Told the part done of the grid being tried, from 0 to 1, so it starts over with every finer one;
# what it raises ends the sampling
Progress = Callable[[float], None]


@dataclass(frozen=True, eq=False)
class SampledDeformation:
    """What came of a map of points: `transform`, and how far it is from the map.

    `error` is the largest distance found, mm, and `error95` the one that 95 % do not exceed, at
    points that are no nodes, where both are defined. `lost` is the part of the points which the map
    defines and the transform does not: up to one voxel around undefined ones.
    """

    transform: DeformableTransform
    error: float
    error95: float
    lost: float

    @property
    def spacing(self) -> np.ndarray:
        """Distance in mm between nodes along i, j, k; shape (3,)."""
        return self.transform.grid.lattice.spacing

    @property
    def undefinedNodes(self) -> int:
        """How many nodes have no displacement."""
        return int(np.count_nonzero(self.transform.grid.undefinedNodes))


def sampledDeformation(
    pointMap: PointMap,
    over: Lattice,
    fromFrame: str,
    toFrame: str,
    *,
    error: float = LARGEST_ERROR,
    spacing: float | None = None,
    progress: Progress = lambda _: None,
) -> SampledDeformation:
    """`pointMap` as displacements on a grid with the axes of `over`, from its first face to its
    last, in Frame of Reference `fromFrame`.

    With `spacing`, mm, the nodes are at most so far apart and the error is told whatever it is.
    Without it they are as far apart as an error of at most `error` mm allows, found by trying ever
    finer grids, at the finest with the voxels of `over`. Undefined space is followed as closely as
    LARGEST_LOSS says, or by the finest grid. The rigid motion nearest to the map is in `pre`. A
    node is undefined where the map is, or where it is at a compared point nearest to the node.

    Raises
        SamplingError: the error is larger even with the voxels of `over`, or the grid would be
        too large for a DICOM element.
        LandmarkError: the map is defined nearly nowhere, or takes everything to a line.
    """
    sampler = _Sampler(pointMap, over, fromFrame, toFrame)
    if spacing is not None:
        return sampler.sampled(np.full(3, spacing), progress)
    one, reached = (over.spacing * over.size).max() / FEWEST_CELLS, np.inf
    while True:
        made = sampler.sampled(np.maximum(one, over.spacing), progress, reached)
        isFinest = one <= over.spacing.min()
        if made.error <= error and (made.lost <= LARGEST_LOSS or isFinest):
            return made
        reached = min(reached, made.error)
        if isFinest:
            break
        one *= _step(made.error, error)
    raise SamplingError(
        f"expected an error of at most {error:g} mm, reached {reached:.3g} mm on a grid as fine as "
        f"the image, {_inWords(over.spacing)} mm: allow a larger error or give the spacing"
    )


def comparedDeformation(transform: DeformableTransform, pointMap: PointMap) -> SampledDeformation:
    """A transform that was not sampled but found whole, with how far it is from `pointMap` between
    the nodes.
    """
    centers = _cellCenters(transform.grid.lattice)
    return _compared(transform, centers, _inChunks(pointMap, centers))


def _compared(
    transform: DeformableTransform, points: np.ndarray, images: np.ndarray
) -> SampledDeformation:
    """`transform` with its distance from a map that takes `points` to `images`, both (n, 3)."""
    distances = np.linalg.norm(transform(points) - images, axis=-1)
    found = distances[~np.isnan(distances)]
    if not found.size:  # so coarse a grid is undefined as a whole
        return SampledDeformation(transform, np.inf, np.inf, 1.0)
    lost = 1 - found.size / np.count_nonzero(~np.isnan(images).any(axis=-1))
    return SampledDeformation(
        transform, float(found.max()), float(np.percentile(found, 95)), float(lost)
    )


class _Sampler:
    """Samples `pointMap` at one spacing after another; what all have in common is found once."""

    def __init__(self, pointMap: PointMap, over: Lattice, fromFrame: str, toFrame: str) -> None:
        self._map, self._over = pointMap, over
        self._frames = fromFrame, toFrame
        share = np.random.default_rng(0).uniform(size=(COMPARED, 3))
        self._points = over.points(share * over.size - 0.5)
        self._images = _inChunks(pointMap, self._points)
        self._pre = _nearestMotion(self._points, self._images)

    def sampled(
        self, spacing: np.ndarray, progress: Progress, reached: float = np.inf
    ) -> SampledDeformation:
        """The map on nodes at most `spacing` apart, shape (3,) mm; `reached` is the error so far,
        for the message.
        """
        lattice = _latticeOver(self._over, spacing, reached)
        vectors = self._vectors(lattice, progress)
        centers = _cellCenters(lattice)
        points = np.concatenate([self._points, centers])
        images = np.concatenate([self._images, _inChunks(self._map, centers)])
        there = self._transform(lattice, vectors)(points)
        invented = np.isnan(images).any(axis=-1) & ~np.isnan(there).any(axis=-1)
        if invented.any():
            i, j, k = np.rint(lattice.indices(points[invented])).astype(int).T
            vectors[k, j, i] = np.nan
        return _compared(self._transform(lattice, vectors), points, images)

    def _transform(self, lattice: Lattice, vectors: np.ndarray) -> DeformableTransform:
        grid = DisplacementGrid(lattice, vectors)
        return DeformableTransform(self._pre, grid, np.eye(4), *self._frames)

    def _vectors(self, lattice: Lattice, progress: Progress) -> np.ndarray:
        """Displacements at all nodes, shape (nk, nj, ni, 3), float32, NaN where undefined."""
        vectors = np.empty((*lattice.shape, 3), np.float32)
        flat = vectors.reshape(-1, 3)
        for start in range(0, len(flat), CHUNK):
            progress(start / len(flat))
            number = np.arange(start, min(start + CHUNK, len(flat)))
            nodes = lattice.centersOf(number)
            flat[number] = _inChunks(self._map, nodes) - mapped(self._pre, nodes)
        progress(1)
        return vectors


def _step(found: float, allowed: float) -> float:
    """By how much to shrink the spacing where the error `found` is more than the one allowed, as
    the square root of both, or where only too much is undefined.
    """
    promising = AIM * np.sqrt(allowed / found) if found > allowed else 0
    return float(np.clip(promising, *STEPS))


def _inChunks(pointMap: PointMap, points: np.ndarray) -> np.ndarray:
    """NaN in all components where one is not finite."""
    parts = [pointMap(points[start : start + CHUNK]) for start in range(0, len(points), CHUNK)]
    images = np.concatenate(parts)
    images[~np.isfinite(images).all(axis=-1)] = np.nan
    return images


def _nearestMotion(points: np.ndarray, images: np.ndarray) -> np.ndarray:
    """Rigid matrix, shape (4, 4), or exactly the identity."""
    motion = nearestMotion(points, images)
    return np.eye(4) if isIdentity(motion) else motion


def _latticeOver(over: Lattice, spacing: np.ndarray, reached: float) -> Lattice:
    """Nodes from face to face of `over`, at most `spacing` apart, shape (3,) mm."""
    extent = over.spacing * over.size
    cells = np.ceil(extent / spacing * (1 - ROUNDING)).astype(int)
    count = int(np.prod((cells + 1).astype(float)))
    if count > MOST_NODES:
        before = "" if np.isinf(reached) else f"; the error on coarser ones was {reached:.3g} mm"
        raise SamplingError(
            f"expected at most {MOST_NODES} nodes, as DICOM can hold, found "
            f"{count} at a spacing of {_inWords(spacing)} mm{before}"
        )
    size = (int(cells[0]) + 1, int(cells[1]) + 1, int(cells[2]) + 1)
    corner = over.points(np.full(3, -0.5))
    return Lattice.fromAxes(size, corner, over.directions, extent / cells)


def _cellCenters(lattice: Lattice) -> np.ndarray:
    """Centers of cells of `lattice`, shape (n, 3) LPS mm: all, or COMPARED by chance. Along an axis
    of one node, where nothing is interpolated, cells are flat.
    """
    cells = np.maximum(np.array(lattice.size) - 1, 1)
    count = int(np.prod(cells))
    if count > COMPARED:
        chosen = np.random.default_rng(1).integers(0, count, COMPARED)
    else:
        chosen = np.arange(count)
    index = np.stack(np.unravel_index(chosen, tuple(cells)), axis=-1)
    return lattice.points(index + np.where(np.array(lattice.size) > 1, 0.5, 0))


def _inWords(lengths: np.ndarray) -> str:
    return " × ".join(f"{length:.3g}" for length in lengths)
