"""The tab on which images are registered by what they show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slicer.i18n import tr as _

from ..geometry import AffineTransform
from ..imagePair import ImagePair
from ..madeRegistration import madeNode
from ..rigidPresets import RIGID_PRESETS, presetNamed, presetWords
from ..rigidStarts import Beginning
from .choiceBox import fillBox, showChoice
from .longWork import longWork
from .panel import shownErrors

if TYPE_CHECKING:
    from .registerPanel import RegisterPanel

PRESENT, CHOSEN = "present", "chosen"


class AutomaticTab:
    """Part of RegisterPanel."""

    def __init__(self, panel: RegisterPanel) -> None:
        self.panel, self.ui = panel, panel.ui
        presets = [(_("Guess from the images"), "")]
        presets += [(presetWords(one.modalities), one.name) for one in RIGID_PRESETS]
        fillBox(self.ui.rigidPresetBox, presets, self.onPreset)
        beginnings = (
            (_("Several, the best is kept"), Beginning.ALL.value),
            (_("As the images lie now"), PRESENT),
            (_("The chosen registration"), CHOSEN),
            (_("Equal coordinates"), Beginning.COORDINATES.value),
            (_("Middles of the images"), Beginning.CENTERS.value),
            (_("Centers of mass"), Beginning.MASSES.value),
        )
        fillBox(self.ui.rigidBeginningBox, beginnings, self.onBeginning)
        self.ui.automaticButton.connect("clicked(bool)", self.onRegister)

    def show(self, pair: ImagePair | None) -> None:
        state = self.panel.state
        showChoice(self.ui.rigidPresetBox, state.rigidPreset)
        showChoice(self.ui.rigidBeginningBox, state.rigidBeginning)
        self.ui.automaticButton.enabled = pair is not None
        self.ui.rigidPresetHintLabel.setVisible(pair is not None)
        if pair is not None:
            preset = presetNamed(state.rigidPreset, pair.modalities)
            words = presetWords(preset.modalities)
            self.ui.rigidPresetHintLabel.text = _("{kinds}: {why}.").format(
                kinds=words, why=preset.why
            )

    def leave(self) -> None:
        """Nothing lasts here."""

    def onPreset(self, name: str) -> None:
        """Another preset was picked."""
        self.panel.state.rigidPreset = name
        self.panel.showSoon()

    def onBeginning(self, name: str) -> None:
        """Another start was picked."""
        self.panel.state.rigidBeginning = name

    def onRegister(self, *_unused: Any) -> None:
        """Search, with the button disabled meanwhile."""
        self.ui.automaticButton.enabled = False
        try:
            with shownErrors(_("The images cannot be registered automatically.")):
                self._register()
        finally:
            self.panel.showSoon()

    def _register(self) -> None:
        panel = self.panel
        pair = panel.pair
        preset = presetNamed(panel.state.rigidPreset, pair.modalities)
        beginning = self._beginning(pair)
        title = _("Register {moving}").format(moving=pair.moving.GetName())
        with longWork(title, pair.fixed, pair.moving) as watch:
            from ..automaticAlignment import automaticAlignment, makingOf  # SciPy takes its time

            found = automaticAlignment(pair, preset, watch, beginning)
            node = madeNode(pair, found.movingToFixed.matrix, makingOf(pair, found))
            panel.finish(pair, node)

    def _beginning(self, pair: ImagePair) -> Beginning | AffineTransform:
        name = self.panel.state.rigidBeginning
        if name == PRESENT:
            return pair.present
        if name == CHOSEN:
            return pair.under(self.panel.requiredRegistration())
        return Beginning(name)
