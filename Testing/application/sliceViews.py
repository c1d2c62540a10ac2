"""What the stand-ins of slice views do: Slicer's own logic and displayable managers draw them. See
`standIns` and `vtkViews`.
"""

from __future__ import annotations

import slicer
from PySide6 import QtWidgets
from vtkmodules.vtkCommonCore import vtkCommand
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkRenderingCore import vtkActor2D, vtkImageMapper

from . import viewInput
from .displayableManagers import managerNamed, sliceManagers
from .standIns import behaves, standIn


@behaves
class ctkVTKSliceView:
    """One image on the ground of the view; the real one has several side by side (light box)."""

    _defaults = {"colorWindow": 255.0, "colorLevel": 127.5}  # noqa: RUF012 of the real widget

    def _build(self):
        self._connection = None
        self._mapper = vtkImageMapper()
        self._mapper.SetColorWindow(255)
        self._mapper.SetColorLevel(127.5)
        self._ground = vtkActor2D()
        self._ground.SetMapper(self._mapper)
        self._ground.GetProperty().SetDisplayLocationToBackground()
        self._ground.VisibilityOff()
        self._renderer.GetActiveCamera().ParallelProjectionOn()
        self._renderer.AddViewProp(self._ground)

    def setImageDataConnection(self, connection):
        self._connection = connection
        if connection is not None:
            self._mapper.SetInputConnection(connection)
        self._ground.SetVisibility(connection is not None)
        self.scheduleRender()


@behaves
class qMRMLSliceView:
    def _build(self):
        self._logic = self._group = self._style = None

    def _setLogic(self, logic, application):
        self._logic, self._application = logic, application
        self._logicObserver = logic.AddObserver(vtkCommand.ModifiedEvent, self._takeImage)
        self._takeImage()
        self._resized()

    def _takeImage(self, *_):
        connection = self._logic.GetImageDataConnection()
        if connection is not self._connection:
            self.setImageDataConnection(connection)
        self.scheduleRender()

    def _opened(self):
        self._group = sliceManagers(self._application, self._renderer)
        self._group.AddObserver(vtkCommand.UpdateEvent, self._askedToDraw)
        self._group.SetMRMLDisplayableNode(self._logic.GetSliceNode())
        self._style = slicer.vtkMRMLSliceViewInteractorStyle()
        self._style.SetSliceLogic(self._logic)
        self._style.SetDisplayableManagers(self._group)
        self._style.SetInteractor(self._interactor)

    def _leave(self):
        if self._logic is not None:
            self._logic.RemoveObserver(self._logicObserver)
        if self._group is not None:
            self._group.RemoveAllObservers()
            self._style.SetInteractor(None)
            self._style.SetDisplayableManagers(None)
            self._group.SetMRMLDisplayableNode(None)
        standIn("ctkVTKAbstractView")._leave(self)
        self._logic = self._group = self._style = None

    def _resized(self):
        if self._logic is not None:
            self._logic.ResizeSliceNode(*viewInput.pixelSize(self))

    def mrmlSliceNode(self):
        return self._logic.GetSliceNode() if self._logic is not None else None

    def sliceViewInteractorStyle(self):
        self._open()
        return self._style

    def interactorObserver(self):
        return self.sliceViewInteractorStyle()

    def displayableManagerByClassName(self, name):
        self._open()
        return managerNamed(self._group, name)

    def convertDeviceToXYZ(self, place):
        """From pixels from the lower left corner."""
        return [float(place[0]), float(place[1]), 0.0]

    def convertXYZToRAS(self, xyz):
        return self.mrmlSliceNode().GetXYToRAS().MultiplyPoint((*xyz, 1.0))[:3]

    def convertRASToXYZ(self, ras):
        inverse = vtkMatrix4x4()
        vtkMatrix4x4.Invert(self.mrmlSliceNode().GetXYToRAS(), inverse)
        return inverse.MultiplyPoint((*ras, 1.0))[:3]


@behaves
class qMRMLAbstractViewWidget:
    def pauseRender(self):
        self.viewWidget().pauseRender()

    def resumeRender(self):
        self.viewWidget().resumeRender()


@behaves
class qMRMLSliceWidget:
    def _build(self):
        self._view = standIn("qMRMLSliceView")()
        self._controller = standIn("qMRMLSliceControllerWidget")()
        rows = QtWidgets.QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self._controller)
        rows.addWidget(self._view, 1)
        self._logic = None

    def _setLogic(self, logic, application):
        self._logic = logic
        self._view._setLogic(logic, application)
        self._controller._setLogic(logic)

    def _leave(self):
        self._controller._leave()
        self._view._leave()
        self._logic = None

    def sliceView(self):
        return self._view

    def viewWidget(self):
        return self._view

    def sliceController(self):
        return self._controller

    def controllerWidget(self):
        return self._controller

    def sliceLogic(self):
        return self._logic

    def logic(self):
        return self._logic

    def mrmlSliceNode(self):
        return self._logic.GetSliceNode()

    def mrmlAbstractViewNode(self):
        return self._logic.GetSliceNode()

    def mrmlSliceCompositeNode(self):
        return self._logic.GetSliceCompositeNode()

    def interactorStyle(self):
        return self._view.interactorStyle()

    def imageDataConnection(self):
        return self._logic.GetImageDataConnection()

    def overlayCornerAnnotation(self):
        return self._view.cornerAnnotation()

    def fitSliceToBackground(self):
        self._logic.FitSliceToBackground()

    def setSliceOrientation(self, orientation):
        self.mrmlSliceNode().SetOrientation(orientation)

    def _get_sliceOrientation(self):
        return self.mrmlSliceNode().GetOrientation()

    def _set_sliceOrientation(self, orientation):
        self.mrmlSliceNode().SetOrientation(orientation)

    def _get_sliceViewName(self):
        return self.mrmlSliceNode().GetLayoutName()

    def _get_sliceViewLabel(self):
        return self.mrmlSliceNode().GetLayoutLabel()
