"""The part of a solid in which a transform is defined: cut off at the border, closed along it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from IHERORegistrationLib.closedSurface import (
    ClosedSurface,
    SampledSolid,
    turnedOutwards,
    zeroSurface,
)
from IHERORegistrationLib.frames import Transform

HALVINGS = 12  # of a distance between samples, to find the border


def isDefined(transform: Transform, points: np.ndarray) -> np.ndarray:
    """Where `transform` defines `points`, shape (n, 3): shape (n,)."""
    return ~np.isnan(transform(points)).any(axis=-1)


def definedSurface(solid: SampledSolid, transform: Transform) -> ClosedSurface:
    """The surface of the part of `solid` that `transform` defines; it does at every vertex.

    Along the border the surface follows it within the distance of the samples over 2¹².
    """
    known = _definedInside(solid, transform)
    inside = solid.field < 0
    undefined = inside & ~known
    field = np.where(undefined, np.maximum(-solid.field, 1), solid.field)
    index, triangles = zeroSurface(field)
    index = _onDefinedSide(solid, field, undefined, index, transform)
    return turnedOutwards(solid.points(index), triangles)


def _definedInside(solid: SampledSolid, transform: Transform) -> np.ndarray:
    """Whether `transform` defines the samples inside, shape that of the field; False outside."""
    known = np.zeros(solid.field.shape, bool)
    for k, field in enumerate(solid.field):
        j, i = np.nonzero(field < 0)
        points = solid.points(np.column_stack([i, j, np.full(len(i), k)]).astype(float))
        known[k, j, i] = isDefined(transform, points)
    return known


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
    goal = np.where(atBorder[:, None], outer, index)
    wrong = np.flatnonzero(~isDefined(transform, solid.points(goal)))
    good, bad = inner[wrong].astype(float), goal[wrong]
    for _ in range(HALVINGS):
        middle = (good + bad) / 2
        fine = isDefined(transform, solid.points(middle))[:, None]
        good, bad = np.where(fine, middle, good), np.where(fine, bad, middle)
    moved = goal.astype(float)
    moved[wrong] = good
    return moved


def coarser(solid: SampledSolid, step: int) -> SampledSolid:
    """Every `step`th sample of each plane."""
    return replace(solid, field=solid.field[:, ::step, ::step], pixel=solid.pixel * step)
