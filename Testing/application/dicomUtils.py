"""DICOMLib.DICOMUtils, the part that scripts load with: plugins offer, the surest offer of each
series is chosen, what is chosen is loaded.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pydicom
import slicer
from vtkmodules.util.misc import calldata_type
from vtkmodules.vtkCommonCore import VTK_OBJECT

from .standIns import emit, standIn

SERIES = "0020,000E"
HELD = ("_headers", "_files", "_own", "_directory", "_isOpened", "_cache")  # by a database


def getLoadablesFromFileLists(
    fileLists: list,
    pluginClassNames: list[str] | None = None,
    messages: list[str] | None = None,
    progressCallback: Callable | None = None,
    pluginInstances: dict | None = None,
) -> tuple[dict[Any, list], bool]:
    """What each plugin offers of the files, and whether one offers anything."""
    plugins = slicer.modules.dicomPlugins
    held = pluginInstances if pluginInstances is not None else {}
    found: dict[Any, list] = {}
    for name in pluginClassNames or list(plugins):
        plugin = held.setdefault(name, None) or plugins[name]()
        held[name] = plugin
        try:
            found[plugin] = plugin.examineForImport(fileLists)
        except Exception:  # as Slicer does it
            logging.exception("Plugin failed: %s", name)
            if messages is not None:
                messages.append(f"Plugin failed: {name}.")
    return found, any(found.values())


def selectHighestConfidenceLoadables(loadablesByPlugin: dict[Any, list]) -> None:
    """Choose the surest offers for each series, all of them if they are equal."""
    offers = [one for offered in loadablesByPlugin.values() for one in offered]
    bySeries: dict[str, list] = {}
    for one in offers:
        series = slicer.dicomDatabase.fileValue(one.files[0], SERIES)
        bySeries.setdefault(series, []).append(one)
    for ofSeries in bySeries.values():
        highest = max(one.confidence for one in ofSeries)
        for one in ofSeries:
            one.selected = one.confidence == highest


def loadLoadables(
    loadablesByPlugin: dict[Any, list],
    messages: list[str] | None = None,
    progressCallback: Callable | None = None,
) -> list[str]:
    """Load the chosen offers; the IDs of the nodes that came."""
    with _nodesThatCome() as ids:
        for plugin, offered in loadablesByPlugin.items():
            for one in [offer for offer in offered if offer.selected]:
                if not _isLoaded(plugin, one) and messages is not None:
                    messages.append(f"Could not load: {one.name} as a {plugin.loadType}")
    return ids


def _isLoaded(plugin, loadable) -> bool:
    try:
        return bool(plugin.load(loadable))
    except Exception:  # as Slicer does it
        logging.exception("DICOM plugin failed to load '%s'", loadable.name)
        return False


@contextlib.contextmanager
def _nodesThatCome() -> Iterator[list[str]]:
    ids: list[str] = []

    @calldata_type(VTK_OBJECT)
    def note(scene, event, node):
        if not node.IsA("vtkMRMLStorageNode") and not node.IsA("vtkMRMLDisplayNode"):
            ids.append(node.GetID())

    tag = slicer.mrmlScene.AddObserver(slicer.vtkMRMLScene.NodeAddedEvent, note)
    try:
        yield ids
    finally:
        slicer.mrmlScene.RemoveObserver(tag)


def loadSeriesByUID(
    seriesUIDs: list[str],
    messages: list[str] | None = None,
    progressCallback: Callable | None = None,
) -> list[str]:
    """Load series of the database; the IDs of the nodes that came.

    Raises
        OSError: the database is not open.
    """
    if slicer.dicomDatabase is None or not slicer.dicomDatabase.isOpen:
        raise OSError("DICOM module or database cannot be accessed")
    files = [list(slicer.dicomDatabase.filesForSeries(one)) for one in seriesUIDs]
    offers, _ = getLoadablesFromFileLists(files, messages=messages)
    selectHighestConfidenceLoadables(offers)
    return loadLoadables(offers, messages)


def loadPatientByUID(
    patientUID: str,
    messages: list[str] | None = None,
    progressCallback: Callable | None = None,
) -> list[str]:
    """Load all series of a patient."""
    database = slicer.dicomDatabase
    series = [
        one
        for study in database.studiesForPatient(patientUID)
        for one in database.seriesForStudy(study)
    ]
    return loadSeriesByUID(series, messages, progressCallback)


def importDicom(dicomDataDir, dicomDatabase=None, copyFiles=False) -> bool:
    """Add the DICOM files under a folder to the database."""
    database = dicomDatabase or slicer.dicomDatabase
    for path in sorted(Path(dicomDataDir).rglob("*")):
        if path.is_file() and pydicom.misc.is_dicom(path):
            database.insert(path, copyFiles)
    database.updateDisplayedFields()  # as Slicer's indexer does
    return True


class TemporaryDICOMDatabase:
    """Slicer's one database holds another, empty folder within the context."""

    def __init__(self, directory=None):
        self.directory = directory

    def __enter__(self):
        self.isOnly = slicer.dicomDatabase is None  # a test was started without one
        if self.isOnly:
            slicer.dicomDatabase = standIn("ctkDICOMDatabase")()
        database = slicer.dicomDatabase
        self.before = {name: getattr(database, name) for name in HELD}
        database._headers, database._files, database._cache = {}, {}, {}
        database.openDatabase(f"{self.directory or ''}/ctkDICOM.sql")
        return database

    def __exit__(self, kind, error, trace):
        database = slicer.dicomDatabase
        database.closeDatabase()
        database._leave()
        for name, value in self.before.items():
            setattr(database, name, value)
        if self.isOnly:
            slicer.dicomDatabase = None
        else:
            emit(database, "opened()")
