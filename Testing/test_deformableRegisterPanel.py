"""Images are registered deformably on the screen."""

import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
from PySide6.QtCore import QTimer

from application import dialogs
from application.mainWindows import settle
from application.openedScenes import nodeIDs
from application.runningApplication import loadModule, runningApplication
from balls import (
    CENTER,
    FIXED,
    MOVING,
    bent,
    imageNode,
    lattice,
    surfacePoints,
    turned,
    unbent,
    volume,
)
from IHERODeformationLib.deformableAlignment import longestTime
from IHERODeformationLib.deformationPresets import presetNamed
from IHERODeformationLib.heldDeformation import isAsRead
from IHERODeformationLib.scene import registrationFromDeformationNode
from IHERORegistrationLib.errors import DeformableContentError, ImageRegistrationError
from IHERORegistrationLib.geometry import AffineTransform
from IHERORegistrationLib.imagePair import imagePair
from IHERORegistrationLib.landmarkNodes import Pairing, landmarkPairs, newLandmarkList
from IHERORegistrationLib.resampling import vtkMatrix
from IHERORegistrationLib.rigidPresets import RigidPreset
from IHERORegistrationLib.usedLandmarks import keepLandmarks, landmarksOf
from IHERORegistrationLib.writtenObject import keepContent
from registerScreen import LPS_TO_RAS, press

MODULE = Path(__file__).resolve().parents[1] / "IHERODeformation" / "IHERODeformation.py"
RIGID = AffineTransform(turned(6, (1, 1, -2), (12, -30, 8)), FIXED, MOVING)
FIXED_IMAGE = volume(lattice((33, 31, 28), (3.1, 3.3, 3.6), CENTER), FIXED)
MOVING_IMAGE = volume(
    lattice((34, 33, 30), (3.2, 3.4, 3.3), RIGID(CENTER) + 2), MOVING,
    lambda points: unbent(RIGID.inverse()(points)),
)  # fmt: skip


@pytest.fixture
def panel(tmp_path, monkeypatch):
    """The opened panel, the images chosen and lying rigidly right; no other but that which applies
    registrations.
    """
    with runningApplication(tmp_path):
        module = loadModule(MODULE)
        from IHERODeformationLib.widgets import panels
        from IHERODeformationLib.widgets.deformableRegisterPanel import DeformableRegisterPanel
        from IHERODeformationLib.widgets.deformedApplyPanel import DeformedApplyPanel

        monkeypatch.setattr(panels, "PANELS", (DeformedApplyPanel, DeformableRegisterPanel))
        fixed = imageNode(slicer.mrmlScene, FIXED_IMAGE, "CT in May")
        moving = imageNode(slicer.mrmlScene, MOVING_IMAGE, "CT in June")
        node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "rigid")
        toFixed = LPS_TO_RAS @ RIGID.inverse().matrix @ LPS_TO_RAS
        node.SetMatrixTransformToParent(vtkMatrix(toFixed))
        moving.SetAndObserveTransformNodeID(node.GetID())
        widget = module.widget()
        widget.enter()
        widget.chosen.base, widget.chosen.overlay = fixed, moving
        found = widget.panel(DeformableRegisterPanel)
        found.ui.deformableRegisterButton.collapsed = False
        settle()
        yield found


def errorsOf(node):
    """Mm by which the node misses the truth at surface points, as a displayed image shows it."""
    points = surfacePoints(40)
    fromParent = node.GetTransformFromParent()
    there = np.array([
        fromParent.TransformPoint(point) for point in points @ LPS_TO_RAS[:3, :3]
    ])  # fmt: skip
    return np.linalg.norm(there @ LPS_TO_RAS[:3, :3] - RIGID(bent(points)), axis=1)


def test_images_are_deformed_into_a_new_node_that_can_be_exported(panel):
    assert panel.ui.deformationHintLabel.text.startswith("CT with CT:")
    assert "less than a minute" in panel.ui.deformationHintLabel.text
    press(panel.ui.deformButton)
    node = panel.chosen.registration
    errors = errorsOf(node)
    assert errors.mean() < 1.3  # 5 mm before
    assert np.quantile(errors, 0.95) < 3.6  # the largest side of a voxel
    assert panel.chosen.overlay.GetParentTransformNode() is node
    assert isAsRead(node)
    (item,) = registrationFromDeformationNode(node).sourceItems
    assert (item.sourceFrame, item.method.value) == (MOVING, "125024")
    text = panel.ui.deformableResultLabel.text
    assert text.startswith("CT in June deformed onto CT in May: Similarity 0.")
    assert "none of them folded" in text
    assert "Look at the images before and after" in text
    press(panel.module.panels[0].ui.undoPlacementButton)
    assert panel.chosen.overlay.GetParentTransformNode().GetName() == "rigid"


def byLandmarks(panel, node):
    """Let `node` be made by one pair of landmarks; gives their lists."""
    lists = [
        newLandmarkList(one, "L", (1, 0, 0)) for one in (panel.chosen.base, panel.chosen.overlay)
    ]
    for one in lists:
        one.AddControlPoint(1.0, 2.0, 3.0, "carina")
    pair = imagePair(panel.chosen.base, panel.chosen.overlay)
    keepLandmarks(node, *lists, landmarkPairs(pair, *lists, Pairing.ORDER))
    keepContent(node)
    return lists


