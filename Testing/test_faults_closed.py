"""A scene that is closed during work stays empty, and nobody is told of errors."""

from __future__ import annotations

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer

from application import dialogs
from faultTable import AT_ONCE, longWorks
from userFaults import MODULES, atCall, fill, press, readyScreen, snapshot, takenFailures


@pytest.mark.parametrize("name", MODULES)
def test_a_scene_closed_during_work_stays_empty(name, tmp_path, patients, monkeypatch):
    with readyScreen(tmp_path, name, patients[name]) as module:
        for panel, button in longWorks(name):
            with atCall(monkeypatch, 1, lambda: slicer.mrmlScene.Clear(False)) as calls:
                press(module, panel, button)
            assert bool(calls) is ((name, button) not in AT_ONCE), button
            assert (takenFailures(), dialogs.shown) == ([], []), button
            if module.chosen.base is None:  # it was closed before the work was done
                kinds = ("vtkMRMLVolumeNode", "vtkMRMLTransformNode", "vtkMRMLSegmentationNode")
                assert not [one for one in snapshot() if one.startswith(kinds)], button
                fill(module, name, patients[name])
