"""Nothing that was made in the stand-in of the application lives on when it has ended: else every
test would be slower than the one before.
"""

import gc
import weakref
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
from vtkmodules.vtkCommonCore import vtkCommand, vtkWeakReference

from application.runningApplication import loadModule, runningApplication

ROOT = Path(__file__).resolve().parents[1]
MODULES = ("IHERORegistration", "IHERODeformation")


def weak(node):
    """A reference to an object of VTK that lives on without being named in Python."""
    reference = vtkWeakReference()
    reference.Set(node)
    return reference


class Panel:
    """Holds a widget that Qt made and a timer without a parent, and is called by both."""

    def __init__(self, qt):
        box = qt.QDialogButtonBox(qt.QDialogButtonBox.Ok)
        self.button, self.box, self.timer = box.buttons()[0], box, qt.QTimer()
        self.button.connect("clicked(bool)", self.press)
        self.timer.connect("timeout()", self.press)
        slicer.app.connect("focusChanged(QWidget*,QWidget*)", self.press)

    def press(self):
        """Never called."""


def test_what_was_connected_ends_with_the_application(tmp_path):
    with runningApplication(tmp_path):
        import qt

        panel = Panel(qt)
        reference = weakref.ref(panel)
        del panel
        gc.collect()
        assert reference() is not None  # as in Slicer
    gc.collect()
    assert reference() is None


@pytest.mark.parametrize("name", MODULES)
def test_an_open_module_and_its_scene_end_with_the_application(name, tmp_path):
    with runningApplication(tmp_path):
        widget = loadModule(ROOT / name / f"{name}.py").widget()
        slicer.app.processEvents()
        module, scene = weakref.ref(widget), weak(slicer.mrmlScene)
        del widget
    gc.collect()
    assert (module(), scene.Get()) == (None, None)


@pytest.mark.parametrize("name", MODULES)
def test_slicer_observes_no_more_with_every_application_that_was(name, tmp_path):
    broker, counts = slicer.vtkEventBroker.GetInstance(), []
    for number in range(3):
        (tmp_path / str(number)).mkdir()
        with runningApplication(tmp_path / str(number)):
            loadModule(ROOT / name / f"{name}.py").widget()
        gc.collect()
        counts.append(broker.GetNumberOfObservations())
    assert counts[1] == counts[2]


def test_a_node_is_observed_once_by_a_selector_while_others_come_and_go(tmp_path):
    """VTK keeps what each observer in Python was, so that all others are removed more slowly."""
    with runningApplication(tmp_path):
        node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextNode", "report")
        selector = slicer.qMRMLNodeComboBox()
        selector.nodeTypes = ["vtkMRMLTextNode"]
        selector.setMRMLScene(slicer.mrmlScene)
        first = node.AddObserver(vtkCommand.ModifiedEvent, print)  # the tags count observers
        for _ in range(3):
            other = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextNode", "another")
            slicer.mrmlScene.RemoveNode(other)
        assert node.AddObserver(vtkCommand.ModifiedEvent, print) == first + 1
        selector.setMRMLScene(None)
