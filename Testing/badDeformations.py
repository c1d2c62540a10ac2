"""Deformable registrations of which no value can be made, or which are refused, each by its kind."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

from pydicom.config import disable_value_validation
from pydicom.dataelem import DataElement
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    DeformableSpatialRegistrationStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    SpatialRegistrationStorage,
)

import builders
from breaking import change
from brokenDeformations import (
    GRID,
    GRIDS,
    ITEMS,
    POST_MATRIX,
    PRE_MATRIX,
    PRES,
    REGISTERED,
    SOURCE,
)
from builders import ABSENT, IDENTITY, MATRIX, ctSeries, ds
from deformationCases import encoded
from deformedObjects import (
    declared,
    deformation,
    grid,
    vectors,
)
from refusals import NO_VALUE, REFUSED

MIRROR = (-1, 0, 0, 3, 0, 1, 0, 4, 0, 0, 1, 5, 0, 0, 0, 1)
SINGULAR = (1, 0, 0, 3, 0, 1, 0, 4, 0, 1, 0, 5, 0, 0, 0, 1)
NAN, INF = float("nan"), float("inf")
VECTORS = b"\x64\x00\x09\x00OF\0\0"  # what they begin with, up to their length

Kind = tuple[Callable[[], bytes], int, str]


# Objects that no command takes


def spoiled(changes: dict[str, object]) -> Callable[[], bytes]:
    """The conformant object with the attributes at these paths replaced."""

    def make() -> bytes:
        dataset = deformation()
        with disable_value_validation():
            for path, value in changes.items():
                change(dataset, path, value)
        return encoded(dataset)

    return make


def inGrid(**values: object) -> Callable[[], bytes]:
    return spoiled({f"{GRID}/{keyword}": value for keyword, value in values.items()})


def patched(before: bytes, after: bytes) -> Callable[[], bytes]:
    """Bytes of the encoded object replaced at their last place, which is in the source item."""

    def make() -> bytes:
        head, found, tail = encoded(deformation()).rpartition(before)
        assert found
        return head + after + tail

    return make


def implicitly(keyword: str, value: bytes) -> Callable[[], bytes]:
    """Bytes in the grid where every reader takes the representation from the dictionary."""

    def make() -> bytes:
        dataset = deformation()
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
        grids = dataset[ITEMS][1].DeformableRegistrationGridSequence
        grids[0][keyword] = DataElement(keyword, "OB", value)
        return encoded(dataset)

    return make


def inSyntax(syntax: str, declaredAs: str) -> bytes:
    """The object in a transfer syntax, its file header naming another."""
    dataset = deformation()
    dataset.file_meta.TransferSyntaxUID = syntax
    content = encoded(dataset)
    start = content.index(b"\x02\0\x10\0UI") + 6
    (length,) = struct.unpack("<H", content[start : start + 2])
    uid = declaredAs.encode() + b"\0" * (len(declaredAs) % 2)
    changed = content[:start] + struct.pack("<H", len(uid)) + uid + content[start + 2 + length :]
    (metaLength,) = struct.unpack("<L", content[140:144])
    return changed[:140] + struct.pack("<L", metaLength + len(uid) - length) + changed[144:]


def cut(share: float) -> Callable[[], bytes]:
    return lambda: (lambda whole: whole[: int(len(whole) * share)])(encoded(deformation()))


def deflated(size: int, there: int) -> bytes:
    """A file whose deflated data set is a comment of `size` bytes, zeros of which `there` are."""
    dataset = deformation()
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    whole = encoded(dataset)
    (metaLength,) = struct.unpack("<L", whole[140:144])
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    head = b"\x20\0\0\x40UT\0\0" + struct.pack("<L", size) if size else b""
    parts = [packer.compress(head), *(packer.compress(bytes(1 << 20)) for _ in range(there >> 20))]
    return whole[: 144 + metaLength] + b"".join(parts) + packer.flush()


def nested(depth: int) -> bytes:
    """Sequences of undefined length within each other before the registrations."""
    opening = b"\x40\x00\x60\x02SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    closing = b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0"
    whole = encoded(deformation())
    place = whole.index(b"\x64\x00\x02\x00SQ")
    return whole[:place] + opening * depth + closing * depth + whole[place:]


def rigidInDeformableClass() -> bytes:
    dataset = builders.spatialRegistration(SOPClassUID=DeformableSpatialRegistrationStorage)
    dataset.file_meta.MediaStorageSOPClassUID = DeformableSpatialRegistrationStorage
    return encoded(dataset)


COUNT = len(vectors().tobytes())
LENGTH = struct.pack("<L", COUNT)

# fmt: off
KINDS: dict[str, Kind] = {
    # files
    "nothing":                    (lambda: b"",                                                NO_VALUE, "found 0 bytes"),
    "text":                       (lambda: b"x,y,z\n1,2,3\n" * 40,                             NO_VALUE, "expected a DICOM file"),
    "only a preamble":            (cut(0.02),                                                  NO_VALUE, "truncated|DICOM"),
    "cut in the file header":     (cut(0.04),                                                  NO_VALUE, "truncated"),
    "cut in the patient":         (cut(0.2),                                                   NO_VALUE, "truncated"),
    "cut in the images":          (cut(0.4),                                                   NO_VALUE, "truncated"),
    "cut in the vectors":         (cut(0.8),                                                   NO_VALUE, "truncated"),
    "cut by a byte":              (cut(0.9999),                                                NO_VALUE, "truncated"),
    "not what it is declared":    (lambda: inSyntax(ExplicitVRLittleEndian, ExplicitVRBigEndian), NO_VALUE, "truncated|expected|cannot"),
    "not deflated":               (lambda: inSyntax(ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian), NO_VALUE, "inflate"),
    "implicit called deflated":   (lambda: inSyntax(ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian), NO_VALUE, "inflate"),
    "nothing deflated":           (lambda: deflated(0, 0),                                     NO_VALUE, "truncated|expected|cannot"),
    "a deflated bomb":            (lambda: deflated(700 << 20, 16 << 20),                      NO_VALUE, "expected at most"),
    "endless nesting":            (lambda: nested(2000),                                       NO_VALUE, "sequences within each other"),
    # lengths that lie
    "vectors that never end":     (patched(VECTORS + LENGTH, VECTORS + b"\xfe\xff\xff\xff"),   NO_VALUE, "truncated|longer"),
    "vectors without a length":   (patched(VECTORS + LENGTH, VECTORS + b"\xff\xff\xff\xff"),   NO_VALUE, "known length"),
    "vectors one byte longer":    (patched(VECTORS + LENGTH, VECTORS + struct.pack("<L", COUNT + 1)), NO_VALUE, "truncated|longer"),
    "vectors one byte shorter":   (patched(VECTORS + LENGTH, VECTORS + struct.pack("<L", COUNT - 1)), NO_VALUE, "truncated|expected|longer"),
    "a grid item too short":      (patched(b"\x64\x00\x05\x00SQ\0\0", b"\x64\x00\x05\x00SQ\0\0\x10\0\0\0"), NO_VALUE, "longer|truncated|expected"),
    "a sequence too long":        (patched(b"\x64\x00\x02\x00SQ\0\0", b"\x64\x00\x02\x00SQ\0\0\0\0\0\x7f"), NO_VALUE, "truncated|longer|expected"),
    "a sequence that is text":    (patched(b"\x64\x00\x05\x00SQ", b"\x64\x00\x05\x00UT"),      NO_VALUE, "expected"),
    "vectors that are doubles":   (patched(VECTORS, b"\x64\x00\x09\x00FD\0\0"),                NO_VALUE, "expected|truncated|longer"),
    "vectors of no known kind":   (patched(VECTORS, b"\x64\x00\x09\x00QQ\0\0"),                NO_VALUE, "expected|truncated|longer"),
    "vectors that are items":     (patched(VECTORS, b"\x64\x00\x09\x00SQ\0\0"),                NO_VALUE, "expected|truncated"),
    # how many vectors there are
    "a vector too few":           (inGrid(VectorGridData=vectors().tobytes()[:-12]),           NO_VALUE, f"expected {COUNT} bytes for 5 × 6 × 4 nodes, found {COUNT - 12}"),
    "a vector too many":          (inGrid(VectorGridData=vectors().tobytes() + bytes(12)),     NO_VALUE, f"found {COUNT + 12}"),
    "no vectors":                 (inGrid(VectorGridData=ABSENT),                              NO_VALUE, "found 0: .*VectorGridData"),
    "vectors of no bytes":        (inGrid(VectorGridData=b""),                                 NO_VALUE, "found 0"),
    "no nodes":                   (inGrid(GridDimensions=[5, 6, 0]),                           NO_VALUE, "expected 3 numbers of nodes, found 5 6 0"),
    "nodes below zero":           (inGrid(GridDimensions=struct.pack("<3l", -5, -6, 4)),       NO_VALUE, "nodes"),
    "two numbers of nodes":       (inGrid(GridDimensions=[5, 24]),                             NO_VALUE, "expected 3 finite numbers, found 5 24"),
    "half a number of nodes":     (implicitly("GridDimensions", b"\5\0\0\0\6\0\0\0\4\0"), NO_VALUE, "expected|cannot"),
    "words for nodes":            (patched(b"\x64\x00\x07\x00UL", b"\x64\x00\x07\x00SH"),      NO_VALUE, "expected 3 finite numbers"),
    "2147483648 nodes in a row":  (inGrid(GridDimensions=[2147483648, 1, 1]),                  NO_VALUE, "expected at most 357913941 nodes"),
    "as many nodes as 2 ** 48":   (inGrid(GridDimensions=[65536, 65536, 65536]),               NO_VALUE, "expected at most"),
    "4 GiB that are not there":   (inGrid(GridDimensions=[710, 710, 710]),                     NO_VALUE, "expected 4294932000 bytes"),
    "no number of nodes":         (inGrid(GridDimensions=ABSENT),                              NO_VALUE, "GridDimensions"),
    # where they lie
    "no size":                    (inGrid(GridResolution=[4.0, 0.0, 5.0]),                     NO_VALUE, "3 sizes above 0 mm"),
    "a size below zero":          (inGrid(GridResolution=[4.0, -3.0, 5.0]),                    NO_VALUE, "3 sizes above 0 mm"),
    "NaN for a size":             (inGrid(GridResolution=[4.0, NAN, 5.0]),                     NO_VALUE, "3 finite numbers, found 4 nan 5"),
    "infinity for a size":        (inGrid(GridResolution=[INF, 3.0, 5.0]),                     NO_VALUE, "3 finite numbers"),
    "a size of no patient":       (inGrid(GridResolution=[4.0, 3.0, 1e300]),                   NO_VALUE, "sizes from 0.01 to 1e\\+06 mm, found 4 3 1e\\+300"),
    "a size of no vector":        (inGrid(GridResolution=[4.0, 5e-324, 5.0]),                  NO_VALUE, "sizes from 0.01"),
    "a place of no patient":      (inGrid(ImagePositionPatient=ds((-74, 26, 1e10))),           NO_VALUE, "coordinates up to 1e\\+09 mm"),
    "two sizes":                  (inGrid(GridResolution=[4.0, 3.0]),                          NO_VALUE, "3 finite numbers"),
    "no position":                (inGrid(ImagePositionPatient=ABSENT),                        NO_VALUE, "3 coordinates"),
    "a word for a coordinate":    (inGrid(ImagePositionPatient=rb"1\left\3 "),                 NO_VALUE, "expected numbers, found text"),
    "infinity for a coordinate":  (inGrid(ImagePositionPatient=rb"1\inf\3 "),                  NO_VALUE, "Inf"),
    "NaN for a coordinate":       (inGrid(ImagePositionPatient=rb"1\2\nan "),                  NO_VALUE, "NaN"),
    "parallel axes":              (inGrid(ImageOrientationPatient=ds((0, 1, 0, 0, 1, 0))),     NO_VALUE, "unit vectors at a right angle, found 0 1 0 0 1 0"),
    "axes of no length":          (inGrid(ImageOrientationPatient=ds((0, 0, 0, 0, 1, 0))),     NO_VALUE, "unit vectors"),
    "axes of other lengths":      (inGrid(ImageOrientationPatient=ds((1, 0, 0, 0, 1.01, 0))),  NO_VALUE, "unit vectors"),
    "slanting axes":              (inGrid(ImageOrientationPatient=ds((1, 0, 0, 0.28, 0.96, 0))), NO_VALUE, "right angle"),
    "five cosines":               (inGrid(ImageOrientationPatient=ds((1, 0, 0, 0, 1))),        NO_VALUE, "6 direction cosines"),
    # grids and matrices
    "two grids":                  (spoiled({GRIDS: [grid(), grid()]}),                         NO_VALUE, "expected 1 grid, found 2"),
    "no grid":                    (spoiled({GRIDS: ABSENT}),                                   NO_VALUE, "with a grid, found none in 2"),
    "an empty list of grids":     (spoiled({GRIDS: []}),                                       NO_VALUE, "with a grid, found none in 2"),
    "a mirror":                   (spoiled({PRES: [declared(MIRROR)]}),                        REFUSED,  "the matrix is a mirror"),
    "a singular matrix":          (spoiled({PRES: [declared(SINGULAR)]}),                      REFUSED,  "the matrix is singular"),
    "a singular matrix after":    (spoiled({POST_MATRIX: ds(SINGULAR)}),                       REFUSED,  "the matrix is singular.*PostDef"),
    "15 values":                  (spoiled({PRE_MATRIX: ds(MATRIX[:15])}),                     NO_VALUE, "expected 16 values, found 15"),
    "no matrix in its item":      (spoiled({PRE_MATRIX: ABSENT}),                              NO_VALUE, "matrix|16 values"),
    "NaN in a matrix":            (spoiled({PRE_MATRIX: b"nan" + rb"\0" * 14 + rb"\1 "}),      NO_VALUE, "NaN"),
    "infinity in a matrix":       (spoiled({POST_MATRIX: b"inf" + rb"\0" * 14 + rb"\1 "}),     NO_VALUE, "Inf"),
    "a wrong last row":           (spoiled({PRE_MATRIX: ds((*MATRIX[:12], 0, 0, 1, 1))}),      NO_VALUE, "last row"),
    "two matrices":               (spoiled({PRES: [declared(IDENTITY), declared(MATRIX)]}),    NO_VALUE, "expected 1 item, found 2"),
    # frames and items
    "no registered frame":        (spoiled({"FrameOfReferenceUID": ABSENT}),                   NO_VALUE, r"\(0020,0052\)"),
    "no source frame":            (spoiled({f"{SOURCE}/SourceFrameOfReferenceUID": ABSENT}),   NO_VALUE, "expected a UID, found none"),
    "a source frame of no UID":   (spoiled({f"{SOURCE}/SourceFrameOfReferenceUID": "HEAD"}),   NO_VALUE, "expected a UID, found 'HEAD'"),
    "no items":                   (spoiled({ITEMS: []}),                                       NO_VALUE, "with a grid, found none in 0"),
    "nothing deformable":         (rigidInDeformableClass,                                     NO_VALUE, "expected"),
    "an image":                   (lambda: encoded(ctSeries()[0]),                             NO_VALUE, "expected SOP class"),
    "the base moved by a matrix": (spoiled({f"{REGISTERED}/PreDeformationMatrixRegistrationSequence": [declared(MATRIX)]}), REFUSED, "mapped onto itself"),
}
WRONG_CLASS = {"SOPClassUID": SpatialRegistrationStorage}
# fmt: on
