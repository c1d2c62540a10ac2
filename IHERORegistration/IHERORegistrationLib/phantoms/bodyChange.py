"""A body that differs from the patient at rest, and shapes as they are found in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from .shapes import Shape


class BodyChange(Protocol):
    """Where the tissue that a scan finds at a point lies in the patient at rest.

    Points are body coordinates in mm, shape (..., 3). No point moves farther than `reach` mm.
    """

    @property
    def reach(self) -> float: ...

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """From the body as scanned to the patient at rest."""
        ...

    def inverse(self, points: np.ndarray) -> np.ndarray:
        """From the patient at rest to the body as scanned, within 1e-9 mm."""
        ...

    def density(self, points: np.ndarray) -> np.ndarray:
        """Density of the body as scanned at `points` per density at rest; shape (...)."""
        ...


@dataclass(frozen=True)
class AtRest:
    """The patient as anatomy.py describes him."""

    reach: float = 0.0

    def __call__(self, points: np.ndarray) -> np.ndarray:
        return points

    def inverse(self, points: np.ndarray) -> np.ndarray:
        return points

    def density(self, points: np.ndarray) -> np.ndarray:
        return np.ones(np.shape(points)[:-1])


AT_REST = AtRest()


@dataclass(frozen=True, eq=False)
class ChangedShape:
    """`shape` of the patient at rest, as it lies in the changed body.

    Its distance is measured at rest: zero in the same places, but no true distance beside them.
    """

    shape: Shape
    change: BodyChange

    @property
    def box(self) -> np.ndarray:
        return self.shape.box + np.array([[-1.0], [1.0]]) * self.change.reach

    def distance(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        there = self.change(np.stack([x, y, z], axis=-1))
        return self.shape.distance(there[..., 0], there[..., 1], there[..., 2])
