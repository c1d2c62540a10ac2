"""Structures carried by a registration against those drawn on the target: how well they agree.

Both are closed surfaces, so that numbers do not depend on voxels or on how densely was drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkImageData, vtkPolyData
from vtkmodules.vtkFiltersCore import vtkImplicitPolyDataDistance
from vtkmodules.vtkImagingStencil import vtkImageStencilToImage, vtkPolyDataToImageStencil

from IHERORegistrationLib.closedSurface import ClosedSurface, surfaceFromStack
from IHERORegistrationLib.contourPlanes import planeStack, sliceSpacing
from IHERORegistrationLib.errors import FrameOfReferenceError, MalformedObjectError
from IHERORegistrationLib.frames import Transform
from IHERORegistrationLib.structures import Structure, StructureSet

from .deformedSolid import SolidDeformer
from .tolerances import Kind, Metric
from .transformSteps import isDeformable

RESOLUTION = 1.0  # mm in the planes of contours; small structures are sampled finer
MOST_VOXELS = 250_000  # in which volumes are compared
ASKEW = np.linalg.qr(np.array([(3.0, 1, 1), (-1, 2, 1), (1, -1, 4)]))[0]  # a turn
SURFACE_POINTS = 10_000  # on each of two surfaces
SEED = 20261122  # the same points every time


@dataclass(frozen=True)
class SurfaceDistance:
    """Distances in mm from the points of each of two surfaces to the nearest of the other.

    `mean`: the mean distance to agreement, of both means. `hausdorff95`: the larger of the two 95th
    percentiles. `maximum`: the largest of all.
    """

    mean: float
    hausdorff95: float
    maximum: float


@dataclass(frozen=True)
class StructureAgreement:
    """A structure `name` carried to the target and the one of that name drawn there.

    `dice` is twice the common volume per sum of both, `carried` and `drawn` are their volumes in
    cm³; `undefined` is the share of the carried one that the registration does not define and that
    was cut off. `remarks` are sentences.
    """

    name: str
    dice: float
    distance: SurfaceDistance
    carried: float
    drawn: float
    undefined: float
    remarks: tuple[str, ...] = ()

    @property
    def metrics(self) -> Iterator[Metric]:
        """All of it as single numbers."""
        yield Metric(Kind.DICE, self.name, "value", self.dice, "")
        yield Metric(Kind.SURFACE, self.name, "mean", self.distance.mean, "mm")
        yield Metric(Kind.SURFACE, self.name, "95 % Hausdorff", self.distance.hausdorff95, "mm")
        yield Metric(Kind.SURFACE, self.name, "maximum", self.distance.maximum, "mm")
        yield Metric(Kind.VOLUME, self.name, "carried", self.carried, "cm³")
        yield Metric(Kind.VOLUME, self.name, "drawn on the source", self.drawn, "cm³")
        yield Metric(Kind.COVERAGE, self.name, "cut off", 100 * self.undefined, "%")


@dataclass(frozen=True)
class SetAgreement:
    """The structures that both sets have; `leftOut` says which were not compared, and why."""

    structures: tuple[StructureAgreement, ...]
    leftOut: tuple[str, ...]


def structureSetAgreement(
    carried: StructureSet,
    drawn: StructureSet,
    transform: Transform,
    progress: Callable[[str], None] = lambda _: None,
) -> SetAgreement:
    """Structures of `carried` by `transform` against those of the same name in `drawn`. `progress`
    is told each of them; what it raises ends the work.

    Raises
        FrameOfReferenceError: a set has no structures in the frame that the transform begins or
        ends in.
    """
    here, there = carried.inFrame(transform.fromFrame), drawn.inFrame(transform.toFrame)
    for one, frame in ((here, transform.fromFrame), (there, transform.toFrame)):
        if not any(structure.contours for structure in one.structures):
            raise FrameOfReferenceError(
                f"expected structures in frame {frame}, found none in structure set "
                f"{one.sopInstanceUID}"
            )
    spacings = sliceSpacing(here), sliceSpacing(there)
    found, leftOut = [], []
    names = dict.fromkeys(one.name for one in (*here.structures, *there.structures))
    for name in names:
        progress(f"Comparing structures: {name} …")
        pair = [[s for s in one.structures if s.name == name] for one in (here, there)]
        if any(len(one) != 1 for one in pair):
            numbers = " and ".join(str(len(one)) for one in pair)
            leftOut.append(f"{name}: expected one of that name in each set, found {numbers}")
            continue
        try:
            found.append(structureAgreement(pair[0][0], pair[1][0], transform, spacings))
        except MalformedObjectError as error:
            leftOut.append(f"{name}: {error}")
    return SetAgreement(tuple(found), tuple(leftOut))


def structureAgreement(
    carried: Structure,
    drawn: Structure,
    transform: Transform,
    spacings: tuple[float | None, float | None],
) -> StructureAgreement:
    """`carried` by `transform` against `drawn`; `spacings` are the mm between the slices each was
    drawn on, None if unknown.

    Raises
        MalformedObjectError: one of them has no volume, or nothing of it is defined.
    """
    stack = planeStack(carried, spacings[0])
    other = surfaceFromStack(planeStack(drawn, spacings[1]), RESOLUTION)
    undefined, remarks = 0.0, tuple(f"{note.found}, {note.done}" for note in stack.notes)
    if isDeformable(transform):
        where = f"ROI {carried.number}"
        moved = SolidDeformer(transform).mover(where)(stack, RESOLUTION)
        surface, undefined = moved.surface, moved.undefined
        remarks += tuple(f"{note.found}, {note.done}" for note in moved.notes)
    else:
        surface = surfaceFromStack(stack, RESOLUTION).moved(transform)
    for one, name in ((surface, carried.number), (other, drawn.number)):
        if not one.volume > 0:
            raise MalformedObjectError(f"structure {name} encloses nothing that is defined")
    return StructureAgreement(
        name=carried.name,
        dice=dice(surface, other),
        distance=surfaceDistance(surface, other),
        carried=surface.volume / 1000,
        drawn=other.volume / 1000,
        undefined=undefined,
        remarks=remarks,
    )


def dice(one: ClosedSurface, other: ClosedSurface) -> float:
    """Dice similarity coefficient of what two surfaces enclose, counted in 250,000 voxels around
    the both of them; 0 if they are apart.

    The voxels lie askew, so that no flat side of a structure lies along them.
    """
    surfaces = [ClosedSurface(each.vertices @ ASKEW, each.triangles) for each in (one, other)]
    vertices = np.concatenate([surface.vertices for surface in surfaces])
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    pitch = float(np.cbrt(np.prod(high - low) / MOST_VOXELS))
    first, second = (_filled(surface, low - pitch, high + pitch, pitch) for surface in surfaces)
    both = int(np.count_nonzero(first & second))
    return 2 * both / max(int(np.count_nonzero(first)) + int(np.count_nonzero(second)), 1)


def surfaceDistance(one: ClosedSurface, other: ClosedSurface) -> SurfaceDistance:
    """Of points spread evenly over each surface to the nearest of the other, between vertices
    too.
    """
    forth, back = _distances(one, other), _distances(other, one)
    return SurfaceDistance(
        mean=float((forth.mean() + back.mean()) / 2),
        hausdorff95=float(max(np.quantile(forth, 0.95), np.quantile(back, 0.95))),
        maximum=float(max(forth.max(), back.max())),
    )


def _distances(start: ClosedSurface, goal: ClosedSurface) -> np.ndarray:
    finder = vtkImplicitPolyDataDistance()
    finder.SetInput(_polyData(goal))
    found = numpy_to_vtk(np.zeros(SURFACE_POINTS))
    finder.EvaluateFunction(numpy_to_vtk(_spread(start)), found)
    return np.abs(vtk_to_numpy(found))


def _spread(surface: ClosedSurface) -> np.ndarray:
    """SURFACE_POINTS points, shape (n, 3), as many on each triangle as its area asks for."""
    a, b, c = (surface.vertices[corner] for corner in surface.triangles.T)
    areas = np.linalg.norm(np.cross(b - a, c - a), axis=-1)
    random = np.random.default_rng(SEED)
    places = (np.arange(SURFACE_POINTS) + random.random(SURFACE_POINTS)) / SURFACE_POINTS
    chosen = np.searchsorted(np.cumsum(areas) / areas.sum(), places)
    chosen = np.minimum(chosen, len(areas) - 1)
    u, v = random.random((2, SURFACE_POINTS, 1))
    beyond = u + v > 1
    u, v = np.where(beyond, 1 - u, u), np.where(beyond, 1 - v, v)
    points = a[chosen] + u * (b - a)[chosen] + v * (c - a)[chosen]
    return np.ascontiguousarray(points)


def _filled(surface: ClosedSurface, low: np.ndarray, high: np.ndarray, pitch: float) -> np.ndarray:
    """Which voxels, every `pitch` mm from `low` to `high`, have their centers inside."""
    size = np.ceil((high - low) / pitch).astype(int) + 1
    stencil = vtkPolyDataToImageStencil()
    stencil.SetInputData(_polyData(surface))
    stencil.SetOutputOrigin(low.tolist())
    stencil.SetOutputSpacing(pitch, pitch, pitch)
    stencil.SetOutputWholeExtent(0, int(size[0]) - 1, 0, int(size[1]) - 1, 0, int(size[2]) - 1)
    image = vtkImageStencilToImage()
    image.SetInputConnection(stencil.GetOutputPort())
    image.SetInsideValue(1)
    image.SetOutsideValue(0)
    image.SetOutputScalarTypeToUnsignedChar()
    image.Update()
    made: vtkImageData = image.GetOutput()
    return vtk_to_numpy(made.GetPointData().GetScalars()).astype(bool)


def _polyData(surface: ClosedSurface) -> vtkPolyData:
    points = vtkPoints()
    points.SetData(numpy_to_vtk(np.ascontiguousarray(surface.vertices, float), deep=True))
    cells = vtkCellArray()
    triangles = np.ascontiguousarray(surface.triangles, np.int64)
    offsets = np.arange(0, 3 * len(triangles) + 1, 3, dtype=np.int64)
    cells.SetData(numpy_to_vtk(offsets, deep=True), numpy_to_vtk(triangles.reshape(-1), deep=True))
    result = vtkPolyData()
    result.SetPoints(points)
    result.SetPolys(cells)
    return result
