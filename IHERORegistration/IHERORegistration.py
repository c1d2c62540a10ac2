"""Slicer module for rigid registrations: what loads them from the DICOM browser. It has no screen
of its own until that exists.
"""

from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import ScriptedLoadableModule

from IHERORegistrationLib.dicomPlugin import RegistrationPlugin


class IHERORegistration(ScriptedLoadableModule):
    def __init__(self, parent):
        super().__init__(parent)
        parent.title = _("IHE-RO Registration")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Radiotherapy")]
        parent.contributors = ["The SlicerIHERO developers"]
        parent.helpText = _(
            "DICOM Spatial Registration by the IHE-RO profiles. Registrations load from the DICOM "
            "browser as transform nodes. This module has no screen yet: it comes in a later "
            "release. The functions are in the Python package IHERORegistrationLib and in the "
            "ihero command."
        )
        parent.acknowledgementText = _(
            "By the profiles MMRO, MMRO-II and MMRO-III of IHE Radiation Oncology."
        )
        parent.hidden = True  # nothing to show in the list of modules
        RegistrationPlugin.register()
