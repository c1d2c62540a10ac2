"""`ihero inspect` and `ihero map` of deformable registrations, as a user calls them."""

from __future__ import annotations

import csv
import json
import re

import numpy as np
import pytest
from pydicom import dcmread

from builders import CT_FRAME, MR_FRAME, deformableRegistration
from deformationCases import CASES
from IHERODeformationLib.reader import deformableRegistrationFromDataset
from IHERORegistrationLib.cli import main
from IHERORegistrationLib.saving import saveDataset

CASE = CASES["undefined nodes"]


def stored(case, folder, name="dsr.dcm"):
    return saveDataset(case.dataset(), folder / name)


def pointsFile(points, folder):
    lines = ["x,y,z", *(",".join(repr(float(x)) for x in point) for point in points)]
    path = folder / "in.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def mapped(folder, points, *options, case=CASE):
    out = folder / "out.csv"
    path = saveDataset(case.dataset(), folder / "dsr.dcm", force=True)
    words = ["map", path, "--points", pointsFile(points, folder), "--out", out]
    assert main([str(word) for word in (*words, *options)]) == 0
    return list(csv.DictReader(out.open()))


def test_points_go_from_registered_to_source_by_default(tmp_path):
    points = CASE.randomPoints(300, beyond=1.0)
    rows = mapped(tmp_path, points)
    outside = CASE.outside(points)
    undefined = CASE.touchesUndefined(points) & ~outside
    expected = np.where(outside, "outside", np.where(undefined, "undefined", "defined"))
    assert [row["status"] for row in rows] == list(expected)
    assert {"outside", "undefined", "defined"} == set(expected)
    for row, want, status in zip(rows, CASE.expected(points), expected, strict=True):
        if status == "defined":
            np.testing.assert_allclose([float(row[a]) for a in "xyz"], want, atol=1e-9)
        else:
            assert row["x"] == row["y"] == row["z"] == ""
    assert "residual" not in rows[0]


def test_against_the_deformation_points_have_a_residual(tmp_path, capsys):
    case = CASES["both"]
    points = case.randomPoints(100)
    given = case.expected(points)
    rows = mapped(tmp_path, given, "--from", MR_FRAME, "--to", CT_FRAME, case=case)
    found = np.array([[float(row[a]) for a in "xyz"] for row in rows])
    np.testing.assert_allclose(found, points, atol=0.01)
    assert all(float(row["residual"]) <= 1e-3 for row in rows)
    assert "numerical inverse" in capsys.readouterr().err


@pytest.mark.parametrize("end", ["--from", "--to"])
def test_one_named_end_is_enough(tmp_path, end):
    case = CASES["pre"]
    uid = CT_FRAME if end == "--from" else MR_FRAME
    points = case.randomPoints(5)
    rows = mapped(tmp_path, points, end, uid, case=case)
    found = np.array([[float(row[a]) for a in "xyz"] for row in rows])
    np.testing.assert_allclose(found, case.expected(points), atol=1e-9)


def test_inspection_says_what_goes_which_way(tmp_path, capsys):
    case = CASES["both"]
    assert main(["inspect", str(stored(case, tmp_path))]) in (0, 1)
    text = capsys.readouterr().out
    here, there = f"frame {CT_FRAME}", f"frame {MR_FRAME}"
    assert f"Takes points of {here} to {there}." in text
    assert f"Contours go from {here} to {there}; images and dose come from there onto it." in text
    assert "Oblique grid of 6 × 5 × 4 vectors every 2 × 1.5 × 3 mm" in text
    assert "Before the vectors: rigid: turns by 10.00°" in text
    assert "After the vectors: rigid: turns by 90.00°" in text
    longest = np.linalg.norm(case.vectors.reshape(-1, 3), axis=-1).max()
    assert f"Vectors of up to {longest:.1f} mm" in text


def test_the_json_of_an_inspection_has_matrices_and_grid(tmp_path, capsys):
    main(["inspect", "--json", str(stored(CASE, tmp_path))])
    (found,) = json.loads(capsys.readouterr().out)
    assert found["kind"] == "deformable"
    assert found["registeredFrame"] == CT_FRAME
    (item,) = [one for one in found["items"] if one["grid"]]
    assert item["sourceFrame"] == MR_FRAME
    assert item["grid"]["size"] == [6, 5, 4]
    assert item["grid"]["spacing"] == pytest.approx([2, 1.5, 3])
    assert item["grid"]["undefined"] == 2


