"""A sheet to draw images, lines and text on; x and y are pixels from the top left corner.

Everything is drawn larger and averaged down at the end, so that lines and letters are smooth.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkImageData, vtkPolyData
from vtkmodules.vtkRenderingCore import (
    vtkActor2D,
    vtkImageMapper,
    vtkPolyDataMapper2D,
    vtkProperty2D,
    vtkRenderer,
    vtkTextActor,
    vtkTextProperty,
    vtkTextRenderer,
)

from .graphics import drawnPixels, offscreenWindow
from .pictureLayout import Rectangle

FINENESS = 2
CAPITALS = 0.15  # VTK centers letters with what hangs below the line; this centers capitals
PLATE = 0.55  # opacity of the ground behind a label
Color = Sequence[float]  # red, green, blue from 0 to 1
Side = Literal["left", "center", "right"]
_BLACK = (0.0, 0.0, 0.0)
_KNOWN_LETTERS = frozenset("–—‘’“”†•…‰€™−≠≤≥")  # beyond Latin letters
_REPLACED = {"→": ">", "←": "<", "↔": "<>", "‐": "-", "‑": "-"}


class Canvas:
    """A picture in the making."""

    def __init__(self, width: int, height: int, color: Color):
        self._size = (width, height)
        self._window = offscreenWindow(width * FINENESS, height * FINENESS)
        self._window.SetNumberOfLayers(1)
        self._color = color

    def pane(self, area: Rectangle) -> Pane:
        """A part of the canvas; what is drawn on it ends at its edges."""
        width, height = self._size
        renderer = vtkRenderer()
        renderer.SetBackground(*self._color)
        renderer.SetViewport(
            area.left / width,
            1 - area.bottom / height,
            area.right / width,
            1 - area.top / height,
        )
        self._window.AddRenderer(renderer)
        return Pane(renderer, area.width, area.height)

    def pixels(self) -> np.ndarray:
        """What was drawn, uint8 of shape (rows, columns, 3)."""
        width, height = self._size
        fine = drawnPixels(self._window).reshape(height, FINENESS, width, FINENESS, 3)
        return np.rint(fine.mean(axis=(1, 3))).astype(np.uint8)


class Pane:
    """A part of a canvas with its own pixel coordinates; later things cover earlier ones."""

    def __init__(self, renderer: vtkRenderer, width: float, height: float):
        self._renderer = renderer
        self.width = width
        self.height = height

    def image(self, colors: np.ndarray) -> None:
        """Fill the pane with `colors` from 0 to 1, FINENESS pixels for one of the pane's."""
        rows, columns, _ = colors.shape
        values = np.rint(np.clip(colors, 0, 1)[::-1] * 255).astype(np.uint8)
        data = vtkImageData()
        data.SetDimensions(columns, rows, 1)
        data.GetPointData().SetScalars(numpy_to_vtk(values.reshape(-1, 3), deep=True))
        mapper = vtkImageMapper()
        mapper.SetInputData(data)
        mapper.SetColorWindow(255)
        mapper.SetColorLevel(127.5)
        actor = vtkActor2D()
        actor.SetMapper(mapper)
        actor.GetProperty().SetDisplayLocationToBackground()
        self._renderer.AddViewProp(actor)

    def lines(
        self, lines: Iterable[np.ndarray], color: Color, width: float, opacity: float = 1.0
    ) -> None:
        """Lines through points, each of shape (n, 2)."""
        points, cells = vtkPoints(), vtkCellArray()
        for line in lines:
            cells.InsertNextCell(len(line))
            for x, y in line:
                cells.InsertCellPoint(points.InsertNextPoint(*self._place(x, y), 0))
        shape = vtkPolyData()
        shape.SetPoints(points)
        shape.SetLines(cells)
        self._add(shape, color, opacity).SetLineWidth(width * FINENESS)

    def box(self, area: Rectangle, color: Color, opacity: float = 1.0) -> None:
        """A filled rectangle."""
        points, cells = vtkPoints(), vtkCellArray()
        cells.InsertNextCell(4)
        for x, y in (
            (area.left, area.top),
            (area.right, area.top),
            (area.right, area.bottom),
            (area.left, area.bottom),
        ):
            cells.InsertCellPoint(points.InsertNextPoint(*self._place(x, y), 0))
        shape = vtkPolyData()
        shape.SetPoints(points)
        shape.SetPolys(cells)
        self._add(shape, color, opacity)

    def text(
        self,
        words: str,
        x: float,
        y: float,
        size: float,
        color: Color,
        *,
        side: Side = "left",
        bold: bool = False,
    ) -> None:
        """`words` with their `side` at `x` and their middle at `y`, with a dark rim."""
        rim = max(1.0, size * 0.07)
        for dx, dy in ((-rim, 0), (rim, 0), (0, -rim), (0, rim)):
            self._letters(words, x + dx, y + dy, size, _BLACK, side, bold)
        self._letters(words, x, y, size, color, side, bold)

    def labelOn(
        self,
        words: str,
        x: float,
        y: float,
        size: float,
        color: Color,
        *,
        side: Side = "left",
        bold: bool = False,
    ) -> None:
        """Text as above on a dark plate, so that it can be read on lines and bright tissue."""
        width = textWidth(words, size, bold=bold)
        left = x - {"left": 0.0, "center": width / 2, "right": width}[side]
        plate = Rectangle(left - size * 0.3, y - size * 0.7, width + size * 0.6, size * 1.4)
        self.box(plate, _BLACK, PLATE)
        self.text(words, x, y, size, color, side=side, bold=bold)

    def _letters(
        self, words: str, x: float, y: float, size: float, color: Color, side: Side, bold: bool
    ) -> None:
        actor = vtkTextActor()
        actor.SetInput(drawable(words))
        style = actor.GetTextProperty()
        _setStyle(style, size, bold)
        style.SetColor(*color)
        {
            "left": style.SetJustificationToLeft,
            "center": style.SetJustificationToCentered,
            "right": style.SetJustificationToRight,
        }[side]()
        style.SetVerticalJustificationToCentered()
        actor.SetPosition(*self._place(x, y + size * CAPITALS))
        self._renderer.AddViewProp(actor)

    def _add(self, shape: vtkPolyData, color: Color, opacity: float) -> vtkProperty2D:
        mapper = vtkPolyDataMapper2D()
        mapper.SetInputData(shape)
        actor = vtkActor2D()
        actor.SetMapper(mapper)
        actor.GetProperty().SetColor(*color)
        actor.GetProperty().SetOpacity(opacity)
        self._renderer.AddViewProp(actor)
        return actor.GetProperty()

    def _place(self, x: float, y: float) -> tuple[float, float]:
        return x * FINENESS, (self.height - y) * FINENESS


