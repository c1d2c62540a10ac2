"""Spatial Registration as a value: which matrix takes which frame to the registered one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from .codes import Code
from .errors import FrameOfReferenceError
from .frames import FrameGraph, Transform
from .geometry import AffineTransform, isIdentity
from .notes import Note
from .patient import UNKNOWN_PATIENT, Patient
from .references import FiducialReference, InstanceReference, SeriesReference

SPATIAL_REGISTRATION = "1.2.840.10008.5.1.4.1.1.66.1"  # SOP Class UID


@dataclass(frozen=True, eq=False)
class RegistrationItem:
    """One item of Registration Sequence (PS3.3 C.20.2).

    `number` is its place in the sequence, from 1. `sourceFrame` is None where the item names only
    images. `matrices`, each (4, 4) LPS mm, apply in their order, the first one first, and take
    source points to the registered frame. `declaredTypes` are the labels, one per matrix, not
    necessarily true.
    """

    number: int
    sourceFrame: str | None
    images: tuple[InstanceReference, ...]
    matrices: tuple[np.ndarray, ...]
    declaredTypes: tuple[str, ...]
    method: Code | None = None
    comment: str = ""
    usedFiducials: tuple[FiducialReference, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def matrix(self) -> np.ndarray:
        """Product of the matrices, shape (4, 4): source → registered."""
        product = np.eye(4)
        for matrix in self.matrices:
            product = matrix @ product
        return product


@dataclass(frozen=True, eq=False)
class StoredRegistrationObject:
    """What registration objects of both kinds say beside their items.

    `sopClassUID` is the one stored, which is not always the right one. `series` lists every
    referenced instance by study and series, from both sequences of the Common Instance Reference
    Module (PS3.3 C.12.2). `readAs` says what other reading than the standard's the user chose;
    empty otherwise.
    """

    sopInstanceUID: str
    registeredFrame: str
    items: tuple[Any, ...]
    sopClassUID: str = ""
    series: tuple[SeriesReference, ...] = ()
    patient: Patient = UNKNOWN_PATIENT
    studyInstanceUID: str = ""
    seriesInstanceUID: str = ""
    label: str = ""
    description: str = ""
    contentDate: str = ""
    producer: str = ""
    notes: tuple[Note, ...] = ()
    readAs: str = ""

    @property
    def reference(self) -> SeriesReference:
        """The object itself, for those that are made with it."""
        instance = InstanceReference(self.sopClassUID, self.sopInstanceUID)
        return SeriesReference(self.studyInstanceUID, self.seriesInstanceUID, (instance,))


@dataclass(frozen=True, eq=False)
class SpatialRegistration(StoredRegistrationObject):
    """The object: what `items` map to Frame of Reference `registeredFrame`."""

    items: tuple[RegistrationItem, ...]
    sopClassUID: str = SPATIAL_REGISTRATION

    def sourceToRegistered(self, item: RegistrationItem) -> AffineTransform:
        """Transform from the item's source frame to the registered frame.

        Raises
            FrameOfReferenceError: the item names no Frame of Reference and its images are not
            at hand.

        Source
            DICOM PS3.3 C.20.2.1.1
        """
        if item.sourceFrame is None:
            raise FrameOfReferenceError(
                f"RegistrationSequence[{item.number}] names only images and none of them is at "
                "hand, so its Frame of Reference is unknown"
            )
        name = f"{self.label} {self.sopInstanceUID}".strip()
        return AffineTransform(item.matrix, item.sourceFrame, self.registeredFrame, name)

    @property
    def movingItems(self) -> tuple[RegistrationItem, ...]:
        """The items of known frames other than the registered one, whatever their place."""
        known = (item for item in self.items if item.sourceFrame is not None)
        return tuple(item for item in known if item.sourceFrame != self.registeredFrame)

    @property
    def unresolvedItems(self) -> tuple[RegistrationItem, ...]:
        """The items whose frame is unknown because none of the images they name is at hand."""
        return tuple(item for item in self.items if item.sourceFrame is None)

    @property
    def transforms(self) -> tuple[AffineTransform, ...]:
        """Source → registered of every moving item; the unresolved ones are in no graph.

        Items of one frame with equal matrices, as for two series in it, are one transform.
        """
        different = {
            (item.sourceFrame, item.matrix.tobytes()): self.sourceToRegistered(item)
            for item in self.movingItems
        }
        return tuple(different.values())

    @property
    def asNew(self) -> SpatialRegistration:
        """What it maps, without what only the object that it came from may say of itself."""
        return replace(
            self,
            items=tuple(replace(one, comment="", usedFiducials=()) for one in self.items),
            sopInstanceUID="",
            sopClassUID=SPATIAL_REGISTRATION,
            seriesInstanceUID="",
            contentDate="",
            producer="",
        )

    @property
    def movesNothing(self) -> bool:
        """Whether every item is an identity: frames are joined but no point gets new numbers."""
        return all(isIdentity(item.matrix) for item in self.items)


class Annotated(Protocol):
    """What a reader had something to say about."""

    @property
    def notes(self) -> tuple[Note, ...]: ...


class Registration(Annotated, Protocol):
    """What registration objects of every kind have: who they are, and what they map where."""

    @property
    def sopInstanceUID(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def readAs(self) -> str: ...
    @property
    def patient(self) -> Patient: ...
    @property
    def registeredFrame(self) -> str: ...
    @property
    def items(self) -> Sequence[Annotated]: ...
    @property
    def reference(self) -> SeriesReference: ...
    @property
    def transforms(self) -> Sequence[Transform]: ...


def frameGraph(registrations: Iterable[Registration]) -> FrameGraph:
    """The graph of frames that several registrations connect."""
    return FrameGraph(transform for one in registrations for transform in one.transforms)


def allNotes(registration: Registration) -> tuple[Note, ...]:
    """The notes of the object and of all its items."""
    return registration.notes + tuple(n for item in registration.items for n in item.notes)
