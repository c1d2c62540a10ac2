"""Points spread evenly over the volume of a structure, whatever lattice is to be asked there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from IHERORegistrationLib.contourPlanes import ContourPlane, PlaneStack, planeStack
from IHERORegistrationLib.notes import Note
from IHERORegistrationLib.structureMask import evenOddMask
from IHERORegistrationLib.structures import Structure

FINEST_SHARE = 100_000  # points in a structure, so that the number of its voxels plays no part
MOST_POINTS = 4_000_000  # in the largest one: a whole body every 2 mm
SMALLEST_PITCH = 0.05  # mm
SPREAD = np.array([0.7548776662466927, 0.5698402909980532])  # multiples of it fill a square evenly


@dataclass(frozen=True, eq=False)
class StructureSamples:
    """`points`, shape (n, 3) LPS mm in Frame of Reference `frame`; each stands for `volumes`,
    shape (n,), mm³. `extent`, shape (3,), mm, is the box around the structure along its planes and
    their normal.
    """

    points: np.ndarray
    volumes: np.ndarray
    extent: np.ndarray
    frame: str
    notes: tuple[Note, ...]

    @property
    def volume(self) -> float:
        """Volume of the structure in mm³."""
        return float(self.volumes.sum())


def structureSamples(
    structure: Structure, coarsest: float, sliceSpacing: float | None
) -> StructureSamples:
    """Points over `structure`, no farther apart than `coarsest` mm unless that were millions.

    Each contour plane stands for the slab that `planeStack` gives it, filled by the even-odd rule.
    `sliceSpacing` is the distance in mm of the slices the structure was drawn on, None if unknown.

    Raises
        MalformedObjectError: it has no closed contours in parallel planes, or no known thickness.
    """
    stack = planeStack(structure, sliceSpacing)
    pitch = _pitch(stack.volume, coarsest)
    slabs = [_slab(plane, stack, pitch) for plane in stack.planes]
    return StructureSamples(
        points=np.concatenate([points for points, _ in slabs]),
        volumes=np.concatenate([np.full(len(points), volume) for points, volume in slabs]),
        extent=_extent(stack),
        frame=structure.frame,
        notes=stack.notes,
    )


def _pitch(volume: float, coarsest: float) -> float:
    """Distance between points in mm, for a structure of `volume` mm³."""
    fine = min(coarsest, np.cbrt(volume / FINEST_SHARE))
    return float(max(fine, np.cbrt(volume / MOST_POINTS), SMALLEST_PITCH))


def _slab(plane: ContourPlane, stack: PlaneStack, pitch: float) -> tuple[np.ndarray, float]:
    """Points, shape (n, 3), inside the slab of `plane`, and the mm³ that each stands for.

    Rows, columns and layers are shifted against each other, so that no two planes of points,
    however they lie, hold many that a dose varying across them cannot tell apart.
    """
    drawn = np.concatenate(plane.polygons)
    low, width = drawn.min(axis=0), np.ptp(drawn, axis=0)
    count = np.maximum(np.ceil(width / pitch), 1).astype(int)
    step = np.maximum(width / count, np.finfo(float).tiny)
    loops = [(one - low) / step for one in plane.polygons]
    thickness = plane.below + plane.above
    layers = max(int(np.ceil(thickness / pitch)), 1)
    parts = []
    for layer in range(layers):
        shift = (layer + 0.5) * SPREAD % 1
        j, i = np.nonzero(
            evenOddMask([one - shift for one in loops], (int(count[1]), int(count[0])))
        )
        depth = (layer + (np.column_stack([i, j]) + 0.5) @ SPREAD % 1) * thickness / layers
        inPlane = low + step * (np.column_stack([i, j]) + shift)
        parts.append(np.column_stack([inPlane, plane.offset - plane.below + depth]))
    points = np.concatenate(parts) @ stack.axes.T
    return points, float(np.prod(step)) * thickness / layers


def _extent(stack: PlaneStack) -> np.ndarray:
    drawn = np.concatenate([polygon for plane in stack.planes for polygon in plane.polygons])
    first, last = stack.planes[0], stack.planes[-1]
    height = last.offset + last.above - first.offset + first.below
    return np.array([*np.ptp(drawn, axis=0), height])
