"""What the stand-ins of 3D views do: Slicer's own displayable managers draw them. See `standIns`
and `vtkViews`.
"""

from __future__ import annotations

import slicer
from PySide6 import QtWidgets
from vtkmodules.vtkCommonCore import vtkCommand

from .displayableManagers import managerNamed, spaceManagers
from .standIns import behaves, standIn


@behaves
class qMRMLThreeDView:
    def _build(self):
        self._node = self._group = self._style = None

    def _setNode(self, node, application):
        self._node, self._application = node, application

    def _opened(self):
        self._group = spaceManagers(self._application, self._renderer)
        self._group.AddObserver(vtkCommand.UpdateEvent, self._askedToDraw)
        self._group.SetMRMLDisplayableNode(self._node)
        self._style = slicer.vtkMRMLThreeDViewInteractorStyle()
        self._style.SetDisplayableManagers(self._group)
        self._style.SetInteractor(self._interactor)

    def _leave(self):
        if self._group is not None:
            self._group.RemoveAllObservers()
        standIn("ctkVTKAbstractView")._leave(self)
        self._node = self._group = self._style = None

    def mrmlViewNode(self):
        return self._node

    def interactorObserver(self):
        self._open()
        return self._style

    def displayableManagerByClassName(self, name):
        self._open()
        return managerNamed(self._group, name)

    def cameraNode(self):
        self._open()
        return managerNamed(self._group, "vtkMRMLCameraDisplayableManager").GetCameraNode()

    def resetFocalPoint(self):
        """Look at the middle of what is shown."""
        self._open()
        bounds = self._renderer.ComputeVisiblePropBounds()
        if bounds[0] <= bounds[1]:
            self._renderer.ResetCamera(bounds)
        self.scheduleRender()


@behaves
class qMRMLThreeDWidget:
    def _build(self):
        self._view = standIn("qMRMLThreeDView")()
        self._controller = standIn("qMRMLThreeDViewControllerWidget")()
        rows = QtWidgets.QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self._controller)
        rows.addWidget(self._view, 1)

    def _setNode(self, node, application):
        self._view._setNode(node, application)
        self._controller.viewLabel().setText(node.GetLayoutLabel())
        self._controller._setColor(node.GetLayoutColor())

    def _leave(self):
        self._view._leave()

    def threeDView(self):
        return self._view

    def viewWidget(self):
        return self._view

    def threeDController(self):
        return self._controller

    def controllerWidget(self):
        return self._controller

    def mrmlViewNode(self):
        return self._view.mrmlViewNode()

    def mrmlAbstractViewNode(self):
        return self._view.mrmlViewNode()
