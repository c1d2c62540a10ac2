"""Who writes a registration while the views show the moving image otherwise, or while the node was
inverted elsewhere in Slicer, is told so before, and the list tells it at once.
"""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
import slicer.util
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from application.mainWindows import settle
from application.runningApplication import loadModule, runningApplication
from IHERODeformationLib.anyExport import anyExportTask
from IHERORegistrationLib.databaseSeries import DatabaseSeries
from IHERORegistrationLib.exportedNode import NamedSeries
from IHERORegistrationLib.exportProposal import ExportChoices
from IHERORegistrationLib.imagePair import imagePair
from IHERORegistrationLib.landmarkAlignment import fittedPairs, landmarkMaking
from IHERORegistrationLib.landmarkNodes import Pairing, landmarkPairs, newLandmarkList
from IHERORegistrationLib.madeRegistration import madeNode, summaryOfNode
from IHERORegistrationLib.manualAlignment import (
    Motion,
    beginManual,
    centersTogether,
    keepManual,
    move,
)
from IHERORegistrationLib.registrationRecord import Watch
from IHERORegistrationLib.scene import REGISTERED_FRAME, SOURCE_FRAME
from IHERORegistrationLib.shownAndWritten import shownOtherwise
from IHERORegistrationLib.writtenObject import newObjectRemark
from loadedPhantom import loadedDeformedPhantom, loadedPhantom
from namedPanels import panelOf

MODULE = Path(__file__).resolve().parents[1] / "IHERORegistration" / "IHERORegistration.py"
TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
INVERSE = "It is the inverse of what it was loaded or exported as"


def nudge(scene, above):
    """A transform of no frames, under a registration."""
    node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "nudge")
    matrix = vtkMatrix4x4()
    matrix.SetElement(1, 3, 9.0)
    matrix.SetElement(0, 3, -2.0)
    node.SetMatrixTransformToParent(matrix)
    node.SetAndObserveTransformNodeID(above.GetID())
    return node


def inLPS(node):
    """What a node and those above it do to data."""
    matrix = vtkMatrix4x4()
    slicer.vtkMRMLTransformNode.GetMatrixTransformBetweenNodes(node, None, matrix)
    return TO_RAS @ slicer.util.arrayFromVTKMatrix(matrix) @ TO_RAS


def written(task, frame):
    """The matrix for data of a frame in the object."""
    choices = ExportChoices("SHOWN", "as it is", method="visual", profile="MMRO-III")
    (dataset,) = task.made(choices, Watch()).datasets
    (item,) = (one for one in dataset.RegistrationSequence if one.FrameOfReferenceUID == frame)
    (matrix,) = item.MatrixRegistrationSequence[0].MatrixSequence
    return np.reshape(matrix.FrameOfReferenceTransformationMatrix, (4, 4)).astype(float)


@pytest.fixture
def task(loaded, database):
    known = DatabaseSeries(database)
    ct, mr = loaded.images["CT"], loaded.images["MR"]
    return lambda node: anyExportTask(node, ct, mr, known)


def test_an_image_moved_besides_is_told_and_either_node_writes_what_it_does(
    phantom, loaded, scene, task
):
    mr, node = loaded.images["MR"], loaded.registrations["MR"]
    frame = phantom.named("MR").frame
    mr.SetAndObserveTransformNodeID(node.GetID())
    assert "shown through" not in " ".join(task(node).remarks)
    between = nudge(scene, node)
    mr.SetAndObserveTransformNodeID(between.GetID())
    (told,) = (one for one in task(node).remarks if "shown through" in one)
    assert told == (
        f"{mr.GetName()} is shown through nudge besides, which is not written: export nudge to "
        "write what is shown."
    )
    np.testing.assert_allclose(written(task(node), frame), inLPS(node), atol=1e-9)
    assert "shown through" not in " ".join(task(between).remarks)
    np.testing.assert_allclose(written(task(between), frame), inLPS(between), atol=1e-9)
    assert np.linalg.norm((inLPS(between) - inLPS(node))[:3, 3]) > 5


def test_an_image_shown_through_another_registration_is_told(loaded, scene, task):
    mr, node = loaded.images["MR"], loaded.registrations["MR"]
    other = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "other")
    mr.SetAndObserveTransformNodeID(other.GetID())
    told = f"{mr.GetName()} is shown through other, not through {node.GetName()}, which is written."
    assert told in task(node).remarks
    mr.SetAndObserveTransformNodeID(None)
    assert "shown through" not in " ".join(task(node).remarks)


def withMatrix(scene, name, inLPS, frames=()):
    """A transform node that does that to data, and names frames or none."""
    node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", name)
    node.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(TO_RAS @ inLPS @ TO_RAS))
    for attribute, frame in zip((SOURCE_FRAME, REGISTERED_FRAME), frames, strict=False):
        node.SetAttribute(attribute, frame)
    return node


def test_a_chain_that_does_what_is_written_is_told_only_where_it_differs(
    phantom, loaded, scene, task
):
    mr, node = loaded.images["MR"], loaded.registrations["MR"]
    ends = phantom.named("MR").frame, phantom.primary.frame
    first = np.array([[0, -1, 0, 30], [1, 0, 0, -20], [0, 0, 1, 7], [0, 0, 0, 1]], float)
    rest = inLPS(node) @ np.linalg.inv(first)  # so that both together do what the node does
    lower = withMatrix(scene, "lower", first, (ends[0], "1.2.3.9"))
    upper = withMatrix(scene, "upper", rest, ("1.2.3.9", ends[1]))
    mr.SetAndObserveTransformNodeID(lower.GetID())
    lower.SetAndObserveTransformNodeID(upper.GetID())
    told = f"{mr.GetName()} is shown through lower, upper, not through {node.GetName()}, which is"
    assert "shown through" not in " ".join(task(node).remarks)
    for millimeters, isTold in ((0.04, False), (0.06, True)):
        moved = rest.copy()
        moved[2, 3] += millimeters
        upper.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(TO_RAS @ moved @ TO_RAS))
        assert (told in " ".join(task(node).remarks)) is isTold
    upper.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(TO_RAS @ rest @ TO_RAS))
    upper.SetAttribute(REGISTERED_FRAME, "1.2.3.8")  # as far away, but elsewhere
    assert told in " ".join(task(node).remarks)


