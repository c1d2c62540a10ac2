"""Nothing is shown where it does not belong: images, doses and structures of several frames."""

from dataclasses import replace

import numpy as np
import pytest
import slicer
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from IHERORegistrationLib.appliedNodes import hardenedNode, resampledNode
from IHERORegistrationLib.dataNodes import volumeNodeFromVolume
from IHERORegistrationLib.displayedImages import MISLEADING, Choice, displayedImages
from IHERORegistrationLib.displayedPair import Relation
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.nodeIdentity import knownFrame
from IHERORegistrationLib.placement import placeables
from IHERORegistrationLib.resampling import Interpolation
from IHERORegistrationLib.scene import FRAME, PATIENT, REGISTERED_FRAME, SOURCE_FRAME
from IHERORegistrationLib.writtenObject import OwnChange, keepContent

LATTICE = Lattice.fromAxes((4, 5, 6), np.array([1.0, 2, 3]), np.eye(3), np.array([1, 2, 3]))
CT, MR, PET = "1.2.1", "1.2.2", "1.2.3"


def image(scene, name, frame):
    volume = Volume(np.zeros(LATTICE.shape, np.int16), LATTICE, frame)
    return volumeNodeFromVolume(volume, scene, name)


def leaveNowhere(node, value):
    """Give a volume or transform node a matrix whose last axis is all `value`."""
    matrix = vtkMatrix4x4()
    for row in range(3):
        matrix.SetElement(row, 2, value)
    if node.IsA("vtkMRMLVolumeNode"):
        node.SetIJKToRASMatrix(matrix)
    else:
        node.SetMatrixTransformToParent(matrix)


def structures(scene, frame):
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    node.SetAttribute(FRAME, frame)
    return node


@pytest.fixture
def choice(scene):
    node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "registration")
    node.SetAttribute(SOURCE_FRAME, MR)
    node.SetAttribute(REGISTERED_FRAME, CT)
    return Choice(image(scene, "base", CT), image(scene, "overlay", MR), None, None, node)


def test_the_overlay_is_shown_registered_and_alone_without_being_moved(choice):
    found = displayedImages(choice, isRegistered=True)
    assert found.relation is Relation.REGISTERED
    assert found.shown.overlay.GetParentTransformNode() is choice.registration
    assert found.shown.native is choice.overlay
    assert choice.overlay.GetParentTransformNode() is None


def test_an_applied_overlay_is_shown_itself_and_another_stands_for_it_without(choice):
    choice.overlay.SetAndObserveTransformNodeID(choice.registration.GetID())
    on = displayedImages(choice, isRegistered=True)
    assert on.shown.overlay is choice.overlay
    off = displayedImages(choice, isRegistered=False)
    assert off.relation is Relation.OFF
    assert off.shown.overlay.GetParentTransformNode() is None
    assert off.shown.overlay is off.shown.native
    assert choice.overlay.GetParentTransformNode() is choice.registration


def test_a_dose_of_the_overlay_goes_with_it(scene, choice):
    choice = replace(choice, dose=image(scene, "dose", MR))
    on = displayedImages(choice, isRegistered=True)
    assert on.shown.dose.GetParentTransformNode() is choice.registration
    off = displayedImages(choice, isRegistered=False)
    assert off.shown.dose is None
    assert off.dose in MISLEADING


@pytest.mark.parametrize("isRegistered", [True, False])
def test_a_dose_of_the_base_stays_and_one_of_a_third_frame_is_hidden(scene, choice, isRegistered):
    mine = replace(choice, dose=image(scene, "dose", CT))
    found = displayedImages(mine, isRegistered=isRegistered)
    assert found.shown.dose is mine.dose
    assert found.dose not in MISLEADING
    others = replace(choice, dose=image(scene, "dose", PET))
    assert displayedImages(others, isRegistered=isRegistered).dose in MISLEADING


def test_a_dose_of_nobody_knows_where_is_not_moved(scene, choice):
    choice = replace(choice, dose=image(scene, "dose", ""))
    assert displayedImages(choice, isRegistered=True).shown.dose is choice.dose


def test_structures_that_lie_elsewhere_are_hidden_until_they_are_placed(scene, choice):
    for frame, isHidden in ((CT, False), (MR, True), (PET, True)):
        told = replace(choice, structures=structures(scene, frame))
        assert displayedImages(told, isRegistered=True).areStructuresHidden == isHidden
    placed = replace(choice, structures=structures(scene, MR))
    placed.structures.SetAndObserveTransformNodeID(choice.registration.GetID())
    assert not displayedImages(placed, isRegistered=True).areStructuresHidden


def test_another_patients_overlay_is_not_shown_at_all(choice):
    for node, uid in ((choice.base, "1"), (choice.overlay, "2")):
        told = f'{{"patientID": "{uid}", "name": "", "birthDate": "", "sex": ""}}'
        node.SetAttribute(PATIENT, told)
    found = displayedImages(choice, isRegistered=True)
    assert found.relation is Relation.OTHER_PATIENT
    assert (found.shown.overlay, found.shown.native) == (None, None)
    assert found.shown.base is choice.base


def test_a_registration_the_other_way_is_not_used(choice):
    exchanged = replace(choice, base=choice.overlay, overlay=choice.base)
    found = displayedImages(exchanged, isRegistered=True)
    assert found.relation is Relation.EXCHANGED
    assert found.shown.overlay is choice.base


