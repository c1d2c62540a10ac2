"""The images in Slicer's DICOM database that other objects name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from .imageClasses import IMAGE_SOP_CLASSES
from .sentences import seriesName

TAGS = {  # those that the database shall keep ready
    "sopClassUID": "0008,0016",
    "imageType": "0008,0008",
    "modality": "0008,0060",
    "seriesDescription": "0008,103E",
    "frameOfReferenceUID": "0020,0052",
}
PLACE_TAGS = ("0020,0032", "0020,0037")  # Image Position and Orientation (Patient)


@dataclass(frozen=True)
class DescribedSeries:
    """What the first file of a series says of it; `isDerived`: made of other images."""

    seriesInstanceUID: str
    sopClassUID: str
    frame: str
    name: str
    isDerived: bool


class DatabaseImages(Mapping[str, str]):
    """Frame of Reference UID of each image, by its SOP Instance UID.

    Images of unknown instances and those without a frame are not in it. A series has one frame at
    most (PS3.3 A.1.2.5), so that one file of each series is asked; what was asked once is kept, so
    make a new one when images may have come.
    """

    def __init__(self, database: Any) -> None:
        self._database = database  # ctkDICOMDatabase; None holds nothing
        self.described = cache(self._described)
        self._ofPatient = cache(self._imagesOfPatient)
        self._ofInstance: dict[str, str] = {}

    def _described(self, seriesInstanceUID: str) -> DescribedSeries:
        """What is known of a series in the database."""
        files = self._database.filesForSeries(seriesInstanceUID, 1)
        file = files[0] if files else ""  # known by a query, not retrieved yet
        value = {
            name: self._database.fileValue(file, tag) if file else "" for name, tag in TAGS.items()
        }
        return DescribedSeries(
            seriesInstanceUID,
            value["sopClassUID"],
            value["frameOfReferenceUID"],
            seriesName(value["modality"], value["seriesDescription"]),
            "DERIVED" in value["imageType"].split("\\")[:1],
        )

    def seriesOf(self, sopInstanceUID: str) -> str:
        """Series Instance UID of an instance, "" where it is not in the database."""
        if sopInstanceUID not in self._ofInstance:
            known = self._database is not None
            file = self._database.fileForInstance(sopInstanceUID) if known else ""
            series = self._database.seriesForFile(file) if file else ""
            if series:  # soon others of it are asked for
                instances = self._database.instancesForSeries(series)
                self._ofInstance.update(dict.fromkeys(instances, series))
            self._ofInstance[sopInstanceUID] = series
        return self._ofInstance[sopInstanceUID]

    def atHand(self, sopInstanceUIDs: Iterable[str]) -> frozenset[str]:
        """Those of the instances that are in the database, images or not."""
        return frozenset(filter(self.seriesOf, sopInstanceUIDs))

    def placeOf(self, sopInstanceUID: str) -> tuple[float, ...]:
        """See `PlacedImages`; () also for images whose frames have places of their own."""
        file = self._database.fileForInstance(sopInstanceUID)
        told = [self._database.fileValue(file, tag) if file else "" for tag in PLACE_TAGS]
        try:
            position, axes = ([float(one) for one in text.split("\\")] for text in told)
        except ValueError:
            return ()
        return (*position, *axes[:3]) if (len(position), len(axes)) == (3, 6) else ()

    def __getitem__(self, sopInstanceUID: str) -> str:
        series = self.seriesOf(sopInstanceUID)
        frame = self.described(series).frame if series else ""
        if not frame:
            raise KeyError(sopInstanceUID)
        return frame

    def __iter__(self) -> Iterator[str]:
        raise TypeError("a database is asked for images, not for all that it has")

    def __len__(self) -> int:
        raise TypeError("a database is asked for images, not for all that it has")

    def series(self, sopInstanceUIDs: Iterable[str]) -> tuple[DescribedSeries, ...]:
        """The series that hold these images, as far as they are in the database, each once."""
        found = dict.fromkeys(map(self.seriesOf, sopInstanceUIDs))
        return tuple(self.described(uid) for uid in found if uid)

    def names(self, sopInstanceUIDs: Iterable[str]) -> dict[str, str]:
        """What lies in the frames of these images, as far as they are in the database: the name of
        the first series of each frame.
        """
        found = _firstOfFrame(self.series(sopInstanceUIDs))
        return {frame: one.name for frame, one in found.items()}

    def namesOfPatient(self, seriesInstanceUID: str) -> dict[str, str]:
        """What lies in the frames of the patient to whom a series of the database belongs: the
        name of the first series of each, an acquired one before one that was made of others.
        """
        found = self.ofPatient(seriesInstanceUID)
        return {frame: one.name for frame, one in found.items()}

    def ofPatient(self, seriesInstanceUID: str) -> dict[str, DescribedSeries]:
        """The series that `namesOfPatient` names, by frame."""
        return self._ofPatient(self._patientOf(seriesInstanceUID))

    def _patientOf(self, seriesInstanceUID: str) -> str:
        return self._database.patientForStudy(self._database.studyForSeries(seriesInstanceUID))

    def _imagesOfPatient(self, patient: str) -> dict[str, DescribedSeries]:
        all_ = [
            self.described(series)
            for study in self._database.studiesForPatient(patient)
            for series in self._database.seriesForStudy(study)
        ]
        images = [one for one in all_ if one.sopClassUID in IMAGE_SOP_CLASSES]
        return _firstOfFrame(sorted(images, key=lambda one: one.isDerived))


def knownImages(database: Any) -> Mapping[str, str]:
    """Frames of the images in a ctkDICOMDatabase, of none where there is none or it is closed."""
    return {} if database is None or not database.isOpen else DatabaseImages(database)


def _firstOfFrame(series: Iterable[DescribedSeries]) -> dict[str, DescribedSeries]:
    found: dict[str, DescribedSeries] = {}
    for one in series:
        if one.frame:
            found.setdefault(one.frame, one)
    return found
