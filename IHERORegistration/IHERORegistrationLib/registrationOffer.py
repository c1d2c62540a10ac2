"""What a user is told of a registration before it is loaded."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from .macros import spelledDate
from .registration import allNotes
from .sentences import frameName, oneLine


@dataclass(frozen=True)
class RegistrationOffer:
    """A registration in plain words, without the patient's name.

    `referenced` are the SOP Instance UIDs of all images that it names. `warning` tells repairs and
    images that are missing; it is empty where there is nothing to know.
    """

    name: str
    tooltip: str
    warning: str
    referenced: tuple[str, ...]


def registrationOffer(
    registration: Any, kind: str, names: Mapping[str, str], atHand: Collection[str]
) -> RegistrationOffer:
    """The offer to load a registration of either kind: “Registration: MR “T1” → CT “Planning””.

    `kind` is the word before the colon. `names` are by frame; `atHand` holds the SOP Instance UIDs
    of the images that can be loaded.
    """
    registered = frameName(registration.registeredFrame, names)
    moved = [
        frameName(item.sourceFrame, names)
        for item in registration.items
        if item.sourceFrame != registration.registeredFrame
    ]
    from_ = ", ".join(dict.fromkeys(moved)) or "nothing"
    referenced = referencedImages(registration)
    return RegistrationOffer(
        name=oneLine(f"{kind}: {from_} → {registered}"),
        tooltip=_tooltip(registration),
        warning=_warning(registration, [uid for uid in referenced if uid not in atHand]),
        referenced=referenced,
    )


def referencedImages(registration: Any) -> tuple[str, ...]:
    """SOP Instance UIDs of all images that its items or its reference module name, each once."""
    used = (image.sopInstanceUID for item in registration.items for image in item.images)
    listed = (one.sopInstanceUID for series in registration.series for one in series)
    return tuple(dict.fromkeys((*used, *listed)))


def _tooltip(registration: Any) -> str:
    made = [f"by {registration.producer}"] if registration.producer else []
    made += [f"on {spelledDate(registration.contentDate)}"] if registration.contentDate else []
    lines = [
        ": ".join(filter(None, (registration.label, registration.description))),
        f"Made {' '.join(made)}" if made else "",
    ]
    return "\n".join(oneLine(line) for line in lines if line)


def _warning(registration: Any, missing: list[str]) -> str:
    warnings = [f"Repaired: {note}" for note in allNotes(registration) if note.repaired]
    if missing:
        count = len(referencedImages(registration))
        warnings.append(f"{len(missing)} of {count} referenced images are not in the database")
    return ". ".join(map(oneLine, warnings))
