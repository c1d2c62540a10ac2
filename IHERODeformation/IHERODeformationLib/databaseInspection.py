"""Registration objects in Slicer's DICOM database, judged alone."""

from __future__ import annotations

from pathlib import Path

from IHERORegistrationLib.databaseImages import DatabaseImages
from IHERORegistrationLib.databaseRegistrations import besides
from IHERORegistrationLib.inspection import Inspection, ObjectInspection
from IHERORegistrationLib.profiles.selection import conformanceFindings, defaultProfiles
from IHERORegistrationLib.registration import SpatialRegistration

from .anyRegistration import storedRegistration
from .inspection import DeformableInspection, mayBeRead


def databaseInspection(path: Path, images: DatabaseImages) -> ObjectInspection:
    """The object in a file, found by its content, as consumer; vectors as in `mayBeRead`.

    Raises
        IHEROError: no value can be made of it.
    """
    stored = storedRegistration(path, frameOfInstance=images)
    one = stored.registration
    found = tuple(conformanceFindings(stored.dataset, vectors=mayBeRead(one)))
    profiles = tuple(profile.name for profile in defaultProfiles(stored.dataset))
    told = (found, *besides(one, images), profiles)
    if isinstance(one, SpatialRegistration):
        return Inspection(path, one, *told)
    return DeformableInspection(path, one, *told)
