"""Whether the bytes of a data set are what their lengths say.

pydicom ends a data set in silence where the header of an element is cut, an item is longer than
its sequence or a delimiter stands astray, and what follows is lost. Here each element has to end
within its item, each item within its sequence, and the last one at the end of the file.

Source
    DICOM PS3.5 7.1, 7.5, A.4
"""

from __future__ import annotations

import struct
from functools import cache
from typing import NamedTuple

from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32, STANDARD_VR

from .errors import MalformedObjectError

UNDEFINED_LENGTH = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
DELIMITERS = 0xFFFE  # their group
META_GROUP = b"\x02\x00"
FIRST_PIXEL_TAG = 0x7FE00000
DEEPEST = 32  # sequences within sequences; pydicom needs a stack frame or five for each

KNOWN_VRS = frozenset(vr.encode() for vr in STANDARD_VR)
LONG_VRS = frozenset(vr.encode() for vr in EXPLICIT_VR_LENGTH_32)
BULK_VRS = (b"OB", b"OW")  # of undefined length: fragments, no data sets


class _Header(NamedTuple):
    """What stands before a value, which begins at byte `value`; `vr` is empty if implicit."""

    tag: int
    vr: bytes
    length: int
    value: int


def dataSetStart(content: bytes) -> int:
    """The byte at which the data set of a DICOM file begins, after preamble and File Meta
    Information.

    Raises
        MalformedObjectError: the file ends before.
    """
    start = 132 if content[128:132] == b"DICM" else 0
    meta = _Elements(content, isLittleEndian=True)
    while content[start : start + 2] == META_GROUP:
        header = meta.header(start, False, len(content))
        start = meta.afterValue(header, False, len(content), 0)
    return start


def requireWholeElements(
    content: bytes, start: int, *, isLittleEndian: bool, pixels: bool = True
) -> None:
    """Raise unless the elements from byte `start` on fill `content`; zeros may follow them.

    Whether they are implicit they show themselves. Without `pixels` only what comes before Pixel
    Data counts.

    Raises
        MalformedObjectError: says which element lacks how many bytes, or what stands at which byte.
    """
    elements = _Elements(content, isLittleEndian)
    isImplicit = not _isUpperCase(content[start + 4 : start + 6])
    last = len(content.rstrip(b"\0"))
    found: set[int] = set()
    while start < last:
        header = elements.header(start, isImplicit, len(content))
        if header.tag >= FIRST_PIXEL_TAG and not pixels:
            return
        elements.requireElement(header, found, start)
        start = elements.afterValue(header, isImplicit, len(content), 0)


