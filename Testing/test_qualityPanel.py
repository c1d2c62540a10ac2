"""The panel that judges a registration, clicked like a user does."""

import contextlib
import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer

from application import dialogs
from application.mainWindows import settle
from application.runningApplication import loadModule, runningApplication
from fieldScenes import BASE, CORNER, OVERLAY, breathingScene
from IHERODeformationLib import qualityPictures, savedQuality
from IHERORegistrationLib.dataNodes import pointsNode
from IHERORegistrationLib.errors import RegistrationCancelledError
from IHERORegistrationLib.listedRegistration import badges
from IHERORegistrationLib.registrationReview import Decision, directionTestOf, reviewOfNode
from IHERORegistrationLib.saving import SavingError, saveText
from IHERORegistrationLib.sceneRegistrations import sceneRegistrations

MODULE = Path(__file__).resolve().parents[1] / "IHERODeformation" / "IHERODeformation.py"


@contextlib.contextmanager
def opened(settings, monkeypatch, *, testing=True):
    """The panel over a scene whose images agree by the registration."""
    dialogs.forget()
    with runningApplication(settings, testing=testing):
        from IHERODeformationLib.widgets import panels as shown
        from IHERODeformationLib.widgets.qualityPanel import QualityPanel

        monkeypatch.setattr(shown, "PANELS", (QualityPanel,))
        nodes = breathingScene(slicer.mrmlScene)
        widget = loadModule(MODULE).widget()
        widget.enter()
        widget.chosen.registration = nodes.transform
        widget.chosen.base, widget.chosen.overlay = nodes.base, nodes.overlay
        settle()
        yield widget.panel(QualityPanel), nodes


@pytest.fixture
def screen(tmp_path, monkeypatch):
    with opened(tmp_path, monkeypatch) as shown:
        yield shown


def words(panel):
    settle()
    return panel.ui.qualityBrowser.toPlainText()


def test_a_right_direction_is_told_and_kept_with_the_registration(screen):
    panel, nodes = screen
    panel.ui.qualityDirectionButton.click()
    assert "✔ direction" in words(panel)
    assert "The images agree best with the standard's reading." in words(panel)
    assert directionTestOf(nodes.transform).startswith("standard: The images")


def test_what_was_found_is_told_no_more_when_the_registration_was_inverted(screen):
    panel, nodes = screen
    panel.ui.qualityDirectionButton.click()
    assert "agree best with the standard's reading" in words(panel)
    nodes.transform.Inverse()
    panel.module.showPanels()
    assert words(panel) == ""
    nodes.transform.Inverse()
    panel.module.showPanels()
    assert "agree best with the standard's reading" in words(panel)


@pytest.mark.parametrize("end", ["base", "overlay"])
def test_what_was_found_on_other_images_is_neither_told_nor_saved(screen, end):
    panel, _ = screen
    panel.ui.qualityMeasureButton.click()
    told = words(panel)
    assert panel.ui.qualitySaveButton.enabled
    own = getattr(panel.chosen, end)
    setattr(panel.chosen, end, getattr(breathingScene(slicer.mrmlScene), end))
    assert words(panel) == ""
    assert not panel.ui.qualitySaveButton.enabled
    setattr(panel.chosen, end, own)
    assert words(panel) == told
    slicer.mrmlScene.RemoveNode(own)
    assert words(panel) == ""


def test_a_wrong_direction_is_a_doubt_in_the_list(screen):
    panel, _ = screen
    wrong = breathingScene(slicer.mrmlScene, sense=-1)
    panel.chosen.registration = wrong.transform
    panel.chosen.base, panel.chosen.overlay = wrong.base, wrong.overlay
    settle()
    panel.ui.qualityDirectionButton.click()
    assert "the opposite direction" in directionTestOf(wrong.transform)
    (row,) = (
        one for one in sceneRegistrations(slicer.mrmlScene) if one.key == wrong.transform.GetID()
    )
    assert "direction doubtful" in [one.text for one in badges(row)]


