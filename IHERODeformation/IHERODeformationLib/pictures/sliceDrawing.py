"""What covers a slice view: colors through which it shows, and lines, made anew when the view is
drawn and something changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import slicer
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonCore import vtkCommand, vtkFloatArray, vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkImageData, vtkPolyData
from vtkmodules.vtkRenderingCore import (
    vtkActor2D,
    vtkPolyDataMapper2D,
    vtkRenderer,
    vtkTexture,
    vtkTexturedActor2D,
)

from IHERORegistrationLib.pictures.slicePlanes import SlicePlane
from IHERORegistrationLib.scene import LPS_TO_RAS, arrayFromMatrix

from .fieldOnSlice import Stroke, planeOfSlice


@dataclass(frozen=True, eq=False)
class Drawn:
    """`colors` as of SliceField, None where there are none, and `strokes`."""

    colors: np.ndarray | None = None
    strokes: tuple[Stroke, ...] = ()


Draw = Callable[[SlicePlane, int, int], Drawn]  # of a plane seen in so many columns and rows


class SliceDrawing:
    """Over one slice view whatever `show` was given last. Whoever calls it asks the view to draw.

    It lies on the images of the view and under all that is drawn on these.
    """

    def __init__(self, logic: slicer.vtkMRMLSliceLogic, renderer: vtkRenderer) -> None:
        self._logic, self._renderer = logic, renderer
        self._draw: Draw | None = None
        self._baseID = ""
        self._made: object = None  # for which plane it was drawn last
        self._texture = vtkTexture()
        self._texture.InterpolateOn()
        self._colors = vtkTexturedActor2D()
        self._colors.SetTexture(self._texture)
        self._actors: list[vtkActor2D] = []
        self._observer = renderer.AddObserver(vtkCommand.StartEvent, self._update)

    def show(self, draw: Draw, baseID: str) -> None:
        """From now on what `draw` makes, as long as the base of the view is the node `baseID`.
        The same again changes nothing.
        """
        if (draw, baseID) != (self._draw, self._baseID):
            self._draw, self._baseID, self._made = draw, baseID, None

    def remove(self) -> None:
        """Leave the view as it was."""
        self._renderer.RemoveObserver(self._observer)
        self._clear()

    def _update(self, *_: object) -> None:
        node = self._logic.GetSliceNode()
        columns, rows, slices = node.GetDimensions()
        matrix = arrayFromMatrix(node.GetXYToRAS())
        isShown = self._logic.GetSliceCompositeNode().GetBackgroundVolumeID() == self._baseID
        isDrawn = isShown and slices == 1 and min(columns, rows) > 1
        made = (columns, rows, matrix.tobytes(), isDrawn)
        if made != self._made:
            self._made = made
            self._clear()
            if self._draw is not None and isDrawn:
                plane = planeOfSlice(LPS_TO_RAS @ matrix, columns, rows)
                self._add(self._draw(plane, columns, rows), columns, rows)
        elif self._actors and self._isCovered():
            self._raise()

    def _clear(self) -> None:
        for actor in self._actors:
            self._renderer.RemoveViewProp(actor)
        self._actors = []

    def _isCovered(self) -> bool:
        """Whether another image of the view was added since."""
        props = self._renderer.GetViewProps()
        last = [props.GetItemAsObject(number) for number in range(props.GetNumberOfItems())]
        after = last[last.index(self._actors[-1]) + 1 :]
        return any(isinstance(one, vtkActor2D) and _isBackground(one) for one in after)

    def _raise(self) -> None:
        for actor in self._actors:
            self._renderer.RemoveViewProp(actor)
            self._renderer.AddViewProp(actor)

    def _add(self, drawn: Drawn, columns: int, rows: int) -> None:
        if drawn.colors is not None:
            self._texture.SetInputData(_image(drawn.colors))
            mapper = vtkPolyDataMapper2D()
            mapper.SetInputData(_rectangle(columns, rows))
            self._colors.SetMapper(mapper)
            self._actors.append(self._colors)
        self._actors += [_lines(stroke, rows) for stroke in drawn.strokes if stroke.lines]
        for actor in self._actors:
            actor.GetProperty().SetDisplayLocationToBackground()
            actor.PickableOff()
            self._renderer.AddViewProp(actor)


def _isBackground(actor: vtkActor2D) -> bool:
    return actor.GetProperty().GetDisplayLocation() == 0


def _image(colors: np.ndarray) -> vtkImageData:
    rows, columns, _ = colors.shape
    pixels = np.rint(np.clip(colors, 0, 1)[::-1] * 255).astype(np.uint8).reshape(-1, 4)
    image = vtkImageData()
    image.SetDimensions(columns, rows, 1)
    image.GetPointData().SetScalars(numpy_to_vtk(pixels, deep=True))
    return image


def _rectangle(columns: int, rows: int) -> vtkPolyData:
    """The view, with the corners of a texture."""
    points, cells, corners = vtkPoints(), vtkCellArray(), vtkFloatArray()
    corners.SetNumberOfComponents(2)
    cells.InsertNextCell(4)
    for x, y in ((0, 0), (1, 0), (1, 1), (0, 1)):
        cells.InsertCellPoint(points.InsertNextPoint(x * columns, y * rows, 0))
        corners.InsertNextTuple2(x, y)
    shape = vtkPolyData()
    shape.SetPoints(points)
    shape.SetPolys(cells)
    shape.GetPointData().SetTCoords(corners)
    return shape


def _lines(stroke: Stroke, rows: int) -> vtkActor2D:
    shape = _shape(stroke.lines, rows)
    mapper = vtkPolyDataMapper2D()
    mapper.SetInputData(shape)
    actor = vtkActor2D()
    actor.SetMapper(mapper)
    look = actor.GetProperty()
    look.SetColor(*stroke.color)
    look.SetLineWidth(stroke.width)
    look.SetOpacity(stroke.opacity)
    return actor


def _shape(lines: Iterable[np.ndarray], rows: int) -> vtkPolyData:
    lines = [line for line in lines if len(line) > 1]
    flat = np.concatenate([np.empty((0, 2)), *lines])
    places = np.column_stack([flat[:, 0], rows - flat[:, 1], np.zeros(len(flat))])
    points = vtkPoints()
    points.SetData(numpy_to_vtk(np.ascontiguousarray(places, np.float32), deep=True))
    ends = np.concatenate([[0], np.cumsum([len(line) for line in lines])]).astype(np.int64)
    cells = vtkCellArray()
    cells.SetData(
        numpy_to_vtk(ends, deep=True),
        numpy_to_vtk(np.arange(len(flat), dtype=np.int64), deep=True),
    )
    shape = vtkPolyData()
    shape.SetPoints(points)
    shape.SetLines(cells)
    return shape
