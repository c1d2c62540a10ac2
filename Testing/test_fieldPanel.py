"""The panel that draws a field over the slices, clicked like a user does."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer

from application.mainWindows import mainWindow, settle
from application.runningApplication import loadModule, runningApplication
from fieldScenes import CORNER, FOLD, IMAGE, OUTSIDE, fieldScene, folded
from IHERORegistrationLib.errors import PatientMismatchError
from IHERORegistrationLib.patient import Patient
from IHERORegistrationLib.registrationText import textFromPatient
from IHERORegistrationLib.subjectHierarchy import PATIENT

MODULE = Path(__file__).resolve().parents[1] / "IHERODeformation" / "IHERODeformation.py"
FOLDED = float(np.mean(np.abs(IMAGE.points(np.indices((41, 1, 1)).reshape(3, -1).T)[:, 0]) < FOLD))


@pytest.fixture
def screen(tmp_path, monkeypatch):
    """The panel over a scene with a deformation that folds, outside and undefined in places."""
    with runningApplication(tmp_path):
        from IHERODeformationLib.widgets import panels as shown
        from IHERODeformationLib.widgets.fieldPanel import FieldPanel

        monkeypatch.setattr(shown, "PANELS", (FieldPanel,))
        nodes = fieldScene(slicer.mrmlScene, folded, undefined=((7, 5, 6),))
        mainWindow(loadModule(MODULE), size=(1300, 800), panelWidth=400)
        slicer.app.layoutManager().setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutOneUpRedSliceView)
        red = slicer.app.layoutManager().sliceWidget("Red")
        red.mrmlSliceCompositeNode().SetBackgroundVolumeID(nodes.base.GetID())
        red.fitSliceToBackground()
        widget = slicer.modules.IHERODeformationWidget
        nodes.overlay.SetAndObserveTransformNodeID(nodes.transform.GetID())
        widget.chosen.registration = nodes.transform
        widget.chosen.base, widget.chosen.overlay = nodes.base, nodes.overlay
        panel = widget.panel(FieldPanel)
        panel.ui.fieldButton.collapsed = False
        settle()
        yield panel, nodes, red


def props(red):
    renderer = red.sliceView().renderWindow().GetRenderers().GetFirstRenderer()
    return renderer.GetViewProps().GetNumberOfItems()


def pixel(red, x, y):
    """Color of the view at LPS x and y."""
    red.sliceView().forceRender()
    column, row, _ = red.sliceView().convertRASToXYZ([-x, -y, red.sliceLogic().GetSliceOffset()])
    ratio = red.sliceView().devicePixelRatioF()
    image = red.sliceView().grab().toImage()
    color = image.pixelColor(round(column / ratio), image.height() - 1 - round(row / ratio))
    return np.array([color.red(), color.green(), color.blue()])


def test_keys_draw_the_field_and_take_it_away(screen):
    panel, _, _ = screen
    keys = {key.sequence: key.act for key in slicer.modules.IHERODeformationWidget.keys.active}
    for key, kind in (("j", "Jacobian"), ("n", "Arrows")):
        keys[key]()
        settle()
        assert panel.field is not None
        assert panel.ui.fieldKindComboBox.currentText == kind
        assert panel.ui.fieldShownCheckBox.checked
    keys["n"]()
    settle()
    assert panel.field is None
    assert not panel.ui.fieldShownCheckBox.checked


def test_the_words_are_those_of_the_closed_form(screen):
    panel, _, _ = screen
    assert panel.ui.fieldSummaryLabel.text == ""
    panel.ui.fieldShownCheckBox.click()
    settle()
    text = panel.ui.fieldSummaryLabel.text
    assert f"{100 * OUTSIDE:.2g} % of planning lies outside the grid" in text
    count = int(text.split("folded in ")[1].split(" of ")[0].replace(",", ""))
    inside = IMAGE.size[0] * IMAGE.size[1] * IMAGE.size[2] * (1 - OUTSIDE)
    assert count / inside == pytest.approx(FOLDED, abs=0.03)
    assert "−0.50 to 2.50" in text


def test_the_view_is_colored_and_left_as_it_was(screen, canDraw):
    panel, nodes, red = screen
    red.sliceLogic().SetSliceOffset(345)
    before, plain = props(red), pixel(red, 0, CORNER[1] + 20)
    panel.ui.fieldShownCheckBox.click()
    settle()
    red.sliceView().forceRender()
    assert props(red) > before
    magenta = pixel(red, 0, CORNER[1] + 20)
    assert magenta[1] < 60
    assert magenta[[0, 2]].min() > 180
    red.mrmlSliceCompositeNode().SetBackgroundVolumeID(nodes.overlay.GetID())
    red.sliceView().forceRender()
    assert props(red) == before  # the field belongs to its base
    red.mrmlSliceCompositeNode().SetBackgroundVolumeID(nodes.base.GetID())
    panel.ui.fieldShownCheckBox.click()
    settle()
    np.testing.assert_array_equal(pixel(red, 0, CORNER[1] + 20), plain)


def test_the_mouse_reads_what_becomes_of_its_place(screen):
    panel, _, _ = screen
    panel.ui.fieldShownCheckBox.click()
    panel.onPart(1)  # all of it
    settle()
    crosshair = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLCrosshairNode")
    label = panel.ui.fieldReadoutLabel
    for x, y, words in (
        (5, 30, "Here: 7.5 mm (7.5 right); folded, Jacobian −0.50."),
        (-4, 30, "Here: 6.0 mm (6.0 left); folded, Jacobian −0.50."),
        (15, 30, "Here: 7.5 mm (7.5 right); volume × 2.50."),
        (40, 30, "Here: 0.0 mm; volume × 1.00."),
        (40, 130, "Here: outside the grid, nothing is known."),
    ):
        crosshair.SetCursorPositionRAS([-float(x), -float(CORNER[1] + y), 345.0])
        assert label.text == words


def test_before_and_after_show_the_overlay_by_the_rigid_part_and_by_the_deformation(screen):
    panel, nodes, _ = screen
    button = panel.ui.fieldBeforeButton
    assert button.enabled
    button.click()
    settle()
    parent = nodes.overlay.GetParentTransformNode()
    assert parent.IsLinear()
    assert button.checked
    button.click()
    settle()
    assert nodes.overlay.GetParentTransformNode() is nodes.transform
    assert parent.GetScene() is None
    nodes.overlay.SetAndObserveTransformNodeID(None)
    panel.module.showPanels()
    assert not button.enabled


def test_what_is_chosen_is_kept_in_the_scene_and_a_matrix_has_no_field(screen):
    panel, _, _ = screen
    panel.onKind(panel.ui.fieldKindComboBox.findData("jacobian"))
    panel.ui.fieldOpacitySlider.value = 0.35
    settle()
    kept = panel.state.parameterNode
    assert kept.GetParameter("fieldKind") == "jacobian"
    assert float(kept.GetParameter("fieldOpacity")) == 0.35
    assert "Jacobian" in panel.ui.fieldLegendLabel.text
    matrix = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "couch")
    panel.chosen.registration = matrix
    settle()
    assert "couch is rigid or affine" in panel.ui.fieldSummaryLabel.text


@pytest.mark.parametrize("whose", ["base", "overlay", "transform"])
def test_nothing_is_drawn_for_another_patient(screen, whose):
    panel, nodes, red = screen
    before = props(red)
    for name, uid in (("base", "1"), ("overlay", "1"), ("transform", "1"), (whose, "2")):
        getattr(nodes, name).SetAttribute(PATIENT, textFromPatient(Patient(uid, "A^B", "", "")))
    panel.ui.fieldShownCheckBox.click()
    settle()
    assert "belongs to another patient" in panel.ui.fieldSummaryLabel.text
    assert "A^B" not in panel.ui.fieldSummaryLabel.text
    assert (panel.field, props(red)) == (None, before)
    with pytest.raises(PatientMismatchError):  # without a field the rigid part is not known
        panel.onBefore(True)
    assert nodes.overlay.GetParentTransformNode() is nodes.transform
    getattr(nodes, whose).SetAttribute(PATIENT, textFromPatient(Patient("1", "A^B", "", "")))
    panel.module.showPanels()
    assert panel.field is not None
    getattr(nodes, whose).SetAttribute(PATIENT, textFromPatient(Patient("2", "A^B", "", "")))
    panel.module.showPanels()
    assert (panel.field, props(red)) == (None, before)


def test_nodes_that_go_and_a_closed_scene_leave_no_drawing(screen):
    panel, nodes, red = screen
    panel.ui.fieldShownCheckBox.click()
    settle()
    slicer.mrmlScene.RemoveNode(nodes.transform)
    panel.module.showPanels()
    assert "Choose a registration" in panel.ui.fieldSummaryLabel.text
    before = props(red)
    slicer.mrmlScene.Clear(False)
    settle()
    assert props(red) <= before
    assert panel.field is None
