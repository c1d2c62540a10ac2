"""A slice view without the application: Slicer's slice logic, drawn off screen."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import slicer
from vtkmodules.vtkRenderingCore import vtkActor2D, vtkImageMapper, vtkRenderer, vtkRenderWindow

from IHERORegistrationLib.pictures.graphics import drawnPixels, offscreenWindow


@dataclass(frozen=True, eq=False)
class SliceView:
    """A view of `columns` × `rows` pixels. Whoever makes it keeps the scene."""

    logic: slicer.vtkMRMLSliceLogic
    ground: vtkImageMapper
    renderer: vtkRenderer
    window: vtkRenderWindow
    held: list = field(default_factory=list)  # what has to stay as long as the view

    @property
    def node(self) -> slicer.vtkMRMLSliceNode:
        return self.logic.GetSliceNode()

    @property
    def composite(self) -> slicer.vtkMRMLSliceCompositeNode:
        return self.logic.GetSliceCompositeNode()

    def pixels(self) -> np.ndarray:
        """What it draws, uint8 (rows, columns, 3), the top row first."""
        self.ground.SetInputConnection(self.logic.GetImageDataConnection())
        return drawnPixels(self.window)


def sliceView(scene: slicer.vtkMRMLScene, name: str, columns: int, rows: int) -> SliceView:
    """An axial view; needs `canDraw`."""
    slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(scene)
    logic = slicer.vtkMRMLSliceLogic()
    logic.SetMRMLScene(scene)
    logic.AddSliceNode(name).SetOrientation("Axial")
    logic.ResizeSliceNode(columns, rows)
    mapper = vtkImageMapper()
    mapper.SetColorWindow(255)
    mapper.SetColorLevel(127.5)
    ground = vtkActor2D()
    ground.SetMapper(mapper)
    ground.GetProperty().SetDisplayLocationToBackground()
    renderer = vtkRenderer()
    renderer.AddViewProp(ground)
    window = offscreenWindow(columns, rows)
    window.AddRenderer(renderer)
    return SliceView(logic, mapper, renderer, window)
