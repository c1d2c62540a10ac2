"""Each kind of name that Slicer does not have is found, and our modules use none."""

from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

from apiCheck.classMembers import classMembers, whyNotClass
from apiCheck.moduleFolder import moduleFindings

ROOT = Path(__file__).resolve().parents[1]

UI = """<?xml version="1.0" encoding="UTF-8"?>
<ui version="4.0">
 <class>Sample</class>
 <widget class="qMRMLWidget" name="Sample">
  <layout class="QVBoxLayout" name="rows">
   <item><widget class="qMRMLNodeComboBox" name="nodeSelector">
    <property name="nodeTypes"><stringlist>
     <string>vtkMRMLVolumeNode</string>
    </stringlist></property>
    <property name="SlicerParameterName" stdset="0"><string>volume</string></property>
   </widget></item>
   <item><widget class="ctkSliderWidget" name="blendSlider">
    <property name="singleStep"><double>0.1</double></property>
   </widget></item>
   <item><widget class="QPushButton" name="applyButton">
    <property name="text"><string>Apply</string></property>
   </widget></item>
  </layout>
 </widget>
 <connections>
  <connection>
   <sender>Sample</sender><signal>mrmlSceneChanged(vtkMRMLScene*)</signal>
   <receiver>nodeSelector</receiver><slot>setMRMLScene(vtkMRMLScene*)</slot>
  </connection>
  <connection>
   <sender>applyButton</sender><signal>clicked()</signal>
   <receiver>blendSlider</receiver><slot>reset()</slot>
  </connection>
 </connections>
</ui>
"""

CODE = """\
import ctk
import qt
import slicer
import vtk


class SampleWidget:
    def setup(self):
        self.ui.applyButton.connect("clicked(bool)", self.onApply)
        self.ui.blendSlider.connect("valueChanged(double)", self.onBlend)
        self.ui.nodeSelector.connect("currentNodeChanged(vtkMRMLNode*)", self.onNode)
        self.label = qt.QLabel("text")
        self.label.text = self.ui.applyButton.text
        self.matrix = vtk.vtkMatrix4x4()

    def onApply(self, checked):
        self.label.setText(str(self.ui.blendSlider.value))
        view = slicer.app.layoutManager().sliceWidget("Red").mrmlSliceNode()
        view.SetSliceOffset(3.0)
        self.matrix.Identity()
        self.ui.applyButton.setFocus(qt.Qt.OtherFocusReason)

    def onBlend(self, value):
        node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextNode")
        node.SetText(str(value))
        database = slicer.dicomDatabase
        files = database.filesForSeries("1.2")
        slicer.util.errorDisplay(f"{files}")

    def onNode(self, node: slicer.vtkMRMLVolumeNode):
        self.label.toolTip = node.GetName()
        self.button = ctk.ctkCollapsibleButton()
        self.button.collapsed = True
"""

