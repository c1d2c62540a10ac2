"""Between data of the moving and of the fixed image a registration does what the scene shows, under
whatever transforms both lie; where it would be a chain of two registrations, this is refused.
"""

import numpy as np
import pytest

import builders
from balls import CENTER, FIXED, MOVING, imageNode, lattice, turned, volume
from IHERODeformationLib.appliedDeformation import deformedNode, movedNode
from IHERODeformationLib.deformableRegistration import (
    DeclaredMatrix,
    DeformableRegistrationItem,
    DeformableSpatialRegistration,
)
from IHERODeformationLib.displacementGrid import DisplacementGrid
from IHERODeformationLib.heldDeformation import isAsRead
from IHERODeformationLib.nodeDeformation import deformationFromTransformNode
from IHERODeformationLib.scene import transformNodesFromDeformation
from IHERORegistrationLib.appliedNodes import hardenedNode, resampledNode, wayOfNode
from IHERORegistrationLib.errors import DeformableContentError, FrameOfReferenceError
from IHERORegistrationLib.frameMap import frameMap
from IHERORegistrationLib.frameWaysInScene import (
    distanceApart,
    transformNodeOfWay,
    waysBetween,
)
from IHERORegistrationLib.imagePair import imagePair
from IHERORegistrationLib.lattice import Lattice
from IHERORegistrationLib.nodeVolumes import volumeFromNode
from IHERORegistrationLib.reader import registrationFromDataset
from IHERORegistrationLib.resampling import Interpolation, vtkMatrix
from IHERORegistrationLib.scene import (
    FRAME,
    REGISTERED_FRAME,
    SOURCE_FRAME,
    arrayFromMatrix,
    registrationFromTransformNode,
    transformNodesFromRegistration,
)

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
MATRIX = turned(31, (1, -2, 0.5), (7, -13, 4))  # moving → fixed
ABOVE = turned(40, (3, 1, 1), (-10, 20, 5))
OFF_BY = turned(2, (1, 0, 3), (0.5, -1, 2))
THIRD = "1.2.3.3"
POINTS = CENTER + np.random.default_rng(3).uniform(-30, 30, (9, 3))


def through(matrix, points):
    return points @ matrix[:3, :3].T + matrix[:3, 3]


def linearNode(scene, matrix, source=None, registered=None):
    node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "matrix")
    node.SetMatrixTransformToParent(vtkMatrix(LPS_TO_RAS @ matrix @ LPS_TO_RAS))
    node.SetAttribute(SOURCE_FRAME, source)
    node.SetAttribute(REGISTERED_FRAME, registered)
    return node


def bentNode(scene):
    """Fixed → moving: x + 0.1 x of the first axis from CENTER, then the inverse of MATRIX."""
    place = Lattice.fromAxes((7, 6, 5), CENTER - 45, np.eye(3), np.array([16.0, 19, 24]))
    nodes = place.points(np.moveaxis(np.indices(place.shape)[::-1], 0, -1))
    vectors = np.zeros(nodes.shape)
    vectors[..., 0] = 0.1 * (nodes - CENTER)[..., 0]
    item = DeformableRegistrationItem(
        number=1,
        sourceFrame=MOVING,
        images=(),
        grid=DisplacementGrid(place, vectors.astype(np.float32)),
        post=DeclaredMatrix(np.linalg.inv(MATRIX), "RIGID"),
    )
    (node,) = transformNodesFromDeformation(
        DeformableSpatialRegistration("1.2.9", FIXED, (item,), label="BENT"), scene
    )
    return node


def bent(points):
    away = points + [0.1, 0, 0] * (points - CENTER)
    return through(np.linalg.inv(MATRIX), away)


@pytest.fixture
def images(scene):
    """Base and overlay of unequal voxels, one of them oblique."""
    here = volume(lattice((11, 9, 8), (7.1, 8.3, 9.7), CENTER), FIXED)
    axes = turned(20, (0.2, 1, -0.4), 0)[:3, :3]
    there = volume(lattice((12, 10, 9), (7, 8, 9), CENTER - 5, axes), MOVING)
    return imageNode(scene, here, "CT"), imageNode(scene, there, "MR", "MR")


def under(parent, *nodes):
    for node in nodes:
        node.SetAndObserveTransformNodeID(parent.GetID() if parent else None)


def values(node):
    return volumeFromNode(node, "").values


