"""The phantom is the oracle of other tests; here it is held against SimpleITK and closed forms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK
from pydicom import dcmread

from IHERORegistrationLib.errors import ReferenceNotFoundError
from IHERORegistrationLib.fiducials import landmarkFitFromFiducials
from IHERORegistrationLib.fiducialsReader import fiducialsFromFile
from IHERORegistrationLib.geometry import AffineTransform, mapped, matrixType
from IHERORegistrationLib.phantoms.anatomy import LANDMARKS, Modality
from IHERORegistrationLib.phantoms.imageFiles import imageDatasets, scannedSeries
from IHERORegistrationLib.phantoms.phantom import writePhantom
from IHERORegistrationLib.phantoms.scans import (
    Position,
    Recipe,
    Scan,
    Size,
    hybridScans,
    imageLattice,
    repeatedCTScans,
    sagittalMRScans,
    setup,
)
from IHERORegistrationLib.phantoms.shapes import Ellipsoid, Tube, Without, distanceOf
from IHERORegistrationLib.phantoms.treatment import dose
from newPhantoms import files

# What Image Orientation (Patient) must be for an axial image of a patient who lies so.
# fmt: off
ORIENTATIONS = {
    Position.HFS:  ( 1,  0, 0,  0,  1, 0),
    Position.HFP:  (-1,  0, 0,  0, -1, 0),
    Position.HFDR: ( 0,  1, 0, -1,  0, 0),
    Position.HFDL: ( 0, -1, 0,  1,  0, 0),
    Position.FFS:  (-1,  0, 0,  0,  1, 0),
    Position.FFP:  ( 1,  0, 0,  0, -1, 0),
    Position.FFDR: ( 0, -1, 0, -1,  0, 0),
    Position.FFDL: ( 0,  1, 0,  1,  0, 0),
}


def _randomIndices(size: tuple[int, int, int], count: int) -> np.ndarray:
    return np.random.default_rng(4).integers(0, size, (count, 3))


def _simpleITKImage(folder: Path) -> SimpleITK.Image:
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    return reader.Execute()


@pytest.mark.parametrize(("name", "rounding"), [("CT", 0.51), ("MR", 0.51), ("PET", 0.5)])
def test_simpleitk_finds_the_analytic_value_at_every_voxel(phantom, name, rounding):
    image = _simpleITKImage(phantom.folder / name)
    assert image.GetSize() == phantom.named(name).lattice.size
    indices = _randomIndices(image.GetSize(), 1500)
    points = np.array([image.TransformIndexToPhysicalPoint(i) for i in indices.tolist()])
    found = np.array([image[i] for i in indices.tolist()])
    assert np.ptp(found) > 500
    np.testing.assert_allclose(found, phantom.valuesAt(name, points), atol=rounding)


def test_pet_slices_have_slopes_of_their_own(phantom):
    slopes = {dcmread(file).RescaleSlope for file in files(phantom.folder / "PET")}
    assert len(slopes) > 20


@pytest.mark.parametrize("position", Position)
def test_a_patient_is_imaged_as_he_lies(position):
    scan = Scan("CT", Modality.CT, 0, 0, position)
    toFrame = AffineTransform(setup(0), "2.25.1", "2.25.2")
    lattice = imageLattice(scan, Size.SMALL, toFrame.matrix)
    datasets = list(imageDatasets(scannedSeries(scan, "s", lattice, toFrame.inverse()), "s"))
    middle = datasets[len(datasets) // 2]
    assert middle.PatientPosition == position
    assert tuple(middle.ImageOrientationPatient) == ORIENTATIONS[position]
    toHead = np.cross(middle.ImageOrientationPatient[:3], middle.ImageOrientationPatient[3:])[2]
    assert toHead == (1 if position.startswith("HF") else -1)
    # The tumor (48 HU, in lung at -800) is where the patient coordinates say, in every position.
    tumor = toFrame(np.array(LANDMARKS["TUMOR"]))
    i, j, k = np.round(lattice.indices(tumor)).astype(int)
    assert -20 < datasets[k].pixel_array[j, i] - 24 < 110
    # The couch (foam of -940 HU) lies below him, whatever his position.
    foam = np.abs(middle.pixel_array - 24 + 940) < 2
    assert foam[36:].sum() > 50
    assert foam[:36].sum() < 5


def test_a_right_handed_patient_has_his_heart_left_and_his_liver_right(phantom):
    frame = phantom.primary.frame
    left, back, head = np.eye(3) * 60
    heart = phantom.isocenter(frame) - (-80, -7, 57) + (30, -32, 8)
    assert phantom.inside("Heart", heart, frame)
    assert phantom.inside("Lung_L", heart + left, frame)
    assert not phantom.inside("Lung_R", heart + left, frame)
    assert phantom.inside("Liver", heart - 1.6 * left - head, frame)
    assert phantom.inside("SpinalCanal", heart - left / 2 + 2.1 * back, frame)


def test_the_plan_aims_at_the_isocenter_of_the_dose(phantom):
    plan = dcmread(phantom.plan)
    expected = phantom.isocenter(phantom.primary.frame)
    for beam in plan.BeamSequence:
        np.testing.assert_allclose(beam.ControlPointSequence[0].IsocenterPosition, expected)
    assert phantom.doseAt(expected, phantom.primary.frame) == pytest.approx(61, abs=0.1)


def test_the_patient_without_beams_gets_nothing_and_the_target_its_dose():
    assert dose(*np.array([[0.0], [-130], [50]])) < 1e-6
    assert dose(*np.array([[60.0], [56], [-130]])) < 0.05
    points = np.array([-80, -7, 57]) + np.random.default_rng(6).uniform(-30, 30, (2000, 3))
    target = points[distanceOf(Ellipsoid((-80, -7, 57), (32, 29, 33)), points) < 0]
    assert dose(*target.T).min() > 59


@pytest.mark.parametrize("name", ["phantom", "primaryMR"])
def test_the_stored_dose_is_the_analytic_one(name, request):
    phantom = request.getfixturevalue(name)
    dataset = dcmread(phantom.dose)
    row, column = np.reshape(dataset.ImageOrientationPatient, (2, 3)).astype(float)
    i, j, k = _randomIndices((dataset.Columns, dataset.Rows, dataset.NumberOfFrames), 2000).T
    down, across = map(float, dataset.PixelSpacing)
    offset = np.array(dataset.GridFrameOffsetVector, dtype=float)[k]
    points = (
        np.array(dataset.ImagePositionPatient, dtype=float)
        + np.outer(i * across, row)
        + np.outer(j * down, column)
        + np.outer(offset, np.cross(row, column))
    )
    found = dataset.pixel_array[k, j, i] * float(dataset.DoseGridScaling)
    assert dataset.BitsAllocated == 32
    np.testing.assert_allclose(found, phantom.doseAt(points, phantom.primary.frame), atol=1e-6)


def test_registrations_map_landmarks_of_one_frame_onto_those_of_the_other(phantom):
    assert [one.path.name for one in phantom.registrations] == ["MR_TO_CT.dcm", "PET_TO_CT.dcm"]
    for one in phantom.registrations:
        dataset = dcmread(one.path)
        identity, moving = dataset.RegistrationSequence
        assert dataset.FrameOfReferenceUID == identity.FrameOfReferenceUID == phantom.primary.frame
        assert moving.FrameOfReferenceUID == one.transform.fromFrame
        holder = moving.MatrixRegistrationSequence[0].MatrixSequence[0]
        matrix = np.reshape(holder.FrameOfReferenceTransformationMatrix, (4, 4)).astype(float)
        assert matrixType(matrix) == holder.FrameOfReferenceTransformationMatrixType == "RIGID"
        registered = phantom.landmarks(phantom.primary.frame)
        for name, point in phantom.landmarks(moving.FrameOfReferenceUID).items():
            np.testing.assert_allclose(mapped(matrix, point), registered[name], atol=1e-9)
        np.testing.assert_allclose(one.transform.matrix, matrix, atol=1e-10)


def test_the_same_tissue_is_seen_in_both_images_through_the_registration(phantom):
    for name, tumor in (("MR", 620), ("PET", 26000)):
        series = phantom.named(name)
        toSeries = phantom.transform(phantom.primary.frame, series.frame)
        point = toSeries(phantom.landmarks(phantom.primary.frame)["TUMOR"])
        assert phantom.valuesAt(name, point[None])[0] == pytest.approx(tumor, rel=0.1)


def test_fiducials_of_two_frames_fit_to_the_exact_registration(phantom):
    ct, mr = (
        fiducialsFromFile(phantom.fiducials[phantom.named(name).frame], strict=True).sets[0]
        for name in ("CT", "MR")
    )
    fit = landmarkFitFromFiducials(mr, ct)
    np.testing.assert_allclose(
        fit.transform.matrix, phantom.registrations[0].transform.matrix, atol=1e-9
    )
    assert fit.largest < 1e-9
    assert set(fit.identifiers) == set(LANDMARKS)


def test_a_hybrid_phantom_has_one_frame_one_study_and_no_registration(tmp_path):
    hybrid = writePhantom(tmp_path, Recipe(hybridScans()))
    assert hybrid.registrations == ()
    assert len({one.frame for one in hybrid.series}) == 1
    assert len({one.reference.studyInstanceUID for one in hybrid.series}) == 1
    assert len(hybrid.fiducials) == 1


def test_other_frames_are_registered_to_a_primary_mr(primaryMR):
    (registration,) = primaryMR.registrations  # CT and PET share a frame
    assert registration.path.name == "CT_TO_MR.dcm"
    assert registration.transform.toFrame == primaryMR.named("MR").frame
    structures = dcmread(primaryMR.structureSet)
    assert structures.FrameOfReferenceUID == primaryMR.named("MR").frame


def test_sagittal_mr_have_frames_of_their_own(tmp_path):
    sagittal = writePhantom(tmp_path, Recipe(sagittalMRScans()))
    assert len({one.frame for one in sagittal.series}) == 3
    assert len(sagittal.registrations) == 2
    dataset = dcmread(files(tmp_path / "MR1")[0])
    assert list(dataset.ImageOrientationPatient) == [0, 1, 0, 0, 0, -1]


def test_a_repeated_ct_finds_the_patient_in_another_position(tmp_path):
    repeated = writePhantom(tmp_path, Recipe(repeatedCTScans(Position.FFP)))
    assert [dcmread(files(tmp_path / name)[0]).PatientPosition for name in ("CT1", "CT2")] == [
        "HFS",
        "FFP",
    ]
    assert len(repeated.registrations) == 1


def test_names_that_do_not_exist_are_refused_with_those_that_do(phantom):
    with pytest.raises(ReferenceNotFoundError, match=r"\(CT, MR, PET\), found US"):
        phantom.named("US")
    with pytest.raises(ReferenceNotFoundError, match="Body, Lung_R"):
        phantom.inside("Spleen", np.zeros(3), phantom.primary.frame)
    with pytest.raises(ReferenceNotFoundError, match=r"1\.2\.3"):
        phantom.doseAt(np.zeros(3), "1.2.3")


def test_distances_are_those_of_closed_forms():
    ball = Ellipsoid((10, 20, 30), (5, 5, 5))
    points = np.array([[10.0, 20, 38], [10, 20, 30], [13, 24, 30]])
    np.testing.assert_allclose(distanceOf(ball, points), (3, -5, 0), atol=1e-5)
    rod = Tube(((0, 0, 0), (0, 0, 10)), (2, 1))
    np.testing.assert_allclose(
        distanceOf(rod, np.array([[0.0, 3, 5], [0, 0, 14], [0, 0, -3]])), (1.5, 3, 1), atol=1e-9
    )
    shell = Without(ball, (Ellipsoid((10, 20, 30), (3, 3, 3)),))
    assert distanceOf(shell, np.array([10.0, 20, 30])) == pytest.approx(3)
    turned = Ellipsoid((0, 0, 0), (20, 5, 5), 30)
    tip = np.array([20 * np.cos(np.pi / 6), 20 * np.sin(np.pi / 6), 0])
    assert distanceOf(turned, tip) == pytest.approx(0, abs=1e-9)
    assert np.all(turned.box[1] >= tip)
