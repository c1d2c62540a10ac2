"""Homogeneous transforms between Frames of Reference.

One convention everywhere: LPS patient coordinates, millimeters, float64, column vectors. A point
`p` maps to `matrix @ p`. RAS exists only in scene.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from .errors import (
    FrameOfReferenceError,
    MalformedRegistrationError,
    NotInvertibleError,
    NotRigidError,
)

ROTATION_TOLERANCE = 1e-4  # on elements of AᵀA - I: more than decimal strings of 6 digits cost
PART = 1 << 14  # points moved at once: more would start threads that wait for each other
REPAIRABLE_ROTATION = 1e-2  # beyond this a matrix declared rigid is not a rounded rotation
IDENTITY_TOLERANCE = 1e-6  # on elements of M - I
SMALLEST_DETERMINANT = 1e-6
LARGEST_ELEMENT = 1e9  # of a matrix, mm: what is larger leaves no digits for a patient
CORNERS = np.indices((2, 2, 2)).reshape(3, 8).T  # of a unit cube, in the order of axes i, j, k
CORNERS.flags.writeable = False
# Where no image is at hand: the corners of a cube as large as a large field of view.
FIELD_OF_VIEW = (CORNERS - 0.5) * 500.0


class MatrixType(StrEnum):
    """Kinds of matrix, from the most to the least constrained (PS3.3 C.20.2.1.2)."""

    RIGID = "RIGID"
    RIGID_SCALE = "RIGID_SCALE"
    AFFINE = "AFFINE"


@dataclass(frozen=True, eq=False)
class AffineTransform:
    """Maps points of Frame of Reference `fromFrame` to `toFrame` (UIDs).

    `matrix` has shape (4, 4), column vectors, LPS mm, last row 0 0 0 1; read-only. `origin` names
    the object that it was taken from, for messages.

    Raises
        MalformedRegistrationError: a number is not finite.
    """

    matrix: np.ndarray
    fromFrame: str
    toFrame: str
    origin: str = ""

    def __post_init__(self) -> None:
        matrix = np.array(self.matrix, dtype=float)
        if not np.isfinite(matrix).all():
            raise MalformedRegistrationError("the matrix has numbers that are not finite")
        if matrix.shape != (4, 4) or not np.array_equal(matrix[3], (0, 0, 0, 1)):
            raise ValueError(f"expected a 4x4 matrix with last row 0 0 0 1, got {matrix.tolist()}")
        matrix.flags.writeable = False
        object.__setattr__(self, "matrix", matrix)

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Map `points`, shape (..., 3), LPS mm in `fromFrame`, to the same shape in `toFrame`."""
        return mapped(self.matrix, points)

    def __matmul__(self, first: AffineTransform) -> AffineTransform:
        """Compose: `(b @ a)(x) == b(a(x))`.

        Raises
            FrameOfReferenceError: the frames do not meet.
        """
        if first.toFrame != self.fromFrame:
            raise FrameOfReferenceError(
                f"cannot follow a transform into {first.toFrame} by one from {self.fromFrame}"
            )
        return AffineTransform(self.matrix @ first.matrix, first.fromFrame, self.toFrame)

    def inverse(self) -> AffineTransform:
        """The transform from `toFrame` back to `fromFrame`.

        Raises
            NotInvertibleError: the matrix is singular.
        """
        return AffineTransform(inverted(self.matrix), self.toFrame, self.fromFrame, self.origin)