@pytest.mark.parametrize("frames", [(MOVING, FIXED), (None, None)])
def test_a_transform_above_base_and_registration_changes_no_new_voxel(scene, images, frames):
    base, overlay = images
    node = linearNode(scene, MATRIX, *frames)
    alone = values(resampledNode(overlay, node, base, Interpolation.LINEAR).node)
    under(linearNode(scene, ABOVE), base, node)
    made = resampledNode(overlay, node, base, Interpolation.LINEAR).node
    np.testing.assert_allclose(values(made), alone, atol=1e-3)
    assert made.GetParentTransformNode() is base.GetParentTransformNode()
    np.testing.assert_allclose(wayOfNode(node, base)(POINTS), through(MATRIX, POINTS), atol=1e-9)
    hard = hardenedNode(overlay, node, base).node
    before, after = (volumeFromNode(one, "").lattice.corners for one in (overlay, hard))
    np.testing.assert_allclose(after, through(MATRIX, before), atol=1e-4)
    assert hard.GetParentTransformNode() is base.GetParentTransformNode()


def test_with_a_base_that_was_moved_alone_the_new_voxels_are_what_the_views_show(scene, images):
    base, overlay = images
    under(linearNode(scene, ABOVE), base)
    node = linearNode(scene, MATRIX)
    shown = np.linalg.inv(ABOVE) @ MATRIX
    np.testing.assert_allclose(wayOfNode(node, base)(POINTS), through(shown, POINTS), atol=1e-9)
    alone = resampledNode(overlay, linearNode(scene, shown), base, Interpolation.LINEAR).node
    made = resampledNode(overlay, node, base, Interpolation.LINEAR).node
    under(None, base)
    plain = resampledNode(overlay, linearNode(scene, shown), base, Interpolation.LINEAR).node
    np.testing.assert_allclose(values(made), values(plain), atol=1e-3)
    assert np.abs(values(alone) - values(plain)).max() > 50  # seen from the moved base


def test_one_step_of_a_chain_is_not_taken_for_the_whole(scene, images):
    base, overlay = images
    first, second = linearNode(scene, MATRIX, MOVING, FIXED), linearNode(scene, ABOVE, FIXED, THIRD)
    under(second, first)
    for make in (
        lambda: resampledNode(overlay, first, base, Interpolation.LINEAR),
        lambda: hardenedNode(overlay, first, base),
        lambda: wayOfNode(first),
    ):
        with pytest.raises(FrameOfReferenceError, match="put both under it"):
            make()
    under(second, base)  # as the sentence says
    np.testing.assert_allclose(wayOfNode(first, base)(POINTS), through(MATRIX, POINTS), atol=1e-9)
    under(None, first)
    with pytest.raises(FrameOfReferenceError, match="take that out"):
        wayOfNode(first, base)


@pytest.mark.parametrize("isNested", [False, True])
def test_a_way_through_two_registrations_is_their_product_nested_or_not(scene, images, isNested):
    first, second = linearNode(scene, MATRIX, MOVING, FIXED), linearNode(scene, ABOVE, FIXED, THIRD)
    place = lattice((6, 7, 8), (11, 9, 12), CENTER)
    imageNode(scene, volume(place, THIRD), "PET", "PT")
    if isNested:
        under(second, first)
    found = frameMap(scene)
    for ends, expected in (
        ((MOVING, THIRD), ABOVE @ MATRIX),
        ((THIRD, MOVING), np.linalg.inv(ABOVE @ MATRIX)),
    ):
        (way,) = waysBetween(found, *ends)
        made = transformNodeOfWay(scene, found, way)
        np.testing.assert_allclose(matrixOf(made), expected, atol=1e-9)
        assert (made.GetAttribute(SOURCE_FRAME), made.GetAttribute(REGISTERED_FRAME)) == ends
        scene.RemoveNode(made)
    linearNode(scene, OFF_BY @ ABOVE @ MATRIX, MOVING, THIRD)
    ways = waysBetween(frameMap(scene), MOVING, THIRD)
    corners = volumeFromNode(images[1], "").lattice.corners
    apart = through(OFF_BY @ ABOVE @ MATRIX, corners) - through(ABOVE @ MATRIX, corners)
    expected = np.linalg.norm(apart, axis=1).max()
    assert distanceApart(scene, ways) == pytest.approx(expected, abs=1e-6)


def matrixOf(node):
    """ToParent, LPS."""
    matrix = vtkMatrix(np.eye(4))
    node.GetMatrixTransformToParent(matrix)
    return LPS_TO_RAS @ arrayFromMatrix(matrix) @ LPS_TO_RAS


