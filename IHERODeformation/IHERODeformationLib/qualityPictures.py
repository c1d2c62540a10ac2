"""The pictures of a quality report: the images on each other, and what the field does to space."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import slicer

from IHERORegistrationLib.headlessScene import newScene
from IHERORegistrationLib.images import ImageSeries
from IHERORegistrationLib.page import Picture
from IHERORegistrationLib.pictures.fusion import Mode
from IHERORegistrationLib.pictures.graphics import graphicsAvailable
from IHERORegistrationLib.pictures.pagePictures import Named, pagePicture
from IHERORegistrationLib.pictures.registeredPicture import Shown
from IHERORegistrationLib.pictures.slicePlanes import Plane
from IHERORegistrationLib.registration import Registration
from IHERORegistrationLib.structures import StructureSet

from .direction import Progress
from .pictures.deformedPicture import deformedPicture, rigidPartOnly
from .pictures.fieldKind import FieldKind
from .pictures.fieldPicture import fieldPicture
from .pictures.ways import Ways
from .transformSteps import isDeformable

WIDTH = 800
PLANE = (Plane.CORONAL,)  # where breathing shows

KINDS = {
    FieldKind.ARROWS: "Where points of the registered image go, without the rigid part.",
    FieldKind.GRID: "What becomes of a straight grid, without the rigid part.",
    FieldKind.MAGNITUDE: "How far points go, without the rigid part.",
    FieldKind.JACOBIAN: "What becomes of volume: 1 where it stays.",
}


def qualityPictures(
    registration: Registration,
    registered: ImageSeries,
    source: ImageSeries,
    structures: StructureSet | None,
    folder: Path,
    *,
    progress: Progress = lambda _: None,
) -> tuple[Picture, ...]:
    """`source` on `registered` and, of a deformable registration, before it and its field; written
    to `folder` too. None where this machine cannot draw. `progress` is told each of them.

    Raises
        FrameOfReferenceError: the registration does not lead from the one to the other.
        FileExistsRefusal: a picture is in the way.
    """
    if not graphicsAvailable():
        return ()
    scene = newScene()
    named = _pictures(Ways((registration,)), registered, source, structures, scene)
    found = []
    for one in named:
        progress(f"Drawing: {one[0]} …")
        found.append(pagePicture(one, folder))
    return tuple(found)


def _pictures(
    ways: Ways,
    registered: ImageSeries,
    source: ImageSeries,
    structures: StructureSet | None,
    scene: slicer.vtkMRMLScene,
) -> Iterator[Named]:
    shown = Shown(overlay=source, structures=_drawable(structures, registered.frame))
    whole = deformedPicture(registered, shown, ways, scene)
    yield "source on registered", replace(whole, width=WIDTH), "The source on the registered image."
    detail = replace(whole, planes=PLANE, width=WIDTH, outlines=(), mode=Mode.DIFFERENCE)
    deforms = isDeformable(ways.way(registered.frame, source.frame))
    if deforms:
        before = rigidPartOnly(detail, registered)
        yield "before", before, "Only the rigid part applied: where they differ."
    yield "after", detail, "As registered: where they differ."
    for kind, words in KINDS.items() if deforms else ():
        picture = fieldPicture(
            registered, source.frame, ways, scene, kind=kind, structures=shown.structures
        )
        yield f"field {kind}", replace(picture, planes=PLANE, width=WIDTH), words


def _drawable(structures: StructureSet | None, frame: str) -> StructureSet | None:
    """Those of the structures that lie on the registered image: nothing is carried here."""
    if structures is None:
        return None
    kept = structures.inFrame(frame)
    return kept if kept.structures else None
