"""Pixels of one file as stored values, checked against what the file says of them."""

from __future__ import annotations

import warnings
from io import BytesIO
from pathlib import Path

import numpy as np
from pydicom import Dataset, dcmread
from pydicom.config import disable_value_validation
from pydicom.pixels import get_decoder, pixel_array
from pydicom.uid import UID, ExplicitVRBigEndian

from .dicomFile import PARSE_ERRORS
from .errors import MalformedObjectError

PIXEL_ATTRIBUTES = (
    "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "NumberOfFrames",
    "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation",
    "ExtendedOffsetTable", "ExtendedOffsetTableLengths", "PixelData",
)  # fmt: skip
MOST_COMPRESSED = 65536  # decoded bytes per compressed byte: more is a lie, not an image


def storedValues(path: Path) -> np.ndarray:
    """The stored values of all frames of an image file, shape (frames, rows, columns), as
    integers of the size and sign that the file names; bits above High Bit are removed.

    Memory is taken only after the declared sizes were compared with the bytes at hand.

    Raises
        MalformedObjectError: the file cannot be read, holds fewer or more bytes than its size
        needs, several samples per pixel, or a compression nobody here can decode.

    Source
        DICOM PS3.3 C.7.6.3, PS3.5 8.1
    """
    try:
        with disable_value_validation():
            content = BytesIO(path.read_bytes())
            dataset = dcmread(content, force=True, specific_tags=list(PIXEL_ATTRIBUTES))
            return _values(dataset, path)
    except MemoryError as error:
        raise MalformedObjectError(f"not enough memory for the pixels of {path}") from error
    except PARSE_ERRORS as error:
        raise MalformedObjectError(f"cannot read the pixels of {path}: {error}") from error


def _values(dataset: Dataset, path: Path) -> np.ndarray:
    shape = (int(dataset.get("NumberOfFrames") or 1), int(dataset.Rows), int(dataset.Columns))
    allocated, samples = int(dataset.BitsAllocated), int(dataset.get("SamplesPerPixel") or 1)
    if samples != 1 or allocated not in (8, 16, 32) or min(shape) < 1:
        raise MalformedObjectError(
            f"expected one sample of 8, 16 or 32 bits per pixel, found {samples} of {allocated} in "
            f"{shape[0]} frames of {shape[1]} rows and {shape[2]} columns: {path}"
        )
    expected = int(np.prod(shape, dtype=object)) * allocated // 8
    syntax = UID(dataset.file_meta.get("TransferSyntaxUID", "") or "1.2.840.10008.1.2")
    data = dataset.get("PixelData") or b""
    least = -(-expected // MOST_COMPRESSED) if syntax.is_compressed else expected
    if len(data) < least or (not syntax.is_encapsulated and len(data) > expected + expected % 2):
        raise MalformedObjectError(
            f"expected {expected} bytes of pixels, found {len(data)}: {path}"
        )
    if syntax.is_encapsulated:
        return _decoded(dataset, syntax, path).reshape(shape)
    order = ">" if syntax == ExplicitVRBigEndian else "<"
    sign = "i" if int(dataset.PixelRepresentation) else "u"
    values = np.frombuffer(data, f"{order}{sign}{allocated // 8}", expected * 8 // allocated)
    return _usedBits(values.reshape(shape), dataset, path)


def _decoded(dataset: Dataset, syntax: UID, path: Path) -> np.ndarray:
    decoder = get_decoder(syntax)
    if not decoder.is_available:
        raise MalformedObjectError(f"{syntax.name} cannot be decoded here: {path}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # of a decoder: a guess about what the bytes mean
            return pixel_array(dataset)
    except (RuntimeError, Warning) as error:
        reason = str(error).splitlines()[0]
        raise MalformedObjectError(f"cannot decode {syntax.name} in {path}: {reason}") from error


def _usedBits(values: np.ndarray, dataset: Dataset, path: Path) -> np.ndarray:
    """`values` without the bits that are none of the pixel's, and with its sign extended."""
    allocated, stored = int(dataset.BitsAllocated), int(dataset.BitsStored)
    high = int(dataset.HighBit)
    if not 0 < stored <= high + 1 <= allocated:
        raise MalformedObjectError(
            f"expected bits that fit {allocated}, found {stored} up to bit {high}: {path}"
        )
    signed = values.dtype.kind == "i"
    least, most = (-(1 << stored - 1), (1 << stored - 1) - 1) if signed else (0, (1 << stored) - 1)
    if high + 1 == stored and values.min() >= least and values.max() <= most:
        return values
    native = values.astype(values.dtype.newbyteorder("="))
    native <<= allocated - 1 - high
    native >>= allocated - stored
    return native
