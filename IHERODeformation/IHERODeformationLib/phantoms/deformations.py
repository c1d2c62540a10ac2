"""Deformations of the body in closed form, each with its derivative and its inverse.

Points are body coordinates in mm, shape (..., 3): as scanned before, at rest after the map. Every
map moves each point by less than `reach`, and its displacement changes by less than `steepness`
per mm within a smooth part of space; so the inverse is the limit of p ← target - displacement(p),
unless a formula is given.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from IHERORegistrationLib.phantoms.bodyChange import BodyChange
from IHERORegistrationLib.phantoms.shapes import Vector

_ITERATIONS = 200
_STILL = 1e-11  # mm


class Deformation(BodyChange, Protocol):
    """A change of the body with what is needed to bound the errors of a grid that holds it."""

    @property
    def steepness(self) -> float:
        """Most that the displacement changes per mm, in any direction."""
        ...

    def jacobian(self, points: np.ndarray) -> np.ndarray:
        """Derivative of the map, shape (..., 3, 3): row = component of the result."""
        ...

    def bending(self, directions: np.ndarray) -> np.ndarray:
        """Most that the length of the second derivative along each of `directions`, unit columns
        of shape (3, n), can be, per mm; shape (n,).
        """
        ...

    def part(self, points: np.ndarray) -> np.ndarray:
        """Number of the smooth part of space that each point lies in, shape (...)."""
        ...


@dataclass(frozen=True)
class Wave:
    """A displacement of `amplitude` mm · sin(2π p·direction / length + phase)."""

    amplitude: Vector
    direction: Vector
    length: float
    phase: float = 0.0

    @property
    def height(self) -> float:
        return float(np.linalg.norm(self.amplitude))

    @property
    def number(self) -> np.ndarray:
        """Wave vector in radians per mm."""
        direction = np.array(self.direction, dtype=float)
        return 2 * np.pi / self.length * direction / np.linalg.norm(direction)


@dataclass(frozen=True)
class Waves:
    """The sum of `waves`: smooth everywhere, no axis and no center is special."""

    waves: tuple[Wave, ...]

    @property
    def reach(self) -> float:
        return sum(one.height for one in self.waves)

    @property
    def steepness(self) -> float:
        return sum(one.height * float(np.linalg.norm(one.number)) for one in self.waves)

    def __call__(self, points: np.ndarray) -> np.ndarray:
        points = np.asarray(points, dtype=float)
        moved = points.copy()
        for one in self.waves:
            moved += np.sin(points @ one.number + one.phase)[..., None] * one.amplitude
        return moved

    def inverse(self, points: np.ndarray) -> np.ndarray:
        return _settled(self, points)

    def density(self, points: np.ndarray) -> np.ndarray:
        return np.ones(np.shape(points)[:-1])

    def jacobian(self, points: np.ndarray) -> np.ndarray:
        points = np.asarray(points, dtype=float)
        jacobian = np.broadcast_to(np.eye(3), (*points.shape, 3)).copy()
        for one in self.waves:
            slope = np.cos(points @ one.number + one.phase)
            jacobian += slope[..., None, None] * np.outer(one.amplitude, one.number)
        return jacobian

    def bending(self, directions: np.ndarray) -> np.ndarray:
        return np.sum([one.height * (one.number @ directions) ** 2 for one in self.waves], axis=0)

    def part(self, points: np.ndarray) -> np.ndarray:
        return np.zeros(np.shape(points)[:-1], dtype=int)


@dataclass(frozen=True)
class Swelling:
    """Points around `center` move away from it by `strength` · distance · exp(-distance²/2width²).

    So what lies there is smaller in the body as scanned than at rest. `keepsMass`: it is denser
    by as much; otherwise its density is kept and mass is lost.
    """

    center: Vector
    strength: float
    width: float
    keepsMass: bool = False

    @property
    def reach(self) -> float:
        return self.strength * self.width * float(np.exp(-0.5))

    @property
    def steepness(self) -> float:
        return self.strength

    def __call__(self, points: np.ndarray) -> np.ndarray:
        points = np.asarray(points, dtype=float)
        away, fade = self._away(points)
        return points + self.strength * fade[..., None] * away

    def inverse(self, points: np.ndarray) -> np.ndarray:
        return _settled(self, points)

    def density(self, points: np.ndarray) -> np.ndarray:
        if not self.keepsMass:
            return np.ones(np.shape(points)[:-1])
        away, fade = self._away(np.asarray(points, dtype=float))
        across = 1 + self.strength * fade
        along = across - self.strength * fade * (away**2).sum(axis=-1) / self.width**2
        return across**2 * along

    def jacobian(self, points: np.ndarray) -> np.ndarray:
        away, fade = self._away(np.asarray(points, dtype=float))
        tensor = np.eye(3) - away[..., :, None] * away[..., None, :] / self.width**2
        return np.eye(3) + self.strength * fade[..., None, None] * tensor

    def bending(self, directions: np.ndarray) -> np.ndarray:
        # 2ρ + ρ|ρ² - 1| times exp(-ρ²/2) is nowhere above 1.6, ρ being distance / width
        return np.full(directions.shape[1], 1.6 * self.strength / self.width)

    def part(self, points: np.ndarray) -> np.ndarray:
        return np.zeros(np.shape(points)[:-1], dtype=int)

    def _away(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        away = points - self.center
        return away, np.exp(-(away**2).sum(axis=-1) / (2 * self.width**2))


@dataclass(frozen=True)
class Sliding:
    """What lies in an upright elliptic cylinder slides along it, the rest stays.

    `center` and `radii` are x and y of the cylinder, `drop` the way along z in its middle, of
    which at the wall the part `atWall` is left: there space is torn. Volumes do not change, and
    the inverse is exact.
    """

    center: tuple[float, float]
    radii: tuple[float, float]
    drop: float
    atWall: float

    @property
    def reach(self) -> float:
        return abs(self.drop)

    @property
    def steepness(self) -> float:
        return 2 * self.reach * (1 - self.atWall) / min(self.radii)

    def __call__(self, points: np.ndarray) -> np.ndarray:
        return self._moved(points, 1.0)

    def inverse(self, points: np.ndarray) -> np.ndarray:
        return self._moved(points, -1.0)

    def density(self, points: np.ndarray) -> np.ndarray:
        return np.ones(np.shape(points)[:-1])

    def jacobian(self, points: np.ndarray) -> np.ndarray:
        points = np.asarray(points, dtype=float)
        slope = -2 * self.drop * (1 - self.atWall) * self._across(points) / np.square(self.radii)
        jacobian = np.broadcast_to(np.eye(3), (*points.shape, 3)).copy()
        jacobian[..., 2, :2] = np.where(self.part(points)[..., None] == 1, slope, 0.0)
        return jacobian

    def bending(self, directions: np.ndarray) -> np.ndarray:
        curvature = np.sum((directions[:2] / np.array(self.radii)[:, None]) ** 2, axis=0)
        return 2 * self.reach * (1 - self.atWall) * curvature

    def part(self, points: np.ndarray) -> np.ndarray:
        return (self._level(np.asarray(points, dtype=float)) < 1).astype(int)

    def _moved(self, points: np.ndarray, sign: float) -> np.ndarray:
        moved = np.array(points, dtype=float)
        level = self._level(moved)
        way = self.drop * (1 - (1 - self.atWall) * level)
        moved[..., 2] += np.where(level < 1, sign * way, 0.0)
        return moved

    def _across(self, points: np.ndarray) -> np.ndarray:
        return points[..., :2] - self.center

    def _level(self, points: np.ndarray) -> np.ndarray:
        """Below 1 inside the cylinder, 0 on its axis."""
        return np.sum((self._across(points) / self.radii) ** 2, axis=-1)


def _settled(forward: Callable[[np.ndarray], np.ndarray], target: np.ndarray) -> np.ndarray:
    """The points that `forward` takes to `target`; its displacement is a contraction."""
    target = np.asarray(target, dtype=float)
    points = target
    for _ in range(_ITERATIONS):
        error = target - forward(points)
        points = points + error
        if np.abs(error).max(initial=0) < _STILL:
            break
    return points