def test_a_grid_in_another_class_is_read_by_its_content_and_refused_where_strict(tmp_path, capsys):
    path = saveDataset(
        deformableRegistration(SOPClassUID="1.2.840.10008.5.1.4.1.1.66.1"), tmp_path / "a.dcm"
    )
    main(["inspect", str(path)])
    assert "repaired: deformation in another class" in capsys.readouterr().out
    assert main(["inspect", "--strict", str(path)]) == 2


def test_vectors_that_are_repaired_are_told_where_they_are_applied(tmp_path, capsys):
    dataset = CASES["oblique"].dataset()
    (grid,) = (
        item.DeformableRegistrationGridSequence[0]
        for item in dataset.DeformableRegistrationSequence
        if "DeformableRegistrationGridSequence" in item
    )
    vectors = np.frombuffer(grid.VectorGridData, "<f4").reshape(-1, 3).copy()
    vectors[7, 1], vectors[11] = np.inf, (0, 400, 0)
    grid.VectorGridData = vectors.tobytes()
    words = ["map", saveDataset(dataset, tmp_path / "a.dcm"), "--points"]
    words += [pointsFile(CASES["oblique"].randomPoints(3), tmp_path), "--out", tmp_path / "o.csv"]
    assert main([str(word) for word in words]) == 0
    told = capsys.readouterr().err
    assert "1 nodes with an infinite component" in told
    assert "vectors of up to 400 mm" in told
    assert "folded space at Deformable" in told
    assert main([str(word) for word in (*words, "--force", "--strict")]) == 2
    assert "infinite vectors" in capsys.readouterr().err


def test_vectors_that_were_not_read_are_not_called_conformant(tmp_path, capsys, monkeypatch):
    import IHERODeformationLib.inspection as inspection

    path = str(saveDataset(deformableRegistration(), tmp_path / "dsr.dcm"))
    monkeypatch.setattr(inspection, "MOST_READ", 4 * 3 * 2 * 12 - 1)
    assert main(["inspect", path, "--quiet"]) == 0
    text = capsys.readouterr().out
    assert "Its vectors, 0 MB, were left unread." in text
    assert ", the vectors not judged" in text
    assert "Conformant" not in text
    main(["inspect", path, "--json"])
    (found,) = json.loads(capsys.readouterr().out)
    (grid,) = [one["grid"] for one in found["items"] if one["grid"]]
    assert (grid["judged"], grid["bytes"], grid["longest"]) == (False, 288, None)
    monkeypatch.setattr(inspection, "MOST_READ", 4 * 3 * 2 * 12)
    main(["inspect", path, "--json"])
    assert '"judged": true' in capsys.readouterr().out


KEPT = (4, 8, 21)  # ROI numbers: enough for a command


@pytest.fixture(scope="module")
def patient(deformedPhantom, tmp_path_factory):
    """The phantom's folder with few structures in its sets, by frame their UIDs."""
    folder = tmp_path_factory.mktemp("patient")
    for name in ("Registered", "Source", "REG"):
        (folder / name).symlink_to(deformedPhantom.folder / name)
    uids = {}
    for frame, path in deformedPhantom.structureSets.items():
        dataset = dcmread(path)
        for keyword in ("StructureSetROISequence", "ROIContourSequence"):
            items = [one for one in dataset[keyword].value if number(one) in KEPT]
            setattr(dataset, keyword, items)
        dataset.RTROIObservationsSequence = [
            one for one in dataset.RTROIObservationsSequence if one.ReferencedROINumber in KEPT
        ]
        uids[frame] = dataset.SOPInstanceUID
        dataset.save_as(folder / path.name)
    return folder, uids


def number(item):
    return item.get("ROINumber") or item.ReferencedROINumber


def test_contours_go_to_the_source_by_default(deformedPhantom, patient, tmp_path, capsys):
    (folder, uids), (registered, source) = patient, deformedPhantom.frames
    words = ["contours", folder / "REG" / "drro.dcm", "--data", folder]
    words += ["--structures", uids[registered], "--out", tmp_path]
    assert main([str(word) for word in words]) == 0
    (made,) = tmp_path.glob("*.dcm")
    dataset = dcmread(made)
    assert dataset.ReferencedFrameOfReferenceSequence[0].FrameOfReferenceUID == source
    assert len(dataset.StructureSetROISequence) == len(KEPT)
    assert main(["check", str(made), "--data", str(folder)]) == 0
    told = capsys.readouterr().out
    (heart,) = [one for one in dataset.StructureSetROISequence if one.ROIName == "Heart"]
    assert re.search(rf"^ +{heart.ROINumber} Heart .* cm³ →", told, re.MULTILINE)


