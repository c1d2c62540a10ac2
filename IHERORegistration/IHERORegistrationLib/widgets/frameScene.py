"""Draws the map of frames as items of Qt's graphics scene, of which the arrows can be clicked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import qt

from ..frameDrawing import LINE, PADDING, DrawnArrow, DrawnBox, FrameDrawing

WRONG = "#d55e00"  # of what connects two patients; the legend says it too
DOT = 8  # radius of the number on an arrow
HEAD = 6  # pixels
KEY = 0  # of the data of an item


@dataclass(frozen=True)
class Look:
    """Widths of lines, and of the narrowest picture, in pixels."""

    line: float
    chosenLine: float
    narrowest: int


CHOSEN = Look(1.5, 3.0, 220)


class FrameScene:
    """What `view`, a QGraphicsView, shows; `clicked` is called with the key of a clicked arrow."""

    def __init__(self, view: Any, clicked: Callable[[str], None]) -> None:
        self._view, self._clicked = view, clicked
        self.scene = qt.QGraphicsScene()
        view.setScene(self.scene)
        view.setAlignment(qt.Qt.AlignLeft | qt.Qt.AlignTop)
        self.scene.connect("selectionChanged()", self._onSelection)

    def draw(self, drawing: FrameDrawing, chosen: str) -> None:
        """Show a drawing, with the arrow of the key `chosen` marked."""
        scene, palette = self.scene, self._view.palette
        scene.clear()
        scene.setSceneRect(0, 0, drawing.width, drawing.height)
        letters = palette.color(qt.QPalette.Text)
        for box in drawing.boxes:
            self._drawBox(box, letters, palette.color(qt.QPalette.AlternateBase))
        for arrow in drawing.arrows:
            isChosen = arrow.arrow.key == chosen
            color = palette.color(qt.QPalette.Highlight) if isChosen else letters
            self._drawArrow(
                arrow, qt.QColor(WRONG) if arrow.arrow.otherPatient else color, isChosen
            )

    def _drawBox(self, box: DrawnBox, letters: Any, ground: Any) -> None:
        pen = qt.QPen(letters)
        if not box.frame:
            pen.setStyle(qt.Qt.DashLine)
        item = self.scene.addRect(
            box.x + 1, box.y + 1, box.width - 2, box.height - 2, pen, qt.QBrush(ground)
        )
        item.setToolTip(box.tip)
        for number, text in enumerate((box.title, *box.lines)):
            y = box.y + PADDING + number * LINE
            self._write(text, box.x + PADDING, y, letters, isBold=not number)

    def _drawArrow(self, one: DrawnArrow, color: Any, isChosen: bool) -> None:
        pen = qt.QPen(color)
        pen.setWidthF(CHOSEN.chosenLine if isChosen else CHOSEN.line)
        for begin, end in zip(one.corners, one.corners[1:], strict=False):
            self._clickable(self.scene.addLine(*begin, *end, pen), one)
        self._head(one.corners[-1], pen)
        if one.backHead:
            self._head(one.corners[0], pen)
        (x, top), (_, bottom) = one.corners[1], one.corners[2]
        y = (top + bottom) / 2
        brush = qt.QBrush(color)
        dot = self.scene.addEllipse(x - DOT, y - DOT, 2 * DOT, 2 * DOT, pen, brush)
        self._clickable(dot, one)
        palette = self._view.palette  # PythonQt's color may lie in it: it has to live as long
        ground = palette.color(qt.QPalette.Base)
        text = self._write(str(one.arrow.number), 0, 0, ground, isBold=True)
        area = text.boundingRect()
        text.setPos(x - area.width() / 2, y - area.height() / 2)
        text.setAcceptedMouseButtons(qt.Qt.NoButton)
        self._clickable(self._write(one.legend, PADDING, one.legendY, color, isBold=isChosen), one)

    def _head(self, at: tuple[float, float], pen: Any) -> None:
        """At the side of a box, pointing to the left."""
        x, y = at
        for side in (-1, 1):
            self.scene.addLine(x + 1, y, x + HEAD, y + side * HEAD * 0.7, pen)

    def _write(self, text: str, x: float, y: float, color: Any, *, isBold: bool) -> Any:
        font = qt.QFont(self._view.font)
        font.setPixelSize(LINE - 4)
        font.setBold(isBold)
        item = self.scene.addSimpleText(text, font)
        item.setBrush(qt.QBrush(color))
        item.setPos(x, y)
        return item

    def _clickable(self, item: Any, one: DrawnArrow) -> None:
        item.setData(KEY, one.arrow.key)
        item.setToolTip(one.legend)
        item.setFlag(qt.QGraphicsItem.ItemIsSelectable)
        item.setCursor(qt.QCursor(qt.Qt.PointingHandCursor))

    def _onSelection(self) -> None:
        keys = [item.data(KEY) for item in self.scene.selectedItems()]
        if keys:
            self._clicked(keys[0])
