"""The pictures of the demonstration, as files and for its report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import slicer

from .demonstration import Demonstration, Progress
from .errors import NoGraphicsError
from .headlessScene import newScene
from .page import Paragraph, Part
from .pictures.fusion import Mode
from .pictures.graphics import requireGraphics
from .pictures.pagePictures import Named, pagePictures
from .pictures.registeredPicture import Shown, registeredPicture
from .pictures.slicePlanes import Plane
from .structures import StructureSet
from .structureSetReader import structureSetFromDataset

SHOWN = ("Body", "Heart", "Liver", "Lung_L", "Lung_R", "SpinalCanal", "GTV", "PTV", "Kidneys")
WIDTH = 1100
DETAIL_WIDTH = 800


def demonstrationPictures(
    made: Demonstration, progress: Progress, *, force: bool = False
) -> dict[str, tuple[Part, ...]]:
    """Pictures by the part of the report that they belong to; where nothing can be drawn, a
    sentence that says what is missing on this machine.
    """
    try:
        requireGraphics()
    except NoGraphicsError as error:
        progress(f"no pictures: {error}")
        nothing = (Paragraph(f"No pictures were drawn: {error}"),)
        return dict.fromkeys(("display", "dose", "contours"), nothing)
    scene = newScene()
    parts: dict[str, tuple[Part, ...]] = {}
    for part, named in (
        ("display", _display(made, scene)),
        ("dose", _dose(made, scene)),
        ("contours", _contours(made, scene)),
    ):
        progress(f"drawing: {part}")
        parts[part] = tuple(pagePictures(named, made.folder / "pictures", force=force))
    return parts


def _display(made: Demonstration, scene: slicer.vtkMRMLScene) -> Iterator[Named]:
    base = made.series("CT")
    structures = _chosen(made.data.oneStructureSet())
    shown = Shown(overlay=made.series("MR"), structures=structures)
    picture = registeredPicture(base, shown, made.given, scene)
    words = "The MR, in amber, lies on the CT where the registration puts it."
    yield "MR on CT", replace(picture, width=WIDTH), words
    detail = replace(picture, planes=(Plane.AXIAL,), width=DETAIL_WIDTH)
    spyglass = replace(detail, mode=Mode.SPYGLASS)
    yield "MR on CT, spyglass", spyglass, "The MR through a spyglass: edges go on."
    board = replace(detail, mode=Mode.CHECKERBOARD, outlines=())
    yield "MR on CT, checkerboard", board, "CT and MR in turn."
    shown = Shown(overlay=made.series("PET"), structures=structures)
    picture = registeredPicture(base, shown, made.given, scene)
    words = "The PET over the CT: the tumor's uptake fills the GTV that was drawn on the CT."
    yield "PET on CT", replace(picture, width=WIDTH), words


def _dose(made: Demonstration, scene: slicer.vtkMRMLScene) -> Iterator[Named]:
    shown = Shown(structures=_chosen(made.data.oneStructureSet()), dose=made.data.oneDose())
    picture = registeredPicture(made.series("MR"), shown, made.given, scene)
    yield (
        "dose on MR",
        replace(picture, width=WIDTH),
        "Dose and structures of the plan, shown on the oblique MR through the registration.",
    )


def _contours(made: Demonstration, scene: slicer.vtkMRMLScene) -> Iterator[Named]:
    carried = structureSetFromDataset(made.contours["MR"].dataset)
    shown = Shown(structures=_chosen(carried))
    picture = registeredPicture(made.series("MR"), shown, made.given, scene)
    yield (
        "structures on MR",
        replace(picture, width=WIDTH),
        "The new structure set, drawn on the MR's own slices and written for them.",
    )


def _chosen(structureSet: StructureSet) -> StructureSet:
    """Only the structures that a picture can hold without being crowded."""
    kept = tuple(one for one in structureSet.structures if one.name in SHOWN)
    return replace(structureSet, structures=kept)
