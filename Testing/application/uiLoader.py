"""The loader of .ui files, with the stand-ins for widgets of CTK and Slicer."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from PySide6 import QtCore, QtUiTools

from apiCheck.classMembers import table

from .standIns import standIn


class QUiLoader(QtUiTools.QUiLoader):
    """Makes connections in Python, for those with types of VTK do not exist in Qt here."""

    def createWidget(self, className, parent=None, name=""):
        if className not in table()["classes"]:
            return super().createWidget(className, parent, name)
        widget = standIn(className)(parent)
        widget.objectName = name
        self.__dict__.setdefault("_held", []).append(widget)
        return widget

    def load(self, device, parent=None):
        """The widget in a file.

        Raises
            ValueError: a connection names a signal or object that does not exist.
            RuntimeError: Qt cannot make it.
        """
        if not device.isOpen():
            device.open(QtCore.QIODevice.OpenModeFlag.ReadOnly)
        root = ET.fromstring(device.readAll().data().decode())
        connections = list(root.iter("connection"))
        for parentElement in root.findall("connections"):
            root.remove(parentElement)
        content = QtCore.QBuffer()
        content.setData(ET.tostring(root))
        content.open(QtCore.QIODevice.OpenModeFlag.ReadOnly)
        widget = super().load(content, parent)
        for one in connections:
            sender = _named(widget, one.findtext("sender"))
            receiver = _named(widget, one.findtext("receiver"))
            sender.connect(one.findtext("signal"), receiver, one.findtext("slot"))
        return widget


def _named(widget, name):
    found = widget if widget.objectName == name else widget.findChild(QtCore.QObject, name)
    if found is None:
        raise ValueError(f"connection of {name}: there is no such object")
    return found
