"""What was found of a registration is kept with it, as long as it is the same."""

from datetime import datetime

import numpy as np
import pytest
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from fieldScenes import fieldScene
from IHERODeformationLib.heldDeformation import gridParts
from IHERORegistrationLib.headlessScene import saveScene, sceneFromFile
from IHERORegistrationLib.listedRegistration import badges
from IHERORegistrationLib.registrationReview import (
    Decision,
    directionTestOf,
    keepDirectionTest,
    keepReview,
    reviewOfNode,
)
from IHERORegistrationLib.sceneRegistrations import sceneRegistrations

NOW = datetime(2026, 11, 22, 10, 30)


@pytest.fixture
def node(scene):
    return scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "couch")


def badgesOf(node):
    (row,) = (one for one in sceneRegistrations(node.GetScene()) if one.key == node.GetID())
    return {one.text: one.tone.value for one in badges(row)}


def test_a_review_is_kept_and_listed(node):
    keepReview(node, 1, "spine only", Decision.APPROVED, NOW)
    found = reviewOfNode(node)
    assert (found.level, found.comment, found.decision) == (1, "spine only", Decision.APPROVED)
    assert found.sentence == (
        "1: aligned within 1 mm where it matters, approved, “spine only” (2026-11-22 10:30)"
    )
    assert badgesOf(node)["approved"] == "good"
    keepReview(node, None, "", Decision.REJECTED, NOW)
    assert reviewOfNode(node).sentence == "rejected (2026-11-22 10:30)"
    assert badgesOf(node)["rejected"] == "bad"


@pytest.mark.parametrize(
    ("verdict", "badge"),
    [
        ("standard", ("direction tested", "good")),
        ("other", ("direction doubtful", "bad")),
        ("cannot tell", ("direction unclear", "doubt")),
    ],
)
def test_each_verdict_on_the_direction_has_its_badge(node, verdict, badge):
    assert badgesOf(node)["direction untested"] == "plain"
    keepDirectionTest(node, verdict, "so it is")
    assert badge in badgesOf(node).items()


def test_a_changed_matrix_is_neither_tested_nor_reviewed(node):
    keepReview(node, 0, "", Decision.APPROVED, NOW)
    keepDirectionTest(node, "standard", "agrees")
    matrix = vtkMatrix4x4()
    matrix.SetElement(1, 3, 0.5)
    node.SetMatrixTransformToParent(matrix)
    assert directionTestOf(node) == ""
    assert reviewOfNode(node).sentence == "none is recorded"
    node.SetMatrixTransformToParent(vtkMatrix4x4())
    assert directionTestOf(node) == "standard: agrees"


def test_a_deformation_is_known_again_after_saving_and_not_after_a_change(scene, tmp_path):
    node = fieldScene(scene).transform
    keepDirectionTest(node, "standard", "agrees")
    keepReview(node, 0, "", Decision.APPROVED, NOW)
    again = sceneFromFile(saveScene(scene, tmp_path / "scene.mrb"))
    back = again.GetNodeByID(node.GetID())
    assert directionTestOf(back) == "standard: agrees"
    assert reviewOfNode(back).decision is Decision.APPROVED
    (grid,) = gridParts(node)
    vtk_to_numpy(grid.GetDisplacementGrid().GetPointData().GetScalars())[:] += np.float32(0.25)
    assert directionTestOf(node) == ""
