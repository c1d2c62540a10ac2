"""Back through a deformation: found by search, so with a residual, and not everywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from IHERORegistrationLib.geometry import inverted, mapped
from IHERORegistrationLib.lattice import Lattice

from .deformation import DeformableTransform, OutsideGrid
from .displacementGrid import DisplacementGrid, PointStatus
from .injectivity import isSurelyInjective
from .parts import inParts

Guess = Callable[[np.ndarray], np.ndarray]  # of given points
Step = Callable[..., np.ndarray]  # of a place, its miss, the given point, and the first place
Search = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]

TOLERANCE = 1e-3  # mm
CHORD_STEPS = 30  # cheap steps by the sketch or the affine part: enough where the field is gentle
NEWTON_STEPS = 60
SKETCH_STEPS = 8
SKETCH_NODES = 16384  # of a coarse lattice on which the inverse is sought first
WORTH_A_SKETCH = 8 * SKETCH_NODES  # points
WORTH_A_LOOK = 4096  # nodes of the grid for each point that was found outside
SMALLEST_STEP = 2.0**-12  # of a full one; below it the search does not move any more
SMALLEST_VOLUME = 1e-9  # of a Jacobian that is still inverted
MOST_SEEDS = 4096  # nodes from which the search begins anew where it failed
MOST_STARTS = 6  # seeds tried for one point
COMPARED = 256  # points compared with all seeds at once


@dataclass(frozen=True, eq=False)
class InvertedPoints:
    """What the search for the points that a deformation takes to given ones came to.

    `points`, shape (..., 3) LPS mm, NaN unless defined. `residuals`, shape (...), mm: how far from
    the given point the deformation takes the point found, also where that is too far; NaN for a
    given NaN. `status`, shape (...), PointStatus: defined; outside where the answer lies outside
    the grid; undefined where it lies in undefined space or the search did not converge.
    `converged`, shape (...), tells these two apart.
    """

    points: np.ndarray
    residuals: np.ndarray
    status: np.ndarray
    converged: np.ndarray


@dataclass(frozen=True, eq=False)
class NumericalInverse:
    """Takes points of the source frame back to the registered one, within `tolerance` mm.

    The residual is measured in the source frame. Where the deformation folds space several
    answers exist and one of them is found.

    Raises
        NotInvertibleError: pre or post is singular.
    """

    forward: DeformableTransform
    tolerance: float = TOLERANCE

    def __post_init__(self) -> None:
        inverted(self.forward.affine)

    @property
    def fromFrame(self) -> str:
        return self.forward.toFrame

    @property
    def toFrame(self) -> str:
        return self.forward.fromFrame

    @property
    def origin(self) -> str:
        return self.forward.origin

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Map `points`, shape (..., 3), LPS mm, back; NaN where no point was found."""
        return self.solved(points).points

    def inverse(self) -> DeformableTransform:
        """The deformation itself."""
        return self.forward

    def solved(self, points: np.ndarray) -> InvertedPoints:
        """The points of `toFrame` that the deformation takes to `points`, shape (..., 3)."""
        points = np.asarray(points, dtype=float)
        given = points.reshape(-1, 3)
        known = np.isfinite(given).all(axis=-1)
        found, residuals = np.full(given.shape, np.nan), np.full(len(given), np.nan)
        status = np.full(len(given), PointStatus.UNDEFINED, dtype=np.uint8)
        search = self._searchFor(len(given))
        places = np.flatnonzero(known)

        def treat(part: slice) -> None:
            some = places[part]
            found[some], residuals[some], status[some] = search(given[some])

        inParts(len(places), treat)
        converged = residuals <= self.tolerance
        status[~converged] = PointStatus.UNDEFINED
        found[status != PointStatus.DEFINED] = np.nan
        shape = points.shape[:-1]
        return InvertedPoints(
            found.reshape(points.shape),
            residuals.reshape(shape),
            status.reshape(shape),
            converged.reshape(shape),
        )

    def _searchFor(self, count: int) -> Search:
        """How `count` points are sought: many of them pay for what makes each one cheaper."""
        if count < WORTH_A_SKETCH:
            return partial(self._search, guess=self._affineGuess, statusOf=self.forward.status)
        grid = self.forward.grid
        isWhole = count * 8 >= grid.undefinedNodes.size and not grid.undefinedNodes.any()
        statusOf = self._statusOfWhole if isWhole else self.forward.status
        _ = self._coarse  # before several threads ask for it
        return partial(self._search, guess=self._sketch, statusOf=statusOf)

    def _search(
        self, given: np.ndarray, guess: Guess, statusOf: Guess
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Best points, their residuals and statuses, from the simplest search to the most
        thorough.
        """
        start = guess(given)
        found, residuals = self._improved(start, given, CHORD_STEPS, _chord(guess))
        left = np.flatnonzero(residuals > self.tolerance)
        if left.size:
            found[left], residuals[left] = self._improved(
                found[left], given[left], NEWTON_STEPS, self._newton
            )
        status = statusOf(found)
        for rank in range(MOST_STARTS):
            self._startAnew(found, residuals, status, given, rank)
        return found, residuals, status

    def _statusOfWhole(self, found: np.ndarray) -> np.ndarray:
        """PointStatus in a grid that is defined everywhere."""
        if self.forward.outsideGrid is OutsideGrid.RIGID:
            return np.where(np.isnan(found[:, 0]), PointStatus.UNDEFINED, PointStatus.DEFINED)
        return np.where(self.forward.grid.contains(found), PointStatus.DEFINED, PointStatus.OUTSIDE)

    def _affineGuess(self, given: np.ndarray) -> np.ndarray:
        """Back by the matrices alone."""
        return mapped(inverted(self.forward.affine), given)

    def _sketch(self, given: np.ndarray) -> np.ndarray:
        """Back by the matrices and a coarse grid of what they lack."""
        return self._affineGuess(given) + self._coarse.extendedDisplacement(given)

    @cached_property
    def _coarse(self) -> DisplacementGrid:
        """What the matrices lack at the nodes of a coarse lattice around all that the grid reaches;
        zero where it was not found.
        """
        there = self._mappedSeeds
        low, high = there.min(axis=0), there.max(axis=0)
        extent = np.maximum(high - low, 1.0)
        spacing = np.cbrt(np.prod(extent) / SKETCH_NODES)
        size = np.ceil(extent / spacing).astype(int) + 1
        ni, nj, nk = map(int, size)
        lattice = Lattice.fromAxes((ni, nj, nk), low, np.eye(3), extent / (size - 1))
        k, j, i = np.meshgrid(np.arange(nk), np.arange(nj), np.arange(ni), indexing="ij")
        nodes = lattice.points(np.stack([i, j, k], axis=-1).reshape(-1, 3))
        start = self._affineGuess(nodes)
        found, residuals = self._improved(start, nodes, SKETCH_STEPS, self._newton)
        lack = found - start
        lack[residuals > self.tolerance] = 0
        return DisplacementGrid(lattice, lack.astype(np.float32).reshape(*lattice.shape, 3))

    def _startAnew(
        self,
        found: np.ndarray,
        residuals: np.ndarray,
        status: np.ndarray,
        given: np.ndarray,
        rank: int,
    ) -> None:
        """Search again from another seed where nothing was found, once also where what was found
        is not defined: another answer may be.
        """
        wanting = residuals > self.tolerance
        if rank == 0:
            lost = status != PointStatus.DEFINED
            paysOff = lost.sum() * WORTH_A_LOOK >= self.forward.grid.vectors[..., 0].size
            if not (paysOff and self._hasOneAnswer):
                wanting |= lost
        left = np.flatnonzero(wanting)
        if not left.size:
            return
        start = self._nearestSeeds(given[left], rank)
        tried, residual = self._improved(start, given[left], NEWTON_STEPS, self._newton)
        triedStatus = self.forward.status(tried)
        before = residuals[left]
        better = np.where(before > self.tolerance, residual < before, False)
        better |= (triedStatus == PointStatus.DEFINED) & (residual <= self.tolerance)
        found[left[better]] = tried[better]
        residuals[left[better]] = residual[better]
        status[left[better]] = triedStatus[better]

    @cached_property
    def _hasOneAnswer(self) -> bool:
        """Whether what was found outside the grid is surely all there is to find."""
        isWhole = not self.forward.grid.undefinedNodes.any()
        return isWhole and isSurelyInjective(self.forward)

    def _improved(
        self, start: np.ndarray, given: np.ndarray, steps: int, step: Step
    ) -> tuple[np.ndarray, np.ndarray]:
        """Damped steps downhill from `start`; points that converged or stand still rest."""
        here = start.copy()
        miss = self.forward.extended(here) - given
        residuals = np.linalg.norm(miss, axis=-1)
        damping = np.ones(len(here))
        for _ in range(steps):
            busy = np.flatnonzero((residuals > self.tolerance) & (damping >= SMALLEST_STEP))
            if not busy.size:
                break
            back = step(here[busy], miss[busy], given[busy], start[busy])
            tried = here[busy] - damping[busy, None] * back
            triedMiss = self.forward.extended(tried) - given[busy]
            residual = np.linalg.norm(triedMiss, axis=-1)
            better = residual < residuals[busy]
            good = busy[better]
            here[good], miss[good], residuals[good] = (
                tried[better],
                triedMiss[better],
                residual[better],
            )
            damping[busy] = np.where(better, np.minimum(2 * damping[busy], 1), damping[busy] / 2)
        return here, residuals

    def _newton(
        self, here: np.ndarray, miss: np.ndarray, given: np.ndarray, start: np.ndarray
    ) -> np.ndarray:
        """What to subtract so that `miss` vanishes, if the map were linear around `here`."""
        jacobian = self.forward.extendedJacobian(here)
        flat = np.abs(np.linalg.det(jacobian)) < SMALLEST_VOLUME
        jacobian[flat] = self.forward.affine[:3, :3]
        return np.linalg.solve(jacobian, miss[..., None])[..., 0]

    def _nearestSeeds(self, given: np.ndarray, rank: int) -> np.ndarray:
        """For each given point the node, among some, that the deformation takes nearest to it;
        for `rank` above 0 the next nearest and so on.
        """
        there = self._mappedSeeds
        places = []
        for part in np.array_split(given, len(given) // COMPARED + 1):
            squares = np.sum(there**2, axis=-1) - 2 * part @ there.T
            places.append(np.argpartition(squares, self._rank(rank), axis=1)[:, self._rank(rank)])
        return self._seeds[np.concatenate(places)]

    @cached_property
    def _mappedSeeds(self) -> np.ndarray:
        return self.forward.extended(self._seeds)

    def _rank(self, rank: int) -> int:
        return min(rank, len(self._seeds) - 1)

    @cached_property
    def _seeds(self) -> np.ndarray:
        lattice = self.forward.grid.lattice
        stride = int(np.ceil(np.cbrt(np.prod(np.array(lattice.size, float)) / MOST_SEEDS)))
        axes = [np.arange(0, n, max(stride, 1)) for n in lattice.size]
        return lattice.points(np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3))


def _chord(guess: Guess) -> Step:
    """What to subtract so that `miss` vanishes, as far as `guess`, which gave `start`, inverts."""

    def step(
        here: np.ndarray, miss: np.ndarray, given: np.ndarray, start: np.ndarray
    ) -> np.ndarray:
        return guess(given + miss) - start

    return step
