"""The tab on which the moving image is shifted and turned by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import slicer
from slicer.i18n import tr as _

from ..errors import NotRigidError
from ..geometry import AffineTransform
from ..imagePair import ImagePair, imagePair
from ..manualAlignment import (
    About,
    Motion,
    beginManual,
    cancelManual,
    centersTogether,
    isManual,
    keepManual,
    motionOf,
    move,
    placed,
    turnAbout,
    turningPoint,
)
from ..unchangedOnError import unchangedOnError
from .choiceBox import fillBox, showChoice
from .keys import Key, Keys
from .panel import shownErrors

if TYPE_CHECKING:
    from .registerPanel import RegisterPanel

PRESENT, CHOSEN, CENTERS = "present", "chosen", "centers"


class ManualTab:
    """Part of RegisterPanel. What is moved lives in a transform node, which handles in the views
    move as the sliders do.
    """

    def __init__(self, panel: RegisterPanel) -> None:
        self.panel, self.ui = panel, panel.ui
        self._isShowing = False
        self._shown = [0.0] * 6  # by the sliders
        self._keys = Keys()
        ui = self.ui
        self.shifts = (ui.shiftLeftSlider, ui.shiftBackSlider, ui.shiftHeadSlider)
        self.turns = (ui.turnLeftSlider, ui.turnBackSlider, ui.turnHeadSlider)
        for slider in (*self.shifts, *self.turns):
            slider.connect("valueChanged(double)", self.onSlider)
        starts = (
            (_("As the images lie now"), PRESENT),
            (_("The chosen registration"), CHOSEN),
            (_("Middles of the images together"), CENTERS),
        )
        fillBox(ui.manualStartBox, starts, self.onStart)
        centers = (
            (_("Middle of the moving image"), About.MOVING.value),
            (_("Middle of the fixed image"), About.FIXED.value),
            (_("Cursor"), About.CURSOR.value),
        )
        fillBox(ui.manualCenterBox, centers, self.onCenter)
        steps = (
            (_("Coarse: 5 mm, 5°"), "5"),
            (_("1 mm, 1°"), "1"),
            (_("Fine: 0.1 mm, 0.1°"), "0.1"),
        )
        fillBox(ui.manualStepBox, steps, self.onStep)
        ui.manualBeginButton.connect("clicked(bool)", self.onBegin)
        ui.manualResetButton.connect("clicked(bool)", self.onReset)
        ui.manualCancelButton.connect("clicked(bool)", self.onCancel)
        ui.manualKeepButton.connect("clicked(bool)", self.onKeep)

    @property
    def node(self) -> Any:
        """The transform that is being moved, None where nothing is."""
        node = self.panel.state.manualTransform
        return node if isManual(node) else None

    def show(self, pair: ImagePair | None) -> None:
        state, node = self.panel.state, self.node
        showChoice(self.ui.manualStartBox, state.manualStart)
        showChoice(self.ui.manualCenterBox, state.manualCenter)
        showChoice(self.ui.manualStepBox, state.manualStep)
        self.ui.manualStartBox.setVisible(node is None)
        self.ui.manualBeginButton.setVisible(node is None)
        self.ui.manualBeginButton.enabled = pair is not None
        self.ui.manualControls.setVisible(node is not None)
        if not self.panel.isWatched("moved by hand", node):
            events = (node.TransformModifiedEvent,) if node is not None else ()
            self.panel.watch("moved by hand", node, *events)
        if node is None:
            self._keys.deactivate()
            return
        if not self._keys.active:
            self._keys.activate([Key("Esc", _("Give up moving by hand"), self.onCancel)])
        display = node.GetDisplayNode()
        if display is not None:
            display.SetEditorVisibility(state.areHandlesShown)
        self._showSliders(node)

    def leave(self) -> None:
        """The module is left: no handles, no keys; what was moved stays."""
        self._keys.deactivate()
        node = self.node if self.panel.state is not None else None
        if node is not None and node.GetDisplayNode() is not None:
            node.GetDisplayNode().SetEditorVisibility(False)

    def onStart(self, name: str) -> None:
        """Another start was picked."""
        self.panel.state.manualStart = name

    def onStep(self, step: str) -> None:
        """Finer or coarser steps were picked."""
        self.panel.state.manualStep = step
        self.panel.showSoon()

    def onCenter(self, name: str) -> None:
        """Turn about another point from now on."""
        self.panel.state.manualCenter = name
        node = self.node
        if node is not None:
            with shownErrors(_("This point cannot be turned about.")):
                pair = _pairOf(node)
                turnAbout(node, turningPoint(pair, placed(node, pair), About(name)))
            self.panel.showSoon()

    def onBegin(self, *_unused: Any) -> None:
        """Show the moving image through a transform of its own."""
        with (
            shownErrors(_("The moving image cannot be moved by hand.")),
            unchangedOnError(slicer.mrmlScene),
        ):
            pair, state = self.panel.pair, self.panel.state
            start = self._start(pair)
            center = turningPoint(pair, start, About(state.manualCenter))
            state.manualTransform = beginManual(pair, start, center)
        self.panel.showSoon()

    def onSlider(self, *_unused: Any) -> None:
        """Move to where the sliders are."""
        node = self.node
        if node is None or self._isShowing:
            return
        with shownErrors(_("The moving image cannot be moved.")):
            motion = motionOf(node)
            exact = (*motion.shift, *motion.turns)  # sliders round: only what was moved counts
            values = [
                slider.value if slider.value != shown else value
                for slider, shown, value in zip(
                    (*self.shifts, *self.turns), self._shown, exact, strict=True
                )
            ]
            x, y, z, aboutX, aboutY, aboutZ = values
            move(node, Motion((x, y, z), (aboutX, aboutY, aboutZ)))

    def onReset(self, *_unused: Any) -> None:
        """Back to the start."""
        if self.node is not None:
            move(self.node, Motion())

    def onCancel(self, *_unused: Any) -> None:
        """Everything as it was."""
        node = self.node
        if node is not None:
            self.panel.watch("moved by hand", None)
            self.panel.state.manualTransform = None
            cancelManual(node)
        self.panel.showSoon()

    def onKeep(self, *_unused: Any) -> None:
        """Make it a registration."""
        node = self.node
        if node is None:
            return
        with shownErrors(_("This position cannot be kept.")):
            motionOf(node)  # whoever scaled it meanwhile shall know
            pair = _pairOf(node)
            keepManual(pair, node)
            self.panel.state.manualTransform = None
            self.panel.finish(pair, node)

    def _start(self, pair: ImagePair) -> AffineTransform:
        name = self.panel.state.manualStart
        if name == CHOSEN:
            return pair.under(self.panel.requiredRegistration())
        return centersTogether(pair) if name == CENTERS else pair.present

    def _showSliders(self, node: slicer.vtkMRMLLinearTransformNode) -> None:
        try:
            motion = motionOf(node)
        except NotRigidError:
            self.ui.manualKeepButton.enabled = False
            return
        self.ui.manualKeepButton.enabled = True
        self._isShowing = True
        values = (*motion.shift, *motion.turns)
        for slider, value in zip((*self.shifts, *self.turns), values, strict=True):
            slider.singleStep = float(self.panel.state.manualStep)
            slider.value = value
        self._shown = [one.value for one in (*self.shifts, *self.turns)]
        self._isShowing = False


def _pairOf(node: slicer.vtkMRMLLinearTransformNode) -> ImagePair:
    """The images that `node` was begun for."""
    roles = (node.GetFixedNodeReferenceRole(), node.GetMovingNodeReferenceRole())
    return imagePair(*(node.GetNodeReference(role) for role in roles))
