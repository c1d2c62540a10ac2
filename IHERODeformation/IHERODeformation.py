"""Slicer module for deformable registrations. It connects; what is shown is in
IHERODeformationLib/widgets, what is computed in the library below.
"""

import slicer
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
)

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
            "images, judge the result, and send it back."
            "<p>To begin: load “IHERODeformablePhantom” from Sample Data, choose a registration "
            "in the list, then look at it in Display and Field. Any control tells in its tool tip "
            "what it does; the button Keys lists the keys.</p>"
            "<p>For research; not a medical device.</p>"
        )
        parent.dependencies = ["IHERORegistration"]
        parent.acknowledgementText = _(
            "By the profile DRRO of IHE Radiation Oncology, with the actors Deformable "
            "Registrator, Deformable Displayer, Contour Deformer, Image Deformer and Dose Deformer."
        )
        DeformationPlugin.register()
        DeformationExportPlugin.register()
        slicer.app.connect("startupCompleted()", self.onStartupCompleted)

    def onStartupCompleted(self):
        from IHERODeformationLib.widgets.sampleData import DEFORMABLE
        from IHERORegistrationLib.widgets.sampleData import registerSample

        slicer.mrmlScene.AddObserver(slicer.vtkMRMLScene.EndImportEvent, self.onSceneImported)
        registerSample(DEFORMABLE)
        restoreDeformations(slicer.mrmlScene)  # of a scene that Slicer was started with

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


class IHERODeformationTest(ScriptedLoadableModuleTest):
    """A deformable registration is received, found right at landmarks, and a dose deformed, with a
    patient made for it.
    """

    def runTest(self):
        from IHERODeformationLib.phantoms.deformedPhantom import ENCODINGS, writeDeformedPhantom
        from IHERORegistrationLib.widgets.receivedPatient import receivedPatient

        profileForm = ENCODINGS[:1]
        with receivedPatient(lambda folder: writeDeformedPhantom(folder, encodings=profileForm)):
            self.test_landmarksGoWhereTheyLie()
            self.test_aDoseIsDeformed()
        self.delayDisplay("A deformation was received and used.")

    def test_landmarksGoWhereTheyLie(self):
        registration = slicer.util.getNode("DRRO")
        pointLists = slicer.util.getNodesByClass("vtkMRMLMarkupsFiducialNode")
        byFrame = {
            one.GetAttribute("IHERO.FrameOfReferenceUID"): one
            for one in pointLists
            if one.GetName().startswith("LANDMARKS")
        }
        registered = byFrame[registration.GetAttribute("IHERO.RegisteredFrame")]
        source = byFrame[registration.GetAttribute("IHERO.SourceFrame")]
        toSource = registration.GetTransformFromParent()
        for number in range(registered.GetNumberOfControlPoints()):
            there = source.GetControlPointIndexByLabel(registered.GetNthControlPointLabel(number))
            found = toSource.TransformPoint(registered.GetNthControlPointPosition(number))
            for one, expected in zip(found, source.GetNthControlPointPosition(there), strict=True):
                self.assertAlmostEqual(one, expected, delta=0.5)  # mm

    def test_aDoseIsDeformed(self):
        from IHERODeformationLib.widgets.doseDeformerPanel import DoseDeformerPanel
        from IHERORegistrationLib.widgets.registrationsPanel import RegistrationsPanel

        slicer.util.selectModule("IHERODeformation")
        slicer.app.processEvents()
        widget = slicer.modules.IHERODeformationWidget
        registration = slicer.util.getNode("DRRO")
        widget.panel(RegistrationsPanel).choose(registration)
        panel = widget.panel(DoseDeformerPanel)
        panel.state.doseToDeform = slicer.util.getNode("Dose PLAN")
        panel.state.doseTarget = widget.chosen.base
        slicer.app.processEvents()
        volumes = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
        panel.ui.deformDoseButton.click()
        slicer.app.processEvents()
        (made,) = set(slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")) - set(volumes)
        frame = made.GetAttribute("IHERO.FrameOfReferenceUID")
        self.assertEqual(frame, registration.GetAttribute("IHERO.RegisteredFrame"))
