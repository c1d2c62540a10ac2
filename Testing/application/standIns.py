"""Classes of CTK and Slicer, made from the table of their names.

A class has the properties (they keep what is set, and emit NAMEChanged where there is that signal),
signals, methods and constants of the real one, and those of its base. Methods do nothing but say so
(NotImplementedError), except setters of properties and what a behavior says: a class whose public
methods must be names of the real one, and whose private methods may be

    _build(self)               when an object is made
    _get_NAME, _set_NAME       instead of keeping the value of a property
    _changed_NAME(self)        after a property has another value
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6 import QtCore

from apiCheck.classMembers import classMembers, isKnown, qtClass, table, whyNotClass

from .pythonQt import signalOf

PYTHON_TYPES = {
    "bool": bool,
    "int": int,
    "double": float,
    "float": float,
    "vtkIdType": int,
    "QString": str,
}
EMPTY = {"bool": False, "int": 0, "double": 0.0, "float": 0.0, "vtkIdType": 0, "QString": ""}

behaviors: dict[str, type] = {}  # class name: behavior
_made: dict[str, type] = {}


class NotInSlicerError(AttributeError):
    """A stand-in was asked for a name that the real class does not have."""


def behaves(behavior: type) -> type:
    """Decorator: the stand-in of the class of that name has this behavior."""
    behaviors[behavior.__name__] = behavior
    return behavior


def standIn(className: str) -> type:
    """The stand-in for a class of CTK or Slicer.

    Raises
        NotInSlicerError: there is no such class, or not in all releases that we are for.
    """
    if className not in _made:
        reason = whyNotClass(className)
        if reason or className not in table()["classes"]:
            raise NotInSlicerError(reason or f"{className} is a class of Qt")
        base = _base(className)
        behavior = behaviors.get(className, object)
        namespace = {
            **_constants(className),
            **_properties(className, behavior),
            **_signals(className),
            **_methods(className, base, behavior),
            **_ofBehavior(className, behavior),
            "__init__": _start,
            "__setattr__": _set,
        }
        _made[className] = type(base)(className, (base,), namespace)
    return _made[className]


def offered(className: str) -> set[str]:
    """The public names that a stand-in has beside those of Qt."""
    ours = [one for one in standIn(className).__mro__ if one in _made.values()]
    return {name for one in ours for name in vars(one) if not name.startswith("_")}


def _base(className: str) -> type:
    name = table()["classes"][className]["base"]
    if name in table()["classes"]:
        return standIn(name)
    return (qtClass(name) if isKnown(name) else None) or QtCore.QObject


def _qtBase(className: type) -> type:
    return next(one for one in className.__mro__ if one.__module__.startswith("PySide6"))


def _start(self, *arguments) -> None:
    parents = [one for one in arguments if isinstance(one, QtCore.QObject)]
    texts = [one for one in arguments if isinstance(one, str)]
    _qtBase(type(self)).__init__(self, *parents[:1])
    self._values = {}
    for one in reversed(type(self).__mro__):
        if "_build" in vars(one):
            vars(one)["_build"](self)
    for text in texts:
        self.setText(text)


def _set(self, name: str, value) -> None:
    if not name.startswith("_") and not hasattr(type(self), name):
        raise NotInSlicerError(f"{type(self).__name__} has no {name}")
    _qtBase(type(self)).__setattr__(self, name, value)


def _isNew(className: str, name: str) -> bool:
    return name in classMembers(className).newer


def _properties(className: str, behavior: type) -> dict[str, QtCore.Property]:
    entry = table()["classes"][className]
    found = {}
    for name, kind in entry.get("properties", {}).items():
        if _isNew(className, name):
            continue
        default = getattr(behavior, "_defaults", {}).get(name, EMPTY.get(kind))
        if default is None and kind == "QStringList":
            default = ()
        get = getattr(behavior, f"_get_{name}", None) or partial(_kept, name, default)
        keep = getattr(behavior, f"_set_{name}", None) or partial(_keep, name)
        type_ = "QStringList" if kind == "QStringList" else PYTHON_TYPES.get(kind, object)
        signal = f"{name}Changed({kind})"
        if signal not in entry.get("signals", ()) or hasattr(behavior, f"_set_{name}"):
            signal = ""  # there is none, or the behavior emits it
        put = None if name in entry.get("readOnly", ()) else _putting(name, keep, signal)
        found[name] = QtCore.Property(type_, _getting(get), put)
    return found


def _kept(name: str, default, self):
    return self._values.get(name, default)


def _keep(name: str, self, value) -> None:
    self._values[name] = value


def _getting(get: Callable) -> Callable:
    return lambda self: get(self)


def _putting(name: str, keep: Callable, signal: str) -> Callable:
    def put(self, value):
        before = getattr(self, name)
        keep(self, value)
        if signal and getattr(self, name) != before:
            emit(self, signal, getattr(self, name))
        changed = getattr(self, f"_changed_{name}", None)
        if changed is not None:
            changed()

    return put


def _signals(className: str) -> dict:
    """One attribute for each signature; the first one of a name has that name."""
    found: dict = {"_signals": {}}
    for signature in sorted(table()["classes"][className].get("signals", ()), key=_mostTold):
        if _isNew(className, signature):
            continue
        name, _, arguments = signature[:-1].partition("(")
        types_ = [PYTHON_TYPES.get(one, object) for one in arguments.split(",") if one]
        attribute = name if name not in found else f"_{name}{len(found)}"
        found[attribute] = QtCore.Signal(*types_)
        found["_signals"][signature] = attribute
    return found


def _mostTold(signature: str) -> tuple[int, bool]:
    return -signature.count(","), "vtk" not in signature


def _constants(className: str) -> dict[str, int]:
    """Values are made up: compare them by name only."""
    names = table()["classes"][className].get("constants", ())
    return {name: number for number, name in enumerate(names)}


def _methods(className: str, base: type, behavior: type) -> dict[str, Callable]:
    members = classMembers(className)
    setters = {f"set{one[0].upper()}{one[1:]}": one for one in members.properties}
    found = {}
    for name in table()["classes"][className].get("methods", ()):
        if hasattr(behavior, name) or name in members.properties or _isNew(className, name):
            continue
        if name in setters:
            found[name] = _setter(setters[name])
        elif not hasattr(base, name):
            found[name] = _refusal(className, name)
    return found


def _setter(name: str) -> Callable:
    return lambda self, value: setattr(self, name, value)


def _refusal(className: str, name: str) -> Callable:
    def refuse(self, *arguments, **named):
        raise NotImplementedError(f"the stand-in of {className} does not {name}")

    return refuse


def _ofBehavior(className: str, behavior: type) -> dict:
    if behavior is object:
        return {}
    found = {
        name: value
        for one in reversed(behavior.__mro__[:-1])  # without object
        for name, value in vars(one).items()
        if not name.startswith("__")
    }
    unknown = [
        name for name in found if not name.startswith("_") and name not in classMembers(className)
    ]
    if unknown:
        raise NotInSlicerError(f"{className} has no {', '.join(unknown)}")
    return found


def emit(sender: QtCore.QObject, signature: str, *arguments) -> None:
    """Emit the signal of that signature."""
    signalOf(sender, signature).emit(*arguments)
