"""Images are registered on the screen by hand."""

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from application.mainWindows import mainWindow, settle
from application.openedScenes import closeScene, nodeIDs, openScene, saveOpenScene
from balls import turned
from IHERORegistrationLib.geometry import mapped
from IHERORegistrationLib.resampling import vtkMatrix
from registerScreen import (
    FIXED_LATTICE,
    LPS_TO_RAS,
    MOVING_IMAGE,
    matrixOf,
    openedPanel,
    pick,
    press,
    show,
    shownTransforms,
    sliders,
)


@pytest.fixture
def panel(tmp_path, monkeypatch):
    with openedPanel(tmp_path, monkeypatch) as opened:
        yield opened


def test_sliders_and_handles_move_the_image_and_esc_gives_up(panel):
    window = mainWindow()
    show(panel, 2)
    before = nodeIDs()
    press(panel.ui.manualBeginButton)
    node = panel.state.manualTransform
    assert node.GetDisplayNode().GetEditorVisibility()
    panel.ui.shiftHeadSlider.value = 4.5
    settle()
    center = MOVING_IMAGE.lattice.center
    np.testing.assert_allclose(
        mapped(matrixOf(node), center), np.add(center, (0, 0, 4.5)), atol=1e-9
    )
    dragged = turned(9, (0, 0, 1), (0, 0, 0)) @ matrixOf(node)  # about CENTER, as a handle would
    node.SetMatrixTransformToParent(vtkMatrix(LPS_TO_RAS @ dragged @ LPS_TO_RAS))
    settle()
    moved = mapped(dragged, center) - center
    np.testing.assert_allclose(sliders(panel), (*moved, 0, 0, 9), atol=0.06)  # one decimal is shown
    np.testing.assert_allclose(matrixOf(node), dragged, atol=1e-12)  # looking does not round it
    panel.ui.shiftHeadSlider.value += 2
    settle()
    raised = mapped(matrixOf(node), center) - moved - center
    np.testing.assert_allclose(raised, (0, 0, 2), atol=0.051)  # nor does another slider
    np.testing.assert_allclose(raised[:2], 0, atol=1e-9)
    QTest.keyClick(window, Qt.Key.Key_Escape)
    settle()
    assert nodeIDs() == before
    assert panel.chosen.overlay.GetParentTransformNode() is None
    assert panel.ui.manualBeginButton.visible


def test_what_was_moved_by_hand_is_kept_and_survives_leaving_the_module(panel):
    show(panel, 2)
    pick(panel.ui.manualStartBox, "centers")
    press(panel.ui.manualBeginButton)
    node = panel.state.manualTransform
    panel.module.exit()
    assert not node.GetDisplayNode().GetEditorVisibility()
    panel.module.enter()
    settle()
    assert node.GetDisplayNode().GetEditorVisibility()
    panel.ui.turnHeadSlider.value = 30.0
    press(panel.ui.manualResetButton)
    assert sliders(panel) == [0] * 6
    panel.ui.shiftLeftSlider.value = -2.0
    press(panel.ui.manualKeepButton)
    assert panel.chosen.registration is node
    assert panel.state.manualTransform is None
    together = FIXED_LATTICE.center - MOVING_IMAGE.lattice.center
    np.testing.assert_allclose(matrixOf(node)[:3, 3], together - (2, 0, 0), atol=1e-9)
    overlay = panel.chosen.overlay
    assert overlay.GetParentTransformNode() is node


def test_a_transform_deleted_while_it_is_moved_ends_that(panel):
    show(panel, 2)
    press(panel.ui.manualBeginButton)
    slicer.mrmlScene.RemoveNode(panel.state.manualTransform)
    settle()
    assert panel.ui.manualBeginButton.visible
    panel.ui.shiftLeftSlider.value = 3.0
    settle()


def test_a_handle_in_a_view_is_dragged_with_the_mouse(panel, canDraw):
    slicer.app.layoutManager().setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutOneUpRedSliceView)
    slicer.util.setSliceViewerLayers(background=panel.chosen.base, fit=True)
    mainWindow(size=(700, 640), panelWidth=200)
    slicer.util.resetSliceViews()
    show(panel, 2)
    pick(panel.ui.manualStartBox, "centers")
    press(panel.ui.manualBeginButton)
    red = slicer.app.layoutManager().sliceWidget("Red")
    middle = LPS_TO_RAS[:3, :3] @ FIXED_LATTICE.center
    slicer.vtkMRMLSliceNode.JumpAllSlices(slicer.mrmlScene, *middle)
    settle()
    view = red.sliceView()
    x, y, _ = view.convertRASToXYZ(middle)
    handle = QPoint(round(x), round(view.height - 1 - y))
    for step in range(3):  # the handle has to be hovered over first
        QTest.mouseMove(view, handle + QPoint(2 - step, 0))
        settle()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=handle)
    for step in range(1, 6):
        QTest.mouseMove(view, handle + QPoint(6 * step, 0))
        settle()
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=handle + QPoint(30, 0))
    settle()
    perPixel = red.mrmlSliceNode().GetFieldOfView()[0] / view.width
    expected = (30 * perPixel, 0, 0, 0, 0, 0)  # to the right of the view is the patient's left
    np.testing.assert_allclose(sliders(panel), expected, atol=perPixel)


def test_work_by_hand_goes_on_in_a_scene_that_was_saved(panel, tmp_path):
    show(panel, 2)
    pick(panel.ui.manualStartBox, "centers")
    press(panel.ui.manualBeginButton)
    panel.ui.turnHeadSlider.value = 7.0
    panel.ui.shiftBackSlider.value = -3.0
    settle()
    file = saveOpenScene(tmp_path / "scene.mrb")
    closeScene()
    settle()
    assert panel.state.manualTransform is None
    openScene(file)
    settle()
    np.testing.assert_allclose(sliders(panel), (0, -3, 0, 0, 0, 7), atol=1e-6)
    press(panel.ui.manualCancelButton)
    assert panel.chosen.overlay.GetParentTransformNode() is None
    assert not shownTransforms()
