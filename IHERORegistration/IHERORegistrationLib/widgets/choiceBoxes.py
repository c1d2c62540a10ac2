"""Combo boxes with a choice of things that have names in the user's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any


def fillBox(box: Any, texts: Mapping[Any, str], onChosen: Callable[[Any], None]) -> None:
    """Offer the keys of `texts` by their words; a choice of the user is told to `onChosen`."""
    choices = tuple(texts)
    for text in texts.values():
        box.addItem(text)
    box.connect("activated(int)", lambda index: onChosen(choices[index]))


def showChoice(box: Any, texts: Mapping[Any, str], choice: Enum | None) -> None:
    """Let the box tell the present choice; None is none of them."""
    choices = tuple(texts)
    box.setCurrentIndex(choices.index(choice) if choice in choices else -1)
