"""A rigid or affine registration in numbers, for tables and to be copied as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from .couch import CouchMovement, couchMovement, patientMovement
from .geometry import AffineTransform, MatrixType, matrixType
from .scene import LPS_TO_RAS
from .sentences import motionSentence


@dataclass(frozen=True)
class NumberTable:
    """A title, rows of text cells under `headers` (perhaps none), and a sentence below them.

    `text` is what is copied: the same with all digits.
    """

    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    text: str = ""


SPACE = "\u2003"  # between matrices
MATRIX = "Matrix, moving to fixed, mm"


def matrixTable(inLPS: np.ndarray, title: str = MATRIX) -> NumberTable:
    """A matrix, shape (4, 4) LPS mm, and to the right of it the same in RAS."""
    inRAS = LPS_TO_RAS @ inLPS @ LPS_TO_RAS
    rows = [
        (*map(_cell, inLPS[row], range(4)), SPACE, *map(_cell, inRAS[row], range(4)))
        for row in range(3)
    ]
    return NumberTable(
        title,
        ("LPS", "", "", "", "", "RAS", "", "", ""),
        tuple(rows),
        motionSentence(inLPS),
        f"LPS\n{matrixText(inLPS)}\nRAS\n{matrixText(inRAS)}",
    )


def matrixText(matrix: np.ndarray) -> str:
    """`matrix`, shape (4, 4), with all digits, one row a line."""
    return "\n".join(" ".join(repr(float(value)) for value in row) for row in matrix)


def movementTable(transform: AffineTransform, moving: np.ndarray, fixed: np.ndarray) -> NumberTable:
    """Turn about `moving`, a point of the moving frame, and the shift that is left to `fixed`, a
    point of the fixed frame, both (3,) LPS mm, in the patient's axes.

    Raises
        NotRigidError: the matrix is not rigid.
    """
    found = patientMovement(transform, todaysIsocenter=moving, plannedIsocenter=fixed)
    return _movementTable("About the centers, patient axes", found)


def couchTable(
    transform: AffineTransform, moving: np.ndarray, fixed: np.ndarray, patientPosition: str
) -> NumberTable:
    """The movement of the couch, IEC 61217, where the two points are the isocenter today and as
    planned.

    Raises
        NotRigidError: the matrix is not rigid.
        MalformedObjectError: the patient position is none of a lying patient.
    """
    found = couchMovement(
        transform,
        todaysIsocenter=moving,
        plannedIsocenter=fixed,
        patientPosition=patientPosition,
    )
    return _movementTable(f"Couch, IEC 61217, {patientPosition}", found)


def isRigid(transform: AffineTransform) -> bool:
    """Whether angles and couch movements can be read from it."""
    return matrixType(transform.matrix) is MatrixType.RIGID


def tablesText(tables: Iterable[NumberTable]) -> str:
    """Everything, to be copied."""
    return "\n\n".join(f"{one.title}\n{one.text}" for one in tables)


def _movementTable(title: str, found: CouchMovement) -> NumberTable:
    order = " then ".join(found.rotationOrder)
    rows = [
        (axis, f"{shift + 0:.2f} mm", f"{angle + 0:.3f}°")
        for axis, shift, angle in zip(
            _axes(found), _rounded(found.translation, 2), _rounded(found.rotations, 3), strict=True
        )
    ]
    locked = " The first and the last turn cannot be told apart." if found.isLocked else ""
    note = f"Turned first, about {order}, axes fixed in the room; then shifted.{locked}"
    return NumberTable(title, ("Axis", "Shift", "Turn"), tuple(rows), note, str(found))


def _axes(found: CouchMovement) -> tuple[str, str, str]:
    if found.patientPosition:
        return "x, lateral, pitch", "y, longitudinal, roll", "z, vertical, rotation"
    return "x, to the left", "y, to the back", "z, to the head"


def _rounded(values: Sequence[float], digits: int) -> list[float]:
    return [round(value, digits) for value in values]


def _cell(value: float, column: int) -> str:
    return f"{round(value, 2) + 0:.2f}" if column == 3 else f"{round(value, 3) + 0:.3f}"
