"""The part of a solid in which a transform is defined: cut off at the border, closed along it."""

from __future__ import annotations

import numpy as np

from IHERORegistrationLib.closedSurface import (
    ClosedSurface,
    SampledSolid,
    turnedOutwards,
    zeroSurface,
)
from IHERORegistrationLib.frames import Transform

HALVINGS = 6  # of a distance between samples, to find the border
ASIDE = 0.01  # of the way back from the border to the sample inside, so that rounding is harmless
COARSEST = 16  # samples from one to the next that is looked at first


def isDefined(transform: Transform, points: np.ndarray) -> np.ndarray:
    """Where `transform` defines `points`, shape (n, 3): shape (n,)."""
    return ~np.isnan(transform(points)).any(axis=-1)


def definedSurface(solid: SampledSolid, transform: Transform, detail: float) -> ClosedSurface:
    """The surface of the part of `solid` that `transform` defines; it does at every vertex.

    `detail` is the mm that no part is thinner than which is defined or is not. Along the border
    the surface follows it within a 64th of the distance of the samples.
    """
    known = _definedSamples(solid, transform, detail)
    undefined = (solid.field < 0) & ~known
    field = np.where(undefined, np.maximum(-solid.field, 1), solid.field)
    index, triangles = zeroSurface(field)
    index = _onDefinedSide(solid, field, undefined, index, transform)
    return turnedOutwards(solid.points(index), triangles)


def _definedSamples(solid: SampledSolid, transform: Transform, detail: float) -> np.ndarray:
    """Whether `transform` defines each sample, inside or not: bool of the field's shape.

    Looks at few samples first, and at those between only where their neighbors differ.
    """
    from scipy import ndimage  # at the top it would slow down opening a module

    sizes = solid.field.shape
    spacing = (float(np.diff(solid.offsets).max()), solid.pixel, solid.pixel)
    strides = [_powerOfTwo(detail / one) for one in spacing]
    places = [_everyNth(size, stride) for size, stride in zip(sizes, strides, strict=True)]
    known = _definedAt(solid, transform, np.stack(np.meshgrid(*places, indexing="ij"), axis=-1))
    while max(strides) > 1:
        strides = [max(1, stride // 2) for stride in strides]
        finer = [_everyNth(size, stride) for size, stride in zip(sizes, strides, strict=True)]
        at = np.ix_(
            *(
                np.searchsorted(old, new, "right") - 1
                for old, new in zip(places, finer, strict=True)
            )
        )
        mixed = ndimage.maximum_filter(known, 3) != ndimage.minimum_filter(known, 3)
        known, mixed = known[at], mixed[at]
        asked = np.argwhere(mixed)
        rows = np.column_stack([finer[axis][asked[:, axis]] for axis in range(3)])
        known[mixed] = _definedAt(solid, transform, rows)
        places = finer
    return known


def _powerOfTwo(ratio: float) -> int:
    """The largest one up to `ratio` and the coarsest stride, at least 1."""
    return int(2 ** np.floor(np.log2(np.clip(ratio, 1, COARSEST))))


def _everyNth(size: int, stride: int) -> np.ndarray:
    return np.unique(np.append(np.arange(0, size, stride), size - 1))


def _definedAt(solid: SampledSolid, transform: Transform, rows: np.ndarray) -> np.ndarray:
    """For `rows`, shape (..., 3), of k, j, i; shape (...)."""
    index = rows.reshape(-1, 3)[:, ::-1].astype(float)
    return isDefined(transform, solid.points(index)).reshape(rows.shape[:-1])


def _onDefinedSide(
    solid: SampledSolid,
    field: np.ndarray,
    undefined: np.ndarray,
    index: np.ndarray,
    transform: Transform,
) -> np.ndarray:
    """`index`, shape (n, 3), of vertices between samples, those moved that lie in undefined space
    or stand for the border: to the last defined point from the sample inside.
    """
    low, high = np.floor(index).astype(int), np.ceil(index).astype(int)
    swap = field[tuple(low.T[::-1])] >= 0
    inner = np.where(swap[:, None], high, low)
    outer = np.where(swap[:, None], low, high)
    atBorder = undefined[tuple(outer.T[::-1])]
    goal = np.where(atBorder[:, None], outer.astype(float), index)
    wrong = np.flatnonzero(~isDefined(transform, solid.points(goal)))
    good, bad = inner[wrong].astype(float), goal[wrong]
    for _ in range(HALVINGS):
        middle = (good + bad) / 2
        fine = isDefined(transform, solid.points(middle))[:, None]
        good, bad = np.where(fine, middle, good), np.where(fine, bad, middle)
    goal[wrong] = good + ASIDE * (inner[wrong] - good)
    return goal
