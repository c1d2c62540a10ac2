"""Registrations made in the scene: by landmarks, by hand and by what images show."""

import numpy as np
import pytest
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from balls import CENTER, FIXED, MOVING, imageNode, lattice, turned, volume
from IHERORegistrationLib.automaticAlignment import automaticAlignment, makingOf
from IHERORegistrationLib.codes import FIDUCIAL_ALIGNMENT, IMAGE_CONTENT_ALIGNMENT
from IHERORegistrationLib.errors import (
    FrameOfReferenceError,
    NotRigidError,
    PatientMismatchError,
    ReferenceNotFoundError,
)
from IHERORegistrationLib.geometry import AffineTransform
from IHERORegistrationLib.imagePair import imagePair
from IHERORegistrationLib.madeRegistration import (
    Making,
    madeNode,
    recordOfNode,
    showOverlay,
    summaryOfNode,
    whyNotExported,
)
from IHERORegistrationLib.manualAlignment import (
    Motion,
    beginManual,
    cancelManual,
    isManual,
    keepManual,
    motionOf,
    move,
    turnAbout,
)
from IHERORegistrationLib.registrationRecord import Watch
from IHERORegistrationLib.registrationText import descriptionsFromText
from IHERORegistrationLib.resampling import vtkMatrix
from IHERORegistrationLib.rigidPresets import RigidPreset, presetNamed
from IHERORegistrationLib.rigidStarts import Beginning
from IHERORegistrationLib.scene import SOURCE_FRAME, SOURCE_ITEM, arrayFromMatrix, transformFromNode

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
MATRIX = turned(31, (1, -2, 0.5), (70, -130, 45))  # overlay → base
ABOVE = turned(40, (3, 1, 1), (-10, 20, 5))
MAKING = Making(
    "MR on CT", FIDUCIAL_ALIGNMENT, "paired landmarks", "RMS 1 mm", ("words", "more"), ("digits",)
)
POINTS = CENTER + np.random.default_rng(3).uniform(-60, 60, (7, 3))


@pytest.fixture
def pair(scene):
    """CT and MR, 20 × 18 × 15 voxels, of one patient."""
    here = volume(lattice((20, 18, 15), (5.1, 5.9, 7.2), CENTER), FIXED)
    there = volume(lattice((17, 21, 16), (6.0, 5.2, 6.4), CENTER + 9), MOVING)
    return imagePair(imageNode(scene, here, "CT"), imageNode(scene, there, "MR", "MR"))


def linearNode(pair, matrix):
    """A node with `matrix` as ToParent, in LPS."""
    node = pair.fixed.GetScene().AddNewNodeByClass("vtkMRMLLinearTransformNode")
    node.SetMatrixTransformToParent(vtkMatrix(LPS_TO_RAS @ matrix @ LPS_TO_RAS))
    return node


def shown(node, points):
    """Where the scene shows `points` of a node's own coordinates, all LPS."""
    matrix = vtkMatrix4x4()
    above = node.GetParentTransformNode()
    if above is not None:
        above.GetMatrixTransformToWorld(matrix)
    toWorld = LPS_TO_RAS @ arrayFromMatrix(matrix) @ LPS_TO_RAS
    return points @ toWorld[:3, :3].T + toWorld[:3, 3]


def test_the_overlay_is_shown_where_the_matrix_puts_it_whatever_the_base_is_under(pair):
    pair.fixed.SetAndObserveTransformNodeID(linearNode(pair, ABOVE).GetID())
    node = madeNode(pair, MATRIX, MAKING)
    showOverlay(pair, node)
    onBase = POINTS @ MATRIX[:3, :3].T + MATRIX[:3, 3]
    np.testing.assert_allclose(shown(pair.moving, POINTS), shown(pair.fixed, onBase), atol=1e-9)
    np.testing.assert_allclose(pair.present.matrix, MATRIX, atol=1e-12)
    np.testing.assert_allclose(transformFromNode(node, MOVING, FIXED).matrix, MATRIX, atol=1e-12)


