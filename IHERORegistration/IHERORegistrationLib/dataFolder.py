"""What lies in a folder: image series, structure sets, doses, plans, fiducials, registrations.

Scanning reads one header per file; values are made when they are asked for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydicom.uid import (
    DeformableSpatialRegistrationStorage,
    RTDoseStorage,
    RTIonPlanStorage,
    RTPlanStorage,
    RTStructureSetStorage,
    SpatialFiducialsStorage,
    SpatialRegistrationStorage,
)

from .errors import IHEROError, MalformedObjectError, ReferenceNotFoundError
from .fileHeader import StoredObject, isDICOMFile, storedObject
from .imageClasses import IMAGE_SOP_CLASSES
from .images import ImageSeries
from .notes import Note
from .patient import Patient
from .saving import isUnfinished
from .seriesReading import groupedBySeries, seriesFromObjects

if TYPE_CHECKING:  # their readers are imported when an object of theirs is read
    from .dose import Dose
    from .fiducials import SpatialFiducials
    from .plan import Plan
    from .structures import StructureSet

PLANS = frozenset({RTPlanStorage, RTIonPlanStorage})
UNREADABLE = ("file unreadable", "folder unreadable")  # names of notes
REGISTRATIONS = frozenset({SpatialRegistrationStorage, DeformableSpatialRegistrationStorage})

Value = TypeVar("Value")


@dataclass(frozen=True, eq=False)
class DataFolder:
    """The DICOM objects under `path`, each SOP Instance UID once, in the order of their paths.

    They may be of several patients. `otherFiles` counts what is not DICOM; `scanNotes` tells what
    could not be read.
    """

    path: Path
    objects: tuple[StoredObject, ...]
    otherFiles: int
    scanNotes: tuple[Note, ...]

    @property
    def patients(self) -> tuple[Patient, ...]:
        """Everyone whose objects lie here, each once."""
        return tuple(dict.fromkeys(stored.patient for stored in self.objects))

    @cached_property
    def frameOfInstance(self) -> Mapping[str, str]:
        """Frame of Reference UID by SOP Instance UID, of every object that names one."""
        return {one.sopInstanceUID: one.frame for one in self.objects if one.frame}

    @property
    def series(self) -> tuple[ImageSeries, ...]:
        """The CT, MR and PET series that make a volume; `notes` says which do not."""
        return self._series[0]

    @cached_property
    def _series(self) -> tuple[tuple[ImageSeries, ...], dict[tuple[str, str], IHEROError]]:
        """The series, and why others make no volume by their UID and frame."""
        made: list[ImageSeries] = []
        refused: dict[tuple[str, str], IHEROError] = {}
        for group in groupedBySeries(self._ofClass(IMAGE_SOP_CLASSES)):
            try:
                made += seriesFromObjects(group)
            except IHEROError as error:  # a folder may hold a series that nobody asks for
                refused[group[0].seriesInstanceUID, group[0].frame] = error
        return tuple(made), refused

    @property
    def notes(self) -> tuple[Note, ...]:
        """What could not be read, and series that make no volume or lie in several frames."""
        frames: dict[str, set[str]] = {}
        for stored in self._ofClass(IMAGE_SOP_CLASSES):
            frames.setdefault(stored.seriesInstanceUID, set()).add(stored.frame)
        several = (
            _remark("several frames in series", uid, f"{len(found)} frames", "one series per frame")
            for uid, found in frames.items()
            if len(found) > 1
        )
        refused = (
            _remark("series unusable", uid, str(error), "left out")
            for (uid, _), error in self._series[1].items()
        )
        return (*self.scanNotes, *several, *refused)

    def seriesInFrame(self, frame: str) -> tuple[ImageSeries, ...]:
        """The series in a Frame of Reference; none for an empty UID, which is no frame."""
        return tuple(one for one in self.series if frame and one.frame == frame)

    def oneSeries(self, uid: str | None = None, frame: str | None = None) -> ImageSeries:
        """The only image series, or the only one of this Series Instance UID or in this frame.

        Raises
            ReferenceNotFoundError: there is none, or there are several; lists the candidates.
            MalformedObjectError: the only one makes no volume; says why.
        """

        def fits(candidateUID: str, candidateFrame: str) -> bool:
            return uid in (None, candidateUID) and frame in (None, candidateFrame)

        found = [one for one in self.series if fits(one.seriesInstanceUID, one.frame)]
        if len(found) == 1:
            return found[0]
        refused = [error for key, error in self._series[1].items() if fits(*key)]
        if not found and refused:
            raise refused[0]
        named = [f"{one.modality} {one.seriesInstanceUID}" for one in found or self.series]
        raise self._notOne(_wanted("image series", uid, frame), named, bool(found))

    @cached_property
    def structureSets(self) -> tuple[StructureSet, ...]:
        """Every RT Structure Set.

        Raises
            MalformedObjectError: no value can be made of one of them.
        """
        return tuple(map(_structureSet, self._ofClass({RTStructureSetStorage})))

    @cached_property
    def doses(self) -> tuple[Dose, ...]:
        """Every RT Dose. Raises as `structureSets` does."""
        return tuple(map(_dose, self._ofClass({RTDoseStorage})))

    @cached_property
    def plans(self) -> tuple[Plan, ...]:
        """Every RT Plan and RT Ion Plan. Raises as `structureSets` does."""
        return tuple(map(_plan, self._ofClass(PLANS)))

    @cached_property
    def fiducials(self) -> tuple[SpatialFiducials, ...]:
        """Every Spatial Fiducials object. Raises as `structureSets` does."""
        return tuple(map(_fiducials, self._ofClass({SpatialFiducialsStorage})))

    @property
    def registrations(self) -> tuple[Path, ...]:
        """The files of Spatial Registrations, deformable ones included."""
        return tuple(one.path for one in self._ofClass(REGISTRATIONS))

    def oneStructureSet(self, uid: str | None = None) -> StructureSet:
        """The only RT Structure Set, or the one of this SOP Instance UID.

        Raises
            ReferenceNotFoundError: there is none, or there are several; lists the candidates.
            MalformedObjectError: no value can be made of it.
        """
        return _structureSet(self._oneObject({RTStructureSetStorage}, "RT Structure Set", uid))

    def oneDose(self, uid: str | None = None) -> Dose:
        """The only RT Dose, or the one of this SOP Instance UID. Raises as `oneStructureSet`."""
        return _dose(self._oneObject({RTDoseStorage}, "RT Dose", uid))

    def _oneObject(self, classes: Collection[str], name: str, uid: str | None) -> StoredObject:
        present = self._ofClass(classes)
        found = [one for one in present if uid in (None, one.sopInstanceUID)]
        if len(found) == 1:
            return found[0]
        named = [one.sopInstanceUID for one in found or present]
        raise self._notOne(_wanted(name, uid, None), named, bool(found))

    def _notOne(self, wanted: str, names: list[str], fit: bool) -> ReferenceNotFoundError:
        """That `wanted` was not found, or that several fit; `names` to choose from."""
        listed = ", ".join(names)
        expected = f"expected {wanted} in {self.path}, found"
        if fit:
            return ReferenceNotFoundError(f"{expected} {len(names)}, choose one: {listed}")
        unread = [note.found for note in self.scanNotes if note.name in UNREADABLE]
        present = f"; there are {listed}" if names else ""
        present += f"; unreadable are {len(unread)}, the first: {unread[0]}" if unread else ""
        return ReferenceNotFoundError(f"{expected} none{present}")

    def _ofClass(self, classes: Collection[str]) -> list[StoredObject]:
        return [stored for stored in self.objects if stored.sopClassUID in classes]


def dataFolder(path: Path) -> DataFolder:
    """Everything DICOM in `path`, a folder with all that lies below it, or a single file.

    Links are followed, each folder is visited once.

    Raises
        MalformedObjectError: there is no such folder or file, it cannot be read, or it holds no
        DICOM object.
    """
    notes: list[Note] = []
    objects: dict[str, StoredObject] = {}
    others = copies = 0
    for file in _files(path, notes):
        try:
            if not isDICOMFile(file):
                others += 1
                continue
            stored = storedObject(file)
        except (OSError, MalformedObjectError) as error:
            notes.append(_remark("file unreadable", str(file), str(error), "left out"))
            continue
        copies += stored.sopInstanceUID in objects
        objects.setdefault(stored.sopInstanceUID, stored)
    if not objects:
        unreadable = f"; {notes[0].found}" if notes else ""
        raise MalformedObjectError(
            f"expected DICOM objects in {path}, found {others} other files and {len(notes)} "
            f"unreadable ones{unreadable}"
        )
    if copies:
        found = f"{copies} files with the UID of another file"
        notes.append(_remark("copies of instances", str(path), found, "the first of each is used"))
    return DataFolder(path, tuple(objects.values()), others, tuple(notes))


def _files(path: Path, notes: list[Note]) -> Iterator[Path]:
    """Regular files below `path` in the order of their paths; folders met twice only once, what
    was never written to its end not at all.
    """
    if path.is_file():
        yield path
        return
    if not path.is_dir():
        raise MalformedObjectError(f"no such file or folder: {path}")

    def unreadable(error: OSError) -> None:
        found = error.strerror or "an error"
        notes.append(_remark("folder unreadable", str(error.filename), found, "left out"))

    def finished(folder: str, names: list[str]) -> list[str]:
        for name in filter(isUnfinished, names):
            found = "what was never written to its end"
            notes.append(_remark("unfinished file", os.path.join(folder, name), found, "left out"))
        return sorted(name for name in names if not isUnfinished(name))

    visited: set[tuple[int, int]] = set()
    for folder, folders, files in os.walk(path, followlinks=True, onerror=unreadable):
        status = os.stat(folder)
        if (status.st_dev, status.st_ino) in visited:
            folders.clear()
            continue
        visited.add((status.st_dev, status.st_ino))
        folders[:] = finished(folder, folders)
        regular = (Path(folder, name) for name in finished(folder, files))
        yield from (file for file in regular if file.is_file())


def _structureSet(stored: StoredObject) -> StructureSet:
    from .structureSetReader import structureSetFromFile

    return _value(structureSetFromFile, stored)


def _dose(stored: StoredObject) -> Dose:
    from .dose import doseFromFile

    return _value(doseFromFile, stored)


def _plan(stored: StoredObject) -> Plan:
    from .plan import planFromFile

    return _value(planFromFile, stored)


def _fiducials(stored: StoredObject) -> SpatialFiducials:
    from .fiducialsReader import fiducialsFromFile

    return _value(fiducialsFromFile, stored)


def _value(read: Callable[[Path], Value], stored: StoredObject) -> Value:
    try:
        return read(stored.path)
    except MalformedObjectError as error:
        text = str(error)
        named = text if str(stored.path) in text else f"{stored.path}: {text}"
        raise type(error)(named) from error


def _wanted(name: str, uid: str | None, frame: str | None) -> str:
    """What is looked for, in words."""
    conditions = (f" {uid}" if uid else "", f" in frame {frame}" if frame else "")
    return f"one {name}{''.join(conditions)}"


def _remark(name: str, location: str, found: str, done: str) -> Note:
    return Note(name, location, found, done, repaired=False)
