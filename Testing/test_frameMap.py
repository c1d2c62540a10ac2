"""The map of frames tells what lies where and what connects it; ways are listed, none is chosen."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
from PySide6 import QtCore, QtTest

import builders
from application.mainWindows import settle
from application.runningApplication import loadModule, runningApplication
from IHERODeformationLib.reader import deformableRegistrationFromDataset
from IHERODeformationLib.scene import transformNodesFromDeformation
from IHERORegistrationLib.errors import DeformableContentError, FrameOfReferenceError
from IHERORegistrationLib.frameDrawing import frameDrawing
from IHERORegistrationLib.frameMap import frameMap
from IHERORegistrationLib.frameWaysInScene import (
    distanceApart,
    loopRemarks,
    transformNodeOfWay,
    waysBetween,
)
from IHERORegistrationLib.patient import Patient
from IHERORegistrationLib.subjectHierarchy import placeInStudy

ROOT = Path(__file__).resolve().parents[1]
SHIFTS = {("MR", "CT"): (10, 0, 0), ("PET", "CT"): (0, 20, 0), ("MR", "PET"): (10, -20, 3)}


def image(scene, name, size=(4, 5, 6)):
    """Voxels of 1 mm with the first one at the origin, in a frame called as the image."""
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name)
    slicer.util.updateVolumeFromArray(node, np.zeros(size, np.int16))
    node.SetAttribute("IHERO.FrameOfReferenceUID", name)
    return node


def registration(scene, fromFrame, toFrame):
    node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", f"{fromFrame} on {toFrame}")
    matrix = np.eye(4)
    matrix[:3, 3] = SHIFTS[fromFrame, toFrame]
    node.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(matrix))
    node.SetAttribute("IHERO.SourceFrame", fromFrame)
    node.SetAttribute("IHERO.RegisteredFrame", toFrame)
    return node


@pytest.fixture
def triangle(scene):
    """Three images and three registrations, which make a loop that misses by 3 mm."""
    for name in ("CT", "MR", "PET"):
        image(scene, name)
    for ends in SHIFTS:
        registration(scene, *ends)
    return scene


def test_data_is_grouped_by_frame_and_arrows_lead_to_what_stays(triangle):
    found = frameMap(triangle)
    assert {one.frame: one.contents for one in found.groups} == {
        name: (("Image", name),) for name in ("CT", "MR", "PET")
    }
    assert [(one.number, one.fromFrame, one.toFrame) for one in found.arrows] == [
        (1, "MR", "CT"),
        (2, "PET", "CT"),
        (3, "MR", "PET"),
    ]
    assert found.remarks == ()


def test_both_ways_are_listed_and_their_distance_is_told(triangle):
    found = frameMap(triangle)
    ways = waysBetween(found, "MR", "CT")
    assert [way.sentence for way in ways] == [
        "MR → CT by MR on CT (rigid)",
        "MR → PET → CT by MR on PET (rigid) and PET on CT (rigid)",
    ]
    assert distanceApart(triangle, ways) == pytest.approx(3)
    back = waysBetween(found, "CT", "PET")
    assert back[0].sentence == "CT → PET by PET on CT (rigid, backwards)"
    (remark,) = loopRemarks(triangle, found)
    assert remark == "The loop of MR on CT, PET on CT, MR on PET misses by up to 3.0 mm."


def test_a_way_through_several_registrations_becomes_one_node(triangle):
    found = frameMap(triangle)
    direct, around = waysBetween(found, "MR", "CT")
    assert transformNodeOfWay(triangle, found, direct).GetName() == "MR on CT"
    node = transformNodeOfWay(triangle, found, around)
    matrix = slicer.util.arrayFromTransformMatrix(node)
    np.testing.assert_allclose(matrix[:3, 3], (10, 0, 3), atol=1e-12)
    assert node.GetAttribute("IHERO.SourceFrame") == "MR"
    assert node.GetAttribute("IHERO.RegisteredFrame") == "CT"
    back, *_ = waysBetween(frameMap(triangle), "CT", "PET")
    inverse = slicer.util.arrayFromTransformMatrix(transformNodeOfWay(triangle, found, back))
    np.testing.assert_allclose(inverse[:3, 3], (0, -20, 0), atol=1e-12)


def test_deformations_lead_one_way_only(scene):
    registration = deformableRegistrationFromDataset(builders.deformableRegistration())
    (node,) = transformNodesFromDeformation(registration, scene)
    found = frameMap(scene)
    (arrow,) = found.arrows
    assert arrow.isOneWay
    (way,) = waysBetween(found, arrow.fromFrame, arrow.toFrame)
    assert transformNodeOfWay(scene, found, way) is node
    assert waysBetween(found, arrow.toFrame, arrow.fromFrame) == ()
    further = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "on")
    further.SetAttribute("IHERO.SourceFrame", arrow.toFrame)
    further.SetAttribute("IHERO.RegisteredFrame", "1.9")
    found = frameMap(scene)
    (way,) = waysBetween(found, arrow.fromFrame, "1.9")
    with pytest.raises(DeformableContentError, match="one node only where all are matrices"):
        transformNodeOfWay(scene, found, way)
    (drawn, _) = frameDrawing(found, 340).arrows
    assert not drawn.backHead
    assert "one way" in drawn.legend


def test_other_patients_lonely_frames_and_unknown_ones_are_said(triangle):
    nodes = {name: triangle.GetFirstNodeByName(name) for name in ("CT", "MR", "PET")}
    for name, node in nodes.items():
        placeInStudy(node, Patient("B" if name == "PET" else "A", "", "", ""), f"1.{name}")
    image(triangle, "alone")
    triangle.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "drawn")
    remarks = frameMap(triangle).remarks
    assert remarks == (
        "PET on CT connects data of different patients: PET and CT differ in PatientID.",
        "MR on PET connects data of different patients: MR and PET differ in PatientID.",
        "alone is connected to nothing by a registration.",
        "Nothing tells in which frame this lies: drawn.",
    )
    assert "other patient" in frameDrawing(frameMap(triangle), 340).arrows[1].legend


def test_lines_of_registrations_that_share_a_box_do_not_meet(triangle):
    drawing = frameDrawing(frameMap(triangle), 340)
    boxes = {box.frame: box for box in drawing.boxes}
    lanes = [one.corners[1][0] for one in drawing.arrows]
    assert len(set(lanes)) == 3
    assert max(lanes) < drawing.width
    for one in drawing.arrows:
        for frame, (x, y) in (
            (one.arrow.fromFrame, one.corners[0]),
            (one.arrow.toFrame, one.corners[-1]),
        ):
            assert x == boxes[frame].width
            assert boxes[frame].y < y < boxes[frame].y + boxes[frame].height
    ports = [one.corners[end][1] for one in drawing.arrows for end in (0, -1)]
    assert len(set(ports)) == 6
    assert all(
        a.y + a.height <= b.y for a, b in zip(drawing.boxes, drawing.boxes[1:], strict=False)
    )


@pytest.mark.parametrize(("count", "width"), [(20, 340), (40, 340)])
def test_many_registrations_have_lanes_within_the_picture(triangle, count, width):
    found = frameMap(triangle)
    (one, *_) = found.arrows
    many = tuple(replace(one, key=f"{one.key}-{number}") for number in range(count))
    drawing = frameDrawing(replace(found, arrows=many), width)
    lanes = [each.corners[1][0] for each in drawing.arrows]
    assert len(set(lanes)) == count
    assert max(lanes) + 8 <= drawing.width  # a number on the last one is seen, too
    assert (drawing.width > width) == (count > 20)  # the view scrolls


@pytest.fixture
def panel(tmp_path):
    with runningApplication(tmp_path):
        from IHERORegistrationLib.widgets.framesPanel import FramesPanel

        for name in ("CT", "MR", "PET"):
            image(slicer.mrmlScene, name)
        for ends in SHIFTS:
            registration(slicer.mrmlScene, *ends)
        widget = loadModule(ROOT / "IHERORegistration" / "IHERORegistration.py").widget()
        widget.parent.resize(400, 900)
        widget.enter()
        one = widget.panel(FramesPanel)
        one.ui.framesButton.collapsed = False
        widget.chosen.base = slicer.util.getNode("CT")
        widget.chosen.overlay = slicer.util.getNode("MR")
        settle()
        yield one


def test_a_click_on_an_arrow_chooses_its_registration(panel):
    view = panel.ui.framesView
    arrow = frameDrawing(panel.map, panel.scene.scene.sceneRect.width()).arrows[1]
    (x, top), (_, bottom) = arrow.corners[1:3]
    place = view.mapFromScene(QtCore.QPointF(x, (top + bottom) / 2))
    QtTest.QTest.mouseClick(
        view.viewport(), QtCore.Qt.MouseButton.LeftButton, QtCore.Qt.KeyboardModifier(0), place
    )
    settle()
    assert panel.chosen.registration.GetName() == "PET on CT"
    assert panel.chosen.overlay.GetName() == "PET"


def test_of_two_ways_the_user_chooses_and_the_choice_is_kept(panel):
    box = panel.ui.waysComboBox
    assert "2 ways lead" in panel.ui.waysLabel.text
    assert "up to 3.0 mm apart" in panel.ui.waysLabel.text
    assert box.currentText == "Choose a way…"
    assert not panel.ui.useWayButton.enabled
    box.setCurrentIndex(2)
    box.activated.emit(2)
    settle()
    kept = panel.state.chosenWay
    assert len(kept.split()) == 2
    QtTest.QTest.mouseClick(panel.ui.useWayButton, QtCore.Qt.MouseButton.LeftButton)
    settle()
    assert panel.chosen.registration.GetName() == "MR to CT"
    assert panel.chosen.base.GetName() == "CT"
    panel.module.exit()
    panel.module.enter()
    assert panel.state.chosenWay == kept


def test_the_only_way_through_two_registrations_can_be_used_where_the_fixed_image_lies(panel):
    for name in ("MR on PET", "MR on CT"):
        slicer.mrmlScene.RemoveNode(slicer.util.getNode(name))
    registration(slicer.mrmlScene, "MR", "CT")
    pet, above = slicer.util.getNode("PET"), slicer.util.getNode("PET on CT")
    pet.SetAndObserveTransformNodeID(above.GetID())
    panel.chosen.base = pet
    settle()
    assert panel.ui.waysLabel.text.startswith("MR → CT → PET by ")
    QtTest.QTest.mouseClick(panel.ui.useWayButton, QtCore.Qt.MouseButton.LeftButton)
    settle()
    made = panel.chosen.registration
    assert made.GetName() == "MR to PET"
    assert panel.chosen.base is pet
    assert made.GetParentTransformNode() is above
    shift = made.GetTransformToParent().TransformPoint(0, 0, 0)
    np.testing.assert_allclose(shift, np.subtract(SHIFTS["MR", "CT"], SHIFTS["PET", "CT"]))


def test_a_registration_along_its_arrow_needs_no_node_and_one_backwards_does(panel):
    for name in ("MR on PET", "PET on CT"):
        slicer.mrmlScene.RemoveNode(slicer.util.getNode(name))
    settle()
    assert not panel.ui.useWayButton.isVisible()
    panel.chosen.base, panel.chosen.overlay = panel.chosen.overlay, panel.chosen.base
    settle()
    assert panel.ui.useWayButton.enabled
    QtTest.QTest.mouseClick(panel.ui.useWayButton, QtCore.Qt.MouseButton.LeftButton)
    settle()
    shift = panel.chosen.registration.GetTransformToParent().TransformPoint(0, 0, 0)
    np.testing.assert_allclose(shift, np.negative(SHIFTS["MR", "CT"]))


def test_a_way_leaves_out_no_transform_that_moves_one_end_of_a_step(triangle):
    nudge = triangle.AddNewNodeByClass("vtkMRMLLinearTransformNode", "nudge")
    triangle.GetFirstNodeByName("PET on CT").SetAndObserveTransformNodeID(nudge.GetID())
    found = frameMap(triangle)
    (way,) = (one for one in waysBetween(found, "CT", "PET") if len(one.steps) == 1)
    with pytest.raises(FrameOfReferenceError, match="PET on CT lies under nudge"):
        transformNodeOfWay(triangle, found, way)
    triangle.GetFirstNodeByName("CT").SetAndObserveTransformNodeID(nudge.GetID())  # with its image
    made = transformNodeOfWay(triangle, found, way)
    shift = made.GetTransformToParent().TransformPoint(0, 0, 0)
    np.testing.assert_allclose(shift, np.negative(SHIFTS["PET", "CT"]))
