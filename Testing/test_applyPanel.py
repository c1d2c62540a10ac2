"""Data is placed under a registration, taken out, hardened and resampled, where it belongs."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
from PySide6 import QtCore, QtTest
from vtkmodules.vtkCommonMath import vtkMatrix4x4

import builders
from application.mainWindows import mainWindow, settle
from application.runningApplication import loadModule, runningApplication
from IHERODeformationLib.reader import deformableRegistrationFromDataset
from IHERODeformationLib.scene import transformNodesFromDeformation
from IHERORegistrationLib.appliedNodes import hardenedNode, resampledNode
from IHERORegistrationLib.errors import (
    DeformableContentError,
    FrameOfReferenceError,
    NotRigidError,
    PatientMismatchError,
    RegistrationCancelledError,
)
from IHERORegistrationLib.nodeVolumes import volumeFromNode
from IHERORegistrationLib.placement import requirePlaceable
from IHERORegistrationLib.registrationRecord import Watch
from IHERORegistrationLib.resampling import Interpolation
from loadedPhantom import loadedPhantom

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def loaded(tmp_path, phantom):
    """The phantom in the scene of the running application."""
    with runningApplication(tmp_path):
        yield loadedPhantom(phantom, slicer.mrmlScene)


@pytest.fixture
def panel(loaded):
    from IHERORegistrationLib.widgets.applyPanel import ApplyPanel

    mainWindow(size=(900, 500))  # which has the keys
    name = "IHERORegistration"
    widget = loadModule(ROOT / name / f"{name}.py").widget()
    widget.enter()
    widget.chosen.registration = loaded.registrations["MR"]
    widget.chosen.base = loaded.images["CT"]
    settle()
    return widget.panel(ApplyPanel)


def click(button):
    QtTest.QTest.mouseClick(button, QtCore.Qt.MouseButton.LeftButton)
    settle()


def press(keys):
    QtTest.QTest.keySequence(slicer.util.mainWindow(), keys)
    settle()


def names():
    return {node.GetName() for node in slicer.util.getNodesByClass("vtkMRMLDisplayableNode")}


def imageToWorld(image):
    matrix = vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    return slicer.util.arrayFromVTKMatrix(matrix)


def test_only_data_of_the_moving_frame_is_offered(panel, loaded):
    assert [row.name for row in panel.rows] == [loaded.images["MR"].GetName()]
    panel.chosen.registration = None
    settle()
    assert panel.rows == ()
    assert not panel.ui.placeButton.enabled


def test_what_is_placed_can_be_undone_and_done_again(panel, loaded):
    mr, node = loaded.images["MR"], loaded.registrations["MR"]
    click(panel.ui.placeButton)
    assert mr.GetParentTransformNode() is node
    assert panel.rows[0].isPlaced
    click(panel.ui.undoPlacementButton)
    assert mr.GetParentTransformNode() is None
    press("Ctrl+Y")
    assert mr.GetParentTransformNode() is node
    press("Ctrl+Z")
    assert mr.GetParentTransformNode() is None
    assert not panel.ui.undoPlacementButton.enabled


def test_undo_leaves_out_what_is_gone(panel, loaded):
    click(panel.ui.placeButton)
    slicer.mrmlScene.RemoveNode(loaded.images["MR"])
    settle()
    click(panel.ui.undoPlacementButton)
    assert not panel.ui.undoPlacementButton.enabled


def test_undo_and_redo_leave_alone_what_was_placed_or_hardened_elsewhere(panel, loaded):
    mr, node = loaded.images["MR"], loaded.registrations["MR"]
    click(panel.ui.placeButton)
    other = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "other")
    mr.SetAndObserveTransformNodeID(other.GetID())
    click(panel.ui.undoPlacementButton)
    assert mr.GetParentTransformNode() is other
    assert panel.ui.appliedLabel.text == "Undone: nothing"
    mr.SetAndObserveTransformNodeID(node.GetID())
    mr.HardenTransform()
    click(panel.ui.redoPlacementButton)
    assert mr.GetParentTransformNode() is None  # else it would be moved twice
    assert panel.ui.appliedLabel.text == "Done again: nothing"


def test_an_unchecked_node_is_left_alone_and_the_choice_is_kept(panel, loaded):
    item = panel.ui.placeableListWidget.item(0)
    item.setCheckState(QtCore.Qt.CheckState.Unchecked)
    settle()
    assert panel.state.appliedUnchecked == loaded.images["MR"].GetID()
    assert not panel.ui.placeButton.enabled
    assert panel.checkedRows() == []


def test_data_without_a_frame_is_moved_only_when_confirmed_and_says_so(panel, monkeypatch):
    asked = []
    answers = iter((False, True))
    confirm = "confirmYesNoDisplay"
    monkeypatch.setattr(slicer.util, confirm, lambda text, **_: asked.append(text) or next(answers))
    drawn = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "drawn")
    settle()
    row = next(one for one in panel.rows if one.name == "drawn")
    assert "nothing tells" in row.doubt
    assert row not in panel.checkedRows()
    panel.state.appliedChecked = row.nodeID
    settle()
    panel.state.appliedUnchecked = panel.rows[0].nodeID
    settle()
    click(panel.ui.placeButton)
    assert drawn.GetParentTransformNode() is None
    assert drawn.GetAttribute("IHERO.AssumedFrame") is None
    click(panel.ui.placeButton)
    assert len(asked) == 2
    assert "drawn" in asked[0]
    assert drawn.GetParentTransformNode() is panel.chosen.registration
    assert drawn.GetAttribute("IHERO.AssumedFrame") == panel.chosen.registration.GetAttribute(
        "IHERO.SourceFrame"
    )


def test_data_of_another_frame_or_patient_is_refused_with_a_sentence(loaded):
    node = loaded.registrations["MR"]
    with pytest.raises(FrameOfReferenceError, match="it lies where the registration leads"):
        requirePlaceable(loaded.images["CT"], node)
    with pytest.raises(FrameOfReferenceError, match="says nothing of it"):
        requirePlaceable(loaded.images["PET"], node)
    node.SetAttribute("IHERO.Patient", '{"patientID": "X", "name": "", "birthDate": "", "sex": ""}')
    with pytest.raises(PatientMismatchError, match="they differ in PatientID"):
        requirePlaceable(loaded.images["MR"], node)


def test_a_hardened_image_has_its_voxels_where_the_registration_takes_them(panel, loaded, phantom):
    mr = loaded.images["MR"]
    before = volumeFromNode(mr, "")
    click(panel.ui.hardenButton)
    copy = slicer.util.getNode("MR hardened")
    after = volumeFromNode(copy, "")
    truth = next(
        one.transform
        for one in phantom.registrations
        if one.transform.fromFrame == mr.GetAttribute("IHERO.FrameOfReferenceUID")
    )
    np.testing.assert_allclose(
        after.lattice.corners, truth(before.lattice.corners), atol=1e-4, rtol=0
    )
    np.testing.assert_array_equal(after.values, before.values)
    assert copy.GetAttribute("IHERO.FrameOfReferenceUID") == truth.toFrame
    assert not copy.GetAttribute("DICOM.instanceUIDs")
    assert mr.GetAttribute("DICOM.instanceUIDs")
    assert copy.GetParentTransformNode() is None
    assert mr.GetParentTransformNode() is None


def test_hardened_points_and_structures_lie_where_the_matrix_takes_them(loaded):
    node = loaded.registrations["MR"]
    points = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "points")
    points.AddControlPoint([10.0, -20.0, 30.0], "A")
    matrix = slicer.util.arrayFromTransformMatrix(node)
    copy = hardenedNode(points, node).node
    found = np.zeros(3)
    copy.GetNthControlPointPositionWorld(0, found)
    np.testing.assert_allclose(found, (matrix @ [10, -20, 30, 1])[:3], atol=1e-9)
    assert copy.GetNthControlPointLabel(0) == "A"
    (structures, *_) = loaded.structures
    moved = hardenedNode(structures, node).node
    before, after = structures.GetSegmentation(), moved.GetSegmentation()
    assert before.GetNumberOfSegments() == after.GetNumberOfSegments() > 1
    for number in range(after.GetNumberOfSegments()):
        axes = [
            imageToWorld(one.GetNthSegment(number).GetRepresentation("Binary labelmap"))
            for one in (before, after)
        ]
        np.testing.assert_allclose(axes[1], matrix @ axes[0], atol=1e-9)


def test_a_resampled_image_is_what_the_truth_says_at_the_voxels_of_the_base(panel, loaded, phantom):
    click(panel.ui.resampleButton)
    made = volumeFromNode(slicer.util.getNode("MR on CT"), "")
    base = volumeFromNode(loaded.images["CT"], "")
    np.testing.assert_allclose(made.lattice.ijkToLPS, base.lattice.ijkToLPS, atol=1e-9)
    frames = [
        loaded.images[name].GetAttribute("IHERO.FrameOfReferenceUID") for name in ("CT", "MR")
    ]
    voxels = np.indices(base.lattice.shape)[::-1].reshape(3, -1).T
    there = phantom.transform(*frames)(base.lattice.points(voxels))
    inside = volumeFromNode(loaded.images["MR"], "").lattice.contains(there)
    truth = phantom.valuesAt("MR", there[inside])
    error = made.values.reshape(-1)[inside] - truth
    assert np.median(np.abs(error)) < 5
    assert (made.values.reshape(-1)[~inside] == 0).all()
    assert "lie outside" in panel.ui.appliedLabel.text


def test_resampling_can_be_cancelled_and_a_wrong_base_is_refused(loaded):
    mr, node, ct = loaded.images["MR"], loaded.registrations["MR"], loaded.images["CT"]
    before = names()
    with pytest.raises(RegistrationCancelledError):
        resampledNode(mr, node, ct, Interpolation.LINEAR, Watch(isCancelled=lambda: True))
    with pytest.raises(FrameOfReferenceError, match="leads to Frame of Reference"):
        resampledNode(mr, node, loaded.images["PET"], Interpolation.LINEAR)
    assert names() == before


def test_voxels_are_not_sheared_and_deformations_are_left_to_their_module(loaded):
    mr = loaded.images["MR"]
    registration = deformableRegistrationFromDataset(builders.deformableRegistration())
    (deformation,) = transformNodesFromDeformation(registration, slicer.mrmlScene)
    with pytest.raises(DeformableContentError, match="IHE-RO Deformation"):
        hardenedNode(mr, deformation)
    sheared = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "sheared")
    matrix = np.array([[1, 0.3, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]])
    sheared.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(matrix))
    with pytest.raises(NotRigidError, match="resample it"):
        hardenedNode(mr, sheared)
