"""Structures as voxels: which centers of a lattice lie inside, by the even-odd rule."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .contourPlanes import planeStack
from .errors import MalformedObjectError
from .lattice import Lattice
from .structures import Structure

MOST_TILT = 0.25  # slices that a contour may leave its slice by


def maskFromStructure(structure: Structure, lattice: Lattice) -> np.ndarray:
    """Voxels of `lattice` whose centers lie inside the closed contours of `structure`.

    Boolean, shape (nk, nj, ni). A slice between two contour planes takes the nearer one, as far as
    each stands for; contours outside the lattice count for nothing. A structure without closed
    contours gives an empty mask.

    Raises
        MalformedObjectError: the contours are not parallel to the slices.
    """
    mask = np.zeros(lattice.shape, bool)
    if not any(contour.encloses for contour in structure.contours):
        return mask
    stack = planeStack(structure, float(lattice.spacing[2]))
    loops: list[np.ndarray] = []
    slices: list[int] = []
    for plane in stack.planes:
        for polygon in plane.polygons:
            points = polygon @ stack.axes[:, :2].T + plane.offset * stack.axes[:, 2]
            index = lattice.indices(points)
            _requireParallel(index, structure)
            reach = np.array([-plane.below, plane.above]) / lattice.spacing[2]
            if lattice.normal @ stack.axes[:, 2] < 0:
                reach = -reach[::-1]
            low, high = float(np.mean(index[:, 2])) + reach
            for k in range(max(0, _ceil(low)), min(lattice.size[2], _ceil(high))):
                loops.append(index[:, :2])
                slices.append(k)
    _fill(mask, loops, np.array(slices, int))
    return mask


def requireMaskable(structure: Structure, lattice: Lattice) -> None:
    """Let `structure` be asked for its mask on `lattice`.

    Raises
        MalformedObjectError: see `maskFromStructure`.
    """
    if any(contour.encloses for contour in structure.contours):
        planeStack(structure, float(lattice.spacing[2]))
    for contour in structure.contours:
        if contour.encloses:
            _requireParallel(lattice.indices(contour.points), structure)


def evenOddMask(loops: Sequence[np.ndarray], shape: tuple[int, int]) -> np.ndarray:
    """Pixels, shape (nj, ni), whose centers are inside an odd number of `loops`, each (n, 2) as
    fractional i, j. A center on the side of a loop belongs to the loop if i and j rise inwards.
    """
    mask = np.zeros((1, *shape), bool)
    _fill(mask, loops, np.zeros(len(loops), int))
    return mask[0]


def _ceil(index: float) -> int:
    """First whole index at or above `index`, which may be off by rounding."""
    return int(np.ceil(index - 1e-6))


def _requireParallel(index: np.ndarray, structure: Structure) -> None:
    spread = float(np.ptp(index[:, 2]))
    if spread > 2 * MOST_TILT:
        raise MalformedObjectError(
            f"expected contours parallel to the slices, found one of structure "
            f"{structure.number} that crosses {spread:.1f} slices"
        )


def _fill(mask: np.ndarray, loops: Sequence[np.ndarray], slices: np.ndarray) -> None:
    """Set the voxels of `mask`, shape (nk, nj, ni), inside an odd number of the loops of their
    slice. Each side of a loop flips the rest of the rows it crosses.
    """
    if not len(loops):
        return
    starts = np.concatenate(loops)
    ends = np.concatenate([np.roll(loop, -1, axis=0) for loop in loops])
    k = np.repeat(slices, [len(loop) for loop in loops])
    nj, ni = mask.shape[1:]
    low, high = np.minimum(starts[:, 1], ends[:, 1]), np.maximum(starts[:, 1], ends[:, 1])
    first = np.clip(np.ceil(low), 0, nj).astype(int)
    count = np.clip(np.ceil(high), 0, nj).astype(int) - first
    side = np.repeat(np.arange(len(starts)), count)
    j = np.arange(len(side)) + np.repeat(first - np.cumsum(count) + count, count)
    a, b = starts[side], ends[side]
    i = a[:, 0] + (j - a[:, 1]) * (b[:, 0] - a[:, 0]) / (b[:, 1] - a[:, 1])
    i = np.clip(np.ceil(i), 0, ni).astype(int)
    if not len(i) or i.min() == ni:
        return
    box = (slice(k.min(), k.max() + 1), slice(j.min(), j.max() + 1), slice(i.min(), i.max() + 1))
    flips = np.zeros([part.stop - part.start for part in box], np.uint8)
    np.add.at(flips, (k[side] - box[0].start, j - box[1].start, i - box[2].start), 1)
    np.add.accumulate(flips, axis=2, out=flips)
    mask[box] = (flips & 1)[:, :, : ni - box[2].start]
