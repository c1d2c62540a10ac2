"""A combo box whose entries mean something beside their text."""

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
