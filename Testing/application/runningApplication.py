"""Starts and ends the stand-in of the application."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import slicer
import slicer.util
from PySide6 import QtCore, QtWidgets

from . import (  # noqa: F401 the behaviors register themselves
    applicationObjects,
    checkedNodes,
    ctkChoices,
    ctkValues,
    ctkWidgets,
    dialogs,
    dicomLib,
    dicomUtils,
    layouts,
    mainWindows,
    markupsWidgets,
    modules,
    mrmlWidgets,
    parameterNodeWrapper,
    pythonQt,
    sampleData,
    scriptedLoadableModule,
    segmentWidgets,
    sliceController,
    sliceViews,
    spaceViews,
    transformWidgets,
    translation,
    vtkViews,
)
from .appearance import setColors
from .dicomDatabase import dicomDatabase
from .hierarchyItems import HierarchyItems
from .pythonQt import disconnectAll, failures, handler, qt
from .standIns import NotInSlicerError, standIn
from .uiLoader import QUiLoader

qt.QUiLoader = QUiLoader
ATTRIBUTES = ("app", "mrmlScene", "modules", "dicomDatabase", "__getattr__")


@dataclass(frozen=True)
class LoadedModule:
    """A module as Slicer holds it."""

    parent: Any  # what the module file describes itself to: title, categories, icon
    python: types.ModuleType  # the module file

    def widget(self):
        """Its widget as Slicer makes it when a user enters the module: in the main window where
        there is one (see `mainWindows.mainWindow`), else in a window of its own.
        """
        if slicer.util.mainWindow() is not None:
            slicer.util.selectModule(self.parent.name)
        frame = self.parent.widgetRepresentation()
        frame.show()
        frame.enter()
        return frame.self()


@contextlib.contextmanager
def runningApplication(
    settings: Path, dicomFolder: Path | None = None, *, testing: bool = True
) -> Iterator[types.ModuleType]:
    """The package `slicer` with app, mrmlScene (a new one), modules, dicomDatabase, its widgets and
    the modules that Slicer has beside it, until the end of the context.

    `settings` is a folder for the application's settings. `dicomFolder` is what the DICOM database
    knows. If `testing`, slicer.util answers questions with yes and tryWithErrorDisplay is silent.
    Else dialogs are shown, see `dialogs`; messages that need a main window only go to the log where
    there is none, see `mainWindows.mainWindow`.

    Raises
        what a function raised that a signal or an observer of a node called.
    """
    before = set(sys.modules)
    try:
        application = _start(settings, dicomFolder, testing)
        yield slicer
        application.processEvents()
        _end(application)
        if failures:
            raise failures[0]
    finally:
        sys.excepthook = sys.__excepthook__
        _end(slicer.app)
        _forget(before)


def _start(settings: Path, dicomFolder: Path | None, testing: bool) -> QtWidgets.QApplication:
    failures.clear()
    dialogs.forget()
    sys.excepthook = lambda kind, error, trace: failures.append(error)  # VTK calls it
    application = QtWidgets.QApplication.instance() or standIn("qSlicerApplication")()
    application._isTesting = testing
    application._layoutManager = application._database = application._hierarchyItems = None
    setColors(isDark=False)
    application.setApplicationName("Slicer")
    application.setOrganizationName("Stand-in")
    ini = QtCore.QSettings.Format.IniFormat
    QtCore.QSettings.setDefaultFormat(ini)
    QtCore.QSettings.setPath(ini, QtCore.QSettings.Scope.UserScope, str(settings))
    sys.modules.update(_packages())
    (settings / "temporary").mkdir(exist_ok=True)
    application._values["temporaryPath"] = str(settings / "temporary")
    slicer.app, slicer.mrmlScene = application, slicer.vtkMRMLScene()
    slicer.modules = types.SimpleNamespace(dicomPlugins={})
    slicer.__getattr__ = _classOf("slicer", ("qMRML", "qSlicer"))
    application._layoutManager = standIn("qSlicerLayoutManager")()
    application._hierarchyItems = HierarchyItems(slicer.mrmlScene)
    modules.addBuiltInModules()
    slicer.dicomDatabase = dicomDatabase(dicomFolder) if dicomFolder is not None else None
    application._database = slicer.dicomDatabase  # a test may take it away
    return application


def _packages() -> dict[str, types.ModuleType]:
    ctk = types.ModuleType("ctk")
    ctk.__getattr__ = _classOf("ctk", ("ctk",))  # type: ignore[method-assign]
    return {
        "qt": qt,
        "ctk": ctk,
        "DICOMLib": dicomLib,
        "DICOMLib.DICOMUtils": dicomUtils,
        "SampleData": sampleData,
        "slicer.ScriptedLoadableModule": scriptedLoadableModule,
        "slicer.i18n": translation,
        "slicer.parameterNodeWrapper": parameterNodeWrapper,
    }


def _classOf(library: str, beginnings: tuple[str, ...]):
    def find(name: str):
        if name.startswith(beginnings):
            return standIn(name)
        raise NotInSlicerError(f"module {library} has no attribute {name}")

    return find


def _end(application: QtWidgets.QApplication) -> None:
    """What happens when Slicer is closed."""
    while application.overrideCursor() is not None:
        failures.append(AssertionError("the cursor was not restored"))
        application.restoreOverrideCursor()
    for name, one in list(vars(slicer.modules).items()):
        if isinstance(one, scriptedLoadableModule.ScriptedLoadableModuleWidget):
            delattr(slicer.modules, name)
            handler(one.cleanup)()
    if application._layoutManager is not None:
        application._layoutManager._leave()
        application._layoutManager = None
    for widget in application.topLevelWidgets():
        widget.close()
        widget.deleteLater()
    application._mainWindow = None
    if application._hierarchyItems is not None:
        application._hierarchyItems.leave()
        application._hierarchyItems = None
    application.sendPostedEvents(None, QtCore.QEvent.Type.DeferredDelete)
    disconnectAll()
    slicer.mrmlScene.Clear(True)
    if application._database is not None:
        application._database._leave()


def _forget(before: set[str]) -> None:
    for name in ATTRIBUTES:
        vars(slicer).pop(name, None)
    for name in set(sys.modules) - before:
        if name in _packages() or getattr(sys.modules[name], "isModuleOfSlicer", False):
            del sys.modules[name]


def loadModule(path: Path) -> LoadedModule:
    """The module in a file, loaded as Slicer loads it."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    python = importlib.util.module_from_spec(spec)
    python.isModuleOfSlicer = True  # type: ignore[attr-defined]
    sys.modules[path.stem] = python
    spec.loader.exec_module(python)
    parent = standIn("qSlicerScriptedLoadableModule")()
    parent._values |= {"path": str(path), "name": path.stem}
    parent._python = python
    setattr(slicer.modules, path.stem.lower(), parent)
    instance = getattr(python, path.stem)(parent)
    setattr(slicer.modules, f"{path.stem}Instance", instance)
    return LoadedModule(parent, python)
