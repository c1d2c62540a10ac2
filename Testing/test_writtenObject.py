"""A transform node that was changed is no longer the object that it was loaded from."""

import numpy as np
import pytest
import slicer
from vtkmodules.util.numpy_support import vtk_to_numpy

import builders
from deformationNodes import rich as richDeformation
from IHERODeformationLib.heldDeformation import gridParts, isAsRead
from IHERODeformationLib.scene import restoreDeformations, transformNodesFromDeformation
from IHERORegistrationLib.appliedNodes import resampledNode
from IHERORegistrationLib.headlessScene import saveScene, sceneFromFile
from IHERORegistrationLib.keptDerivation import derivationOf
from IHERORegistrationLib.listedRegistration import badges
from IHERORegistrationLib.reader import registrationFromDataset
from IHERORegistrationLib.resampling import Interpolation, vtkMatrix
from IHERORegistrationLib.rigidExport import proposedChoices
from IHERORegistrationLib.scene import (
    registrationFromTransformNode,
    transformNodesFromRegistration,
)
from IHERORegistrationLib.sceneRegistrations import sceneRegistrations
from IHERORegistrationLib.writtenObject import isChanged, whyNoObject, writtenObject


@pytest.fixture
def rigid(scene):
    (node,) = transformNodesFromRegistration(
        registrationFromDataset(builders.spatialRegistration()), scene
    )
    return node


@pytest.fixture
def deformable(scene):
    (node,) = transformNodesFromDeformation(richDeformation(), scene)
    return node


def shift(scene, along, name="a shift"):
    node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", name)
    matrix = np.eye(4)
    matrix[:3, 3] = along
    node.SetMatrixTransformToParent(vtkMatrix(matrix))
    return node


def edited(node, along):
    change = np.eye(4)
    change[:3, 3] = along
    node.ApplyTransformMatrix(vtkMatrix(change))


def hardened(node, along):
    node.SetAndObserveTransformNodeID(shift(node.GetScene(), along).GetID())
    node.HardenTransform()


def placedUnder(node, along):
    node.SetAndObserveTransformNodeID(shift(node.GetScene(), along).GetID())


CHANGES = {"edited": edited, "hardened": hardened, "placed under another": placedUnder}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_changed_matrix_is_a_registration_of_its_own(rigid, change):
    before = registrationFromTransformNode(rigid)
    assert writtenObject(rigid) == before.sopInstanceUID != ""
    change(rigid, (0, 0.01, 0))
    assert isChanged(rigid)
    assert writtenObject(rigid) == ""
    after = registrationFromTransformNode(rigid)
    assert (after.sopInstanceUID, after.seriesInstanceUID, after.producer) == ("", "", "")
    assert after.registeredFrame == before.registeredFrame
    apart = after.items[1].matrix - before.items[1].matrix
    assert np.abs(apart).max() == pytest.approx(0.01, abs=1e-9)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_that_is_taken_back_gives_the_object_back(rigid, change):
    change(rigid, (3, -2, 0))
    assert isChanged(rigid)
    rigid.SetAndObserveTransformNodeID(None)
    if change is not placedUnder:
        edited(rigid, (-3, 2, 0))
    assert not isChanged(rigid)


def test_a_small_turn_counts_as_a_change_and_rounding_does_not(rigid):
    angle = 1e-6  # rad: a micrometer at one meter
    turn = np.eye(4)
    turn[:2, :2] = [[1, -angle], [angle, 1]]
    exact = np.eye(4)
    exact[:2, :2] += 1e-13
    rigid.ApplyTransformMatrix(vtkMatrix(exact))
    assert not isChanged(rigid)
    rigid.ApplyTransformMatrix(vtkMatrix(turn))
    assert isChanged(rigid)


def test_a_node_stays_the_object_where_the_image_that_stays_moves_with_it(scene, rigid):
    above = shift(scene, (5, 0, 0))
    fixed = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "CT")
    fixed.SetAttribute("IHERO.FrameOfReferenceUID", builders.CT_FRAME)
    rigid.SetAndObserveTransformNodeID(above.GetID())
    assert isChanged(rigid)
    fixed.SetAndObserveTransformNodeID(above.GetID())
    assert not isChanged(rigid)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_changed_deformation_is_not_as_it_was_read(deformable, change):
    assert writtenObject(deformable) == richDeformation().sopInstanceUID
    assert isAsRead(deformable)
    change(deformable, (0, 0.01, 0))
    assert writtenObject(deformable) == ""
    assert not isAsRead(deformable)


def test_one_vector_that_was_changed_is_noticed(deformable):
    (grid,) = gridParts(deformable)
    vectors = vtk_to_numpy(grid.GetDisplacementGrid().GetPointData().GetScalars())
    vectors[len(vectors) // 2, 1] += 0.01
    grid.GetDisplacementGrid().GetPointData().GetScalars().Modified()
    assert isChanged(deformable)
    assert not isAsRead(deformable)


def test_saved_scenes_keep_what_is_the_object_and_what_was_changed(
    scene, rigid, deformable, tmp_path
):
    (other,) = transformNodesFromDeformation(richDeformation(), scene)
    edited(other, (0, 0, 0.01))
    again = sceneFromFile(saveScene(scene, tmp_path / "scene.mrb"))
    restoreDeformations(again)
    changed = [isChanged(again.GetNodeByID(one.GetID())) for one in (rigid, deformable, other)]
    assert changed == [False, False, True]


def test_the_list_and_the_export_say_it(scene, rigid, deformable):
    def told(node):
        (row,) = (one for one in sceneRegistrations(scene) if one.key == node.GetID())
        return row, {badge.text for badge in badges(row)}

    for node in (rigid, deformable):
        row, words = told(node)
        assert row.sopInstanceUID
        assert "changed" not in words
        edited(node, (1, 0, 0))
        row, words = told(node)
        assert row.sopInstanceUID == ""
        assert "changed" in words
        assert row.sentence.endswith("; changed since it was loaded or exported")
        assert "export it as a new object first" in whyNoObject(node)
        assert proposedChoices(node, "DICOM").method == ""  # how it was made is not known any more


def test_an_image_made_by_a_changed_registration_names_no_object(scene, rigid):
    base, moving = (
        scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name) for name in ("CT", "MR")
    )
    for node, frame in ((base, builders.CT_FRAME), (moving, builders.MR_FRAME)):
        slicer.util.updateVolumeFromArray(node, np.zeros((3, 4, 5), np.int16))
        node.SetAttribute("IHERO.FrameOfReferenceUID", frame)
    made = resampledNode(moving, rigid, base, Interpolation.LINEAR)
    assert len(derivationOf(made.node).registrations) == 1
    edited(rigid, (1, 0, 0))
    made = resampledNode(moving, rigid, base, Interpolation.LINEAR)
    assert derivationOf(made.node).registrations == ()
