import numpy as np
import pytest

from deformedLattices import GRID, LATTICE, PRE, SMALL, latticeAround, rotation, voxelCenters
from IHERODeformationLib.displacementGrid import DisplacementGrid
from IHERODeformationLib.undefinedVoxels import GridOnLattice
from IHERORegistrationLib.geometry import mapped
from IHERORegistrationLib.lattice import Lattice

HOLES = ((2, 1, 3), (3, 1, 3), (5, 4, 0), (0, 2, 1), (4, 4, 3))


def gridOn(lattice, holes=()):
    vectors = np.zeros((*lattice.shape, 3), np.float32)
    for i, j, k in holes:
        vectors[k, j, i, (i + k) % 3] = np.inf if i == 4 else np.nan
    return DisplacementGrid(lattice, vectors)


def byPoint(grid, lattice, toRegistered):
    """(outside, undefined) of each voxel center by itself."""
    points = mapped(toRegistered, voxelCenters(lattice))
    outside = ~grid.contains(points)
    return outside, np.isnan(grid.displacement(points)).any(axis=-1) & ~outside


def requireSame(grid, lattice, toRegistered=None):
    toRegistered = np.eye(4) if toRegistered is None else toRegistered
    seen = GridOnLattice(grid, lattice, toRegistered)
    outside, undefined = byPoint(grid, lattice, toRegistered)
    assert seen.isCovered == (not outside.any())
    assert np.array_equal(seen.outside(), outside)
    if not seen.isDefined:
        assert np.array_equal(seen.undefined() & ~outside, undefined)
    return outside.mean(), undefined.mean()


def test_a_small_grid_with_holes_marks_the_voxels_that_mapping_one_by_one_marks():
    outside, undefined = requireSame(gridOn(SMALL, HOLES), LATTICE)
    assert 0.3 < outside < 0.9
    assert 0.03 < undefined < 0.5


def test_a_matrix_before_the_grid_counts():
    lattice = Lattice(LATTICE.size, np.linalg.inv(PRE) @ LATTICE.ijkToLPS)
    outside, undefined = requireSame(gridOn(SMALL, HOLES), lattice, PRE)
    assert 0.3 < outside < 0.9
    assert undefined > 0.03


def test_a_grid_that_covers_everything_marks_nothing():
    seen = GridOnLattice(gridOn(GRID), LATTICE, np.eye(4))
    assert seen.isCovered
    assert seen.isDefined
    assert not seen.outside().any()


@pytest.mark.parametrize("step", [1.0, 0.5, 0.25])
def test_voxels_on_nodes_faces_and_borders_are_told_exactly(step):
    """Half a voxel beyond the outermost nodes is inside; a face gives the next node no weight."""
    spacing = np.array([3.0, 4.5, 5.0])
    grid = gridOn(Lattice.fromAxes((6, 5, 4), (10.3, -20.7, 5.1), rotation(10, 25, -14), spacing),
                  HOLES)  # fmt: skip
    start = grid.lattice.points(np.array([-1.5, -1.5, -1.5]))
    size = tuple(int(n) for n in (np.array([8, 7, 6]) / step).astype(int) + 1)
    lattice = Lattice.fromAxes(size, start, grid.lattice.directions, spacing * step)
    _, undefined = requireSame(grid, lattice)
    assert undefined > 0.02


def test_many_random_grids_and_lattices_agree():
    random = np.random.default_rng(8)
    seen = np.zeros(2)
    for _ in range(40):
        center = random.normal(size=3) * 300
        size = tuple(int(n) for n in random.integers(1, 8, 3))
        grid = latticeAround(center, size, random.uniform(-180, 180, 3), random.uniform(2, 7, 3))
        holes = [tuple(random.integers(0, size)) for _ in range(random.integers(0, 4))]
        shift = random.normal(size=3) * 2
        lattice = latticeAround(
            center + shift, (9, 7, 11), random.uniform(-180, 180, 3), random.uniform(0.5, 2, 3)
        )
        seen += requireSame(gridOn(grid, holes), lattice)
    assert np.all(seen > 1)


def test_a_row_along_the_border_is_inside_or_not_as_a_whole():
    grid = gridOn(Lattice.fromAxes((4, 3, 5), (0, 0, 0), np.eye(3), (2.0, 2.0, 2.0)))
    for z, isInside in ((-1.0, True), (-1.01, False), (9.0, True), (9.01, False)):
        lattice = Lattice.fromAxes((3, 2, 1), (0, 0, z), np.eye(3), (1.0, 1.0, 1.0))
        assert GridOnLattice(grid, lattice, np.eye(4)).outside().any() != isInside
        requireSame(grid, lattice)


def test_a_fine_lattice_in_a_coarse_grid_is_no_singular_matrix():
    coarse = gridOn(
        latticeAround((10, 20, 30), (4, 3, 5), (10, 25, -14), (40.0, 50, 60)), [(1, 1, 2)]
    )
    center = coarse.lattice.points(np.array([1.9, 1.0, 2.0]))
    lattice = latticeAround(center, (9, 8, 7), (5, 70, 20), (0.2, 0.3, 0.1))
    wide = latticeAround(center, (9, 8, 7), (5, 70, 20), (2.0, 3.0, 1.0))
    requireSame(coarse, lattice)
    assert 0 < requireSame(coarse, wide)[1] < 1
