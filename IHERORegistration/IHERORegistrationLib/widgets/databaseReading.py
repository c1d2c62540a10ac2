"""Reads the registrations of the DICOM database one after another, while the user goes on."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import qt
import slicer

from ..databaseImages import DatabaseImages, DescribedSeries
from ..databaseRegistrations import (
    filesOfClasses,
    listedInspection,
    seriesToLoad,
    unreadable,
    verdictOf,
)
from ..dataNodes import volumeNodeFromSeries
from ..errors import IHEROError, ReferenceNotFoundError
from ..inspection import ObjectInspection
from ..listedRegistration import ListedRegistration, Verdict
from ..seriesReading import seriesFromFiles

SIGNALS = ("databaseChanged()", "opened()", "closed()")


class DatabaseReading:
    """What is known of them until now. `changed` is called whenever more is known."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self.inspections: dict[str, ObjectInspection] = {}  # by SOP Instance UID, like these:
        self.rows: dict[str, ListedRegistration] = {}
        self.verdicts: dict[str, Verdict] = {}
        self._files: dict[str, str] = {}
        self._waiting: list[str] = []
        self._changed = changed
        self._database: Any = None
        self._images: Any = None
        self._timer = qt.QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.connect("timeout()", self._readNext)

    @property
    def isReading(self) -> bool:
        return bool(self._waiting)

    def start(self) -> None:
        """Look what the database holds now, and again when it changes."""
        database = slicer.dicomDatabase
        if database is not self._database:
            self.stop()
            self._database = database
            if database is not None:
                for signal in SIGNALS:
                    database.connect(signal, self._look)
        self._look()

    def stop(self) -> None:
        """Leave the database alone."""
        self._timer.stop()
        self._waiting = []
        if self._database is not None:
            for signal in SIGNALS:
                self._database.disconnect(signal, self._look)
        self._database = None

    def load(self, sopInstanceUID: str) -> slicer.vtkMRMLTransformNode:
        """The first transform node of a registration, loaded into the scene.

        Raises
            IHEROError: it cannot be read, or it has gone.
        """
        file = self._files.get(sopInstanceUID)
        if file is None:
            raise ReferenceNotFoundError(
                f"registration {sopInstanceUID} is not in the DICOM database any more"
            )
        plugin = _plugins()[slicer.dicomDatabase.fileValue(file, "0008,0016")]
        return plugin.nodes([Path(file)])[0]

    def seriesToLoad(
        self, sopInstanceUID: str, framesAtHand: Collection[str]
    ) -> tuple[DescribedSeries, ...]:
        """Images that a registration names, in frames of which nothing is in the scene."""
        inspection = self.inspections.get(sopInstanceUID)
        return seriesToLoad(inspection, self._images, framesAtHand) if inspection else ()

    def loadSeries(self, seriesInstanceUID: str) -> None:
        """The images of a series become a volume of the scene.

        Raises
            IHEROError: they make none.
        """
        files = map(Path, slicer.dicomDatabase.filesForSeries(seriesInstanceUID))
        for one in seriesFromFiles(files):
            volumeNodeFromSeries(one, slicer.mrmlScene)

    def _look(self) -> None:
        database = self._database
        isOpen = database is not None and database.isOpen
        found = filesOfClasses(database, _plugins()) if isOpen else ()
        self._files = {database.instanceForFile(file): file for file in found}
        for known in (self.inspections, self.rows, self.verdicts):
            for uid in set(known) - set(self._files):
                del known[uid]
        self._waiting = [uid for uid in self._files if uid not in self.rows]
        self._images = DatabaseImages(database)
        if self._waiting:
            self._timer.start()
        self._changed()

    def _readNext(self) -> None:
        """One file, then Qt has its turn."""
        if not self._waiting:
            return
        uid = self._waiting.pop(0)
        file = self._files[uid]
        plugin = _plugins()[self._database.fileValue(file, "0008,0016")]
        try:
            inspection = plugin.inspection(Path(file), self._images)
        except IHEROError as error:
            self.rows[uid] = unreadable(file, uid, error)
        else:
            self.inspections[uid] = inspection
            self.rows[uid] = listedInspection(inspection)
            self.verdicts[uid] = verdictOf(inspection)
        self._changed()
        if self._waiting:
            self._timer.start()


def _plugins() -> dict[str, Any]:
    """Our readers of registrations, by the SOP class that they read."""
    known = getattr(slicer.modules, "dicomPlugins", {}).values()
    readers = [kind() for kind in known if hasattr(kind, "inspection")]
    return {uid: one for one in readers for uid in one.sopClassUIDs}
