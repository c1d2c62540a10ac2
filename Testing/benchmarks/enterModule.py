"""Entering each module with 20 registrations and 30 series of images, half of both in the scene and
all in the DICOM database: for the first time, when the screen is built, and again.

The sections are open that are so at first. The longest turn is the longest time for which Qt does
not hear the user while registrations of the database are read.
"""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import slicer

from application.mainWindows import mainWindow
from application.runningApplication import loadModule, runningApplication
from browsers import fileLists
from IHERORegistrationLib.databaseImages import TAGS
from IHERORegistrationLib.dataNodes import volumeNodeFromSeries
from IHERORegistrationLib.seriesReading import seriesFromFiles
from manySeries import manySeries

from .timing import Row, printed

ROOT = Path(__file__).resolve().parents[2]
MODULES = ("IHERORegistration", "IHERODeformation")
READERS = ("IHERORegistrationPlugin", "IHERODeformationPlugin")
ENTRY, TURN = 0.5, 0.2  # s
REPEATS = 3


def run() -> list[Row]:
    """Seconds of the processor, each module in a process of its own."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        manySeries(Path(folder))
        for name, other in (MODULES, MODULES[::-1]):
            code = f"from benchmarks import enterModule\nenterModule.enter{(name, other, folder)}"
            times = [printed(code) for _ in range(REPEATS)]
            first, turn, again, turnAgain = (min(one) for one in zip(*times, strict=True))
            rows += [
                Row(f"enter {name} for the first time", first, None, None, ENTRY),
                Row(f"enter {name} again", again, None, None, ENTRY),
                Row("longest turn of reading the database", max(turn, turnAgain), None, None, TURN),
            ]
    return rows


def enter(name: str, other: str, data: str) -> None:
    """Print the seconds until the module of that name is shown, and those of the longest turn of
    Qt until all of the database is read; then the same of the second time.
    """
    with tempfile.TemporaryDirectory() as settings, runningApplication(Path(settings), Path(data)):
        for one in MODULES:
            loadModule(ROOT / one / f"{one}.py")
        _loadHalf()
        mainWindow()
        _turns()
        gc.collect()
        gc.freeze()  # what the stand-in of the database holds
        for _ in range(2):
            entered = _seconds(lambda: slicer.util.selectModule(name))
            turns = _turns()
            print(entered + turns[0])  # which draws it
            print(max(turns[1:]))
            slicer.util.selectModule(other)
            _turns()


def _loadHalf() -> None:
    """Every other registration and series of images."""
    database = slicer.dicomDatabase
    readers = [slicer.modules.dicomPlugins[key]() for key in READERS]
    plugins = {uid: one for one in readers for uid in one.sopClassUIDs}
    for files in fileLists()[::2]:
        sopClass = database.fileValue(files[0], TAGS["sopClassUID"])
        if sopClass in plugins:
            plugins[sopClass].nodes([Path(one) for one in files])
        else:
            for one in seriesFromFiles(map(Path, files)):
                volumeNodeFromSeries(one, slicer.mrmlScene)


def _turns() -> list[float]:
    """Seconds of each turn of Qt until nothing is left to do."""
    found: list[float] = []
    while len(found) < 5 or max(found[-5:]) > 0.002:
        found.append(_seconds(slicer.app.processEvents))
    return found


def _seconds(work: Callable[[], Any]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start
