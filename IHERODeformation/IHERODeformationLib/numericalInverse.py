"""Back through a deformation: found by search, so with a residual, and not everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from IHERORegistrationLib.geometry import inverted, mapped

from .deformation import DeformableTransform
from .displacementGrid import PointStatus

TOLERANCE = 1e-3  # mm
CHORD_STEPS = 30  # cheap steps with the affine part alone: enough where the field is gentle
NEWTON_STEPS = 60
SMALLEST_STEP = 2.0**-12  # of a full one; below it the search does not move any more
SMALLEST_VOLUME = 1e-9  # of a Jacobian that is still inverted
MOST_SEEDS = 4096  # nodes from which the search begins anew where it failed
MOST_STARTS = 6  # seeds tried for one point
CHUNK = 1 << 14  # points sought at once: their intermediate values stay in the cache
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
        for part in np.array_split(np.flatnonzero(known), len(given) // CHUNK + 1):
            found[part], residuals[part] = self._search(given[part])
        converged = residuals <= self.tolerance
        status = self.forward.status(found)
        status[~converged] = PointStatus.UNDEFINED
        found[status != PointStatus.DEFINED] = np.nan
        shape = points.shape[:-1]
        return InvertedPoints(
            found.reshape(points.shape),
            residuals.reshape(shape),
            status.reshape(shape),
            converged.reshape(shape),
        )

    def _search(self, given: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Best points and their residuals, from the simplest search to the most thorough."""
        found = mapped(inverted(self.forward.affine), given)
        residuals = np.linalg.norm(self.forward.extended(found) - given, axis=-1)
        for steps, newton in ((CHORD_STEPS, False), (NEWTON_STEPS, True)):
            left = np.flatnonzero(residuals > self.tolerance)
            found[left], residuals[left] = self._improved(found[left], given[left], steps, newton)
        for rank in range(MOST_STARTS):
            self._startAnew(found, residuals, given, rank)
        return found, residuals

    def _startAnew(
        self, found: np.ndarray, residuals: np.ndarray, given: np.ndarray, rank: int
    ) -> None:
        """Search again from another seed where nothing was found, once also where what was found
        is not defined: another answer may be.
        """
        wanting = residuals > self.tolerance
        if rank == 0:
            wanting |= self.forward.status(found) != PointStatus.DEFINED
        left = np.flatnonzero(wanting)
        if not left.size:
            return
        start = self._nearestSeeds(given[left], rank)
        tried, residual = self._improved(start, given[left], NEWTON_STEPS, newton=True)
        defined = self.forward.status(tried) == PointStatus.DEFINED
        before = residuals[left]
        better = np.where(before > self.tolerance, residual < before, False)
        better |= defined & (residual <= self.tolerance)
        found[left[better]] = tried[better]
        residuals[left[better]] = residual[better]

    def _improved(
        self, start: np.ndarray, given: np.ndarray, steps: int, newton: bool
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
            step = self._step(here[busy], miss[busy], newton)
            tried = here[busy] - damping[busy, None] * step
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

    def _step(self, here: np.ndarray, miss: np.ndarray, newton: bool) -> np.ndarray:
        """What to subtract from `here` so that `miss` vanishes, if the map were linear."""
        affine = np.linalg.inv(self.forward.affine[:3, :3])
        if not newton:
            return miss @ affine.T
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
