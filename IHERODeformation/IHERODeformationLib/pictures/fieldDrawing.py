"""A field of displacements drawn on the views of a picture, and where it says nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from IHERORegistrationLib.pictures.annotations import roundLength
from IHERORegistrationLib.pictures.canvas import FINENESS, Color, Pane
from IHERORegistrationLib.pictures.legend import LINES_OF_SCALE, Legend
from IHERORegistrationLib.pictures.slicePlanes import SlicePlane

from .field import Field, FieldSummary, FieldValues
from .fieldColors import (
    FOLDED,
    OUTSIDE,
    UNDEFINED,
    UNDEFINED_STRIPES,
    Colored,
    changeColors,
    covered,
    filled,
    hatched,
    lengthColors,
)
from .fieldKind import FieldKind
from .fieldLines import arrows, gridLines
from .raster import enlargedKnown, enlargedMask, pixelCenters

COARSENESS = 2  # of the field, in pixels of a view
PITCH = 1.1  # of stripes, in sizes of letters
UNDEFINED_WEIGHT, FOLDED_WEIGHT, OUTSIDE_WEIGHT = 0.85, 0.9, 0.35
GRID_COLOR = (1.0, 0.92, 0.48)
TICKS_OF_CHANGE = (0.5, 0.7, 1.0, 1.4, 2.0)
BINS = 12  # colors of arrows
LOOKED_AT = 100  # places across and down a view
LENGTHS = (0.5, 2.2)  # of the distance of arrows: so long most are drawn as they are


_LABELS = {
    FieldKind.ARROWS: "Displacement",
    FieldKind.GRID: "Displaced grid",
    FieldKind.MAGNITUDE: "Displacement",
    FieldKind.JACOBIAN: "Jacobian determinant",
}


@dataclass(frozen=True, eq=False)
class FieldDrawing:
    """`field` drawn as `kind`, with colors up to `scale` mm; without a kind only where it is not
    defined or folded. `summary` is about the image shown, `extent` mm wide at most; `remarks` are
    for the legend, and `seen` is what of OUTSIDE, UNDEFINED and FOLDED the views show.
    """

    field: Field
    summary: FieldSummary
    kind: FieldKind | None
    scale: float
    extent: float
    remarks: tuple[str, ...] = ()
    seen: frozenset[Color] = frozenset()

    @property
    def label(self) -> str:
        return _LABELS[self.kind] if self.kind else ""

    @property
    def lines(self) -> float:
        count = len(self._areas) + len(self.remarks)
        if self.kind is None:
            return count
        scale = 1 if self.kind is FieldKind.GRID else LINES_OF_SCALE
        return count + scale + len(self._notes) + 1

    def on(self, planes: Sequence[SlicePlane]) -> FieldDrawing:
        """The same with what is to be explained on `planes`."""
        seen: set[Color] = set()
        for plane in planes:
            found = self.field.values(pixelCenters(plane, LOOKED_AT, LOOKED_AT))
            marks = ((OUTSIDE, found.isOutside), (UNDEFINED, found.isUndefined))
            seen |= {color for color, where in (*marks, (FOLDED, found.isFolded)) if where.any()}
        return replace(self, seen=frozenset(seen))

    def painted(self, image: np.ndarray, plane: SlicePlane, size: float) -> np.ndarray:
        rows, columns, _ = image.shape
        every = COARSENESS * FINENESS
        some = max(1, columns // every), max(1, rows // every)
        found = self.field.values(pixelCenters(plane, *some))
        colored = self._colored(found, rows, columns)
        if colored is not None:
            shown = found.determinant if self.kind is FieldKind.JACOBIAN else found.length
            image = covered(image, colored, enlargedMask(~np.isnan(shown), rows, columns))
        folded = enlargedMask(_speckled(found.isFolded), rows, columns)
        image = filled(image, FOLDED, folded, FOLDED_WEIGHT)
        pitch = PITCH * size * FINENESS
        undefined = enlargedMask(found.isUndefined, rows, columns)
        image = filled(image, UNDEFINED, undefined, UNDEFINED_WEIGHT)
        image = hatched(image, UNDEFINED_STRIPES, undefined, pitch / 2)
        outside = enlargedMask(found.isOutside, rows, columns)
        image = filled(image, (0.0, 0.0, 0.0), outside, OUTSIDE_WEIGHT)
        return hatched(image, OUTSIDE, outside, pitch)

    def draw(self, pane: Pane, plane: SlicePlane, pixelSize: float, size: float) -> None:
        if self.kind is FieldKind.GRID:
            lines = gridLines(self.field, plane, pixelSize, self.gridSpacing)
            pane.lines(lines, (0, 0, 0), size * 0.17, opacity=0.45)
            pane.lines(lines, GRID_COLOR, size * 0.085, opacity=0.85)
        if self.kind is FieldKind.ARROWS:
            self._drawArrows(pane, plane, pixelSize, size)

    def _drawArrows(self, pane: Pane, plane: SlicePlane, pixelSize: float, size: float) -> None:
        found = arrows(self.field, plane, pixelSize, self._arrowSpacing, self.arrowFactor)
        if not found:
            return
        pane.lines([line for one in found for line in one.lines], (0, 0, 0), size * 0.26, 0.55)
        lengths = np.array([one.length for one in found])
        bins = np.minimum(lengths / self.scale * BINS, BINS - 1).astype(int)
        for number in np.unique(bins):
            (color,), _ = lengthColors(np.array([number + 0.5]) / BINS, 1.0)
            some = [one for one, at in zip(found, bins, strict=True) if at == number]
            pane.lines([line for one in some for line in one.lines], color, size * 0.13)

    def explain(self, legend: Legend) -> None:
        if self.kind is not None:
            legend.heading(self._heading)
            if self.kind is FieldKind.JACOBIAN:
                legend.scale(_changesInLegend(), list(_changeTicks()))
            elif self.kind is not FieldKind.GRID:
                legend.scale(self._lengthsInLegend(), list(self._lengthTicks()))
        for note in (*self._notes, *self.remarks):
            legend.note(note)
        for words, fill, stripes in self._areas:
            legend.area(words, fill, stripes)
        legend.space()

    @cached_property
    def gridSpacing(self) -> float:
        """Of the lines of a grid, mm."""
        return roundLength(self.extent / 15)

    @property
    def _arrowSpacing(self) -> float:
        return self.extent / 26

    @cached_property
    def arrowFactor(self) -> float:
        """How many times as long as displacements arrows are drawn."""
        usual = self.summary.ofMost
        shortest, longest = (share * self._arrowSpacing for share in LENGTHS)
        if not usual > 0.01 or shortest <= usual <= longest:
            return 1.0
        return roundLength(1.4 * self._arrowSpacing / usual)

    def _colored(self, found: FieldValues, rows: int, columns: int) -> Colored | None:
        if self.kind is FieldKind.MAGNITUDE:
            return lengthColors(enlargedKnown(found.length, rows, columns), self.scale)
        if self.kind is FieldKind.JACOBIAN:
            return changeColors(enlargedKnown(found.determinant, rows, columns))
        return None

    @property
    def _heading(self) -> str:
        if self.kind is FieldKind.GRID:
            return f"Displaced grid of {self.gridSpacing:g} mm"
        return f"{self.label}, mm" if self.kind is not FieldKind.JACOBIAN else self.label

    @property
    def _notes(self) -> tuple[str, ...]:
        """What the numbers are, and how the field is drawn."""
        one = self.summary
        if np.isnan(one.largest):
            return ("nothing defined in this image",)
        if self.kind is FieldKind.JACOBIAN:
            low, high = one.determinants
            return (f"in this image {low:.2f} to {high:.2f}".replace("-", "\N{MINUS SIGN}"),)
        told = [f"95 % up to {one.ofMost:.1f} mm, all up to {one.largest:.1f} mm"]
        if self.kind is FieldKind.ARROWS:
            factor = self.arrowFactor
            length = "in true length" if factor == 1 else f"{factor:g} times as long"
            told.insert(0, f"arrows {length}, to the source")
        return tuple(told) if self.kind else ()

    @property
    def _areas(self) -> tuple[tuple[str, Color | None, Color | None], ...]:
        """Words, color and stripes of what there is."""
        one = self.summary
        areas = (
            ("outside the grid", one.outside, None, OUTSIDE),
            ("not defined", one.undefined, UNDEFINED, UNDEFINED_STRIPES),
            ("folded", one.folded, FOLDED, None),
        )
        return tuple(
            (f"{words}: {_percent(share)}", fill, stripes)
            for words, share, fill, stripes in areas
            if share > 0 or (fill or stripes) in self.seen
        )

    def _lengthsInLegend(self) -> np.ndarray:
        colors, _ = lengthColors(np.linspace(0, 1, 128), 1.0)
        return colors

    def _lengthTicks(self) -> Iterator[tuple[float, str]]:
        step = roundLength(self.scale / 3)
        for value in np.arange(0, self.scale * 1.0001, step):
            isLast = value > self.scale * 0.9999
            yield value / self.scale, f"≥ {value:g}" if isLast else f"{value:g}"


def _changesInLegend() -> np.ndarray:
    colors, _ = changeColors(2.0 ** np.linspace(-1, 1, 129))
    return colors


def _changeTicks() -> Iterator[tuple[float, str]]:
    for value in TICKS_OF_CHANGE:
        sign = {0.5: "≤ ", 2.0: "≥ "}.get(value, "")
        yield (np.log2(value) + 1) / 2, f"{sign}{value:g}"


def _speckled(mask: np.ndarray) -> np.ndarray:
    """`mask` with each pixel grown, so that none is lost."""
    grown = mask.copy()
    grown[1:] |= mask[:-1]
    grown[:, 1:] |= grown[:, :-1].copy()
    return grown


def _percent(share: float) -> str:
    """Of the image."""
    if share < 0.001:
        return "below 0.1 %"
    return f"{100 * share:.1f} %" if share < 0.1 else f"{100 * share:.0f} %"
