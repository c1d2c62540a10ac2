from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from pydicom import dcmread
from scipy.spatial.transform import Rotation

import builders
from IHERORegistrationLib.decimalStrings import decimalString
from IHERORegistrationLib.dose import doseFromDataset, doseFromFile
from IHERORegistrationLib.doseWriter import (
    SpatialTransform,
    datasetFromResampledDose,
    spatialTransform,
)
from IHERORegistrationLib.errors import FrameOfReferenceError, NonconformantError
from IHERORegistrationLib.frames import TransformChain
from IHERORegistrationLib.geometry import AffineTransform
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.reader import registrationFromDataset
from IHERORegistrationLib.registeredDoseDisplay import doseOnTarget
from IHERORegistrationLib.saving import saveDataset
from writtenSeries import seriesOf

CT, MR = builders.CT_FRAME, builders.MR_FRAME
CREATED = datetime(2025, 6, 7, 8, 9, 10, tzinfo=UTC)


def rotated(degrees):
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("xyz", degrees, degrees=True).as_matrix()
    return matrix


def ontoDose(matrixPart, series):
    """Takes the middle of the MR `series` to the middle of the built dose."""
    matrix = matrixPart.copy()
    matrix[:3, 3] = np.array([-60, 35.5, 113.5]) - matrix[:3, :3] @ series.lattice.center
    return matrix


def resampled(mr, *, matrixType="RIGID", part=None, **changes):
    matrix = ontoDose(rotated((10, -20, 35)) if part is None else part, mr)
    items = [
        builders.registrationItem(builders.ctSeries(), builders.IDENTITY, builders.IDENTITY_CODE),
        builders.registrationItem(builders.mrSeries(), matrix.ravel(), matrixType=matrixType),
    ]
    registration = registrationFromDataset(builders.spatialRegistration(items=items))
    return doseOnTarget(doseFromDataset(builders.dose(**changes)), mr, [registration])


def written(dose):
    return datasetFromResampledDose(dose, "dose on the MR", created=CREATED)


# --- what the object says


def test_the_written_dose_reads_back_as_it_was(mr, tmp_path):
    dose = resampled(mr)
    back = doseFromFile(saveDataset(written(dose), tmp_path / "dose.dcm"))
    assert back.notes == ()
    assert back.frame == MR
    assert back.volume.lattice.size == dose.volume.lattice.size
    corners = back.volume.lattice.corners - dose.volume.lattice.corners
    assert np.abs(corners).max() < 1e-9
    step = dose.volume.values.max() / (2**32 - 1)
    error = np.abs(back.volume.values.astype(float) - dose.volume.values)
    assert error.max() <= 0.51 * step + np.spacing(dose.volume.values.max())


def test_voxel_centers_follow_from_the_attributes_alone(mr):
    dose = resampled(mr)
    dataset = written(dose)
    row, column = np.array(dataset.ImageOrientationPatient, float).reshape(2, 3)
    down, along = map(float, dataset.PixelSpacing)
    offsets = [float(x) for x in dataset.GridFrameOffsetVector]
    assert offsets[0] == 0
    assert (np.diff(offsets) > 0).all()
    assert len(offsets) == dataset.NumberOfFrames == dose.volume.values.shape[0]
    origin = np.array(dataset.ImagePositionPatient, float)
    center = origin + 3 * along * row + 2 * down * column + offsets[1] * np.cross(row, column)
    np.testing.assert_allclose(center, dose.volume.lattice.points((3, 2, 1)), atol=1e-9)
    assert (dataset.Rows, dataset.Columns) == dose.volume.values.shape[1:]
    np.testing.assert_allclose(row, mr.lattice.directions[:, 0], atol=1e-12)


def test_all_32_bits_are_used_and_none_overflows(mr):
    dose = resampled(mr)
    dataset = written(dose)
    stored = np.frombuffer(dataset.PixelData, "<u4")
    assert 2**32 - 1 >= stored.max() > 2**32 - 1 - 2**12
    assert len(str(dataset["DoseGridScaling"].value)) <= 16
    assert float(dataset.DoseGridScaling) * (2**32 - 1) >= dose.volume.values.max()
    assert (dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit) == (32, 32, 31)
    assert dataset.PixelRepresentation == 0


