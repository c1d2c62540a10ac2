import numpy as np
import pytest

from drawnStructures import closed, ellipsoidContours, rectangle, structure
from IHERODeformationLib.structureSamples import structureSamples
from IHERORegistrationLib.errors import MalformedObjectError

BOX = [rectangle((-31, 12), (102, 119), z) for z in (50, 53, 56, 59)]  # 43 × 17 × 12 mm


def test_points_fill_a_box_evenly():
    samples = structureSamples(structure(BOX), 1.5, None)
    assert samples.volume == pytest.approx(43 * 17 * 12, rel=0.01)
    assert samples.points.min(axis=0) == pytest.approx((-31, 102, 48.5), abs=0.75)
    assert samples.points.max(axis=0) == pytest.approx((12, 119, 60.5), abs=0.75)
    assert samples.points.mean(axis=0) == pytest.approx((-9.5, 110.5, 54.5), abs=0.05)
    assert sorted(samples.extent) == pytest.approx([12, 17, 43])


def test_an_ellipsoid_has_its_volume():
    contours = ellipsoidContours((-20, 40, 7), (11, 15, 9), np.arange(-2, 17, 0.5))
    samples = structureSamples(structure(contours), 2, None)
    assert samples.volume == pytest.approx(4 / 3 * np.pi * 11 * 15 * 9, rel=2e-3)


def test_small_structures_get_as_many_points_as_large_ones():
    small = [rectangle((0, 3), (0, 2), z) for z in (0, 1, 2)]
    samples = structureSamples(structure(small), 1.5, None)
    assert samples.volume == pytest.approx(18, rel=0.005)
    assert len(samples.points) > 90_000


def test_a_hole_is_not_filled():
    holed = [one for z in (0, 2) for one in (rectangle((0, 30), (0, 20), z),
                                             rectangle((10, 20), (5, 12), z))]  # fmt: skip
    samples = structureSamples(structure(holed), 1, None)
    assert samples.volume == pytest.approx((600 - 70) * 4, rel=0.01)
    x, y, _ = samples.points.T
    assert not np.any((x > 10) & (x < 20) & (y > 5) & (y < 12))


def test_the_thickness_of_a_single_plane_is_that_of_the_slices():
    one = structure([rectangle((0, 30), (0, 20), 5)])
    assert structureSamples(one, 1, 2.5).volume == pytest.approx(1500, rel=0.01)
    with pytest.raises(MalformedObjectError, match="no volume"):
        structureSamples(one, 1, None)


def test_tilted_planes_are_filled_in_their_own_direction():
    turn = np.array([(0.8, 0, 0.6), (0, 1, 0), (-0.6, 0, 0.8)])
    tilted = [closed(one.points @ turn.T + (200, -90, 33)) for one in BOX]
    samples = structureSamples(structure(tilted), 1.5, None)
    assert samples.volume == pytest.approx(43 * 17 * 12, rel=0.01)
    straight = (samples.points - (200, -90, 33)) @ turn
    assert straight.min(axis=0) == pytest.approx((-31, 102, 48.5), abs=0.75)
    assert straight.max(axis=0) == pytest.approx((12, 119, 60.5), abs=0.75)
