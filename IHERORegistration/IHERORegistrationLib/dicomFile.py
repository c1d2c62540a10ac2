"""One DICOM file as a data set, whole or with a clear error."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import BinaryIO

from pydicom import Dataset, dcmread
from pydicom.config import disable_value_validation
from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.errors import BytesLengthException, InvalidDicomError

from .errors import MalformedObjectError

UNDEFINED_LENGTH = 0xFFFFFFFF
SEQUENCE_DELIMITER = (b"\xfe\xff\xdd\xe0\0\0\0\0", b"\xff\xfe\xe0\xdd\0\0\0\0")

# What the parser raises on bytes that are not what they claim to be.
PARSE_ERRORS = (
    OSError,
    EOFError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    NotImplementedError,
    RecursionError,
    BytesLengthException,
    struct.error,
    zlib.error,
)


def datasetFromFile(path: Path, *, pixels: bool = True) -> Dataset:
    """The data set in a DICOM file; without `pixels` reading stops before Pixel Data.

    A file without Transfer Syntax UID is read as what its bytes look like; `file_meta` then still
    lacks it, which a reader can tell. Values are not validated here.

    Raises
        MalformedObjectError: there is no readable file, it is not DICOM, or it is truncated.
    """
    try:
        with disable_value_validation(), path.open("rb") as file:
            if not path.is_file():
                raise MalformedObjectError(f"expected a file, found something else: {path}")
            dataset = _parsed(file, path, pixels)
            if pixels:
                _requireEnd(file, dataset, path)
            requireWhole(dataset, str(path))
    except OSError as error:
        raise MalformedObjectError(f"cannot read {path}: {error.strerror or error}") from error
    return dataset


def requireWhole(dataset: Dataset, where: str) -> None:
    """Raise if an element, at any depth, holds fewer bytes than it declares.

    Raises
        MalformedObjectError: naming the element and both byte counts.
    """
    for tag in list(dataset.keys()):
        element: DataElement | RawDataElement = dataset.get_item(tag)
        if isinstance(element, RawDataElement):
            found = len(element.value or b"")
            if element.length not in (UNDEFINED_LENGTH, found) and element.value is not None:
                raise MalformedObjectError(
                    f"truncated: expected {element.length} bytes in {tag}, found {found}: {where}"
                )
        if _isSequence(dataset, tag):
            try:
                items = dataset[tag].value or ()
            except PARSE_ERRORS as error:
                raise MalformedObjectError(f"cannot read {tag}: {error}: {where}") from error
            for item in items:
                requireWhole(item, where)


def _isSequence(dataset: Dataset, tag: int) -> bool:
    element: DataElement | RawDataElement = dataset.get_item(tag)
    if element.VR is None:  # implicit VR; asking the data set would convert every value
        return dictionary_has_tag(tag) and dictionary_VR(tag) == "SQ"
    return element.VR == "SQ"


def _parsed(file: BinaryIO, path: Path, pixels: bool) -> Dataset:
    start = file.read(132)
    if not start:
        raise MalformedObjectError(f"expected a DICOM file, found 0 bytes: {path}")
    file.seek(0)
    try:
        dataset = dcmread(file, force=True, stop_before_pixels=not pixels)
    except InvalidDicomError:
        raise MalformedObjectError(f"expected a DICOM file, found something else: {path}") from None
    except PARSE_ERRORS as error:
        raise MalformedObjectError(f"cannot parse {path}: {error}") from error
    if start[128:] != b"DICM" and "SOPClassUID" not in dataset:
        raise MalformedObjectError(f"expected a DICOM file, found something else: {path}")
    if len(dataset) == 0:
        raise MalformedObjectError(f"truncated: no attribute after the file header: {path}")
    return dataset


def _requireEnd(file: BinaryIO, dataset: Dataset, path: Path) -> None:
    """Raise if the file ends inside its last sequence or inside an element's header."""
    deflated = "1.2.840.10008.1.2.1.99"
    if dataset.file_meta.get("TransferSyntaxUID") == deflated:
        return
    last = dataset.get_item(max(dataset.keys()))
    if last is not None and getattr(last, "length", 0) == UNDEFINED_LENGTH:
        file.seek(-8, 2)
        if file.read(8) not in SEQUENCE_DELIMITER:
            raise MalformedObjectError(f"truncated: the last sequence has no end: {path}")
