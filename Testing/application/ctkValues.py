"""What the stand-ins of CTK's widgets for numbers do. See `standIns`."""

from __future__ import annotations

from PySide6 import QtCore, QtWidgets

from .standIns import behaves, emit

STEPS = 1000  # of a slider
FARTHEST = 1e9  # what a spin box takes before it is told its limits


def inOneRow(widget, *parts) -> None:
    """Lay the parts of a widget side by side; the first one takes the room."""
    row = QtWidgets.QHBoxLayout(widget)
    row.setContentsMargins(0, 0, 0, 0)
    for number, part in enumerate(parts):
        row.addWidget(part, int(number == 0))


def _ofBox(name: str):
    """Functions that get and set a property of the spin box in a widget."""
    setter = f"set{name[0].upper()}{name[1:]}"

    def get(self):
        return getattr(self._box, name)

    def put(self, value):
        getattr(self._box, setter)(value)
        self._boxChanged()

    return get, put


@behaves
class ctkSliderWidget:
    """A slider and a spin box of one value."""

    _defaults = {"spinBoxVisible": True, "tracking": True}  # noqa: RUF012 of the real widget

    def _build(self):
        self._slider = QtWidgets.QSlider(QtCore.Qt.Orientation.Horizontal)
        self._slider.setRange(0, STEPS)
        self._slider.setMinimumWidth(40)
        self._box = QtWidgets.QDoubleSpinBox()
        self._box.setRange(0, 99)
        inOneRow(self, self._slider, self._box)
        self.setFocusProxy(self._box)
        self._box.connect("valueChanged(double)", self._moved)
        self._slider.connect("actionTriggered(int)", self._dragged)
        self._slider.connect("sliderReleased()", self._released)

    def _moved(self, value):
        self._boxChanged()
        emit(self, "valueIsChanging(double)", value)
        if self.tracking or not self._slider.isSliderDown():
            emit(self, "valueChanged(double)", value)

    def _boxChanged(self):
        extent = self._box.maximum - self._box.minimum
        if extent and not self._slider.isSliderDown():
            self._slider.setValue(round(STEPS * (self._box.value - self._box.minimum) / extent))

    def _dragged(self):
        extent = self._box.maximum - self._box.minimum
        self._box.setValue(self._box.minimum + extent * self._slider.sliderPosition / STEPS)

    def _released(self):
        if not self.tracking:
            emit(self, "valueChanged(double)", self._box.value)

    def _changed_spinBoxVisible(self):
        self._box.setVisible(self.spinBoxVisible)

    def reset(self):
        self._box.setValue(0)

    _get_value, _set_value = _ofBox("value")
    _get_minimum, _set_minimum = _ofBox("minimum")
    _get_maximum, _set_maximum = _ofBox("maximum")
    _get_singleStep, _set_singleStep = _ofBox("singleStep")
    _get_decimals, _set_decimals = _ofBox("decimals")
    _get_suffix, _set_suffix = _ofBox("suffix")
    _get_prefix, _set_prefix = _ofBox("prefix")


@behaves
class qMRMLSliderWidget:
    """Units of the scene are not looked at."""

    def setMRMLScene(self, scene):
        self._scene = scene

    def mrmlScene(self):
        return self._scene


@behaves
class ctkDoubleSpinBox:
    def _build(self):
        self._box = QtWidgets.QDoubleSpinBox()
        self._box.setRange(0, 99)
        inOneRow(self, self._box)
        self.setFocusProxy(self._box)
        self._box.connect("valueChanged(double)", self._tell)
        self._box.connect("editingFinished()", self._finished)

    def _tell(self, value):
        emit(self, "valueChanged(double)", value)
        emit(self, "valueChanged(QString)", self._box.text)

    def _finished(self):
        emit(self, "editingFinished()")

    def _boxChanged(self):
        """The spin box shows it itself."""

    _get_value, _set_value = _ofBox("value")
    _get_minimum, _set_minimum = _ofBox("minimum")
    _get_maximum, _set_maximum = _ofBox("maximum")
    _get_singleStep, _set_singleStep = _ofBox("singleStep")
    _get_decimals, _set_decimals = _ofBox("decimals")
    _get_suffix, _set_suffix = _ofBox("suffix")
    _get_prefix, _set_prefix = _ofBox("prefix")


@behaves
class qMRMLSpinBox:
    """Units of the scene are not looked at."""

    def setMRMLScene(self, scene):
        self._scene = scene

    def mrmlScene(self):
        return self._scene


class _Range:
    """Two spin boxes, the lower one never above the upper one."""

    def _build(self):
        self._low, self._high = QtWidgets.QDoubleSpinBox(), QtWidgets.QDoubleSpinBox()
        for box in (self._low, self._high):
            box.setRange(0, 99)
        self._high.setValue(99)
        inOneRow(self, self._low, self._high)
        self._low.connect("valueChanged(double)", self._lowMoved)
        self._high.connect("valueChanged(double)", self._highMoved)

    def _lowMoved(self, value):
        if value > self._high.value:
            self._high.setValue(value)
        emit(self, "minimumValueChanged(double)", value)
        emit(self, "valuesChanged(double,double)", value, self._high.value)

    def _highMoved(self, value):
        if value < self._low.value:
            self._low.setValue(value)
        emit(self, "maximumValueChanged(double)", value)
        emit(self, "valuesChanged(double,double)", self._low.value, value)

    def _get_minimumValue(self):
        return self._low.value

    def _set_minimumValue(self, value):
        self._low.setValue(value)

    def _get_maximumValue(self):
        return self._high.value

    def _set_maximumValue(self, value):
        self._high.setValue(value)

    def _get_minimum(self):
        return self._low.minimum

    def _set_minimum(self, value):
        self.setRange(value, max(value, self._low.maximum))

    def _get_maximum(self):
        return self._low.maximum

    def _set_maximum(self, value):
        self.setRange(min(value, self._low.minimum), value)

    def setRange(self, low, high):
        for box in (self._low, self._high):
            box.setRange(low, high)
        emit(self, "rangeChanged(double,double)", low, high)

    def setValues(self, low, high):
        self._low.setValue(low)
        self._high.setValue(high)

    def _eachBox(self, setter, value):
        for box in (self._low, self._high):
            getattr(box, setter)(value)

    def _get_singleStep(self):
        return self._low.singleStep

    def _set_singleStep(self, value):
        self._eachBox("setSingleStep", value)


@behaves
class ctkDoubleRangeSlider(_Range):
    """Without its slider."""


@behaves
class ctkRangeWidget(_Range):
    """Without its slider."""

    def _get_decimals(self):
        return self._low.decimals

    def _set_decimals(self, value):
        self._eachBox("setDecimals", value)

    def _get_suffix(self):
        return self._low.suffix

    def _set_suffix(self, text):
        self._eachBox("setSuffix", text)
