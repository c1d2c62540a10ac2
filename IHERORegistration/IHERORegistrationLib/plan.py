"""RT Plan as a value: what a registration needs of it, the isocenters and the label."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom import Dataset
from pydicom.uid import RTIonPlanStorage, RTPlanStorage

from .decimalStrings import numbers
from .dicomFile import datasetFromFile
from .errors import MalformedObjectError
from .macros import patientFromDataset, referenceFromItem, text
from .notes import Note
from .objectReading import reading, refuseRepairs
from .patient import Patient
from .references import InstanceReference

SAME_POINT = 0.01  # mm between isocenters that are one

# Beams and their control points, of photon and electron plans and of ion plans
BEAMS = (("BeamSequence", "ControlPointSequence"), ("IonBeamSequence", "IonControlPointSequence"))


@dataclass(frozen=True, eq=False)
class Plan:
    """`isocenters` gives, by beam number, the point of the first control point, shape (3,), LPS mm
    in Frame of Reference `frame` (empty if the plan names none); beams without one are left out.
    """

    sopInstanceUID: str
    sopClassUID: str
    patient: Patient
    frame: str
    label: str
    name: str
    description: str
    isocenters: dict[int, np.ndarray]
    structureSet: InstanceReference | None
    header: Dataset
    notes: tuple[Note, ...] = ()

    @property
    def differentIsocenters(self) -> tuple[np.ndarray, ...]:
        """Each isocenter once, shape (3,) LPS mm, in the order of the beams."""
        different: list[np.ndarray] = []
        for point in self.isocenters.values():
            if all(np.linalg.norm(point - known) > SAME_POINT for known in different):
                different.append(point)
        return tuple(different)


def planFromFile(path: Path, *, strict: bool = False) -> Plan:
    """The plan in a DICOM file. See `planFromDataset`."""
    return planFromDataset(datasetFromFile(path), strict=strict)


def planFromDataset(dataset: Dataset, *, strict: bool = False) -> Plan:
    """The plan in an RT Plan or RT Ion Plan.

    Raises
        MalformedObjectError: it is another object, an isocenter is not three numbers, a beam
        number is missing or used twice, or `strict` is set and it needs a repair.

    Source
        DICOM PS3.3 C.8.8.9, C.8.8.14, C.8.8.25
    """
    sopClass = text(dataset, "SOPClassUID")
    if sopClass not in (RTPlanStorage, RTIonPlanStorage):
        raise MalformedObjectError(f"expected an RT Plan, found SOP class {sopClass!r}")
    with reading("the plan"):
        plan = _plan(dataset)
    if strict:
        refuseRepairs(plan.notes)
    return plan


def _plan(dataset: Dataset) -> Plan:
    isocenters: dict[int, np.ndarray] = {}
    notes: list[Note] = []
    for keyword, points in BEAMS:
        for place, beam in enumerate(dataset.get(keyword) or (), start=1):
            where = f"{keyword}[{place}]"
            number = _beamNumber(beam, where)
            if number in isocenters:
                raise MalformedObjectError(f"beam number {number} is used twice ({where})")
            isocenter = _isocenter(beam.get(points) or (), f"{where}/{points}", notes)
            if isocenter is not None:
                isocenters[number] = isocenter
    drawn = dataset.get("ReferencedStructureSetSequence") or ()
    return Plan(
        sopInstanceUID=text(dataset, "SOPInstanceUID"),
        sopClassUID=text(dataset, "SOPClassUID"),
        patient=patientFromDataset(dataset),
        frame=text(dataset, "FrameOfReferenceUID"),
        label=text(dataset, "RTPlanLabel"),
        name=text(dataset, "RTPlanName"),
        description=text(dataset, "RTPlanDescription"),
        isocenters=isocenters,
        structureSet=referenceFromItem(drawn[0]) if drawn else None,
        header=dataset,
        notes=tuple(notes),
    )


def _beamNumber(beam: Dataset, where: str) -> int:
    values = numbers(beam, "BeamNumber", f"{where}/")
    if len(values) != 1 or values[0] != int(values[0]):
        raise MalformedObjectError(
            f"expected one whole number, found {values.tolist()} at {where}/BeamNumber"
        )
    return int(values[0])


def _isocenter(
    controlPoints: Iterable[Dataset], where: str, notes: list[Note]
) -> np.ndarray | None:
    """The isocenter of the first control point that has one; a note if later ones differ."""
    first: np.ndarray | None = None
    for place, controlPoint in enumerate(controlPoints, start=1):
        at = f"{where}[{place}]"
        values = numbers(controlPoint, "IsocenterPosition", f"{at}/")
        if not len(values):
            continue
        if len(values) != 3:
            raise MalformedObjectError(
                f"expected 3 values, found {len(values)} at {at}/IsocenterPosition"
            )
        if first is None:
            first = values
        elif np.linalg.norm(values - first) > SAME_POINT:
            found = f"{np.linalg.norm(values - first):.2f} mm from the first"
            notes.append(
                Note("isocenter moves", at, found, "the first one is used", repaired=False)
            )
            break
    return first
