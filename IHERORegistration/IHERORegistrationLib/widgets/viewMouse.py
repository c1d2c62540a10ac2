"""What the mouse does in a slice view: clicks, and steps of the wheel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import slicer

WHEEL = ("MouseWheelForwardEvent", "MouseWheelBackwardEvent")
PRESSED, RELEASED = "LeftButtonPressEvent", "LeftButtonReleaseEvent"
BEFORE_SLICER = 10.0  # priority of observers
STILL = 2  # pixels that the mouse may have moved in between


class ViewClick:
    """Calls `act` with the pixel, from the lower left, where the left button was pressed and let go
    at one place, with no key held and while nothing is placed there. Slicer hears of it as always.
    """

    def __init__(self, interactor: Any, act: Callable[[tuple[int, int]], None]) -> None:
        self._interactor, self._act = interactor, act
        self._began: tuple[int, int] | None = None
        self._tags = [
            interactor.AddObserver(PRESSED, self._onPressed, BEFORE_SLICER),
            interactor.AddObserver(RELEASED, self._onReleased, BEFORE_SLICER),
        ]

    def remove(self) -> None:
        """Hear of no more clicks."""
        for tag in self._tags:
            self._interactor.RemoveObserver(tag)
        self._tags = []

    def _onPressed(self, interactor: Any, event: str) -> None:
        isHeld = interactor.GetShiftKey() or interactor.GetControlKey() or interactor.GetAltKey()
        mode = slicer.app.applicationLogic().GetInteractionNode()
        isPlacing = mode.GetCurrentInteractionMode() == mode.Place
        self._began = None if isHeld or isPlacing else interactor.GetEventPosition()

    def _onReleased(self, interactor: Any, event: str) -> None:
        began, self._began = self._began, None
        x, y = interactor.GetEventPosition()
        if began is not None and abs(x - began[0]) <= STILL and abs(y - began[1]) <= STILL:
            self._act((x, y))


class ViewWheel:
    """Calls `act` with 1 or -1 for each step of the wheel with Shift held; `act` says whether it
    took the step, and then Slicer does not hear of it.
    """

    def __init__(self, interactor: Any, act: Callable[[int], bool]) -> None:
        self._interactor, self._act = interactor, act
        self._tags = [
            interactor.AddObserver(event, self._onTurned, BEFORE_SLICER) for event in WHEEL
        ]

    def remove(self) -> None:
        """Hear of no more steps."""
        for tag in self._tags:
            self._interactor.RemoveObserver(tag)
        self._tags = []

    def _onTurned(self, interactor: Any, event: str) -> None:
        if interactor.GetShiftKey() and self._act(1 if event == WHEEL[0] else -1):
            for tag in self._tags:
                interactor.GetCommand(tag).SetAbortFlag(1)
