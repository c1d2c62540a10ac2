"""An image under a deformation, or for comparison where the rigid part alone would put it."""

from __future__ import annotations

import numpy as np
import slicer

from IHERORegistrationLib.displayedPair import RIGID_PART_OF
from IHERORegistrationLib.errors import FrameOfReferenceError
from IHERORegistrationLib.geometry import inverted
from IHERORegistrationLib.resampling import vtkMatrix
from IHERORegistrationLib.scene import LPS_TO_RAS


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
    scene = node.GetScene()
    name = scene.GenerateUniqueName(f"Rigid part of {deformation.GetName()}")
    made = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", name)
    made.SetHideFromEditors(True)
    made.SetMatrixTransformToParent(vtkMatrix(LPS_TO_RAS @ inverted(rigid) @ LPS_TO_RAS))
    made.SetNodeReferenceID(RIGID_PART_OF, deformation.GetID())
    made.SetAndObserveTransformNodeID(deformation.GetTransformNodeID())
    node.SetAndObserveTransformNodeID(made.GetID())


def placeAfter(node: slicer.vtkMRMLTransformableNode) -> None:
    """Show `node` through its deformation again."""
    parent = node.GetParentTransformNode()
    deformation = _deformationOf(parent)
    if deformation is None:
        return
    node.SetAndObserveTransformNodeID(deformation.GetID())
    node.GetScene().RemoveNode(parent)


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
