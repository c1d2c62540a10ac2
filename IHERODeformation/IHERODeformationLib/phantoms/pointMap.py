"""The true map from the registered to the source frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from IHERORegistrationLib.geometry import AffineTransform
from IHERORegistrationLib.phantoms.shapes import Shape, distanceOf

from .deformations import Deformation


@dataclass(frozen=True, eq=False)
class PointMap:
    """Points of the registered frame to where the same tissue lies in the source frame, LPS mm.

    `toBody` leads from the registered frame to the body as it was scanned there, `change` on to
    the patient at rest, whom the source scan finds through `fromBody`. Inside `hole`, a shape in
    the body as scanned, nobody can say what corresponds.
    """

    toBody: AffineTransform
    change: Deformation
    fromBody: AffineTransform
    hole: Shape | None = None

    @property
    def affine(self) -> AffineTransform:
        """The map without the change of the body: registered → source, rigid."""
        return self.fromBody @ self.toBody

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """`points`, shape (..., 3), in the source frame; NaN in the hole."""
        there = self.continued(points)
        there[self.undefined(points)] = np.nan
        return there

    def continued(self, points: np.ndarray) -> np.ndarray:
        """As a call, and through the hole as if there were none."""
        return self.fromBody(self.change(self.toBody(points)))

    def undefined(self, points: np.ndarray) -> np.ndarray:
        """Whether each of `points`, shape (..., 3), lies in the hole; shape (...)."""
        if self.hole is None:
            return np.zeros(np.shape(points)[:-1], dtype=bool)
        return distanceOf(self.hole, self.toBody(points)) < 0

    def inverse(self, points: np.ndarray) -> np.ndarray:
        """`points`, shape (..., 3), of the source frame in the registered one, within 1e-9 mm;
        NaN where they lie in the hole there.
        """
        toBody, fromBody = self.toBody.inverse(), self.fromBody.inverse()
        there = toBody(self.change.inverse(fromBody(points)))
        there[self.undefined(there)] = np.nan
        return there

    def jacobian(self, points: np.ndarray) -> np.ndarray:
        """Derivative of the map, shape (..., 3, 3): row = component of the result; NaN in the
        hole.
        """
        ends = self.fromBody.matrix[:3, :3], self.toBody.matrix[:3, :3]
        jacobian = ends[0] @ self.change.jacobian(self.toBody(points)) @ ends[1]
        jacobian[self.undefined(points)] = np.nan
        return jacobian

    def jacobianDeterminant(self, points: np.ndarray) -> np.ndarray:
        """Volume in the source per volume in the registered frame, shape (...); NaN in the hole."""
        volume = np.linalg.det(self.change.jacobian(self.toBody(points)))
        return np.where(self.undefined(points), np.nan, volume)

    def bending(self, directions: np.ndarray) -> np.ndarray:
        """See `Deformation.bending`; `directions` in the registered frame."""
        return self.change.bending(self.toBody.matrix[:3, :3] @ directions)

    def part(self, points: np.ndarray) -> np.ndarray:
        """See `Deformation.part`; `points` in the registered frame."""
        return self.change.part(self.toBody(points))
