"""The registrations in a scene: transform nodes of ours, of other readers and of Slicer itself."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import slicer

from .geometry import matrixType
from .listedRegistration import DEFORMABLE, KINDS, ListedRegistration
from .nodeIdentity import (
    NO_IMAGES,
    instancesOfNode,
    knownFrame,
    modalityOfNode,
    patientOfNode,
)
from .patient import Patient
from .registeredEnds import isDose
from .registrationReview import directionTestOf, reviewOfNode
from .registrationText import notesFromText, patientFromText
from .scene import (
    NOTES,
    PATIENT,
    READ_AS,
    REGISTERED_FRAME,
    SOURCE_FRAME,
    textsOf,
)
from .sceneNodes import nodesOfClass
from .sentences import frameName, oneLine, shortUID
from .subjectHierarchy import studyName
from .transformMatrix import ownMatrix
from .writtenObject import isChanged, writtenObject

MOST_NAMED = 2  # images of one frame


def sceneRegistrations(
    scene: slicer.vtkMRMLScene,
    frameOfInstance: Mapping[str, str] = NO_IMAGES,
    names: Mapping[str, str] = NO_IMAGES,
) -> tuple[ListedRegistration, ...]:
    """Every transform node that a user may choose, in the order of the scene; the key is its ID.

    `frameOfInstance` is as for `knownFrame`; `names` say what lies in frames that have no image in
    the scene.
    """
    images = imagesByFrame(scene, frameOfInstance)
    known = {**names, **{frame: _together(nodes) for frame, nodes in images.items()}}
    placed = _placedNodes(scene)
    return tuple(
        _toldApart(_row(node, known, placed.get(node.GetID(), ())), images)
        for node in nodesOfClass(scene, "vtkMRMLTransformNode")
        if not node.GetHideFromEditors()
    )


def imagesByFrame(
    scene: slicer.vtkMRMLScene, frameOfInstance: Mapping[str, str] = NO_IMAGES
) -> dict[str, list[slicer.vtkMRMLScalarVolumeNode]]:
    """The images of a scene by Frame of Reference UID; neither doses nor label maps, and none whose
    frame nobody knows.
    """
    found: dict[str, list[slicer.vtkMRMLScalarVolumeNode]] = {}
    for node in nodesOfClass(scene, "vtkMRMLScalarVolumeNode"):
        frame = knownFrame(node, frameOfInstance) if isImage(node) else ""
        if frame:
            found.setdefault(frame, []).append(node)
    return found


def isImage(node: slicer.vtkMRMLNode) -> bool:
    """Whether `node` holds an image to look at, rather than a dose or labels."""
    return (
        node.IsA("vtkMRMLScalarVolumeNode")
        and not node.IsA("vtkMRMLLabelMapVolumeNode")
        and not isDose(node)
        and not node.GetHideFromEditors()
    )


def kindOfNode(node: slicer.vtkMRMLTransformNode) -> str:
    """What a transform node does to space, without those above it."""
    if not node.IsLinear():
        return DEFORMABLE
    return KINDS[matrixType(ownMatrix(node))]


def patientOfTransform(node: slicer.vtkMRMLTransformNode) -> Patient:
    """Whose images a transform node connects, by the object that it came from, else by its place
    in the subject hierarchy.
    """
    told = node.GetAttribute(PATIENT)
    return patientFromText(told) if told else patientOfNode(node)


def _row(
    node: slicer.vtkMRMLTransformNode, known: Mapping[str, str], placed: tuple[str, ...]
) -> ListedRegistration:
    roles = slicer.vtkMRMLTransformNode
    source, registered = _frames(node)
    isOurs = bool(node.GetAttribute(SOURCE_FRAME))
    notes = node.GetAttribute(NOTES)
    return ListedRegistration(
        key=node.GetID(),
        name=oneLine(node.GetName()),
        kind=kindOfNode(node),
        moving=_end(node, roles.GetMovingNodeReferenceRole(), source, known),
        fixed=_end(node, roles.GetFixedNodeReferenceRole(), registered, known),
        sourceFrame=source,
        registeredFrame=registered,
        patient=patientOfTransform(node),
        sopInstanceUID=_instanceOf(node),
        producer=textsOf(node)["producer"],
        notes=notesFromText(notes) if notes else (),
        readAs=node.GetAttribute(READ_AS) or "",
        placed=placed,
        directionTest=directionTestOf(node),
        decision=reviewOfNode(node).decision.value,
        otherReader=not isOurs and modalityOfNode(node) == "REG",
        isChanged=isChanged(node),
    )


def _toldApart(
    row: ListedRegistration, images: Mapping[str, list[slicer.vtkMRMLScalarVolumeNode]]
) -> ListedRegistration:
    """Images of the same name are told by their studies, else by the ends of their frames."""
    frames = row.sourceFrame, row.registeredFrame
    areAlike = row.moving and _bare(row.moving) == _bare(row.fixed)
    if not areAlike or not _tellApart(frames):
        return row
    words = [studyName(images[one][0]) if one in images else "" for one in frames]
    if not _tellApart(words):
        words = [f"frame {shortUID(one)}" for one in frames]
    moving, fixed = words
    return replace(row, moving=f"{row.moving}, {moving}", fixed=f"{row.fixed}, {fixed}")


def _tellApart(words: Sequence[str]) -> bool:
    """Whether none of them lacks and no two are alike."""
    return all(words) and len(set(words)) == len(words)


def _bare(name: str) -> str:
    """`name` without what Slicer puts behind it where there is the same already."""
    return re.sub(r"_\d+$", "", name)


def _instanceOf(node: slicer.vtkMRMLTransformNode) -> str:
    """The object that says what a node does, also where another reader read it; "" for none."""
    if textsOf(node)["sopInstanceUID"] or modalityOfNode(node) != "REG":
        return writtenObject(node)
    return next(iter(instancesOfNode(node)), "")


def _frames(node: slicer.vtkMRMLTransformNode) -> tuple[str, str]:
    """Source and registered frame: its own word, else those of the nodes it says it registers."""
    roles = slicer.vtkMRMLTransformNode
    found = []
    for attribute, role in (
        (SOURCE_FRAME, roles.GetMovingNodeReferenceRole()),
        (REGISTERED_FRAME, roles.GetFixedNodeReferenceRole()),
    ):
        named = node.GetNodeReference(role)
        found.append(node.GetAttribute(attribute) or (knownFrame(named) if named else ""))
    return found[0], found[1]


def _end(node: slicer.vtkMRMLTransformNode, role: str, frame: str, known: Mapping[str, str]) -> str:
    named = node.GetNodeReference(role)
    if named is not None:
        return oneLine(named.GetName())
    return frameName(frame, known) if frame else ""


def _together(nodes: list[slicer.vtkMRMLScalarVolumeNode]) -> str:
    names = [oneLine(node.GetName()) for node in nodes]
    if len(names) <= MOST_NAMED:
        return " and ".join(names)
    return f"{names[0]} and {len(names) - 1} others"


def _placedNodes(scene: slicer.vtkMRMLScene) -> dict[str, tuple[str, ...]]:
    """By ID of a transform node the names of those directly under it."""
    found: dict[str, tuple[str, ...]] = {}
    for node in nodesOfClass(scene, "vtkMRMLTransformableNode"):
        above = node.GetTransformNodeID()
        if above and not node.GetHideFromEditors():
            found[above] = (*found.get(above, ()), node.GetName())
    return found
