"""The legend of a picture: what each color means."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Protocol

import numpy as np

from .annotations import DIM, WHITE, roundLength
from .canvas import FINENESS, Color, Pane, shortened, textWidth
from .colorTables import colorsOf
from .fusion import DIFFERENCE_COLORS, Mode
from .modalityPresets import Preset
from .pictureLayout import Rectangle
from .sliceLayers import ShownLayer
from .structureOutlines import Outline

LINE = 1.55  # height of a line, of the size of letters
HIDDEN = (0.20, 0.21, 0.23)


LINES_OF_DOSE = 3.2
LINES_OF_SCALE = 3.0
SMALLEST, LARGEST, ROOMY = 0.8, 1.35, 1.25  # of the letters of the views; of the lines written
LETTERS_ACROSS = 17
ONE_COLUMN = 8  # structures; more stand in two


class Explained(Protocol):
    """What writes its own part of a legend; `lines` is how many lines that takes."""

    @property
    def lines(self) -> float: ...

    def explain(self, legend: Legend) -> None: ...


def drawLegend(
    pane: Pane,
    size: float,
    background: ShownLayer,
    foreground: ShownLayer | None,
    fusion: tuple[Mode, float],
    outlines: Sequence[Outline],
    dose: ShownLayer | None,
    explained: Sequence[Explained] = (),
) -> None:
    """Everything that is shown, in letters as large as the pane allows; `size` is that of the
    views' letters, `fusion` the mode and the foreground's opacity.
    """
    columns = 1 if len(outlines) <= ONE_COLUMN else 2
    lines = 2.5 + (4.2 if foreground else 0) + (LINES_OF_DOSE if dose else 0)
    lines += sum(one.lines for one in explained)
    lines += ceil(len(outlines) / columns)
    across = LETTERS_ACROSS * (1 if columns == 1 else 1.3)
    fitting = min(pane.height / (lines * LINE * ROOMY), pane.width / across)
    legend = Legend(pane, float(np.clip(fitting, size * SMALLEST, size * LARGEST)))
    legend.layer(background)
    if foreground is not None:
        legend.layer(foreground)
        legend.mode(*fusion, background, foreground)
    for one in explained:
        one.explain(legend)
    legend.outlines(outlines, columns, LINES_OF_DOSE if dose else 0)
    if dose is not None:
        legend.dose(dose)


class Legend:
    """Writes line by line from the top of a pane; `size` is that of the letters in pixels."""

    def __init__(self, pane: Pane, size: float):
        self._pane = pane
        self._size = size
        self._left = size * 0.9
        self._y = size * 1.2
        self._bottom = pane.height - size * 0.5

    def layer(self, layer: ShownLayer) -> None:
        """The name of an image, the colors it is drawn in and what values they stand for."""
        size = self._size
        self._ramp(layer.preset, Rectangle(self._left, self._y - size * 0.4, size * 3, size * 0.8))
        self._line(layer.label, WHITE, indent=size * 3.7, bold=True)
        self._line(windowText(layer.preset), DIM, indent=size * 3.7, size=size * 0.88)
        self._y += size * 0.25

    def mode(
        self, mode: Mode, opacity: float, background: ShownLayer, foreground: ShownLayer
    ) -> None:
        """How the two images are laid on each other."""
        if mode is Mode.DIFFERENCE:
            for color, layer in zip(DIFFERENCE_COLORS, (background, foreground), strict=True):
                self._swatch(color)
                self._line(f"brighter in {layer.label}", WHITE, indent=self._size * 3.7)
            self._line("gray: alike in both", DIM, indent=self._size * 3.7)
        else:
            self._line(_modeText(mode, opacity, foreground), DIM)
        self._y += self._size * 0.35

    def heading(self, words: str) -> None:
        """The name of something shown."""
        self._line(words, WHITE, bold=True)

    def note(self, words: str) -> None:
        """What is to be known of it."""
        self._line(words, DIM, size=self._size * 0.88)

    def space(self) -> None:
        """Room before what comes next."""
        self._y += self._size * 0.35

    def area(self, words: str, fill: Color | None, stripes: Color | None = None) -> None:
        """What an area means that is filled, striped or both."""
        size = self._size
        if fill is not None:
            self._swatch(fill)
        if stripes is not None:
            area = Rectangle(self._left, self._y - size * 0.4, size * 3, size * 0.8)
            self._hatched(area, stripes)
        self._line(words, WHITE, indent=size * 3.7)

    def scale(self, colors: np.ndarray, ticks: Sequence[tuple[float, str]]) -> None:
        """A bar of `colors`, shape (n, 3), with words at places from 0, its left, to 1."""
        size = self._size
        width = self._pane.width - 2 * self._left - size * 1.8
        bar = Rectangle(self._left + size * 0.6, self._y - size * 0.5, width, size)
        self._colors(colors, bar)
        self._ticks(bar, ticks)
        self._y += size * (LINES_OF_SCALE - 1) * LINE

    def outlines(self, outlines: Sequence[Outline], columns: int, reserved: float) -> None:
        """The names of structures in columns, as many as fit above `reserved` lines."""
        step = self._size * LINE
        mostRows = max(1, int((self._bottom - self._y) / step - reserved))
        rows = min(mostRows, ceil(len(outlines) / columns))
        hidden = max(0, len(outlines) - rows * columns)
        shown = outlines[: len(outlines) - hidden - 1] if hidden else outlines
        width = (self._pane.width - 2 * self._left) / columns
        for number, outline in enumerate(shown):
            column, row = divmod(number, rows)
            self._entry(outline, self._left + column * width, self._y + row * step, width)
        if hidden:
            x = self._left + (columns - 1) * width
            y = self._y + (rows - 1) * step
            self._pane.text(f"and {hidden + 1} more", x, y, self._size, DIM)
        self._y += rows * step

    def dose(self, layer: ShownLayer) -> None:
        """A bar of the dose's colors with values in Gy, at the bottom."""
        size, preset = self._size, layer.preset
        bar = Rectangle(
            self._left,
            self._bottom - size * 2.6,
            self._pane.width - 2 * self._left - size * 0.6,
            size * 1.1,
        )
        name = f"{layer.label}, {preset.unit}"
        note = "" if preset.threshold is None else f"   from {preset.threshold:.3g}"
        room = bar.width - textWidth(note, size * 0.88)
        label = shortened(name, room, size, bold=True)
        self._pane.text(label, bar.left, bar.top - size * 0.9, size, WHITE, bold=True)
        after = bar.left + textWidth(label, size, bold=True)
        self._pane.text(note, after + size * 0.4, bar.top - size * 0.9, size * 0.88, DIM)
        self._ramp(preset, bar)
        step = roundLength((preset.high - preset.low) / 3)
        values = np.arange(np.ceil(preset.low / step) * step, preset.high * 1.0001, step)
        shares = (values - preset.low) / (preset.high - preset.low)
        self._ticks(
            bar, [(share, f"{value:g}") for share, value in zip(shares, values, strict=True)]
        )

    def _entry(self, outline: Outline, left: float, y: float, width: float) -> None:
        size = self._size
        line = np.array([[left, y], [left + size * 1.3, y]])
        self._pane.lines([line], outline.color, 3)
        name = shortened(outline.name, width - size * 2.2, size)
        self._pane.text(name, left + size * 1.8, y, size, WHITE)

    def _ticks(self, bar: Rectangle, ticks: Sequence[tuple[float, str]]) -> None:
        size = self._size
        for share, words in ticks:
            x = bar.left + bar.width * share
            tick = np.array([[x, bar.bottom], [x, bar.bottom + size * 0.3]])
            self._pane.lines([tick], WHITE, 1.5)
            self._pane.text(words, x, bar.bottom + size * 0.95, size * 0.88, WHITE, side="center")

    def _hatched(self, area: Rectangle, color: Color) -> None:
        slope = area.height / 2
        starts = np.arange(area.left, area.right - slope * 0.9, area.height * 0.6)
        ends = ((start, start + slope) for start in starts)
        lines = [np.array([[a, area.bottom], [b, area.top]]) for a, b in ends]
        self._pane.lines(lines, color, self._size * 0.16)

    def _ramp(self, preset: Preset, area: Rectangle) -> None:
        """The colors of `preset` from low to high; what is not drawn is dark."""
        colors = colorsOf(preset.colors)
        values = np.linspace(preset.low, preset.high, len(colors))
        if preset.threshold is not None:
            colors = np.where(values[:, None] < preset.threshold, HIDDEN, colors)
        self._colors(colors, area)

    def _colors(self, colors: np.ndarray, area: Rectangle) -> None:
        edges = np.linspace(area.left, area.right, len(colors) + 1)
        for left, right, color in zip(edges[:-1], edges[1:], colors, strict=True):
            piece = Rectangle(left, area.top, right - left + 0.5 / FINENESS, area.height)
            self._pane.box(piece, tuple(color))

    def _swatch(self, color: Color) -> None:
        size = self._size
        area = Rectangle(self._left, self._y - size * 0.4, size * 3, size * 0.8)
        self._pane.box(area, color)

    def _line(
        self,
        words: str,
        color: Color,
        *,
        indent: float = 0,
        size: float | None = None,
        bold: bool = False,
    ) -> None:
        size = size or self._size
        x = self._left + indent
        fitting = shortened(words, self._pane.width - x - self._left / 2, size, bold=bold)
        self._pane.text(fitting, x, self._y, size, color, bold=bold)
        self._y += size * LINE


def windowText(preset: Preset) -> str:
    """Such as `−160 to 240 HU`."""
    low, high = (f"{_rounded(value):,g}" for value in (preset.low, preset.high))
    text = f"{low} to {high} {preset.unit}".rstrip().replace(",", " ")
    return text.replace("-", "\N{MINUS SIGN}")


def _rounded(value: float) -> float:
    """Three significant digits, but no digit before the point is lost."""
    return float(f"{value:.3g}") if abs(value) < 100 else float(round(value))


def _modeText(mode: Mode, opacity: float, foreground: ShownLayer) -> str:
    if mode is Mode.BLEND:
        return f"Blend: {100 * opacity:.0f} % {foreground.label}"
    return {
        Mode.CHECKERBOARD: f"Checkerboard with {foreground.label}",
        Mode.SPYGLASS: f"Spyglass: {foreground.label} in the circle",
        Mode.SIDE_BY_SIDE: "Side by side",
    }[mode]
