"""What a user does in a slice view of the stand-in reaches Slicer's own code."""

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
from PySide6 import QtCore, QtGui, QtWidgets
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from application.mainWindows import mainWindow
from application.runningApplication import runningApplication

PLACE = (150, 130)  # pixels from the upper left corner


@pytest.fixture
def red(tmp_path, canDraw):
    """The widget of the red view, which shows a volume in slices of 4 mm."""
    with runningApplication(tmp_path):
        values = np.arange(24000, dtype=np.int16).reshape(20, 30, 40)
        volume = slicer.util.addVolumeFromArray(values)
        volume.SetSpacing(2, 3, 4)
        mainWindow(size=(900, 700), panelWidth=200)
        slicer.util.setSliceViewerLayers(background=volume, fit=True)
        slicer.app.processEvents()
        yield slicer.app.layoutManager().sliceWidget("Red")


def move(view, place, modifiers=Qt.KeyboardModifier.NoModifier):
    position = QtCore.QPointF(*place)
    kind, none = QtCore.QEvent.Type.MouseMove, Qt.MouseButton.NoButton
    event = QtGui.QMouseEvent(kind, position, view.mapToGlobal(position), none, none, modifiers)
    QtWidgets.QApplication.sendEvent(view, event)
    slicer.app.processEvents()


def turn(view, angle, modifiers=Qt.KeyboardModifier.NoModifier):
    position = QtCore.QPointF(*PLACE)
    event = QtGui.QWheelEvent(
        position,
        view.mapToGlobal(position),
        QtCore.QPoint(),
        QtCore.QPoint(0, angle),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QtWidgets.QApplication.sendEvent(view, event)


def pointAt(view, place):
    """RAS of pixels from the upper left corner."""
    return view.convertXYZToRAS((place[0], view.height - 1 - place[1], 0))


def test_the_mouse_with_shift_moves_the_crosshair_and_the_other_views(red):
    view = red.sliceView()
    crosshair = slicer.util.getNode("Crosshair")
    move(view, PLACE, Qt.KeyboardModifier.ShiftModifier)
    expected = pointAt(view, PLACE)
    np.testing.assert_allclose(crosshair.GetCrosshairRAS(), expected, atol=1e-9)
    green = slicer.app.layoutManager().sliceWidget("Green")
    assert abs(green.sliceLogic().GetSliceOffset() - expected[1]) < 1e-9


def test_the_mouse_tells_where_it_is(red):
    move(red.sliceView(), PLACE)
    position = [0.0] * 3
    assert slicer.util.getNode("Crosshair").GetCursorPositionRAS(position)
    np.testing.assert_allclose(position, pointAt(red.sliceView(), PLACE), atol=1e-9)


def test_the_wheel_steps_through_slices_and_zooms_with_control(red):
    before = red.sliceLogic().GetSliceOffset()
    turn(red.sliceView(), 120)
    assert abs(red.sliceLogic().GetSliceOffset() - before - 4) < 1e-6
    turn(red.sliceView(), -240)
    assert abs(red.sliceLogic().GetSliceOffset() - before + 4) < 1e-6
    width = red.mrmlSliceNode().GetFieldOfView()[0]
    turn(red.sliceView(), 120, Qt.KeyboardModifier.ControlModifier)
    assert abs(red.mrmlSliceNode().GetFieldOfView()[0] / width - 0.8) < 1e-6


def test_keys_step_through_slices(red):
    before = red.sliceLogic().GetSliceOffset()
    move(red.sliceView(), PLACE)
    QTest.keyClick(red.sliceView(), Qt.Key.Key_Right)
    assert abs(red.sliceLogic().GetSliceOffset() - before - 4) < 1e-6


def test_dragging_with_the_right_button_zooms(red):
    view, width = red.sliceView(), red.mrmlSliceNode().GetFieldOfView()[0]
    QTest.mousePress(view, Qt.MouseButton.RightButton, pos=QtCore.QPoint(*PLACE))
    move(view, (PLACE[0], PLACE[1] + 60))
    QTest.mouseRelease(view, Qt.MouseButton.RightButton, pos=QtCore.QPoint(PLACE[0], PLACE[1] + 60))
    assert red.mrmlSliceNode().GetFieldOfView()[0] != width


def test_clicks_place_the_points_of_the_active_list(red):
    view = red.sliceView()
    points = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode")
    slicer.modules.markups.logic().StartPlaceMode(True)
    for place in (PLACE, (210, 90)):
        move(view, place)
        QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=QtCore.QPoint(*place))
    slicer.app.applicationLogic().GetInteractionNode().SwitchToViewTransformMode()
    slicer.app.processEvents()
    placed = slicer.util.arrayFromMarkupsControlPoints(points)
    expected = [pointAt(view, PLACE), pointAt(view, (210, 90))]
    np.testing.assert_allclose(placed, expected, atol=1e-6)


