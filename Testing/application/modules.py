"""What the stand-ins of modules, of their widgets and of the module manager do. See `standIns`."""

from __future__ import annotations

import slicer
from PySide6 import QtWidgets

from .pythonQt import handler
from .standIns import behaves, emit, standIn


@behaves
class qSlicerWidget:
    def setMRMLScene(self, scene):
        emit(self, "mrmlSceneChanged(vtkMRMLScene*)", scene)


@behaves
class qSlicerAbstractModuleWidget:
    def _build(self):
        self._module, self._entered = None, False

    def _get_isEntered(self):
        return self._entered

    def module(self):
        return self._module

    def enter(self):
        self._entered = True

    def exit(self):
        self._entered = False


@behaves
class qSlicerScriptedLoadableModuleWidget:
    """The frame of a scripted module's widget, which it lays its panels in."""

    def _build(self):
        self._python = None
        self.setLayout(QtWidgets.QVBoxLayout())

    def _setModule(self, module):
        self._module = module
        self.objectName = f"{module.name}ModuleWidget"
        self._python = getattr(module._python, f"{module.name}Widget")(self)
        setattr(slicer.modules, f"{module.name}Widget", self._python)
        self.setMRMLScene(slicer.mrmlScene)
        self._python.setup()

    def _get_moduleName(self):
        return self._module.name

    def self(self):
        return self._python

    @handler
    def enter(self):
        if not self._entered:
            self._entered = True
            getattr(self._python, "enter", _nothing)()

    @handler
    def exit(self):
        if self._entered:
            self._entered = False
            getattr(self._python, "exit", _nothing)()

    def reload(self):
        self._python = getattr(self._module._python, f"{self._module.name}Widget")(self)
        setattr(slicer.modules, f"{self._module.name}Widget", self._python)
        self._python.setup()


def _nothing() -> None:
    """What a module's widget does that does not say."""


@behaves
class qSlicerAbstractCoreModule:
    def logic(self):
        return slicer.app.moduleLogic(self.name)

    def mrmlScene(self):
        return slicer.mrmlScene


@behaves
class qSlicerScriptedLoadableModule:
    """What a module's file sets: title, categories and so on."""

    _defaults = {  # noqa: RUF012
        "categories": (),
        "dependencies": (),
        "contributors": (),
        "associatedNodeTypes": (),
    }

    def _build(self):
        self._widget = self._python = None

    def widgetRepresentation(self):
        """The widget, made when it is first asked for."""
        if self._widget is None:
            self._widget = self.createNewWidgetRepresentation()
        return self._widget

    def createNewWidgetRepresentation(self):
        widget = standIn("qSlicerScriptedLoadableModuleWidget")()
        widget._setModule(self)
        return widget


@behaves
class qSlicerModuleManager:
    def _build(self):
        self._factories = standIn("qSlicerModuleFactoryManager")(self)

    def module(self, name):
        return getattr(slicer.modules, name.lower(), None)

    def modulesNames(self):
        return tuple(one.name for one in _modules())

    def factoryManager(self):
        return self._factories


@behaves
class qSlicerModuleFactoryManager:
    def loadedModuleNames(self):
        return tuple(one.name for one in _modules())

    def isLoaded(self, name):
        return slicer.app.moduleManager().module(name) is not None

    def loadedModule(self, name):
        return slicer.app.moduleManager().module(name)


def _modules():
    kind = standIn("qSlicerAbstractCoreModule")
    return [one for one in vars(slicer.modules).values() if isinstance(one, kind)]


def addBuiltInModules() -> None:
    """The modules of Slicer itself whose logic scripts ask for; they have no widgets here."""
    for name in slicer.app.layoutManager()._logics.modules:
        module = standIn("qSlicerLoadableModule")()
        module._values |= {"name": name, "title": name}
        setattr(slicer.modules, name.lower(), module)
