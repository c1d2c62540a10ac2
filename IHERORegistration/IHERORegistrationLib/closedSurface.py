"""The closed surface of a structure, built from its planar contours.

On the planes of the contours the surface is the contours. Between two planes it follows the
interpolated distance to them, at the level where the area changes linearly, so that the enclosed
volume is the sum of areas times distances. Parts and holes that do not go on in the next plane end
half way to it, flat.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D

from .contourPlanes import ContourPlane, PlaneStack, signedArea
from .frames import Transform
from .signedDistance import distanceToLoops, interpolated, restricted

MOST_SAMPLES = 24_000_000  # of the distance field: 100 MB
PIXELS_ACROSS = 40  # of the largest area
PIXELS_THROUGH = 4  # of a usual wall
MARGIN = 3  # pixels around the contours
STEP = 0.002  # of a gap: the height in which a part ends
HALFWAY = (0.5 - STEP / 2, 0.5 + STEP / 2)


@dataclass(frozen=True, eq=False)
class ClosedSurface:
    """Triangles, shape (m, 3), indices into `vertices`, shape (n, 3), LPS mm. They turn
    counterclockwise seen from outside.
    """

    vertices: np.ndarray
    triangles: np.ndarray

    @cached_property
    def volume(self) -> float:
        """Enclosed volume in mm³."""
        if not len(self.triangles):
            return 0.0
        x, y, z = (self.vertices - self.vertices[0]).T
        a, b, c = self.triangles.T
        total = x[a] @ (y[b] * z[c] - z[b] * y[c])
        total += y[a] @ (z[b] * x[c] - x[b] * z[c])
        total += z[a] @ (x[b] * y[c] - y[b] * x[c])
        return float(total / 6)

    def moved(self, transform: Transform) -> ClosedSurface:
        """The surface with its vertices taken by `transform`."""
        return turnedOutwards(transform(self.vertices), self.triangles)


@dataclass(frozen=True, eq=False)
class SampledSolid:
    """What the contours enclose, sampled on planes: `field`, shape (nk, nj, ni), float32, is
    negative inside and near the surface the distance from it in pixels. Sample (i, j, k) lies at
    `corner` + (i, j) · `pixel` mm along the first two columns of `axes`, shape (3, 3), and at
    `offsets`[k] mm along the third.
    """

    field: np.ndarray
    corner: np.ndarray
    pixel: float
    offsets: np.ndarray
    axes: np.ndarray

    def points(self, index: np.ndarray) -> np.ndarray:
        """LPS mm, shape (n, 3), of `index`, shape (n, 3), fractional i, j, k."""
        height = np.interp(index[:, 2], np.arange(len(self.offsets)), self.offsets)
        flat = index[:, :2] * self.pixel + self.corner
        return np.column_stack([flat, height]) @ self.axes.T

    @property
    def surface(self) -> ClosedSurface:
        """Where the field is zero."""
        index, triangles = zeroSurface(self.field)
        return turnedOutwards(self.points(index), triangles)


def surfaceFromStack(stack: PlaneStack, resolution: float) -> ClosedSurface:
    """The closed surface of the contours in `stack`, sampled every `resolution` mm in the planes,
    finer for small and thin structures, coarser where memory would not suffice.
    """
    return solidFromStack(stack, resolution).surface


def solidFromStack(
    stack: PlaneStack, resolution: float, between: float = float("inf")
) -> SampledSolid:
    """What the contours in `stack` enclose, sampled as for `surfaceFromStack`, on planes at most
    `between` mm apart.
    """
    corner, pixel, shape = _grid(stack, resolution)
    levels = _levels(stack)
    fields = [_field(plane, corner, pixel, shape) for _, plane in levels]
    slices, offsets = [fields[0]], [levels[0][0]]
    for number in range(1, len(levels)):
        below, above = levels[number - 1][0], levels[number][0]
        fewest = int(np.ceil((above - below) / between))
        for share, field in _between(fields[number - 1], fields[number], fewest):
            slices.append(field)
            offsets.append(below + share * (above - below))
        slices.append(fields[number])
        offsets.append(above)
    return SampledSolid(np.stack(slices), corner, pixel, np.array(offsets), stack.axes)


def turnedOutwards(vertices: np.ndarray, triangles: np.ndarray) -> ClosedSurface:
    """The closed surface of `triangles` that are all turned the same way, in or out."""
    surface = ClosedSurface(vertices, triangles)
    return surface if surface.volume >= 0 else ClosedSurface(vertices, triangles[:, ::-1])


def _grid(stack: PlaneStack, resolution: float) -> tuple[np.ndarray, float, tuple[int, int]]:
    """Corner, shape (2,), pixel in mm and shape (nj, ni) of the lattice for the distances."""
    polygons = [polygon for plane in stack.planes for polygon in plane.polygons]
    points = np.concatenate(polygons)
    low, extent = points.min(axis=0), np.ptp(points, axis=0)
    areas = [abs(signedArea(polygon)) for polygon in polygons]
    around = sum(
        float(np.hypot(*(polygon - np.roll(polygon, 1, axis=0)).T).sum()) for polygon in polygons
    )
    wall = 2 * sum(plane.area for plane in stack.planes) / around
    pixel = min(resolution, np.sqrt(max(areas)) / PIXELS_ACROSS, wall / PIXELS_THROUGH)
    slices = 3 * (len(stack.planes) + 2)
    pixel = max(pixel, float(np.sqrt(np.prod(extent) * slices / MOST_SAMPLES)))
    ni, nj = (np.ceil(extent / pixel).astype(int) + 2 * MARGIN + 1).tolist()
    return low - MARGIN * pixel, pixel, (nj, ni)


def _levels(stack: PlaneStack) -> list[tuple[float, ContourPlane | None]]:
    """The planes with their offsets, and an empty one beyond every end of a part."""
    levels: list[tuple[float, ContourPlane | None]] = []
    for number, plane in enumerate(stack.planes):
        if number == 0 or not stack.isBridged(number - 1):
            levels.append((plane.offset - 2 * plane.below, None))
        levels.append((plane.offset, plane))
        if number + 1 == len(stack.planes) or not stack.isBridged(number):
            levels.append((plane.offset + 2 * plane.above, None))
    return levels


def _field(
    plane: ContourPlane | None, corner: np.ndarray, pixel: float, shape: tuple[int, int]
) -> np.ndarray:
    if plane is None:
        return np.full(shape, float(max(shape)), np.float32)
    return distanceToLoops([(one - corner) / pixel for one in plane.polygons], shape)


def _between(lower: np.ndarray, upper: np.ndarray, fewest: int) -> list[tuple[float, np.ndarray]]:
    """Distance fields between two planes that divide the gap into at least `fewest` parts, each
    with its place as a share of the gap.
    """
    masks = lower < 0, upper < 0
    ends = _endingParts(masks[0], masks[1]), _endingParts(masks[1], masks[0])
    lasting = masks[0] & ~ends[0], masks[1] & ~ends[1]
    holes = _endingParts(~lasting[0], ~lasting[1]), _endingParts(~lasting[1], ~lasting[0])
    going = [
        _restricted(field, mask, last | hole)
        for field, mask, last, hole in zip((lower, upper), masks, lasting, holes, strict=True)
    ]
    shares = _shares(*masks, fewest)
    if any(part.any() for part in (*ends, *holes)):
        shares = sorted({*shares, *HALFWAY} - {0.5})
    between = []
    for share in shares:
        side = int(share > 0.5)
        here = interpolated(going[0], going[1], share)
        if ends[side].any():
            here = np.minimum(here, restricted((lower, upper)[side], ends[side]))
        if holes[side].any():
            here = np.maximum(here, -restricted(-going[side], holes[side]))
        between.append((share, here))
    return between


def _shares(lower: np.ndarray, upper: np.ndarray, fewest: int) -> list[float]:
    """Places between two planes: more of them where their shapes differ more."""
    larger = max(np.count_nonzero(lower), np.count_nonzero(upper))
    if not larger:
        return []
    change = np.count_nonzero(lower ^ upper) / larger
    parts = max(fewest, 2 if change < 0.1 else 4 if change < 0.4 else 8)
    return [number / parts for number in range(1, parts)]


def _endingParts(mask: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The connected parts of `mask` that share no pixel with `other`."""
    from scipy import ndimage  # loaded when needed: it would slow down the start of Slicer

    labels, count = ndimage.label(mask)
    lasting = np.zeros(count + 1, bool)
    lasting[np.unique(labels[other])] = True
    lasting[0] = True
    return ~lasting[labels]


def _restricted(field: np.ndarray, mask: np.ndarray, part: np.ndarray) -> np.ndarray:
    return field if np.array_equal(mask, part) else restricted(field, part)


def zeroSurface(field: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Vertices, shape (n, 3), as fractional i, j, k, and triangles, shape (m, 3), of the surface
    where `field`, shape (nk, nj, ni), is zero.
    """
    image = vtkImageData()
    image.SetDimensions(*field.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(np.ascontiguousarray(field).ravel()))
    edges = vtkFlyingEdges3D()
    edges.SetInputData(image)
    edges.SetValue(0, 0.0)
    edges.ComputeNormalsOff()
    edges.ComputeGradientsOff()
    edges.ComputeScalarsOff()
    edges.Update()
    surface = edges.GetOutput()
    vertices = vtk_to_numpy(surface.GetPoints().GetData()).astype(float)
    triangles = vtk_to_numpy(surface.GetPolys().GetConnectivityArray()).reshape(-1, 3)
    return vertices, triangles.astype(np.int64)