@pytest.mark.parametrize("peak", [1.0, 3.3e-7, 81.7265625, 1 / 3, 6553.5, 2.0**-20])
def test_the_scaling_is_rounded_up_for_any_dose(mr, peak):
    dose = resampled(mr)
    values = (dose.volume.values / dose.volume.values.max() * np.float32(peak)).astype(np.float32)
    dataset = written(replace(dose, volume=Volume(values, dose.volume.lattice, MR)))
    stored = np.frombuffer(dataset.PixelData, "<u4").reshape(values.shape)
    assert float(dataset.DoseGridScaling) * (2**32 - 1) >= float(values.max())
    assert stored.argmax() == values.argmax()
    back = stored * float(dataset.DoseGridScaling)
    error = np.abs(back - values.astype(float)).max()
    assert error <= 0.5001 * float(dataset.DoseGridScaling)


def test_a_dose_of_nothing_is_written_too(mr):
    dose = resampled(mr)
    empty = Volume(np.zeros_like(dose.volume.values), dose.volume.lattice, MR)
    dataset = written(replace(dose, volume=empty))
    assert float(dataset.DoseGridScaling) > 0
    assert not np.frombuffer(dataset.PixelData, "<u4").any()


def test_a_confirmed_other_patient_is_recorded(mr, tmp_path):
    dose = resampled(mr)
    assert "ImageComments" not in written(dose)
    other = seriesOf(builders.mrSeries(PatientID="ANOTHER"), tmp_path / "other")
    assert written(replace(dose, target=other)).ImageComments == "other patient confirmed by user"


def test_the_meaning_comes_from_the_source_and_the_study_from_the_target(mr):
    source = builders.dose(DoseType="EFFECTIVE", StudyInstanceUID="2.25.77.1.9")
    dataset = written(resampled(mr, DoseType="EFFECTIVE", StudyInstanceUID="2.25.77.1.9"))
    assert dataset.DoseType == "EFFECTIVE"
    assert (dataset.DoseUnits, dataset.DoseSummationType) == ("GY", "PLAN")
    assert dataset.TissueHeterogeneityCorrection == "IMAGE"
    assert dataset.ReferencedRTPlanSequence == source.ReferencedRTPlanSequence
    assert dataset.StudyInstanceUID == builders.STUDY
    assert dataset.FrameOfReferenceUID == MR
    assert dataset.PositionReferenceIndicator == "SN"
    assert dataset.SeriesInstanceUID not in (source.SeriesInstanceUID, mr.seriesInstanceUID)
    (reference,) = dataset.ReferencedInstanceSequence
    assert reference.ReferencedSOPInstanceUID == source.SOPInstanceUID
    assert reference.PurposeOfReferenceCodeSequence[0].CodeValue == "121372"


def test_it_says_how_it_was_moved_and_by_what(mr):
    dataset = written(resampled(mr))
    assert dataset.SpatialTransformOfDose == "RIGID"
    (used,) = dataset.ReferencedSpatialRegistrationSequence
    assert used.ReferencedSOPClassUID == "1.2.840.10008.5.1.4.1.1.66.1"
    assert used.ReferencedSOPInstanceUID == "2.25.77.4.50"
    assert dataset.DoseComment.startswith("Display only: resampled, RIGID; ")
    assert dataset.DoseComment.endswith(" % beyond source is 0")


@pytest.mark.parametrize("kind", ["RIGID_SCALE", "AFFINE"])
def test_scaling_and_shearing_are_not_called_rigid(mr, kind):
    part = rotated((10, -20, 35)) @ np.diag([1.02, 1, 0.97, 1])
    if kind == "AFFINE":
        part[0, 1] += 0.1
    dataset = written(resampled(mr, matrixType=kind, part=part))
    assert dataset.SpatialTransformOfDose == "NON_RIGID"
    assert len(dataset.DoseComment) <= 64


