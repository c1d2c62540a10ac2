"""Two registrations of the same images compared, against closed forms."""

from dataclasses import replace

import numpy as np
import pytest

from fieldScenes import BASE, CORNER, EDGE, IMAGE, OUTSIDE, OVERLAY, fieldScene, stretched
from IHERODeformationLib.nodeComparison import ComparedNodes, comparedWays, nodeComparison
from IHERODeformationLib.pictures.fieldColors import lengthColors
from IHERODeformationLib.pictures.fieldKind import FieldKind
from IHERODeformationLib.pictures.fieldOnSlice import PIXELS, FieldLook, planeOfSlice
from IHERODeformationLib.registrationComparison import (
    coarser,
    comparisonSentences,
    doseDifference,
    registrationComparison,
)
from IHERORegistrationLib.dataNodes import Segment, segmentationNode
from IHERORegistrationLib.errors import FrameOfReferenceError, RegistrationCancelledError
from IHERORegistrationLib.geometry import AffineTransform
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.registrationRecord import Watch
from IHERORegistrationLib.resampling import vtkMatrix
from IHERORegistrationLib.scene import FRAME

IDENTITY = AffineTransform(np.eye(4), BASE, OVERLAY)


def risen(points):
    """As stretched, and toward the head by 5 % of the way from the right edge."""
    extra = np.zeros(points.shape)
    extra[..., 2] = 0.05 * (points[..., 0] - CORNER[0])
    return stretched(points) + extra


def pair(scene, **more):
    """The nodes of stretched and of risen between the images of the first."""
    one = fieldScene(scene)
    other = fieldScene(scene, risen, **more)
    return ComparedNodes(one.transform, other.transform, one.base, one.overlay)


def shifted(vector):
    matrix = np.eye(4)
    matrix[:3, 3] = vector
    return AffineTransform(matrix, BASE, OVERLAY)


def test_differences_are_those_of_the_closed_form_and_worst_where_that_is(scene):
    nodes = pair(scene)
    found = nodeComparison(nodes, comparedWays(nodes))
    assert found.lengths.mean == pytest.approx(0.05 * 60, abs=1e-3)
    assert found.lengths.maximum == pytest.approx(0.05 * 120, abs=1e-3)
    assert found.worst[0] == pytest.approx(CORNER[0] + 120)
    assert (found.onlyFirst, found.onlySecond) == (0, 0)
    assert found.lengths.count / found.points == pytest.approx(1 - OUTSIDE)
    told = " ".join(comparisonSentences(found, "planning"))
    assert "3.0 mm from where A does on the mean" in told
    assert "at the worst place 6.0 mm" in told
    assert "In 16 % neither does." in told


def test_what_only_one_defines_is_counted(scene):
    nodes = pair(scene, undefined=((7, 5, 6),))
    found = nodeComparison(nodes, comparedWays(nodes))
    # Within 10 mm of the node, voxels every 3, 4, 5 mm; those on the faces of the cells are known
    node = np.array([0, CORNER[1] - 4 + 50, CORNER[2] - 8 + 60])
    voxels = IMAGE.points(np.stack(np.indices(IMAGE.shape)[::-1], axis=-1))
    expected = np.count_nonzero((np.abs(voxels - node) < 10 - 1e-6).all(axis=-1))
    assert (found.onlyFirst, found.onlySecond) == (expected, 0)


def test_a_matrix_is_compared_with_a_deformation(scene):
    nodes = pair(scene)
    node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "couch")
    node.SetMatrixTransformToParent(vtkMatrix(np.eye(4)))
    nodes = replace(nodes, second=node)
    found = nodeComparison(nodes, comparedWays(nodes))
    inside = IMAGE.points(np.stack(np.indices(IMAGE.shape)[::-1], axis=-1))
    inside = inside[inside[..., 1] < EDGE]
    inside[:, 1] = np.minimum(inside[:, 1], EDGE - 5)  # beyond the last nodes nothing changes
    expected = np.linalg.norm(stretched(inside), axis=-1)
    assert found.lengths.mean == pytest.approx(expected.mean(), abs=1e-3)
    assert found.lengths.maximum == pytest.approx(expected.max(), abs=1e-3)


