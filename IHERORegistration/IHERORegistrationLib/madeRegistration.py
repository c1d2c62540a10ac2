"""Registrations made in the scene: new transform nodes that say what they join and how they were
made, for whoever exports them. No node that was there before is changed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import slicer

from .codes import FRAME_OF_REFERENCE_IDENTITY, Code
from .geometry import MatrixType
from .imagePair import ImagePair
from .landmarkNodes import isLandmarkOf
from .nodeIdentity import patientOfNode
from .nodePlace import rememberPlace
from .registration import RegistrationItem, SpatialRegistration
from .resampling import vtkMatrix
from .scene import FRAME, LPS_TO_RAS, setRegisteredNodes, transformNodesFromRegistration
from .sceneNodes import nodesOfClass
from .sentences import oneLine
from .subjectHierarchy import CONSTANTS, hierarchyOf
from .writtenObject import isEdited, keepContent

RECORD = "IHERO.RegistrationRecord"  # attribute: how a node was made, in lines


@dataclass(frozen=True)
class Making:
    """How a registration was made: the `name` of its node, the `method` by code, a `description`
    and a `comment` as DICOM holds them, what a user wants to know in `summary`, the rest in
    `details`.
    """

    name: str
    method: Code
    description: str
    comment: str
    summary: tuple[str, ...]
    details: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Both, with an empty line between them."""
        return "\n".join((*map(oneLine, self.summary), "", *map(oneLine, self.details)))


def madeNode(
    pair: ImagePair, movingToFixed: np.ndarray, making: Making
) -> slicer.vtkMRMLLinearTransformNode:
    """A new node for the matrix that takes the overlay to the base, shape (4, 4), LPS mm.

    It lies under the transform that the base is under, so that an overlay under it appears on the
    base. It tells frames only where there are two different ones: else it is for viewing alone.
    """
    scene = pair.fixed.GetScene()
    if whyNotExported(pair):
        node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
        node.SetMatrixTransformToParent(vtkMatrix(LPS_TO_RAS @ movingToFixed @ LPS_TO_RAS))
    else:
        (node,) = transformNodesFromRegistration(_registration(pair, movingToFixed, making), scene)
    tellMade(node, pair, making)
    return node


def tellMade(node: slicer.vtkMRMLTransformNode, pair: ImagePair, making: Making) -> None:
    """Give a new `node`, of any kind, its name, its record, its images and its place."""
    node.SetName(node.GetScene().GenerateUniqueName(making.name))
    node.SetAttribute(RECORD, making.text)
    node.SetDescription(making.text)
    node.SetAndObserveTransformNodeID(pair.fixed.GetTransformNodeID())
    if not whyNotExported(pair):
        setRegisteredNodes(node, pair.fixed, pair.moving)
        keepContent(node)
        return
    roles = slicer.vtkMRMLTransformNode
    node.SetNodeReferenceID(roles.GetFixedNodeReferenceRole(), pair.fixed.GetID())
    node.SetNodeReferenceID(roles.GetMovingNodeReferenceRole(), pair.moving.GetID())
    keepContent(node)
    for image in (pair.fixed, pair.moving):
        if not image.GetAttribute(FRAME):
            rememberPlace(image)  # as it lies now it was registered


def recordOfNode(node: slicer.vtkMRMLTransformNode | None) -> str:
    """How `node` was made, in lines, the details after an empty one; "" where it does not say."""
    return (node.GetAttribute(RECORD) or "") if node is not None else ""


def summaryOfNode(node: slicer.vtkMRMLTransformNode | None) -> str:
    """“MR on CT: …” with what a user wants to know; "" where the node does not say it."""
    if node and node.GetAttribute(RECORD) and isEdited(node):
        return f"{node.GetName()} was changed since it was made: what was told of it is over."
    summary, _, _ = recordOfNode(node).partition("\n\n")
    return f"{node.GetName()}: {' '.join(summary.splitlines())}" if node and summary else ""


def whyNotExported(pair: ImagePair) -> str:
    """Why a registration of the pair is for viewing only; "" where it can be exported."""
    if not pair.hasFrames:
        return (
            "for viewing only: an image that does not come from DICOM has no Frame of Reference "
            "that an exported object could name"
        )
    if pair.sharesFrame:
        return (
            "for viewing only: both images lie in one Frame of Reference, so that by DICOM they "
            "need no registration"
        )
    return ""


def overlayNodes(pair: ImagePair) -> tuple[slicer.vtkMRMLTransformableNode, ...]:
    """The overlay and the landmarks on it that are shown through the same transform."""
    lists = nodesOfClass(pair.moving.GetScene(), "vtkMRMLMarkupsFiducialNode")
    together = (
        one
        for one in lists
        if isLandmarkOf(one, pair.moving, pair.movingFrame)
        and one.GetTransformNodeID() == pair.moving.GetTransformNodeID()
    )
    return (pair.moving, *together)


def showOverlay(pair: ImagePair, node: slicer.vtkMRMLTransformNode) -> None:
    """Show the overlay, and what goes with it, through `node`."""
    for one in overlayNodes(pair):
        one.SetAndObserveTransformNodeID(node.GetID())


def studyOf(node: slicer.vtkMRMLNode) -> str:
    """Study Instance UID by the place of `node` in the subject hierarchy, "" where it has none."""
    hierarchy = hierarchyOf(node.GetScene())
    item = hierarchy.GetItemByDataNode(node)
    if item == hierarchy.GetInvalidItemID():
        return ""
    study = hierarchy.GetItemAncestorAtLevel(item, CONSTANTS.GetDICOMLevelStudy())
    if study == hierarchy.GetInvalidItemID():
        return ""
    return hierarchy.GetItemUID(study, CONSTANTS.GetDICOMUIDName()) or ""


def _registration(pair: ImagePair, matrix: np.ndarray, making: Making) -> SpatialRegistration:
    """The object as far as the scene knows it: without images, which the export lists."""
    kind = (MatrixType.RIGID.value,)
    identity = RegistrationItem(
        number=1,
        sourceFrame=pair.fixedFrame,
        images=(),
        matrices=(np.eye(4),),
        declaredTypes=kind,
        method=FRAME_OF_REFERENCE_IDENTITY,
    )
    moved = RegistrationItem(
        number=2,
        sourceFrame=pair.movingFrame,
        images=(),
        matrices=(matrix,),
        declaredTypes=kind,
        method=making.method,
        comment=making.comment,
    )
    return SpatialRegistration(
        sopInstanceUID="",
        registeredFrame=pair.fixedFrame,
        items=(identity, moved),
        series=(),
        patient=patientOfNode(pair.fixed),
        studyInstanceUID=studyOf(pair.fixed),
        description=making.description,
    )
