"""Both modules are read whole in a panel of 400 pixels, at 100 and 150 %, and explain what can be
clicked.
"""

from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer

from application.appearance import atScale
from application.legibility import clippedTexts, neededWidth, openEverything, withoutToolTip
from application.mainWindows import mainWindow, settle
from application.runningApplication import loadModule, runningApplication
from IHERODeformationLib.reader import deformableRegistrationFromFile
from IHERODeformationLib.scene import transformNodesFromDeformation
from IHERORegistrationLib.dataNodes import volumeNodeFromSeries
from IHERORegistrationLib.seriesReading import seriesFromFiles

ROOT = Path(__file__).resolve().parents[1]
MODULES = ("IHERORegistration", "IHERODeformation")
PANEL = 400  # pixels that the module gets
SCROLL_BAR = 14


def unreadable(folder, settings):
    """What is cut off or not explained in either module, all of it open, with two images and a
    deformation of the phantom in a folder.
    """
    found = []
    with runningApplication(Path(settings)):
        loaded = [loadModule(ROOT / name / f"{name}.py") for name in MODULES]
        registration, base, overlay = loadedNodes(Path(folder))
        for module in loaded:
            mainWindow(module, size=(1200, 4000), panelWidth=PANEL)
            frame = module.parent.widgetRepresentation()
            chosen = frame.self().chosen
            chosen.registration, chosen.base, chosen.overlay = registration, base, overlay
            settle()
            openEverything(frame)
            found += clippedTexts(frame) + withoutToolTip(frame)
            if neededWidth(frame) > PANEL - SCROLL_BAR:
                found.append(f"{module.parent.name} needs {neededWidth(frame)} pixels")
    return found


def loadedNodes(folder):
    images = [
        volumeNodeFromSeries(seriesFromFiles((folder / one).rglob("*.dcm"))[0], slicer.mrmlScene)
        for one in ("Registered", "Source")
    ]
    deformation = deformableRegistrationFromFile(folder / "REG" / "drro.dcm")
    return *transformNodesFromDeformation(deformation, slicer.mrmlScene), *images


def tellUnreadable(folder, settings):
    """In a process of its own."""
    print(*unreadable(folder, settings), sep="\n")


def test_both_modules_are_read_whole_and_explained(deformedPhantom, tmp_path):
    assert unreadable(deformedPhantom.folder, tmp_path) == []


def test_both_modules_are_read_whole_on_a_screen_of_150_percent(deformedPhantom, tmp_path):
    assert atScale(1.5, tellUnreadable, deformedPhantom.folder, tmp_path).strip() == ""
