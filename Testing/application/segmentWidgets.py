"""What the stand-ins of Slicer's widgets for segments do. See `standIns`."""

from __future__ import annotations

import shiboken6
import slicer
from PySide6 import QtCore, QtGui, QtWidgets
from vtkmodules.vtkCommonCore import vtkCommand

from .standIns import behaves, emit, standIn

ID = QtCore.Qt.ItemDataRole.UserRole
VISIBLE, COLOR, NAME = range(3)  # columns


def segmentIDs(node) -> tuple[str, ...]:
    """The IDs of the segments of a segmentation node; none of no node."""
    if node is None:
        return ()
    segmentation = node.GetSegmentation()
    count = segmentation.GetNumberOfSegments()
    return tuple(segmentation.GetNthSegmentID(number) for number in range(count))


def _events():
    events = slicer.vtkSegmentation
    return (events.SegmentAdded, events.SegmentRemoved, events.SegmentModified)


class _OfOneSegmentation:
    """Shows what the segments of a node are, always anew."""

    def _observe(self, node):
        for observed, tag in getattr(self, "_tags", ()):
            observed.RemoveObserver(tag)
        self._segmentationNode, self._tags = node, []
        if node is not None:
            segmentation = node.GetSegmentation()
            self._tags = [
                (segmentation, segmentation.AddObserver(one, self._changed)) for one in _events()
            ]
            display = node.GetDisplayNode()
            if display is not None:
                tag = display.AddObserver(vtkCommand.ModifiedEvent, self._changed)
                self._tags.append((display, tag))

    def _changed(self, *_):
        if shiboken6.isValid(self):
            self._show()


@behaves
class qMRMLSegmentsTableView(_OfOneSegmentation):
    """Visibility, color and name of each segment."""

    def _build(self):
        self._table = QtWidgets.QTableWidget(0, 3)
        self._table.setHorizontalHeaderLabels(["Shown", "Color", "Name"])
        self._table.horizontalHeader().setStretchLastSection(True)
        self._table.verticalHeader().hide()
        self._table.setSelectionBehavior(QtWidgets.QTableWidget.SelectionBehavior.SelectRows)
        rows = QtWidgets.QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self._table)
        self._observe(None)
        self._isShowing = False
        self._table.itemChanged.connect(self._edited)
        self._table.selectionModel().selectionChanged.connect(self._selected)

    def setSegmentationNode(self, node):
        self._observe(node)
        self._show()

    def segmentationNode(self):
        return self._segmentationNode

    def tableWidget(self):
        return self._table

    def _get_segmentCount(self):
        return len(segmentIDs(self._segmentationNode))

    def displayedSegmentIDs(self):
        return segmentIDs(self._segmentationNode)

    def _show(self):
        selected = self.selectedSegmentIDs()
        self._isShowing = True
        ids = segmentIDs(self._segmentationNode)
        self._table.setRowCount(len(ids))
        for row, one in enumerate(ids):
            self._showRow(row, one)
        self._isShowing = False
        self.setSelectedSegmentIDs([one for one in selected if one in ids])

    def _showRow(self, row, one):
        segment = self._segmentationNode.GetSegmentation().GetSegment(one)
        isShown = self._segmentationNode.GetDisplayNode().GetSegmentVisibility(one)
        states = QtCore.Qt.CheckState
        shown, color = QtWidgets.QTableWidgetItem(), QtWidgets.QTableWidgetItem()
        shown.setCheckState(states.Checked if isShown else states.Unchecked)
        color.setBackground(QtGui.QColor.fromRgbF(*segment.GetColor()))
        name = QtWidgets.QTableWidgetItem(segment.GetName())
        name.setData(ID, one)
        for column, item in ((VISIBLE, shown), (COLOR, color), (NAME, name)):
            self._table.setItem(row, column, item)

    def _edited(self, item):
        if self._isShowing:
            return
        one = self.segmentIDForRow(item.row())
        if item.column() == NAME:
            self._segmentationNode.GetSegmentation().GetSegment(one).SetName(item.text())
        elif item.column() == VISIBLE:
            isShown = item.checkState() == QtCore.Qt.CheckState.Checked
            self._segmentationNode.GetDisplayNode().SetSegmentVisibility(one, isShown)

    def _selected(self, selected, deselected):
        if not self._isShowing:
            signature = "selectionChanged(QItemSelection,QItemSelection)"
            emit(self, signature, selected, deselected)

    def segmentIDForRow(self, row):
        return self._table.item(row, NAME).data(ID)

    def rowForSegmentID(self, one):
        ids = segmentIDs(self._segmentationNode)
        return ids.index(one) if one in ids else -1

    def selectedSegmentIDs(self):
        rows = sorted(index.row() for index in self._table.selectionModel().selectedRows(NAME))
        return tuple(self.segmentIDForRow(row) for row in rows)

    def setSelectedSegmentIDs(self, ids):
        self.clearSelection()
        flags = QtCore.QItemSelectionModel.SelectionFlag
        for one in ids:
            index = self._table.model().index(self.rowForSegmentID(one), NAME)
            self._table.selectionModel().select(index, flags.Select | flags.Rows)

    def clearSelection(self):
        self._table.clearSelection()

    def setSelectionMode(self, mode):
        self._table.setSelectionMode(QtWidgets.QTableWidget.SelectionMode(mode))

    def _hideColumn(self, column, isVisible):
        self._table.setColumnHidden(column, not isVisible)

    def setVisibilityColumnVisible(self, isVisible):
        self._hideColumn(VISIBLE, isVisible)

    def setColorColumnVisible(self, isVisible):
        self._hideColumn(COLOR, isVisible)

    def setHeaderVisible(self, isVisible):
        self._table.horizontalHeader().setVisible(isVisible)


