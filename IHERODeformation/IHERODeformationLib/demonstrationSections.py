"""What the report of the demonstration says of the deformable actors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import slicer

from IHERORegistrationLib.dataFolder import dataFolder
from IHERORegistrationLib.dose import doseFromFile
from IHERORegistrationLib.headlessScene import newScene
from IHERORegistrationLib.page import Facts, Paragraph, Part, Picture, Section, Table
from IHERORegistrationLib.pictures.fusion import Mode
from IHERORegistrationLib.pictures.graphics import graphicsAvailable
from IHERORegistrationLib.pictures.registeredPicture import Shown, registeredPicture
from IHERORegistrationLib.pictures.slicePlanes import Plane
from IHERORegistrationLib.rendering import FusedPicture, fusedImage, savePNG
from IHERORegistrationLib.structures import StructureSet
from IHERORegistrationLib.structureSetReader import structureSetFromDataset, structureSetFromFile

from .deformationSentences import deformationSentences
from .demonstration import CARRIED, DeformableDemonstration, Progress
from .doseStatistics import StructureDose
from .gridContent import gridContent

WIDTH = 1100
DETAIL_WIDTH = 800


def deformableSections(
    made: DeformableDemonstration, progress: Progress, *, force: bool = False
) -> list[Section]:
    """The sections; their pictures are also written to `folder`/pictures."""
    pictures: dict[str, tuple[Part, ...]] = {"image": (), "contours": (), "dose": ()}
    if graphicsAvailable():
        progress("drawing: the deformed image, contours and dose")
        scene = newScene()
        pictures = {
            name: tuple(_drawn(made, one, force) for one in ones)
            for name, ones in _pictures(made, scene).items()
        }
    return [
        Section("Deformable Registrator: a known deformation as an object", _registration(made)),
        Section("Image Deformer: the source on the registered image", (
            Paragraph(
                f"Each voxel of the registered image asks the deformation where it comes from; "
                f"the mean difference from the truth is {made.imageError:.1f} HU, most of it at "
                "edges that the voxels of the source cannot show."
            ),
            *pictures["image"],
        )),
        Section("Contour Deformer: structures on the source", (
            *pictures["contours"], _volumes(made)
        )),
        Section("Dose Deformer: dose on the registered image", (
            Paragraph(
                f"{made.dose.statement}. The mean difference from the truth is "
                f"{100 * made.doseError:.3f} % of the maximum."
            ),
            *pictures["dose"],
            _doses(made),
        )),
    ]  # fmt: skip


def _registration(made: DeformableDemonstration) -> tuple[Part, ...]:
    one = made.registered
    names = {made.fixed.frame: "the registered CT", made.moving.frame: "the source CT"}
    centers = {each.frame: each.lattice.center for each in (made.fixed, made.moving)}
    (item,) = one.registration.sourceItems
    content = None if item.grid is None else gridContent(item.grid)
    sentences = deformationSentences(one.registration, item, names, centers, content)
    spacing = " × ".join(f"{mm:.1f}" for mm in one.sampled.spacing)
    missed = one.landmarkErrors
    return (
        Paragraph(
            "A second made patient breathed between two CT, the registered one oblique. His "
            "deformation is a formula; the Registrator sampled it on the coarsest grid that keeps "
            "the error below 0.1 mm and wrote the object by every row of the profile DRRO."
        ),
        Paragraph(" ".join(sentences)),
        Facts(
            (
                ("Grid", f"every {spacing} mm"),
                ("Largest error of the sampling", f"{one.sampled.error:.3f} mm"),
                (
                    f"Error at {len(missed)} landmarks",
                    f"{missed.mean():.3f} mm, at most {missed.max():.3f} mm",
                ),
            )
        ),
    )


def _volumes(made: DeformableDemonstration) -> Table:
    rows = tuple(
        (
            one.structure.name,
            f"{one.before:.1f} cm³",
            f"{one.after:.1f} cm³ ({100 * (one.after / one.before - 1):+.1f} %)",
            f"{made.contourErrors[one.structure.name]:.2f} mm",
        )
        for one in made.contours.structures
        if one.before and one.after is not None
    )
    caption = "Contours before and after; the error is what 95 % of the new points do not exceed"
    return Table(("Structure", "Drawn", "Deformed", "Distance from the truth"), rows, caption)


def _doses(made: DeformableDemonstration) -> Table:
    after = {one.name: one for one in made.doseAfter}
    rows = tuple(
        (
            before.name,
            *_pair(before, after[before.name]),
            f"{100 * after[before.name].coverage:.0f} %",
        )
        for before in made.doseBefore
        if before.name in after and before.maximum >= 1
    )
    header = ("Structure", "Mean (Gy)", "Maximum (Gy)", "D95 (Gy)", "D2cc (Gy)", "Covered")
    caption = "Dose of each structure on the source, and after the way to the registered image"
    return Table(header, rows, caption)


def _pair(before: StructureDose, after: StructureDose) -> Iterator[str]:
    for name in ("mean", "maximum", "D95", "D2cc"):
        values = [getattr(one, name) for one in (before, after)]
        shown = ["none" if np.isnan(value) else f"{value:.2f}" for value in values]
        yield f"{shown[0]} → {shown[1]}"


Named = tuple[str, FusedPicture, str]  # file name, picture, caption


def _drawn(made: DeformableDemonstration, named: Named, force: bool) -> Picture:
    name, picture, caption = named
    path = savePNG(fusedImage(picture), made.folder / "pictures" / f"{name}.png", force=force)
    return Picture(path.read_bytes(), caption, f"{picture.title}. {caption}")


def _pictures(made: DeformableDemonstration, scene: slicer.vtkMRMLScene) -> dict[str, list[Named]]:
    fixed, moving = made.fixed, made.moving
    onFixed = structureSetFromFile(made.phantom.structureSets[fixed.frame])
    image = dataFolder(made.folder / "deformed results" / "image on Registered").oneSeries()
    both = registeredPicture(fixed, Shown(image, _chosen(onFixed)), (), scene)
    detail = replace(both, planes=(Plane.AXIAL,), width=DETAIL_WIDTH, outlines=())
    onMoving = _chosen(structureSetFromDataset(made.contours.dataset))
    contours = registeredPicture(moving, Shown(structures=onMoving), (), scene)
    (path,) = (made.folder / "deformed results" / "dose on Registered").glob("*.dcm")
    dose = registeredPicture(
        fixed, Shown(structures=_chosen(onFixed), dose=doseFromFile(path)), (), scene
    )
    return {
        "image": [
            (
                "deformed image",
                replace(both, width=WIDTH),
                "The source CT, in blue-green, deformed onto the registered one.",
            ),
            (
                "deformed image, difference",
                replace(detail, mode=Mode.DIFFERENCE),
                "Where the deformed image and the registered one differ.",
            ),
            (
                "deformed image, checkerboard",
                replace(detail, mode=Mode.CHECKERBOARD),
                "Registered and deformed image in turn: edges go on.",
            ),
        ],
        "contours": [
            (
                "deformed contours",
                replace(contours, width=WIDTH),
                "The structures of the registered CT, drawn on the slices of the source.",
            )
        ],
        "dose": [
            (
                "deformed dose",
                replace(dose, width=WIDTH),
                "The dose of the source, deformed to the registered CT.",
            )
        ],
    }


def _chosen(structureSet: StructureSet) -> StructureSet:
    kept = tuple(one for one in structureSet.structures if one.name in CARRIED)
    return replace(structureSet, structures=kept)
