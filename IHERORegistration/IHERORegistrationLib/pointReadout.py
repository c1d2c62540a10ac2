"""What is at a point that a user points to: where it is in both images' coordinates, and the values
there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import slicer
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from .geometry import inverted, mapped
from .scene import LPS_TO_RAS, arrayFromMatrix

PointMap = Callable[[np.ndarray], np.ndarray]  # (n, 3) LPS mm to the same shape, NaN if undefined
STEP = 0.5  # mm to either side, of the differences that a Jacobian is made of


@dataclass(frozen=True, eq=False)
class PlacedVolume:
    """A volume and where points of the world lie in its own coordinates."""

    node: slicer.vtkMRMLScalarVolumeNode
    fromWorld: PointMap


@dataclass(frozen=True, eq=False)
class PointReadout:
    """`place` in the base's own coordinates, and `native` in the overlay's, LPS mm; NaN where
    undefined.

    Values are those of the nearest voxel, NaN outside. `jacobian` is the volume of the overlay that
    becomes a unit of the base's, NaN unless asked for. `rigid`, shape (4, 4), is the rigid part of
    the way from base to overlay, None where there is no other.
    """

    place: np.ndarray
    native: np.ndarray
    baseValue: float
    overlayValue: float
    dose: float
    jacobian: float
    rigid: np.ndarray | None = None

    @property
    def vector(self) -> np.ndarray:
        """From the point in the base to the place in the overlay that belongs there, once the rigid
        part is taken off, mm; NaN where undefined or all is rigid.
        """
        if self.rigid is None:
            return np.full(3, np.nan)
        return mapped(inverted(self.rigid), self.native) - self.place


def pointReadout(
    world: np.ndarray,
    base: PlacedVolume,
    overlay: PlacedVolume | None,
    dose: PlacedVolume | None,
    *,
    withJacobian: bool = False,
    rigid: np.ndarray | None = None,
) -> PointReadout:
    """What there is at `world`, shape (3,) LPS mm; `rigid` as in PointReadout."""
    place = base.fromWorld(world[None])[0]
    nowhere = np.full(3, np.nan)
    native = overlay.fromWorld(world[None])[0] if overlay is not None else nowhere
    jacobian = np.nan
    if overlay and withJacobian:
        jacobian = jacobianAt(overlay.fromWorld, world) / jacobianAt(base.fromWorld, world)
    return PointReadout(
        place=place,
        native=native,
        baseValue=valueAt(base.node, place),
        overlayValue=np.nan if overlay is None else valueAt(overlay.node, native),
        dose=np.nan if dose is None else valueAt(dose.node, dose.fromWorld(world[None])[0]),
        jacobian=jacobian,
        rigid=rigid,
    )


def valueAt(node: slicer.vtkMRMLScalarVolumeNode, point: np.ndarray) -> float:
    """Value of the voxel of `node` around `point`, LPS mm in its own coordinates; NaN outside."""
    image = node.GetImageData()
    if image is None or not np.isfinite(point).all():
        return np.nan
    matrix = vtkMatrix4x4()
    node.GetRASToIJKMatrix(matrix)
    toIJK = arrayFromMatrix(matrix) @ LPS_TO_RAS
    i, j, k = np.rint(toIJK[:3, :3] @ point + toIJK[:3, 3]).astype(int)
    if ((np.array([i, j, k]) < 0) | (np.array([i, j, k]) >= image.GetDimensions())).any():
        return np.nan
    return image.GetScalarComponentAsDouble(i, j, k, 0)


def jacobianAt(pointMap: PointMap, point: np.ndarray) -> float:
    """Determinant of the derivative of `pointMap` by differences; NaN where one is undefined."""
    offsets = np.concatenate([np.eye(3), -np.eye(3)]) * STEP
    ends = pointMap(point + offsets)
    if not np.isfinite(ends).all():
        return np.nan
    return float(np.linalg.det((ends[:3] - ends[3:]).T / (2 * STEP)))
