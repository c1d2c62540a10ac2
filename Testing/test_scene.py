"""Registrations become transform nodes and come back whole."""

import datetime

import numpy as np
import pytest
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonTransforms import vtkThinPlateSplineTransform

import builders
from IHERORegistrationLib.dataNodes import volumeNodeFromVolume
from IHERORegistrationLib.decimalStrings import asWritten
from IHERORegistrationLib.errors import (
    DeformableContentError,
    MalformedRegistrationError,
    NotInvertibleError,
    NotRigidError,
)
from IHERORegistrationLib.reader import registrationFromDataset
from IHERORegistrationLib.scene import (
    registrationFromTransformNode,
    transformFromNode,
    transformNodesFromRegistration,
)
from IHERORegistrationLib.writer import datasetFromRegistration
from rigidNodes import (
    CT,
    MR,
    POINTS,
    assertSame,
    aVolume,
    linearNode,
    moved,
    nodeOf,
    randomMatrix,
    ras,
    rasMatrix,
    registration,
    rich,
    toWorld,
)


@pytest.mark.parametrize("seed", range(8))
def test_mrml_and_numpy_move_points_alike(scene, seed):
    matrix = randomMatrix(seed, affine=seed % 2 == 1)
    kind = "AFFINE" if seed % 2 else "RIGID"
    items = [
        builders.registrationItem(builders.ctSeries(), builders.IDENTITY),
        builders.registrationItem(builders.mrSeries(), matrix.ravel(), matrixType=kind),
    ]
    node = nodeOf(registration(items=items), scene)
    expected = moved(POINTS, matrix)
    assert np.abs(ras(toWorld(node, ras(POINTS))) - expected).max() < 1e-6


def test_the_item_of_the_registered_frame_makes_no_node_wherever_it_stands(scene, capfd):
    items = [
        builders.registrationItem(builders.petSeries(), randomMatrix(1).ravel()),
        builders.registrationItem(builders.ctSeries(), builders.IDENTITY),
        builders.registrationItem(builders.mrSeries(), randomMatrix(2).ravel()),
    ]
    nodes = transformNodesFromRegistration(registration(items=items), scene)
    frames = [node.GetAttribute("IHERO.SourceFrame") for node in nodes]
    assert frames == [builders.PET_FRAME, MR]
    assert [node.GetName() for node in nodes] == ["MR_ON_CT 1", "MR_ON_CT 3"]
    assert np.allclose(ras(toWorld(nodes[1], ras(POINTS))), moved(POINTS, randomMatrix(2)))
    assert capfd.readouterr() == ("", "")


def test_the_node_tells_what_the_object_says(scene):
    node = nodeOf(registration(), scene)
    attributes = {name: node.GetAttribute(name) for name in node.GetAttributeNames()}
    assert attributes["IHERO.RegisteredFrame"] == CT
    assert attributes["IHERO.SourceFrame"] == MR
    assert attributes["IHERO.SOPInstanceUID"] == "2.25.77.4.50"
    assert attributes["IHERO.ContentLabel"] == "MR_ON_CT"
    assert attributes["IHERO.ContentDescription"] == "MR registered to the planning CT"


def test_a_registration_comes_back_from_its_node_whole(scene):
    one = rich()
    assertSame(registrationFromTransformNode(nodeOf(one, scene)), one)


def test_what_comes_back_is_written_and_read_to_the_last_bit(scene):
    back = registrationFromTransformNode(nodeOf(registration(), scene))
    template = builders.ctSeries()[0]
    created = datetime.datetime(2024, 5, 6, 7, 8, 9, tzinfo=datetime.UTC)
    again = registrationFromDataset(datasetFromRegistration(back, template, created=created))
    assert np.array_equal(again.items[1].matrix, back.items[1].matrix)
    assert again.items[1].images == back.items[1].images


def test_a_changed_matrix_comes_back_with_its_new_type(scene):
    node = nodeOf(registration(), scene)
    for matrix, kind in (
        (randomMatrix(4), "RIGID"),
        (randomMatrix(4) @ np.diag([1.1, 0.9, 1.2, 1]), "RIGID_SCALE"),
        (randomMatrix(4, affine=True), "AFFINE"),
    ):
        node.SetMatrixTransformToParent(rasMatrix(matrix))
        item = registrationFromTransformNode(node).items[1]
        assert item.declaredTypes == (kind,)
        np.testing.assert_allclose(item.matrix, matrix, rtol=0, atol=1e-9)