@pytest.mark.parametrize("isApplied", [True, False])
def test_a_registration_that_somebody_inverted_or_changed_is_told_where_it_is_shown(
    choice, isApplied
):
    node = choice.registration
    move(node, 5)
    keepContent(node)
    if isApplied:
        choice.overlay.SetAndObserveTransformNodeID(node.GetID())
    assert displayedImages(choice, isRegistered=True).changes == ()
    node.Inverse()
    inverted = displayedImages(choice, isRegistered=True)
    assert inverted.relation is Relation.REGISTERED  # by what it says of frames
    assert inverted.changes == (("registration", OwnChange.INVERTED),)
    move(node, 6)
    assert displayedImages(choice, isRegistered=True).changes == ()  # no object says otherwise
    node.SetAttribute("IHERO.SOPInstanceUID", "1.2.9")
    changed = displayedImages(choice, isRegistered=True)
    assert changed.changes == (("registration", OwnChange.EDITED),)
    assert displayedImages(choice, isRegistered=False).changes == ()
    node.SetAttribute("IHERO.Content", "{")
    assert displayedImages(choice, isRegistered=True).changes == changed.changes


def test_what_a_registration_lies_under_does_not_change_it(scene, choice):
    move(choice.registration, 5)
    keepContent(choice.registration)
    above = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "couch")
    move(above, 40)
    for node in (choice.base, choice.registration):
        node.SetAndObserveTransformNodeID(above.GetID())
    assert displayedImages(choice, isRegistered=True).changes == ()


def test_a_transform_that_names_nothing_is_only_chosen(scene, choice):
    plain = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "plain")
    both = (choice.base, choice.overlay)
    for base, overlay in (both, both[::-1]):  # nothing tells which way it is meant
        found = displayedImages(
            replace(choice, base=base, overlay=overlay, registration=plain), isRegistered=True
        )
        assert (found.relation, found.isOnlyChosen) == (Relation.REGISTERED, True)
    roles = slicer.vtkMRMLTransformNode
    plain.SetNodeReferenceID(roles.GetFixedNodeReferenceRole(), choice.base.GetID())
    plain.SetNodeReferenceID(roles.GetMovingNodeReferenceRole(), choice.overlay.GetID())
    found = displayedImages(replace(choice, registration=plain), isRegistered=True)
    assert (found.relation, found.isOnlyChosen) == (Relation.REGISTERED, False)
    exchanged = replace(choice, base=both[1], overlay=both[0], registration=plain)
    found = displayedImages(exchanged, isRegistered=True)
    assert found.relation is Relation.EXCHANGED
    assert found.shown.overlay is both[0]  # not moved the wrong way


@pytest.mark.parametrize("frame", [MR, ""])
def test_what_was_moved_for_good_by_a_transform_is_not_shown_through_it_once_more(
    scene, choice, frame
):
    plain = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "plain")
    move(plain, 5)
    moving = image(scene, "moving", frame)
    for made in (
        hardenedNode(moving, plain, choice.base).node,
        resampledNode(moving, plain, choice.base, Interpolation.LINEAR).node,
    ):
        assert knownFrame(made) == ""  # nobody knows: the transform names none
        again = replace(choice, overlay=made, registration=plain)
        found = displayedImages(again, isRegistered=True)
        assert found.shown.overlay is made
        assert found.relation is Relation.UNKNOWN_FRAME
        (row,) = (one for one in placeables(plain) if one.nodeID == made.GetID())
        assert "lies already where that leads" in row.doubt


def test_registrations_in_the_wrong_order_are_told(scene, choice):
    lower = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "lower")
    lower.SetAttribute(SOURCE_FRAME, PET)
    lower.SetAttribute(REGISTERED_FRAME, MR)
    choice = replace(choice, overlay=image(scene, "PET", PET))
    choice.overlay.SetAndObserveTransformNodeID(choice.registration.GetID())
    choice.registration.SetAndObserveTransformNodeID(lower.GetID())
    found = displayedImages(choice, isRegistered=True)
    assert (found.relation, found.isMovedElsewhere) == (Relation.OFF, True)
    choice.registration.SetAndObserveTransformNodeID(None)
    choice.overlay.SetAndObserveTransformNodeID(lower.GetID())
    lower.SetAndObserveTransformNodeID(choice.registration.GetID())
    found = displayedImages(choice, isRegistered=True)
    assert (found.relation, found.isMovedElsewhere) == (Relation.REGISTERED, False)


def move(node, right):
    """Let a transform node shift what is under it, mm."""
    matrix = vtkMatrix4x4()
    matrix.SetElement(0, 3, right)
    node.SetMatrixTransformToParent(matrix)


def test_without_a_base_nothing_is_shown(choice):
    found = displayedImages(replace(choice, base=None), isRegistered=True)
    assert found.relation is Relation.INCOMPLETE
    assert found.shown.overlay is None


@pytest.mark.parametrize("place", ["its own", "that of its parent"])
@pytest.mark.parametrize("value", [0.0, np.nan])
def test_what_has_no_size_or_no_place_is_not_shown(scene, choice, place, value):
    choice = replace(choice, dose=image(scene, "dose", CT))
    for odd in ("dose", "overlay", "base"):
        node = getattr(choice, odd)
        if place == "its own":
            leaveNowhere(node, value)
        else:
            above = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
            leaveNowhere(above, value)
            node.SetAndObserveTransformNodeID(above.GetID())
            if odd == "overlay":  # else it is shown through the registration instead
                choice = replace(choice, registration=None)
        found = displayedImages(choice, isRegistered=True)
        assert found.shown.dose is None
        assert (found.shown.overlay is None) == (odd != "dose")
        assert (found.shown.base is None) == (odd == "base")
        if odd == "dose":
            assert found.dose is Relation.NOWHERE
        else:
            assert found.relation is getattr(
                Relation, {"overlay": "NOWHERE", "base": "BASE_NOWHERE"}[odd]
            )
