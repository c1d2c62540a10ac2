"""What of a dose no voxel of the deformed one comes from: it is lost on the way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import binary_dilation

from IHERORegistrationLib.dose import Dose
from IHERORegistrationLib.frames import Transform
from IHERORegistrationLib.lattice import Lattice

from .mappedPoints import mappedThrough

CHUNK = 1 << 17  # points treated at once


@dataclass(frozen=True)
class UnreachedDose:
    """`share` of the integral of a dose (0 to 1, of absolute values), `voxels` with a dose other
    than zero and the `maximum` of their absolute values.
    """

    share: float
    voxels: int
    maximum: float


def unreachedDose(
    dose: Dose, toDose: Transform, lattice: Lattice, reached: np.ndarray
) -> UnreachedDose:
    """What of `dose` lies more than a voxel from where `toDose` takes the voxel centers of
    `lattice` that are `reached`, bool (nk, nj, ni).
    """
    there = dose.volume.lattice
    met = np.zeros(there.shape, bool)
    voxels = np.flatnonzero(reached)
    for start in range(0, len(voxels), CHUNK):
        k, j, i = np.unravel_index(voxels[start : start + CHUNK], lattice.shape)
        points = mappedThrough(toDose, lattice.points(np.stack([i, j, k], axis=-1))).points
        index = np.rint(there.indices(points))
        i, j, k = np.clip(index, 0, np.array(there.size) - 1).astype(int).T
        met[k, j, i] = True
    met = binary_dilation(met, np.ones((3, 3, 3), bool))
    values = np.abs(dose.volume.values)
    lost = ~met & (values > 0)
    whole = float(values.sum(dtype=float))
    return UnreachedDose(
        share=float(values.sum(where=lost, dtype=float)) / whole if whole else 0.0,
        voxels=int(lost.sum()),
        maximum=float(values.max(where=lost, initial=0)),
    )
