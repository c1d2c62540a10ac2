"""Uses of deformable registrations that are not possible are refused in one line, with nothing
half-written.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import SimpleITK as sitk
from pydicom import Dataset

import builders
from badDeformations import COUNT, WRONG_CLASS
from brokenDeformations import (
    ITEMS,
)
from builders import ABSENT, CT_FRAME, ctSeries, mrSeries, references
from deformedObjects import (
    CORNER,
    SOURCE_FRAME,
    SPACING,
    deformation,
    grid,
    registeredItem,
    sourceDose,
    sourceItem,
    sourceSeries,
    vectors,
)
from refusals import NO_VALUE, REFUSED, one, requireRefused, words

# Objects that can be read, but whose use is refused


Words = list[object]


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
