"""Actor Registered Dose Display: dose and structures where the registrations put them.

Resampled dose is for looking at: the profile does not cover it, and whatever is shown or written
says that it was resampled, and how.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from pydicom.uid import SpatialRegistrationStorage

from .dose import Dose
from .doseWriter import ResampledDose
from .frames import FrameGraph, Transform
from .geometry import CORNERS, mapped
from .images import ImageSeries
from .lattice import Lattice
from .references import InstanceReference
from .registration import SpatialRegistration, frameGraph
from .resampling import Interpolation, affineMatrix, resampledVolume
from .samePatient import requireOwnRegistrations, requireSamePatient
from .structures import Contour, Structure, StructureSet
from .usedRegistrations import readingRemarks, usedRegistrations

COARSEST = 3.0  # mm between voxels of a dose


def doseOnTarget(
    dose: Dose,
    target: ImageSeries,
    registrations: Sequence[SpatialRegistration],
    *,
    otherPatientConfirmed: bool = False,
) -> ResampledDose:
    """The whole of `dose` in the frame of `target`, on a lattice of its own: see `doseLattice`.

    Raises
        FrameOfReferenceError: no way, or more than one, leads from the target to the dose.
        PatientMismatchError: the dose is of another patient and nobody confirmed it.
    """
    way = frameGraph(registrations).path(target.frame, dose.frame)
    lattice = doseLattice(dose, target.lattice, way)
    return doseOnLattice(
        dose, target, lattice, registrations, otherPatientConfirmed=otherPatientConfirmed
    )


def doseOnLattice(
    dose: Dose,
    target: ImageSeries,
    lattice: Lattice,
    registrations: Sequence[SpatialRegistration],
    *,
    otherPatientConfirmed: bool = False,
) -> ResampledDose:
    """`dose` on `lattice`, which lies in the frame of `target`: linear between voxels, 0 beyond
    its own lattice, never scaled. See `doseOnTarget` for what it raises.
    """
    what = f"dose {dose.sopInstanceUID}"
    requireSamePatient(target.patient, dose.patient, what, confirmed=otherPatientConfirmed)
    way = frameGraph(registrations).path(target.frame, dose.frame)
    used = usedRegistrations(way, registrations)
    requireOwnRegistrations(target.patient, used, confirmed=otherPatientConfirmed)
    result = resampledVolume(dose.volume, lattice, target.frame, way, Interpolation.LINEAR, 0)
    return ResampledDose(
        volume=result.volume,
        outside=result.outside,
        source=dose,
        target=target,
        transform=way,
        registrations=tuple(
            InstanceReference(SpatialRegistrationStorage, one.sopInstanceUID) for one in used
        ),
        remarks=readingRemarks(used),
    )


def doseLattice(dose: Dose, target: Lattice, toDose: Transform) -> Lattice:
    """A lattice for `dose` in the frame of `target`: along its axes, its first voxel center on one
    of the target's (or where that would continue), as fine as the dose in each direction and at
    least every 3 mm, around the whole dose.

    `toDose` maps points of that frame to the frame of the dose.
    """
    there = dose.volume.lattice
    perMM = np.linalg.inv(there.ijkToLPS[:3, :3]) @ affineMatrix(toDose)[:3, :3] @ target.directions
    spacing = np.minimum(1 / np.linalg.norm(perMM, axis=0), COARSEST)
    back = np.linalg.inv(affineMatrix(toDose))
    reached = target.indices(mapped(back, outline(there)))
    first = np.floor(reached.min(axis=0) + 1e-6)
    length = (reached.max(axis=0) - first) * target.spacing
    size = np.ceil(length / spacing - 1e-6).astype(int) + 1
    ni, nj, nk = map(int, size)
    return Lattice.fromAxes((ni, nj, nk), target.points(first), target.directions, spacing)


def outline(lattice: Lattice) -> np.ndarray:
    """The 8 corners of the box that the voxels fill, half a voxel beyond their centers."""
    return lattice.points(CORNERS * lattice.size - 0.5)


def structuresOnTarget(
    structureSet: StructureSet,
    target: ImageSeries,
    graph: FrameGraph,
    *,
    otherPatientConfirmed: bool = False,
) -> tuple[Structure, ...]:
    """The structures for display in the frame of `target`, every point moved as it is.

    Contours then lie on no slice of the target in general and name none; to store structures on
    the target, the Registered Contourer cuts them with its slices.

    Raises
        FrameOfReferenceError: a structure's frame is not connected to the target, or in several
        ways.
        PatientMismatchError: the structures are of another patient and nobody confirmed it.
    """
    what = f"structure set {structureSet.sopInstanceUID}"
    requireSamePatient(target.patient, structureSet.patient, what, confirmed=otherPatientConfirmed)
    return tuple(
        _moved(one, graph.path(one.frame, target.frame)) for one in structureSet.structures
    )


def _moved(structure: Structure, toTarget: Transform) -> Structure:
    if structure.frame == toTarget.toFrame:
        return structure
    contours = tuple(Contour(toTarget(one.points), one.geometricType) for one in structure.contours)
    return replace(structure, frame=toTarget.toFrame, contours=contours)
