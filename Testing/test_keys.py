"""Keys of a module work while it is open, and none that Slicer already uses is taken from it."""

from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

from PySide6 import QtGui, QtWidgets
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from application.mainWindows import mainWindow
from application.runningApplication import loadModule, runningApplication

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def window(tmp_path):
    with runningApplication(tmp_path):
        yield mainWindow()


@pytest.fixture
def pressed():
    return []


@pytest.fixture
def keys(window, pressed):
    from IHERORegistrationLib.widgets.keys import Key, Keys

    made = Keys()
    made.activate(
        Key(sequence, f"does {sequence}", lambda told=sequence: pressed.append(told))
        for sequence in ("Space", "c", "Ctrl+Z")
    )
    yield made
    made.deactivate()


def test_a_key_acts_until_it_is_given_back(window, keys, pressed):
    QTest.keyClick(window, Qt.Key.Key_C)
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert pressed == ["c", "Ctrl+Z"]
    keys.deactivate()
    QTest.keyClick(window, Qt.Key.Key_C)
    assert pressed == ["c", "Ctrl+Z"]
    assert keys.active == ()


def test_a_key_that_slicer_uses_is_left_to_it_and_named(window, pressed):
    from IHERORegistrationLib.widgets.keys import Key, Keys

    undo = QtGui.QAction("Undo", window)
    undo.setShortcut("Ctrl+Z")
    window.addAction(undo)
    keys = Keys()
    given = [Key(one, "", lambda: pressed.append(1)) for one in ("Ctrl+Z", "c")]
    keys.activate(given)
    assert keys.taken == (given[0],)
    assert keys.active == (given[1],)
    undo.setEnabled(False)  # as Slicer's is while there is nothing to undo
    keys.activate(given)
    assert keys.taken == ()
    keys.deactivate()


def test_typing_in_a_field_is_not_taken_for_keys(window, keys, pressed):
    field = QtWidgets.QLineEdit(window)
    field.show()
    field.setFocus()
    QTest.keyClicks(field, "c ")
    assert field.text == "c "
    assert pressed == []


def test_space_presses_the_button_that_has_the_focus(window, keys, pressed):
    box = QtWidgets.QCheckBox("on", window)
    box.show()
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Space)
    assert box.checked
    assert pressed == []
    window.setFocus()
    box.clearFocus()
    QTest.keyClick(window, Qt.Key.Key_Space)
    assert pressed == ["Space"]


SLICERS = {*"bfvrgt[]{}", "Left", "Right", "Up", "Down"}  # in slice views
OF_DISPLAY = {*"123scdewxop", "Space", "Ctrl+Z", "Ctrl+Y"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [("IHERORegistration", OF_DISPLAY), ("IHERODeformation", OF_DISPLAY | {"j", "n"})],
)
def test_each_key_of_a_module_does_one_thing_and_none_is_slicers(window, name, expected):
    module = loadModule(ROOT / name / f"{name}.py").widget()
    module.enter()
    sequences = [key.sequence for panel in module.panels for key in panel.givenKeys()]
    assert len(sequences) == len(set(sequences))
    assert set(sequences) == expected
    assert not SLICERS & expected
    assert {key.sequence for key in module.keys.active} == expected
    assert module.keys.taken == ()
    module.exit()
