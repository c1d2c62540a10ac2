"""What the stand-ins of Slicer's MRML widgets do, on the real scene. See `standIns`."""

from __future__ import annotations

import functools

import shiboken6
import slicer
from PySide6 import QtWidgets
from vtkmodules.vtkCommonCore import vtkCommand

from .standIns import behaves, emit

SHORT = QtWidgets.QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon


@behaves
class qMRMLWidget:
    """Gives the scene to the widgets in it."""

    def _build(self):
        self._scene = None

    def setMRMLScene(self, scene):
        self._scene = scene
        emit(self, "mrmlSceneChanged(vtkMRMLScene*)", scene)

    def mrmlScene(self):
        return self._scene


@functools.cache
def _typeLabel(nodeType: str) -> str:
    try:
        return getattr(slicer, nodeType)().GetTypeDisplayName()
    except (TypeError, NotImplementedError):  # an abstract class
        return nodeType.removeprefix("vtkMRML").removesuffix("Node")


@behaves
class qMRMLNodeComboBox:
    """The nodes of some types in the scene, one of them chosen."""

    _defaults = {  # noqa: RUF012 of the real widget
        "addEnabled": True,
        "removeEnabled": True,
        "showChildNodeTypes": True,
        "selectNodeUponCreation": True,
        "noneDisplay": "None",
    }

    def _build(self):
        self._scene, self._observers, self._attributes = None, [], []
        self._isFilling, self._last, self._named, self._actions = False, "", {}, {}
        self._box = QtWidgets.QComboBox()
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._box)
        self.setFocusProxy(self._box)
        self._box.setMinimumContentsLength(8)
        self._box.setSizeAdjustPolicy(SHORT)
        self._box.connect("currentIndexChanged(int)", self._tell)

    def setMRMLScene(self, scene):
        for tag in self._observers:
            self._scene.RemoveObserver(tag)
        self._scene, self._observers = scene, []
        if scene is not None:
            events = (scene.NodeAddedEvent, scene.NodeRemovedEvent, scene.EndBatchProcessEvent)
            self._observers = [scene.AddObserver(one, self._observe) for one in events]
        self._fill()

    def mrmlScene(self):
        return self._scene

    def addAttribute(self, nodeType, name, value=None):
        self._attributes.append((nodeType, name, value))
        self._fill()

    def _observe(self, scene, event):
        if shiboken6.isValid(self):
            self._fill()
            return
        while self._observers:  # the widget is gone
            scene.RemoveObserver(self._observers.pop())

    def _changed_nodeTypes(self):
        self._fill()

    def _changed_noneDisplay(self):
        self._fill()

    def _changed_addEnabled(self):
        self._fill()

    def _changed_removeEnabled(self):
        self._fill()

    def _changed_renameEnabled(self):
        self._fill()

    def _changed_noneEnabled(self):
        self._fill()

    def _changed_showHidden(self):
        self._fill()

    def _offered(self):
        """Of the fewest nodes is more asked than their class: there are many, and often asked."""
        if self._scene is None:
            return []
        kinds, attributes = tuple(self.nodeTypes or ()), self._attributes
        found = list(dict.fromkeys(one for kind in kinds for one in self._nodesOf(kind)))
        if len(kinds) > 1:
            found.sort(key=self._scene.GetNodes().IsItemPresent)
        if not self.showHidden:
            found = [one for one in found if not one.GetHideFromEditors()]
        hidden = tuple(self.hideChildNodeTypes or ())
        return [
            node
            for node in found
            if not any(node.IsA(one) for one in hidden)
            and all(
                node.GetAttribute(name) is not None and value in (None, node.GetAttribute(name))
                for nodeType, name, value in attributes
                if node.IsA(nodeType)
            )
        ]

    def _nodesOf(self, kind):
        nodes = self._scene.GetNodesByClass(kind)
        nodes.UnRegister(None)
        found = [nodes.GetItemAsObject(number) for number in range(nodes.GetNumberOfItems())]
        return [one for one in found if self.showChildNodeTypes or one.GetClassName() == kind]

    def _fill(self):
        current, offered = self._get_currentNodeID(), self._offered()
        entries = [(self.noneDisplay, "")] if self.noneEnabled else []
        entries += [(node.GetName(), node.GetID()) for node in offered]
        self._actions = self._possibleActions(hasNodes=bool(offered))
        entries += [(text, action) for action, text in self._actions.items()]
        ids = [data for _, data in entries]
        first = 0 if self.noneEnabled or offered else -1  # when nothing was chosen
        number = ids.index(current) if current in ids else first
        self._observeNames(offered)
        self._isFilling = True
        if entries != self._entries():
            self._box.clear()
            for entry in entries:
                self._box.addItem(*entry)
        self._box.setCurrentIndex(number)
        self._isFilling = False
        self._tell()

    def _entries(self):
        """Texts and data of what can be chosen now."""
        box = self._box
        return [(box.itemText(number), box.itemData(number)) for number in range(box.count)]

    def _possibleActions(self, *, hasNodes):
        """Function and text of the entries below the nodes."""
        if self._scene is None:
            return {}
        kind = self.nodeTypeLabel(self.nodeTypes[0]) if self.nodeTypes else ""
        found = {}
        if self.renameEnabled and hasNodes:
            found["renameCurrentNode"] = f"Rename current {kind}"
        if self.addEnabled:
            for one in self.nodeTypes or ():
                found[f"addNode {one}"] = f"Create new {self.nodeTypeLabel(one)}"
        if self.removeEnabled and hasNodes:
            found["removeCurrentNode"] = f"Delete current {kind}"
        return found

    def nodeTypeLabel(self, nodeType):
        return _typeLabel(nodeType)

    def _observeNames(self, offered):
        """Only what changed: each observer in Python that ever was slows VTK down."""
        for node in set(self._named) - set(offered):
            node.RemoveObserver(self._named.pop(node))
        for node in offered:
            if node not in self._named:
                self._named[node] = node.AddObserver(vtkCommand.ModifiedEvent, self._rename)

    def _rename(self, node, event):
        if not shiboken6.isValid(self):
            return
        number = self._box.findData(node.GetID())
        if number >= 0 and self._box.itemText(number) != node.GetName():
            self._box.setItemText(number, node.GetName())

    def _act(self, action):
        """What an entry below the nodes does; the node stays the current one."""
        self._isFilling = True
        self._box.setCurrentIndex(max(self._box.findData(self._last), -1))
        self._isFilling = False
        name, _, nodeType = action.partition(" ")
        if name == "addNode":
            emit(self, "nodeAddedByUserAction(vtkMRMLNode*)", self.addNode(nodeType))
        else:
            getattr(self, name)()

    def _tell(self):
        if not self._isFilling and self._box.currentData in self._actions:
            self._act(self._box.currentData)
            return
        if self._isFilling or self._get_currentNodeID() == self._last:
            return
        self._last = self._get_currentNodeID()
        node = self.currentNode()
        emit(self, "currentNodeIDChanged(QString)", self._last)
        emit(self, "currentNodeChanged(vtkMRMLNode*)", node)
        emit(self, "currentNodeChanged(bool)", node is not None)

    def _get_currentNodeID(self):
        data = self._box.currentData or ""
        return self._last if data in self._actions else data

    def _set_currentNodeID(self, nodeID):
        self._box.setCurrentIndex(self._box.findData(nodeID or ""))

    def setCurrentNode(self, node):
        """`node` is a node, its ID or None."""
        isNode = node is not None and not isinstance(node, str)
        self._set_currentNodeID(node.GetID() if isNode else node)

    def currentNode(self):
        nodeID = self._get_currentNodeID()
        return self._scene.GetNodeByID(nodeID) if self._scene is not None and nodeID else None

    def addNode(self, nodeType=""):
        node = self._scene.AddNewNodeByClass(nodeType or self.nodeTypes[0], self.baseName)
        self.setCurrentNode(node)
        emit(self, "nodeAddedByUser(vtkMRMLNode*)", node)
        return node

    def removeCurrentNode(self):
        node = self.currentNode()
        if node is not None:
            emit(self, "nodeAboutToBeRemoved(vtkMRMLNode*)", node)
            self._scene.RemoveNode(node)

    def renameCurrentNode(self):
        node = self.currentNode()
        dialog = QtWidgets.QInputDialog(self)
        dialog.setLabelText("New name:")
        dialog.setTextValue(node.GetName())
        if dialog.exec_():
            node.SetName(dialog.textValue())
            emit(self, "currentNodeRenamed(QString)", node.GetName())

    def nodeCount(self):
        return len(self._offered())

    def nodeFromIndex(self, number):
        offered = self._offered()
        return offered[number] if 0 <= number < len(offered) else None

    def setCurrentNodeIndex(self, number):
        self.setCurrentNode(self.nodeFromIndex(number))
