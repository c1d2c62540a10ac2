"""Registrations in plain words: what maps where, and how far."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .codes import Code
from .geometry import MatrixType, isIdentity, mapped, matrixType, rotationAngle
from .registration import RegistrationItem, SpatialRegistration

# Directions of the LPS axes, positive and negative, in words and as view letters.
DIRECTIONS = (("left", "right"), ("back", "front"), ("head", "feet"))
AXES = ("left-right", "front-back", "head-foot")
SMALLEST_ANGLE = 5e-4  # degrees; smaller is written as no rotation
ALONG_AN_AXIS = 0.99  # cosine from which an axis is called by its anatomical name

METHODS = {
    "125021": "the frames were declared equal",
    "125022": "made from fiducials",
    "125023": "made from the position of the equipment",
    "125024": "made from the image contents",
    "125025": "made by eye",
    "125026": "made from image contents and fiducials",
}


def printable(text: str) -> str:
    """`text` without what could break a line or a terminal: it may come from a file."""
    return "".join(character if character.isprintable() else "�" for character in text)


def oneLine(text: str) -> str:
    """`text` on one line, see `printable`."""
    return printable(" ".join(text.split()))


def asSentence(text: str) -> str:
    """A message, or the like, with a capital letter and a full stop."""
    return f"{text[:1].upper()}{text[1:]}."


def shortUID(uid: str) -> str:
    """The end of a UID, enough to tell two apart in a sentence."""
    return uid if len(uid) <= 16 else "…" + uid[-12:]


def percentage(share: float) -> str:
    """`share` (0 to 1) in percent, which is 0 or 100 only where none or all is meant."""
    if 0 < share < 0.0005:
        return "<0.1 %"
    if 0.9995 <= share < 1:
        return ">99.9 %"
    return f"{100 * share:.1f} %"


def seriesName(modality: str, description: str) -> str:
    """“CT “Planning””, or the modality alone where the description adds nothing."""
    return modality if description in ("", modality) else f"{modality} “{description}”"


def frameName(frame: str | None, names: Mapping[str, str]) -> str:
    """What lies in a Frame of Reference, from `names` (frame → images), else its UID."""
    if frame is None:
        return "images that are not at hand"
    return names.get(frame) or f"frame {shortUID(frame)}"


def mappingSentence(fromFrame: str | None, toFrame: str, names: Mapping[str, str]) -> str:
    """“Maps points of the MR onto the CT.”"""
    return f"Maps {frameName(fromFrame, names)} onto {frameName(toFrame, names)}."


def motionSentence(matrix: np.ndarray, center: np.ndarray | None = None) -> str:
    """How `matrix`, shape (4, 4) LPS mm, moves points: its kind, angle, axis and shift.

    The shift is that of `center`, shape (3,) LPS mm, or of the coordinate origin.
    """
    if isIdentity(matrix):
        return "Identity: points keep their coordinates."
    kind = matrixType(matrix)
    words = {
        MatrixType.RIGID: "Rigid",
        MatrixType.RIGID_SCALE: "Rigid with scaling",
        MatrixType.AFFINE: "Affine, with shear",
    }
    point = np.zeros(3) if center is None else np.asarray(center, dtype=float)
    what = "the coordinate origin" if center is None else "the middle of the images"
    parts = [words[kind] + ":"]
    angle = rotationAngle(matrix)
    if angle > SMALLEST_ANGLE:
        parts.append(f"turns by {angle:.2f}° about the {_axisWords(matrix)} axis and")
    if kind is not MatrixType.RIGID:
        scales = np.linalg.svd(matrix[:3, :3], compute_uv=False)
        low, high = scales.min(), scales.max()
        span = f"{low:.4f}" if high - low < 5e-5 else f"{low:.4f} to {high:.4f}"
        parts.append(f"scales by {span} and")
    parts.append(f"moves {what} {shiftWords(mapped(matrix, point) - point)}.")
    return " ".join(parts)


def shiftWords(shift: np.ndarray) -> str:
    """A vector, shape (3,) LPS mm, as “by 12.3 mm (3.0 left, 11.9 head)”."""
    length = float(np.linalg.norm(shift))
    parts = [
        f"{abs(value):.1f} {DIRECTIONS[axis][int(value < 0)]}"
        for axis, value in enumerate(shift)
        if abs(value) >= 0.05
    ]
    return f"by {length:.1f} mm" + (f" ({', '.join(parts)})" if parts else "")


def methodSentence(method: Code | None) -> str:
    """How a registration was made, as far as its code says."""
    if method is None or not method.value:
        return "How it was made is not recorded."
    known = METHODS.get(method.value) if method.scheme == "DCM" else None
    if known:
        return f"{known[0].upper()}{known[1:]} ({method.value} {method.meaning})."
    return f"Recorded method: {method.meaning or method.value} ({method.scheme} {method.value})."


def itemSentences(
    registration: SpatialRegistration,
    item: RegistrationItem,
    names: Mapping[str, str],
    centers: Mapping[str, np.ndarray],
) -> tuple[str, ...]:
    """What one registration item does. `names` and `centers` (LPS mm) are by frame, from the
    images at hand; either may be empty.
    """
    if item.sourceFrame == registration.registeredFrame:
        name = frameName(item.sourceFrame, names)
        return (asSentence(f"{name} is the registered frame: identity"),)
    center = centers.get(item.sourceFrame) if item.sourceFrame else None
    return (
        mappingSentence(item.sourceFrame, registration.registeredFrame, names),
        motionSentence(item.matrix, center),
        methodSentence(item.method),
    )


def _axisWords(matrix: np.ndarray) -> str:
    left, _, right = np.linalg.svd(matrix[:3, :3])
    rotation = left @ right
    values, vectors = np.linalg.eig(rotation)
    axis = np.real(vectors[:, np.argmin(np.abs(values - 1))])
    nearest = int(np.argmax(np.abs(axis)))
    if abs(axis[nearest]) >= ALONG_AN_AXIS:
        return AXES[nearest]
    parts = [
        f"{abs(value):.2f} {DIRECTIONS[number][int(value < 0)]}"
        for number, value in enumerate(axis * np.sign(axis[nearest]))
        if abs(value) >= 0.005
    ]
    return f"oblique ({', '.join(parts)})"
