"""The landmarks that a registration was made by, kept with its transform node for whoever writes
it as an object.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import slicer

from .keptText import readsKeptText
from .landmarkNodes import LandmarkPair
from .transformContent import isContent
from .writtenObject import CONTENT

FIXED_LIST, MOVING_LIST = "usedFixedLandmarks", "usedMovingLandmarks"  # roles of the point lists
LANDMARKS = "IHERO.UsedLandmarks"

Labeled = tuple[tuple[str, np.ndarray], ...]  # points with their labels, LPS mm


@dataclass(frozen=True, eq=False)
class UsedLandmarks:
    """Those of one image: `points` in its coordinates, and the `node` that holds them; None if it
    left the scene.
    """

    node: slicer.vtkMRMLMarkupsFiducialNode | None
    points: Labeled


def keepLandmarks(
    node: slicer.vtkMRMLTransformNode,
    fixedList: slicer.vtkMRMLMarkupsFiducialNode,
    movingList: slicer.vtkMRMLMarkupsFiducialNode,
    pairs: Sequence[LandmarkPair],
) -> None:
    """Let `node`, as it is now, know the pairs that it was made by."""
    used = [one for one in pairs if one.isWhole and one.isUsed]
    told = {
        FIXED_LIST: [_labeled(fixedList, one.fixedNumber, one.fixed) for one in used],
        MOVING_LIST: [_labeled(movingList, one.movingNumber, one.moving) for one in used],
    }
    node.SetAttribute(LANDMARKS, json.dumps(told))
    node.SetNodeReferenceID(FIXED_LIST, fixedList.GetID())
    node.SetNodeReferenceID(MOVING_LIST, movingList.GetID())


def passLandmarks(source: slicer.vtkMRMLTransformNode, made: slicer.vtkMRMLTransformNode) -> None:
    """Let `made`, which goes on from `source`, know the pairs that this was made by."""
    made.SetAttribute(LANDMARKS, source.GetAttribute(LANDMARKS))
    for role in (FIXED_LIST, MOVING_LIST):
        made.SetNodeReferenceID(role, source.GetNodeReferenceID(role))


@readsKeptText
def landmarksOf(
    node: slicer.vtkMRMLTransformNode,
) -> tuple[UsedLandmarks, UsedLandmarks] | None:
    """Those of the image that stays and those of the moving one; None if `node` was not made by
    landmarks, or was changed since.

    Raises
        MalformedRegistrationError: what is kept cannot be read.
    """
    text, content = node.GetAttribute(LANDMARKS), node.GetAttribute(CONTENT)
    if not text or content is None or not isContent(node, content):
        return None
    told = json.loads(text)
    fixed, moving = (
        UsedLandmarks(
            node.GetNodeReference(role),
            tuple((label, np.array(point)) for label, point in told[role]),
        )
        for role in (FIXED_LIST, MOVING_LIST)
    )
    return fixed, moving


def _labeled(
    node: slicer.vtkMRMLMarkupsFiducialNode, number: int | None, point: np.ndarray | None
) -> tuple[str, list[float]]:
    return node.GetNthControlPointLabel(number), [] if point is None else point.tolist()
