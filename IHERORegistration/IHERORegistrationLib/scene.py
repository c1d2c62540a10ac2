"""Spatial Registration ↔ transform nodes. The one place, with dataNodes.py, where RAS exists.

A node's ToParent is the object's matrix, source → registered: data of the source frame that is put
under the node appears in the registered frame. What else the object says stays on the node, as
attributes that survive saving.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
import slicer
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from .errors import DeformableContentError, FrameOfReferenceError, MalformedRegistrationError
from .frames import Transform
from .geometry import AffineTransform, MatrixType
from .references import SeriesReference
from .registration import (
    SPATIAL_REGISTRATION,
    Registration,
    RegistrationItem,
    SpatialRegistration,
    allNotes,
)
from .registrationText import (
    itemsFromText,
    patientFromText,
    seriesFromText,
    textFromItems,
    textFromNotes,
    textFromSeries,
)
from .resampling import affineMatrix, vtkMatrix
from .sentences import oneLine
from .subjectHierarchy import PATIENT, markSeries, placeInStudy
from .transformContent import FRAME, REGISTERED_FRAME, parentOfFixed
from .writableMatrix import writableMatrix
from .writtenObject import SOP_CLASS, isChanged, keepContent

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])  # its own inverse

SOURCE_FRAME = "IHERO.SourceFrame"
SOURCE_ITEM = "IHERO.SourceItem"
REGISTERED_ITEMS = "IHERO.RegisteredItems"
SERIES = "IHERO.ReferencedSeries"
NOTES = "IHERO.Notes"  # what the reader noticed or repaired
READ_AS = "IHERO.ReadAs"  # the reading that the user chose, if not the standard's
TEXTS = {  # attribute of the node: field of SpatialRegistration
    "IHERO.SOPInstanceUID": "sopInstanceUID",
    "IHERO.StudyInstanceUID": "studyInstanceUID",
    "IHERO.SeriesInstanceUID": "seriesInstanceUID",
    "IHERO.ContentLabel": "label",
    "IHERO.ContentDescription": "description",
    "IHERO.ContentDate": "contentDate",
    "IHERO.Producer": "producer",
}


class DescribedRegistration(Registration, Protocol):
    """A registration object of any kind that a node can be told of; TEXTS names the rest."""

    @property
    def studyInstanceUID(self) -> str: ...
    @property
    def series(self) -> tuple[SeriesReference, ...]: ...


def transformNodesFromRegistration(
    registration: SpatialRegistration, scene: slicer.vtkMRMLScene
) -> tuple[slicer.vtkMRMLLinearTransformNode, ...]:
    """One node for each item that leads from another frame to the registered one, in their order.

    Items whose frame is unknown have no node; see SpatialRegistration.unresolvedItems.
    """
    return tuple(_node(registration, item, scene) for item in registration.movingItems)


def _node(
    registration: SpatialRegistration, item: RegistrationItem, scene: slicer.vtkMRMLScene
) -> slicer.vtkMRMLLinearTransformNode:
    name = nodeName(registration.label, item.number, isAlone=len(registration.movingItems) == 1)
    node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", scene.GenerateUniqueName(name))
    node.SetMatrixTransformToParent(vtkMatrix(LPS_TO_RAS @ item.matrix @ LPS_TO_RAS))
    node.SetAttribute(SOURCE_FRAME, item.sourceFrame)
    fixed = (one for one in registration.items if one.sourceFrame == registration.registeredFrame)
    node.SetAttribute(SOURCE_ITEM, textFromItems([item]))
    node.SetAttribute(REGISTERED_ITEMS, textFromItems(fixed))
    describe(node, registration)
    return node


def nodeName(label: str, number: int, *, isAlone: bool) -> str:
    """Name of the node for item `number` of a registration, the only one if `isAlone`."""
    name = label or "Registration"
    return name if isAlone else f"{name} {number}"


def describe(node: slicer.vtkMRMLTransformNode, registration: DescribedRegistration) -> None:
    """Keep on `node` what the object says that it was made from, apart from its items; place it
    under the object's patient and study. It must do already what the object says.
    """
    node.SetAttribute(REGISTERED_FRAME, registration.registeredFrame)
    for attribute, field in TEXTS.items():
        node.SetAttribute(attribute, getattr(registration, field))
    node.SetAttribute(SERIES, textFromSeries(registration.series))
    node.SetAttribute(NOTES, textFromNotes(allNotes(registration)))
    node.SetAttribute(READ_AS, registration.readAs or None)
    keepContent(node)
    placeInStudy(node, registration.patient, registration.studyInstanceUID)
    markSeries(node, registration.reference, "REG", registration.registeredFrame)


def transformNodeFromWay(
    way: Transform, scene: slicer.vtkMRMLScene, name: str
) -> slicer.vtkMRMLLinearTransformNode:
    """A node for a transform or chain of several registrations: data of `way.fromFrame` that is
    put under it appears in `way.toFrame`.

    Raises
        TypeError: it is no matrix.
    """
    node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", scene.GenerateUniqueName(name))
    node.SetMatrixTransformToParent(vtkMatrix(LPS_TO_RAS @ affineMatrix(way) @ LPS_TO_RAS))
    node.SetAttribute(SOURCE_FRAME, way.fromFrame)
    node.SetAttribute(REGISTERED_FRAME, way.toFrame)
    return node


def registrationFromTransformNode(node: slicer.vtkMRMLTransformNode) -> SpatialRegistration:
    """What `node` says, with the matrix it has now, in the words of the object it came from.

    The items of the registered frame come first, as identities. See `transformFromNode` for the
    matrix, `writableMatrix` for its rounding; the type is found by value. A node that was changed
    since is another registration, without a SOP Instance UID and without words on how it was made.

    Raises
        MalformedRegistrationError: the node did not come from a registration.
        DeformableContentError: its transform is not linear.
        NotRigidError, NotInvertibleError: its matrix is a mirror or singular.
    """
    if node.GetAttribute(SOURCE_ITEM) is None:
        raise MalformedRegistrationError(
            f"transform node {oneLine(node.GetName())} was not made from a registration: give "
            "its frames and images to the Registrator"
        )
    source, registered = node.GetAttribute(SOURCE_FRAME), node.GetAttribute(REGISTERED_FRAME)
    matrix, kind = writableMatrix(transformFromNode(node, source, registered).matrix)
    fixed = itemsFromText(
        node.GetAttribute(REGISTERED_ITEMS), 1, registered, np.eye(4), MatrixType.RIGID
    )
    moving = itemsFromText(node.GetAttribute(SOURCE_ITEM), len(fixed) + 1, source, matrix, kind)
    registration = SpatialRegistration(
        registeredFrame=registered,
        items=(*fixed, *moving),
        sopClassUID=node.GetAttribute(SOP_CLASS) or SPATIAL_REGISTRATION,
        series=seriesFromText(node.GetAttribute(SERIES)),
        patient=patientFromText(node.GetAttribute(PATIENT)),
        **textsOf(node),
    )
    return registration.asNew if isChanged(node) else registration


def textsOf(node: slicer.vtkMRMLTransformNode) -> dict[str, Any]:
    """The words of the object that `node` came from, by the fields of a registration."""
    return {field: node.GetAttribute(attribute) or "" for attribute, field in TEXTS.items()}


def transformFromNode(
    node: slicer.vtkMRMLTransformNode,
    fromFrame: str,
    toFrame: str,
    fixed: slicer.vtkMRMLTransformableNode | None = None,
) -> AffineTransform:
    """What `node` and the nodes above it do to data, as a transform between two frames, LPS mm.

    It leads to the own coordinates of the image that stays, which `node` knows or which is `fixed`,
    see `parentOfFixed`; to the world where nobody knows that image.

    Raises
        DeformableContentError: the transform is not linear.
        FrameOfReferenceError: see `requireOneStep`.
    """
    top = parentOfFixed(node, fixed)
    requireOneStep(node, top)
    matrix = vtkMatrix4x4()
    linear = slicer.vtkMRMLTransformNode.GetMatrixTransformBetweenNodes(node, top, matrix)
    if not linear:
        raise DeformableContentError(
            f"expected a linear transform, found a deformation in node {oneLine(node.GetName())} "
            "or in one that it lies under"
        )
    return AffineTransform(LPS_TO_RAS @ arrayFromMatrix(matrix) @ LPS_TO_RAS, fromFrame, toFrame)


def requireOneStep(
    node: slicer.vtkMRMLTransformNode, top: slicer.vtkMRMLTransformNode | None
) -> None:
    """Let what is between data under `node` and data under `top` be no chain of registrations, of
    which `node` names the ends of one step only.

    Raises
        FrameOfReferenceError: it is one.
    """
    if not namesFrames(node):
        return
    up, down = parentsApart(node, top)
    another = next((one for one in (*up, *down) if namesFrames(one)), None)
    if another is not None:
        raise FrameOfReferenceError(
            f"{node.GetName()} leads from Frame of Reference {node.GetAttribute(SOURCE_FRAME)} to "
            f"{node.GetAttribute(REGISTERED_FRAME)}, and {another.GetName()} moves only one of "
            f"{node.GetName()} and the image that stays: take that out of {another.GetName()}, or "
            "put both under it"
        )


def namesFrames(node: slicer.vtkMRMLTransformNode) -> bool:
    """Whether a transform node says which frames it connects."""
    return bool(node.GetAttribute(SOURCE_FRAME) and node.GetAttribute(REGISTERED_FRAME))


def parentsOf(node: slicer.vtkMRMLTransformableNode) -> Iterator[slicer.vtkMRMLTransformNode]:
    """The transform nodes that `node` lies under, the nearest first."""
    parent = node.GetParentTransformNode()
    while parent is not None:
        yield parent
        parent = parent.GetParentTransformNode()


def parentsApart(
    node: slicer.vtkMRMLTransformableNode, top: slicer.vtkMRMLTransformNode | None
) -> tuple[list[slicer.vtkMRMLTransformNode], list[slicer.vtkMRMLTransformNode]]:
    """What `node` lies under and data under `top` does not, and the other way round; the nearest
    first.
    """
    up, down = list(parentsOf(node)), [] if top is None else [top, *parentsOf(top)]
    while up and down and up[-1] is down[-1]:
        up.pop()
        down.pop()
    return up, [one for one in down if one is not node]


def setRegisteredNodes(
    transformNode: slicer.vtkMRMLTransformNode,
    fixed: slicer.vtkMRMLNode,
    moving: slicer.vtkMRMLNode,
) -> None:
    """Make `transformNode` refer to the nodes it registers, as Slicer's registration modules do.

    Raises
        FrameOfReferenceError: they do not lie in the frames that the transform connects.
    """
    _checkFrame(fixed, transformNode, REGISTERED_FRAME)
    _checkFrame(moving, transformNode, SOURCE_FRAME)
    roles = slicer.vtkMRMLTransformNode
    transformNode.SetNodeReferenceID(roles.GetFixedNodeReferenceRole(), fixed.GetID())
    transformNode.SetNodeReferenceID(roles.GetMovingNodeReferenceRole(), moving.GetID())


def placeUnder(
    node: slicer.vtkMRMLTransformableNode, transformNode: slicer.vtkMRMLTransformNode
) -> None:
    """Show `node`, whose data lies in the source frame, in the registered frame.

    Raises
        FrameOfReferenceError: its data lies in another frame.
    """
    _checkFrame(node, transformNode, SOURCE_FRAME)
    node.SetAndObserveTransformNodeID(transformNode.GetID())


def _checkFrame(
    node: slicer.vtkMRMLNode, transformNode: slicer.vtkMRMLTransformNode, end: str
) -> None:
    frame, expected = node.GetAttribute(FRAME), transformNode.GetAttribute(end)
    if frame is None or frame != expected:
        raise FrameOfReferenceError(
            f"expected data in Frame of Reference {expected} for transform node "
            f"{oneLine(transformNode.GetName())}, found {frame} in node {oneLine(node.GetName())}"
        )


def arrayFromMatrix(matrix: vtkMatrix4x4) -> np.ndarray:
    """VTK's matrix as an array of shape (4, 4)."""
    return np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])
