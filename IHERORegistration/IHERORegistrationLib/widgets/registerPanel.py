"""Makes rigid registrations: by landmarks, automatically, by hand."""

from __future__ import annotations

from typing import Any

import qt
import slicer
from slicer.i18n import tr as _
from slicer.parameterNodeWrapper import parameterNodeWrapper

from ..errors import IHEROError
from ..imagePair import ImagePair
from ..landmarkNodes import Pairing
from ..madeRegistration import whyNotExported
from ..manualAlignment import About
from ..rigidStarts import Beginning
from ..sentences import asSentence
from .automaticTab import AutomaticTab
from .landmarkTab import LandmarkTab
from .manualTab import ManualTab
from .pairPanel import PairPanel


@parameterNodeWrapper
class RegisterParameters:
    """Words are those of Pairing, RigidPreset.name (empty: guessed), Beginning and of the tabs."""

    registerTab: int
    fixedLandmarks: slicer.vtkMRMLMarkupsFiducialNode
    movingLandmarks: slicer.vtkMRMLMarkupsFiducialNode
    landmarkPairing: str = Pairing.ORDER.value
    landmarksAlternate: bool = True
    rigidPreset: str = ""
    rigidBeginning: str = Beginning.ALL.value
    manualTransform: slicer.vtkMRMLLinearTransformNode
    manualStart: str = "present"
    manualCenter: str = About.MOVING.value
    manualStep: str = "1"
    areHandlesShown: bool = True


class RegisterPanel(PairPanel):
    """One tab for each way to register."""

    parameters = RegisterParameters

    def setup(self) -> None:
        self.observed: dict[str, Any] = {}
        self._timer = qt.QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.connect("timeout()", self._showIfEntered)
        self.tabs = (LandmarkTab(self), AutomaticTab(self), ManualTab(self))
        self.ui.registerButton.connect("contentsCollapsed(bool)", self.showSoon)
        self.bar = qt.QTabBar()  # not QTabWidget: it is as high as its highest tab
        self.bar.setExpanding(False)
        for text, tip in (
            (_("Landmarks"), _("Bring matching points together")),
            (_("Automatic"), _("Register by what the images show")),
            (_("By hand"), _("Shift and turn the moving image yourself")),
        ):
            self.bar.setTabToolTip(self.bar.addTab(text), tip)
        self.bar.connect("currentChanged(int)", self.onTab)
        self.ui.registerTabs.layout().insertWidget(0, self.bar)

    def show(self) -> None:
        if self.ui.registerButton.collapsed:
            return
        try:
            images = self.pair
            text = _("{moving} (moving) is brought onto {fixed} (fixed).").format(
                moving=self.chosen.overlay.GetName(), fixed=self.chosen.base.GetName()
            )
            reason = whyNotExported(images)
            text = f"{text} {asSentence(reason)}" if reason else text
            pair: ImagePair | None = images
        except IHEROError as error:
            pair, text = None, asSentence(str(error))
        self.ui.registerPairLabel.text = text
        for tab in self.tabs:
            tab.show(pair)
        self._showTab()
        self.showResult(self.ui.registerResultLabel, self.chosen.registration)

    def showSoon(self, *_: Any) -> None:
        """Show what a node says now that changed."""
        self._timer.start()

    def exit(self) -> None:
        for tab in self.tabs:
            tab.leave()

    def cleanup(self) -> None:
        self._timer.stop()
        for tab in self.tabs:
            tab.leave()
        for role in list(self.observed):
            self.watch(role, None)

    def onTab(self, index: int) -> None:
        """Another way to register was picked."""
        if self.state is not None:
            self.state.registerTab = index
            self.showSoon()

    def watch(self, role: str, node: Any, *events: int) -> None:
        """Show the panel again when `node` changes, and no more when what it was in `role` did."""
        before, heard = self.observed.pop(role, (None, ()))
        for event in heard:
            if not self._isHeard(before, event):
                self.module.removeObserver(before, event, self.showSoon)
        if node is None:
            return
        for event in events:
            if not self._isHeard(node, event):
                self.module.addObserver(node, event, self.showSoon)
        self.observed[role] = (node, events)

    def _isHeard(self, node: Any, event: Any) -> bool:
        """Whether some role watches it: one list may be chosen for both images."""
        return any(one is node and event in events for one, events in self.observed.values())

    def isWatched(self, role: str, node: Any) -> bool:
        """Whether `watch` was last called for `role` with `node`."""
        return self.observed.get(role, (None,))[0] is node

    def _showIfEntered(self) -> None:
        if self.module.isEntered and self.state is not None:
            self.show()

    def _showTab(self) -> None:
        self.bar.setCurrentIndex(self.state.registerTab)
        pages = (self.ui.landmarksTab, self.ui.automaticTab, self.ui.manualTab)
        for number, page in enumerate(pages):
            page.setVisible(number == self.state.registerTab)