def test_landmarks_are_judged_by_the_limits(screen):
    panel, nodes = screen
    places = CORNER + np.array([[30.0, 30, 40], [60, 40, 50], [80, 20, 60], [50, 60, 30]])
    moved = places + nodes.displacement(places) + (0, 0, 7)
    for frame, points, name in (
        (BASE, places, "qualityBasePoints"),
        (OVERLAY, moved, "qualityOverlayPoints"),
    ):
        labeled = {f"L{number}": point for number, point in enumerate(points)}
        setattr(panel.state, name, pointsNode(labeled, frame, slicer.mrmlScene, name))
    panel.ui.qualityMeasureButton.click()
    text = words(panel)
    assert "Target registration error, mean" in text
    error = panel.measured.quality.landmarks.distribution
    assert (error.mean, error.maximum) == pytest.approx((7, 7), abs=0.05)
    assert "1 kept, 2 exceeded" in text


def test_the_report_is_saved_as_a_page_and_numbers_with_the_rating(screen, tmp_path, monkeypatch):
    panel, _ = screen
    monkeypatch.setattr(qualityPictures, "graphicsAvailable", lambda: False)  # they take seconds
    panel.ui.qualityLevelComboBox.setCurrentIndex(3)
    panel.ui.qualityCommentEdit.text = "lung only"
    panel.ui.qualityApproveButton.click()
    assert not panel.ui.qualitySaveButton.enabled
    panel.ui.qualityMeasureButton.click()
    settle()
    folder = tmp_path / "report"
    folder.mkdir()
    dialogs.answers.append(folder)
    panel.ui.qualitySaveButton.click()
    told = json.loads((folder / "quality.json").read_text(encoding="utf-8"))
    assert told["rating"].startswith("2: usable with risk of deformation, approved, “lung only”")
    assert told["direction"]["verdict"] == "standard"
    page = (folder / "quality.html").read_text(encoding="utf-8")
    assert "lung only" in page


@pytest.mark.parametrize("fault", ["page", "numbers", "cancelled"])
def test_a_report_that_cannot_be_saved_whole_leaves_nothing(tmp_path, monkeypatch, caplog, fault):
    folder = tmp_path / "report"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")

    def drawn(*arguments, progress, **named):
        saveText("picture", arguments[4] / "after.png")
        if fault == "cancelled":
            raise RegistrationCancelledError("cancelled")
        return ()

    def saved(text, path, original=saveText):
        if path.suffix == {"page": ".html", "numbers": ".json"}[fault]:
            raise SavingError(f"cannot write {path}: No space left on device")
        return original(text, path)

    monkeypatch.setattr(savedQuality, "qualityPictures", drawn)
    monkeypatch.setattr(savedQuality, "saveText", saved)
    with opened(tmp_path, monkeypatch, testing=False) as (panel, _):
        panel.ui.qualityMeasureButton.click()
        settle()
        dialogs.answers.append(folder)
        panel.ui.qualitySaveButton.click()
        assert [one.name for one in folder.rglob("*")] == ["notes.txt"]
        told = [one.message for one in caplog.records if "could not be saved" in one.message]
        assert len(told) == (fault != "cancelled")
        assert all(f"cannot write {folder / 'quality.'}" in one for one in told)
        assert panel.ui.qualitySaveButton.enabled  # it can be saved elsewhere


def test_a_rating_is_on_the_registration(screen):
    panel, nodes = screen
    panel.ui.qualityLevelComboBox.setCurrentIndex(5)
    panel.ui.qualityRejectButton.click()
    settle()
    found = reviewOfNode(nodes.transform)
    assert (found.level, found.decision) == (4, Decision.REJECTED)
    assert "4: not acceptable, rejected" in panel.ui.qualityReviewLabel.text


def test_work_that_is_cancelled_leaves_everything_as_it_was(screen):
    panel, nodes = screen
    count = slicer.mrmlScene.GetNumberOfNodes()
    dialogs.cancelWork()
    panel.ui.qualityMeasureButton.click()
    settle()
    assert panel.measured is None
    assert directionTestOf(nodes.transform) == ""
    assert slicer.mrmlScene.GetNumberOfNodes() == count


def test_without_images_nothing_can_be_pressed_and_a_closed_scene_is_no_trouble(screen):
    panel, _ = screen
    panel.chosen.overlay = None
    settle()
    assert not panel.ui.qualityMeasureButton.enabled
    slicer.mrmlScene.Clear(False)
    settle()
    assert not panel.ui.qualityRatingBox.enabled
