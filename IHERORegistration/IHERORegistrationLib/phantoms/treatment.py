"""The dose that treats the patient, as a smooth function of the body."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .anatomy import BODY, PTV
from .shapes import Grown, Vector

ISOCENTER: Vector = PTV.center
BEAM_ANGLES = (205.0, 300.0, 60.0)  # degrees of the gantry, IEC 61217, patient supine head first
_TARGET = Grown(PTV, 8)


def dose(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Absorbed dose in Gy at body coordinates in mm; arrays of one shape.

    A plateau over the target and three beams that weaken with depth; nothing outside the body.
    """
    share = 1 / (1 + np.exp(np.clip(_TARGET.distance(x, y, z) / 2.5, -40, 40)))
    x, y, z = x - ISOCENTER[0], y - ISOCENTER[1], z - ISOCENTER[2]
    path = np.zeros_like(share)
    for angle in np.radians(BEAM_ANGLES).tolist():
        onward = (-float(np.sin(angle)), float(np.cos(angle)))
        depth = np.clip(x * onward[0] + y * onward[1], -300, 300)
        aside = x * onward[1] - y * onward[0]
        path += 15 * np.exp(-(((aside**2 + z**2) / 36**2) ** 2) - depth / 210)
    total = 61 * share + path * (1 - share)
    x, y, z = x + ISOCENTER[0], y + ISOCENTER[1], z + ISOCENTER[2]
    return total / (1 + np.exp(np.clip((BODY.distance(x, y, z) + 4) / 1.5, -40, 40)))


@dataclass(frozen=True)
class Isodose:
    """The shape of all points with at least `level` Gy, within `box`."""

    level: float
    reach: float = 260

    @property
    def box(self) -> np.ndarray:
        return np.array([np.subtract(ISOCENTER, self.reach), np.add(ISOCENTER, self.reach)])

    def distance(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        return self.level - dose(x, y, z)
