"""What the stand-in of a list of nodes with check marks does. See `standIns`."""

from __future__ import annotations

from PySide6 import QtCore

from .standIns import behaves, emit, standIn

STATES = QtCore.Qt.CheckState


@behaves
class qMRMLCheckableNodeComboBox:
    """Nodes that are new are not checked."""

    def _build(self):
        self._checked = set()  # IDs
        self._box.connect("activated(int)", self._clicked)

    def _fill(self):
        standIn("qMRMLNodeComboBox")._fill(self)
        ids = {node.GetID() for node in self._offered()}
        gone = self._checked - ids
        self._checked &= ids
        self._mark()
        if gone:
            emit(self, "checkedNodesChanged()")

    def _mark(self):
        for number in range(self._box.count):
            item = self._box.model().item(number)
            nodeID = self._box.itemData(number)
            if self._scene.GetNodeByID(nodeID or "") is not None:
                item.setCheckState(self._stateOf(nodeID))

    def _stateOf(self, nodeID):
        return STATES.Checked if nodeID in self._checked else STATES.Unchecked

    def _clicked(self, number):
        node = self._scene.GetNodeByID(self._box.itemData(number) or "")
        if node is not None:
            isOn = node.GetID() in self._checked
            self.setCheckState(node, STATES.Unchecked if isOn else STATES.Checked)

    def setCheckState(self, node, state):
        before = set(self._checked)
        (self._checked.add if state == STATES.Checked else self._checked.discard)(node.GetID())
        self._mark()
        if self._checked != before:
            emit(self, "checkedNodesChanged()")

    def checkState(self, node):
        return self._stateOf(node.GetID())

    def check(self, node):
        self.setCheckState(node, STATES.Checked)

    def uncheck(self, node):
        self.setCheckState(node, STATES.Unchecked)

    def checkedNodes(self):
        return tuple(one for one in self._offered() if one.GetID() in self._checked)

    def uncheckedNodes(self):
        return tuple(one for one in self._offered() if one.GetID() not in self._checked)

    def allChecked(self):
        return not self.uncheckedNodes()

    def noneChecked(self):
        return not self.checkedNodes()
