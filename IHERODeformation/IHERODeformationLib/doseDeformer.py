"""Actor Dose Deformer: a dose where deformable registrations put it.

Dose is interpolated, never scaled: a voxel gets the dose of the place it comes from, whatever the
deformation does to volumes. Dose is energy per mass, and of masses a registration knows nothing.
Where a voxel comes from nowhere it gets 0, and is counted.

Source
    RO supplement DRRO 7.4.13.3.2, DICOM PS3.3 C.8.8.3
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
from pydicom import Dataset

from IHERORegistrationLib.dose import Dose
from IHERORegistrationLib.doseObject import (
    LONGEST_COMMENT,
    DoseContent,
    SpatialTransform,
    datasetFromDose,
)
from IHERORegistrationLib.errors import FrameOfReferenceError
from IHERORegistrationLib.exportFindings import PATIENT_ROWS, exportFindings
from IHERORegistrationLib.frames import TransformChain
from IHERORegistrationLib.images import ImageSeries
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.references import InstanceReference
from IHERORegistrationLib.registration import Registration
from IHERORegistrationLib.registrationRecord import UNWATCHED, Watch
from IHERORegistrationLib.resampling import Interpolation
from IHERORegistrationLib.rules import Finding
from IHERORegistrationLib.samePatient import requireOwnRegistrations, requireSamePatient
from IHERORegistrationLib.sentences import percentage
from IHERORegistrationLib.study import Study
from IHERORegistrationLib.usedRegistrations import readingRemarks, usedRegistrations

from .deformation import OutsideGrid
from .deformedVolume import deformedVolume
from .doseExtent import deformedDoseLattice, grown
from .doseStatistics import DoseField
from .foldedSpace import foldedVoxels
from .frameWays import registrationWay
from .transformSteps import isDeformable, isNumericallyInverted, isRigidOutside
from .unreachedDose import UnreachedDose, unreachedDose

MOST_GROWTH = 40  # times that the lattice is made larger: far more than a body needs

# Rows about what the source says, which a deformed dose has to repeat
INHERITED = frozenset({"BRTO-DOSE-002", "BRTO-DOSE-003", "BRTO-DOSE-004", "BRTO-PLANE-001"})


@dataclass(frozen=True, eq=False)
class DeformedDose:
    """`source` in the frame of `target`: `volume`, float32 in its units.

    Voxels that hold 0 because nothing is known of them, bool of the shape of the values:
    `undefined`, which `way` does not map, and `outside`, which it takes beyond the source. `way`
    maps points of the target's frame to the source's; `registrations` are the objects it was taken
    from.
    """

    volume: Volume
    outside: np.ndarray
    undefined: np.ndarray
    source: Dose
    target: ImageSeries
    way: TransformChain
    registrations: tuple[InstanceReference, ...]
    remarks: tuple[str, ...] = ()

    @property
    def statement(self) -> str:
        """What was done, at most 64 characters: it goes with every picture and into the object."""
        how = "Inverse" if isNumericallyInverted(self.way) else "Deformed"
        how += ", rigid outside" if isRigidOutside(self.way) else ""
        undefined, outside = (percentage(one.mean()) for one in (self.undefined, self.outside))
        text = f"{how}; undefined {undefined}, beyond source {outside}"
        toldWhole = f"{text} set to 0"
        return toldWhole if len(toldWhole) <= LONGEST_COMMENT else text

    @property
    def defined(self) -> np.ndarray:
        """Voxels that have a dose, bool of the shape of the values."""
        return ~(self.undefined | self.outside)

    @cached_property
    def folded(self) -> np.ndarray:
        """Voxels that have a dose though the way folds space there, bool as `defined`."""
        return foldedVoxels(self.way, self.volume.lattice, self.defined)

    @cached_property
    def unreached(self) -> UnreachedDose:
        """What of the source arrives nowhere."""
        return unreachedDose(self.source, self.way, self.volume.lattice, self.defined)

    @property
    def kind(self) -> SpatialTransform:
        """What it went through: there is a deformation in its way."""
        return SpatialTransform.NON_RIGID

    @property
    def field(self) -> DoseField:
        """The dose for statistics."""
        return DoseField(self.volume, self.defined, self.folded, self.source.units)


def deformedDose(
    dose: Dose,
    target: ImageSeries,
    registrations: Sequence[Registration],
    *,
    spacing: float | None = None,
    numericalInverse: bool = False,
    outsideGrid: OutsideGrid = OutsideGrid.UNDEFINED,
    otherPatientConfirmed: bool = False,
    watch: Watch = UNWATCHED,
) -> DeformedDose:
    """All of `dose` that arrives in the frame of `target`, on a lattice of its own: every `spacing`
    mm, or as fine as the dose; see `deformedDoseLattice`. Linear between voxels of the source.

    Raises
        FrameOfReferenceError: no way, several, or only one against a deformation (which
        `numericalInverse` allows) leads from the target to the dose, there is no deformation in
        it, or nothing of the dose arrives.
        NonconformantError: voxels more than 3 mm apart are asked for.
        PatientMismatchError: the dose, or a registration, is of another patient and nobody
            confirmed it.
        RegistrationCancelledError: the watcher cancelled it.
    """
    way = registrationWay(
        registrations,
        target.frame,
        dose.frame,
        numericalInverse=numericalInverse,
        outsideGrid=outsideGrid,
    )
    what = f"dose {dose.sopInstanceUID}"
    requireSamePatient(target.patient, dose.patient, what, confirmed=otherPatientConfirmed)
    used = usedRegistrations(way, registrations)
    requireOwnRegistrations(target.patient, used, confirmed=otherPatientConfirmed)
    if not isDeformable(way):
        raise FrameOfReferenceError(
            f"expected a deformation on the way from {target.frame} to {dose.frame}, found only "
            "matrices: the Registered Dose Display resamples"
        )
    watch.tell("where the dose arrives", 0)
    lattice = deformedDoseLattice(dose, target.lattice, way, spacing)
    (deformed,) = wholeDoses([(way, dose)], target, lattice, registrations, watch)
    return deformed


def wholeDoses(
    doses: Sequence[tuple[TransformChain, Dose]],
    target: ImageSeries,
    lattice: Lattice,
    registrations: Sequence[Registration],
    watch: Watch = UNWATCHED,
) -> tuple[DeformedDose, ...]:
    """Each dose along its way, which was taken from some of `registrations`, all on one lattice in
    the frame of `target`: `lattice`, made larger as long as more of a dose arrives at its border.

    Raises
        FrameOfReferenceError: a way does not lead from the target to its dose, or nothing of that
        arrives.
    """
    for _ in range(MOST_GROWTH):
        made = tuple(
            _doseAlong(way, dose, target, lattice, registrations, watch) for way, dose in doses
        )
        some = np.logical_or.reduce([one.defined for one in made])
        larger = grown(lattice, some, target.lattice)
        if larger is lattice:
            break
        lattice = larger
    return made


def _doseAlong(
    way: TransformChain,
    dose: Dose,
    target: ImageSeries,
    lattice: Lattice,
    registrations: Sequence[Registration],
    watch: Watch,
) -> DeformedDose:
    result = deformedVolume(dose.volume, lattice, target.frame, way, Interpolation.LINEAR, 0, watch)
    if np.all(result.undefined | result.outside):
        raise FrameOfReferenceError(
            f"no voxel in {target.frame} is taken into the dose {dose.sopInstanceUID} in "
            f"{dose.frame}"
        )
    used = usedRegistrations(way, registrations)
    return DeformedDose(
        volume=result.volume,
        outside=result.outside,
        undefined=result.undefined,
        source=dose,
        target=target,
        way=way,
        registrations=tuple(reference for one in used for reference in one.reference.instances),
        remarks=readingRemarks(used),
    )


@dataclass(frozen=True, eq=False)
class WrittenDose:
    """An RT Dose, and what of the profile it leaves open."""

    dataset: Dataset
    findings: tuple[Finding, ...]


def datasetFromDeformedDose(
    dose: DeformedDose,
    description: str,
    *,
    created: datetime,
    bits: int = 32,
    otherPatientConfirmed: bool = False,
) -> WrittenDose:
    """The RT Dose object in the study and frame of the target; see `datasetFromDose`.

    `description` is its Series Description, `bits` (16 or 32) those of a voxel.

    Raises
        NonconformantError: the object would break the profile by what was made here.

    Source
        RO supplement DRRO 7.4.13.3.2
    """
    content = DoseContent(
        volume=dose.volume,
        sources=(dose.source,),
        target=dose.target,
        kind=dose.kind,
        registrations=dose.registrations,
        statement=dose.statement,
        summationType=dose.source.summationType,
        bits=bits,
        derivation=" ".join(dose.remarks),
    )
    dataset = datasetFromDose(content, description, created=created)
    return WrittenDose(dataset, doseFindings(dataset, content, otherPatientConfirmed))


def doseFindings(
    dataset: Dataset, content: DoseContent, otherPatientConfirmed: bool
) -> tuple[Finding, ...]:
    """What of the profile `dataset`, made of `content`, leaves open; DRRO knows deformed ones only.

    Raises
        NonconformantError: it would break the profile by what was made here.
    """
    headers = content.target.headers
    study = Study((*headers, *(one.header for one in content.sources), dataset))
    owed = INHERITED | PATIENT_ROWS if otherPatientConfirmed else INHERITED
    return exportFindings(dataset, profileOf(content.kind), study, headers[0], owed=owed)


def profileOf(kind: SpatialTransform) -> str:
    """The profile that a dose of that kind is made by."""
    return "DRRO" if kind is SpatialTransform.NON_RIGID else "DICOM"
