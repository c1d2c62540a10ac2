"""The dose over the images: its wash, its lines and what their colors mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slicer.i18n import tr as _

from ..displayedLayers import setDoseLook
from ..isodoses import doseLegend, isodoseLevels
from ..registeredEnds import DOSE_VOLUME
from .panel import shownErrors

if TYPE_CHECKING:
    from .displayPanel import DisplayPanel

OF_DOSE = (
    "doseOpacityLabel",
    "doseOpacitySlider",
    "doseColorsButton",
    "isodosesCheckBox",
    "isodoseReferenceBox",
)


class DoseControls:
    """They are seen while a dose is chosen."""

    def __init__(self, panel: DisplayPanel) -> None:
        self._panel = panel
        panel.ui.shownDoseSelector.addAttribute("vtkMRMLScalarVolumeNode", DOSE_VOLUME)
        panel.ui.doseColorsButton.connect("clicked()", self.recolor)

    def recolor(self) -> None:
        """Show the dose as a wash that leaves low doses clear."""
        dose = self._panel.state.shownDose
        if dose is not None and dose.GetImageData() is not None:
            with shownErrors(_("The colors cannot be set.")):
                setDoseLook(dose)

    def show(self) -> None:
        """Tell what is drawn, and draw the lines or take them away."""
        panel, dose = self._panel, self._panel.state.shownDose
        for name in OF_DOSE:
            getattr(panel.ui, name).setVisible(dose is not None)
        isShown = dose is not None and panel.state.isodosesShown
        panel.views.showIsodoses(isShown=isShown, reference=panel.state.isodoseReference)
        panel.ui.isodoseReferenceBox.enabled = isShown
        panel.ui.doseLegendLabel.setVisible(dose is not None)
        panel.ui.doseLegendLabel.text = "" if dose is None else self._legend()

    def _legend(self) -> str:
        state = self._panel.state
        told = doseLegend(state.shownDose, _("Dose, Gy"))
        levels = isodoseLevels(state.shownDose, state.isodoseReference)
        if not (told and levels and state.isodosesShown):
            return told
        reference = (
            _("{dose} Gy").format(dose=f"{state.isodoseReference:.4g}")
            if state.isodoseReference
            else _("the highest dose")
        )
        return told + _("Lines at {shares} % of {reference}: {levels} Gy").format(
            shares=", ".join(f"{100 * share:.0f}" for share in levels),
            reference=reference,
            levels=", ".join(f"{level:.3g}" for level in levels.values()),
        )
