"""Segments as planar contours: those that a node holds, else cut from its voxels or surfaces.

Slicer fills and smooths what it reads from an RT Structure Set; so contours are only cut anew where
the segment is not known to be what the object says.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import slicer
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import reference
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkFiltersCore import vtkCleanPolyData, vtkTriangleFilter

from .closedSurface import ClosedSurface, turnedOutwards, zeroSurface
from .errors import MalformedObjectError
from .lattice import Lattice, Volume
from .nodeVolumes import rightHanded
from .scene import LPS_TO_RAS, arrayFromMatrix
from .sliceCuts import loopsOnSlices
from .structures import Contour, GeometricType

CONVERTER = slicer.vtkSegmentationConverter
CONTOURS = CONVERTER.GetPlanarContourRepresentationName()  # SlicerRT's, exact
VOXELS = CONVERTER.GetBinaryLabelmapRepresentationName()
SURFACE = CONVERTER.GetClosedSurfaceRepresentationName()
SIMPLIFIED = 0.005  # mm by which a cut may leave the surface
FEWEST_PLANES = 20  # through the smallest extent of a surface without slices
COARSEST = 3.0  # mm between these planes


def tagOf(segment: slicer.vtkSegment, name: str) -> str:
    """What `segment` says under `name`, "" if nothing."""
    value = reference("")
    return str(value) if segment.GetTag(name, value) else ""


def heldContours(segment: slicer.vtkSegment) -> tuple[Contour, ...]:
    """The planar contours that `segment` holds, as SlicerRT reads them; none if it has none."""
    lines = segment.GetRepresentation(CONTOURS)
    if lines is None:
        return ()
    points = _pointsOf(lines)
    contours = []
    for places in _cells(lines.GetLines()):
        isClosed = len(places) > 3 and places[0] == places[-1]
        kind = GeometricType.CLOSED_PLANAR if isClosed else GeometricType.OPEN_PLANAR
        contours.append(Contour(points[places[:-1] if isClosed else places], kind))
    return tuple(contours)


def voxelsOf(segment: slicer.vtkSegment, frame: str) -> Volume | None:
    """The voxels of `segment`, bool, as far as it reaches; None if it has none.

    Raises
        MalformedObjectError: their axes are not orthogonal.
    """
    image = segment.GetRepresentation(VOXELS)
    if image is None or image.GetPointData().GetScalars() is None:
        return None
    labels = vtk_to_numpy(image.GetPointData().GetScalars())
    inside = labels.reshape(image.GetDimensions()[::-1]) == segment.GetLabelValue()
    where = np.argwhere(inside)
    if not len(where):
        return None
    low, high = where.min(axis=0), where.max(axis=0) + 1
    inside = inside[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
    matrix = _matrixOf(image)
    matrix[:3, 3] = (matrix @ [*(low[::-1] + image.GetExtent()[::2]), 1])[:3]
    return rightHanded(inside, LPS_TO_RAS @ matrix, frame, segment.GetName())


def cutContours(
    segment: slicer.vtkSegment, frame: str, slices: Lattice | None
) -> tuple[Contour, ...]:
    """`segment` cut on the planes of its own voxels, or, where it is a surface, on those of
    `slices`, which may go on beyond their ends; without them on axial planes.

    Raises
        MalformedObjectError: it has neither voxels nor a closed surface.
    """
    voxels = voxelsOf(segment, frame)
    if voxels is not None:
        field = np.where(np.pad(voxels.values, 1), np.float32(-1), np.float32(1))
        index, triangles = zeroSurface(field)
        surface = turnedOutwards(voxels.lattice.points(index - 1), triangles)
        return _cuts(surface, voxels.lattice)
    if segment.GetRepresentation(VOXELS) is not None:
        return ()
    surface = _surfaceOf(segment)
    if not len(surface.triangles):
        return ()
    return _cuts(surface, _axial(surface) if slices is None else slices)


def _cuts(surface: ClosedSurface, lattice: Lattice) -> tuple[Contour, ...]:
    k = lattice.indices(surface.vertices)[:, 2]
    heights = np.arange(np.floor(k.min()), np.ceil(k.max()) + 1)
    return tuple(_contours(loopsOnSlices(surface, lattice, heights, SIMPLIFIED), heights, lattice))


def _contours(
    loops: dict[int, list[np.ndarray]], heights: np.ndarray, lattice: Lattice
) -> Iterable[Contour]:
    for place, ones in loops.items():
        for loop in ones:
            flat = loop / lattice.spacing[:2]
            index = np.column_stack([flat, np.full(len(loop), heights[place])])
            yield Contour(lattice.points(index), GeometricType.CLOSED_PLANAR)


def _surfaceOf(segment: slicer.vtkSegment) -> ClosedSurface:
    surface = segment.GetRepresentation(SURFACE)
    if surface is None:
        raise MalformedObjectError(
            f"expected voxels or a closed surface, found neither in {segment.GetName()}"
        )
    triangulated = vtkTriangleFilter()
    triangulated.SetInputData(surface)
    triangulated.PassLinesOff()
    triangulated.PassVertsOff()
    joined = vtkCleanPolyData()
    joined.SetInputConnection(triangulated.GetOutputPort())
    joined.ToleranceIsAbsoluteOn()
    joined.SetAbsoluteTolerance(0)
    joined.Update()
    clean = joined.GetOutput()
    triangles = vtk_to_numpy(clean.GetPolys().GetConnectivityArray()).reshape(-1, 3)
    triangles = triangles.astype(np.int64)
    _requireClosed(triangles, segment.GetName())
    return turnedOutwards(_pointsOf(clean), triangles)


def _requireClosed(triangles: np.ndarray, name: str) -> None:
    """Each edge is gone along once in each direction."""
    edges = np.concatenate([triangles[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))])
    there = np.sort(edges[:, 0] * (edges.max(initial=0) + 1) + edges[:, 1])
    back = np.sort(edges[:, 1] * (edges.max(initial=0) + 1) + edges[:, 0])
    if not np.array_equal(there, back):
        raise MalformedObjectError(
            f"expected a closed surface, found one with an open or doubled edge in {name}"
        )


def _axial(surface: ClosedSurface) -> Lattice:
    low, high = surface.vertices.min(axis=0), surface.vertices.max(axis=0)
    step = min(COARSEST, float((high - low)[2]) / FEWEST_PLANES)
    return Lattice.fromAxes((2, 2, 2), low, np.eye(3), np.array([1.0, 1.0, step]))


def _pointsOf(data: vtkPolyData) -> np.ndarray:
    """Shape (n, 3), LPS mm."""
    if not data.GetNumberOfPoints():
        return np.empty((0, 3))
    return vtk_to_numpy(data.GetPoints().GetData()).astype(float) @ LPS_TO_RAS[:3, :3]


def _cells(cells: vtkCellArray) -> Iterable[np.ndarray]:
    places = vtk_to_numpy(cells.GetConnectivityArray())
    offsets = vtk_to_numpy(cells.GetOffsetsArray())
    return (places[a:b] for a, b in pairwise(offsets))


def _matrixOf(image: slicer.vtkOrientedImageData) -> np.ndarray:
    """Index to RAS mm, shape (4, 4)."""
    matrix = vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    return arrayFromMatrix(matrix)
