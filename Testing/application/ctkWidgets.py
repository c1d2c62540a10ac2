"""What the stand-ins of CTK's widgets do. See `standIns`."""

from __future__ import annotations

from PySide6 import QtCore, QtWidgets

from .standIns import behaves, emit

HEADER = 24  # pixels


def _inOneRow(widget, *parts) -> None:
    row = QtWidgets.QHBoxLayout(widget)
    row.setContentsMargins(0, 0, 0, 0)
    for part in parts:
        row.addWidget(part)


@behaves
class ctkCollapsibleButton:
    """A header that hides what lies below it."""

    def _build(self):
        self.setCheckable(True)
        self.setChecked(True)
        self.setContentsMargins(2, HEADER, 2, 4)
        policy = QtWidgets.QSizePolicy.Policy
        self.setSizePolicy(policy.Preferred, policy.Preferred)
        self.connect("toggled(bool)", self._toggle)

    def _toggle(self, isOpen):
        self._showContent()
        emit(self, "contentsCollapsed(bool)", not isOpen)

    def _get_collapsed(self):
        return not self.checked

    def _set_collapsed(self, isCollapsed):
        self.setChecked(not isCollapsed)

    def _showContent(self):
        direct = QtCore.Qt.FindChildOption.FindDirectChildrenOnly
        for one in self.findChildren(QtWidgets.QWidget, options=direct):
            one.setVisible(self.checked)
        self.updateGeometry()

    def showEvent(self, event):
        self._showContent()

    def sizeHint(self):
        layout = self.layout()
        if layout is None or not self.checked:
            return QtCore.QSize(120, HEADER)
        hint = layout.sizeHint()
        return QtCore.QSize(max(hint.width(), 120), hint.height())

    def paintEvent(self, event):
        painter = QtWidgets.QStylePainter(self)
        header = QtCore.QRect(0, 0, self.width, HEADER - 4)
        painter.fillRect(header, self.palette.mid())
        mark = "▾" if self.checked else "▸"
        header.adjust(6, 0, 0, 0)
        painter.drawText(header, QtCore.Qt.AlignmentFlag.AlignVCenter, f"{mark} {self.text}")


@behaves
class ctkSliderWidget:
    """A slider and a spin box of one value."""

    def _build(self):
        self._slider = QtWidgets.QSlider(QtCore.Qt.Orientation.Horizontal)
        self._slider.setRange(0, 1000)
        self._box = QtWidgets.QDoubleSpinBox()
        self._box.setRange(0, 99)
        _inOneRow(self, self._slider, self._box)
        self._box.connect("valueChanged(double)", self._moved)
        self._slider.connect("sliderMoved(int)", self._dragged)

    def _moved(self, value):
        extent = self._box.maximum - self._box.minimum
        if extent:
            self._slider.setValue(round(1000 * (value - self._box.minimum) / extent))
        emit(self, "valueChanged(double)", value)

    def _dragged(self, thousandths):
        extent = self._box.maximum - self._box.minimum
        self._box.setValue(self._box.minimum + extent * thousandths / 1000)

    def _get_value(self):
        return self._box.value

    def _set_value(self, value):
        self._box.setValue(value)

    def _get_minimum(self):
        return self._box.minimum

    def _set_minimum(self, value):
        self._box.setMinimum(value)

    def _get_maximum(self):
        return self._box.maximum

    def _set_maximum(self, value):
        self._box.setMaximum(value)

    def _get_singleStep(self):
        return self._box.singleStep

    def _set_singleStep(self, value):
        self._box.setSingleStep(value)

    def _get_decimals(self):
        return self._box.decimals

    def _set_decimals(self, value):
        self._box.setDecimals(value)

    def _get_suffix(self):
        return self._box.suffix

    def _set_suffix(self, text):
        self._box.setSuffix(text)


@behaves
class ctkPathLineEdit:
    """A path to type."""

    def _build(self):
        self._line = QtWidgets.QLineEdit()
        _inOneRow(self, self._line)
        self._line.connect("textChanged(QString)", self._typed)

    def _typed(self, text):
        emit(self, "currentPathChanged(QString)", text)

    def _get_currentPath(self):
        return self._line.text

    def _set_currentPath(self, path):
        self._line.setText(path)
