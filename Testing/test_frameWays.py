"""Ways through matrices and deformations: one way through a grid, both ways through a matrix."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deformationCases import CASES
from IHERODeformationLib.deformation import DeformableTransform, OutsideGrid
from IHERODeformationLib.displacementGrid import PointStatus
from IHERODeformationLib.frameWays import registrationGraph, registrationWay
from IHERODeformationLib.mappedPoints import mappedThrough
from IHERODeformationLib.reader import deformableRegistrationFromDataset
from IHERODeformationLib.transformSteps import isDeformable, isNumericallyInverted
from IHERORegistrationLib.errors import FrameOfReferenceError
from IHERORegistrationLib.geometry import AffineTransform
from IHERORegistrationLib.registration import RegistrationItem, SpatialRegistration
from IHERORegistrationLib.usedRegistrations import usedRegistrations

CASE = CASES["both"]
FAR = "1.2.3.99"
TURNED = np.array([[0, -1, 0, 40], [1, 0, 0, -7], [0, 0, 1, 300], [0, 0, 0, 1.0]])


def deformable():
    return deformableRegistrationFromDataset(CASE.dataset())


def rigid(toFrame):
    """PET-like frame FAR → `toFrame`, a quarter turn and a shift."""
    item = RegistrationItem(1, FAR, (), (TURNED,), ("RIGID",))
    return SpatialRegistration("1.2.3.4", toFrame, (item,))


def ends():
    one = deformable()
    return one.registeredFrame, one.transforms[0].toFrame


def test_points_follow_a_matrix_and_then_a_deformation():
    registered, source = ends()
    way = registrationWay([rigid(registered), deformable()], FAR, source)
    points = CASE.randomPoints()
    before = (points - TURNED[:3, 3]) @ TURNED[:3, :3]  # its transpose undoes the turn
    found = mappedThrough(way, before)
    np.testing.assert_allclose(found.points, CASE.expected(points), atol=1e-9, rtol=0)
    assert found.residuals is None
    assert isDeformable(way)
    assert not isNumericallyInverted(way)


def test_the_step_that_loses_a_point_says_why():
    registered, source = ends()
    chain = registrationWay([rigid(source), deformable()], registered, FAR)
    inside, outside = CASE.randomPoints(1), CASE.pointsAt(np.array([[-2.0, 1, 1]]))
    given = np.concatenate([inside, outside, [[np.nan, 0, 0]]])
    status = mappedThrough(chain, given).status
    assert list(status) == [PointStatus.DEFINED, PointStatus.OUTSIDE, PointStatus.UNDEFINED]


def test_no_way_leads_back_unless_the_numerical_inverse_is_asked_for():
    registered, source = ends()
    with pytest.raises(FrameOfReferenceError, match=f"from {source} to {registered} .*asked for"):
        registrationWay([deformable()], source, registered)
    way = registrationWay([deformable()], source, registered, numericalInverse=True)
    points = CASE.randomPoints(200)
    found = mappedThrough(way, CASE.expected(points))
    assert isNumericallyInverted(way)
    assert found.residuals.max() <= 1e-3
    np.testing.assert_allclose(found.points, points, atol=0.01)


def test_two_deformations_between_the_same_frames_are_told_apart_by_their_objects():
    twice = [replace(deformable(), sopInstanceUID=f"2.25.{number}") for number in (71, 72)]
    for fromFrame, toFrame in (ends(), ends()[::-1]):
        with pytest.raises(FrameOfReferenceError, match=r"by 2\.25\.71; .* by 2\.25\.72"):
            registrationWay(twice, fromFrame, toFrame, numericalInverse=True)


def test_frames_that_nothing_joins_are_told_as_such():
    with pytest.raises(FrameOfReferenceError, match="no registration leads"):
        registrationWay([deformable()], ends()[0], "1.2.3.98")


def test_the_forward_way_stays_exact_beside_its_inverse():
    way = registrationWay([deformable()], *ends(), numericalInverse=True)
    assert [type(step) for step in way.transforms] == [DeformableTransform]


def test_outside_the_grid_the_matrices_alone_hold_if_the_user_says_so():
    way = registrationWay([deformable()], *ends(), outsideGrid=OutsideGrid.RIGID)
    outside = CASE.pointsAt(np.array([[-3.0, 1, 1], [2, 2, 9]]))
    affine = deformable().oneDeformation().affine
    found = mappedThrough(way, outside)
    np.testing.assert_allclose(found.points, outside @ affine[:3, :3].T + affine[:3, 3])
    assert not found.status.any()
    inside = CASE.randomPoints(50)
    np.testing.assert_allclose(way(inside), CASE.expected(inside), atol=1e-9)


def test_the_inverse_knows_that_outside_the_matrices_alone_hold():
    forward = replace(deformable().oneDeformation(), outsideGrid=OutsideGrid.RIGID)
    assert forward.jacobianDeterminant(np.array([[1e4, 0, 0]])) == pytest.approx(1)
    far = CASE.pointsAt(np.array([[60.0, 40, -50]]))
    (back,) = registrationWay(
        [deformable()], *reversed(ends()), numericalInverse=True, outsideGrid=OutsideGrid.RIGID
    ).transforms
    np.testing.assert_allclose(back(forward(far)), far, atol=0.01)


def test_a_point_in_an_undefined_hole_stays_undefined_with_rigid_outside():
    case = CASES["undefined nodes"]
    forward = deformableRegistrationFromDataset(case.dataset()).oneDeformation()
    rigidOutside = replace(forward, outsideGrid=OutsideGrid.RIGID)
    points = case.randomPoints(beyond=0.45)
    undefined = case.touchesUndefined(points)
    assert undefined.any()
    np.testing.assert_array_equal(rigidOutside.status(points) == PointStatus.UNDEFINED, undefined)


def test_both_kinds_are_told_as_used():
    registered, source = ends()
    given = [rigid(registered), deformable()]
    way = registrationGraph(given).path(FAR, source)
    assert usedRegistrations(way, given) == tuple(given)


def test_a_matrix_alone_is_a_way_of_its_own():
    assert not isDeformable(AffineTransform(TURNED, "a", "b"))
