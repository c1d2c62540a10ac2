"""The main window, dialogs and looks of the application's stand-in."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
from PySide6 import QtGui, QtWidgets

from application import dialogs
from application.appearance import atScale, setColors
from application.mainWindows import mainWindow
from application.pythonQt import failures
from application.runningApplication import loadModule, runningApplication
from sampleModule import writeSampleModule


@pytest.fixture
def window(tmp_path):
    with runningApplication(tmp_path, testing=False):
        yield mainWindow(loadModule(writeSampleModule(tmp_path)), size=(1000, 700), panelWidth=400)


def test_the_window_shows_the_module_beside_the_views(window):
    assert slicer.util.mainWindow() is window
    assert slicer.util.selectedModule() == "Sample"
    panel = slicer.util.getModuleWidget("Sample").ui.applyButton.parent()
    assert panel.isVisible()
    assert 380 < panel.width <= 400
    red = slicer.app.layoutManager().sliceWidget("Red")
    assert red.isVisible()
    assert red.mapTo(window, red.rect.topLeft()).x() >= 400
    picture = window.grab()
    assert (picture.width(), picture.height()) == (1000, 700)


def test_modules_are_entered_and_left(window, tmp_path):
    seen = []
    widget = slicer.util.getModuleWidget("Sample")
    widget.enter = lambda: seen.append("enter")
    widget.exit = lambda: seen.append("exit")
    loadModule(writeSampleModule(tmp_path / "second", "Second")).widget()
    assert slicer.util.selectedModule() == "Second"
    slicer.util.selectModule("Sample")
    slicer.util.selectModule("Sample")
    assert seen == ["exit", "enter"]
    assert set(slicer.util.moduleNames()) >= {"Sample", "Second", "Volumes", "Markups"}
    with pytest.raises(RuntimeError, match="Third"):
        slicer.util.selectModule("Third")


def test_logic_of_slicers_modules_is_there(window):
    for name, kind in (("volumes", "vtkSlicerVolumesLogic"), ("markups", "vtkSlicerMarkupsLogic")):
        assert getattr(slicer.modules, name).logic().IsA(kind)
    assert slicer.util.getModuleLogic("Segmentations") is slicer.modules.segmentations.logic()


def test_messages_go_to_the_status_bar(window):
    assert slicer.util.showStatusMessage("20 structures carried", 5000)
    assert window.statusBar().currentMessage() == "20 structures carried"


def test_a_failure_is_one_dialog(window):
    ui = slicer.util.getModuleWidget("Sample").ui
    ui.applyButton.click()
    (told,) = dialogs.shown
    assert (told.kind, told.text) == ("Critical", "It failed.\n\nexpected a name, found none")
    assert told.buttons == ("OK",)
    assert told.picture.width() > 100
    assert [str(one) for one in failures] == ["expected a name, found none"]
    failures.clear()


def test_questions_get_the_answers_of_the_test(window):
    import qt

    dialogs.answers += ["No", "Yes", None, "OK", Path("out/rigid.dcm"), None]
    assert not slicer.util.confirmYesNoDisplay("Replace the file?")
    assert slicer.util.confirmYesNoDisplay("Replace the file?")
    assert not slicer.util.confirmOkCancelDisplay("Sum both doses?")
    assert slicer.util.confirmOkCancelDisplay("Sum both doses?")
    assert qt.QFileDialog.getSaveFileName(None, "Export") == str(Path("out/rigid.dcm"))
    assert qt.QFileDialog.getExistingDirectory(None, "Export") == ""
    assert [one.text for one in dialogs.shown[:4]] == 2 * ["Replace the file?"] + 2 * [
        "Sum both doses?"
    ]


def test_dialogs_of_a_module_are_used_by_the_test(window):
    import qt

    dialog = qt.QDialog()
    rows = qt.QVBoxLayout(dialog)
    name, done = qt.QLineEdit(), qt.QPushButton("Done")
    rows.addWidget(name)
    rows.addWidget(done)
    done.connect("clicked()", dialog.accept)

    def fill(shown):
        shown.findChild(qt.QLineEdit).text = "GTV"
        shown.findChild(qt.QPushButton).click()

    dialogs.answers.append(fill)
    assert dialog.exec_() == qt.QDialog.Accepted
    assert name.text == "GTV"


def test_a_question_that_nobody_answers_is_a_failure(tmp_path):
    def asked():
        with runningApplication(tmp_path, testing=False):
            assert not slicer.util.confirmYesNoDisplay("Replace the file?")

    with pytest.raises(AssertionError, match="nobody answered “Replace the file"):
        asked()


def test_popups_that_close_themselves_do_not_wait(window):
    slicer.util.delayDisplay("Loading", 3000)
    assert [one.text for one in dialogs.shown] == ["Loading"]


def test_long_work_is_cancelled_by_its_button(window):
    progress = slicer.util.createProgressDialog(maximum=5, labelText="Registering")
    dialogs.cancelWork()
    for step in range(1, 5):
        progress.value = step
        slicer.app.processEvents()
    assert progress.wasCanceled
    progress.close()


def test_a_cursor_that_is_not_restored_is_a_failure(tmp_path):
    import application.pythonQt

    def left():
        with runningApplication(tmp_path):
            slicer.app.setOverrideCursor(application.pythonQt.qt.Qt.WaitCursor)

    with pytest.raises(AssertionError, match="cursor was not restored"):
        left()


def brightness(picture):
    image = picture.toImage().convertToFormat(QtGui.QImage.Format.Format_Grayscale8)
    return np.frombuffer(image.constBits(), np.uint8).mean()


def test_the_window_is_shown_in_light_and_in_dark_colors(window):
    panel = slicer.util.getModuleWidget("Sample").ui.applyButton.parent()
    setColors(isDark=True)
    dark = brightness(panel.grab())
    setColors(isDark=False)
    light = brightness(panel.grab())
    assert dark < 80
    assert light > 200


def grabbed(folder):
    """In another process: the window at its scale."""
    with runningApplication(Path(folder)):
        picture = mainWindow(size=(1000, 500), panelWidth=300).grab()
        print(picture.width(), picture.height(), picture.devicePixelRatio())
        red = slicer.app.layoutManager().sliceWidget("Red")
        print(red.mrmlSliceNode().GetDimensions()[0] / red.sliceView().width)


def failing():
    raise OSError("no picture")


def test_a_picture_is_made_at_another_scale_in_another_process(tmp_path):
    size, ratio = atScale(1.5, grabbed, tmp_path).splitlines()
    assert size == "1500 750 1.5"
    assert abs(float(ratio) - 1.5) < 0.02
    with pytest.raises(RuntimeError, match="no picture"):
        atScale(1.5, failing)


def test_letters_are_drawn(window):
    assert QtGui.QFontDatabase.families()
    label = QtWidgets.QLabel("registration")
    assert brightness(label.grab()) < brightness(QtWidgets.QLabel(" " * 12).grab()) - 5
