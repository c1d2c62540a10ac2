"""Volume changes, displacements and coverage against closed forms; there and back; differences."""

from dataclasses import replace

import numpy as np
import pytest

from IHERODeformationLib.deformation import DeformableTransform, OutsideGrid
from IHERODeformationLib.displacementGrid import DisplacementGrid
from IHERODeformationLib.fieldDifference import vectorDifference
from IHERODeformationLib.fieldQuality import fieldQuality
from IHERODeformationLib.inverseConsistency import inverseConsistency, searchedBack
from IHERODeformationLib.phantoms.pairs import Kind as Change
from IHERODeformationLib.phantoms.pairs import PairRecipe, scannedPair
from IHERORegistrationLib.errors import FrameOfReferenceError
from IHERORegistrationLib.geometry import AffineTransform
from IHERORegistrationLib.lattice import Lattice
from test_direction import turned
from test_structures import setWith
from test_surfaceAgreement import sphere

R, S = "1.2.3.4", "1.2.3.5"
AXES = turned(17, (1, 3, -2), (0, 0, 0))[:3, :3]
IMAGE = Lattice.fromAxes((14, 12, 10), (-40, -30, 180), AXES, (5, 6, 7))
LINEAR = np.array([[0.10, 0.02, 0], [-0.03, 0.20, 0.01], [0, 0.04, -0.15]])


def nodes(lattice):
    k, j, i = np.indices(lattice.shape)
    return lattice.points(np.stack([i, j, k], axis=-1))


def linear(matrix=LINEAR, pre=None, size=(20, 19, 18)):
    """A field that a grid holds exactly: Δ(x) = matrix · x, over more than the image."""
    grid = Lattice.fromAxes(size, (-75, -60, 150), np.eye(3), (9, 9, 9))
    vectors = (nodes(grid) @ matrix.T).astype(np.float32)
    pre = np.eye(4) if pre is None else pre
    return DeformableTransform(pre, DisplacementGrid(grid, vectors), np.eye(4), R, S)


def test_a_linear_field_has_its_determinant_everywhere():
    found = fieldQuality(linear(), IMAGE)
    expected = np.linalg.det(np.eye(3) + LINEAR)
    jacobian = found.image.jacobian
    assert jacobian.count == 14 * 12 * 10
    np.testing.assert_allclose(
        [jacobian.minimum, jacobian.median, jacobian.maximum], expected, 1e-5
    )
    assert found.image.folded == 0
    assert found.neverFolds
    assert found.image.volume == pytest.approx(14 * 12 * 10 * 5 * 6 * 7 / 1000)


def test_displacements_are_lengths_and_the_rigid_part_is_taken_out():
    pre = turned(30, (2, -1, 1), (40, 50, 60))
    points = nodes(IMAGE).reshape(-1, 3)
    found = fieldQuality(linear(pre=pre), IMAGE)
    there = points @ pre[:3, :3].T + pre[:3, 3] + points @ LINEAR.T
    lengths = np.linalg.norm(there - points, axis=1)
    assert found.image.displacement.mean == pytest.approx(lengths.mean(), rel=1e-6)
    assert found.image.displacement.p95 == pytest.approx(np.percentile(lengths, 95), rel=1e-6)
    # Kabsch, written out: what is left is smallest
    a, b = points - points.mean(axis=0), there - there.mean(axis=0)
    left, strengths, right = np.linalg.svd(b.T @ a)
    rest = np.sum(a**2) + np.sum(b**2) - 2 * strengths.sum()
    squares = found.image.deformation.mean
    left_over = b - a @ (left @ right).T
    assert squares == pytest.approx(np.linalg.norm(left_over, axis=1).mean(), rel=1e-5)
    assert np.sum(left_over**2) == pytest.approx(rest)
    np.testing.assert_allclose(found.image.mean, 0, atol=1e-6)  # of the whole image


def test_a_rigid_motion_leaves_no_deformation():
    matrix = turned(40, (1, 1, 3), (-8, 90, 3))
    found = fieldQuality(AffineTransform(matrix, R, S), IMAGE)
    assert found.image.deformation.maximum < 1e-9
    np.testing.assert_allclose(found.rigid, matrix, atol=1e-9)
    assert found.image.jacobian.minimum == pytest.approx(1)
    assert found.neverFolds


def test_folding_is_measured_by_volume():
    # the left half of space is mirrored about a plane: x is taken to |x|, but for one cell
    grid = Lattice.fromAxes((40, 4, 4), (-39, -50, 150), np.eye(3), (2, 40, 40))
    vectors = np.zeros((*grid.shape, 3), np.float32)
    x = nodes(grid)[..., 0]
    vectors[..., 0] = np.abs(x) - x
    transform = DeformableTransform(np.eye(4), DisplacementGrid(grid, vectors), np.eye(4), R, S)
    image = Lattice.fromAxes((30, 5, 5), (-28.5, 0, 200), np.eye(3), (1.9, 3, 3))
    found = fieldQuality(transform, image)
    # in the cell around 0 all goes to one plane, which is folding too
    left = np.count_nonzero(-28.5 + 1.9 * np.arange(30) < 1) / 30
    assert found.image.folded == pytest.approx(left)
    assert found.image.jacobian.minimum == pytest.approx(-1)
    assert found.image.jacobian.maximum == pytest.approx(1)
    assert not found.neverFolds


