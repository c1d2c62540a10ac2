"""Resampled series as DICOM: values, lineage, geometry, and what dciodvfy says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import SimpleITK
from pydicom import Dataset, dcmread

from builders import ctSeries, ds, enhancedMR, mrSeries, petSeries
from IHERORegistrationLib.derivedImages import (
    ResampledImage,
    axialLattice,
    datasetsFromResampled,
)
from IHERORegistrationLib.errors import FrameOfReferenceError, NonconformantError
from IHERORegistrationLib.frames import TransformChain
from IHERORegistrationLib.geometry import AffineTransform, mapped
from IHERORegistrationLib.images import ImageSeries
from IHERORegistrationLib.lattice import Volume
from IHERORegistrationLib.references import InstanceReference, SeriesReference
from IHERORegistrationLib.resampledSeries import axialSeries
from IHERORegistrationLib.saving import saveDataset
from IHERORegistrationLib.seriesReading import seriesFromFiles
from testData import dataSet
from writtenSeries import placed, seriesOf, turned

NOW = datetime(2024, 5, 6, 7, 8, 9)
REGISTRATION = InstanceReference("1.2.840.10008.5.1.4.1.1.66.1", "2.25.7")
SRO = SeriesReference("2.25.5", "2.25.6", (REGISTRATION,))
IDENTITY = np.eye(4)


def centered(source: ImageSeries, target: ImageSeries) -> np.ndarray:
    """A turn of 30° about z that takes the middle of `target` to the middle of `source`."""
    cosine, sine = np.cos(np.radians(30)), np.sin(np.radians(30))
    matrix = np.eye(4)
    matrix[:2, :2] = [[cosine, -sine], [sine, cosine]]
    matrix[:3, 3] = source.lattice.center - mapped(matrix, target.lattice.center)
    return matrix


def resampled(
    source: ImageSeries, target: ImageSeries, values: np.ndarray | None = None, **changes: object
) -> ResampledImage:
    """`source` on the lattice of `target`; row 1 of the first slice lies outside."""
    shape = target.lattice.shape
    if values is None:
        values = np.linspace(-30.5 if source.modality == "CT" else 0.4, 900, np.prod(shape))
    outside = np.zeros(shape, bool)
    outside[0, 1] = True
    parts = {
        "volume": Volume(values.reshape(shape), target.lattice, target.frame),
        "outside": outside,
        "source": source,
        "target": target,
        "transform": AffineTransform(centered(source, target), target.frame, source.frame),
        "interpolation": "linear",
        "registrations": (SRO,),
        **changes,
    }
    return ResampledImage(**parts)


def datasets(image: ResampledImage) -> list[Dataset]:
    return datasetsFromResampled(image, "MR on CT", created=NOW)


def readBack(made: Sequence[Dataset], folder: Path) -> SimpleITK.Image:
    """What SimpleITK reads of them."""
    for one in made:
        saveDataset(one, folder / f"{one.InstanceNumber:03}.dcm")
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    return reader.Execute()


@pytest.fixture
def ct(tmp_path: Path) -> ImageSeries:
    return seriesOf(ctSeries(4), tmp_path / "ct")


@pytest.fixture
def mr(tmp_path: Path) -> ImageSeries:
    return seriesOf(mrSeries(5), tmp_path / "mr")


@pytest.fixture
def pet(tmp_path: Path) -> ImageSeries:
    return seriesOf(petSeries(3), tmp_path / "pet")


@pytest.mark.parametrize(
    "pair", [("mr", "ct"), ("pet", "ct"), ("ct", "mr"), ("ct", "pet"), ("mr", "pet"), ("pet", "mr")]
)
def test_dciodvfy_finds_no_error(pair, request, dciodvfy):
    source, target = map(request.getfixturevalue, pair)
    for dataset in datasets(resampled(source, target))[:2]:
        assert dciodvfy(dataset) == []


@pytest.mark.parametrize(
    ("bodyPart", "laterality"), [("HEAD", ""), ("PELVIS", "R"), ("BREAST", ""), ("LUNG", "L")]
)
def test_laterality_is_written_of_paired_body_parts_only(
    tmp_path, ct, bodyPart, laterality, dciodvfy
):
    made = mrSeries(3, BodyPartExamined=bodyPart, Laterality=laterality)
    source = seriesOf(made, tmp_path / "source")
    assert dciodvfy(datasets(resampled(source, ct))[0]) == []


@pytest.mark.parametrize("pair", [("mr", "ct"), ("pet", "ct"), ("ct", "mr")])
def test_geometry_and_frame_are_the_targets_and_the_study_the_sources(pair, request, tmp_path):
    source, target = map(request.getfixturevalue, pair)
    made = datasets(resampled(source, target))
    image = readBack(made, tmp_path / "made")
    assert image.GetSize() == target.lattice.size
    last = np.array(target.lattice.size) - 1
    for corner in np.indices((2, 2, 2)).reshape(3, 8).T * last:
        expected = image.TransformIndexToPhysicalPoint([int(n) for n in corner])
        np.testing.assert_allclose(target.lattice.points(corner), expected, atol=1e-6)
    for k, one in enumerate(made):
        assert one.FrameOfReferenceUID == target.frame
        assert one.StudyInstanceUID == source.studyInstanceUID
        assert one.SOPClassUID == source.sopClassUID
        assert one.InstanceNumber == k + 1
    assert len({one.SeriesInstanceUID for one in made} | {source.seriesInstanceUID}) == 2
    assert len({one.SOPInstanceUID for one in made}) == len(made)


def test_patient_position_is_the_targets(tmp_path, mr):
    prone = seriesOf(ctSeries(3, PatientPosition="HFP"), tmp_path / "prone")
    assert datasets(resampled(mr, prone))[0].PatientPosition == "HFP"


def test_hounsfield_units_are_rounded_and_padding_lies_outside(ct, mr, tmp_path):
    values = np.linspace(-1000.6, 2999.6, int(np.prod(mr.lattice.shape)))
    image = resampled(ct, mr, values)
    read = SimpleITK.GetArrayFromImage(readBack(datasets(image), tmp_path / "made"))
    expected = np.floor(image.volume.values + 0.5)
    expected[image.outside] = -1024
    np.testing.assert_array_equal(read, expected)
    assert datasets(image)[0].PixelPaddingValue == -1024


def test_halves_of_negative_values_are_not_truncated(ct, mr):
    values = np.full(mr.lattice.shape, -0.75)
    made = datasets(resampled(ct, mr, values))
    assert np.all(made[1].pixel_array == -1)


def test_what_is_undefined_gets_padding_and_is_counted(ct, mr):
    values = np.full(mr.lattice.shape, 40.0)
    values[2, 3, 1:3] = np.nan
    made = datasets(resampled(ct, mr, values))
    assert list(made[2].pixel_array[3, :4]) == [40, -1024, -1024, 40]
    assert "8 voxels" in made[0].DerivationDescription


def test_MR_keeps_its_numbers_without_rescale(mr, ct):
    made = datasets(resampled(mr, ct))
    assert "RescaleSlope" not in made[0]
    expected = np.rint(resampled(mr, ct).volume.values[2])
    np.testing.assert_array_equal(made[2].pixel_array, expected)
    assert made[0].PixelRepresentation == 0
    assert made[0].PixelPaddingValue == 0
    assert not made[0].pixel_array[1].any()


def test_negative_MR_is_signed(mr, ct):
    values = np.linspace(-500, 500, int(np.prod(ct.lattice.shape)))
    made = datasets(resampled(mr, ct, values))
    assert made[0].PixelRepresentation == 1
    np.testing.assert_array_equal(made[3].pixel_array, np.rint(values.reshape(ct.lattice.shape)[3]))


def test_MR_with_rescale_values_keeps_their_fractions(tmp_path, ct, dciodvfy):
    scaled = mrSeries(3, RescaleSlope="0.001", RescaleIntercept="0", RescaleType="US")
    values = np.linspace(0, 0.129, int(np.prod(ct.lattice.shape)))
    made = datasets(resampled(seriesOf(scaled, tmp_path / "scaled"), ct, values))
    read = SimpleITK.GetArrayFromImage(readBack(made, tmp_path / "made"))
    np.testing.assert_allclose(read[1:], values.reshape(ct.lattice.shape)[1:], atol=2e-6)
    assert dciodvfy(made[1]) == []


def test_PET_has_one_slope_per_series_and_keeps_its_unit(pet, ct, tmp_path):
    values = np.linspace(0, 52345.6, int(np.prod(ct.lattice.shape)))
    made = datasets(resampled(pet, ct, values))
    read = SimpleITK.GetArrayFromImage(readBack(made, tmp_path / "made"))
    np.testing.assert_allclose(read[1:], values.reshape(ct.lattice.shape)[1:], atol=0.41)
    assert len({one.RescaleSlope for one in made}) == 1
    assert [one.ImageIndex for one in made] == [1, 2, 3, 4]
    assert made[0].NumberOfSlices == 4
    assert made[0].Units == "BQML"
    assert list(made[0].ImageType) == ["DERIVED", "PRIMARY"]
    assert "PatientPosition" not in made[0]


def test_counts_are_scaled_with_the_volume_of_voxels(tmp_path, ct):
    pet = seriesOf(petSeries(3, Units="CNTS"), tmp_path / "counts")
    values = np.full(ct.lattice.shape, 1000.0)
    made = datasets(resampled(pet, ct, values))
    read = made[1].pixel_array * float(made[1].RescaleSlope)
    np.testing.assert_allclose(read, 1000 * (2 * 2 * 3) / (4 * 4 * 5), rtol=1e-4)
    assert "multiplied by 0.15" in made[1].DerivationDescription


@pytest.mark.parametrize("kind", ["GATED", "DYNAMIC"])
def test_several_times_are_refused(tmp_path, ct, kind):
    pet = seriesOf(petSeries(3, SeriesType=[kind, "IMAGE"]), tmp_path / "times")
    with pytest.raises(NonconformantError, match=kind):
        datasets(resampled(pet, ct))


def test_a_multi_frame_source_is_refused(tmp_path, ct):
    with pytest.raises(NonconformantError, match="multi-frame"):
        datasets(resampled(seriesOf([enhancedMR(4)], tmp_path / "enhanced"), ct))


def test_frames_that_do_not_meet_are_refused(mr, ct, pet):
    wrong = AffineTransform(IDENTITY, mr.frame, ct.frame)
    with pytest.raises(FrameOfReferenceError, match="expected a volume in"):
        datasets(resampled(mr, ct, transform=wrong))
    with pytest.raises(FrameOfReferenceError, match="expected a volume in"):
        datasets(replace(resampled(mr, ct), target=pet))


def test_a_slice_names_the_source_images_that_it_was_made_of(tmp_path):
    source = seriesOf(ctSeries(6, FrameOfReferenceUID="2.25.9"), tmp_path / "source")  # 3 mm apart
    target = seriesOf(placed(ctSeries(3), [1, 6, 30]), tmp_path / "target")
    values = np.zeros(target.lattice.shape)
    lift = np.eye(4)
    lift[2, 3] = 2.0  # mm: target slices at 1, 6 mm lie at 3 and 8 mm of the source
    transform = AffineTransform(lift, target.frame, source.frame)
    made = datasets(resampled(source, target, values, transform=transform))
    used = [
        [one.ReferencedSOPInstanceUID for one in dataset.get("SourceImageSequence") or ()]
        for dataset in made
    ]
    uids = [one.sopInstanceUID for one in source.reference]
    assert used[0] == uids[1:2]  # exactly on an image
    assert used[1] == uids[2:4]  # between two
    assert used[-1] == []  # beyond the last
    listed = made[1].ReferencedSeriesSequence[0]
    assert listed.SeriesInstanceUID == source.seriesInstanceUID
    assert [one.ReferencedSOPInstanceUID for one in listed.ReferencedInstanceSequence] == used[1]
    one = made[0].SourceImageSequence[0]
    assert one.SpatialLocationsPreserved == "NO"
    assert one.PurposeOfReferenceCodeSequence[0].CodeValue == "121322"


def test_derivation_registration_and_scanner_are_named(mr, ct):
    made = datasets(resampled(mr, ct))[1]
    assert list(made.ImageType) == ["DERIVED", "SECONDARY", "OTHER"]
    assert made.DerivationCodeSequence[0].CodeValue == "113085"
    assert made.SourceInstanceSequence[0].ReferencedSOPInstanceUID == REGISTRATION.sopInstanceUID
    other = made.StudiesContainingOtherReferencedInstancesSequence[0]
    assert other.StudyInstanceUID == SRO.studyInstanceUID
    scanner = made.ContributingEquipmentSequence[0]
    assert (scanner.Manufacturer, scanner.ManufacturerModelName) == ("Maker", "Model")
    assert made.Manufacturer == "IHERO"
    assert "6 voxels" in made.DerivationDescription
    assert (made.AcquisitionDate, made.ContentTime) == ("20240102", "101214")
    assert made.InstanceCreationDate == "20240506"


def test_a_name_beyond_latin_1_is_written_in_UTF_8(tmp_path, ct):
    named = mrSeries(3, PatientName="Ōtani^Ryō", SpecificCharacterSet="ISO_IR 192")
    made = datasets(resampled(seriesOf(named, tmp_path / "named"), ct))
    read = dcmread(saveDataset(made[2], tmp_path / "one.dcm"))
    assert (read.SpecificCharacterSet, read.PatientName) == ("ISO_IR 192", "Ōtani^Ryō")
    assert read.SourceImageSequence == made[2].SourceImageSequence


# -- RO-11 -----------------------------------------------------------------------------------------


def test_the_axial_lattice_covers_an_oblique_series(tmp_path):
    made = turned(ctSeries(4), (0.96, 0.28, 0, -0.168, 0.576, 0.8), 3)
    for one in made:
        one.PixelSpacing = ds((2.5, 1.75))
    series = seriesOf(made, tmp_path)
    lattice = axialLattice(series)
    np.testing.assert_array_equal(lattice.directions, np.eye(3))
    np.testing.assert_allclose(lattice.spacing, [1.75, 1.75, 3])
    assert np.all(lattice.contains(series.lattice.corners))


def test_an_axial_isotropic_series_keeps_its_lattice(ct):
    np.testing.assert_allclose(axialLattice(ct).ijkToLPS, ct.lattice.ijkToLPS)
    assert axialLattice(ct).size == ct.lattice.size


def test_a_prone_patient_keeps_prone_axes(tmp_path):
    made = turned(ctSeries(4, PatientPosition="FFP"), (-1, 0, 0, 0, -1, 0), 3)
    series = seriesOf(made, tmp_path)
    np.testing.assert_allclose(axialLattice(series).ijkToLPS, series.lattice.ijkToLPS)


def test_a_confirmed_other_patient_is_recorded(ct, tmp_path):
    other = seriesOf(mrSeries(4, PatientID="ANOTHER"), tmp_path / "other")
    assert "Other patient confirmed" in datasets(resampled(other, ct))[0].DerivationDescription
    same = seriesOf(mrSeries(4), tmp_path / "same")
    assert "patient" not in datasets(resampled(same, ct))[0].DerivationDescription


def test_RO_11_keeps_an_empty_position_reference_indicator(tmp_path):
    source = seriesOf(ctSeries(4, PositionReferenceIndicator=""), tmp_path)
    made = axialSeries(source, created=NOW)
    assert [one.PositionReferenceIndicator for one in made] == [""] * 4


def test_RO_11_series_of_a_real_CT_is_what_SimpleITK_resamples(tmp_path, dciodvfy):
    files = sorted(dataSet("mri-dir-porcine-reduced/ct").glob("*.dcm"))
    (source,) = seriesFromFiles(files)
    volume, lattice = source.volume(), axialLattice(source)
    image = SimpleITK.GetImageFromArray(volume.values.astype(np.float32))
    image.SetOrigin(source.lattice.origin)
    image.SetSpacing(source.lattice.spacing)
    image.SetDirection(source.lattice.directions.ravel())
    identity = SimpleITK.Transform()
    resampledImage = SimpleITK.Resample(
        image, lattice.size, identity, SimpleITK.sitkLinear, lattice.origin, lattice.spacing,
        lattice.directions.ravel(), -9999.0,
    )  # fmt: skip
    values = SimpleITK.GetArrayFromImage(resampledImage)
    derived = ResampledImage(
        Volume(values, lattice, source.frame),
        values == -9999,
        source,
        source,
        TransformChain((), source.frame, source.frame),
        "linear",
    )
    made = datasetsFromResampled(derived, "Axial", created=NOW)
    assert dciodvfy(made[40]) == []
    read = SimpleITK.GetArrayFromImage(readBack(made, tmp_path / "made"))
    inside = values != -9999
    assert np.abs(read - values)[inside].max() <= 0.5
    assert list(made[3].ImageOrientationPatient) == [1, 0, 0, 0, 1, 0]
    assert made[3].PositionReferenceIndicator == source.headers[0].PositionReferenceIndicator
    assert "SourceInstanceSequence" not in made[3]
    assert "within its Frame of Reference" in made[3].DerivationDescription
