"""Two transform nodes compared as registrations between the same two images."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import slicer

from IHERORegistrationLib.errors import FrameOfReferenceError
from IHERORegistrationLib.frames import Transform
from IHERORegistrationLib.geometry import AffineTransform
from IHERORegistrationLib.lattice import Volume
from IHERORegistrationLib.nodeObjects import doseOfNode
from IHERORegistrationLib.nodePatients import requireOnePatient
from IHERORegistrationLib.registrationRecord import UNWATCHED, Watch

from .deformation import DeformableTransform
from .nodeRegistration import NodeRegistration, registrationOfNode
from .pictures.differenceOnSlice import SliceDifference

if TYPE_CHECKING:
    from .registrationComparison import RegistrationComparison

READING = "Reading the registrations"


@dataclass(frozen=True)
class ComparedNodes:
    """Registration A, `first`, and B, `second`, of `overlay` on `base`; structures drawn on the
    base, and a dose that lies in the frame of the overlay, as far as there are any.
    """

    first: slicer.vtkMRMLTransformNode
    second: slicer.vtkMRMLTransformNode
    base: slicer.vtkMRMLScalarVolumeNode
    overlay: slicer.vtkMRMLScalarVolumeNode
    structures: slicer.vtkMRMLSegmentationNode | None = None
    dose: slicer.vtkMRMLScalarVolumeNode | None = None


@dataclass(frozen=True, eq=False)
class ComparedWays:
    """What both nodes say, `first` and `second` from the frame of the base to that of the overlay
    as `between` names them.
    """

    between: NodeRegistration
    first: Transform
    second: Transform

    @property
    def onSlices(self) -> SliceDifference:
        """To be drawn."""
        return SliceDifference(self.first, self.second, self.between.base.lattice)


def comparedWays(nodes: ComparedNodes, watch: Watch = UNWATCHED) -> ComparedWays:
    """Read both registrations.

    Raises
        PatientMismatchError: they, or the images, belong to different patients.
        FrameOfReferenceError, MalformedRegistrationError, SamplingError: see registrationOfNode; or
        both are one node.
    """
    watch.requireGoingOn(READING)  # the nodes may have gone
    requireOnePatient((nodes.base, nodes.overlay, nodes.first, nodes.second))
    if nodes.first is nodes.second:
        raise FrameOfReferenceError(f"expected two registrations, found {nodes.first.GetName()}")
    one, other = (
        registrationOfNode(
            node, nodes.base, nodes.overlay, lambda share: watch.tell(READING, share)
        )
        for node in (nodes.first, nodes.second)
    )
    ends = one.base.frame, one.overlay.frame
    return ComparedWays(one, one.way, _between(other.way, *ends))


def nodeComparison(
    nodes: ComparedNodes, ways: ComparedWays, watch: Watch = UNWATCHED, database: Any = None
) -> RegistrationComparison:
    """Measure by how much they differ. For `database`, ctkDICOMDatabase or None, see doseOfNode.

    Raises
        PatientMismatchError: structures or dose are of another patient.
        FrameOfReferenceError: structures or dose lie in other frames.
        MalformedObjectError: see doseOfNode.
        RegistrationCancelledError: the watcher cancelled it.
    """
    watch.requireGoingOn(READING)
    requireOnePatient((nodes.base, nodes.structures, nodes.dose))
    from .nodeQuality import structuresOn  # at the top both would slow down opening a module
    from .registrationComparison import registrationComparison

    between = ways.between
    return registrationComparison(
        ways.first,
        ways.second,
        between.base.lattice,
        structuresOn(nodes.structures, between.base, database),
        None if nodes.dose is None else _dose(nodes.dose, between, database),
        watch,
    )


def _between(way: Transform, fromFrame: str, toFrame: str) -> Transform:
    """`way` with the names that the other registration has for the coordinates of the images."""
    if not isinstance(way, AffineTransform | DeformableTransform):
        raise TypeError(f"expected a matrix or a deformation, got {type(way).__name__}")
    return replace(way, fromFrame=fromFrame, toFrame=toFrame)


def _dose(
    node: slicer.vtkMRMLScalarVolumeNode, between: NodeRegistration, database: Any
) -> tuple[Volume, str]:
    """And its units."""
    dose = doseOfNode(node, database).dose
    if dose.frame != between.overlay.frame:
        raise FrameOfReferenceError(
            f"expected a dose in the frame of {between.overlay.description}, "
            f"{between.overlay.frame}, found {node.GetName()} in {dose.frame}"
        )
    return dose.volume, "Gy" if dose.units == "GY" else dose.units.lower()
