"""Arrows and grids of a field on a plane, as lines in pixels: what of it lies in the plane."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from IHERORegistrationLib.pictures.slicePlanes import SlicePlane

HEAD = 0.34  # of the length of an arrow
LONGEST_HEAD = 7.0  # pixels
HEAD_ANGLE = np.radians(28)
DOT = 1.2  # pixels: a displacement that cannot be seen is a dot
BETWEEN = 3.0  # pixels from point to point of a line


class Displacing(Protocol):
    """Moves points, shape (..., 3), LPS mm, by vectors of that shape, NaN where not defined."""

    def displacement(self, points: np.ndarray) -> np.ndarray: ...


@dataclass(frozen=True, eq=False)
class Arrow:
    """`lines` in pixels, each of shape (n, 2); `length` of the whole displacement, mm."""

    lines: tuple[np.ndarray, ...]
    length: float


def arrows(
    field: Displacing, plane: SlicePlane, pixelSize: float, spacing: float, factor: float
) -> list[Arrow]:
    """An arrow about every `spacing` mm where `field` is defined, `factor` times as long as what
    lies in the plane of the displacement.
    """
    x, y = (_evenly(size, spacing) for size in (plane.width, plane.height))
    points = _onPlane(plane, *np.meshgrid(x, y)).reshape(-1, 3)
    displacement = field.displacement(points)
    defined = ~np.isnan(displacement).any(axis=-1)
    points, displacement = points[defined], displacement[defined]
    starts = plane.pixels(points, pixelSize)
    ends = plane.pixels(points + factor * displacement, pixelSize)
    lengths = np.linalg.norm(displacement, axis=-1)
    drawn = _drawn(starts, ends)
    return [Arrow(lines, length) for lines, length in zip(drawn, lengths.tolist(), strict=True)]


def gridLines(
    field: Displacing, plane: SlicePlane, pixelSize: float, spacing: float
) -> list[np.ndarray]:
    """Lines every `spacing` mm, taken along by `field`; each of shape (n, 2), where it is defined
    without a gap.
    """
    x, y = (_evenly(size, spacing) for size in (plane.width, plane.height))
    fine = BETWEEN * pixelSize
    alongX, alongY = (
        np.linspace(-size / 2, size / 2, max(2, round(size / fine)))
        for size in (plane.width, plane.height)
    )
    lines = []
    for across, up in (np.meshgrid(alongX, y), np.meshgrid(x, alongY, indexing="ij")):
        points = _onPlane(plane, across, up)
        pixels = plane.pixels(points + field.displacement(points), pixelSize)
        lines += [part for line in pixels for part in _unbroken(line)]
    return lines


def _evenly(size: float, spacing: float) -> np.ndarray:
    """Places in mm from the middle, with the same margin at both ends."""
    count = max(1, int(size / spacing))
    return (np.arange(count) - (count - 1) / 2) * spacing


def _onPlane(plane: SlicePlane, across: np.ndarray, up: np.ndarray) -> np.ndarray:
    """LPS mm of places `across` and `up` from the middle of the plane."""
    return plane.center + across[..., None] * plane.right + up[..., None] * plane.up


def _drawn(starts: np.ndarray, ends: np.ndarray) -> list[tuple[np.ndarray, ...]]:
    """Shaft and head of each arrow from one of `starts` to one of `ends`, shapes (n, 2); a dot
    where it is too short to be seen.
    """
    along = ends - starts
    length = np.linalg.norm(along, axis=-1)
    seen = length >= DOT
    whole = np.where(seen, length, 1.0)[:, None]
    back = -along / whole * np.minimum(HEAD * whole, LONGEST_HEAD)
    cos, sin = np.cos(HEAD_ANGLE), np.sin(HEAD_ANGLE)
    left, right = (back @ np.array([[cos, one], [-one, cos]]) for one in (sin, -sin))
    shafts = np.stack([starts, ends], axis=1)
    heads = np.stack([ends + left, ends, ends + right], axis=1)
    dots = starts[:, None] + np.array([[-DOT / 2, 0], [DOT / 2, 0]])
    return [
        (shaft, head) if isSeen else (dot,)
        for shaft, head, dot, isSeen in zip(shafts, heads, dots, seen, strict=True)
    ]


def _unbroken(line: np.ndarray) -> Iterator[np.ndarray]:
    """The parts of `line`, shape (n, 2), between points that are NaN."""
    known = ~np.isnan(line).any(axis=-1)
    borders = np.flatnonzero(np.diff(known)) + 1
    for part, isKnown in zip(np.split(line, borders), np.split(known, borders), strict=True):
        if isKnown[0] and len(part) > 1:
            yield part
