"""Which widgets a parameter may be bound to, and how: Slicer goes by the very class of a widget.

The limits of a number and the classes of a node box are those of the parameter, whatever the widget
said before: a number without limits gets none, and cannot be bound to a ctkSliderWidget.
"""

from __future__ import annotations

import enum
from pathlib import Path

INT_LIMITS = (-(2**31), 2**31 - 1)


def bound(owner, parameter, widget):
    """What keeps a parameter of `owner` and a widget alike.

    Raises
        RuntimeError: Slicer does not bind them.
    """
    kind = "Node" if parameter.isNode else parameter.type.__name__
    kind = "Enum" if issubclass(parameter.type, enum.Enum) else kind
    widgetClass = type(widget).__name__
    attribute, signal = _ways().get((kind, widgetClass), (None, ""))
    if attribute is None:
        raise RuntimeError(f"Slicer binds no {kind} to a {widgetClass}: {parameter.name}")
    limits = next((one for one in parameter.notes if hasattr(one, "minimum")), None)
    if parameter.type in (int, float):
        _limit(widget, widgetClass, parameter, limits)
    if parameter.isNode:
        widget.nodeTypes = [one().GetClassName() for one in parameter.types]
    return _Bound(owner, parameter, widget, attribute, signal)


def _ways() -> dict[tuple[str, str], tuple[str, str]]:
    """By kind of value and class of widget the attribute, "" for a node, and the signal."""
    number = ("value", "valueChanged(int)")
    real = ("value", "valueChanged(double)")
    return {
        ("bool", "QCheckBox"): ("checked", "toggled(bool)"),
        ("bool", "QPushButton"): ("checked", "toggled(bool)"),
        ("int", "QSlider"): number,
        ("int", "QSpinBox"): number,
        ("float", "QDoubleSpinBox"): real,
        ("float", "ctkSliderWidget"): real,
        ("str", "QLineEdit"): ("text", "textChanged(QString)"),
        ("str", "QComboBox"): ("currentText", "currentTextChanged(QString)"),
        ("Enum", "QComboBox"): ("currentText", "currentTextChanged(QString)"),
        ("Path", "ctkPathLineEdit"): ("currentPath", "currentPathChanged(QString)"),
        ("Path", "ctkDirectoryButton"): ("directory", "directoryChanged(QString)"),
        ("Node", "qMRMLNodeComboBox"): ("", "currentNodeChanged(vtkMRMLNode*)"),
    }


def _limit(widget, widgetClass, parameter, limits):
    if limits is None and widgetClass in ("ctkSliderWidget", "QSlider"):
        raise RuntimeError(f"{parameter.name}: a slider needs a number within limits")
    lowest, highest = (-float("inf"), float("inf")) if parameter.type is float else INT_LIMITS
    widget.minimum = lowest if limits is None else limits.minimum
    widget.maximum = highest if limits is None else limits.maximum


class _Bound:
    """A widget and the parameter that it shows."""

    def __init__(self, owner, parameter, widget, attribute, signal):
        self.owner, self.parameter, self.widget = owner, parameter, widget
        self.attribute, self.signal = attribute, signal

    def connect(self):
        self.widget.connect(self.signal, self.take)

    def disconnect(self):
        self.widget.disconnect(self.signal, self.take)

    def take(self):
        if self.owner._isShowing:
            return
        value = getattr(self.widget, self.attribute) if self.attribute else self._node()
        kind = self.parameter.type
        if issubclass(kind, enum.Enum):
            value = kind[value]
        modified = self.owner.StartModify()
        try:
            self.owner.setValue(self.parameter.name, Path(value) if kind is Path else value)
        finally:
            self.owner.EndModify(modified)

    def _node(self):
        return self.widget.currentNode()

    def show(self):
        value = self.owner.getValue(self.parameter.name)
        if not self.attribute:
            self.widget.setCurrentNode(value)
            return
        if isinstance(value, enum.Enum):
            value = value.name
        value = str(value) if isinstance(value, Path) else value
        setattr(self.widget, self.attribute, value)
