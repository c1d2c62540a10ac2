"""Bad input through the command: one clear line, the right status, nothing half-written.

Each kind makes its files in a folder and gives the words of the command. Status 2: no value could
be made of the input, or the usage is wrong. Status 1: refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.config import disable_value_validation

from builders import (
    ABSENT,
    MR_FRAME,
    PET_FRAME,
    ctSeries,
    ds,
    mrSeries,
    petSeries,
    registrationItem,
    spatialRegistration,
    structureSet,
)
from commandWords import OTHER, Words, dataOf, imageOn, mapped, mapping, stored
from IHERORegistrationLib.cli import main
from refusals import NAME, NO_VALUE, REFUSED

MIRROR = (-1, 0, 0, 3, 0, 1, 0, 4, 0, 0, 1, 5, 0, 0, 0, 1)
SINGULAR = (1, 0, 0, 3, 0, 1, 0, 4, 0, 1, 0, 5, 0, 0, 0, 1)
Kind = tuple[Callable[[Path], Words], int, str]


def inspected(content: bytes) -> Callable[[Path], Words]:
    """`inspect` of a file with these bytes."""

    def words(folder: Path) -> Words:
        path = folder / "one.dcm"
        path.write_bytes(content)
        return ["inspect", path]

    return words


def fileBytes(dataset: Dataset, folder: Path) -> bytes:
    return stored(dataset, folder / "whole.dcm").read_bytes()


def cut(share: float) -> Callable[[Path], Words]:
    """`inspect` of a registration whose file ends early."""

    def words(folder: Path) -> Words:
        content = fileBytes(spatialRegistration(), folder)
        return inspected(content[: int(len(content) * share)])(folder)

    return words


def matrixText(text: bytes) -> Callable[[Path], Words]:
    """`inspect` of a registration whose matrix is these bytes."""

    def words(folder: Path) -> Words:
        content = fileBytes(spatialRegistration(matrix=OTHER), folder)
        known = "\\".join(ds(OTHER)).encode()
        known += b" " * (len(known) % 2)
        assert content.count(known) == 1
        return inspected(content.replace(known, text.ljust(len(known))))(folder)

    return words


def patched(before: bytes, after: bytes) -> Callable[[Path], Words]:
    """`inspect` of a registration with bytes replaced, such as a length that lies."""

    def words(folder: Path) -> Words:
        content = fileBytes(spatialRegistration(), folder)
        assert before in content
        return inspected(content.replace(before, after, 1))(folder)

    return words


def twice(first: Dataset, second: Dataset) -> Callable[[Path], Words]:
    """`map` through two objects."""

    def words(folder: Path) -> Words:
        second.SOPInstanceUID = second.file_meta.MediaStorageSOPInstanceUID = "2.25.77.4.999"
        paths = [stored(one, folder / f"{n}.dcm") for n, one in enumerate((first, second))]
        return mapping(*paths, folder=folder, more=["--from", MR_FRAME])

    return words


def pointsText(text: str | bytes) -> Callable[[Path], Words]:
    """`map` of this file of points."""

    def words(folder: Path) -> Words:
        words = mapping(stored(spatialRegistration(), folder / "one.dcm"), folder=folder)
        content = text if isinstance(text, bytes) else text.encode()
        (folder / "points.csv").write_bytes(content)
        return words

    return words


def cutPixels(folder: Path) -> Words:
    words = imageOn(ctSeries(), mrSeries())(folder)
    path = sorted((folder / "data" / "1").glob("*.dcm"))[0]
    path.write_bytes(path.read_bytes()[:-20])
    return words


def contoursOf(dataset: Dataset) -> Callable[[Path], Words]:
    def words(folder: Path) -> Words:
        path = stored(spatialRegistration(), folder / "one.dcm")
        data = dataOf(ctSeries(), mrSeries(), folder=folder)
        stored(dataset, data / "structures.dcm")
        return ["contours", path, "--data", data, "--out", folder / "out"]

    return words


def export(text: str | bytes, **changes: object) -> Callable[[Path], Words]:
    """`export` of this transform file."""

    def words(folder: Path) -> Words:
        transform = folder / "transform.txt"
        transform.write_bytes(text if isinstance(text, bytes) else text.encode())
        data = dataOf(ctSeries(), mrSeries(), folder=folder)
        options = {
            "fixed": data / "0", "moving": data / "1", "label": "A", "description": "b",
            "method": "image", "maps": "moving-to-fixed", "out": folder / "out" / "a.dcm",
            **changes,
        }  # fmt: skip
        given = [(f"--{name}", value) for name, value in options.items() if value is not None]
        return ["export", transform, *(word for pair in given for word in pair)]

    return words


IDENTITY_TEXT = "1 0 0 1\n0 1 0 2\n0 0 1 3\n0 0 0 1\n"
SELF = registrationItem(ctSeries(), OTHER)
NOWHERE = registrationItem(mrSeries(), FrameOfReferenceUID=ABSENT, ReferencedImageSequence=ABSENT)
ONLY_IMAGES = registrationItem(mrSeries(), FrameOfReferenceUID=ABSENT)
NO_MATRIX = registrationItem(mrSeries(), MatrixRegistrationSequence=ABSENT)
TWO_GROUPS = registrationItem(mrSeries())
TWO_GROUPS.MatrixRegistrationSequence = [*TWO_GROUPS.MatrixRegistrationSequence] * 2


def wrongCount() -> Dataset:
    dataset = structureSet()
    dataset.ROIContourSequence[0].ContourSequence[0].NumberOfContourPoints = 99
    dataset.ROIContourSequence[0].ContourSequence[0].ContourData = ds((1, 2, 3, 4))
    return dataset


def frameCalled(name: str) -> Dataset:
    with disable_value_validation():
        return spatialRegistration(FrameOfReferenceUID=name)


# fmt: off
KINDS: dict[str, Kind] = {
    # files
    "no such file":             (lambda f: ["inspect", f / "none.dcm"],                       NO_VALUE, "No such file"),
    "an empty file":            (inspected(b""),                                              NO_VALUE, "0 bytes"),
    "text":                     (inspected(b"hello world\n" * 50),                            NO_VALUE, "DICOM"),
    "a PNG picture":            (inspected(b"\x89PNG\r\n\x1a\n" + bytes(500)),                NO_VALUE, "DICOM"),
    "only a preamble":          (inspected(bytes(128) + b"DICM"),                             NO_VALUE, "truncated|DICOM"),
    "a folder without DICOM":   (lambda f: ["inspect", f],                                    NO_VALUE, "DICOM"),
    "cut in the header":        (cut(0.05),                                                   NO_VALUE, "truncated|DICOM|expected"),
    "cut after the header":     (cut(0.2),                                                    NO_VALUE, "truncated|expected"),
    "cut in the images":        (cut(0.5),                                                    NO_VALUE, "truncated|expected"),
    "cut in the matrix":        (cut(0.7),                                                    NO_VALUE, "truncated|expected"),
    "cut near the end":         (cut(0.9),                                                    NO_VALUE, "truncated|expected"),
    "a length that lies":       (patched(b"\x70\x00\x08\x03SQ\0\0", b"\x70\x00\x08\x03SQ\0\0\xff\xff\xff\x7f"), NO_VALUE, "truncated|cannot|expected"),
    "a sequence that is text":  (patched(b"\x70\x00\x08\x03SQ", b"\x70\x00\x08\x03UT"),       NO_VALUE, "expected|cannot"),
    "a strange byte in a tag":  (patched(b"\x20\x00\x52\x00UI", b"\x20\x00\x52\x00??"),       NO_VALUE, "expected|cannot"),
    # what an object must have
    "no registered frame":      (mapped(spatialRegistration(FrameOfReferenceUID=ABSENT)),     NO_VALUE, r"\(0020,0052\)"),
    "a frame that is no UID":   (mapped(frameCalled("Head")),     NO_VALUE, "expected a UID"),
    "no items":                 (mapped(spatialRegistration(items=[])),                       NO_VALUE, "found 0"),
    "no SOP class":             (mapped(spatialRegistration(SOPClassUID=ABSENT)),             NO_VALUE, "SOP|cannot|expected"),
    "a CT image":               (lambda f: mapping(stored(ctSeries()[0], f / "a.dcm"), folder=f), NO_VALUE, "expected SOP class"),
    "an item of nothing":       (mapped(spatialRegistration(items=[NOWHERE])),                NO_VALUE, "neither"),
    "no matrix":                (mapped(spatialRegistration(items=[NO_MATRIX])),              NO_VALUE, "expected a matrix"),
    "two matrix groups":        (mapped(spatialRegistration(items=[TWO_GROUPS])),             NO_VALUE, "found 2"),
    # matrices
    "text in a matrix":         (matrixText(b"1\\x\\0\\7\\0\\0\\-1"),                         NO_VALUE, "expected numbers, found 'x'"),
    "NaN in a matrix":          (matrixText(b"nan\\0\\0\\1\\0\\1\\0\\1\\0\\0\\1\\1\\0\\0\\0\\1"), NO_VALUE, "NaN"),
    "infinity in a matrix":     (matrixText(b"1\\0\\0\\inf\\0\\1\\0\\1\\0\\0\\1\\1\\0\\0\\0\\1"), NO_VALUE, "Inf"),
    "15 values":                (matrixText(b"1\\0\\0\\1\\0\\1\\0\\1\\0\\0\\1\\1\\0\\0\\0"),  NO_VALUE, "found 15"),
    "17 values":                (matrixText(b"1\\0\\0\\1\\0\\1\\0\\1\\0\\0\\1\\1\\0\\0\\0\\1\\1"), NO_VALUE, "found 17"),
    "an empty matrix":          (matrixText(b""),                                             NO_VALUE, "found 0"),
    "a wrong last row":         (matrixText(b"1\\0\\0\\1\\0\\1\\0\\1\\0\\0\\1\\1\\0\\0\\1\\1"), NO_VALUE, "last row"),
    "a mirror":                 (mapped(spatialRegistration(matrix=MIRROR)),                  REFUSED, "mirror"),
    "a singular matrix":        (mapped(spatialRegistration(matrix=SINGULAR)),                REFUSED, "singular"),
    # frames and patients
    "a frame onto itself":      (mapped(spatialRegistration(items=[SELF])),                   REFUSED, "onto itself"),
    "images only, no data":     (mapped(spatialRegistration(items=[ONLY_IMAGES])),            REFUSED, "no two frames"),
    "two ways":                 (twice(spatialRegistration(), spatialRegistration(matrix=OTHER)), REFUSED, "several registrations"),
    "another patient":          (twice(spatialRegistration(), spatialRegistration(moving=petSeries(), PatientID="X-9")), REFUSED, "PatientID"),
    "an unknown frame":         (lambda f: mapping(stored(spatialRegistration(), f / "a.dcm"), folder=f, more=["--from", PET_FRAME]), REFUSED, "found 1.2.3.4|they connect"),
    "strict and a repair":      (lambda f: [*mapped(spatialRegistration(items=[registrationItem(mrSeries(), OTHER, matrixType="")]))(f), "--strict"], NO_VALUE, "no matrix type"),
    # points
    "another header":           (pointsText("a,b,c\n1,2,3\n"),                                NO_VALUE, "header x,y,z"),
    "no points at all":         (pointsText(""),                                              NO_VALUE, "header x,y,z"),
    "text for a number":        (pointsText("x,y,z\n1,2,three\n"),                            NO_VALUE, "line 2"),
    "two columns":              (pointsText("x,y,z\n1,2,3\n1,2\n"),                           NO_VALUE, "line 3"),
    "NaN for a point":          (pointsText("x,y,z\nnan,2,3\n"),                              NO_VALUE, "line 2"),
    "bytes for points":         (pointsText(bytes(range(256))),                               NO_VALUE, "points"),
    "no file of points":        (lambda f: ["map", stored(spatialRegistration(), f / "a.dcm"), "--points", f / "no.csv", "--out", f / "o.csv"], NO_VALUE, "no.csv"),
    # images, structures
    "no data folder":           (lambda f: ["image", stored(spatialRegistration(), f / "a.dcm"), "--data", f / "none", "--out", f / "out"], NO_VALUE, "no such"),
    "data without the moving":  (imageOn(ctSeries()),                                         REFUSED, "found none"),
    "data without the base":    (imageOn(mrSeries()),                                         REFUSED, "one image series"),
    "data of another patient":  (imageOn(ctSeries(), mrSeries(PatientID="X-9")),              REFUSED, "PatientID"),
    "images cut short":         (cutPixels,                                                   NO_VALUE, "expected|truncated"),
    "absurd rows":              (imageOn(ctSeries(), mrSeries(Rows=60000)),                   NO_VALUE, "bytes"),
    "no pixels":                (imageOn(ctSeries(), mrSeries(PixelData=ABSENT)),             REFUSED, "found none"),
    "images without spacing":   (imageOn(ctSeries(), mrSeries(PixelSpacing=ABSENT)),          NO_VALUE, "PixelSpacing"),
    "no structure set":         (lambda f: ["contours", *imageOn(ctSeries(), mrSeries())(f)[1:]], REFUSED, "Structure Set"),
    "points that do not count": (contoursOf(wrongCount()),                                    NO_VALUE, "expected"),
    "no dose":                  (lambda f: ["dose", *imageOn(ctSeries(), mrSeries())(f)[1:]], REFUSED, "RT Dose"),
    # export
    "a matrix of words":        (export("one two three"),                                     NO_VALUE, "number"),
    "no direction":             (export(IDENTITY_TEXT, maps=None),                            NO_VALUE, "which way it maps"),
    "a mirror to export":       (export(IDENTITY_TEXT.replace("1 0 0 1", "-1 0 0 1", 1)),     REFUSED, "mirror"),
    "a lower case label":       (export(IDENTITY_TEXT, label="mr on ct"),                     REFUSED, "ContentLabel"),
    "one frame for both":       (lambda f: [str(word).replace("data/1", "data/0") for word in export(IDENTITY_TEXT)(f)], REFUSED, "need no registration"),
    "an unknown method":        (export(IDENTITY_TEXT, method="magic"),                       NO_VALUE, "invalid choice"),
    "an unknown profile":       (export(IDENTITY_TEXT, profile="MMRO-IX"),                    NO_VALUE, "invalid choice"),
    "not a .dcm name":          (lambda f: export(IDENTITY_TEXT, out=f / "out" / "a.txt")(f), NO_VALUE, r"\.dcm"),
    "several series":           (lambda f: export(IDENTITY_TEXT, fixed=f / "data")(f),        REFUSED, "choose one"),
    # usage
    "no command":               (lambda f: [],                                                NO_VALUE, "COMMAND"),
    "an unknown command":       (lambda f: ["frobnicate"],                                    NO_VALUE, "invalid choice"),
    "an unknown option":        (lambda f: ["inspect", "--frob", f],                          NO_VALUE, "unrecognized"),
    "an unknown check profile": (lambda f: ["check", f, "--profile", "XXX"],                  NO_VALUE, "profiles"),
}
# fmt: on


@pytest.mark.parametrize("kind", KINDS)
def test_bad_input_gives_one_line_and_leaves_nothing(kind, tmp_path, capfd):
    make, expected, message = KINDS[kind]
    words = [str(word) for word in make(tmp_path)]
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    status = main([*words, "--quiet"] if words and "frob" not in str(words) else words)
    out, err = capfd.readouterr()
    assert status == expected, err
    lines = err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("ihero: ")
    assert "internal error" not in err
    assert re.search(message, err), err
    assert NAME not in err
    assert "Traceback" not in out + err
    left = {path for path in tmp_path.rglob("*") if path.is_file()} - before
    assert not left
    if words[:1] not in (["export"], ["inspect"]):
        assert out == ""


def test_bad_files_among_good_ones_are_told_and_the_good_ones_inspected(tmp_path, capfd):
    good = stored(spatialRegistration(), tmp_path / "good.dcm")
    bad = tmp_path / "bad.dcm"
    bad.write_bytes(b"no")
    assert main(["inspect", str(bad), str(good), "--json"]) == NO_VALUE
    out, err = capfd.readouterr()
    assert [one["file"] for one in json.loads(out)] == [str(good)]
    assert err.count("\n") == 1
    assert str(bad) in err


def test_another_patient_can_be_confirmed(tmp_path, capfd):
    words = imageOn(ctSeries(), mrSeries(PatientID="X-9"))(tmp_path)
    assert main([str(word) for word in [*words, "--other-patient-ok"]]) == 0
    assert "confirmed by --other-patient-ok" in capfd.readouterr().err


def test_mutated_files_never_meet_an_internal_error(tmp_path, capfd):
    content = bytearray(fileBytes(spatialRegistration(), tmp_path))
    generator = np.random.default_rng(20241122)
    path = tmp_path / "mutated.dcm"
    for _ in range(300):
        mutated = bytearray(content)
        for place in generator.integers(132, len(content), generator.integers(1, 8)):
            mutated[place] = generator.integers(0, 256)
        path.write_bytes(mutated)
        for command in (["inspect", str(path)], ["check", str(path)]):
            assert main([*command, "--quiet"]) in (0, REFUSED, NO_VALUE)
            err = capfd.readouterr().err
            assert "internal error" not in err, err
            assert len(err.splitlines()) <= 1, err


def test_help_is_given_for_every_command(capsys):
    from IHERORegistrationLib.cli import COMMANDS

    for name in COMMANDS:
        with pytest.raises(SystemExit) as caught:
            main([name, "--help"])
        assert caught.value.code == 0
        assert "--quiet" in capsys.readouterr().out


def test_a_file_that_is_no_registration_can_still_be_read_back(tmp_path):
    path = stored(spatialRegistration(), tmp_path / "one.dcm")
    assert dcmread(path).PatientName == NAME


def test_a_folder_with_nothing_to_judge_is_told_also_when_quiet(tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("no object")
    assert main(["check", str(tmp_path), "--quiet"]) == NO_VALUE
    assert "expected objects that a table judges, found 1 other" in capsys.readouterr().err
