"""Slicer's application logic with the logic of the modules that views and widgets ask for."""

from __future__ import annotations

import slicer
from vtkmodules.vtkCommonCore import vtkCollection

from IHERORegistrationLib.headlessScene import conversionRulesOnce

MODULE_LOGICS = {
    "SubjectHierarchy": "vtkSlicerSubjectHierarchyModuleLogic",
    "Colors": "vtkSlicerColorLogic",
    "Volumes": "vtkSlicerVolumesLogic",
    "Transforms": "vtkSlicerTransformLogic",
    "Models": "vtkSlicerModelsLogic",
    "Markups": "vtkSlicerMarkupsLogic",
    "Segmentations": "vtkSlicerSegmentationsModuleLogic",
}


class ApplicationLogic:
    """The logic over a scene, which gets the nodes that are there when Slicer has started."""

    def __init__(self, scene: slicer.vtkMRMLScene):
        self.logic = slicer.vtkSlicerApplicationLogic()
        self.logic.SetMRMLScene(scene)
        self.sliceLogics, self.viewLogics = vtkCollection(), vtkCollection()
        self.logic.SetSliceLogics(self.sliceLogics)
        self.logic.SetViewLogics(self.viewLogics)
        with conversionRulesOnce():
            self.modules = {name: self._moduleLogic(name, scene) for name in MODULE_LOGICS}
        self.modules["Colors"].AddDefaultColorNodes()
        slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(scene)
        crosshair = slicer.vtkMRMLCrosshairNode()
        crosshair.SetCrosshairName("default")
        scene.AddNode(crosshair)

    def _moduleLogic(self, name, scene):
        """One that stays while this object does; Slicer's own logic only refers to it."""
        isColor = name == "Colors"
        one = self.logic.GetColorLogic() if isColor else getattr(slicer, MODULE_LOGICS[name])()
        self.logic.SetModuleLogic(name, one)
        one.SetMRMLApplicationLogic(self.logic)
        one.SetMRMLScene(scene)
        return one

    def leave(self) -> None:
        """What happens when Slicer is closed."""
        for number in range(self.sliceLogics.GetNumberOfItems()):
            self.sliceLogics.GetItemAsObject(number).SetMRMLScene(None)
        self.modules.clear()
        self.logic.SetMRMLScene(None)