def mapped(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """`points`, shape (..., 3), moved by `matrix`, shape (4, 4)."""
    points = np.asarray(points, dtype=float)
    flat = points.reshape(-1, 3)
    result = np.empty_like(flat)
    for start in range(0, len(flat), PART):
        part = slice(start, start + PART)
        np.matmul(flat[part], matrix[:3, :3].T, out=result[part])
        result[part] += matrix[:3, 3]
    return result.reshape(points.shape)


def determinant(matrix: np.ndarray) -> float:
    """Determinant of the 3x3 part of `matrix`, shape (4, 4): negative for a mirror; NaN, silently,
    for NaN.
    """
    x, y, z = matrix[:3, :3]
    return float(np.dot(np.cross(x, y), z))


def inverted(matrix: np.ndarray) -> np.ndarray:
    """The inverse of an affine `matrix`, shape (4, 4), with an exact last row.

    Raises
        NotInvertibleError: its determinant is zero, or so small that the inverse means nothing.
    """
    volume = determinant(matrix)
    if not abs(volume) > SMALLEST_DETERMINANT:
        raise NotInvertibleError(f"the matrix is singular: its determinant is {volume:.3g}")
    inverse = np.linalg.inv(matrix)
    inverse[3] = (0, 0, 0, 1)
    return inverse


def isIdentity(matrix: np.ndarray, tolerance: float = IDENTITY_TOLERANCE) -> bool:
    """Whether every element of `matrix`, shape (4, 4), is within `tolerance` of the identity."""
    return bool(np.abs(matrix - np.eye(4)).max() <= tolerance)


def orthonormalityError(matrix: np.ndarray) -> float:
    """Largest absolute element of AᵀA - I, where A is the 3x3 part of `matrix`, shape (4, 4)."""
    part = matrix[:3, :3]
    return float(np.abs(part.T @ part - np.eye(3)).max())


def matrixType(matrix: np.ndarray) -> MatrixType:
    """The most constrained type that `matrix`, shape (4, 4), satisfies, by value.

    RIGID_SCALE is accepted with orthogonal columns (rotation · scale) as well as orthogonal rows
    (scale · rotation), because PS3.17 Annex P describes both. A mirror is never RIGID.

    Source
        DICOM PS3.3 C.20.2.1.2, PS3.17 P
    """
    part = matrix[:3, :3]
    proper = determinant(matrix) > 0
    if proper and orthonormalityError(matrix) <= ROTATION_TOLERANCE:
        return MatrixType.RIGID
    for gram in (part.T @ part, part @ part.T):
        offDiagonal = gram - np.diag(np.diag(gram))
        if proper and np.abs(offDiagonal).max() <= ROTATION_TOLERANCE * np.diag(gram).max():
            return MatrixType.RIGID_SCALE
    return MatrixType.AFFINE


def nearestRigid(matrix: np.ndarray) -> np.ndarray:
    """The rigid matrix nearest to `matrix` (polar decomposition), same translation.

    Raises
        NotRigidError: `matrix` is a mirror, is singular, or differs from a rotation by more than
        rounding explains (AᵀA - I above 1e-2).
    """
    error = orthonormalityError(matrix)
    volume = determinant(matrix)
    if not volume > SMALLEST_DETERMINANT or not error <= REPAIRABLE_ROTATION:
        raise NotRigidError(
            f"expected a rigid matrix, found one with determinant {volume:.6g} whose "
            f"AᵀA differs from the identity by {error:.3g}"
        )
    rigid = np.array(matrix, dtype=float)
    rigid[:3, :3] = _nearestRotation(matrix)
    rigid[3] = (0, 0, 0, 1)
    return rigid


def distanceFromRigid(matrix: np.ndarray, points: np.ndarray) -> float:
    """Largest distance in mm between `points`, shape (n, 3), moved by `matrix` and by the rotation
    nearest to it about their center: what a reader would lose by calling the matrix rigid.
    """
    centered = np.asarray(points, dtype=float) - np.mean(points, axis=0)
    lost = matrix[:3, :3] - _nearestRotation(matrix)
    return float(np.linalg.norm(centered @ lost.T, axis=-1).max())


def rotationAngle(matrix: np.ndarray) -> float:
    """Angle in degrees, in [0, 180], of the rotation nearest to the 3x3 part of `matrix`, shape
    (4, 4).
    """
    rotation = _nearestRotation(matrix)
    sine = np.linalg.norm(rotation - rotation.T) / np.sqrt(8)
    return float(np.degrees(np.arctan2(sine, (np.trace(rotation) - 1) / 2)))


def _nearestRotation(matrix: np.ndarray) -> np.ndarray:
    """The rotation nearest to the 3x3 part of `matrix`, also where that is a mirror."""
    left, _, right = np.linalg.svd(matrix[:3, :3])
    return left @ np.diag([1, 1, np.sign(determinant(left @ right))]) @ right
