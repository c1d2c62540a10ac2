"""What can be shown in another frame now that a registration is in the scene: proposed in words,
and done only when the user has agreed. Nothing is hardened.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import slicer

from .nodeIdentity import NO_IMAGES, knownFrame, patientOfNode
from .scene import REGISTERED_FRAME, SOURCE_FRAME, placeUnder
from .sceneNodes import nodesOfClass
from .sceneRegistrations import imagesByFrame, patientOfTransform
from .sentences import oneLine
from .unchangedOnError import unchangedOnError

DATA_CLASSES = (
    "vtkMRMLScalarVolumeNode",
    "vtkMRMLSegmentationNode",
    "vtkMRMLMarkupsNode",
    "vtkMRMLModelNode",
)
MOST_NAMED = 3  # nodes in a sentence


@dataclass(frozen=True, eq=False)
class Placement:
    """`nodes`, which lie in the source frame of `transformNode`, come under it, and itself under
    `parent`, where the images that it leads to lie under that.
    """

    transformNode: slicer.vtkMRMLTransformNode
    nodes: tuple[slicer.vtkMRMLTransformableNode, ...]
    parent: slicer.vtkMRMLTransformNode | None
    sentence: str


@dataclass(frozen=True, eq=False)
class ApplyOffer:
    """`placements` can be done together, see `apply`. `refusals` are sentences on registrations
    whose images are there and that are nevertheless not offered.
    """

    placements: tuple[Placement, ...]
    refusals: tuple[str, ...]


def applyOffer(
    scene: slicer.vtkMRMLScene,
    transformNodes: Iterable[slicer.vtkMRMLTransformNode],
    frameOfInstance: Mapping[str, str] = NO_IMAGES,
) -> ApplyOffer:
    """What of the scene could be put under `transformNodes`, nodes of registrations in it: those
    between frames that both have an image, of the same patient, with no other registration between
    them. What lies under a transform already stays there.
    """
    images = imagesByFrame(scene, frameOfInstance)
    names = {frame: _listed(nodes) for frame, nodes in images.items()}
    found: dict[str, list[slicer.vtkMRMLTransformNode]] = {}
    refused: dict[str, list[slicer.vtkMRMLTransformNode]] = {}
    for node in transformNodes:
        source, registered = _frames(node)
        if source == registered or not {source, registered} <= set(images):
            continue
        free = _freeNodes(scene, source, frameOfInstance)
        reason = _whyNot(node, free, images, names)
        if reason:
            refused.setdefault(reason, []).append(node)
        else:
            found.setdefault(source, []).append(node)
    refusals = [f"Not offered: {_listed(nodes)}, as {reason}." for reason, nodes in refused.items()]
    for source, several in found.items():
        if len(several) > 1:
            onto = " or ".join(names[_frames(node)[1]] for node in several)
            refusals.append(f"{names[source]} can be shown on {onto}: choose one.")
    chosen = {source: ones[0] for source, ones in found.items() if len(ones) == 1}
    refusals += _withoutCircles(chosen, names)
    placements = []
    for source, node in chosen.items():
        registered = _frames(node)[1]
        parent = chosen.get(registered) or images[registered][0].GetParentTransformNode()
        nodes = _freeNodes(scene, source, frameOfInstance)
        sentence = f"{_listed(nodes)} on {names[registered]}, through {oneLine(node.GetName())}"
        placements.append(Placement(node, nodes, parent, sentence))
    return ApplyOffer(tuple(placements), tuple(dict.fromkeys(refusals)))


def apply(offer: ApplyOffer) -> None:
    """Do what is offered; the scene is as it was if something of it cannot be done.

    Raises
        FrameOfReferenceError: data lies in another frame than its registration says.
    """
    if not offer.placements:
        return
    scene = offer.placements[0].transformNode.GetScene()
    scene.StartState(scene.BatchProcessState)  # its end tells panels of it
    try:
        with unchangedOnError(scene):
            for one in offer.placements:
                _place(one)
    finally:
        scene.EndState(scene.BatchProcessState)


def _place(placement: Placement) -> None:
    if placement.parent is not None:
        placement.transformNode.SetAndObserveTransformNodeID(placement.parent.GetID())
    for node in placement.nodes:
        placeUnder(node, placement.transformNode)


def _frames(node: slicer.vtkMRMLTransformNode) -> tuple[str, str]:
    """Source and registered frame, "" where it says none."""
    return node.GetAttribute(SOURCE_FRAME) or "", node.GetAttribute(REGISTERED_FRAME) or ""


def _whyNot(
    node: slicer.vtkMRMLTransformNode,
    free: Iterable[slicer.vtkMRMLTransformableNode],
    images: Mapping[str, list],
    names: Mapping[str, str],
) -> str:
    """Why a registration between frames of `images` cannot be offered for the `free` data, "" if it
    can.
    """
    ends = _frames(node)
    patient = patientOfTransform(node)
    for one in (*images[ends[0]], *free, *images[ends[1]]):
        different = patient.differences(patientOfNode(one))
        if different:
            return (
                f"{oneLine(one.GetName())} is of another patient than the registration (they "
                f"differ in {', '.join(different)})"
            )
    others = [
        one
        for one in nodesOfClass(node.GetScene(), "vtkMRMLTransformNode")
        if one is not node and set(_frames(one)) == set(ends)
    ]
    if others:
        between = " and ".join(sorted(names[end] for end in ends))
        return f"there are {len(others) + 1} registrations between {between}: choose one"
    under = {one.GetTransformNodeID() for one in images[ends[1]]}
    if len(under) > 1:
        return f"{names[ends[1]]} lie under different transforms"
    placed = [one for one in images[ends[0]] if one.GetParentTransformNode() is not None]
    if placed:
        above = oneLine(placed[0].GetParentTransformNode().GetName())
        return f"{oneLine(placed[0].GetName())} lies under {above} already"
    return ""


def _withoutCircles(
    chosen: dict[str, slicer.vtkMRMLTransformNode], names: Mapping[str, str]
) -> list[str]:
    """Take from `chosen`, by source frame, what would lie under itself; says so."""
    refusals = []
    for start in list(chosen):
        way = [start]
        while way[-1] in chosen and way.count(way[-1]) == 1:
            way.append(_frames(chosen[way[-1]])[1])
        if way.count(way[-1]) > 1:
            circle = way[way.index(way[-1]) :]
            for frame in circle[:-1]:
                del chosen[frame]
            listed = ", ".join(names[frame] for frame in circle[:-1])
            refusals.append(f"Registrations lead in a circle: {listed}. Choose which are used.")
    return refusals


def _freeNodes(
    scene: slicer.vtkMRMLScene, frame: str, frameOfInstance: Mapping[str, str]
) -> tuple[slicer.vtkMRMLTransformableNode, ...]:
    """Data of a frame that lies under no transform, images first."""
    return tuple(
        node
        for name in DATA_CLASSES
        for node in nodesOfClass(scene, name)
        if not node.GetHideFromEditors()
        and node.GetParentTransformNode() is None
        and knownFrame(node, frameOfInstance) == frame
    )


def _listed(nodes: Iterable[slicer.vtkMRMLNode]) -> str:
    names = [oneLine(node.GetName()) for node in nodes]
    more = len(names) - MOST_NAMED
    if more > 0:
        names[MOST_NAMED:] = [f"{more} more"]
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
