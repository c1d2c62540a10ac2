"""Every button that can be pressed though nothing is chosen tells so at most once, and
leaves the scene as it was.
"""

from __future__ import annotations

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others


from application import dialogs
from faultTable import ASKING, BUTTONS
from userFaults import (
    DEFORMABLE,
    RIGID,
    buttonsOf,
    openedScreen,
    panelOf,
    settle,
    snapshot,
    takenFailures,
)

MODULES = (RIGID, DEFORMABLE)


@pytest.fixture
def patients(phantom, deformedPhantom):
    return {RIGID: phantom, DEFORMABLE: deformedPhantom}


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
    found.click()
    settle()
    return True


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


@pytest.mark.parametrize("name", MODULES)
def test_with_nothing_chosen_no_button_fails(name, tmp_path, patients):
    with openedScreen(tmp_path, name, patients[name]) as module:
        found = []
        for panel, button in pressables(name):
            before = snapshot()
            if isPressed(module, panel, button):
                found += wrong(button, before)
        assert found == []
