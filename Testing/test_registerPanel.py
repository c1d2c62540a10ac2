"""Images are registered on the screen: by landmarks, automatically and by hand."""

import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from application import dialogs
from application.mainWindows import mainWindow
from application.openedScenes import closeScene, openScene, saveOpenScene
from application.runningApplication import loadModule, runningApplication
from balls import CENTER, FIXED, MOVING, imageNode, lattice, turned, volume
from IHERORegistrationLib.geometry import AffineTransform, inverted, mapped
from IHERORegistrationLib.resampling import vtkMatrix
from IHERORegistrationLib.scene import arrayFromMatrix

MODULE = Path(__file__).resolve().parents[1] / "IHERORegistration" / "IHERORegistration.py"
LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
TRUTH = AffineTransform(turned(5, (1, -2, 0.5), (12, -9, 6)), FIXED, MOVING)
POINTS = CENTER + np.random.default_rng(2).uniform(-35, 35, (5, 3))
FIXED_LATTICE = lattice((26, 25, 22), (4.1, 4.3, 4.6), CENTER)
FIXED_IMAGE = volume(FIXED_LATTICE, FIXED)
MOVING_IMAGE = volume(
    lattice((28, 26, 24), (4.0, 4.4, 4.2), TRUTH(CENTER) + 3), MOVING, TRUTH.inverse()
)


@pytest.fixture
def application(tmp_path, request):
    with runningApplication(tmp_path, testing=not hasattr(request, "param")) as running:
        yield running


@pytest.fixture
def panel(application, monkeypatch):
    """The opened panel, with both images chosen; there is no other but ApplyPanel."""
    from IHERORegistrationLib.widgets import panels
    from IHERORegistrationLib.widgets.applyPanel import ApplyPanel
    from IHERORegistrationLib.widgets.registerPanel import RegisterPanel

    monkeypatch.setattr(panels, "PANELS", (ApplyPanel, RegisterPanel))

    fixed = imageNode(slicer.mrmlScene, FIXED_IMAGE, "CT")
    moving = imageNode(slicer.mrmlScene, MOVING_IMAGE, "MR", "MR")
    module = loadModule(MODULE).widget()
    module.enter()
    module.chosen.base, module.chosen.overlay = fixed, moving
    panel = module.panel(RegisterPanel)
    panel.ui.registerButton.collapsed = False
    settle()
    return panel


def settle():
    for _ in range(3):
        slicer.app.processEvents()


def press(button):
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    settle()


def show(panel, number):
    panel.bar.setCurrentIndex(number)
    settle()


def pick(box, meaning):
    index = box.findData(meaning)
    box.setCurrentIndex(index)
    box.activated.emit(index)
    settle()


def matrixOf(node):
    """ToWorld, in LPS."""
    matrix = vtkMatrix4x4()
    node.GetMatrixTransformToWorld(matrix)
    return LPS_TO_RAS @ arrayFromMatrix(matrix) @ LPS_TO_RAS


def missed(matrix):
    """By how many mm, at the corners of the fixed image, at most."""
    corners = FIXED_LATTICE.corners
    return np.linalg.norm(mapped(matrix, TRUTH(corners)) - corners, axis=1).max()


def nodeIDs():
    scene = slicer.mrmlScene
    return [scene.GetNthNode(number).GetID() for number in range(scene.GetNumberOfNodes())]


def shownTransforms():
    """Those that are not of Slicer's own views."""
    nodes = slicer.util.getNodesByClass("vtkMRMLTransformNode")
    return [one for one in nodes if not one.GetHideFromEditors()]


def place(node, points):
    for point in points:
        node.AddControlPointWorld(*(LPS_TO_RAS[:3, :3] @ point))
    settle()


def withLandmarks(panel, shifts=0.0):
    press(panel.ui.placeFixedButton)
    place(panel.state.fixedLandmarks, POINTS)
    press(panel.ui.placeMovingButton)
    place(panel.state.movingLandmarks, TRUTH(POINTS) + shifts)
    press(panel.ui.placeMovingButton)


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


def automatic(panel, beginning="present"):
    show(panel, 1)
    pick(panel.ui.rigidBeginningBox, beginning)


