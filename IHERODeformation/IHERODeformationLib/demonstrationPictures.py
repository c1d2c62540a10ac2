"""The pictures of the deformable part of the demonstration, as files and for its report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import slicer

from IHERORegistrationLib.dose import doseFromFile
from IHERORegistrationLib.headlessScene import newScene
from IHERORegistrationLib.page import Part
from IHERORegistrationLib.pictures.fusion import Mode
from IHERORegistrationLib.pictures.graphics import graphicsAvailable
from IHERORegistrationLib.pictures.pagePictures import Named, pagePictures
from IHERORegistrationLib.pictures.registeredPicture import Shown
from IHERORegistrationLib.pictures.slicePlanes import Plane
from IHERORegistrationLib.structures import StructureSet
from IHERORegistrationLib.structureSetReader import structureSetFromDataset, structureSetFromFile

from .demonstration import CARRIED, DeformableDemonstration, Progress
from .pictures.deformedPicture import deformedPicture, rigidPartOnly
from .pictures.fieldKind import FieldKind
from .pictures.fieldPicture import fieldPicture
from .pictures.ways import Ways

WIDTH = 1100
DETAIL_WIDTH = 800


def deformablePictures(
    made: DeformableDemonstration, progress: Progress, *, force: bool = False
) -> dict[str, tuple[Part, ...]]:
    """Pictures by the part of the report that they belong to; none where nothing can be drawn."""
    if not graphicsAvailable():
        return dict.fromkeys(("image", "field", "contours", "dose"), ())
    scene = newScene()
    parts: dict[str, tuple[Part, ...]] = {}
    for part, pictures in (
        ("image", _image(made, scene)),
        ("field", _field(made, scene)),
        ("contours", _contours(made, scene)),
        ("dose", _dose(made, scene)),
    ):
        progress(f"drawing: deformed {part}")
        parts[part] = tuple(pagePictures(pictures, made.folder / "pictures", force=force))
    return parts


def _ways(made: DeformableDemonstration) -> Ways:
    return Ways((made.registered.registration,))


def _image(made: DeformableDemonstration, scene: slicer.vtkMRMLScene) -> Iterator[Named]:
    shown = Shown(overlay=made.moving, structures=_onFixed(made))
    picture = deformedPicture(made.fixed, shown, _ways(made), scene)
    words = "The source CT, in blue-green, deformed onto the registered one."
    yield "deformed image", replace(picture, width=WIDTH), words
    detail = replace(
        picture, planes=(Plane.CORONAL,), width=DETAIL_WIDTH, outlines=(), mode=Mode.DIFFERENCE
    )
    words = "Only the rigid part applied: green and magenta are where the two differ."
    yield "deformed image, before", rigidPartOnly(detail, made.fixed), words
    yield "deformed image, after", detail, "The deformation applied."


def _field(made: DeformableDemonstration, scene: slicer.vtkMRMLScene) -> Iterator[Named]:
    for kind, words in (
        (FieldKind.ARROWS, "Where the points of the registered CT go, without the rigid part."),
        (FieldKind.JACOBIAN, "What becomes of volume on the way to the source."),
    ):
        picture = fieldPicture(
            made.fixed,
            made.moving.frame,
            _ways(made),
            scene,
            kind=kind,
            structures=_onFixed(made),
        )
        yield f"field, {kind}", replace(picture, planes=(Plane.CORONAL,), width=DETAIL_WIDTH), words


def _contours(made: DeformableDemonstration, scene: slicer.vtkMRMLScene) -> Iterator[Named]:
    shown = Shown(structures=_chosen(structureSetFromDataset(made.contours.dataset)))
    picture = deformedPicture(made.moving, shown, _ways(made), scene)
    words = "The structures of the registered CT, drawn on the slices of the source."
    yield "deformed contours", replace(picture, width=WIDTH), words


def _dose(made: DeformableDemonstration, scene: slicer.vtkMRMLScene) -> Iterator[Named]:
    (path,) = (made.folder / "deformed results" / "dose on Registered").glob("*.dcm")
    shown = Shown(structures=_onFixed(made), dose=doseFromFile(path))
    picture = deformedPicture(made.fixed, shown, _ways(made), scene)
    words = "The dose of the source, deformed to the registered CT and read from its file."
    yield "deformed dose", replace(picture, width=WIDTH), words


def _onFixed(made: DeformableDemonstration) -> StructureSet:
    return _chosen(structureSetFromFile(made.phantom.structureSets[made.fixed.frame]))


def _chosen(structureSet: StructureSet) -> StructureSet:
    kept = tuple(one for one in structureSet.structures if one.name in CARRIED)
    return replace(structureSet, structures=kept)