def test_structures_have_their_own_numbers(scene):
    nodes = pair(scene)
    box = Lattice.fromAxes((10, 8, 6), CORNER + 20, np.eye(3), np.array([3.0, 4.0, 5.0]))
    mask = Volume(np.ones(box.shape, np.uint8), box, BASE)
    drawn = segmentationNode([Segment("GTV", (255, 0, 0), mask)], BASE, scene, "set")
    nodes = replace(nodes, structures=drawn)
    (found,) = nodeComparison(nodes, comparedWays(nodes)).structures
    assert found.name == "GTV"
    assert found.lengths.mean == pytest.approx(0.05 * (20 + 13.5), abs=0.03)
    assert found.unknown == 0
    drawn.SetAttribute(FRAME, OVERLAY)
    with pytest.raises(FrameOfReferenceError, match="set in"):
        nodeComparison(nodes, comparedWays(nodes))


def test_the_dose_differs_by_its_gradient_times_the_difference():
    lattice = Lattice.fromAxes((30, 28, 26), CORNER - 10, np.eye(3), np.array([5.0, 5.0, 5.0]))
    z = lattice.points(np.stack(np.indices(lattice.shape)[::-1], axis=-1))[..., 2]
    dose = Volume((20 + 0.4 * (z - CORNER[2])).astype(np.float32), lattice, OVERLAY)
    found = doseDifference(IDENTITY, shifted((0, 3, 2.5)), IMAGE, (dose, "Gy"))
    assert found.units == "Gy"
    np.testing.assert_allclose(found.volume.values[found.defined], 0.4 * 2.5, atol=1e-4)
    assert found.differences.maximum == pytest.approx(1.0, abs=1e-4)
    assert found.volume.lattice.spacing == pytest.approx((5, 5, 5))
    with pytest.raises(FrameOfReferenceError):
        doseDifference(IDENTITY, shifted((0, 0, 1)), IMAGE, (replace(dose, frame="9"), "Gy"))


def test_low_doses_do_not_count():
    lattice = Lattice.fromAxes((30, 28, 26), CORNER - 10, np.eye(3), np.array([5.0, 5.0, 5.0]))
    x = lattice.points(np.stack(np.indices(lattice.shape)[::-1], axis=-1))[..., 0]
    values = np.where(x < 0, 3.0, 50.0).astype(np.float32)  # 3 is below a tenth
    found = doseDifference(IDENTITY, IDENTITY, IMAGE, (Volume(values, lattice, OVERLAY), "Gy"))
    size = np.array(found.volume.lattice.size)
    assert 0 < found.differences.count < 0.6 * np.prod(size)


def test_large_images_are_compared_at_fewer_places():
    large = Lattice.fromAxes((101, 64, 50), CORNER, np.eye(3), np.array([1.0, 1.5, 2.0]))
    some = coarser(large, 20_000)
    assert np.prod(some.size) <= 20_000
    index = large.indices(some.corners)
    np.testing.assert_allclose(index, np.rint(index), atol=1e-9)
    assert large.contains(some.corners).all()
    np.testing.assert_allclose(some.spacing / large.spacing, 3)


def test_who_cancels_gets_no_result(scene):
    nodes = pair(scene)
    with pytest.raises(RegistrationCancelledError):
        nodeComparison(nodes, comparedWays(nodes), Watch(isCancelled=lambda: True))


def test_one_node_is_not_two_registrations_and_ends_have_to_meet(scene):
    nodes = pair(scene)
    with pytest.raises(FrameOfReferenceError, match="two registrations"):
        comparedWays(replace(nodes, second=nodes.first))
    with pytest.raises(ValueError, match="same frames"):
        registrationComparison(IDENTITY, replace(IDENTITY, toFrame="9"), IMAGE)


def test_the_difference_on_a_slice_has_the_colors_of_its_lengths(scene):
    difference = comparedWays(pair(scene, undefined=((7, 5, 6),))).onSlices
    toLPS = np.eye(4)
    toLPS[:3, 1] = (0, -1, 0)
    toLPS[:3, 3] = (-60.0, CORNER[1] + 119, 362.0)
    plane = planeOfSlice(toLPS, 120, 120)
    drawn = difference.drawn(plane, 120, 120, FieldLook(FieldKind.MAGNITUDE, scale=8))
    points = CORNER + np.array([[20.0, 30.0, 52.0], [100.0, 80.0, 52.0]])
    column, row = np.floor(np.moveaxis(plane.pixels(points, PIXELS), -1, 0)).astype(int)
    expected, _ = lengthColors(0.05 * (points[:, 0] - CORNER[0]), 8.0)
    np.testing.assert_allclose(drawn.colors[row, column, :3], expected, atol=0.03)
    column, row = np.floor(plane.pixels(np.array([0, CORNER[1] + 46, 362.0]), PIXELS)).astype(int)
    assert np.ptp(drawn.colors[row, column, :3]) < 0.05  # gray: only one says something
    assert drawn.colors[row, column, 3] > 0.8