def test_shortcuts_of_the_main_window_work(red):
    import qt

    seen, window = [], slicer.util.mainWindow()
    shortcut = qt.QShortcut(qt.QKeySequence("Ctrl+Shift+B"), window)
    shortcut.connect("activated()", lambda: seen.append("blink"))
    keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(window, Qt.Key.Key_B, keys)
    QTest.keyClick(red.sliceView(), Qt.Key.Key_B, keys)
    assert seen == ["blink", "blink"]


def test_the_slider_over_a_view_moves_its_slice(red):
    controller = red.sliceController()
    controller.setSliceOffsetValue(28.0)
    assert abs(red.sliceLogic().GetSliceOffset() - 28) < 1e-6
    slider = controller.findChild(QtWidgets.QSlider)
    slider.setValue(slider.maximum)
    assert abs(red.sliceLogic().GetSliceOffset() - 78) < 1e-6  # slices from -2 to 78 mm


def drag(view, begin, end):
    """Drag with the left button from and to pixels from the upper left corner."""
    left = Qt.MouseButton.LeftButton
    move(view, begin)
    QTest.mousePress(view, left, pos=QtCore.QPoint(*begin))
    for part in (0.5, 1.0):
        move(view, [round(a + part * (b - a)) for a, b in zip(begin, end, strict=True)])
    QTest.mouseRelease(view, left, pos=QtCore.QPoint(*end))
    slicer.app.processEvents()


def test_dragging_changes_window_and_level_in_their_mode(red):
    display = slicer.util.getNode("vtkMRMLScalarVolumeDisplayNode*")
    display.AutoWindowLevelOff()
    display.SetWindowLevel(300, 100)
    interaction = slicer.app.applicationLogic().GetInteractionNode()
    interaction.SetCurrentInteractionMode(interaction.AdjustWindowLevel)
    drag(red.sliceView(), PLACE, (PLACE[0] + 40, PLACE[1]))
    assert display.GetWindow() > 300


def test_handles_move_a_transform(red):
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    center = red.mrmlSliceNode().GetSliceToRAS().MultiplyPoint((0, 0, 0, 1))[:3]
    node.SetCenterOfTransformation(center)
    node.CreateDefaultDisplayNodes()
    node.GetDisplayNode().SetEditorVisibility(True)
    node.GetDisplayNode().SetEditorSliceIntersectionVisibility(True)
    slicer.app.processEvents()
    view = red.sliceView()
    x, y, _ = view.convertRASToXYZ(center)
    begin = (round(x), round(view.height - 1 - y))
    end = (begin[0] + 30, begin[1] + 20)
    drag(view, begin, end)
    moved = slicer.util.arrayFromTransformMatrix(node)[:3, 3]
    expected = np.subtract(pointAt(view, end), pointAt(view, begin))
    np.testing.assert_allclose(moved, expected, atol=0.5)


def test_linked_views_change_together(red):
    volume = slicer.util.addVolumeFromArray(np.ones((3, 4, 5), np.int16))
    green = slicer.app.layoutManager().sliceWidget("Green")
    for widget in (red, green):
        widget.sliceController().setSliceLink(True)
        widget.sliceController().setHotLinked(True)
    composite = red.mrmlSliceCompositeNode()
    red.sliceLogic().StartSliceCompositeNodeInteraction(composite.ForegroundVolumeFlag)
    composite.SetForegroundVolumeID(volume.GetID())
    red.sliceLogic().EndSliceCompositeNodeInteraction()
    assert green.mrmlSliceCompositeNode().GetForegroundVolumeID() == volume.GetID()
