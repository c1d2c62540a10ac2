"""Scenes with deformations are saved and loaded with the same points and objects."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import slicer

from deformationCases import CASES
from deformationNodes import ROUNDING, assertSame, fromParent, rich, withVectors
from IHERODeformationLib.heldDeformation import gridParts
from IHERODeformationLib.scene import (
    registrationFromDeformationNode,
    restoreDeformations,
    transformNodesFromDeformation,
)
from IHERORegistrationLib.headlessScene import newScene, saveScene, sceneFromFile


def savedAsBundle(scene: slicer.vtkMRMLScene, folder: Path) -> slicer.vtkMRMLScene:
    return sceneFromFile(saveScene(scene, folder / "a scene.mrb"))


def savedAsFiles(ending: str) -> Callable[[slicer.vtkMRMLScene, Path], slicer.vtkMRMLScene]:
    """As the application saves: each node with data into its own file, then the scene."""

    def saved(scene: slicer.vtkMRMLScene, folder: Path) -> slicer.vtkMRMLScene:
        scene.SetRootDirectory(str(folder))
        nodes = scene.GetNodesByClass("vtkMRMLTransformNode")
        nodes.UnRegister(None)
        for index in range(nodes.GetNumberOfItems()):
            node = nodes.GetItemAsObject(index)
            node.AddDefaultStorageNode()
            storage = node.GetStorageNode()
            storage.SetFileName(str(folder / f"{index}{ending}"))
            assert storage.WriteData(node)
        scene.SetURL(str(folder / "scene.mrml"))
        assert scene.Commit()
        again = newScene()
        again.SetURL(str(folder / "scene.mrml"))
        assert again.Import()
        return again

    return saved


WAYS = {"bundle": savedAsBundle, "h5": savedAsFiles(".h5"), "tfm": savedAsFiles(".tfm")}


@pytest.mark.parametrize("way", WAYS)
def test_a_scene_saved_and_loaded_gives_the_same_points_and_object(way, scene, tmp_path):
    case = CASES["undefined block"]
    (node,) = transformNodesFromDeformation(rich(), scene)
    again = WAYS[way](scene, tmp_path)
    restoreDeformations(again)
    loaded = again.GetNodeByID(node.GetID())
    points = case.randomPoints(beyond=0.45)
    np.testing.assert_allclose(
        fromParent(loaded, points), fromParent(node, points), atol=1e-6, rtol=0
    )
    points = points[~case.touchesUndefined(points)]
    np.testing.assert_allclose(
        fromParent(loaded, points), case.expected(points), atol=ROUNDING, rtol=0
    )
    assertSame(registrationFromDeformationNode(loaded), registrationFromDeformationNode(node))
    assertSame(registrationFromDeformationNode(loaded), rich())


def test_without_being_restored_a_loaded_scene_moves_points_otherwise(scene, tmp_path):
    """Slicer's reader makes every grid cubic. If this fails, restoreDeformations may go."""
    case = CASES["oblique"]
    vectors = np.random.default_rng(1).normal(0, 3, (*case.size[::-1], 3))
    (node,) = transformNodesFromDeformation(withVectors(case, vectors), scene)
    again = savedAsBundle(scene, tmp_path)
    loaded = again.GetNodeByID(node.GetID())
    points = case.randomPoints()
    apart = np.abs(fromParent(loaded, points) - fromParent(node, points)).max()
    assert apart > 0.5
    restoreDeformations(again)
    np.testing.assert_allclose(fromParent(loaded, points), fromParent(node, points), atol=1e-9)
    (grid,) = gridParts(loaded)
    assert grid.GetInverseTolerance() == 1e-3


def test_other_nodes_are_left_alone_when_deformations_are_restored(scene):
    grid = slicer.vtkOrientedGridTransform()
    grid.SetInterpolationModeToCubic()
    node = scene.AddNewNodeByClass("vtkMRMLTransformNode")
    node.SetAndObserveTransformFromParent(grid)
    restoreDeformations(scene)
    assert grid.GetInterpolationModeAsString() == "Cubic"
