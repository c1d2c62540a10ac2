"""PySide6 with the face of PythonQt, which Slicer's Python has.

Properties are attributes and cannot be called; setters stay. `connect("clicked(bool)", function)`
takes the signature of a signal, and the function may take fewer arguments. Errors in such functions
are kept in `failures`, as they would otherwise end in Qt unseen.

Known difference: the properties in VIRTUAL stay methods, for Shiboken calls what has their names.
"""

from __future__ import annotations

import functools
import inspect
import sys
import types
import weakref
from collections.abc import Callable

import shiboken6
from PySide6 import QtCore, QtGui, QtUiTools, QtWidgets

from apiCheck.classMembers import normalized

VIRTUAL = {"duration", "minimumSizeHint", "sizeHint", "spacing"}

_senders: weakref.WeakSet[QtCore.QObject] = weakref.WeakSet()  # of connected signals
failures: list[BaseException] = []  # raised by functions that signals and observers called


def _property(name: str, *, isWritable: bool) -> property:
    def get(self):
        return QtCore.QObject.property(self, name)

    def put(self, value):
        if not QtCore.QObject.setProperty(self, name, value):
            raise ValueError(f"{type(self).__name__}.{name} cannot be {value!r}")

    return property(get, put if isWritable else None)


class _PropertyOfObjects(property):
    """A property of objects; the class has a static function of that name, as QTimer does."""

    def __init__(self, ofObjects: property, ofClass: Callable):
        super().__init__(ofObjects.fget, ofObjects.fset)
        self.ofClass = ofClass

    def __get__(self, instance, owner=None):
        return self.ofClass if instance is None else super().__get__(instance, owner)


def _enumProperty(qtClass: type, name: str) -> property:
    """Goes by the functions of C++: some enumerations cannot be had or set by name."""
    return property(vars(qtClass)[name], vars(qtClass).get(f"set{name[0].upper()}{name[1:]}"))


def _showProperties(qtClass: type) -> None:
    meta = qtClass.staticMetaObject
    for number in range(meta.propertyOffset(), meta.propertyCount()):
        one = meta.property(number)
        if one.name() in VIRTUAL:
            continue
        if one.isEnumType() and one.name() in vars(qtClass):
            setattr(qtClass, one.name(), _enumProperty(qtClass, one.name()))
        else:
            setattr(qtClass, one.name(), _property(one.name(), isWritable=one.isWritable()))


def signalOf(sender: QtCore.QObject, signature: str):
    """The signal of an object with a signature such as “clicked(bool)”.

    Raises
        ValueError: it has no such signal.
    """
    wanted = normalized(signature)
    for one in type(sender).__mro__:
        if wanted in vars(one).get("_signals", ()):
            return getattr(sender, vars(one)["_signals"][wanted])
    # Not sender.metaObject(): that of the class would go when the sender goes
    if type(sender).staticMetaObject.indexOfSignal(wanted) < 0:
        raise ValueError(f"{type(sender).__name__} has no signal {signature}")
    name, _, arguments = wanted[:-1].partition("(")
    signal = getattr(sender, name)
    try:
        return signal[arguments]
    except (KeyError, IndexError):
        return signal


def _accepted(function: Callable) -> int:
    """How many arguments a function takes."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # a method in C++
        return sys.maxsize
    if any(one.kind == one.VAR_POSITIONAL for one in parameters):
        return sys.maxsize
    return sum(one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD) for one in parameters)


def _slot(function: Callable) -> Callable:
    count = _accepted(function)

    def slot(*arguments):
        try:
            function(*arguments[:count])
        except Exception as error:  # noqa: BLE001 Qt drops it: whoever runs the test shall see it
            failures.append(error)

    return slot


def handler(function: Callable) -> Callable:
    """Decorator of a method that Qt calls: what it raises is kept in `failures`."""

    @functools.wraps(function)
    def handle(*arguments):
        try:
            return function(*arguments)
        except Exception as error:  # noqa: BLE001 Qt would crash: whoever runs the test shall see it
            failures.append(error)

    return handle


def _key(signature: str, function: Callable) -> tuple:
    own = getattr(function, "__func__", function)
    return normalized(signature), own, id(getattr(function, "__self__", None))


def _connect(self, signature: str, *target) -> bool:
    """connect("signal()", function) or connect("signal()", receiver, "slot()")."""
    if isinstance(signature, QtCore.QObject):  # PySide6 calls it too, with its own arguments
        return QtCore.QObject.connect(signature, *target)
    function = target[0]
    if len(target) == 2:
        function = getattr(target[0], target[1].partition("(")[0])
    slot = _slot(function)
    signalOf(self, signature).connect(slot)
    if not hasattr(self, "_slots"):
        self._slots = {}
    _senders.add(self)
    self._slots.setdefault(_key(signature, function), []).append(slot)
    return True


def _disconnect(self, signature: str, *target) -> bool:
    if isinstance(signature, QtCore.QObject):
        return QtCore.QObject.disconnect(signature, *target)
    (function,) = target
    slots = getattr(self, "_slots", {}).get(_key(signature, function))
    if not slots:
        return False
    signalOf(self, signature).disconnect(slots.pop())
    return True


def connections(sender: QtCore.QObject) -> int:
    """How many functions are connected to signals of an object."""
    return sum(len(slots) for slots in getattr(sender, "_slots", {}).values())


def disconnectAll() -> None:
    """Undo every `connect`, also of objects that outlive what was connected: timers without a
    parent, the application, and wrappers that PySide6 keeps when what they wrap is gone.
    """
    for sender in list(_senders):
        if shiboken6.isValid(sender):
            for (signature, *_), slots in sender._slots.items():
                for slot in slots:
                    signalOf(sender, signature).disconnect(slot)
        sender._slots.clear()
    _senders.clear()


def _showConnections() -> None:
    ofQt = QtCore.QObject.__getattribute__  # PySide6 fixes connect deeper than a class attribute
    replaced = {"connect": _connect, "disconnect": _disconnect}

    def getAttribute(self, name):
        function = replaced.get(name)
        return types.MethodType(function, self) if function else ofQt(self, name)

    QtCore.QObject.__getattribute__ = getAttribute


def _qtModule() -> types.ModuleType:
    qt = types.ModuleType("qt", "What Slicer's Python calls qt.")
    singleShot = QtCore.QTimer.singleShot
    for library in (QtCore, QtGui, QtWidgets, QtUiTools):
        for name in [one for one in dir(library) if not one.startswith("_")]:
            value = getattr(library, name)
            setattr(qt, name, value)
            if isinstance(value, type) and issubclass(value, QtCore.QObject):
                _showProperties(value)
    QtCore.QTimer.singleShot = _PropertyOfObjects(QtCore.QTimer.singleShot, singleShot)
    _showConnections()
    QtCore.QObject.name = property(
        lambda self: self.objectName, lambda self, name: setattr(self, "objectName", name)
    )
    QtCore.QObject.className = lambda self: type(self).__name__
    QtCore.QObject.delete = lambda self: self.deleteLater()
    for one in (QtWidgets.QDialog, QtWidgets.QMenu, QtWidgets.QApplication):
        one.exec_ = one.exec
    QtCore.QFile.ReadOnly = QtCore.QIODevice.OpenModeFlag.ReadOnly
    return qt


qt = _qtModule()
