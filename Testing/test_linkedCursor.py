"""A point of one image's coordinates is found in the other's, both ways, with what is there."""

import numpy as np
import pytest

import builders
from bentSpace import BentSpace
from IHERODeformationLib.reader import deformableRegistrationFromDataset
from IHERODeformationLib.scene import transformNodesFromDeformation
from IHERORegistrationLib.dataNodes import volumeNodeFromVolume
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.pointReadout import PlacedVolume, jacobianAt, pointReadout, valueAt
from IHERORegistrationLib.resampling import vtkMatrix
from IHERORegistrationLib.scene import LPS_TO_RAS
from IHERORegistrationLib.widgets.linkedCursor import CursorLink

SPACE = BentSpace((12.0, -40, 903), (-25.0, 310, -1200))
GRID = Lattice.fromAxes((9, 8, 7), np.array([4.0, -47, 897]), np.eye(3), np.array([2, 2, 2]))
POINT = np.array([15.0, -38, 906])
RIGID = np.array([[0, -1.0, 0, 7], [0, 0, 1, -3], [-1, 0, 0, 40], [0, 0, 0, 1]])
OUTSIDE = np.array([60.0, -38, 906])


@pytest.fixture
def deformation(scene):
    dataset = SPACE.dataset(GRID, builders.ctSeries(), builders.mrSeries())
    (node,) = transformNodesFromDeformation(deformableRegistrationFromDataset(dataset), scene)
    return node


def test_a_point_goes_through_a_deformation_to_the_overlay(deformation):
    place = CursorLink().fromWorld(deformation, POINT)
    np.testing.assert_allclose(place.native, SPACE(POINT), atol=1e-4)
    assert np.isnan(place.residual)


def test_a_point_of_the_overlay_comes_back_with_what_the_inverse_misses(deformation):
    place = CursorLink().fromNative(deformation, SPACE(POINT))
    np.testing.assert_allclose(place.world, POINT, atol=2e-3)
    assert 0 <= place.residual <= 1e-3


def test_outside_the_grid_there_is_no_place(deformation):
    assert np.isnan(CursorLink().fromWorld(deformation, OUTSIDE).native).all()
    back = CursorLink().fromNative(deformation, SPACE(OUTSIDE))
    assert np.isnan(back.world).all()
    assert np.isnan(back.residual)


def test_a_matrix_leads_both_ways_without_a_residual(scene):
    matrix = np.array([[0, -1.0, 0, 7], [0, 0, 1, -3], [-1, 0, 0, 40], [0, 0, 0, 1]])
    node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    node.SetMatrixTransformToParent(vtkMatrix(LPS_TO_RAS @ matrix @ LPS_TO_RAS))
    link = CursorLink()
    native = np.array([3.0, 5, -8])
    world = matrix[:3, :3] @ native + matrix[:3, 3]
    place = link.fromNative(node, native)
    np.testing.assert_allclose(place.world, world, atol=1e-12)
    assert np.isnan(place.residual)
    np.testing.assert_allclose(link.fromWorld(node, world).native, native, atol=1e-12)
    np.testing.assert_array_equal(link.fromWorld(None, world).native, world)


def test_the_way_follows_a_node_that_is_moved(scene):
    node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    link = CursorLink()
    for shift in (5.0, 11.0):
        matrix = np.eye(4)
        matrix[2, 3] = shift
        node.SetMatrixTransformToParent(vtkMatrix(matrix))
        assert link.fromWorld(node, POINT).native[2] == POINT[2] - shift


def test_the_jacobian_is_that_of_the_deformation(deformation):
    there, _ = CursorLink().maps(deformation)
    expected = np.linalg.det(SPACE.derivative(POINT[None])[0])
    assert jacobianAt(there, POINT) == pytest.approx(expected, abs=1e-3)
    assert np.isnan(jacobianAt(there, OUTSIDE))


def test_values_are_those_of_the_nearest_voxel_of_an_oblique_volume(scene):
    lattice = Lattice.fromAxes((5, 6, 7), np.array([30.0, -8, 2]), SPACE.turn, np.array([1, 2, 3]))
    values = np.arange(5 * 6 * 7, dtype=np.int16).reshape(7, 6, 5)
    node = volumeNodeFromVolume(Volume(values, lattice, "1.2"), scene, "oblique")
    assert valueAt(node, lattice.points(np.array([3.3, 1.6, 5.4]))) == values[5, 2, 3]
    assert np.isnan(valueAt(node, lattice.points(np.array([4.6, 0, 0]))))
    assert np.isnan(valueAt(node, np.full(3, np.nan)))


def test_a_readout_tells_both_places_the_vector_and_the_values(scene, deformation):
    def constant(value, lattice, name):
        values = np.full(lattice.shape, value, np.float32)
        return volumeNodeFromVolume(Volume(values, lattice, "1.2"), scene, name)

    there, _ = CursorLink().maps(deformation)
    moved = Lattice.fromAxes((9, 9, 9), SPACE(POINT) - 4, np.eye(3), np.ones(3))
    base = PlacedVolume(constant(40, GRID, "base"), lambda points: points)
    overlay = PlacedVolume(constant(300, moved, "overlay"), there)
    dose = PlacedVolume(constant(1.5, GRID, "dose"), lambda points: points)
    readout = pointReadout(POINT, base, overlay, dose, withJacobian=True, rigid=RIGID)
    assert (readout.baseValue, readout.overlayValue, readout.dose) == (40, 300, 1.5)
    rest = (np.linalg.inv(RIGID) @ (*SPACE(POINT), 1))[:3] - POINT
    np.testing.assert_allclose(readout.vector, rest, atol=1e-4)
    assert readout.jacobian == pytest.approx(jacobianAt(there, POINT))
    alone = pointReadout(POINT, base, None, None)
    assert np.isnan([alone.overlayValue, alone.dose, alone.jacobian, *alone.native]).all()
    assert np.isnan(alone.vector).all()
