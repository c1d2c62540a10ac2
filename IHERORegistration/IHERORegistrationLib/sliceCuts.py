"""Cuts of a closed surface with the slices of a lattice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .closedSurface import ClosedSurface
from .contourData import simplified
from .contourPlanes import enclosing, signedArea
from .lattice import Lattice

SMALLEST_AREA = 1e-3  # mm², of a loop that is kept


def loopsOnSlices(
    surface: ClosedSurface, lattice: Lattice, heights: np.ndarray, tolerance: float
) -> dict[int, list[np.ndarray]]:
    """The closed loops where `surface` meets the planes at `heights`, shape (n,), fractional k of
    `lattice`, rising: place in `heights` → loops (n, 2), mm along i and j from voxel (0, 0) of
    the plane. Points without which a loop moves by less than `tolerance` mm are left out.
    """
    index = lattice.indices(surface.vertices)
    starts, ends, points = _segments(index, surface.triangles, heights)
    following = np.empty(len(starts), np.int64)
    following[np.lexsort(ends.T)] = np.lexsort(starts.T)
    loops: dict[int, list[np.ndarray]] = {}
    for cycle in _cycles(following):
        loop = simplified(points[cycle] * lattice.spacing[:2], tolerance)
        if len(loop) >= 3 and abs(signedArea(loop)) >= SMALLEST_AREA:
            loops.setdefault(int(starts[cycle[0], 2]), []).append(loop)
    return dict(sorted(loops.items()))


def _segments(
    index: np.ndarray, triangles: np.ndarray, heights: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The segments in which triangles meet planes.

    Keys of start and end, shape (n, 3): the two vertices of the crossed edge, smaller first, and
    the place of the plane; and the start points, shape (n, 2), fractional i, j. A vertex on a
    plane counts as above it, so that each segment has two ends on two edges.
    """
    level = np.searchsorted(heights, index[:, 2], side="right")
    corners = level[triangles]
    count = np.ptp(corners, axis=1)
    owner = np.repeat(np.arange(len(triangles)), count)
    step = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    place = corners.min(axis=1)[owner] + step
    above = corners[owner] > place[:, None]
    after = np.roll(above, -1, axis=1)
    rising = np.argmax(~above & after, axis=1)
    falling = np.argmax(above & ~after, axis=1)
    starts, ends = (
        np.column_stack([np.sort(_edge(triangles[owner], side), axis=1), place])
        for side in (rising, falling)
    )
    a, b = index[starts[:, 0]], index[starts[:, 1]]
    share = (heights[place] - a[:, 2]) / (b[:, 2] - a[:, 2])
    return starts, ends, a[:, :2] + share[:, None] * (b[:, :2] - a[:, :2])


def _edge(triangles: np.ndarray, side: np.ndarray) -> np.ndarray:
    rows = np.arange(len(triangles))
    return np.column_stack([triangles[rows, side], triangles[rows, (side + 1) % 3]])


def _cycles(following: np.ndarray) -> list[list[int]]:
    """The cycles of a permutation."""
    follow = following.tolist()
    seen = [False] * len(follow)
    cycles = []
    for start in range(len(follow)):
        if seen[start]:
            continue
        cycle, here = [], start
        while not seen[here]:
            seen[here] = True
            cycle.append(here)
            here = follow[here]
        cycles.append(cycle)
    return cycles


def withKeyholes(loops: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Loops, each (n, 2), nested but not crossing, as polygons without polygons inside them: every
    hole is joined to the outline around it by a channel of no width, and turns the other way.

    Source
        DICOM PS3.3 C.8.8.6.3
    """
    around = enclosing(loops)
    polygons = []
    for number, outer in enumerate(loops):
        if len(around[number]) % 2:
            continue
        polygon = outer if signedArea(outer) > 0 else outer[::-1]
        holes = [
            hole
            for hole, outside in zip(loops, around, strict=True)
            if number in outside and len(outside) == len(around[number]) + 1
        ]
        for hole in sorted(holes, key=lambda one: _gap(one, outer)):
            polygon = _joined(polygon, hole if signedArea(hole) < 0 else hole[::-1])
        polygons.append(polygon)
    return polygons


def _gap(hole: np.ndarray, outer: np.ndarray) -> float:
    return float(((hole[:, None] - outer) ** 2).sum(axis=2).min())


def _joined(outer: np.ndarray, hole: np.ndarray) -> np.ndarray:
    squares = ((hole[:, None] - outer) ** 2).sum(axis=2)
    inner, place = np.unravel_index(squares.argmin(), squares.shape)
    turned = np.roll(hole, -int(inner), axis=0)
    return np.concatenate([outer[: place + 1], turned, turned[:1], outer[place:]])
