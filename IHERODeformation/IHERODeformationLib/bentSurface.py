"""A closed surface moved by a transform that bends it: sides are divided until they bend too."""

from __future__ import annotations

import numpy as np

from IHERORegistrationLib.closedSurface import ClosedSurface, turnedOutwards
from IHERORegistrationLib.frames import Transform

TOLERANCE = 0.05  # mm that the middle of a side may lie beside where it is taken to
SHORTEST = 1.0  # mm; the bend of shorter sides is not looked at
MOST_ROUNDS = 20  # far more than halving needs; each looks at new sides only


def bentSurface(surface: ClosedSurface, transform: Transform) -> ClosedSurface:
    """`surface` by `transform`, which is defined at its vertices, within 0.05 mm.

    A side is divided where its middle goes elsewhere than straight between its ends, but not at a
    middle that the transform does not define.
    """
    before, triangles = surface.vertices, surface.triangles
    after = transform(before)
    fresh = np.ones(len(triangles), bool)
    for _ in range(MOST_ROUNDS):
        sides = _sides(before, triangles[fresh])
        middles = before[sides].mean(axis=1)
        there = transform(middles)
        off = np.linalg.norm(there - after[sides].mean(axis=1), axis=1)
        bent = off > TOLERANCE  # not where it is NaN
        if not bent.any():
            break
        triangles, fresh = _divided(triangles, sides[bent], len(before))
        before = np.concatenate([before, middles[bent]])
        after = np.concatenate([after, there[bent]])
    return turnedOutwards(after, triangles)


def _sides(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """The sides of `triangles` worth a look, shape (n, 2), smaller vertex first, each once."""
    ends = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    long = np.sum((vertices[ends[:, 0]] - vertices[ends[:, 1]]) ** 2, axis=1) > SHORTEST**2
    keys = np.unique(_keys(ends[long], len(vertices)))
    return np.column_stack(np.divmod(keys, len(vertices)))


def _keys(ends: np.ndarray, count: int) -> np.ndarray:
    """One number for each pair of ends, shape (n, 2), whichever comes first."""
    return ends.min(axis=1) * count + ends.max(axis=1)


def _divided(triangles: np.ndarray, sides: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Triangles with `sides`, sorted, divided at new vertices `count`, `count` + 1, …; and which
    of them are new.
    """
    known = _keys(sides, count)
    middles = np.full(triangles.shape, -1)
    for corner in range(3):
        ends = triangles[:, [corner, (corner + 1) % 3]]
        keys = _keys(ends, count)
        place = np.minimum(np.searchsorted(known, keys), len(known) - 1)
        middles[:, corner] = np.where(known[place] == keys, count + place, -1)
    cuts = np.count_nonzero(middles >= 0, axis=1)
    parts = [
        _halves(*_turned(triangles, middles, cuts == 1, first=0)),
        _thirds(*_turned(triangles, middles, cuts == 2, first=1)),
        _quarters(triangles[cuts == 3], middles[cuts == 3]),
    ]
    kept, new = triangles[cuts == 0], np.concatenate(parts)
    fresh = np.repeat([False, True], [len(kept), len(new)])
    return np.concatenate([kept, new]), fresh


def _turned(
    triangles: np.ndarray, middles: np.ndarray, chosen: np.ndarray, first: int
) -> tuple[np.ndarray, np.ndarray]:
    """The `chosen` triangles turned so that the side that differs from the other two, the only
    one cut or the only one not, comes first or, if `first` is 1, last.
    """
    triangles, middles = triangles[chosen], middles[chosen]
    if not len(triangles):
        return triangles, middles
    cut = middles >= 0
    odd = np.argmax(cut, axis=1) if first == 0 else (np.argmin(cut, axis=1) + 1) % 3
    order = (odd[:, None] + np.arange(3)) % 3
    return np.take_along_axis(triangles, order, 1), np.take_along_axis(middles, order, 1)


def _halves(triangles: np.ndarray, middles: np.ndarray) -> np.ndarray:
    a, b, c = triangles.T
    ab = middles[:, 0]
    return np.concatenate([_rows(a, ab, c), _rows(ab, b, c)])


def _thirds(triangles: np.ndarray, middles: np.ndarray) -> np.ndarray:
    a, b, c = triangles.T
    ab, bc = middles[:, 0], middles[:, 1]
    return np.concatenate([_rows(ab, b, bc), _rows(a, ab, bc), _rows(a, bc, c)])


def _quarters(triangles: np.ndarray, middles: np.ndarray) -> np.ndarray:
    (a, b, c), (ab, bc, ca) = triangles.T, middles.T
    return np.concatenate([_rows(a, ab, ca), _rows(ab, b, bc), _rows(ca, bc, c), _rows(ab, bc, ca)])


def _rows(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    return np.stack([a, b, c], axis=1)
