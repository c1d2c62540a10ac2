"""Widgets for nodes on the application's stand-in follow the scene and change it."""

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
from PySide6 import QtWidgets
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from vtkmodules.vtkFiltersSources import vtkSphereSource

from application import dialogs
from application.runningApplication import runningApplication


@pytest.fixture(autouse=True)
def application(tmp_path):
    with runningApplication(tmp_path):
        yield slicer


def newNode(kind, name):
    return slicer.mrmlScene.AddNewNodeByClass(f"vtkMRML{kind}Node", name)


def selectorOf(className, kind):
    selector = getattr(slicer, className)()
    selector.nodeTypes = [f"vtkMRML{kind}Node"]
    selector.setMRMLScene(slicer.mrmlScene)
    return selector


def entries(selector):
    box = selector.findChild(QtWidgets.QComboBox)
    return [box.itemText(number) for number in range(box.count)]


def choose(selector, text):
    """Choose an entry as a user does."""
    box = selector.findChild(QtWidgets.QComboBox)
    box.setCurrentIndex(box.findText(text))
    box.activated.emit(box.currentIndex)


def told(widget, signature):
    values = []
    widget.connect(signature, lambda *arguments: values.append(arguments))
    return values


def test_a_selector_offers_to_make_rename_and_delete_nodes():
    selector = selectorOf("qMRMLNodeComboBox", "LinearTransform")
    selector.renameEnabled, selector.baseName = True, "shift"
    made = told(selector, "nodeAddedByUser(vtkMRMLNode*)")
    choose(selector, "Create new Linear Transform")
    node = selector.currentNode()
    assert (node.GetName(), made) == ("shift", [(node,)])
    dialogs.answers.append(lambda dialog: (dialog.setTextValue("couch"), dialog.accept()))
    choose(selector, "Rename current Linear Transform")
    assert node.GetName() == "couch"
    assert entries(selector)[0] == "couch"
    assert selector.currentNode() is node
    choose(selector, "Delete current Linear Transform")
    assert node.GetScene() is None
    assert selector.currentNode() is None


def test_a_selector_that_only_selects_offers_nodes_alone():
    newNode("Text", "a")
    selector = selectorOf("qMRMLNodeComboBox", "Text")
    selector.addEnabled = selector.removeEnabled = False
    assert entries(selector) == ["a"]
    selector.noneEnabled = True
    selector.noneDisplay = "No text"
    assert entries(selector) == ["No text", "a"]


def test_a_selector_shows_the_new_name_of_a_node():
    node = newNode("Text", "a")
    selector = selectorOf("qMRMLNodeComboBox", "Text")
    node.SetName("b")
    assert entries(selector)[0] == "b"


def test_several_nodes_are_checked():
    first, second = newNode("Text", "a"), newNode("Text", "b")
    selector = selectorOf("qMRMLCheckableNodeComboBox", "Text")
    changed = told(selector, "checkedNodesChanged()")
    assert selector.noneChecked()
    selector.setCheckState(second, Qt.CheckState.Checked)
    choose(selector, "a")
    assert selector.checkedNodes() == (first, second)
    assert selector.allChecked()
    slicer.mrmlScene.RemoveNode(first)
    assert selector.checkedNodes() == (second,)
    assert len(changed) == 3


@pytest.fixture
def segmentation():
    """Two segments: GTV and Lung."""
    node = newNode("Segmentation", "structures")
    node.CreateDefaultDisplayNodes()
    node.GetSegmentation().SetSourceRepresentationName("Closed surface")
    sphere = vtkSphereSource()
    sphere.Update()
    for name, color in (("GTV", (1.0, 0.0, 0.0)), ("Lung", (0.0, 0.0, 1.0))):
        node.AddSegmentFromClosedSurfaceRepresentation(sphere.GetOutput(), name, color, name)
    return node


