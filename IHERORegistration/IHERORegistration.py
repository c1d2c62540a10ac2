"""Slicer module for rigid registrations. It connects; what is shown is in
IHERORegistrationLib/widgets, what is computed in the library below.
"""

import slicer
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import ScriptedLoadableModule, ScriptedLoadableModuleLogic

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
            "back. For research; not a medical device."
        )
        parent.acknowledgementText = _(
            "By the profiles MMRO, MMRO-II and MMRO-III of IHE Radiation Oncology."
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
