"""Names and texts that somebody typed, or that look like HTML, are shown as they are."""

from __future__ import annotations

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
from PySide6 import QtCore, QtGui, QtWidgets

from application import dialogs
from userFaults import (
    DEFORMABLE,
    RIGID,
    panelOf,
    readyScreen,
    settle,
    takenFailures,
)

NAME = "<b>A & B</b>\n<img src='x'>\u202eright to left\x07" + "m" * 300


@pytest.mark.parametrize("name", [RIGID, DEFORMABLE])
def test_names_that_look_like_html_are_shown_as_they_are(name, tmp_path, phantom, deformedPhantom):
    with readyScreen(tmp_path, name, phantom if name == RIGID else deformedPhantom) as module:
        for node in vars(module.nodes).values():
            node.SetName(NAME)
        module.scheduleShow()
        settle()
        panelOf(module, "ExportPanel").judge()
        wrong = [one for panel in module.panels for one in shownAsHTML(panel)]
        assert wrong == []
        assert (takenFailures(), dialogs.shown) == ([], [])


def shownAsHTML(panel):
    """Names of widgets that take the name of a node for HTML."""
    for one in panel.widget.findChildren(QtWidgets.QWidget):
        if isRich(one.toolTip) and "<img src='x'>" in one.toolTip:
            yield f"tool tip of {one.name}: {one.toolTip[:80]}"
        if isinstance(one, QtWidgets.QLabel) and "<img src='x'>" in one.text:
            form = one.textFormat
            if form == QtCore.Qt.TextFormat.RichText or (
                form == QtCore.Qt.TextFormat.AutoText and isRich(one.text)
            ):
                yield f"{one.name}: {one.text[:80]}"
        if isinstance(one, QtWidgets.QTextBrowser) and "\ufffc" in one.toPlainText():
            yield f"{one.name} shows a picture"


def isRich(text):
    return QtGui.Qt.mightBeRichText(text)


@pytest.mark.parametrize("name", [RIGID, DEFORMABLE])
def test_garbage_that_was_kept_in_a_scene_is_told_or_ignored(
    name, tmp_path, phantom, deformedPhantom
):
    with readyScreen(tmp_path, name, phantom if name == RIGID else deformedPhantom) as module:
        for node in vars(module.nodes).values():
            for attribute in list(node.GetAttributeNames()):
                if attribute.startswith(("IHERO.", "DICOM.")) and "Frame" not in attribute:
                    node.SetAttribute(attribute, '{"garbage": [')
        module.scheduleShow()
        settle()
        panelOf(module, "ExportPanel").judge()
        assert takenFailures() == []
        assert dialogs.shown == []
        assert slicer.mrmlScene.GetNodeByID(module.nodes.base.GetID()) is module.nodes.base
