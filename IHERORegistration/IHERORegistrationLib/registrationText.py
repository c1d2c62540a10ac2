"""What a registration says beside its matrices, as text that a node can carry, and back."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from .codes import Code
from .geometry import MatrixType
from .keptText import readsKeptText
from .notes import Note
from .patient import Patient
from .references import FiducialReference, InstanceReference, SeriesReference
from .registration import RegistrationItem


class DescribedItem(Protocol):
    """An item of a registration of either kind, in what text can say of it."""

    @property
    def images(self) -> tuple[InstanceReference, ...]: ...
    @property
    def method(self) -> Code | None: ...
    @property
    def comment(self) -> str: ...
    @property
    def usedFiducials(self) -> tuple[FiducialReference, ...]: ...


@dataclass(frozen=True)
class ItemDescription:
    """What an item says beside its frame and matrices; see RegistrationItem."""

    images: tuple[InstanceReference, ...]
    method: Code | None
    comment: str
    usedFiducials: tuple[FiducialReference, ...]


def textFromItems(items: Iterable[DescribedItem]) -> str:
    """Images, method, comment and fiducials of items; not their frames and matrices."""
    return json.dumps(
        [
            {
                "images": _instances(item.images),
                "method": dataclasses.astuple(item.method) if item.method else None,
                "comment": item.comment,
                "usedFiducials": [
                    [*_instances([used.instance]), used.fiducialUID] for used in item.usedFiducials
                ],
            }
            for item in items
        ]
    )


def itemsFromText(
    text: str, firstNumber: int, sourceFrame: str, matrix: np.ndarray, kind: MatrixType
) -> tuple[RegistrationItem, ...]:
    """The items that `textFromItems` told, numbered from `firstNumber`, all with one frame and
    `matrix`, shape (4, 4), source → registered, LPS mm.
    """
    return tuple(
        RegistrationItem(
            number=number,
            sourceFrame=sourceFrame,
            images=told.images,
            matrices=(matrix,),
            declaredTypes=(kind.value,),
            method=told.method,
            comment=told.comment,
            usedFiducials=told.usedFiducials,
        )
        for number, told in enumerate(descriptionsFromText(text), start=firstNumber)
    )


@readsKeptText
def descriptionsFromText(text: str) -> tuple[ItemDescription, ...]:
    """What `textFromItems` told of each item."""
    return tuple(
        ItemDescription(
            images=tuple(map(_instance, kept["images"])),
            method=Code(*map(_text, kept["method"])) if kept["method"] else None,
            comment=_text(kept["comment"]),
            usedFiducials=tuple(
                FiducialReference(_instance(instance), _text(uid))
                for instance, uid in kept["usedFiducials"]
            ),
        )
        for kept in json.loads(text)
    )


def textFromSeries(series: Iterable[SeriesReference]) -> str:
    """Series with their studies and instances."""
    return json.dumps(
        [[one.studyInstanceUID, one.seriesInstanceUID, _instances(one)] for one in series]
    )


@readsKeptText
def seriesFromText(text: str) -> tuple[SeriesReference, ...]:
    """The series that `textFromSeries` told."""
    return tuple(
        SeriesReference(_text(study), _text(uid), tuple(map(_instance, instances)))
        for study, uid, instances in json.loads(text)
    )


def textFromPatient(patient: Patient) -> str:
    """Identity of a patient."""
    return json.dumps(dataclasses.asdict(patient))


@readsKeptText
def patientFromText(text: str) -> Patient:
    """The patient that `textFromPatient` told."""
    return Patient(**{name: _text(value) for name, value in json.loads(text).items()})


def textFromNotes(notes: Iterable[Note]) -> str:
    """Repairs and remarks."""
    return json.dumps([dataclasses.asdict(note) for note in notes])


@readsKeptText
def notesFromText(text: str) -> tuple[Note, ...]:
    """The notes that `textFromNotes` told."""
    return tuple(Note(**kept) for kept in json.loads(text))


def _instances(references: Iterable[InstanceReference]) -> list[list[object]]:
    return [[one.sopClassUID, one.sopInstanceUID, list(one.frames)] for one in references]


def _instance(kept: Sequence) -> InstanceReference:
    sopClassUID, sopInstanceUID, frames = kept
    return InstanceReference(_text(sopClassUID), _text(sopInstanceUID), tuple(map(int, frames)))


def _text(kept: object) -> str:
    if not isinstance(kept, str):
        raise TypeError(f"expected text, found {type(kept).__name__}")
    return kept
