"""Slicer module for deformable registrations: a placeholder until its screens exist."""

from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import ScriptedLoadableModule


class IHERODeformation(ScriptedLoadableModule):
    def __init__(self, parent):
        super().__init__(parent)
        parent.title = _("IHE-RO Deformation")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Radiotherapy")]
        parent.contributors = ["The SlicerIHERO developers"]
        parent.helpText = _(
            "DICOM Deformable Spatial Registration by the IHE-RO profiles. This module has no "
            "screen and no functions yet: both come in a later release."
        )
        parent.acknowledgementText = ""
        parent.hidden = True  # nothing to show in the list of modules
