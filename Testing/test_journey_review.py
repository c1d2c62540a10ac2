"""A registration is received and reviewed on the screen: what a user sees at each step is true."""

import re

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
import slicer.util
from PySide6.QtCore import Qt

from application import dialogs
from IHERORegistrationLib.displayLayouts import Plane, Role, viewName
from IHERORegistrationLib.phantoms.regions import REGIONS
from journeys.seenPixels import outlinePoints, pixelsAndPoints
from journeys.user import userOf

pytestmark = pytest.mark.usefixtures("canDraw")
LUNG = "Lung_R"
SOFT_TISSUE = (-160, 240)  # HU
TO_RAS = (-1, -1, 1)


@pytest.fixture(scope="module")
def seen(phantom, tmp_path_factory):
    """What there was to see at each step, by its name."""
    with userOf(tmp_path_factory.mktemp("review"), phantom.folder) as user:
        from journeys.receiveAndReview import receiveAndReview  # needs the application

        place = np.add(phantom.isocenter(phantom.primary.frame), (22, 4, 0))
        return {step: LOOKS[step](user) for step in receiveAndReview(user, place)}


def display(user):
    return user.panel("DisplayPanel")


def atQuestion(user):
    (asked,) = dialogs.shown
    return asked.text, slicer.util.getNode("2: MR").GetParentTransformNode()


def atFused(user):
    chosen = user.module.chosen
    names = [one.GetName() for one in (chosen.registration, chosen.base, chosen.overlay)]
    readout = display(user).ui.readoutLabel.text
    (structures,) = slicer.util.getNodesByClass("vtkMRMLSegmentationNode")
    outline = outlinePoints(user, "Red", structures, LUNG)
    user.key(Qt.Key.Key_3)
    overlay = pixelsAndPoints(user, "Red")
    user.key(Qt.Key.Key_2)
    return names, readout, outline, overlay


def atCheckerboard(user):
    return *pixelsAndPoints(user, "Red"), display(user).state.tileSize


def atPinned(user):
    return display(user).ui.pinnedLabel.text


def atSpyglass(user):
    return *pixelsAndPoints(user, "Red"), np.multiply(display(user).cursor.center, TO_RAS)


def atDifference(user):
    return pixelsAndPoints(user, "Red")


def atLinked(user):
    native = viewName(Role.NATIVE, Plane.AXIAL)
    (there,) = (view.cursor.position for view in display(user).views if view.name == native)
    return [np.multiply(one, TO_RAS) for one in (display(user).cursor.center, there)]


def atReport(user):
    return user.panel("RegistrationsPanel").ui.reportBrowser.toPlainText()


def atFrames(user):
    panel = user.panel("FramesPanel")
    return panel.map, panel.ui.waysLabel.text


def atDirection(user):
    list_ = user.panel("RegistrationsPanel").ui.registrationsBrowser
    return user.panel("QualityPanel").ui.qualityBrowser.toPlainText(), list_.toPlainText()


LOOKS = {
    "question": atQuestion,
    "fused": atFused,
    "checkerboard": atCheckerboard,
    "spyglass": atSpyglass,
    "difference": atDifference,
    "linked": atLinked,
    "pinned": atPinned,
    "report": atReport,
    "frames": atFrames,
    "direction": atDirection,
}


@pytest.fixture(scope="module")
def toMR(phantom):
    """The truth: CT → MR, LPS mm."""
    return phantom.transform(phantom.primary.frame, phantom.named("MR").frame)


def clear(phantom, points):
    """Which points lie in the body away from the surfaces of all regions, where nothing is drawn
    and voxels hold one tissue.
    """
    frame = phantom.primary.frame
    isClear = phantom.distance("Body", points, frame) < -6
    for region in REGIONS:
        isDose = region.name.endswith("Gy")
        isClear &= np.abs(phantom.distance(region.name, points, frame)) > (1.5 if isDose else 6)
    return isClear


def alike(shown, expected):
    return np.corrcoef(shown, expected)[0, 1]


def test_slicer_asks_what_is_to_be_applied_to_what(seen):
    text, parent = seen["question"]
    assert "2: MR on 1: CT, through MR_TO_CT" in text
    assert parent.GetName() == "MR_TO_CT"  # after a yes


def test_a_click_on_the_registration_chooses_its_images(seen):
    assert seen["fused"][0] == ["MR_TO_CT", "1: CT", "2: MR"]


