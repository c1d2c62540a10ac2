"""One DICOM file as a data set, whole or with a clear error."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from pathlib import Path

from pydicom import Dataset, dcmread
from pydicom.config import disable_value_validation
from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.errors import BytesLengthException
from pydicom.uid import DeflatedExplicitVRLittleEndian

from .encodedElements import UNDEFINED_LENGTH, dataSetStart, requireWholeElements, tooDeep
from .errors import MalformedObjectError

OBJECT_STARTS = (b"\x08\x00", b"\x02\x00")  # of files without preamble, little endian
LARGEST_INFLATED = 1 << 30  # bytes of a deflated data set

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


def looksLikeDICOM(start: bytes) -> bool:
    """Whether the first 132 bytes of a file are those of a DICOM file, with or without preamble."""
    return start[128:132] == b"DICM" or (start[:2] in OBJECT_STARTS and start[3:4] == b"\0")


def datasetFromFile(path: Path, *, pixels: bool = True) -> Dataset:
    """The data set in a DICOM file; without `pixels` reading stops before Pixel Data.

    A file without Transfer Syntax UID is read as what its bytes look like; `file_meta` then still
    lacks it, which a reader can tell. Values are not validated here.

    Raises
        MalformedObjectError: there is no readable file, it is not DICOM, it is truncated, or its
        elements do not lie within each other as they say.
    """
    return datasetFromBytes(_content(path), str(path), pixels=pixels)


def datasetFromBytes(content: bytes, where: str, *, pixels: bool = True) -> Dataset:
    """The data set in the bytes of a DICOM file; `where` names it in messages. See
    `datasetFromFile`.
    """
    try:
        start = dataSetStart(content)
        inflated = _inflated(content, start)
        with disable_value_validation():
            dataset = dcmread(BytesIO(content), force=True, stop_before_pixels=not pixels)
        if len(dataset) == 0:
            raise MalformedObjectError("truncated: no attribute after the file header")
        if inflated is not None:
            content, start = inflated, 0
        isLittleEndian = bool(dataset.original_encoding[1])
        requireWholeElements(content, start, isLittleEndian=isLittleEndian, pixels=pixels)
    except MalformedObjectError as error:
        raise MalformedObjectError(f"{error}: {where}") from error
    except RecursionError:
        raise MalformedObjectError(f"{tooDeep()}: {where}") from None
    except PARSE_ERRORS as error:
        raise MalformedObjectError(f"cannot parse {where}: {error}") from error
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


def _content(path: Path) -> bytes:
    """The bytes of a file that looks like DICOM."""
    try:
        if path.exists() and not path.is_file():
            raise MalformedObjectError(f"expected a file, found something else: {path}")
        with path.open("rb") as file:
            start = file.read(132)
            if not start:
                raise MalformedObjectError(f"expected a DICOM file, found 0 bytes: {path}")
            if not looksLikeDICOM(start):
                raise MalformedObjectError(f"expected a DICOM file, found something else: {path}")
            file.seek(0)
            return file.read()
    except OSError as error:
        raise MalformedObjectError(f"cannot read {path}: {error.strerror or error}") from error


def _inflated(content: bytes, start: int) -> bytes | None:
    """The data set that begins at byte `start`, if it is deflated (PS3.5 A.5)."""
    if DeflatedExplicitVRLittleEndian.encode() not in content[:start]:
        return None
    inflating = zlib.decompressobj(-zlib.MAX_WBITS)
    inflated = inflating.decompress(content[start:], LARGEST_INFLATED)
    if inflating.unconsumed_tail:
        raise MalformedObjectError(
            f"expected a deflated data set of at most {LARGEST_INFLATED} bytes, found more"
        )
    if not inflating.eof:
        raise MalformedObjectError("truncated: the deflated data set has no end")
    return inflated
