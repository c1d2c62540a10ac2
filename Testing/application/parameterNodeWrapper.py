"""slicer.parameterNodeWrapper, the part that we use: values that live in a parameter node and in
the widgets that name them.

Types: bool, int, float, str, Path, an Enum, a class of nodes; each may be “| None” (nodes only are
None). Annotated with Default, WithinRange, Choice. Anything else is refused by name.
"""

from __future__ import annotations

import enum
import types
import typing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import slicer
from vtkmodules.vtkCommonCore import vtkCommand

from .pythonQt import qt
from .standIns import standIn

SIMPLE = (bool, int, float, str, Path)


@dataclass(frozen=True)
class Default:
    value: Any


@dataclass(frozen=True)
class WithinRange:
    minimum: float
    maximum: float

    def _check(self, value):
        if not self.minimum <= value <= self.maximum:
            raise ValueError(f"{value} is not within {self.minimum} and {self.maximum}")


@dataclass(frozen=True)
class Choice:
    choices: Any

    def _check(self, value):
        if value not in self.choices:
            raise ValueError(f"{value!r} is not one of {list(self.choices)}")


class _Parameter:
    """A descriptor: reads and writes the parameter node of its owner."""

    def __init__(self, name, annotation, default):
        self.name = name
        self.type, self.notes = _typeAndNotes(annotation)
        told = [one.value for one in self.notes if isinstance(one, Default)]
        self.default = default if default is not None else next(iter(told), self._empty())

    @property
    def isNode(self):
        return issubclass(self.type, slicer.vtkMRMLNode)

    def _empty(self):
        if self.isNode:
            return None
        if issubclass(self.type, enum.Enum):
            return next(iter(self.type))
        if self.type in SIMPLE:
            return self.type()
        raise TypeError(f"{self.name}: the stand-in has no parameters of {self.type.__name__}")

    def __get__(self, owner, ownerType=None):
        if owner is None:
            return self
        node = owner.parameterNode
        if self.isNode:
            return node.GetNodeReference(self.name)
        text = node.GetParameter(self.name)
        if self.type is bool:
            return text == "True"
        return self.type[text] if issubclass(self.type, enum.Enum) else self.type(text)

    def __set__(self, owner, value):
        node = owner.parameterNode
        if self.isNode:
            node.SetNodeReferenceID(self.name, value.GetID() if value is not None else None)
            return
        if self.type is float and type(value) is int:
            value = float(value)
        if not isinstance(value, self.type) or (type(value) is bool) != (self.type is bool):
            raise TypeError(f"{self.name}: expected {self.type.__name__}, found {value!r}")
        for one in self.notes:
            if hasattr(one, "_check"):
                one._check(value)
        text = value.name if isinstance(value, enum.Enum) else str(value)
        if text != node.GetParameter(self.name):
            node.SetParameter(self.name, text)


def _typeAndNotes(annotation):
    notes: tuple = ()
    if typing.get_origin(annotation) is typing.Annotated:
        annotation, *rest = typing.get_args(annotation)
        notes = tuple(rest)
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        (annotation,) = (a for a in typing.get_args(annotation) if a is not type(None))
    return annotation, notes


def parameterNodeWrapper(wrapped):
    """Class decorator: its annotations become parameters of the node given to the constructor."""
    annotations = typing.get_type_hints(wrapped, include_extras=True)
    parameters = {
        name: _Parameter(name, annotation, getattr(wrapped, name, None))
        for name, annotation in annotations.items()
    }
    return type(wrapped.__name__, (_Wrapped, wrapped), {**parameters, "_parameters": parameters})


class _Wrapped:
    _parameters: typing.ClassVar[dict[str, _Parameter]] = {}

    def __init__(self, node):
        self.parameterNode = node
        self._connections: dict[int, tuple] = {}
        for name, parameter in self._parameters.items():
            if not parameter.isNode and not node.HasParameter(name):
                parameter.__set__(self, parameter.default)

    def AddObserver(self, event, callback, priority=0.0):
        return self.parameterNode.AddObserver(event, callback, priority)

    def RemoveObserver(self, tag):
        self.parameterNode.RemoveObserver(tag)

    def StartModify(self):
        return self.parameterNode.StartModify()

    def EndModify(self, wasModified):
        return self.parameterNode.EndModify(wasModified)

    def Modified(self):
        self.parameterNode.Modified()

    def getValue(self, name):
        return getattr(self, name)

    def setValue(self, name, value):
        setattr(self, name, value)

    def connectGui(self, ui) -> int:
        """Keep widgets and parameters alike; a widget names its parameter in a dynamic property."""
        bound = [
            _Bound(self, widget, widget.property("SlicerParameterName"))
            for widget in vars(ui).values()
            if widget.property("SlicerParameterName")
        ]

        def refresh(*_):
            for one in bound:
                one.show()

        tag = self.parameterNode.AddObserver(vtkCommand.ModifiedEvent, refresh)
        refresh()
        number = len(self._connections) + 1
        self._connections[number] = (tag, bound)
        return number

    def disconnectGui(self, number: int) -> None:
        tag, bound = self._connections.pop(number)
        self.parameterNode.RemoveObserver(tag)
        for one in bound:
            one.widget.disconnect(one.signal, one.take)


class _Bound:
    """A widget and the parameter that it shows."""

    def __init__(self, owner, widget, name):
        if name not in owner._parameters:
            raise ValueError(f"{widget.name}: there is no parameter {name}")
        self.owner, self.widget, self.name = owner, widget, name
        self.attribute, self.signal = _valueOf(widget)
        for one in owner._parameters[name].notes:
            if isinstance(one, WithinRange):
                widget.minimum, widget.maximum = one.minimum, one.maximum
        widget.connect(self.signal, self.take)

    def take(self):
        value = (
            self.widget.currentNode()
            if not self.attribute
            else (getattr(self.widget, self.attribute))
        )
        kind = self.owner._parameters[self.name].type
        if issubclass(kind, enum.Enum):
            value = kind[value]
        setattr(self.owner, self.name, Path(value) if kind is Path else value)

    def show(self):
        value = getattr(self.owner, self.name)
        if not self.attribute:
            self.widget.setCurrentNode(value)
            return
        if isinstance(value, enum.Enum):
            value = value.name
        value = str(value) if isinstance(value, Path) else value
        if getattr(self.widget, self.attribute) != value:
            setattr(self.widget, self.attribute, value)


def _valueOf(widget) -> tuple[str, str]:
    """Attribute with the value of a widget, "" for its node, and the signal of its change."""
    for kinds, attribute, signal in (
        ((standIn("qMRMLNodeComboBox"),), "", "currentNodeChanged(vtkMRMLNode*)"),
        ((standIn("ctkSliderWidget"), qt.QDoubleSpinBox), "value", "valueChanged(double)"),
        ((standIn("ctkPathLineEdit"),), "currentPath", "currentPathChanged(QString)"),
        ((standIn("ctkDirectoryButton"),), "directory", "directoryChanged(QString)"),
        ((qt.QSpinBox, qt.QAbstractSlider), "value", "valueChanged(int)"),
        ((qt.QAbstractButton,), "checked", "toggled(bool)"),
        ((qt.QComboBox,), "currentText", "currentTextChanged(QString)"),
        ((qt.QLineEdit,), "text", "textChanged(QString)"),
    ):
        if isinstance(widget, kinds):
            return attribute, signal
    raise TypeError(f"{widget.name}: the stand-in does not connect a {widget.className()}")
