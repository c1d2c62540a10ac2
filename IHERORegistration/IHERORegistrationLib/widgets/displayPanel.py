"""The panel of the display: how base and overlay are shown together in the slice views."""

from __future__ import annotations

from typing import Any

import slicer
import slicer.util
from slicer.i18n import tr as _
from slicer.util import VTKObservationMixin

from ..databaseImages import knownImages
from ..displayedImages import (
    MISLEADING,
    Choice,
    DisplayedImages,
    displayedImages,
    registeredParent,
)
from ..displayedLayers import ShownImages
from ..displayedPair import Relation, relation, removeStandIns, showItself
from ..displayLayouts import Role
from ..errors import IHEROError
from ..registeredDisplay import Stepping
from ..sliceFusion import FusionStyle
from ..viewMarks import Urgency
from .alternation import Alternation
from .choiceBox import fillBox, showChoice
from .displayCursor import DisplayCursor
from .displayedViews import DisplayedViews
from .displayKeys import displayKeys, keysText
from .displayParameters import DisplayParameters, ShownAs, modeTexts, stepTexts
from .displayTexts import displayedText, noteOf
from .doseControls import DoseControls
from .icons import giveIcons
from .keys import Key
from .layoutButtons import LayoutButtons
from .lookControls import LookControls
from .panel import Panel, shownErrors
from .pinnedPlace import PinnedPlace
from .shownStructures import ShownStructures

LARGER = 1.15  # of a spyglass or tile, by one step of the wheel
ICONS = {"registrationShownCheckBox": "RegistrationShown", "linkedCursorCheckBox": "LinkedCursor"}
MARKED = (Role.FUSED, Role.OVERLAY, Role.DOSE)


