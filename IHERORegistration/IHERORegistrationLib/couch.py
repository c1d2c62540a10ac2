"""A rigid registration read as a movement of the treatment couch.

One direction only: the movement that brings the anatomy from where it lies today (the source frame,
such as a cone-beam CT) to where it was planned (the registered frame). The patient is turned about
the isocenter first and shifted then.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from .errors import MalformedObjectError, NotRigidError
from .geometry import AffineTransform, MatrixType, matrixType, nearestRigid

# A middle angle nearer to 90° than this (radians) leaves only the sum of the other two defined
GIMBAL_LOCK = 1e-7

# Where the patient's left, posterior and head point on the couch, as columns; IEC 61217 FIXED axes:
# x to the right for who stands at the foot end of the couch and faces the gantry, y towards the
# gantry, z up. DICOM PS3.17 FFF.1.2.2.2 prints the same in axes right, down, head end.
# fmt: off
_LEFT_POSTERIOR_HEAD = {
    #        left          posterior      head
    "HFS":  ((1, 0, 0),   (0, 0, -1),    (0, 1, 0)),
    "HFP":  ((-1, 0, 0),  (0, 0, 1),     (0, 1, 0)),
    "HFDR": ((0, 0, 1),   (1, 0, 0),     (0, 1, 0)),
    "HFDL": ((0, 0, -1),  (-1, 0, 0),    (0, 1, 0)),
    "FFS":  ((-1, 0, 0),  (0, 0, -1),    (0, -1, 0)),
    "FFP":  ((1, 0, 0),   (0, 0, 1),     (0, -1, 0)),
    "FFDR": ((0, 0, 1),   (-1, 0, 0),    (0, -1, 0)),
    "FFDL": ((0, 0, -1),  (1, 0, 0),     (0, -1, 0)),
}
# fmt: on
POSITIONS = tuple(_LEFT_POSTERIOR_HEAD)  # Patient Position (0018,5100) of a lying patient


class Convention(StrEnum):
    """Whose axes the numbers of a movement are in."""

    DICOM_PATIENT = "DICOM patient axes"
    IEC_61217 = "IEC 61217"


@dataclass(frozen=True, eq=False)
class CouchMovement:
    """Turn about the isocenter, then shift, in the axes of one convention.

    `translation` is in mm along x, y, z and `rotations` in degrees about x, y, z, each positive
    as a right-handed screw. The rotations do not commute: `rotationOrder` names the axes as they
    apply, the first one first, all fixed in the room. `isLocked` tells that the rotations about
    the first and the last axis could not be told apart; the first one is then 0.
    """

    convention: Convention
    patientPosition: str  # empty with DICOM_PATIENT, which does not depend on it
    fromFrame: str
    toFrame: str
    translation: tuple[float, float, float]
    rotations: tuple[float, float, float]
    rotationOrder: str
    isLocked: bool

    @property
    def matrix(self) -> np.ndarray:
        """The movement as a matrix, shape (4, 4), mm; the origin is the isocenter."""
        matrix = np.eye(4)
        for axis in self.rotationOrder:
            number = "xyz".index(axis)
            matrix[:3, :3] = _rotation(number, np.radians(self.rotations[number])) @ matrix[:3, :3]
        matrix[:3, 3] = self.translation
        return matrix

    def __str__(self) -> str:
        position = f", patient position {self.patientPosition}" if self.patientPosition else ""
        shifts, turns = _WORDS[self.convention]
        parts = [
            *map("{} {} mm".format, shifts, map(_signed, self.translation)),
            *map("{} {}°".format, turns, map(_signed, self.rotations)),
        ]
        order = " then ".join(self.rotationOrder)
        first, last = self.rotationOrder[0], self.rotationOrder[2]
        locked = (
            f" The turns about {first} and {last} cannot be told apart here: "
            f"the one about {first} is given as 0."
            if self.isLocked
            else ""
        )
        return (
            f"{self.convention}{position}: {', '.join(parts)}. Turned about the isocenter first "
            f"(about {order}), then shifted; moves the anatomy from where it lies in frame "
            f"{self.fromFrame} to where it lies in frame {self.toFrame}.{locked}"
        )


_WORDS = {
    Convention.DICOM_PATIENT: (
        ("to the patient's left", "to posterior", "to the head"),
        ("about the left axis (x)", "about the posterior axis (y)", "about the head axis (z)"),
    ),
    Convention.IEC_61217: (
        ("lateral (x)", "longitudinal (y)", "vertical (z)"),
        ("pitch (x)", "roll (y)", "couch rotation (z)"),
    ),
}


def _signed(number: float) -> str:
    return f"{round(number, 2) + 0:+.2f}"  # adding 0 makes -0 a 0


def patientMovement(
    transform: AffineTransform, *, todaysIsocenter: np.ndarray, plannedIsocenter: np.ndarray
) -> CouchMovement:
    """The movement in the patient's axes: x to the left, y to posterior, z to the head.

    `transform` is source → registered and rigid. `todaysIsocenter` is where the isocenter of the
    machine lies in the source frame, `plannedIsocenter` where the plan has it in the registered
    frame, both (3,) LPS mm. They are the same numbers only if the frames were set up so; nothing
    assumes it. Turned about z first, then x, then y, so that for HFS, HFP, FFS and FFP the angles
    are those of `couchMovement` but for names and signs.

    Raises
        NotRigidError: the matrix is not rigid.

    Source
        DICOM PS3.3 C.7.6.2.1.1 (axes)
    """
    axes = _Axes(Convention.DICOM_PATIENT, "", np.eye(3), "zxy")
    return _movement(transform, todaysIsocenter, plannedIsocenter, axes)


def couchMovement(
    transform: AffineTransform,
    *,
    todaysIsocenter: np.ndarray,
    plannedIsocenter: np.ndarray,
    patientPosition: str,
) -> CouchMovement:
    """The movement in IEC 61217 FIXED axes, by which a couch is steered; see `patientMovement`.

    x (lateral) points to the right for who stands at the foot end of the couch and faces the
    gantry, y (longitudinal) towards the gantry, z (vertical) up. `patientPosition` is how the
    patient lies on that couch (0018,5100). The angles nest as the couch does: rotation of the
    patient support about z, in it the pitch of the table top about x, in that its roll about y; in
    axes fixed in the room that is roll first, then pitch, then rotation. All three are about the
    isocenter: a table top that pitches about another point needs another shift.

    Raises
        NotRigidError: the matrix is not rigid.
        MalformedObjectError: the patient position is none of the eight of a lying patient.

    Source
        IEC 61217, DICOM PS3.3 C.8.8.14.12 (pitch before roll), PS3.17 FFF.1.2.2.2 (positions)
    """
    if patientPosition not in _LEFT_POSTERIOR_HEAD:
        raise MalformedObjectError(
            f"expected a Patient Position among {', '.join(_LEFT_POSTERIOR_HEAD)}, "
            f"found {patientPosition or 'none'}"
        )
    fromLPS = np.array(_LEFT_POSTERIOR_HEAD[patientPosition], float).T
    axes = _Axes(Convention.IEC_61217, patientPosition, fromLPS, "yxz")
    return _movement(transform, todaysIsocenter, plannedIsocenter, axes)


@dataclass(frozen=True, eq=False)
class _Axes:
    """The axes of a convention: `fromLPS`, shape (3, 3), takes LPS directions to them; `order`
    names those about which one turns, the first one first.
    """

    convention: Convention
    patientPosition: str
    fromLPS: np.ndarray
    order: str


def _movement(
    transform: AffineTransform,
    todaysIsocenter: np.ndarray,
    plannedIsocenter: np.ndarray,
    axes: _Axes,
) -> CouchMovement:
    """The movement in `axes`."""
    if matrixType(transform.matrix) is not MatrixType.RIGID:
        raise NotRigidError(
            "expected a rigid matrix to read a couch movement from, found "
            f"{matrixType(transform.matrix)} from {transform.fromFrame} to {transform.toFrame}"
        )
    rotation = axes.fromLPS @ nearestRigid(transform.matrix)[:3, :3] @ axes.fromLPS.T
    angles, isLocked = _angles(rotation, ["xyz".index(axis) for axis in axes.order])
    shift = axes.fromLPS @ (transform(todaysIsocenter) - np.asarray(plannedIsocenter, dtype=float))
    return CouchMovement(
        convention=axes.convention,
        patientPosition=axes.patientPosition,
        fromFrame=transform.fromFrame,
        toFrame=transform.toFrame,
        translation=(float(shift[0]), float(shift[1]), float(shift[2])),
        rotations=angles,
        rotationOrder=axes.order,
        isLocked=isLocked,
    )


def _rotation(axis: int, angle: float) -> np.ndarray:
    """Right-handed rotation by `angle` (radians) about axis 0, 1 or 2; shape (3, 3)."""
    rotation = np.eye(3)
    one, two = (axis + 1) % 3, (axis + 2) % 3
    rotation[one, one] = rotation[two, two] = np.cos(angle)
    rotation[two, one] = np.sin(angle)
    rotation[one, two] = -rotation[two, one]
    return rotation


def _angles(rotation: np.ndarray, order: list[int]) -> tuple[tuple[float, float, float], bool]:
    """Angles in degrees about axes 0, 1, 2 whose rotations, applied in `order`, make `rotation`;
    and whether the first and the last of them could not be told apart.
    """
    first, middle, last = order
    handed = 1 if (last + 1) % 3 == middle else -1
    cosine = np.hypot(rotation[last, last], rotation[last, middle])
    angles = np.zeros(3)
    angles[middle] = np.arctan2(handed * rotation[last, first], cosine)
    isLocked = bool(cosine < GIMBAL_LOCK)
    if isLocked:
        angles[last] = np.arctan2(handed * rotation[first, middle], rotation[middle, middle])
    else:
        angles[first] = np.arctan2(-handed * rotation[last, middle], rotation[last, last])
        angles[last] = np.arctan2(-handed * rotation[middle, first], rotation[first, first])
    x, y, z = np.degrees(angles)
    return (float(x), float(y), float(z)), isLocked
