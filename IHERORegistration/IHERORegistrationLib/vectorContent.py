"""What the vectors of a deformation grid hold: counted slice by slice, so that little memory is
needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

VECTOR_BYTES = 12  # three of float32
MOST_NODES = (2**32 - 2) // VECTOR_BYTES  # whose vectors one DICOM element can hold


@dataclass(frozen=True, eq=False)
class VectorContent:
    """Numbers of nodes: of all; undefined in any way; of those, with only some components NaN
    (`partial`), with an infinite one (`infinite`); defined ones where the map folds (`folded`).

    `longest` is the length in mm of the longest defined vector, `mean` the mean of all defined
    ones, shape (3,) mm; both 0 where none is defined. `smallest` is the least determinant of the
    map's Jacobian at a node, NaN where none is defined.
    """

    nodes: int
    undefined: int
    partial: int
    infinite: int
    longest: float
    mean: np.ndarray
    folded: int
    smallest: float


def vectorContent(
    slabs: Iterable[np.ndarray], axes: np.ndarray, linear: np.ndarray
) -> VectorContent:
    """Of the map x → linear x + Δ(x), whose Δ has the values `slabs` along k, each of shape
    (nj, ni, 3) float32 LPS mm. Every one is looked at once; three are held at a time.

    `axes`, shape (3, 3): the steps in mm from node to node along i, j, k as columns. A derivative
    is the mean of those to both neighbors, at the border that to the only one, along an axis of
    one node zero.
    """
    nodes = undefined = partial = infinite = folded = 0
    longest, smallest = 0.0, np.inf
    total = np.zeros(3)
    start, volume = linear @ axes, np.linalg.det(axes)
    with np.errstate(invalid="ignore", over="ignore"):
        for before, (here, endless, partly, squares), after in _withNeighbors(slabs):
            nodes += squares.size
            infinite, partial = infinite + endless, partial + partly
            missing = np.isnan(squares)
            undefined += int(np.count_nonzero(missing))
            if missing.all():
                continue
            longest = max(longest, float(np.nanmax(squares)))
            total += np.nansum(here, axis=(1, 2))
            determinants = _determinants(start, before, here, after)
            determinants[missing] = np.inf
            folded += int(np.count_nonzero(determinants <= 0))
            smallest = np.fmin(smallest, np.fmin.reduce(determinants, axis=None))
    return VectorContent(
        nodes,
        undefined,
        partial,
        infinite,
        float(np.sqrt(longest)),
        total / max(nodes - undefined, 1),
        folded,
        float(smallest / volume) if np.isfinite(smallest) else np.nan,
    )


Slab = tuple[np.ndarray, int, int, np.ndarray]


def _prepared(slab: np.ndarray) -> Slab:
    """Components (3, nj, ni), not finite ones NaN as a whole; infinite and partial nodes; the
    squares of the lengths, NaN where undefined.
    """
    planes = np.ascontiguousarray(np.moveaxis(slab, -1, 0), dtype=np.float64)
    squares = planes[0] ** 2 + planes[1] ** 2 + planes[2] ** 2
    endless = partly = 0
    broken = ~np.isfinite(squares)
    if broken.any():
        values = planes[:, broken]
        missing = np.isnan(values)
        endless = int(np.isinf(values).any(axis=0).sum())
        partly = int((missing.any(axis=0) & ~missing.all(axis=0)).sum())
        planes[:, broken] = np.nan
        squares[broken] = np.nan
    return planes, endless, partly, squares


def _withNeighbors(
    slabs: Iterable[np.ndarray],
) -> Iterator[tuple[np.ndarray | None, Slab, np.ndarray | None]]:
    """Each slab as prepared, with the components of the one before and after it."""
    before: Slab | None = None
    here: Slab | None = None
    for slab in slabs:
        after = _prepared(slab)
        if here is not None:
            yield (None if before is None else before[0]), here, after[0]
        before, here = here, after
    if here is not None:
        yield (None if before is None else before[0]), here, None


def _determinants(
    start: np.ndarray, before: np.ndarray | None, here: np.ndarray, after: np.ndarray | None
) -> np.ndarray:
    """Determinant of start + ∂Δ/∂(i, j, k), shape (nj, ni)."""
    low, high = (here if one is None else one for one in (before, after))
    span = (before is not None) + (after is not None)
    columns = (
        _alongAxis(here, 2) + start[:, 0, None, None],
        _alongAxis(here, 1) + start[:, 1, None, None],
        (high - low) / max(span, 1) + start[:, 2, None, None],
    )
    (a, d, g), (b, e, h), (c, f, i) = columns
    return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)


def _alongAxis(values: np.ndarray, axis: int) -> np.ndarray:
    """Difference from node to node of `values` (3, nj, ni) along `axis`."""
    if values.shape[axis] < 2:
        return np.zeros_like(values)
    return np.gradient(values, axis=axis)