def test_a_rotation_with_rounding_errors_becomes_exactly_one(scene):
    exact = randomMatrix(6)
    node = nodeOf(registration(), scene)
    node.SetMatrixTransformToParent(rasMatrix(np.round(exact, 5)))
    matrix = registrationFromTransformNode(node).items[1].matrix
    assert np.abs(matrix[:3, :3].T @ matrix[:3, :3] - np.eye(3)).max() < 1e-12
    assert np.abs(matrix - exact).max() < 1e-5
    assert np.array_equal(asWritten(matrix), matrix)


def test_mirrors_and_singular_matrices_are_refused(scene):
    node = nodeOf(registration(), scene)
    node.SetMatrixTransformToParent(rasMatrix(np.diag([1.0, -1, 1, 1])))
    with pytest.raises(NotRigidError, match="mirror"):
        registrationFromTransformNode(node)
    node.SetMatrixTransformToParent(rasMatrix(np.diag([1.0, 1, 0, 1])))
    with pytest.raises(NotInvertibleError):
        registrationFromTransformNode(node)


def test_a_node_of_other_origin_names_what_it_lacks(scene):
    with pytest.raises(MalformedRegistrationError, match="give its frames and images"):
        registrationFromTransformNode(linearNode(scene, randomMatrix(3)))


@pytest.mark.parametrize("kind", ["vtkMRMLLinearTransformNode", "vtkMRMLTransformNode"])
def test_any_linear_node_gives_its_matrix_in_lps(scene, kind):
    matrix = randomMatrix(8, affine=True)
    transform = transformFromNode(linearNode(scene, matrix, kind), MR, CT)
    assert (transform.fromFrame, transform.toFrame) == (MR, CT)
    np.testing.assert_allclose(transform(POINTS), moved(POINTS, matrix), atol=1e-9)


def test_nodes_above_count_the_nearest_first(scene):
    matrices = [randomMatrix(seed, affine=True) for seed in (1, 2, 3)]
    child, parent, grandparent = (linearNode(scene, matrix) for matrix in matrices)
    child.SetAndObserveTransformNodeID(parent.GetID())
    parent.SetAndObserveTransformNodeID(grandparent.GetID())
    expected = moved(moved(moved(POINTS, matrices[0]), matrices[1]), matrices[2])
    np.testing.assert_allclose(transformFromNode(child, MR, CT)(POINTS), expected, atol=1e-8)


def test_a_matrix_given_from_the_parent_is_inverted(scene):
    matrix = randomMatrix(5)
    node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    node.SetMatrixTransformFromParent(rasMatrix(matrix))
    transform = transformFromNode(node, MR, CT)
    np.testing.assert_allclose(moved(transform(POINTS), matrix), POINTS, atol=1e-9)


def test_a_fixed_image_that_was_moved_itself_is_what_the_transform_leads_to(scene):
    matrix, ofFixed = randomMatrix(1), randomMatrix(2)
    node, above = linearNode(scene, matrix), linearNode(scene, ofFixed)
    fixed = volumeNodeFromVolume(aVolume(CT), scene, "fixed")
    fixed.SetAndObserveTransformNodeID(above.GetID())
    node.SetNodeReferenceID(node.GetFixedNodeReferenceRole(), fixed.GetID())
    there = transformFromNode(node, MR, CT)(POINTS)
    np.testing.assert_allclose(moved(there, ofFixed), moved(POINTS, matrix), atol=1e-8)


def test_deformations_are_refused_on_the_node_and_above_it(scene):
    bent = scene.AddNewNodeByClass("vtkMRMLTransformNode")
    spline, here, there = vtkThinPlateSplineTransform(), vtkPoints(), vtkPoints()
    for point in ((0, 0, 0), (50, 0, 0), (0, 60, 0), (0, 0, 70), (40, 40, 40)):
        here.InsertNextPoint(point)
        there.InsertNextPoint([c + 3 * np.sin(c) for c in point])
    spline.SetSourceLandmarks(here)
    spline.SetTargetLandmarks(there)
    spline.SetBasisToR()
    bent.SetAndObserveTransformToParent(spline)
    with pytest.raises(DeformableContentError, match="expected a linear transform"):
        transformFromNode(bent, MR, CT)
    child = linearNode(scene, randomMatrix(1))
    child.SetAndObserveTransformNodeID(bent.GetID())
    with pytest.raises(DeformableContentError, match="expected a linear transform"):
        transformFromNode(child, MR, CT)
