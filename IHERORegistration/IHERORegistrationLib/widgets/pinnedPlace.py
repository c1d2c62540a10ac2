"""A place that the user clicked: it stays marked in the views, and what is there can be copied."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import slicer
import slicer.util
from slicer.i18n import tr as _

from ..errors import IHEROError
from .displayTexts import readoutLines
from .linkedCursor import markedAt

if TYPE_CHECKING:
    from .displayPanel import DisplayPanel


class PinnedPlace:
    """Kept in the own coordinates of the base, so that it stays there wherever that is moved; gone
    while another base is shown.
    """

    def __init__(self, panel: DisplayPanel) -> None:
        self._panel = panel
        panel.ui.copyPinnedButton.connect("clicked()", self.onCopy)
        panel.ui.unpinButton.connect("clicked()", self.release)

    @property
    def own(self) -> np.ndarray | None:
        """The place in the base's own coordinates, shape (3,) LPS mm; None where there is none."""
        state, base = self._panel.state, self._panel.shown.base
        if base is None or state.pinnedImage is not self._panel.module.chosen.base:
            return None
        try:
            own = np.array([float(one) for one in state.pinnedPlace.split()])
        except ValueError:  # somebody changed the text
            return None
        return own if own.shape == (3,) and np.isfinite(own).all() else None

    def onClick(self, name: str, point: np.ndarray) -> None:
        """Somebody clicked in the view of that name, at a point of its coordinates, LPS mm."""
        panel = self._panel
        if panel.shown.base is None:
            return
        try:
            own = panel.cursor.ownPlace(name, point)
        except IHEROError as error:
            slicer.util.showStatusMessage(str(error), 5000)
            return
        if not np.isfinite(own).all():
            slicer.util.showStatusMessage(_("Here the registration is undefined."), 5000)
            return
        panel.state.pinnedImage = panel.module.chosen.base
        panel.state.pinnedPlace = " ".join(f"{one:.6f}" for one in own)

    def toggle(self) -> None:
        """Pin the place under the mouse, or let go of the one that is pinned."""
        if self.own is not None:
            self.release()
        elif self._panel.cursor.last is not None:
            self.onClick(*self._panel.cursor.last)

    def release(self) -> None:
        """Let go of the place."""
        self._panel.state.pinnedPlace = ""
        self._panel.state.pinnedImage = None

    def onCopy(self) -> None:
        """The read-out goes to the clipboard."""
        slicer.app.clipboard().setText(self._panel.ui.pinnedLabel.text)

    def show(self) -> None:
        """Mark the place, and tell what is there as the views show it now."""
        panel, ui = self._panel, self._panel.ui
        own = self.own
        for widget in (ui.pinnedTitleLabel, ui.copyPinnedButton, ui.unpinButton, ui.pinnedLabel):
            widget.setVisible(own is not None)
        if own is None:
            panel.views.pin(None, None)
            return
        try:
            place = panel.cursor.placeOf(own)
            lines = readoutLines(panel.cursor.readout(place), panel.cursor.units(), place.residual)
        except IHEROError as error:
            panel.views.pin(None, None)
            ui.pinnedLabel.text = str(error)
            return
        panel.views.pin(markedAt(place.world), markedAt(place.native))
        ui.pinnedLabel.text = "\n".join([*self._images(), *lines])

    def _images(self) -> list[str]:
        chosen = self._panel.module.chosen
        told = [_("Fixed image: {name}").format(name=chosen.base.GetName())]
        if self._panel.shown.overlay is not None:
            told.append(_("Moving image: {name}").format(name=chosen.overlay.GetName()))
        return told
