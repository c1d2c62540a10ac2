"""Images are registered on the screen: automatically, and what all ways have in common."""

import time

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
from PySide6.QtCore import QTimer

from application import dialogs
from application.mainWindows import mainWindow, settle
from application.openedScenes import nodeIDs
from balls import imageNode
from registerScreen import (
    MOVING_IMAGE,
    matrixOf,
    missed,
    openedPanel,
    pick,
    press,
    show,
    shownTransforms,
    withLandmarks,
)


@pytest.fixture
def panel(tmp_path, monkeypatch):
    with openedPanel(tmp_path, monkeypatch) as opened:
        yield opened


def automatic(panel, beginning="present"):
    show(panel, 1)
    pick(panel.ui.rigidBeginningBox, beginning)


def test_images_are_registered_automatically_into_a_new_node(panel):
    withLandmarks(panel, np.array([3.0, 0, 0]))
    press(panel.ui.landmarksButton)
    before = panel.chosen.registration
    kept = matrixOf(before)
    automatic(panel, "chosen")
    assert panel.ui.rigidPresetHintLabel.text.startswith("CT with MR:")
    press(panel.ui.automaticButton)
    node = panel.chosen.registration
    assert node is not before
    np.testing.assert_array_equal(matrixOf(before), kept)
    assert missed(matrixOf(node)) < 2.5 < missed(kept)
    assert "before" in panel.ui.registerResultLabel.text
    assert panel.ui.automaticButton.enabled


def during(deed, seconds=0.3):
    """Do `deed` once, that long after the work has begun; gives when it was done."""
    done = []

    def act():
        done.append(time.monotonic())
        deed()

    QTimer.singleShot(round(1000 * seconds), slicer.app, act)
    return done


def test_cancelled_work_leaves_the_scene_node_for_node_at_once(panel):
    automatic(panel, "all")
    before = nodeIDs()
    done = during(dialogs.cancelWork)
    press(panel.ui.automaticButton)
    ended = time.monotonic()
    assert ended - done[0] < 0.7  # 0.5 s, and the events of settle
    assert nodeIDs() == before
    assert panel.chosen.registration is None
    assert panel.chosen.overlay.GetParentTransformNode() is None
    assert panel.ui.automaticButton.enabled


def test_a_node_deleted_or_a_scene_closed_during_the_work_ends_it(panel):
    automatic(panel, "all")
    moving = panel.chosen.overlay
    during(lambda: slicer.mrmlScene.RemoveNode(moving))
    press(panel.ui.automaticButton)
    assert panel.chosen.registration is None
    assert "a moving one: choose them above" in panel.ui.registerPairLabel.text
    assert not panel.ui.automaticButton.enabled
    panel.chosen.overlay = imageNode(slicer.mrmlScene, MOVING_IMAGE, "MR 2", "MR")
    settle()
    during(lambda: slicer.mrmlScene.Clear(False))
    press(panel.ui.automaticButton)
    assert panel.chosen.base is None
    assert not shownTransforms()


def test_images_of_other_patients_and_without_frames_are_told(panel):
    other = imageNode(slicer.mrmlScene, MOVING_IMAGE, "MR of P2", "MR", "P2")
    panel.chosen.overlay = other
    settle()
    assert "differ in PatientID" in panel.ui.registerPairLabel.text
    buttons = (
        panel.ui.placeFixedButton,
        panel.ui.automaticButton,
        panel.ui.manualBeginButton,
    )
    assert not any(one.enabled for one in buttons)
    panel.chosen.overlay = slicer.util.addVolumeFromArray(np.zeros((4, 5, 6)), name="drawn")
    settle()
    assert "for viewing only" in panel.ui.registerPairLabel.text.lower()
    assert all(one.enabled for one in buttons)


def test_a_registration_to_start_from_has_to_be_chosen_as_one_dialog_says(tmp_path, monkeypatch):
    with openedPanel(tmp_path, monkeypatch, testing=False) as panel:
        mainWindow()
        checkDialog(panel)


def checkDialog(panel):
    automatic(panel, "chosen")
    press(panel.ui.automaticButton)
    (dialog,) = dialogs.shown
    assert dialog.text.startswith("The images cannot be registered automatically.")
    assert "choose one above" in dialog.text
    assert not shownTransforms()
    assert panel.ui.automaticButton.enabled
    dialogs.shown.clear()
    done = during(dialogs.cancelWork)
    pick(panel.ui.rigidBeginningBox, "all")
    press(panel.ui.automaticButton)
    assert done
    assert dialogs.shown == []  # who cancelled knows
