"""What the stand-ins of Slicer's widgets for placing points do. See `standIns`."""

from __future__ import annotations

import shiboken6
import slicer
from PySide6 import QtCore, QtWidgets
from vtkmodules.vtkCommonCore import vtkCommand

from .standIns import behaves, emit, standIn

PLACE = slicer.vtkMRMLInteractionNode.Place
EVENTS = [
    getattr(slicer.vtkMRMLMarkupsNode, f"Point{one}Event")
    for one in ("Added", "Removed", "Modified", "PositionDefined")
]


@behaves
class qSlicerMarkupsPlaceWidget:
    """A button to place points of a list, and one to delete them all."""

    _defaults = {"buttonsVisible": True}  # noqa: RUF012 of the real widget

    def _build(self):
        self._node = None
        self._place, self._delete = QtWidgets.QToolButton(), QtWidgets.QToolButton()
        self._place.setText("Place")
        self._place.setCheckable(True)
        self._delete.setText("Delete")
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._place)
        row.addWidget(self._delete)
        self._place.connect("clicked(bool)", self.setPlaceModeEnabled)
        self._delete.connect("clicked()", self.deleteAllPoints)
        self._wasPlacing = False
        self._interaction = slicer.app.applicationLogic().GetInteractionNode()
        self._tag = self._interaction.AddObserver(vtkCommand.ModifiedEvent, self._show)
        self.setEnabled(False)

    def setMRMLScene(self, scene):
        emit(self, "mrmlSceneChanged(vtkMRMLScene*)", scene)

    def interactionNode(self):
        return self._interaction

    def selectionNode(self):
        return slicer.app.applicationLogic().GetSelectionNode()

    def placeButton(self):
        return self._place

    def deleteButton(self):
        return self._delete

    def _changed_buttonsVisible(self):
        for button in (self._place, self._delete):
            button.setVisible(self.buttonsVisible)

    def setCurrentNode(self, node):
        if self._get_placeModeEnabled():
            self.setPlaceModeEnabled(False)
        self._node = node
        self.setEnabled(node is not None)

    def currentNode(self):
        return self._node

    def currentMarkupsNode(self):
        return self._node

    def _get_currentNodeActive(self):
        return self._node is not None and (
            self.selectionNode().GetActivePlaceNodeID() == self._node.GetID()
        )

    def setCurrentNodeActive(self, isActive):
        node = self._node if isActive else None
        kind = self._node.GetClassName()
        self.selectionNode().SetReferenceActivePlaceNodeClassName(kind)
        self.selectionNode().SetActivePlaceNodeID(node.GetID() if node is not None else None)

    def _get_placeModeEnabled(self):
        isPlacing = self._interaction.GetCurrentInteractionMode() == PLACE
        return isPlacing and self._get_currentNodeActive()

    def _set_placeModeEnabled(self, isPlacing):
        self.setPlaceModeEnabled(isPlacing)

    def setPlaceModeEnabled(self, isPlacing):
        if self._node is None:
            return
        if isPlacing:
            self.setCurrentNodeActive(True)
            self._interaction.SetPlaceModePersistence(self.placeModePersistency)
            self._interaction.SetCurrentInteractionMode(PLACE)
        else:
            self._interaction.SwitchToViewTransformMode()

    def _changed_placeModePersistency(self):
        self._interaction.SetPlaceModePersistence(self.placeModePersistency)

    def _show(self, *_):
        if not shiboken6.isValid(self):
            self._interaction.RemoveObserver(self._tag)
            return
        isPlacing = self._get_placeModeEnabled()
        self._place.setChecked(isPlacing)
        if isPlacing != self._wasPlacing:
            self._wasPlacing = isPlacing
            emit(self, "activeMarkupsPlaceModeChanged(bool)", isPlacing)

    def deleteAllPoints(self):
        self._node.RemoveAllControlPoints()

    def deleteLastPoint(self):
        self._node.RemoveNthControlPoint(self._node.GetNumberOfControlPoints() - 1)


@behaves
class qSlicerSimpleMarkupsWidget:
    """A point list to choose, buttons to place points, and a table of them."""

    _defaults = {"nodeSelectorVisible": True}  # noqa: RUF012 of the real widget

    def _build(self):
        self._nodes = standIn("qMRMLNodeComboBox")()
        self._nodes.nodeTypes = ["vtkMRMLMarkupsFiducialNode"]
        self._placing = standIn("qSlicerMarkupsPlaceWidget")()
        self._table = QtWidgets.QTableWidget(0, 4)
        self._table.setHorizontalHeaderLabels(["Name", "R", "A", "S"])
        rows = QtWidgets.QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        for part in (self._nodes, self._placing, self._table):
            rows.addWidget(part)
        self._tags, self._shown = [], None
        self._nodes.connect("currentNodeChanged(vtkMRMLNode*)", self._chosen)

    def setMRMLScene(self, scene):
        self._nodes.setMRMLScene(scene)
        emit(self, "mrmlSceneChanged(vtkMRMLScene*)", scene)

    def _chosen(self, node):
        for before, tag in self._tags:
            before.RemoveObserver(tag)
        events = EVENTS if node is not None else ()
        self._tags = [(node, node.AddObserver(one, self._changed)) for one in events]
        self._shown = node
        self._placing.setCurrentNode(node)
        self._show()
        emit(self, "markupsNodeChanged()")

    def _changed(self, *_):
        if shiboken6.isValid(self):
            self._show()

    def _show(self):
        node = self._shown
        count = node.GetNumberOfControlPoints() if node is not None else 0
        self._table.setRowCount(count)
        for row in range(count):
            position = node.GetNthControlPointPositionWorld(row)
            texts = [node.GetNthControlPointLabel(row), *(f"{one:.3f}" for one in position)]
            for column, text in enumerate(texts):
                item = QtWidgets.QTableWidgetItem(text)
                item.setFlags(item.flags() & ~QtCore.Qt.ItemFlag.ItemIsEditable)
                self._table.setItem(row, column, item)
        emit(self, "updateFinished()")

    def _changed_nodeSelectorVisible(self):
        self._nodes.setVisible(self.nodeSelectorVisible)

    def setNodeBaseName(self, name):
        self._nodes.baseName = name

    def currentNode(self):
        return self._nodes.currentNode()

    def setCurrentNode(self, node):
        self._nodes.setCurrentNode(node)

    def markupsSelectorComboBox(self):
        return self._nodes

    def markupsPlaceWidget(self):
        return self._placing

    def tableWidget(self):
        return self._table
