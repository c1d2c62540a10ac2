"""What a physicist does with the command, from the files of another system to files of our own."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from IHERORegistrationLib.cli import main
from IHERORegistrationLib.dataFolder import dataFolder
from IHERORegistrationLib.phantoms.phantom import Phantom, writePhantom
from IHERORegistrationLib.phantoms.scans import (
    Position,
    Recipe,
    hybridScans,
    primaryMRScans,
    repeatedCTScans,
)
from IHERORegistrationLib.pictures.graphics import graphicsAvailable
from IHERORegistrationLib.reader import registrationFromFile
from IHERORegistrationLib.seriesReading import seriesFromFiles
from testData import dataSet

CT, MR, PET = (f"1.2.826.0.1.3680043.8.431.1554.4.1.{number}" for number in (1, 2, 3))


def ihero(*words: object) -> int:
    """Run the command; gives its exit status."""
    return main([str(word) for word in words])


def writtenPoints(path: Path, points: np.ndarray) -> Path:
    lines = ["x,y,z", *(",".join(f"{value:.17g}" for value in point) for point in points)]
    path.write_text("\n".join(lines) + "\n")
    return path


def readPoints(path: Path) -> tuple[np.ndarray, list[str]]:
    with path.open() as file:
        rows = list(csv.DictReader(file))
    points = np.array([[float(row[axis]) for axis in "xyz"] for row in rows])
    return points, [row["status"] for row in rows]


# The IHE-RO reference set


@pytest.mark.parametrize(("name", "frame"), [("REG2CTMR", MR), ("REG2CTPT", PET)])
def test_both_registrations_are_told_and_found_without_error(nonhybridSet, capsys, name, frame):
    path = nonhybridSet / "REG" / f"{name}.dcm"
    assert ihero("inspect", path, "--data", nonhybridSet, "--json") == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert told["registeredFrame"] == CT
    assert told["kind"] == "rigid"
    assert [item["sourceFrame"] for item in told["items"]] == [CT, frame]
    assert told["items"][1]["maps"].startswith("Maps ")
    assert "turns by 5.00°" in told["items"][1]["maps"]
    assert told["images"]["present"] == told["images"]["referenced"]


@pytest.mark.parametrize("name", ["REG2CTMR", "REG2CTPT"])
def test_our_export_of_their_registration_is_read_equal(nonhybridSet, tmp_path, name):
    theirs = registrationFromFile(nonhybridSet / "REG" / f"{name}.dcm")
    matrix = tmp_path / "matrix.txt"
    np.savetxt(matrix, theirs.transforms[0].matrix, fmt="%.17g")
    out = tmp_path / "ours.dcm"
    moving = nonhybridSet / ("MR" if name == "REG2CTMR" else "PET")
    status = ihero(
        "export", matrix, "--maps", "moving-to-fixed", "--fixed", nonhybridSet / "CT", "--moving",
        moving, "--label", "AGAIN", "--description", "the same", "--method", "equipment",
        "--profile", "MMRO-II", "--out", out,
    )  # fmt: skip
    assert status == 0
    ours = registrationFromFile(out)
    assert ours.registeredFrame == theirs.registeredFrame
    assert ours.transforms[0].fromFrame == theirs.transforms[0].fromFrame
    # theirs has 6 decimals: making it a rotation again moves nothing by more than that costs
    points = np.random.default_rng(3).uniform(-250, 250, (500, 3))
    apart = np.linalg.norm(ours.transforms[0](points) - theirs.transforms[0](points), axis=1)
    assert apart.max() < 2e-4


def test_structures_are_carried_to_the_pet_and_lie_on_the_uptake(nonhybridSet, tmp_path, capsys):
    registration = nonhybridSet / "REG" / "REG2CTPT.dcm"
    assert ihero("contours", registration, "--data", nonhybridSet, "--out", tmp_path) == 0
    (path,) = tmp_path.glob("*.dcm")
    dataset = dcmread(path)
    assert dataset.FrameOfReferenceUID == PET
    (series,) = seriesFromFiles(sorted((nonhybridSet / "PET").glob("*.dcm")))
    volume = series.volume()
    numbers = {roi.ROIName: roi.ROINumber for roi in dataset.StructureSetROISequence}
    for name in ("GTV", "OR"):
        inside = [
            value
            for roi in dataset.ROIContourSequence
            if roi.ReferencedROINumber == numbers[name]
            for contour in roi.ContourSequence
            for value in nearestValues(volume, shrunkPoints(contour.ContourData))
        ]
        assert np.mean(inside) >= 25_000 * stepOf(series)


def shrunkPoints(data) -> np.ndarray:
    """Points on the contour scaled by 0.9 about its center, and on the way to the center."""
    points = np.array(data, dtype=float).reshape(-1, 3)
    center = points.mean(axis=0)
    return np.concatenate([center + share * (points - center) for share in (0.3, 0.6, 0.9)])


def nearestValues(volume, points: np.ndarray) -> np.ndarray:
    i, j, k = np.rint(volume.lattice.indices(points)).astype(int).T
    return volume.values[k, j, i]


def stepOf(series) -> float:
    """The rescale slope: the set's numbers are those stored."""
    return float(series.headers[0].get("RescaleSlope", 1))