def test_the_kind_of_a_chain_is_that_of_its_least_rigid_step():
    rigid = AffineTransform(rotated((1, 2, 3)), "A", "B")
    back = AffineTransform(rotated((4, 5, 6)), "B", "A")
    scaled = AffineTransform(np.diag([1.1, 1, 1, 1]), "B", "C")
    assert spatialTransform(TransformChain((), "A", "A")) is SpatialTransform.NONE
    assert spatialTransform(TransformChain((rigid, back), "A", "A")) is SpatialTransform.RIGID
    assert spatialTransform(TransformChain((rigid, scaled), "A", "C")) is SpatialTransform.NON_RIGID


def test_histograms_points_and_private_groups_are_left_behind(mr):
    changes = {"NormalizationPoint": ["1", "2", "3"], "DVHSequence": [builders.item()]}
    dataset = written(resampled(mr, **changes))
    assert "NormalizationPoint" not in dataset
    assert "DVHSequence" not in dataset


def test_an_error_dose_keeps_its_sign(mr):
    dose = resampled(mr, DoseType="ERROR")
    signed = dose.volume.values - dose.volume.values.max() / 4
    dataset = written(replace(dose, volume=Volume(signed, dose.volume.lattice, MR)))
    assert dataset.PixelRepresentation == 1
    back = np.frombuffer(dataset.PixelData, "<i4") * float(dataset.DoseGridScaling)
    np.testing.assert_allclose(back.reshape(signed.shape), signed, atol=1e-6)


# --- refusals


def test_a_negative_physical_dose_is_refused(mr):
    dose = resampled(mr)
    negative = Volume(dose.volume.values - 1, dose.volume.lattice, MR)
    with pytest.raises(NonconformantError, match="expected no negative values"):
        written(replace(dose, volume=negative))


def test_undefined_values_are_refused(mr):
    dose = resampled(mr)
    values = dose.volume.values.copy()
    values[0, 0, 0] = np.nan
    with pytest.raises(NonconformantError, match="found nan"):
        written(replace(dose, volume=Volume(values, dose.volume.lattice, MR)))


def test_a_moved_dose_names_its_registration(mr):
    with pytest.raises(NonconformantError, match="RIGID names 0 registrations"):
        written(replace(resampled(mr), registrations=()))


def test_a_dose_in_another_frame_than_the_target_is_refused(mr):
    dose = resampled(mr)
    astray = Volume(dose.volume.values, dose.volume.lattice, CT)
    with pytest.raises(FrameOfReferenceError, match="expected a dose in"):
        written(replace(dose, volume=astray))


# --- dciodvfy aborts on 32 bits, so it sees a twin with 16


def twin(dataset, tmp_path):
    """The same object with its values in 16 bits."""
    copy = dcmread(saveDataset(dataset, tmp_path / "dose32.dcm"))
    wide = np.frombuffer(copy.PixelData, "<u4")
    copy.PixelData = (wide >> 16).astype("<u2").tobytes()
    copy.BitsAllocated, copy.BitsStored, copy.HighBit = 16, 16, 15
    copy.DoseGridScaling = decimalString(float(copy.DoseGridScaling) * 65536)
    return copy


@pytest.mark.parametrize("kind", ["RIGID", "AFFINE"])
def test_dciodvfy_finds_no_error(mr, tmp_path, dciodvfy, kind):
    part = rotated((10, -20, 35)) @ np.diag([1, 1.0 if kind == "RIGID" else 1.1, 1, 1])
    dataset = written(resampled(mr, matrixType=kind, part=part))
    assert dciodvfy(twin(dataset, tmp_path)) == []


def test_dciodvfy_finds_no_error_in_a_dose_of_one_slice(mr, tmp_path, dciodvfy):
    dose = resampled(mr)
    lattice = dose.volume.lattice
    thin = Lattice((*lattice.size[:2], 1), lattice.ijkToLPS)
    volume = Volume(dose.volume.values[:1], thin, MR)
    dataset = written(replace(dose, volume=volume, outside=dose.outside[:1]))
    assert "NumberOfFrames" not in dataset
    assert dciodvfy(twin(dataset, tmp_path)) == []
