"""A Deformable Spatial Registration file without its vectors: they stay where they are.

The file is walked once from the front. What is passed is kept, except the values of Vector Grid
Data, of which only the first number is; their places are noted, and the lengths of what encloses
them lowered accordingly. What is kept is a DICOM file of its own, which pydicom reads as any other.

Source
    DICOM PS3.5 7, A; PS3.10 7.1
"""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydicom import DataElement, Dataset, dcmread
from pydicom.config import disable_value_validation
from pydicom.dataelem import RawDataElement
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
)
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32, VR

from IHERORegistrationLib.dicomFile import PARSE_ERRORS, looksLikeDICOM
from IHERORegistrationLib.encodedElements import (
    DEEPEST,
    ITEM,
    ITEM_END,
    SEQUENCE_END,
    UNDEFINED_LENGTH,
    requireWholeElements,
    tooDeep,
)
from IHERORegistrationLib.errors import MalformedObjectError

from .byteSource import FileBytes, FileState, InflatedBytes
from .vectorGridData import BytesDeflated, BytesInFile, DeferredVectors, StoredBytes

PATH = (0x00640002, 0x00640005, 0x00640009)  # registrations, grids, vectors
TRANSFER_SYNTAX = 0x00020010
KEPT_BYTES = 4  # of the vectors: pydicom forgets the VR of an element without a value
LONGEST_HEADER = 1 << 28  # bytes beside the vectors; only a crafted deflated file has more


@dataclass(frozen=True, eq=False)
class StoredDeformation:
    """`header`: the data set; its Vector Grid Data is read when asked for. `vectors`: what lies
    there, by the numbers, from 1, of the registration item and of the grid item in it.
    """

    header: Dataset
    vectors: dict[tuple[int, int], StoredBytes]


def storedDeformation(path: Path) -> StoredDeformation:
    """The object in a DICOM file; its vectors are not read.

    Raises
        MalformedObjectError: there is no readable file, it is not DICOM, or it is truncated.
    """
    try:
        if path.exists() and not path.is_file():
            raise MalformedObjectError(f"expected a file, found something else: {path}")
        with path.open("rb") as file:
            walk = _Walk(FileBytes(file, path), path, FileState.of(file))
            walk.start(file)
            walk.elements((), None)
    except OSError as error:
        raise MalformedObjectError(f"cannot read {path}: {error.strerror or error}") from error
    return StoredDeformation(_withVectors(_parsed(walk, path), walk.vectors, path), walk.vectors)


def _parsed(walk: _Walk, path: Path) -> Dataset:
    content = bytes(walk.kept)
    try:
        requireWholeElements(content, walk.metaLength, isLittleEndian=walk.order == "<")
        if walk.deflated:
            packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
            meta = content[: walk.metaLength]
            content = meta + packer.compress(content[walk.metaLength :]) + packer.flush()
        with disable_value_validation():
            return dcmread(io.BytesIO(content), force=True)
    except MalformedObjectError as error:
        raise MalformedObjectError(f"{error}: {path}") from error
    except PARSE_ERRORS as error:
        raise MalformedObjectError(f"cannot parse {path}: {error}") from error


def _withVectors(
    header: Dataset, vectors: dict[tuple[int, int], StoredBytes], path: Path
) -> Dataset:
    """`header` itself, its Vector Grid Data being streams."""
    try:
        for (number, gridNumber), data in vectors.items():
            item = header.DeformableRegistrationSequence[number - 1]
            grid = item.DeformableRegistrationGridSequence[gridNumber - 1]
            grid[PATH[2]] = _deferred(grid.get_item(PATH[2]), data)
    except PARSE_ERRORS as error:
        raise MalformedObjectError(f"cannot parse {path}: {error}") from error
    return header


