"""Slicer's DICOM browser as tests see it: plugins, what they offer of a database, what Slicer would
choose of it.
"""

from __future__ import annotations

from pathlib import Path

import slicer

from IHERORegistrationLib.saving import saveDataset


def folderWith(folder: Path, *datasets) -> Path:
    """The folder with a file for each data set."""
    for number, dataset in enumerate(datasets):
        saveDataset(dataset, folder / f"{number:03}.dcm")
    return folder


def fileLists() -> list[list[str]]:
    """The files of the database by series, as Slicer hands them to plugins."""
    database = slicer.dicomDatabase
    return [
        list(database.filesForSeries(uid))
        for patient in database.patients()
        for study in database.studiesForPatient(patient)
        for uid in database.seriesForStudy(study)
    ]


def offers(key: str) -> list:
    """What the plugin of that key offers of the whole database, but for images only."""
    plugin = slicer.modules.dicomPlugins[key]()
    return [one for one in plugin.examineForImport(fileLists()) if one.confidence > 0]


def load(key: str):
    """The node of the only thing that a plugin offers."""
    plugin = slicer.modules.dicomPlugins[key]()
    (one,) = offers(key)
    return plugin.load(one)
