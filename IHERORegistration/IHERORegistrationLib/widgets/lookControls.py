"""Window and colors of base and overlay, each on its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slicer.i18n import tr as _

from ..displayedLayers import matchWindow, setColors, setLook, tableOf
from ..pictures.colorTables import ColorTable
from ..pictures.modalityPresets import Look
from .choiceBox import fillBox, showChoice
from .displayParameters import colorTexts, lookTexts
from .panel import shownErrors

if TYPE_CHECKING:
    from .displayPanel import DisplayPanel

LAYERS = ("base", "overlay")


class LookControls:
    """What they show is what the display node of each image says, whoever changed it."""

    def __init__(self, panel: DisplayPanel) -> None:
        self._panel = panel
        self._images: dict[str, str] = {}  # what each layer was when it was last shown
        for layer in LAYERS:
            looks = [(text, look.name) for look, text in lookTexts().items()]
            fillBox(self._part(layer, "LookComboBox"), looks, self._lookSetter(layer))
            colors = [(text, table.name) for table, text in colorTexts().items()]
            colors = [(_("Colors of its own"), ""), *colors]
            fillBox(self._part(layer, "ColorsComboBox"), colors, self._colorSetter(layer))
            for end in ("Low", "High"):
                spin = self._part(layer, f"{end}SpinBox")
                spin.connect("valueChanged(double)", self._windowSetter(layer))
        panel.ui.matchWindowButton.connect("clicked()", self.match)

    def _part(self, layer: str, name: str) -> Any:
        return getattr(self._panel.ui, f"{layer}{name}")

    def _image(self, layer: str) -> Any:
        chosen = self._panel.chosen
        return chosen.base if layer == "base" else chosen.overlay

    def _lookSetter(self, layer: str) -> Any:
        return lambda name: self.setLook(layer, Look[name])

    def _colorSetter(self, layer: str) -> Any:
        def choose(name: str) -> None:
            if name:
                self.setColors(layer, ColorTable[name])

        return choose

    def _windowSetter(self, layer: str) -> Any:
        return lambda _value: self._setWindow(layer)

    def setLook(self, layer: str, look: Look) -> None:
        """Give "base" or "overlay" the window and colors of a preset."""
        image = self._image(layer)
        if image is None or image.GetImageData() is None:
            return
        with shownErrors(_("The window cannot be set.")):
            setattr(self._panel.state, f"{layer}Look", look)
            setLook(image, look, overlay=layer == "overlay")
            self.show()

    def setColors(self, layer: str, table: ColorTable) -> None:
        """Give "base" or "overlay" other colors."""
        image = self._image(layer)
        if image is not None and image.GetDisplayNode() is not None:
            with shownErrors(_("The colors cannot be set.")):
                setColors(image, table)

    def match(self) -> None:
        """Give the overlay the window of the base."""
        base, overlay = self._image("base"), self._image("overlay")
        if base is not None and overlay is not None:
            with shownErrors(_("The window cannot be matched.")):
                matchWindow(base, overlay)
                self.show()

    def _setWindow(self, layer: str) -> None:
        image = self._image(layer)
        low, high = (self._part(layer, f"{end}SpinBox").value for end in ("Low", "High"))
        if image is not None and image.GetDisplayNode() is not None and low < high:
            image.GetDisplayNode().AutoWindowLevelOff()
            image.GetDisplayNode().SetWindowLevelMinMax(low, high)

    def show(self) -> None:
        """Tell the present looks."""
        for layer in LAYERS:
            image = self._image(layer)
            display = None if image is None else image.GetDisplayNode()
            uid = "" if image is None else image.GetID()
            before, self._images[layer] = self._images.get(layer, ""), uid
            if before not in ("", uid):  # another image: nobody chose its look
                setattr(self._panel.state, f"{layer}Look", Look.AS_IT_IS)
            for name in ("LookComboBox", "ColorsComboBox", "LowSpinBox", "HighSpinBox"):
                self._part(layer, name).enabled = display is not None
            look = getattr(self._panel.state, f"{layer}Look")
            showChoice(self._part(layer, "LookComboBox"), look.name)
            table = None if display is None else tableOf(display)
            showChoice(self._part(layer, "ColorsComboBox"), table.name if table else "")
            if display is not None:
                self._showNumber(layer, "LowSpinBox", display.GetWindowLevelMin())
                self._showNumber(layer, "HighSpinBox", display.GetWindowLevelMax())
        isPair = all(self._image(layer) is not None for layer in LAYERS)
        self._panel.ui.matchWindowButton.enabled = isPair

    def _showNumber(self, layer: str, name: str, value: float) -> None:
        spin = self._part(layer, name)
        before = spin.blockSignals(True)
        spin.value = value
        spin.blockSignals(before)
