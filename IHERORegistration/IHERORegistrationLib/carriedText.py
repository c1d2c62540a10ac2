"""What became of structures on their way to other images, as a table and in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .carriedSet import CarriedStructureSet
from .carriedStructure import OUTSIDE_IMAGES, CarriedStructure
from .nodeStructures import ContourOrigin
from .notes import Note
from .sentences import asSentence, percentage
from .structures import GeometricType

COLUMNS = ("Structure", "cm³ before", "cm³ after", "Change", "Remarks")
NO_NUMBER = "–"
UNDEFINED_SPACE = "undefined space"  # name of the note that says it of a volume
LARGE = 1000  # cm³, told without a fraction from here


def carriedRows(carried: CarriedStructureSet) -> list[tuple[str, ...]]:
    """One row for each structure, by COLUMNS."""
    return [
        (
            one.structure.name,
            _number(one.before),
            _number(one.after),
            _change(one),
            "; ".join(structureRemarks(one)),
        )
        for one in carried.structures
    ]


def structureRemarks(one: CarriedStructure) -> list[str]:
    """What has to be known of one structure, in a few words each, first what of it is lost."""
    told = []
    if one.undefined and not any(note.name == UNDEFINED_SPACE for note in one.notes):
        told.append(f"{percentage(one.undefined)} where the registration is undefined")
    if one.outside:
        told.append(f"{percentage(one.outside)} on no slice")
    told += [f"{note.found}: {note.done}" for note in one.notes if note.name != OUTSIDE_IMAGES]
    points = sum(c.geometricType is GeometricType.POINT for c in one.structure.contours)
    lines = sum(not contour.isClosed for contour in one.structure.contours) - points
    if lines:
        told.append(f"{lines} open contours, which enclose nothing")
    if points:
        told.append(f"{points} points")
    return told


def carriedSentences(
    carried: CarriedStructureSet, origins: Mapping[int, ContourOrigin]
) -> list[str]:
    """What is to be said of all structures together: which contours they were made of, and what
    the whole set noted.
    """
    own = {note for one in carried.structures for note in one.notes}
    common = [note for note in carried.notes if note not in own]
    return [*_origins(carried, origins), *_noted(common)]


def _origins(carried: CarriedStructureSet, origins: Mapping[int, ContourOrigin]) -> Iterable[str]:
    found = {one.structure.number: one.structure.name for one in carried.structures}
    for origin in ContourOrigin:
        names = [name for number, name in found.items() if origins[number] is origin]
        if len(names) == len(found):
            yield f"Made of {origin}."
        elif names:
            yield f"{', '.join(names)}: made of {origin}."


def _noted(notes: Iterable[Note]) -> Iterable[str]:
    for note in notes:
        yield asSentence(f"{note.found}: {note.done}")


def _number(volume: float | None) -> str:
    if volume is None:
        return NO_NUMBER
    return f"{volume:.0f}" if volume >= LARGE else f"{volume:.4g}"


def _change(one: CarriedStructure) -> str:
    if not one.before or one.after is None:
        return NO_NUMBER
    return f"{100 * (one.after / one.before - 1):+.1f} %"