def test_a_made_registration_says_its_frames_images_method_and_record(pair):
    node = madeNode(pair, MATRIX, MAKING)
    assert node.GetAttribute(SOURCE_FRAME) == MOVING
    (told,) = descriptionsFromText(node.GetAttribute(SOURCE_ITEM))
    assert (told.method, told.comment) == (FIDUCIAL_ALIGNMENT, "RMS 1 mm")
    assert node.GetNodeReference(node.GetFixedNodeReferenceRole()) is pair.fixed
    assert node.GetNodeReference(node.GetMovingNodeReferenceRole()) is pair.moving
    assert recordOfNode(node) == "words\nmore\n\ndigits"
    assert summaryOfNode(node) == "MR on CT: words more"
    assert summaryOfNode(None) == ""
    assert madeNode(pair, MATRIX, MAKING).GetName() != "MR on CT"  # the first one stays


def test_images_without_frames_or_with_one_are_registered_for_viewing_only(scene, pair):
    drawn = volume(lattice((9, 8, 7), (9, 9, 9), CENTER), "")
    drawn = imageNode(scene, drawn, "drawn")
    for fixed, moving, reason in (
        (pair.fixed, drawn, "does not come from DICOM"),
        (pair.fixed, imageNode(scene, volume(pair.sides[0].volume.lattice, FIXED), "CT2"), "one"),
    ):
        other = imagePair(fixed, moving)
        assert reason in whyNotExported(other)
        node = madeNode(other, MATRIX, MAKING)
        assert node.GetAttribute(SOURCE_FRAME) is None
        assert node.GetNodeReference(node.GetMovingNodeReferenceRole()) is moving
    assert whyNotExported(pair) == ""


def test_other_patients_and_missing_images_are_refused(scene, pair):
    place = pair.sides[1].volume.lattice
    other = imageNode(scene, volume(place, "1.2.3.9"), "other", patientID="P2")
    with pytest.raises(PatientMismatchError, match="PatientID"):
        imagePair(pair.fixed, other)
    for moving in (None, pair.fixed):
        with pytest.raises(ReferenceNotFoundError):
            imagePair(pair.fixed, moving)


def test_a_registration_the_other_way_round_is_inverted_and_one_of_others_refused(scene, pair):
    back = imagePair(pair.moving, pair.fixed)
    node = madeNode(back, np.linalg.inv(MATRIX), MAKING)
    np.testing.assert_allclose(pair.under(node).matrix, MATRIX, atol=1e-9)
    third = imageNode(scene, volume(pair.sides[1].volume.lattice, "1.2.3.9"), "third")
    with pytest.raises(FrameOfReferenceError, match=r"1\.2\.3\.1"):
        imagePair(third, pair.moving).under(node)


MOTION = Motion((3.0, -7.5, 12.25), (11.0, -4.0, 25.0))


def byHand(points, center):
    """MOTION in closed form: about z first, then x, then y, about `center`, then shifted."""
    x, y, z = np.radians(MOTION.turns)
    aboutX = np.array([[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]])
    aboutY = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    aboutZ = np.array([[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]])
    return (points - center) @ (aboutY @ aboutX @ aboutZ).T + center + MOTION.shift


def test_sliders_move_the_overlay_about_the_center_in_directions_of_the_patient(pair):
    start = AffineTransform(MATRIX, MOVING, FIXED)
    node = beginManual(pair, start, CENTER + 20)
    np.testing.assert_allclose(motionOf(node).shift, 0, atol=1e-9)
    move(node, MOTION)
    expected = byHand(start(POINTS), CENTER + 20)
    np.testing.assert_allclose(shown(pair.moving, POINTS), expected, atol=1e-9)
    np.testing.assert_allclose((motionOf(node).shift, motionOf(node).turns), (
        MOTION.shift, MOTION.turns), atol=1e-9)  # fmt: skip
    turnAbout(node, CENTER - 33)  # nothing moves, the numbers are told about the new center
    np.testing.assert_allclose(shown(pair.moving, POINTS), expected, atol=1e-9)
    np.testing.assert_allclose(motionOf(node).turns, MOTION.turns, atol=1e-9)
    move(node, motionOf(node))
    np.testing.assert_allclose(shown(pair.moving, POINTS), expected, atol=1e-9)


