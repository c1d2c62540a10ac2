"""The ways between two frames through the registrations of a scene. They are listed, compared and
made into one transform node where asked for; none is preferred.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import slicer

from .errors import DeformableContentError, FrameOfReferenceError, MalformedObjectError
from .frameMap import FrameArrow, FrameMap
from .frames import Transform, TransformChain
from .geometry import FIELD_OF_VIEW, AffineTransform
from .nodeVolumes import volumeFromNode
from .scene import (
    LPS_TO_RAS,
    namesFrames,
    parentsApart,
    transformNodeFromWay,
)
from .sceneRegistrations import imagesByFrame
from .transformContent import parentOfFixed
from .transformMatrix import ownMatrix

MOST_WAYS = 8  # that are listed
AGREE = 0.05  # mm: less than this is rounding


@dataclass(frozen=True)
class SceneWay:
    """A sequence of registrations, each with whether it is gone against its arrow."""

    steps: tuple[tuple[FrameArrow, bool], ...]
    sentence: str

    @property
    def key(self) -> str:
        """IDs of the nodes, separated by blanks."""
        return " ".join(arrow.key for arrow, _ in self.steps)


def waysBetween(found: FrameMap, fromFrame: str, toFrame: str) -> tuple[SceneWay, ...]:
    """Every way that visits no frame twice, the shortest first; deformations along their arrows."""
    if not fromFrame or not toFrame or fromFrame == toFrame:
        return ()
    ways = [
        SceneWay(steps, _sentence(found, fromFrame, steps))
        for steps, _ in zip(_ways(found, fromFrame, toFrame, ()), range(MOST_WAYS), strict=False)
    ]
    return tuple(sorted(ways, key=lambda one: len(one.steps)))


def distanceApart(scene: slicer.vtkMRMLScene, ways: Sequence[SceneWay]) -> float:
    """How far ways with the same ends lead apart at most, mm, at the corners of the images in the
    frame where they begin: the transitivity error of the loop that they make.
    """
    (first, isBack), *_ = ways[0].steps
    points = _corners(scene, first.toFrame if isBack else first.fromFrame)
    ends = np.array([_mapped(scene, way, points) for way in ways])
    return float(np.linalg.norm(ends[:, None] - ends[None], axis=-1).max())


def loopRemarks(scene: slicer.vtkMRMLScene, found: FrameMap) -> tuple[str, ...]:
    """A sentence on each loop of registrations: how far it is from closing."""
    told: dict[frozenset[str], str] = {}
    for arrow in found.arrows:
        direct, *others = waysBetween(found, arrow.fromFrame, arrow.toFrame)
        for way in others:
            steps = (*direct.steps, *way.steps)
            keys = frozenset(one.key for one, _ in steps)
            if keys not in told and len(keys) == len(steps):
                names = [one.name for one in found.arrows if one.key in keys]
                apart = distanceApart(scene, (direct, way))
                closes = "closes" if apart <= AGREE else f"misses by up to {apart:.1f} mm"
                told[keys] = f"The loop of {', '.join(names)} {closes}."
    return tuple(told.values())


def apartSentence(millimeters: float) -> str:
    """What the distance means."""
    if millimeters <= AGREE:
        return "The ways agree."
    return f"The ways lead up to {millimeters:.1f} mm apart: choose one."


def transformNodeOfWay(
    scene: slicer.vtkMRMLScene,
    found: FrameMap,
    way: SceneWay,
    base: slicer.vtkMRMLScalarVolumeNode | None = None,
) -> slicer.vtkMRMLTransformNode:
    """The node of a way: the registration itself if it is the whole way along its arrow, else a
    new node made of all of them. It lies where `base` does, the image that it leads to.

    Raises
        DeformableContentError: a deformation is among several steps.
        FrameOfReferenceError: a transform that is no registration moves one end of a step.
    """
    first, isBack = way.steps[0]
    if len(way.steps) == 1 and not isBack:
        return scene.GetNodeByID(first.key)
    steps: list[Transform] = []
    for arrow, back in way.steps:
        if arrow.isOneWay:
            raise DeformableContentError(
                f"{arrow.name} is a deformation: a way through several registrations is made into "
                "one node only where all are matrices"
            )
        transform = _ownTransform(scene.GetNodeByID(arrow.key), arrow)
        steps.append(transform.inverse() if back else transform)
    chain = TransformChain(tuple(steps), steps[0].fromFrame, steps[-1].toFrame)
    ends = [found.group(frame).name for frame in (chain.fromFrame, chain.toFrame)]
    node = transformNodeFromWay(chain, scene, f"{ends[0]} to {ends[1]}")
    node.SetAndObserveTransformNodeID(None if base is None else base.GetTransformNodeID())
    return node


def _ownTransform(node: slicer.vtkMRMLTransformNode, arrow: FrameArrow) -> AffineTransform:
    """What a node says of its frames: its own matrix, without those above it, which move the
    registered frame as well.

    Raises
        FrameOfReferenceError: one above it that is no registration does not move that frame.
    """
    for others in parentsApart(node, parentOfFixed(node)):
        for one in others:
            if not namesFrames(one):
                raise FrameOfReferenceError(
                    f"{arrow.name} lies under {one.GetName()}, which is no registration and moves "
                    f"only one end of it: take it out of there, or export {arrow.name} as it lies"
                )
    return AffineTransform(ownMatrix(node), arrow.fromFrame, arrow.toFrame)


def _ways(
    found: FrameMap, here: str, goal: str, seen: tuple[str, ...]
) -> Iterator[tuple[tuple[FrameArrow, bool], ...]]:
    for arrow in found.arrows:
        for start, end, isBack in (
            (arrow.fromFrame, arrow.toFrame, False),
            (arrow.toFrame, arrow.fromFrame, True),
        ):
            if start != here or end in seen or (isBack and arrow.isOneWay):
                continue
            if end == goal:
                yield ((arrow, isBack),)
            else:
                for rest in _ways(found, end, goal, (*seen, here)):
                    yield ((arrow, isBack), *rest)


def _sentence(found: FrameMap, start: str, steps: tuple[tuple[FrameArrow, bool], ...]) -> str:
    names, parts = [found.group(start).name], []
    for arrow, isBack in steps:
        names.append(found.group(arrow.fromFrame if isBack else arrow.toFrame).name)
        back = ", backwards" if isBack else ""
        parts.append(f"{arrow.name} ({arrow.kind.lower()}{back})")
    return f"{' → '.join(names)} by {' and '.join(parts)}"


def _corners(scene: slicer.vtkMRMLScene, frame: str) -> np.ndarray:
    """Of the images in a frame, shape (n, 3) LPS mm; of a field of view where there are none."""
    found = []
    for node in imagesByFrame(scene).get(frame, []):
        try:
            found.append(volumeFromNode(node, frame).lattice.corners)
        except MalformedObjectError:
            continue  # it holds no voxels
    return np.concatenate(found) if found else FIELD_OF_VIEW


def _mapped(scene: slicer.vtkMRMLScene, way: SceneWay, points: np.ndarray) -> np.ndarray:
    ends = np.asarray(points, dtype=float) @ LPS_TO_RAS[:3, :3]
    for arrow, isBack in way.steps:
        node = scene.GetNodeByID(arrow.key)
        part = node.GetTransformFromParent() if isBack else node.GetTransformToParent()
        ends = np.array([part.TransformPoint(point) for point in ends])
    return ends @ LPS_TO_RAS[:3, :3]
