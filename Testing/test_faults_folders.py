"""Folders that cannot be written to, or where something lies: one dialog, and nothing is left."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer

from application import dialogs
from IHERORegistrationLib.saving import saveText
from namedPanels import panelOf
from userFaults import (
    RIGID,
    openedScreen,
    press,
    readyScreen,
    settle,
    snapshot,
    takenFailures,
)

FAULTS = {
    "read-only": errno.EACCES,
    "full": errno.ENOSPC,
    "a file in the way": errno.ENOTDIR,
}


def filesIn(folder: Path) -> list[str]:
    return sorted(one.relative_to(folder).as_posix() for one in folder.rglob("*"))


@contextlib.contextmanager
def broken(fault: str, folder: Path):
    """`folder` cannot be written to while the context runs."""
    number = FAULTS[fault]
    make = tempfile.mkstemp

    def made(*arguments, **named):
        if Path(named.get("dir") or "/nowhere").is_relative_to(folder):
            raise OSError(number, os.strerror(number))
        return make(*arguments, **named)

    with pytest.MonkeyPatch.context() as patched:
        if fault == "a file in the way":
            shutil.rmtree(folder)
            folder.write_text("here first")
        elif fault == "full":
            patched.setattr(os, "fdopen", fullDisk(number))
        else:
            patched.setattr(tempfile, "mkstemp", made)
        yield
        if fault == "a file in the way":
            assert folder.read_text() == "here first"
            folder.unlink()
            folder.mkdir()


def fullDisk(number: int):
    """A way to open files whose disk is full after the first bytes."""
    opened = os.fdopen

    @contextlib.contextmanager
    def full(descriptor, mode):
        with opened(descriptor, mode) as file:
            file.write(b"half")
            raise OSError(number, os.strerror(number))
            yield file

    return full


@pytest.mark.parametrize("fault", FAULTS)
def test_an_export_into_a_folder_that_takes_nothing_leaves_nothing(fault, tmp_path, phantom):
    folder = tmp_path / "out"
    folder.mkdir()
    with readyScreen(tmp_path / "settings", RIGID, phantom) as module:
        state = panelOf(module, "ExportPanel").state
        state.exportToDatabase, state.exportToFolder = False, True
        state.exportFolder = str(folder)
        settle()
        panelOf(module, "ExportPanel").judge()
        settle()
        before = snapshot()
        with broken(fault, folder):
            press(module, "ExportPanel", "exportButton")
        (told,) = dialogs.shown
        assert "cannot write" in told.text
        assert "Phantom^" not in told.text
        assert takenFailures() == []
        assert snapshot() == before
        assert filesIn(folder) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_sample_that_finds_no_room_leaves_nothing(fault, tmp_path, phantom):
    cache = tmp_path / "cache"
    cache.mkdir()
    with openedScreen(tmp_path / "settings", RIGID, phantom):
        from IHERORegistrationLib.widgets import sampleData

        manager = slicer.vtkCacheManager()
        manager.SetRemoteCacheDirectory(str(cache))
        slicer.mrmlScene.SetCacheManager(manager)
        before, held = snapshot(), set(filesIn(cache))  # the marker of Slicer's cache
        rigid = sampleData.RIGID
        sample = type(rigid)(
            rigid.name,
            lambda folder, watch: saveText("text", folder / "one"),
            rigid.read,
            rigid.thumbnail,
        )
        with broken(fault, cache):
            sampleData.onSampleClicked(sample)
        (told,) = dialogs.shown
        assert "cannot write" in told.text
        assert takenFailures() == []
        assert snapshot() == before
        assert set(filesIn(cache)) <= held