def test_what_is_squeezed_is_not_folded():
    found = fieldQuality(linear(np.diag([-0.95, 0, 0])), IMAGE).image
    assert found.jacobian.maximum == pytest.approx(0.05, abs=1e-5)
    assert found.folded == 0


def test_a_large_image_is_asked_at_some_of_its_voxels():
    large = Lattice.fromAxes((101, 92, 83), (-40, -30, 180), AXES, (1.5, 2, 2.5))
    found = fieldQuality(AffineTransform(turned(9, (1, 1, 3), (-8, 90, 3)), R, S), large)
    assert found.image.points < 101 * 92 * 83 / 7
    assert found.image.volume == pytest.approx(101 * 92 * 83 * 1.5 * 2 * 2.5 / 1000)
    np.testing.assert_allclose(found.spacing, (3, 4, 5))


def test_what_lies_outside_or_is_undefined_is_counted_apart():
    small = linear(size=(20, 19, 6))  # ends below the upper part of the image
    vectors = np.array(small.grid.vectors)
    vectors[:, :, :8] = np.nan
    small = replace(small, grid=DisplacementGrid(small.grid.lattice, vectors))
    points = nodes(IMAGE).reshape(-1, 3)
    index = small.grid.lattice.indices(points)
    outside = ((index < -0.5) | (index > np.array([20, 19, 6]) - 0.5)).any(axis=1)
    undefined = (index[:, 0] < 8) & ~outside  # nodes up to 7 lack, and weigh until 8
    found = fieldQuality(small, IMAGE).image
    assert found.outside == pytest.approx(outside.mean())
    assert found.undefined == pytest.approx(undefined.mean())
    assert found.displacement.count == np.count_nonzero(~outside & ~undefined)
    assert 0 < found.outside < 0.9
    assert found.undefined > 0
    rigid = fieldQuality(replace(small, outsideGrid=OutsideGrid.RIGID), IMAGE).image
    assert rigid.outside == 0


@pytest.mark.parametrize("change", [Change.SHRUNKEN, Change.CONDENSED, Change.SMOOTH])
def test_volume_changes_of_the_phantom_are_those_of_its_formula(change):
    recipe = PairRecipe(change)
    truth = scannedPair(recipe, "seed").toSource
    center = truth.toBody.inverse()(np.array([-60.0, -15, 20]))
    image = Lattice.fromAxes((15, 14, 13), center - 20, np.eye(3), (3, 3, 3.5))
    grid = Lattice.fromAxes((46, 45, 46), center - 34, np.eye(3), (1.5, 1.5, 1.5))
    vectors = (truth(nodes(grid).reshape(-1, 3)) - nodes(grid).reshape(-1, 3)).reshape(
        *grid.shape, 3
    )
    pre = np.eye(4)
    transform = DeformableTransform(
        pre, DisplacementGrid(grid, vectors.astype(np.float32)), pre, R, S
    )
    found = fieldQuality(transform, image, setWith(sphere(center, R, radius=14)))
    exact = truth.jacobianDeterminant(nodes(image).reshape(-1, 3))
    jacobian = found.image.jacobian
    assert np.ptp(exact) > 0.1
    np.testing.assert_allclose(
        [jacobian.minimum, jacobian.mean, jacobian.median, jacobian.maximum],
        [exact.min(), exact.mean(), np.median(exact), exact.max()],
        atol=3e-3,
    )
    (ball,) = found.structures
    random = np.random.default_rng(4).normal(size=(40000, 3))
    inside = random / np.linalg.norm(random, axis=1, keepdims=True)
    inside *= 14 * np.cbrt(np.random.default_rng(5).random((40000, 1)))
    within = truth.jacobianDeterminant(center + inside)
    assert ball.jacobian.mean == pytest.approx(within.mean(), abs=3e-3)
    assert ball.jacobian.p99 == pytest.approx(np.percentile(within, 99), abs=5e-3)
    assert ball.volume == pytest.approx(4 / 3 * np.pi * 14**3 / 1000, rel=0.01)


