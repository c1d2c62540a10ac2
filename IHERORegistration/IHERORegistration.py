"""Slicer module for rigid registrations: a placeholder until its screens exist."""

from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import ScriptedLoadableModule


class IHERORegistration(ScriptedLoadableModule):
    def __init__(self, parent):
        super().__init__(parent)
        parent.title = _("IHE-RO Registration")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Radiotherapy")]
        parent.contributors = ["The SlicerIHERO developers"]
        parent.helpText = _(
            "DICOM Spatial Registration by the IHE-RO profiles. This module has no screen yet: it "
            "comes in a later release. The functions are in the Python package "
            "IHERORegistrationLib and in the ihero command."
        )
        parent.acknowledgementText = ""
        parent.hidden = True  # nothing to show in the list of modules
