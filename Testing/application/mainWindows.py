"""What the stand-in of Slicer's main window does: the module at the left, the views at the right.
See `standIns`.
"""

from __future__ import annotations

import slicer
from PySide6 import QtCore, QtGui, QtWidgets

from .standIns import behaves, emit, standIn

PANEL_WIDTH = 450  # pixels
CLASS = "qSlicerMainWindow"
LEVELS = 6  # of widgets in widgets


def mainWindow(module=None, size=(1600, 1000), panelWidth=PANEL_WIDTH):
    """Slicer's main window, shown, with a loaded module entered.

    `module` is what `loadModule` gives, or None. `size` is width and height of the window in
    pixels, `panelWidth` what the module gets of it.
    """
    window = slicer.util.mainWindow() or standIn(CLASS)()
    slicer.app._mainWindow = window  # holds it
    window.resize(*size)
    window.show()
    window.resizeDocks([window._dock], [panelWidth], QtCore.Qt.Orientation.Horizontal)
    if module is not None:
        window.moduleSelector().selectModule(module.parent.name)
    window.activateWindow()
    settle()
    window.resizeDocks([window._dock], [panelWidth], QtCore.Qt.Orientation.Horizontal)
    settle()
    return window


def settle() -> None:
    """Let all widgets take their place; each level of them asks for it anew."""
    for _ in range(LEVELS):
        slicer.app.processEvents()


@behaves
class qSlicerMainWindow:
    def _build(self):
        self.objectName = CLASS
        self.windowTitle = "3D Slicer"
        self._selector = standIn("qSlicerModuleSelectorToolBar")()
        self.addToolBar(self._selector)
        self._panel = standIn("qSlicerModulePanel")()
        self._selector.connect("moduleSelected(QString)", self._panel.setModule)
        self._dock = QtWidgets.QDockWidget()
        self._dock.objectName = "PanelDockWidget"
        self._dock.setTitleBarWidget(QtWidgets.QWidget())
        self._dock.setWidget(self._panel)
        self.addDockWidget(QtCore.Qt.DockWidgetArea.LeftDockWidgetArea, self._dock)
        self.setCentralWidget(slicer.app.layoutManager()._holder)
        self.statusBar()

    def moduleSelector(self):
        return self._selector

    def setLayout(self, number):
        slicer.app.layoutManager().setLayout(number)


@behaves
class qSlicerModulePanel:
    """A scroll area with the widget of the module."""

    def _build(self):
        self._present = None
        self._area = QtWidgets.QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
        self._area.setMinimumWidth(200)
        rows = QtWidgets.QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self._area)

    def setModule(self, name):
        if self._present is not None:
            self._present.exit()
            self._area.takeWidget().hide()
        self._present = slicer.util.getModule(name).widgetRepresentation()
        self._area.setWidget(self._present)
        self._present.show()
        self._present.enter()


@behaves
class qSlicerModuleSelectorToolBar:
    def _build(self):
        self._selected = ""
        self._label = QtWidgets.QLabel("Modules: ")
        self._box = QtWidgets.QComboBox()
        self._box.setMinimumWidth(220)
        self.addWidget(self._label)
        self.addWidget(self._box)
        self._box.connect("activated(int)", self._chosen)

    def _get_selectedModule(self):
        return self._selected

    def _chosen(self, number):
        self.selectModule(self._box.itemData(number))

    def selectModule(self, name):
        if name == self._selected:
            return
        module = slicer.util.getModule(name)
        self._selected = name
        if self._box.findData(name) < 0:
            self._box.addItem(module.icon or QtGui.QIcon(), module.title, name)
        self._box.setCurrentIndex(self._box.findData(name))
        emit(self, "moduleSelected(QString)", name)
