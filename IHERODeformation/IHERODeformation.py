"""Slicer module for deformable registrations. It connects; what is shown is in
IHERODeformationLib/widgets, what is computed in the library below.
"""

import slicer
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import ScriptedLoadableModule, ScriptedLoadableModuleLogic

from IHERODeformationLib.dicomPlugin import DeformationPlugin
from IHERODeformationLib.exportPlugins import DeformationExportPlugin
from IHERODeformationLib.scene import restoreDeformations
from IHERORegistrationLib.registrationFileReader import RegistrationFileReader
from IHERORegistrationLib.widgets.moduleWidget import ModuleWidget


class IHERODeformation(ScriptedLoadableModule):
    def __init__(self, parent):
        super().__init__(parent)
        parent.title = _("IHE-RO Deformation")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Radiotherapy")]
        parent.contributors = ["The SlicerIHERO developers"]
        parent.helpText = _(
            "DICOM Deformable Spatial Registrations by the IHE-RO profiles: load them, see the "
            "field and where it cannot be trusted, deform images, structures and doses, register "
            "images, judge the result, and send it back. For research; not a medical device."
        )
        parent.dependencies = ["IHERORegistration"]
        parent.acknowledgementText = _("By the profile DRRO of IHE Radiation Oncology.")
        DeformationPlugin.register()
        DeformationExportPlugin.register()
        slicer.app.connect("startupCompleted()", self.onStartupCompleted)

    def onStartupCompleted(self):
        from IHERODeformationLib.widgets.sampleData import DEFORMABLE
        from IHERORegistrationLib.widgets.sampleData import registerSample

        slicer.mrmlScene.AddObserver(slicer.vtkMRMLScene.EndImportEvent, self.onSceneImported)
        registerSample(DEFORMABLE)

    def onSceneImported(self, scene, event):
        restoreDeformations(scene)


class IHERODeformationWidget(ModuleWidget):
    def newLogic(self):
        """What keeps the parameter node."""
        return IHERODeformationLogic()

    def panelClasses(self):
        """From above; imported when the screen is first needed."""
        from IHERODeformationLib.widgets.panels import PANELS

        return PANELS


class IHERODeformationLogic(ScriptedLoadableModuleLogic):
    """Keeps the module's parameter node. What is computed is in IHERODeformationLib, which scripts
    import.
    """


class IHERODeformationFileReader(RegistrationFileReader):
    """For Deformable Spatial Registrations dropped on Slicer's window."""

    plugin = DeformationPlugin
    name = _("DICOM Deformable Spatial Registration")
    type = "IHERO.DeformableSpatialRegistration"
