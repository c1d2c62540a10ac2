"""Remarks on a Spatial Registration that was read: what is unusual, though it says what it says."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .codes import VISUAL_ALIGNMENT
from .geometry import (
    FIELD_OF_VIEW,
    ROTATION_TOLERANCE,
    MatrixType,
    distanceFromRigid,
    matrixType,
    orthonormalityError,
)
from .notes import Note
from .registration import RegistrationItem, SpatialRegistration


def itemNotes(item: RegistrationItem, location: str) -> tuple[Note, ...]:
    """Remarks on one registration item."""
    return tuple(_matrixTypeNotes(item, location)) + tuple(_severalMatrices(item, location))


def objectNotes(registration: SpatialRegistration) -> tuple[Note, ...]:
    """Remarks on how the items of an object stand to each other."""
    return (
        *_roles(registration),
        *_methods(registration),
        *_movesNothing(registration),
    )


def _matrixTypeNotes(item: RegistrationItem, location: str) -> Iterator[Note]:
    for matrix, declared in zip(item.matrices, item.declaredTypes, strict=True):
        actual = matrixType(matrix)
        error = orthonormalityError(matrix)
        if declared == MatrixType.RIGID and (
            actual != MatrixType.RIGID or error > ROTATION_TOLERANCE
        ):
            loss = distanceFromRigid(matrix, FIELD_OF_VIEW)
            yield Note(
                "not rigid", f"{location}/…/FrameOfReferenceTransformationMatrixType",
                f"declared RIGID, by value {actual}",
                f"applied as stored; it differs from a rotation by {loss:.2g} mm at the corners "
                "of a 500 mm cube", repaired=False,
            )  # fmt: skip
        elif declared in list(MatrixType) and _less(actual, MatrixType(declared)):
            yield Note(
                "looser type than needed",
                f"{location}/…/FrameOfReferenceTransformationMatrixType",
                f"declared {declared}, by value {actual}", "applied as stored", repaired=False,
            )  # fmt: skip


def _less(a: MatrixType, b: MatrixType) -> bool:
    order = list(MatrixType)
    return order.index(a) < order.index(b)


def _severalMatrices(item: RegistrationItem, location: str) -> Iterator[Note]:
    if len(item.matrices) < 2:
        return
    other = np.eye(4)
    for matrix in item.matrices:
        other = other @ matrix
    gap = float(np.abs((item.matrix - other) @ np.vstack([FIELD_OF_VIEW.T, np.ones(8)])).max())
    yield Note(
        "several matrices", f"{location}/MatrixRegistrationSequence[1]/MatrixSequence",
        f"{len(item.matrices)} items",
        "the first applies first; in the other order the result is "
        + " ".join(f"{value:.6g}" for value in other[:3].ravel())
        + f" (first three rows), up to {gap:.3g} mm away within a 500 mm cube", repaired=False,
    )  # fmt: skip


def _roles(registration: SpatialRegistration) -> Iterator[Note]:
    registered = [
        item for item in registration.items if item.sourceFrame == registration.registeredFrame
    ]
    if not registered and not registration.unresolvedItems:
        yield Note(
            "no registered item", "RegistrationSequence",
            f"no item for {registration.registeredFrame}",
            "the Frame of Reference UID of the object names the registered frame", repaired=False,
        )  # fmt: skip
    for item in registered:
        if item.number > 1:
            yield Note(
                "registered item not first", f"RegistrationSequence[{item.number}]",
                f"the identity of the registered frame as item {item.number}",
                "roles are taken from Frame of Reference UIDs, not from the order", repaired=False,
            )  # fmt: skip
    frames = [item.sourceFrame for item in registration.movingItems]
    for frame in sorted({frame for frame in frames if frames.count(frame) > 1 and frame}):
        yield Note(
            "frame mapped twice", "RegistrationSequence", f"several items for {frame}",
            "used only where their matrices are equal", repaired=False,
        )  # fmt: skip


def _methods(registration: SpatialRegistration) -> Iterator[Note]:
    methods = [item.method for item in registration.items]
    if len(methods) > 1 and all(method == VISUAL_ALIGNMENT for method in methods):
        yield Note(
            "visual alignment everywhere", "RegistrationSequence",
            "125025 Visual Alignment on every item",
            "how the registration was made is not known from the object", repaired=False,
        )  # fmt: skip


def _movesNothing(registration: SpatialRegistration) -> Iterator[Note]:
    if registration.movingItems and registration.movesNothing:
        yield Note(
            "moves nothing", "RegistrationSequence", "identity in every item",
            "the frames are joined with equal coordinates; any motion is in another object",
            repaired=False,
        )  # fmt: skip
