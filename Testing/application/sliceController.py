"""What the stand-ins of the bar over a slice view do. See `standIns`."""

from __future__ import annotations

import math

from PySide6 import QtCore, QtGui, QtWidgets
from vtkmodules.vtkCommonCore import vtkCommand

from .pythonQt import handler
from .standIns import behaves

STEPS = 1000  # of the slider
WIDEST = "Sagittal -0000.00 mm"  # text beside it


@behaves
class qMRMLViewControllerBar:
    def _build(self):
        self._letter = QtWidgets.QLabel()
        self._row = QtWidgets.QHBoxLayout(self)
        self._row.setContentsMargins(4, 0, 2, 0)
        self._row.setSpacing(4)
        self._row.addWidget(self._letter)
        self._letter.setMinimumWidth(18)

    def _setColor(self, color):
        """`color` are red, green, blue from 0 to 1."""
        name = QtGui.QColor.fromRgbF(*color).name()
        self._letter.setStyleSheet(f"background: {name}; color: black; padding: 0 3px")

    def viewLabel(self):
        return self._letter

    def barWidget(self):
        return self

    def barLayout(self):
        return self._row


@behaves
class qMRMLSliceControllerWidget:
    """Shows the offset and moves it; of the rest of the real one there is what calls the logic."""

    def _build(self):
        self._logic, self._observer, self._isShowing = None, None, False
        self._slider = QtWidgets.QSlider(QtCore.Qt.Orientation.Horizontal)
        self._slider.setRange(0, STEPS)
        self._slider.setMinimumWidth(20)
        self._text = QtWidgets.QLabel()
        self._row.addWidget(self._slider, 1)
        self._row.addWidget(self._text)
        widest = self._text.fontMetrics().horizontalAdvance(WIDEST)
        self._text.setMinimumWidth(widest)
        self._slider.connect("valueChanged(int)", self._slid)

    def _setLogic(self, logic):
        self._logic = logic
        node = logic.GetSliceNode()
        self._observer = logic.AddObserver(vtkCommand.ModifiedEvent, self._show)
        self._letter.setText(node.GetLayoutLabel() or node.GetLayoutName())
        self._setColor(node.GetLayoutColor())
        self._show()

    def _leave(self):
        if self._logic is not None:
            self._logic.RemoveObserver(self._observer)
            self._logic = None

    def _range(self):
        lowest, highest = self._bounds()
        return lowest, max(highest - lowest, 1e-6)

    def _bounds(self):
        bounds = [0.0] * 6
        self._logic.GetSliceBounds(bounds)
        return bounds[4], bounds[5]

    def _show(self, *_):
        if not self.isVisible():
            return
        lowest, extent = self._range()
        offset = self._logic.GetSliceOffset()
        self._isShowing = True
        step = STEPS * (offset - lowest) / extent  # no number over a volume that lies nowhere
        self._slider.setValue(round(min(max(step, 0), STEPS)) if math.isfinite(step) else 0)
        self._text.setText(f"{self._logic.GetSliceNode().GetOrientation()} {offset:.2f} mm")
        self._isShowing = False

    @handler
    def showEvent(self, event):
        if self._logic is not None:
            self._show()

    def _slid(self, step):
        if not self._isShowing:
            lowest, extent = self._range()
            self._logic.SetSliceOffset(lowest + extent * step / STEPS)

    def setSliceOffsetValue(self, offset):
        self._logic.SetSliceOffset(offset)

    def sliceLogic(self):
        return self._logic

    def mrmlSliceNode(self):
        return self._logic.GetSliceNode()

    def mrmlSliceCompositeNode(self):
        return self._logic.GetSliceCompositeNode()

    def fitSliceToBackground(self):
        self._logic.FitSliceToBackground()

    def setSliceLink(self, isLinked):
        self.mrmlSliceCompositeNode().SetLinkedControl(isLinked)

    def setHotLinked(self, isHot):
        self.mrmlSliceCompositeNode().SetHotLinkedControl(isHot)

    def setForegroundOpacity(self, opacity):
        self.mrmlSliceCompositeNode().SetForegroundOpacity(opacity)
