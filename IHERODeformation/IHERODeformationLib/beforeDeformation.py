"""An image under a deformation, or for comparison where the rigid part alone would put it; and that
part as a registration of its own.
"""

from __future__ import annotations

import numpy as np
import slicer

from IHERORegistrationLib.displayedPair import RIGID_PART_OF
from IHERORegistrationLib.errors import FrameOfReferenceError
from IHERORegistrationLib.geometry import inverted
from IHERORegistrationLib.registrationRecord import UNWATCHED, Watch
from IHERORegistrationLib.resampling import vtkMatrix
from IHERORegistrationLib.scene import (
    LPS_TO_RAS,
    PATIENT,
    REGISTERED_FRAME,
    SOURCE_FRAME,
    setRegisteredNodes,
)

from .nodeRegistration import registrationOfNode
from .pictures.field import rigidPart
from .transformSteps import isDeformable


def isBefore(node: slicer.vtkMRMLTransformableNode) -> bool:
    """Whether `node` is shown where the rigid part of a deformation puts it."""
    return _deformationOf(node.GetParentTransformNode()) is not None


def canBeCompared(
    node: slicer.vtkMRMLTransformableNode, deformation: slicer.vtkMRMLTransformNode
) -> bool:
    """Whether `node` is shown through `deformation`, or where the rigid part of it puts it."""
    parent = node.GetParentTransformNode()
    return parent is not None and deformation in (parent, _deformationOf(parent))


def placeBefore(
    node: slicer.vtkMRMLTransformableNode,
    deformation: slicer.vtkMRMLTransformNode,
    rigid: np.ndarray,
) -> None:
    """Show `node`, which lies under `deformation`, where `rigid` puts it: shape (4, 4), LPS mm,
    the rigid motion nearest to the deformation, base → `node`.

    Raises
        FrameOfReferenceError: it lies elsewhere.
    """
    _requireUnder(node, deformation)
    if isBefore(node):
        return
    made = _rigidNode(deformation, rigid)
    made.SetHideFromEditors(True)
    made.SetNodeReferenceID(RIGID_PART_OF, deformation.GetID())
    node.SetAndObserveTransformNodeID(made.GetID())


def placeAfter(node: slicer.vtkMRMLTransformableNode) -> None:
    """Show `node` through its deformation again."""
    parent = node.GetParentTransformNode()
    deformation = _deformationOf(parent)
    if deformation is None:
        return
    node.SetAndObserveTransformNodeID(deformation.GetID())
    node.GetScene().RemoveNode(parent)


def rigidPartNode(
    deformation: slicer.vtkMRMLTransformNode,
    base: slicer.vtkMRMLScalarVolumeNode,
    overlay: slicer.vtkMRMLScalarVolumeNode,
    watch: Watch = UNWATCHED,
) -> slicer.vtkMRMLLinearTransformNode:
    """A new registration of the same images by the rigid part of `deformation` alone: what there
    was before it, to compare places and doses with.

    Raises
        FrameOfReferenceError, MalformedRegistrationError, SamplingError: see registrationOfNode;
        or the node is a matrix.
        LandmarkError: too little is defined to know the rigid part.
        RegistrationCancelledError: the watcher cancelled it.
    """
    stage = "reading the registration"
    watch.requireGoingOn(stage)  # the nodes may have gone
    between = registrationOfNode(deformation, base, overlay, lambda share: watch.tell(stage, share))
    if not isDeformable(between.way):
        raise FrameOfReferenceError(
            f"expected a deformation, found that {deformation.GetName()} is rigid or affine"
        )
    made = _rigidNode(deformation, rigidPart(between.way, between.base.lattice))
    for name in (SOURCE_FRAME, REGISTERED_FRAME, PATIENT):
        made.SetAttribute(name, deformation.GetAttribute(name))
    setRegisteredNodes(made, base, overlay)
    return made


def _rigidNode(
    deformation: slicer.vtkMRMLTransformNode, rigid: np.ndarray
) -> slicer.vtkMRMLLinearTransformNode:
    """A new node beside `deformation`; `rigid` leads from the base to what is moved, LPS mm."""
    scene = deformation.GetScene()
    name = scene.GenerateUniqueName(f"Rigid part of {deformation.GetName()}")
    made = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", name)
    made.SetMatrixTransformToParent(vtkMatrix(LPS_TO_RAS @ inverted(rigid) @ LPS_TO_RAS))
    made.SetAndObserveTransformNodeID(deformation.GetTransformNodeID())
    return made


def _requireUnder(
    node: slicer.vtkMRMLTransformableNode, deformation: slicer.vtkMRMLTransformNode
) -> None:
    if not canBeCompared(node, deformation):
        raise FrameOfReferenceError(
            f"expected {node.GetName()} to be shown through {deformation.GetName()}, found it "
            "elsewhere: apply the registration first"
        )


def _deformationOf(
    node: slicer.vtkMRMLTransformNode | None,
) -> slicer.vtkMRMLTransformNode | None:
    return None if node is None else node.GetNodeReference(RIGID_PART_OF)