def test_a_motion_by_hand_that_is_cancelled_leaves_the_scene_node_for_node(scene, pair):
    above = linearNode(pair, ABOVE)
    pair.moving.SetAndObserveTransformNodeID(above.GetID())
    before = [scene.GetNthNode(number).GetID() for number in range(scene.GetNumberOfNodes())]
    node = beginManual(pair, pair.present, CENTER)
    assert isManual(node)
    move(node, MOTION)
    cancelManual(node)
    after = [scene.GetNthNode(number).GetID() for number in range(scene.GetNumberOfNodes())]
    assert after == before
    assert pair.moving.GetParentTransformNode() is above


def test_a_motion_by_hand_that_is_kept_is_a_registration(pair):
    node = beginManual(pair, pair.present, CENTER)
    move(node, MOTION)
    keepManual(pair, node)
    assert not isManual(node)
    assert node.GetName() == "MR on CT by hand"
    assert "from its start it turns by" in summaryOfNode(node)
    unmoved = beginManual(pair, pair.present, CENTER)
    keepManual(pair, unmoved)
    assert "left at its start" in summaryOfNode(unmoved)
    assert pair.moving.GetParentTransformNode() is None  # as before, until it is placed
    showOverlay(pair, node)
    with pytest.raises(ReferenceNotFoundError):
        motionOf(node)


def test_an_overlay_scaled_meanwhile_is_told(pair):
    node = beginManual(pair, pair.present, CENTER)
    node.SetMatrixTransformToParent(vtkMatrix(np.diag([1.2, 1, 1, 1])))
    with pytest.raises(NotRigidError):
        motionOf(node)


def test_images_are_registered_by_what_they_show_from_the_chosen_start(scene):
    truth = AffineTransform(turned(5, (1, -2, 0.5), (12, -9, 6)), FIXED, MOVING)
    here = volume(lattice((26, 25, 22), (4.1, 4.3, 4.6), CENTER), FIXED)
    place = lattice((28, 26, 24), (4.0, 4.4, 4.2), truth(CENTER) + 3)
    there = volume(place, MOVING, truth.inverse())
    pair = imagePair(imageNode(scene, here, "CT"), imageNode(scene, there, "CT 2"))
    preset = RigidPreset(("CT", "CT"), 32, (8, 4), "small")
    near = AffineTransform(truth.inverse().matrix @ turned(3, (0, 1, 0), (4, -3, 2)), MOVING, FIXED)
    for beginning in (near, Beginning.CENTERS):
        told = []
        watch = Watch(lambda *words: told.append(words))  # noqa: B023
        found = automaticAlignment(pair, preset, watch, beginning)
        points = here.lattice.corners
        missed = found.movingToFixed(truth(points)) - points
        assert np.linalg.norm(missed, axis=1).max() < 4.0  # a voxel
        assert found.after > found.before > 1.0
        assert len(found.registration.candidates) == 1
        assert len(told) > 100
        making = makingOf(pair, found)
        assert making.method == IMAGE_CONTENT_ALIGNMENT
        assert f"{found.before:.3f} before" in making.summary[0]
    assert found.registration.candidates[0].start == "centers, as described"


def test_presets_are_guessed_from_the_modalities_or_named(pair):
    assert pair.modalities == ("CT", "MR")
    assert presetNamed("", pair.modalities).modalities == ("CT", "MR")
    assert presetNamed("rigid CT-PT", pair.modalities).modalities == ("CT", "PT")
