"""A deformation in closed form whose trilinear grid is exact, and what it makes of ellipsoids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from pydicom import Dataset

import builders
from deformationCases import declared, setGrid
from IHERODeformationLib.deformation import DeformableTransform
from IHERODeformationLib.displacementGrid import DisplacementGrid
from IHERORegistrationLib.lattice import Lattice

# z 30° and x -20°, exact to rounding
TURN = np.array([(0.8, -0.6, 0), (0.6, 0.8, 0), (0, 0, 1)]) @ np.array(
    [(1, 0, 0), (0, 0.96, 0.28), (0, -0.28, 0.96)]
)


@dataclass(frozen=True)
class BentSpace:
    """`center` goes to `there`; u = x - center goes to TURN · (u + δ(u)) from there, where
    δ = (p x + a y z, q y + b x z, r z + c x y) with p, q, r = `stretch` and a, b, c = `bend`.
    """

    center: Sequence[float]
    there: Sequence[float]
    stretch: Sequence[float] = (0.06, -0.04, 0.1)
    bend: Sequence[float] = (0.015, -0.012, 0.01)
    turn: np.ndarray = field(default_factory=lambda: TURN)

    def shift(self, u: np.ndarray) -> np.ndarray:
        x, y, z = np.moveaxis(u, -1, 0)
        return u * self.stretch + np.stack([y * z, x * z, x * y], axis=-1) * self.bend

    def __call__(self, points: np.ndarray) -> np.ndarray:
        u = np.asarray(points, float) - self.center
        return self.there + (u + self.shift(u)) @ self.turn.T

    def back(self, points: np.ndarray) -> np.ndarray:
        goal = (np.asarray(points, float) - self.there) @ self.turn
        u = goal
        for _ in range(200):
            u = goal - self.shift(u)
        assert np.abs(u + self.shift(u) - goal).max() < 1e-9
        return u + self.center

    def derivative(self, points: np.ndarray) -> np.ndarray:
        """Shape (n, 3, 3)."""
        x, y, z = np.moveaxis(np.asarray(points, float) - self.center, -1, 0)
        (p, q, r), (a, b, c) = self.stretch, self.bend
        rows = [[1 + p + 0 * x, a * z, a * y], [b * z, 1 + q + 0 * x, b * x],
                [c * y, c * x, 1 + r + 0 * x]]  # fmt: skip
        return self.turn @ np.moveaxis(np.array(rows), -1, 0)

    def volumeOf(self, moments: Sequence[float]) -> float:
        """Of the image of a body symmetric about `center`: `moments` are the integrals of 1, x²,
        y², z² over it.
        """
        (p, q, r), (a, b, c) = self.stretch, self.bend
        one, xx, yy, zz = moments
        first = (1 + p) * (1 + q) * (1 + r) * one
        return first - (1 + p) * b * c * xx - (1 + q) * a * c * yy - (1 + r) * a * b * zz

    def distances(self, points: np.ndarray, radii: Sequence[float]) -> np.ndarray:
        """Distance in mm, to first order, of `points` from the image of the ellipsoid of `radii`
        about `center`.
        """
        x = self.back(points)
        u = x - self.center
        level = np.linalg.norm(u / radii, axis=1)
        slope = (u / np.square(radii)) / level[:, None]
        there = np.linalg.solve(np.moveaxis(self.derivative(x), -1, -2), slope[..., None])[..., 0]
        return np.abs(level - 1) / np.linalg.norm(there, axis=1)

    @property
    def pre(self) -> np.ndarray:
        matrix = np.eye(4)
        matrix[:3, :3] = self.turn
        matrix[:3, 3] = self.there - self.turn @ self.center
        return matrix

    def grid(self, lattice: Lattice) -> DisplacementGrid:
        """`lattice` is parallel to the axes, for the grid to be exact."""
        index = np.indices(lattice.shape)[::-1].transpose(1, 2, 3, 0)
        vectors = self.shift(lattice.points(index) - self.center) @ self.turn.T
        return DisplacementGrid(lattice, vectors.astype("<f4"))

    def transform(self, lattice: Lattice, fromFrame: str, toFrame: str) -> DeformableTransform:
        return DeformableTransform(self.pre, self.grid(lattice), np.eye(4), fromFrame, toFrame)

    def dataset(
        self, lattice: Lattice, base: Sequence[Dataset], moving: Sequence[Dataset], **changes
    ) -> Dataset:
        """The Deformable Spatial Registration."""
        made = builders.deformableRegistration(base, moving, **changes)
        setGrid(made, lattice, self.grid(lattice).vectors)
        source = made.DeformableRegistrationSequence[1]
        source.PreDeformationMatrixRegistrationSequence = [declared(self.pre.ravel())]
        return made


def ellipsoidMoments(radii: Sequence[float]) -> np.ndarray:
    """Integrals of 1, x², y², z² over an ellipsoid about the origin."""
    volume = 4 / 3 * np.pi * np.prod(radii)
    return volume * np.array([1, *(np.square(radii) / 5)])


def boxMoments(sides: Sequence[float]) -> np.ndarray:
    """The same over a box about the origin with these whole sides."""
    return np.prod(sides) * np.array([1, *(np.square(sides) / 12)])
