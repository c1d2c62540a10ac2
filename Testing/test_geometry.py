import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from IHERORegistrationLib.errors import (
    FrameOfReferenceError,
    MalformedRegistrationError,
    NotInvertibleError,
    NotRigidError,
)
from IHERORegistrationLib.geometry import (
    AffineTransform,
    MatrixType,
    distanceFromRigid,
    inverted,
    isIdentity,
    mapped,
    matrixType,
    nearestRigid,
    orthonormalityError,
    rotationAngle,
)

AXIS = np.array([2, -3, 6]) / 7
OBLIQUE = Rotation.from_rotvec(np.radians(37.0) * AXIS).as_matrix()
OTHER = Rotation.from_euler("xyz", [10, -25, 70], degrees=True).as_matrix()


def matrixOf(part, translation=(12.5, -300.0, 47.25)):
    matrix = np.eye(4)
    matrix[:3, :3] = part
    matrix[:3, 3] = translation
    return matrix


def quarterTurn():
    """A turn, then a shift: (x, y, z) goes to (-y + 10, x + 20, z + 30)."""
    return AffineTransform(
        np.array([[0, -1, 0, 10], [1, 0, 0, 20], [0, 0, 1, 30], [0, 0, 0, 1]]), "A", "B"
    )


def stretch():
    """(x, y, z) goes to (2x, 3y + 1, 5z)."""
    return AffineTransform(matrixOf(np.diag([2, 3, 5]), (0, 1, 0)), "B", "C")


def test_a_point_is_a_column_vector():
    np.testing.assert_array_equal(quarterTurn()(np.array([1, 2, 3])), [8, 21, 33])


def test_points_keep_their_shape():
    points = np.arange(24.0).reshape(2, 4, 3)
    result = quarterTurn()(points)
    assert result.shape == (2, 4, 3)
    np.testing.assert_array_equal(result[1, 2], [-19 + 10, 18 + 20, 20 + 30])
    assert quarterTurn()(np.zeros((0, 3))).shape == (0, 3)


def test_the_right_factor_applies_first():
    both = stretch() @ quarterTurn()
    assert (both.fromFrame, both.toFrame) == ("A", "C")
    np.testing.assert_array_equal(both(np.array([1, 2, 3])), [16, 64, 165])


def test_transforms_that_do_not_meet_are_not_composed():
    with pytest.raises(FrameOfReferenceError, match="into C by one from A"):
        quarterTurn() @ stretch()


def test_the_inverse_goes_back_and_swaps_the_frames():
    back = stretch().inverse()
    assert (back.fromFrame, back.toFrame) == ("C", "B")
    np.testing.assert_allclose(back(np.array([16, 64, 165])), [8, 21, 33], atol=1e-12)


def test_an_inverse_far_from_the_origin_is_exact_to_a_billionth():
    matrix = matrixOf(OBLIQUE, (1e4, -2e4, 3e4))
    points = np.array([[1e3, -2e3, 3e3], [-5, 600, 7000]])
    np.testing.assert_allclose(mapped(inverted(matrix), mapped(matrix, points)), points, atol=1e-9)
    np.testing.assert_array_equal(inverted(matrix)[3], [0, 0, 0, 1])


@pytest.mark.parametrize("part", [np.zeros((3, 3)), np.diag([1, 1, 0]), np.diag([1, 1, 1e-9])])
def test_a_singular_matrix_has_no_inverse(part):
    with pytest.raises(NotInvertibleError, match="singular"):
        AffineTransform(matrixOf(part), "A", "B").inverse()


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_numbers_that_are_not_finite_make_no_transform(number):
    with pytest.raises(MalformedRegistrationError, match="not finite"):
        AffineTransform(matrixOf(np.diag([1, number, 1])), "A", "B")


def test_a_matrix_stays_as_it_was_given():
    given = matrixOf(OBLIQUE)
    transform = AffineTransform(given, "A", "B")
    given[0, 3] = 99
    assert transform.matrix[0, 3] == 12.5
    with pytest.raises(ValueError, match="read-only"):
        transform.matrix[0, 3] = 99


@pytest.mark.parametrize(
    "matrix", [np.eye(3), np.zeros((4, 4)), np.diag([1, 1, 1, 2]), matrixOf(OBLIQUE).T]
)
def test_only_homogeneous_matrices_are_transforms(matrix):
    with pytest.raises(ValueError, match="last row 0 0 0 1"):
        AffineTransform(matrix, "A", "B")


