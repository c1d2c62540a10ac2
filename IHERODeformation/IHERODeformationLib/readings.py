"""The ways to read a registration: the standard's, and those that others have been seen to mean.

A backwards object, vectors in voxels or turned vectors are structurally perfect, so that only the
images can tell them apart. Nothing but the standard's reading is ever applied unless it is named.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from IHERORegistrationLib.errors import FrameOfReferenceError
from IHERORegistrationLib.frames import Transform
from IHERORegistrationLib.geometry import AffineTransform, inverted, isIdentity
from IHERORegistrationLib.notes import Note
from IHERORegistrationLib.registration import SpatialRegistration

from .deformableRegistration import DeformableSpatialRegistration
from .deformation import DeformableTransform
from .displacementGrid import DisplacementGrid
from .numericalInverse import NumericalInverse
from .splineGrid import COARSE_GRID, isSplineLarge, splineGrid

Registration = SpatialRegistration | DeformableSpatialRegistration


class ReadingName(StrEnum):
    """How the numbers of a registration are understood."""

    STANDARD = "standard"
    INVERSE = "inverse"
    IDENTITY = "identity"
    VECTORS_TURNED = "vectors-turned"
    VOXEL_VECTORS = "voxel-vectors"
    SPLINE = "spline-coefficients"
    OTHER_ORDER = "other-order"


WORDS = {
    ReadingName.STANDARD: "the standard's reading",
    ReadingName.INVERSE: "the opposite direction",
    ReadingName.IDENTITY: "equal coordinates in both frames, without the registration",
    ReadingName.VECTORS_TURNED: "vectors turned by the matrix before them, M(x + v)",
    ReadingName.VOXEL_VECTORS: "vectors in voxels of their grid instead of mm",
    ReadingName.SPLINE: "coefficients of a cubic B-spline in place of vectors",
    ReadingName.OTHER_ORDER: "the last of several matrices applied first",
}


@dataclass(frozen=True, eq=False)
class Reading:
    """`transform` takes registered points to the source, as far as `name` tells it right."""

    name: ReadingName
    transform: Transform

    @property
    def words(self) -> str:
        """The reading as part of a sentence."""
        return WORDS[self.name]


@dataclass(frozen=True, eq=False)
class ChosenReading:
    """A reading that somebody chose; `note` has to be kept with what is made by it."""

    reading: Reading
    note: Note


def readingNames(
    registration: Registration, sourceFrame: str | None = None
) -> tuple[ReadingName, ...]:
    """The readings that differ for `registration`, the standard's first.

    `sourceFrame` is needed where the registration leads to several.

    Raises
        FrameOfReferenceError: it leads to several frames and none is named, or not to that one.
    """
    names = [ReadingName.STANDARD, ReadingName.INVERSE, ReadingName.IDENTITY]
    if isinstance(registration, SpatialRegistration):
        matrices = _matrices(registration, sourceFrame)
        product, other = _product(matrices), _product(matrices[::-1])
        return (*names, ReadingName.OTHER_ORDER) if _differ(product, other) else tuple(names)
    standard = _toSource(registration, sourceFrame)
    if isinstance(standard, DeformableTransform):
        if _differ(_turn(standard), np.eye(4)):
            names.append(ReadingName.VECTORS_TURNED)
        if _differ(_voxels(standard), np.eye(4)):
            names.append(ReadingName.VOXEL_VECTORS)
        if standard.grid.lattice.spacing.max() > COARSE_GRID and isSplineLarge(standard.grid):
            names.append(ReadingName.SPLINE)
    return tuple(names)


def readingOf(
    registration: Registration, name: ReadingName | str, sourceFrame: str | None = None
) -> ChosenReading:
    """The reading called `name`, from the registered frame to `sourceFrame`, with a note to be
    recorded.

    Other vectors are a copy; the opposite direction of a deformation is its numerical inverse.

    Raises
        FrameOfReferenceError: as `readingNames`.
        NotInvertibleError: a matrix that would have to be inverted is singular.
        ValueError: the registration has no such reading.
    """
    name = ReadingName(name)
    if name not in readingNames(registration, sourceFrame):
        raise ValueError(f"the registration has no reading {name}")
    note = Note(
        "reading chosen",
        f"registration {registration.sopInstanceUID}",
        WORDS[ReadingName.STANDARD],
        f"read as {WORDS[name]}, chosen by the user",
        repaired=name is not ReadingName.STANDARD,
    )
    return ChosenReading(Reading(name, _transform(registration, name, sourceFrame)), note)


def _transform(registration: Registration, name: ReadingName, sourceFrame: str | None) -> Transform:
    standard = _toSource(registration, sourceFrame)
    here, there = standard.fromFrame, standard.toFrame
    if name is ReadingName.STANDARD:
        return standard
    if name is ReadingName.IDENTITY:
        return AffineTransform(np.eye(4), here, there)
    if name is ReadingName.OTHER_ORDER and isinstance(registration, SpatialRegistration):
        product = _product(_matrices(registration, sourceFrame)[::-1])
        return AffineTransform(inverted(product), here, there)
    if isinstance(standard, AffineTransform):
        return AffineTransform(inverted(standard.matrix), here, there)
    if name is ReadingName.INVERSE:
        return NumericalInverse(replace(standard, fromFrame=there, toFrame=here))
    if name is ReadingName.SPLINE:
        return replace(standard, grid=splineGrid(standard.grid))
    turn = _turn(standard) if name is ReadingName.VECTORS_TURNED else _voxels(standard)
    return replace(standard, grid=_changed(standard.grid, turn[:3, :3]))


def _toSource(
    registration: Registration, sourceFrame: str | None
) -> DeformableTransform | AffineTransform:
    """The standard's reading, registered → source."""
    if isinstance(registration, SpatialRegistration):
        frame = _sourceFrame(registration, sourceFrame)
        matrix = inverted(_product(_matrices(registration, sourceFrame)))
        return AffineTransform(matrix, registration.registeredFrame, frame)
    items = [
        item
        for item in registration.sourceItems
        if item.sourceFrame == _sourceFrame(registration, sourceFrame)
    ]
    if len(items) != 1:
        raise FrameOfReferenceError(
            f"expected one deformation to {items[0].sourceFrame}, found {len(items)} in "
            f"registration {registration.sopInstanceUID}"
        )
    return registration.registeredToSource(items[0])


