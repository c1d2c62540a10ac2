"""Image files → image series: grouping, extra dimensions, stacks, notes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from pydicom.config import disable_value_validation

from .dicomFile import PARSE_ERRORS
from .errors import IHEROError, MalformedObjectError, PatientMismatchError
from .fileHeader import StoredObject, storedObject
from .imageClasses import IMAGE_SOP_CLASSES
from .images import ImageSeries
from .imageSlice import ImageSlice, imageSlices
from .notes import Note
from .objectReading import reasonOf
from .references import InstanceReference, SeriesReference
from .sliceStack import SAME_POSITION, SliceStack, sameStack, sliceStack

# What may tell images at one position apart, the most telling first: time, echo, weighting,
# reconstruction (PS3.3 C.8.3.1, C.8.9.1, C.8.13.5, C.7.6.16.2.2).
EXTRA_DIMENSIONS = (
    "TemporalPositionIndex", "TemporalPositionIdentifier", "StackID",
    "EffectiveEchoTime", "EchoTime", "EchoNumbers", "InversionTime",
    "DiffusionBValue", "TriggerTime", "NominalCardiacTriggerDelayTime", "FrameReferenceTime",
    "ComplexImageComponent", "FrameType", "ImageType", "AcquisitionNumber", "AcquisitionTime",
)  # fmt: skip


def seriesFromFiles(paths: Iterable[Path]) -> tuple[ImageSeries, ...]:
    """The image series in `paths`, in the order of their first files.

    Raises
        MalformedObjectError: a file is no CT, MR or PET image, or a series makes no volume.
        PatientMismatchError: one series holds images of several patients.
    """
    objects = [storedObject(path) for path in paths]
    for stored in objects:
        if stored.sopClassUID not in IMAGE_SOP_CLASSES:
            raise MalformedObjectError(
                f"expected a CT, MR or PET image, found SOP Class {stored.sopClassUID}: "
                f"{stored.path}"
            )
    return tuple(one for group in groupedBySeries(objects) for one in seriesFromObjects(group))


def groupedBySeries(objects: Iterable[StoredObject]) -> list[tuple[StoredObject, ...]]:
    """`objects` by Series Instance UID and Frame of Reference UID."""
    groups = defaultdict(list)
    for stored in objects:
        groups[stored.seriesInstanceUID, stored.frame].append(stored)
    return [tuple(group) for group in groups.values()]


def seriesFromObjects(objects: Sequence[StoredObject]) -> tuple[ImageSeries, ...]:
    """The stacks of one series and frame: one, or one per value of an extra dimension such as
    time or echo, which their descriptions name.

    Duplicates, gaps, uneven spacing, images of another orientation or size become notes.

    Raises
        MalformedObjectError: the images make no volume; says why.
        PatientMismatchError: they belong to several patients.
    """
    uid = objects[0].seriesInstanceUID
    try:
        with disable_value_validation():
            unique, notes = _unique(objects)
            _requireOnePatient(unique)
            main, left = _mainStack([one for stored in unique for one in imageSlices(stored)])
            notes += (*left, *_missing(unique[0], main))
            return tuple(
                _imageSeries(unique[0], stack, part, notes) for part, stack in _stacks(main)
            )
    except IHEROError as error:
        raise type(error)(f"series {uid}: {error}") from error
    except PARSE_ERRORS as error:
        raise MalformedObjectError(f"series {uid} cannot be read: {reasonOf(error)}") from error


def _unique(objects: Sequence[StoredObject]) -> tuple[list[StoredObject], tuple[Note, ...]]:
    first = {stored.sopInstanceUID: stored for stored in reversed(objects)}
    unique = [stored for stored in objects if first[stored.sopInstanceUID] is stored]
    copies = len(objects) - len(unique)
    if not copies:
        return unique, ()
    note = Note(
        "copies of instances",
        "SOPInstanceUID",
        f"{copies} files with the UID of another file",
        "the first file of each is used",
    )
    return unique, (note,)


def _requireOnePatient(objects: Sequence[StoredObject]) -> None:
    different = {word for one in objects for word in objects[0].patient.differences(one.patient)}
    if different:
        raise PatientMismatchError(
            f"expected images of one patient, found several by {', '.join(sorted(different))}"
        )


def _mainStack(slices: Sequence[ImageSlice]) -> tuple[list[ImageSlice], tuple[Note, ...]]:
    """The largest set of parallel images of one size, and a note about the others."""
    stacks: list[list[ImageSlice]] = []
    for one in slices:
        for stack in stacks:
            if sameStack(one, stack[0]):
                stack.append(one)
                break
        else:
            stacks.append([one])
    stacks.sort(key=len, reverse=True)
    if len(stacks) == 1:
        return stacks[0], ()
    if len(stacks[0]) == len(stacks[1]):
        raise MalformedObjectError(
            f"expected one stack of parallel images of one size, found {len(stacks)} of up to "
            f"{len(stacks[0])} images"
        )
    left = sum(map(len, stacks[1:]))
    found = f"{left} of {len(slices)} images of another orientation, size, spacing or kind"
    note = Note(
        "other images in series", "ImageOrientationPatient", found, "left out of the volume"
    )
    return stacks[0], (note,)


def _missing(first: StoredObject, slices: Sequence[ImageSlice]) -> tuple[Note, ...]:
    notes = []
    if not first.frame:
        done = "it lies in no frame, and no registration reaches it"
        notes.append(
            Note(
                "frame of reference missing", "FrameOfReferenceUID", "nothing", done, repaired=False
            )
        )
    if first.text("Modality") in ("CT", "PT") and not slices[0].text("RescaleSlope"):
        notes.append(Note("rescale missing", "RescaleSlope", "nothing", "stored values are used"))
    return tuple(notes)


def _stacks(slices: Sequence[ImageSlice]) -> list[tuple[str, SliceStack]]:
    """What each part is called, and its stack; one part with an empty name if nothing is double.

    Raises
        MalformedObjectError: most positions hold several images and nothing tells them apart.
    """
    places = _places(slices)
    most = max(Counter(places).values())
    if most == 1:
        return [("", sliceStack(slices))]
    doubles = [n for n in Counter(places).values() if n > 1]
    if 2 * len(doubles) >= len(set(places)):
        for keyword in EXTRA_DIMENSIONS:
            parts = defaultdict(list)
            for one in slices:
                parts[one.text(keyword)].append(one)
            if len(parts) == most and all(_singly(part) for part in parts.values()):
                return [(f"{keyword} {value}", sliceStack(part)) for value, part in parts.items()]
        raise MalformedObjectError(
            f"expected one image per position, found up to {most} at {len(doubles)} of "
            f"{len(set(places))} positions, and no attribute such as time or echo tells them apart"
        )
    kept: dict[int, ImageSlice] = {}
    for one, place in sorted(zip(slices, places, strict=True), key=lambda e: e[0].instanceNumber):
        kept.setdefault(place, one)
    stack = sliceStack(list(kept.values()))
    note = Note(
        "double positions",
        "ImagePositionPatient",
        f"{len(slices) - len(kept)} images at the position of another",
        "the one with the lowest Instance Number is used",
    )
    return [("", replace(stack, notes=(note, *stack.notes)))]


def _places(slices: Sequence[ImageSlice]) -> list[int]:
    """A number for each image that is the same for those at one distance along the normal."""
    plane = slices[0].plane
    distances = [float(plane.distance(one.plane.position)) for one in slices]
    order = sorted(range(len(slices)), key=distances.__getitem__)
    places, place = [0] * len(slices), 0
    for before, here in pairwise(order):
        place += distances[here] - distances[before] > SAME_POSITION
        places[here] = place
    return places


def _singly(slices: Sequence[ImageSlice]) -> bool:
    return len(set(_places(slices))) == len(slices)


def _imageSeries(
    first: StoredObject, stack: SliceStack, part: str, notes: tuple[Note, ...]
) -> ImageSeries:
    if part:
        found = f"several images at each position, which differ in {part.split()[0]}"
        split = Note("several volumes", "ImagePositionPatient", found, f"this volume is {part}")
        notes = (*notes, replace(split, repaired=False))
    instances = dict.fromkeys(
        InstanceReference(one.instance.sopClassUID, one.instance.sopInstanceUID)
        for one in stack.slices
    )
    reference = SeriesReference(
        first.text("StudyInstanceUID"), first.seriesInstanceUID, tuple(instances)
    )
    description = " ".join(filter(None, (first.text("SeriesDescription"), part)))
    return ImageSeries(
        patient=first.patient,
        frame=first.frame,
        reference=reference,
        modality=first.text("Modality"),
        sopClassUID=stack.slices[0].instance.sopClassUID,
        description=description,
        lattice=stack.lattice,
        slices=stack.slices,
        spacing=stack.spacing,
        notes=(*notes, *stack.notes),
    )
