"""Where the way between two frames folds space: its Jacobian determinant is not above zero."""

from __future__ import annotations

import numpy as np

from IHERORegistrationLib.frames import Transform
from IHERORegistrationLib.geometry import AffineTransform, determinant
from IHERORegistrationLib.lattice import Lattice

from .deformation import DeformableTransform, OutsideGrid
from .injectivity import isSurelyInjective
from .mappedPoints import mappedThrough
from .numericalInverse import NumericalInverse
from .transformSteps import stepsOf

CHUNK = 1 << 17  # points treated at once


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
        flat[some] = jacobianDeterminant(transform, lattice.centersOf(some)) <= 0
    return folded


def mayFold(step: Transform) -> bool:
    """False if `step`, a transform without parts, surely folds space nowhere; quickly found."""
    if isinstance(step, NumericalInverse):
        return mayFold(step.forward)
    if isinstance(step, AffineTransform):
        return determinant(step.matrix) <= 0
    return not (isinstance(step, DeformableTransform) and isSurelyInjective(step))


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
