"""What lies under a node in MRML goes where the deformation says, and comes back out of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK

import builders
from deformationCases import CASES, OBLIQUE, POST, PRE, Case
from deformationNodes import (
    CLOSE,
    CT,
    MR,
    ROUNDING,
    SINE,
    assertSame,
    fromParent,
    nodeOf,
    registrationOf,
    rich,
    square,
    through,
    wavy,
    withVectors,
)
from IHERODeformationLib.deformableRegistration import (
    DeclaredMatrix,
    DeformableRegistrationItem,
    DeformableSpatialRegistration,
)
from IHERODeformationLib.scene import (
    registrationFromDeformationNode,
    transformNodeFromItem,
    transformNodesFromDeformation,
)
from IHERORegistrationLib.dataNodes import pointsNode, volumeNodeFromVolume
from IHERORegistrationLib.errors import (
    FrameOfReferenceError,
    NotInvertibleError,
)
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.scene import placeUnder, registrationFromTransformNode, setRegisteredNodes


@pytest.mark.parametrize("name", CASES)
def test_a_thousand_registered_points_go_to_the_source_through_mrml(name, scene):
    case = CASES[name]
    points = case.randomPoints(beyond=0.45)
    points = points[~case.touchesUndefined(points)]
    there = fromParent(nodeOf(case, scene), points)
    np.testing.assert_allclose(there, case.expected(points), atol=ROUNDING, rtol=0)


@pytest.mark.parametrize("name", CASES)
def test_a_node_gives_back_the_vectors_that_were_read(name, scene):
    case = CASES[name]
    after = registrationFromDeformationNode(nodeOf(case, scene)).oneDeformation().grid
    before = registrationOf(case).oneDeformation().grid
    assert after.lattice.size == before.lattice.size
    np.testing.assert_array_equal(after.lattice.ijkToLPS, before.lattice.ijkToLPS)
    turned = case.pre is not None and tuple(case.pre[:3]) != (1, 0, 0)
    np.testing.assert_allclose(after.vectors, case.vectors, atol=turned * 1e-6, rtol=0)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if not case.undefined])
def test_points_of_data_under_a_node_appear_where_they_come_from(name, scene):
    """By MRML's own hand, so through VTK's inverse."""
    case = CASES[name]
    registered = case.randomPoints(200)
    there = case.expected(registered)
    node = nodeOf(case, scene)
    data = pointsNode({str(n): point for n, point in enumerate(there)}, MR, scene, "points")
    placeUnder(data, node)
    world = np.zeros((len(registered), 3))
    for row, found in enumerate(world):
        data.GetNthControlPointPositionWorld(row, found)
    np.testing.assert_allclose(world * (-1, -1, 1), registered, atol=CLOSE, rtol=0)


def byITK(case: Case, vectors: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Displacements between nodes as SimpleITK interpolates them."""
    image = SimpleITK.GetImageFromArray(vectors.astype("f4").astype(float), isVector=True)
    image.SetOrigin(case.position)
    image.SetSpacing(case.spacing)
    image.SetDirection(case.axes.ravel().tolist())
    field = SimpleITK.DisplacementFieldTransform(image)
    return np.array([field.TransformPoint(point.tolist()) for point in points]) - points


@pytest.mark.parametrize(("roughness", "allowed"), [(0.0, 1e-4), (8.0, 1e-3)])
def test_mrml_agrees_with_simpleitk_on_smooth_fields_and_nearly_on_rough_ones(
    roughness, allowed, scene
):
    """VTK's weights are rounded, which costs 6e-5 of what neighbors differ."""
    case = replace(SINE, orientation=OBLIQUE, pre=PRE, post=POST)
    node = np.indices(case.size[::-1])[::-1].transpose(1, 2, 3, 0)
    random = np.random.default_rng(6)
    vectors = wavy(case.pointsAt(node)) + roughness * random.normal(size=(*case.size[::-1], 3))
    (made,) = transformNodesFromDeformation(withVectors(case, vectors), scene)
    points = case.randomPoints()
    pre, post = (np.array(one).reshape(4, 4) for one in (PRE, POST))
    moved = points @ pre[:3, :3].T + pre[:3, 3] + byITK(case, vectors, points)
    expected = moved @ post[:3, :3].T + post[:3, 3]
    np.testing.assert_allclose(fromParent(made, points), expected, atol=allowed, rtol=0)


