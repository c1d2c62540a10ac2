"""The panel that compares two registrations, clicked like a user does."""

import re
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer

from application import dialogs
from application.mainWindows import mainWindow, settle
from application.pythonQt import qt
from application.runningApplication import loadModule, runningApplication
from fieldScenes import CORNER, EDGE, IMAGE, fieldScene, stretched

MODULE = Path(__file__).resolve().parents[1] / "IHERODeformation" / "IHERODeformation.py"


def risen(points):
    """As stretched, and toward the head by 5 % of the way from the right edge."""
    extra = np.zeros(points.shape)
    extra[..., 2] = 0.05 * (points[..., 0] - CORNER[0])
    return stretched(points) + extra


@pytest.fixture
def screen(tmp_path, monkeypatch):
    """The panel, with stretched as A and risen as B."""
    dialogs.forget()
    with runningApplication(tmp_path):
        from IHERODeformationLib.widgets import panels as shown
        from IHERODeformationLib.widgets.comparisonPanel import ComparisonPanel
        from IHERODeformationLib.widgets.fieldPanel import FieldPanel

        monkeypatch.setattr(shown, "PANELS", (FieldPanel, ComparisonPanel))
        nodes = fieldScene(slicer.mrmlScene)
        second = fieldScene(slicer.mrmlScene, risen).transform
        mainWindow(loadModule(MODULE), size=(1300, 900), panelWidth=400)
        slicer.app.layoutManager().setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutOneUpRedSliceView)
        red = slicer.app.layoutManager().sliceWidget("Red")
        red.mrmlSliceCompositeNode().SetBackgroundVolumeID(nodes.base.GetID())
        red.fitSliceToBackground()
        widget = slicer.modules.IHERODeformationWidget
        widget.chosen.registration = nodes.transform
        widget.chosen.base, widget.chosen.overlay = nodes.base, nodes.overlay
        panel = widget.panel(ComparisonPanel)
        panel.state.comparisonSecond = second
        panel.ui.comparisonButton.collapsed = False
        settle()
        yield panel, nodes, second, red


def props(red):
    red.sliceView().forceRender()
    renderer = red.sliceView().renderWindow().GetRenderers().GetFirstRenderer()
    return renderer.GetViewProps().GetNumberOfItems()


def test_a_click_tells_how_far_apart_they_are_and_leads_there(screen):
    panel, _, _, red = screen
    assert not panel.ui.comparisonWorstButton.enabled
    panel.ui.comparisonMeasureButton.click()
    settle()
    text = panel.ui.comparisonBrowser.toPlainText()
    assert "3.0 mm from where A does on the mean" in text
    assert "at the worst place 6.0 mm" in text
    red.setSliceOrientation("Sagittal")
    panel.ui.comparisonWorstButton.click()
    right = red.mrmlSliceNode().GetSliceToRAS().GetElement(0, 3)
    assert right == pytest.approx(-(CORNER[0] + 120), abs=0.1)
    panel.state.comparisonSecond = None
    settle()
    assert panel.ui.comparisonBrowser.toPlainText() == ""
    assert not panel.ui.comparisonMeasureButton.enabled


def test_a_comparison_is_told_no_more_when_one_of_both_was_changed(screen):
    panel, nodes, second, _ = screen
    panel.ui.comparisonMeasureButton.click()
    settle()
    assert "mm from where A does" in panel.ui.comparisonBrowser.toPlainText()
    for node in (nodes.transform, second):
        node.Inverse()
        panel.module.showPanels()
        assert panel.ui.comparisonBrowser.toPlainText() == ""
        assert not panel.ui.comparisonWorstButton.enabled
        node.Inverse()
        panel.module.showPanels()
        assert "mm from where A does" in panel.ui.comparisonBrowser.toPlainText()


def test_a_comparison_on_other_images_is_told_no_more(screen):
    panel, nodes, _, _ = screen
    panel.ui.comparisonMeasureButton.click()
    settle()
    other = fieldScene(slicer.mrmlScene)
    for end in ("base", "overlay"):
        setattr(panel.chosen, end, getattr(other, end))
        settle()
        assert panel.ui.comparisonBrowser.toPlainText() == ""
        setattr(panel.chosen, end, getattr(nodes, end))
        settle()
        assert "mm from where A does" in panel.ui.comparisonBrowser.toPlainText()


def test_difference_and_field_are_drawn_one_at_a_time(screen, canDraw):
    panel, _, _, red = screen
    from IHERODeformationLib.widgets.fieldPanel import FieldPanel

    field = panel.module.panel(FieldPanel)
    red.sliceLogic().SetSliceOffset(345)
    before = props(red)
    panel.ui.comparisonShownCheckBox.click()
    settle()
    assert props(red) > before
    assert "B − A, mm" in panel.ui.comparisonLegendLabel.text
    field.ui.fieldShownCheckBox.click()
    settle()
    settle()
    assert not panel.state.comparisonShown
    assert field.state.fieldShown
    panel.ui.comparisonShownCheckBox.click()
    settle()
    settle()
    assert panel.state.comparisonShown
    assert not field.state.fieldShown
    panel.ui.comparisonShownCheckBox.click()
    settle()
    assert props(red) == before


