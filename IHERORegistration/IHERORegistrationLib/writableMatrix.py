"""A matrix as a Decimal String can hold it, and what kind it then is."""

from __future__ import annotations

import numpy as np

from .decimalStrings import asWritten
from .errors import NotRigidError
from .geometry import MatrixType, inverted, matrixType, nearestRigid, orthonormalityError

ROUNDED_ROTATION = 1e-9  # what 16-character decimals may cost a rotation; correct ones cost 1e-13


def writableMatrix(matrix: np.ndarray) -> tuple[np.ndarray, MatrixType]:
    """`matrix`, shape (4, 4), as it will be read back after rounding to Decimal Strings, and its
    type by value. A rigid one is made exactly orthonormal before it is rounded.

    Raises
        NotInvertibleError: it is singular.
        NotRigidError: it is a mirror, or no longer a rotation once it is rounded.
    """
    inverted(matrix)
    if np.linalg.det(matrix[:3, :3]) < 0:
        raise NotRigidError("expected a matrix that keeps left and right, found a mirror")
    kind = matrixType(matrix)
    if kind is not MatrixType.RIGID:
        return asWritten(matrix), kind
    written = asWritten(nearestRigid(matrix))
    error = orthonormalityError(written)
    if error > ROUNDED_ROTATION:
        raise NotRigidError(
            f"expected a rotation after rounding to 16 characters, found one whose AᵀA differs "
            f"from the identity by {error:.3g}"
        )
    return written, kind
