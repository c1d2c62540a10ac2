"""Transform nodes become the objects that were written of them, as if they had been loaded from
there: what is made with them afterwards can refer to these.
"""

from __future__ import annotations

from collections.abc import Iterable

import slicer

from .registration import SpatialRegistration
from .registrationText import DescribedItem, textFromItems
from .scene import REGISTERED_ITEMS, SOURCE_FRAME, SOURCE_ITEM, describe
from .writtenObject import SOP_CLASS


def learnRegistration(
    node: slicer.vtkMRMLTransformNode,
    registration: SpatialRegistration,
    fixed: slicer.vtkMRMLTransformableNode | None,
) -> None:
    """Let `node`, a matrix, be the `registration` that was written of it, of one moving set;
    `fixed` shows the image that stays. It may have left the scene.
    """
    if node.GetScene() is None:
        return
    (moving,) = registration.movingItems
    stays = (one for one in registration.items if one is not moving)
    learnItems(node, moving, moving.sourceFrame or "", stays)
    node.SetAttribute(SOP_CLASS, None)  # it may have come from a deformation without vectors
    learnFixed(node, fixed)
    describe(node, registration)


def learnItems(
    node: slicer.vtkMRMLTransformNode,
    moving: DescribedItem,
    sourceFrame: str,
    stays: Iterable[DescribedItem],
) -> None:
    """What is said of the `moving` images and of those that stay, in an object of either kind."""
    node.SetAttribute(SOURCE_FRAME, sourceFrame)
    node.SetAttribute(SOURCE_ITEM, textFromItems([moving]))
    node.SetAttribute(REGISTERED_ITEMS, textFromItems(stays))


def learnFixed(
    node: slicer.vtkMRMLTransformNode, fixed: slicer.vtkMRMLTransformableNode | None
) -> None:
    """Let `node` know the image that stays: it says where the object leads to."""
    if fixed is not None and fixed.GetScene() is not None:
        role = slicer.vtkMRMLTransformNode.GetFixedNodeReferenceRole()
        node.SetNodeReferenceID(role, fixed.GetID())