def _deferred(
    element: DataElement | RawDataElement, data: StoredBytes
) -> DataElement | RawDataElement:
    """`element` with the whole value. One of VR UN stays raw: pydicom takes no stream for it."""
    stream: Any = DeferredVectors(data)
    if isinstance(element, RawDataElement) and element.VR not in (None, "OF", "OB", "OW"):
        return element._replace(value=stream, length=data.byteCount)
    return DataElement(PATH[2], element.VR or "OF", stream)


@dataclass
class _Walk:
    """One way through the elements of a file."""

    source: FileBytes | InflatedBytes
    path: Path
    state: FileState
    kept: bytearray = field(default_factory=bytearray)
    vectors: dict[tuple[int, int], StoredBytes] = field(default_factory=dict)
    implicit: bool = False
    order: str = "<"
    deflated: bool = False
    metaLength: int = 0

    def start(self, file: io.BufferedReader) -> None:
        """Pass preamble and file meta information, and learn the transfer syntax."""
        start = file.read(132)
        file.seek(0)
        if not looksLikeDICOM(start):
            found = "something else" if start else "0 bytes"
            raise MalformedObjectError(f"expected a DICOM file, found {found}: {self.path}")
        if start[128:] == b"DICM":
            self._take(132)
        syntax = ""
        while file.peek(2)[:2] == b"\x02\x00":
            tag, _, length, _ = self._elementHeader(False)
            value = self._take(length)
            if tag == TRANSFER_SYNTAX:
                syntax = value.decode("latin-1").strip("\0 ")
        self.metaLength = len(self.kept)
        self.implicit = syntax == ImplicitVRLittleEndian
        self.order = ">" if syntax == ExplicitVRBigEndian else "<"
        self.deflated = syntax == DeflatedExplicitVRLittleEndian
        if self.deflated:
            self.source = InflatedBytes(file, self.path)
        elif not syntax:
            self._guess(file.peek(6)[:6])

    def _guess(self, first: bytes) -> None:
        """The byte layout that the first element shows, as pydicom finds it."""
        self.implicit = first[4:6].decode("latin-1") not in list(VR)
        if not self.implicit and first[:2] in (b"\0\x04", b"\0\x08"):
            self.order = ">"

    def elements(
        self, numbers: tuple[int, ...], end: int | None, implicit: bool | None = None
    ) -> int:
        """Pass the elements of the data set, or of the item `numbers`, up to the position `end`,
        or to its delimiter. Returns how many bytes of vectors were left out.
        """
        implicit = self.implicit if implicit is None else implicit
        wanted = PATH[len(numbers)] if len(numbers) < len(PATH) else None
        left = 0
        while not (self.source.atEnd() if end is None and not numbers else self._reached(end)):
            tag, vr, length, place = self._elementHeader(implicit)
            if tag == ITEM_END and numbers:
                break
            self._requireRoom(length, end)
            if tag == PATH[2] and len(numbers) == 2:
                left += self._leaveOut(numbers, vr, length, place)
            elif tag == wanted and length and vr in ("SQ", "UN", ""):
                left += self._sequence(numbers, length, place, implicit or vr == "UN")
            elif length == UNDEFINED_LENGTH:
                self._passUndefined(implicit or vr == "UN")
            else:
                self._take(length)
        return left

    def _reached(self, end: int | None) -> bool:
        if end is not None and self.source.position > end:
            raise MalformedObjectError(f"an element is longer than what holds it: {self.path}")
        return end is not None and self.source.position == end

    def _requireRoom(self, length: int, end: int | None) -> None:
        if length != UNDEFINED_LENGTH and end is not None and self.source.position + length > end:
            raise MalformedObjectError(f"an element is longer than what holds it: {self.path}")

    def _sequence(self, numbers: tuple[int, ...], length: int, place: int, implicit: bool) -> int:
        """Pass the items of a sequence; `place` is where its length is kept."""
        end = None if length == UNDEFINED_LENGTH else self.source.position + length
        left, number = 0, 0
        while not self._reached(end):
            tag, itemLength, itemPlace = self._itemHeader()
            if tag == SEQUENCE_END:
                break
            if tag != ITEM:
                raise MalformedObjectError(f"expected an item, found tag {tag:08X}: {self.path}")
            number += 1
            self._requireRoom(itemLength, end)
            itemEnd = None if itemLength == UNDEFINED_LENGTH else self.source.position + itemLength
            inside = self.elements((*numbers, number), itemEnd, implicit)
            self._lower(itemPlace, itemLength, inside)
            left += inside
        self._lower(place, length, left)
        return left

    def _leaveOut(self, numbers: tuple[int, ...], vr: str, length: int, place: int) -> int:
        """Note where the vectors lie and pass them by; returns how many bytes are left out."""
        if length == UNDEFINED_LENGTH:
            raise MalformedObjectError(
                f"expected vectors of a known length, found an undefined one: {self.path}"
            )
        item, grid = numbers
        offset = self.source.position
        if self.deflated:
            found: StoredBytes = BytesDeflated(
                self.path, self.state, self.metaLength, offset, length
            )
        else:
            little = self.order == "<" or vr in ("OB", "UN")
            found = BytesInFile(self.path, self.state, offset, length, little)
        self.vectors[(item, grid)] = found
        here = min(length, KEPT_BYTES)
        self._take(here)
        self.source.skip(length - here)
        if place < 0:  # a length of 16 bits, as under a made-up VR
            raise MalformedObjectError(f"expected VR OF, found {vr!r}: VectorGridData, {self.path}")
        self._lower(place, length, length - here)
        return length - here

    def _passUndefined(self, implicit: bool, depth: int = 0) -> None:
        """Pass the items of a sequence, or the fragments of a value, of undefined length."""
        if depth > DEEPEST:
            raise MalformedObjectError(f"{tooDeep()}: {self.path}")
        while True:
            tag, length, _ = self._itemHeader()
            if tag == SEQUENCE_END:
                return
            if length != UNDEFINED_LENGTH:
                self._take(length)
                continue
            while True:
                inner, vr, innerLength, _ = self._elementHeader(implicit)
                if inner == ITEM_END:
                    break
                if innerLength == UNDEFINED_LENGTH:
                    self._passUndefined(implicit or vr == "UN", depth + 1)
                else:
                    self._take(innerLength)

    def _elementHeader(self, implicit: bool) -> tuple[int, str, int, int]:
        """Tag, VR (empty if implicit), length, and where the 32-bit length is kept (else -1)."""
        start = self._take(8)
        group, element = struct.unpack(f"{self.order}HH", start[:4])
        tag, vr = group << 16 | element, start[4:6]
        if implicit or group == 0xFFFE or not b"AA" <= vr <= b"ZZ":
            (length,) = struct.unpack(f"{self.order}L", start[4:])
            return tag, "", length, len(self.kept) - 4
        name = vr.decode("latin-1")
        if name in EXPLICIT_VR_LENGTH_32:
            (length,) = struct.unpack(f"{self.order}L", self._take(4))
            return tag, name, length, len(self.kept) - 4
        (length,) = struct.unpack(f"{self.order}H", start[6:])
        return tag, name, length, -1

    def _itemHeader(self) -> tuple[int, int, int]:
        group, element, length = struct.unpack(f"{self.order}HHL", self._take(8))
        return group << 16 | element, length, len(self.kept) - 4

    def _lower(self, place: int, length: int, by: int) -> None:
        if by and length != UNDEFINED_LENGTH:
            struct.pack_into(f"{self.order}L", self.kept, place, length - by)

    def _take(self, count: int) -> bytes:
        if len(self.kept) + count > LONGEST_HEADER:
            raise MalformedObjectError(
                f"expected at most {LONGEST_HEADER} bytes beside the vectors: {self.path}"
            )
        value = self.source.read(count)
        self.kept += value
        return value
