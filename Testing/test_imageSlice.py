"""Geometry and rescale of single images and of the frames of multi-frame ones."""

from __future__ import annotations

import numpy as np
import pytest

from builders import ABSENT, ctSeries, ds, enhancedMR, item, mrSeries
from IHERORegistrationLib.errors import MalformedObjectError
from IHERORegistrationLib.seriesReading import seriesFromFiles
from writtenSeries import seriesOf, written


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ImagePositionPatient": ABSENT}, "expected 3 values in ImagePositionPatient, found 0"),
        ({"ImageOrientationPatient": ds((1, 0, 0, 1, 0, 0))}, "two perpendicular unit vectors"),
        ({"ImageOrientationPatient": ds((2, 0, 0, 0, 2, 0))}, "two perpendicular unit vectors"),
        ({"PixelSpacing": ds((0, 1))}, "positive size and spacing"),
        ({"Rows": ABSENT}, "found 0 rows"),
        ({"RescaleSlope": "0"}, "Rescale Slope, found 0"),
        ({"NumberOfFrames": 3}, "expected 1 frame, found 3"),
    ],
)
def test_geometry_that_is_none_is_refused_with_its_place(tmp_path, changes, message):
    with pytest.raises(MalformedObjectError, match=message):
        seriesFromFiles(written(ctSeries(2, **changes), tmp_path))


@pytest.mark.parametrize(("old", "new"), [(b"\\30.0\\", b"\\ab.0\\"), (b"\\30.0\\", b"\\NaN \\")])
def test_text_where_numbers_belong_is_refused(tmp_path, old, new):
    (path,) = written(ctSeries(1), tmp_path)
    path.write_bytes(path.read_bytes().replace(old, new))
    with pytest.raises(MalformedObjectError, match="ImagePositionPatient"):
        seriesFromFiles([path])


def test_enhanced_frames_are_sorted_by_position(tmp_path):
    enhanced = seriesOf([enhancedMR(4, order=(2, 0, 3, 1))], tmp_path / "enhanced")
    classic = seriesOf(mrSeries(4), tmp_path / "classic")
    np.testing.assert_allclose(enhanced.lattice.ijkToLPS, classic.lattice.ijkToLPS)
    np.testing.assert_array_equal(
        enhanced.volume().values, 2 * classic.volume().values.astype(float) + 3
    )
    assert [enhanced.imageOfSlice(k).instance.frames for k in range(4)] == [(2,), (4,), (1,), (3,)]
    assert len(enhanced.reference.instances) == len(enhanced.headers) == 1


def test_enhanced_time_points_become_series(tmp_path):
    made = enhancedMR(4, order=(0, 1, 2, 3, 0, 1, 2, 3))
    for n, one in enumerate(made.PerFrameFunctionalGroupsSequence):
        one.FrameContentSequence = [item(TemporalPositionIndex=1 + n // 4)]
    first, second = seriesFromFiles(written([made], tmp_path))
    assert (first.description, second.description) == (
        "TemporalPositionIndex 1",
        "TemporalPositionIndex 2",
    )
    assert second.imageOfSlice(0).instance.frames == (5,)


def test_an_enhanced_image_with_too_few_items_is_refused(tmp_path):
    made = enhancedMR(4, NumberOfFrames=5)
    with pytest.raises(MalformedObjectError, match="expected 5 items in PerFrame"):
        seriesFromFiles(written([made], tmp_path))
