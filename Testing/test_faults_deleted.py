"""A node that is chosen, here and in other panels, is deleted; then buttons are pressed, before the
panels were told of it and after.
"""

from __future__ import annotations

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer

from application import dialogs
from application.mainWindows import settle
from namedPanels import panelOf
from pressedButtons import failed, press, pressables, wrong
from userFaults import DEFORMABLE, RIGID, buttonsOf, give, readyScreen, snapshot

CONCERNED = {  # panels that work on that; on the rest all of them
    "structures": {"ContourPanel", "ContourDeformerPanel", "QualityPanel", "ComparisonPanel"},
    "dose": {"DoseDeformerPanel", "DoseSumPanel", "ComparisonPanel"},
    "second": {"ComparisonPanel"},
}
WITHOUT = {  # takes its time, and needs nothing of that
    "structures": {"qualityDirectionButton"},
    "overlay": {"deformDoseButton", "sumDosesButton"},
}
OF_VIEWS = {"besideNativeButton", "matchWindowButton"}  # of those in the panel the ones that ask
CASES = [
    (RIGID, ("structures", "registration")),  # deleted one after the other
    (RIGID, ("base",)),
    (RIGID, ("overlay",)),
    (DEFORMABLE, ("structures", "dose", "second", "registration")),
    (DEFORMABLE, ("base",)),
    (DEFORMABLE, ("overlay",)),
]


def ready(module, name, role):
    """The buttons that can be pressed in the panels that work on that, by name."""
    panels = CONCERNED.get(role)
    found = {
        button: buttonsOf(panelOf(module, panel))[button]
        for panel, button in pressables(name)
        if panels is None or panel in {*panels, "ExportPanel"}
        if panel != "DisplayPanel" or button in OF_VIEWS
        if button not in WITHOUT.get(role, ())
    }
    return {button: one for button, one in found.items() if one.isVisible() and one.enabled}


def chooseMore(module):
    """What can be chosen, but is not needed."""
    quality = {"BaseStructures": "structures", "OverlayStructures": "sourceStructures"}
    give(module, "QualityPanel", **{f"quality{one}": node for one, node in quality.items()})
    give(module, "ComparisonPanel", comparisonStructures="structures", comparisonDose="dose")
    settle()


@pytest.mark.parametrize(("name", "roles"), CASES)
def test_buttons_pressed_when_a_node_was_deleted_tell_so(name, roles, tmp_path, patients):
    with readyScreen(tmp_path, name, patients[name]) as module:
        if name == DEFORMABLE:
            chooseMore(module)
        found = []
        for role in roles:
            buttons = ready(module, name, role)
            assert buttons != {}
            slicer.mrmlScene.RemoveNode(getattr(module.nodes, role))
            module.isEntered = False  # so that nothing tells the panels
            for button, widget in buttons.items():
                press(widget)
                found += [(role, *one) for one in failed(button)]
            module.isEntered = True
            module.scheduleShow()
            settle()
            found += [(role, *one) for one in failed("show")]
            for button, widget in ready(module, name, role).items():
                found += [(role, *one) for one in pressed(button, widget)]
        assert found == []


def pressed(button, widget):
    """What went wrong."""
    settle()
    before = snapshot()
    press(widget)
    isRefused = any(one.kind == "Critical" for one in dialogs.shown)
    return wrong(button, before) if isRefused else failed(button)
