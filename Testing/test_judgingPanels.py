"""The panels that show, judge and compare deformations: legible at 400 pixels, and as they were
when a saved scene is opened.
"""

from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer

from application import dialogs
from application.legibility import clippedTexts, neededWidth, withoutToolTip
from application.mainWindows import mainWindow, settle
from application.openedScenes import closeScene, openScene, saveOpenScene
from application.runningApplication import loadModule, runningApplication
from fieldScenes import fieldScene, folded
from IHERORegistrationLib.registrationReview import directionTestOf

MODULE = Path(__file__).resolve().parents[1] / "IHERODeformation" / "IHERODeformation.py"
NAMES = ("field", "quality", "comparison")


@pytest.fixture
def panels(tmp_path, monkeypatch):
    """The three panels over two deformations of two images."""
    dialogs.forget()
    with runningApplication(tmp_path):
        from IHERODeformationLib.widgets import panels as shown
        from IHERODeformationLib.widgets.comparisonPanel import ComparisonPanel
        from IHERODeformationLib.widgets.fieldPanel import FieldPanel
        from IHERODeformationLib.widgets.qualityPanel import QualityPanel

        monkeypatch.setattr(shown, "PANELS", (ComparisonPanel, FieldPanel, QualityPanel))
        nodes = fieldScene(slicer.mrmlScene)
        second = fieldScene(slicer.mrmlScene, folded, undefined=((7, 5, 6),)).transform
        mainWindow(loadModule(MODULE), size=(1000, 2600), panelWidth=400)
        widget = slicer.modules.IHERODeformationWidget
        nodes.overlay.SetAndObserveTransformNodeID(nodes.transform.GetID())
        widget.chosen.registration = nodes.transform
        widget.chosen.base, widget.chosen.overlay = nodes.base, nodes.overlay
        found = tuple(map(widget.panel, (FieldPanel, QualityPanel, ComparisonPanel)))
        found[2].state.comparisonSecond = second
        for panel, name in zip(found, NAMES, strict=True):
            getattr(panel.ui, f"{name}Button").collapsed = False
        settle()
        yield found


def fill(panels):
    """Ask for all there is."""
    field, quality, comparison = panels
    field.onKind(1)
    quality.ui.qualityMeasureButton.click()
    comparison.ui.comparisonMeasureButton.click()
    settle()
    quality.ui.qualityLevelComboBox.setCurrentIndex(2)
    quality.ui.qualityCommentEdit.text = "only around the spine, where nothing moves"
    quality.ui.qualityApproveButton.click()
    settle()


def test_all_can_be_read_and_explains_itself_at_400_pixels(panels):
    fill(panels)
    for panel in panels:
        assert neededWidth(panel.widget) <= 400 - 24  # what scroll bar and margins take
        assert withoutToolTip(panel.widget) == []
        assert clippedTexts(panel.widget) == []


def test_a_saved_scene_shows_what_was_chosen_and_measured(panels, tmp_path):
    fill(panels)
    field, quality, comparison = panels
    texts = [
        one.toPlainText() for one in (quality.ui.qualityBrowser, comparison.ui.comparisonBrowser)
    ]
    summary = field.ui.fieldSummaryLabel.text
    file = saveOpenScene(tmp_path / "scene.mrb")
    closeScene()
    settle()
    assert field.ui.fieldSummaryLabel.text == ""
    assert quality.ui.qualityBrowser.toPlainText() == ""
    openScene(file)
    settle()
    assert field.state.fieldKind == "arrows"
    assert field.ui.fieldSummaryLabel.text == summary
    assert [
        one.toPlainText() for one in (quality.ui.qualityBrowser, comparison.ui.comparisonBrowser)
    ] == texts
    assert directionTestOf(field.chosen.registration)
    assert "“only around the spine, where nothing moves”" in quality.ui.qualityReviewLabel.text
    assert not quality.ui.qualitySaveButton.enabled  # the numbers are to be measured again


def test_a_module_that_is_left_draws_nothing_and_goes_on_when_it_is_entered(panels):
    field, _, comparison = panels
    field.onKind(1)
    settle()
    assert field.field is not None
    comparison.ui.comparisonBlinkButton.click()
    field.module.exit()
    assert field.field is None
    assert not comparison.ui.comparisonBlinkButton.checked
    field.module.enter()
    settle()
    assert field.field is not None
