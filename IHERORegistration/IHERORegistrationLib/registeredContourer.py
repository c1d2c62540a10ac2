"""Actor Registered Contourer: structures carried to another image set through registrations.

Contours go from the frame they were drawn in to the frame of the target. Holes are written as
keyholes wherever contours had to be cut anew, which readers of every kind fill alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from .carriedSet import CarriedStructureSet, NewSet, carriedSet, structuresToCarry
from .carriedStructure import carriedStructure
from .contourPlanes import sliceSpacing
from .images import ImageSeries
from .registration import Registration, frameGraph
from .registrationRecord import UNWATCHED, Watch
from .structures import StructureSet
from .usedRegistrations import usedRegistrations


def structureSetOnTarget(
    structureSet: StructureSet,
    target: ImageSeries,
    registrations: Sequence[Registration],
    *,
    label: str,
    created: datetime,
    profile: str = "MMRO-III",
    otherPatientConfirmed: bool = False,
    watch: Watch = UNWATCHED,
) -> CarriedStructureSet:
    """`structureSet` as an RT Structure Set on the slices of `target`, in its study and frame.

    `label` has at most 16 characters. Structures without contours are left out, with a note.
    `watch` is told of each structure.

    Raises
        RegistrationCancelledError: the watcher cancelled it.
        FrameOfReferenceError: a structure's frame is not connected to the target, or in several
        ways.
        PatientMismatchError: the structures are of another patient and nobody confirmed it.
        ReferenceNotFoundError: the set holds no contour.
        NonconformantError: the object would break the profile by what was made here.
    """
    drawn = structuresToCarry(structureSet, target, otherPatientConfirmed=otherPatientConfirmed)
    graph, spacing = frameGraph(registrations), sliceSpacing(structureSet)
    ways = [graph.path(one.frame, target.frame) for one in drawn]
    carried = []
    for number, (one, way) in enumerate(zip(drawn, ways, strict=True)):
        watch.tell(one.name, number / len(drawn))
        carried.append(carriedStructure(one, target, way, spacing))
    used = [one for way in ways for one in usedRegistrations(way, registrations)]
    new = NewSet(label, created, profile, otherPatientConfirmed)
    return carriedSet(structureSet, target, carried, used, new)
