"""A small scripted module with a .ui file, for tests of the application's stand-in."""

from __future__ import annotations

from pathlib import Path

MODULE = """
import qt
import slicer
from slicer.i18n import tr as _
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin


class Sample(ScriptedLoadableModule):
    def __init__(self, parent):
        super().__init__(parent)
        parent.title = _("A sample")
        parent.categories = ["Radiotherapy"]


class SampleWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    def __init__(self, parent=None):
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)

    def setup(self):
        super().setup()
        panel = slicer.util.loadUI(self.resourcePath("UI/Sample.ui"))
        self.layout.addWidget(panel)
        self.ui = slicer.util.childWidgetVariables(panel)
        panel.setMRMLScene(slicer.mrmlScene)
        self.ui.applyButton.connect("clicked(bool)", self.onApply)

    def onApply(self):
        with slicer.util.tryWithErrorDisplay("It failed."):
            SampleLogic().rename(self.ui.nodeSelector.currentNode(), self.ui.nameEdit.text)


class SampleLogic(ScriptedLoadableModuleLogic):
    def rename(self, node, name):
        if not name:
            raise ValueError("expected a name, found none")
        node.SetName(name)
"""
UI = """<?xml version="1.0" encoding="UTF-8"?>
<ui version="4.0">
 <class>Sample</class>
 <widget class="qMRMLWidget" name="Sample">
  <layout class="QVBoxLayout" name="rows">
   <item><widget class="qMRMLNodeComboBox" name="nodeSelector">
    <property name="nodeTypes"><stringlist><string>vtkMRMLTextNode</string></stringlist></property>
    <property name="noneEnabled"><bool>true</bool></property>
    <property name="SlicerParameterName" stdset="0"><string>text</string></property>
   </widget></item>
   <item><widget class="ctkCollapsibleButton" name="moreButton">
    <property name="text"><string>More</string></property>
    <property name="collapsed"><bool>true</bool></property>
    <layout class="QVBoxLayout" name="moreRows">
     <item><widget class="ctkSliderWidget" name="blendSlider">
      <property name="maximum"><double>4.5</double></property>
      <property name="SlicerParameterName" stdset="0"><string>blend</string></property>
     </widget></item>
     <item><widget class="QCheckBox" name="shownCheck">
      <property name="SlicerParameterName" stdset="0"><string>isShown</string></property>
     </widget></item>
    </layout>
   </widget></item>
   <item><widget class="QLineEdit" name="nameEdit"/></item>
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
 </connections>
</ui>
"""


def writeSampleModule(folder: Path, name: str = "Sample") -> Path:
    """Write the module into a folder and return its file."""
    path = folder / name / f"{name}.py"
    ui = path.parent / "Resources" / "UI" / f"{name}.ui"
    ui.parent.mkdir(parents=True)
    path.write_text(MODULE.replace("Sample", name))
    ui.write_text(UI.replace("Sample", name))
    return path
