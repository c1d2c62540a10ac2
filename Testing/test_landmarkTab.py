"""Images are registered on the screen by landmarks."""

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from application.mainWindows import mainWindow, settle
from IHERORegistrationLib.geometry import inverted
from IHERORegistrationLib.usedLandmarks import landmarksOf
from registerScreen import POINTS, TRUTH, matrixOf, openedPanel, place, press, withLandmarks


@pytest.fixture
def panel(tmp_path, monkeypatch):
    with openedPanel(tmp_path, monkeypatch) as opened:
        yield opened


def residuals(panel):
    table = panel.ui.landmarkTable
    return [table.item(row, 2).text() for row in range(table.rowCount)]


def test_landmarks_of_both_images_register_them(panel):
    assert "at least three points" in panel.ui.residualsLabel.text
    assert not panel.ui.landmarksButton.enabled
    withLandmarks(panel)
    assert residuals(panel) == ["0.0"] * 5
    press(panel.ui.landmarksButton)
    node = panel.chosen.registration
    np.testing.assert_allclose(matrixOf(node), inverted(TRUTH.matrix), atol=1e-9)
    assert panel.chosen.overlay.GetParentTransformNode() is node
    assert panel.state.movingLandmarks.GetParentTransformNode() is node
    assert panel.ui.registerResultLabel.text.startswith("MR on CT by landmarks: 5 pairs")
    fixed, moving = landmarksOf(node)  # for the object that is written of it
    assert fixed.node is panel.state.fixedLandmarks
    np.testing.assert_allclose([point for _, point in fixed.points], POINTS, atol=1e-9)
    np.testing.assert_allclose([point for _, point in moving.points], TRUTH(POINTS), atol=1e-9)


def test_a_bad_pair_is_named_and_can_be_left_out_or_deleted(panel):
    shifts = np.zeros((5, 3))
    shifts[1] = (0, 24, 0)
    withLandmarks(panel, shifts)
    assert "Pair 2 may be misplaced" in panel.ui.residualsLabel.text
    assert residuals(panel)[1].endswith("large")
    table = panel.ui.landmarkTable
    table.item(1, 0).setCheckState(Qt.CheckState.Unchecked)
    settle()
    assert residuals(panel) == ["0.0", "not used", "0.0", "0.0", "0.0"]
    table.selectRow(1)
    press(panel.ui.deletePairButton)
    assert residuals(panel) == ["0.0"] * 4
    panel.state.movingLandmarks.RemoveNthControlPoint(3)
    settle()
    assert residuals(panel)[3] == "no partner on the moving image"


def test_a_click_into_a_view_places_a_point_of_the_pressed_list(panel, canDraw):
    slicer.app.layoutManager().setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutOneUpRedSliceView)
    slicer.util.setSliceViewerLayers(background=panel.chosen.base, fit=True)
    mainWindow(size=(700, 640), panelWidth=200)
    settle()
    press(panel.ui.placeMovingButton)
    view = slicer.app.layoutManager().sliceWidget("Red").sliceView()
    QTest.mouseMove(view, QPoint(200, 180))
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(200, 180))
    settle()
    assert panel.state.movingLandmarks.GetNumberOfDefinedControlPoints() == 1
    assert panel.ui.landmarkTable.item(0, 2).text() == "no partner on the fixed image"
    interaction = slicer.app.applicationLogic().GetInteractionNode()
    interaction.SetCurrentInteractionMode(interaction.ViewTransform)  # as by Esc in the view
    settle()
    assert not panel.ui.placeMovingButton.checked


def test_points_are_placed_on_both_images_in_turn(panel):
    press(panel.ui.placeFixedButton)
    selection = slicer.app.applicationLogic().GetSelectionNode()
    for point in POINTS[:2]:
        assert selection.GetActivePlaceNodeID() == panel.state.fixedLandmarks.GetID()
        place(panel.state.fixedLandmarks, [point])
        assert panel.ui.placeMovingButton.checked
        assert selection.GetActivePlaceNodeID() == panel.state.movingLandmarks.GetID()
        place(panel.state.movingLandmarks, [TRUTH(point)])
        assert panel.ui.placeFixedButton.checked
    panel.ui.alternateCheck.checked = False
    place(panel.state.fixedLandmarks, POINTS[2:4])
    assert panel.ui.placeFixedButton.checked


def test_what_a_registration_moved_is_undone_like_any_placement(panel):
    withLandmarks(panel)
    press(panel.ui.landmarksButton)
    node = panel.chosen.registration
    moved = (panel.chosen.overlay, panel.state.movingLandmarks)
    assert all(one.GetParentTransformNode() is node for one in moved)
    press(panel.module.panels[0].ui.undoPlacementButton)
    assert all(one.GetParentTransformNode() is None for one in moved)
