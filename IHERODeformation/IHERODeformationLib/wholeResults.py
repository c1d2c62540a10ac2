"""Results of which nothing may be undefined, for who wants all or nothing."""

from __future__ import annotations

from IHERORegistrationLib.carriedSet import CarriedStructureSet
from IHERORegistrationLib.errors import UndefinedSpaceError
from IHERORegistrationLib.sentences import percentage

from .doseDeformer import DeformedDose
from .imageDeformer import DeformedSeries

ASKED = "nothing was made, as it was asked to stop there"


def requireWholeStructures(carried: CarriedStructureSet) -> None:
    """Raise unless the registration defines every part of every structure.

    Raises
        UndefinedSpaceError: so it does not; says of which how much.
    """
    lost = [
        f"{percentage(one.undefined)} of {one.structure.name}"
        for one in carried.structures
        if one.undefined > 0
    ]
    if lost:
        raise UndefinedSpaceError(f"the registration does not define {', '.join(lost)}: {ASKED}")


def requireWholeImage(made: DeformedSeries) -> None:
    """Raise unless the registration defines every voxel.

    Raises
        UndefinedSpaceError: so it does not; says how many it does not.
    """
    if made.undefined:
        raise UndefinedSpaceError(
            f"the registration does not define {made.undefined} of {made.voxels} voxels: {ASKED}"
        )


def requireWholeDose(dose: DeformedDose) -> None:
    """Raise unless all of the source arrives.

    Raises
        UndefinedSpaceError: so it does not; says how much of the integral dose is lost.
    """
    lost = dose.unreached
    if lost.voxels:
        raise UndefinedSpaceError(
            f"{percentage(lost.share)} of the integral dose arrives nowhere, in {lost.voxels} "
            f"voxels of the source: {ASKED}"
        )
