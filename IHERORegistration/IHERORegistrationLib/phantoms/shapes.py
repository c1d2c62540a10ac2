"""Bodies with a surface that an equation gives, as signed distances.

A distance is in mm, negative inside; it is exact at the surface and right to first order near it,
which is what smooth edges and contours need. Coordinates are arrays x, y, z of one shape.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from itertools import pairwise
from typing import Protocol

import numpy as np

Vector = tuple[float, float, float]


class Shape(Protocol):
    """Something with an inside; `box`, shape (2, 3), holds its lowest and highest corner."""

    @property
    def box(self) -> np.ndarray: ...
    def distance(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray: ...


def distanceOf(shape: Shape, points: np.ndarray) -> np.ndarray:
    """Signed distance of `points`, shape (..., 3), to the surface of `shape`; shape (...)."""
    points = np.asarray(points, dtype=float)
    return shape.distance(points[..., 0], points[..., 1], points[..., 2])


@dataclass(frozen=True)
class Ellipsoid:
    """`radii` lie along the axes, turned by `turn` degrees about z, seen from +z."""

    center: Vector
    radii: Vector
    turn: float = 0

    @property
    def box(self) -> np.ndarray:
        c, s = np.cos(np.radians(self.turn)), np.sin(np.radians(self.turn))
        rx, ry, rz = self.radii
        reach = np.array([np.hypot(c * rx, s * ry), np.hypot(s * rx, c * ry), rz])
        return np.array([self.center - reach, self.center + reach])

    def distance(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        x, y, z = x - self.center[0], y - self.center[1], z - self.center[2]
        if self.turn:
            c, s = float(np.cos(np.radians(self.turn))), float(np.sin(np.radians(self.turn)))
            x, y = c * x + s * y, c * y - s * x
        rx, ry, rz = self.radii
        u, v, w = x / rx, y / ry, z / rz
        level = np.maximum(np.sqrt(u * u + v * v + w * w), 1e-6)
        u, v, w = u / rx, v / ry, w / rz
        slope = np.maximum(np.sqrt(u * u + v * v + w * w), 1e-6 / max(self.radii))
        return (level - 1) * level / slope


@dataclass(frozen=True)
class Tube:
    """A round rod through `points`, thinning from the first radius of `radii` to the second."""

    points: tuple[Vector, ...]
    radii: tuple[float, float]

    @property
    def box(self) -> np.ndarray:
        points, widest = np.array(self.points), max(self.radii)
        return np.array([points.min(axis=0) - widest, points.max(axis=0) + widest])

    def distance(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        ends = pairwise(zip(self.points, np.linspace(*self.radii, len(self.points)), strict=True))
        return reduce(
            np.minimum,
            (_rod(x, y, z, a, b, float(ra), float(rb)) for (a, ra), (b, rb) in ends),
        )


def _rod(
    x: np.ndarray, y: np.ndarray, z: np.ndarray, a: Vector, b: Vector, ra: float, rb: float
) -> np.ndarray:
    ex, ey, ez = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    x, y, z = x - a[0], y - a[1], z - a[2]
    along = np.clip((x * ex + y * ey + z * ez) / (ex * ex + ey * ey + ez * ez), 0, 1)
    x, y, z = x - along * ex, y - along * ey, z - along * ez
    return np.sqrt(x * x + y * y + z * z) - (ra + along * (rb - ra))


@dataclass(frozen=True)
class Block:
    """A box with faces along the axes; `half` are half its edges."""

    center: Vector
    half: Vector

    @property
    def box(self) -> np.ndarray:
        return np.array([np.subtract(self.center, self.half), np.add(self.center, self.half)])

    def distance(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        x, y, z = (
            np.abs(value - middle) - half
            for value, middle, half in zip((x, y, z), self.center, self.half, strict=True)
        )
        outside = np.maximum(x, 0) ** 2 + np.maximum(y, 0) ** 2 + np.maximum(z, 0) ** 2
        return np.sqrt(outside) + np.minimum(np.maximum(np.maximum(x, y), z), 0)


@dataclass(frozen=True)
class Column:
    """An upright cylinder of elliptic section; `radii` along x and y, `half` its half height."""

    center: Vector
    radii: tuple[float, float]
    half: float

    @property
    def box(self) -> np.ndarray:
        reach = (*self.radii, self.half)
        return np.array([np.subtract(self.center, reach), np.add(self.center, reach)])

    def distance(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        around = _ellipseDistance(x - self.center[0], y - self.center[1], *self.radii)
        return np.maximum(around, np.abs(z - self.center[2]) - self.half)


@dataclass(frozen=True)
class RibCage:
    """Ribs on an elliptic hoop: `count` rings of section `radius`, `pitch` apart along z, the
    first at `lowest`, each descending to the front by `slope`.
    """

    center: tuple[float, float]
    radii: tuple[float, float]
    radius: float
    pitch: float
    lowest: float
    count: int
    slope: float

    @property
    def box(self) -> np.ndarray:
        (x, y), (rx, ry) = self.center, self.radii
        drop = self.slope * ry + 2 * self.radius
        top = self.lowest + (self.count - 1) * self.pitch
        return np.array(
            [
                [x - rx - self.radius, y - ry - self.radius, self.lowest - drop],
                [x + rx + self.radius, y + ry + self.radius, top + drop],
            ]
        )

    def distance(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        y = y - self.center[1]
        around = _ellipseDistance(x - self.center[0], y, *self.radii)
        z = z - self.slope * y - self.lowest
        z = z - self.pitch * np.clip(np.round(z / self.pitch), 0, self.count - 1)
        return np.hypot(around, 0.75 * z) - self.radius


def _ellipseDistance(x: np.ndarray, y: np.ndarray, rx: float, ry: float) -> np.ndarray:
    u, v = x / rx, y / ry
    level = np.maximum(np.sqrt(u * u + v * v), 1e-6)
    u, v = u / rx, v / ry
    return (level - 1) * level / np.maximum(np.sqrt(u * u + v * v), 1e-6 / max(rx, ry))


@dataclass(frozen=True)
class Torso:
    """The trunk: a rounded box in section, wider at the chest than at the waist."""

    reach: float  # mm along z on both sides of the origin

    @property
    def box(self) -> np.ndarray:
        return np.array([[-180.0, -108, -self.reach], [180, 138, self.reach]])

    def distance(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        rx = 168 + 10 * np.sin(z / 70)
        ry = 114 + 7 * np.sin((z + 20) / 90)
        u, v = np.abs(x) / rx, np.abs(y - 15) / ry
        u2, v2 = u * u, v * v
        level = np.maximum(np.cbrt(u2 * u + v2 * v), 1e-3)
        slope = np.hypot(u2 / rx, v2 / ry) / (level * level)
        around = (level - 1) / np.maximum(slope, 1e-4)
        return np.maximum(around, np.abs(z) - self.reach)


@dataclass(frozen=True)
class Repeated:
    """Copies of `shape` along z, `pitch` apart; `numbers` are the first and last multiple."""

    shape: Shape
    pitch: float
    numbers: tuple[int, int]

    @property
    def box(self) -> np.ndarray:
        box = self.shape.box.copy()
        box[:, 2] += self.pitch * np.array(self.numbers)
        return box

    def distance(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        middle = float(self.shape.box[:, 2].mean())
        number = np.clip(np.round((z - middle) / self.pitch), *self.numbers)
        return self.shape.distance(x, y, z - self.pitch * number)


@dataclass(frozen=True)
class Union:
    shapes: tuple[Shape, ...]

    @property
    def box(self) -> np.ndarray:
        boxes = np.array([shape.box for shape in self.shapes])
        return np.array([boxes[:, 0].min(axis=0), boxes[:, 1].max(axis=0)])

    def distance(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        return reduce(np.minimum, (shape.distance(x, y, z) for shape in self.shapes))


@dataclass(frozen=True)
class Common:
    """What lies in both shapes."""

    first: Shape
    second: Shape

    @property
    def box(self) -> np.ndarray:
        a, b = self.first.box, self.second.box
        return np.array([np.maximum(a[0], b[0]), np.minimum(a[1], b[1])])

    def distance(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        return np.maximum(self.first.distance(x, y, z), self.second.distance(x, y, z))


@dataclass(frozen=True)
class Without:
    """What lies in `whole` and in none of `holes`."""

    whole: Shape
    holes: tuple[Shape, ...] = field(default=())

    @property
    def box(self) -> np.ndarray:
        return self.whole.box

    def distance(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        holes = (-hole.distance(x, y, z) for hole in self.holes)
        return reduce(np.maximum, holes, self.whole.distance(x, y, z))


@dataclass(frozen=True)
class Grown:
    """`shape` with its surface moved outward by `margin` mm; inward if negative."""

    shape: Shape
    margin: float

    @property
    def box(self) -> np.ndarray:
        return self.shape.box + np.array([[-1.0], [1.0]]) * self.margin

    def distance(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        return self.shape.distance(x, y, z) - self.margin
