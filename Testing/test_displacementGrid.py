"""Between the nodes vectors are interpolated; where the grid says nothing, nothing is invented."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK

from deformationCases import CASES, OBLIQUE, Case
from IHERODeformationLib.displacementGrid import DisplacementGrid
from IHERODeformationLib.gridContent import gridContent
from IHERORegistrationLib.lattice import Lattice


def gridOfCase(case: Case) -> DisplacementGrid:
    lattice = Lattice.fromAxes(case.size, case.position, case.axes, case.spacing)
    return DisplacementGrid(lattice, case.vectors)


def randomGrid(undefined: int = 0) -> DisplacementGrid:
    """Rough vectors on an oblique lattice far from the origin."""
    random = np.random.default_rng(3)
    case = Case(OBLIQUE, (211.0, -640.0, 1033.0), (7, 6, 5), (2.0, 1.5, 3.0))
    vectors = random.normal(0, 8, (5, 6, 7, 3)).astype(np.float32)
    vectors.reshape(-1, 3)[random.choice(210, undefined, replace=False)] = np.nan
    lattice = Lattice.fromAxes(case.size, case.position, case.axes, case.spacing)
    return DisplacementGrid(lattice, vectors)


def insideOf(grid: DisplacementGrid, count: int = 1000) -> np.ndarray:
    index = np.random.default_rng(4).uniform(0, np.array(grid.lattice.size) - 1, (count, 3))
    return grid.lattice.points(index)


def test_vectors_agree_with_simpleitk_on_rough_fields():
    grid = randomGrid()
    image = SimpleITK.GetImageFromArray(grid.vectors.astype(float), isVector=True)
    image.SetOrigin(grid.lattice.origin.tolist())
    image.SetSpacing(grid.lattice.spacing.tolist())
    image.SetDirection(grid.lattice.directions.ravel().tolist())
    oracle = SimpleITK.DisplacementFieldTransform(image)
    points = insideOf(grid)
    expected = [oracle.TransformPoint(point.tolist()) for point in points]
    np.testing.assert_allclose(grid.displacement(points) + points, expected, atol=1e-9, rtol=0)


def test_at_the_nodes_the_vectors_are_those_stored():
    grid = randomGrid()
    node = np.indices(grid.lattice.size).reshape(3, -1).T
    stored = grid.vectors[node[:, 2], node[:, 1], node[:, 0]]
    np.testing.assert_array_equal(grid.displacement(grid.lattice.points(node)), stored)


def test_any_shape_of_points_is_kept():
    grid = randomGrid()
    points = insideOf(grid, 24)
    expected = grid.displacement(points)
    np.testing.assert_array_equal(
        grid.displacement(points.reshape(2, 3, 4, 3)), expected.reshape(2, 3, 4, 3)
    )
    np.testing.assert_array_equal(grid.displacement(points[5]), expected[5])
    assert grid.displacement(np.empty((0, 3))).shape == (0, 3)


@pytest.mark.parametrize(
    ("index", "inside"),
    [
        ((-0.5, 2, 2), True),
        ((-0.500001, 2, 2), False),
        ((5.5, 4.5, 3.5), True),
        ((5.5, 4.500001, 3.5), False),
        ((3, 2, -0.500001), False),
    ],
)
def test_inside_is_within_half_a_voxel_of_the_border_nodes(index, inside):
    case = CASES["oblique"]
    grid = gridOfCase(case)
    point = case.pointsAt(np.array(index, float))
    assert bool(grid.contains(point)) is inside
    assert np.isfinite(grid.displacement(point)).all() == inside


def test_in_the_outer_half_voxel_the_border_holds():
    case = CASES["oblique"]
    grid = gridOfCase(case)
    outer = grid.displacement(case.pointsAt(np.array([5.4, -0.3, 1.25])))
    border = grid.displacement(case.pointsAt(np.array([5.0, 0.0, 1.25])))
    np.testing.assert_allclose(outer, border, atol=1e-12)


@pytest.mark.parametrize(
    ("index", "defined"),
    [
        ((1, 1, 1), True),  # a neighbor of the undefined node (2, 1, 1)
        ((1.5, 1, 1), False),
        ((1, 1.5, 1), True),
        ((1.0001, 1.5, 1), False),
        ((2, 1, 1), False),
        ((3, 0, 2), True),
        ((3, 0.5, 1.5), True),
        ((2.999, 0.001, 1.999), False),
        ((5, 4, 0), False),  # an undefined corner of the grid
        ((5.4, 4.4, -0.4), False),
        ((5.4, 3, -0.4), True),
    ],
)
def test_only_corners_with_weight_make_a_point_undefined(index, defined):
    case = CASES["undefined nodes"]
    assert (
        np.isfinite(gridOfCase(case).displacement(case.pointsAt(np.array(index, float)))).all()
        == defined
    )


@pytest.mark.parametrize("bad", [(np.nan, 1, 2), (1, np.inf, 2), (1, 2, -np.inf)])
def test_a_node_with_one_broken_component_is_undefined_as_a_whole(bad):
    case = CASES["oblique"]
    vectors = case.vectors
    vectors[1, 1, 2] = bad
    grid = DisplacementGrid(gridOfCase(case).lattice, vectors)
    at = grid.displacement(case.pointsAt(np.array([[2, 1, 1], [1.5, 1, 1], [1, 1, 1]], float)))
    np.testing.assert_array_equal(np.isnan(at), [[True] * 3, [True] * 3, [False] * 3])


def test_along_an_axis_of_one_node_nothing_is_interpolated():
    case = CASES["small grid"]
    grid = gridOfCase(case)
    here = grid.displacement(case.pointsAt(np.array([0.5, 0.45, 1.5])))
    np.testing.assert_allclose(here, grid.displacement(case.pointsAt(np.array([0.5, 0, 1.5]))))
    assert np.isnan(grid.displacement(case.pointsAt(np.array([0.5, 0.55, 1.5])))).all()


def test_a_point_that_is_not_a_number_has_no_displacement():
    grid = randomGrid()
    points = np.vstack([insideOf(grid, 2), [np.nan, 0, 0]])
    np.testing.assert_array_equal(np.isnan(grid.displacement(points)).any(axis=1), [0, 0, 1])
    assert not grid.contains(points)[2]


def test_big_endian_vectors_are_read_as_they_are():
    grid = randomGrid()
    other = DisplacementGrid(grid.lattice, grid.vectors.astype(">f4"))
    points = insideOf(grid, 50)
    np.testing.assert_array_equal(other.displacement(points), grid.displacement(points))


def test_the_gradient_agrees_with_differences_within_cells():
    grid = randomGrid()
    points = insideOf(grid, 200)
    step = 1e-5
    inner = np.all(np.abs(grid.lattice.indices(points) % 1 - 0.5) < 0.49, axis=1)
    points = points[inner]
    differences = np.stack(
        [
            (grid.displacement(points + d) - grid.displacement(points - d)) / (2 * step)
            for d in step * np.eye(3)
        ],
        axis=-1,
    )
    np.testing.assert_allclose(grid.gradient(points), differences, atol=1e-6)


def test_the_gradient_at_a_node_is_the_central_difference():
    grid = randomGrid()
    value = {i: grid.vectors[2, 3, i].astype(float) for i in (2, 4)}
    alongI = grid.gradient(grid.lattice.points(np.array([3.0, 3, 2]))) @ grid.lattice.directions
    np.testing.assert_allclose(alongI[:, 0], (value[4] - value[2]) / (2 * 2.0), atol=1e-9)


def test_the_gradient_is_undefined_outside_and_beside_undefined_nodes():
    case = CASES["undefined nodes"]
    grid = gridOfCase(case)
    index = np.array([[-1, 1, 1], [1.5, 1, 1], [0.5, 2.5, 2.5], [5.4, 2, 2]], float)
    gradient = grid.gradient(case.pointsAt(index))
    np.testing.assert_array_equal(np.isnan(gradient).any(axis=(1, 2)), [1, 1, 0, 0])


def test_in_the_outer_half_voxel_nothing_changes_across_the_border():
    case = CASES["oblique"]
    grid = gridOfCase(case)
    alongAxes = grid.gradient(case.pointsAt(np.array([5.25, 1.5, -0.25]))) @ case.axes
    np.testing.assert_allclose(alongAxes[:, [0, 2]], 0, atol=1e-12)
    assert np.abs(alongAxes[:, 1]).min() > 0.01


def test_the_extended_field_is_that_of_the_border_outside_and_zero_where_undefined():
    case = CASES["oblique"]
    vectors = case.vectors
    vectors[1, 1, 2] = (3, np.nan, 4)
    grid = DisplacementGrid(gridOfCase(case).lattice, vectors)
    index = np.array([[-7, 1, 2.5], [0, 1, 2.5], [2, 1, 1], [2, 1.5, 1]], float)
    extended = grid.extendedDisplacement(case.pointsAt(index))
    np.testing.assert_allclose(extended[0], extended[1], atol=1e-12)
    np.testing.assert_array_equal(extended[2:], np.zeros((2, 3)))
    assert np.isfinite(grid.extendedGradient(case.pointsAt(index))).all()


def test_only_float32_of_the_right_shape_is_a_grid():
    grid = randomGrid()
    with pytest.raises(ValueError, match="expected float32"):
        DisplacementGrid(grid.lattice, grid.vectors.astype(float))
    with pytest.raises(ValueError, match=r"expected float32 of shape \(5, 6, 7, 3\)"):
        DisplacementGrid(grid.lattice, np.zeros((7, 6, 5, 3), np.float32))


def test_what_a_grid_holds_is_counted():
    case = CASES["oblique"]
    vectors = np.zeros((4, 5, 6, 3), np.float32)
    vectors[3, 2, 1] = (2, -3, 6)
    vectors[0, 0, 0] = np.nan
    vectors[1, 0, 0] = (np.nan, 1, 2)
    vectors[2, 4, 5] = (1, np.inf, 900)
    content = gridContent(DisplacementGrid(gridOfCase(case).lattice, vectors))
    assert (content.nodes, content.undefined, content.partial, content.infinite) == (120, 3, 1, 1)
    assert content.longest == 7
