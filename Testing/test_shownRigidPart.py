"""Before and after: the views show the overlay by the rigid part of a deformation and say so, also
where the display chooses what the views show; a field is drawn only where its base lies.
"""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer

from application.mainWindows import mainWindow, settle
from application.runningApplication import loadModule, runningApplication
from fieldScenes import CORNER, fieldScene
from IHERORegistrationLib.displayedPair import Relation

ROOT = Path(__file__).resolve().parents[1]
SHIFT = np.array([12.0, -7.0, 5.0])  # LPS mm
HALF = np.array([60.0, 60.0, 50.0])


def bulged(points):
    """A shift, and a bulge that is even about the middle of the image."""
    away = (points - CORNER - HALF) / HALF
    return SHIFT + 4 * np.clip(1 - (away**2).sum(axis=-1, keepdims=True), 0, 1) * [1, 0, 0]


@pytest.fixture
def screen(tmp_path, monkeypatch):
    with runningApplication(tmp_path):
        from IHERODeformationLib.widgets import panels
        from IHERODeformationLib.widgets.fieldPanel import FieldPanel
        from IHERORegistrationLib.widgets.displayPanel import DisplayPanel

        monkeypatch.setattr(panels, "PANELS", (DisplayPanel, FieldPanel))
        nodes = fieldScene(slicer.mrmlScene, bulged)
        mainWindow(loadModule(ROOT / "IHERODeformation" / "IHERODeformation.py"))
        module = slicer.modules.IHERODeformationWidget
        module.chosen.registration = nodes.transform
        module.chosen.base, module.chosen.overlay = nodes.base, nodes.overlay
        nodes.overlay.SetAndObserveTransformNodeID(nodes.transform.GetID())
        module.panel(FieldPanel).ui.fieldButton.collapsed = False
        settle()
        yield module.panel(DisplayPanel), module.panel(FieldPanel), nodes


def shownOverlay():
    composite = slicer.app.layoutManager().sliceWidget("Red").mrmlSliceCompositeNode()
    return slicer.mrmlScene.GetNodeByID(composite.GetForegroundVolumeID())


def test_the_views_show_the_rigid_part_alone_and_say_so(screen):
    display, field, nodes = screen
    assert shownOverlay().GetParentTransformNode() is nodes.transform
    assert display.relation is Relation.REGISTERED
    field.ui.fieldBeforeButton.click()
    settle()
    parent = shownOverlay().GetParentTransformNode()
    assert parent.IsLinear()
    toBase = slicer.util.arrayFromTransformMatrix(parent)[:3, 3] * (-1, -1, 1)
    assert np.linalg.norm(toBase + SHIFT) < 4  # overlay → base, the bulge is no more than that
    assert display.relation is Relation.RIGID_PART
    assert {view.note.text for view in display.views} == {"Rigid part only"}
    assert "rigid part" in display.ui.relationLabel.text
    field.ui.fieldBeforeButton.click()
    settle()
    assert shownOverlay().GetParentTransformNode() is nodes.transform
    assert {view.note.text for view in display.views} == {""}


def test_a_field_is_told_with_its_direction_and_not_drawn_on_a_base_that_is_moved(screen):
    _, field, nodes = screen
    field.ui.fieldShownCheckBox.click()
    settle()
    text = field.ui.fieldSummaryLabel.text
    assert "lead from a place in planning to the place in inhale that belongs there" in text
    field.onPart(1)  # all of it
    settle()
    crosshair = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLCrosshairNode")
    x, y, z = CORNER + 6  # beyond the bulge
    crosshair.SetCursorPositionRAS([-x, -y, z])
    length = np.linalg.norm(SHIFT)
    told = f"Here: {length:.1f} mm (12.0 left, 7.0 front, 5.0 head); volume × 1.00."
    assert field.ui.fieldReadoutLabel.text == told
    moved = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "moved")
    nodes.base.SetAndObserveTransformNodeID(moved.GetID())
    settle()
    assert field.field is None
    assert "under moved" in field.ui.fieldSummaryLabel.text
    nodes.base.SetAndObserveTransformNodeID(None)
    settle()
    assert field.field is not None
