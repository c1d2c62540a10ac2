"""A .ui file: which objects it has, and whether the application knows their classes and members."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .classMembers import OLDEST, classMembers, isKnown, normalized, whyNotClass
from .findings import ApiFinding

QT_CREATOR_CLASSES = {"Line": "QFrame"}  # names that only the designer uses
QT_CREATOR_PROPERTIES = {"QLabel": {"buddy"}}
SCENE_SIGNAL = "mrmlSceneChanged(vtkMRMLScene*)"
SCENE_SLOT = "setMRMLScene(vtkMRMLScene*)"


@dataclass(frozen=True)
class UiFile:
    """The content of a .ui file."""

    path: Path
    root: ET.Element

    @property
    def classOfObject(self) -> dict[str, str]:
        """Class of each widget, layout, spacer and action, by its object name."""
        found = {}
        for kind, default in (("widget", ""), ("layout", ""), ("action", "QAction")):
            for one in self.root.iter(kind):
                name = one.get("class") or default
                found[one.get("name") or ""] = QT_CREATOR_CLASSES.get(name, name)
        for one in self.root.iter("buttongroup"):
            found[one.get("name") or ""] = "QButtonGroup"
        return found

    @property
    def connections(self) -> list[dict[str, str]]:
        """sender, signal, receiver, slot of each connection."""
        keys = ("sender", "signal", "receiver", "slot")
        return [
            {key: one.findtext(key) or "" for key in keys} for one in self.root.iter("connection")
        ]


def uiFile(path: Path) -> UiFile:
    return UiFile(path, ET.parse(path).getroot())  # our own file


def uiFindings(ui: UiFile, oldest: str = OLDEST) -> list[ApiFinding]:
    """What the application would not accept in a .ui file."""
    messages = [*_ofWidgets(ui, oldest), *_ofConnections(ui, oldest), *_ofScenes(ui, oldest)]
    return [ApiFinding(ui.path.name, 1, message) for message in messages]


def _ofWidgets(ui: UiFile, oldest: str) -> Iterator[str]:
    for widget in ui.root.iter("widget"):
        name = widget.get("class") or ""
        className = QT_CREATOR_CLASSES.get(name, name)
        reason = whyNotClass(className, oldest)
        if reason:
            yield f"{widget.get('name')}: {reason}"
        if not isKnown(className):
            continue
        members = classMembers(className, oldest)
        for one in widget.findall("property"):
            what = one.get("name") or ""
            isOwn = one.get("stdset") == "0" and what not in members.properties
            if isOwn or what in QT_CREATOR_PROPERTIES.get(className, ()):
                continue
            if what not in members.properties and className != "QFrame":
                yield f"{widget.get('name')}: {className} has no property {what}"
            elif what in members.newer:
                yield f"{widget.get('name')}: {className}.{what} {members.newer[what]}"


def _ofConnections(ui: UiFile, oldest: str) -> Iterator[str]:
    classes = ui.classOfObject
    for one in ui.connections:
        for who, what in (("sender", "signal"), ("receiver", "slot")):
            className = classes.get(one[who])
            if className is None:
                yield f"connection of {one[who]}: there is no such object"
            elif isKnown(className):
                members = classMembers(className, oldest)
                signature = normalized(one[what])
                isSlot = what == "slot" and re.sub(r"\(.*", "", signature) in members.methods
                if not isSlot and signature not in members.signals:
                    yield f"connection of {one[who]}: {className} has no {what} {one[what]}"


def _ofScenes(ui: UiFile, oldest: str) -> Iterator[str]:
    """Widgets that show nodes get the scene from the widget that holds them."""
    top = ui.root.find("widget")
    reached = {one["receiver"] for one in ui.connections if one["slot"] == SCENE_SLOT}
    for name, className in ui.classOfObject.items():
        isTop = top is not None and top.get("name") == name
        if isTop or name in reached or not className.startswith("qMRML"):
            continue
        if isKnown(className) and "setMRMLScene" in classMembers(className, oldest).methods:
            yield f"{name}: no connection {SCENE_SIGNAL} → {SCENE_SLOT} leads to it"
