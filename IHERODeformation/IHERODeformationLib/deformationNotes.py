"""Remarks on a Deformable Spatial Registration that was read: what is unusual in what it says."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from IHERORegistrationLib.geometry import isIdentity, rotationAngle
from IHERORegistrationLib.notes import Note
from IHERORegistrationLib.registration import RegistrationItem
from IHERORegistrationLib.registrationNotes import itemNotes as matrixNotes
from IHERORegistrationLib.vectorContent import VectorContent

from .deformableRegistration import DeformableRegistrationItem, DeformableSpatialRegistration
from .gridContent import GridContent

SEQUENCE = "DeformableRegistrationSequence"
NOTHING_MOVES = 0.1  # mm
LONG_VECTOR = 100.0  # mm
SMALLEST_GAP = 0.1  # mm
GAP_VECTOR = 10.0  # mm, for which M(x + v) and Mx + v are compared


def itemNotes(item: DeformableRegistrationItem, location: str) -> tuple[Note, ...]:
    """Remarks on one registration item; its vectors are not looked at."""
    return (*_matrices(item, location), *_post(item, location), *_rotatedVectors(item, location))


def objectNotes(registration: DeformableSpatialRegistration) -> tuple[Note, ...]:
    """Remarks on how the items of an object stand to each other and to its images."""
    return (*_roles(registration), *_partialLists(registration))


def contentNotes(content: GridContent | VectorContent, location: str) -> tuple[Note, ...]:
    """Remarks on the vectors of a grid, after all of them were looked at."""
    notes = []
    if content.partial:
        notes.append(
            Note(
                "partly undefined vectors", f"{location}/VectorGridData",
                f"{content.partial} nodes with a component that is NaN beside one that is not",
                "these nodes were read as undefined",
            )
        )  # fmt: skip
    if content.infinite:
        notes.append(
            Note(
                "infinite vectors", f"{location}/VectorGridData",
                f"{content.infinite} nodes with an infinite component",
                "these nodes were read as undefined",
            )
        )  # fmt: skip
    return (*notes, *_lengths(content, location))


def _lengths(content: GridContent | VectorContent, location: str) -> Iterator[Note]:
    if content.undefined == content.nodes:
        yield Note(
            "nothing defined", f"{location}/VectorGridData", "no defined vector",
            "every point is undefined", repaired=False,
        )  # fmt: skip
    elif content.longest < NOTHING_MOVES:
        yield Note(
            "moves nothing", f"{location}/VectorGridData",
            f"no vector longer than {content.longest:.2g} mm",
            "applied as stored; the motion may be in the matrices or in another object",
            repaired=False,
        )  # fmt: skip
    elif content.longest > LONG_VECTOR:
        yield Note(
            "long vectors", f"{location}/VectorGridData",
            f"vectors of up to {content.longest:.4g} mm",
            "applied as stored; direction, unit or byte order may be wrong", repaired=False,
        )  # fmt: skip


def _matrices(item: DeformableRegistrationItem, location: str) -> Iterator[Note]:
    for declared, name in ((item.pre, "Pre"), (item.post, "Post")):
        if declared is not None:
            alone = RegistrationItem(
                item.number, item.sourceFrame, (), (declared.matrix,), (declared.declaredType,)
            )
            sequence = f"{name}DeformationMatrixRegistrationSequence[1]"
            for note in matrixNotes(alone, f"{location}/{sequence}"):
                where = note.location.replace("/…/", "/")
                yield Note(note.name, where, note.found, note.done, note.repaired)


def _post(item: DeformableRegistrationItem, location: str) -> Iterator[Note]:
    if item.post is not None and not isIdentity(item.post.matrix):
        yield Note(
            "matrix after the vectors",
            f"{location}/PostDeformationMatrixRegistrationSequence[1]",
            f"a turn of {rotationAngle(item.post.matrix):.3g}° and a shift",
            "applied after the vectors; DRRO wants none, and it can be moved before them exactly",
            repaired=False,
        )  # fmt: skip


def _rotatedVectors(item: DeformableRegistrationItem, location: str) -> Iterator[Note]:
    """How far readers would be off that turn the vectors by the pre matrix."""
    if item.pre is None or item.grid is None:
        return
    angle = rotationAngle(item.pre.matrix)
    gap = 2 * GAP_VECTOR * np.sin(np.radians(angle) / 2)
    if gap >= SMALLEST_GAP:
        yield Note(
            "rotation before the vectors",
            f"{location}/PreDeformationMatrixRegistrationSequence[1]", f"a turn of {angle:.3g}°",
            f"the vectors lie along the axes after it; readers that turn them as well differ by "
            f"up to {gap:.3g} mm for a vector of {GAP_VECTOR:g} mm", repaired=False,
        )  # fmt: skip


def _roles(registration: DeformableSpatialRegistration) -> Iterator[Note]:
    registered = registration.registeredItems
    if len(registration.items) > 1 and not registered:
        yield Note(
            "no registered item", SEQUENCE, f"no item for {registration.registeredFrame}",
            "the Frame of Reference UID of the object names the registered frame", repaired=False,
        )  # fmt: skip
    for item in registered:
        if item.number > 1:
            yield Note(
                "registered item not first", f"{SEQUENCE}[{item.number}]",
                f"the registered frame as item {item.number}",
                "roles are taken from the content, not from the order", repaired=False,
            )  # fmt: skip
    for item in registration.selfMappingItems:
        yield Note(
            "frame mapped onto itself", f"{SEQUENCE}[{item.number}]/SourceFrameOfReferenceUID",
            f"a deformation of {item.sourceFrame} within itself",
            "used only when asked for, as a correction of distortion", repaired=False,
        )  # fmt: skip
    frames = [item.sourceFrame for item in registration.sourceItems]
    for frame in sorted({frame for frame in frames if frames.count(frame) > 1}):
        yield Note(
            "frame mapped twice", SEQUENCE, f"several source items for {frame}",
            "one of them has to be chosen", repaired=False,
        )  # fmt: skip


def _partialLists(registration: DeformableSpatialRegistration) -> Iterator[Note]:
    for item in registration.items:
        listed = {image.sopInstanceUID for image in item.images}
        for series in registration.series:
            known = {instance.sopInstanceUID for instance in series}
            if listed & known and known - listed:
                yield Note(
                    "partial image list", f"{SEQUENCE}[{item.number}]/ReferencedImageSequence",
                    f"{len(listed & known)} of the {len(known)} images of a series",
                    "the registration covers the listed images only", repaired=False,
                )  # fmt: skip
