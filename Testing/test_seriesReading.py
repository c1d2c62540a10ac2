"""How files become series: stacks, repairs, extra dimensions, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from builders import ABSENT, MR_FRAME, OBLIQUE, changed, ctSeries, ds, mrSeries
from IHERORegistrationLib.errors import (
    MalformedObjectError,
    PatientMismatchError,
    ReferenceNotFoundError,
)
from IHERORegistrationLib.saving import saveDataset
from IHERORegistrationLib.seriesReading import seriesFromFiles
from IHERORegistrationLib.sliceStack import SliceSpacing
from readBack import noteNames
from writtenSeries import ORIGIN, SAGITTAL, STORED, placed, seriesOf, turned, written


def test_a_gap_is_filled_with_padding_and_noted(tmp_path):
    series = seriesOf(placed(ctSeries(5), [0, 3, 6, 15, 18]), tmp_path)
    assert series.lattice.size[2] == 7
    assert series.spacing is SliceSpacing.GAPS
    assert noteNames(series) == ["slices missing"]
    values = series.volume().values
    assert np.all(values[3:5] == -1024)
    np.testing.assert_array_equal(values[5], STORED + 300 - 1024)
    assert series.imageOfSlice(6).instance == series.reference.instances[4]
    with pytest.raises(ReferenceNotFoundError, match="no image in slice 3"):
        series.imageOfSlice(3)


def test_uneven_slices_are_interpolated_along_the_normal(tmp_path):
    series = seriesOf(placed(ctSeries(4), [0, 2, 5, 7]), tmp_path)
    assert series.spacing is SliceSpacing.UNEVEN
    assert noteNames(series) == ["uneven spacing"]
    np.testing.assert_allclose(series.lattice.spacing, [2, 2, 2])
    values = series.volume().values
    shares = [0, 1, 1 + 2 / 3, 2.5]  # images at 0, 2, 4, 6 mm
    expected = [STORED + 100 * share - 1024 for share in shares]
    np.testing.assert_allclose(values, expected, atol=1e-4)
    np.testing.assert_allclose(series.sliceIndices, [0, 1, 2.5, 3.5])


def test_two_spacings_in_one_series_are_no_gaps(tmp_path):
    series = seriesOf(placed(ctSeries(8), [0, 10, 20, 25, 30, 35, 40, 45]), tmp_path)
    assert series.spacing is SliceSpacing.UNEVEN
    np.testing.assert_allclose(series.volume().values[1], STORED + 50 - 1024, atol=1e-4)


def test_rounded_positions_are_even_and_noted(tmp_path):
    series = seriesOf(placed(ctSeries(4), [0, 3.33, 6.67, 10.05]), tmp_path)
    assert series.spacing is SliceSpacing.REGULAR
    assert noteNames(series) == ["rounded positions"]
    assert series.lattice.spacing[2] == pytest.approx(3.35)


def test_slices_far_apart_are_no_volume(tmp_path):
    files = written(placed(ctSeries(4), [0, 3, 6, 90000]), tmp_path)
    with pytest.raises(MalformedObjectError, match="so uneven that it would take 30001 slices"):
        seriesFromFiles(files)


def test_images_of_another_orientation_are_left_out_and_noted(tmp_path):
    scout = turned(ctSeries(1), SAGITTAL, 1)[0]
    scout.SOPInstanceUID = "2.25.77.4.99"
    series = seriesOf([scout, *ctSeries(4)], tmp_path)
    assert series.lattice.size == (6, 5, 4)
    assert noteNames(series) == ["other images in series"]
    assert "1 of 5 images" in series.notes[0].found


def test_images_of_another_size_are_left_out_and_noted(tmp_path):
    made = ctSeries(4)
    changed(made[3], {"Rows": 6, "Columns": 5})
    series = seriesOf(made, tmp_path)
    assert series.lattice.size == (6, 5, 3)
    assert noteNames(series) == ["other images in series"]


def test_a_localizer_in_three_directions_is_no_volume(tmp_path):
    made = ctSeries(2)
    turned(made[1:], SAGITTAL, 1)
    with pytest.raises(MalformedObjectError, match="found 2 of up to 1 images"):
        seriesFromFiles(written(made, tmp_path))


def test_a_double_position_keeps_the_lowest_instance_number(tmp_path):
    made = placed(ctSeries(5), [0, 3, 6, 3, 9])
    made[1].InstanceNumber = 40
    series = seriesOf(made, tmp_path)
    assert noteNames(series) == ["double positions"]
    assert series.imageOfSlice(1).instance.sopInstanceUID == made[3].SOPInstanceUID


def test_two_echoes_become_two_series(tmp_path):
    made = mrSeries(6)
    for k, one in enumerate(made):
        one.ImagePositionPatient = made[k % 3].ImagePositionPatient
        one.EchoTime = "10" if k < 3 else "80"
    short, long = sorted(seriesFromFiles(written(made, tmp_path)), key=lambda one: one.description)
    assert (short.description, long.description) == ("EchoTime 10", "EchoTime 80")
    assert noteNames(long) == ["several volumes"]
    np.testing.assert_array_equal(long.volume().values[0], STORED + 300)


def test_doubles_without_a_difference_are_refused_by_name(tmp_path):
    made = placed(ctSeries(4), [0, 3, 0, 3])
    with pytest.raises(MalformedObjectError, match="found up to 2 at 2 of 2 positions"):
        seriesFromFiles(written(made, tmp_path))


def test_a_copy_of_a_file_is_noted(tmp_path):
    made = ctSeries(3)
    files = [*written(made, tmp_path), saveDataset(made[1], tmp_path / "z-copy.dcm")]
    (series,) = seriesFromFiles(files)
    assert len(series.files) == 3
    assert noteNames(series) == ["copies of instances"]


def test_a_single_image_takes_its_thickness_for_the_spacing(tmp_path):
    series = seriesOf(ctSeries(1), tmp_path / "thick")
    assert series.lattice.spacing[2] == 3
    assert noteNames(series) == ["single slice"]
    assert seriesOf(ctSeries(1, SliceThickness=ABSENT), tmp_path / "thin").lattice.spacing[2] == 1


def test_a_tilted_gantry_is_refused_with_its_angle(tmp_path):
    made = ctSeries(4)
    for k, one in enumerate(made):
        one.ImagePositionPatient = ds(ORIGIN + np.array((0, 3 * k * np.tan(np.radians(12)), 3 * k)))
    with pytest.raises(MalformedObjectError, match=r"a tilt of 12\.0 degrees"):
        seriesFromFiles(written(made, tmp_path))


def test_a_small_drift_is_noted(tmp_path):
    made = ctSeries(4)
    for k, one in enumerate(made):
        one.ImagePositionPatient = ds(ORIGIN + np.array((0.02 * k, 0, 3 * k)))
    assert noteNames(seriesOf(made, tmp_path)) == ["slices displaced"]


def test_rounded_cosines_are_made_orthonormal_and_noted(tmp_path):
    made = turned(mrSeries(3), np.round(np.ravel(OBLIQUE), 2), 4)
    series = seriesOf(made, tmp_path)
    assert "rounded orientation" in noteNames(series)
    np.testing.assert_allclose(
        series.lattice.directions.T @ series.lattice.directions, np.eye(3), atol=1e-12
    )


def test_a_missing_frame_is_noted_and_two_frames_are_two_series(tmp_path):
    series = seriesOf(ctSeries(3, FrameOfReferenceUID=ABSENT), tmp_path / "none")
    assert series.frame == ""
    assert noteNames(series) == ["frame of reference missing"]
    made = ctSeries(5)
    for one in made[3:]:
        one.FrameOfReferenceUID = MR_FRAME
    found = seriesFromFiles(written(made, tmp_path / "two"))
    assert sorted(one.lattice.size[2] for one in found) == [2, 3]


def test_a_missing_rescale_is_noted(tmp_path):
    series = seriesOf(ctSeries(2, RescaleSlope=ABSENT, RescaleIntercept=ABSENT), tmp_path)
    assert noteNames(series) == ["rescale missing"]


def test_two_patients_in_one_series_are_refused_without_naming_them(tmp_path):
    made = ctSeries(3)
    made[1].PatientID = "Secret"
    with pytest.raises(PatientMismatchError, match="several by PatientID") as caught:
        seriesFromFiles(written(made, tmp_path))
    assert "Secret" not in str(caught.value)


def test_an_image_without_pixels_is_refused(tmp_path):
    with pytest.raises(MalformedObjectError, match="the image ends before its pixels"):
        seriesFromFiles(written(ctSeries(1, PixelData=ABSENT), tmp_path))


def test_a_file_that_is_no_image_is_refused(tmp_path):
    (path,) = written(ctSeries(1, SOPClassUID="1.2.840.10008.5.1.4.1.1.481.5"), tmp_path)
    with pytest.raises(MalformedObjectError, match="expected a CT, MR or PET image"):
        seriesFromFiles([path])
