"""Values on coarse pixels of a plane, and what lies between them."""

from __future__ import annotations

import numpy as np

from IHERORegistrationLib.lattice import Lattice
from IHERORegistrationLib.pictures.slicePlanes import SlicePlane


def planeLattice(plane: SlicePlane, columns: int, rows: int) -> Lattice:
    """The centers of so many pixels of `plane`, the first in the top left corner, as one slice in
    the frame in which the plane lies.
    """
    width, height = plane.width / columns, plane.height / rows
    corner = plane.center - plane.right * plane.width / 2 + plane.up * plane.height / 2
    origin = corner + plane.right * width / 2 - plane.up * height / 2
    axes = np.stack([plane.right, -plane.up, np.cross(plane.right, -plane.up)], axis=1)
    return Lattice.fromAxes((columns, rows, 1), origin, axes, np.array([width, height, 1.0]))


def pixelCenters(plane: SlicePlane, columns: int, rows: int) -> np.ndarray:
    """The same as points, shape (rows, columns, 3), LPS mm."""
    j, i = np.indices((rows, columns))
    return planeLattice(plane, columns, rows).points(np.stack([i, j, np.zeros_like(i)], axis=-1))


def enlarged(values: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """`values`, shape (m, n), on so many pixels of the same rectangle, linearly between them."""
    values = np.asarray(values, np.float32)
    for axis, size in enumerate((rows, columns)):
        last = values.shape[axis] - 1
        place = np.clip((np.arange(size) + 0.5) * (last + 1) / size - 0.5, 0, last)
        low = np.floor(place).astype(int)
        part = (place - low).astype(np.float32)
        part = part[:, None] if axis == 0 else part
        above = np.take(values, np.minimum(low + 1, last), axis)
        values = np.take(values, low, axis) * (1 - part) + above * part
    return values


def enlargedMask(mask: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """The same of bool values, with smooth edges."""
    if mask.all() or not mask.any():
        return np.full((rows, columns), bool(mask.flat[0]))
    return enlarged(mask, rows, columns) > 0.5


def enlargedKnown(values: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """The same of values that may be NaN, which known ones beside them replace."""
    known = ~np.isnan(values)
    if known.all():
        return enlarged(values, rows, columns)
    weight = enlarged(known, rows, columns)
    total = enlarged(np.where(known, values, 0), rows, columns)
    with np.errstate(invalid="ignore", divide="ignore"):
        return total / weight
