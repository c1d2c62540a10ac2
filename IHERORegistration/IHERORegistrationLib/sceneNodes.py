"""The nodes of any scene: slicer.util.getNodesByClass asks the application's only."""

from __future__ import annotations

import slicer


def nodesOfClass(scene: slicer.vtkMRMLScene, className: str) -> list[slicer.vtkMRMLNode]:
    """The nodes of a class and of those derived from it, in the order of the scene."""
    nodes = scene.GetNodesByClass(className)
    nodes.UnRegister(None)  # the collection was made for us
    return [nodes.GetItemAsObject(number) for number in range(nodes.GetNumberOfItems())]
