"""Whether two images may be shown together, and what stands for one that is shown otherwise."""

import numpy as np
import pytest

from IHERORegistrationLib.dataNodes import volumeNodeFromVolume
from IHERORegistrationLib.displayedPair import (
    Relation,
    moves,
    overlayStandIn,
    relation,
    removeStandIns,
)
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.nodePlace import ASSUMED_FRAME
from IHERORegistrationLib.scene import PATIENT, REGISTERED_FRAME, SOURCE_FRAME

LATTICE = Lattice.fromAxes((4, 5, 6), np.array([1.0, 2, 3]), np.eye(3), np.array([1, 2, 3]))
CT, MR, PET = "1.2.1", "1.2.2", "1.2.3"


def image(scene, name, frame):
    values = np.zeros(LATTICE.shape, np.int16)
    return volumeNodeFromVolume(Volume(values, LATTICE, frame), scene, name)


def registration(scene, source=MR, registered=CT):
    node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "registration")
    if source:
        node.SetAttribute(SOURCE_FRAME, source)
        node.SetAttribute(REGISTERED_FRAME, registered)
    return node


def under(node, *parents):
    """`node` under the first of the transform nodes, that under the next one."""
    for parent in parents:
        node.SetAndObserveTransformNodeID(parent.GetID())
        node = parent


def test_images_of_one_frame_need_nothing(scene):
    assert relation(image(scene, "a", CT), image(scene, "b", CT), None) is Relation.SAME_FRAME


def test_one_image_is_not_a_pair(scene):
    assert relation(image(scene, "a", CT), None, None) is Relation.INCOMPLETE


def test_an_overlay_under_its_registration_is_registered_and_off_without_it(scene):
    base, overlay, node = image(scene, "a", CT), image(scene, "b", MR), registration(scene)
    assert relation(base, overlay, node) is Relation.OFF
    under(overlay, node)
    assert relation(base, overlay, node) is Relation.REGISTERED
    assert relation(base, overlay, None) is Relation.REGISTERED


def test_a_base_under_the_registration_lies_on_a_fixed_overlay(scene):
    base, overlay, node = image(scene, "a", MR), image(scene, "b", CT), registration(scene)
    under(base, node)
    assert relation(base, overlay, node) is Relation.REGISTERED


def test_a_registration_the_wrong_way_round_registers_nothing(scene):
    base, overlay = image(scene, "a", CT), image(scene, "b", MR)
    node = registration(scene, CT, MR)
    assert not moves(node, overlay)
    assert moves(node, base)
    under(overlay, node)
    assert relation(base, overlay, node) is Relation.EXCHANGED
    assert relation(base, overlay, None) is Relation.OFF


def test_a_chain_over_a_third_frame_registers(scene):
    base, overlay = image(scene, "a", CT), image(scene, "b", PET)
    first, second = registration(scene, PET, MR), registration(scene, MR, CT)
    assert relation(base, overlay, None) is Relation.OFF
    under(overlay, first, second)
    assert relation(base, overlay, first) is Relation.REGISTERED


def test_a_shift_by_hand_above_the_registration_stays_in_its_frame_and_is_told(scene):
    base, overlay = image(scene, "a", CT), image(scene, "b", MR)
    under(overlay, registration(scene), registration(scene, source=None))
    assert relation(base, overlay, None) is Relation.MOVED_BESIDES


def test_a_base_that_is_shifted_alone_is_told(scene):
    base, overlay, node = image(scene, "a", CT), image(scene, "b", MR), registration(scene)
    shift = registration(scene, source=None)
    under(overlay, node)
    under(base, shift)
    assert relation(base, overlay, node) is Relation.MOVED_BESIDES
    under(node, shift)  # then both are
    assert relation(base, overlay, node) is Relation.REGISTERED


def test_a_transform_above_both_changes_nothing(scene):
    base, overlay, above = image(scene, "a", CT), image(scene, "b", CT), registration(scene)
    under(base, above)
    under(overlay, above)
    assert relation(base, overlay, None) is Relation.SAME_FRAME


def test_frames_that_no_registration_connects_are_told(scene):
    base, overlay = image(scene, "a", CT), image(scene, "b", PET)
    registration(scene)
    assert relation(base, overlay, None) is Relation.UNCONNECTED


def test_a_moved_overlay_of_the_same_frame_is_told(scene):
    base, overlay = image(scene, "a", CT), image(scene, "b", CT)
    under(overlay, registration(scene))
    assert relation(base, overlay, None) is Relation.REGISTERED_IN_ONE_FRAME


