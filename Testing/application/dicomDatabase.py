"""Slicer's DICOM database, over a folder of files read with pydicom. See `standIns`."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pydicom

from .standIns import behaves, emit, standIn

LEVELS = {  # what says that there is a new one
    "PatientID": "patientAdded(int,QString,QString,QString)",
    "StudyInstanceUID": "studyAdded(QString)",
    "SeriesInstanceUID": "seriesAdded(QString)",
}


@behaves
class ctkDICOMDatabase:
    """Patients are known by their ID, as no numbers of rows are here."""

    _defaults = {"loadedSeriesInstanceUIDs": ()}  # noqa: RUF012

    def _build(self):
        self._headers = {}  # path: data set without pixels
        self._files = {}  # SOP Instance UID: path
        self._own = None  # folder of copies
        self._directory, self._isOpened = "", True
        self._cache = {}  # what plugins keep, by instance and tag

    def _leave(self):
        """Delete the copies."""
        if self._own is not None:
            self._own.cleanup()

    def _add(self, path):
        header = pydicom.dcmread(path, stop_before_pixels=True)
        self._headers[str(path)] = header
        self._files[header.SOPInstanceUID] = str(path)

    def _value(self, path, tag):
        """The value at “gggg,eeee” as text; "" where it lacks, and for sequences."""
        header = self._known().get(str(path))
        group, _, element = tag.partition(",")
        found = header.get((int(group, 16), int(element, 16))) if header is not None else None
        if found is None or found.value is None or found.VR == "SQ":
            return ""
        isList = found.VM > 1
        return "\\".join(map(str, found.value)) if isList else str(found.value)

    def _known(self):
        """The headers; none while the database is closed."""
        return self._headers if self._isOpened else {}

    def _where(self, **wanted):
        return [
            path
            for path, header in self._known().items()
            if all(str(header.get(name, "")) == value for name, value in wanted.items())
        ]

    def _each(self, keyword, **wanted):
        paths = self._where(**wanted)
        return tuple(dict.fromkeys(str(self._headers[path].get(keyword, "")) for path in paths))

    def patients(self):
        return self._each("PatientID")

    def studiesForPatient(self, patient):
        return self._each("StudyInstanceUID", PatientID=patient)

    def seriesForStudy(self, uid):
        return self._each("SeriesInstanceUID", StudyInstanceUID=uid)

    def filesForSeries(self, uid, hits=-1):
        paths = self._where(SeriesInstanceUID=uid)
        return tuple(paths if hits < 0 else paths[:hits])

    def instancesForSeries(self, uid, hits=-1):
        found = self._each("SOPInstanceUID", SeriesInstanceUID=uid)
        return found if hits < 0 else found[:hits]

    def studyForSeries(self, uid):
        return next(iter(self._each("StudyInstanceUID", SeriesInstanceUID=uid)), "")

    def patientForStudy(self, uid):
        return next(iter(self._each("PatientID", StudyInstanceUID=uid)), "")

    def seriesForFile(self, path):
        return self._value(path, "0020,000E")

    def instanceForFile(self, path):
        return self._value(path, "0008,0018")

    def fileForInstance(self, uid):
        return self._files.get(uid, "") if self._isOpened else ""

    def fileValue(self, path, tag):
        return self._value(path, tag)

    def fileValueExists(self, path, tag):
        return self._value(path, tag) != ""

    def instanceValue(self, uid, tag):
        return self._value(self.fileForInstance(uid), tag)

    def instanceValueExists(self, uid, tag):
        return self.instanceValue(uid, tag) != ""

    def allFiles(self):
        return tuple(self._known())

    def _text(self, keyword, **wanted):
        return next(iter(self._each(keyword, **wanted)), "")

    def descriptionForSeries(self, uid):
        return self._text("SeriesDescription", SeriesInstanceUID=uid)

    def descriptionForStudy(self, uid):
        return self._text("StudyDescription", StudyInstanceUID=uid)

    def nameForPatient(self, patient):
        return self._text("PatientName", PatientID=patient)

    def patientsCount(self):
        return len(self.patients())

    def studiesCount(self):
        return len(self._each("StudyInstanceUID"))

    def seriesCount(self):
        return len(self._each("SeriesInstanceUID"))

    def imagesCount(self):
        return len(self._known())

    def cacheTag(self, uid, tag, value):
        self._cache[uid, tag] = value

    def cachedTag(self, uid, tag):
        return self._cache.get((uid, tag), "")

    def insert(
        self, path, storeFile=True, generateThumbnail=True, createHierarchy=True, destination=""
    ):
        """The real one copies the file into its own folder, and says nothing where it cannot. That
        there is something new is told by updateDisplayedFields.
        """
        header = pydicom.dcmread(path, stop_before_pixels=True)
        if header.SOPInstanceUID in self._files:
            return
        new = [one for one in LEVELS if str(header.get(one, "")) not in self._each(one)]
        if storeFile:
            if self._own is None:
                self._own = tempfile.TemporaryDirectory()
            path = shutil.copy(path, Path(self._own.name) / f"{header.SOPInstanceUID}.dcm")
        self._add(path)
        for level in new:
            value, name = str(header.get(level, "")), str(header.get("PatientName", ""))
            told = (0, value, name, "") if level == "PatientID" else (value,)
            emit(self, LEVELS[level], *told)
        emit(self, "instanceAdded(QString)", header.SOPInstanceUID)

    def updateDisplayedFields(self):
        emit(self, "displayedFieldsUpdated()")
        emit(self, "databaseChanged()")

    def _remove(self, signal, *values, **wanted):
        for path in self._where(**wanted):
            del self._files[self._headers.pop(path).SOPInstanceUID]
        emit(self, signal, *values)
        emit(self, "databaseChanged()")
        return True

    def removeSeries(self, uid, clearCachedTags=False, cleanup=True):
        return self._remove("seriesRemoved(QString)", uid, SeriesInstanceUID=uid)

    def removeStudy(self, uid, cleanup=True):
        return self._remove("studyRemoved(QString)", uid, StudyInstanceUID=uid)

    def removePatient(self, patient, cleanup=True):
        name, signal = self.nameForPatient(patient), "patientRemoved(QString,QString)"
        return self._remove(signal, patient, name, PatientID=patient)

    def initializeDatabase(self, schema=""):
        self._headers.clear()
        self._files.clear()
        emit(self, "databaseChanged()")
        return True

    def openDatabase(self, file, connection=""):
        """Open an empty one; what another held is not kept."""
        self._own = None  # folder of copies
        self._directory, self._isOpened = str(Path(file).parent), True
        self.initializeDatabase()
        emit(self, "opened()")
        return True

    def closeDatabase(self):
        self._isOpened = False
        emit(self, "closed()")

    def _get_isOpen(self):
        return self._isOpened

    def _get_databaseDirectory(self):
        return self._directory

    def _get_databaseFilename(self):
        return f"{self._directory}/ctkDICOM.sql"


def dicomDatabase(folder: Path):
    """A database that holds the DICOM files under a folder."""
    database = standIn("ctkDICOMDatabase")()
    database._directory = str(folder)
    for path in sorted(folder.rglob("*")):
        if path.is_file() and pydicom.misc.is_dicom(path):
            database._add(path)
    return database
