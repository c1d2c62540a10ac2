"""All buttons of a screen, pressed one after another, and what goes wrong then."""

from __future__ import annotations

from typing import Any

from application import dialogs
from application.mainWindows import settle
from faultTable import ASKING, BUTTONS
from namedPanels import panelOf
from userFaults import buttonsOf, snapshot, takenFailures

BLINKING = "comparisonBlinkButton"


def pressables(name):
    """Panel and button of each row but for those that open a dialog of files."""
    return [
        (panel, button)
        for panel, buttons in BUTTONS[name].items()
        for button, kind in buttons.items()
        if kind != ASKING
    ]


def isPressed(module, panel: str, button: str) -> bool:
    """Press it if a user could."""
    found = buttonsOf(panelOf(module, panel))[button]
    if not (found.isVisible() and found.enabled):
        return False
    press(found)
    settle()
    return True


def press(widget: Any) -> None:
    """Click it, and once more if it goes on by itself and would tell of itself some time later."""
    widget.click()
    if widget.objectName == BLINKING and widget.checked:
        widget.click()


def failed(button: str) -> list:
    """What it raised, and dialogs more than one; then forgotten."""
    found = [(button, repr(one)) for one in takenFailures()]
    if len(dialogs.shown) > 1:
        found.append((button, str([one.text for one in dialogs.shown])))
    dialogs.forget()
    return found


def wrong(button: str, before) -> list:
    """What a press that had nothing to work on should not have done."""
    found: list = failed(button)
    after = snapshot()
    changed = [one for one in before if after.get(one) != before[one]]
    # nodes of layouts are hidden
    came = [one for one in set(after) - set(before) if not after[one][-1]]
    if changed or came:
        found.append((button, changed, came))
    return found
