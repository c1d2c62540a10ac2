"""Entries of combo boxes and lists that mean something beside their text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any


def fillBox(box: Any, entries: Sequence[tuple[str, str]], chosen: Callable[[str], None]) -> None:
    """Offer `entries` (text, meaning); `chosen` gets the meaning of what the user picks."""
    for text, meaning in entries:
        box.addItem(text, meaning)
    box.connect("activated(int)", lambda index: chosen(box.itemData(index)))


def showChoice(box: Any, meaning: str) -> None:
    """Show the entry that means `meaning`, the first one where there is none."""
    box.setCurrentIndex(max(box.findData(meaning), 0))


def newItem(listed: Any, text: str) -> Any:
    """A new entry (QListWidgetItem) at the end of a QListWidget, which made it itself: one made in
    Python may be taken away again by PythonQt as soon as no variable holds it.
    """
    listed.addItem(text)
    return listed.item(listed.count - 1)
