"""What became of structures on their way to other images, as a table and in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .carriedSet import CarriedStructureSet
from .carriedStructure import OUTSIDE_IMAGES, CarriedStructure
from .nodeStructures import ContourOrigin
from .notes import Note
from .sentences import percentage
from .structures import GeometricType

COLUMNS = ("Structure", "Before cm³", "After cm³", "Change", "Lost", "Remarks")
NO_NUMBER = "–"


def carriedRows(carried: CarriedStructureSet) -> list[tuple[str, ...]]:
    """One row for each structure, by COLUMNS; “lost” is what lies on no image of the target or is
    not defined by the registration.
    """
    return [
        (
            one.structure.name,
            _number(one.before),
            _number(one.after),
            _change(one),
            _lost(one),
            "; ".join(structureRemarks(one)),
        )
        for one in carried.structures
    ]


def structureRemarks(one: CarriedStructure) -> list[str]:
    """What has to be known of one structure, in a few words each."""
    told = [f"{note.found}: {note.done}" for note in one.notes if note.name != OUTSIDE_IMAGES]
    openOnes = sum(not contour.isClosed for contour in one.structure.contours)
    points = sum(c.geometricType is GeometricType.POINT for c in one.structure.contours)
    if openOnes - points:
        told.append(f"{openOnes - points} open contours, which enclose nothing")
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
        told = f"{note.found}: {note.done}"
        yield f"{told[0].upper()}{told[1:]}."


def _number(volume: float | None) -> str:
    return NO_NUMBER if volume is None else f"{volume:.4g}"


def _change(one: CarriedStructure) -> str:
    if not one.before or one.after is None:
        return NO_NUMBER
    return f"{100 * (one.after / one.before - 1):+.1f} %"


def _lost(one: CarriedStructure) -> str:
    parts = []
    if one.undefined:
        parts.append(f"{percentage(one.undefined)} undefined")
    if one.outside:
        parts.append(f"{percentage(one.outside)} on no slice")
    return ", ".join(parts) or "nothing"
