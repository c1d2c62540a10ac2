"""Back through a deformation by search: with its residual, and honest where it fails."""

from __future__ import annotations

import numpy as np
import pytest

from deformationCases import CASES, OBLIQUE, POST, PRE, Case
from IHERODeformationLib.deformation import DeformableTransform
from IHERODeformationLib.displacementGrid import DisplacementGrid, PointStatus
from IHERODeformationLib.numericalInverse import NumericalInverse
from IHERODeformationLib.reader import deformableRegistrationFromDataset
from IHERORegistrationLib.errors import NotInvertibleError
from IHERORegistrationLib.frames import TransformChain
from IHERORegistrationLib.lattice import Lattice


def smooth(amplitude: float, **matrices: np.ndarray) -> DeformableTransform:
    """A wave of `amplitude` mm and 60 mm length on an oblique grid."""
    case = Case(OBLIQUE, (-30.0, 45.0, 110.0), (24, 22, 16), (2.5, 3.0, 4.0))
    lattice = Lattice.fromAxes(case.size, case.position, case.axes, case.spacing)
    node = np.indices(case.size[::-1])[::-1].transpose(1, 2, 3, 0)
    x, y, z = np.moveaxis(lattice.points(node), -1, 0) * 2 * np.pi / 60
    waves = amplitude * np.stack([np.sin(y), 0.7 * np.cos(z + 1), 0.9 * np.sin(x + 0.5)], axis=-1)
    pre, post = (matrices.get(name, np.eye(4)) for name in ("pre", "post"))
    return DeformableTransform(
        pre, DisplacementGrid(lattice, waves.astype(np.float32)), post, "1.2", "1.3"
    )


def pointsIn(transform: DeformableTransform, count: int, margin: float = 0) -> np.ndarray:
    last = np.array(transform.grid.lattice.size) - 1
    index = np.random.default_rng(7).uniform(margin, last - margin, (count, 3))
    return transform.grid.lattice.points(index)


@pytest.mark.parametrize("amplitude", [0.0, 4.0, 8.0])
def test_points_come_back_to_a_hundredth_of_a_millimeter(amplitude):
    matrices = {"pre": np.array(PRE).reshape(4, 4), "post": np.array(POST).reshape(4, 4)}
    transform = smooth(amplitude, **matrices)
    points = pointsIn(transform, 1000)
    found = NumericalInverse(transform).solved(transform(points))
    assert (found.status == PointStatus.DEFINED).all()
    assert found.converged.all()
    assert found.residuals.max() <= 1e-3
    assert np.linalg.norm(found.points - points, axis=1).max() <= 0.01


def test_the_residual_is_the_distance_to_the_given_point():
    transform = smooth(8.0)
    given = transform(pointsIn(transform, 200))
    found = NumericalInverse(transform, tolerance=0.05).solved(given)
    expected = np.linalg.norm(transform(found.points) - given, axis=1)
    np.testing.assert_allclose(found.residuals, expected, atol=1e-12)
    assert 1e-3 < found.residuals.max() <= 0.05


def test_in_folded_space_an_answer_is_found_or_its_lack_is_said():
    transform = smooth(16.0)
    points = pointsIn(transform, 500)
    assert (transform.jacobianDeterminant(points) < 0).sum() > 20
    given = transform(points)
    found = NumericalInverse(transform).solved(given)
    defined = found.status == PointStatus.DEFINED
    assert defined.mean() > 0.98
    away = np.linalg.norm(transform(found.points[defined]) - given[defined], axis=1)
    assert away.max() <= 1e-3
    assert np.isnan(found.points[~defined]).all()


def test_what_is_squeezed_flat_comes_back_only_where_it_went():
    """Every point of the grid goes to the plane x = 0."""
    lattice = Lattice.fromAxes((5, 4, 3), (0, 0, 0), np.eye(3), (2, 3, 4))
    vectors = np.zeros((3, 4, 5, 3), np.float32)
    vectors[..., 0] = -2 * np.arange(5)
    grid = DisplacementGrid(lattice, vectors)
    transform = DeformableTransform(np.eye(4), grid, np.eye(4), "1.2", "1.3")
    found = NumericalInverse(transform).solved(np.array([[0, 4, 5], [-1.5, 4, 5]]))
    assert list(found.status) == [PointStatus.DEFINED, PointStatus.OUTSIDE]
    np.testing.assert_allclose(found.residuals, [0, 0], atol=1e-3)


def test_a_tolerance_that_no_search_reaches_is_not_claimed():
    transform = smooth(8.0, pre=np.array(PRE).reshape(4, 4))
    given = transform(pointsIn(transform, 200))
    found = NumericalInverse(transform, tolerance=0.0).solved(given)
    missed = ~found.converged
    assert missed.any()
    assert (found.status[missed] == PointStatus.UNDEFINED).all()
    assert np.isnan(found.points[missed]).all()
    assert (found.residuals[missed] > 0).all()


def test_the_neighborhood_of_a_hole_is_undefined_on_the_way_back():
    case = CASES["undefined nodes"]
    transform = deformableRegistrationFromDataset(case.dataset()).oneDeformation()
    hole = case.pointsAt(np.array([2.0, 1.2, 1.2]))
    filled = Case(case.orientation, case.position, case.size, case.spacing).expected(hole)
    found = NumericalInverse(transform).solved(np.vstack([filled, [np.nan, 1, 2]]))
    assert (found.status == PointStatus.UNDEFINED).all()
    assert np.isnan(found.points).all()
    assert np.isnan(found.residuals[1])
    assert not found.converged[1]


def test_points_that_come_from_outside_the_grid_are_told():
    transform = smooth(4.0)
    far = transform.grid.lattice.points(np.array([[40.0, 5, 5], [-9, 30, 40]]))
    found = NumericalInverse(transform).solved(far)
    assert list(found.status) == [PointStatus.OUTSIDE] * 2
    assert found.converged.all()


def test_it_is_a_transform_with_its_frames_exchanged():
    transform = smooth(4.0)
    back = NumericalInverse(transform)
    points = pointsIn(transform, 20).reshape(4, 5, 3)
    chain = TransformChain((transform, back), "1.2", "1.2")
    np.testing.assert_allclose(chain(points), points, atol=0.01)
    assert back.inverse() is transform


def test_a_singular_matrix_has_no_way_back():
    transform = smooth(4.0, pre=np.diag([1, 1, 0, 1]))
    with pytest.raises(NotInvertibleError, match="singular"):
        NumericalInverse(transform)
