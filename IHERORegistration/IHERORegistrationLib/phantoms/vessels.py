"""Branching vessels of the lungs, grown by rule."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .shapes import Ellipsoid, Tube

_GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))
_STEMS = 8
_GENERATIONS = 3
_REACH = 0.9  # of the lung's radii, so that no vessel leaves it


def lungVessels(lung: Ellipsoid, hilum: tuple[float, float, float]) -> tuple[Tube, ...]:
    """Vessels that leave `hilum` in all directions and fork inside `lung`."""
    tubes: list[Tube] = []
    for stem in range(_STEMS):
        height = 1 - (2 * stem + 1) / _STEMS
        around = stem * _GOLDEN_ANGLE
        flat = np.sqrt(1 - height**2)
        direction = np.array([flat * np.cos(around), flat * np.sin(around), height])
        tip = lung.center + 0.5 * direction * lung.radii
        tubes += _branches(lung, np.array(hilum, dtype=float), tip, 4.2, _GENERATIONS)
    return tuple(tubes)


def _branches(
    lung: Ellipsoid, start: np.ndarray, tip: np.ndarray, radius: float, generations: int
) -> Iterator[Tube]:
    yield Tube((_vector(start), _vector(tip)), (radius, 0.7 * radius))
    if generations == 1:
        return
    onward = tip - start
    aside = np.cross(onward, (0.3, -0.5, 0.8) if generations % 2 else (0.9, 0.2, -0.1))
    aside *= np.linalg.norm(onward) / max(float(np.linalg.norm(aside)), 1e-9)
    for turn in (0.55, -0.7):
        end = tip + 0.6 * onward + 0.6 * turn * aside
        fromCenter = (end - lung.center) / lung.radii
        excess = max(1.0, float(np.linalg.norm(fromCenter)) / _REACH)
        end = lung.center + fromCenter / excess * lung.radii
        yield from _branches(lung, tip, end, 0.7 * radius, generations - 1)


def _vector(point: np.ndarray) -> tuple[float, float, float]:
    x, y, z = np.round(point, 3).tolist()
    return x, y, z
