"""What the stand-ins of VTK's views do: a window of VTK that never shows is painted into the
widget, and what the user does there reaches VTK. See `standIns`.

The window opens when it is first needed. Where nothing can be drawn the view stays blank.
"""

from __future__ import annotations

import numpy as np
from PySide6 import QtCore, QtGui
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkCommand
from vtkmodules.vtkInteractionStyle import vtkInteractorStyleUser
from vtkmodules.vtkRenderingAnnotation import vtkCornerAnnotation
from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindow, vtkWindowToImageFilter
from vtkmodules.vtkRenderingOpenGL2 import vtkGenericOpenGLRenderWindow
from vtkmodules.vtkRenderingUI import vtkGenericRenderWindowInteractor

from IHERORegistrationLib.pictures.graphics import graphicsAvailable, offscreenWindow

from . import viewInput
from .pythonQt import handler
from .standIns import behaves

UPPER_LEFT = 2  # corner of an annotation


@behaves
class ctkVTKAbstractView:
    _defaults = {"renderEnabled": True}  # noqa: RUF012 of the real widget

    def _build(self):
        self.setAttribute(QtCore.Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setFocusPolicy(QtCore.Qt.FocusPolicy.WheelFocus)
        self.setMinimumSize(20, 20)
        self._window = None
        self._picture = None
        self._isStale, self._isDrawing, self._pauses = True, False, 0
        self._renderer = vtkRenderer()
        self._annotation = vtkCornerAnnotation()
        self._annotation.SetMaximumFontSize(18)
        self._renderer.AddViewProp(self._annotation)

    def _open(self):
        """Make the window, if there is none."""
        if self._window is not None:
            return
        self._window = _newWindow()
        self._window.AddRenderer(self._renderer)
        self._window.AddObserver(vtkCommand.EndEvent, self._drawnByOthers)
        self._interactor = vtkGenericRenderWindowInteractor()
        self._interactor.SetRenderWindow(self._window)
        style = vtkInteractorStyleUser()  # what the managers leave ends there
        self._interactor.SetInteractorStyle(style)
        self._interactor.EnableRenderOff()  # views are drawn when they are painted
        self._interactor.AddObserver(vtkCommand.RenderEvent, self._askedToDraw)
        self._interactor.Initialize()
        self._fit()
        self._opened()

    def _fit(self):
        """Give the window the size of the widget, before anything is laid out in it."""
        columns, rows = viewInput.pixelSize(self)
        if tuple(self._window.GetSize()) != (columns, rows):
            self._window.SetSize(columns, rows)
            self._interactor.SetSize(columns, rows)
        self._window.SetDPI(round(self.logicalDpiX() * self.devicePixelRatioF()))

    def _opened(self):
        """What a kind of view does when its window is there."""

    def _leave(self):
        """Let go of the scene and the window."""
        if self._window is not None:
            self._window.RemoveAllObservers()
            self._interactor.RemoveAllObservers()
            self._window.Finalize()
            self._window = self._interactor = None

    def _askedToDraw(self, *_):
        self.scheduleRender()

    def _drawnByOthers(self, *_):
        if not self._isDrawing:
            self.scheduleRender()

    def renderWindow(self):
        self._open()
        return self._window

    def interactor(self):
        self._open()
        return self._interactor

    def interactorStyle(self):
        return self.interactor().GetInteractorStyle()

    def cornerAnnotation(self):
        return self._annotation

    def _get_cornerAnnotationText(self):
        return self._annotation.GetText(UPPER_LEFT) or ""

    def _set_cornerAnnotationText(self, text):
        self._annotation.ClearAllTexts()
        self._annotation.SetText(UPPER_LEFT, text)
        self.scheduleRender()

    def _get_backgroundColor(self):
        return QtGui.QColor.fromRgbF(*self._renderer.GetBackground())

    def _set_backgroundColor(self, color):
        self._renderer.SetBackground(color.redF(), color.greenF(), color.blueF())
        self.scheduleRender()

    def pauseRender(self):
        self._pauses += 1

    def resumeRender(self):
        self._pauses = max(0, self._pauses - 1)
        if not self._pauses and self._isStale:
            self.update()

    def setRenderPaused(self, isPaused):
        (self.pauseRender if isPaused else self.resumeRender)()

    def scheduleRender(self):
        self._isStale = True
        if not self._pauses:
            self.update()

    def forceRender(self):
        self._isStale = True
        if self.isVisible():
            self._draw()
            self.update()

    def _beforeDrawing(self):
        """What a kind of view sets before it is drawn."""

    def _draw(self):
        if not (self.renderEnabled and graphicsAvailable()):
            return
        self._open()
        self._fit()
        self._isDrawing = True
        self._beforeDrawing()
        self._window.Render()
        self._picture = _pictureIn(self._window)
        self._picture.setDevicePixelRatio(self.devicePixelRatioF())
        self._isDrawing = self._isStale = False

    @handler
    def paintEvent(self, event):
        if self._isStale and not self._pauses:
            self._draw()
        painter = QtGui.QPainter(self)
        if self._picture is None:
            painter.fillRect(self.rect, QtGui.QColor("black"))
        else:
            painter.drawImage(0, 0, self._picture)

    @handler
    def resizeEvent(self, event):
        if self._window is not None:
            self._fit()
        self._resized()
        self.scheduleRender()

    def _resized(self):
        """What a kind of view does when it has another size."""

    @handler
    def mouseMoveEvent(self, event):
        viewInput.moved(self, event)

    @handler
    def mousePressEvent(self, event):
        viewInput.pressed(self, event)

    @handler
    def mouseReleaseEvent(self, event):
        viewInput.released(self, event)

    @handler
    def mouseDoubleClickEvent(self, event):
        viewInput.doubleClicked(self, event)

    @handler
    def wheelEvent(self, event):
        viewInput.turned(self, event)

    @handler
    def keyPressEvent(self, event):
        viewInput.keyPressed(self, event)

    @handler
    def keyReleaseEvent(self, event):
        viewInput.keyReleased(self, event)

    @handler
    def enterEvent(self, event):
        viewInput.entered(self, event)

    @handler
    def leaveEvent(self, event):
        viewInput.left(self, event)


def _newWindow() -> vtkRenderWindow:
    if graphicsAvailable():
        return offscreenWindow(1, 1)
    window = vtkGenericOpenGLRenderWindow()  # is never drawn
    window.SetSize(1, 1)
    return window


def _pictureIn(window: vtkRenderWindow) -> QtGui.QImage:
    reader = vtkWindowToImageFilter()
    reader.SetInput(window)
    reader.SetInputBufferTypeToRGB()
    reader.ReadFrontBufferOff()
    reader.ShouldRerenderOff()
    reader.Update()
    columns, rows, _ = reader.GetOutput().GetDimensions()
    values = vtk_to_numpy(reader.GetOutput().GetPointData().GetScalars())
    pixels = np.ascontiguousarray(values.reshape(rows, columns, 3)[::-1])
    kind = QtGui.QImage.Format.Format_RGB888
    return QtGui.QImage(pixels.data, columns, rows, 3 * columns, kind).copy()
