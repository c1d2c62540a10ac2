"""The button that makes registration B of a comparison the rigid part of A alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slicer.i18n import tr as _

from IHERORegistrationLib.widgets.longWork import longWork
from IHERORegistrationLib.widgets.panel import shownErrors

from ..beforeDeformation import rigidPartNode

if TYPE_CHECKING:
    from .comparisonPanel import ComparisonPanel


class RigidPartButton:
    """Part of ComparisonPanel: places and doses before and after a deformation are compared."""

    def __init__(self, panel: ComparisonPanel) -> None:
        self._panel = panel
        panel.ui.comparisonRigidButton.connect("clicked(bool)", self.onMake)

    def show(self) -> None:
        """Only a deformation has a rigid part that differs."""
        one = self._panel.nodes
        isReady = None not in (one.first, one.base, one.overlay) and not one.first.IsLinear()
        self._panel.ui.comparisonRigidButton.enabled = isReady

    def onMake(self, *_unused: Any) -> None:
        """Make it, and compare with it."""
        with shownErrors(_("The rigid part could not be made.")):
            nodes, title = self._panel.nodes, _("Taking the rigid part")
            with longWork(title, nodes.first, nodes.base, nodes.overlay) as watch:
                made = rigidPartNode(nodes.first, nodes.base, nodes.overlay, watch)
            self._panel.state.comparisonSecond = made
