"""Which registration objects a way between frames was taken from."""

from __future__ import annotations

from collections.abc import Iterable

from .frames import TransformChain
from .registration import SpatialRegistration


def usedRegistrations(
    chain: TransformChain, registrations: Iterable[SpatialRegistration]
) -> tuple[SpatialRegistration, ...]:
    """Those of `registrations` that join two frames which neighbor each other in `chain`, in the
    order of the chain.
    """
    given = tuple(registrations)
    used: dict[int, SpatialRegistration] = {}
    for step in chain.transforms:
        for number, one in enumerate(given):
            joined = ({known.fromFrame, known.toFrame} for known in one.transforms)
            if {step.fromFrame, step.toFrame} in joined:
                used.setdefault(number, one)
    return tuple(used.values())
