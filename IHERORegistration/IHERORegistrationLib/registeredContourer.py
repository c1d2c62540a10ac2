"""Actor Registered Contourer: structures carried to another image set through registrations.

Contours go from the frame they were drawn in to the frame of the target. Holes are written as
keyholes wherever contours had to be cut anew, which readers of every kind fill alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pydicom import Dataset

from .carriedStructure import CarriedStructure, carriedStructure
from .contourPlanes import sliceSpacing
from .errors import ReferenceNotFoundError
from .exportFindings import PATIENT_ROWS, exportFindings
from .images import ImageSeries
from .notes import Note
from .registration import SpatialRegistration, frameGraph
from .rules import Finding
from .samePatient import patientRemark, requireSamePatient
from .structures import Structure, StructureSet
from .structureSetWriter import LONGEST_NAME, datasetFromStructureSet
from .study import Study
from .usedRegistrations import usedRegistrations

# Rows that a set may break by what its source says, not by how it was carried: an interpreted type
# is not made up, an open contour not closed.
INHERITED = frozenset({"MMRO-SS-010", "MMRO-SS-014"})


@dataclass(frozen=True, eq=False)
class CarriedStructureSet:
    """The new object, each structure with its volumes and notes, and the findings that it owes to
    its source.
    """

    dataset: Dataset
    structures: tuple[CarriedStructure, ...]
    notes: tuple[Note, ...]
    findings: tuple[Finding, ...]


def structureSetOnTarget(
    structureSet: StructureSet,
    target: ImageSeries,
    registrations: Sequence[SpatialRegistration],
    *,
    label: str,
    created: datetime,
    profile: str = "MMRO-III",
    otherPatientConfirmed: bool = False,
) -> CarriedStructureSet:
    """`structureSet` as an RT Structure Set on the slices of `target`, in its study and frame.

    `label` has at most 16 characters. Structures without contours are left out, with a note.

    Raises
        FrameOfReferenceError: a structure's frame is not connected to the target, or in several
        ways.
        PatientMismatchError: the structures are of another patient and nobody confirmed it.
        ReferenceNotFoundError: the set holds no contour.
        NonconformantError: the object would break the profile by what was made here.
    """
    what = f"structure set {structureSet.sopInstanceUID}"
    requireSamePatient(target.patient, structureSet.patient, what, confirmed=otherPatientConfirmed)
    drawn = [one for one in structureSet.structures if one.contours]
    if not drawn:
        raise ReferenceNotFoundError(f"{what} holds no contour that could be carried")
    graph, spacing = frameGraph(registrations), sliceSpacing(structureSet)
    ways = [graph.path(one.frame, target.frame) for one in drawn]
    carried = tuple(
        carriedStructure(one, target, way, spacing) for one, way in zip(drawn, ways, strict=True)
    )
    used = {
        one.sopInstanceUID: one for way in ways for one in usedRegistrations(way, registrations)
    }
    notes = [note for one in carried for note in one.notes]
    if len(drawn) < len(structureSet.structures):
        found = f"{len(structureSet.structures) - len(drawn)} structures without contours"
        notes.append(Note("NothingDrawn", what, found, "left out", repaired=False))
    structures = _named(tuple(one.structure for one in carried), notes)
    value = _onTarget(structureSet, target, structures, label, tuple(used.values()))
    dataset = datasetFromStructureSet(
        value,
        target.headers[0],
        created=created,
        predecessor=structureSet.reference,
        registrations=[one.reference for one in used.values()],
    )
    owed = INHERITED | PATIENT_ROWS if otherPatientConfirmed else INHERITED
    study = Study((*target.headers, dataset))
    findings = exportFindings(dataset, profile, study, target.headers[0], owed=owed)
    return CarriedStructureSet(dataset, carried, tuple(notes), findings)


def _onTarget(
    source: StructureSet,
    target: ImageSeries,
    structures: tuple[Structure, ...],
    label: str,
    used: tuple[SpatialRegistration, ...],
) -> StructureSet:
    """The set to be written; its own UIDs come with the object."""
    return replace(
        source,
        sopInstanceUID="",
        studyInstanceUID=target.studyInstanceUID,
        seriesInstanceUID="",
        patient=target.patient,
        label=label,
        name=_name(source, used),
        description=_description(source, target, used),
        frames=(target.frame,),
        series=(target.reference,),
        structures=structures,
        notes=(),
    )


def _name(source: StructureSet, used: tuple[SpatialRegistration, ...]) -> str:
    by = " + ".join(one.label for one in used if one.label)
    return " by ".join(part for part in (source.label, by) if part)[:LONGEST_NAME]


def _description(
    source: StructureSet, target: ImageSeries, used: tuple[SpatialRegistration, ...]
) -> str:
    parts = [f"Structures of set {source.label or source.sopInstanceUID} carried to other images"]
    parts += [f"by registration {one.label or one.sopInstanceUID}" for one in used]
    parts += ["outlines cut from closed surfaces, holes as keyholes, not reviewed"]
    return "; ".join(filter(None, [*parts, patientRemark(source.patient, target.patient)]))


def _named(structures: tuple[Structure, ...], notes: list[Note]) -> tuple[Structure, ...]:
    """The structures with names that no two share, none empty."""
    named: list[Structure] = []
    taken: set[str] = set()
    for one in structures:
        name = one.name[:LONGEST_NAME] or f"ROI {one.number}"
        if name in taken:
            ending = f" ({one.number})"
            name = name[: LONGEST_NAME - len(ending)] + ending
        if name != one.name:
            found = "no name" if not one.name else "a name that is taken or too long"
            notes.append(Note("StructureRenamed", f"ROI {one.number}", found, f"named {name}"))
        taken.add(name)
        named.append(replace(one, name=name))
    return tuple(named)