def test_the_dose_is_written_for_display_and_says_so(nonhybridSet, tmp_path, capsys):
    registration = nonhybridSet / "REG" / "REG2CTMR.dcm"
    assert ihero("dose", registration, "--data", nonhybridSet, "--out", tmp_path) == 0
    assert "RIGID" in capsys.readouterr().out
    dataset = dcmread(tmp_path / "0001.dcm")
    assert dataset.FrameOfReferenceUID == MR
    assert dataset.SpatialTransformOfDose == "RIGID"
    (used,) = dataset.ReferencedSpatialRegistrationSequence
    assert used.ReferencedSOPInstanceUID == dcmread(registration).SOPInstanceUID


def test_registrations_of_two_objects_are_chained(nonhybridSet, tmp_path):
    paths = [nonhybridSet / "REG" / f"{name}.dcm" for name in ("REG2CTMR", "REG2CTPT")]
    matrices = [registrationFromFile(path).transforms[0].matrix for path in paths]
    points = np.random.default_rng(9).uniform(-200, 200, (50, 3))
    ends = ("--from", MR, "--to", PET)
    given, out = writtenPoints(tmp_path / "in.csv", points), tmp_path / "out.csv"
    assert ihero("map", *paths, "--points", given, "--out", out, *ends) == 0
    homogeneous = np.c_[points, np.ones(50)] @ (np.linalg.inv(matrices[1]) @ matrices[0]).T
    mapped, status = readPoints(out)
    np.testing.assert_allclose(mapped, homogeneous[:, :3], rtol=0, atol=1e-9)
    assert set(status) == {"defined"}


# Other real sets


@pytest.mark.parametrize("writer", ["pydicomrt-0.9.1", "regix-0.3.1"])
def test_the_porcine_mr_lies_on_the_ct_only_after_the_half_turn(tmp_path, writer):
    data = dataSet("mri-dir-porcine-reduced")
    registration = dataSet("peer-made/porcine-ct-mr-sro") / f"{writer}_sro.dcm"
    assert ihero("image", registration, "--data", data, "--out", tmp_path, "--quiet") == 0
    (moved,) = seriesFromFiles(sorted(tmp_path.glob("*.dcm")))
    (fixed,) = seriesFromFiles(sorted((data / "ct").glob("*.dcm")))
    np.testing.assert_allclose(moved.lattice.ijkToLPS, fixed.lattice.ijkToLPS, atol=1e-6)
    tissue = fixed.volume().values > -300
    signal = moved.volume().values
    assert signal[tissue].mean() > 3 * signal[~tissue].mean()


def test_the_acrin_structures_are_carried_to_the_other_time_point(tmp_path, capsys):
    data = dataSet("acrin-brain-mr-pair")
    registration = dataSet("peer-made/acrin-brain-sro") / "regix-0.3.1_sro.dcm"
    assert ihero("contours", registration, "--data", data, "--out", tmp_path) == 0
    dataset = dcmread(tmp_path / "0001.dcm")
    (other,) = seriesFromFiles(sorted((data / "mr_1961-06-11").glob("*.dcm")))
    assert dataset.FrameOfReferenceUID == other.frame
    uids = {one.sopInstanceUID for one in other.reference}
    for roi in dataset.ROIContourSequence:
        for contour in roi.get("ContourSequence") or ():
            (image,) = contour.ContourImageSequence
            assert image.ReferencedSOPInstanceUID in uids


