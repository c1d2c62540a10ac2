"""Where a search for a rigid transform begins."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from .lattice import Lattice, Volume

# Columns are the images of the patient's axes: lying as described, or the coordinates wrong.
ORIENTATIONS = {
    "as described": np.diag([1.0, 1.0, 1.0]),
    "half turn about x": np.diag([1.0, -1.0, -1.0]),
    "half turn about y": np.diag([-1.0, 1.0, -1.0]),
    "half turn about z": np.diag([-1.0, -1.0, 1.0]),
}
LONGER = 60.0  # mm along z by which one image exceeds the other so that it matters where it begins
ALONG = (-1.0, -0.5, 0.5, 1.0)  # of the half of that difference


class Beginning(StrEnum):
    """Which starts a search tries."""

    ALL = "all"
    COORDINATES = "coordinates"  # a point has the same coordinates in both images
    CENTERS = "centers"
    MASSES = "centers of mass"


@dataclass(frozen=True, eq=False)
class Start:
    """A rigid `matrix`, shape (4, 4), from fixed to moving points, LPS mm, and what it rests on."""

    name: str
    matrix: np.ndarray


def rigidStarts(
    fixed: Volume, moving: Volume, beginning: Beginning = Beginning.ALL
) -> tuple[Start, ...]:
    """From equal coordinates; from centers and from centers of mass, each in every orientation;
    and, where one image is longer along z, with its parts on the other. Of all these, those of
    `beginning`.
    """
    starts = [Start("coordinates", np.eye(4))]
    if beginning is Beginning.COORDINATES:
        return tuple(starts)
    centers = fixed.lattice.center, moving.lattice.center
    masses = centerOfMass(fixed), centerOfMass(moving)
    if beginning is not Beginning.ALL:
        places = centers if beginning is Beginning.CENTERS else masses
        return (Start(f"{beginning}, as described", _matrix(np.eye(3), *places)),)
    for place, (here, there) in (("centers", centers), ("centers of mass", masses)):
        for name, rotation in ORIENTATIONS.items():
            starts.append(Start(f"{place}, {name}", _matrix(rotation, here, there)))
    surplus = _length(moving.lattice) - _length(fixed.lattice)
    if abs(surplus) > LONGER:
        here, there = centers
        for part in ALONG:
            shifted = there + np.array([0, 0, part * surplus / 2])
            name = f"centers, {part * surplus / 2:+.0f} mm along z"
            starts.append(Start(name, _matrix(np.eye(3), here, shifted)))
    return tuple(starts)


def centerOfMass(volume: Volume) -> np.ndarray:
    """Mean place of the voxels, weighted by what they exceed the least value; shape (3,), LPS mm.
    The center of an image of one value.
    """
    values = volume.values
    weights = [
        np.array([float(np.sum(part, dtype=float)) for part in np.moveaxis(values, axis, 0)])
        - float(values.min()) * (values.size / values.shape[axis])
        for axis in (2, 1, 0)
    ]
    if not weights[0].sum() > 0:
        return volume.lattice.center
    index = [np.dot(one, np.arange(len(one))) / one.sum() for one in weights]
    return volume.lattice.points(np.array(index))


def _length(lattice: Lattice) -> float:
    """Extent along z, mm."""
    return float(np.ptp(lattice.corners[:, 2]))


def _matrix(rotation: np.ndarray, here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """The turn that takes the point `here` to `there`."""
    matrix = np.eye(4)
    matrix[:3, :3] = rotation
    matrix[:3, 3] = there - rotation @ here
    return matrix
