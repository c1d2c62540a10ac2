"""How long a step of a work that is under way will still take."""

from __future__ import annotations

import time
from collections.abc import Callable

from slicer.i18n import tr as _

SOONEST = 2.0  # s of looking on before anything is said
SHORTEST = 5.0  # s that are worth to be told
MINUTE = 60


class TimeLeft:
    """Goes by the part that is done, from 0 to 1. When that falls back another step has begun."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began, self._from, self._last = clock(), 0.0, 0.0

    def words(self, done: float) -> str:
        """“About 20 s left in this step”, or nothing while it cannot be told or is short."""
        now = self._clock()
        if done < self._last:
            self._began, self._from = now, done
        self._last = done
        gone, part = now - self._began, done - self._from
        if gone < SOONEST or part <= 0:
            return ""
        seconds = gone * (1 - done) / part
        if seconds < SHORTEST:
            return ""
        if seconds < MINUTE:
            return _("About {seconds} s left in this step").format(seconds=5 * round(seconds / 5))
        return _("About {minutes} min left in this step").format(minutes=round(seconds / MINUTE))
