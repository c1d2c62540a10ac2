"""Landmarks in two point lists of the scene, one of the base and one of the overlay, as pairs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import slicer
from vtkmodules.vtkCommonTransforms import vtkGeneralTransform

from .errors import FrameOfReferenceError, LandmarkError
from .imagePair import ImagePair
from .nodeIdentity import knownFrame
from .nodePlace import rememberPlace, requireUnmoved
from .scene import FRAME

IMAGE = "landmarkImage"  # role of the image in whose coordinates a list was placed
TO_RAS = np.array([-1.0, -1.0, 1.0])


class Pairing(StrEnum):
    """What makes two landmarks one pair."""

    ORDER = "order"
    NAME = "name"


@dataclass(frozen=True, eq=False)
class LandmarkPair:
    """`fixed` and `moving` are points in the coordinates of base and overlay, shape (3,), LPS mm,
    None where that list has no such point, with their numbers there.
    """

    name: str
    fixed: np.ndarray | None
    moving: np.ndarray | None
    fixedNumber: int | None
    movingNumber: int | None
    isUsed: bool

    @property
    def isWhole(self) -> bool:
        return self.fixed is not None and self.moving is not None


def newLandmarkList(
    image: slicer.vtkMRMLScalarVolumeNode, name: str, color: tuple[float, float, float]
) -> slicer.vtkMRMLMarkupsFiducialNode:
    """An empty list for points on `image`, which moves with it; `color` from 0 to 1."""
    scene = image.GetScene()
    node = scene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", scene.GenerateUniqueName(name))
    node.CreateDefaultDisplayNodes()
    node.GetDisplayNode().SetSelectedColor(*color)
    node.GetDisplayNode().SetColor(*color)
    node.SetControlPointLabelFormat("%d")
    node.SetNodeReferenceID(IMAGE, image.GetID())
    node.SetAndObserveTransformNodeID(image.GetTransformNodeID())
    if frame := knownFrame(image):
        node.SetAttribute(FRAME, frame)
    return node


def isLandmarkOf(
    node: slicer.vtkMRMLMarkupsFiducialNode, image: slicer.vtkMRMLScalarVolumeNode, frame: str
) -> bool:
    """Whether `node` is a list for points on `image`, which lies in `frame`: it was made for it, or
    lies in that frame as well.
    """
    return node.GetNodeReference(IMAGE) is image or node.GetAttribute(FRAME) == frame


def otherOrder(
    fixedList: slicer.vtkMRMLMarkupsFiducialNode | None,
    movingList: slicer.vtkMRMLMarkupsFiducialNode | None,
) -> bool:
    """Whether both lists hold the same names, but not in the same order."""
    if fixedList is None or movingList is None:
        return False
    here, there = (
        [one.GetNthControlPointLabel(number) for number in range(one.GetNumberOfControlPoints())]
        for one in (fixedList, movingList)
    )
    return here != there and sorted(here) == sorted(there)


def landmarkPairs(
    pair: ImagePair,
    fixedList: slicer.vtkMRMLMarkupsFiducialNode | None,
    movingList: slicer.vtkMRMLMarkupsFiducialNode | None,
    pairing: Pairing,
) -> tuple[LandmarkPair, ...]:
    """The pairs in the order of the base's list, then what only the overlay has. Points that are
    not placed yet do not count, nor does a list that is not there yet. A pair is used if both its
    points are selected.

    Raises
        FrameOfReferenceError: a list lies in another frame than its image.
        LandmarkError: they pair by name and a name occurs twice in one list.
    """
    here = placedPoints(fixedList, pair.fixed, pair.fixedFrame)
    there = placedPoints(movingList, pair.moving, pair.movingFrame)
    if pairing is Pairing.NAME:
        keys = [*here[0], *(name for name in there[0] if name not in here[0])]
        one, other = (
            _byName(found, image) for found, image in ((here, pair.fixed), (there, pair.moving))
        )
    else:
        keys = [str(number) for number in range(max(len(here[0]), len(there[0])))]
        one, other = (
            dict(zip(keys, range(len(found[0])), strict=False)) for found in (here, there)
        )
    return tuple(
        _pair(one.get(key), other.get(key), here, there, fixedList, movingList) for key in keys
    )


Points = tuple[list[str], list[np.ndarray], list[int]]  # names, LPS mm, numbers in the list


def placedPoints(
    node: slicer.vtkMRMLMarkupsFiducialNode | None,
    image: slicer.vtkMRMLScalarVolumeNode,
    frame: str,
) -> Points:
    """The placed points in the coordinates of `image`, which lies in `frame`.

    Raises
        FrameOfReferenceError: they lie in another one, or were moved since.
    """
    if node is None:
        return [], [], []
    requireUnmoved(node)
    rememberPlace(node)
    told = node.GetAttribute(FRAME)
    if told and told != frame and image.GetAttribute(FRAME):
        raise FrameOfReferenceError(
            f"expected landmarks in Frame of Reference {frame} of {image.GetName()}, found "
            f"{node.GetName()} in {told}"
        )
    change = vtkGeneralTransform()
    if not told:  # points that know no frame are where they are seen
        slicer.vtkMRMLTransformNode.GetTransformBetweenNodes(
            node.GetParentTransformNode(), image.GetParentTransformNode(), change
        )
    placed = [
        number
        for number in range(node.GetNumberOfControlPoints())
        if node.GetNthControlPointPositionStatus(number) == node.PositionDefined
    ]
    points = [
        np.array(change.TransformPoint(node.GetNthControlPointPosition(number))) * TO_RAS
        for number in placed
    ]
    return [node.GetNthControlPointLabel(number) for number in placed], points, placed


def _byName(found: Points, image: slicer.vtkMRMLNode) -> dict[str, int]:
    names = found[0]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise LandmarkError(
            f"expected landmarks with names of their own, found {', '.join(twice)} more than once "
            f"on {image.GetName()}: pair them by order, or rename them"
        )
    return {name: number for number, name in enumerate(names)}


def _pair(
    one: int | None,
    other: int | None,
    here: Points,
    there: Points,
    fixedList: slicer.vtkMRMLMarkupsFiducialNode | None,
    movingList: slicer.vtkMRMLMarkupsFiducialNode | None,
) -> LandmarkPair:
    fixedNumber = None if one is None else here[2][one]
    movingNumber = None if other is None else there[2][other]
    names = [found[0][at] for found, at in ((here, one), (there, other)) if at is not None]
    selected = [
        node.GetNthControlPointSelected(number)
        for node, number in ((fixedList, fixedNumber), (movingList, movingNumber))
        if node is not None and number is not None
    ]
    return LandmarkPair(
        " / ".join(dict.fromkeys(names)),
        None if one is None else here[1][one],
        None if other is None else there[1][other],
        fixedNumber,
        movingNumber,
        all(selected),
    )
