"""A B-spline of displacements as a map of points, evaluated by ITK."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from IHERORegistrationLib.errors import MalformedObjectError
from IHERORegistrationLib.lattice import Lattice

if TYPE_CHECKING:
    import SimpleITK as sitk

ORDERS = (1, 2, 3)
ROUNDING = 1e-9  # of a cell: ITK has to find a point of the border inside
BEYOND = 0.5  # mm beyond its region where the spline is continued by its border, as grids are


@dataclass(frozen=True, eq=False)
class SplineStep:
    """Maps (n, 3) LPS mm to the same shape: NaN outside the region where all coefficients that a
    point needs are there. ITK takes points there for themselves, so that its map jumps.
    """

    transform: sitk.Transform
    lattice: Lattice  # of the coefficients
    order: int

    def __call__(self, points: np.ndarray) -> np.ndarray:
        index = self.lattice.indices(points)
        margin = (self.order - 1) / 2 + ROUNDING
        held = np.clip(index, margin, np.array(self.lattice.size) - 1 - margin)
        beyond = np.abs(held - index) * self.lattice.spacing
        inside = (beyond <= BEYOND).all(axis=-1)
        isHeld = (beyond[inside] > 0).any(axis=-1, keepdims=True)
        here = np.where(isHeld, self.lattice.points(held[inside]), points[inside])
        there = [self.transform.TransformPoint(point) for point in here.tolist()]
        result = np.full(points.shape, np.nan)
        result[inside] = points[inside] + np.reshape(there, (-1, 3)) - here
        return result


def splineStep(
    order: int,
    size: Sequence[int],
    origin: np.ndarray,
    directions: np.ndarray,
    spacing: np.ndarray,
    coefficients: Sequence[float],
) -> SplineStep:
    """The spline with these coefficients, mm: all of x, then of y, then of z, i fastest. The first
    of them lies at `origin`; unit axes are columns of `directions`.

    Raises
        MalformedObjectError: they are not as many as the nodes, not finite, or too few for `order`.
    """
    import SimpleITK as sitk

    if order not in ORDERS:
        raise MalformedObjectError(f"expected a spline of order 1, 2 or 3, found {order}")
    count = 3 * math.prod(size)
    if len(coefficients) != count or min(size) <= order:
        shown = " × ".join(map(str, size))
        raise MalformedObjectError(
            f"expected {count} coefficients for {shown} nodes, more than {order} along each axis, "
            f"found {len(coefficients)}"
        )
    fixed = [*map(float, size), *origin, *spacing, *np.ravel(directions)]
    if not (np.isfinite(fixed).all() and np.isfinite(coefficients).all() and min(spacing) > 0):
        raise MalformedObjectError("expected finite numbers and positive spacings, found others")
    transform = sitk.BSplineTransform(3, order)
    try:
        transform.SetFixedParameters([float(one) for one in fixed])
        transform.SetParameters([float(one) for one in coefficients])
    except RuntimeError:
        raise MalformedObjectError("expected axes that ITK can invert, found others") from None
    return stepFromSpline(transform)


def stepFromSpline(transform: sitk.Transform) -> SplineStep:
    """A B-spline that ITK holds, as step."""
    import SimpleITK as sitk

    fixed = np.array(transform.GetFixedParameters())
    lattice = Lattice.fromAxes(
        (int(fixed[0]), int(fixed[1]), int(fixed[2])),
        fixed[3:6],
        fixed[9:].reshape(3, 3),
        fixed[6:9],
    )
    return SplineStep(transform, lattice, sitk.BSplineTransform(transform).GetOrder())
