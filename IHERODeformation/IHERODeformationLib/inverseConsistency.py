"""Forth and back: how far from where they were points come back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from IHERORegistrationLib.frames import Transform, TransformChain
from IHERORegistrationLib.lattice import Lattice

from .deformation import DeformableTransform
from .displacementGrid import PointStatus
from .distribution import Distribution, distributionOf
from .mappedPoints import mappedThrough
from .numericalInverse import NumericalInverse
from .tolerances import Kind, Metric
from .transformSteps import stepsOf

SEED = 20261122  # the same points every time
MOST_POINTS = 100_000
MOST_SEARCHED = 20_000  # where the way back is a search
REGION = "image"


@dataclass(frozen=True)
class InverseConsistency:
    """Of the points that the way forth defines, `errors` in mm of those that come back, and the
    share that does not (`lost`).

    By search (`isSearched`) the errors are far above the `residuals`, mm in the source, only where
    several points are taken to one. A second registration has no residuals.
    """

    isSearched: bool
    points: int
    errors: Distribution
    lost: float
    residuals: Distribution | None = None

    @property
    def way(self) -> str:
        """The way back in words."""
        return "numerical inverse" if self.isSearched else "second registration"

    @property
    def metrics(self) -> Iterator[Metric]:
        """All of it as single numbers."""
        kind = Kind.INVERSE if self.isSearched else Kind.CONSISTENCY
        for quantity, value in (
            ("mean", self.errors.mean),
            ("95 %", self.errors.p95),
            ("maximum", self.errors.maximum),
        ):
            yield Metric(kind, REGION, quantity, value, "mm")
        yield Metric(kind, REGION, "not back", 100 * self.lost, "%")
        if self.residuals is not None:
            yield Metric(kind, REGION, "largest residual", self.residuals.maximum, "mm")


def inverseConsistency(forth: Transform, back: Transform, image: Lattice) -> InverseConsistency:
    """Points of `image` by `forth` and from there by `back`, which begins where `forth` ends."""
    isSearched = any(isinstance(step, NumericalInverse) for step in stepsOf(back))
    points = _somePoints(image, MOST_SEARCHED if isSearched else MOST_POINTS)
    there = mappedThrough(forth, points)
    known = there.status == PointStatus.DEFINED
    again = mappedThrough(back, there.points[known])
    errors = np.linalg.norm(again.points - points[known], axis=-1)
    lost = np.isnan(errors)
    return InverseConsistency(
        isSearched=isSearched,
        points=int(known.sum()),
        errors=distributionOf(errors),
        lost=float(lost.mean()) if len(errors) else np.nan,
        residuals=None if again.residuals is None else distributionOf(again.residuals[~lost]),
    )


def searchedBack(forth: Transform) -> TransformChain:
    """The way back along `forth`, deformations by their numerical inverses.

    Raises
        NotInvertibleError: a matrix is singular.
    """
    steps = [
        NumericalInverse(step) if isinstance(step, DeformableTransform) else step.inverse()
        for step in reversed(list(stepsOf(forth)))
    ]
    return TransformChain(tuple(steps), forth.toFrame, forth.fromFrame)


def _somePoints(lattice: Lattice, most: int) -> np.ndarray:
    """Voxel centers, at most `most` of them, by chance; shape (n, 3), LPS mm."""
    count = int(np.prod(lattice.size))
    chosen = np.arange(count)
    if count > most:
        chosen = np.random.default_rng(SEED).choice(count, most, replace=False)
    return lattice.centersOf(chosen)