def test_a_plain_transform_that_does_what_is_written_is_not_told(loaded, scene, task):
    mr, node = loaded.images["MR"], loaded.registrations["MR"]
    same = withMatrix(scene, "same", inLPS(node))
    mr.SetAndObserveTransformNodeID(same.GetID())
    assert "shown through" not in " ".join(task(node).remarks)
    moved = inLPS(node) + np.eye(4, k=3)  # 1 mm to the left
    same.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(TO_RAS @ moved @ TO_RAS))
    assert "shown through same, not through" in " ".join(task(node).remarks)


def test_a_deformation_under_other_names_is_told_only_where_it_differs(deformedPhantom, scene):
    found = loadedDeformedPhantom(deformedPhantom, scene)
    node, frames = found.registration, (deformedPhantom.source, deformedPhantom.registered)
    moving, fixed = (
        NamedSeries(SimpleNamespace(frame=one.frame, lattice=one.lattice), "it", image)
        for one, image in zip(frames, (found.images[one.scan.name] for one in frames), strict=True)
    )
    copy = scene.AddNewNodeByClass(node.GetClassName(), "copy")
    copy.CopyContent(node)
    for attribute in (SOURCE_FRAME, REGISTERED_FRAME):
        copy.SetAttribute(attribute, node.GetAttribute(attribute))
    still = withMatrix(scene, "still", np.eye(4))
    copy.SetAndObserveTransformNodeID(still.GetID())
    moving.node.SetAndObserveTransformNodeID(copy.GetID())
    assert shownOtherwise(node, moving, fixed) == ()
    still.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(np.diag([1.0, 1, 1.001, 1])))
    (told,) = shownOtherwise(node, moving, fixed)
    assert "shown through copy, still, not through" in told


def test_a_registration_that_was_inverted_says_so_before_it_is_written(loaded, task):
    node = loaded.registrations["MR"]
    assert INVERSE not in " ".join(task(node).remarks)
    node.Inverse()
    assert INVERSE in " ".join(task(node).remarks)
    node.Inverse()
    assert newObjectRemark(node) == ()


def test_a_deformation_that_was_inverted_says_so_too(deformedPhantom, scene):
    node = loadedDeformedPhantom(deformedPhantom, scene).registration
    node.Inverse()
    assert INVERSE in " ".join(newObjectRemark(node))
    node.Inverse()
    assert newObjectRemark(node) == ()


def test_a_registration_made_by_landmarks_and_edited_says_no_more_how_it_was_made(
    phantom, loaded, scene, task
):
    lists = {}
    for name in ("CT", "MR"):
        image = loaded.images[name]
        lists[name] = newLandmarkList(image, name, (1, 0, 0))
        toThere = phantom.transform(phantom.primary.frame, phantom.named(name).frame)
        for place in ((5, 4, 700), (45, 9, 720), (-8, -30, 741), (22, 37, 690)):
            lists[name].AddControlPoint(*(toThere(np.array(place, float)) * (-1, -1, 1)))
    pair = imagePair(loaded.images["CT"], loaded.images["MR"])
    pairs = landmarkPairs(pair, lists["CT"], lists["MR"], Pairing.ORDER)
    fit = fittedPairs(pair, pairs)
    node = madeNode(pair, fit.transform.matrix, landmarkMaking(pair, pairs, fit))
    proposed = task(node).proposed
    assert proposed.method == "fiducial"
    assert "residual 0.00 mm" in proposed.comment
    assert "4 pairs" in summaryOfNode(node)
    matrix = vtkMatrix4x4()
    node.GetMatrixTransformToParent(matrix)
    matrix.SetElement(2, 3, matrix.GetElement(2, 3) + 6)
    node.SetMatrixTransformToParent(matrix)
    proposed = task(node).proposed
    assert (proposed.method, proposed.comment) == ("", "")
    assert proposed.description == node.GetName()
    assert "changed since it was made" in summaryOfNode(node)


def test_a_registration_moved_by_hand_says_so(loaded, task):
    pair = imagePair(loaded.images["CT"], loaded.images["MR"])
    node = beginManual(pair, centersTogether(pair), np.array([1.0, 2, 3]))
    move(node, Motion((3, 0, -2), (1.5, 0, 0)))
    keepManual(pair, node)
    assert task(node).proposed.method == "visual"
    assert "by hand" in summaryOfNode(node)


def test_the_list_tells_at_once_that_a_registration_was_changed(tmp_path, phantom):
    with runningApplication(tmp_path):
        widget = loadModule(MODULE).widget()
        widget.enter()
        node = loadedPhantom(phantom, slicer.mrmlScene).registrations["MR"]
        panel = panelOf(widget, "RegistrationsPanel")
        settle()
        assert "changed" not in panel.ui.registrationsBrowser.toPlainText()
        node.Inverse()
        settle()
        assert "changed" in panel.ui.registrationsBrowser.toPlainText()
        node.Inverse()
        settle()
        assert "changed" not in panel.ui.registrationsBrowser.toPlainText()
