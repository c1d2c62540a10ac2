"""What cannot be read in a window, or has no tool tip, is found."""

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
from PySide6 import QtWidgets

from application.legibility import clippedTexts, neededWidth, openEverything, withoutToolTip
from application.runningApplication import runningApplication

LONG = "Registered image and its structures"


@pytest.fixture
def panel(tmp_path):
    """A shown widget to lay others in."""
    with runningApplication(tmp_path):
        widget = QtWidgets.QWidget()
        QtWidgets.QVBoxLayout(widget)
        widget.resize(400, 300)
        widget.show()
        yield widget


def withPart(panel, part, width=None):
    """The panel with a part of that width."""
    part.objectName = "part"
    panel.layout().addWidget(part)
    if width is not None:
        part.setFixedWidth(width)
    part.show()
    slicer.app.processEvents()
    return part


def choice():
    box = QtWidgets.QComboBox()
    box.addItem(LONG)
    return box


def number():
    box = QtWidgets.QDoubleSpinBox()
    box.suffix = " millimeters"
    return box


MADE = {
    "a label": lambda: QtWidgets.QLabel(LONG),
    "a button": lambda: QtWidgets.QPushButton(LONG),
    "a check box": lambda: QtWidgets.QCheckBox(LONG),
    "a choice": choice,
    "a number": number,
}


@pytest.mark.parametrize("kind", MADE)
def test_a_text_with_room_is_not_cut(panel, kind):
    withPart(panel, MADE[kind]())
    assert clippedTexts(panel) == []


@pytest.mark.parametrize("kind", MADE)
def test_a_text_in_a_narrow_widget_is_found(panel, kind):
    withPart(panel, MADE[kind](), width=60)
    (found,) = clippedTexts(panel)
    assert found.startswith("part: ")


def test_a_text_on_several_lines_is_cut_where_its_widget_is_low(panel):
    label = withPart(panel, QtWidgets.QLabel(f"{LONG}. {LONG}. {LONG}."), width=150)
    label.wordWrap = True
    slicer.app.processEvents()
    assert clippedTexts(panel) == []
    label.setFixedHeight(20)
    slicer.app.processEvents()
    assert len(clippedTexts(panel)) == 1


def test_what_is_hidden_is_not_judged(panel):
    withPart(panel, QtWidgets.QLabel(LONG), width=60).hide()
    assert clippedTexts(panel) == []


def test_everything_is_opened_to_be_judged(panel):
    import ctk

    group = withPart(panel, ctk.ctkCollapsibleButton("More"))
    inside = QtWidgets.QLabel(LONG)
    QtWidgets.QVBoxLayout(group).addWidget(inside)
    group.collapsed = True
    openEverything(panel)
    assert inside.visible
    assert inside.height >= inside.sizeHint().height()


def test_the_width_that_a_panel_needs_grows_with_its_widest_part(panel):
    before = neededWidth(panel)
    withPart(panel, QtWidgets.QLabel(LONG), width=500)
    assert before < 100
    assert 500 < neededWidth(panel) < 540


def test_what_can_be_used_without_a_tool_tip_is_found(panel):
    import ctk

    told = withPart(panel, QtWidgets.QPushButton("Undo"))
    told.toolTip = "Take the registration out"
    slider = withPart(panel, ctk.ctkSliderWidget())
    slider.toolTip = "How much of the overlay is seen"
    withPart(panel, QtWidgets.QLabel("nothing to click"))
    assert withoutToolTip(panel) == []
    told.toolTip = ""
    assert withoutToolTip(panel) == ["part"]
