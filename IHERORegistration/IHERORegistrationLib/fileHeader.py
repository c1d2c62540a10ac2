"""What DICOM files say of themselves, read quickly and without their content."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from pydicom import Dataset
from pydicom.config import disable_value_validation
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.filereader import read_partial
from pydicom.uid import DeflatedExplicitVRLittleEndian

from .dicomFile import PARSE_ERRORS, looksLikeDICOM
from .encodedElements import UNDEFINED_LENGTH
from .errors import MalformedObjectError
from .imageClasses import ENHANCED_IMAGES, IMAGE_SOP_CLASSES
from .macros import patientFromDataset, text
from .patient import Patient

# Deformation grids, surfaces, doses, contours, plans and pixels all come after it; what a
# single-frame image says of its geometry, its values and its patient comes before.
FIRST_CONTENT_TAG = 0x00640000
FIRST_PIXEL_TAG = 0x7FE00000


@dataclass(frozen=True, eq=False, repr=False)  # it would print whole headers
class StoredObject:
    """A DICOM file and its header: everything before group 0064, for enhanced multi-frame images
    everything before the pixels.
    """

    path: Path
    header: Dataset

    def text(self, keyword: str) -> str:
        """A value of the header as text; empty where there is none."""
        with disable_value_validation():
            return text(self.header, keyword)

    @cached_property
    def sopClassUID(self) -> str:
        return self.text("SOPClassUID")

    @cached_property
    def sopInstanceUID(self) -> str:
        return self.text("SOPInstanceUID")

    @cached_property
    def seriesInstanceUID(self) -> str:
        return self.text("SeriesInstanceUID")

    @cached_property
    def frame(self) -> str:
        """Frame of Reference UID; empty where the object names none."""
        return self.text("FrameOfReferenceUID")

    @cached_property
    def patient(self) -> Patient:
        with disable_value_validation():
            return patientFromDataset(self.header)


def isDICOMFile(path: Path) -> bool:
    """Whether the first bytes of a file are those of a DICOM file, with or without preamble.

    Raises
        OSError: it cannot be opened.
    """
    with path.open("rb") as file:
        return looksLikeDICOM(file.read(132))


def storedObject(path: Path) -> StoredObject:
    """The object in a DICOM file. Values are not validated.

    Raises
        MalformedObjectError: the file cannot be read, is truncated within its header, is an image
        without pixels, or does not tell its SOP Class and Instance UID.
    """
    try:
        with disable_value_validation(), path.open("rb") as file:
            header = _headerUpTo(FIRST_CONTENT_TAG, file)
            if text(header, "SOPClassUID") in ENHANCED_IMAGES:
                file.seek(0)
                header = _headerUpTo(FIRST_PIXEL_TAG, file)
            atEnd = not file.read(1)
            _requireWhole(header, path)
            stored = StoredObject(path, header)
            for keyword in ("SOPClassUID", "SOPInstanceUID"):
                if not text(header, keyword):
                    raise MalformedObjectError(f"expected {keyword}, found none: {path}")
            deflated = header.file_meta.get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian
            if atEnd and not deflated and stored.sopClassUID in IMAGE_SOP_CLASSES:
                raise MalformedObjectError(f"truncated: the image ends before its pixels: {path}")
            _ = stored.patient, stored.seriesInstanceUID, stored.frame  # can they be decoded?
    except (*PARSE_ERRORS, MemoryError) as error:
        raise MalformedObjectError(f"cannot read {path}: {error}") from error
    return stored


def headerBefore(tag: int, path: Path) -> Dataset:
    """What a DICOM file says before the element `tag`; the rest of it is not read.

    Raises
        MalformedObjectError: the file cannot be read or is truncated before.
    """
    try:
        with disable_value_validation(), path.open("rb") as file:
            header = _headerUpTo(tag, file)
            _requireWhole(header, path)
    except (*PARSE_ERRORS, MemoryError) as error:
        raise MalformedObjectError(f"cannot read {path}: {error}") from error
    return header


def _headerUpTo(tag: int, file: BinaryIO) -> Dataset:
    return read_partial(file, stop_when=lambda found, _vr, _length: found >= tag, force=True)


def _requireWhole(header: Dataset, path: Path) -> None:
    """Raise if the file ended within the last element of its header."""
    if len(header) == 0:
        return
    last: DataElement | RawDataElement = header.get_item(list(header.keys())[-1])
    if isinstance(last, RawDataElement) and last.length != UNDEFINED_LENGTH:
        found = len(last.value or b"")
        if found < last.length:
            raise MalformedObjectError(
                f"truncated: expected {last.length} bytes in {last.tag}, found {found}: {path}"
            )
