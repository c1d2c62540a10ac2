"""Whether a deformation surely takes no two points to one; quickly found, where most end."""

from __future__ import annotations

import itertools

import numpy as np

from IHERORegistrationLib.geometry import determinant

from .deformation import DeformableTransform

SURELY = 0.999  # of a stretch: room for rounding


def isSurelyInjective(deformation: DeformableTransform) -> bool:
    """True if the vectors change too little from node to node to fold space anywhere, also where
    they are continued beyond the border; False if that cannot be told so.

    Between nodes the derivative is a mean of the differences along the edges of the cell, so what
    is below the smallest stretch of the matrix before at every edge is so everywhere. Undefined
    nodes do not count.
    """
    grid = deformation.grid
    changes = [_steepest(grid.vectors, axis) for axis in (2, 1, 0)] / grid.lattice.spacing
    smallest = np.linalg.svd(deformation.pre[:3, :3], compute_uv=False)[-1]
    turns = determinant(deformation.pre) <= 0 or determinant(deformation.post) <= 0
    return bool(not turns and np.linalg.norm(changes) < SURELY * smallest)


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
