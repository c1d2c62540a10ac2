"""Spatial Registration files in every encoding, and their bytes changed at chosen places."""

from __future__ import annotations

import io
import struct

from pydicom import Dataset, dcmwrite
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from builders import spatialRegistration

ENCODINGS = {
    "explicit": (ExplicitVRLittleEndian, False),
    "implicit": (ImplicitVRLittleEndian, False),
    "big endian": (ExplicitVRBigEndian, False),
    "explicit, undefined lengths": (ExplicitVRLittleEndian, True),
    "implicit, undefined lengths": (ImplicitVRLittleEndian, True),
    "deflated": (DeflatedExplicitVRLittleEndian, False),
}
REGISTRATION_SEQUENCE = b"\x70\x00\x08\x03SQ"  # of an explicit little endian file
MATRIX = b"\x06\x30\xc6\x00DS"
ITEM, ITEM_END = b"\xfe\xff\x00\xe0", b"\xfe\xff\x0d\xe0"
SEQUENCE_END = b"\xfe\xff\xdd\xe0"


def encoded(encoding: str = "explicit", dataset: Dataset | None = None) -> bytes:
    """The bytes of a registration file."""
    dataset = dataset or spatialRegistration()
    dataset.file_meta.TransferSyntaxUID, isUndefined = ENCODINGS[encoding]
    if isUndefined:
        _leaveLengthsUndefined(dataset)
    buffer = io.BytesIO()
    dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()


def _leaveLengthsUndefined(dataset: Dataset) -> None:
    for element in dataset:
        if element.VR == "SQ":
            element.is_undefined_length = True
            for item in element.value:
                item.is_undefined_length_sequence_item = True
                _leaveLengthsUndefined(item)


def patched(content: bytes, found: bytes, new: bytes, after: int = 0) -> bytes:
    """`content` with `new` over what stands `after` bytes behind the last `found`."""
    at = content.rindex(found) + after
    return content[:at] + new + content[at + len(new) :]


def nested(depth: int, *, isUndefined: bool) -> bytes:
    """A registration whose Registration Sequence holds `depth` of them within each other."""
    inner = b""
    for _ in range(depth):
        if isUndefined:
            inner = ITEM + b"\xff" * 4 + inner + ITEM_END + bytes(4)
            header = REGISTRATION_SEQUENCE + bytes(2) + b"\xff" * 4
            inner = header + inner + SEQUENCE_END + bytes(4)
        else:
            inner = ITEM + struct.pack("<L", len(inner)) + inner
            inner = REGISTRATION_SEQUENCE + bytes(2) + struct.pack("<L", len(inner)) + inner
    content = encoded()
    return content[: content.index(REGISTRATION_SEQUENCE)] + inner
