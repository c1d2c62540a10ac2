"""Transform nodes of every kind as registrations between two images of a scene."""

import numpy as np
import pytest

from deformationNodes import thinPlateSpline
from fieldScenes import BASE, CORNER, OVERLAY, fieldScene, stretched
from IHERODeformationLib.nodeRegistration import registrationOfNode
from IHERODeformationLib.pictures.fieldKind import FieldPart
from IHERODeformationLib.readings import ReadingName, readingNames
from IHERODeformationLib.shownField import shownField
from IHERORegistrationLib.errors import FrameOfReferenceError
from IHERORegistrationLib.resampling import vtkMatrix
from IHERORegistrationLib.scene import FRAME

POINTS = CORNER + np.array([[31.0, 22.0, 17.0], [80.0, 55.0, 60.0], [5.0, 90.0, 2.0]])


def test_a_deformation_keeps_its_object_and_leads_from_the_base_to_the_overlay(scene):
    one = fieldScene(scene)
    found = registrationOfNode(one.transform, one.base, one.overlay)
    assert found.registration.sopInstanceUID == "1.2.3.4"
    assert (found.way.fromFrame, found.way.toFrame) == (BASE, OVERLAY)
    np.testing.assert_allclose(found.way(POINTS), POINTS + stretched(POINTS), atol=1e-4)
    assert found.names == {BASE: "planning", OVERLAY: "inhale"}
    assert found.base.volume().values.shape == (21, 31, 41)


def test_a_matrix_is_a_registration_too_and_its_direction_can_be_tested(scene):
    one = fieldScene(scene)
    node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "couch")
    toBase = np.eye(4)
    toBase[:3, 3] = 7, -5, 3  # RAS: so 7 mm to the right, LPS −7, +5, 3
    node.SetMatrixTransformToParent(vtkMatrix(toBase))
    found = registrationOfNode(node, one.base, one.overlay)
    np.testing.assert_allclose(found.way(POINTS), np.add(POINTS, (7, -5, -3)), atol=1e-9)
    assert ReadingName.INVERSE in readingNames(found.registration, found.overlay.frame)


def test_a_spline_is_sampled_over_the_base(scene):
    one = fieldScene(scene)
    corners = np.indices((2, 2, 2)).reshape(3, 8).T * 150.0
    here = (CORNER - 15 + corners) * (-1, -1, 1)
    rise = np.where(corners[:, 0] > 0, 1.0, -1.0)
    moves = np.stack([np.full(8, 2.0), np.zeros(8), rise], axis=-1)
    spline = thinPlateSpline(here, here + moves)
    node = scene.AddNewNodeByClass("vtkMRMLTransformNode", "spline")
    node.SetAndObserveTransformFromParent(spline)
    found = registrationOfNode(node, one.base, one.overlay)
    expected = np.array([spline.TransformPoint(*p) for p in POINTS * (-1, -1, 1)]) * (-1, -1, 1)
    np.testing.assert_allclose(found.way(POINTS), expected, atol=0.1)


def test_images_in_other_frames_and_moved_bases_are_refused(scene):
    one = fieldScene(scene)
    one.overlay.SetAttribute(FRAME, "9.9.9")
    with pytest.raises(FrameOfReferenceError, match=r"9\.9\.9"):
        registrationOfNode(one.transform, one.base, one.overlay)
    one.overlay.SetAttribute(FRAME, OVERLAY)
    couch = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "couch")
    one.base.SetAndObserveTransformNodeID(couch.GetID())
    with pytest.raises(FrameOfReferenceError, match="image that stays"):
        registrationOfNode(couch, one.base, one.overlay)
    with pytest.raises(FrameOfReferenceError, match="image that stays"):
        shownField(one.transform, one.base, one.overlay, FieldPart.WHOLE)
    with pytest.raises(FrameOfReferenceError, match="twice"):
        registrationOfNode(one.transform, one.overlay, one.overlay)
