"""What is drawn over a slice view: a note in its corner that cannot be overlooked, and a cursor
that is not Slicer's own.
"""

from __future__ import annotations

import textwrap
from enum import Enum

import numpy as np
import slicer
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor2D, vtkPolyDataMapper2D, vtkRenderer, vtkTextActor

from .sliceFusion import viewPoint
from .viewProp import ViewProp

LETTER = 15  # height, pixels
LETTER_WIDTH = 0.56  # of the height, about
EDGE = 8  # pixels between a note and the border of the view
ARM, GAP = 14, 4  # pixels of the cursor's lines and of the hole in its middle
CURSOR_COLOR = (0.34, 0.71, 0.91)  # sky blue of M. Okabe and K. Ito
PIN_COLOR = (0.94, 0.89, 0.26)  # their yellow


class Urgency(Enum):
    """How a note looks: color of its letters and of its ground. Told apart by lightness, too."""

    STOP = ((1.0, 1.0, 1.0), (0.75, 0.05, 0.1))
    WARNING = ((0.0, 0.0, 0.0), (0.94, 0.89, 0.26))
    PLAIN = ((1.0, 1.0, 1.0), (0.15, 0.15, 0.15))


class ViewNote(ViewProp):
    """A text in the upper right corner of a slice view, on a ground, wrapped to the view."""

    def __init__(self, renderer: vtkRenderer) -> None:
        self.text = ""
        self.urgency = Urgency.PLAIN
        self._actor = vtkTextActor()
        self._actor.PickableOff()
        look = self._actor.GetTextProperty()
        look.SetFontFamilyToArial()
        look.SetFontSize(LETTER)
        look.SetBold(True)
        look.SetJustificationToRight()
        look.SetVerticalJustificationToTop()
        look.SetBackgroundOpacity(0.85)
        self._actor.SetTextScaleModeToNone()
        super().__init__(renderer, self._actor)

    def _update(self, *_: object) -> None:
        self._actor.SetVisibility(bool(self.text))
        if not self.text:
            return
        columns, rows = self._renderer.GetSize()
        scale = self._renderer.GetRenderWindow().GetDPI() / 72
        room = (columns - 2 * EDGE) / (LETTER * LETTER_WIDTH * scale)
        lines = textwrap.wrap(self.text, max(int(room), 8))
        self._actor.SetInput("\n".join(f" {line} " for line in lines))
        letters, ground = self.urgency.value
        self._actor.GetTextProperty().SetColor(letters)
        self._actor.GetTextProperty().SetBackgroundColor(ground)
        self._actor.SetDisplayPosition(columns - EDGE, rows - EDGE)


class ViewCursor(ViewProp):
    """A cross in a slice view at a point of the world; Slicer has only one crosshair for all."""

    def __init__(
        self,
        node: slicer.vtkMRMLSliceNode,
        renderer: vtkRenderer,
        color: tuple[float, float, float] = CURSOR_COLOR,
    ) -> None:
        self.position: np.ndarray | None = None  # RAS mm; None hides it
        self._node = node
        self._lines = vtkPolyData()
        mapper = vtkPolyDataMapper2D()
        mapper.SetInputData(self._lines)
        self._actor = vtkActor2D()
        self._actor.SetMapper(mapper)
        self._actor.PickableOff()
        self._actor.GetProperty().SetColor(color)
        self._actor.GetProperty().SetLineWidth(2)
        super().__init__(renderer, self._actor)

    def _update(self, *_: object) -> None:
        self._actor.SetVisibility(self.position is not None)
        if self.position is None:
            return
        x, y, depth = viewPoint(self._node, tuple(self.position))
        self._actor.SetVisibility(abs(depth) <= 0.5 + 1e-6)  # it lies in this slice
        far, near = ARM, GAP
        ends = np.array([(-far, 0), (-near, 0), (near, 0), (far, 0)], float)
        ends = np.concatenate([ends, ends[:, ::-1]]) + np.array([x + 0.5, y + 0.5])
        points = vtkPoints()
        points.SetData(numpy_to_vtk(np.column_stack([ends, np.zeros(len(ends))]), deep=True))
        lines = vtkCellArray()
        for first in range(0, len(ends), 2):
            lines.InsertNextCell(2, (first, first + 1))
        self._lines.SetPoints(points)
        self._lines.SetLines(lines)
