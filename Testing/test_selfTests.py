"""The self-tests of the modules, which “Reload and Test” runs in Slicer, hold here too."""

from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer

from application.imageReader import useImageReader
from application.mainWindows import mainWindow
from application.runningApplication import loadModule, runningApplication
from application.selfTests import runSelfTest

ROOT = Path(__file__).resolve().parents[1]
MODULES = ("IHERORegistration", "IHERODeformation")


@pytest.mark.parametrize("name", MODULES)
def test_the_self_test_of_a_module_holds_and_leaves_nothing(name, tmp_path):
    with runningApplication(tmp_path):
        modules = {one: loadModule(ROOT / one / f"{one}.py") for one in MODULES}
        useImageReader()
        mainWindow(modules[name])
        plugin = slicer.modules.dicomPlugins["IHERORegistrationPlugin"]
        listeners, database = plugin.listeners, slicer.dicomDatabase
        runSelfTest(modules[name])
        assert plugin.listeners == listeners
        assert slicer.dicomDatabase is database
        assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == 0
