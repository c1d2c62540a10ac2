"""Actor Deformable Displayer: pictures of images, structures and dose on the slices of one image,
each where rigid and deformable registrations put it.
"""

from __future__ import annotations

from dataclasses import replace

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
from IHERORegistrationLib.rendering import FusedPicture
from IHERORegistrationLib.sentences import seriesName

from ..transformSteps import isDeformable
from .deformedLayer import DeformedLayer
from .deformedOutlines import deformedOutlines
from .field import Field, fieldSummary, rigidPart
from .fieldDrawing import FieldDrawing
from .fieldKind import SCALE
from .ways import Ways


def deformedPicture(
    base: ImageSeries,
    shown: Shown,
    ways: Ways,
    scene: slicer.vtkMRMLScene,
    *,
    registered: bool = True,
) -> FusedPicture:
    """The picture of `shown` on `base`, as `registeredPicture` but through deformations too. Where
    these say nothing the base is hatched, and the legend tells how much of it that is.

    Images and dose are pulled, so from the base's frame to theirs; structures are carried the
    other way. Not `registered` draws the overlay at its own coordinates, and the picture says so.

    Raises
        FrameOfReferenceError: there is no way, or several, or only one against a deformation.
    """
    used = []
    picture = FusedPicture(
        background=imageLayer(base, scene, overlay=False),
        axes=nearestPatientAxes(base.lattice.directions),
    )
    if shown.overlay is not None and not registered:
        picture = replace(picture, foreground=imageLayer(shown.overlay, scene, overlay=True))
    elif shown.overlay is not None:
        used.append(ways.way(base.frame, shown.overlay.frame))
        picture = replace(picture, foreground=_overlay(shown.overlay, used[-1], scene))
    if shown.dose is not None:
        used.append(ways.way(base.frame, shown.dose.frame))
        picture = replace(picture, dose=_dose(shown.dose, used[-1], scene))
    drawings = {way.toFrame: _undefinedOf(way, base, ways) for way in used if isDeformable(way)}
    if shown.structures is not None:
        toBase = {one.frame: ways.way(one.frame, base.frame) for one in shown.structures.structures}
        used += toBase.values()
        picture = replace(
            picture,
            outlines=deformedOutlines(shown.structures, toBase.__getitem__),
            center=centerOf(shown.structures, base, toBase.__getitem__),
        )
    off = not registered and shown.overlay is not None and shown.overlay.frame != base.frame
    mark = RegistrationMark(RegistrationState.OFF) if off else ways.mark(used)
    return replace(picture, registration=mark, additions=tuple(drawings.values()))


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


def _overlay(overlay: ImageSeries, way: TransformChain, scene: slicer.vtkMRMLScene) -> ShownLayer:
    """`overlay` at the end of `way`, which begins in the frame of the picture."""
    if not isDeformable(way):
        layer = imageLayer(overlay, scene, overlay=True)
        place(layer.node, way.inverse(), scene)
        return layer
    volume = overlay.volume()
    label = seriesName(overlay.modality, overlay.description)
    return DeformedLayer(volume, way, label, seriesPreset(overlay, volume, overlay=True))


def _dose(dose: Dose, way: TransformChain, scene: slicer.vtkMRMLScene) -> ShownLayer:
    """The same of a dose."""
    if not isDeformable(way):
        layer = doseLayer(dose, scene)
        place(layer.node, way.inverse(), scene)
        return layer
    return DeformedLayer(dose.volume, way, "Dose", dosePreset(dose.volume.values))


def _undefinedOf(way: Transform, base: ImageSeries, ways: Ways) -> FieldDrawing:
    field = Field(way, np.eye(4))
    summary = fieldSummary(field, base.lattice)
    return FieldDrawing(field, summary, None, SCALE, 0.0, ways.remarks)


def _stiff(layer: ShownLayer | None, base: ImageSeries) -> ShownLayer | None:
    if not isinstance(layer, DeformedLayer):
        return layer
    matrix = rigidPart(layer.way, base.lattice)
    frames = layer.way.fromFrame, layer.way.toFrame
    return replace(layer, way=AffineTransform(matrix, *frames))
