"""What PythonQt offers of a class of Qt, CTK or Slicer: properties, methods, signals, constants."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from PySide6 import QtCore, QtGui, QtUiTools, QtWidgets

RELEASES = ("5.8", "5.10", "5.12", "5.13")
OLDEST = "5.12"  # the oldest Slicer that the extension is for
TABLE = Path(__file__).with_name("application.json")
QT_LIBRARIES = (QtCore, QtGui, QtWidgets, QtUiTools)
ADDED_BY_PYTHONQT = ("className", "delete", "exec_", "help")


@dataclass
class ClassMembers:
    """The members of a class and of its bases, as Python sees them in Slicer."""

    properties: dict[str, str] = field(default_factory=dict)  # name: type
    readOnly: set[str] = field(default_factory=set)
    methods: dict[str, str] = field(default_factory=dict)  # name: class that it returns, or ""
    signals: set[str] = field(default_factory=set)  # normalized, see `normalized`
    constants: set[str] = field(default_factory=set)
    newer: dict[str, str] = field(default_factory=dict)  # members that some releases lack: which

    def __contains__(self, name: str) -> bool:
        return any(name in one for one in (self.properties, self.methods, self.constants)) or bool(
            self.signalsNamed(name)
        )

    def signalsNamed(self, name: str) -> list[str]:
        return sorted(one for one in self.signals if one.startswith(f"{name}("))


def normalized(signature: str) -> str:
    """A signature without blanks, const and &: “clicked(bool)”."""
    return re.sub(r"\bconst\b|&|\s", "", signature)


@cache
def table() -> dict:
    """What application.json holds."""
    return json.loads(TABLE.read_text(encoding="utf-8"))


@cache
def qtClass(className: str) -> type | None:
    """The class of PySide6; None where Qt has none of that name."""
    for library in QT_LIBRARIES:
        found = getattr(library, className, None)
        if isinstance(found, type):
            return found
    return None


def isKnown(className: str) -> bool:
    return className in table()["classes"] or qtClass(className) is not None


def whyNotClass(className: str, oldest: str = OLDEST) -> str:
    """Why a class of Qt, CTK or Slicer cannot be used, "" if it can."""
    if className in table()["classes"]:
        since = table()["classes"][className].get("since", RELEASES[0])
        return f"{className} is new in Slicer {since}" if isAfter(since, oldest) else ""
    if qtClass(className) is None:
        return f"there is no class {className}"
    isNew = table()["notInQt5"].get(className, ()) is None
    return f"{className} is not in Qt 5.15" if isNew else ""


def isAfter(release: str, oldest: str) -> bool:
    """Whether `oldest` lacks what came with `release`."""
    return RELEASES.index(release) > RELEASES.index(oldest)


@cache
def classMembers(className: str, oldest: str = OLDEST) -> ClassMembers:
    """The members of a class of Qt, CTK or Slicer.

    What came after the release `oldest`, and what Qt 5.15 lacks, is named in `newer`.

    Raises
        LookupError: there is no such class.
    """
    entry = table()["classes"].get(className)
    if entry is None:
        return _ofQt(className)
    base = entry["base"]
    found = ClassMembers()
    if isKnown(base):
        _add(classMembers(base, oldest), found)
    found.properties |= entry.get("properties", {})
    found.readOnly |= set(entry.get("readOnly", ()))
    found.methods |= entry.get("methods", {})
    found.signals |= set(entry.get("signals", ()))
    found.constants |= set(entry.get("constants", ()))
    for name, since in entry.get("newer", {}).items():
        if isAfter(since, oldest):
            found.newer[name] = f"is new in Slicer {since}"
    return found


def _add(base: ClassMembers, members: ClassMembers) -> None:
    members.properties |= base.properties
    members.readOnly |= base.readOnly
    members.methods |= base.methods
    members.signals |= base.signals
    members.constants |= base.constants
    members.newer |= base.newer


def _ofQt(className: str) -> ClassMembers:
    qt = qtClass(className)
    if qt is None:
        raise LookupError(f"there is no class {className} in Qt, CTK or Slicer")
    found = ClassMembers(methods=dict.fromkeys(dir(qt), ""))
    for base in qt.__mro__:
        for name in table()["notInQt5"].get(base.__name__) or ():
            found.newer[name] = "is not in Qt 5.15"
    meta = getattr(qt, "staticMetaObject", None)
    if meta is None:
        return found
    found.methods |= dict.fromkeys(ADDED_BY_PYTHONQT, "")
    found.methods.pop("exec", None)  # exec_, with Qt 5 as with Qt 6
    found.properties["name"] = "QString"  # another word for objectName
    for one in (meta.property(number) for number in range(meta.propertyCount())):
        found.properties[one.name()] = one.typeName()
        if not one.isWritable():
            found.readOnly.add(one.name())
    for one in (meta.method(number) for number in range(meta.methodCount())):
        if one.methodType() == QtCore.QMetaMethod.MethodType.Signal:
            found.signals.add(normalized(bytes(one.methodSignature().data()).decode()))
    return found
