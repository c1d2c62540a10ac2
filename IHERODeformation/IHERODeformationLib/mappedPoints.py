"""Points through chains of matrices, deformations and numerical inverses, each with its status."""

from __future__ import annotations

import numpy as np

from IHERORegistrationLib.frames import Transform

from .deformation import DeformableTransform, MappedPoints
from .displacementGrid import PointStatus
from .numericalInverse import NumericalInverse
from .transformSteps import stepsOf


def mappedThrough(transform: Transform, points: np.ndarray) -> MappedPoints:
    """`points`, shape (..., 3), LPS mm, through a transform or a chain.

    The first step that does not define a point gives its status. A point that is NaN is undefined.
    Residuals are there where a numerical inverse takes part; several add up, which bounds what
    they do together as long as the steps between them are rigid.
    """
    points = np.asarray(points, dtype=float)
    here = points
    status = np.where(np.isnan(points).any(axis=-1), PointStatus.UNDEFINED, PointStatus.DEFINED)
    status = status.astype(np.uint8)
    residuals: np.ndarray | None = None
    for step in stepsOf(transform):
        there = _through(step, here)
        lost = (status == PointStatus.DEFINED) & np.isnan(there.points).any(axis=-1)
        status[lost] = there.status[lost]
        if there.residuals is not None:
            residuals = there.residuals + (0 if residuals is None else residuals)
        here = there.points
    return MappedPoints(here, status, residuals)


def _through(step: Transform, points: np.ndarray) -> MappedPoints:
    if isinstance(step, DeformableTransform):
        return step.mapped(points)
    if isinstance(step, NumericalInverse):
        solved = step.solved(points)
        return MappedPoints(solved.points, solved.status, solved.residuals)
    there = step(points)
    return MappedPoints(there, np.full(points.shape[:-1], PointStatus.UNDEFINED, np.uint8))
