"""The inspection of registration objects of both kinds."""

from __future__ import annotations

from pathlib import Path

from IHERORegistrationLib.inspection import DataBeside, Inspection, ObjectInspection
from IHERORegistrationLib.profiles.selection import conformanceFindings
from IHERORegistrationLib.registration import SpatialRegistration

from .anyRegistration import storedRegistration
from .inspection import DeformableInspection, mayBeRead


def anyInspection(file: Path, beside: DataBeside, *, strict: bool) -> ObjectInspection:
    """The inspection of the object in `file`, found by its content.

    Raises
        IHEROError: as `storedRegistration`.
    """
    stored = storedRegistration(file, frameOfInstance=beside.frameOfInstance, strict=strict)
    one = stored.registration
    few = mayBeRead(one)
    found = tuple(conformanceFindings(stored.dataset, study=beside.study, vectors=few))
    told = (found, beside.names, beside.centers, beside.atHand)
    if isinstance(one, SpatialRegistration):
        return Inspection(file, one, *told)
    return DeformableInspection(file, one, *told)