@behaves
class qMRMLSegmentSelectorWidget(_OfOneSegmentation):
    """A segmentation and one of its segments."""

    _defaults = {"segmentationNodeSelectorVisible": True}  # noqa: RUF012 of the real widget

    def _build(self):
        self._nodes = standIn("qMRMLNodeComboBox")()
        self._nodes.addEnabled = self._nodes.removeEnabled = False
        self._nodes.nodeTypes = ["vtkMRMLSegmentationNode"]
        self._box = QtWidgets.QComboBox()
        rows = QtWidgets.QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self._nodes)
        rows.addWidget(self._box)
        self._observe(None)
        self._last = ""
        self._nodes.connect("currentNodeChanged(vtkMRMLNode*)", self._chosen)
        self._box.connect("currentIndexChanged(int)", self._tell)

    def setMRMLScene(self, scene):
        self._nodes.setMRMLScene(scene)

    def _chosen(self, node):
        self._observe(node)
        self._show()
        emit(self, "currentNodeChanged(vtkMRMLNode*)", node)
        emit(self, "currentNodeChanged(bool)", node is not None)

    def _show(self):
        current = self.currentSegmentID()
        self._box.blockSignals(True)
        self._box.clear()
        if self.noneEnabled:
            self._box.addItem("None", "")
        for one in segmentIDs(self._segmentationNode):
            name = self._segmentationNode.GetSegmentation().GetSegment(one).GetName()
            self._box.addItem(name, one)
        self._box.setCurrentIndex(max(self._box.findData(current), 0))
        self._box.blockSignals(False)
        self._tell()

    def _tell(self):
        if self.currentSegmentID() != self._last:
            self._last = self.currentSegmentID()
            emit(self, "currentSegmentChanged(QString)", self._last)

    def _changed_noneEnabled(self):
        self._show()

    def _changed_segmentationNodeSelectorVisible(self):
        self._nodes.setVisible(self.segmentationNodeSelectorVisible)

    def currentNode(self):
        return self._nodes.currentNode()

    def setCurrentNode(self, node):
        self._nodes.setCurrentNode(node)

    def currentNodeID(self):
        return self._nodes.currentNodeID

    def setCurrentNodeID(self, nodeID):
        self._nodes.setCurrentNodeID(nodeID)

    def currentSegmentID(self):
        return self._box.currentData or ""

    def setCurrentSegmentID(self, one):
        self._box.setCurrentIndex(self._box.findData(one))

    def segmentIDs(self):
        return segmentIDs(self._segmentationNode)
