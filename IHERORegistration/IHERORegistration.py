"""Slicer module for rigid registrations. It connects; what is shown is in
IHERORegistrationLib/widgets, what is computed in the library below.
"""

import slicer
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
)

from IHERORegistrationLib.browserPlugins import PLUGINS
from IHERORegistrationLib.dicomPlugin import RegistrationPlugin
from IHERORegistrationLib.registrationFileReader import RegistrationFileReader
from IHERORegistrationLib.widgets.applyQuestion import askWhenLoaded
from IHERORegistrationLib.widgets.moduleWidget import ModuleWidget


class IHERORegistration(ScriptedLoadableModule):
    def __init__(self, parent):
        super().__init__(parent)
        parent.title = _("IHE-RO Registration")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Radiotherapy")]
        parent.contributors = ["The SlicerIHERO developers"]
        parent.helpText = _(
            "DICOM Spatial Registrations by the IHE-RO profiles: load them, see what maps where, "
            "show and apply them, register images, carry structures and doses, and send the result "
            "back."
            "<p>To begin: load “IHERORigidPhantom” from Sample Data, choose a registration in "
            "the list, then look at it in Display. Any control tells in its tool tip what it does; "
            "the button Keys lists the keys.</p>"
            "<p>For research; not a medical device.</p>"
        )
        parent.acknowledgementText = _(
            "By the profiles MMRO, MMRO-II and MMRO-III of IHE Radiation Oncology, with their "
            "actors Registrator, Registered Display, Registered Contourer and Registered Dose "
            "Display."
        )
        RegistrationPlugin.listeners = (askWhenLoaded,)
        for plugin in PLUGINS:
            plugin.register()
        slicer.app.connect("startupCompleted()", self.onStartupCompleted)

    def onStartupCompleted(self):
        from IHERORegistrationLib.widgets.sampleData import RIGID, registerSample

        registerSample(RIGID)


class IHERORegistrationWidget(ModuleWidget):
    def newLogic(self):
        """What keeps the parameter node."""
        return IHERORegistrationLogic()

    def panelClasses(self):
        """From above; imported when the screen is first needed."""
        from IHERORegistrationLib.widgets.panels import PANELS

        return PANELS


class IHERORegistrationLogic(ScriptedLoadableModuleLogic):
    """Keeps the module's parameter node. What is computed is in IHERORegistrationLib, which scripts
    import.
    """


class IHERORegistrationFileReader(RegistrationFileReader):
    """For Spatial Registrations dropped on Slicer's window."""


class IHERORegistrationTest(ScriptedLoadableModuleTest):
    """A registration is received, applied, taken out and sent back, with a patient made for it."""

    def runTest(self):
        from IHERORegistrationLib.phantoms.phantom import writePhantom
        from IHERORegistrationLib.widgets.receivedPatient import receivedPatient

        with receivedPatient(writePhantom) as folder:
            self.test_whatIsReceivedIsAppliedAndSentBack(folder)
        self.delayDisplay("A registration was received, applied, taken out and sent back.")

    def test_whatIsReceivedIsAppliedAndSentBack(self, folder):
        from IHERORegistrationLib.widgets.applyPanel import ApplyPanel
        from IHERORegistrationLib.widgets.exportPanel import ExportPanel
        from IHERORegistrationLib.widgets.registrationsPanel import RegistrationsPanel

        slicer.util.selectModule("IHERORegistration")
        slicer.app.processEvents()
        widget = slicer.modules.IHERORegistrationWidget
        registration = slicer.util.getNode("MR_TO_CT")
        widget.panel(RegistrationsPanel).choose(registration)
        slicer.app.processEvents()
        self.assertIn("CT", widget.chosen.base.GetName())
        self.assertIn("MR", widget.chosen.overlay.GetName())

        apply = widget.panel(ApplyPanel)
        self.click(apply.ui.placeButton)
        self.assertIs(widget.chosen.overlay.GetParentTransformNode(), registration)
        self.click(apply.ui.undoPlacementButton)
        self.assertIsNone(widget.chosen.overlay.GetParentTransformNode())

        export = widget.panel(ExportPanel)
        export.ui.exportPanelButton.collapsed = False
        export.state.exportedNode = registration
        slicer.app.processEvents()
        export.judge()
        self.click(export.ui.exportButton)
        self.assertEqual(self.sentMatrix(export), self.receivedMatrix(folder))

    def click(self, button):
        button.click()
        slicer.app.processEvents()

    def sentMatrix(self, export):
        """Of the object that the panel wrote into the DICOM database."""
        import pydicom

        uid = export.state.exportReport.split("SOP Instance UID ")[1].split()[0]
        return self.matrixOf(pydicom.dcmread(slicer.dicomDatabase.fileForInstance(uid)))

    def receivedMatrix(self, folder):
        import pydicom

        objects = map(pydicom.dcmread, folder.rglob("*.dcm"))
        return next(self.matrixOf(one) for one in objects if one.get("ContentLabel") == "MR_TO_CT")

    def matrixOf(self, dataset):
        """That of the item which moves something."""
        item = dataset.RegistrationSequence[-1].MatrixRegistrationSequence[0]
        values = item.MatrixSequence[0].FrameOfReferenceTransformationMatrix
        return [round(float(one), 9) for one in values]
