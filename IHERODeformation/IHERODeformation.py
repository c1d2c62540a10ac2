"""Slicer module for deformable registrations: what loads them from the DICOM browser. It has no
screen of its own until that exists.
"""

import slicer
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import ScriptedLoadableModule

from IHERODeformationLib.dicomPlugin import DeformationPlugin
from IHERODeformationLib.scene import restoreDeformations


class IHERODeformation(ScriptedLoadableModule):
    def __init__(self, parent):
        super().__init__(parent)
        parent.title = _("IHE-RO Deformation")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Radiotherapy")]
        parent.contributors = ["The SlicerIHERO developers"]
        parent.helpText = _(
            "DICOM Deformable Spatial Registration by the IHE-RO profiles. Registrations load from "
            "the DICOM browser as transform nodes. This module has no screen yet: it comes in a "
            "later release. The functions are in the Python package IHERODeformationLib and in "
            "the ihero command."
        )
        parent.acknowledgementText = _("By the profile DRRO of IHE Radiation Oncology.")
        parent.hidden = True  # nothing to show in the list of modules
        DeformationPlugin.register()
        slicer.app.connect("startupCompleted()", self.onStartupCompleted)

    def onStartupCompleted(self):
        slicer.mrmlScene.AddObserver(slicer.vtkMRMLScene.EndImportEvent, self.onSceneImported)

    def onSceneImported(self, scene, event):
        restoreDeformations(scene)
