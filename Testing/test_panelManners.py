"""Manners that all panels share: nothing empty is shown, the images are exchanged by one click, and
what is moved elsewhere in Slicer is told here.
"""

from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
from PySide6 import QtWidgets

from application.mainWindows import settle
from application.runningApplication import loadModule, runningApplication
from loadedPhantom import loadedPhantom
from namedPanels import panelOf

MODULE = Path(__file__).resolve().parents[1] / "IHERORegistration" / "IHERORegistration.py"


@pytest.fixture
def screen(tmp_path, phantom):
    """The module, and the phantom's nodes with MR to CT chosen."""
    with runningApplication(tmp_path):
        widget = loadModule(MODULE).widget()
        widget.parent.resize(400, 2000)
        widget.parent.show()
        widget.enter()
        nodes = loadedPhantom(phantom, slicer.mrmlScene)
        panelOf(widget, "RegistrationsPanel").choose(nodes.registrations["MR"])
        settle()
        yield widget, nodes


def test_a_section_that_is_opened_shows_no_empty_report(screen):
    widget, nodes = screen
    ui = panelOf(widget, "ContourPanel").ui
    ui.contourButton.collapsed = False
    settle()
    empty = ("carriedReportBrowser", "copyCarriedButton", "exportCarriedButton", "carryAllButton")
    for name in (*empty, "carriedStructuresList"):
        assert not getattr(ui, name).isVisible(), name
    panelOf(widget, "ContourPanel").state.carriedSet = nodes.structures[0]
    settle()
    assert ui.carriedStructuresList.isVisible()
    assert ui.carryAllButton.isVisible()


def test_one_click_exchanges_the_fixed_and_the_moving_image(screen):
    widget, nodes = screen
    ui = panelOf(widget, "RegistrationsPanel").ui
    ui.exchangeButton.click()
    settle()
    assert (widget.chosen.base, widget.chosen.overlay) == (nodes.images["MR"], nodes.images["CT"])
    assert "exchange" in panelOf(widget, "DisplayPanel").ui.relationLabel.text
    ui.exchangeButton.click()
    settle()
    assert (widget.chosen.base, widget.chosen.overlay) == (nodes.images["CT"], nodes.images["MR"])


def test_where_a_registration_is_applied_the_way_is_told(screen):
    widget, _ = screen
    told = panelOf(widget, "ApplyPanel").ui.applyWayLabel.text
    moving, fixed = told.removeprefix("Moves what is checked from ").split(" onto ")
    assert "MR" in moving
    assert "CT" in fixed


def test_an_image_that_is_dragged_under_a_registration_elsewhere_is_shown_as_applied(screen):
    widget, nodes = screen
    listed = panelOf(widget, "ApplyPanel").ui.placeableListWidget

    def told():
        items = (listed.item(row).text() for row in range(listed.count))
        return next(one for one in items if one.startswith(nodes.images["MR"].GetName()))

    assert told().endswith(": not applied")
    nodes.images["MR"].SetAndObserveTransformNodeID(nodes.registrations["MR"].GetID())
    settle()
    assert told().endswith(": applied")
    nodes.images["MR"].SetAndObserveTransformNodeID(None)
    settle()
    assert told().endswith(": not applied")


def test_the_cursor_says_that_a_module_is_opened_or_an_export_judged(screen, monkeypatch):
    widget, _ = screen
    signs = []

    def told(act):
        def acted(*arguments):
            signs.append(QtWidgets.QApplication.overrideCursor() is not None)
            return act(*arguments)

        return acted

    widget.exit()
    panel = panelOf(widget, "ExportPanel")
    from IHERORegistrationLib.widgets import exportPanel  # needs the application

    monkeypatch.setattr(panel, "show", told(panel.show))
    widget.enter()
    assert signs == [True]
    panel.ui.exportPanelButton.collapsed = False
    settle()
    signs.clear()
    proposed = exportPanel.ExportProposal("Maps A onto B")
    monkeypatch.setattr(exportPanel, "exportProposal", told(lambda *_: proposed))
    panel.task = SimpleNamespace(form=SimpleNamespace(isDeformation=False))
    panel.judge()
    assert signs == [True]
    assert QtWidgets.QApplication.overrideCursor() is None
