import numpy as np
import pytest

from drawnStructures import ellipse
from IHERORegistrationLib.signedDistance import (
    areaOf,
    distanceToLoops,
    distanceToMask,
    interpolated,
    restricted,
)

SHAPE = (61, 75)
DOWN, ALONG = np.mgrid[: SHAPE[0], : SHAPE[1]]


def circle(i, j, radius):
    return ellipse((i, j), (radius, radius), 0)[:, :2]


def test_distance_to_a_rectangle_is_exact_near_it_and_close_beyond():
    corners = np.array([(12.3, 9.8), (50.6, 9.8), (50.6, 44.1), (12.3, 44.1)])
    found = distanceToLoops([corners], SHAPE)
    across = np.maximum(np.abs(ALONG - 31.45) - 19.15, np.abs(DOWN - 26.95) - 17.15)
    corner = (np.abs(ALONG - 31.45) > 19.15) & (np.abs(DOWN - 26.95) > 17.15)
    outside = np.hypot(np.abs(ALONG - 31.45) - 19.15, np.abs(DOWN - 26.95) - 17.15)
    true = np.where(corner, outside, across)
    near = np.abs(true) < 1.4
    np.testing.assert_allclose(found[near], true[near], atol=1e-5)
    np.testing.assert_allclose(found, true, atol=0.8)
    np.testing.assert_array_equal(found < 0, true < 0)


def test_loops_of_short_sides_are_as_exact():
    found = distanceToLoops([circle(33.2, 27.7, 18.4)], SHAPE)
    true = np.hypot(ALONG - 33.2, DOWN - 27.7) - 18.4
    near = np.abs(true) < 1.4
    np.testing.assert_allclose(found[near], true[near], atol=5e-3)


def test_a_hole_is_outside():
    found = distanceToLoops([circle(33, 28, 24), circle(35, 27, 9)], SHAPE)
    assert found[27, 35] > 0
    assert found[27, 49] < 0
    assert areaOf(found) == pytest.approx(np.pi * (24**2 - 9**2), rel=1e-3)


def test_an_empty_mask_is_far_from_everywhere():
    assert distanceToMask(np.zeros(SHAPE, bool)).min() == max(SHAPE)


def test_a_part_keeps_its_exact_distance():
    loops = [circle(17, 20, 9.3), circle(52, 35, 13.8)]
    both = distanceToLoops(loops, SHAPE)
    alone = restricted(both, (both < 0) & (ALONG < 30))
    true = np.hypot(ALONG - 17, DOWN - 20) - 9.3
    near = np.abs(true) < 1.2
    np.testing.assert_allclose(alone[near], true[near], atol=5e-3)
    assert (alone[35, 52]) > 10


@pytest.mark.parametrize("share", [0.25, 0.5, 0.8])
@pytest.mark.parametrize(
    ("lower", "upper"),
    [
        (circle(30, 28, 8), circle(36, 30, 22)),
        (circle(30, 28, 14), circle(41, 28, 14)),
        (circle(28, 28, 20), np.array([(24.0, 20), (60, 30), (25, 33)])),
    ],
)
def test_between_two_outlines_the_area_changes_linearly(lower, upper, share):
    a, b = distanceToLoops([lower], SHAPE), distanceToLoops([upper], SHAPE)
    between = interpolated(a, b, share)
    expected = (1 - share) * areaOf(a) + share * areaOf(b)
    assert areaOf(between) == pytest.approx(expected, rel=2e-3)
    assert (between >= np.minimum(a, b)).all()
    assert (between <= np.maximum(a, b)).all()


def test_between_circles_about_one_point_lies_a_circle():
    a, b = (distanceToLoops([circle(35, 29, radius)], SHAPE) for radius in (10, 20))
    between = interpolated(a, b, 0.5)
    true = np.hypot(ALONG - 35, DOWN - 29) - np.sqrt((10**2 + 20**2) / 2)
    clear = np.abs(true) > 0.05
    np.testing.assert_array_equal(between[clear] < 0, true[clear] < 0)
