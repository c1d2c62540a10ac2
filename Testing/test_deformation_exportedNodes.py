"""Nodes that were made from objects are exported as they are and as the scene shows them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import slicer
from vtkmodules.vtkCommonTransforms import vtkGeneralTransform, vtkTransform

from deformationCases import CASES, PRE
from deformationNodes import (
    CT,
    MR,
    ROUNDING,
    SINE,
    aLattice,
    assertSame,
    fromParent,
    nodeOf,
    registrationOf,
    square,
    through,
    wavy,
    withVectors,
)
from IHERODeformationLib.nodeDeformation import deformationFromTransformNode
from IHERODeformationLib.scene import (
    registrationFromDeformationNode,
    transformNodesFromDeformation,
)
from IHERORegistrationLib.dataNodes import pointsNode
from IHERORegistrationLib.errors import (
    MalformedRegistrationError,
)
from IHERORegistrationLib.lattice import Lattice
from IHERORegistrationLib.scene import placeUnder


@pytest.mark.parametrize("name", CASES)
def test_a_node_as_it_was_read_is_exported_with_its_matrices_and_vectors(name, scene):
    case = CASES[name]
    made = deformationFromTransformNode(nodeOf(case, scene), aLattice(case), CT, MR)
    before = registrationOf(case).oneDeformation()
    np.testing.assert_array_equal(made.transform.pre, before.pre)
    np.testing.assert_array_equal(made.transform.post, before.post)
    np.testing.assert_allclose(made.transform.grid.vectors, case.vectors, atol=1e-6, rtol=0)
    assert made.error == 0


def shifted(scene: slicer.vtkMRMLScene) -> slicer.vtkMRMLTransformNode:
    """What lies under it appears 7 mm to the right, 4 back and 2 up."""
    node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    move = vtkTransform()
    move.Translate(7, -4, 2)
    node.SetMatrixTransformToParent(move.GetMatrix())
    return node


def test_under_another_node_undefined_and_outside_stay_so(scene):
    case = replace(CASES["undefined nodes"], size=(12, 11, 9), undefined=((5, 4, 3), (6, 7, 5)))
    node = nodeOf(case, scene)
    node.SetAndObserveTransformNodeID(shifted(scene).GetID())
    over = Lattice.fromAxes((40, 30, 40), case.pointsAt((0, 0, 0)) - 3, np.eye(3), (0.7, 0.7, 0.7))
    made = deformationFromTransformNode(node, over, CT, MR, spacing=0.7)  # which samples it
    share = np.random.default_rng(2).uniform(size=(2000, 3))
    points = over.points(share * over.size - 0.5)
    there = made.transform(points)
    before = points - np.array((-7, 4, 2))  # LPS
    missing = case.outside(before) | case.touchesUndefined(before)
    defined = ~np.isnan(there).any(axis=-1)
    assert not (defined & missing).sum() > 0.001 * len(points)
    np.testing.assert_allclose(
        there[defined & ~missing], case.expected(before)[defined & ~missing], atol=0.1
    )
    assert 0.1 < defined.mean() < 0.9
    assert made.lost > 0


def test_a_changed_node_does_not_come_back_as_what_was_read(scene):
    node = nodeOf(CASES["both"], scene)
    node.SetAndObserveTransformNodeID(shifted(scene).GetID())
    with pytest.raises(MalformedRegistrationError, match="is not as it was made"):
        registrationFromDeformationNode(node)
    node.SetAndObserveTransformNodeID(None)
    registrationFromDeformationNode(node)
    node.ApplyTransformMatrix(shifted(scene).GetTransformToParent().GetMatrix())
    with pytest.raises(MalformedRegistrationError, match="is not as it was made"):
        registrationFromDeformationNode(node)


def test_an_image_that_stays_under_the_same_node_changes_nothing(scene):
    one = registrationOf(CASES["both"])
    (node,) = transformNodesFromDeformation(one, scene)
    parent = shifted(scene)
    fixed = pointsNode({"p": np.zeros(3)}, CT, scene, "points")
    node.SetNodeReferenceID("spatialRegistrationFixed", fixed.GetID())
    fixed.SetAndObserveTransformNodeID(parent.GetID())
    with pytest.raises(MalformedRegistrationError, match="is not as it was made"):
        registrationFromDeformationNode(node)
    node.SetAndObserveTransformNodeID(parent.GetID())
    assertSame(registrationFromDeformationNode(node), one)


@pytest.mark.parametrize(("size", "shift"), [((3, 5, 4), 0.0), ((6, 5, 4), 5.0)])
def test_vectors_on_another_lattice_are_not_what_was_read(size, shift, scene):
    """The same corners with other nodes between them, or the same nodes elsewhere."""
    case, holed = CASES["oblique"], CASES["undefined nodes"]
    node, holedNode = nodeOf(case, scene), nodeOf(holed, scene)
    step = np.array(case.spacing) * (np.array(case.size) - 1) / (np.array(size) - 1)
    other = replace(case, size=size, spacing=tuple(step), position=case.pointsAt((shift, 0, 0)))
    moved = nodeOf(other, scene).GetTransformFromParent()
    for one in (node, holedNode):
        one.SetAndObserveTransformFromParent(moved)
        with pytest.raises(MalformedRegistrationError, match="is not as it was made"):
            registrationFromDeformationNode(one)
    made = deformationFromTransformNode(node, aLattice(case), CT, MR).transform
    points = other.randomPoints(100)
    np.testing.assert_allclose(made(points), other.expected(points), atol=1e-5)
    with pytest.raises(MalformedRegistrationError, match="undefined in places and has been ch"):
        deformationFromTransformNode(holedNode, aLattice(case), CT, MR)


def test_an_image_that_stays_may_lie_under_a_deformation(scene):
    """Its own coordinates are then those of the source, found by the numerical inverse."""
    case = replace(SINE, pre=PRE)
    nodes = np.indices(case.size[::-1])[::-1].transpose(1, 2, 3, 0)
    one = withVectors(case, wavy(case.pointsAt(nodes)))
    (deformation,) = transformNodesFromDeformation(one, scene)
    fixed = pointsNode({"p": np.zeros(3)}, MR, scene, "points")
    placeUnder(fixed, deformation)
    node = shifted(scene)
    node.SetNodeReferenceID("spatialRegistrationFixed", fixed.GetID())
    registered = case.randomPoints(500)
    own = one.oneDeformation()(registered)
    middle = Lattice.fromAxes((20, 16, 14), case.pointsAt((7, 6, 5)), case.axes, (2.5, 3, 4))
    over = Lattice(middle.size, square(PRE) @ middle.ijkToLPS)
    made = deformationFromTransformNode(node, over, MR, "1.2.3", error=0.3)
    inside = over.contains(own)
    assert inside.sum() > 30
    expected = registered - np.array((-7, 4, 2))
    np.testing.assert_allclose(made.transform(own[inside]), expected[inside], atol=0.3)


def test_a_node_that_never_was_an_object_gives_none(scene):
    with pytest.raises(MalformedRegistrationError, match="deformationFromTransformNode"):
        registrationFromDeformationNode(scene.AddNewNodeByClass("vtkMRMLTransformNode"))


def test_among_matrices_the_vectors_stay_as_they_are(scene):
    case = CASES["undefined block"]
    top, node = shifted(scene), nodeOf(case, scene)
    turn = vtkTransform()
    turn.RotateWXYZ(25, 0.2, -0.4, 0.7)
    top.ApplyTransformMatrix(turn.GetMatrix())
    node.SetAndObserveTransformNodeID(top.GetID())
    child = shifted(scene)
    child.SetAndObserveTransformNodeID(node.GetID())
    made = deformationFromTransformNode(child, aLattice(case), CT, MR)
    np.testing.assert_allclose(made.transform.grid.vectors, case.vectors, atol=1e-6, rtol=0)
    inGrid = case.randomPoints(beyond=0.4)
    there = made.transform(through(top.GetTransformToParent(), inGrid))
    expected = case.expected(inGrid) - np.array((-7, 4, 2))
    defined = ~case.touchesUndefined(inGrid)
    np.testing.assert_allclose(there[defined], expected[defined], atol=1e-5, rtol=0)
    assert np.isnan(there[~defined]).all()
    assert made.error < 1e-5


@pytest.mark.parametrize("name", ["both", "undefined nodes"])
def test_after_hardening_points_go_as_the_scene_shows_and_lost_nodes_are_refused(name, scene):
    case = CASES[name]
    node = nodeOf(case, scene)
    node.SetAndObserveTransformNodeID(shifted(scene).GetID())
    node.HardenTransform()
    over = aLattice(case)
    if case.undefined:
        with pytest.raises(MalformedRegistrationError, match="undefined in places and has been ch"):
            deformationFromTransformNode(node, over, CT, MR)
        return
    made = deformationFromTransformNode(node, over, CT, MR, error=1.0)
    points = case.randomPoints()
    np.testing.assert_allclose(made.transform(points), fromParent(node, points), atol=1.0)


def test_a_matrix_under_a_deformation_is_exported_as_the_scene_shows_without_hardening(scene):
    """Slicer hardens a node under a deformation in the wrong order. If this fails, it is mended."""
    case = replace(SINE, pre=PRE)
    node = np.indices(case.size[::-1])[::-1].transpose(1, 2, 3, 0)
    (parent,) = transformNodesFromDeformation(withVectors(case, wavy(case.pointsAt(node))), scene)
    child = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    turn = vtkTransform()
    turn.RotateX(30)
    turn.Translate(5, 60, -7)
    child.SetMatrixTransformToParent(turn.GetMatrix())
    child.SetAndObserveTransformNodeID(parent.GetID())
    points = case.randomPoints(500)
    shown = through(turn.GetInverse(), fromParent(parent, points))
    made = deformationFromTransformNode(child, aLattice(case), CT, MR)
    np.testing.assert_allclose(made.transform(points), shown, atol=ROUNDING)
    child.HardenTransform()
    assert np.linalg.norm(fromParent(child, points) - shown, axis=-1).max() > 1


def test_a_matrix_after_the_vectors_may_change_and_undefined_nodes_stay(scene):
    case = CASES["undefined block"]
    node = nodeOf(case, scene)
    more = vtkGeneralTransform()
    more.PostMultiply()
    more.Concatenate(node.GetTransformFromParent())
    more.Concatenate(shifted(scene).GetTransformFromParent())
    node.SetAndObserveTransformFromParent(more)
    made = deformationFromTransformNode(node, aLattice(case), CT, MR).transform
    points = case.randomPoints()
    defined = ~case.touchesUndefined(points)
    there = made(points)
    np.testing.assert_array_equal(np.isnan(there).any(axis=-1), ~defined)
    expected = case.expected(points) - np.array((-7, 4, 2))
    np.testing.assert_allclose(there[defined], expected[defined], atol=1e-5)
