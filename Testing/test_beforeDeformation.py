"""An image by the rigid part of a deformation, and through it again."""

import numpy as np
import pytest

from deformationNodes import through
from fieldScenes import CORNER, IMAGE, fieldScene, stretched
from IHERODeformationLib.beforeDeformation import canBeCompared, isBefore, placeAfter, placeBefore
from IHERODeformationLib.pictures.fieldKind import FieldPart
from IHERODeformationLib.shownField import directionWords, shownField
from IHERORegistrationLib.errors import FrameOfReferenceError

TURN = np.array([[0.8, -0.6, 0, 90], [0.6, 0.8, 0, -20], [0, 0, 1, 30], [0, 0, 0, 1.0]])


def test_the_rigid_part_alone_is_what_a_deformation_without_vectors_does(scene):
    one = fieldScene(scene, lambda points: 0 * points, pre=TURN)
    one.overlay.SetAndObserveTransformNodeID(one.transform.GetID())
    shown = shownField(one.transform, one.base, one.overlay, FieldPart.DEFORMATION)
    assert shown.summary.largest < 1e-6
    points = CORNER + np.array([[30.0, 20, 10], [70, 50, 60]])
    after = through(one.overlay.GetParentTransformNode().GetTransformFromParent(), points)
    placeBefore(one.overlay, one.transform, shown.rigid)
    assert isBefore(one.overlay)
    before = through(one.overlay.GetParentTransformNode().GetTransformFromParent(), points)
    np.testing.assert_allclose(before, after, atol=1e-6)
    np.testing.assert_allclose(before, points @ TURN[:3, :3].T + TURN[:3, 3], atol=1e-6)
    placeAfter(one.overlay)
    assert one.overlay.GetParentTransformNode() is one.transform
    assert not isBefore(one.overlay)


def test_what_is_not_under_the_deformation_cannot_be_compared(scene):
    one = fieldScene(scene)
    assert not canBeCompared(one.overlay, one.transform)
    with pytest.raises(FrameOfReferenceError, match="apply the registration first"):
        placeBefore(one.overlay, one.transform, np.eye(4))


def test_the_rigid_part_and_the_rest_together_are_the_whole(scene):
    one = fieldScene(scene, stretched, pre=TURN)
    whole, rest = (
        shownField(one.transform, one.base, one.overlay, part).drawn.field
        for part in (FieldPart.WHOLE, FieldPart.DEFORMATION)
    )
    points = IMAGE.points(np.array([[3, 4, 5], [30, 10, 15]]))
    moved = (points + rest.displacement(points)) @ rest.rigid[:3, :3].T + rest.rigid[:3, 3]
    np.testing.assert_allclose(moved, points + whole.displacement(points), atol=1e-6)


def test_directions_are_those_of_the_patient():
    assert directionWords(np.array([-3.0, 0.02, 1.25])) == "3.0 right, 1.2 head"
    assert directionWords(np.array([0.5, -2.0, -4.0])) == "0.5 left, 2.0 front, 4.0 feet"
