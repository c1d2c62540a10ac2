"""What the report of the demonstration says of the deformable actors."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from IHERORegistrationLib.page import Facts, Paragraph, Part, Section, Table

from .deformationSentences import deformationSentences
from .demonstration import DeformableDemonstration, Progress
from .demonstrationPictures import deformablePictures
from .doseStatistics import StructureDose
from .gridContent import gridContent


def deformableSections(
    made: DeformableDemonstration, progress: Progress, *, force: bool = False
) -> list[Section]:
    """The sections; their pictures are also written to `folder`/pictures."""
    pictures = deformablePictures(made, progress, force=force)
    image = Paragraph(
        "Each voxel of the registered image asks the deformation where it comes from; the mean "
        f"difference from the truth is {made.imageError:.1f} HU, most of it at edges that the "
        "voxels of the source cannot show."
    )
    dose = Paragraph(
        f"{made.dose.statement}. The mean difference from the truth is "
        f"{100 * made.doseError:.3f} % of the maximum."
    )
    contours = (*pictures["contours"], _volumes(made))
    return [
        Section("Deformable Registrator: a known deformation as an object", _registration(made)),
        Section("Deformable Displayer: what it does to space", pictures["field"]),
        Section("Image Deformer: source on registered image", (image, *pictures["image"])),
        Section("Contour Deformer: structures on the source", contours),
        Section(
            "Dose Deformer: dose on the registered image", (dose, *pictures["dose"], _doses(made))
        ),
    ]


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
