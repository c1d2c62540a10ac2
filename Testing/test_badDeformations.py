"""Bad deformable registrations through the command: one clear line, the right status, nothing
half-written; status 2 where no value could be made of them, 1 where they are refused.
"""

from __future__ import annotations

import os
import re
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from pydicom import Dataset
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
    with_,
)
from builders import ABSENT, CT_FRAME, IDENTITY, MATRIX, ctSeries, ds, mrSeries, references
from deformationCases import encoded
from deformedObjects import (
    CORNER,
    PRE,
    SOURCE_FRAME,
    SPACING,
    declared,
    deformation,
    grid,
    registeredItem,
    sourceDose,
    sourceItem,
    sourceSeries,
    vectors,
)
from IHERORegistrationLib.cli import main
from IHERORegistrationLib.commands import inputs

NO_VALUE, REFUSED = 2, 1
NAME = "Case^Test"
MIRROR = (-1, 0, 0, 3, 0, 1, 0, 4, 0, 0, 1, 5, 0, 0, 0, 1)
SINGULAR = (1, 0, 0, 3, 0, 1, 0, 4, 0, 1, 0, 5, 0, 0, 0, 1)
NAN, INF = float("nan"), float("inf")
APPLYING = ("map", "image", "dose", "contours", "view", "quality")
VECTORS = b"\x64\x00\x09\x00OF\0\0"  # what they begin with, up to their length

Kind = tuple[Callable[[], bytes], int, str]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """R and S as files, a structure set on R and a dose on S."""
    folder = tmp_path_factory.mktemp("data")
    for number, one in enumerate(
        [*ctSeries(), *sourceSeries(), builders.structureSet(), sourceDose()]
    ):
        (folder / f"{number}.dcm").write_bytes(encoded(one))
    return folder


def words(command: str, path: Path, data: Path, folder: Path) -> list[str]:
    """One command on the registration at `path`; what it writes goes below `folder`/out."""
    if command in ("inspect", "check"):
        return [command, str(path)]
    out = folder / "out"
    if command == "map":
        points = folder / "points.csv"
        points.write_text("x,y,z\n-70,30,112\n")
        return ["map", str(path), "--points", str(points), "--out", str(out / "mapped.csv")]
    out = out / "picture.png" if command == "view" else out
    return [command, str(path), "--data", str(data), "--out", str(out)]