class _Elements:
    """The elements in `content`; every method is given the byte `end` that ends what holds them,
    and the byte it begins at, and returns the byte after what it names.
    """

    def __init__(self, content: bytes, isLittleEndian: bool):
        order = "<" if isLittleEndian else ">"
        self.content = content
        self.explicit = struct.Struct(f"{order}HH2sH").unpack_from
        self.implicit = struct.Struct(f"{order}HHL").unpack_from
        self.long = struct.Struct(f"{order}L").unpack_from

    def header(self, at: int, isImplicit: bool, end: int) -> _Header:
        """The header of the element or item at byte `at`."""
        if end - at < 8:
            raise MalformedObjectError(
                f"truncated: expected an element of 8 or more bytes at byte {at}, found {end - at}"
            )
        group, element, vr, length = self.explicit(self.content, at)
        tag, value = group << 16 | element, at + 8
        if isImplicit or group == DELIMITERS or not _isUpperCase(vr):
            return _Header(tag, b"", self.long(self.content, at + 4)[0], value)
        if vr not in KNOWN_VRS:
            raise MalformedObjectError(
                f"expected a value representation of {_named(tag)}, found {vr.decode()}"
            )
        if vr in LONG_VRS:
            if end - at < 12:
                raise MalformedObjectError(
                    f"truncated: expected 12 bytes before the value of {_named(tag)}, found "
                    f"{end - at}"
                )
            length, value = self.long(self.content, at + 8)[0], at + 12
        return _Header(tag, vr, length, value)

    def requireElement(self, header: _Header, found: set[int], at: int) -> None:
        """Raise if the header is no element's, or that of one that was `found` before."""
        if header.tag >> 16 == DELIMITERS:
            raise MalformedObjectError(
                f"expected an element at byte {at}, found the delimiter {_named(header.tag)}"
            )
        if header.tag in found:
            raise MalformedObjectError(f"expected {_named(header.tag)} once, found it again")
        found.add(header.tag)

    def afterValue(self, header: _Header, isImplicit: bool, end: int, depth: int) -> int:
        tag, vr, length, value = header
        known = _isKnownSequence(tag)
        isSequence = vr == b"SQ" if vr else bool(known)
        if vr and vr != b"UN" and known is not None and isSequence != known:
            raise MalformedObjectError(
                f"expected {'a sequence' if known else 'no sequence'} in {_named(tag)}, found "
                f"{vr.decode()}"
            )
        if length == UNDEFINED_LENGTH:
            if vr in BULK_VRS:
                return self.afterFragments(value, end)
            return self.afterItems(value, end, isImplicit, depth + 1, isDelimited=True)
        stop = value + length
        if stop > end:
            raise MalformedObjectError(
                f"truncated: expected {length} bytes in {_named(tag)}, found {end - value}"
            )
        if isSequence:
            self.afterItems(value, stop, isImplicit, depth + 1, isDelimited=False)
        return stop

    def afterElements(
        self, at: int, end: int, isImplicit: bool, depth: int, *, isDelimited: bool
    ) -> int:
        """After the elements of an item, and its delimiter where it has one."""
        found: set[int] = set()
        while at < end:
            header = self.header(at, isImplicit, end)
            if header.tag == ITEM_END and (isDelimited or header.value == end):
                return header.value
            self.requireElement(header, found, at)
            at = self.afterValue(header, isImplicit, end, depth)
        if isDelimited:
            raise MalformedObjectError(f"truncated: an item without end at byte {end}")
        return at

    def afterItems(
        self, at: int, end: int, isImplicit: bool, depth: int, *, isDelimited: bool
    ) -> int:
        """After the items of a sequence, and its delimiter where it has one."""
        if depth > DEEPEST:
            raise MalformedObjectError(tooDeep())
        while at < end:
            tag, _, length, value = self.header(at, True, end)
            if tag == SEQUENCE_END and (isDelimited or value == end):
                return value
            if tag != ITEM:
                raise MalformedObjectError(
                    f"expected an item of a sequence at byte {at}, found {_named(tag)}"
                )
            implicit = isImplicit or not _isUpperCase(self.content[value + 4 : value + 6])
            if length == UNDEFINED_LENGTH:
                at = self.afterElements(value, end, implicit, depth, isDelimited=True)
                continue
            at = value + length
            if at > end:
                raise MalformedObjectError(
                    f"truncated: expected an item of {length} bytes at byte {value}, found "
                    f"{end - value}"
                )
            self.afterElements(value, at, implicit, depth, isDelimited=False)
        if isDelimited:
            raise MalformedObjectError(f"truncated: a sequence without end at byte {end}")
        return at

    def afterFragments(self, at: int, end: int) -> int:
        """After the fragments of encapsulated pixels (A.4)."""
        while True:
            tag, _, length, value = self.header(at, True, end)
            if tag == SEQUENCE_END:
                return value
            if tag != ITEM or value + length > end:
                raise MalformedObjectError(
                    f"truncated: expected a fragment of pixels at byte {at}, found {_named(tag)} "
                    f"of {length} bytes where {end - value} are"
                )
            at = value + length


def tooDeep() -> str:
    """What to say of an object with too many sequences within each other."""
    return f"expected at most {DEEPEST} sequences within each other, found more"


def _isUpperCase(vr: bytes) -> bool:
    """Whether two bytes are letters of a value representation, in which case it is explicit."""
    return len(vr) == 2 and 0x40 < vr[0] < 0x5B and 0x40 < vr[1] < 0x5B


@cache
def _isKnownSequence(tag: int) -> bool | None:
    """Whether the data dictionary knows an element as a sequence; None if it does not know it."""
    return dictionary_VR(tag) == "SQ" if dictionary_has_tag(tag) else None


def _named(tag: int) -> str:
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
