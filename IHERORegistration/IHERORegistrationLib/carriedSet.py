"""Structures carried to another image series, as a new structure set: what it says of itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pydicom import Dataset

from .carriedStructure import CarriedStructure
from .errors import ReferenceNotFoundError
from .exportFindings import PATIENT_ROWS, exportFindings
from .freeName import freeName
from .images import ImageSeries
from .notes import Note
from .registration import Registration
from .rules import Finding
from .samePatient import patientRemark, requireOwnRegistrations, requireSamePatient
from .structures import Structure, StructureSet
from .structureSetWriter import LONGEST_LABEL, LONGEST_NAME, datasetFromStructureSet
from .study import Study
from .usedRegistrations import readingRemarks

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


@dataclass(frozen=True)
class NewSet:
    """How the new object is made: `label` has at most LONGEST_LABEL characters, `remarks` are added
    to its description.
    """

    label: str
    created: datetime
    profile: str
    otherPatientConfirmed: bool = False
    remarks: tuple[str, ...] = ()


def carriedLabel(source: StructureSet, target: ImageSeries) -> str:
    """A label that recalls the set and what it is carried to: “Plan A MR”."""
    room = LONGEST_LABEL - len(target.modality) - 1
    return f"{source.label[:room].strip()} {target.modality}".strip()


def structuresToCarry(
    structureSet: StructureSet, target: ImageSeries, *, otherPatientConfirmed: bool
) -> tuple[Structure, ...]:
    """The structures of `structureSet` that have contours.

    Raises
        PatientMismatchError: they are of another patient and nobody confirmed it.
        ReferenceNotFoundError: there are none.
    """
    what = f"structure set {structureSet.sopInstanceUID or structureSet.label}"
    requireSamePatient(target.patient, structureSet.patient, what, confirmed=otherPatientConfirmed)
    drawn = tuple(one for one in structureSet.structures if one.contours)
    if not drawn:
        raise ReferenceNotFoundError(f"{what} holds no contour that could be carried")
    return drawn


def carriedSet(
    source: StructureSet,
    target: ImageSeries,
    carried: Sequence[CarriedStructure],
    used: Sequence[Registration],
    new: NewSet,
) -> CarriedStructureSet:
    """The structures of `source`, `carried` to the slices of `target` by the registrations `used`,
    as an RT Structure Set in the study and frame of the target.

    Raises
        PatientMismatchError: a registration is of another patient and nobody confirmed it.
        NonconformantError: the object would break the profile by what was made here.
    """
    notes = [note for one in carried for note in one.notes]
    if len(carried) < len(source.structures):
        found = f"{len(source.structures) - len(carried)} structures without contours"
        where = f"structure set {source.sopInstanceUID}"
        notes.append(Note("nothing drawn", where, found, "left out", repaired=False))
    structures = _named(tuple(one.structure for one in carried), notes)
    once = tuple({one.sopInstanceUID: one for one in used}.values())
    requireOwnRegistrations(target.patient, once, confirmed=new.otherPatientConfirmed)
    dataset = datasetFromStructureSet(
        _onTarget(source, target, structures, once, new),
        target.headers[0],
        created=new.created,
        predecessor=source.reference if source.sopInstanceUID else None,
        registrations=[one.reference for one in once],
        related=source.series,
    )
    owed = INHERITED | PATIENT_ROWS if new.otherPatientConfirmed else INHERITED
    study = Study((*target.headers, dataset))
    findings = exportFindings(dataset, new.profile, study, target.headers[0], owed=owed)
    return CarriedStructureSet(dataset, tuple(carried), tuple(notes), findings)


def _onTarget(
    source: StructureSet,
    target: ImageSeries,
    structures: tuple[Structure, ...],
    used: tuple[Registration, ...],
    new: NewSet,
) -> StructureSet:
    """The set to be written; its own UIDs come with the object."""
    return replace(
        source,
        sopInstanceUID="",
        studyInstanceUID=target.studyInstanceUID,
        seriesInstanceUID="",
        patient=target.patient,
        label=new.label,
        name=_name(source, used),
        description=_description(source, target, used, new.remarks),
        frames=(target.frame,),
        series=(target.reference,),
        structures=structures,
        notes=(),
    )


def _name(source: StructureSet, used: tuple[Registration, ...]) -> str:
    by = " + ".join(one.label for one in used if one.label)
    return " by ".join(part for part in (source.label, by) if part)[:LONGEST_NAME]


def _description(
    source: StructureSet,
    target: ImageSeries,
    used: tuple[Registration, ...],
    remarks: tuple[str, ...],
) -> str:
    parts = [f"Structures of set {source.label or source.sopInstanceUID} carried to other images"]
    parts += [f"by registration {one.label or one.sopInstanceUID}" for one in used]
    parts += [*readingRemarks(used), *remarks]
    parts.append("outlines cut from closed surfaces, holes as keyholes, not reviewed")
    return "; ".join(filter(None, [*parts, patientRemark(source.patient, target.patient)]))


def _named(structures: tuple[Structure, ...], notes: list[Note]) -> tuple[Structure, ...]:
    """The structures with names that no two share, none empty."""
    named: list[Structure] = []
    taken: set[str] = set()
    for one in structures:
        name = freeName(one.name.strip() or f"ROI {one.number}", taken, one.number, LONGEST_NAME)
        if name != one.name:
            found = "a name that is taken or too long" if one.name.strip() else "no name"
            notes.append(Note("structure renamed", f"ROI {one.number}", found, f"named {name}"))
        taken.add(name)
        named.append(replace(one, name=name))
    return tuple(named)
