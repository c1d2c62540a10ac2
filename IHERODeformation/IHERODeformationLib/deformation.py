"""The transform of a Deformable Spatial Registration item: registered → source."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

import numpy as np

from IHERORegistrationLib.errors import NotInvertibleError
from IHERORegistrationLib.geometry import mapped

from .displacementGrid import DisplacementGrid, PointStatus


class OutsideGrid(StrEnum):
    """What holds beyond a grid: nothing (the standard is silent), or, if the user says so, the
    matrices alone.
    """

    UNDEFINED = "undefined"
    RIGID = "rigid"


@dataclass(frozen=True, eq=False)
class MappedPoints:
    """`points`, shape (..., 3) LPS mm, NaN unless defined; `status`, shape (...), PointStatus.

    `residuals`, shape (...), mm, where an inverse was sought: how far from the given point the
    deformation takes the point found, also where that is too far; else None.
    """

    points: np.ndarray
    status: np.ndarray
    residuals: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class DeformableTransform:
    """Maps points `x` of Frame of Reference `fromFrame`, the registered one, to `toFrame`, the
    source's: post(pre(x) + Δ(x)).

    Δ is looked up at x itself and added along the axes after `pre`. `pre` and `post` have shape
    (4, 4), column vectors, LPS mm, last row 0 0 0 1; read-only. With `outsideGrid` RIGID, Δ is zero
    outside the grid, so that the map jumps at its border. `origin` names the SOP Instance UID of
    the object that it was taken from, if any.

    Source
        DICOM PS3.3 C.20.3.1.1
    """

    pre: np.ndarray
    grid: DisplacementGrid
    post: np.ndarray
    fromFrame: str
    toFrame: str
    outsideGrid: OutsideGrid = OutsideGrid.UNDEFINED
    origin: str = ""

    def __post_init__(self) -> None:
        for name in ("pre", "post"):
            matrix = np.array(getattr(self, name), dtype=float)
            if matrix.shape != (4, 4) or not np.array_equal(matrix[3], (0, 0, 0, 1)):
                raise ValueError(f"expected a 4x4 matrix with last row 0 0 0 1, got {matrix}")
            matrix.flags.writeable = False
            object.__setattr__(self, name, matrix)

    @property
    def affine(self) -> np.ndarray:
        """The transform without its displacements, post · pre; shape (4, 4)."""
        return self.post @ self.pre

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Map `points`, shape (..., 3), LPS mm, to the same shape; NaN where not defined."""
        return self._moved(points, self._zeroBeyond(self.grid.displacement(points), points))

    def _moved(self, points: np.ndarray, displacement: np.ndarray) -> np.ndarray:
        return mapped(self.post, mapped(self.pre, points) + displacement)

    def _zeroBeyond(self, ofGrid: np.ndarray, points: np.ndarray) -> np.ndarray:
        """What the grid says, shape (..., 3) or (..., 3, 3), but zero outside where that holds."""
        if self.outsideGrid is OutsideGrid.RIGID:
            ofGrid[self._isBeyond(points)] = 0
        return ofGrid

    def _isBeyond(self, points: np.ndarray) -> np.ndarray:
        """Whether each of `points` is a point outside the grid."""
        points = np.asarray(points, dtype=float)
        return ~np.isnan(points).any(axis=-1) & ~self.grid.contains(points)

    def status(self, points: np.ndarray) -> np.ndarray:
        """PointStatus of each of `points`, shape (..., 3): an array of shape (...), uint8."""
        return self.mapped(points).status

    def mapped(self, points: np.ndarray) -> MappedPoints:
        """`points`, shape (..., 3), LPS mm, in `toFrame`, each with its status.

        A point that is NaN itself is undefined.
        """
        points = np.asarray(points, dtype=float)
        there = self(points)
        status = np.full(points.shape[:-1], PointStatus.DEFINED, dtype=np.uint8)
        missing = np.isnan(there).any(axis=-1)
        if missing.any():
            outside = self._isBeyond(points[missing])
            status[missing] = np.where(outside, PointStatus.OUTSIDE, PointStatus.UNDEFINED)
        return MappedPoints(there, status)

    def extended(self, points: np.ndarray) -> np.ndarray:
        """As a call, with the displacement continued where the grid says nothing: for searches
        whose result is checked afterwards. See `DisplacementGrid.extendedDisplacement`.
        """
        displacement = self.grid.extendedDisplacement(points)
        return self._moved(points, self._zeroBeyond(displacement, points))

    def jacobian(self, points: np.ndarray) -> np.ndarray:
        """Derivative of the whole map, shape (..., 3, 3): row = component of the result.

        NaN where it is not defined. See `DisplacementGrid.gradient`.
        """
        return self._jacobian(self._zeroBeyond(self.grid.gradient(points), points))

    def extendedJacobian(self, points: np.ndarray) -> np.ndarray:
        """Derivative of `extended`, shape (..., 3, 3); finite everywhere."""
        return self._jacobian(self._zeroBeyond(self.grid.extendedGradient(points), points))

    def _jacobian(self, gradient: np.ndarray) -> np.ndarray:
        return self.post[:3, :3] @ (self.pre[:3, :3] + gradient)

    def jacobianDeterminant(self, points: np.ndarray) -> np.ndarray:
        """Volume in `toFrame` per volume in `fromFrame` at `points`, shape (...): not above zero
        where space is folded, NaN where not defined.
        """
        x, y, z = np.moveaxis(self.jacobian(points), -2, 0)
        return np.sum(np.cross(x, y) * z, axis=-1)

    def inverse(self) -> NoReturn:
        """Refused: a deformation has no exact inverse. NumericalInverse says what it is.

        Raises
            NotInvertibleError: always.
        """
        raise NotInvertibleError(
            f"the deformation from {self.fromFrame} to {self.toFrame} has no exact inverse"
        )
