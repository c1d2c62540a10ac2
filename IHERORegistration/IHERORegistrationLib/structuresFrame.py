"""In which Frame of Reference the segments of a node were drawn, and on which image."""

from __future__ import annotations

import numpy as np
import slicer
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from .displayedPair import frameAbove
from .geometry import CORNERS, mapped
from .nodeIdentity import knownFrame
from .nodePlace import rememberPlace, requireUnmoved
from .placeText import segmentsLattice
from .scene import FRAME, LPS_TO_RAS, arrayFromMatrix, parentsApart
from .structures import StructureSet
from .transformMatrix import matrixBetween

SAME_PLACE = 0.01  # mm


def imageOfSegments(
    node: slicer.vtkMRMLSegmentationNode,
) -> slicer.vtkMRMLScalarVolumeNode | None:
    """The image that gives the segments of `node` their geometry: they are drawn on it."""
    return node.GetNodeReference(node.GetReferenceImageGeometryReferenceRole())


def frameOfStructures(node: slicer.vtkMRMLSegmentationNode, original: StructureSet | None) -> str:
    """Frame of Reference UID of the coordinates of `node`, "" where nothing tells it: its own word,
    that of its object, or that in which the image on which it was drawn lay then, as long as it
    lies there now. Then the node remembers it.

    Raises
        FrameOfReferenceError: its object has structures in several frames, or it was moved since.
    """
    requireUnmoved(node)
    frame = knownFrame(node)
    if not frame and original is not None:
        frame = original.frame
    if not frame:
        drawnOn = imageOfSegments(node)
        frame = _frameOfDrawing(node, drawnOn) if drawnOn is not None else ""
    if frame:
        node.SetAttribute(FRAME, frame)
        rememberPlace(node)
    return frame


def _frameOfDrawing(
    node: slicer.vtkMRMLSegmentationNode, drawnOn: slicer.vtkMRMLScalarVolumeNode
) -> str:
    """Where segments lie of which their voxels tell: in the coordinates of the image, or where it
    is shown through registrations.
    """
    frame, found = knownFrame(drawnOn), segmentsLattice(node)
    up, down = parentsApart(drawnOn, node.GetParentTransformNode())
    if found is None:
        return "" if up or down else frame
    matrix = vtkMatrix4x4()
    drawnOn.GetIJKToRASMatrix(matrix)
    toRAS = arrayFromMatrix(matrix)
    if _areThere(found, toRAS):
        return frame
    between = matrixBetween(drawnOn.GetParentTransformNode(), node.GetParentTransformNode())
    if down or between is None:
        return ""
    shown = LPS_TO_RAS @ between @ LPS_TO_RAS @ toRAS
    return frameAbove(frame, up) if _areThere(found, shown) else ""


def _areThere(lattice: tuple[tuple[int, ...], np.ndarray], toRAS: np.ndarray) -> bool:
    """Whether the corners of a lattice, its size and IJK → RAS, lie where `toRAS`, shape (4, 4),
    has them.
    """
    size, own = lattice
    corners = CORNERS * (np.array(size) - 1)
    return bool(np.abs(mapped(toRAS, corners) - mapped(own, corners)).max() <= SAME_PLACE)
