"""What the application does by itself in the subject hierarchy: a node of data that comes gets an
item under the scene, and loses it when it goes.
"""

from __future__ import annotations

import slicer
from vtkmodules.util.misc import calldata_type
from vtkmodules.vtkCommonCore import VTK_OBJECT

KINDS = (  # what plugins of Slicer itself add
    "vtkMRMLVolumeNode",
    "vtkMRMLModelNode",
    "vtkMRMLMarkupsNode",
    "vtkMRMLTransformNode",
    "vtkMRMLSegmentationNode",
    "vtkMRMLTableNode",
    "vtkMRMLTextNode",
)


class HierarchyItems:
    """Keeps items of nodes while the application runs."""

    def __init__(self, scene: slicer.vtkMRMLScene):
        self.scene = scene
        events = {
            scene.NodeAddedEvent: self._added,
            scene.NodeAboutToBeRemovedEvent: self._removed,
            scene.EndImportEvent: self._imported,
            scene.EndCloseEvent: self._closed,
        }
        self.tags = [scene.AddObserver(event, react) for event, react in events.items()]
        self._hierarchy()

    def leave(self) -> None:
        """What happens when Slicer is closed."""
        for tag in self.tags:
            self.scene.RemoveObserver(tag)

    def _hierarchy(self):
        return slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(self.scene)

    @calldata_type(VTK_OBJECT)
    def _added(self, scene, event, node):
        if not scene.IsImporting():
            self._add(node)

    def _add(self, node):
        excluded = slicer.vtkMRMLSubjectHierarchyConstants
        name = excluded.GetSubjectHierarchyExcludeFromTreeAttributeName()
        if node.GetHideFromEditors() or node.GetAttribute(name) is not None:
            return
        hierarchy = self._hierarchy()
        if any(node.IsA(kind) for kind in KINDS) and not hierarchy.GetItemByDataNode(node):
            hierarchy.CreateItem(hierarchy.GetSceneItemID(), node)

    @calldata_type(VTK_OBJECT)
    def _removed(self, scene, event, node):
        if scene.IsClosing() or node.IsA("vtkMRMLSubjectHierarchyNode"):
            return
        item = self._hierarchy().GetItemByDataNode(node)
        if item:
            self._hierarchy().RemoveItem(item, False, False)

    def _imported(self, scene, event):
        for node in slicer.util.getNodesByClass("vtkMRMLStorableNode", scene):
            self._add(node)

    def _closed(self, scene, event):
        self._hierarchy()