def test_images_are_registered_automatically_into_a_new_node(panel):
    withLandmarks(panel, np.array([3.0, 0, 0]))
    press(panel.ui.landmarksButton)
    before = panel.chosen.registration
    kept = matrixOf(before)
    automatic(panel, "chosen")
    assert panel.ui.rigidPresetHintLabel.text.startswith("CT with MR:")
    press(panel.ui.automaticButton)
    node = panel.chosen.registration
    assert node is not before
    np.testing.assert_array_equal(matrixOf(before), kept)
    assert missed(matrixOf(node)) < 2.5 < missed(kept)
    assert "before" in panel.ui.registerResultLabel.text
    assert panel.ui.automaticButton.enabled


def during(deed, seconds=0.3):
    """Do `deed` once, that long after the work has begun; gives when it was done."""
    done = []

    def act():
        done.append(time.monotonic())
        deed()

    QTimer.singleShot(round(1000 * seconds), slicer.app, act)
    return done


def test_cancelled_work_leaves_the_scene_node_for_node_at_once(panel):
    automatic(panel, "all")
    before = nodeIDs()
    done = during(dialogs.cancelWork)
    press(panel.ui.automaticButton)
    ended = time.monotonic()
    assert ended - done[0] < 0.7  # 0.5 s, and the events of settle
    assert nodeIDs() == before
    assert panel.chosen.registration is None
    assert panel.chosen.overlay.GetParentTransformNode() is None
    assert panel.ui.automaticButton.enabled


def test_a_node_deleted_or_a_scene_closed_during_the_work_ends_it(panel):
    automatic(panel, "all")
    moving = panel.chosen.overlay
    during(lambda: slicer.mrmlScene.RemoveNode(moving))
    press(panel.ui.automaticButton)
    assert panel.chosen.registration is None
    assert "a moving one: choose them above" in panel.ui.registerPairLabel.text
    assert not panel.ui.automaticButton.enabled
    panel.chosen.overlay = imageNode(slicer.mrmlScene, MOVING_IMAGE, "MR 2", "MR")
    settle()
    during(lambda: slicer.mrmlScene.Clear(False))
    press(panel.ui.automaticButton)
    assert panel.chosen.base is None
    assert not shownTransforms()


def sliders(panel):
    tab = panel.tabs[2]
    return [one.value for one in (*tab.shifts, *tab.turns)]


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


def test_images_of_other_patients_and_without_frames_are_told(panel):
    other = imageNode(slicer.mrmlScene, MOVING_IMAGE, "MR of P2", "MR", "P2")
    panel.chosen.overlay = other
    settle()
    assert "differ in PatientID" in panel.ui.registerPairLabel.text
    buttons = (
        panel.ui.placeFixedButton,
        panel.ui.automaticButton,
        panel.ui.manualBeginButton,
    )
    assert not any(one.enabled for one in buttons)
    panel.chosen.overlay = slicer.util.addVolumeFromArray(np.zeros((4, 5, 6)), name="drawn")
    settle()
    assert "for viewing only" in panel.ui.registerPairLabel.text.lower()
    assert all(one.enabled for one in buttons)


@pytest.mark.parametrize("application", ["a user is there"], indirect=True)
def test_a_registration_to_start_from_has_to_be_chosen_as_one_dialog_says(panel):
    mainWindow()
    automatic(panel, "chosen")
    press(panel.ui.automaticButton)
    (dialog,) = dialogs.shown
    assert dialog.text.startswith("The images cannot be registered automatically.")
    assert "choose one above" in dialog.text
    assert not shownTransforms()
    assert panel.ui.automaticButton.enabled
    dialogs.shown.clear()
    done = during(dialogs.cancelWork)
    pick(panel.ui.rigidBeginningBox, "all")
    press(panel.ui.automaticButton)
    assert done
    assert dialogs.shown == []  # who cancelled knows


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


def test_what_a_registration_moved_is_undone_like_any_placement(panel):
    withLandmarks(panel)
    press(panel.ui.landmarksButton)
    node = panel.chosen.registration
    moved = (panel.chosen.overlay, panel.state.movingLandmarks)
    assert all(one.GetParentTransformNode() is node for one in moved)
    press(panel.module.panels[0].ui.undoPlacementButton)
    assert all(one.GetParentTransformNode() is None for one in moved)
