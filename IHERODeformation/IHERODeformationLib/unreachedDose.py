"""What of a dose no voxel of the deformed one comes from: it is lost on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from IHERORegistrationLib.dose import Dose
from IHERORegistrationLib.frames import Transform
from IHERORegistrationLib.lattice import Lattice

from .mappedPoints import mappedThrough

CHUNK = 1 << 18  # points treated at once


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
    """What of `dose` has its voxel center more than a voxel of `lattice` (its diagonal) from where
    `toDose` takes the voxel centers of `lattice` that are `reached`, bool (nk, nj, ni).
    """
    there, values = dose.volume.lattice, np.abs(dose.volume.values)
    lost = values > 0
    within = float(np.linalg.norm(lattice.spacing))
    if np.linalg.norm(there.spacing) / 2 <= within:  # near the center is all of the voxel
        for points in _arrivals(toDose, lattice, reached):
            index = np.clip(np.rint(there.indices(points)), 0, np.array(there.size) - 1)
            lost[tuple(index.astype(int).T[::-1])] = False
    centers = there.points(np.argwhere(lost)[:, ::-1])
    missed = _missed(centers, _arrivals(toDose, lattice, reached), within)
    lost[lost] = missed
    whole = float(values.sum(dtype=float))
    return UnreachedDose(
        share=float(values.sum(where=lost, dtype=float)) / whole if whole else 0.0,
        voxels=int(lost.sum()),
        maximum=float(values.max(where=lost, initial=0)),
    )


def _arrivals(toDose: Transform, lattice: Lattice, reached: np.ndarray) -> Iterator[np.ndarray]:
    """Where `toDose` takes the centers of the `reached` voxels, shapes (n, 3) LPS mm."""
    voxels = np.flatnonzero(reached)
    for start in range(0, len(voxels), CHUNK):
        some = voxels[start : start + CHUNK]
        yield mappedThrough(toDose, lattice.centersOf(some)).points


def _missed(centers: np.ndarray, arrivals: Iterator[np.ndarray], within: float) -> np.ndarray:
    """Which of `centers`, shape (n, 3), are farther than `within` mm from all `arrivals`; (n,)."""
    from scipy.spatial import KDTree  # at the top it would slow down opening a module

    missed = np.ones(len(centers), bool)
    for points in arrivals:
        first, last = points.min(axis=0) - within, points.max(axis=0) + within
        near = np.flatnonzero(missed & ((centers >= first) & (centers <= last)).all(axis=1))
        if len(near):
            tree = KDTree(points, balanced_tree=False, compact_nodes=False)
            distances, _ = tree.query(centers[near], distance_upper_bound=within)
            missed[near] = ~np.isfinite(distances)
    return missed
