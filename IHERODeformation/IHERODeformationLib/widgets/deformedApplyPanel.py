"""Apply the chosen registration, which may be a deformation."""

from __future__ import annotations

from pathlib import Path

import slicer
from slicer.i18n import tr as _

from IHERORegistrationLib.appliedNodes import AppliedNode
from IHERORegistrationLib.registrationRecord import Watch
from IHERORegistrationLib.widgets.applyPanel import ApplyPanel

from ..appliedDeformation import deformedNode, movedNode


class DeformedApplyPanel(ApplyPanel):
    """As for matrices; what a deformation leaves undefined is left out and counted."""

    @classmethod
    def uiFile(cls) -> Path:
        return ApplyPanel.uiFile()

    def hardened(self, node: slicer.vtkMRMLNode, watch: Watch) -> AppliedNode:
        if self.chosen.registration.IsLinear():
            return super().hardened(node, watch)
        watch.tell(_("Hardening {name}").format(name=node.GetName()), 0.0)
        return movedNode(node, self.chosen.registration, self.chosen.base)

    def resampled(self, node: slicer.vtkMRMLNode, watch: Watch) -> AppliedNode:
        registration = self.chosen.registration
        if registration.IsLinear():
            return super().resampled(node, watch)
        return deformedNode(
            node, registration, self.chosen.base, self.interpolationFor(node), watch
        )
