import numpy as np
import pytest

from IHERORegistrationLib.lattice import Lattice, Volume

DIRECTIONS = np.array([[0.96, -0.168, 0.224], [0.28, 0.576, -0.768], [0, 0.8, 0.6]])
ORIGIN = np.array([-120.5, 310.0, -875.25])
SPACING = np.array([1.5, 1.25, 4.0])
SIZE = (4, 5, 6)


def obliqueLattice():
    return Lattice.fromAxes(SIZE, ORIGIN, DIRECTIONS, SPACING)


def test_an_index_goes_along_row_column_and_normal():
    points = obliqueLattice().points(np.array([[0, 0, 0], [2, 0, 0], [0, 2, 0], [0, 0, 2]]))
    np.testing.assert_allclose(points[0], ORIGIN)
    np.testing.assert_allclose(points[1] - ORIGIN, [2.88, 0.84, 0], atol=1e-12)
    np.testing.assert_allclose(points[2] - ORIGIN, [-0.42, 1.44, 2], atol=1e-12)
    np.testing.assert_allclose(points[3] - ORIGIN, [1.792, -6.144, 4.8], atol=1e-12)


def test_indices_are_the_way_back_also_between_voxels():
    indices = np.array([[[0.25, 3, 5.5], [-7, 2, 1]], [[3, 0, 0], [1.5, 1.5, 100]]])
    lattice = obliqueLattice()
    np.testing.assert_allclose(lattice.indices(lattice.points(indices)), indices, atol=1e-9)


def test_voxels_are_counted_along_rows_then_columns_then_slices():
    centers = obliqueLattice().centersOf(np.array([0, 3, 4, 2 * 20 + 3 * 4 + 1]))
    expected = obliqueLattice().points(np.array([(0, 0, 0), (3, 0, 0), (0, 1, 0), (1, 3, 2)]))
    np.testing.assert_allclose(centers, expected, atol=1e-12)


def test_axes_spacing_and_origin_are_read_back():
    lattice = obliqueLattice()
    np.testing.assert_allclose(lattice.directions, DIRECTIONS, atol=1e-12)
    np.testing.assert_allclose(lattice.spacing, SPACING, atol=1e-12)
    np.testing.assert_array_equal(lattice.origin, ORIGIN)
    np.testing.assert_allclose(lattice.normal, [0.224, -0.768, 0.6], atol=1e-12)


def test_values_are_slices_of_rows_of_columns():
    assert obliqueLattice().shape == (6, 5, 4)


def test_the_center_is_half_way_to_the_opposite_corner():
    lattice = obliqueLattice()
    far = ORIGIN + DIRECTIONS @ (SPACING * [3, 4, 5])
    np.testing.assert_allclose(lattice.center, (ORIGIN + far) / 2, atol=1e-12)


def test_the_corners_are_the_eight_outermost_voxel_centers():
    lattice = obliqueLattice()
    corners = lattice.indices(lattice.corners).round(9)
    assert {tuple(corner) for corner in corners.tolist()} == {
        (i, j, k) for i in (0.0, 3.0) for j in (0.0, 4.0) for k in (0.0, 5.0)
    }


def test_a_voxel_reaches_half_a_voxel_around_its_center():
    lattice = obliqueLattice()
    inside = [[-0.499, -0.499, -0.499], [3.499, 4.499, 5.499], [1, 2, 3]]
    outside = [[-0.501, 1, 1], [1, 4.501, 1], [1, 1, 5.501], [4, 1, 1], [1, 1, -1]]
    assert lattice.contains(lattice.points(np.array(inside))).all()
    assert not lattice.contains(lattice.points(np.array(outside))).any()
    assert lattice.contains(lattice.points(np.zeros((2, 3, 3)))).shape == (2, 3)


def test_what_is_undefined_lies_nowhere():
    assert not obliqueLattice().contains(np.array([np.nan, 0, 0]))


def test_a_slice_has_its_own_origin_also_between_slices():
    np.testing.assert_allclose(
        obliqueLattice().sliceOrigin(2.5), ORIGIN + 10 * DIRECTIONS[:, 2], atol=1e-12
    )


def test_a_lattice_cannot_be_changed():
    given = np.eye(4)
    lattice = Lattice(SIZE, given)
    given[0, 3] = 5
    lattice.origin[0] = 7
    np.testing.assert_array_equal(lattice.origin, [0, 0, 0])
    with pytest.raises(ValueError, match="read-only"):
        lattice.ijkToLPS[0, 3] = 5


@pytest.mark.parametrize(
    ("size", "matrix"),
    [((4, 5), np.eye(4)), ((4, 0, 6), np.eye(4)), ((4, 5, -6), np.eye(4)), (SIZE, np.eye(3))],
)
def test_a_lattice_needs_three_positive_sizes_and_a_matrix(size, matrix):
    with pytest.raises(ValueError, match="expected 3 sizes"):
        Lattice(size, matrix)


def test_values_must_have_the_shape_of_their_lattice():
    Volume(np.zeros((6, 5, 4)), obliqueLattice(), "1.2.3")
    with pytest.raises(ValueError, match=r"expected shape \(6, 5, 4\), got \(4, 5, 6\)"):
        Volume(np.zeros((4, 5, 6)), obliqueLattice(), "1.2.3")
