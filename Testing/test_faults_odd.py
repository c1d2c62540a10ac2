"""Nodes of a kind that can be chosen, but without what is needed in them: one sentence, or work
that is done all the same.
"""

from __future__ import annotations

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer

from application import dialogs
from application.mainWindows import settle
from IHERORegistrationLib.errors import MalformedObjectError
from IHERORegistrationLib.nodeVolumes import volumeFromNode
from IHERORegistrationLib.viewMarks import Urgency
from namedPanels import panelOf
from oddNodes import ODD
from pressedButtons import failed, isPressed, pressables, wrong
from userFaults import (
    DEFORMABLE,
    MODULES,
    RIGID,
    choose,
    readyScreen,
    restore,
    snapshot,
)

PRESSED = {  # long work, or what else looks into what is chosen
    "matchWindowButton",
    "placeButton",
    "landmarksButton",
    "manualBeginButton",
    "carryButton",
    "copyNumbersButton",
    "exportButton",
    "qualityMeasureButton",
    "comparisonMeasureButton",
    "comparisonOtherButton",
    "deformImageButton",
    "deformDoseButton",
    "sumDosesButton",
}
NO_VOLUMES = (
    "volume without voxels",
    "volume of no size",
    "volume without depth",
    "skew volume",
    "volume that lies nowhere",
    "vector volume",
)
PLACELESS = ("volume without depth", "volume that lies nowhere")
EMPTY = ("volume without voxels", "segmentation without segments", "list without points")
CHOSEN = {
    RIGID: (*EMPTY, *PLACELESS, "vector volume", "flat matrix", "transform without content"),
    DEFORMABLE: (*EMPTY, "spline without content"),
}
ONE_VIEW = 6  # Slicer's layout of one slice view: drawing takes the time


@pytest.mark.parametrize("odd", NO_VOLUMES)
def test_what_is_no_volume_of_voxels_is_told(odd, scene):
    node = ODD[odd](scene)
    with pytest.raises(MalformedObjectError, match=r"^expected"):
        volumeFromNode(node, "")


@pytest.mark.parametrize("name", MODULES)
def test_odd_nodes_chosen_wherever_they_can_be_are_told_once(name, tmp_path, patients):
    with readyScreen(tmp_path, name, patients[name]) as module:
        slicer.app.layoutManager().setLayout(ONE_VIEW)
        found = []
        for odd in CHOSEN[name]:
            node = ODD[odd](slicer.mrmlScene)
            node.SetName(odd)
            settle()
            own = chooseEverywhere(module, node)
            found += [(odd, *one) for one in failed("show")]
            concerned = {panel for panel, *_ in own}
            for panel, button in pressables(name):
                if button in PRESSED and (panel in concerned or module.chosen.registration is node):
                    found += [(odd, *one) for one in pressed(module, panel, button)]
            for _, widget, before in own:
                widget.setCurrentNode(before)
            slicer.mrmlScene.RemoveNode(node)
            choose(module)
            found += [(odd, *one) for one in failed("gone")]
        assert found == []


@pytest.mark.parametrize("odd", PLACELESS)
def test_a_volume_without_size_or_place_is_in_no_view_and_every_view_says_why(
    odd, tmp_path, patients
):
    with readyScreen(tmp_path, RIGID, patients[RIGID]) as module:
        slicer.app.layoutManager().setLayout(ONE_VIEW)
        display, node = panelOf(module, "DisplayPanel"), ODD[odd](slicer.mrmlScene)
        for end, text in (("overlay", "The moving image is not shown"), ("base", "Nothing is")):
            setattr(module.chosen, end, node)
            settle()
            assert text in display.ui.relationLabel.text
            assert "no size or no place" in display.ui.relationLabel.text
            for view in display.views:
                assert (view.note.text[-9:], view.note.urgency) == ("not shown", Urgency.STOP)
                shown = (
                    view.composite.GetBackgroundVolumeID(),
                    view.composite.GetForegroundVolumeID(),
                )
                assert node.GetID() not in shown
            assert failed("show") == []
            choose(module)
        settle()
        assert "not shown" not in display.ui.relationLabel.text
        assert all(view.note.urgency is not Urgency.STOP for view in display.views)


def chooseEverywhere(module, node):
    """Where it can be; gives panels, selectors and what was chosen there."""
    own = []
    if node.IsA("vtkMRMLTransformNode"):
        module.chosen.registration = node
    for panel, widget in selectors(module):
        before = widget.currentNode()
        widget.setCurrentNode(node)
        if widget.currentNode() is node:
            own.append((panel, widget, before))
        else:
            widget.setCurrentNode(before)
    settle()
    return own


def selectors(module):
    """All selectors of nodes; of images only the moving one, as both must not be the same."""
    for panel in module.panels:
        for widget in vars(panel.ui).values():
            if hasattr(widget, "setCurrentNode") and widget.name != "registeredBaseSelector":
                yield type(panel).__name__, widget


def pressed(module, panel, button):
    """What went wrong."""
    settle()
    before = snapshot()
    if not isPressed(module, panel, button):
        return []
    isRefused = any(one.kind == "Critical" for one in dialogs.shown)
    ofUser = {uid: told for uid, told in before.items() if not told[-1]}  # not of the display
    found = wrong(button, ofUser) if isRefused else failed(button)
    restore(before)
    return found
