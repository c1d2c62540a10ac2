"""Pixels of an RT Dose as stored integers, checked before they are trusted."""

from __future__ import annotations

import numpy as np
from pydicom import Dataset
from pydicom.uid import UID, ImplicitVRLittleEndian

from .errors import MalformedObjectError
from .macros import text

WHOLE_NUMBERS = {(16, 0): "u2", (16, 1): "i2", (32, 0): "u4", (32, 1): "i4"}


def storedDose(dataset: Dataset, frames: int) -> np.ndarray:
    """Stored values, shape (frames, rows, columns), integers of 16 or 32 bits.

    Raises
        MalformedObjectError: bits that a dose cannot have, or another number of bytes than rows,
        columns and frames need.

    Source
        DICOM PS3.3 C.8.8.3.4
    """
    bits, stored, high, signed, samples = (
        _number(dataset, keyword)
        for keyword in (
            "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "SamplesPerPixel"
        )
    )  # fmt: skip
    if (bits, signed) not in WHOLE_NUMBERS or stored != bits or high != bits - 1 or samples != 1:
        raise MalformedObjectError(
            "expected one sample of 16 or 32 bits, all stored, found "
            f"{samples} of {bits} with {stored} stored, high bit {high}, representation {signed}"
        )
    if "PixelData" not in dataset:
        raise MalformedObjectError("expected Pixel Data, found none in the dose")
    rows, columns = _number(dataset, "Rows"), _number(dataset, "Columns")
    shape = (frames, rows, columns)
    meta = getattr(dataset, "file_meta", None)
    syntax = UID(text(meta, "TransferSyntaxUID") if meta else "") or ImplicitVRLittleEndian
    if syntax.is_encapsulated:
        return np.asarray(dataset.pixel_array).reshape(shape)
    content = bytes(dataset.PixelData)
    expected = frames * rows * columns * bits // 8
    if len(content) not in (expected, expected + expected % 2):
        raise MalformedObjectError(
            f"expected {expected} bytes of Pixel Data ({columns} × {rows} × {frames}), found "
            f"{len(content)}"
        )
    order = "<" if syntax.is_little_endian else ">"
    kind = np.dtype(order + WHOLE_NUMBERS[bits, signed])
    return np.frombuffer(content[:expected], kind).reshape(shape)


def _number(dataset: Dataset, keyword: str) -> int:
    found = text(dataset, keyword)
    if not found.isdecimal():
        raise MalformedObjectError(f"expected a number, found {found[:40]!r} in {keyword}")
    return int(found)