def test_the_place_under_the_mouse_is_told_in_both_frames(seen, phantom, toMR):
    readout = seen["fused"][1]
    numbers = [float(one) for one in re.findall(r"-?\d+\.\d", readout)]
    base, overlay = np.array(numbers[:3]), np.array(numbers[3:6])
    np.testing.assert_allclose(overlay, toMR(base), atol=0.2)
    (value,) = re.findall(r"(-?\d+) HU", readout)
    assert float(value) == pytest.approx(phantom.valuesAt("CT", base[None])[0], abs=60)


def test_outlines_lie_on_the_anatomy(seen, phantom):
    off = np.abs(phantom.distance(LUNG, seen["fused"][2], phantom.primary.frame))
    assert len(off) > 300
    assert np.median(off) < 3  # voxels are 6 mm wide
    assert off.max() < 6


def test_the_moving_image_lies_where_the_truth_puts_it(seen, phantom, toMR):
    pixels, points = seen["fused"][3]
    isClear = clear(phantom, points)
    shown = pixels[isClear].sum(axis=1)
    assert alike(shown, phantom.valuesAt("MR", toMR(points[isClear]))) > 0.93


def test_the_spyglass_shows_the_moving_image_around_the_mouse_and_nowhere_else(seen, phantom):
    pixels, points, center = seen["spyglass"]
    isBright = clear(phantom, points) & (pixels.sum(axis=1) > 60)
    isAmber = pixels[:, 0] > pixels[:, 2] + 5
    away = np.linalg.norm(points - center, axis=1)
    assert isAmber[isBright & (away < 38)].all()
    assert not isAmber[isBright & (away > 42)].any()


def test_the_checkerboard_shows_either_image_in_every_other_tile(seen, phantom):
    pixels, points, side = seen["checkerboard"]
    isBright = clear(phantom, points) & (pixels.sum(axis=1) > 60)
    isAmber = pixels[:, 0] > pixels[:, 2] + 5
    tiles = (points - points.min(axis=0))[:, :2] / side  # from the upper left corner
    inside = (np.abs(tiles - np.round(tiles)) > 0.06).all(axis=1) & isBright
    isOdd = np.floor(tiles).sum(axis=1) % 2 == 1
    assert 0.3 < isOdd[inside].mean() < 0.7
    assert (isAmber == isOdd)[inside].mean() > 0.99


def test_green_is_the_fixed_and_magenta_the_moving_image(seen, phantom, toMR):
    pixels, points = seen["difference"]
    isClear = clear(phantom, points)
    ct = np.clip(phantom.valuesAt("CT", points[isClear]), *SOFT_TISSUE)
    mr = phantom.valuesAt("MR", toMR(points[isClear]))
    red, green, blue = pixels[isClear].T
    assert alike(green, ct) > 0.9
    assert min(alike(red, mr), alike(blue, mr)) > 0.9
    assert max(alike(green, mr), alike(red, ct)) < 0.6


def test_the_cursor_points_at_the_same_place_of_the_moving_image(seen, toMR):
    here, there = seen["linked"]
    np.testing.assert_allclose(there, toMR(here), atol=1e-4)


def test_a_click_keeps_the_place_and_both_values(seen, phantom, toMR):
    text = seen["pinned"]
    assert "Fixed image: 1: CT" in text
    assert "Moving image: 2: MR" in text
    numbers = [float(one) for one in re.findall(r"-?\d+\.\d", text)]
    np.testing.assert_allclose(numbers[3:6], toMR(np.array(numbers[:3])), atol=0.2)


def test_the_report_says_what_maps_where_and_what_was_found(seen):
    text = seen["report"]
    for words in ("Maps MR onto CT. Rigid: turns by 11.69°", "fiducials", "MMRO-III", "None."):
        assert words in text


def test_the_map_of_frames_shows_what_lies_where(seen, phantom):
    drawn, way = seen["frames"]
    assert way == "2: MR → 1: CT by MR_TO_CT (rigid)"
    frames = {one.frame: [name for _, name in one.contents] for one in drawn.groups}
    assert frames[phantom.primary.frame] == ["ANATOMY", "ANATOMY points", "1: CT"]
    assert frames[phantom.named("MR").frame] == ["2: MR"]
    assert [one.toFrame for one in drawn.arrows] == 2 * [phantom.primary.frame]


def test_the_images_prove_the_direction(seen):
    text, listed = seen["direction"]
    assert "The images agree best with the standard's reading." in text
    assert re.search(r"2,0\d\d.mm", text)  # without the registration they lie apart
    first = listed.split("PET_TO_CT")[0]
    assert "direction tested" in first
