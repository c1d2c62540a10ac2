"""The ways that pictures go, and what they say of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from IHERORegistrationLib.frames import TransformChain
from IHERORegistrationLib.pictures.annotations import RegistrationMark, RegistrationState
from IHERORegistrationLib.registration import Registration
from IHERORegistrationLib.usedRegistrations import usedRegistrations

from ..deformation import OutsideGrid
from ..frameWays import registrationWay
from ..transformSteps import isDeformable, isNumericallyInverted


@dataclass(frozen=True, eq=False)
class Ways:
    """The registrations that lead from what is shown to the frame of the base, and how they may be
    used: what holds beyond their grids, and whether by search against deformations.
    """

    registrations: Sequence[Registration]
    outsideGrid: OutsideGrid = OutsideGrid.UNDEFINED
    numericalInverse: bool = False

    def way(self, fromFrame: str, toFrame: str) -> TransformChain:
        """See registrationWay for what is raised."""
        return registrationWay(
            self.registrations,
            fromFrame,
            toFrame,
            numericalInverse=self.numericalInverse,
            outsideGrid=self.outsideGrid,
        )

    @property
    def remarks(self) -> tuple[str, ...]:
        """For the legend."""
        rigid = self.outsideGrid is OutsideGrid.RIGID
        return ("beyond the grid the matrices alone",) if rigid else ()

    def mark(self, used: Iterable[TransformChain]) -> RegistrationMark | None:
        """What the picture says of registration; nothing if nothing needed a way."""
        ways = tuple(used)
        if not ways:
            return None
        if not any(way.transforms for way in ways):
            return RegistrationMark(RegistrationState.SAME_FRAME)
        labels = {
            one.sopInstanceUID: one.label
            for way in ways
            for one in usedRegistrations(way, self.registrations)
            if one.label
        }
        label = ", ".join(labels.values())
        if any(isNumericallyInverted(way) for way in ways):
            label = f"{label} by numerical inverse".lstrip()
        bent = any(isDeformable(way) for way in ways)
        return RegistrationMark(
            RegistrationState.DEFORMABLE if bent else RegistrationState.ON, label
        )
