"""Axial, sagittal and coronal planes through a box of the patient, and what a viewer must be told
about them: which way is up, where they lie.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import permutations

import numpy as np

SECOND_LETTER = 0.26  # a direction gets a second letter from 15 degrees off
NAMED_TILT = 0.5  # degrees; less is not worth a word
_LETTERS = (("L", "R"), ("P", "A"), ("H", "F"))


class Plane(StrEnum):
    """Seen as radiologists do: the patient's left at the right edge, anterior at the left edge."""

    AXIAL = "Axial"
    SAGITTAL = "Sagittal"
    CORONAL = "Coronal"


# for each plane: the axis across the picture, the axis up and its sign, the axis through it
_AXES = {
    Plane.AXIAL: (0, 1, -1, 2),
    Plane.SAGITTAL: (1, 2, 1, 0),
    Plane.CORONAL: (0, 2, 1, 1),
}


@dataclass(frozen=True, eq=False)
class Box:
    """What is worth showing: `low` to `high`, mm along `axes`, whose columns are unit vectors in
    LPS that point about to the patient's left, back and head. Each of shape (3,) or (3, 3).
    """

    axes: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def size(self) -> np.ndarray:
        return self.high - self.low

    @property
    def center(self) -> np.ndarray:
        """LPS mm, shape (3,)."""
        return self.axes @ ((self.low + self.high) / 2)


@dataclass(frozen=True, eq=False)
class SlicePlane:
    """A rectangle in space: `right` and `up` are unit vectors in LPS along its edges, `center` is
    LPS mm, `width` and `height` are mm. `offset` is where it lies on its normal, mm, counted
    toward the patient's left, back or head; `tilt` is its angle to the patient's axes, degrees.
    """

    plane: Plane
    right: np.ndarray
    up: np.ndarray
    center: np.ndarray
    width: float
    height: float
    offset: float
    tilt: float

    def pixels(self, points: np.ndarray, pixelSize: float) -> np.ndarray:
        """Where `points`, shape (..., 3) LPS mm, fall in a picture of the plane: x from the left
        and y from the top edge, shape (..., 2); pixel n covers n to n + 1.
        """
        away = np.asarray(points, float) - self.center
        x = away @ self.right + self.width / 2
        y = self.height / 2 - away @ self.up
        return np.stack([x, y], axis=-1) / pixelSize

    @property
    def letters(self) -> tuple[str, str, str, str]:
        """What lies at the left, right, top and bottom edge, such as `R L A P`."""
        vectors = (-self.right, self.right, self.up, -self.up)
        return tuple(orientationLetters(vector) for vector in vectors)  # type: ignore[return-value]

    @property
    def title(self) -> str:
        """Such as `Axial`, or `Axial, tilted 12°`."""
        return f"{self.plane}, tilted {self.tilt:.0f}°" if self._isTilted else str(self.plane)

    @property
    def position(self) -> str:
        """Such as `z −24.0 mm`; of a tilted plane only the number."""
        value = f"{round(self.offset, 1) + 0.0:.1f} mm".replace("-", "\N{MINUS SIGN}")
        return value if self._isTilted else f"{'xyz'[_AXES[self.plane][3]]} {value}"

    @property
    def _isTilted(self) -> bool:
        return self.tilt > NAMED_TILT


def slicePlane(plane: Plane, box: Box, center: np.ndarray) -> SlicePlane:
    """The plane through `center`, shape (3,) LPS mm, that shows the whole of `box`."""
    across, upward, sign, through = _AXES[plane]
    offset = float(center @ box.axes[:, through])
    place = (box.low + box.high) / 2
    place[through] = offset
    tilt = np.degrees(np.arccos(np.clip(np.abs(np.diag(box.axes)).min(), -1, 1)))
    return SlicePlane(
        plane,
        right=box.axes[:, across],
        up=sign * box.axes[:, upward],
        center=box.axes @ place,
        width=float(box.size[across]),
        height=float(box.size[upward]),
        offset=offset,
        tilt=float(tilt),
    )


def orientationLetters(vector: np.ndarray) -> str:
    """The patient's side that `vector`, shape (3,) LPS, points to: `L`, or `LA` if it is oblique.

    Source
        DICOM PS3.3 C.7.6.1.1.1
    """
    unit = np.asarray(vector, float) / np.linalg.norm(vector)
    order = np.argsort(-np.abs(unit), kind="stable")
    named = [order[0], *(axis for axis in order[1:] if abs(unit[axis]) > SECOND_LETTER)]
    return "".join(_LETTERS[axis][0 if unit[axis] > 0 else 1] for axis in named)


def nearestPatientAxes(directions: np.ndarray) -> np.ndarray:
    """The columns of `directions`, shape (3, 3) unit vectors in LPS, in the order and with the
    signs that bring them nearest to the patient's left, back and head.
    """
    order = max(permutations(range(3)), key=lambda p: sum(abs(directions[range(3), p])))
    ordered = directions[:, order]
    return ordered * np.where(np.diag(ordered) < 0, -1.0, 1.0)
