import numpy as np
import pytest

from bentSpace import BentSpace
from drawnStructures import rectangle, structure
from IHERODeformationLib.bentSurface import TOLERANCE, bentSurface
from IHERODeformationLib.deformedSolid import SolidDeformer
from IHERORegistrationLib.closedSurface import ClosedSurface
from IHERORegistrationLib.contourPlanes import planeStack
from IHERORegistrationLib.lattice import Lattice

# A box of 20 × 30 × 40 mm, two triangles a side, turned outwards
CORNERS = np.array([(x, y, z) for x in (0, 20) for y in (0, 30) for z in (0, 40.0)])
SIDES = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
BOX = ClosedSurface(
    CORNERS, np.array([corner for a, b, c, d in SIDES for corner in ((a, b, c), (a, c, d))])
)
SPACE = BentSpace((7, 12, 19), (-310, 45, 820))


def edgesAreShared(surface):
    """Whether each edge is run through once in each direction: closed, all turned one way."""
    sides = np.concatenate([surface.triangles[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))])
    there = {tuple(side) for side in sides.tolist()}
    return len(there) == len(sides) and all((b, a) in there for a, b in there)


def test_long_sides_are_divided_until_they_lie_where_they_are_taken_to():
    bent = bentSurface(BOX, SPACE)
    assert edgesAreShared(bent)
    assert len(bent.vertices) > 100
    a, b, c = (SPACE.back(bent.vertices)[bent.triangles[:, n]] for n in range(3))
    for start, end in ((a, b), (b, c), (c, a)):
        off = np.linalg.norm(SPACE((start + end) / 2) - (SPACE(start) + SPACE(end)) / 2, axis=1)
        assert off.max() <= TOLERANCE * (1 + 1e-9)
    faces = np.minimum(
        np.abs(SPACE.back(bent.vertices)), np.abs(SPACE.back(bent.vertices) - (20, 30, 40))
    )
    np.testing.assert_allclose(faces.min(axis=1), 0, atol=1e-6)


def test_a_surface_that_does_not_bend_keeps_its_triangles():
    straight = BentSpace((7, 12, 19), (-310, 45, 820), bend=(0, 0, 0))
    moved = bentSurface(BOX, straight)
    np.testing.assert_allclose(moved.vertices, straight(BOX.vertices))
    assert moved.volume == pytest.approx(24_000 * 1.06 * 0.96 * 1.1)


@pytest.mark.parametrize("missing", [None, (4, 5, 3)])
def test_what_is_left_of_a_solid_is_closed_and_defined_at_every_vertex(missing):
    lattice = Lattice.fromAxes((12, 16, 10), (-3, -8, -6), np.eye(3), (2, 3, 4))  # x to 20
    grid = SPACE.grid(lattice)
    vectors = grid.vectors.copy()
    if missing:
        vectors[missing[::-1]] = np.nan
    transform = type(SPACE.transform(lattice, "1.2", "1.3"))(
        SPACE.pre, type(grid)(lattice, vectors), np.eye(4), "1.2", "1.3"
    )
    stack = planeStack(structure([rectangle((0, 30), (0, 20), z) for z in range(2, 23, 3)]), 3)
    moved = SolidDeformer(transform).mover("ROI 4")(stack, 0.8)
    assert edgesAreShared(moved.surface)
    assert np.isfinite(moved.surface.vertices).all()
    # the grid ends half a voxel beyond its last node, a missing one takes two voxels each way
    lost = 30 - 20 + (4 * 6 * 8 / (20 * 21) if missing else 0)
    assert moved.undefined == pytest.approx(lost / 30, abs=2e-3)
