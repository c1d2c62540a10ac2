"""Actor Contour Deformer: structures carried to another image set through deformable registrations.

Structures drawn on the registered image go to the source with the registration as it is. The other
way leads only through its numerical inverse, which has to be asked for and is measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from IHERORegistrationLib.carriedSet import (
    CarriedStructureSet,
    NewSet,
    carriedSet,
    structuresToCarry,
)
from IHERORegistrationLib.carriedStructure import CarriedStructure, carriedStructure
from IHERORegistrationLib.contourPlanes import sliceSpacing
from IHERORegistrationLib.frames import TransformChain
from IHERORegistrationLib.images import ImageSeries
from IHERORegistrationLib.notes import Note
from IHERORegistrationLib.registration import Registration
from IHERORegistrationLib.registrationRecord import UNWATCHED, Watch
from IHERORegistrationLib.structures import Structure, StructureSet
from IHERORegistrationLib.usedRegistrations import usedRegistrations

from .deformation import OutsideGrid
from .deformedSolid import SolidDeformer
from .displacementGrid import PointStatus
from .frameWays import registrationWay
from .mappedPoints import mappedThrough
from .transformSteps import isDeformable, isNumericallyInverted

AUTOMATIC = "AUTOMATIC"  # generation algorithm of contours that nobody edited since
MOST_OF_THEM = 0.95  # of the residuals
BETTER = "better a second deformable registration made the other way"


@dataclass(frozen=True)
class InverseResidual:
    """How far, in mm, the deformation takes the points found by search from the given ones, at the
    points of the contours: at most, and for 95 % of them.
    """

    largest: float
    ofMost: float

    def __str__(self) -> str:
        return f"residual up to {self.largest:.2g} mm, 95 % within {self.ofMost:.2g} mm"


@dataclass(frozen=True, eq=False)
class DeformedStructureSet(CarriedStructureSet):
    """Also the residuals, by ROI number, of structures that went against a deformation."""

    residuals: Mapping[int, InverseResidual]


def structureSetDeformed(
    structureSet: StructureSet,
    target: ImageSeries,
    registrations: Sequence[Registration],
    *,
    label: str,
    created: datetime,
    numericalInverse: bool = False,
    outsideGrid: OutsideGrid = OutsideGrid.UNDEFINED,
    profile: str = "DRRO",
    otherPatientConfirmed: bool = False,
    watch: Watch = UNWATCHED,
) -> DeformedStructureSet:
    """`structureSet` as an RT Structure Set on the slices of `target`, in its study and frame.

    `label` has at most 16 characters. Structures without contours are left out, with a note. What
    the registrations do not define is cut off, with a note and in the ROI Description.
    `numericalInverse` allows ways against deformations, `outsideGrid` says what holds beyond their
    grids. `watch` is told of each structure.

    Raises
        RegistrationCancelledError: the watcher cancelled it.
        FrameOfReferenceError: a structure's frame is not connected to the target, or in several
        ways, or only against a deformation and nobody asked for that.
        PatientMismatchError: the structures are of another patient and nobody confirmed it.
        ReferenceNotFoundError: the set holds no contour.
        NonconformantError: the object would break the profile by what was made here.
    """
    drawn = structuresToCarry(structureSet, target, otherPatientConfirmed=otherPatientConfirmed)
    ways = {
        frame: registrationWay(
            registrations,
            frame,
            target.frame,
            numericalInverse=numericalInverse,
            outsideGrid=outsideGrid,
        )
        for frame in {one.frame: None for one in drawn}
    }
    carried = _carried(drawn, target, ways, sliceSpacing(structureSet), watch)
    residuals = {
        one.number: _residual(one, ways[one.frame])
        for one in drawn
        if isNumericallyInverted(ways[one.frame])
    }
    remarks = [_inverseRemark(residuals)] if residuals else []
    if outsideGrid is OutsideGrid.RIGID and any(map(isDeformable, ways.values())):
        remarks.append("beyond grids continued rigidly")
    used = [one for way in ways.values() for one in usedRegistrations(way, registrations)]
    new = NewSet(label, created, profile, otherPatientConfirmed, tuple(remarks))
    made = carriedSet(structureSet, target, carried, used, new)
    notes = (*made.notes, *_inverseNotes(residuals, structureSet))
    return DeformedStructureSet(made.dataset, made.structures, notes, made.findings, residuals)


def _carried(
    drawn: Sequence[Structure],
    target: ImageSeries,
    ways: Mapping[str, TransformChain],
    spacing: float | None,
    watch: Watch,
) -> list[CarriedStructure]:
    """Each of `drawn` on the slices of `target`, by the way from its frame."""
    deformers = {frame: SolidDeformer(way) for frame, way in ways.items() if isDeformable(way)}
    carried = []
    for number, one in enumerate(drawn):
        watch.tell(one.name, number / len(drawn))
        deformer = deformers.get(one.frame)
        mover = deformer.mover(f"ROI {one.number}") if deformer else None
        way = ways[one.frame]
        carried.append(
            carriedStructure(one, target, way, spacing, mover=mover, algorithm=AUTOMATIC)
        )
    return carried


def _residual(structure: Structure, way: TransformChain) -> InverseResidual:
    """Of the points where it is defined; NaN if there are none."""
    mapped = mappedThrough(way, structure.points)
    known = mapped.status == PointStatus.DEFINED
    if mapped.residuals is None or not known.any():
        return InverseResidual(np.nan, np.nan)
    residuals = mapped.residuals[known]
    return InverseResidual(float(residuals.max()), float(np.quantile(residuals, MOST_OF_THEM)))


def _worst(residuals: Mapping[int, InverseResidual]) -> InverseResidual:
    known = [one for one in residuals.values() if not np.isnan(one.largest)]
    if not known:
        return InverseResidual(np.nan, np.nan)
    return InverseResidual(max(one.largest for one in known), max(one.ofMost for one in known))


def _inverseRemark(residuals: Mapping[int, InverseResidual]) -> str:
    return f"against a deformation by its numerical inverse, {_worst(residuals)}"


def _inverseNotes(
    residuals: Mapping[int, InverseResidual], source: StructureSet
) -> tuple[Note, ...]:
    if not residuals:
        return ()
    found = f"{len(residuals)} structures that go against a deformation"
    done = f"by its numerical inverse, {_worst(residuals)}; {BETTER}"
    where = f"structure set {source.sopInstanceUID}"
    return (Note("numerical inverse", where, found, done, repaired=False),)
