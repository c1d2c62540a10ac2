"""What a file of another program says about where points go, before it becomes a deformation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from IHERORegistrationLib.errors import MalformedObjectError
from IHERORegistrationLib.geometry import AffineTransform
from IHERORegistrationLib.lattice import Lattice

from .deformation import DeformableTransform
from .displacementGrid import DisplacementGrid
from .oneGrid import Step, oneGridDeformation, product
from .sampledDeformation import (
    LARGEST_ERROR,
    Progress,
    SampledDeformation,
    comparedDeformation,
    sampledDeformation,
)

# Frames of steps within a file: it does not know those of DICOM
FIXED, MOVING = "fixed", "moving"


@dataclass(frozen=True, eq=False)
class FieldContent:
    """`steps` take points of the fixed image to points of the moving one, one after the other; LPS
    mm, NaN where the file says nothing.

    `remarks` are for whoever imports it. `assumption` is what the file does not say and the user
    chose by name, at most 64 characters, for the object.
    """

    steps: tuple[Step, ...]
    remarks: tuple[str, ...] = ()
    assumption: str = ""

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Map `points`, shape (n, 3), to the same shape."""
        for step in self.steps:
            points = step(points)
        return points

    @property
    def isLinear(self) -> bool:
        """Whether it is a matrix."""
        return all(isinstance(step, AffineTransform) for step in self.steps)

    @property
    def matrix(self) -> np.ndarray:
        """The matrix that it is, fixed → moving, shape (4, 4)."""
        return product(self.steps)


@dataclass(frozen=True, eq=False)
class ImportedDeformation:
    """`sampled`: the deformation and how far it is from what the file says. `isSampled`: whether
    it stands on nodes of its own, not on those of the file.
    """

    sampled: SampledDeformation
    isSampled: bool


def importedDeformation(
    content: FieldContent,
    over: Lattice,
    fromFrame: str,
    toFrame: str,
    *,
    error: float = LARGEST_ERROR,
    spacing: float | None = None,
    progress: Progress = lambda _: None,
) -> ImportedDeformation:
    """`content` as a deformation of Frame of Reference `fromFrame`, where the voxels `over` of the
    fixed image lie, to `toFrame`.

    One grid among matrices is taken vector by vector, bit for bit where no matrix turns them. All
    else, or everything if `spacing` is given, is sampled: see `sampledDeformation`.

    Raises
        SamplingError, LandmarkError: see `sampledDeformation`.
    """
    if spacing is None:
        held = oneGridDeformation(content.steps, fromFrame, toFrame)
        if held is not None:
            return ImportedDeformation(comparedDeformation(held, content), isSampled=False)
    made = sampledDeformation(
        content, over, fromFrame, toFrame, error=error, spacing=spacing, progress=progress
    )
    return ImportedDeformation(made, isSampled=True)


def gridStep(
    vectors: np.ndarray, origin: np.ndarray, directions: np.ndarray, spacing: np.ndarray
) -> tuple[DeformableTransform, tuple[str, ...]]:
    """Displacements in mm, shape (nk, nj, ni, 3) LPS, on nodes with unit axes `directions`, (3, 3)
    columns: the step, and remarks.

    What is not float32 is rounded. Where the axes are left-handed the last one is turned round.
    NaN stays.

    Raises
        MalformedObjectError: a vector is infinite, or no vector is defined.
    """
    remarks = []
    with np.errstate(over="ignore"):  # infinite then, and refused
        held = vectors.astype("<f4", copy=False)
    _requireFinite(held)
    if (rounding := _rounding(vectors, held)) > 0:
        remarks.append(f"vectors rounded from 64 to 32 bits, by up to {rounding:.2g} mm")
    size = held.shape[2], held.shape[1], held.shape[0]
    lattice = Lattice.fromAxes(size, origin, directions, spacing)
    if np.linalg.det(directions) < 0:
        first = lattice.sliceOrigin(size[2] - 1)
        lattice = Lattice.fromAxes(size, first, directions * [1, 1, -1], spacing)
        held = np.ascontiguousarray(held[::-1])
        remarks.append("the axes of the grid are left-handed: its slices are counted backwards")
    grid = DisplacementGrid(lattice, held)
    return DeformableTransform(np.eye(4), grid, np.eye(4), FIXED, MOVING), tuple(remarks)


def _requireFinite(vectors: np.ndarray) -> None:
    defined = False
    for slab in vectors:
        if infinite := int(np.isinf(slab).any(axis=-1).sum()):
            raise MalformedObjectError(
                f"expected finite vectors in 32 bits, or NaN, found {infinite} with an infinite "
                "component in one slice"
            )
        defined |= bool((~np.isnan(slab).any(axis=-1)).any())
    if not defined:
        raise MalformedObjectError("expected displacements, found no vector that is defined")


def _rounding(exact: np.ndarray, rounded: np.ndarray) -> float:
    """Largest difference of a component."""
    if exact.dtype == rounded.dtype:
        return 0.0
    largest = 0.0
    for before, after in zip(exact, rounded, strict=True):
        with np.errstate(invalid="ignore"):
            difference = np.abs(before - after)
        defined = difference[~np.isnan(difference)]
        largest = max(largest, float(defined.max(initial=0.0)))
    return largest
