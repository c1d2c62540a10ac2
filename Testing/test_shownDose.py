"""A dose is shown in one view of the four, in its colors, with lines and scale where wanted."""

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer

from application.mainWindows import settle
from displayScreen import composite, displayScreen, panel, showFirst, volume
from IHERORegistrationLib.displayLayouts import Role

pytestmark = pytest.mark.usefixtures("canDraw")


@pytest.fixture(scope="module")
def screen(tmp_path_factory, phantom):
    with displayScreen(tmp_path_factory.mktemp("settings"), phantom) as (_, made):
        yield made


@pytest.fixture
def nodes(screen):
    showFirst(screen)
    return screen


def test_four_up_shows_the_dose_in_one_view_only(nodes):
    panel().state.shownDose = nodes.dose
    panel().ui.fourUpButton.click()
    settle()
    third = {
        role: volume(composite(f"IHERO{role}Axial").GetNthLayerVolumeID(3))
        for role in (Role.BASE, Role.OVERLAY, Role.FUSED, Role.DOSE)
    }
    assert third == {Role.BASE: None, Role.OVERLAY: None, Role.FUSED: None, Role.DOSE: nodes.dose}
    assert composite("IHEROBaseAxial").GetForegroundVolumeID() is None
    overlay = volume(composite("IHEROOverlayAxial").GetBackgroundVolumeID())
    assert overlay.GetParentTransformNode() is nodes.registrations["MR"]


def test_a_recolored_dose_leaves_low_doses_clear(nodes):
    panel().state.shownDose = nodes.dose
    settle()
    panel().ui.doseColorsButton.click()
    display = nodes.dose.GetDisplayNode()
    highest = slicer.util.arrayFromVolume(nodes.dose).max()
    assert display.GetApplyThreshold()
    assert display.GetLowerThreshold() == pytest.approx(0.1 * highest)


def test_lines_and_legend_of_the_dose_are_seen_when_they_are_wanted(nodes):
    ui, state = panel().ui, panel().state
    state.shownDose = None
    settle()
    assert not ui.isodosesCheckBox.visible
    assert not ui.doseLegendLabel.visible
    state.shownDose = nodes.dose
    settle()
    assert "Dose, Gy" in ui.doseLegendLabel.text
    assert "Lines" not in ui.doseLegendLabel.text
    assert not any(view.isodoses.isShown for view in panel().views)
    ui.isodosesCheckBox.click()
    settle()
    highest = slicer.util.arrayFromVolume(nodes.dose).max()
    assert f"{0.5 * highest:.3g}" in ui.doseLegendLabel.text.split("Lines")[1]
    assert all(view.isodoses.isShown for view in panel().views)
    ui.isodoseReferenceBox.value = 40
    settle()
    assert "% of 40 Gy: 4, 12, 20, 28, 36, 38, 40, 42.8 Gy" in ui.doseLegendLabel.text
    assert {view.isodoses.reference for view in panel().views} == {40.0}
    ui.isodoseReferenceBox.value = 0
    ui.isodosesCheckBox.click()
    settle()
    assert not any(view.isodoses.isShown for view in panel().views)