def test_a_deformation_is_taken_to_the_base_where_that_lies(scene, images):
    base, overlay = images
    node = bentNode(scene)
    alone = values(deformedNode(overlay, node, base, Interpolation.LINEAR).node)
    above = linearNode(scene, ABOVE)
    under(above, base, node)
    made = deformedNode(overlay, node, base, Interpolation.LINEAR).node
    np.testing.assert_array_equal(values(made), alone)
    assert made.GetParentTransformNode() is above
    over = volumeFromNode(base, "").lattice
    taken = deformationFromTransformNode(node, over, FIXED, MOVING, fixed=base)
    np.testing.assert_allclose(taken.transform(POINTS), bent(POINTS), atol=1e-4)
    under(None, node)
    with pytest.raises(DeformableContentError, match="no other transform moves"):
        deformedNode(overlay, node, base, Interpolation.LINEAR)
    taken = deformationFromTransformNode(node, over, FIXED, MOVING, fixed=base, error=0.2)
    inside = over.points(np.random.default_rng(4).uniform((2, 2, 2), (8, 6, 5), (40, 3)))
    shown = taken.transform(inside)
    defined = np.isfinite(shown).all(axis=1)
    assert defined.sum() > 20
    np.testing.assert_allclose(shown[defined], bent(through(ABOVE, inside))[defined], atol=0.3)


def test_points_go_with_the_base_through_a_deformation(scene, images):
    base, _ = images
    node = bentNode(scene)
    under(linearNode(scene, ABOVE), base, node)
    marks = scene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "marks")
    for point in bent(POINTS):
        marks.AddControlPoint(LPS_TO_RAS[:3, :3] @ point)
    made = movedNode(marks, node, base).node
    found = np.array([made.GetNthControlPointPosition(number) for number in range(len(POINTS))])
    np.testing.assert_allclose(found @ LPS_TO_RAS[:3, :3], POINTS, atol=0.01)
    world = np.zeros(3)
    made.GetNthControlPointPositionWorld(0, world)
    np.testing.assert_allclose(LPS_TO_RAS[:3, :3] @ world, through(ABOVE, POINTS[:1])[0], atol=0.01)


def test_a_deformation_below_another_registration_is_no_step_of_its_own(scene, images):
    base, _ = images
    node, second = bentNode(scene), linearNode(scene, ABOVE, FIXED, THIRD)
    under(second, node)
    over = volumeFromNode(base, "").lattice
    with pytest.raises(FrameOfReferenceError, match="put both under it"):
        deformationFromTransformNode(node, over, FIXED, MOVING, fixed=base)


def test_an_object_whose_base_goes_with_it_stays_the_object_that_it_was(scene, images):
    base, _ = images
    read = registrationFromDataset(builders.spatialRegistration())
    (node,) = transformNodesFromRegistration(read, scene)
    base.SetAttribute(FRAME, read.registeredFrame)
    under(linearNode(scene, ABOVE), base, node)
    again = registrationFromTransformNode(node)
    assert again.sopInstanceUID == read.sopInstanceUID
    np.testing.assert_allclose(again.movingItems[0].matrix, read.movingItems[0].matrix, atol=1e-6)
    under(None, base)
    again = registrationFromTransformNode(node)
    assert again.sopInstanceUID == ""  # in the scene it does something else
    expected = ABOVE @ read.movingItems[0].matrix
    np.testing.assert_allclose(again.movingItems[0].matrix, expected, atol=1e-6)
    bent = bentNode(scene)
    base.SetAttribute(FRAME, FIXED)
    under(base.GetParentTransformNode(), bent)
    assert isAsRead(bent)
    under(linearNode(scene, ABOVE), bent)
    assert not isAsRead(bent)
    under(bent.GetParentTransformNode(), base)
    assert isAsRead(bent)


def test_a_registration_the_other_way_is_inverted_where_the_images_lie(scene, images):
    base, overlay = images
    back = linearNode(scene, np.linalg.inv(MATRIX), FIXED, MOVING)  # moves the base
    pair = imagePair(base, overlay)
    for moved in (base, overlay):
        under(linearNode(scene, ABOVE), moved)
    found = pair.under(back).matrix  # moving data → world of `back` → under ABOVE
    ofMoving = np.linalg.inv(ABOVE) @ np.linalg.inv(MATRIX)
    np.testing.assert_allclose(found, np.linalg.inv(ofMoving), atol=1e-9)
    under(None, overlay)
    np.testing.assert_allclose(pair.under(back).matrix, MATRIX, atol=1e-9)