def test_contours_go_back_only_where_the_frame_is_named(deformedPhantom, patient, tmp_path, capsys):
    (folder, uids), (registered, source) = patient, deformedPhantom.frames
    words = ["contours", folder / "REG" / "drro.dcm", "--data", folder]
    words += ["--structures", uids[source], "--out", tmp_path]
    assert main([str(word) for word in words]) == 1
    assert "numerical inverse: choose with --to" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
    assert main([str(word) for word in (*words, "--to", registered)]) == 0
    assert "better a second deformable registration" in capsys.readouterr().err


def test_the_image_of_the_source_comes_onto_the_registered_lattice(deformedPhantom, tmp_path):
    registered, _ = deformedPhantom.frames
    words = ["image", deformedPhantom.deformations["both"].path, "--data", deformedPhantom.folder]
    assert main([str(word) for word in (*words, "--out", tmp_path)]) == 0
    made = sorted(tmp_path.glob("*.dcm"))
    size = deformedPhantom.registered.lattice.size
    first = dcmread(made[0])
    assert (first.Columns, first.Rows, len(made)) == size
    assert registered == first.FrameOfReferenceUID
    assert first.DerivationCodeSequence[0].CodeValue == "125027"


def test_images_do_not_go_against_a_deformation_and_the_reason_is_told(
    deformedPhantom, tmp_path, capsys
):
    _, source = deformedPhantom.frames
    words = ["image", deformedPhantom.deformations["both"].path, "--data", deformedPhantom.folder]
    assert main([str(word) for word in (*words, "--to", source, "--out", tmp_path / "o")]) == 1
    assert "only the way against a deformation" in capsys.readouterr().err
    assert not (tmp_path / "o").exists()


def test_a_correction_of_distortion_has_to_be_asked_for(deformedPhantom, tmp_path, capsys):
    dataset = dcmread(deformedPhantom.deformations["drro"].path)
    for item in dataset.DeformableRegistrationSequence:
        item.SourceFrameOfReferenceUID = dataset.FrameOfReferenceUID
        item.ReferencedImageSequence = []
    path = saveDataset(dataset, tmp_path / "field.dcm")
    words = ["image", path, "--data", deformedPhantom.folder, "--out", tmp_path / "o"]
    assert main([str(word) for word in words]) == 1
    assert "expected --correct-distortion" in capsys.readouterr().err
    image = next((deformedPhantom.folder / "Registered").iterdir())
    series = dcmread(image).SeriesInstanceUID
    assert main([str(word) for word in (*words, "--correct-distortion", "--series", series)]) == 0
    lies = f"The corrected images lie in frame {dataset.FrameOfReferenceUID}."
    assert lies in capsys.readouterr().err