def filesIn(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def requireRefused(given: list[str], status: int, message: str, folder: Path, capfd) -> None:
    """One line that says `message`, this status, and every file below `folder` as it was."""
    before = filesIn(folder)
    found = main([*given, "--quiet"])
    out, err = capfd.readouterr()
    assert found == status, err
    assert err.count("\n") == 1, err
    assert err.startswith("ihero: ")
    assert re.search(message, err), err
    assert len(err) < 700, err
    for unwanted in (NAME, "Traceback", "internal error", "Warning"):
        assert unwanted not in out + err
    assert filesIn(folder) == before


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
# fmt: on


@pytest.mark.parametrize("kind", KINDS)
def test_a_bad_object_is_refused_by_the_commands_in_the_same_line(kind, data, tmp_path, capfd):
    make, status, message = KINDS[kind]
    path = tmp_path / "one.dcm"
    path.write_bytes(make())
    second = 1 + list(KINDS).index(kind) % (len(APPLYING) - 1)  # they read in the same way
    for command in ("inspect", "map", APPLYING[second]):
        requireRefused(words(command, path, data, tmp_path), status, message, tmp_path, capfd)
    judged = main(["check", str(path), "--quiet"])
    out, err = capfd.readouterr()
    assert judged in (REFUSED, NO_VALUE) or kind == "an image", out
    assert err.count("\n") <= 1, err
    assert not re.search(f"{re.escape(NAME)}|Traceback|internal error|Warning", out + err)


@pytest.mark.parametrize(
    "kind", ["as many nodes as 2 ** 48", "4 GiB that are not there", "a deflated bomb"]
)
def test_what_is_too_much_is_refused_before_memory_is_taken(kind, data, tmp_path):
    path = tmp_path / "one.dcm"
    path.write_bytes(KINDS[kind][0]())
    for command in ("inspect", "check", "map"):
        tracemalloc.start()
        try:
            assert main([*words(command, path, data, tmp_path), "--quiet"]) != 0
            assert tracemalloc.get_traced_memory()[1] < 50e6
        finally:
            tracemalloc.stop()


def placesInGrid(content: bytes) -> list[int]:
    """Where the elements of the grid item begin, and what lies around there."""
    start = content.rindex(b"\x64\0\x05\0SQ")
    heads = [
        m.start() for m in re.finditer(rb"(?:\x64|\x20)\0[\x05\x07\x08\x09\x32\x37]\0", content)
    ]
    around = {head + by for head in heads if head >= start for by in (0, 1, 4, 8, 13)}
    random = np.random.default_rng(20261122).integers(start, len(content), 20)
    return sorted(place for place in {*around, *random} if place < len(content))


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_a_file_that_ends_within_its_grid_is_refused(syntax, data, tmp_path, capfd):
    dataset = deformation()
    dataset.file_meta.TransferSyntaxUID = syntax
    content = encoded(dataset)
    explicit = encoded(deformation())
    places = placesInGrid(explicit) if syntax == ExplicitVRLittleEndian else []
    path = tmp_path / "one.dcm"
    for place in places or range(len(content) - COUNT - 200, len(content), 31):
        path.write_bytes(content[:place])
        requireRefused(words("map", path, data, tmp_path), NO_VALUE, "truncated", tmp_path, capfd)
        for command in ("inspect", "check"):
            assert main([command, str(path), "--quiet"]) == NO_VALUE
            assert "truncated" in capfd.readouterr().err


# Objects that can be read, but whose use is refused


Words = list[object]


def one(folder: Path, dataset: Dataset, name: str = "one.dcm") -> Path:
    path = folder / name
    with disable_value_validation():
        path.write_bytes(encoded(dataset))
    return path


def folderOf(folder: Path, *datasets: Dataset) -> Path:
    for number, dataset in enumerate(datasets):
        (folder / "data").mkdir(exist_ok=True)
        one(folder / "data", dataset, f"{number}.dcm")
    return folder / "data"


def using(command: str, dataset: Dataset, *others: Dataset, more: Words = ()):
    """`command` with this registration and a data folder of `others`."""

    def given(folder: Path) -> Words:
        return [
            *words(command, one(folder, dataset), folderOf(folder, *others), folder), *more
        ]  # fmt: skip

    return given


def mapping(*datasets: Dataset, more: Words = ()):
    """`map` through all of these."""

    def given(folder: Path) -> Words:
        first, *others = (one(folder, d, f"{n}.dcm") for n, d in enumerate(datasets))
        command, path, *rest = words("map", first, folder, folder)
        return [command, path, *others, *rest, *more]

    return given


def at(make: Callable[[Path], object], command: str = "map"):
    """`command` of what `make` puts at a path."""

    def given(folder: Path) -> Words:
        make(folder / "one.dcm")
        return words(command, folder / "one.dcm", folder, folder)

    return given


def again(**changes: object) -> Dataset:
    made = deformation(SOPInstanceUID="2.25.77.4.999", **changes)
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    return made


R, S = ctSeries(), sourceSeries()
WITHIN = {"SourceFrameOfReferenceUID": CT_FRAME, "ReferencedImageSequence": references(R)}
TWICE = [
    registeredItem(),
    sourceItem(),
    sourceItem(PreDeformationMatrixRegistrationSequence=ABSENT),
]
ELSEWHERE = [registeredItem(), sourceItem(ReferencedImageSequence=references(R))]
FAR = [
    registeredItem(),
    sourceItem(
        DeformableRegistrationGridSequence=[grid(VectorGridData=(1e38 * vectors()).tobytes())]
    ),
]
OTHER = {"PatientID": "X-9"}
WRONG_CLASS = {"SOPClassUID": SpatialRegistrationStorage}
STRUCTURES, DOSE = builders.structureSet(), sourceDose()

# fmt: off
USES: dict[str, tuple[Callable[[Path], Words], int, str]] = {
    "a frame reached in two ways": (using("map", deformation(**{ITEMS: TWICE})),               REFUSED,  "several"),
    "two objects for one way":    (mapping(deformation(), again(**{ITEMS: TWICE[::2]})),       REFUSED,  "several"),
    "one UID for two objects":    (mapping(deformation(), deformation(**{ITEMS: TWICE[::2]})), NO_VALUE, "other content before"),
    "a frame within itself":      (using("map", deformation(**{ITEMS: [sourceItem(**WITHIN)]})), REFUSED, "within|itself|no two frames"),
    "a frame that nothing names": (mapping(deformation(), more=["--to", builders.MR_FRAME]),   REFUSED,  "expected a frame that the registrations connect"),
    "two patients":               (mapping(deformation(), again(**OTHER)),                     REFUSED,  "PatientID"),
    "a repair where strict":      (mapping(deformation(**WRONG_CLASS), more=["--strict"]),     NO_VALUE, "deformation in another class"),
    "a folder":                   (at(Path.mkdir),                                             NO_VALUE, "expected a file"),
    "an empty folder":            (at(Path.mkdir, "inspect"),                                  NO_VALUE, "found 0 other files"),
    "a pipe":                     (at(os.mkfifo),                                              NO_VALUE, "expected a file"),
    "a pipe to inspect":          (at(os.mkfifo, "inspect"),                                   NO_VALUE, "expected a file"),
    "a pipe to check":            (at(os.mkfifo, "check"),                                     NO_VALUE, "expected a file"),
    "a link to nowhere":          (at(lambda path: path.symlink_to("gone")),                   NO_VALUE, "No such file"),
    "images of another frame":    (using("image", deformation(**{ITEMS: ELSEWHERE}), *R, *S),  REFUSED,  "expected the images of"),
    "an object of another patient": (using("image", deformation(**OTHER), *R, *S),             REFUSED,  "PatientID"),
    "images of another patient":  (using("image", deformation(), *R, *sourceSeries(**OTHER)),  REFUSED,  "PatientID"),
    "no registered images":       (using("image", deformation(), *S),                          REFUSED,  "expected one image series"),
    "no source images":           (using("image", deformation(), *R),                          REFUSED,  "expected one image series"),
    "images of neither":          (using("image", deformation(), *mrSeries()),                 REFUSED,  "expected one image series"),
    "a distortion that is none":  (using("image", deformation(), *R, *S, more=["--correct-distortion", "--series", R[0].SeriesInstanceUID]), REFUSED, "frame|distortion"),
    "no registered images for a dose": (using("dose", deformation(), *S, DOSE),                REFUSED,  "expected one image series"),
    "no dose":                    (using("dose", deformation(), *R, *S),                       REFUSED,  "RT Dose"),
    "a dose elsewhere":           (using("dose", deformation(), *R, *S, *mrSeries(), builders.dose(mrSeries())), REFUSED, "no registration leads|found none"),
    "a dose on the wrong side":   (using("dose", deformation(), *R, *S, builders.dose(), more=["--to", SOURCE_FRAME]), REFUSED, "leads|deform"),
    "a dose of another patient":  (using("dose", deformation(), *R, *S, builders.changed(sourceDose(), OTHER)), REFUSED, "PatientID"),
    "no structures":              (using("contours", deformation(), *R, *S),                   REFUSED,  "Structure Set"),
    "structures elsewhere":       (using("contours", deformation(), *R, *S, *mrSeries(), builders.structureSet(mrSeries())), REFUSED, "found none"),
    "no source images for structures": (using("contours", deformation(), *R, STRUCTURES),      REFUSED,  "expected one image series"),
    "structures of no patient":   (using("contours", deformation(**{ITEMS: FAR}), *R, *S, STRUCTURES), REFUSED, "within 10000 slices"),
    "structures of another patient": (using("contours", deformation(), *R, *S, builders.structureSet(**OTHER)), REFUSED, "PatientID"),
}
# fmt: on


@pytest.mark.parametrize("kind", USES)
def test_a_use_that_is_not_possible_is_refused(kind, tmp_path, capfd):
    make, status, message = USES[kind]
    given = [str(word) for word in make(tmp_path)]
    requireRefused(given, status, message, tmp_path, capfd)


def test_a_file_that_becomes_shorter_after_its_header_was_read_is_refused(
    data, tmp_path, capfd, monkeypatch
):
    path = one(tmp_path, deformation())
    read = inputs.storedRegistration

    def storedRegistration(file: Path, **options: object) -> object:
        made = read(file, **options)
        os.truncate(file, file.stat().st_size - 500)
        return made

    monkeypatch.setattr(inputs, "storedRegistration", storedRegistration)
    assert main([*words("map", path, data, tmp_path), "--quiet"]) == NO_VALUE
    assert "changed since: " in capfd.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read all")
def test_a_file_that_may_not_be_read_is_refused(data, tmp_path, capfd):
    path = one(tmp_path, deformation())
    path.chmod(0)
    for command in ("inspect", "check", *APPLYING):
        assert main([*words(command, path, data, tmp_path), "--quiet"]) == NO_VALUE
        assert "Permission denied" in capfd.readouterr().err


def exporting(content: Callable[[bytes], bytes], *more: str, name: str = "field.mha"):
    """`export` of a displacement field whose file was changed."""

    def given(folder: Path) -> Words:
        for side, series in (("r", R), ("s", S)):
            (folder / side).mkdir()
            for number, image in enumerate(series):
                one(folder / side, image, f"{number}.dcm")
        image = sitk.GetImageFromArray(vectors(), isVector=True)
        image.SetOrigin([float(x) for x in CORNER])
        image.SetSpacing(SPACING)
        sitk.WriteImage(image, str(folder / "good.mha"))
        (folder / name).write_bytes(content((folder / "good.mha").read_bytes()))
        named = ["--label", "A", "--description", "b", "--method", "image"]
        sides = ["--fixed", folder / "r", "--moving", folder / "s"]
        return ["export", folder / name, *sides, *named, *more, "--out", folder / "out" / "a.dcm"]

    return given


def same(field: bytes) -> bytes:
    return field


# fmt: off
EXPORTS: dict[str, tuple[Callable[[Path], Words], int, str]] = {
    "more than 4 GiB":            (exporting(same, "--spacing", "0.005"),                      REFUSED,  "expected at most 357913941 nodes"),
    "far more than 4 GiB":        (exporting(same, "--spacing", "1e-9"),                       REFUSED,  "expected at most 357913941 nodes"),
    "a spacing below zero":       (exporting(same, "--spacing", "-1"),                         NO_VALUE, "positive length"),
    "a field that is cut":        (exporting(lambda field: field[:-100]),                      NO_VALUE, "expected 1440 bytes of vectors, found 1340"),
    "a field of nothing":         (exporting(lambda field: b""),                               NO_VALUE, "found 0 bytes"),
    "a field of another size":    (exporting(lambda field: field.replace(b"DimSize = 5 6 4", b"DimSize = 9999 9999 9999")), NO_VALUE, "truncated"),
    "a field without a spacing":  (exporting(lambda field: field.replace(b"ElementSpacing = 4 3 5", b"ElementSpacing = 0 3 5")), NO_VALUE, "spacing"),
    "a field of nowhere":         (exporting(lambda field: field[:-COUNT] + COUNT // 4 * b"\0\0\xc0\x7f"), NO_VALUE, "no vector that is defined"),
    "an infinite field":          (exporting(lambda field: field[:-4] + b"\0\0\x80\x7f"),     NO_VALUE, "infinite component"),
    "no field":                   (exporting(lambda field: bytes(500), name="a.nii"),          NO_VALUE, "NIfTI header"),
    "no name of an object":       (lambda f: [*exporting(same)(f)[:-1], f / "out" / "a.txt"],  NO_VALUE, r"\.dcm"),
    "a profile of matrices":      (exporting(same, "--profile", "MMRO-III"),                   NO_VALUE, "for matrices"),
}
# fmt: on


@pytest.mark.parametrize("kind", EXPORTS)
def test_what_cannot_be_exported_is_refused(kind, tmp_path, capfd):
    make, status, message = EXPORTS[kind]
    given = [str(word) for word in make(tmp_path)]
    requireRefused(given, status, message, tmp_path, capfd)


@pytest.mark.parametrize(
    "syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian]
)
def test_mutated_objects_never_meet_an_internal_error(syntax, data, tmp_path, capfd):
    dataset = deformation()
    dataset.file_meta.TransferSyntaxUID = syntax
    content = encoded(dataset)
    place = content.find(b"\x64\0\x02\0")
    start = max(place, 132)  # a deflated data set shows nothing
    generator = np.random.default_rng(20261122)
    path = tmp_path / "one.dcm"
    (tmp_path / "out").mkdir()
    for number in range(100):
        mutated = bytearray(content)
        first = start if number % 3 else 132
        for one in generator.integers(first, len(content), generator.integers(1, 8)):
            mutated[one] = generator.integers(0, 256)
        path.write_bytes(mutated)
        for command in ("inspect", "check", "map"):
            given = words(command, path, data, tmp_path)
            assert main([*given, "--quiet", "--force"]) in (0, REFUSED, NO_VALUE)
            err = capfd.readouterr().err
            assert "internal error" not in err, err
            assert err.count("\n") <= 1, err
            assert NAME not in err


# Objects that can be used, though not everywhere


USABLE = {
    "undefined in part": {f"{GRID}/VectorGridData": with_((0, 0, 0), 1, NAN, 2)},
    "infinite": {f"{GRID}/VectorGridData": with_((0, 0, 0), 1, 2, INF)},
    "another class": WRONG_CLASS,
    "source first": {ITEMS: [sourceItem(), registeredItem()]},
    "the source alone": {ITEMS: [sourceItem()]},
    "a list of no images": {f"{SOURCE}/ReferencedImageSequence": []},
}


@pytest.mark.parametrize("kind", USABLE)
@pytest.mark.parametrize("vr", ["OF", "OB", "OW", "UN"])
def test_what_can_be_used_is_used_and_where_nothing_is_known_that_is_told(
    kind, vr, data, tmp_path, capfd
):
    dataset = deformation()
    for path, value in USABLE[kind].items():
        change(dataset, path, value)
    (item,) = (d for d in dataset[ITEMS].value if "DeformableRegistrationGridSequence" in d)
    stored = item.DeformableRegistrationGridSequence[0]
    stored["VectorGridData"] = DataElement("VectorGridData", vr, stored["VectorGridData"].value)
    given = words("map", one(tmp_path, dataset), data, tmp_path)
    (tmp_path / "points.csv").write_text("x,y,z\n-73,27,109\n-65,34,114.5\n500,0,0\n")
    assert main([*given, "--quiet"]) == 0, capfd.readouterr()
    rows = (tmp_path / "out" / "mapped.csv").read_text().splitlines()[1:]
    # the middle of R lies between nodes, at i 2.25, j 8/3, k 1.5
    x, y, z, _ = rows[1].split(",")
    turned = np.array(PRE).reshape(4, 4) @ (-65, 34, 114.5, 1)
    expected = turned[:3] + np.array((0.25 * 2.25, -0.125 * 8 / 3, 0.5 * 1.5 + 1))
    np.testing.assert_allclose([float(x), float(y), float(z)], expected, atol=1e-6)
    undefined = kind in ("undefined in part", "infinite")
    assert rows[0].endswith(",undefined" if undefined else ",defined")
    assert rows[2] == ",,,outside"
    assert capfd.readouterr().err == ""
