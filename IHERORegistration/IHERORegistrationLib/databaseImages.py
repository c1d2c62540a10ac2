"""The images in Slicer's DICOM database that a registration names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from .sentences import seriesName

TAGS = {  # those that the database shall keep ready
    "sopClassUID": "0008,0016",
    "modality": "0008,0060",
    "seriesDescription": "0008,103E",
    "frameOfReferenceUID": "0020,0052",
}


class DatabaseImages(Mapping[str, str]):
    """Frame of Reference UID of each image, by its SOP Instance UID.

    Images of unknown instances and those without a frame are not in it. A series has one frame at
    most (PS3.3 A.1.2.5), so that one file of each series is asked.
    """

    def __init__(self, database: Any) -> None:
        self._database = database  # ctkDICOMDatabase
        self._ofSeries = cache(self._described)

    def _described(self, seriesInstanceUID: str) -> tuple[str, str]:
        """Frame and name of a series."""
        file = self._database.filesForSeries(seriesInstanceUID, 1)[0]
        modality, description, frame = (
            self._database.fileValue(file, TAGS[name])
            for name in ("modality", "seriesDescription", "frameOfReferenceUID")
        )
        return frame, seriesName(modality, description)

    def _series(self, sopInstanceUID: str) -> str:
        file = self._database.fileForInstance(sopInstanceUID)
        if not file:
            raise KeyError(sopInstanceUID)
        return self._database.seriesForFile(file)

    def __getitem__(self, sopInstanceUID: str) -> str:
        frame, _ = self._ofSeries(self._series(sopInstanceUID))
        if not frame:
            raise KeyError(sopInstanceUID)
        return frame

    def __iter__(self) -> Iterator[str]:
        raise TypeError("a database is asked for images, not for all that it has")

    def __len__(self) -> int:
        raise TypeError("a database is asked for images, not for all that it has")

    def names(self, sopInstanceUIDs: tuple[str, ...]) -> dict[str, str]:
        """What lies in the frames of these images, as far as they are in the database: the name of
        the first series of each frame.
        """
        found: dict[str, str] = {}
        for uid in sopInstanceUIDs:
            if uid in self:
                frame, name = self._ofSeries(self._series(uid))
                found.setdefault(frame, name)
        return found
