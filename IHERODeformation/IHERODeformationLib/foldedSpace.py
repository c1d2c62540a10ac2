"""Where the way between two frames folds space: its Jacobian determinant is not above zero."""

from __future__ import annotations

import itertools

import numpy as np

from IHERORegistrationLib.frames import Transform
from IHERORegistrationLib.geometry import AffineTransform, determinant
from IHERORegistrationLib.lattice import Lattice

from .deformation import DeformableTransform, OutsideGrid
from .mappedPoints import mappedThrough, stepsOf
from .numericalInverse import NumericalInverse

CHUNK = 1 << 17  # points treated at once
SURELY = 0.999  # of a stretch: room for rounding


def jacobianDeterminant(transform: Transform, points: np.ndarray) -> np.ndarray:
    """Volume where `transform` leads per volume at `points`, shape (..., 3): an array of shape
    (...), NaN where the transform or its derivative is not defined.

    Raises
        TypeError: a step is neither a matrix, a deformation nor a numerical inverse.
    """
    points = np.asarray(points, dtype=float)
    product = np.ones(points.shape[:-1])
    here = points
    for step in stepsOf(transform):
        there = mappedThrough(step, here).points
        product *= _ofStep(step, here, there)
        here = there
    return np.where(np.isnan(here).any(axis=-1), np.nan, product)


def foldedVoxels(transform: Transform, lattice: Lattice, asked: np.ndarray) -> np.ndarray:
    """Which of the voxels `asked`, bool of the lattice's shape (nk, nj, ni), have a center where
    `transform`, which begins in their frame, folds space; bool of the same shape.
    """
    folded = np.zeros(lattice.shape, bool)
    if not any(mayFold(step) for step in stepsOf(transform)):
        return folded
    flat, voxels = folded.reshape(-1), np.flatnonzero(asked)
    for start in range(0, len(voxels), CHUNK):
        some = voxels[start : start + CHUNK]
        k, j, i = np.unravel_index(some, lattice.shape)
        points = lattice.points(np.stack([i, j, k], axis=-1))
        flat[some] = jacobianDeterminant(transform, points) <= 0
    return folded


def mayFold(step: Transform) -> bool:
    """False if the vectors of `step`, a transform without parts, change too little from node to
    node to fold space anywhere; quickly found, where most deformations end.

    Between nodes the derivative is a mean of the differences along the edges of the cell, so what
    is below the smallest stretch of the matrix before at every edge is so everywhere.
    """
    if isinstance(step, NumericalInverse):
        return mayFold(step.forward)
    if isinstance(step, AffineTransform):
        return determinant(step.matrix) <= 0
    if not isinstance(step, DeformableTransform):
        return True
    changes = [_steepest(step.grid.vectors, axis) for axis in (2, 1, 0)] / step.grid.lattice.spacing
    smallest = np.linalg.svd(step.pre[:3, :3], compute_uv=False)[-1]
    turns = determinant(step.pre) <= 0 or determinant(step.post) <= 0
    return bool(turns or not np.linalg.norm(changes) < SURELY * smallest)


def _steepest(vectors: np.ndarray, axis: int) -> float:
    """Largest difference in mm of neighbors along `axis` of `vectors`, shape (nk, nj, ni, 3);
    undefined ones do not count.
    """
    steepest = 0.0
    rows = np.moveaxis(vectors, axis, 0)
    with np.errstate(invalid="ignore", over="ignore"):
        for one, other in itertools.pairwise(rows):
            squares = np.sum((other.astype(float) - one) ** 2, axis=-1)
            steepest = max(steepest, float(squares[np.isfinite(squares)].max(initial=0.0)))
    return float(np.sqrt(steepest))


def _ofStep(step: Transform, here: np.ndarray, there: np.ndarray) -> np.ndarray:
    if isinstance(step, AffineTransform):
        return np.full(here.shape[:-1], determinant(step.matrix))
    if isinstance(step, DeformableTransform):
        return _ofDeformation(step, here)
    if isinstance(step, NumericalInverse):
        with np.errstate(divide="ignore"):
            return 1 / _ofDeformation(step.forward, there)
    raise TypeError(f"expected a matrix or a deformation, got {type(step).__name__}")


def _ofDeformation(step: DeformableTransform, points: np.ndarray) -> np.ndarray:
    found = step.jacobianDeterminant(points)
    if step.outsideGrid is OutsideGrid.RIGID:
        found[~step.grid.contains(points)] = determinant(step.affine)
    return found
