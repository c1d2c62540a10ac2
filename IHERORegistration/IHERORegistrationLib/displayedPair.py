"""Two images shown together: whether they may be, whether their registration is on, and the node
that stands for the overlay while it is shown otherwise than it lies in the scene.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

import numpy as np
import slicer
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from .nodeIdentity import NO_IMAGES, patientOfNode
from .nodeVolumes import liesSomewhere
from .placement import dataFrame, isAstray, wasMovedBy
from .scene import (
    REGISTERED_FRAME,
    SOURCE_FRAME,
    arrayFromMatrix,
    namesFrames,
    parentsApart,
)
from .sceneNodes import nodesOfClass

SHOWS = "IHERO.shows"  # role: the volume that a stand-in shows
RIGID_PART_OF = "IHERO.RigidPartOf"  # role of a hidden node that stands in for a deformation
OUT_OF_TREE = "SubjectHierarchy.ExcludeFromTree"  # attribute of nodes that users do not see


class Relation(Enum):
    """How base and overlay belong together as they are shown."""

    INCOMPLETE = 0  # one of them lacks
    SAME_FRAME = 1  # nothing had to be registered
    REGISTERED = 2
    REGISTERED_IN_ONE_FRAME = 3  # moved although they share a frame
    OFF = 4  # a registration exists and is not shown
    UNCONNECTED = 5  # no registration leads from one to the other
    UNKNOWN_FRAME = 6
    OTHER_PATIENT = 7
    EXCHANGED = 8  # the registration that was chosen moves the base onto the overlay
    RIGID_PART = 10  # the deformation is shown without what bends
    NOWHERE = 11  # the voxels of what lies on the base have no size or no place
    BASE_NOWHERE = 12  # those of the base
    MOVED_BESIDES = 9  # registered, but a transform that is no registration moves one of them too


def relation(
    base: slicer.vtkMRMLScalarVolumeNode | None,
    overlay: slicer.vtkMRMLScalarVolumeNode | None,
    registration: slicer.vtkMRMLTransformNode | None,
    *,
    shown: slicer.vtkMRMLScalarVolumeNode | None = None,
    frameOfInstance: Mapping[str, str] = NO_IMAGES,
) -> Relation:
    """How `overlay` lies on `base` where `shown` (the overlay itself) stands for it in the views.

    `registration` is the one that the user chose for them, `frameOfInstance` as for knownFrame.
    """
    if base is None or overlay is None:
        return Relation.INCOMPLETE
    if patientOfNode(base).differences(patientOfNode(overlay)):
        return Relation.OTHER_PATIENT
    if not liesSomewhere(base):
        return Relation.BASE_NOWHERE
    if not liesSomewhere(shown or overlay):
        return Relation.NOWHERE
    above = parentsApart(base, (shown or overlay).GetParentTransformNode())
    frames = [dataFrame(one, frameOfInstance) for one in (base, overlay)]
    parents = [*above[0], *above[1]]
    if any(one.GetNodeReferenceID(RIGID_PART_OF) for one in parents):
        return Relation.RIGID_PART
    isUnder = registration is not None and any(registration is one for one in parents)
    besides = any(not namesFrames(one) and one is not registration for one in parents)
    registered = Relation.MOVED_BESIDES if besides else Relation.REGISTERED
    if not all(frames):  # of a registration between frames, nobody knows whether it is meant
        isMeant = isUnder and not namesFrames(registration)
        return registered if isMeant else Relation.UNKNOWN_FRAME
    isMoved = any(above)
    if frames[0] == frames[1]:
        return Relation.REGISTERED_IN_ONE_FRAME if isMoved else Relation.SAME_FRAME
    ends = [frameAbove(frame, parents) for frame, parents in zip(frames, above, strict=True)]
    if ends[0] == ends[1] or (isUnder and not namesFrames(registration)):
        return registered
    if registration is not None and not namesFrames(registration):
        return Relation.EXCHANGED if _leadsTo(registration, overlay) else Relation.OFF
    if registration is not None and _ends(registration) == tuple(frames):
        return Relation.EXCHANGED
    isConnected = frames[1] in _connected(frames[0], base.GetScene())
    return Relation.OFF if isConnected else Relation.UNCONNECTED


def moves(
    registration: slicer.vtkMRMLTransformNode,
    overlay: slicer.vtkMRMLScalarVolumeNode,
    frameOfInstance: Mapping[str, str] = NO_IMAGES,
) -> bool:
    """Whether `overlay` may be shown under `registration`: it begins in the overlay's frame, or one
    of both does not say where it lies, and it does not say that `overlay` is what stays. What was
    moved for good is not moved once more.
    """
    if _leadsTo(registration, overlay) or wasMovedBy(overlay, registration):
        return False
    frame = dataFrame(overlay, frameOfInstance)
    if not frame and isAstray(overlay):
        return False
    return not (namesFrames(registration) and frame) or _ends(registration)[0] == frame


def _leadsTo(
    registration: slicer.vtkMRMLTransformNode, image: slicer.vtkMRMLScalarVolumeNode
) -> bool:
    """Whether `registration`, which names no frames, says that `image` is what stays."""
    role = slicer.vtkMRMLTransformNode.GetFixedNodeReferenceRole()
    return not namesFrames(registration) and registration.GetNodeReference(role) is image


def overlayStandIn(
    overlay: slicer.vtkMRMLScalarVolumeNode,
    parent: slicer.vtkMRMLTransformNode | None,
    name: str,
) -> slicer.vtkMRMLScalarVolumeNode:
    """A hidden volume node with the voxels and the look of `overlay`, which are not copied, under
    `parent`: for views, so that nothing in the scene has to move. It is not saved.

    The one that is there under that parent is used again; see `removeStandIns`.
    """
    scene = overlay.GetScene()
    found = (
        one
        for one in _standIns(scene)
        if one.GetNodeReference(SHOWS) is overlay and one.GetParentTransformNode() is parent
    )
    node = next(found, None)
    if node is None:
        node = slicer.vtkMRMLScalarVolumeNode()
        node.SetName(name)
        node.SetHideFromEditors(True)
        node.SetSaveWithScene(False)
        node.SetAttribute(OUT_OF_TREE, "1")
        scene.AddNode(node)
        node.SetNodeReferenceID(SHOWS, overlay.GetID())
        node.SetAndObserveTransformNodeID(parent.GetID() if parent is not None else None)
    _follow(node, overlay)
    return node


def showItself(
    scene: slicer.vtkMRMLScene, hidden: slicer.vtkMRMLScalarVolumeNode | None = None
) -> None:
    """Let views that show what `overlayStandIn` made show its overlay instead; but `hidden` is
    taken out of all views.
    """
    instead = {node: node.GetNodeReference(SHOWS) for node in _standIns(scene)}
    if hidden is not None:
        instead[hidden] = hidden
    for composite in nodesOfClass(scene, "vtkMRMLSliceCompositeNode"):
        for node, overlay in instead.items():
            isShown = overlay is not None and overlay is not hidden
            told = overlay.GetID() if isShown else None
            if composite.GetBackgroundVolumeID() == node.GetID():
                composite.SetBackgroundVolumeID(told)
            if composite.GetForegroundVolumeID() == node.GetID():
                composite.SetForegroundVolumeID(told)


def removeStandIns(
    scene: slicer.vtkMRMLScene, hidden: slicer.vtkMRMLScalarVolumeNode | None = None
) -> None:
    """Take away what `overlayStandIn` made, out of the views first, see `showItself`."""
    showItself(scene, hidden)
    for node in _standIns(scene):
        scene.RemoveNode(node)


def _standIns(scene: slicer.vtkMRMLScene) -> list[slicer.vtkMRMLScalarVolumeNode]:
    nodes = nodesOfClass(scene, "vtkMRMLScalarVolumeNode")
    return [one for one in nodes if one.GetNodeReferenceID(SHOWS) is not None]


def _follow(node: slicer.vtkMRMLScalarVolumeNode, overlay: slicer.vtkMRMLScalarVolumeNode) -> None:
    matrix, before = vtkMatrix4x4(), vtkMatrix4x4()
    overlay.GetIJKToRASMatrix(matrix)
    node.GetIJKToRASMatrix(before)
    if not np.array_equal(arrayFromMatrix(matrix), arrayFromMatrix(before), equal_nan=True):
        node.SetIJKToRASMatrix(matrix)
    if node.GetImageData() is not overlay.GetImageData():
        node.SetAndObserveImageData(overlay.GetImageData())
    overlay.CreateDefaultDisplayNodes()  # else each view makes new ones for what stands for it
    if node.GetDisplayNodeID() != overlay.GetDisplayNodeID():
        node.SetAndObserveDisplayNodeID(overlay.GetDisplayNodeID())


def frameAbove(frame: str, parents: list[slicer.vtkMRMLTransformNode]) -> str:
    """The frame in which data of `frame` appears; one that names none leaves it in its frame."""
    for parent in parents:
        if namesFrames(parent):
            source, registered = _ends(parent)
            if source != frame:
                return ""
            frame = registered or ""
    return frame


def _ends(node: slicer.vtkMRMLTransformNode) -> tuple[str | None, str | None]:
    return node.GetAttribute(SOURCE_FRAME), node.GetAttribute(REGISTERED_FRAME)


def _connected(frame: str, scene: slicer.vtkMRMLScene) -> set[str]:
    """The frames that registrations of the scene lead to from `frame`, in either direction."""
    edges = [
        _ends(node) for node in nodesOfClass(scene, "vtkMRMLTransformNode") if namesFrames(node)
    ]
    reached, before = {frame}, 0
    while len(reached) > before:
        before = len(reached)
        reached |= {end for edge in edges if reached.intersection(edge) for end in edge if end}
    return reached
