"""Without the DICOM database, or without its files, every button works or tells what it lacks."""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import replace

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer

from application import dialogs
from application.mainWindows import settle
from namedPanels import panelOf
from pressedButtons import failed, isPressed, pressables, wrong
from userFaults import MODULES, choose, readyScreen, remains, restore, snapshot

FAULTS = ("none", "closed", "removed", "garbage")
ASKING_IT = {  # buttons whose work asks the database
    "exchangeButton",
    "exportButton",
    "copyNumbersButton",
    "carryButton",
    "deformImageButton",
    "deformDoseButton",
    "sumDosesButton",
}


def copied(patient, folder):
    """The patient with the files in another folder, that may be destroyed."""
    shutil.copytree(patient.folder, folder, copy_function=os.link)
    return replace(patient, folder=folder)


@contextlib.contextmanager
def broken(fault, folder):
    """The database of the application is broken that way while the context runs."""
    database = slicer.dicomDatabase
    if fault == "none":
        slicer.dicomDatabase = None
    elif fault == "closed":
        database.closeDatabase()
    else:
        for path in [one for one in folder.rglob("*") if one.is_file()]:
            path.unlink()
            if fault == "garbage":
                path.write_bytes(b"DICM? no")
    yield
    slicer.dicomDatabase = database
    database._isOpened = True  # openDatabase of the stand-in would empty it


@pytest.mark.parametrize("name", MODULES)
def test_without_its_files_or_closed_the_database_is_missed_in_a_sentence(name, tmp_path, patients):
    patient = copied(patients[name], tmp_path / "files")
    with readyScreen(tmp_path / "settings", name, patient) as module:
        export, found = panelOf(module, "ExportPanel"), []
        for fault in FAULTS:
            with broken(fault, patient.folder):
                module.scheduleShow()
                settle()
                found += [(fault, one) for one in failed("show")]
                for panel, button in pressables(name):
                    if button in ASKING_IT:
                        found += [(fault, *one) for one in pressed(module, panel, button)]
            if fault in ("none", "closed"):  # it is there again
                module.scheduleShow()
                settle()
                export.judge()
                assert export.ui.exportButton.enabled
        assert found == []


def pressed(module, panel, button):
    """What went wrong."""
    before, rest = snapshot(), remains()
    if not isPressed(module, panel, button):
        return []
    refusals = [one.text for one in dialogs.shown if one.kind == "Critical"]
    found = wrong(button, before) if refusals else failed(button)
    if refusals and remains() != rest:
        found.append((button, remains(), rest))
    restore(before)
    choose(module)
    return found
