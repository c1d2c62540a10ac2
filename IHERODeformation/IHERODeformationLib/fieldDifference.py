"""Two registrations compared: how far apart they take the same points."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from IHERORegistrationLib.frames import Transform
from IHERORegistrationLib.lattice import Lattice

from .displacementGrid import PointStatus
from .distribution import Distribution, distributionOf
from .mappedPoints import mappedThrough

CHUNK = 1 << 17  # points treated at once


@dataclass(frozen=True, eq=False)
class FieldDifference:
    """`vectors`, shape (nk, nj, ni, 3), LPS mm: where the second registration takes each voxel
    center of the lattice less where the first does, NaN where one of them says nothing; `lengths`
    are of those that are defined. `onlyFirst` and `onlySecond` count voxels that one defines.
    """

    vectors: np.ndarray
    lengths: Distribution
    onlyFirst: int
    onlySecond: int


def vectorDifference(
    first: Transform,
    second: Transform,
    over: Lattice,
    progress: Callable[[float], None] = lambda _: None,
) -> FieldDifference:
    """How `second` differs from `first`, both from the frame of `over` to the same frame.
    `progress` is told the part done, 0 to 1; what it raises ends the work.

    Raises
        ValueError: they do not connect the same frames.
    """
    ends = [(one.fromFrame, one.toFrame) for one in (first, second)]
    if ends[0] != ends[1]:
        raise ValueError(f"expected transforms between the same frames, got {ends}")
    count = int(np.prod(over.size))
    vectors = np.empty((count, 3), np.float32)
    only = np.zeros(2, int)
    for start in range(0, count, CHUNK):
        progress(start / count)
        flat = np.arange(start, min(start + CHUNK, count))
        points = over.centersOf(flat)
        one, other = mappedThrough(first, points), mappedThrough(second, points)
        vectors[flat] = other.points - one.points
        known = [found.status == PointStatus.DEFINED for found in (one, other)]
        only += np.count_nonzero(known[0] & ~known[1]), np.count_nonzero(known[1] & ~known[0])
    lengths = distributionOf(np.linalg.norm(vectors.astype(float), axis=-1))
    return FieldDifference(vectors.reshape(*over.shape, 3), lengths, int(only[0]), int(only[1]))