def test_a_table_of_segments_shows_and_changes_them(segmentation):
    table = slicer.qMRMLSegmentsTableView()
    table.setMRMLScene(slicer.mrmlScene)
    table.setSegmentationNode(segmentation)
    assert table.segmentCount == 2
    rows = table.tableWidget()
    rows.item(1, 0).setCheckState(Qt.CheckState.Unchecked)
    rows.item(0, 2).setText("GTVp")
    assert not segmentation.GetDisplayNode().GetSegmentVisibility("Lung")
    assert segmentation.GetSegmentation().GetSegment("GTV").GetName() == "GTVp"
    assert rows.item(0, 1).background().color().name() == "#ff0000"
    changed = told(table, "selectionChanged(QItemSelection,QItemSelection)")
    table.setSelectedSegmentIDs(["Lung"])
    assert table.selectedSegmentIDs() == ("Lung",)
    assert changed
    segmentation.GetSegmentation().RemoveSegment("GTV")
    assert table.displayedSegmentIDs() == ("Lung",)


def test_a_segment_is_selected(segmentation):
    selector = slicer.qMRMLSegmentSelectorWidget()
    selector.noneEnabled = True
    selector.setMRMLScene(slicer.mrmlScene)
    changed = told(selector, "currentSegmentChanged(QString)")
    assert (selector.currentNode(), selector.currentSegmentID()) == (segmentation, "")
    selector.setCurrentSegmentID("Lung")
    assert (selector.currentSegmentID(), changed) == ("Lung", [("Lung",)])
    segmentation.GetSegmentation().RemoveSegment("Lung")
    assert (selector.currentSegmentID(), changed[-1]) == ("", ("",))


def test_sliders_move_and_turn_a_transform():
    node = newNode("LinearTransform", "couch")
    moving, turning = slicer.qMRMLTransformSliders(), slicer.qMRMLTransformSliders()
    turning.TypeOfTransform = slicer.qMRMLTransformSliders.ROTATION
    for one in (moving, turning):
        one.setMRMLTransformNode(node)
    left, _, up = moving.findChildren(QtWidgets.QDoubleSpinBox)
    left.value, up.value = 12, -30
    turning.findChildren(QtWidgets.QDoubleSpinBox)[2].value = 90
    expected = [[0, -1, 0, 0], [1, 0, 0, 12], [0, 0, 1, -30], [0, 0, 0, 1]]
    found = slicer.util.arrayFromTransformMatrix(node)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert [round(one.value, 6) for one in moving.findChildren(QtWidgets.QDoubleSpinBox)] == [
        0,
        12,
        -30,
    ]


def test_a_table_shows_and_changes_a_matrix():
    node = newNode("LinearTransform", "couch")
    widget = slicer.qMRMLMatrixWidget()
    widget.setMRMLTransformNode(node)
    matrix = np.array([[0, -1, 0, 7.5], [1, 0, 0, -2], [0, 0, 1, 3], [0, 0, 0, 1]])
    slicer.util.updateTransformMatrixFromArray(node, matrix)
    assert [widget.value(row, 3) for row in range(3)] == [7.5, -2, 3]
    widget.widgetItem(0, 3).setText("8.25")
    assert slicer.util.arrayFromTransformMatrix(node)[0, 3] == 8.25


def test_points_are_placed_by_a_button():
    points = newNode("MarkupsFiducial", "landmarks")
    other = newNode("MarkupsFiducial", "other")
    widget = slicer.qSlicerMarkupsPlaceWidget()
    widget.setMRMLScene(slicer.mrmlScene)
    assert not widget.placeButton().enabled
    widget.setCurrentNode(points)
    changed = told(widget, "activeMarkupsPlaceModeChanged(bool)")
    widget.show()
    QTest.mouseClick(widget.placeButton(), Qt.MouseButton.LeftButton)
    selection = slicer.app.applicationLogic().GetSelectionNode()
    assert selection.GetActivePlaceNodeID() == points.GetID()
    assert widget.placeModeEnabled
    widget.setCurrentNode(other)
    assert not widget.placeModeEnabled
    assert changed == [(True,), (False,)]
    other.AddControlPoint(1, 2, 3)
    QTest.mouseClick(widget.deleteButton(), Qt.MouseButton.LeftButton)
    assert other.GetNumberOfControlPoints() == 0


def test_points_are_listed():
    points = newNode("MarkupsFiducial", "landmarks")
    widget = slicer.qSlicerSimpleMarkupsWidget()
    widget.setMRMLScene(slicer.mrmlScene)
    widget.setCurrentNode(points)
    points.AddControlPoint(1.5, -2, 3, "carina")
    table = widget.tableWidget()
    assert [table.item(0, column).text() for column in range(4)] == [
        "carina",
        "1.500",
        "-2.000",
        "3.000",
    ]
