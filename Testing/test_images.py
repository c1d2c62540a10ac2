"""Image series as values, against SimpleITK and closed forms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK
from pydicom import dcmread

from builders import ABSENT, OBLIQUE, ctSeries, ds, mrSeries, petSeries
from IHERORegistrationLib.images import ImageSeries
from IHERORegistrationLib.seriesReading import seriesFromFiles
from testData import dataSet
from writtenSeries import ORIGIN, SAGITTAL, STORED, placed, seriesOf, turned, written

HFS, HFP = (1, 0, 0, 0, 1, 0), (-1, 0, 0, 0, -1, 0)
FFS, FFP = (-1, 0, 0, 0, 1, 0), (1, 0, 0, 0, -1, 0)
DECUBITUS = (0, 1, 0, -1, 0, 0)


def simpleITKImage(folder: Path) -> SimpleITK.Image:
    """What SimpleITK makes of the files in `folder`, in its own order."""
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    return reader.Execute()


def requireSameAs(image: SimpleITK.Image, series: ImageSeries) -> None:
    """Size, values and the place of every corner are those of SimpleITK's image."""
    assert image.GetSize() == series.lattice.size
    volume = series.volume()
    np.testing.assert_allclose(volume.values, SimpleITK.GetArrayFromImage(image), rtol=1e-6)
    last = np.array(series.lattice.size) - 1
    for corner in np.indices((2, 2, 2)).reshape(3, 8).T * last:
        expected = image.TransformIndexToPhysicalPoint([int(n) for n in corner])
        np.testing.assert_allclose(series.lattice.points(corner), expected, atol=1e-9)


@pytest.mark.parametrize("cosines", [HFS, HFP, FFS, FFP, DECUBITUS, SAGITTAL, np.ravel(OBLIQUE)])
@pytest.mark.parametrize("step", [3.0, -3.0])
def test_geometry_and_values_are_those_of_SimpleITK(tmp_path, cosines, step):
    made = ctSeries(4, PixelSpacing=ds((2.5, 1.75)))
    written(turned(made, cosines, step), tmp_path)
    (series,) = seriesFromFiles(sorted(tmp_path.iterdir()))
    requireSameAs(simpleITKImage(tmp_path), series)
    assert series.notes == ()


def test_slices_run_along_row_cross_column_and_references_follow(tmp_path):
    made = ctSeries(3)
    series = seriesOf(placed(made, [6, 3, 0]), tmp_path)
    assert [one.sopInstanceUID for one in series.reference] == [
        made[n].SOPInstanceUID for n in (2, 1, 0)
    ]
    np.testing.assert_array_equal(series.lattice.origin, ORIGIN)
    np.testing.assert_array_equal(series.lattice.spacing, [2, 2, 3])
    assert series.imageOfSlice(2).instance.sopInstanceUID == made[0].SOPInstanceUID
    np.testing.assert_array_equal(
        series.imageOfSlice(1).plane.position, ORIGIN + np.array((0, 0, 3))
    )
    np.testing.assert_array_equal(series.volume().values[0], STORED + 200 - 1024)
    assert series.volume().values.dtype == np.int16


def test_pixel_spacing_is_rows_first_and_the_lattice_columns_first(tmp_path):
    series = seriesOf(mrSeries(), tmp_path)
    np.testing.assert_allclose(series.lattice.spacing, [1.5, 1.25, 4])
    np.testing.assert_allclose(series.lattice.directions[:, 0], OBLIQUE[0])
    plane = series.imageOfSlice(1).plane
    pixels = np.array([[2.5, 1.0], [0, 4]])
    expected = series.lattice.points(np.column_stack([pixels, [1, 1]]))
    np.testing.assert_allclose(plane.points(pixels), expected)
    np.testing.assert_allclose(plane.pixels(expected + 7 * plane.normal), pixels, atol=1e-9)
    np.testing.assert_allclose(plane.distance(expected + 7 * plane.normal), [7, 7])


def test_every_slice_has_its_own_rescale(tmp_path):
    made = petSeries(3)
    for k, one in enumerate(made):
        one.RescaleSlope = str(0.5 + k)
    values = seriesOf(made, tmp_path).volume().values
    expected = [(STORED + 100 * k) * (0.5 + k) for k in range(3)]
    np.testing.assert_allclose(values, expected, rtol=1e-7)
    assert values.dtype == np.float32


def test_values_beyond_int16_become_float32(tmp_path):
    made = ctSeries(2, RescaleIntercept="32700")
    values = seriesOf(made, tmp_path).volume().values
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values[1], STORED + 100 + 32700)


@pytest.mark.parametrize(
    ("padding", "expected"), [(ABSENT, -1024), (63536, -2000 - 1024), (7, 7 - 1024)]
)
def test_padding_is_what_the_header_says_in_hounsfield_units(tmp_path, padding, expected):
    made = ctSeries(2, PixelRepresentation=1)
    for one in made:
        if padding is not ABSENT:
            one.add_new("PixelPaddingValue", "US", padding)
    assert seriesOf(made, tmp_path).padding == expected


def test_padding_of_MR_and_PET_is_zero(tmp_path):
    assert seriesOf(mrSeries(), tmp_path / "mr").padding == 0
    assert seriesOf(petSeries(), tmp_path / "pet").padding == 0


def test_headers_hold_no_pixels(tmp_path):
    series = seriesOf(ctSeries(2), tmp_path)
    assert all("PixelData" not in header for header in series.headers)
    assert series.headers[1].SOPInstanceUID == series.reference.instances[1].sopInstanceUID


@pytest.mark.parametrize(
    ("name", "size", "spacing"),
    [
        ("acrin-brain-mr-pair/mr_1960-04-10", (212, 256, 30), (0.8984, 0.8984, 5)),
        ("mri-dir-porcine-reduced/ct", (256, 256, 102), (0.7812, 0.7812, 2.5)),
        ("mri-dir-porcine-reduced/mr_t2", (256, 256, 94), (1, 1, 2.5)),
    ],
)
def test_real_series_are_read_as_SimpleITK_reads_them(name, size, spacing):
    folder = dataSet(name)
    (series,) = seriesFromFiles(sorted(folder.glob("*.dcm")))
    assert series.lattice.size == size
    np.testing.assert_allclose(series.lattice.spacing, spacing, atol=1e-4)
    requireSameAs(simpleITKImage(folder), series)
    assert series.notes == ()


def test_slices_75_mm_apart_and_a_single_slice_are_volumes():
    files = [
        path
        for path in sorted(dataSet("oncentra-phantom-rt").glob("*.dcm"))
        if dcmread(path, specific_tags=["Modality"]).Modality == "CT"
    ]
    (series,) = seriesFromFiles(files)
    np.testing.assert_allclose(series.lattice.spacing[2], 75)
    assert series.lattice.size == (512, 171, 5)
    (single,) = seriesFromFiles([dataSet("dicompyler-breast-rt") / "ct.0.dcm"])
    assert single.lattice.size == (512, 512, 1)
    assert single.lattice.spacing[2] == 3
