"""The structures that are drawn in the slice views: the chosen ones, and which others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import slicer
from slicer.i18n import tr as _

from ..carriedNodes import isWide
from ..sceneNodes import nodesOfClass
from ..sentences import oneLine

if TYPE_CHECKING:
    from .displayPanel import DisplayPanel


class ShownStructures:
    """What is drawn is kept in the display nodes of the scene, so that it is the same everywhere in
    Slicer.
    """

    def __init__(self, panel: DisplayPanel) -> None:
        self._panel = panel
        self._chosen: Any = None  # what we show
        panel.ui.onlyStructuresButton.connect("clicked()", self.hideOthers)

    def show(self) -> None:
        """Draw those chosen; those chosen before are drawn no longer. Tell what is drawn."""
        panel = self._panel
        chosen = panel.state.shownStructures
        if panel.displayed.areStructuresHidden:
            chosen = None
        if chosen is not self._chosen:
            for node, isShown in ((self._chosen, False), (chosen, True)):
                if node is not None and node.GetScene() is not None:
                    _draw(node, isShown)
            self._chosen = chosen
        self._follow()
        self._tell()

    def hideOthers(self) -> None:
        """Draw no structures but the chosen ones, if there are any."""
        for node in self._others():
            node.SetDisplayVisibility(False)
        self._panel.module.scheduleShow()

    def _others(self) -> list:
        chosen = self._panel.state.shownStructures
        return [one for one in _drawn() if one is not chosen]

    def _follow(self) -> None:
        """Hear when somebody draws or hides structures elsewhere in Slicer."""
        panel = self._panel
        for node in _segmentations():
            if not panel.hasObserver(node, node.DisplayModifiedEvent, panel.module.scheduleShow):
                panel.addObserver(node, node.DisplayModifiedEvent, panel.module.scheduleShow)

    def _tell(self) -> None:
        panel, others = self._panel, self._others()
        isChosen = panel.state.shownStructures is not None
        panel.ui.onlyStructuresButton.text = _("Only these") if isChosen else _("Hide")
        panel.ui.onlyStructuresButton.setVisible(bool(others))
        panel.ui.drawnStructuresLabel.setVisible(bool(others))
        panel.ui.drawnStructuresLabel.text = _drawnText(_drawn())


def _segmentations() -> list:
    return nodesOfClass(slicer.mrmlScene, "vtkMRMLSegmentationNode")


def _drawn() -> list:
    return [one for one in _segmentations() if one.GetDisplayVisibility()]


def _draw(node: slicer.vtkMRMLSegmentationNode, isShown: bool) -> None:
    node.CreateDefaultDisplayNodes()
    node.SetDisplayVisibility(isShown)
    node.GetDisplayNode().SetVisibility2DFill(False)  # images are to be seen under them


def _drawnText(nodes: list) -> str:
    """Which structures are drawn how."""
    thin = ", ".join(oneLine(one.GetName()) for one in nodes if not isWide(one))
    wide = ", ".join(oneLine(one.GetName()) for one in nodes if isWide(one))
    if not wide:
        return _("Drawn: {names}.").format(names=thin)
    told = [_("Thin lines: {names}.").format(names=thin)] if thin else []
    return " ".join([*told, _("Wide, pale lines: {names}.").format(names=wide)])
