"""Lines of equal dose over a slice view, in the colors of its wash."""

from __future__ import annotations

import numpy as np
import slicer
from vtkmodules.vtkCommonCore import vtkLookupTable
from vtkmodules.vtkCommonTransforms import vtkTransform
from vtkmodules.vtkFiltersCore import vtkFlyingEdges2D
from vtkmodules.vtkFiltersGeneral import vtkTransformFilter, vtkVertexGlyphFilter
from vtkmodules.vtkRenderingCore import vtkActor2D, vtkPolyDataMapper2D, vtkRenderer

from .colorLegend import CELLS, colorLegend
from .displayedLayers import DOSE_LAYER
from .viewProp import ViewProp

SHARES = (0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 1.0, 1.07)  # of the reference dose
LINE_WIDTH = 2.0  # pixels


def isodoseLevels(
    dose: slicer.vtkMRMLScalarVolumeNode, reference: float = 0.0
) -> dict[float, float]:
    """The doses, Gy, at which lines are drawn, by their share of `reference` in Gy: the dose that
    is called 100 %, as a prescription; where it is 0, the highest dose of the volume, whatever its
    window. Only what lies below that highest dose is drawn; nothing if there is no dose in it.
    """
    image = dose.GetImageData()
    highest = 0.0 if image is None else image.GetScalarRange()[1]
    levels = {share: share * (reference or highest) for share in SHARES}
    return {share: level for share, level in levels.items() if level < highest}


def doseLegend(dose: slicer.vtkMRMLScalarVolumeNode, heading: str) -> str:
    """What the colors of its wash mean, as rich text under `heading`; empty if it has none."""
    display = dose.GetDisplayNode()
    if display is None or display.GetColorNode() is None:
        return ""
    low, high = display.GetWindowLevelMin(), display.GetWindowLevelMax()
    table, colors = _colors(display), np.empty((CELLS, 3))
    for cell, place in enumerate(np.linspace(low, high, CELLS)):
        table.GetColor(place, colors[cell])
    ticks = [f"{place:.3g}" for place in np.linspace(low, high, 5)]
    ticks[-1] = f"\N{GREATER-THAN OR EQUAL TO} {ticks[-1]}"
    return colorLegend(heading, colors, ticks)


class Isodoses(ViewProp):
    """The lines of the dose that one slice view shows, where the view itself resamples it: its
    window and threshold change nothing. `reference` is that of `isodoseLevels`. Whoever sets
    `isShown` or `reference` asks the view to draw.

    Where the voxels of the dose end a line runs along their edge, as beyond it no dose is known.
    """

    def __init__(self, logic: slicer.vtkMRMLSliceLogic, renderer: vtkRenderer) -> None:
        self.isShown, self.reference = False, 0.0
        self._logic = logic
        self._lines = vtkFlyingEdges2D()
        toCenters = vtkTransform()
        toCenters.Translate(0.5, 0.5, 0)  # a pixel's value is that of its center
        placed = vtkTransformFilter()
        placed.SetTransform(toCenters)
        placed.SetInputConnection(self._lines.GetOutputPort())
        # Dots, one a pixel: of lines that are as short software OpenGL leaves some out
        dots = vtkVertexGlyphFilter()
        dots.SetInputConnection(placed.GetOutputPort())
        self._mapper = vtkPolyDataMapper2D()
        self._mapper.SetInputConnection(dots.GetOutputPort())
        self._mapper.UseLookupTableScalarRangeOn()
        self._actor = vtkActor2D()
        self._actor.SetMapper(self._mapper)
        self._actor.PickableOff()
        self._actor.GetProperty().SetPointSize(LINE_WIDTH)
        super().__init__(renderer, self._actor)

    def _update(self, *_: object) -> None:
        dose = self._logic.GetNthLayerVolumeNode(DOSE_LAYER) if self.isShown else None
        levels = {} if dose is None else isodoseLevels(dose, self.reference)
        isDrawn = bool(levels) and self._logic.GetSliceNode().GetDimensions()[2] == 1
        self._actor.SetVisibility(isDrawn)
        if dose is None or not isDrawn:
            self._lines.RemoveAllInputConnections(0)
            return
        resliced = self._logic.GetNthLayer(DOSE_LAYER).GetReslice().GetOutputPort()
        if self._lines.GetInputConnection(0, 0) is not resliced:
            self._lines.SetInputConnection(resliced)
        self._lines.SetNumberOfContours(len(levels))
        for number, level in enumerate(levels.values()):
            self._lines.SetValue(number, level)
        self._mapper.SetLookupTable(_colors(dose.GetDisplayNode()))


def _colors(display: slicer.vtkMRMLScalarVolumeDisplayNode) -> vtkLookupTable:
    """By dose, as the wash has them."""
    table = vtkLookupTable()
    table.DeepCopy(display.GetColorNode().GetLookupTable())
    table.SetTableRange(display.GetWindowLevelMin(), display.GetWindowLevelMax())
    return table
