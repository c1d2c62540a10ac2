"""The stand-in of the application behaves as PythonQt does and offers nothing that Slicer lacks."""

import gc

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from apiCheck.classMembers import classMembers
from application import standIns
from application.pythonQt import failures
from application.runningApplication import loadModule, runningApplication
from application.standIns import NotInSlicerError, offered, standIn
from sampleModule import MODULE, UI


def press(button):
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_properties_are_attributes_and_setters_stay(qt):
    button = qt.QPushButton("Apply")
    assert button.text == "Apply"
    button.text = "Undo"
    button.setToolTip("takes it back")
    assert (button.text, button.toolTip) == ("Undo", "takes it back")
    with pytest.raises(TypeError, match="not callable"):
        button.text()


def test_names_of_objects_are_called_as_in_slicer(qt):
    label = qt.QLabel()
    label.name = "residual"
    assert label.objectName == "residual"
    assert label.className() == "QLabel"


def test_signals_are_connected_by_signature_to_functions_with_fewer_arguments(qt):
    box, seen = qt.QCheckBox(), []
    box.connect("toggled(bool)", seen.append)
    box.connect("toggled(bool)", lambda: seen.append("changed"))
    box.checked = True
    assert seen == [True, "changed"]


def test_functions_are_disconnected(qt):
    class Panel:
        def __init__(self):
            self.values = []

        def take(self, value):
            self.values.append(value)

    panel, box = Panel(), qt.QSpinBox()
    box.connect("valueChanged(int)", panel.take)
    box.value = 3
    assert box.disconnect("valueChanged(int)", panel.take)
    box.value = 5
    assert panel.values == [3]
    assert not box.disconnect("valueChanged(int)", panel.take)


@pytest.mark.parametrize("signature", ["klicked(bool)", "clicked(QString)"])
def test_a_signal_that_does_not_exist_is_refused(qt, signature):
    with pytest.raises(ValueError, match="has no signal"):
        qt.QPushButton().connect(signature, print)


def test_what_a_connected_function_raises_ends_the_application_with_it(tmp_path):
    def fail():
        raise ArithmeticError("in a slot")

    def pressed():
        with runningApplication(tmp_path):
            import qt

            button = qt.QPushButton()
            button.connect("clicked()", fail)
            press(button)

    with pytest.raises(ArithmeticError, match="in a slot"):
        pressed()


def test_what_an_observer_of_the_scene_raises_ends_the_application_with_it(tmp_path):
    def fail(scene, event):
        raise ArithmeticError("in an observer")

    def added():
        with runningApplication(tmp_path):
            slicer.mrmlScene.AddObserver(slicer.vtkMRMLScene.NodeAddedEvent, fail)
            slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextNode")

    with pytest.raises(ArithmeticError, match="in an observer"):
        added()


def test_a_node_selector_that_is_gone_leaves_the_scene_alone(qt):
    selector = slicer.qMRMLNodeComboBox()
    selector.nodeTypes = ["vtkMRMLTextNode"]
    selector.setMRMLScene(slicer.mrmlScene)
    selector.deleteLater()
    slicer.app.sendPostedEvents(None, qt.QEvent.DeferredDelete)
    slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextNode")
    assert failures == []


@pytest.mark.parametrize("className", sorted(standIns.behaviors))
def test_stand_ins_have_only_names_of_the_real_classes(qt, className):
    members = classMembers(className)
    assert {name for name in offered(className) if name not in members} == set()
    assert not offered(className) & set(members.newer)


def test_the_members_of_a_class_outlive_its_objects(tmp_path, sample):
    with runningApplication(tmp_path):
        import qt

        loadModule(sample).widget()
        gc.collect()
    assert qt.QPushButton.staticMetaObject.propertyCount() > 60


def test_a_behavior_with_a_name_that_the_real_class_lacks_is_refused(qt, monkeypatch):
    class ctkTreeComboBox:
        def middle(self):
            return 0

    monkeypatch.setitem(standIns.behaviors, "ctkTreeComboBox", ctkTreeComboBox)
    with pytest.raises(NotInSlicerError, match="ctkTreeComboBox has no middle"):
        standIn("ctkTreeComboBox")


def test_classes_without_a_behavior_keep_properties_and_refuse_methods(qt):
    import ctk

    browser = ctk.ctkFittedTextBrowser()
    browser.collapsed = True
    assert browser.collapsed
    with pytest.raises(NotImplementedError, match="does not setCollapsibleText"):
        browser.setCollapsibleText("more")


def test_a_property_that_is_set_is_told_by_its_signal(qt):
    import ctk

    button, seen = ctk.ctkDirectoryButton(), []
    button.connect("directoryChanged(QString)", seen.append)
    button.directory = "a/b"
    button.directory = "a/b"
    assert (button.directory, seen) == ("a/b", ["a/b"])


@pytest.mark.parametrize(
    ("library", "name"), [("ctk", "ctkNoWidget"), ("slicer", "qMRMLNoWidget"), ("slicer", "noName")]
)
def test_classes_that_slicer_lacks_are_not_there(qt, library, name):
    import ctk

    with pytest.raises(AttributeError, match=name):
        getattr({"ctk": ctk, "slicer": slicer}[library], name)


