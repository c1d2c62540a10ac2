"""Which registration objects a way between frames was taken from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from .frames import TransformChain
from .registration import Registration

One = TypeVar("One", bound=Registration)


def usedRegistrations(chain: TransformChain, registrations: Iterable[One]) -> tuple[One, ...]:
    """Those of `registrations` that join two frames which neighbor each other in `chain`, in the
    order of the chain.
    """
    given = tuple(registrations)
    used: dict[int, One] = {}
    for step in chain.transforms:
        for number, one in enumerate(given):
            joined = ({known.fromFrame, known.toFrame} for known in one.transforms)
            if {step.fromFrame, step.toFrame} in joined:
                used.setdefault(number, one)
    return tuple(used.values())


def readingRemarks(used: Iterable[Registration]) -> tuple[str, ...]:
    """A sentence for each of `used` that the user chose to read otherwise than the standard."""
    return tuple(
        f"Registration {one.sopInstanceUID} was read as {one.readAs}, chosen by the user."
        for one in used
        if one.readAs
    )