def _matrices(registration: SpatialRegistration, sourceFrame: str | None) -> tuple[np.ndarray, ...]:
    """Source → registered, the first one first."""
    frame = _sourceFrame(registration, sourceFrame)
    items = [item for item in registration.movingItems if item.sourceFrame == frame]
    if any(not np.array_equal(item.matrix, items[0].matrix) for item in items):
        raise FrameOfReferenceError(
            f"expected one matrix from {frame}, found {len(items)} that differ in registration "
            f"{registration.sopInstanceUID}"
        )
    return items[0].matrices


def _sourceFrame(registration: Registration, named: str | None) -> str:
    """The frame named, or the only one that the registration connects to the registered one."""
    if isinstance(registration, SpatialRegistration):
        found = {item.sourceFrame for item in registration.movingItems if item.sourceFrame}
    else:
        found = {item.sourceFrame for item in registration.sourceItems}
    if named in found:
        return str(named)
    if named is None and len(found) == 1:
        return found.pop()
    wanted = f"frame {named}" if named else "one source frame"
    raise FrameOfReferenceError(
        f"expected {wanted} in registration {registration.sopInstanceUID}, found "
        f"{', '.join(sorted(found)) or 'none'}"
    )


def _product(matrices: tuple[np.ndarray, ...]) -> np.ndarray:
    product = np.eye(4)
    for matrix in matrices:
        product = matrix @ product
    return product


def _differ(one: np.ndarray, other: np.ndarray) -> bool:
    return not isIdentity(one - other + np.eye(4))


def _turn(transform: DeformableTransform) -> np.ndarray:
    """What pre(x + v) does to v, shape (4, 4)."""
    turn = np.eye(4)
    turn[:3, :3] = transform.pre[:3, :3]
    return turn


def _voxels(transform: DeformableTransform) -> np.ndarray:
    """Steps along i, j, k of the grid to mm, shape (4, 4)."""
    steps = np.eye(4)
    steps[:3, :3] = transform.grid.lattice.ijkToLPS[:3, :3]
    return steps


def _changed(grid: DisplacementGrid, matrix: np.ndarray) -> DisplacementGrid:
    """Every vector times `matrix`, shape (3, 3), slice by slice."""
    vectors = np.empty(grid.vectors.shape, np.float32)
    for k, slab in enumerate(grid.vectors):
        with np.errstate(invalid="ignore", over="ignore"):
            vectors[k] = slab.astype(float) @ matrix.T
    return DisplacementGrid(grid.lattice, vectors)
