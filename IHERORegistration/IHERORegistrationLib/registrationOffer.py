"""What a user is told of a registration before it is loaded."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from .macros import spelledDate
from .offer import Offer, madeLine, offered
from .registration import allNotes
from .sentences import frameName


def registrationOffer(
    registration: Any, kind: str, names: Mapping[str, str], atHand: Collection[str]
) -> Offer:
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
    return offered(
        f"{kind}: {from_} → {registered}",
        (
            ": ".join(filter(None, (registration.label, registration.description))),
            madeLine(registration.producer, spelledDate(registration.contentDate)),
        ),
        referencedImages(registration),
        atHand,
        allNotes(registration),
    )


def referencedImages(registration: Any) -> tuple[str, ...]:
    """SOP Instance UIDs of all images that its items or its reference module name, each once."""
    used = (image.sopInstanceUID for item in registration.items for image in item.images)
    listed = (one.sopInstanceUID for series in registration.series for one in series)
    return tuple(dict.fromkeys((*used, *listed)))
