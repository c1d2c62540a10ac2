"""Buttons for the layouts of the display, and the way back to the user's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import slicer
from slicer.i18n import tr as _

from ..displayLayouts import DisplayLayout, layoutNumber
from .icons import giveIcons
from .panel import shownErrors

if TYPE_CHECKING:
    from .displayPanel import DisplayPanel

BUTTONS = {
    "threePlanesButton": DisplayLayout.THREE_PLANES,
    "sideBySideButton": DisplayLayout.SIDE_BY_SIDE,
    "fourUpButton": DisplayLayout.FOUR_UP,
    "besideNativeButton": DisplayLayout.BESIDE_NATIVE,
}
ICONS = {
    "threePlanesButton": "LayoutThreePlanes",
    "sideBySideButton": "LayoutSideBySide",
    "fourUpButton": "LayoutFour",
    "besideNativeButton": "LayoutNative",
    "previousLayoutButton": "Back",
}


class LayoutButtons:
    """Each gives its layout with one click. The layout that was there before is kept in the
    parameter node.
    """

    def __init__(self, panel: DisplayPanel) -> None:
        self._panel = panel
        for name, layout in BUTTONS.items():
            button = getattr(panel.ui, name)
            button.connect("clicked()", lambda chosen=layout: self.choose(chosen))
        panel.ui.previousLayoutButton.connect("clicked()", self.goBack)
        giveIcons(panel.ui, ICONS)

    def register(self) -> None:
        """Let Slicer know our layouts, so that a scene saved in one of them opens in it."""
        node = self._node()
        if node is not None:
            for layout in BUTTONS.values():
                layoutNumber(node, layout)

    def choose(self, layout: DisplayLayout) -> None:
        """Show the slice views so."""
        with shownErrors(_("The layout cannot be shown."), waitCursor=True):
            node, state = self._node(), self._panel.state
            if node is None:
                return
            if not self._isOurs(node):
                state.layoutBefore = node.GetViewArrangement()
            state.displayLayout = layout
            slicer.app.layoutManager().setLayout(layoutNumber(node, layout))
            slicer.app.processEvents()  # the views get their sizes
            self._panel.show()
            self._panel.fit()

    def goBack(self) -> None:
        """Show the layout that was there before the first one of ours."""
        with shownErrors(_("The layout cannot be shown."), waitCursor=True):
            state = self._panel.state
            if state.layoutBefore:
                slicer.app.layoutManager().setLayout(state.layoutBefore)
            state.displayLayout = DisplayLayout.UNCHANGED
            self._panel.show()

    def show(self) -> None:
        """Tell which layout there is."""
        node, ui = self._node(), self._panel.ui
        present = node.GetViewArrangement() if node is not None else 0
        for name, layout in BUTTONS.items():
            isPresent = node is not None and layoutNumber(node, layout) == present
            getattr(ui, name).checked = isPresent
        isOurs = node is not None and self._isOurs(node)
        ui.previousLayoutButton.enabled = bool(isOurs and self._panel.state.layoutBefore)

    def _isOurs(self, node: slicer.vtkMRMLLayoutNode) -> bool:
        present = node.GetViewArrangement()
        return present in {layoutNumber(node, layout) for layout in BUTTONS.values()}

    def _node(self) -> Any:
        manager = slicer.app.layoutManager()
        return None if manager is None else manager.layoutLogic().GetLayoutNode()