def test_a_transform_of_slicer_that_was_chosen_registers_what_lies_under_it(scene):
    base, overlay, node = image(scene, "a", CT), image(scene, "b", MR), registration(scene, "")
    assert relation(base, overlay, node) is Relation.OFF
    under(overlay, node)
    assert relation(base, overlay, node) is Relation.REGISTERED


def test_images_that_do_not_come_from_dicom_are_told(scene):
    base, overlay, node = image(scene, "a", CT), image(scene, "b", ""), registration(scene)
    assert relation(base, overlay, node) is Relation.UNKNOWN_FRAME
    under(overlay, node)
    assert relation(base, overlay, node) is Relation.UNKNOWN_FRAME  # nobody said what it moves
    overlay.SetAttribute(ASSUMED_FRAME, MR)
    assert relation(base, overlay, node) is Relation.REGISTERED
    plain = registration(scene, source=None)
    other = image(scene, "c", "")
    under(other, plain)
    assert relation(base, other, plain) is Relation.REGISTERED  # the user said so


def test_a_frame_that_the_user_confirmed_counts(scene):
    base, overlay, node = image(scene, "a", CT), image(scene, "b", ""), registration(scene)
    overlay.SetAttribute(ASSUMED_FRAME, MR)
    assert relation(base, overlay, node) is Relation.OFF


def test_the_database_knows_frames(scene):
    base, overlay = image(scene, "a", CT), image(scene, "b", "")
    overlay.SetAttribute("DICOM.instanceUIDs", "1.9 1.10")
    found = relation(base, overlay, None, frameOfInstance={"1.10": CT})
    assert found is Relation.SAME_FRAME


def test_another_patient_is_told_before_all_else(scene):
    base, overlay = image(scene, "a", CT), image(scene, "b", CT)
    base.SetAttribute(PATIENT, '{"patientID": "1", "name": "", "birthDate": "", "sex": ""}')
    overlay.SetAttribute(PATIENT, '{"patientID": "2", "name": "", "birthDate": "", "sex": ""}')
    assert relation(base, overlay, None) is Relation.OTHER_PATIENT


def test_a_stand_in_has_the_overlays_voxels_and_look_and_moves_alone(scene):
    overlay, node = image(scene, "b", MR), registration(scene)
    made = overlayStandIn(overlay, node, "b registered")
    assert made.GetImageData() is overlay.GetImageData()
    assert made.GetDisplayNode() is overlay.GetDisplayNode()
    assert made.GetOrigin() == overlay.GetOrigin()
    assert made.GetParentTransformNode() is node
    assert overlay.GetParentTransformNode() is None
    assert made.GetHideFromEditors()
    assert not made.GetSaveWithScene()
    assert overlayStandIn(overlay, node, "") is made
    assert overlayStandIn(overlay, None, "") is not made


def test_what_stands_for_an_odd_overlay_is_not_made_anew_each_time(scene):
    overlay, node = image(scene, "b", MR), registration(scene)
    overlay.RemoveAllDisplayNodeIDs()
    overlay.SetSpacing(np.nan, 1, 1)
    made = overlayStandIn(overlay, node, "")
    made.CreateDefaultDisplayNodes()  # as each view does
    changes = []
    made.AddObserver("ModifiedEvent", lambda *_: changes.append(1))
    count = scene.GetNumberOfNodes()
    assert overlayStandIn(overlay, node, "") is made
    assert scene.GetNumberOfNodes() == count
    assert not changes


@pytest.mark.parametrize("isHidden", [False, True])
def test_views_get_the_overlay_back_unless_it_is_to_be_hidden(scene, isHidden):
    overlay = image(scene, "b", MR)
    composite = scene.AddNewNodeByClass("vtkMRMLSliceCompositeNode")
    composite.SetForegroundVolumeID(overlayStandIn(overlay, registration(scene), "").GetID())
    count = scene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode")
    removeStandIns(scene, overlay if isHidden else None)
    assert scene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == count - 1
    assert composite.GetForegroundVolumeID() == (None if isHidden else overlay.GetID())


def test_nothing_of_a_stand_in_is_saved(scene, tmp_path):
    overlay = image(scene, "b", MR)
    overlayStandIn(overlay, registration(scene), "b registered")
    scene.SetURL(str(tmp_path / "scene.mrml"))
    scene.Commit()
    assert "b registered" not in (tmp_path / "scene.mrml").read_text()
