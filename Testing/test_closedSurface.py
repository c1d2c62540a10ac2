import numpy as np
import pytest

from drawnStructures import closed, ellipse, ellipsoidContours, rectangle, structure
from IHERORegistrationLib.closedSurface import surfaceFromStack
from IHERORegistrationLib.contourPlanes import planeStack
from IHERORegistrationLib.geometry import AffineTransform

TURN = np.array([(1, 0, 0), (0, 0.6, -0.8), (0, 0.8, 0.6)]) @ np.array(
    [(0.8, -0.6, 0), (0.6, 0.8, 0), (0, 0, 1)]
)
CENTER = (-57.3, 204.9, 1012.4)


def surfaceOf(contours, spacing=2.0, resolution=1.0):
    stack = planeStack(structure(contours), spacing)
    return surfaceFromStack(stack, resolution), stack


def edgesAreShared(surface):
    """Whether each edge is run through once in each direction: closed, all turned one way."""
    sides = np.concatenate([surface.triangles[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))])
    there = {tuple(side) for side in sides.tolist()}
    return len(there) == len(sides) and all((b, a) in there for a, b in there)


def test_an_ellipsoid_keeps_its_volume_and_lies_where_it_was_drawn():
    radii, step = np.array((26, 17, 21.0)), 3.0
    heights = np.arange(CENTER[2] - 24 + 0.7, CENTER[2] + 24, step)
    surface, stack = surfaceOf(ellipsoidContours(CENTER, radii, heights), step)
    assert edgesAreShared(surface)
    assert surface.volume == pytest.approx(stack.volume, rel=2e-3)
    assert surface.volume == pytest.approx(4 / 3 * np.pi * radii.prod(), rel=0.01)
    away = surface.vertices - CENTER
    inside = np.abs(away[:, 2]) < 17  # between the flat ends
    scaled = np.linalg.norm(away[inside] / radii, axis=1)
    distance = np.abs(scaled - 1) * np.linalg.norm(away[inside], axis=1)
    assert np.quantile(distance, 0.95) < 0.1
    assert distance.max() < 0.5


def test_oblique_planes_give_the_same_surface_turned():
    contours = ellipsoidContours((5, -9, 31), (14, 9, 11), np.arange(18.2, 45, 2))
    straight, _ = surfaceOf(contours)
    turned, _ = surfaceOf([closed(one.points @ TURN.T) for one in contours])
    assert turned.volume == pytest.approx(straight.volume, rel=1e-3)
    back = turned.vertices @ TURN
    np.testing.assert_allclose(back.min(axis=0), straight.vertices.min(axis=0), atol=0.1)
    np.testing.assert_allclose(back.max(axis=0), straight.vertices.max(axis=0), atol=0.1)


def test_a_hole_through_the_structure_stays_open():
    rings = [
        closed(ellipse((4, 7), radii, z)) for z in range(0, 20, 2) for radii in ((20, 15), (9, 6))
    ]
    surface, stack = surfaceOf(rings)
    assert stack.volume == pytest.approx(np.pi * (300 - 54) * 20, rel=1e-6)
    assert surface.volume == pytest.approx(stack.volume, rel=3e-3)
    assert edgesAreShared(surface)


def test_parts_end_flat_half_way_to_the_next_plane():
    surface, _ = surfaceOf([rectangle((0, 30), (0, 20), z) for z in (10, 12, 14)])
    assert surface.vertices[:, 2].min() == pytest.approx(9, abs=0.03)
    assert surface.vertices[:, 2].max() == pytest.approx(15, abs=0.03)
    assert surface.volume == pytest.approx(30 * 20 * 6, rel=5e-3)


def test_an_island_that_begins_and_a_hole_that_ends_do_so_half_way():
    long = [rectangle((0, 30), (0, 20), z) for z in range(0, 12, 2)]
    island = [rectangle((40, 52), (3, 15), z) for z in (6, 8, 10)]
    hole = [rectangle((8, 18), (5, 15), z) for z in (0, 2, 4)]
    surface, stack = surfaceOf([*long, *island, *hole])
    assert stack.volume == pytest.approx((6 * 600 + 3 * 144 - 3 * 100) * 2)
    assert surface.volume == pytest.approx(stack.volume, rel=4e-3)
    aside = surface.vertices[surface.vertices[:, 0] > 35]
    assert aside[:, 2].min() == pytest.approx(5, abs=0.03)
    within = surface.vertices[
        (np.abs(surface.vertices[:, 0] - 13) < 3) & (np.abs(surface.vertices[:, 1] - 10) < 3)
    ]
    ends = np.unique(np.round(within[:, 2], 1))
    assert ends.tolist() == [5, 11]  # the floor of what closes the hole, and the top


def test_two_islands_grow_together():
    legs = [closed(ellipse(c, (7, 6), z)) for z in (0, 2, 4) for c in ((-9, 0), (9, 1))]
    trunk = [closed(ellipse((0, 0), (18, 8), z)) for z in (6, 8, 10)]
    surface, stack = surfaceOf([*legs, *trunk])
    assert edgesAreShared(surface)
    assert surface.volume == pytest.approx(stack.volume, rel=5e-3)


def test_parts_far_apart_are_not_joined():
    parts = [rectangle((0, 9), (0, 9), z) for z in (0, 2, 4, 30, 32, 34)]
    surface, _ = surfaceOf(parts)
    assert not np.any((surface.vertices[:, 2] > 6) & (surface.vertices[:, 2] < 28))
    assert surface.volume == pytest.approx(81 * 12, rel=5e-3)


@pytest.mark.parametrize("radius", [0.5, 2, 6])
def test_small_structures_are_sampled_finely(radius):
    heights = np.arange(-radius * 0.9, radius, radius / 4)
    surface, stack = surfaceOf(ellipsoidContours((3, 4, 0), [radius] * 3, heights), radius / 4, 2.0)
    assert surface.volume == pytest.approx(stack.volume, rel=0.01)


def test_a_single_slice_has_its_thickness():
    surface, _ = surfaceOf([closed(ellipse((0, 3), (0.5, 0.5), 12))], 2.5)
    assert surface.volume == pytest.approx(np.pi * 0.25 * 2.5, rel=0.01)


def test_a_thin_wall_keeps_its_volume():
    rings = [
        closed(ellipse((0, 0), (radius, radius), z)) for z in range(0, 10, 2) for radius in (40, 38)
    ]
    surface, stack = surfaceOf(rings, 2.0, 3.0)
    assert surface.volume == pytest.approx(stack.volume, rel=0.02)


def test_a_strong_change_from_slice_to_slice_keeps_the_volume():
    drawn = [closed(ellipse((0, 0), (4, 3), z)) for z in (0, 2)]
    drawn += [closed(ellipse((12, 5), (20, 15), z)) for z in (4, 6)]
    surface, stack = surfaceOf(drawn)
    assert surface.volume == pytest.approx(stack.volume, rel=8e-3)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_moved_surface_stays_closed_and_turned_outwards(sign):
    surface, _ = surfaceOf([rectangle((0, 30), (0, 20), z) for z in (10, 12, 14)])
    matrix = np.eye(4)
    matrix[:3, :3] = TURN @ np.diag([2, 1, sign * 0.5])
    matrix[:3, 3] = 500, -20, 3
    moved = surface.moved(AffineTransform(matrix, "1.2", "1.3"))
    assert edgesAreShared(moved)
    assert moved.volume == pytest.approx(surface.volume, rel=1e-9)
