"""Deformable registration of two images by what they show, from a rigid transform."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial

import numpy as np

from IHERORegistrationLib.errors import FrameOfReferenceError
from IHERORegistrationLib.geometry import AffineTransform
from IHERORegistrationLib.imageSide import ImageSide
from IHERORegistrationLib.itkImages import libraryVersions
from IHERORegistrationLib.lattice import Lattice
from IHERORegistrationLib.notes import Note
from IHERORegistrationLib.registrationRecord import RegistrationRecord, Stage, Watch

from .deformation import DeformableTransform
from .deformationPresets import DeformationPreset
from .displacementGrid import DisplacementGrid
from .displacementSearch import DisplacementSearch, Field, displacementSearch

METHOD = "demons by local correlation, coarse to fine"
MOST_NODES = 4_000_000  # of a grid: 48 MB as an object, about 600 MB while it is searched
FIRST_STEP, LAST_STEP = 0.5, 0.05  # longest of an iteration, of the spacing
FAR = 80.0  # mm: organs do not move so far against each other
LITTLE_OVERLAP = 0.5


@dataclass(frozen=True, eq=False)
class DeformableImageRegistration:
    """`fixedToMoving` as a Deformable Spatial Registration maps, the rigid transform before its
    grid; `folded` nodes have a Jacobian determinant that is not above zero. `rigidSimilarity` is
    that of the rigid transform alone where the last stage compares the images.
    """

    fixedToMoving: DeformableTransform
    folded: int
    largest: float  # displacement, mm
    rigidSimilarity: float
    record: RegistrationRecord


def deformableRegistration(
    fixed: ImageSide,
    moving: ImageSide,
    rigid: AffineTransform,
    preset: DeformationPreset,
    watch: Watch | None = None,
) -> DeformableImageRegistration:
    """The deformation, on top of `rigid` from fixed to moving points, under which the images are
    locally most alike. The same input gives the same output, bit by bit, with any number of
    processors. The grid covers the fixed image; it is the field itself, nothing is resampled.

    Raises
        FrameOfReferenceError: `rigid` does not lead from the fixed image to the moving one.
        ImageRegistrationError: an image is too thin or shows nothing.
        RegistrationCancelledError: the watcher cancelled it.
    """
    frames = fixed.volume.frame, moving.volume.frame
    if (rigid.fromFrame, rigid.toFrame) != frames:
        raise FrameOfReferenceError(
            f"expected a transform from {frames[0]} to {frames[1]}, found one from "
            f"{rigid.fromFrame} to {rigid.toFrame}"
        )
    watch = watch or Watch()
    asking = partial(watch.requireGoingOn, "deformable")
    fixed, moving = fixed.asking(asking), moving.asking(asking)
    spacings = usedSpacings(preset, fixed.volume.lattice)
    watch.tell(f"images at {spacings[0]:g} mm", 0.0, 0.0)
    search = displacementSearch(fixed, moving, rigid, spacings[0], preset)
    field, stage = _searched(search, search.start(None), preset.iterations, watch)
    stages = [stage]
    for spacing in spacings[1:]:
        watch.tell(f"images at {spacing:g} mm", 0.0, field.similarity)
        search = displacementSearch(fixed, moving, rigid, spacing, preset)
        field, stage = _searched(search, search.start(field), preset.iterations, watch)
        stages.append(stage)
    watch.tell("looking for folds", 1.0, field.similarity)
    alone, folded = search.start(None).similarity, search.folded(field)
    record = RegistrationRecord(
        METHOD, preset.name, _parameters(preset), tuple(stages), libraryVersions(),
        _notes(field, alone, folded, stages[-1], preset),
    )  # fmt: skip
    rotation = rigid.matrix[:3, :3].astype(np.float32)
    grid = DisplacementGrid(search.lattice, field.vectors @ rotation.T)
    transform = DeformableTransform(rigid.matrix, grid, np.eye(4), *frames)
    return DeformableImageRegistration(transform, folded, field.largest, alone, record)


def usedSpacings(preset: DeformationPreset, lattice: Lattice) -> tuple[float, ...]:
    """The spacings at which the grid has no more nodes than can be handled; at least the first."""
    extent = np.array(lattice.size) * lattice.spacing
    nodes = [np.prod(extent / np.maximum(one, lattice.spacing)) for one in preset.spacings]
    first, *rest = zip(preset.spacings, nodes, strict=True)
    return (first[0], *(spacing for spacing, count in rest if count <= MOST_NODES))


def _searched(
    search: DisplacementSearch, field: Field, iterations: int, watch: Watch
) -> tuple[Field, Stage]:
    """The field after the steps that made the images more alike; a step that did not is halved."""
    began = time.monotonic()
    name = "deformable"
    before, step, number = field.similarity, FIRST_STEP, 0
    while step >= LAST_STEP and number < iterations:
        watch.tell(f"{name} at {search.spacing:g} mm", number / iterations, field.similarity)
        moved = search.moved(field, step)
        if moved.similarity > field.similarity:
            field = moved
        else:
            step /= 2
        number += 1
    watch.tell(f"{name} at {search.spacing:g} mm", 1.0, field.similarity)
    seconds = time.monotonic() - began
    return field, Stage(name, search.spacing, number, before, field.similarity, seconds)


def _parameters(preset: DeformationPreset) -> tuple[tuple[str, str], ...]:
    return (
        ("spacings", ", ".join(f"{one:g} mm" for one in preset.spacings)),
        ("window", f"{preset.radius} voxels to each side, noise {preset.noise:g} of the range"),
        ("smoothing", f"force {preset.forceSmoothing:g}, field {preset.fieldSmoothing:g} voxels"),
    )


def _notes(
    field: Field, rigidSimilarity: float, folded: int, last: Stage, preset: DeformationPreset
) -> tuple[Note, ...]:
    """What a user has to look at."""
    largest = field.largest
    found = (
        (not field.similarity > rigidSimilarity, "no gain",
         f"{field.similarity:.4f} deformed, {rigidSimilarity:.4f} rigid",
         "the deformation makes the images no more alike than the rigid transform"),
        (folded > 0, "folding", f"{folded} nodes whose Jacobian determinant is not above zero",
         "two points of the fixed image go to one there"),
        (largest > FAR, "large displacement", f"{largest:.0f} mm", "organs seldom move so far"),
        (field.overlap < LITTLE_OVERLAP, "little overlap",
         f"{field.overlap:.0%} of the fixed image meet the moving one",
         "elsewhere the field only continues what is known nearby"),
        (last.spacing > preset.spacings[-1], "coarser grid",
         f"{last.spacing:g} mm instead of {preset.spacings[-1]:g} mm",
         f"a finer grid would have more than {MOST_NODES} nodes"),
    )  # fmt: skip
    return tuple(
        Note(name, "deformable", what, meaning, repaired=False)
        for applies, name, what, meaning in found
        if applies
    )
