"""What a user is told of an object before it is loaded."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from .notes import Note
from .sentences import oneLine


@dataclass(frozen=True)
class Offer:
    """An object in plain words, without the patient's name.

    `referenced` are the SOP Instance UIDs of all images that it names. `warning` tells repairs and
    images that are missing; it is empty where there is nothing to know.
    """

    name: str
    tooltip: str
    warning: str
    referenced: tuple[str, ...]


def offered(
    name: str,
    lines: Iterable[str],
    referenced: tuple[str, ...],
    atHand: Collection[str],
    notes: Iterable[Note] = (),
    remarks: Iterable[str] = (),
) -> Offer:
    """The offer under `name` with a tool tip of `lines`, of which empty ones are left out.

    `atHand` holds the SOP Instance UIDs of the images that can be loaded; `remarks` are sentences
    without a period that the user should know of.
    """
    warnings = [f"Repaired: {note}" for note in notes if note.repaired]
    missing = sum(uid not in atHand for uid in referenced)
    if missing:
        count = len(referenced)
        warnings.append(f"{missing} of {count} referenced images are not in the database")
    return Offer(
        name=oneLine(name),
        tooltip="\n".join(oneLine(line) for line in lines if line),
        warning=". ".join(map(oneLine, (*warnings, *remarks))),
        referenced=referenced,
    )


def madeLine(by: str, on: str) -> str:
    """“Made by X on 2024-01-03”, as far as both are known."""
    made = [f"by {by}"] if by else []
    made += [f"on {on}"] if on else []
    return f"Made {' '.join(made)}" if made else ""
