"""The screen of a module follows its parameter node and the scene, and lets go of both."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer

from application.mainWindows import mainWindow, settle
from application.openedScenes import openScene, saveOpenScene
from application.parameterNodeWrapper import _Wrapped
from application.pythonQt import connections
from application.runningApplication import loadModule, runningApplication
from application.standIns import standIn
from IHERORegistrationLib.errors import (
    FrameOfReferenceError,
    NotRigidError,
    RegistrationCancelledError,
)
from IHERORegistrationLib.nodeIdentity import frameOfNode, instancesOfNode, knownFrame
from IHERORegistrationLib.unchangedOnError import unchangedOnError

ROOT = Path(__file__).resolve().parents[1]
MODULES = ("IHERORegistration", "IHERODeformation")


@pytest.fixture
def application(tmp_path):
    with runningApplication(tmp_path) as running:
        yield running


def loaded(name):
    return loadModule(ROOT / name / f"{name}.py")


@pytest.mark.parametrize("name", MODULES)
def test_a_module_opens_is_left_and_its_scene_closes(application, name):
    widget = loaded(name).widget()
    widget.enter()
    assert widget.chosen.registration is None
    slicer.mrmlScene.Clear(False)
    slicer.app.processEvents()
    widget.exit()
    assert widget.chosen.base is None


def test_what_was_chosen_is_in_the_scene(application):
    widget = loaded("IHERORegistration").widget()
    widget.enter()
    widget.chosen.base = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "CT")
    (node,) = slicer.util.getNodesByClass("vtkMRMLScriptedModuleNode")
    assert node.GetNodeReference("base").GetName() == "CT"


def moveAndFail(node, under):
    with unchangedOnError(slicer.mrmlScene):
        slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode")
        node.SetAndObserveTransformNodeID(under.GetID())
        raise NotRigidError("no rotation")


def test_work_that_fails_leaves_no_node_behind(application):
    under = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode")
    count = slicer.mrmlScene.GetNumberOfNodes()
    with pytest.raises(NotRigidError):
        moveAndFail(node, under)
    assert slicer.mrmlScene.GetNumberOfNodes() == count
    assert node.GetParentTransformNode() is None


def test_long_work_ends_when_its_node_goes(application):
    from IHERORegistrationLib.widgets.longWork import longWork

    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", "skin")
    with longWork("Bend", node) as watch:
        watch.tell("half", 0.5, 0.0)
        slicer.mrmlScene.RemoveNode(node)
        with pytest.raises(RegistrationCancelledError, match="skin was removed"):
            watch.tell("more", 0.6, 0.0)


def test_a_node_without_a_frame_is_refused_and_one_of_known_images_remembers_it(application):
    node = slicer.util.addVolumeFromArray(np.zeros((2, 3, 4), np.int16), name="drawn")
    with pytest.raises(FrameOfReferenceError, match="drawn"):
        frameOfNode(node)
    node.SetAttribute("DICOM.instanceUIDs", "1.2.3 1.2.4")
    assert instancesOfNode(node) == ("1.2.3", "1.2.4")
    assert frameOfNode(node, {"1.2.4": "9.8.7"}) == "9.8.7"
    assert knownFrame(node) == "9.8.7"


def opened(widget):
    kind = standIn("ctkCollapsibleButton")
    sections = [one for panel in widget.panels for one in panel.widget.findChildren(kind)]
    return {one.objectName for one in sections if not one.collapsed}


@pytest.mark.parametrize("name", MODULES)
def test_sections_are_open_in_a_saved_scene_as_they_were(application, name, tmp_path):
    widget = loaded(name).widget()
    widget.enter()
    designed = opened(widget)
    panels = {type(one).__name__: one.ui for one in widget.panels}
    frames, display = panels["FramesPanel"].framesButton, panels["DisplayPanel"].displayButton
    frames.collapsed, display.collapsed = False, True
    panels["RegistrationsPanel"].reportButton.collapsed = False
    wanted = designed - {"displayButton"} | {"framesButton", "reportButton"}
    assert opened(widget) == wanted != designed
    saved = saveOpenScene(tmp_path / "saved.mrb")
    slicer.mrmlScene.Clear(False)
    assert opened(widget) == wanted  # a new scene tells nothing of them
    frames.collapsed, display.collapsed = True, False
    openScene(saved)
    assert opened(widget) == wanted
    widget.exit()


@pytest.mark.parametrize("kept", ["[", "7", "[7, null]"])
def test_a_damaged_list_of_sections_harms_nobody(application, kept):
    widget = loaded("IHERORegistration").widget()
    widget.enter()
    (node,) = slicer.util.getNodesByClass("vtkMRMLScriptedModuleNode")
    node.SetParameter("openedSections", kept)
    widget.sections.show()
    widget.panels[0].ui.reportButton.collapsed = False
    assert "reportButton" in opened(widget)
    widget.exit()


def listeners():
    """How many functions the application calls, which goes on when a module is taken down."""
    manager = slicer.app.layoutManager()
    interactors = (manager.sliceWidget(name).sliceView().interactor() for name in ("Red", "Green"))
    return {
        "layout": connections(manager),
        "database": connections(slicer.dicomDatabase),
        "application": connections(slicer.app),
        "views": [str(one).count("Event: ") for one in interactors],
    }


@pytest.mark.parametrize("name", MODULES)
def test_a_module_that_is_reloaded_while_it_is_open_listens_no_more(name, tmp_path, phantom):
    with runningApplication(tmp_path, phantom.folder):
        mainWindow()
        module = loaded(name)
        before = listeners()
        module.widget().cleanup()
        assert listeners() == before
        module.widget().enter()
        entered = listeners()
        assert entered["layout"] == before["layout"] + 1
        for _ in range(2):
            slicer.util.reloadScriptedModule(name)
            module.widget().enter()
            settle()
        assert listeners() == entered


@pytest.mark.parametrize("name", MODULES)
def test_a_choice_is_read_as_often_after_many_scenes_as_in_the_first(
    application, name, monkeypatch
):
    reads, reread = [], _Wrapped._reread
    monkeypatch.setattr(
        _Wrapped, "_reread", lambda self, *told: (reads.append(self), reread(self, *told))
    )
    module = loaded(name).widget()

    def readings():
        reads.clear()
        module.chosen.base = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
        settle()
        return len(reads)

    first = readings()
    assert first > 0
    for _ in range(3):
        slicer.mrmlScene.Clear(False)
        settle()
    assert readings() == first
