"""The report of the demonstration: one page that one would show to a colleague."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from IHERODeformationLib.demonstration import DeformableDemonstration
from IHERODeformationLib.demonstrationSections import deformableSections

from .carriedStructure import CarriedStructure
from .dataFolder import DataFolder
from .demonstration import MOVING, SETUP_ERROR, Demonstration, Progress
from .demonstrationPictures import demonstrationPictures
from .dicomFile import datasetFromFile
from .page import Facts, Paragraph, Part, Section, Table, page
from .profiles.selection import conformanceFindings, defaultProfiles, sopClassOf
from .report import CheckedObject, verdict
from .rules import Role
from .sentences import itemSentences, seriesName, shiftWords
from .study import Study

LIMITS = (
    "The patients are made by formulas; no image here is of a person.",
    "Dose shown or written on another frame is resampled for display: the MMRO profiles do not "
    "cover it, and the object says RIGID.",
    "For research. Nothing here was approved for treatment.",
)


def demonstrationPage(
    made: Demonstration,
    deformed: DeformableDemonstration,
    progress: Progress,
    *,
    force: bool = False,
) -> str:
    """The report as one HTML page; its pictures are also written to `folder`/pictures."""
    pictures = demonstrationPictures(made, progress, force=force)
    deformable = deformableSections(deformed, progress, force=force)
    progress("checking everything that was written")
    dose = Paragraph(f"The dose was also written for the PET. {made.dose.statement}.")
    sections = [
        Section("What maps where", _mappings(made)),
        Section("Registered Display: MR and PET on the planning CT", pictures["display"]),
        Section(
            "Registered Dose Display: dose and structures on the MR", (dose, *pictures["dose"])
        ),
        Section(
            "Registered Contourer: structures on the MR", (*pictures["contours"], _volumes(made))
        ),
        Section("Registrator: registrations from landmarks", (_registrations(made),)),
        Section("Couch", _couch(made)),
        *deformable,
        Section("Conformance", (_conformance(made, deformed),)),
        Section("Limits", tuple(Paragraph(one) for one in LIMITS)),
    ]
    return page("IHERO demonstration", sections, summary=_summary(made, deformed))


def _summary(made: Demonstration, deformed: DeformableDemonstration) -> tuple[Part, ...]:
    scans = ", ".join(
        f"{one.modality} {one.lattice.size[0]} × {one.lattice.size[1]} × {one.lattice.size[2]}"
        for one in map(made.series, ("CT", *MOVING))
    )
    return (
        Paragraph(
            "A made patient was scanned three times, each time in a Frame of Reference of its own. "
            "Every actor of the IHE-RO profile Multimodality Registration for Radiation Oncology "
            "then played its part on the DICOM files. A second one breathed between two scans, for "
            "the actors of the profile Deformable Registration. Each result was held against the "
            "truth that the patients were made from."
        ),
        Facts(
            (
                ("Images", scans),
                ("Structures", str(len(made.data.oneStructureSet().structures))),
                ("Files written by the actors", str(len(made.written) + len(deformed.written))),
            )
        ),
    )


def _names(made: Demonstration) -> dict[str, str]:
    return {
        one.frame: f"the {seriesName(one.modality, one.description)}"
        for one in map(made.series, ("CT", *MOVING))
    }


def _mappings(made: Demonstration) -> tuple[Part, ...]:
    centers = {one.frame: one.lattice.center for one in map(made.series, ("CT", *MOVING))}
    return tuple(
        Paragraph(" ".join(itemSentences(one, item, _names(made), centers)))
        for one in made.given
        for item in one.movingItems
    )


def _volumes(made: Demonstration) -> Table:
    rows = []
    carried = {name: made.contours[name].structures for name in MOVING}
    for onMR, onPET in zip(*carried.values(), strict=True):
        if onMR.before is not None:
            rows.append(
                (onMR.structure.name, f"{onMR.before:.1f} cm³", _after(onMR), _after(onPET))
            )
    return Table(
        ("Structure", "On the CT", "On the MR", "On the PET"),
        tuple(rows),
        caption="Volumes of the contours before and after they were carried",
    )


def _after(one: CarriedStructure) -> str:
    if one.after is None or not one.before:
        return "no volume"
    change = 100 * (one.after / one.before - 1)
    lost = f"; {100 * one.outside:.0f} % lies on no image" if one.outside >= 0.005 else ""
    return f"{one.after:.1f} cm³ ({change:+.1f} %{lost})"


def _registrations(made: Demonstration) -> Table:
    rows = tuple(
        (
            f"{name} to CT",
            str(len(one.fit.identifiers)),
            f"{one.fit.rootMeanSquare:.3f} mm",
            f"{one.error:.2g} mm",
            str(one.path.relative_to(made.folder)),
        )
        for name, one in made.registrations.items()
    )
    return Table(
        ("Registration", "Landmarks", "Residual (RMS)", "Error against the truth", "File"),
        rows,
        caption="Least-squares rigid fits; the error is the largest at the corners of the images",
    )


def _couch(made: Demonstration) -> tuple[Part, ...]:
    patient, couch = made.couch
    return (
        Paragraph(
            "If the patient lay as in the MR, with the isocenter off "
            f"{shiftWords(np.asarray(SETUP_ERROR))}, this would bring the plan's position back:"
        ),
        *(Paragraph(_named(str(one), _names(made))) for one in (couch, patient)),
    )


def _named(sentence: str, names: Mapping[str, str]) -> str:
    """`sentence` with what lies in a frame in place of “frame” and its UID."""
    for frame, name in names.items():
        sentence = sentence.replace(f"frame {frame}", name)
    return sentence


def _conformance(made: Demonstration, deformed: DeformableDemonstration) -> Table:
    rows = [row for one in (made, deformed) for row in _verdicts(one.written, one.data, one.folder)]
    return Table(("Written", "Objects", "Findings"), tuple(rows))


def _verdicts(
    written: Sequence[Path], data: DataFolder, folder: Path
) -> Iterator[tuple[str, str, str]]:
    """Where objects were written, how many, and what they break."""
    datasets = [(path, datasetFromFile(path)) for path in written]
    study = Study((*(one.header for one in data.objects), *(one for _, one in datasets)))
    verdicts: dict[tuple[str, str], int] = {}
    for path, dataset in datasets:
        names = tuple(one.name for one in defaultProfiles(dataset))
        found = tuple(conformanceFindings(dataset, role=Role.PRODUCER, study=study))
        checked = CheckedObject(str(path), sopClassOf(dataset), names, Role.PRODUCER, found)
        within = path.parent.relative_to(folder)
        isAlone = len(within.parts) == 1
        place = str(path.relative_to(folder)) if isAlone else f"{within}/"
        verdicts[place, verdict(checked)] = verdicts.get((place, verdict(checked)), 0) + 1
    for (place, words), count in verdicts.items():
        yield place, str(count), words