@pytest.mark.parametrize("kind", ["rigidscale", "affine"])
def test_scaled_and_affine_objects_are_applied_and_told_as_not_mmro(kind, tmp_path, capsys):
    folder = dataSet("peer-made/aria-phantom-known-reg")
    path = folder / f"regix-0.3.1_sro-{kind}.dcm"
    truth = np.loadtxt(folder / f"{kind}_cube_to_water.txt")
    points = np.random.default_rng(1).uniform(-50, 50, (20, 3))
    given, out = writtenPoints(tmp_path / "in.csv", points), tmp_path / "out.csv"
    assert ihero("map", path, "--points", given, "--out", out) == 0
    expected = points @ truth[:3, :3].T + truth[:3, 3]
    np.testing.assert_allclose(readPoints(out)[0], expected, rtol=0, atol=1e-7)
    assert ihero("check", path, "--json") == 0
    codes = {finding["code"] for finding in json.loads(capsys.readouterr().out)}
    assert "MMRO-SRO-010" in codes


# Made patients, whose truth is known


def mappedByCommand(phantom: Phantom, fromFrame: str, toFrame: str, folder: Path) -> float:
    """Largest error, mm, of points that the command maps between two frames."""
    center = phantom.isocenter(fromFrame)
    points = center + np.random.default_rng(4).uniform(-150, 150, (100, 3))
    given, out = writtenPoints(folder / "in.csv", points), folder / "out.csv"
    paths = [one.path for one in phantom.registrations]
    ends = ("--from", fromFrame, "--to", toFrame, "--force", "--quiet")
    assert ihero("map", *paths, "--points", given, "--out", out, *ends) == 0
    truth = phantom.transform(fromFrame, toFrame)(points)
    return float(np.abs(readPoints(out)[0] - truth).max())


@pytest.mark.parametrize("position", Position)
def test_points_map_in_every_patient_position_and_both_ways(position, tmp_path):
    phantom = writePhantom(tmp_path / "patient", Recipe(repeatedCTScans(position)))
    first, second = (one.frame for one in phantom.series)
    for ends in ((first, second), (second, first)):
        assert mappedByCommand(phantom, *ends, tmp_path) < 1e-8  # frames are metres apart


def test_an_mr_can_be_the_registered_image_set(tmp_path, capsys):
    phantom = writePhantom(tmp_path / "patient", Recipe(primaryMRScans()))
    paths = [one.path for one in phantom.registrations]
    assert ihero("inspect", *paths, "--data", phantom.folder) == 0
    assert mappedByCommand(
        phantom, phantom.series[1].frame, phantom.primary.frame, tmp_path
    ) < 1e-8  # fmt: skip
    other = phantom.series[1].frame
    out = tmp_path / "contours"
    chosen = ("--to", other, "--base", phantom.named("CT").reference.seriesInstanceUID)
    assert ihero("contours", *paths, "--data", phantom.folder, "--out", out, *chosen) == 0
    assert dcmread(out / "0001.dcm").FrameOfReferenceUID == other


def test_images_of_one_frame_need_no_registration(canDraw, tmp_path, capsys):
    phantom = writePhantom(tmp_path / "patient", Recipe(hybridScans()))
    overlay = phantom.named("PET").reference.seriesInstanceUID
    out = tmp_path / "hybrid.png"
    assert ihero("view", "--data", phantom.folder, "--overlay", overlay, "--out", out) == 0
    assert "same frame of reference" in capsys.readouterr().err
    assert out.stat().st_size > 20_000


def test_what_no_registration_connects_is_named_and_not_shown(canDraw, tmp_path, capsys):
    data = dataSet("acrin-brain-mr-pair")
    (second,) = seriesFromFiles(sorted((data / "mr_1961-06-11").glob("*.dcm")))
    out = tmp_path / "alone.png"
    assert ihero("view", "--data", data, "--base", second.seriesInstanceUID, "--out", out) == 0
    told = capsys.readouterr().err
    assert "is not shown: no registration leads from it to the base" in told
    assert "structures are not shown" in told


