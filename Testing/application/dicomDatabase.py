"""Slicer's DICOM database, over a folder of files read with pydicom. See `standIns`."""

from __future__ import annotations

from pathlib import Path

import pydicom

from .standIns import behaves, standIn


@behaves
class ctkDICOMDatabase:
    """Patients are known by their ID, as no numbers of rows are here."""

    def _build(self):
        self._headers = {}  # path: data set without pixels
        self._files = {}  # SOP Instance UID: path

    def _add(self, path):
        header = pydicom.dcmread(path, stop_before_pixels=True)
        self._headers[str(path)] = header
        self._files[header.SOPInstanceUID] = str(path)

    def _value(self, path, tag):
        """The value at “gggg,eeee” as text; "" where it lacks, and for sequences."""
        header = self._headers.get(str(path))
        group, _, element = tag.partition(",")
        found = header.get((int(group, 16), int(element, 16))) if header is not None else None
        if found is None or found.value is None or found.VR == "SQ":
            return ""
        isList = found.VM > 1
        return "\\".join(map(str, found.value)) if isList else str(found.value)

    def _where(self, **wanted):
        return [
            path
            for path, header in self._headers.items()
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
        return self._files.get(uid, "")

    def fileValue(self, path, tag):
        return self._value(path, tag)

    def fileValueExists(self, path, tag):
        return self._value(path, tag) != ""

    def instanceValue(self, uid, tag):
        return self._value(self.fileForInstance(uid), tag)

    def _get_isOpen(self):
        return True


def dicomDatabase(folder: Path):
    """A database that holds the DICOM files under a folder."""
    database = standIn("ctkDICOMDatabase")()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and pydicom.misc.is_dicom(path):
            database._add(path)
    return database
