"""The picture of the frames of reference, and the ways between the two chosen images."""

from __future__ import annotations

from html import escape
from typing import Any

import slicer
import slicer.util
from slicer.i18n import tr as _
from slicer.parameterNodeWrapper import parameterNodeWrapper

from ..frameDrawing import frameDrawing
from ..frameMap import FrameMap, frameMap
from ..frameWaysInScene import (
    SceneWay,
    apartSentence,
    distanceApart,
    loopRemarks,
    transformNodeOfWay,
    waysBetween,
)
from ..placement import dataFrame
from .frameScene import CHOSEN, FrameScene
from .panel import Panel, shownErrors
from .registrationsPanel import RegistrationsPanel

MARGIN = 12  # pixels that the view needs beside its drawing
TALLEST = 420
WRAPPED = "<qt>{}</qt>"  # a tool tip of several lines


@parameterNodeWrapper
class FramesParameters:
    """`chosenWay` is the key of a SceneWay, empty until the user chose one."""

    chosenWay: str


class FramesPanel(Panel):
    """A click on an arrow chooses that registration. Where several ways lead from the moving to the
    fixed image the user chooses; nothing else does.
    """

    parameters = FramesParameters

    def setup(self) -> None:
        self.map = FrameMap((), (), ())
        self.ways: tuple[SceneWay, ...] = ()
        self._drawn: Any = None
        self.scene = FrameScene(self.ui.framesView, self.onArrow)
        self.ui.framesButton.connect("contentsCollapsed(bool)", self.show)
        self.ui.waysComboBox.connect("activated(int)", self.onWay)
        self.ui.useWayButton.connect("clicked(bool)", self.onUseWay)

    def show(self, *_: Any) -> None:
        if self.ui.framesButton.collapsed or self.state is None:
            return
        self.map = frameMap(slicer.mrmlScene)
        self._showPicture()
        remarks = (*self.map.remarks, *loopRemarks(slicer.mrmlScene, self.map))
        self.ui.frameRemarksLabel.text = "\n".join(f"▲ {one}" for one in remarks)
        self.ui.frameRemarksLabel.setVisible(bool(remarks))
        self._showWays()

    def onArrow(self, nodeID: str) -> None:
        """An arrow was clicked."""
        node = slicer.mrmlScene.GetNodeByID(nodeID)
        self.module.panel(RegistrationsPanel).choose(node)

    def onWay(self, index: int) -> None:
        """One of several ways was picked."""
        self.state.chosenWay = self.ui.waysComboBox.itemData(index) or ""

    def onUseWay(self, checked: bool = False) -> None:
        """Work on the picked way: its registration, or a node made of all of them."""
        with shownErrors(_("The way cannot be used.")):
            way = self._usableWay()
            if way is None:  # the scene is another one by now
                return
            base, overlay = self.chosen.base, self.chosen.overlay
            node = transformNodeOfWay(slicer.mrmlScene, self.map, way, base)
            self.module.panel(RegistrationsPanel).choose(node)
            self.chosen.base, self.chosen.overlay = base, overlay

    def _showPicture(self) -> None:
        view, node = self.ui.framesView, self.chosen.registration
        chosen = node.GetID() if node is not None else ""
        width = max(view.width - MARGIN, CHOSEN.narrowest)
        drawn = (self.map, chosen, width, view.palette.cacheKey())
        if drawn == self._drawn:
            return
        self._drawn = drawn
        drawing = frameDrawing(self.map, width)
        self.scene.draw(drawing, chosen)
        view.setFixedHeight(min(round(drawing.height) + MARGIN, TALLEST))

    def _showWays(self) -> None:
        base, overlay = self.chosen.base, self.chosen.overlay
        ends = [dataFrame(one) if one is not None else "" for one in (overlay, base)]
        self.ways = waysBetween(self.map, *ends)
        box = self.ui.waysComboBox
        box.clear()
        if len(self.ways) > 1:
            box.addItem(_("Choose a way…"), "")
        for way in self.ways:
            box.addItem(way.sentence, way.key)
        index = max(box.findData(self.state.chosenWay), 0)
        box.setCurrentIndex(index)
        box.toolTip = WRAPPED.format(escape(box.itemText(index))) if self.ways else ""
        several = len(self.ways) > 1
        box.setVisible(several)
        isUsable = self._usableWay() is not None
        self.ui.useWayButton.setVisible(several or isUsable)
        self.ui.useWayButton.enabled = isUsable
        self.ui.waysLabel.text = self._told(ends)
        self.ui.waysLabel.setVisible(bool(self.ui.waysLabel.text))

    def _usableWay(self) -> SceneWay | None:
        """The way that was picked; the only one needs no picking, and where it is a registration
        along its arrow no node either.
        """
        if len(self.ways) == 1:
            (way,) = self.ways
            (_arrow, isBack), *others = way.steps
            return way if others or isBack else None
        return next((one for one in self.ways if one.key == self.state.chosenWay), None)

    def _told(self, ends: list[str]) -> str:
        """What a user has to know of the ways between the chosen images."""
        if not all(ends) or ends[0] == ends[1]:
            return ""
        if not self.ways:
            return _("No registration leads from the moving to the fixed image.")
        if len(self.ways) == 1:
            return self.ways[0].sentence
        told = _("{count} ways lead from the moving to the fixed image.")
        apart = apartSentence(distanceApart(slicer.mrmlScene, self.ways))
        return f"{told.format(count=len(self.ways))} {apart}"
