"""Vectors from what some programs stored in their place: coefficients of a cubic B-spline."""

from __future__ import annotations

import numpy as np

from IHERORegistrationLib.lattice import Lattice

from .displacementGrid import DisplacementGrid

COARSE_GRID = 20.0  # mm, wider than fields are sampled, as wide as splines are controlled
FINEST = 5.0  # mm between the nodes at which the spline is sampled, or less
SUPPORT = 4  # coefficients that take part along each axis


def isSplineLarge(grid: DisplacementGrid) -> bool:
    """Whether the grid has as many nodes along each axis as a spline needs."""
    return min(grid.lattice.size) >= SUPPORT


def splineGrid(grid: DisplacementGrid) -> DisplacementGrid:
    """The displacements of the uniform cubic B-spline whose coefficients stand at the nodes of
    `grid`: from its second node to its last but one, where all that takes part is known, sampled
    at most every FINEST mm. What an undefined coefficient takes part in is undefined.

    Raises
        ValueError: there are fewer than 4 nodes along an axis.
    """
    if not isSplineLarge(grid):
        raise ValueError(f"expected {SUPPORT} nodes along each axis, got {grid.lattice.size}")
    lattice = grid.lattice
    parts = np.maximum(np.ceil(lattice.spacing / FINEST), 1).astype(int)
    values = np.where(grid.undefinedNodes[..., None], 0, grid.vectors.astype(float))
    missing = grid.undefinedNodes.astype(float)
    for axis, (count, part) in enumerate(zip(lattice.size[::-1], parts[::-1], strict=True)):
        weights = _weights(count, int(part))
        values, missing = _summed(weights, values, axis), _summed(weights, missing, axis)
    values[missing > 0] = np.nan
    ni, nj, nk = (np.array(lattice.size) - 3) * parts + 1
    finer = Lattice.fromAxes(
        (int(ni), int(nj), int(nk)),
        lattice.points(np.ones(3)),
        lattice.directions,
        lattice.spacing / parts,
    )
    return DisplacementGrid(finer, values.astype(np.float32))


def _summed(weights: np.ndarray, values: np.ndarray, axis: int) -> np.ndarray:
    """`values` by `weights`, shape (samples, coefficients), along `axis`."""
    return np.moveaxis(np.tensordot(weights, np.moveaxis(values, axis, 0), 1), 0, axis)


def _weights(count: int, part: int) -> np.ndarray:
    """What each of `count` coefficients gives to each sample, `part` of them per node."""
    position = 1 + np.arange((count - 3) * part + 1) / part
    first = np.minimum(np.floor(position).astype(int), count - 3) - 1
    t = position - first - 1
    shares = np.stack(
        [(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3], axis=-1
    )
    weights = np.zeros((len(position), count))
    for number in range(SUPPORT):
        weights[np.arange(len(position)), first + number] = shares[:, number] / 6
    return weights
