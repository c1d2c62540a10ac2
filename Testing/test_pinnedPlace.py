"""A click in a view pins the place there: what it is in both images can be read and copied."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
from PySide6 import QtCore
from PySide6.QtTest import QTest

from application.mainWindows import settle
from application.openedScenes import openScene, saveOpenScene
from displayScreen import displayScreen, panel
from IHERORegistrationLib.displayLayouts import Role

pytestmark = pytest.mark.usefixtures("canDraw")
ROOT = Path(__file__).resolve().parents[1]
LEFT = QtCore.Qt.MouseButton.LeftButton
KEYS = QtCore.Qt.KeyboardModifier


@pytest.fixture(scope="module")
def screen(tmp_path_factory, phantom):
    with displayScreen(tmp_path_factory.mktemp("settings"), phantom) as made:
        yield made


@pytest.fixture(scope="module")
def nodes(screen):
    return screen[1]


@pytest.fixture
def display(nodes):
    panel().pinned.release()
    settle()
    return panel()


def view(name):
    return slicer.app.layoutManager().sliceWidget(name).sliceView()


def click(name, right, down, keys=KEYS.NoModifier):
    """Click a view that far from its middle; the place in its coordinates, LPS mm."""
    at = QtCore.QPoint(view(name).width // 2 + right, view(name).height // 2 + down)
    QTest.mouseMove(view(name), at)
    QTest.mouseClick(view(name), LEFT, keys, at)
    settle()
    ratio = view(name).devicePixelRatioF()
    xy = (at.x() * ratio, (view(name).height - 1 - at.y()) * ratio, 0, 1)
    toRAS = slicer.util.arrayFromVTKMatrix(view(name).mrmlSliceNode().GetXYToRAS())
    return (toRAS @ xy)[:3] * (-1, -1, 1)


def words(point):
    x, y, z = point
    return f"L {x:.1f} P {y:.1f} S {z:.1f} mm"


def mrPlace(nodes, point):
    """By the matrix of the registration, source to registered."""
    matrix = slicer.util.arrayFromTransformMatrix(nodes.registrations["MR"], toWorld=True)
    flip = np.diag((-1, -1, 1, 1))
    return (np.linalg.inv(flip @ matrix @ flip) @ (*point, 1))[:3]


def test_a_click_tells_the_place_in_both_images_and_marks_it(display, nodes):
    assert not display.ui.pinnedLabel.visible
    point = click("Red", 31, -17)
    told = display.ui.pinnedLabel.text
    assert f"Fixed {words(point)}: " in told
    assert f"Moving {words(mrPlace(nodes, point))}: " in told
    assert nodes.images["CT"].GetName() in told
    for one in display.views:
        np.testing.assert_allclose(one.pin.position * (-1, -1, 1), point, atol=1e-5)


def test_it_stays_while_the_mouse_goes_on_and_is_copied(display):
    click("Red", 31, -17)
    told = display.ui.pinnedLabel.text
    QTest.mouseMove(view("Green"), QtCore.QPoint(40, 50))
    settle()
    assert display.ui.pinnedLabel.text == told
    display.ui.copyPinnedButton.click()
    assert slicer.app.clipboard().text() == told


def test_it_tells_what_the_views_show_now(display, nodes):
    point = click("Yellow", -25, 12)
    display.state.isRegistrationShown = False
    display.state.shownDose = nodes.dose
    settle()
    told = display.ui.pinnedLabel.text
    assert f"Moving {words(point)}: " in told
    assert "dose" in told
    display.state.isRegistrationShown, display.state.shownDose = True, None
    settle()
    assert f"Moving {words(mrPlace(nodes, point))}: " in display.ui.pinnedLabel.text


def test_a_click_on_the_moving_image_in_its_own_frame_pins_the_same_place(display, nodes):
    display.ui.besideNativeButton.click()
    settle()
    native = click("IHERONativeAxial", 22, 9)
    assert f"Moving {words(native)}: " in display.ui.pinnedLabel.text
    for one in display.views:
        place = one.pin.position * (-1, -1, 1)
        if one.role is not Role.NATIVE:
            place = mrPlace(nodes, place)
        np.testing.assert_allclose(place, native, atol=1e-4)
    display.ui.previousLayoutButton.click()


def test_dragging_and_clicks_with_keys_or_while_placing_points_pin_nothing(display):
    red = view("Red")
    began, ended = QtCore.QPoint(100, 120), QtCore.QPoint(130, 110)
    QTest.mousePress(red, LEFT, KEYS.NoModifier, began)
    QTest.mouseMove(red, ended)
    QTest.mouseRelease(red, LEFT, KEYS.NoModifier, ended)
    click("Red", 5, 5, KEYS.ShiftModifier)
    mode = slicer.app.applicationLogic().GetInteractionNode()
    mode.SetCurrentInteractionMode(mode.Place)
    click("Red", 5, 5)
    mode.SetCurrentInteractionMode(mode.ViewTransform)
    assert display.pinned.own is None


def test_a_key_pins_and_lets_go(display, screen):
    window, _ = screen
    QTest.mouseMove(view("Red"), QtCore.QPoint(150, 140))
    settle()
    QTest.keyClick(window, QtCore.Qt.Key.Key_P)
    settle()
    assert display.ui.pinnedLabel.visible
    QTest.keyClick(window, QtCore.Qt.Key.Key_P)
    settle()
    assert not display.ui.pinnedLabel.visible
    assert all(one.pin.position is None for one in display.views)


def test_it_belongs_to_its_fixed_image(display, nodes):
    click("Red", 10, 10)
    chosen = display.module.chosen
    chosen.base, chosen.overlay = nodes.images["MR"], nodes.images["CT"]
    settle()
    assert not display.ui.pinnedLabel.visible
    chosen.base, chosen.overlay = nodes.images["CT"], nodes.images["MR"]
    settle()
    assert display.ui.pinnedLabel.visible


def test_it_comes_back_with_the_scene(display, tmp_path):
    click("Red", 31, -17)
    told = display.ui.pinnedLabel.text
    saved = saveOpenScene(tmp_path / "saved.mrb")
    slicer.mrmlScene.Clear(False)
    settle()
    assert not panel().ui.pinnedLabel.visible
    openScene(saved)
    settle()
    assert panel().ui.pinnedLabel.text == told
