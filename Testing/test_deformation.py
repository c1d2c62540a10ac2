"""Points go where PS3.3 C.20.3.1.1 says, and every other point says why it does not."""

from __future__ import annotations

import numpy as np
import pytest

from deformationCases import CASES, OBLIQUE, POST, PRE, Case
from IHERODeformationLib.deformation import DeformableTransform
from IHERODeformationLib.displacementGrid import DisplacementGrid, PointStatus
from IHERODeformationLib.reader import deformableRegistrationFromDataset
from IHERORegistrationLib.errors import NotInvertibleError
from IHERORegistrationLib.frames import FrameGraph
from IHERORegistrationLib.geometry import AffineTransform
from IHERORegistrationLib.lattice import Lattice


def transformOf(case: Case) -> DeformableTransform:
    return deformableRegistrationFromDataset(case.dataset()).oneDeformation()


@pytest.mark.parametrize("name", CASES)
def test_a_thousand_points_go_where_the_closed_form_says(name):
    case = CASES[name]
    points = case.randomPoints(beyond=0.45)
    mapped = transformOf(case).mapped(points)
    defined = ~case.touchesUndefined(points)
    np.testing.assert_array_equal(mapped.status == PointStatus.DEFINED, defined)
    assert defined.sum() > 500
    np.testing.assert_allclose(
        mapped.points[defined], case.expected(points)[defined], atol=1e-9, rtol=0
    )
    assert np.isnan(mapped.points[~defined]).all()


@pytest.mark.parametrize("name", CASES)
def test_undefined_and_outside_points_are_told_exactly(name):
    case = CASES[name]
    points = case.randomPoints(beyond=2.0, seed=2)
    outside = case.outside(points)
    undefined = case.touchesUndefined(points) & ~outside
    expected = np.where(outside, PointStatus.OUTSIDE, np.where(undefined, 1, 0))
    np.testing.assert_array_equal(transformOf(case).status(points), expected)
    assert 0 < outside.sum() < 1000


def test_outside_wins_over_undefined():
    case = CASES["undefined nodes"]
    beyondTheUndefinedCorner = case.pointsAt(np.array([5.7, 4.2, -0.2]))
    assert transformOf(case).status(beyondTheUndefinedCorner) == PointStatus.OUTSIDE


def test_a_point_that_is_not_a_number_is_undefined():
    status = transformOf(CASES["oblique"]).status(np.array([[np.nan, 0, 0], [1e6, 0, 0]]))
    assert list(status) == [PointStatus.UNDEFINED, PointStatus.OUTSIDE]


def printedExample(post: tuple[float, ...]) -> DeformableTransform:
    node = np.indices((2, 3, 4))[::-1].transpose(1, 2, 3, 0)
    vectors = (node * (0.5, -0.25, 0.5) + (0, 0, 1)).astype(np.float32)
    lattice = Lattice.fromAxes((4, 3, 2), (-100, -120, -50), np.eye(3), (2, 2, 3))
    matrices = [np.array(one).reshape(4, 4) for one in (PRE, post)]
    return DeformableTransform(
        matrices[0], DisplacementGrid(lattice, vectors), matrices[1], "1.2", "1.3"
    )


IDENTITY = tuple(np.eye(4).ravel())


@pytest.mark.parametrize(
    ("point", "post", "expected"),
    [
        ((-96, -118, -47), IDENTITY, (-68.051059, -136.127540, -43.5)),
        ((-96, -118, -47), POST, (-54.927808, -141.540574, -47.5)),
        ((-97, -119, -48.5), IDENTITY, (-69.112219, -137.160996, -45.25)),
        ((-97, -119, -48.5), POST, (-55.894858, -142.662584, -49.25)),
    ],
)
def test_the_worked_example_comes_out_as_printed(point, post, expected):
    np.testing.assert_allclose(printedExample(post)(np.array(point)), expected, atol=5.1e-7, rtol=0)


def test_the_determinant_is_that_of_the_whole_map():
    """Of an affine displacement B·index and matrices with a scale, in closed form."""
    slope = np.array([[0.25, 0.125, 0], [-0.0625, 0.125, 0.25], [0.5, 0, -0.125]])
    case = Case(OBLIQUE, (10.0, -20.0, 30.0), (5, 6, 7), (2.0, 1.5, 3.0))
    node = np.indices(case.size[::-1])[::-1].transpose(1, 2, 3, 0)
    lattice = Lattice.fromAxes(case.size, case.position, case.axes, case.spacing)
    grid = DisplacementGrid(lattice, (node @ slope.T).astype(np.float32))
    pre, post = np.diag([1.1, 1, 1, 1]), np.array(POST).reshape(4, 4) @ np.diag([1, 1, 0.9, 1])
    transform = DeformableTransform(pre, grid, post, "1.2", "1.3")
    derivative = pre[:3, :3] + slope @ np.diag(1 / np.array(case.spacing)) @ case.axes.T
    expected = np.linalg.det(post[:3, :3] @ derivative)
    found = transform.jacobianDeterminant(case.randomPoints(100))
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_folding_shows_as_a_determinant_not_above_zero_and_outside_as_none():
    lattice = Lattice.fromAxes((3, 2, 2), (0, 0, 0), np.eye(3), (2, 3, 4))
    vectors = np.zeros((2, 2, 3, 3), np.float32)
    vectors[:, :, 1, 0] = 5  # passes its neighbor, 2 mm away
    grid = DisplacementGrid(lattice, vectors)
    transform = DeformableTransform(np.eye(4), grid, np.eye(4), "1.2", "1.3")
    found = transform.jacobianDeterminant(np.array([[1, 1, 1], [3, 1, 1], [9, 1, 1]]))
    np.testing.assert_allclose(found, [1 + 2.5, 1 - 2.5, np.nan])


def test_a_deformation_is_a_one_way_edge_between_frames():
    transform = printedExample(POST)
    further = AffineTransform(np.array(PRE).reshape(4, 4), "1.3", "1.4")
    graph = FrameGraph([transform, further])
    point = np.array([-97, -119, -48.5])
    np.testing.assert_allclose(graph.path("1.2", "1.4")(point), further(transform(point)))
    assert graph.connectedTo("1.4") == {"1.3"}
    with pytest.raises(NotInvertibleError, match="no exact inverse"):
        transform.inverse()


def test_matrices_with_another_last_row_are_refused():
    grid = printedExample(POST).grid
    with pytest.raises(ValueError, match="last row 0 0 0 1"):
        DeformableTransform(np.diag([1, 1, 1, 2]), grid, np.eye(4), "1.2", "1.3")
