"""The sum of doses that registrations put on one image: physical dose, of one fractionation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np

from IHERORegistrationLib.dose import Dose
from IHERORegistrationLib.doseObject import (
    LONGEST_COMMENT,
    DoseContent,
    SpatialTransform,
    datasetFromDose,
)
from IHERORegistrationLib.doseWriter import spatialTransform
from IHERORegistrationLib.errors import NonconformantError, ReferenceNotFoundError
from IHERORegistrationLib.fractionation import requireSameFractionation
from IHERORegistrationLib.frames import TransformChain
from IHERORegistrationLib.images import ImageSeries
from IHERORegistrationLib.lattice import Volume
from IHERORegistrationLib.plan import Plan
from IHERORegistrationLib.references import InstanceReference
from IHERORegistrationLib.registration import Registration
from IHERORegistrationLib.registrationRecord import UNWATCHED, Watch
from IHERORegistrationLib.samePatient import requireOwnRegistrations, requireSamePatient
from IHERORegistrationLib.sentences import percentage
from IHERORegistrationLib.usedRegistrations import usedRegistrations

from .deformation import OutsideGrid
from .doseDeformer import DeformedDose, WrittenDose, doseFindings, wholeDoses
from .doseExtent import coveringLattice, deformedDoseLattice
from .doseStatistics import DoseField
from .frameWays import registrationWay

ADDED_TYPES = ("PHYSICAL", "EFFECTIVE")
WHOLE_PLANS = ("PLAN", "MULTI_PLAN")  # what the doses added are of


@dataclass(frozen=True, eq=False)
class WeightedDose:
    """A dose and how much of it counts: 1 is all of it, 0.4 what 12 of 30 fractions gave."""

    dose: Dose
    weight: float = 1.0


@dataclass(frozen=True, eq=False)
class DoseSum:
    """Doses, each mapped to one lattice in the frame of `target`, times `weights`, added up.

    `volume` is float32 in Gy. A voxel where a part has no dose holds the sum of the others.
    """

    volume: Volume
    parts: tuple[DeformedDose, ...]
    weights: tuple[float, ...]
    target: ImageSeries

    @cached_property
    def complete(self) -> np.ndarray:
        """Voxels where every part has a dose, bool of the shape of the values."""
        return np.logical_and.reduce([part.defined for part in self.parts])

    @property
    def statement(self) -> str:
        """What was done, at most 64 characters."""
        some = np.logical_or.reduce([part.defined for part in self.parts])
        lacking = percentage(1 - self.complete[some].mean())
        factors = ", ".join(f"{one:.4g}" for one in self.weights)
        full = f"Sum of {len(self.parts)} doses times {factors}; {lacking} lacks some"
        if len(full) <= LONGEST_COMMENT:
            return full
        return f"Weighted sum of {len(self.parts)} doses; {lacking} lacks some"

    @property
    def derivation(self) -> str:
        """Each part, its weight and what of it was not known, as sentences."""
        return " ".join(
            f"{weight:.6g} times dose {part.source.sopInstanceUID}"
            + (f" ({part.statement})." if part.registrations else ".")
            for part, weight in zip(self.parts, self.weights, strict=True)
        )

    @property
    def remarks(self) -> tuple[str, ...]:
        """What somebody has to know of the weights, as sentences."""
        shares: dict[str, float] = {}
        for part, weight in zip(self.parts, self.weights, strict=True):
            for plan in part.source.plans:
                uid = plan.sopInstanceUID
                shares[uid] = shares.get(uid, 0.0) + weight
        return tuple(
            f"The weights of plan {uid} add up to {share:.4g}: its dose counts more than once."
            for uid, share in shares.items()
            if share > 1 + 1e-6
        )

    @property
    def kind(self) -> SpatialTransform:
        """The worst that a part went through."""
        kinds = {spatialTransform(part.way) for part in self.parts}
        ranked = (SpatialTransform.NON_RIGID, SpatialTransform.RIGID, SpatialTransform.NONE)
        return next(kind for kind in ranked if kind in kinds)

    @property
    def registrations(self) -> tuple[InstanceReference, ...]:
        """Each registration used, once."""
        return tuple(dict.fromkeys(one for part in self.parts for one in part.registrations))

    @property
    def field(self) -> DoseField:
        """The sum for statistics: defined where every part is, folded where any is."""
        folded = np.logical_or.reduce([part.folded for part in self.parts])
        return DoseField(self.volume, self.complete, folded, self.parts[0].source.units)


def doseSum(
    weighted: Sequence[WeightedDose],
    target: ImageSeries,
    registrations: Sequence[Registration],
    plans: Iterable[Plan],
    *,
    spacing: float | None = None,
    numericalInverse: bool = False,
    outsideGrid: OutsideGrid = OutsideGrid.UNDEFINED,
    otherPatientConfirmed: bool = False,
    watch: Watch = UNWATCHED,
) -> DoseSum:
    """The sum on one lattice around all that arrives of any of the doses, each interpolated once;
    a dose that lies in the frame of the target needs no registration.

    `plans` has the plans that the doses refer to; see `requireSameFractionation`. The options are
    those of `deformedDose`.

    Raises
        FrameOfReferenceError: to a dose leads no way, or several, or nothing of it arrives.
        NonconformantError: the doses are not to be added; says why.
        PatientMismatchError: a dose or a registration is of another patient and nobody confirmed
            it.
        ReferenceNotFoundError: a plan that is needed is not among `plans`.
        RegistrationCancelledError: the watcher cancelled it.
    """
    doses = [one.dose for one in weighted]
    _requireAddable(weighted)
    _requireSameFractionation(doses, plans)
    for dose in doses:
        what = f"dose {dose.sopInstanceUID}"
        requireSamePatient(target.patient, dose.patient, what, confirmed=otherPatientConfirmed)
    ways = [
        registrationWay(
            registrations,
            target.frame,
            dose.frame,
            numericalInverse=numericalInverse,
            outsideGrid=outsideGrid,
        )
        for dose in doses
    ]
    for way in ways:
        used = usedRegistrations(way, registrations)
        requireOwnRegistrations(target.patient, used, confirmed=otherPatientConfirmed)
    parts = _parts(doses, ways, target, registrations, spacing, watch)
    return _sum(parts, tuple(one.weight for one in weighted), target)


def _parts(
    doses: Sequence[Dose],
    ways: Sequence[TransformChain],
    target: ImageSeries,
    registrations: Sequence[Registration],
    spacing: float | None,
    watch: Watch,
) -> tuple[DeformedDose, ...]:
    """Each dose on one lattice around all."""
    pairs = tuple(zip(ways, doses, strict=True))
    each = []
    for number, (way, dose) in enumerate(pairs):
        watch.tell("where the doses arrive", number / len(pairs))
        each.append(deformedDoseLattice(dose, target.lattice, way, spacing))
    return wholeDoses(pairs, target, coveringLattice(each, target.lattice), registrations, watch)


def datasetFromDoseSum(
    dose: DoseSum,
    description: str,
    *,
    created: datetime,
    bits: int = 32,
    otherPatientConfirmed: bool = False,
) -> WrittenDose:
    """The RT Dose object in the study and frame of the target; see `datasetFromDose`.

    Its Dose Summation Type is MULTI_PLAN, or that of the doses where they are all of one plan.

    Raises
        NonconformantError: the object would break the profile by what was made here.
    """
    sources = tuple(part.source for part in dose.parts)
    content = DoseContent(
        volume=dose.volume,
        sources=sources,
        target=dose.target,
        kind=dose.kind,
        registrations=dose.registrations,
        statement=dose.statement,
        summationType="PLAN" if len(_planUIDs(sources)) == 1 else "MULTI_PLAN",
        bits=bits,
        derivation=dose.derivation,
    )
    dataset = datasetFromDose(content, description, created=created)
    return WrittenDose(dataset, doseFindings(dataset, content, otherPatientConfirmed))


def _requireAddable(weighted: Sequence[WeightedDose]) -> None:
    if len(weighted) < 2:
        raise NonconformantError(f"expected two doses or more to add, found {len(weighted)}", ())
    types = sorted({one.dose.doseType for one in weighted})
    units = sorted({one.dose.units for one in weighted})
    sums = sorted({one.dose.summationType for one in weighted})
    refusals = {
        f"expected doses in GY, found {', '.join(units)}": units != ["GY"],
        f"expected doses of one type, {' or '.join(ADDED_TYPES)}, found {', '.join(types)}": (
            len(types) > 1 or types[0] not in ADDED_TYPES
        ),
        f"expected doses of whole plans ({', '.join(WHOLE_PLANS)}), found {', '.join(sums)}": (
            not set(sums) <= set(WHOLE_PLANS)
        ),
        "expected weights above zero, found " + ", ".join(f"{one.weight:g}" for one in weighted): (
            not all(0 < one.weight < np.inf for one in weighted)
        ),
    }
    for message, isRefused in refusals.items():
        if isRefused:
            raise NonconformantError(f"doses are not added: {message}", ())


def _requireSameFractionation(doses: Sequence[Dose], plans: Iterable[Plan]) -> None:
    """Plans need not be at hand where all doses are of one."""
    for dose in doses:
        if not dose.plans:
            raise NonconformantError(
                f"doses are not added: dose {dose.sopInstanceUID} names no plan, so how it is "
                "fractionated is not known",
                (),
            )
    named = _planUIDs(doses)
    if len(named) == 1:
        return
    known = {one.sopInstanceUID: one for one in plans}
    missing = [uid for uid in named if uid not in known]
    if missing:
        raise ReferenceNotFoundError(
            "doses are not added: how they are fractionated is not known without the plan "
            + ", ".join(missing)
        )
    requireSameFractionation([known[uid] for uid in named])


def _planUIDs(doses: Iterable[Dose]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(plan.sopInstanceUID for dose in doses for plan in dose.plans))


def _sum(
    parts: tuple[DeformedDose, ...], weights: tuple[float, ...], target: ImageSeries
) -> DoseSum:
    lattice = parts[0].volume.lattice
    total = np.zeros(lattice.shape)
    for part, weight in zip(parts, weights, strict=True):
        total += weight * part.volume.values
    return DoseSum(Volume(total.astype(np.float32), lattice, target.frame), parts, weights, target)
