import numpy as np
import pytest

from builders import ctSeries, mrSeries
from IHERORegistrationLib.sliceStack import SliceSpacing
from IHERORegistrationLib.targetSlices import targetSlices
from writtenSeries import placed, seriesOf

SQUARE = np.array([(0, 0), (10, 0), (10, 10), (0, 10.0)])


def beyond(series, below, above):
    """Points that lie `below` and `above` slices beyond the ends."""
    last = series.lattice.size[2] - 1
    return series.lattice.points(np.array([(0, 0, -below), (0, 0, last + above)]))


def test_slices_are_continued_beyond_what_is_to_be_drawn(tmp_path):
    series = seriesOf(mrSeries(5), tmp_path)
    slices = targetSlices(series, beyond(series, 1.3, 2.6))
    assert slices.heights.tolist() == list(range(-3, 9))
    assert [image is None for image in slices.images] == [True] * 3 + [False] * 5 + [True] * 4
    known = [image.instance for image in slices.images if image is not None]
    assert known == [series.imageOfSlice(k).instance for k in range(5)]


def test_points_lie_on_the_plane_of_the_image_itself(tmp_path):
    datasets = placed(ctSeries(4), (0, 3.008, 5.994, 9))  # as even as rounding leaves them
    series = seriesOf(datasets, tmp_path)
    assert series.spacing is SliceSpacing.REGULAR
    slices = targetSlices(series, beyond(series, 0, 0))
    place = slices.heights.tolist().index(1)
    points = slices.points(place, SQUARE)
    np.testing.assert_allclose(points[:, 2], 113.008, atol=1e-9)
    np.testing.assert_allclose(points[2, :2], (-60, 40), atol=1e-9)
    np.testing.assert_allclose(slices.flat(points), SQUARE, atol=1e-9)
    assert slices.placeOn(points, 0.01) == place
    assert slices.placeOn(points + np.array((0, 0, 0.02)), 0.01) is None
    assert slices.placeOn(points + np.array([(0, 0, z) for z in (0, 0, 0, 1)]), 0.01) is None


def test_the_nearest_image_is_within_half_a_slice(tmp_path):
    series = seriesOf(mrSeries(5), tmp_path)
    for k, expected in ((-0.4, 0), (2.4, 2), (2.6, 3), (4.4, 4), (-0.6, None), (4.7, None)):
        point = series.lattice.points(np.array((1, 2, k)))
        image = targetSlices(series, point[None]).nearest(point)
        found = None if image is None else image.instance
        assert found == (None if expected is None else series.imageOfSlice(expected).instance)


def test_a_gap_is_a_plane_without_image(tmp_path):
    datasets = ctSeries(7)
    del datasets[2]
    series = seriesOf(datasets, tmp_path)
    slices = targetSlices(series, beyond(series, 0, 0))
    inside = dict(zip(slices.heights.tolist(), slices.images, strict=True))
    assert [k for k in range(7) if inside[k] is None] == [2]
    volume, outside = slices.volumes({slices.heights.tolist().index(k): [SQUARE] for k in (1, 2)})
    assert volume == pytest.approx(100 * 3 / 1000)
    assert outside == pytest.approx(0.5)


def test_uneven_slices_keep_their_places_and_thickness(tmp_path):
    series = seriesOf(placed(ctSeries(5), (0, 3, 6.5, 9, 13)), tmp_path)
    slices = targetSlices(series, beyond(series, 0, 0))
    inside = [k for k, image in zip(slices.heights, slices.images, strict=True) if image]
    step = series.lattice.spacing[2]
    np.testing.assert_allclose(np.array(inside) * step, (0, 3, 6.5, 9, 13), atol=1e-9)
    place = int(np.flatnonzero(np.isclose(slices.heights * step, 6.5))[0])
    volume, _ = slices.volumes({place: [SQUARE]})
    assert volume == pytest.approx(100 * 3 / 1000)  # half way to 3 and to 9


def test_nothing_drawn_has_no_volume(tmp_path):
    series = seriesOf(ctSeries(3), tmp_path)
    assert targetSlices(series, beyond(series, 0, 0)).volumes({}) == (0, 0)
