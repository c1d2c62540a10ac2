"""A Deformable Spatial Registration as the bytes of its file, vectors taken from where they lie."""

from __future__ import annotations

import io
import struct
from secrets import token_bytes

from pydicom import Dataset, dcmwrite
from pydicom.dataelem import DataElement

from IHERORegistrationLib.gridElement import VECTORS

from .dialects import GRID
from .vectorStream import VectorStream

MARKER_BYTES = 16  # at random: it is nowhere else in the object
HEADER = b"\x64\x00\x09\x00OF\0\0"  # of Vector Grid Data, up to its length

Streams = dict[bytes, VectorStream]  # by the marker that stands for it


def encodedPieces(dataset: Dataset) -> list[bytes | VectorStream]:
    """What the DICOM file consists of, one after the other. An object with streams is one of
    explicit VR little endian.

    pydicom encodes the object with a marker in place of each VectorStream. What holds it gets an
    undefined length: 32 bits would hold no sequence with the longest vectors, and nothing has to
    be counted.
    """
    streams: Streams = {}
    whole = _marked(dataset, ("DeformableRegistrationSequence", GRID), streams)
    whole.file_meta = dataset.file_meta
    buffer = io.BytesIO()
    dcmwrite(buffer, whole, enforce_file_format=True)
    rest = buffer.getvalue()
    pieces: list[bytes | VectorStream] = []
    for marker, stream in streams.items():
        before, rest = rest.split(HEADER + struct.pack("<L", MARKER_BYTES) + marker)
        pieces += [before + HEADER + struct.pack("<L", len(stream)), stream]
    return [*pieces, rest]


def _marked(dataset: Dataset, path: tuple[str, ...], streams: Streams) -> Dataset:
    """A copy with markers for the streams at the end of `path`, which `streams` is given; what
    does not change is shared.
    """
    copied = Dataset()
    copied.update(dataset)
    if not path and isinstance(dataset.get(VECTORS), VectorStream):
        marker = token_bytes(MARKER_BYTES)
        streams[marker] = dataset[VECTORS].value
        copied[VECTORS] = DataElement(VECTORS, "OF", marker)
    elif path and path[0] in dataset:
        items = [_marked(item, path[1:], streams) for item in dataset[path[0]].value]
        for item in items:
            item.is_undefined_length_sequence_item = True
        copied[path[0]] = DataElement(path[0], "SQ", items)
        copied[path[0]].is_undefined_length = True
    return copied
