import numpy as np
import pytest
from pydicom import Dataset
from pydicom.dataelem import RawDataElement

from IHERORegistrationLib.contourData import (
    CONTOUR_DATA,
    LONGEST_SHORT_ELEMENT,
    pointsFromItem,
    setContourData,
    simplified,
    textFits,
    thinnedToFit,
)
from IHERORegistrationLib.errors import MalformedObjectError

WHERE = "ROIContourSequence[2]/ContourSequence[7]"


def item(content, count=None):
    contour = Dataset()
    if count is not None:
        contour.NumberOfContourPoints = count
    contour[CONTOUR_DATA] = RawDataElement(
        CONTOUR_DATA, "DS", len(content), content, 0, False, True
    )
    return contour


def test_bytes_of_a_file_become_points():
    points = pointsFromItem(item(b" 1.5\\-2 \\3e1\\+4\\0.125\\ -6e-1 ", 2), WHERE)
    np.testing.assert_array_equal(points, [[1.5, -2, 30], [4, 0.125, -0.6]])
    assert not points.flags.writeable


def test_an_element_made_in_memory_is_read_like_one_of_a_file():
    contour = Dataset()
    contour.ContourData = ["1.25", "2", "-3", "4", "5", "6"]
    np.testing.assert_array_equal(pointsFromItem(contour, WHERE), [[1.25, 2, -3], [4, 5, 6]])


def test_the_number_of_points_need_not_be_told():
    assert pointsFromItem(item(b"1\\2\\3\\4\\5\\6"), WHERE).shape == (2, 3)


def test_no_contour_data_is_no_point():
    assert pointsFromItem(Dataset(), WHERE).shape == (0, 3)
    assert pointsFromItem(item(b"", 0), WHERE).shape == (0, 3)


@pytest.mark.parametrize(
    ("content", "count", "told"),
    [
        (b"1\\2\\3\\4\\5\\6", 3, "expected 3 points .* found 2"),
        (b"1\\2\\3\\4", 1, "expected triplets, found 4 values"),
        (b"1\\2\\abc", 1, "expected numbers, found 'abc'"),
        (b"1\\2\\", 1, "expected numbers, found ''"),
        (b"1\\nan\\3", 1, "NaN"),
        (b"1\\2\\inf", 1, "NaN or Inf"),
        (b"1\\2_0\\3", 1, "expected numbers|2_0"),
        (b"1\\2\r\\3\\\x80\\1\\1", 2, "expected numbers"),
        (b"", 2, "expected 2 points .* found 0"),
        (b"1\\2\\3", "x", "expected a number of points"),
    ],
)
def test_contours_that_are_wrong_in_part_are_refused_with_their_place(content, count, told):
    contour = item(content)
    if count == "x":
        contour[0x30060046] = RawDataElement(0x30060046, "IS", 2, b"x ", 0, False, True)
    elif count is not None:
        contour.NumberOfContourPoints = count
    with pytest.raises(MalformedObjectError, match=told) as error:
        pointsFromItem(contour, WHERE)
    assert WHERE in str(error.value)


def test_points_are_written_with_six_decimals_and_read_back():
    points = np.array([[1234.56789012, -0.00000004, 7], [-1e-7, 100, 0.1 + 0.2]])
    contour = Dataset()
    setContourData(contour, points)
    assert contour.NumberOfContourPoints == 2
    texts = contour.get_item(CONTOUR_DATA).value.decode().rstrip().split("\\")
    assert texts == ["1234.56789", "0", "7", "0", "100", "0.3"]
    np.testing.assert_allclose(pointsFromItem(contour, WHERE), points, atol=5.1e-7)


def test_a_long_contour_keeps_a_short_element_by_fewer_decimals():
    points = np.random.default_rng(3).uniform(-900, 900, (2300, 3))
    contour = Dataset()
    setContourData(contour, points)
    assert 30000 < len(contour.get_item(CONTOUR_DATA).value) <= LONGEST_SHORT_ELEMENT
    np.testing.assert_allclose(pointsFromItem(contour, WHERE), points, atol=5.1e-3)


def test_a_contour_that_no_rounding_makes_fit_is_refused_and_can_be_thinned():
    angle = np.arange(9000) * 2 * np.pi / 9000
    points = np.column_stack([200 * np.cos(angle), 120 * np.sin(angle), np.full(9000, -31.25)])
    assert not textFits(points)
    with pytest.raises(ValueError, match="9000 points"):
        setContourData(Dataset(), points)
    thinned, tolerance = thinnedToFit(points)
    assert textFits(thinned)
    assert tolerance == 0.01
    ends = np.hypot(thinned[:, 0] / 200, thinned[:, 1] / 120)
    np.testing.assert_allclose(ends, 1, atol=1e-12)  # points are left out, never moved


def test_a_contour_that_fits_is_not_thinned():
    points = np.array([[0, 0, 1], [1, 0, 1], [2, 0, 1], [2, 3, 1.0]])
    thinned, tolerance = thinnedToFit(points)
    assert tolerance == 0
    np.testing.assert_array_equal(thinned, points)


def test_simplified_loops_stay_within_the_tolerance_of_every_point():
    angle = np.sort(np.random.default_rng(5).uniform(0, 2 * np.pi, 801))
    radius = 30 + 4 * np.sin(5 * angle)
    loop = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    for tolerance in (0.02, 0.3):
        few = simplified(loop, tolerance)
        after = np.roll(few, -1, axis=0)
        along = np.einsum("nij,ij->ni", loop[:, None] - few, after - few)
        share = np.clip(along / ((after - few) ** 2).sum(axis=1), 0, 1)
        feet = few + share[..., None] * (after - few)
        away = np.linalg.norm(loop[:, None] - feet, axis=2).min(axis=1)
        assert away.max() <= tolerance + 1e-9
        assert len(few) < len(loop) / 3
