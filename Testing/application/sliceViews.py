"""What the stand-ins of the layout and its slice views do: they have Slicer's own slice logic, and
nodes in the scene, but draw nothing. See `standIns`.
"""

from __future__ import annotations

import slicer
from vtkmodules.vtkCommonCore import vtkCollection

from .standIns import behaves, standIn

VIEWS = {"Red": "Axial", "Yellow": "Sagittal", "Green": "Coronal"}  # of the conventional layout


@behaves
class qMRMLLayoutManager:
    """Three slice views in every layout, and no others."""

    _defaults = {"layout": 2}  # noqa: RUF012 conventional

    def _build(self):
        scene = slicer.mrmlScene
        self._application = slicer.vtkMRMLApplicationLogic()
        self._application.SetMRMLScene(scene)
        self._logics = vtkCollection()
        self._application.SetSliceLogics(self._logics)
        slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(scene)
        self._widgets = {name: self._sliceWidget(name, scene) for name in VIEWS}

    def _sliceWidget(self, name, scene):
        logic = slicer.vtkMRMLSliceLogic()
        logic.SetMRMLApplicationLogic(self._application)
        self._logics.AddItem(logic)
        logic.SetMRMLScene(scene)
        logic.AddSliceNode(name).SetOrientation(VIEWS[name])
        widget = standIn("qMRMLSliceWidget")()
        widget._logic = logic
        return widget

    def _leave(self):
        """Let go of the scene."""
        self._application.SetMRMLScene(None)
        for widget in self._widgets.values():
            widget._logic.SetMRMLScene(None)

    def mrmlScene(self):
        return slicer.mrmlScene

    def mrmlSliceLogics(self):
        return self._logics

    def sliceViewNames(self):
        return tuple(VIEWS)

    def sliceWidget(self, name):
        return self._widgets.get(name)

    def resetSliceViews(self):
        for widget in self._widgets.values():
            widget.fitSliceToBackground()

    def setLayout(self, layout):
        self.layout = layout


@behaves
class qMRMLSliceWidget:
    def _build(self):
        self._logic = None

    def sliceLogic(self):
        return self._logic

    def mrmlSliceNode(self):
        return self._logic.GetSliceNode()

    def mrmlSliceCompositeNode(self):
        return self._logic.GetSliceCompositeNode()

    def fitSliceToBackground(self):
        self._logic.FitSliceToBackground()
