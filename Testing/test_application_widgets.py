"""Widgets of CTK and Slicer on the application's stand-in do what panels rely on."""

from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from application import dialogs
from application.runningApplication import runningApplication


@pytest.fixture
def ctk(tmp_path):
    with runningApplication(tmp_path):
        import ctk

        yield ctk


def press(button):
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def told(widget, signature):
    """What the signal of a widget tells from now on."""
    values = []
    widget.connect(signature, lambda *arguments: values.append(arguments))
    return values


@pytest.mark.parametrize("className", ["ctkSliderWidget", "ctkDoubleSpinBox"])
def test_a_number_has_limits_decimals_and_a_unit(ctk, className):
    widget = getattr(ctk, className)()
    values = told(widget, "valueChanged(double)")
    widget.minimum, widget.maximum, widget.decimals, widget.singleStep = -5, 20, 1, 0.5
    widget.suffix, widget.prefix = " mm", "d = "
    widget.value = 12.34
    widget.value = 40
    assert values == [(12.3,), (20.0,)]
    assert (widget.suffix, widget.singleStep, widget.minimum) == (" mm", 0.5, -5)


def test_a_slider_is_dragged(ctk):
    import qt

    widget = ctk.ctkSliderWidget()
    widget.maximum = 10
    widget.resize(300, 30)
    widget.show()
    slider = widget.findChild(qt.QSlider)
    values = told(widget, "valueChanged(double)")
    QTest.keyClick(slider, Qt.Key.Key_End)
    assert widget.value == 10
    QTest.keyClick(slider, Qt.Key.Key_Home)
    assert (widget.value, values) == (0, [(10.0,), (0.0,)])
    QTest.mouseClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width // 2, 8))
    assert 0 < widget.value < 10


def test_a_slider_without_tracking_tells_its_value_at_the_end(ctk):
    import qt

    widget = ctk.ctkSliderWidget()
    widget.tracking, widget.maximum = False, 10
    slider = widget.findChild(qt.QSlider)
    during, end = told(widget, "valueIsChanging(double)"), told(widget, "valueChanged(double)")
    slider.setSliderDown(True)
    slider.triggerAction(qt.QAbstractSlider.SliderToMaximum)
    assert (during, end) == ([(10.0,)], [])
    slider.setSliderDown(False)
    assert end == [(10.0,)]


@pytest.mark.parametrize("className", ["ctkRangeWidget", "ctkDoubleRangeSlider"])
def test_a_range_keeps_its_ends_in_order(ctk, className):
    widget = getattr(ctk, className)()
    widget.setRange(-100, 400)
    widget.setValues(-50, 200)
    values = told(widget, "valuesChanged(double,double)")
    widget.minimumValue = 300
    assert (widget.minimumValue, widget.maximumValue) == (300, 300)
    assert values[-1] == (300, 300)
    widget.maximumValue = 1000
    assert widget.maximumValue == 400


def test_a_color_button_has_its_color(ctk):
    import qt

    button = ctk.ctkColorPickerButton()
    values = told(button, "colorChanged(QColor)")
    button.displayColorName = True
    button.color = qt.QColor(213, 94, 0)
    button.resize(120, 30)
    assert (button.colorName, len(values)) == ("#d55e00", 1)
    assert button.grab().toImage().pixelColor(15, 15).name() == "#d55e00"


def test_paths_are_typed_or_chosen(ctk):
    import qt

    path, folder = ctk.ctkPathLineEdit(), ctk.ctkDirectoryButton()
    values = told(path, "currentPathChanged(QString)")
    QTest.keyClicks(path.findChild(qt.QLineEdit), "a")
    dialogs.answers += [Path("b.tfm"), Path("out"), None]
    press(path.findChild(qt.QToolButton))
    assert (path.currentPath, values) == ("b.tfm", [("a",), ("b.tfm",)])
    press(folder.findChild(qt.QPushButton))
    assert folder.directory == "out"
    press(folder.findChild(qt.QPushButton))
    assert folder.directory == "out"


def test_several_items_of_a_list_are_checked(ctk):
    box = ctk.ctkCheckableComboBox()
    for name in ("GTV", "CTV", "Lung"):
        box.addItem(name)
    values = told(box, "checkedIndexesChanged()")
    box.setCheckState(box.model().index(1, 0), Qt.CheckState.Checked)
    assert [one.data() for one in box.checkedIndexes()] == ["CTV"]
    assert values
    assert not box.allChecked()
    assert not box.noneChecked()


def test_a_group_hides_what_it_holds(ctk):
    import qt

    group = ctk.ctkCollapsibleGroupBox()
    rows, inside = qt.QVBoxLayout(group), qt.QLabel("inside")
    rows.addWidget(inside)
    group.title = "More"
    group.show()
    assert (inside.visible, group.collapsed) == (True, False)
    group.collapsed = True
    assert not inside.visible
    assert group.height < 60
