"""Examining a patient of 1,000 files in 34 series in the DICOM browser, by all our readers.

The time of the database is left out: it is a stand-in here. What it is asked is counted instead;
Slicer's own reader of images asks it for eight values and more of every file.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import slicer

import builders
from application.runningApplication import loadModule, runningApplication
from browsers import fileLists, folderWith

from .timing import Row

ROOT = Path(__file__).resolve().parents[2]
SERIES, IMAGES = 24, 41
PEER_VALUES = 8  # that Slicer's DICOMScalarVolumePlugin asks of each file
EXPORT = "Export"  # such plugins examine nothing


class Counted:
    """A database whose calls are counted, and the time that they take."""

    def __init__(self, database: Any) -> None:
        self._database = database
        self.calls, self.seconds = 0, 0.0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._database, name)
        if not callable(method):
            return method

        def counted(*arguments: Any) -> Any:
            start = time.perf_counter()
            result = method(*arguments)
            self.seconds += time.perf_counter() - start
            self.calls += 1
            return result

        return counted


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        data.mkdir()
        folderWith(data, *_patient())
        with runningApplication(Path(folder), data):
            for name in ("IHERORegistration", "IHERODeformation"):
                loadModule(ROOT / name / f"{name}.py")
            return _examined()


def _examined() -> list[Row]:
    lists = fileLists()
    count = sum(map(len, lists))
    slicer.dicomDatabase = database = Counted(slicer.dicomDatabase)
    plugins = [one() for key, one in slicer.modules.dicomPlugins.items() if EXPORT not in key]
    start = time.perf_counter()
    offers = [one for plugin in plugins for one in plugin.examineForImport(lists)]
    ours = time.perf_counter() - start - database.seconds
    assert len([one for one in offers if one.selected]) == 9, "all objects are offered"
    asked = database.calls / count
    return [
        Row(f"examine {count} files in {len(lists)} series", ours, None, None, 1.0),
        Row("what is asked per file", asked, PEER_VALUES, asked / PEER_VALUES, 0.25, "calls"),
    ]


def _patient() -> list:
    series = [_images(number) for number in range(SERIES)]
    objects = [
        make(series[2 * number], series[2 * number + 1])
        for number in range(3)
        for make in (builders.spatialRegistration, builders.deformableRegistration)
    ]
    others = (builders.structureSet, builders.plan, builders.dose, builders.spatialFiducials)
    objects += [make(series[0]) for make in others]
    for number, one in enumerate(objects):
        _renumber(one, f"9{number}", 0)
    return [*(image for images in series for image in images), *objects]


def _images(number: int) -> list:
    make = builders.ctSeries if number % 2 == 0 else builders.mrSeries
    images = make(IMAGES, FrameOfReferenceUID=f"{builders.ROOT}.8.{number}")
    for place, one in enumerate(images):
        _renumber(one, str(number), place)
    return images


def _renumber(dataset: Any, series: str, place: int) -> None:
    dataset.SeriesInstanceUID = f"{builders.ROOT}.9.{series}"
    dataset.SOPInstanceUID = f"{builders.ROOT}.9.{series}.{place}"
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
