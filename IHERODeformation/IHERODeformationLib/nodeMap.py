"""What transform nodes do to points, whatever they hold: LPS, undefined where VTK cannot tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import slicer
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkCommand, vtkPoints
from vtkmodules.vtkCommonTransforms import (
    vtkAbstractTransform,
    vtkLinearTransform,
    vtkWarpTransform,
)

from IHERORegistrationLib.errors import MalformedRegistrationError
from IHERORegistrationLib.geometry import AffineTransform
from IHERORegistrationLib.scene import LPS_TO_RAS
from IHERORegistrationLib.sentences import oneLine
from IHERORegistrationLib.transformContent import isInverse, simpleTransforms
from IHERORegistrationLib.transformMatrix import matrixInLPS

from .gridTransform import INVERSE_TOLERANCE
from .heldDeformation import (
    UNDEFINED_NODES,
    heldDeformation,
    holdsGrid,
    isOnItsLattice,
)
from .numericalInverse import NumericalInverse

WARNING = vtkCommand.WarningEvent
LARGEST_RESIDUAL = 0.01  # mm: what VTK's inverse misses by more is not an inverse

Step = Callable[[np.ndarray], np.ndarray]  # (n, 3) LPS mm to the same shape, NaN where undefined


@dataclass(frozen=True, eq=False)
class NodeMap:
    """Points of the fixed image's own coordinates to those of the moving data's own, LPS mm."""

    steps: tuple[Step, ...]

    @property
    def isLinear(self) -> bool:
        """Whether it is a matrix."""
        return all(isinstance(step, AffineTransform) for step in self.steps)

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Map `points`, shape (n, 3), to the same shape; NaN where undefined."""
        for step in self.steps:
            points = step(points)
        return points


class VTKStep:
    """One transform of VTK that is no matrix, on its own, so that nobody's settings change; LPS mm.

    A point that VTK takes through an inverse is undefined where that does not lead back to it
    within LARGEST_RESIDUAL: the search did not converge.
    """

    def __init__(self, part: vtkAbstractTransform) -> None:
        stored = part.GetInverse() if isInverse(part) else part
        self._stored = stored.MakeTransform()
        self._stored.DeepCopy(stored)  # a copy of an inverse may forget that it is one
        if isinstance(self._stored, vtkWarpTransform):
            self._stored.SetInverseTolerance(INVERSE_TOLERANCE)
        self._isInverse = isInverse(part)
        self._transform = self._stored.GetInverse() if self._isInverse else self._stored
        self._transform.AddObserver(WARNING, lambda *_: None)  # NaN tells it instead

    def __call__(self, points: np.ndarray) -> np.ndarray:
        result = np.full(points.shape, np.nan)
        known = np.isfinite(points).all(axis=-1)
        given = points[known] @ LPS_TO_RAS[:3, :3]
        found = _through(self._transform, given)
        if self._isInverse:
            missed = np.linalg.norm(_through(self._stored, found) - given, axis=-1)
            found[~(missed <= LARGEST_RESIDUAL)] = np.nan
        result[known] = found @ LPS_TO_RAS[:3, :3]
        return result


def nodeMap(node: slicer.vtkMRMLTransformNode, top: slicer.vtkMRMLTransformNode | None) -> NodeMap:
    """Where points of an image under `top` (none: in the world) lie in data under `node`.

    A node that holds a deformation as it was read is asked as DICOM says, so that it is undefined
    outside its grid and at undefined nodes; every other one as VTK shows it.

    Raises
        MalformedRegistrationError: a node made from a deformation with undefined nodes has been
        changed, so that nobody knows any more where they are.
    """
    return NodeMap(tuple(_alongNodes(node, top, _stepsAsShown)))


def heldSteps(
    node: slicer.vtkMRMLTransformNode, top: slicer.vtkMRMLTransformNode | None
) -> tuple[Step, ...]:
    """As the steps of `nodeMap`, but every node that holds a grid as a DeformableTransform of its
    own vectors, whoever made it.
    """
    return tuple(_alongNodes(node, top, _stepsAsHeld))


def _alongNodes(
    node: slicer.vtkMRMLTransformNode,
    top: slicer.vtkMRMLTransformNode | None,
    stepsOf: Callable[[slicer.vtkMRMLTransformNode, bool], list[Step]],
) -> Iterator[Step]:
    """From `top` up to the first node above both, and down to `node`."""
    up, down = list(_withParents(top)), list(_withParents(node))
    while up and down and up[-1] is down[-1]:
        up.pop()
        down.pop()
    for one in up:
        yield from stepsOf(one, True)
    for one in reversed(down):
        yield from stepsOf(one, False)


def _withParents(
    node: slicer.vtkMRMLTransformNode | None,
) -> Iterator[slicer.vtkMRMLTransformNode]:
    while node is not None:
        yield node
        node = node.GetParentTransformNode()


def _stepsAsHeld(node: slicer.vtkMRMLTransformNode, toParent: bool) -> list[Step]:
    if not toParent and holdsGrid(node):
        return [heldDeformation(node, "parent", "node")]
    return _stepsAsShown(node, toParent)


def _stepsAsShown(node: slicer.vtkMRMLTransformNode, toParent: bool) -> list[Step]:
    if isOnItsLattice(node):
        held = heldDeformation(node, "parent", "node")
        return [NumericalInverse(held) if toParent else held]
    if node.GetAttribute(UNDEFINED_NODES):
        raise MalformedRegistrationError(
            f"transform node {oneLine(node.GetName())} was made from a deformation that is "
            "undefined in places and has been changed, so that these are lost: load it "
            "again and put it under other transforms instead of hardening them"
        )
    transform = node.GetTransformToParent() if toParent else node.GetTransformFromParent()
    return [_step(part) for part in simpleTransforms(transform)]


def _step(part: vtkAbstractTransform) -> Step:
    if isinstance(part, vtkLinearTransform):
        matrix = matrixInLPS(part.GetMatrix())
        return AffineTransform(matrix, "parent", "node")
    return VTKStep(part)


def _through(transform: vtkAbstractTransform, points: np.ndarray) -> np.ndarray:
    """`points`, shape (n, 3) RAS, moved."""
    given, found = vtkPoints(), vtkPoints()
    found.SetDataTypeToDouble()
    given.SetData(numpy_to_vtk(np.ascontiguousarray(points)))
    transform.TransformPoints(given, found)
    return np.array(vtk_to_numpy(found.GetData()))