def test_the_overlay_goes_under_a_and_b_and_blinks(screen):
    panel, nodes, second, _ = screen
    panel.ui.comparisonOtherButton.click()
    settle()
    assert nodes.overlay.GetParentTransformNode() is second
    assert panel.ui.comparisonOtherButton.checked
    assert not panel.ui.comparisonFirstButton.checked
    panel.ui.comparisonBlinkButton.click()
    panel.onBlink()
    assert nodes.overlay.GetParentTransformNode() is nodes.transform
    panel.onBlink()
    assert nodes.overlay.GetParentTransformNode() is second
    panel.ui.comparisonBlinkButton.click()
    assert nodes.overlay.GetParentTransformNode() is nodes.transform


def test_leaving_the_module_while_it_blinks_leaves_the_overlay_under_a(screen):
    panel, nodes, second, _ = screen
    panel.ui.comparisonOtherButton.click()
    panel.ui.comparisonBlinkButton.click()
    assert nodes.overlay.GetParentTransformNode() is second
    panel.module.exit()
    assert nodes.overlay.GetParentTransformNode() is nodes.transform
    assert not panel.ui.comparisonBlinkButton.checked
    assert dialogs.shown == []


def test_what_was_measured_is_in_the_parameter_node(screen):
    panel, nodes, second, _ = screen
    panel.ui.comparisonMeasureButton.click()
    settle()
    kept = panel.state.parameterNode
    assert kept.GetNodeReference("comparisonOf") is nodes.transform
    assert kept.GetNodeReference("comparisonWith") is second
    assert "at the worst place 6.0 mm" in kept.GetParameter("comparisonText")
    place = [float(one) for one in kept.GetParameter("comparisonWorst").split()]
    assert place[0] == pytest.approx(-(CORNER[0] + 120))


def test_cancelling_leaves_the_last_result_and_the_scene(screen):
    panel, _, _, _ = screen
    count = slicer.mrmlScene.GetNumberOfNodes()
    dialogs.cancelWork()
    panel.ui.comparisonMeasureButton.click()
    settle()
    assert panel.state.comparisonText == ""
    assert slicer.mrmlScene.GetNumberOfNodes() == count


def test_a_scene_that_is_closed_while_they_are_compared_is_no_trouble(screen):
    panel, _, _, _ = screen
    timer = qt.QTimer()
    timer.setSingleShot(True)
    timer.connect("timeout()", lambda: slicer.mrmlScene.Clear(False))
    timer.start(0)  # as soon as the dialog listens
    panel.ui.comparisonMeasureButton.click()
    settle()
    assert panel.ui.comparisonBrowser.toPlainText() == ""
    assert dialogs.shown == []


def test_a_second_registration_that_goes_ends_blinking_and_drawing(screen):
    panel, _, second, red = screen
    before = props(red)
    panel.ui.comparisonShownCheckBox.click()
    panel.ui.comparisonBlinkButton.click()
    settle()
    slicer.mrmlScene.RemoveNode(second)
    panel.onBlink()
    settle()
    assert not panel.ui.comparisonBlinkButton.checked
    assert props(red) == before
    assert "Choose" in panel.ui.comparisonStateLabel.text
    slicer.mrmlScene.Clear(False)
    settle()


def test_the_rigid_part_of_a_deformation_is_what_it_is_compared_with(screen):
    panel, nodes, _, _ = screen
    panel.ui.comparisonRigidButton.click()
    settle()
    rigid = panel.state.comparisonSecond
    assert rigid.GetName() == f"Rigid part of {nodes.transform.GetName()}"
    assert not rigid.GetHideFromEditors()
    # of what stretches along the axes the nearest rigid motion is the mean displacement
    defined = IMAGE.points(np.stack(np.indices(IMAGE.shape)[::-1], axis=-1)).reshape(-1, 3)
    defined = defined[defined[:, 1] <= EDGE]
    away = stretched(defined)
    matrix = np.linalg.inv(slicer.util.arrayFromTransformMatrix(rigid))
    np.testing.assert_allclose(matrix[:3, :3], np.eye(3), atol=1e-6)
    np.testing.assert_allclose(matrix[:3, 3] * (-1, -1, 1), away.mean(axis=0), atol=0.2)
    panel.ui.comparisonMeasureButton.click()
    settle()
    left = np.linalg.norm(away - away.mean(axis=0), axis=1)
    (told,) = re.findall(r"(\d+\.\d) mm from where A does on the mean", panel._text)
    assert float(told) == pytest.approx(left.mean(), abs=0.2)
    panel.ui.comparisonOtherButton.click()
    settle()
    assert nodes.overlay.GetParentTransformNode() is rigid
    panel.module.chosen.registration = rigid
    settle()
    assert not panel.ui.comparisonRigidButton.enabled
    assert not dialogs.shown
