"""Reads the registrations of the DICOM database, and files that were dropped beside it, one after
another, while the user goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import qt
import slicer

from ..databaseImages import DatabaseImages, DescribedSeries
from ..databaseRegistrations import (
    SOP_CLASS,
    filesOfClasses,
    listedInspection,
    seriesToLoad,
    unreadable,
    verdictOf,
)
from ..dataNodes import volumeNodeFromSeries
from ..errors import IHEROError, ReferenceNotFoundError
from ..fileHeader import storedObject
from ..inspection import ObjectInspection
from ..listedRegistration import ListedRegistration, Verdict
from ..seriesReading import seriesFromFiles

SIGNALS = ("databaseChanged()", "opened()", "closed()")
TURN = 0.03  # s for which series are looked at before Qt has its turn


class DatabaseReading:
    """What is known of them until now. `changed` is called whenever more is known."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self.inspections: dict[str, ObjectInspection] = {}  # by SOP Instance UID, like these:
        self.rows: dict[str, ListedRegistration] = {}
        self.verdicts: dict[str, Verdict] = {}
        self._files: dict[str, str] = {}
        self._beside: dict[str, str] = {}  # of files that are in no database
        self._found: list[str] = []  # files, while series are looked at
        self._series: Iterator[tuple[str, ...]] = iter(())
        self._isLooking = False
        self._waiting: list[str] = []
        self._changed = changed
        self._database: Any = None
        self._images: Any = None
        self._timer = qt.QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.connect("timeout()", self._work)

    @property
    def isReading(self) -> bool:
        return self._isLooking or bool(self._waiting)

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
        self._isLooking, self._waiting = False, []
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
        plugin = _plugins()[slicer.dicomDatabase.fileValue(file, SOP_CLASS)]
        return plugin.nodes([Path(file)])[0]

    def judge(self, sopInstanceUID: str, file: str) -> None:
        """Look soon, and once, at an object in a file that is in no database: then its inspection
        and its verdict are known, and it has no row.
        """
        isKnown = sopInstanceUID in self._files or sopInstanceUID in self._beside
        if not isKnown and not self._isLooking and Path(file).is_file():
            self._beside[sopInstanceUID] = file
            self._waiting.append(sopInstanceUID)
            self._timer.start()

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
        """See what is there now, beside all else that Qt does."""
        database = self._database
        self._images = DatabaseImages(database)
        self._found, self._waiting, self._beside = [], [], {}
        self._series = iter(())
        if database is not None and database.isOpen:
            self._series = filesOfClasses(database, _plugins())
        self._isLooking = True
        self._timer.start()

    def _work(self) -> None:
        """Some of the series, or one file; then Qt has its turn."""
        begin = time.monotonic()
        if self._waiting:
            self._read(self._waiting.pop(0))
        while self._isLooking and time.monotonic() - begin < TURN:
            files = next(self._series, None)
            if files is None:
                self._compare()
            else:
                self._found += files
        if self.isReading:
            self._timer.start()

    def _compare(self) -> None:
        """All series were looked at: forget what has gone, read what has come."""
        self._isLooking = False
        self._files = {self._database.instanceForFile(file): file for file in self._found}
        for known in (self.inspections, self.rows, self.verdicts):
            for uid in set(known) - set(self._files):
                del known[uid]
        self._waiting = [uid for uid in self._files if uid not in self.rows]
        self._changed()

    def _read(self, uid: str) -> None:
        file = self._beside.get(uid) or self._files[uid]
        try:
            inspection = self._plugin(uid).inspection(Path(file), self._images)
            if inspection.registration.sopInstanceUID != uid:
                return  # the file is another one by now
        except IHEROError as error:
            if uid in self._files:
                self.rows[uid] = unreadable(file, uid, error)
        else:
            self.inspections[uid] = inspection
            self.verdicts[uid] = verdictOf(inspection)
            if uid in self._files:
                self.rows[uid] = listedInspection(inspection)
        self._changed()

    def _plugin(self, uid: str) -> Any:
        """The reader of an object."""
        if uid in self._beside:
            sopClassUID = storedObject(Path(self._beside[uid])).sopClassUID
        else:
            sopClassUID = self._database.fileValue(self._files[uid], SOP_CLASS)
        return _plugins()[sopClassUID]


def _plugins() -> dict[str, Any]:
    """Our readers of registrations, by the SOP class that they read."""
    known = getattr(slicer.modules, "dicomPlugins", {}).values()
    readers = [kind() for kind in known if hasattr(kind, "inspection")]
    return {uid: one for one in readers for uid in one.sopClassUIDs}
