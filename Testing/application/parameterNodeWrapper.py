"""slicer.parameterNodeWrapper, the part that we use: values that live in a parameter node and in
the widgets that name them.

Types: bool, int, float, str, Path, an Enum, a class of nodes, “A | B | None” of such classes as a
typing.Union; nodes may be None. Annotated with Default, WithinRange, Choice. Anything else is
refused by name. As Slicer does:

- a wrapper keeps the values that it read until the node tells that it was modified;
- of a Union the value is kept under NAME.0, NAME.1, …, where it has not the name of the parameter;
- `connectGui` gives nothing back, so that only `connectParametersToGui` can be undone.
"""

from __future__ import annotations

import enum
import typing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import slicer
from vtkmodules.vtkCommonCore import vtkCommand

from .parameterWidgets import bound

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
        self.types, self.isUnion, self.notes = _typesAndNotes(name, annotation)
        told = [one.value for one in self.notes if isinstance(one, Default)]
        self.default = default if default is not None else next(iter(told), self._empty())

    @property
    def type(self):
        return self.types[0]

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

    def _keys(self):
        """Names in the parameter node; the last one of a Union is that of None."""
        count = len(self.types) + 1
        return [f"{self.name}.{n}" for n in range(count)] if self.isUnion else [self.name]

    def isIn(self, node):
        return any(node.HasParameter(key) for key in self._keys())

    def read(self, node):
        if not self.isIn(node):
            self.write(node, self.default)
        (key,) = (one for one in self._keys() if node.HasParameter(one))
        if self.isNode:
            return node.GetNodeReference(key)
        text = node.GetParameter(key)
        if self.type is bool:
            return text == "True"
        return self.type[text] if issubclass(self.type, enum.Enum) else self.type(text)

    def write(self, node, value):
        if self.isNode:
            self._writeNode(node, value)
            return
        if self.type is float and type(value) is int:
            value = float(value)
        if not isinstance(value, self.type) or (type(value) is bool) != (self.type is bool):
            raise TypeError(f"{self.name}: expected {self.type.__name__}, found {value!r}")
        for one in self.notes:
            if hasattr(one, "_check"):
                one._check(value)
        node.SetParameter(self.name, value.name if isinstance(value, enum.Enum) else str(value))

    def _writeNode(self, node, value):
        fits = [n for n, one in enumerate(self.types) if isinstance(value, one)]
        if value is not None and not fits:
            raise TypeError(f"{self.name}: found a {type(value).__name__}")
        keys = self._keys()
        number = fits[0] if fits else len(keys) - 1
        for key in keys[:number] + keys[number + 1 :]:
            node.UnsetParameter(key)
            node.RemoveNodeReferenceIDs(key)
        node.SetParameter(keys[number], "")
        if fits or not self.isUnion:
            node.SetNodeReferenceID(keys[number], value.GetID() if value is not None else None)

    def __get__(self, owner, ownerType=None):
        return self if owner is None else owner._values[self.name]

    def __set__(self, owner, value):
        node = owner.parameterNode
        modified = node.StartModify()
        owner._writing.add(self.name)
        try:
            self.write(node, value)
            owner._values[self.name] = self.read(node)
        finally:
            node.EndModify(modified)
            owner._writing.discard(self.name)


def _typesAndNotes(name, annotation):
    notes: tuple = ()
    if typing.get_origin(annotation) is typing.Annotated:
        annotation, *rest = typing.get_args(annotation)
        notes = tuple(rest)
    if typing.get_origin(annotation) is typing.Union:
        *types, last = typing.get_args(annotation)
        areNodes = all(issubclass(one, slicer.vtkMRMLNode) for one in types)
        if last is not type(None) or not areNodes:
            raise TypeError(f"{name}: the stand-in only has unions of nodes that end in None")
        return types, True, notes
    if not isinstance(annotation, type):
        raise TypeError(f"{name}: Slicer has no parameters of {annotation}")  # as of A | B
    return [annotation], False, notes


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
        self._connections: dict[int, list] = {}
        self._values: dict[str, Any] = {}
        self._writing: set[str] = set()
        self._isShowing = False
        for name, parameter in self._parameters.items():
            self._values[name] = parameter.read(node)
        self.AddObserver(vtkCommand.ModifiedEvent, self._reread)

    def _reread(self, *_):
        for name, parameter in self._parameters.items():
            if name not in self._writing:
                self._values[name] = parameter.read(self.parameterNode)

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
        if name not in self._parameters:
            raise ValueError(f"there is no parameter {name}")
        return getattr(self, name)

    def setValue(self, name, value):
        self.getValue(name)
        setattr(self, name, value)

    def connectGui(self, ui) -> None:
        """Keep widgets and parameters alike; a widget names its parameter in a dynamic property."""
        named = {one.property("SlicerParameterName"): one for one in vars(ui).values()}
        self.connectParametersToGui({name: one for name, one in named.items() if name})

    def connectParametersToGui(self, widgets) -> int:
        """The same for widgets by the names of their parameters; a number for `disconnectGui`."""
        for name in widgets:
            self.getValue(name)
        parts = [bound(self, self._parameters[name], one) for name, one in widgets.items()]
        number = len(self._connections)
        self._connections[number] = parts
        for one in parts:
            one.show()
            one.connect()
        self.AddObserver(vtkCommand.ModifiedEvent, self._showAll)
        return number

    def _showAll(self, *_):
        if self._isShowing:
            return
        self._isShowing = True
        modified = self.StartModify()
        try:
            for one in [one for parts in self._connections.values() for one in parts]:
                one.show()
        finally:
            self.EndModify(modified)
            self._isShowing = False

    def disconnectGui(self, number) -> None:
        """Nothing where there is no such connection."""
        for one in self._connections.pop(number, ()):
            one.disconnect()
