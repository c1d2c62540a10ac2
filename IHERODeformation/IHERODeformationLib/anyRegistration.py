"""Registration objects of both kinds, known by their content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydicom import Dataset

from IHERORegistrationLib.dicomFile import datasetFromFile
from IHERORegistrationLib.reader import NOTHING_AT_HAND, registrationFromDataset
from IHERORegistrationLib.registration import SpatialRegistration
from IHERORegistrationLib.registrationKind import mayBeDeformable

from .deformableRegistration import DeformableSpatialRegistration
from .imageFrames import requireFramesOfImages
from .reader import deformableRegistrationFromStored
from .storedDeformation import storedDeformation

HEAD = 4096  # bytes
REGISTRATION_CLASSES = b"1.2.840.10008.5.1.4.1.1.66."  # what their SOP Class UIDs begin with

AnyRegistration = SpatialRegistration | DeformableSpatialRegistration


@dataclass(frozen=True, eq=False)
class StoredRegistration:
    """A registration and the data set that it was read from, where the vectors of a deformable one
    are read when asked for.
    """

    dataset: Dataset
    registration: AnyRegistration


def storedRegistration(
    path: Path, *, frameOfInstance: Mapping[str, str] = NOTHING_AT_HAND, strict: bool = False
) -> StoredRegistration:
    """The registration object in a DICOM file, of either kind; vectors stay in the file.

    `frameOfInstance` maps SOP Instance UIDs at hand to Frame of Reference UIDs.

    Raises
        MalformedObjectError: no value can be made of it, or `strict` is set and it needs a repair.
        FrameOfReferenceError: a frame is mapped onto itself, or images lie in another frame.
        NotInvertibleError: a matrix is a mirror or singular.
    """
    if mayBeDeformable(path):
        stored = storedDeformation(path)
        if "DeformableRegistrationSequence" in stored.header:
            deformable = deformableRegistrationFromStored(stored, strict=strict)
            requireFramesOfImages(deformable, frameOfInstance)
            return StoredRegistration(stored.header, deformable)
    dataset = datasetFromFile(path)
    rigid = registrationFromDataset(dataset, frameOfInstance=frameOfInstance, strict=strict)
    return StoredRegistration(dataset, rigid)


def anyDataset(path: Path) -> Dataset:
    """The data set in any DICOM file; vectors of a deformable registration are read when they are
    asked for.

    Raises
        MalformedObjectError: there is no readable file, it is not DICOM, or it is truncated.
    """
    if _looksLikeRegistration(path):
        header = storedDeformation(path).header
        if "DeformableRegistrationSequence" in header:
            return header
    return datasetFromFile(path)


def _looksLikeRegistration(path: Path) -> bool:
    """Whether the first bytes of a file hold the class of one, as its file header does."""
    try:
        if not path.is_file():  # a pipe would be waited for
            return False
        with path.open("rb") as file:
            return REGISTRATION_CLASSES in file.read(HEAD)
    except OSError:
        return False  # who reads the whole file tells why


def vectorBytes(registration: AnyRegistration) -> int:
    """What the vectors of all its grids take; they are not touched."""
    if isinstance(registration, SpatialRegistration):
        return 0
    grids = (item.grid for item in registration.items)
    return sum(grid.byteCount for grid in grids if grid is not None)
