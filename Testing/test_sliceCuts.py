import numpy as np
import pytest

from IHERORegistrationLib.closedSurface import ClosedSurface
from IHERORegistrationLib.contourPlanes import evenOddArea, insideShare, signedArea
from IHERORegistrationLib.lattice import Lattice
from IHERORegistrationLib.sliceCuts import loopsOnSlices, withKeyholes

# A box of 2 × 3 × 4 mm with a corner at 0, two triangles a side, turned outwards
CORNERS = np.array([(x, y, z) for x in (0, 2) for y in (0, 3) for z in (0, 4.0)])
SIDES = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
BOX = ClosedSurface(
    CORNERS, np.array([corner for a, b, c, d in SIDES for corner in ((a, b, c), (a, c, d))])
)
OBLIQUE = np.array([(1, 0, 0), (0, 0.6, -0.8), (0, 0.8, 0.6)]) @ np.array(
    [(0.8, -0.6, 0), (0.6, 0.8, 0), (0, 0, 1)]
)


def test_the_box_of_this_test_is_closed():
    assert BOX.volume == pytest.approx(24)


def test_a_box_is_cut_into_rectangles():
    lattice = Lattice.fromAxes((9, 9, 9), (-3, -5, -2), np.eye(3), (0.5, 1.5, 0.7))
    found = loopsOnSlices(BOX, lattice, np.arange(9.0), 0)
    assert list(found) == [3, 4, 5, 6, 7, 8]  # z = 0.1 to 3.6
    for (loop,) in found.values():
        np.testing.assert_allclose(loop.min(axis=0), (3, 5), atol=1e-12)
        np.testing.assert_allclose(loop.max(axis=0), (5, 8), atol=1e-12)
        assert abs(signedArea(loop)) == pytest.approx(6)


def test_oblique_cuts_add_up_to_the_volume_and_lie_on_the_box():
    lattice = Lattice.fromAxes((9, 9, 9), (-3, -5, -2), OBLIQUE, (0.5, 1.5, 0.01))
    heights = np.arange(-1000.0, 1500)
    found = loopsOnSlices(BOX, lattice, heights, 0)
    total = sum(evenOddArea(ones) for ones in found.values()) * 0.01
    assert total == pytest.approx(24, rel=1e-4)
    for place, (loop,) in list(found.items())[::97]:
        flat = np.column_stack([loop / (0.5, 1.5), np.full(len(loop), heights[place])])
        points = lattice.points(flat)
        off = np.minimum(np.abs(points), np.abs(points - (2, 3, 4))).min(axis=1)
        np.testing.assert_allclose(off, 0, atol=1e-9)


def test_planes_through_corners_and_sides_still_give_closed_loops():
    lattice = Lattice.fromAxes((9, 9, 9), (0, 0, 0), np.eye(3), (1, 1, 1))
    found = loopsOnSlices(BOX, lattice, np.arange(-1.0, 7), 0)
    assert {place: round(evenOddArea(ones), 9) for place, ones in found.items()} == {
        2: 6, 3: 6, 4: 6, 5: 6,
    }  # z = 1, 2, 3 and, as a vertex on a plane counts as above it, 4  # fmt: skip


def test_heights_may_be_uneven():
    lattice = Lattice.fromAxes((9, 9, 9), (0, 0, 0), np.eye(3), (1, 1, 2))
    found = loopsOnSlices(BOX, lattice, np.array([-3, 0.1, 0.15, 1.7, 2.4]), 0)
    assert list(found) == [1, 2, 3]


def square(low, high):
    return np.array([(low, low), (high, low), (high, high), (low, high)], float)


def test_holes_become_keyholes_and_islands_polygons_of_their_own():
    loops = [square(4, 5), square(0, 20), square(2, 8), square(10, 19)[::-1], square(30, 31)]
    polygons = withKeyholes(loops)
    assert len(polygons) == 3
    areas = sorted(abs(signedArea(one)) for one in polygons)
    assert areas == pytest.approx([1, 1, 400 - 36 - 81])
    keyhole = max(polygons, key=len)
    assert len(keyhole) == 4 + 2 * (4 + 2)
    probes = np.array([(1, 1), (3, 3), (15, 15), (9, 15), (19.5, 5)])
    inside = [insideShare(probe[None], keyhole) for probe in probes]
    assert inside == [1, 0, 0, 1, 1]


def test_keyholes_add_no_point_that_was_not_there():
    loops = [square(0, 20), square(2, 8)]
    (keyhole,) = withKeyholes(loops)
    known = {tuple(point) for loop in loops for point in loop.tolist()}
    assert {tuple(point) for point in keyhole.tolist()} == known
