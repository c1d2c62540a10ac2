"""Every button that can be pressed though nothing is chosen tells so at most once, and
leaves the scene as it was.
"""

from __future__ import annotations

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

from pressedButtons import isPressed, pressables, wrong
from userFaults import MODULES, openedScreen, snapshot


@pytest.mark.parametrize("name", MODULES)
def test_with_nothing_chosen_no_button_fails(name, tmp_path, patients):
    with openedScreen(tmp_path, name, patients[name]) as module:
        found, pressed = [], []
        for panel, button in pressables(name):
            before = snapshot()
            if isPressed(module, panel, button):
                pressed.append(button)
                found += wrong(button, before)
        assert found == []
        assert len(pressed) > 5