SHEAR = np.array([[1, 0.2, 0], [0, 1, 0], [0, 0, 1]])
SCALE = np.diag([1.5, 0.5, 2])
TYPES = {
    "identity": (np.eye(3), MatrixType.RIGID),
    "oblique": (OBLIQUE, MatrixType.RIGID),
    "half turn": (np.diag([-1, 1, -1]), MatrixType.RIGID),
    "rounded to 6 decimals": (np.round(OBLIQUE, 6), MatrixType.RIGID),
    "rotation after scale": (OBLIQUE @ SCALE, MatrixType.RIGID_SCALE),
    "scale after rotation": (SCALE @ OBLIQUE, MatrixType.RIGID_SCALE),
    "similarity": (1.01 * OBLIQUE, MatrixType.RIGID_SCALE),
    "small scale": (0.01 * OBLIQUE, MatrixType.RIGID_SCALE),
    "half turn that scales": (np.diag([-1, -1, 2.5]), MatrixType.RIGID_SCALE),
    "rotations around a scale": (OBLIQUE @ SCALE @ OTHER, MatrixType.AFFINE),
    "shear": (SHEAR, MatrixType.AFFINE),
    "mirror": (np.diag([-1, 1, 1]), MatrixType.AFFINE),
    "rotated mirror": (OBLIQUE @ np.diag([1, 1, -1]), MatrixType.AFFINE),
    "singular": (np.diag([1, 1, 0]), MatrixType.AFFINE),
    "undefined": (np.full((3, 3), np.nan), MatrixType.AFFINE),
}


@pytest.mark.parametrize(("part", "kind"), TYPES.values(), ids=TYPES)
def test_the_type_of_a_matrix_is_found_by_value(part, kind):
    assert matrixType(matrixOf(part)) is kind


def test_the_nearest_rigid_matrix_is_a_rotation_with_the_same_translation():
    rounded = matrixOf(np.round(OBLIQUE, 4))
    rigid = nearestRigid(rounded)
    assert orthonormalityError(rigid) < 1e-14
    np.testing.assert_array_equal(rigid[:, 3], rounded[:, 3])
    np.testing.assert_allclose(rigid[:3, :3], OBLIQUE, atol=1e-4)


def test_the_nearest_rotation_is_that_of_scipy():
    near = OBLIQUE + 1e-3 * np.array([[1, -2, 3], [-1, 2, 1], [0, 1, -1]])
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(near, OBLIQUE, atol=1e-4)
    fitted, _ = Rotation.align_vectors(near.T, np.eye(3))
    np.testing.assert_allclose(nearestRigid(matrixOf(near))[:3, :3], fitted.as_matrix(), atol=1e-12)


@pytest.mark.parametrize(
    "part",
    [np.diag([-1, 1, 1]), np.diag([1, 1, 0]), SHEAR, 1.01 * OBLIQUE, np.full((3, 3), np.nan)],
)
def test_what_is_no_rounded_rotation_is_not_made_rigid(part):
    with pytest.raises(NotRigidError, match="determinant"):
        nearestRigid(matrixOf(part))


def test_the_largest_element_of_the_gram_matrix_measures_how_far_from_a_rotation():
    # columns (1, 0, 0), (0.2, 1, 0): their product is 0.2, the second is 0.04 too long
    assert orthonormalityError(matrixOf(SHEAR)) == pytest.approx(0.2)
    assert orthonormalityError(matrixOf(1.1 * OBLIQUE)) == pytest.approx(0.21)


def test_the_distance_from_rigid_is_what_a_reader_would_lose_in_mm():
    around = np.array([[-100, 0, 0], [100, 0, 0], [0, 30, 0], [0, -30, 0]])
    points = around + np.array([500, -200, 70])
    # 2 % along x about the center of the points: 100 mm from it become 102 mm
    assert distanceFromRigid(matrixOf(np.diag([1.02, 1, 1])), points) == pytest.approx(2.0)
    assert distanceFromRigid(matrixOf(OBLIQUE), points) == pytest.approx(0, abs=1e-9)


def test_the_distance_of_a_mirror_from_rigid_is_that_from_a_rotation():
    points = np.array([[-10, 0, 0], [10, 0, 0], [0, 40, 0], [0, -40, 0], [0, 0, 5], [0, 0, -5]])
    assert distanceFromRigid(matrixOf(np.diag([1.001, 1.002, -1])), points) > 5


@pytest.mark.parametrize("degrees", [0, 1e-5, 0.5, 37, 90, 179.9999, 180])
def test_the_angle_of_a_rotation_is_found_at_both_ends(degrees):
    part = Rotation.from_rotvec(np.radians(degrees) * AXIS).as_matrix()
    assert rotationAngle(matrixOf(part)) == pytest.approx(degrees, abs=1e-6)


def test_the_angle_does_not_depend_on_scale():
    assert rotationAngle(matrixOf(OBLIQUE * 1.7)) == pytest.approx(37, abs=1e-9)


def test_identity_is_judged_on_every_element():
    assert isIdentity(np.eye(4))
    assert isIdentity(matrixOf(np.eye(3), (5e-7, 0, 0)))
    assert not isIdentity(matrixOf(np.eye(3), (2e-6, 0, 0)))
    assert not isIdentity(matrixOf(np.diag([1, 1, 1 + 2e-6]), (0, 0, 0)))
    assert isIdentity(matrixOf(np.eye(3), (0.01, 0, 0)), tolerance=0.1)
    assert not isIdentity(np.full((4, 4), np.nan))
