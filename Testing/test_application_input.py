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
        volume = slicer.util.addVolumeFromArray(np.zeros((20, 30, 40), np.int16))
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
