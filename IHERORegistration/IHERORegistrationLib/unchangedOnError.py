"""A scene as it was, where something does not come to its end."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import slicer

from .sceneNodes import nodesOfClass


@contextlib.contextmanager
def unchangedOnError(scene: slicer.vtkMRMLScene) -> Iterator[None]:
    """What is done in the context is done as a whole: at an error the nodes that came are taken
    away again and those that were there lie under the transforms under which they lay.

    What nodes hold inside is not copied: change it last.
    """
    before = {node.GetID() for node in nodesOfClass(scene, "vtkMRMLNode")}
    parents = [
        (node, node.GetTransformNodeID())
        for node in nodesOfClass(scene, "vtkMRMLTransformableNode")
    ]
    try:
        yield
    except BaseException:  # also where the user ends the program: then the scene may be saved
        for node in nodesOfClass(scene, "vtkMRMLNode"):
            if node.GetID() not in before:
                scene.RemoveNode(node)
        for node, parentID in parents:
            if node.GetScene() is scene and node.GetTransformNodeID() != parentID:
                node.SetAndObserveTransformNodeID(parentID)
        raise