def test_counts_that_are_scaled_are_told(deformedPhantom, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("IHERORegistrationLib.commands.image.countFactor", lambda *_: 0.046721)
    words = ["image", deformedPhantom.deformations["both"].path, "--data", deformedPhantom.folder]
    assert main([str(word) for word in (*words, "--out", tmp_path)]) == 0
    assert "Counts are multiplied by 0.04672, the ratio of voxel" in capsys.readouterr().err


def test_the_dose_of_the_source_comes_to_the_registered_image(deformedPhantom, tmp_path, capsys):
    registered, _ = deformedPhantom.frames
    words = ["dose", deformedPhantom.deformations["oblique"].path, "--data", deformedPhantom.folder]
    assert main([str(word) for word in (*words, "--out", tmp_path, "--bits", "16")]) == 0
    (made,) = tmp_path.glob("*.dcm")
    dataset = dcmread(made)
    assert dataset.FrameOfReferenceUID == registered
    assert dataset.SpatialTransformOfDose == "NON_RIGID"
    assert dataset.BitsAllocated == 16
    assert "Maximum 61 Gy before" in capsys.readouterr().err


def test_dose_that_arrives_nowhere_is_told(deformedPhantom, tmp_path, capsys):
    path = deformedPhantom.deformations["small-grid"].path
    words = ["dose", path, "--data", deformedPhantom.folder, "--out", tmp_path]
    assert main([str(word) for word in words]) == 0
    assert "% of the integral dose of the source arrives nowhere" in capsys.readouterr().err


def test_what_structures_get_is_reported_before_and_after(deformedPhantom, patient, tmp_path):
    folder, _ = patient
    (folder / "dose.dcm").symlink_to(
        next(folder.glob("Source/")).resolve().parent / "Source-RTDOSE.dcm"
    )
    report = tmp_path / "report.csv"
    words = ["dose", folder / "REG" / "drro.dcm", "--data", folder, "--out", tmp_path / "d"]
    assert main([str(word) for word in (*words, "--report", report)]) == 0
    rows = list(csv.DictReader(report.open()))
    assert {row["when"] for row in rows} == {"before", "after"}
    assert {row["structure"] for row in rows} == {"Heart", "Stomach_Lumen"}
    wrong = tmp_path / "report.txt"
    assert main([str(word) for word in (*words, "--force", "--report", wrong)]) == 2
    assert not wrong.exists()


def test_beyond_the_grid_the_matrices_alone_hold_only_if_asked_for(tmp_path):
    case = CASES["both"]
    points = case.pointsAt(np.array([[-3.0, 1, 1], [2, 2, 1]]))
    assert [row["status"] for row in mapped(tmp_path, points, case=case)] == ["outside", "defined"]
    rows = mapped(tmp_path, points, "--outside", "rigid", "--force", case=case)
    affine = deformableRegistrationFromDataset(case.dataset()).oneDeformation().affine
    found = np.array([[float(row[a]) for a in "xyz"] for row in rows])
    np.testing.assert_allclose(found[0], affine[:3, :3] @ points[0] + affine[:3, 3])
    np.testing.assert_allclose(found[1], case.expected(points)[1])


def mapOnePoint(path, folder):
    points = pointsFile([[1, 2, 3]], folder)
    return ["map", path, "--points", points, "--out", folder / "o.csv"]


def test_a_correction_of_distortion_connects_no_frames(tmp_path, capsys):
    dataset = CASES["oblique"].dataset()
    for item in dataset.DeformableRegistrationSequence:
        item.SourceFrameOfReferenceUID = dataset.FrameOfReferenceUID
    path = saveDataset(dataset, tmp_path / "field.dcm")
    words = mapOnePoint(path, tmp_path)
    assert main([str(word) for word in words]) == 1
    assert "maps a frame onto itself" in capsys.readouterr().err


def test_another_reading_is_applied_by_name_and_recorded(deformedPhantom, tmp_path, capsys):
    case = CASES["oblique"]
    points = case.randomPoints(5)
    rows = mapped(tmp_path, points, "--reading", "voxel-vectors", case=case)
    found = np.array([[float(row[a]) for a in "xyz"] for row in rows])
    voxels = (case.expected(points) - points) * case.spacing
    np.testing.assert_allclose(found, points + voxels @ case.axes.T, atol=1e-5)
    assert "read as vectors in voxels" in capsys.readouterr().err
    words = ["image", deformedPhantom.deformations["oblique"].path, "--data"]
    words += [deformedPhantom.folder, "--out", tmp_path / "i", "--reading", "voxel-vectors"]
    assert main([str(word) for word in words]) == 0
    first = dcmread(sorted((tmp_path / "i").glob("*.dcm"))[0])
    assert "read as vectors in voxels of their grid instead of mm" in first.DerivationDescription


def test_a_reading_that_a_registration_does_not_have_is_refused(tmp_path, capsys):
    path = saveDataset(CASES["oblique"].dataset(), tmp_path / "a.dcm")
    words = mapOnePoint(path, tmp_path)
    assert main([str(word) for word in (*words, "--reading", "vectors-turned")]) == 2
    assert "voxel-vectors" in capsys.readouterr().err


def test_a_frame_that_nothing_connects_is_told_as_such(tmp_path, capsys):
    path = saveDataset(CASES["oblique"].dataset(), tmp_path / "a.dcm")
    words = mapOnePoint(path, tmp_path)
    assert main([str(word) for word in (*words, "--to", "1.2.3.77")]) == 1
    assert "found 1.2.3.77; they connect" in capsys.readouterr().err


def test_images_go_against_a_deformation_only_by_name(deformedPhantom, tmp_path, capsys):
    _, source = deformedPhantom.frames
    series = deformedPhantom.registered.reference.seriesInstanceUID
    words = ["image", deformedPhantom.deformations["drro"].path, "--data", deformedPhantom.folder]
    words += ["--series", series, "--to", source, "--out", tmp_path]
    assert main([str(word) for word in words]) == 1
    assert "--inverse" in capsys.readouterr().err
    assert main([str(word) for word in (*words, "--inverse")]) == 0
    first = dcmread(sorted(tmp_path.glob("*.dcm"))[0])
    assert source == first.FrameOfReferenceUID
    assert "inverted numerically" in first.DerivationDescription
