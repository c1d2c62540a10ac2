"""Work that is cancelled, or whose scene or nodes go, ends with a sentence and leaves nothing."""

from __future__ import annotations

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
import slicer.util

from application import dialogs
from faultTable import AT_ONCE, BUTTONS, longWorks
from userFaults import (
    MODULES,
    atCall,
    buttonsOf,
    choose,
    openedScreen,
    press,
    pressCancel,
    readyScreen,
    remains,
    restore,
    snapshot,
    takenFailures,
)

CALLS = (1, 3, 30)  # of the questions that work asks whether to go on


@pytest.mark.parametrize("name", MODULES)
def test_every_button_has_its_row(name, tmp_path, patients):
    with openedScreen(tmp_path, name, patients[name]) as module:
        found = {type(one).__name__: set(buttonsOf(one)) for one in module.panels}
        assert found == {panel: set(buttons) for panel, buttons in BUTTONS[name].items()}


@pytest.mark.parametrize("name", MODULES)
def test_work_that_is_cancelled_leaves_everything_as_it_was(name, tmp_path, patients, monkeypatch):
    with readyScreen(tmp_path, name, patients[name]) as module:
        for panel, button in longWorks(name):
            before, rest = snapshot(), remains()
            for number in CALLS:
                with atCall(monkeypatch, number, pressCancel) as calls:
                    press(module, panel, button)
                assert bool(calls) is ((name, button) not in AT_ONCE), button
                if len(calls) < number:  # it was done before
                    break
                assert (takenFailures(), dialogs.shown) == ([], []), (button, number)
                assert snapshot() == before, (button, number)
                assert remains() == rest, (button, number)
            assert (takenFailures(), dialogs.shown) == ([], []), button
            restore(before)
            choose(module)


@pytest.mark.parametrize("name", MODULES)
def test_a_module_left_or_reloaded_during_work_tells_nothing(name, tmp_path, patients, monkeypatch):
    panel, button = longWorks(name)[1]
    for deed in (
        lambda: getattr(slicer.modules, f"{name}Widget").exit(),
        lambda: slicer.util.reloadScriptedModule(name),
    ):
        with readyScreen(tmp_path, name, patients[name]) as module:
            with atCall(monkeypatch, 2, deed):
                press(module, panel, button)
            assert (takenFailures(), dialogs.shown) == ([], []), button