def test_landmarks_of_the_registration_before_count_as_its_own(panel):
    lists = byLandmarks(panel, panel.chosen.overlay.GetParentTransformNode())
    press(panel.ui.deformButton)
    node = panel.chosen.registration
    (item,) = registrationFromDeformationNode(node).sourceItems
    assert item.method.value == "125026"
    for used, of in zip(landmarksOf(node), lists, strict=True):
        assert used.node is of
        assert [label for label, _ in used.points] == ["carina"]


def test_landmarks_of_the_chosen_registration_count_where_it_goes_on_from_that(panel):
    before = panel.chosen.overlay.GetParentTransformNode()
    lists = byLandmarks(panel, before)
    panel.chosen.overlay.SetAndObserveTransformNodeID(None)
    panel.chosen.registration = before
    panel.state.deformationStart = "chosen"
    settle()
    press(panel.ui.deformButton)
    assert panel.chosen.registration is not before
    assert [one.node for one in landmarksOf(panel.chosen.registration)] == lists


def test_landmarks_do_not_count_where_it_begins_anew(panel, quickly):
    byLandmarks(panel, panel.chosen.overlay.GetParentTransformNode())
    panel.state.deformationStart = "rigid"
    settle()
    press(panel.ui.deformButton)
    (item,) = registrationFromDeformationNode(panel.chosen.registration).sourceItems
    assert item.method.value == "125024"
    assert landmarksOf(panel.chosen.registration) is None


@pytest.fixture
def quickly(panel, monkeypatch):
    """The rigid registration before takes no time."""
    from IHERODeformationLib.widgets import deformableRegisterPanel

    quick = RigidPreset(("CT", "CT"), 32, (12, 8), "quick", kept=1)
    monkeypatch.setattr(deformableRegisterPanel, "rigidPreset", lambda *_: quick)


def test_images_that_lie_apart_are_registered_rigidly_first(panel, quickly):
    panel.chosen.overlay.SetAndObserveTransformNodeID(None)
    box = panel.ui.deformationStartBox
    box.activated.emit(box.findData("rigid"))
    settle()
    press(panel.ui.deformButton)
    assert errorsOf(panel.chosen.registration).mean() < 2.0


def test_a_deformation_is_no_rigid_start(panel):
    press(panel.ui.deformButton)
    node = panel.chosen.registration
    for start in ("present", "chosen"):
        panel.state.deformationStart = start
        with pytest.raises(DeformableContentError, match="found a deformation"):
            panel.onRegister()
    assert panel.chosen.registration is node


def test_a_region_gives_a_smaller_grid_that_covers_it(panel):
    region = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsROINode", "Part")
    center = np.add(CENTER, (6, -4, 3))
    region.SetCenter(*(LPS_TO_RAS[:3, :3] @ center))
    region.SetSize(52, 44, 40)
    panel.state.deformationRegion = region
    settle()
    press(panel.ui.deformButton)
    grid = registrationFromDeformationNode(panel.chosen.registration).sourceItems[0].grid
    corners = center + (np.indices((2, 2, 2)).reshape(3, 8).T - 0.5) * (52, 44, 40)
    assert grid.contains(corners).all()
    extent = np.array(grid.lattice.size) * grid.lattice.spacing
    assert (extent < (60, 52, 50)).all()


def test_a_region_beside_the_image_is_refused(panel):
    region = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsROINode", "Beside")
    region.SetCenter(900, 0, 0)
    region.SetSize(52, 44, 40)
    panel.state.deformationRegion = region
    settle()
    assert "region that meets the fixed image" in panel.ui.deformablePairLabel.text
    assert not panel.ui.deformButton.enabled
    pair = imagePair(panel.chosen.base, panel.chosen.overlay)
    with pytest.raises(ImageRegistrationError):
        longestTime(pair, presetNamed("", pair.modalities), region)


def test_cancelled_work_leaves_the_scene_node_for_node_at_once(panel):
    before, above = nodeIDs(), panel.chosen.overlay.GetParentTransformNode()
    done = []

    def cancel():
        done.append(time.monotonic())
        dialogs.cancelWork()

    QTimer.singleShot(250, slicer.app, cancel)
    press(panel.ui.deformButton)
    assert time.monotonic() - done[0] < 0.7  # 0.5 s, and the events of settle
    assert nodeIDs() == before
    assert panel.chosen.overlay.GetParentTransformNode() is above
    assert panel.chosen.registration is None
    assert panel.ui.deformButton.enabled


def test_a_scene_closed_during_the_work_ends_it(panel):
    QTimer.singleShot(250, slicer.app, lambda: slicer.mrmlScene.Clear(False))
    press(panel.ui.deformButton)
    assert panel.chosen.base is None
    assert not panel.ui.deformButton.enabled
    assert "choose them above" in panel.ui.deformablePairLabel.text


def test_images_without_frames_are_deformed_for_viewing_only(panel):
    for node in (panel.chosen.base, panel.chosen.overlay):
        copied = slicer.util.addVolumeFromArray(slicer.util.arrayFromVolume(node))
        copied.CopyOrientation(node)
        copied.SetAndObserveTransformNodeID(node.GetTransformNodeID())
        if node is panel.chosen.base:
            fixed = copied
    panel.chosen.base, panel.chosen.overlay = fixed, copied
    settle()
    press(panel.ui.deformButton)
    node = panel.chosen.registration
    assert node.GetAttribute("IHERO.SourceFrame") is None
    assert errorsOf(node).mean() < 1.5
