"""No byte of a data set is lost in silence: every length has to be true."""

from __future__ import annotations

import io

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32

from encodedRegistrations import (
    ENCODINGS,
    ITEM,
    MATRIX,
    REGISTRATION_SEQUENCE,
    encoded,
    nested,
    patched,
)
from IHERORegistrationLib.encodedElements import dataSetStart, requireWholeElements
from IHERORegistrationLib.errors import MalformedObjectError

PIXEL_DATA = b"\xe0\x7f\x10\0"
UNCOMPRESSED = [name for name in ENCODINGS if name != "deflated"]


def requireWhole(content: bytes, encoding: str = "explicit", **options: bool) -> None:
    isLittleEndian = encoding != "big endian"
    requireWholeElements(content, dataSetStart(content), isLittleEndian=isLittleEndian, **options)


def elementStarts(content: bytes) -> set[int]:
    """Where the elements of the data set itself begin, by pydicom."""
    dataset = dcmread(io.BytesIO(content))
    isImplicit, _ = dataset.original_encoding
    starts = set()
    for element in map(dataset.get_item, dataset.keys()):
        value = element.value_tell if element.is_raw else element.file_tell
        starts.add(value - (12 if element.VR in EXPLICIT_VR_LENGTH_32 and not isImplicit else 8))
    return starts


@pytest.mark.parametrize("encoding", UNCOMPRESSED)
def test_a_whole_data_set_is_whole(encoding):
    requireWhole(encoded(encoding), encoding)


@pytest.mark.parametrize("encoding", UNCOMPRESSED)
def test_a_cut_anywhere_but_between_two_elements_is_told(encoding):
    content = encoded(encoding)
    starts = elementStarts(content)
    silent = starts | {start + 1 for start in starts if content[start] == 0}  # or padding
    told = 0
    for cut in set(range(dataSetStart(content) + 1, len(content))) - silent:
        with pytest.raises(MalformedObjectError):
            requireWhole(content[:cut], encoding)
        told += 1
    assert told > 1800


@pytest.mark.parametrize("file", ["MR_small.dcm", "rtplan.dcm", "JPEG2000.dcm", "UN_sequence.dcm"])
def test_files_of_others_are_whole(file):
    with open(get_testdata_file(file), "rb") as opened:
        requireWhole(opened.read())


def test_zeros_may_follow():
    requireWhole(encoded() + bytes(512))


@pytest.mark.parametrize(
    ("found", "after", "new", "message"),
    [
        (REGISTRATION_SEQUENCE, 4, b"OB", r"expected a sequence in \(0070,0308\), found OB"),
        (REGISTRATION_SEQUENCE, 4, b"LO", r"expected a sequence in \(0070,0308\), found LO"),
        (REGISTRATION_SEQUENCE, 4, b"XX", r"value representation of \(0070,0308\), found XX"),
        (REGISTRATION_SEQUENCE, 8, b"\xfe\xff\xff\xff", "expected 4294967294 bytes in"),
        (REGISTRATION_SEQUENCE, 8, b"\x10\0\0\0", "expected an item of 496 bytes .* found 8"),
        (REGISTRATION_SEQUENCE, 8, b"\0\0\0\0", r"found the delimiter \(FFFE,E000\)"),
        (REGISTRATION_SEQUENCE, 8, b"\xff\xff\xff\xff", "a sequence without end"),
        (REGISTRATION_SEQUENCE, 12, b"\xad\xde", r"expected an item .* found \(DEAD,E000\)"),
        (REGISTRATION_SEQUENCE, 16, b"\xf0\xff\xff\xff", "expected an item of 4294967280 bytes"),
        (REGISTRATION_SEQUENCE, 16, b"\0\0\0\0", r"expected an item .* found \(0008,1140\)"),
        (REGISTRATION_SEQUENCE, 16, b"\xff\xff\xff\xff", r"found the delimiter \(FFFE,E000\)"),
        (MATRIX, 4, b"SQ", r"expected no sequence in \(3006,00C6\), found SQ"),
        (MATRIX, 6, b"\xff\xff", r"expected 65535 bytes in \(3006,00C6\)"),
        (MATRIX, 6, b"\x10\0", "truncated|expected"),
        (MATRIX, 0, ITEM, "found the delimiter"),
    ],
)
def test_what_does_not_lie_within_what_holds_it_is_told(found, after, new, message):
    with pytest.raises(MalformedObjectError, match=message):
        requireWhole(patched(encoded(), found, new, after))


def test_an_element_that_stands_twice_is_told():
    content = encoded()
    last = content[content.index(REGISTRATION_SEQUENCE) :]
    with pytest.raises(MalformedObjectError, match=r"expected \(0070,0308\) once"):
        requireWhole(content + last)


@pytest.mark.parametrize("isUndefined", [False, True])
def test_sequences_lie_within_each_other_up_to_a_depth(isUndefined):
    requireWhole(nested(32, isUndefined=isUndefined))
    with pytest.raises(MalformedObjectError, match="at most 32 sequences within each other"):
        requireWhole(nested(33, isUndefined=isUndefined))


def test_pixels_count_only_where_they_are_wanted():
    with open(get_testdata_file("MR_small.dcm"), "rb") as opened:
        content = opened.read()
    cut = content[: content.index(PIXEL_DATA) + 5000]
    requireWhole(cut, pixels=False)
    with pytest.raises(MalformedObjectError, match="expected 8192 bytes in"):
        requireWhole(cut)


def test_a_missing_fragment_of_compressed_pixels_is_told():
    with open(get_testdata_file("JPEG2000.dcm"), "rb") as opened:
        content = opened.read()
    with pytest.raises(MalformedObjectError, match="fragment"):
        requireWhole(content[: content.index(PIXEL_DATA) + 200])
