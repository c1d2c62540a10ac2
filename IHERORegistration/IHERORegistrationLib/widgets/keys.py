"""Keys that work while a module is open, anywhere in Slicer's window."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import qt
import slicer
import slicer.util


@dataclass(frozen=True)
class Key:
    """`sequence` as Qt writes it ("Space", "1", "Ctrl+Z"), what it does in words, and the deed."""

    sequence: str
    text: str
    act: Callable[[], None] = field(repr=False)


class Keys:
    """The keys of a module, active between `activate` and `deactivate`. One that Slicer or another
    extension already uses is left to it.
    """

    def __init__(self) -> None:
        self.active: tuple[Key, ...] = ()
        self.taken: tuple[Key, ...] = ()  # what was skipped
        self._shortcuts: list[Any] = []

    def activate(self, keys: Iterable[Key]) -> None:
        """Let `keys` work from now on, and no other ones."""
        self.deactivate()
        window = slicer.util.mainWindow()
        if window is None:  # Slicer runs without one
            return
        used = _usedIn(window)
        given = tuple(keys)
        self.taken = tuple(key for key in given if _normal(key.sequence) in used)
        self.active = tuple(key for key in given if key not in self.taken)
        for key in self.active:
            shortcut = qt.QShortcut(window)
            shortcut.setKey(qt.QKeySequence(key.sequence))
            shortcut.connect("activated()", _deed(key))
            self._shortcuts.append(shortcut)

    def deactivate(self) -> None:
        """Give all keys back."""
        for shortcut in filter(None, self._shortcuts):  # false when it has gone with the window
            shortcut.setEnabled(False)
            shortcut.deleteLater()
        self._shortcuts = []
        self.active = self.taken = ()


def _deed(key: Key) -> Callable[[], None]:
    def act() -> None:
        widget = qt.QApplication.focusWidget()
        isButton = widget is not None and widget.inherits("QAbstractButton")
        if key.sequence == "Space" and isButton:
            widget.click()  # whoever works with keys alone presses buttons by it
        else:
            key.act()

    return act


def _normal(sequence: str) -> str:
    return qt.QKeySequence(sequence).toString()


def _usedIn(window: Any) -> set[str]:
    """The keys of actions and shortcuts that answer now."""
    used = set()
    for action in window.findChildren(qt.QAction):
        if action.enabled:
            used.add(action.shortcut.toString())
    for shortcut in window.findChildren(qt.QShortcut):
        if shortcut.enabled:
            used.add(shortcut.key.toString())
    return used - {""}