def test_structures_are_measured_where_they_lie():
    ball = sphere(np.array([0.0, 10, 230]), R, radius=15)
    outside = replace(sphere(np.array([500.0, 10, 230]), R), name="Far", number=5)
    flat = replace(ball, name="Points", number=6, contours=())
    found = fieldQuality(linear(), IMAGE, setWith(ball, outside, flat))
    first, second = found.structures
    # the mean of a linear field over a ball is its value in the middle
    center = np.array([0.0, 10, 230])
    moved = found.rigid[:3, :3] @ center + found.rigid[:3, 3]
    np.testing.assert_allclose(first.mean, center + LINEAR @ center - moved, atol=0.05)
    assert first.outside == 0
    assert second.outside == 1
    assert np.isnan(second.displacement.mean)
    assert np.isnan(second.folded)
    assert np.isnan(second.mean).all()
    assert found.leftOut == ("Points: structure 6 has no closed contour",)


def test_structures_of_another_frame_are_refused():
    there = setWith(sphere(np.array([0.0, 10, 230]), S))
    with pytest.raises(FrameOfReferenceError, match=r"expected structures in the registered frame"):
        fieldQuality(linear(), IMAGE, there)


def test_every_number_of_a_region_is_a_metric():
    found = {
        (one.kind.value, one.quantity): one for one in fieldQuality(linear(), IMAGE).image.metrics
    }
    assert found["Jacobian determinant", "not above 0"].value == 0
    assert found["Jacobian determinant", "not above 0"].unit == "%"
    assert found["displacement", "95 %"].unit == "mm"
    assert found["coverage", "outside"].value == 0


# -- there and back --------------------------------------------------------------------------------


def test_an_exact_pair_comes_back():
    pre = turned(20, (1, -1, 2), (15, -9, 4))
    forth = linear(pre=pre)
    whole = pre.copy()
    whole[:3, :3] += LINEAR
    back = AffineTransform(np.linalg.inv(whole), S, R)
    found = inverseConsistency(forth, back, IMAGE)
    assert found.errors.maximum < 1e-3  # of float32 vectors
    assert (found.lost, found.residuals, found.isSearched) == (0, None, False)


def test_a_known_inconsistency_is_measured():
    forth = AffineTransform(turned(20, (1, -1, 2), (15, -9, 4)), R, S)
    wrong = np.linalg.inv(forth.matrix)
    wrong[:3, 3] += (3, -4, 12)
    found = inverseConsistency(forth, AffineTransform(wrong, S, R), IMAGE)
    assert found.errors.mean == pytest.approx(13)
    assert found.errors.maximum == pytest.approx(13)
    first = next(iter(found.metrics))
    assert (first.kind.value, first.quantity) == ("inverse consistency", "mean")


def test_points_that_do_not_come_back_are_counted():
    forth = AffineTransform(np.eye(4), R, S)
    grid = Lattice.fromAxes((20, 19, 6), (-75, -60, 150), np.eye(3), (9, 9, 9))
    zero = DisplacementGrid(grid, np.zeros((*grid.shape, 3), np.float32))
    back = DeformableTransform(np.eye(4), zero, np.eye(4), S, R)
    found = inverseConsistency(forth, back, IMAGE)
    inside = grid.contains(nodes(IMAGE).reshape(-1, 3))
    assert found.lost == pytest.approx(1 - inside.mean())
    assert 0 < found.lost < 1
    assert found.errors.maximum == 0


def test_the_numerical_inverse_is_measured_without_a_verdict():
    forth = linear(pre=turned(20, (1, -1, 2), (15, -9, 4)))
    found = inverseConsistency(forth, searchedBack(forth), IMAGE)
    assert found.isSearched
    assert found.errors.maximum < 0.01
    assert found.residuals.maximum <= 1e-3
    assert {one.kind.value for one in found.metrics} == {"numerical inverse"}


# -- two registrations -----------------------------------------------------------------------------


def test_the_difference_of_two_fields_is_a_vector_at_each_voxel():
    first, second = linear(), linear(LINEAR + np.diag([0.01, 0, 0.02]))
    found = vectorDifference(first, second, IMAGE)
    expected = nodes(IMAGE) * (0.01, 0, 0.02)
    np.testing.assert_allclose(found.vectors, expected, atol=1e-4)
    lengths = np.linalg.norm(expected, axis=-1)
    assert found.lengths.mean == pytest.approx(lengths.mean(), abs=1e-4)
    assert found.lengths.maximum == pytest.approx(lengths.max(), abs=1e-4)
    assert (found.onlyFirst, found.onlySecond) == (0, 0)


def test_where_one_registration_says_nothing_there_is_no_difference():
    first, second = linear(), linear(size=(20, 19, 6))
    found = vectorDifference(first, second, IMAGE)
    inside = second.grid.lattice.contains(nodes(IMAGE))
    assert found.onlyFirst == np.count_nonzero(~inside) > 0
    assert found.onlySecond == 0
    np.testing.assert_array_equal(np.isnan(found.vectors).any(axis=-1), ~inside)
    assert found.lengths.median == 0
    with pytest.raises(ValueError, match="between the same frames"):
        vectorDifference(first, replace(second, toFrame="1.2.99"), IMAGE)