class DisplayPanel(Panel, VTKObservationMixin):
    """The slice views are marked from the user's coming to the module until he leaves it."""

    parameters = DisplayParameters

    def setup(self) -> None:
        VTKObservationMixin.__init__(self)
        self.pinned = PinnedPlace(self)
        self.views = DisplayedViews(self.onWheel, self.pinned.onClick)
        self.cursor = DisplayCursor(self)
        self.layouts = LayoutButtons(self)
        self.looks = LookControls(self)
        self.doses = DoseControls(self)
        self.displayed = DisplayedImages()
        self.structures = ShownStructures(self)
        self.alternation = Alternation(self.views.setOpacity)
        entries = [(text, mode.name) for mode, text in modeTexts().items()]
        fillBox(self.ui.fusionModeComboBox, entries, lambda name: self.setMode(ShownAs[name]))
        entries = [(text, step.name) for step, text in stepTexts().items()]
        fillBox(self.ui.scrollStepComboBox, entries, lambda name: self.setStep(Stepping[name]))
        for value in (0, 50, 100):
            button = getattr(self.ui, f"blend{value}Button")
            button.connect("clicked()", lambda chosen=value: self.setBlend(chosen))
        self.ui.blendSlider.connect("valueChanged(double)", self.onBlend)
        giveIcons(self.ui, ICONS)
        self.ui.keysButton.connect("clicked()", self.onKeys)

    @property
    def shown(self) -> ShownImages:
        """What the views show now."""
        return self.displayed.shown

    @property
    def relation(self) -> Relation:
        """How base and overlay belong together as they are shown."""
        return self.displayed.relation

    def givenKeys(self) -> tuple[Key, ...]:
        return displayKeys(self)

    def enter(self) -> None:
        self.layouts.register()

    def exit(self) -> None:
        self._leaveViews()

    def cleanup(self) -> None:
        self.removeObservers()
        self._leaveViews()

    def _leaveViews(self) -> None:
        if self.state is not None:
            self.alternation.run(ShownAs.BLEND, self.state.blend / 100)
        self.removeObservers()
        self.views.remove()
        removeStandIns(slicer.mrmlScene, self._misleading())
        self.displayed, self.cursor.center = DisplayedImages(), None

    def _misleading(self) -> Any:
        """The overlay, if it may not stay in views that nobody marks, as it lies in the scene."""
        chosen = self.module.chosen
        if chosen is None or chosen.overlay is None or chosen.base is None:
            return None
        try:
            found = relation(
                chosen.base, chosen.overlay, chosen.registration, frameOfInstance=_frames()
            )
        except IHEROError:  # nobody can tell what they are
            return chosen.overlay
        return chosen.overlay if found in MISLEADING else None

    def onStartSave(self, scene: Any, event: Any) -> None:
        """What stands for the overlay is not saved: views are saved with the overlay itself."""
        showItself(scene, self._misleading())

    def onEndSave(self, scene: Any, event: Any) -> None:
        self.views.forget()
        self.module.scheduleShow()

    # what is shown

    def show(self) -> None:
        self.views.refresh()
        self._follow()
        self._showImages()
        self._showRelation()
        self.structures.show()
        self._showMode()
        self.pinned.show()
        self.layouts.show()
        self.looks.show()
        self.doses.show()

    def fit(self) -> None:
        """Bring the images into the views."""
        self.views.fit(self.shown)
        self._step()

    def _follow(self) -> None:
        """Hear of the cursor, and where base, overlay and dose are moved and how they look."""
        crosshair = slicer.mrmlScene.GetSingletonNode("default", "vtkMRMLCrosshairNode")
        event = slicer.vtkMRMLCrosshairNode.CursorPositionModifiedEvent
        if crosshair is not None and not self.hasObserver(crosshair, event, self.cursor.onMoved):
            self.addObserver(crosshair, event, self.cursor.onMoved)
        scene = slicer.mrmlScene
        for event, act in (
            (scene.StartSaveEvent, self.onStartSave),
            (scene.EndSaveEvent, self.onEndSave),
        ):
            if not self.hasObserver(scene, event, act):
                self.addObserver(scene, event, act)
        choice = self._choice()
        for node in (choice.base, choice.overlay, choice.dose, choice.structures):
            if node is None:
                continue
            for event in (node.TransformModifiedEvent, node.DisplayModifiedEvent):
                if not self.hasObserver(node, event, self.module.scheduleShow):
                    self.addObserver(node, event, self.module.scheduleShow)

    def registered(self) -> Any:
        """The transform node that the overlay lies under or is to be shown under, or None."""
        chosen = self.module.chosen
        return registeredParent(chosen.overlay, chosen.registration, _frames())

    def _choice(self) -> Choice:
        chosen, state = self.module.chosen, self.state
        return Choice(
            chosen.base,
            chosen.overlay,
            state.shownDose,
            state.shownStructures,
            chosen.registration,
        )

    def _showImages(self) -> None:
        before = self.shown
        self.displayed = displayedImages(
            self._choice(),
            isRegistered=self.state.isRegistrationShown,
            frameOfInstance=_frames(),
        )
        if self.shown.base is None and before.base is None:
            return  # the views are not ours
        self.views.show(self.shown, self.state.blend / 100, self.state.doseOpacity / 100)
        self._step()

    def _step(self) -> None:
        if self.shown.base is None:
            return
        step, overlay = self.state.scrollStep, self.shown.overlay
        isPossible = step is not Stepping.OVERLAY or overlay is not None
        with shownErrors(_("The steps cannot be set.")):
            self.views.step(step if isPossible else Stepping.BASE, self.shown.base, overlay)

    def _showRelation(self) -> None:
        self.ui.relationLabel.text = displayedText(self.displayed)
        text, urgency = noteOf(self.displayed)
        roles = tuple(Role) if urgency is Urgency.STOP else MARKED
        self.views.note(text, urgency, roles)

    def _showMode(self) -> None:
        state, ui = self.state, self.ui
        showChoice(ui.fusionModeComboBox, state.shownAs.name)
        showChoice(ui.scrollStepComboBox, state.scrollStep.name)
        usesBlend = state.shownAs is ShownAs.BLEND
        for name in ("blendLabel", "blend0Button", "blend50Button", "blend100Button"):
            getattr(ui, name).setVisible(usesBlend)
        ui.blendSlider.setVisible(usesBlend)
        for name in ("Label", "Slider"):
            isTiled = state.shownAs is ShownAs.CHECKERBOARD
            getattr(ui, f"tileSize{name}").setVisible(isTiled)
            isSpyglass = state.shownAs is ShownAs.SPYGLASS
            getattr(ui, f"spyglassSize{name}").setVisible(isSpyglass)
        ui.squareSpyglassCheckBox.setVisible(state.shownAs is ShownAs.SPYGLASS)
        self.views.style(self.style())
        isPair = self.shown.overlay is not None
        self.alternation.run(state.shownAs if isPair else ShownAs.BLEND, state.blend / 100)

    def style(self) -> FusionStyle:
        """What is fused how and where, as the user has it now."""
        state = self.state
        return FusionStyle(
            state.shownAs.fusion,
            tile=state.tileSize,
            radius=state.spyglassSize / 2,
            isSquare=state.isSpyglassSquare,
            center=self.cursor.center,
        )

    # what the user does

    def onBlend(self, percent: float) -> None:
        """The slider is drawn along: the views follow at once."""
        if self.module.isEntered and self.state.shownAs is ShownAs.BLEND:
            self.views.setOpacity(percent / 100)

    def setBlend(self, percent: float) -> None:
        """Show the overlay by itself at that opacity."""
        self.state.shownAs = ShownAs.BLEND
        self.state.blend = float(percent)

    def setMode(self, mode: ShownAs) -> None:
        """Lay the overlay on the base so."""
        self.state.shownAs = mode

    def toggleMode(self, mode: ShownAs) -> None:
        """The mode, or blending if it is the mode already."""
        self.setMode(ShownAs.BLEND if self.state.shownAs is mode else mode)

    def setStep(self, step: Stepping) -> None:
        """Let the wheel go so far."""
        self.state.scrollStep = step

    def onWheel(self, steps: int) -> bool:
        """Shift and the wheel in a view: the spyglass or the tiles become larger or smaller."""
        state = self.state
        for mode, name, low, high in (
            (ShownAs.SPYGLASS, "spyglassSize", 5.0, 300.0),
            (ShownAs.CHECKERBOARD, "tileSize", 2.0, 200.0),
        ):
            if state.shownAs is mode:
                size = getattr(state, name) * LARGER**steps
                setattr(state, name, min(max(size, low), high))
                return True
        return False

    def onKeys(self) -> None:
        """List the keys."""
        text = keysText(self.module.keys)
        slicer.util.infoDisplay(text, windowTitle=_("Keys"))


def _frames() -> Any:
    """Frames of the images that Slicer's DICOM database knows."""
    return knownImages(slicer.dicomDatabase)
