"""Base and overlay in turn: the eye finds what moves."""

from __future__ import annotations

from collections.abc import Callable

import qt

from .displayParameters import ShownAs

PERIODS = {ShownAs.FLICKER: 500, ShownAs.ROCK: 60}  # ms between two steps
ROCKS = 40  # steps from the base to the overlay and back


class Alternation:
    """Tells `setOpacity` by the clock how much of the overlay is seen, from 0 to 1."""

    def __init__(self, setOpacity: Callable[[float], None]) -> None:
        self._setOpacity = setOpacity
        self._mode = ShownAs.BLEND
        self._turn = 0
        self._timer = qt.QTimer()
        self._timer.connect("timeout()", self.onTick)

    def run(self, mode: ShownAs, opacity: float) -> None:
        """Alternate in that way; where the mode is none of them stop, at that opacity."""
        if mode is self._mode:
            return
        wasRunning = self._mode in PERIODS
        self._mode = mode
        self._timer.stop()
        if mode in PERIODS:
            self._timer.start(PERIODS[mode])
        elif wasRunning:
            self._setOpacity(opacity)

    def onTick(self) -> None:
        """The next step."""
        self._turn = (self._turn + 1) % ROCKS
        isFlicker = self._mode is ShownAs.FLICKER
        self._setOpacity(self._turn % 2 if isFlicker else 1 - abs(1 - 2 * self._turn / ROCKS))
