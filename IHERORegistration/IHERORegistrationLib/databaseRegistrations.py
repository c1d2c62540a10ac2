"""The registrations in Slicer's DICOM database, as rows of a list; vectors are not looked at."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from .databaseImages import TAGS, DatabaseImages, DescribedSeries
from .dicomFile import datasetFromFile
from .errors import IHEROError
from .geometry import MatrixType
from .inspection import Inspection, ObjectInspection
from .listedRegistration import DEFORMABLE, KINDS, ListedRegistration, Verdict
from .profiles.selection import conformanceFindings, defaultProfiles
from .reader import registrationFromDataset
from .registration import allNotes
from .registrationOffer import referencedImages
from .sentences import frameName, oneLine

SOP_CLASS = TAGS["sopClassUID"]


def filesOfClasses(
    database: Any, sopClassUIDs: Collection[str], patients: Iterable[str] | None = None
) -> Iterator[tuple[str, ...]]:
    """Of each series of a ctkDICOMDatabase the files that hold objects of these classes, by what is
    known of its first file: none is opened. One series after the other, for there may be many.

    `patients` are those of the database that are asked for, None for all.
    """
    for patient in database.patients() if patients is None else patients:
        for study in database.studiesForPatient(patient):
            for series in database.seriesForStudy(study):
                first = database.filesForSeries(series, 1)
                isMeant = first and database.fileValue(first[0], SOP_CLASS) in sopClassUIDs
                yield tuple(database.filesForSeries(series)) if isMeant else ()


def rigidInspection(path: Path, images: DatabaseImages) -> Inspection:
    """The Spatial Registration in a file, judged alone, as consumer.

    Raises
        IHEROError: no value can be made of it.
    """
    dataset = datasetFromFile(path)
    registration = registrationFromDataset(dataset, frameOfInstance=images)
    findings = tuple(conformanceFindings(dataset))
    profiles = tuple(one.name for one in defaultProfiles(dataset))
    return Inspection(path, registration, findings, *besides(registration, images), profiles)


def besides(
    registration: Any, images: DatabaseImages
) -> tuple[dict[str, str], dict[str, Any], frozenset[str]]:
    """What an ObjectInspection takes after its findings: names and centers by frame, and the
    images at hand.
    """
    referenced = referencedImages(registration)
    return images.names(referenced), {}, images.atHand(referenced)


def listedInspection(inspection: ObjectInspection) -> ListedRegistration:
    """The row of an object that was read; the key is its SOP Instance UID."""
    one = inspection.registration
    moved = [item for item in one.items if item.sourceFrame != one.registeredFrame]
    frames = dict.fromkeys(item.sourceFrame for item in moved)
    label = one.label or one.description or inspection.title
    kind = inspection.kind
    return ListedRegistration(
        key=one.sopInstanceUID,
        name=oneLine(label),
        kind=DEFORMABLE if kind == "deformable" else KINDS[MatrixType(kind.upper())],
        moving=", ".join(frameName(frame, inspection.names) for frame in frames),
        fixed=frameName(one.registeredFrame, inspection.names),
        sourceFrame=next(iter(frames), None) or "",
        registeredFrame=one.registeredFrame,
        patient=one.patient,
        sopInstanceUID=one.sopInstanceUID,
        producer=one.producer,
        notes=allNotes(one),
        readAs=one.readAs,
        isInScene=False,
    )


def seriesToLoad(
    inspection: ObjectInspection, images: DatabaseImages, framesAtHand: Collection[str]
) -> tuple[DescribedSeries, ...]:
    """The series of the database that the object names and that lie in frames of which nothing is
    at hand.
    """
    named = images.series(referencedImages(inspection.registration))
    return tuple(one for one in named if one.frame and one.frame not in framesAtHand)


def verdictOf(inspection: ObjectInspection) -> Verdict:
    """What the profiles say of an object that was read."""
    return Verdict(inspection.profiles, inspection.findings, inspection.unjudged)


def unreadable(file: str, sopInstanceUID: str, error: IHEROError) -> ListedRegistration:
    """The row of a file of which no registration can be made."""
    return ListedRegistration(
        key=sopInstanceUID or file,
        name="Registration that cannot be read",
        kind="Unreadable",
        sopInstanceUID=sopInstanceUID,
        problem=oneLine(str(error)),
        isInScene=False,
    )
