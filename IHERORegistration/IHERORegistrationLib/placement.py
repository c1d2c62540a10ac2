"""Data of the scene placed under a registration, and back: nothing but the parents change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import slicer

from .errors import FrameOfReferenceError, PatientMismatchError
from .nodeIdentity import NO_IMAGES, knownFrame, patientOfNode
from .nodePlace import (
    ASSUMED_FRAME,
    ASSUMED_PLACE,
    MOVED_BY,
    movedSentence,
    rememberPlace,
    wasMoved,
)
from .registeredEnds import isDose
from .scene import REGISTERED_FRAME, SOURCE_FRAME
from .sceneNodes import nodesOfClass
from .sceneRegistrations import patientOfTransform

KINDS = {  # the first class that fits names it
    "vtkMRMLLabelMapVolumeNode": "Label map",
    "vtkMRMLScalarVolumeNode": "Image",
    "vtkMRMLSegmentationNode": "Structures",
    "vtkMRMLMarkupsNode": "Points",
    "vtkMRMLModelNode": "Model",
}


@dataclass(frozen=True)
class Placeable:
    """Data that a registration may move. `doubt` is a sentence on what has to be confirmed first,
    `isPlaced` whether it is shown through the registration now.
    """

    nodeID: str
    name: str
    kind: str
    isPlaced: bool
    doubt: str


def placeables(
    registration: slicer.vtkMRMLTransformNode, frameOfInstance: Mapping[str, str] = NO_IMAGES
) -> tuple[Placeable, ...]:
    """The data of the scene in the source frame of `registration`, and what tells no frame; not
    what is known to lie elsewhere.
    """
    found = []
    for node in nodesOfClass(registration.GetScene(), "vtkMRMLTransformableNode"):
        kind = dataKind(node)
        frame = dataFrame(node, frameOfInstance)
        source = registration.GetAttribute(SOURCE_FRAME) or ""
        if not kind or node.GetHideFromEditors() or (frame and source and frame != source):
            continue
        found.append(
            Placeable(
                nodeID=node.GetID(),
                name=node.GetName(),
                kind=kind,
                isPlaced=node.GetParentTransformNode() is registration,
                doubt="" if frame and source else _unknown(node, registration),
            )
        )
    return tuple(found)


def requirePlaceable(
    node: slicer.vtkMRMLTransformableNode,
    registration: slicer.vtkMRMLTransformNode,
    frameOfInstance: Mapping[str, str] = NO_IMAGES,
    *,
    frameConfirmed: bool = False,
) -> None:
    """Let `registration` move `node`.

    Raises
        FrameOfReferenceError: the data lies in another frame, or nothing tells where it lies and
        nobody confirmed it.
        PatientMismatchError: it belongs to another patient.
    """
    frame, source = dataFrame(node, frameOfInstance), registration.GetAttribute(SOURCE_FRAME)
    if frame and source and frame != source:
        there = (
            "it lies where the registration leads already"
            if frame == registration.GetAttribute(REGISTERED_FRAME)
            else "the registration says nothing of it"
        )
        raise FrameOfReferenceError(
            f"{registration.GetName()} moves data of Frame of Reference {source}; "
            f"{node.GetName()} lies in {frame}: {there}"
        )
    if not (frame and source) and not frameConfirmed:
        raise FrameOfReferenceError(_unknown(node, registration))
    different = patientOfTransform(registration).differences(patientOfNode(node))
    if different:
        raise PatientMismatchError(
            f"{node.GetName()} belongs to another patient than {registration.GetName()}: they "
            f"differ in {', '.join(different)}"
        )


def confirmFrame(
    node: slicer.vtkMRMLTransformableNode, registration: slicer.vtkMRMLTransformNode
) -> None:
    """Keep on `node`, which tells no frame, that the user takes it for data that `registration`
    moves.
    """
    if not knownFrame(node):
        source = registration.GetAttribute(SOURCE_FRAME)
        node.SetAttribute(ASSUMED_FRAME, source or f"as moved by {registration.GetName()}")
        rememberPlace(node, ASSUMED_PLACE)


@dataclass(frozen=True)
class Move:
    """Of one node, the IDs of the transform nodes above it before and after, "" for none."""

    nodeID: str
    before: str
    after: str


class PlacementHistory:
    """What was placed and taken away, to be undone and done again."""

    def __init__(self) -> None:
        self._done: list[tuple[Move, ...]] = []
        self._undone: list[tuple[Move, ...]] = []

    @property
    def canUndo(self) -> bool:
        return bool(self._done)

    @property
    def canRedo(self) -> bool:
        return bool(self._undone)

    def place(
        self,
        nodes: Sequence[slicer.vtkMRMLTransformableNode],
        registration: slicer.vtkMRMLTransformNode | None,
    ) -> None:
        """Put `nodes` under `registration`, or with None out of every transform. What may not be
        placed there was refused before (requirePlaceable).
        """
        after = registration.GetID() if registration is not None else ""
        moves = tuple(
            Move(node.GetID(), node.GetTransformNodeID() or "", after)
            for node in nodes
            if (node.GetTransformNodeID() or "") != after
        )
        if moves:
            for node in nodes:
                node.SetAndObserveTransformNodeID(after or None)
            self._done.append(moves)
            self._undone.clear()

    def undo(self, scene: slicer.vtkMRMLScene) -> tuple[str, ...]:
        """Take the last step back; the names of what moved. Nodes that are gone, or that somebody
        placed or hardened elsewhere meanwhile, are left out.
        """
        moves = self._done.pop()
        self._undone.append(moves)
        return _moved(scene, [(one.nodeID, one.after, one.before) for one in moves])

    def redo(self, scene: slicer.vtkMRMLScene) -> tuple[str, ...]:
        """Do the step again that was taken back last; see `undo` for what is left out."""
        moves = self._undone.pop()
        self._done.append(moves)
        return _moved(scene, [(one.nodeID, one.before, one.after) for one in moves])

    def forget(self) -> None:
        """The scene is another one."""
        self._done.clear()
        self._undone.clear()


def _moved(scene: slicer.vtkMRMLScene, parents: Sequence[tuple[str, str, str]]) -> tuple[str, ...]:
    """By ID of a node what it lies under, and what it is to lie under."""
    names = []
    for nodeID, presentID, parentID in parents:
        node = scene.GetNodeByID(nodeID)
        if node is None or (parentID and scene.GetNodeByID(parentID) is None):
            continue
        if (node.GetTransformNodeID() or "") != presentID or (parentID and isAstray(node)):
            continue
        node.SetAndObserveTransformNodeID(parentID or None)
        names.append(node.GetName())
    return tuple(names)


def dataKind(node: slicer.vtkMRMLNode) -> str:
    """What a node holds, in a word; "" for what no registration moves."""
    if isDose(node):
        return "Dose"
    return next((kind for name, kind in KINDS.items() if node.IsA(name)), "")


def dataFrame(node: slicer.vtkMRMLNode, frameOfInstance: Mapping[str, str] = NO_IMAGES) -> str:
    """Frame of Reference UID of the data of a node, known or confirmed by the user; else ""."""
    known, assumed = knownFrame(node, frameOfInstance), node.GetAttribute(ASSUMED_FRAME)
    if known or not assumed or wasMoved(node, ASSUMED_PLACE):
        return known
    rememberPlace(node, ASSUMED_PLACE)
    return assumed


def isAstray(node: slicer.vtkMRMLNode) -> bool:
    """Whether `node` was moved since it lay where its files or the user said."""
    return wasMoved(node) or wasMoved(node, ASSUMED_PLACE)


def wasMovedBy(node: slicer.vtkMRMLNode, registration: slicer.vtkMRMLTransformNode) -> bool:
    """Whether `node` was made here by moving something by `registration` for good."""
    return node.GetNodeReference(MOVED_BY) is registration


def _unknown(
    node: slicer.vtkMRMLTransformableNode, registration: slicer.vtkMRMLTransformNode
) -> str:
    if wasMovedBy(node, registration):
        return (
            f"{node.GetName()} was made by {registration.GetName()}, so that it lies already where "
            "that leads"
        )
    if isAstray(node):
        return movedSentence(node)
    if not registration.GetAttribute(SOURCE_FRAME):
        return (
            f"{registration.GetName()} does not say which Frame of Reference it moves, so that "
            f"nothing tells whether {node.GetName()} is meant"
        )
    return (
        f"nothing tells in which Frame of Reference {node.GetName()} lies, so that it may not be "
        f"what {registration.GetName()} moves"
    )
