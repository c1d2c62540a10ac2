"""Which images of the scene a transform node may connect: the fixed one stays, the moving one is
brought onto it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import slicer

from .landmarkNodes import IMAGE
from .nodeIdentity import instancesOfNode, knownFrame
from .registrationText import descriptionsFromText
from .scene import REGISTERED_FRAME, REGISTERED_ITEMS, SOURCE_FRAME, SOURCE_ITEM
from .sceneNodes import nodesOfClass

DOSE_VOLUME = "DicomRtImport.DoseVolume"  # attribute of doses, ours and SlicerRT's


@dataclass(frozen=True, eq=False)
class RegisteredEnds:
    """The images that may be meant, the likeliest first. Where one tuple has another number than
    one node, the user has to say which it is: nothing is guessed.
    """

    fixed: tuple[slicer.vtkMRMLScalarVolumeNode, ...]
    moving: tuple[slicer.vtkMRMLScalarVolumeNode, ...]


def isDose(node: slicer.vtkMRMLNode) -> bool:
    """Whether `node` is a dose volume, whoever loaded it."""
    return node.IsA("vtkMRMLScalarVolumeNode") and node.GetAttribute(DOSE_VOLUME) is not None


def isImage(node: slicer.vtkMRMLNode) -> bool:
    """Whether `node` is a volume of images that were read from DICOM."""
    return (
        node.IsA("vtkMRMLScalarVolumeNode")
        and not node.IsA("vtkMRMLLabelMapVolumeNode")
        and not isDose(node)
        and bool(instancesOfNode(node))
    )


def imagesInScene(scene: slicer.vtkMRMLScene) -> list[slicer.vtkMRMLScalarVolumeNode]:
    """The volumes of images that were read from DICOM, in the order of the scene."""
    return [one for one in nodesOfClass(scene, "vtkMRMLScalarVolumeNode") if isImage(one)]


def registeredEnds(node: slicer.vtkMRMLTransformNode) -> RegisteredEnds:
    """What `node` connects, by what it says itself: the images that it refers to, else those in
    the frames that it names, none if they are not there; only where it says nothing, what lies
    under it, and the others.
    """
    images = imagesInScene(node.GetScene())
    frames = {one.GetID(): knownFrame(one) for one in images}
    roles = slicer.vtkMRMLTransformNode
    fixed = _told(node, roles.GetFixedNodeReferenceRole(), images)
    moving = _told(node, roles.GetMovingNodeReferenceRole(), images)
    hasFixed, hasMoving = bool(fixed), bool(moving)
    under = [one for one in images if _liesUnder(one, node)]
    if not hasFixed and node.GetAttribute(REGISTERED_FRAME):
        fixed = _inFrame(node, REGISTERED_FRAME, REGISTERED_ITEMS, images, frames)
        hasFixed = True
    if not hasMoving and node.GetAttribute(SOURCE_FRAME):
        moving = _inFrame(node, SOURCE_FRAME, SOURCE_ITEM, images, frames)
        hasMoving = True
    if not hasMoving:
        moving = under or _without(images, fixed if hasFixed else [], frames)
    if not hasFixed:
        fixed = _without(images, moving if hasMoving or under else [], frames)
    return RegisteredEnds(tuple(fixed), tuple(moving))


def imagesOfPoints(
    node: slicer.vtkMRMLMarkupsFiducialNode,
) -> tuple[slicer.vtkMRMLScalarVolumeNode, ...]:
    """The images on which the points of `node` may have been placed: the one that it was made for,
    else those in its frame, else all; if it is not one, the user has to say which.
    """
    images = imagesInScene(node.GetScene())
    placedOn = node.GetNodeReference(IMAGE)
    if placedOn in images:
        return (placedOn,)
    frame = knownFrame(node)
    return tuple(one for one in images if not frame or knownFrame(one) == frame)


def _without(
    images: list[slicer.vtkMRMLNode],
    others: list[slicer.vtkMRMLNode],
    frames: Mapping[str, str],
) -> list[slicer.vtkMRMLNode]:
    """`images` without `others`, and if some are left also without those in their frames."""
    taken = {frames[one.GetID()] for one in others} - {""}
    rest = [one for one in images if one not in others]
    return [one for one in rest if frames[one.GetID()] not in taken] or rest


def _told(
    node: slicer.vtkMRMLTransformNode, role: str, images: Iterable[slicer.vtkMRMLNode]
) -> list[slicer.vtkMRMLNode]:
    named = node.GetNodeReference(role)
    return [one for one in images if one is named]


def _inFrame(
    node: slicer.vtkMRMLTransformNode,
    end: str,
    items: str,
    images: Iterable[slicer.vtkMRMLNode],
    frames: Mapping[str, str],
) -> list[slicer.vtkMRMLNode]:
    """The images in the frame that `node` names for an end; where its object named images, those
    alone.
    """
    frame = node.GetAttribute(end)
    found = [one for one in images if frame and frames[one.GetID()] == frame]
    told = descriptionsFromText(node.GetAttribute(items) or "[]")
    named = {image.sopInstanceUID for item in told for image in item.images}
    return [one for one in found if named.intersection(instancesOfNode(one))] or found


def _liesUnder(node: slicer.vtkMRMLTransformableNode, top: slicer.vtkMRMLTransformNode) -> bool:
    parent = node.GetParentTransformNode()
    while parent is not None and parent is not top:
        parent = parent.GetParentTransformNode()
    return parent is top
