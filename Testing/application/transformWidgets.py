"""What the stand-ins of Slicer's widgets for linear transforms do. See `standIns`."""

from __future__ import annotations

import math

import shiboken6
import slicer
from PySide6 import QtCore, QtWidgets
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkCommonTransforms import vtkTransform

from .ctkValues import FARTHEST
from .standIns import behaves, emit, standIn

AXES = ("LR", "PA", "IS")


class _OfOneTransform:
    def _observe(self, node):
        before, tag = getattr(self, "_observed", (None, None))
        if before is not None:
            before.RemoveObserver(tag)
        event = slicer.vtkMRMLTransformableNode.TransformModifiedEvent
        tag = node.AddObserver(event, self._changed) if node is not None else None
        self._observed = (node, tag)
        self.setEnabled(node is not None)

    def _changed(self, *_):
        if shiboken6.isValid(self):
            self._show()

    def _matrix(self):
        matrix = vtkMatrix4x4()
        self._observed[0].GetMatrixTransformToParent(matrix)
        return matrix


@behaves
class qMRMLTransformSliders(_OfOneTransform):
    """Three sliders that move or turn, always about the axes of the parent (GLOBAL)."""

    _defaults = {"Title": "Translation", "decimals": 2}  # noqa: RUF012 of the real widget

    def _build(self):
        kind = standIn("qMRMLTransformSliders")
        self._sliders = [standIn("ctkSliderWidget")() for _ in AXES]
        form = QtWidgets.QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        self._isShowing, self._turned = False, [0.0] * 3
        self._values |= {"TypeOfTransform": kind.TRANSLATION, "CoordinateReference": kind.GLOBAL}
        for number, slider in enumerate(self._sliders):
            slider.minimum, slider.maximum = -200, 200
            form.addRow(AXES[number], slider)
            slider.connect("valueChanged(double)", lambda value, n=number: self._moved(n, value))
        self._observe(None)

    def setMRMLTransformNode(self, node):
        self._observe(node)
        self._turned = [0.0] * 3
        self._show()

    def mrmlTransformNode(self):
        return self._observed[0]

    def _isTurning(self):
        return self.TypeOfTransform in (self.ROTATION, "ROTATION")

    def _changed_TypeOfTransform(self):
        if self._isTurning():
            self.setRange(-180, 180)

    def setRange(self, low, high):
        for slider in self._sliders:
            slider.minimum, slider.maximum = low, high
        emit(self, "rangeChanged(double,double)", low, high)

    def _get_minimum(self):
        return self._sliders[0].minimum

    def _set_minimum(self, value):
        self.setRange(value, self._sliders[0].maximum)

    def _get_maximum(self):
        return self._sliders[0].maximum

    def _set_maximum(self, value):
        self.setRange(self._sliders[0].minimum, value)

    def _get_SingleStep(self):
        return self._sliders[0].singleStep

    def _set_SingleStep(self, value):
        for slider in self._sliders:
            slider.singleStep = value

    def _show(self):
        if self._observed[0] is None or self._isTurning():
            return
        matrix = self._matrix()
        self._isShowing = True
        for number, slider in enumerate(self._sliders):
            value = matrix.GetElement(number, 3)
            if abs(value) > slider.maximum:
                self.setRange(-2 * abs(value), 2 * abs(value))
            slider.value = value
        self._isShowing = False

    def _moved(self, number, value):
        if self._isShowing or self._observed[0] is None:
            return
        matrix = self._matrix()
        if self._isTurning():
            turn = vtkTransform()
            turn.RotateWXYZ(value - self._turned[number], *(int(n == number) for n in range(3)))
            self._turned[number] = value
            vtkMatrix4x4.Multiply4x4(turn.GetMatrix(), matrix, matrix)
        else:
            matrix.SetElement(number, 3, value)
        self._observed[0].SetMatrixTransformToParent(matrix)
        emit(self, "valuesChanged()")

    def reset(self):
        self.resetUnactiveSliders()
        if not self._isTurning():
            for slider in self._sliders:
                slider.value = 0

    def resetUnactiveSliders(self):
        if not self._isTurning():
            return
        self._isShowing, self._turned = True, [0.0] * 3
        for slider in self._sliders:
            slider.value = 0
        self._isShowing = False


@behaves
class ctkMatrixWidget:
    """Numbers in rows and columns."""

    _defaults = {  # noqa: RUF012 of the real widget
        "rowCount": 4,
        "columnCount": 4,
        "decimals": 2,
        "editable": True,
        "minimum": -FARTHEST,
        "maximum": FARTHEST,
    }

    def _build(self):
        self._table = QtWidgets.QTableWidget(4, 4)
        self._table.horizontalHeader().hide()
        self._table.verticalHeader().hide()
        stretch = QtWidgets.QHeaderView.ResizeMode.Stretch
        self._table.horizontalHeader().setSectionResizeMode(stretch)
        self._table.verticalHeader().setSectionResizeMode(stretch)
        rows = QtWidgets.QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self._table)
        self._numbers = {}  # by row and column
        self._isShowing = False
        self.identity()
        self._table.itemChanged.connect(self._edited)

    def identity(self):
        for row in range(4):
            for column in range(4):
                self.setValue(row, column, float(row == column))

    def value(self, row, column):
        return self._numbers[row, column]

    def setValue(self, row, column, value):
        self._numbers[row, column] = value
        self._isShowing = True
        item = QtWidgets.QTableWidgetItem(f"{value:.{self.decimals}f}")
        if not self.editable:
            item.setFlags(item.flags() & ~QtCore.Qt.ItemFlag.ItemIsEditable)
        self._table.setItem(row, column, item)
        self._isShowing = False

    def widgetItem(self, row, column):
        return self._table.item(row, column)

    def _edited(self, item):
        if self._isShowing:
            return
        value = float(item.text())
        if math.isfinite(value) and self.minimum <= value <= self.maximum:
            self._numbers[item.row(), item.column()] = value
            self._tell()

    def _tell(self):
        emit(self, "matrixChanged()")


@behaves
class qMRMLMatrixWidget(_OfOneTransform):
    """The matrix to the parent of a transform node."""

    def _build(self):
        self._observe(None)

    def setMRMLTransformNode(self, node):
        self._observe(node)
        self._show()

    def _show(self):
        if self._observed[0] is None:
            self.identity()
            return
        matrix = self._matrix()
        for row in range(4):
            for column in range(4):
                self.setValue(row, column, matrix.GetElement(row, column))

    def _tell(self):
        emit(self, "matrixChanged()")
        if self._observed[0] is not None:
            matrix = vtkMatrix4x4()
            for (row, column), value in self._numbers.items():
                matrix.SetElement(row, column, value)
            self._observed[0].SetMatrixTransformToParent(matrix)
