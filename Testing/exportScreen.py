"""The export panel, opened as a user does, and hands to fill it in."""

from __future__ import annotations

import importlib
from pathlib import Path

import slicer
from PySide6 import QtCore, QtTest

from application.runningApplication import loadModule

ROOT = Path(__file__).resolve().parents[1]


def opened(name="IHERORegistration"):
    """The panel in its module, without the others."""
    panels = importlib.import_module(f"{name}Lib.widgets.panels")
    whole = panels.PANELS
    (ExportPanel,) = (one for one in whole if one.__name__ == "ExportPanel")
    panels.PANELS = (ExportPanel,)
    try:
        widget = loadModule(ROOT / name / f"{name}.py").widget()
    finally:
        panels.PANELS = whole
    widget.parent.resize(400, 900)
    widget.enter()
    panel = widget.panel(ExportPanel)
    panel.ui.exportPanelButton.collapsed = False
    settle(panel)
    return panel


def settle(panel):
    """Until what was done is shown and judged."""
    for _ in range(2):
        slicer.app.processEvents()
        panel.judge()


def click(widget):
    QtTest.QTest.mouseClick(widget, QtCore.Qt.MouseButton.LeftButton)
    slicer.app.processEvents()


def pick(panel, box, text):
    """Choose an entry by its text, as with the mouse."""
    box.setCurrentIndex(box.findText(text))
    box.activated.emit(box.currentIndex)
    settle(panel)


def typed(panel, edit, text):
    edit.clear()
    QtTest.QTest.keyClicks(edit, text)
    settle(panel)


def told(label):
    """The text of a label of rich text."""
    from PySide6 import QtGui

    document = QtGui.QTextDocument()
    document.setHtml(label.text)
    return " ".join(document.toPlainText().split())


def written(panel):
    """The file that the database got, by the UID that the panel, that of any screen, tells."""
    uid = panel.state.exportReport.split("SOP Instance UID ")[1].split()[0]
    return Path(slicer.dicomDatabase.fileForInstance(uid))


def exported(user):
    """The file that the database got as a user clicks, and the findings that were told before."""
    user.showOnly("ExportPanel")
    panel = user.panel("ExportPanel")
    findings = panel.ui.exportFindingsBrowser
    user.wait(lambda: panel.ui.exportButton.enabled and bool(findings.toPlainText()))
    user.click(panel.ui.exportButton)
    return written(panel), findings.toPlainText()
