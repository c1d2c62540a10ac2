"""Base and overlay registered by hand: a transform node of its own is shifted and turned, by
numbers or by handles in the views, until it is kept or given up.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import slicer
from vtkmodules.vtkCommonTransforms import vtkGeneralTransform

from .codes import VISUAL_ALIGNMENT
from .couch import Convention, CouchMovement, patientMovement
from .errors import ReferenceNotFoundError
from .geometry import AffineTransform, inverted, mapped
from .imagePair import ImagePair, centerOf
from .keptText import readsKeptText
from .madeRegistration import Making, madeNode, overlayNodes, showOverlay, tellMade
from .resampling import vtkMatrix
from .scene import LPS_TO_RAS
from .sceneNodes import nodesOfClass
from .sentences import motionSentence
from .transformMatrix import ownMatrix

START = "IHERO.ManualStart"  # attribute: the matrix at the beginning
BEFORE = "manualBefore"  # role of the transform that the overlay was under
ORDER = "zxy"  # of the turns: see `patientMovement`
TO_RAS = np.array([-1.0, -1.0, 1.0])
DESCRIPTION = "shifted and turned by hand"


class About(StrEnum):
    """Which point a turn leaves where it is."""

    MOVING = "moving"  # middle of the overlay
    FIXED = "fixed"  # middle of the base
    CURSOR = "cursor"


@dataclass(frozen=True)
class Motion:
    """A turn about a center, then a shift: `shift` in mm to the patient's left, back and head,
    `turns` in degrees about these axes, right-handed.
    """

    shift: tuple[float, float, float] = (0.0, 0.0, 0.0)
    turns: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def matrix(self, center: np.ndarray) -> np.ndarray:
        """Shape (4, 4), LPS mm, with `center`, shape (3,) LPS mm."""
        about = CouchMovement(
            Convention.DICOM_PATIENT, "", "", "", self.shift, self.turns, ORDER, False
        ).matrix
        about[:3, 3] += center - about[:3, :3] @ center
        return about


def motionFromMatrix(matrix: np.ndarray, center: np.ndarray) -> Motion:
    """The motion about `center`, shape (3,) LPS mm, that is `matrix`, shape (4, 4).

    Raises
        NotRigidError: it is none.
    """
    movement = patientMovement(
        AffineTransform(matrix, "", ""), todaysIsocenter=center, plannedIsocenter=center
    )
    return Motion(movement.translation, movement.rotations)


def beginManual(
    pair: ImagePair, start: AffineTransform, center: np.ndarray
) -> slicer.vtkMRMLLinearTransformNode:
    """A new node that shows the overlay as `start` puts it, overlay → base, to be turned about
    `center`, shape (3,), LPS mm in the coordinates of the base. See `endManual`.
    """
    making = Making(
        f"{pair.moving.GetName()} by hand", VISUAL_ALIGNMENT, DESCRIPTION, "", (DESCRIPTION,)
    )
    node = madeNode(pair, start.matrix, making)
    node.SetAttribute(START, json.dumps(start.matrix.tolist()))
    node.SetNodeReferenceID(BEFORE, pair.moving.GetTransformNodeID())
    turnAbout(node, center)
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.SetEditorTranslationEnabled(True)
    display.SetEditorRotationEnabled(True)
    display.SetEditorScalingEnabled(False)  # a patient is not scaled by hand
    display.SetEditorScalingSliceEnabled(False)
    display.SetEditorSliceIntersectionVisibility(True)
    showOverlay(pair, node)
    return node


def centersTogether(pair: ImagePair) -> AffineTransform:
    """The shift that takes the middle of the overlay to that of the base."""
    matrix = np.eye(4)
    matrix[:3, 3] = centerOf(pair.fixed) - centerOf(pair.moving)
    return AffineTransform(matrix, pair.movingFrame, pair.fixedFrame)


def turningPoint(pair: ImagePair, start: AffineTransform, about: About) -> np.ndarray:
    """The point in the coordinates of the base, shape (3,), LPS mm, for an overlay that `start`
    puts on it.
    """
    if about is About.MOVING:
        return start(centerOf(pair.moving))
    if about is About.FIXED:
        return centerOf(pair.fixed)
    fromWorld = vtkGeneralTransform()
    slicer.vtkMRMLTransformNode.GetTransformBetweenNodes(
        None, pair.fixed.GetParentTransformNode(), fromWorld
    )
    (crosshair,) = nodesOfClass(pair.fixed.GetScene(), "vtkMRMLCrosshairNode")[:1]
    return np.array(fromWorld.TransformPoint(crosshair.GetCrosshairRAS())) * TO_RAS


def turnAbout(node: slicer.vtkMRMLLinearTransformNode, center: np.ndarray) -> None:
    """Let `node` turn about `center`, shape (3,), LPS mm in the coordinates of the base."""
    local = mapped(inverted(ownMatrix(node)), center)
    node.SetCenterOfTransformation(*(local * TO_RAS).tolist())


def motionOf(node: slicer.vtkMRMLLinearTransformNode) -> Motion:
    """How far `node` was moved since its beginning.

    Raises
        NotRigidError: somebody scaled it.
    """
    return motionFromMatrix(ownMatrix(node) @ inverted(_start(node)), _centerAtStart(node))


def move(node: slicer.vtkMRMLLinearTransformNode, motion: Motion) -> None:
    """Let `node` be at `motion` from its beginning."""
    matrix = motion.matrix(_centerAtStart(node)) @ _start(node)
    node.SetMatrixTransformToParent(vtkMatrix(LPS_TO_RAS @ matrix @ LPS_TO_RAS))


def keepManual(pair: ImagePair, node: slicer.vtkMRMLLinearTransformNode) -> Making:
    """Make `node` a registration like any other; says how it was made. The overlay goes back to
    where it was, so that it can be placed under it like under any other.
    """
    moved = motionSentence(ownMatrix(node) @ inverted(_start(node)), _centerAtStart(node))
    isMoved = moved.startswith("Rigid: ")
    told = f"from its start it {moved.removeprefix('Rigid: ')}" if isMoved else "left at its start."
    making = Making(
        f"{pair.moving.GetName()} on {pair.fixed.GetName()} by hand",
        VISUAL_ALIGNMENT,
        DESCRIPTION,
        "",
        (f"{DESCRIPTION}; {told}",),
    )
    tellMade(node, pair, making)
    before = node.GetNodeReferenceID(BEFORE)
    for one in overlayNodes(pair):
        one.SetAndObserveTransformNodeID(before)
    node.GetDisplayNode().SetEditorVisibility(False)
    node.RemoveAttribute(START)
    node.SetNodeReferenceID(BEFORE, None)
    return making


def cancelManual(node: slicer.vtkMRMLLinearTransformNode) -> None:
    """Everything as it was before `beginManual`: what lies under `node` goes back."""
    scene, before = node.GetScene(), node.GetNodeReferenceID(BEFORE)
    for one in nodesOfClass(scene, "vtkMRMLTransformableNode"):
        if one.GetTransformNodeID() == node.GetID():
            one.SetAndObserveTransformNodeID(before)
    display = node.GetDisplayNode()
    if display is not None:
        scene.RemoveNode(display)
    scene.RemoveNode(node)


def placed(node: slicer.vtkMRMLLinearTransformNode, pair: ImagePair) -> AffineTransform:
    """Where `node` puts the overlay now."""
    return AffineTransform(ownMatrix(node), pair.movingFrame, pair.fixedFrame)


def isManual(node: slicer.vtkMRMLTransformNode | None) -> bool:
    """Whether `node` is one that is being moved by hand."""
    return node is not None and node.GetAttribute(START) is not None


@readsKeptText
def _start(node: slicer.vtkMRMLLinearTransformNode) -> np.ndarray:
    text = node.GetAttribute(START)
    if text is None:
        raise ReferenceNotFoundError(f"{node.GetName()} is not being moved by hand")
    return np.array(json.loads(text), float).reshape(4, 4)


def _centerAtStart(node: slicer.vtkMRMLLinearTransformNode) -> np.ndarray:
    """Where the center lay at the beginning, in the coordinates of the base."""
    return mapped(_start(node), np.array(node.GetCenterOfTransformation()) * TO_RAS)
