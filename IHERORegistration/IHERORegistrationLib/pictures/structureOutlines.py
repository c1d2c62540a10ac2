"""Where structures meet a slice plane, as lines to draw."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import slicer
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray, vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPlane, vtkPolyData
from vtkmodules.vtkCommonTransforms import vtkGeneralTransform
from vtkmodules.vtkFiltersCore import vtkCutter, vtkStripper
from vtkmodules.vtkFiltersGeneral import vtkTransformPolyDataFilter

from ..closedSurface import ClosedSurface, surfaceFromStack
from ..contourPlanes import planeStack
from ..dataNodes import UNCOLORED
from ..frames import Transform
from ..scene import LPS_TO_RAS
from ..structures import Structure
from .slicePlanes import SlicePlane

CLOSED_SURFACE = "Closed surface"


@dataclass(frozen=True, eq=False)
class Outline:
    """A structure to draw: `surface` lies in the world, RAS mm; `color` is from 0 to 1."""

    name: str
    color: tuple[float, float, float]
    surface: vtkPolyData


def outlinesFromSegmentation(
    node: slicer.vtkMRMLSegmentationNode, names: Iterable[str] | None = None
) -> tuple[Outline, ...]:
    """The segments called `names`, or all, where the node's parent transform puts them.

    A segment without a surface, such as a point, is left out.
    """
    wanted = None if names is None else frozenset(names)
    segmentation = node.GetSegmentation()
    segmentation.CreateRepresentation(CLOSED_SURFACE)
    toWorld = vtkGeneralTransform()
    slicer.vtkMRMLTransformNode.GetTransformBetweenNodes(
        node.GetParentTransformNode(), None, toWorld
    )
    segments = [
        segmentation.GetNthSegment(number) for number in range(segmentation.GetNumberOfSegments())
    ]
    return tuple(
        Outline(segment.GetName(), segment.GetColor(), moved(surface, toWorld))
        for segment in segments
        if wanted is None or segment.GetName() in wanted
        if (surface := segment.GetRepresentation(CLOSED_SURFACE)) is not None
    )


def outlineFromStructure(
    structure: Structure, spacing: float | None, toWorld: Transform, resolution: float = 2.0
) -> Outline:
    """`structure` taken by `toWorld`, with a surface that holds its contours as they are.

    `spacing` is the distance in mm of the slices it was drawn on (see sliceSpacing), `resolution`
    that of the surface's vertices. See `planeStack` for what is raised.
    """
    surface = surfaceFromStack(planeStack(structure, spacing), resolution).moved(toWorld)
    return outlineFromSurface(structure, surface)


def outlineFromSurface(structure: Structure, surface: ClosedSurface) -> Outline:
    """`structure` as `surface`, which lies in the world, LPS mm."""
    red, green, blue = structure.color or UNCOLORED
    return Outline(structure.name, (red / 255, green / 255, blue / 255), _polyData(surface))


def _polyData(surface: ClosedSurface) -> vtkPolyData:
    """The surface in RAS."""
    points, triangles, shape = vtkPoints(), vtkCellArray(), vtkPolyData()
    points.SetData(numpy_to_vtk(surface.vertices @ LPS_TO_RAS[:3, :3], deep=True))
    ends = np.arange(0, 3 * len(surface.triangles) + 1, 3)
    triangles.SetData(
        numpy_to_vtkIdTypeArray(ends, deep=True),
        numpy_to_vtkIdTypeArray(surface.triangles.reshape(-1).astype(np.int64), deep=True),
    )
    shape.SetPoints(points)
    shape.SetPolys(triangles)
    return shape


def moved(surface: vtkPolyData, transform: vtkGeneralTransform) -> vtkPolyData:
    """`surface` with each vertex moved by `transform`."""
    mover = vtkTransformPolyDataFilter()
    mover.SetTransform(transform)
    mover.SetInputData(surface)
    mover.Update()
    return mover.GetOutput()


def linesOnPlane(surface: vtkPolyData, plane: SlicePlane, pixelSize: float) -> list[np.ndarray]:
    """The lines in which `plane` cuts `surface`, each of shape (n, 2) in pixels of the plane."""
    if not surface.GetNumberOfCells():
        return []
    toRAS = LPS_TO_RAS[:3, :3]
    cutPlane = vtkPlane()
    cutPlane.SetOrigin(*(toRAS @ plane.center))
    cutPlane.SetNormal(*(toRAS @ np.cross(plane.right, plane.up)))
    cutter = vtkCutter()
    cutter.SetCutFunction(cutPlane)
    cutter.SetInputData(surface)
    stripper = vtkStripper()
    stripper.JoinContiguousSegmentsOn()
    stripper.SetInputConnection(cutter.GetOutputPort())
    stripper.Update()
    cut = stripper.GetOutput()
    if not cut.GetNumberOfLines():
        return []
    points = vtk_to_numpy(cut.GetPoints().GetData()).astype(float) @ toRAS
    pixels = plane.pixels(points, pixelSize)
    ends = vtk_to_numpy(cut.GetLines().GetOffsetsArray())
    numbers = vtk_to_numpy(cut.GetLines().GetConnectivityArray())
    return [pixels[numbers[a:b]] for a, b in pairwise(ends)]
