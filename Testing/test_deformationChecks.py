"""`ihero check` of deformable registrations: every encoding, bad grids, the normalized copy."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.config import disable_value_validation
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    SpatialRegistrationStorage,
)

import builders
import deformedObjects
from breaking import change
from brokenDeformations import GRID, GRIDS, ITEMS, PRE_MATRIX, PRES, SOURCE, with_
from brokenDICOM import SINGULAR
from deformationCases import encoded
from deformedObjects import declared, deformation, grid, registeredItem, sourceItem
from IHERODeformationLib.anyRegistration import anyDataset
from IHERODeformationLib.deformableRegistration import DeformableSpatialRegistration
from IHERODeformationLib.reader import deformableRegistrationFromFile
from IHERODeformationLib.vectorGridData import DeferredVectors
from IHERORegistrationLib.cli import main
from IHERORegistrationLib.profiles.selection import conformanceFindings
from IHERORegistrationLib.study import Study

POINTS = np.array([[-66.5, 31.0, 112.0], [-61.0, 36.5, 118.25], [-70.0, 30.0, 110.0]])


def written(dataset: Dataset, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(dataset))
    return path


def dataFolder(folder: Path) -> Path:
    """R and S as files."""
    series = [*builders.ctSeries(), *deformedObjects.sourceSeries()]
    for number, one in enumerate(series):
        written(one, folder / "data" / f"{number}.dcm")
    return folder / "data"


def changed(changes: dict[str, object]) -> Dataset:
    dataset = deformation()
    for path, value in changes.items():
        change(dataset, path, value)
    return dataset


def checked(capfd, *words: object) -> tuple[int, list[dict[str, str]], str]:
    status = main(["check", *map(str, words), "--json"])
    out, err = capfd.readouterr()
    return status, json.loads(out or "[]"), err


def inSyntax(dataset: Dataset, syntax: str) -> Dataset:
    dataset.file_meta.TransferSyntaxUID = syntax
    if syntax == ExplicitVRBigEndian:
        stored = dataset[ITEMS][1][GRIDS.rpartition("/")[2]][0]
        long = np.frombuffer(stored.VectorGridData, "<f4")
        stored.VectorGridData = long.astype(">f4").tobytes()
    return dataset


SYNTAXES = (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
)


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_vectors_are_judged_alike_in_every_encoding(syntax, tmp_path, capfd):
    long = changed({f"{GRID}/VectorGridData": with_((2, 2, 2), 96, 72, 0)})
    path = written(inSyntax(long, syntax), tmp_path / "long.dcm")
    status, found, _ = checked(capfd, path)
    assert status == 0
    assert [(one["code"], one["severity"]) for one in found] == [("DCM-DSR-010", "WARNING")] * 2
    assert "120 mm" in found[0]["message"]
    good = written(inSyntax(deformation(), syntax), tmp_path / "good.dcm")
    assert checked(capfd, good, "--data", dataFolder(tmp_path))[:2] == (0, [])


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_vectors_are_read_when_asked_for_and_again(syntax, tmp_path):
    path = written(inSyntax(deformation(), syntax), tmp_path / "one.dcm")
    dataset = anyDataset(path)
    value = dataset[ITEMS][1][GRIDS.rpartition("/")[2]][0].VectorGridData
    assert isinstance(value, DeferredVectors)
    order = ">f4" if syntax == ExplicitVRBigEndian else "<f4"
    expected = deformedObjects.vectors().astype(order).tobytes()
    assert value.read(100) + value.read() == expected
    assert value.seek(-8, 2) == len(expected) - 8
    assert value.read() == expected[-8:]
    assert value.seek(12) == 12
    assert value.read(24) == expected[12:36]
    value.close()


def test_without_vectors_nothing_is_read_of_them(tmp_path):
    dataset = anyDataset(written(deformation(), tmp_path / "one.dcm"))
    value = dataset[ITEMS][1][GRIDS.rpartition("/")[2]][0].VectorGridData
    value.read = None  # would be called
    assert conformanceFindings(dataset, vectors=False) == []


@pytest.mark.parametrize("vr", ["OB", "UN"])
def test_vectors_under_another_value_representation_are_judged_as_well(vr, tmp_path, capfd):
    long = changed({f"{GRID}/VectorGridData": with_((2, 2, 2), 96, 72, 0)})
    long[ITEMS][1][GRIDS.rpartition("/")[2]][0]["VectorGridData"].VR = vr
    status, found, _ = checked(capfd, written(long, tmp_path / "one.dcm"))
    assert (status, len(found)) == (0, 2)
    assert "120 mm" in found[0]["message"]


def test_vectors_that_cannot_be_read_any_more_are_told(tmp_path):
    path = written(deformation(), tmp_path / "one.dcm")
    dataset = anyDataset(path)
    path.unlink()
    found = conformanceFindings(dataset)
    assert {one.rule.code for one in found} == {"DCM-DSR-008", "DCM-DSR-010", "DRRO-DSR-020"}
    assert all("cannot be evaluated: cannot read" in one.message for one in found)


# name: changes, exit status of `check`, code that is among the findings
# fmt: off
BAD = {
    "a wrong length":     ({f"{GRID}/VectorGridData": deformedObjects.vectors().tobytes()[:-12]}, 1, "DCM-DSR-007"),
    "no length":          ({f"{GRID}/VectorGridData": b""},                                     1, "DCM-DSR-007"),
    "zero nodes":         ({f"{GRID}/GridDimensions": [5, 0, 4]},                               1, "DCM-DSR-006"),
    "immense dimensions": ({f"{GRID}/GridDimensions": [2**32 - 1] * 3},                         1, "DCM-DSR-007"),
    "infinite vectors":   ({f"{GRID}/VectorGridData": with_((1, 2, 3), np.inf, 0, 0)},          0, "DCM-DSR-008"),
    "partial NaN":        ({f"{GRID}/VectorGridData": with_((1, 2, 3), np.nan, 0, 0)},          0, "DCM-DSR-008"),
    "long axes":          ({f"{GRID}/ImageOrientationPatient": builders.ds((1, 0, 0, 0, 1.01, 0))}, 1, "DCM-DSR-005"),
    "slanted axes":       ({f"{GRID}/ImageOrientationPatient": builders.ds((1, 0, 0, 0.00015, 1, 0))}, 1, "DCM-DSR-005"),
    "two grids":          ({GRIDS: [grid(), grid()]},                                           1, "DCM-DSR-001"),
    "no grid":            ({GRIDS: []},                                                         1, "DCM-DSR-001"),
    "a grid beside":      ({f"{GRID}/ImagePositionPatient": builders.ds((500, 26, 107))},       0, "DCM-DSR-010"),
    "a singular matrix":  ({PRE_MATRIX: builders.ds(SINGULAR)},                                 1, "DRRO-DSR-013"),
    "a singular affine":  ({PRES: [declared(SINGULAR, "AFFINE")]},                              1, "DRRO-DSR-013"),
}
# fmt: on


@pytest.mark.parametrize("kind", BAD)
def test_bad_grids_are_one_clear_finding_of_each_table(kind, tmp_path, capfd):
    changes, expected, code = BAD[kind]
    path = written(changed(changes), tmp_path / "bad.dcm")
    status, found, err = checked(capfd, path, "--data", dataFolder(tmp_path))
    assert status == expected, err
    assert code in [one["code"] for one in found]
    codes = [one["code"] for one in found if one["severity"] == "ERROR"]
    assert len(codes) == len(set(codes)), found
    assert "cannot be evaluated" not in str(found)
    assert err == ""


@pytest.mark.parametrize("kind", [kind for kind in BAD if BAD[kind][1]])
def test_what_is_an_error_is_not_read_either(kind, tmp_path, capfd):
    path = written(changed(BAD[kind][0]), tmp_path / "bad.dcm")
    assert main(["inspect", str(path), "--quiet"]) in (1, 2)
    assert capfd.readouterr().err.count("\n") == 1


def test_a_deformation_in_the_class_of_rigid_registrations_is_judged_by_its_content(
    tmp_path, capfd
):
    path = written(deformation(SOPClassUID=SpatialRegistrationStorage), tmp_path / "one.dcm")
    status, found, _ = checked(capfd, path)
    assert (status, [(one["code"], one["location"]) for one in found]) == (
        0,
        [("DCM-REG-002", "SOPClassUID")],
    )


def test_images_without_a_frame_are_told_as_lying_in_none():
    images = deformedObjects.sourceSeries()
    del images[1].FrameOfReferenceUID
    study = Study((*builders.ctSeries(), *images))
    found = conformanceFindings(deformation(), ("DRRO",), study=study)
    told = {one.rule.code: one.message for one in found if "none" in one.message}
    assert told["DRRO-DSR-006"].startswith("expected the frame of the item's images, none, found")
    assert told["DRRO-DSR-007"].endswith("found some in none")


def test_the_page_says_what_maps_where(tmp_path, capfd):
    path = written(deformation(), tmp_path / "one.dcm")
    assert main(["check", str(path), "--html", str(tmp_path / "page.html")]) == 0
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Deformable Spatial Registration" in page
    assert "Grid of 5 × 6 × 4 vectors every 4 × 3 × 5 mm" in page


# Normalized copies


def departing() -> Dataset:
    """The same registration in a form that departs from DRRO wherever algebra can mend it."""
    source = sourceItem(
        PostDeformationMatrixRegistrationSequence=[declared(builders.QUARTER_X)],
        DeformableRegistrationGridSequence=[
            grid(VectorGridData=with_((1, 2, 3), np.nan, 0, 0)),
        ],
    )
    del source.ReferencedImageSequence
    with disable_value_validation():
        made = deformation(ContentLabel="mr on ct", ContentDescription=builders.ABSENT)
    made.DeformableRegistrationSequence = [source]
    del made.ReferencedSeriesSequence, made.DeviceSerialNumber
    return made


def mappedBy(path: Path) -> tuple[DeformableSpatialRegistration, np.ndarray]:
    registration = deformableRegistrationFromFile(path)
    return registration, registration.oneDeformation()(POINTS)


def test_a_normalized_copy_is_the_same_map_without_findings(tmp_path, capfd):
    data = dataFolder(tmp_path)
    path, out = written(departing(), tmp_path / "old.dcm"), tmp_path / "new.dcm"
    words = ["check", str(path), "--data", str(data), "--write-normalized", str(out)]
    assert main(words) == 0
    told = capfd.readouterr().err
    status, found, _ = checked(capfd, out, "--role", "producer", "--data", data)
    assert (status, [one for one in found if one["code"] != "DCM-DSR-010"]) == (0, [])
    (old, before), (new, after) = mappedBy(path), mappedBy(out)
    assert np.isfinite(before).all()
    np.testing.assert_allclose(after, before, atol=1e-5)  # a float32 of 10 mm turned
    assert len(new.items) == 2
    assert np.array_equal(new.sourceItems[0].postMatrix, np.eye(4))
    assert new.sopInstanceUID != old.sopInstanceUID
    assert new.seriesInstanceUID != old.seriesInstanceUID
    assert (new.studyInstanceUID, new.contentDate) == (old.studyInstanceUID, old.contentDate)
    assert new.patient == old.patient
    for what in ("ContentLabel: MR ON CT", "ContentDescription", "5 images", "4 images"):
        assert what in told
    for code in ("DCM-REG-003", "DCM-DSR-008", "DRRO-DSR-003", "DRRO-DSR-014"):
        assert f"[{code}]" in told


def test_vectors_of_a_conformant_object_stay_bit_for_bit(tmp_path):
    path, out = written(deformation(), tmp_path / "old.dcm"), tmp_path / "new.dcm"
    assert main(["check", str(path), "--write-normalized", str(out), "--quiet"]) == 0
    source = dcmread(out).DeformableRegistrationSequence[1]
    stored = source.DeformableRegistrationGridSequence[0].VectorGridData
    assert stored == deformedObjects.vectors().tobytes()
    assert main(["check", str(path), "--write-normalized", str(out), "--quiet"]) != 0  # --force


# fmt: off
REFUSED = {
    "no method":        (lambda: changed({f"{SOURCE}/RegistrationTypeCodeSequence": []}), "DRRO-DSR-009"),
    "no images":        (lambda: deformation(DeformableRegistrationSequence=[registeredItem(ReferencedImageSequence=builders.ABSENT), sourceItem()]), "DRRO-DSR-007"),
    "an affine matrix": (lambda: changed({PRES: [declared((1.1, *deformedObjects.PRE[1:]), "AFFINE")]}), "rigid"),
    "infinite vectors": (lambda: changed({f"{GRID}/VectorGridData": with_((1, 2, 3), np.inf, 0, 0)}), "infinite"),
    "two sources":      (lambda: deformation(DeformableRegistrationSequence=[registeredItem(), sourceItem(), sourceItem(SourceFrameOfReferenceUID="2.25.9")]), "one source item"),
}
# fmt: on


@pytest.mark.parametrize("kind", REFUSED)
def test_what_the_object_does_not_say_is_not_made_up(kind, tmp_path, capfd):
    make, words = REFUSED[kind]
    path, out = written(make(), tmp_path / "old.dcm"), tmp_path / "new.dcm"
    assert main(["check", str(path), "--write-normalized", str(out), "--quiet"]) == 1
    err = capfd.readouterr().err
    assert words in err.splitlines()[-1]
    assert list(tmp_path.iterdir()) == [path]


def test_one_deformable_registration_is_normalized_not_two_nor_none(tmp_path, capfd):
    one = written(deformation(), tmp_path / "one.dcm")
    other = written(deformation(SOPInstanceUID="2.25.10"), tmp_path / "other.dcm")
    rigid = written(builders.spatialRegistration(), tmp_path / "rigid.dcm")
    for paths, count in (((one, other), 2), ((rigid,), 0)):
        words = [*map(str, paths), "--write-normalized", str(tmp_path / "new.dcm"), "--quiet"]
        assert main(["check", *words]) == 2
        assert f"found {count}" in capfd.readouterr().err
