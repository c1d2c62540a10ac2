"""What is written on and beside the views: the registration in force, sides of the patient,
positions, scale, legend.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from .canvas import Color, Pane, shortened, textWidth
from .pictureLayout import Rectangle
from .slicePlanes import SlicePlane

WHITE = (0.94, 0.95, 0.96)
DIM = (0.66, 0.70, 0.74)
CALM = (0.45, 0.86, 0.62)
WARNING = (1.0, 0.62, 0.10)
NEUTRAL = (0.55, 0.78, 1.0)
TICK = (1.0, 0.85, 0.30)
TICK_LENGTH = 0.5  # of the size of letters


class RegistrationState(StrEnum):
    """Whether what is shown together is where a registration puts it."""

    ON = "registration ON"
    OFF = "registration OFF"
    SAME_FRAME = "same frame of reference"
    DEFORMABLE = "deformable"
    RIGID_PART = "rigid part only"  # of a deformable registration

    @property
    def color(self) -> Color:
        if self in (RegistrationState.ON, RegistrationState.DEFORMABLE):
            return CALM
        return NEUTRAL if self is RegistrationState.SAME_FRAME else WARNING


@dataclass(frozen=True)
class RegistrationMark:
    """What the picture says of registration; `label` is the registration's own, if it has one."""

    state: RegistrationState
    label: str = ""

    def __str__(self) -> str:
        return f"{self.state}: {self.label}" if self.label else str(self.state)


def drawTitle(pane: Pane, what: str, mark: RegistrationMark | None, size: float) -> None:
    """`what` is shown, and the registration in force, in one line over the width of the pane."""
    y, left = pane.height / 2, size * 0.8
    room = pane.width - 2 * left
    if mark is None:
        pane.text(shortened(what, room, size, bold=True), left, y, size, WHITE, bold=True)
        return
    pane.box(Rectangle(0, 0, size * 0.3, pane.height), mark.state.color)
    between = size * 3
    ending = shortened(str(mark), room * 0.6, size, bold=True)
    start = shortened(what, room - between - textWidth(ending, size, bold=True), size, bold=True)
    pane.text(start, left, y, size, WHITE, bold=True)
    x = left + textWidth(start, size, bold=True)
    pane.text("—", x + between / 2, y, size, DIM, side="center")
    pane.text(ending, x + between, y, size, mark.state.color, bold=True)


def drawViewTexts(
    pane: Pane, plane: SlicePlane, mark: RegistrationMark | None, size: float
) -> None:
    """Sides of the patient at the edges, the plane's position and the registration's state."""
    left, right, top, bottom = plane.letters
    edge, middleX, middleY = size * 0.8, pane.width / 2, pane.height / 2
    highest, lowest, large = size * 1.2, pane.height - size * 1.2, size * 1.1
    pane.text(left, edge, middleY, large, WHITE, bold=True)
    pane.text(right, pane.width - edge, middleY, large, WHITE, side="right", bold=True)
    pane.text(top, middleX, highest, large, WHITE, side="center", bold=True)
    pane.text(bottom, middleX, lowest, large, WHITE, side="center", bold=True)
    room = pane.width / 2 - 2 * size
    for number, line in enumerate(_titleLines(plane, room, size)):
        pane.labelOn(line, edge, highest + number * size * 1.4, size, WHITE)
    if mark is not None:
        state = shortened(str(mark.state), room, size, bold=True)
        pane.labelOn(state, edge, lowest, size, mark.state.color, bold=True)


def _titleLines(plane: SlicePlane, room: float, size: float) -> tuple[str, ...]:
    """The plane and where it lies, in one line if there is room: a position is never cut."""
    oneLine = f"{plane.title}   {plane.position}"
    return (oneLine,) if textWidth(oneLine, size) <= room else (plane.title, plane.position)


def drawScaleBar(pane: Pane, pixelSize: float, size: float) -> None:
    """A bar of a round length in mm, about a fifth of the view, in its lower right corner."""
    length = roundLength(pane.width * pixelSize / 5)
    right, y = pane.width - size * 0.6, pane.height - size * 0.6
    left = right - length / pixelSize
    tick = size * 0.3
    bar = [np.array([[left, y - tick], [left, y], [right, y], [right, y - tick]])]
    pane.lines(bar, (0, 0, 0), 4)
    pane.lines(bar, WHITE, 2)
    pane.labelOn(f"{length:g} mm", right, y - size * 0.95, size * 0.85, WHITE, side="right")


def drawPositionTicks(pane: Pane, center: np.ndarray, size: float) -> None:
    """Short marks at the edges where the other planes cut this one; `center`, (2,) pixels."""
    x, y = center
    long = size * TICK_LENGTH
    marks = [
        np.array([[x, 0], [x, long]]),
        np.array([[x, pane.height - long], [x, pane.height]]),
        np.array([[0, y], [long, y]]),
        np.array([[pane.width - long, y], [pane.width, y]]),
    ]
    pane.lines(marks, TICK, 2)


def roundLength(limit: float) -> float:
    """The largest of … 1 2 5 10 20 50 … that is not above `limit`."""
    power = 10.0 ** np.floor(np.log10(limit))
    return float(max(step * power for step in (1, 2, 5) if step * power <= limit * (1 + 1e-9)))