def test_the_two_directions_are_not_each_other(scene):
    case = CASES["both"]
    points = case.randomPoints()
    node = nodeOf(case, scene)
    swapped = through(node.GetTransformToParent(), points)
    assert np.linalg.norm(swapped - case.expected(points), axis=-1).min() > 10


def test_a_registration_comes_back_from_its_node_whole(scene):
    (node,) = transformNodesFromDeformation(rich(), scene)
    assertSame(registrationFromDeformationNode(node), rich())


def test_an_object_without_matrices_comes_back_without(scene):
    back = registrationFromDeformationNode(nodeOf(CASES["oblique"], scene))
    assert [(item.pre, item.post) for item in back.sourceItems] == [(None, None)]


def test_undefined_nodes_are_not_displaced_in_the_scene_and_come_back_undefined(scene):
    case = CASES["undefined nodes"]
    node = nodeOf(case, scene)
    places = case.pointsAt(np.array(case.undefined))
    np.testing.assert_allclose(fromParent(node, places), places, atol=1e-9)
    grid = registrationFromDeformationNode(node).oneDeformation().grid
    undefined = np.isnan(grid.vectors)
    assert undefined.sum() == 3 * len(case.undefined)
    assert all(undefined[k, j, i].all() for i, j, k in case.undefined)


def severalSources() -> DeformableSpatialRegistration:
    """A deformation, a matrix alone, and a correction within the registered frame."""
    one = registrationOf(CASES["pre"])
    registered, source = one.items
    alone = DeformableRegistrationItem(
        3, builders.PET_FRAME, source.images, pre=DeclaredMatrix(square(PRE), "RIGID")
    )
    return replace(
        one, items=(registered, source, alone, replace(source, number=4, sourceFrame=CT))
    )


def test_every_item_into_another_frame_has_its_node(scene):
    nodes = transformNodesFromDeformation(severalSources(), scene)
    assert [node.GetAttribute("IHERO.SourceFrame") for node in nodes] == [MR, builders.PET_FRAME]
    assert [node.GetName() for node in nodes] == [f"{severalSources().label} {n}" for n in (2, 3)]
    points = CASES["pre"].randomPoints(50)
    expected = points @ square(PRE)[:3, :3].T + square(PRE)[:3, 3]
    np.testing.assert_allclose(fromParent(nodes[1], points), expected, atol=1e-9)
    (back,) = registrationFromTransformNode(nodes[1]).movingItems
    np.testing.assert_allclose(back.matrix, np.linalg.inv(square(PRE)), atol=1e-9)


def test_a_correction_within_the_registered_frame_has_a_node_when_asked_for(scene):
    one = severalSources()
    node = transformNodeFromItem(one, one.selfMappingItems[0], scene)
    points = CASES["pre"].randomPoints(50)
    np.testing.assert_allclose(
        fromParent(node, points), CASES["pre"].expected(points), atol=ROUNDING
    )


def test_a_singular_matrix_before_the_vectors_makes_no_node(scene):
    one = registrationOf(CASES["pre"])
    flat = DeclaredMatrix(np.diag([1.0, 1, 0, 1]), "AFFINE")
    (source,) = one.sourceItems
    count = scene.GetNumberOfNodes()
    with pytest.raises(NotInvertibleError):
        transformNodeFromItem(one, replace(source, pre=flat), scene)
    assert scene.GetNumberOfNodes() == count


def test_data_is_placed_by_its_frame(scene):
    node = nodeOf(CASES["both"], scene)
    lattice = Lattice((4, 3, 2), np.eye(4))
    fixed, moving = (
        volumeNodeFromVolume(Volume(np.zeros((2, 3, 4), np.int16), lattice, frame), scene, "image")
        for frame in (CT, MR)
    )
    setRegisteredNodes(node, fixed, moving)
    placeUnder(moving, node)
    assert moving.GetParentTransformNode() is node
    with pytest.raises(FrameOfReferenceError):
        placeUnder(fixed, node)
