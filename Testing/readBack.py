"""Data sets as they come back from a file, and what was noted when something was read."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Protocol

from pydicom import Dataset, dcmread
from pydicom.config import disable_value_validation

from IHERORegistrationLib.notes import Note
from IHERORegistrationLib.reader import registrationFromDataset
from IHERORegistrationLib.registration import allNotes


class Noted(Protocol):
    """A value that was read, with the reader's notes."""

    @property
    def notes(self) -> Iterable[Note]: ...


def asRead(dataset: Dataset) -> Dataset:
    """The data set as it comes back from a file: raw elements, nothing converted."""
    buffer = io.BytesIO()
    with disable_value_validation():
        dataset.save_as(buffer, enforce_file_format=False)
    buffer.seek(0)
    return dcmread(buffer, force=True)


def noteNames(read: Noted) -> list[str]:
    """The names of its notes, in their order."""
    return [note.name for note in read.notes]


def registrationNotes(dataset: Dataset) -> list[str]:
    """The names of all notes on a Spatial Registration that comes back from a file."""
    return [note.name for note in allNotes(registrationFromDataset(asRead(dataset)))]
