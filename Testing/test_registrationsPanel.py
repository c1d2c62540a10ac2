"""The list of registrations says what maps where; a row chooses the registration and its images."""

from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
from PySide6 import QtCore, QtTest

from application.runningApplication import loadModule, runningApplication
from loadedPhantom import loadedDeformedPhantom, loadedPhantom

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def application(tmp_path):
    with runningApplication(tmp_path) as running:
        yield running


def opened(name="IHERORegistration"):
    from IHERORegistrationLib.widgets.registrationsPanel import RegistrationsPanel

    widget = loadModule(ROOT / name / f"{name}.py").widget()
    widget.parent.resize(400, 700)
    widget.enter()
    slicer.app.processEvents()
    return widget, widget.panel(RegistrationsPanel)


def clickLink(browser, link):
    """Click where the link is drawn."""
    viewport = browser.viewport()
    for y in range(0, viewport.height, 4):
        for x in range(0, viewport.width, 8):
            if browser.anchorAt(QtCore.QPoint(x, y)) == link:
                place = QtCore.QPoint(x + 4, y)
                QtTest.QTest.mouseClick(
                    viewport, QtCore.Qt.MouseButton.LeftButton, QtCore.Qt.KeyboardModifier(0), place
                )
                slicer.app.processEvents()
                return
    raise AssertionError(f"{link} is not to be seen")


def test_a_row_says_what_maps_onto_what(application, phantom):
    loaded = loadedPhantom(phantom, slicer.mrmlScene)
    _, panel = opened()
    text = panel.ui.registrationsBrowser.plainText
    ct, mr = (loaded.images[name].GetName() for name in ("CT", "MR"))
    assert f"Maps {mr} (moving) ⟶ onto {ct} (fixed)" in text
    assert "Rigid" in text
    assert "not applied" in text


def test_a_click_on_a_row_chooses_the_registration_and_its_images(application, phantom):
    loaded = loadedPhantom(phantom, slicer.mrmlScene)
    module, panel = opened()
    node = loaded.registrations["PET"]
    clickLink(panel.ui.registrationsBrowser, f"choose:{node.GetID()}")
    assert module.chosen.registration is node
    assert module.chosen.base is loaded.images["CT"]
    assert module.chosen.overlay is loaded.images["PET"]
    assert panel.ui.registeredOverlaySelector.currentNode() is loaded.images["PET"]
    assert not panel.ui.missingImagesLabel.visible


def test_a_deformation_is_listed_in_both_modules(application, deformedPhantom):
    loaded = loadedDeformedPhantom(deformedPhantom, slicer.mrmlScene)
    _, panel = opened("IHERODeformation")
    (row,) = panel.rows
    assert row.kind == "Deformable"
    assert row.sentence.startswith("Maps ")
    panel.choose(loaded.registration)
    assert {panel.chosen.base, panel.chosen.overlay} == set(loaded.images.values())