def test_an_unregistered_overlay_is_marked_as_such(canDraw, phantom, tmp_path, capsys):
    base, overlay = (phantom.named(name).reference.seriesInstanceUID for name in ("CT", "PET"))
    chosen = ("--base", base, "--overlay", overlay, "--unregistered", "--plane", "axial")
    out = tmp_path / "off.png"
    assert ihero("view", "--data", phantom.folder, *chosen, "--out", out) == 0
    assert "registration OFF" in capsys.readouterr().err
    assert ihero("view", "--data", phantom.folder, *chosen[:4], "--out", tmp_path / "no.png") == 1
    assert "no registration leads from" in capsys.readouterr().err


def test_a_registration_is_made_from_a_matrix_for_a_made_patient(phantom, tmp_path, capsys):
    fixed, moving = phantom.primary, phantom.named("MR")
    matrix = tmp_path / "matrix.txt"
    np.savetxt(matrix, phantom.transform(fixed.frame, moving.frame).matrix, fmt="%.17g")
    out = tmp_path / "made.dcm"
    status = ihero(
        "export", matrix, "--maps", "fixed-to-moving", "--fixed", phantom.folder / "CT",
        "--moving", phantom.folder / "MR", "--label", "MR_ON_CT", "--description", "by matrix",
        "--method", "image", "--out", out,
    )  # fmt: skip
    assert status == 0
    assert capsys.readouterr().out.startswith("Maps MR")
    truth = phantom.transform(moving.frame, fixed.frame).matrix
    np.testing.assert_allclose(
        registrationFromFile(out).transforms[0].matrix, truth, rtol=0, atol=1e-9
    )
    assert ihero("check", out, "--data", phantom.folder, "--role", "producer") == 0


def test_strict_refuses_structures_that_need_repair(phantom, tmp_path, capsys):
    data = shutil.copytree(phantom.folder, tmp_path / "data")
    file = data / phantom.structureSet.relative_to(phantom.folder)
    dataset = dcmread(file)
    del dataset.ROIContourSequence[0].ContourSequence[0].NumberOfContourPoints
    dataset.save_as(file)
    carry = ("contours", phantom.registrations[0].path, "--data", data, "--out", tmp_path / "out")
    assert ihero(*carry, "--strict") == 2
    assert "strict reading refuses repairs: points not counted" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_ct_is_made_axial_and_nothing_else_is(phantom, tmp_path, capsys):
    out = tmp_path / "axial"
    ct = phantom.named("CT").reference.seriesInstanceUID
    assert ihero("image", "--data", phantom.folder, "--series", ct, "--out", out) == 0
    assert ihero("check", out, "--profile", "DICOM,RO-11", "--data", phantom.folder) == 0
    mr = phantom.named("MR").reference.seriesInstanceUID
    refused = ("--series", mr, "--out", tmp_path / "no")
    assert ihero("image", "--data", phantom.folder, *refused) == 1
    assert "RO-11 stores CT" in capsys.readouterr().err
    assert not (tmp_path / "no").exists()


def test_the_demonstration_leaves_results_that_open(tmp_path, capsys):
    out = tmp_path / "demo"
    assert ihero("demo", "--out", out) == 0
    data = dataFolder(out / "results")
    assert len(data.registrations) == 2
    assert len(data.structureSets) == 2
    assert len(data.doses) == 1
    assert len(data.series) == 1
    deformed = dataFolder(out / "deformed results")
    found = (deformed.registrations, deformed.structureSets, deformed.doses, deformed.series)
    assert [len(kind) for kind in found] == [1, 1, 1, 1]
    report = (out / "report.html").read_text(encoding="utf-8")
    assert "no findings" in report
    assert " error" not in report.split("<h2>Conformance</h2>")[1].split("</section>")[0]
    if graphicsAvailable():
        assert report.count("<img") == len(list((out / "pictures").glob("*.png"))) == 13
    again = ihero("demo", "--out", out)
    assert again == 1
    assert "--force" in capsys.readouterr().err
