"""Actor Deformable Displayer: pictures of images, structures and dose on the slices of one image,
each where rigid and deformable registrations put it, and of what these do to space.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import slicer

from IHERORegistrationLib.dose import Dose
from IHERORegistrationLib.errors import FrameOfReferenceError
from IHERORegistrationLib.frames import Transform, TransformChain
from IHERORegistrationLib.geometry import AffineTransform
from IHERORegistrationLib.images import ImageSeries
from IHERORegistrationLib.pictures.annotations import RegistrationMark, RegistrationState
from IHERORegistrationLib.pictures.modalityPresets import dosePreset
from IHERORegistrationLib.pictures.registeredPicture import (
    Shown,
    centerOf,
    doseLayer,
    imageLayer,
    place,
    seriesPreset,
)
from IHERORegistrationLib.pictures.sliceLayers import ShownLayer
from IHERORegistrationLib.pictures.slicePlanes import nearestPatientAxes
from IHERORegistrationLib.pictures.structureOutlines import Outline
from IHERORegistrationLib.registration import Registration
from IHERORegistrationLib.rendering import FusedPicture
from IHERORegistrationLib.sentences import seriesName
from IHERORegistrationLib.structures import StructureSet
from IHERORegistrationLib.usedRegistrations import usedRegistrations

from ..deformation import OutsideGrid
from ..frameWays import registrationWay
from ..transformSteps import isDeformable, isNumericallyInverted
from .deformedLayer import DeformedLayer
from .deformedOutlines import deformedOutlines
from .field import Field, fieldSummary, motionText, rigidPart
from .fieldDrawing import FieldDrawing, FieldKind

SCALE = 20.0  # mm, the displacement that gets the last color


class FieldPart(StrEnum):
    """Which displacements are shown: with the rigid motion in them, or without."""

    WHOLE = "whole"
    DEFORMATION = "deformation"


@dataclass(frozen=True, eq=False)
class Ways:
    """The registrations that lead from what is shown to the frame of the base, and how they may be
    used: what holds beyond their grids, and whether by search against deformations.
    """

    registrations: Sequence[Registration]
    outsideGrid: OutsideGrid = OutsideGrid.UNDEFINED
    numericalInverse: bool = False

    def way(self, fromFrame: str, toFrame: str) -> TransformChain:
        """See registrationWay for what is raised."""
        return registrationWay(
            self.registrations,
            fromFrame,
            toFrame,
            numericalInverse=self.numericalInverse,
            outsideGrid=self.outsideGrid,
        )

    def mark(self, used: Iterable[TransformChain]) -> RegistrationMark | None:
        """What the picture says of registration; nothing if nothing needed a way."""
        ways = tuple(used)
        if not ways:
            return None
        if not any(way.transforms for way in ways):
            return RegistrationMark(RegistrationState.SAME_FRAME)
        labels = {
            one.sopInstanceUID: one.label
            for way in ways
            for one in usedRegistrations(way, self.registrations)
            if one.label
        }
        label = ", ".join(labels.values())
        if any(isNumericallyInverted(way) for way in ways):
            label = f"{label} by numerical inverse".lstrip()
        bent = any(isDeformable(way) for way in ways)
        return RegistrationMark(
            RegistrationState.DEFORMABLE if bent else RegistrationState.ON, label
        )


def deformedPicture(
    base: ImageSeries, shown: Shown, ways: Ways, scene: slicer.vtkMRMLScene
) -> FusedPicture:
    """The picture of `shown` on `base`, as `registeredPicture` but through deformations too. Where
    these say nothing the base is hatched, and the legend tells how much of it that is.

    Images and dose are pulled, so from the base's frame to theirs; structures are carried the
    other way.

    Raises
        FrameOfReferenceError: there is no way, or several, or only one against a deformation.
    """
    used = []
    foreground: ShownLayer | None = None
    dose: ShownLayer | None = None
    if shown.overlay is not None:
        used.append(ways.way(base.frame, shown.overlay.frame))
        foreground = _overlay(base, shown.overlay, used[-1], ways, scene)
    if shown.dose is not None:
        used.append(ways.way(base.frame, shown.dose.frame))
        dose = _dose(base, shown.dose, used[-1], ways, scene)
    drawings = {way.toFrame: _undefinedOf(way, base) for way in used if isDeformable(way)}
    outlines: tuple[Outline, ...] = ()
    center = None
    if shown.structures is not None:
        toBase = {one.frame: ways.way(one.frame, base.frame) for one in shown.structures.structures}
        used += toBase.values()
        outlines = deformedOutlines(shown.structures, toBase.__getitem__)
        center = centerOf(shown.structures, base, toBase.__getitem__)
    return FusedPicture(
        background=imageLayer(base, scene, overlay=False),
        foreground=foreground,
        registration=ways.mark(used),
        outlines=outlines,
        dose=dose,
        additions=tuple(drawings.values()),
        center=center,
        axes=nearestPatientAxes(base.lattice.directions),
    )


def fieldPicture(
    base: ImageSeries,
    toFrame: str,
    ways: Ways,
    scene: slicer.vtkMRMLScene,
    *,
    kind: FieldKind,
    part: FieldPart = FieldPart.DEFORMATION,
    scale: float = SCALE,
    structures: StructureSet | None = None,
) -> FusedPicture:
    """What the way from `base` to `toFrame` does to space, on the slices of `base`.

    Colors of displacements end at `scale` mm. Of the displacements the whole is shown, or what is
    left without the rigid motion nearest to it in the image (see rigidPart); the legend tells.

    Raises
        FrameOfReferenceError: as deformedPicture; or the way has no grid.
        LandmarkError: too little is defined to know the rigid motion.
    """
    way = ways.way(base.frame, toFrame)
    if not isDeformable(way):
        raise FrameOfReferenceError(
            f"expected a deformation from {base.frame} to {toFrame}, found matrices only"
        )
    picture = deformedPicture(base, Shown(structures=structures), ways, scene)
    matrix = np.eye(4) if part is FieldPart.WHOLE else rigidPart(way, base.lattice)
    field = Field(way, matrix)
    drawing = FieldDrawing(
        field,
        fieldSummary(field, base.lattice),
        kind,
        scale,
        float((np.array(base.lattice.size) * base.lattice.spacing).max()),
        () if kind is FieldKind.JACOBIAN else (_partText(part, matrix, base),),
    )
    toBase = {one.frame for one in structures.structures} if structures else set()
    used = [way, *(ways.way(frame, base.frame) for frame in toBase)]
    return replace(picture, additions=(drawing,), registration=ways.mark(used))


def rigidPartOnly(picture: FusedPicture, base: ImageSeries) -> FusedPicture:
    """The same picture before the deformation: what was deformed lies where the rigid motion
    nearest to it puts it (see rigidPart).

    Raises
        FrameOfReferenceError: nothing in the picture is deformed.
        LandmarkError: too little is defined to know the rigid motion.
    """
    layers = (picture.foreground, picture.dose)
    if not any(isinstance(layer, DeformedLayer) for layer in layers):
        raise FrameOfReferenceError("expected a deformed image or dose, found none in the picture")
    foreground, dose = (_stiff(layer, base) for layer in layers)
    return replace(
        picture,
        foreground=foreground,
        dose=dose,
        additions=(),
        registration=RegistrationMark(RegistrationState.RIGID_PART),
    )


def _overlay(
    base: ImageSeries,
    overlay: ImageSeries,
    way: TransformChain,
    ways: Ways,
    scene: slicer.vtkMRMLScene,
) -> ShownLayer:
    if not isDeformable(way):
        layer = imageLayer(overlay, scene, overlay=True)
        place(layer.node, ways.way(overlay.frame, base.frame), scene)
        return layer
    volume = overlay.volume()
    label = seriesName(overlay.modality, overlay.description)
    return DeformedLayer(volume, way, label, seriesPreset(overlay, volume, overlay=True))


def _dose(
    base: ImageSeries, dose: Dose, way: TransformChain, ways: Ways, scene: slicer.vtkMRMLScene
) -> ShownLayer:
    if not isDeformable(way):
        layer = doseLayer(dose, scene)
        place(layer.node, ways.way(dose.frame, base.frame), scene)
        return layer
    return DeformedLayer(dose.volume, way, "Dose", dosePreset(dose.volume.values))


def _undefinedOf(way: Transform, base: ImageSeries) -> FieldDrawing:
    field = Field(way, np.eye(4))
    return FieldDrawing(field, fieldSummary(field, base.lattice), None, SCALE, 0.0)


def _stiff(layer: ShownLayer | None, base: ImageSeries) -> ShownLayer | None:
    if not isinstance(layer, DeformedLayer):
        return layer
    matrix = rigidPart(layer.way, base.lattice)
    frames = layer.way.fromFrame, layer.way.toFrame
    return replace(layer, way=AffineTransform(matrix, *frames))


def _partText(part: FieldPart, matrix: np.ndarray, base: ImageSeries) -> str:
    if part is FieldPart.WHOLE:
        return "rigid part included"
    return f"without the rigid part ({motionText(matrix, base.lattice.center)})"