# (what stands in the code, what a mistake makes of it, what the finding says)
MISTAKES = {
    "unknown method of Qt": ("label.setText", "label.setTextt", "QLabel has no setTextt"),
    "unknown method of CTK": (
        "blendSlider.value)",
        "blendSlider.getValue())",
        "ctkSliderWidget has no getValue",
    ),
    "unknown method of a node": (
        "SetSliceOffset",
        "SetOffset",
        "vtkMRMLSliceNode has no SetOffset",
    ),
    "unknown method of a new node": ("node.SetText", "node.SetWords", "no SetWords"),
    "unknown method of an argument": ("node.GetName", "node.Name", "vtkMRMLVolumeNode has no Name"),
    "unknown method of VTK": ("matrix.Identity", "matrix.Unity", "vtkMatrix4x4 has no Unity"),
    "unknown method of the application": ("layoutManager()", "layouts()", "has no layouts"),
    "unknown method of the database": (
        "filesForSeries",
        "filesOf",
        "ctkDICOMDatabase has no filesOf",
    ),
    "unknown function": ("errorDisplay", "errorDialog", "no slicer.util.errorDialog"),
    "unknown class": ("qt.QLabel", "qt.QLable", "no class QLable"),
    "class of the wrong library": ("qt.QLabel", "ctk.QLabel", "QLabel is not in ctk"),
    "unknown constant": ("OtherFocusReason", "SomeFocusReason", "no qt.Qt.SomeFocusReason"),
    "unknown signal": ("clicked(bool)", "klicked(bool)", "QPushButton has no signal klicked"),
    "wrong signature": ("valueChanged(double)", "valueChanged(int)", "but valueChanged(double)"),
    "property called": (
        "applyButton.text\n",
        "applyButton.text()\n",
        "QPushButton.text is a property",
    ),
    "method set": ("label.text =", "label.setText =", "QLabel.setText cannot be set"),
    "unknown object": ("ui.applyButton.setFocus", "ui.okButton.setFocus", "no object okButton"),
    "too new for the release": (
        'filesForSeries("1.2")',
        'cleanupSeries("1.2")',
        "ctkDICOMDatabase.cleanupSeries is new in Slicer 5.13",
    ),
    "function too new": (
        "slicer.util.errorDisplay",
        "slicer.util.LazyImport",
        "new in Slicer 5.13",
    ),
    "not in Qt 5": (
        "applyButton.setFocus(qt.Qt.OtherFocusReason)",
        "applyButton.setScreen(None)",
        "QPushButton.setScreen is not in Qt 5.15",
    ),
    "class of a widget": (
        "self.label.toolTip = node.GetName()",
        "isinstance(self.label, qt.QFrame)",
        "isinstance is false for classes derived from QFrame",
    ),
    "entry that Python made": (
        "self.button.collapsed = True",
        "qt.QListWidgetItem()",
        "make it by addItem",
    ),
    "keyword as method": ("applyButton.setFocus(", "applyButton.exec(", "no exec"),
}
UI_MISTAKES = {
    "unknown class": ("ctkSliderWidget", "ctkSlidingWidget", "no class ctkSlidingWidget"),
    "unknown property": ("singleStep", "step", "ctkSliderWidget has no property step"),
    "unknown sender": ("<sender>applyButton", "<sender>okButton", "no such object"),
    "unknown signal": (">clicked()<", ">done()<", "QPushButton has no signal done()"),
    "unknown slot": (">reset()<", ">zero()<", "ctkSliderWidget has no slot zero()"),
    "a selector without a scene": (
        "<receiver>nodeSelector",
        "<receiver>Sample",
        "nodeSelector: no connection mrmlSceneChanged",
    ),
}


def sampleModule(folder, *, code=CODE, ui=UI):
    module = folder / "Sample"
    (module / "Resources" / "UI").mkdir(parents=True)
    (module / "Sample.py").write_text(code)
    (module / "Resources" / "UI" / "Sample.ui").write_text(ui)
    return module


def changed(text, right, wrong):
    assert text.count(right) == 1
    return text.replace(right, wrong)


@pytest.mark.parametrize("module", ["IHERORegistration", "IHERODeformation"])
def test_our_modules_use_only_what_slicer_has(module):
    assert moduleFindings(ROOT / module) == []


def test_a_module_without_mistakes_has_no_findings(tmp_path):
    assert moduleFindings(sampleModule(tmp_path)) == []


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_code_is_found_where_it_is(tmp_path, mistake):
    right, wrong, message = MISTAKES[mistake]
    code = changed(CODE, right, wrong)
    found = moduleFindings(sampleModule(tmp_path, code=code))
    line = code[: code.index(wrong)].count("\n") + 1
    assert [(one.file, one.line) for one in found] == [("Sample.py", line)], list(map(str, found))
    assert message in found[0].message


@pytest.mark.parametrize("mistake", UI_MISTAKES)
def test_a_mistake_in_the_ui_file_is_found(tmp_path, mistake):
    right, wrong, message = UI_MISTAKES[mistake]
    found = moduleFindings(sampleModule(tmp_path, ui=changed(UI, right, wrong)))
    assert any(one.file == "Sample.ui" and message in one.message for one in found), found


def test_a_name_is_accepted_from_its_release_on(tmp_path):
    module = sampleModule(tmp_path, code=CODE.replace("filesForSeries", "cleanupSeries"))
    assert len(moduleFindings(module, "5.12")) == 1
    assert moduleFindings(module, "5.13") == []


def test_a_folder_without_a_module_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="expected a module"):
        moduleFindings(tmp_path)


def test_classes_have_what_they_inherit():
    members = classMembers("qMRMLNodeComboBox")
    assert {"currentNodeID", "enabled"} <= set(members.properties)
    assert "currentNodeIDChanged(QString)" in members.signals
    assert "destroyed(QObject*)" in members.signals
    assert "noneEnabled" in members
    assert "setNoneEnabled" not in members  # in C++ only


def test_classes_that_qt_5_lacks_are_refused():
    assert whyNotClass("QStringConverter") == "QStringConverter is not in Qt 5.15"
    assert whyNotClass("QPushButton") == whyNotClass("ctkSliderWidget") == ""
    with pytest.raises(LookupError, match="QNone"):
        classMembers("QNone")
