"""`ihero export` of fields made elsewhere, as a user calls it."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from pydicom import dcmread

from builders import CT_FRAME, MATRIX, MR_FRAME, ctSeries, mrSeries, petSeries, spatialRegistration
from foreignFields import OBLIQUE, SIZE, SPACING, displacementsAt, fieldImage, vectorsOf
from IHERODeformationLib.reader import deformableRegistrationFromFile
from IHERORegistrationLib.cli import main
from IHERORegistrationLib.saving import saveDataset

CENTER = np.array([-65.0, 34, 114.5])  # of the CT: 12 × 10 × 12 mm
FIRST = CENTER - OBLIQUE @ (SPACING * (np.array(SIZE) - 1)) / 2
VOXELS = np.array([[-70.0, 30, 110], [-60, 38, 119], [-66, 32, 116]])  # some of the CT


def series(folder, frame=MR_FRAME):
    moving = mrSeries(FrameOfReferenceUID=frame)
    for name, datasets in (("ct", ctSeries()), ("mr", moving)):
        for number, one in enumerate(datasets):
            saveDataset(one, folder / name / f"{number}.dcm", force=True)


def exported(folder, transform, *options, frame=MR_FRAME):
    """Status of the command; `frame` is that of the MR."""
    series(folder, frame)
    words = (
        "export", transform, "--fixed", folder / "ct", "--moving", folder / "mr", "--label", "DIR",
        "--description", "made elsewhere", "--method", "image", "--out", folder / "o.dcm", *options,
    )  # fmt: skip
    return main([str(word) for word in words])


def field(folder, ending=".mha", first=FIRST):
    image = fieldImage()
    image.SetOrigin(first)
    sitk.WriteImage(image, str(folder / f"f{ending}"))
    return folder / f"f{ending}"


def composite(folder):
    image = fieldImage()
    image.SetOrigin(FIRST)
    after = sitk.VersorRigid3DTransform((2, -3, 6), 0.4, (15, -25, 4), tuple(CENTER))
    inner = sitk.DisplacementFieldTransform(sitk.Cast(image, sitk.sitkVectorFloat64))
    sitk.WriteTransform(sitk.CompositeTransform([after, inner]), str(folder / "c.h5"))
    return folder / "c.h5", after


def indices(points):
    return ((points - FIRST) @ OBLIQUE) / SPACING


def mapFrom(folder):
    registration = deformableRegistrationFromFile(folder / "o.dcm")
    assert registration.registeredFrame == CT_FRAME
    return registration.transforms[0]


def test_a_field_is_written_bit_for_bit_and_read_back(tmp_path, capsys, dciodvfy):
    assert exported(tmp_path, field(tmp_path)) == 0
    transform = mapFrom(tmp_path)
    assert transform.toFrame == MR_FRAME
    expected = VOXELS + displacementsAt(indices(VOXELS))
    np.testing.assert_allclose(transform(VOXELS), expected, atol=2e-6)
    dataset = dcmread(tmp_path / "o.dcm")
    item = dataset.DeformableRegistrationSequence[1]
    assert item.SourceFrameOfReferenceUID == MR_FRAME
    grid = item.DeformableRegistrationGridSequence[0]
    assert grid.VectorGridData == vectorsOf(fieldImage()).tobytes()
    assert list(grid.GridDimensions) == list(SIZE)
    np.testing.assert_allclose(grid.GridResolution, SPACING, atol=1e-12)
    np.testing.assert_allclose([float(x) for x in grid.ImagePositionPatient], FIRST, atol=1e-6)
    cosines = [float(x) for x in grid.ImageOrientationPatient]
    np.testing.assert_allclose(cosines, OBLIQUE[:, :2].T.ravel(), atol=1e-9)
    matrix = item.PreDeformationMatrixRegistrationSequence[0].FrameOfReferenceTransformationMatrix
    np.testing.assert_array_equal([float(x) for x in matrix], np.eye(4).ravel())
    assert "FrameOfReferenceTransformationComment" not in item
    assert dciodvfy(tmp_path / "o.dcm") == []
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0].startswith("Maps CT")
    assert "onto MR" in lines[0]
    assert (
        lines[1]
        == "Oblique grid of 6 × 5 × 4 vectors every 9 × 11 × 13.5 mm, 54 × 55 × 54 mm in all."
    )
    assert lines[-1] == str(tmp_path / "o.dcm")
    assert "sampled" not in err


def test_the_profile_is_that_of_the_kind_unless_another_fits(tmp_path, capsys):
    path = field(tmp_path)
    assert exported(tmp_path, path, "--profile", "DICOM", "--maps", "fixed-to-moving") == 0
    assert exported(tmp_path, path, "--profile", "MMRO-III", "--force") == 2
    assert "--profile MMRO-III is for matrices" in capsys.readouterr().err
    matrix = tmp_path / "matrix.txt"
    matrix.write_text("1 0 0 1\n0 1 0 2\n0 0 1 3\n0 0 0 1\n")
    given = ("--maps", "moving-to-fixed", "--force")
    assert exported(tmp_path, matrix, "--profile", "DRRO", *given) == 2
    assert "--profile DRRO is for deformations" in capsys.readouterr().err
    assert exported(tmp_path, matrix, "--form", "one-item", *given) == 2
    assert "--form one-item is for deformations" in capsys.readouterr().err
    assert exported(tmp_path, matrix, *given) == 0
    assert "RegistrationSequence" in dcmread(tmp_path / "o.dcm")


def test_a_direction_that_contradicts_a_field_is_refused(tmp_path, capsys):
    assert exported(tmp_path, field(tmp_path), "--maps", "moving-to-fixed") == 2
    assert "map fixed to moving points, not moving-to-fixed" in capsys.readouterr().err
    assert not (tmp_path / "o.dcm").exists()


def test_a_composite_is_told_and_mapped(tmp_path, capsys):
    path, after = composite(tmp_path)
    assert exported(tmp_path, path) == 0
    there = VOXELS + displacementsAt(indices(VOXELS))
    expected = [after.TransformPoint(point) for point in there.tolist()]
    np.testing.assert_allclose(mapFrom(tmp_path)(VOXELS), expected, atol=1e-5)
    assert "Beside the vectors: rigid: turns by 22.92°" in capsys.readouterr().out


def splineFile(folder):
    spline = sitk.BSplineTransform(3, 3)
    size = (6.0, 7.0, 8.0)
    spline.SetFixedParameters([*size, *(CENTER - 20), 8, 7, 6, *np.eye(3).ravel()])
    spline.SetParameters(np.sin(0.7 * np.arange(3 * 6 * 7 * 8)))
    sitk.WriteTransform(spline, str(folder / "b.tfm"))
    return folder / "b.tfm", spline


@pytest.mark.parametrize(
    ("options", "bound"), [((), 0.1), (("--error", "0.2"), 0.2), (("--spacing", "2.1"), 0.5)]
)
def test_a_spline_is_sampled_and_its_error_told(options, bound, tmp_path, capsys):
    path, spline = splineFile(tmp_path)
    assert exported(tmp_path, path, *options) == 0
    expected = [spline.TransformPoint(point) for point in VOXELS.tolist()]
    found = mapFrom(tmp_path)
    assert np.linalg.norm(found(VOXELS) - expected, axis=-1).max() <= bound
    if options[:1] == ("--spacing",):
        assert found.grid.lattice.spacing.max() <= 2.1
    assert "mm: off by up to 0." in capsys.readouterr().err


def test_what_is_not_covered_undefined_and_folded_is_told(tmp_path, capsys):
    image = fieldImage(np.eye(3))
    image.SetSpacing((4, 4, 4))
    image.SetOrigin((-70, 24, 110))  # its last slice lies within the CT, its last rows too
    image[1, 2, 1] = (float("nan"),) * 3
    image[2, 2, 2] = (-60.0, 0.0, 0.0)
    sitk.WriteImage(image, str(tmp_path / "f.nrrd"))
    assert exported(tmp_path, tmp_path / "f.nrrd") == 0
    out, err = capsys.readouterr()
    assert "1 of 120 (0.8 %) are undefined" in out
    told = [line for line in err.splitlines() if "of the fixed image lies" in line]
    assert len(told) == 2
    assert "where the deformation is undefined" in told[0]
    assert "folds space" in told[1]
    image.SetOrigin((-70, 24, 114))
    sitk.WriteImage(image, str(tmp_path / "f.nrrd"))
    assert exported(tmp_path, tmp_path / "f.nrrd", "--force") == 0
    # half a voxel beyond its nodes is inside: slices at 113, 116, 119; not 110
    assert "25.0 % of the fixed image lies outside the grid" in capsys.readouterr().err


def test_a_start_comes_after_the_field_that_was_found_on_top_of_it(tmp_path):
    start = saveDataset(spatialRegistration(), tmp_path / "start.dcm")
    assert exported(tmp_path, field(tmp_path), "--start", start) == 0
    toMoving = np.linalg.inv(np.reshape([float(x) for x in MATRIX], (4, 4)))
    there = VOXELS + displacementsAt(indices(VOXELS))
    expected = there @ toMoving[:3, :3].T + toMoving[:3, 3]
    np.testing.assert_allclose(mapFrom(tmp_path)(VOXELS), expected, atol=1e-4)
    pre = dcmread(tmp_path / "o.dcm").DeformableRegistrationSequence[1]
    pre = pre.PreDeformationMatrixRegistrationSequence[0].FrameOfReferenceTransformationMatrix
    np.testing.assert_allclose(np.reshape([float(x) for x in pre], (4, 4)), toMoving, atol=1e-6)


def test_the_two_files_of_a_registration_by_ants_go_together(tmp_path):
    """Its matrix, which it applies to points after its field."""
    affine = sitk.AffineTransform([1.05, 0.1, 0, -0.1, 0.95, 0.02, 0, 0, 1.1], (4, -5, 6))
    affine.SetCenter(CENTER)
    sitk.WriteTransform(affine, str(tmp_path / "0GenericAffine.mat"))
    path = field(tmp_path, ".nii.gz")
    assert exported(tmp_path, path, "--start", tmp_path / "0GenericAffine.mat") == 0
    there = VOXELS + displacementsAt(indices(VOXELS))
    expected = [affine.TransformPoint(point) for point in there.tolist()]
    np.testing.assert_allclose(mapFrom(tmp_path)(VOXELS), expected, atol=1e-4)
    assert exported(tmp_path, path, "--start", composite(tmp_path)[0], "--force") == 2


def test_a_start_between_other_frames_is_refused(tmp_path, capsys):
    start = saveDataset(spatialRegistration(moving=petSeries()), tmp_path / "start.dcm")
    assert exported(tmp_path, field(tmp_path), "--start", start) == 1
    assert "no registration leads" in capsys.readouterr().err
    assert not (tmp_path / "o.dcm").exists()


def test_what_a_file_cannot_tell_is_assumed_only_by_name_and_recorded(tmp_path, capsys):
    vectors = np.zeros((3, 6, 5, 4), np.float16)
    vectors[0], vectors[1], vectors[2] = 1, -0.5, 2
    np.savez(tmp_path / "disp.npz", vectors)
    assert exported(tmp_path, tmp_path / "disp.npz") == 2
    assert exported(tmp_path, tmp_path / "disp.npz", "--field", "learn2reg") == 0
    # voxels of 2 × 2 × 3 mm
    np.testing.assert_allclose(mapFrom(tmp_path)(VOXELS), VOXELS + np.array([2, -1, 6]), atol=1e-6)
    item = dcmread(tmp_path / "o.dcm").DeformableRegistrationSequence[1]
    sentence = "Learn2Reg: vectors in voxels of the fixed image, in its order"
    assert item.FrameOfReferenceTransformationComment == sentence
    assert f"so it is assumed: {sentence}" in capsys.readouterr().err


def test_a_file_of_velocity_says_what_was_assumed(tmp_path, capsys):
    vectors = np.tile(np.float32([1, 2, 3]), (4 * 5 * 6, 1))
    content = struct.pack("<3I3f", 6, 5, 4, 2.5, 2.5, 3) + vectors.tobytes()
    (tmp_path / "f.bdf").write_bytes(content)
    assert exported(tmp_path, tmp_path / "f.bdf") == 0
    np.testing.assert_allclose(mapFrom(tmp_path)(VOXELS), VOXELS + np.array([1, 2, 3]), atol=1e-6)
    item = dcmread(tmp_path / "o.dcm").DeformableRegistrationSequence[1]
    assert item.FrameOfReferenceTransformationComment.startswith("Velocity .bdf: LPS mm")
    assert "it is assumed: Velocity" in capsys.readouterr().err


def test_linear_files_of_elastix_become_spatial_registrations(tmp_path):
    path = tmp_path / "TransformParameters.0.txt"
    path.write_text(
        '(Transform "TranslationTransform")\n(NumberOfParameters 3)\n'
        '(TransformParameters 1 2 -3)\n(HowToCombineTransforms "Compose")\n'
    )
    assert exported(tmp_path, path) == 0
    item = dcmread(tmp_path / "o.dcm").RegistrationSequence[1]
    matrix = item.MatrixRegistrationSequence[0].MatrixSequence[0]
    found = [float(x) for x in matrix.FrameOfReferenceTransformationMatrix]
    np.testing.assert_allclose(np.reshape(found, (4, 4))[:3, 3], (-1, -2, 3))  # moving → fixed


def test_a_frame_is_deformed_within_itself_only_where_that_is_meant(tmp_path, capsys):
    path = field(tmp_path)
    assert exported(tmp_path, path, frame=CT_FRAME) == 1
    assert "deformed within itself" in capsys.readouterr().err
    assert exported(tmp_path, path, "--within-frame-ok", frame=CT_FRAME) == 0
    dataset = dcmread(tmp_path / "o.dcm")
    frames = [one.SourceFrameOfReferenceUID for one in dataset.DeformableRegistrationSequence]
    assert frames == [CT_FRAME, CT_FRAME]


@pytest.mark.parametrize(("form", "items"), [("one-item", 1), ("one-grid", 1), ("drro", 2)])
def test_forms_for_other_readers(form, items, tmp_path, capsys):
    image = fieldImage(np.eye(3))
    image.SetOrigin(CENTER - SPACING * (np.array(SIZE) - 1) / 2)
    sitk.WriteImage(image, str(tmp_path / "f.mha"))
    assert exported(tmp_path, tmp_path / "f.mha", "--form", form) == 0
    assert len(dcmread(tmp_path / "o.dcm").DeformableRegistrationSequence) == items
    assert ("DRRO-DSR" in capsys.readouterr().err) == (items == 1)


BAD = {
    "a truncated field": (lambda f: cut(field(f, ".nii.gz")), 2, "truncated|expected"),
    "a spacing of zero": (lambda f: (field(f), "--spacing", "0"), 2, "positive length"),
    "a spacing in words": (lambda f: (field(f), "--spacing", "fine"), 2, "positive length"),
    "an error below zero": (lambda f: (field(f), "--error", "-1"), 2, "positive length"),
    "an unknown format": (lambda f: (field(f), "--field", "guess"), 2, "invalid choice"),
    "another format": (lambda f: (field(f), "--field", "velocity"), 2, "expected .* bytes"),
    "a bound that is too small": (lambda f: (splineFile(f)[0], "--error", "1e-5"), 1, "larger err"),
    "a field far away": (lambda f: (splineFile(f)[0], "--fixed", f / "mr"), 1, "expected a map"),
    "oblique for one grid": (lambda f: (field(f), "--form", "one-grid"), 1, "along the patient's"),
}


def cut(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[:-300])
    return path


@pytest.mark.parametrize("kind", BAD)
def test_bad_input_gives_one_line_and_no_file(kind, tmp_path, capsys):
    make, status, message = BAD[kind]
    words = make(tmp_path)
    words = words if isinstance(words, tuple) else (words,)
    if kind == "a field far away":
        words = (*words, "--moving", tmp_path / "ct")
    assert exported(tmp_path, *words, "--quiet") == status
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1
    assert err.startswith("ihero: ")
    assert re.search(message, err), err
    assert not (tmp_path / "o.dcm").exists()
