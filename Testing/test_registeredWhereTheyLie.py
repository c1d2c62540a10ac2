"""Registrations made on the screen lead from the moving to the fixed image's own coordinates, also
where both images lie under other transforms; and say so as an object.
"""

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer

from balls import FIXED, MOVING, turned
from IHERORegistrationLib.appliedNodes import wayOfNode
from IHERORegistrationLib.geometry import inverted
from IHERORegistrationLib.rigidStarts import Beginning
from IHERORegistrationLib.scene import registrationFromTransformNode
from registerScreen import POINTS, TRUTH, openedPanel, pick, place, press, settle, show

FLIP = np.diag([-1.0, -1.0, 1.0, 1.0])
OF_BASE = turned(50, (3, 1, 1), (-40, 20, 15))
OF_OVERLAY = turned(-35, (1, 2, -1), (30, 6, -22))


@pytest.fixture
def panel(tmp_path, monkeypatch):
    """With both images under transforms of their own."""
    with openedPanel(tmp_path, monkeypatch) as opened:
        for image, matrix in ((opened.chosen.base, OF_BASE), (opened.chosen.overlay, OF_OVERLAY)):
            node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "moved")
            node.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(FLIP @ matrix @ FLIP))
            image.SetAndObserveTransformNodeID(node.GetID())
        settle()
        yield opened


def through(matrix, points):
    return points @ matrix[:3, :3].T + matrix[:3, 3]


def assertTrue(panel, atol):
    """By the matrix of the node, by what the scene shows, and by the object."""
    node, base = panel.chosen.registration, panel.chosen.base
    own = inverted(TRUTH.matrix)
    matrix = FLIP @ slicer.util.arrayFromTransformMatrix(node) @ FLIP
    there = through(own, TRUTH(POINTS))
    np.testing.assert_allclose(through(matrix, TRUTH(POINTS)), there, atol=atol)
    np.testing.assert_allclose(wayOfNode(node, base)(TRUTH(POINTS)), there, atol=atol)
    assert panel.chosen.overlay.GetParentTransformNode() is node
    toWorld = slicer.util.arrayFromTransformMatrix(node, toWorld=True)
    shown = through(FLIP @ toWorld @ FLIP, TRUTH(POINTS))
    np.testing.assert_allclose(shown, through(OF_BASE, POINTS), atol=atol)
    read = registrationFromTransformNode(node)
    (item,) = read.movingItems
    assert (item.sourceFrame, read.registeredFrame) == (MOVING, FIXED)
    np.testing.assert_allclose(through(item.matrix, TRUTH(POINTS)), there, atol=atol)


def test_landmarks_placed_in_the_views_give_the_registration_of_the_images(panel):
    panel.ui.alternateCheck.checked = False
    press(panel.ui.placeFixedButton)
    place(panel.state.fixedLandmarks, through(OF_BASE, POINTS))
    press(panel.ui.placeMovingButton)
    place(panel.state.movingLandmarks, through(OF_OVERLAY, TRUTH(POINTS)))
    press(panel.ui.placeMovingButton)
    press(panel.ui.landmarksButton)
    assertTrue(panel, 1e-6)


def test_images_registered_by_what_they_show_end_where_the_truth_is(panel):
    show(panel, 1)
    pick(panel.ui.rigidBeginningBox, Beginning.CENTERS.value)
    press(panel.ui.automaticButton)
    assertTrue(panel, 1.5)
