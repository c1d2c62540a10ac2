"""Closed outlines of shapes on slice planes, with every vertex on the analytic surface."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkFiltersCore import vtkFlyingEdges2D, vtkStripper

from ..geometry import inverted, mapped
from ..lattice import Lattice
from .shapes import Shape, distanceOf

_FINEST, _COARSEST = 0.8, 3.0  # mm between samples
_SAMPLES_ACROSS = 40
_SLOPE_STEP = 1e-3  # mm
_REFINEMENTS = 8
_BISECTIONS = 24
_CLOSE = 1e-3  # mm a vertex may be off the surface, and voxels two vertices may be one


def outlines(
    shape: Shape, lattice: Lattice, frameToBody: np.ndarray
) -> Iterator[tuple[int, list[np.ndarray]]]:
    """The outlines of `shape` on each slice of `lattice` that it meets: slice number and closed
    polygons, each (n, 3) in LPS mm of the lattice's frame, the first point not repeated.

    Outlines do not leave the image. A hole is a polygon of its own.
    """
    toBody = frameToBody @ lattice.ijkToLPS
    box = shape.box
    corners = np.array([[box[a, 0], box[b, 1], box[c, 2]] for a, b, c in np.ndindex(2, 2, 2)])
    index = mapped(inverted(toBody), corners)
    low = np.maximum(index.min(axis=0), (-0.5, -0.5, 0))
    high = np.minimum(index.max(axis=0), np.array(lattice.size) - (0.5, 0.5, 1))
    if np.any(high <= low):
        return
    extent = (high - low)[:2] * lattice.spacing[:2]
    pixel = float(lattice.spacing[:2].min())
    finest, coarsest = max(_FINEST, pixel / 4), max(_COARSEST, pixel)
    step = float(np.clip(extent.max() / _SAMPLES_ACROSS, finest, coarsest))
    axes = [np.linspace(low[n], high[n], int(np.ceil(extent[n] / step)) + 2) for n in (0, 1)]
    for k in range(int(np.ceil(low[2])), int(np.floor(high[2])) + 1):
        polygons = [
            mapped(lattice.ijkToLPS, np.column_stack([polygon, np.full(len(polygon), k)]))
            for polygon in _sliceOutlines(shape, toBody, axes, k)
        ]
        if polygons:
            yield k, polygons


def _sliceOutlines(
    shape: Shape, toBody: np.ndarray, axes: list[np.ndarray], k: int
) -> list[np.ndarray]:
    """Closed polygons on slice `k` as image coordinates (i, j), each (n, 2)."""
    i, j = np.meshgrid(*axes)
    samples = distanceOf(shape, mapped(toBody, np.stack([i, j, np.full_like(i, k)], axis=-1)))
    framed = np.pad(samples, 1, constant_values=1.0)  # outside all around: every outline closes
    polygons = []
    for polygon in _zeroLines(framed):
        inner = np.clip(polygon - 1, 0, np.array(samples.shape)[::-1] - 1)
        points = np.column_stack(
            [np.interp(inner[:, n], np.arange(len(axes[n])), axes[n]) for n in (0, 1)]
        )
        points = _refined(shape, toBody, points, k, axes)
        apart = np.any(np.abs(points - np.roll(points, 1, axis=0)) > _CLOSE, axis=1)
        if apart.sum() >= 3:
            polygons.append(points[apart])
    return polygons


def _zeroLines(samples: np.ndarray) -> list[np.ndarray]:
    """Closed lines where `samples`, shape (nj, ni), change sign; each (n, 2) as i, j."""
    if not (samples < 0).any():
        return []
    image = vtkImageData()
    image.SetDimensions(samples.shape[1], samples.shape[0], 1)
    image.GetPointData().SetScalars(numpy_to_vtk(np.ascontiguousarray(samples).ravel(), deep=True))
    edges = vtkFlyingEdges2D()
    edges.SetInputData(image)
    edges.SetValue(0, 0.0)
    stripper = vtkStripper()
    stripper.SetInputConnection(edges.GetOutputPort())
    stripper.SetMaximumLength(1_000_000)
    stripper.JoinContiguousSegmentsOn()
    stripper.Update()
    output = stripper.GetOutput()
    if not output.GetNumberOfLines():
        return []
    points = vtk_to_numpy(output.GetPoints().GetData()).astype(float)
    connectivity = vtk_to_numpy(output.GetLines().GetConnectivityArray())
    offsets = vtk_to_numpy(output.GetLines().GetOffsetsArray())
    lines = [points[connectivity[start:end], :2] for start, end in pairwise(offsets.tolist())]
    return [line[:-1] for line in lines if len(line) > 3]


def _refined(
    shape: Shape, toBody: np.ndarray, points: np.ndarray, k: int, axes: list[np.ndarray]
) -> np.ndarray:
    """`points` (i, j) moved within the slice onto the surface, but not out of the image."""
    steps = np.linalg.norm(toBody[:3, :2], axis=0)  # mm per voxel
    low, high = [axis[0] for axis in axes], [axis[-1] for axis in axes]
    result = points
    for _ in range(_REFINEMENTS):
        here = _planeDistance(shape, toBody, result, k)
        if np.abs(here).max() < _CLOSE / 100:
            break
        nudged = [
            _planeDistance(shape, toBody, result + nudge, k)
            for nudge in np.diag(_SLOPE_STEP / steps)
        ]
        slope = np.column_stack([(there - here) / _SLOPE_STEP for there in nudged])
        square = np.maximum((slope**2).sum(axis=1), 0.05)
        move = np.clip(-here / square, -2, 2)[:, None] * slope / steps
        result = np.clip(result + move, low, high)
    onSurface = np.abs(_planeDistance(shape, toBody, result, k)) < _CLOSE
    atBorder = np.any((result == low) | (result == high), axis=1)
    lost = ~(onSurface | atBorder)
    if not lost.any():
        return result
    # At a crease or tear of space the slope leads nowhere: found between two samples instead.
    result[lost], found = _bisected(shape, toBody, points[lost], k, axes)
    kept = ~lost
    kept[lost] = found
    return result[kept]


def _bisected(
    shape: Shape, toBody: np.ndarray, points: np.ndarray, k: int, axes: list[np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """`points` (i, j) between two neighboring samples moved to where inside becomes outside, and
    whether one of the samples is inside and the other outside.
    """
    sample = np.column_stack(
        [np.interp(points[:, n], axes[n], np.arange(len(axes[n]))) for n in (0, 1)]
    )
    sample = np.where(np.abs(sample - np.rint(sample)) < _CLOSE, np.rint(sample), sample)
    ends = [
        np.column_stack([axes[n][rounding(sample[:, n]).astype(int)] for n in (0, 1)])
        for rounding in (np.floor, np.ceil)
    ]
    inside = [_planeDistance(shape, toBody, end, k) < 0 for end in ends]
    low, high = ends
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        asLow = (_planeDistance(shape, toBody, middle, k) < 0) == inside[0]
        low = np.where(asLow[:, None], middle, low)
        high = np.where(asLow[:, None], high, middle)
    return (low + high) / 2, inside[0] != inside[1]


def _planeDistance(shape: Shape, toBody: np.ndarray, points: np.ndarray, k: int) -> np.ndarray:
    return distanceOf(
        shape, mapped(toBody, np.column_stack([points, np.full(len(points), float(k))]))
    )