def test_names_that_slicer_lacks_can_neither_be_read_nor_set(qt):
    selector = slicer.qMRMLNodeComboBox()
    with pytest.raises(AttributeError):
        selector.setNoneEnabled  # noqa: B018
    with pytest.raises(AttributeError, match="has no noneAllowed"):
        selector.noneAllowed = True
    with pytest.raises(AttributeError):
        standIn("ctkDICOMDatabase")().cleanupSeries("1.2")  # new in 5.13


def test_a_node_selector_shows_the_nodes_of_its_types(qt):
    selector, seen = slicer.qMRMLNodeComboBox(), []
    selector.nodeTypes = ["vtkMRMLTextNode"]
    selector.noneEnabled = True
    selector.setMRMLScene(slicer.mrmlScene)
    selector.connect("currentNodeChanged(vtkMRMLNode*)", seen.append)
    slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextNode", "remark")
    assert (selector.nodeCount(), selector.currentNode()) == (1, None)
    selector.setCurrentNode(node)
    assert (selector.currentNodeID, seen) == (node.GetID(), [node])
    slicer.mrmlScene.RemoveNode(node)
    assert selector.currentNode() is None
    assert seen == [node, None]


def test_what_is_shown_in_a_collapsed_section_waits_until_it_is_opened(qt):
    import ctk

    section = ctk.ctkCollapsibleButton()
    rows, first, second = qt.QVBoxLayout(section), qt.QLabel("first"), qt.QLabel("second")
    rows.addWidget(first)
    rows.addWidget(second)
    second.visible = False
    section.show()
    section.collapsed = True
    second.visible = True
    slicer.app.processEvents()
    assert (first.visible, second.visible) == (False, False)
    section.collapsed = False
    assert (first.visible, second.visible) == (True, True)


def test_a_collapsed_group_hides_what_it_holds(qt):
    import ctk

    group = ctk.ctkCollapsibleButton("More")
    rows = qt.QVBoxLayout(group)
    inside = qt.QLabel("inside")
    rows.addWidget(inside)
    group.show()
    assert (group.text, inside.visible, group.collapsed) == ("More", True, False)
    group.collapsed = True
    assert not inside.visible
    QTest.mouseClick(group, Qt.MouseButton.LeftButton)
    assert inside.visible


def test_slice_views_have_the_logic_and_the_nodes_of_slicer(qt):
    volume = slicer.util.addVolumeFromArray(np.arange(60, dtype=np.int16).reshape(3, 4, 5))
    volume.SetSpacing(2, 3, 5)
    volume.SetOrigin(10, -20, 30)
    manager = slicer.app.layoutManager()
    slicer.util.setSliceViewerLayers(background=volume, foreground=None, fit=True)
    assert manager.sliceViewNames() == ("Red", "Green", "Yellow")
    for name, orientation in (("Red", "Axial"), ("Yellow", "Sagittal"), ("Green", "Coronal")):
        widget = manager.sliceWidget(name)
        assert widget.mrmlSliceCompositeNode().GetBackgroundVolumeID() == volume.GetID()
        assert widget.mrmlSliceNode().GetOrientation() == orientation
        matrix = widget.mrmlSliceNode().GetSliceToRAS()
        center = [matrix.GetElement(row, 3) for row in range(3)]
        # of voxels 0 to (4, 3, 2), or the nearest slice
        np.testing.assert_array_less(np.abs(np.subtract(center, (14, -15.5, 35))), (1.1, 1.6, 2.6))
    assert manager.threeDViewCount == 1


def test_a_module_is_loaded_and_driven_like_by_a_user(tmp_path, sample):
    with runningApplication(tmp_path):
        module = loadModule(sample)
        assert (module.parent.title, module.parent.categories) == ("A sample", ["Radiotherapy"])
        assert slicer.util.modulePath("Sample") == str(sample)
        node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextNode", "old")
        ui = module.widget().ui
        assert not ui.blendSlider.visible
        ui.nodeSelector.setCurrentNode(node)
        QTest.keyClicks(ui.nameEdit, "new name")
        press(ui.applyButton)
        assert node.GetName() == "new name"


def test_a_failure_of_a_module_is_one_message(tmp_path, sample, caplog):
    with runningApplication(tmp_path, testing=False):
        press(loadModule(sample).widget().ui.applyButton)
        assert [str(one) for one in failures] == ["expected a name, found none"]
        failures.clear()
    errors = [one.getMessage() for one in caplog.records if one.levelname == "ERROR"]
    assert errors == ["It failed.\n\nexpected a name, found none"]


def test_a_panel_is_cleaned_up_when_the_application_ends(tmp_path, sample):
    sample.write_text(
        MODULE.replace(
            "def onApply", "def cleanup(self):\n        raise OSError('late')\n\n    def onApply"
        )
    )

    def opened():
        with runningApplication(tmp_path):
            loadModule(sample).widget()

    with pytest.raises(OSError, match="late"):
        opened()


def test_a_ui_file_that_connects_what_is_not_there_is_refused(tmp_path, sample):
    ui = sample.parent / "Resources" / "UI" / "Sample.ui"
    ui.write_text(UI.replace("<receiver>nodeSelector", "<receiver>selector"))
    with runningApplication(tmp_path), pytest.raises(ValueError, match="no such object"):
        loadModule(sample).widget()


def test_nothing_of_the_application_stays_when_it_has_ended(tmp_path):
    with runningApplication(tmp_path):
        pass
    assert not {"app", "mrmlScene", "modules", "dicomDatabase", "qMRMLWidget"} & set(dir(slicer))
    with pytest.raises(ImportError):
        import qt  # noqa: F401
