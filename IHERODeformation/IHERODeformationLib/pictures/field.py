"""What the way between two frames does to space: displacement and change of volume at points, what
of it is one rigid motion, and how it is over a whole image.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from IHERORegistrationLib.frames import Transform
from IHERORegistrationLib.geometry import inverted, mapped
from IHERORegistrationLib.landmarks import nearestMotion
from IHERORegistrationLib.lattice import Lattice

from ..displacementGrid import PointStatus
from ..foldedSpace import jacobianDeterminant
from ..mappedPoints import mappedThrough

POINTS_LOOKED_AT = 60_000  # of an image
POINTS_FITTED = 8_000


@dataclass(frozen=True, eq=False)
class FieldValues:
    """At points of shape (...): `displacement`, shape (..., 3), mm, and `determinant` of the
    Jacobian, shape (...), both NaN where not defined; `status`, shape (...), PointStatus.
    """

    displacement: np.ndarray
    determinant: np.ndarray
    status: np.ndarray

    @property
    def length(self) -> np.ndarray:
        """Of the displacement, mm, shape (...)."""
        return np.linalg.norm(self.displacement, axis=-1)

    @property
    def isOutside(self) -> np.ndarray:
        return self.status == PointStatus.OUTSIDE

    @property
    def isUndefined(self) -> np.ndarray:
        """Not defined, but in the grid."""
        return self.status == PointStatus.UNDEFINED

    @property
    def isFolded(self) -> np.ndarray:
        return self.determinant <= 0


@dataclass(frozen=True, eq=False)
class Field:
    """What `way` does to points of the frame in which it begins.

    Displacements tell what is left when the rigid motion `rigid`, shape (4, 4), is taken out of
    it, along the axes of that frame; with the identity, all of it.
    """

    way: Transform
    rigid: np.ndarray

    def displacement(self, points: np.ndarray) -> np.ndarray:
        """From `points`, shape (..., 3), LPS mm, to where they go; NaN where not defined."""
        return mapped(inverted(self.rigid), mappedThrough(self.way, points).points) - points

    def values(self, points: np.ndarray) -> FieldValues:
        """All there is to know at `points`, shape (..., 3), LPS mm."""
        there = mappedThrough(self.way, points)
        displacement = mapped(inverted(self.rigid), there.points) - points
        return FieldValues(displacement, jacobianDeterminant(self.way, points), there.status)


def rigidPart(way: Transform, lattice: Lattice) -> np.ndarray:
    """The rigid motion, shape (4, 4), nearest to what `way` does to the points of `lattice` that
    it defines, by least squares.

    Raises
        LandmarkError: it defines fewer than 3 of those looked at, or all on a line.
    """
    points = somePoints(lattice, POINTS_FITTED)
    return nearestMotion(points, mappedThrough(way, points).points)


def motionText(matrix: np.ndarray, point: np.ndarray) -> str:
    """How far a rigid motion moves `point`, shape (3,), and by how much it turns."""
    angle = np.degrees(np.arccos(np.clip((np.trace(matrix[:3, :3]) - 1) / 2, -1, 1)))
    return f"{np.linalg.norm(mapped(matrix, point) - point):.1f} mm, {angle:.1f}°"


@dataclass(frozen=True)
class FieldSummary:
    """Of an image, looked at in `points` voxels: the shares that lie outside the grid, are not
    defined in it, are folded; mm that no displacement exceeds, and that 95 % do not; the smallest
    and largest determinant. NaN where nothing is defined.
    """

    points: int
    outside: float
    undefined: float
    folded: float
    largest: float
    ofMost: float
    determinants: tuple[float, float]


def fieldSummary(field: Field, lattice: Lattice) -> FieldSummary:
    """How `field` is over the image of `lattice`."""
    found = field.values(somePoints(lattice, POINTS_LOOKED_AT))
    lengths = found.length[~np.isnan(found.length)]
    determinants = found.determinant[~np.isnan(found.determinant)]
    return FieldSummary(
        points=len(found.status),
        outside=float(found.isOutside.mean()),
        undefined=float(found.isUndefined.mean()),
        folded=float(found.isFolded.mean()),
        largest=float(lengths.max()) if lengths.size else np.nan,
        ofMost=float(np.quantile(lengths, 0.95)) if lengths.size else np.nan,
        determinants=(
            (float(determinants.min()), float(determinants.max()))
            if determinants.size
            else (np.nan, np.nan)
        ),
    )


def somePoints(lattice: Lattice, most: int) -> np.ndarray:
    """Voxel centers evenly spread over `lattice`, about `most` of them, LPS mm, shape (n, 3)."""
    size = np.array(lattice.size)
    step = (float(np.prod(size * lattice.spacing)) / most) ** (1 / 3)  # mm
    counts = np.clip(np.ceil(size * lattice.spacing / step), 1, size).astype(int)
    axes = [
        np.unique(np.rint((np.arange(count) + 0.5) * n / count - 0.5))
        for n, count in zip(size, counts, strict=True)
    ]
    return lattice.points(np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3))
