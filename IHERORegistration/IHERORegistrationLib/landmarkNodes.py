"""Landmarks in two point lists of the scene, one of the base and one of the overlay, as pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import slicer
from vtkmodules.vtkCommonTransforms import vtkGeneralTransform

from .errors import FrameOfReferenceError, LandmarkError
from .imagePair import ImagePair
from .landmarks import LandmarkFit, landmarkFit
from .scene import FRAME

IMAGE = "landmarkImage"  # role of the image in whose coordinates a list was placed
TO_RAS = np.array([-1.0, -1.0, 1.0])
LARGE = 3.0  # mm: more than a voxel of most images, and what reports on registration ask for
FEW = 4  # pairs: with three, residuals hide an error along the plane
MISPLACED = 0.5  # of the RMS that is left without a pair: so much speaks against the pair


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
    if image.GetAttribute(FRAME):
        node.SetAttribute(FRAME, image.GetAttribute(FRAME))
    return node


def isLandmarkOf(
    node: slicer.vtkMRMLMarkupsFiducialNode, image: slicer.vtkMRMLScalarVolumeNode
) -> bool:
    """Whether `node` is a list made for points on `image`."""
    return node.GetNodeReference(IMAGE) is image


def landmarkPairs(
    pair: ImagePair,
    fixedList: slicer.vtkMRMLMarkupsFiducialNode,
    movingList: slicer.vtkMRMLMarkupsFiducialNode,
    pairing: Pairing,
) -> tuple[LandmarkPair, ...]:
    """The pairs in the order of the base's list, then what only the overlay has. Points that are
    not placed yet do not count. A pair is used if both its points are selected.

    Raises
        FrameOfReferenceError: a list lies in another frame than its image.
        LandmarkError: they pair by name and a name occurs twice in one list.
    """
    here = _points(fixedList, pair.fixed, pair.fixedFrame)
    there = _points(movingList, pair.moving, pair.movingFrame)
    if pairing is Pairing.NAME:
        keys = [*here[0], *(name for name in there[0] if name not in here[0])]
        one, other = (
            _byName(found, node) for found, node in ((here, fixedList), (there, movingList))
        )
    else:
        keys = [str(number) for number in range(max(len(here[0]), len(there[0])))]
        one, other = (
            dict(zip(keys, range(len(found[0])), strict=False)) for found in (here, there)
        )
    return tuple(
        _pair(one.get(key), other.get(key), here, there, fixedList, movingList) for key in keys
    )


def fittedPairs(pair: ImagePair, pairs: Sequence[LandmarkPair]) -> LandmarkFit:
    """The rigid transform overlay → base of the pairs that are whole and used. The identifiers of
    the fit are the numbers of the pairs in `pairs`, from 1.

    Raises
        LandmarkError: see `landmarkFit`.
    """
    used = {str(number): one for number, one in enumerate(pairs, 1) if one.isWhole and one.isUsed}
    return landmarkFit(
        {number: one.moving for number, one in used.items() if one.moving is not None},
        {number: one.fixed for number, one in used.items() if one.fixed is not None},
        pair.movingFrame,
        pair.fixedFrame,
    )


def landmarkRemarks(pair: ImagePair, pairs: Sequence[LandmarkPair]) -> tuple[str, ...]:
    """What speaks against the fit of `pairs`, worst first."""
    fit = fittedPairs(pair, pairs)
    remarks = []
    misplaced = _misplaced(pair, pairs, fit)
    if misplaced is not None:
        number, left = misplaced
        remarks.append(
            f"Pair {number} may be misplaced: without it the RMS residual falls from "
            f"{fit.rootMeanSquare:.1f} to {left:.1f} mm."
        )
    if fit.largest > LARGE:
        remarks.append(
            f"Residuals up to {fit.largest:.1f} mm are more than {LARGE:g} mm: check the pairs, "
            "or the anatomy has changed its shape."
        )
    if len(fit.residuals) < FEW:
        remarks.append("With three pairs residuals say little: place a fourth to check them.")
    return tuple(remarks)


def _misplaced(
    pair: ImagePair, pairs: Sequence[LandmarkPair], fit: LandmarkFit
) -> tuple[str, float] | None:
    """Number of the pair without which the fit is far better, and its RMS residual then."""
    if fit.largest <= LARGE or len(fit.identifiers) <= FEW:
        return None
    left = {}
    for number in fit.identifiers:
        rest = [
            one
            for place, one in enumerate(pairs, 1)
            if str(place) in fit.identifiers and str(place) != number
        ]
        try:
            left[number] = fittedPairs(pair, rest).rootMeanSquare
        except LandmarkError:
            continue
    best = min(left, key=left.__getitem__, default=None)
    if best is None or left[best] > MISPLACED * fit.rootMeanSquare:
        return None
    return best, left[best]


Points = tuple[list[str], list[np.ndarray], list[int]]  # names, LPS mm, numbers in the list


def _points(
    node: slicer.vtkMRMLMarkupsFiducialNode, image: slicer.vtkMRMLScalarVolumeNode, frame: str
) -> Points:
    """The placed points in the coordinates of `image`."""
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


def _byName(found: Points, node: slicer.vtkMRMLNode) -> dict[str, int]:
    names = found[0]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise LandmarkError(
            f"expected landmarks with names of their own, found {', '.join(twice)} more than once "
            f"in {node.GetName()}: pair them by order, or rename them"
        )
    return {name: number for number, name in enumerate(names)}


def _pair(
    one: int | None,
    other: int | None,
    here: Points,
    there: Points,
    fixedList: slicer.vtkMRMLMarkupsFiducialNode,
    movingList: slicer.vtkMRMLMarkupsFiducialNode,
) -> LandmarkPair:
    fixedNumber = None if one is None else here[2][one]
    movingNumber = None if other is None else there[2][other]
    names = [found[0][at] for found, at in ((here, one), (there, other)) if at is not None]
    selected = [
        node.GetNthControlPointSelected(number)
        for node, number in ((fixedList, fixedNumber), (movingList, movingNumber))
        if number is not None
    ]
    return LandmarkPair(
        " / ".join(dict.fromkeys(names)),
        None if one is None else here[1][one],
        None if other is None else there[1][other],
        fixedNumber,
        movingNumber,
        all(selected),
    )