def textWidth(words: str, size: float, *, bold: bool = False) -> float:
    """How many pixels `words` take."""
    style = vtkTextProperty()
    _setStyle(style, size, bold)
    extent = [0, 0, 0, 0]
    vtkTextRenderer.GetInstance().GetBoundingBox(style, drawable(words), extent, 72)
    return (extent[1] - extent[0] + 1) / FINENESS


def shortened(words: str, width: float, size: float, *, bold: bool = False) -> str:
    """`words`, cut at the end with an ellipsis if they take more than `width` pixels."""
    if textWidth(words, size, bold=bold) <= width:
        return words
    kept = len(words)
    while kept and textWidth(words[:kept].rstrip() + "…", size, bold=bold) > width:
        kept -= 1
    return words[:kept].rstrip() + "…"


def drawable(words: str) -> str:
    """`words` with what VTK's own font lacks replaced: arrows by `>`, accents it does not know
    left out, other scripts by `?`. A dollar sign is escaped, because two of them mean a formula.
    """
    return "".join(map(_drawableLetter, words)).replace("$", "\\$")


def _drawableLetter(letter: str) -> str:
    if " " <= letter <= "\N{LATIN SMALL LETTER Z WITH CARON}" or letter in _KNOWN_LETTERS:
        return letter
    if letter in _REPLACED:
        return _REPLACED[letter]
    plain = unicodedata.normalize("NFKD", letter)[:1]
    return plain if " " <= plain <= "~" else " " if letter.isspace() else "?"


def _setStyle(style: vtkTextProperty, size: float, bold: bool) -> None:
    style.SetFontFamilyToArial()
    style.SetFontSize(max(1, round(size * FINENESS)))
    style.SetBold(bold)
