"""What to draw of registered images: which layers, structures and dose, and the registration in
force.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import slicer

from ..contourPlanes import sliceSpacing
from ..dataNodes import doseNode, volumeNodeFromVolume
from ..dose import Dose
from ..errors import MalformedObjectError
from ..frames import FrameGraph, Transform, TransformChain
from ..images import ImageSeries
from ..lattice import Volume
from ..macros import text
from ..registration import SpatialRegistration, frameGraph
from ..rendering import FusedPicture
from ..scene import placeUnder, transformNodeFromWay
from ..sentences import seriesName
from ..structures import StructureSet
from ..usedRegistrations import usedRegistrations
from .annotations import RegistrationMark, RegistrationState
from .modalityPresets import Preset, dosePreset, imagePreset
from .sliceLayers import Layer
from .slicePlanes import nearestPatientAxes
from .structureOutlines import Outline, outlineFromStructure


@dataclass(frozen=True, eq=False)
class Shown:
    """What a picture is made of, beside the base: each may be missing."""

    overlay: ImageSeries | None = None
    structures: StructureSet | None = None
    dose: Dose | None = None


def registeredPicture(
    base: ImageSeries,
    shown: Shown,
    registrations: Sequence[SpatialRegistration],
    scene: slicer.vtkMRMLScene,
    *,
    registered: bool = True,
) -> FusedPicture:
    """The picture of `shown` on `base`, centered on the structures if there are any. Its nodes are
    added to `scene`, which must live as long as the picture.

    Everything is put where the registrations put it. Not `registered` draws the overlay at its
    own coordinates instead, as if the frames were one, and the picture says so.

    Raises
        FrameOfReferenceError: no registration, or several, lead from something shown to the base.
    """
    graph = frameGraph(registrations)
    background = imageLayer(base, scene, overlay=False)
    ways = []
    foreground = dose = None
    if shown.overlay is not None:
        foreground = imageLayer(shown.overlay, scene, overlay=True)
        if registered:
            ways.append(graph.path(shown.overlay.frame, base.frame))
            place(foreground.node, ways[-1], scene)
    if shown.dose is not None:
        dose = doseLayer(shown.dose, scene)
        ways.append(graph.path(shown.dose.frame, base.frame))
        place(dose.node, ways[-1], scene)
    if shown.structures is not None:
        ways += [graph.path(one.frame, base.frame) for one in shown.structures.structures]
    off = shown.overlay is not None and not registered and shown.overlay.frame != base.frame
    return FusedPicture(
        background=background,
        foreground=foreground,
        registration=_mark(off, ways, registrations),
        outlines=_outlines(shown.structures, base, graph) if shown.structures else (),
        dose=dose,
        center=centerOf(shown.structures, base, lambda frame: graph.path(frame, base.frame)),
        axes=nearestPatientAxes(base.lattice.directions),
    )


def imageLayer(series: ImageSeries, scene: slicer.vtkMRMLScene, *, overlay: bool) -> Layer:
    """`series` as it lies in its own frame."""
    volume = series.volume()
    label = seriesName(series.modality, series.description)
    preset = seriesPreset(series, volume, overlay=overlay)
    return Layer(volumeNodeFromVolume(volume, scene, label), label, preset)


def seriesPreset(series: ImageSeries, volume: Volume, *, overlay: bool) -> Preset:
    """How `series`, whose values are `volume`, looks when nobody has chosen."""
    unit = text(series.headers[0], "Units") if series.modality == "PT" else ""
    return imagePreset(series.modality, volume.values, overlay=overlay, unit=unit)


def doseLayer(dose: Dose, scene: slicer.vtkMRMLScene) -> Layer:
    """`dose` as it lies in its own frame."""
    node = doseNode(dose.volume, scene, "Dose")
    return Layer(node, "Dose", dosePreset(dose.volume.values))


def place(
    node: slicer.vtkMRMLScalarVolumeNode, way: TransformChain, scene: slicer.vtkMRMLScene
) -> None:
    """Put `node` where `way`, of matrices, takes it."""
    if way.transforms:
        placeUnder(node, transformNodeFromWay(way, scene, "Registration"))


def _mark(
    off: bool, ways: Sequence[TransformChain], registrations: Sequence[SpatialRegistration]
) -> RegistrationMark | None:
    """What the picture says of registration; nothing if the base is alone."""
    if off:
        return RegistrationMark(RegistrationState.OFF)
    if not ways:
        return None
    if not any(way.transforms for way in ways):
        return RegistrationMark(RegistrationState.SAME_FRAME)
    used = {
        one.sopInstanceUID: one.label
        for way in ways
        for one in usedRegistrations(way, registrations)
        if one.label
    }
    return RegistrationMark(RegistrationState.ON, ", ".join(used.values()))


def _outlines(
    structureSet: StructureSet, base: ImageSeries, graph: FrameGraph
) -> tuple[Outline, ...]:
    """Outlines of the structures that enclose something."""
    spacing = sliceSpacing(structureSet)
    found = []
    for one in structureSet.structures:
        if not any(contour.isClosed for contour in one.contours):
            continue
        try:
            found.append(outlineFromStructure(one, spacing, graph.path(one.frame, base.frame)))
        except MalformedObjectError:  # encloses no volume: there is no outline to draw
            continue
    return tuple(found)


def centerOf(
    structureSet: StructureSet | None, base: ImageSeries, wayFrom: Callable[[str], Transform]
) -> np.ndarray | None:
    """Middle of the smallest target volume, else structure, or what is nearest to it in the base
    image; LPS mm in the base's frame, to which `wayFrom` leads from that of a structure. None if
    nothing encloses anything there.
    """
    closed = [
        one
        for one in (structureSet.structures if structureSet else ())
        if any(contour.isClosed for contour in one.contours)
    ]
    if not closed:
        return None
    targets = [one for one in closed if one.interpretedType in ("GTV", "CTV", "PTV")]
    chosen = min(targets or closed, key=lambda one: float(np.ptp(one.points, axis=0).prod()))
    points = wayFrom(chosen.frame)(chosen.points)
    points = points[~np.isnan(points).any(axis=-1)]
    if not len(points):
        return None
    middle = base.lattice.indices((points.min(axis=0) + points.max(axis=0)) / 2)
    return base.lattice.points(np.clip(middle, 0, np.array(base.lattice.size) - 1))
