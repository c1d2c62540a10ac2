from dataclasses import replace

import numpy as np
import pytest

from deformationCases import POST, PRE, Case
from IHERODeformationLib.deformation import DeformableTransform, OutsideGrid
from IHERODeformationLib.displacementGrid import DisplacementGrid
from IHERODeformationLib.foldedSpace import foldedVoxels, jacobianDeterminant, mayFold
from IHERODeformationLib.numericalInverse import NumericalInverse
from IHERORegistrationLib.frames import TransformChain
from IHERORegistrationLib.geometry import AffineTransform
from IHERORegistrationLib.lattice import Lattice

R, S, T = "2.25.1", "2.25.2", "2.25.3"
SCALED = AffineTransform(np.diag([1.1, 0.9, 1.3, 1]), S, T)


def transform(case, **changes):
    axes, origin, spacing = case.axes, np.array(case.position), np.array(case.spacing)
    grid = DisplacementGrid(Lattice.fromAxes(case.size, origin, axes, spacing), case.vectors)
    pre, post = (
        np.eye(4) if one is None else np.reshape(one, (4, 4)) for one in (case.pre, case.post)
    )
    return DeformableTransform(pre, grid, post, R, S, **changes)


GENTLE = Case(pre=PRE, post=POST, spacing=(7.0, 6.0, 8.0))
# half a turn about z, and vectors that change along x by more than that
STEEP = Case(
    pre=(-1, 0, 0, 5, 0, -1, 0, 7, 0, 0, 1, 9, 0, 0, 0, 1), size=(9, 8, 7), spacing=(0.4, 1.1, 0.6)
)


def numerically(case, points, step=1e-4):
    """Determinant of the closed form by central differences."""
    columns = [
        (case.expected(points + step * axis) - case.expected(points - step * axis)) / (2 * step)
        for axis in np.eye(3)
    ]
    return np.linalg.det(np.stack(columns, axis=-1))


def inCells(case, count=500):
    """Points away from the faces between cells."""
    index = np.random.default_rng(3).integers(0, np.array(case.size) - 1, (count, 3))
    return case.pointsAt(index + np.random.default_rng(4).uniform(0.1, 0.9, (count, 3)))


@pytest.mark.parametrize("case", [GENTLE, STEEP], ids=["gentle", "steep"])
def test_the_determinant_of_a_chain_is_that_of_its_closed_form(case):
    points = inCells(case)
    chain = TransformChain((transform(case), SCALED), R, T)
    expected = 1.1 * 0.9 * 1.3 * numerically(case, points)
    np.testing.assert_allclose(jacobianDeterminant(chain, points), expected, rtol=1e-5, atol=1e-5)


def test_the_inverse_has_the_inverse_determinant():
    points = inCells(GENTLE)
    back = NumericalInverse(transform(GENTLE))
    found = jacobianDeterminant(back, GENTLE.expected(points))
    np.testing.assert_allclose(found, 1 / numerically(GENTLE, points), rtol=1e-3)


def test_outside_it_is_that_of_the_matrices_or_not_known():
    far = np.array([(900.0, 3, 4), (-700, -5, 66)])
    assert np.isnan(jacobianDeterminant(transform(GENTLE), far)).all()
    rigid = transform(GENTLE, outsideGrid=OutsideGrid.RIGID)
    np.testing.assert_allclose(jacobianDeterminant(rigid, far), 1, atol=1e-6)


def test_folded_voxels_are_those_asked_where_the_determinant_is_not_above_zero():
    one = transform(STEEP)
    inner = np.array(STEEP.size) - 1
    lattice = Lattice.fromAxes(
        tuple(int(n) for n in inner), STEEP.pointsAt((0.4, 0.3, 0.6)), STEEP.axes, STEEP.spacing
    )
    k, j, i = np.indices(lattice.shape)
    expected = numerically(STEEP, lattice.points(np.stack([i, j, k], axis=-1))) < 0
    assert 0 < expected.sum() < expected.size
    asked = np.ones(lattice.shape, bool)
    np.testing.assert_array_equal(foldedVoxels(one, lattice, asked), expected)
    asked[:, 1] = False
    np.testing.assert_array_equal(foldedVoxels(one, lattice, asked), expected & asked)


def test_only_what_changes_little_from_node_to_node_surely_does_not_fold():
    assert not mayFold(transform(GENTLE))
    assert not mayFold(transform(replace(GENTLE, undefined=((2, 1, 1),))))
    assert not mayFold(NumericalInverse(transform(GENTLE)))
    assert mayFold(transform(STEEP))
    assert not mayFold(SCALED)
    assert mayFold(AffineTransform(np.diag([1.0, -1, 1, 1]), R, S))


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize(("drop", "folds"), [(-0.97, False), (-1.02, True)])
def test_a_single_fold_along_any_axis_is_not_missed(axis, drop, folds):
    spacing = np.array([2.0, 3.0, 4.0])
    lattice = Lattice.fromAxes((6, 5, 4), np.zeros(3), np.eye(3), spacing)
    vectors = np.zeros((4, 5, 6, 3), np.float32)
    beyond = np.moveaxis(vectors, 2 - axis, 0)[2:]
    beyond[..., axis] = drop * spacing[axis]
    one = DeformableTransform(np.eye(4), DisplacementGrid(lattice, vectors), np.eye(4), R, S)
    middle = lattice.points(np.array([1.5 if a == axis else 1.0 for a in range(3)]))
    assert (jacobianDeterminant(one, middle) <= 0) == folds
    assert mayFold(one) == folds
