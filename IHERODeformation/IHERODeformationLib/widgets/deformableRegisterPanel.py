"""Makes deformable registrations by what the images show."""

from __future__ import annotations

from typing import Any

import slicer
from slicer.i18n import tr as _
from slicer.parameterNodeWrapper import parameterNodeWrapper

from IHERORegistrationLib.errors import IHEROError
from IHERORegistrationLib.geometry import AffineTransform
from IHERORegistrationLib.imagePair import ImagePair
from IHERORegistrationLib.registrationRecord import Watch
from IHERORegistrationLib.rigidPresets import presetWords, rigidPreset
from IHERORegistrationLib.sentences import asSentence
from IHERORegistrationLib.usedLandmarks import landmarksOf
from IHERORegistrationLib.widgets.choiceBox import fillBox, showChoice
from IHERORegistrationLib.widgets.longWork import longWork
from IHERORegistrationLib.widgets.pairPanel import PairPanel
from IHERORegistrationLib.widgets.panel import shownErrors

from ..deformationPresets import DEFORMATION_PRESETS, presetNamed

PRESENT, CHOSEN, RIGID = "present", "chosen", "rigid"


@parameterNodeWrapper
class DeformableRegisterParameters:
    """`deformationPreset` is a name of a preset, empty where it is guessed; `deformationStart` one
    of the words above; without `deformationRegion` the whole fixed image is registered.
    """

    deformationPreset: str = ""
    deformationStart: str = PRESENT
    deformationRegion: slicer.vtkMRMLMarkupsROINode


class DeformableRegisterPanel(PairPanel):
    """The deformation starts from a rigid registration."""

    parameters = DeformableRegisterParameters

    def setup(self) -> None:
        presets = [(_("Guess from the images"), "")]
        presets += [(presetWords(one.modalities), one.name) for one in DEFORMATION_PRESETS]
        fillBox(self.ui.deformationPresetBox, presets, self.onPreset)
        starts = (
            (_("As the images lie now"), PRESENT),
            (_("The chosen registration"), CHOSEN),
            (_("Register rigidly first"), RIGID),
        )
        fillBox(self.ui.deformationStartBox, starts, self.onStart)
        self.ui.deformButton.connect("clicked(bool)", self.onRegister)
        self.ui.deformableRegisterButton.connect("contentsCollapsed(bool)", self.onOpened)

    def show(self) -> None:
        if self.ui.deformableRegisterButton.collapsed:
            return
        showChoice(self.ui.deformationPresetBox, self.state.deformationPreset)
        showChoice(self.ui.deformationStartBox, self.state.deformationStart)
        from ..deformableAlignment import longestTime  # SciPy takes its time

        try:
            pair = self.pair
            preset = presetNamed(self.state.deformationPreset, pair.modalities)
            seconds = longestTime(pair, preset, self.state.deformationRegion)
            self.ui.deformationHintLabel.text = _("{kinds}: {why}. {time}").format(
                kinds=presetWords(preset.modalities), why=preset.why, time=_timeWords(seconds)
            )
            text = _("{moving} (moving) is deformed onto {fixed} (fixed).").format(
                moving=pair.moving.GetName(), fixed=pair.fixed.GetName()
            )
            isReady = True
        except IHEROError as error:
            text, isReady = asSentence(str(error)), False
        self.ui.deformablePairLabel.text = text
        self.ui.deformationHintLabel.setVisible(isReady)
        self.ui.deformButton.enabled = isReady
        node = self.chosen.registration
        isDeformation = node is not None and not node.IsLinear()
        self.showResult(self.ui.deformableResultLabel, node if isDeformation else None)

    def onOpened(self, *_unused: Any) -> None:
        """The section was opened or closed."""
        self.module.scheduleShow()

    def onPreset(self, name: str) -> None:
        """Another preset was picked."""
        self.state.deformationPreset = name

    def onStart(self, name: str) -> None:
        """Another start was picked."""
        self.state.deformationStart = name

    def onRegister(self, *_unused: Any) -> None:
        """Search, with the button disabled meanwhile."""
        self.ui.deformButton.enabled = False
        try:
            with shownErrors(_("The images cannot be registered deformably.")):
                self._register()
        finally:
            self.module.scheduleShow()

    def _register(self) -> None:
        pair, region = self.pair, self.state.deformationRegion
        preset = presetNamed(self.state.deformationPreset, pair.modalities)
        start = self.state.deformationStart
        rigid = None if start == RIGID else self._given(pair, start)
        byLandmarks = self._byLandmarks(pair, start)
        title = _("Deform {moving}").format(moving=pair.moving.GetName())
        with longWork(title, pair.fixed, pair.moving) as watch:
            from ..deformableAlignment import deformableAlignment, deformedNode

            rigid = rigid or _rigidFirst(pair, watch)
            found = deformableAlignment(pair, rigid, preset, watch, region)
            node = deformedNode(pair, found, byLandmarks)
            self.finish(pair, node)

    def _given(self, pair: ImagePair, start: str) -> AffineTransform:
        """Overlay → base, to deform from."""
        if start == PRESENT:
            return pair.present
        return pair.under(self.requiredRegistration())

    def _byLandmarks(self, pair: ImagePair, start: str) -> slicer.vtkMRMLTransformNode | None:
        """The registration that the deformation goes on from, if it was made by landmarks."""
        if start == RIGID:
            return None
        above = pair.moving.GetParentTransformNode()
        node = self.chosen.registration if start == CHOSEN else above
        return node if node is not None and landmarksOf(node) is not None else None


def _rigidFirst(pair: ImagePair, watch: Watch) -> AffineTransform:
    """Overlay → base, by what the images show."""
    from IHERORegistrationLib.automaticAlignment import automaticAlignment

    return automaticAlignment(pair, rigidPreset(*pair.modalities), watch).movingToFixed


def _timeWords(seconds: float) -> str:
    if seconds < 60:
        return _("It takes less than a minute.")
    return _("It may take up to {minutes} minutes.").format(minutes=max(2, round(seconds / 60)))
