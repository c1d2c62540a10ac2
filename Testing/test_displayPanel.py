"""The display shows base and overlay as the user wants them, and leaves no mark behind."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
from PySide6 import QtCore, QtGui
from PySide6.QtTest import QTest

from application.mainWindows import settle
from application.openedScenes import openScene, saveOpenScene
from displayScreen import composite, displayScreen, panel, showFirst, volume
from IHERODeformationLib.heldDeformation import UNDEFINED_NODES
from IHERORegistrationLib.displayedPair import Relation
from IHERORegistrationLib.displayLayouts import FIRST_LAYOUT
from IHERORegistrationLib.patient import Patient
from IHERORegistrationLib.pictures.modalityPresets import Look
from IHERORegistrationLib.registeredDisplay import Stepping
from IHERORegistrationLib.registrationText import textFromPatient
from IHERORegistrationLib.scene import PATIENT
from loadedPhantom import loadedPhantom

pytestmark = pytest.mark.usefixtures("canDraw")
ROOT = Path(__file__).resolve().parents[1]
Key = QtCore.Qt.Key


@pytest.fixture(scope="module")
def screen(tmp_path_factory, phantom):
    with displayScreen(tmp_path_factory.mktemp("settings"), phantom) as made:
        yield made


@pytest.fixture(scope="module")
def nodes(screen):
    return screen[1]


@pytest.fixture
def window(screen, nodes):
    """The module is open, as at the first time."""
    showFirst(nodes)
    return screen[0]


def props():
    """How many things each view draws."""
    manager = slicer.app.layoutManager()
    views = (manager.sliceWidget(name).sliceView() for name in manager.sliceViewNames())
    return [
        view.renderWindow().GetRenderers().GetFirstRenderer().GetViewProps().GetNumberOfItems()
        for view in views
    ]


def notes():
    return {view.name: view.note.text for view in panel().views if view.note.text}


def test_base_and_overlay_are_in_the_views_and_the_overlay_is_registered(window, nodes):
    red = composite("Red")
    assert volume(red.GetBackgroundVolumeID()) is nodes.images["CT"]
    shown = volume(red.GetForegroundVolumeID())
    assert shown.GetParentTransformNode() is nodes.registrations["MR"]
    assert nodes.images["MR"].GetParentTransformNode() is None  # nothing in the scene moved
    assert panel().relation is Relation.REGISTERED
    assert notes() == {}


def test_space_turns_the_registration_off_and_the_views_say_so(window, nodes):
    QTest.keyClick(window, Key.Key_Space)
    settle()
    shown = volume(composite("Red").GetForegroundVolumeID())
    assert shown.GetParentTransformNode() is None
    assert set(notes().values()) == {"Registration off"}
    assert set(notes()) >= {"Red", "Yellow", "Green"}
    QTest.keyClick(window, Key.Key_Space)
    settle()
    assert notes() == {}


def test_keys_blend_and_choose_modes(window):
    for key, opacity in ((Key.Key_1, 0.0), (Key.Key_3, 1.0), (Key.Key_2, 0.5)):
        QTest.keyClick(window, key)
        settle()
        assert composite("Yellow").GetForegroundOpacity() == opacity
    for key, mode in ((Key.Key_S, "SPYGLASS"), (Key.Key_C, "CHECKERBOARD"), (Key.Key_W, "WIPE")):
        QTest.keyClick(window, key)
        settle()
        assert panel().state.shownAs.name == mode
        assert all(view.fusion.style.mode.name == mode for view in panel().views)
    QTest.keyClick(window, Key.Key_W)
    assert panel().state.shownAs.name == "BLEND"


def test_the_slider_blends_while_it_is_moved(window):
    panel().ui.blendSlider.value = 75
    assert composite("Red").GetForegroundOpacity() == 0.75
    assert panel().state.blend == 75


def test_layouts_show_each_image_where_it_belongs_and_lead_back(window, nodes):
    manager = slicer.app.layoutManager()
    before = manager.layout
    for button, names in (
        ("threePlanesButton", {"Red", "Yellow", "Green"}),
        ("sideBySideButton", {f"IHERO{r}{p}" for r in ("Base", "Overlay") for p in PLANES}),
        ("besideNativeButton", {f"IHERO{r}{p}" for r in ("Base", "Native") for p in PLANES}),
        ("fourUpButton", {f"IHERO{r}Axial" for r in ("Base", "Overlay", "Fused", "Dose")}),
    ):
        getattr(panel().ui, button).click()
        settle()
        assert {view.name for view in panel().views if view.isSeen} == names
        assert manager.layout >= FIRST_LAYOUT
        assert getattr(panel().ui, button).checked
    panel().ui.previousLayoutButton.click()
    settle()
    assert manager.layout == before
    assert not panel().ui.previousLayoutButton.enabled


PLANES = ("Axial", "Sagittal", "Coronal")


def test_the_wheel_goes_by_the_slices_that_are_chosen(window, nodes):
    node = slicer.app.layoutManager().sliceWidget("Red").mrmlSliceNode()
    for step, length in ((Stepping.BASE, 10.0), (Stepping.FINEST, 1.0)):
        panel().setStep(step)
        settle()
        assert node.GetPrescribedSliceSpacing()[2] == pytest.approx(length)
    QTest.keyClick(window, Key.Key_O)
    assert panel().state.scrollStep is Stepping.BASE


def test_shift_and_the_wheel_change_the_size_of_what_one_looks_through(window):
    panel().setMode(type(panel().state.shownAs).SPYGLASS)
    settle()
    view = slicer.app.layoutManager().sliceWidget("Red").sliceView()
    node, size = view.mrmlSliceNode(), panel().state.spyglassSize
    offset = node.GetSliceOffset()
    turnWheel(view, QtCore.Qt.KeyboardModifier.ShiftModifier)
    assert panel().state.spyglassSize == pytest.approx(size * 1.15)
    assert node.GetSliceOffset() == offset
    turnWheel(view, QtCore.Qt.KeyboardModifier.NoModifier)
    assert node.GetSliceOffset() == pytest.approx(offset + 10)


def turnWheel(view, modifiers):
    place = QtCore.QPointF(view.width / 2, view.height / 2)
    event = QtGui.QWheelEvent(
        place,
        view.mapToGlobal(place),
        QtCore.QPoint(),
        QtCore.QPoint(0, 120),
        QtCore.Qt.MouseButton.NoButton,
        modifiers,
        QtCore.Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QtCore.QCoreApplication.sendEvent(view, event)


def test_the_cursor_is_linked_through_the_registration_in_both_directions(window, nodes, phantom):
    """Against the phantom's own transform."""
    panel().ui.besideNativeButton.click()
    settle()
    truth = phantom.transform(phantom.named("CT").frame, phantom.named("MR").frame)
    for name, way, others in (
        ("IHEROBaseAxial", truth, "Native"),
        ("IHERONativeSagittal", truth.inverse(), "Base"),
    ):
        view = slicer.app.layoutManager().sliceWidget(name).sliceView()
        QTest.mouseMove(view, QtCore.QPoint(view.width // 2 + 9, view.height // 2 - 5))
        ras = [0.0] * 3
        crosshair = slicer.mrmlScene.GetSingletonNode("default", "vtkMRMLCrosshairNode")
        crosshair.GetCursorPositionRAS(ras)
        goal = way(np.array(ras) * (-1, -1, 1)) * (-1, -1, 1)
        for one in panel().views:
            if one.isSeen and one.role == others:
                np.testing.assert_allclose(one.cursor.position, goal, atol=1e-3)
                offset = {"Axial": goal[2], "Sagittal": -goal[0], "Coronal": goal[1]}
                orientation = one.node.GetOrientation()
                assert one.node.GetSliceOffset() == pytest.approx(offset[orientation])
            else:
                assert one.cursor.position is None
    assert "Moving" in panel().ui.readoutLabel.text
    QTest.keyClick(window, Key.Key_X)
    QTest.mouseMove(view, QtCore.QPoint(view.width // 2, view.height // 2))
    assert all(one.cursor.position is None for one in panel().views)


def test_a_registration_that_cannot_be_asked_is_told_where_the_readout_stands(window, nodes):
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTransformNode", "changed")
    node.SetAttribute(UNDEFINED_NODES, "AAAA")
    panel().module.chosen.registration = node
    settle()
    view = slicer.app.layoutManager().sliceWidget("Red").sliceView()
    QTest.mouseMove(view, QtCore.QPoint(view.width // 2, view.height // 2 + 3))
    assert "undefined in places" in panel().ui.readoutLabel.text
    slicer.mrmlScene.RemoveNode(node)


def test_a_saved_scene_shows_the_overlay_only_where_it_is_registered(window, nodes, tmp_path):
    slicer.mrmlScene.SetURL(str(tmp_path / "scene.mrml"))
    slicer.mrmlScene.Commit()
    saved = (tmp_path / "scene.mrml").read_text()
    assert nodes.images["CT"].GetID() in saved
    assert f"foregroundVolumeRef:{nodes.images['MR'].GetID()}" not in saved
    assert f'name="{nodes.images["MR"].GetName()} registered"' not in saved
    settle()
    assert composite("Red").GetForegroundVolumeID() is not None


def test_flicker_shows_base_and_overlay_in_turn_and_ends_with_the_mode(window):
    panel().setMode(type(panel().state.shownAs).FLICKER)
    settle()
    seen = set()
    for _ in range(2):
        panel().alternation.onTick()
        seen.add(composite("Red").GetForegroundOpacity())
    assert seen == {0.0, 1.0}
    QTest.keyClick(window, Key.Key_2)
    settle()
    assert composite("Red").GetForegroundOpacity() == 0.5


def test_each_image_has_its_own_window_and_colors(window, nodes):
    ui = panel().ui
    for box, steps in ((ui.overlayLookComboBox, 4), (ui.overlayColorsComboBox, 1)):
        for _ in range(steps):
            QTest.keyClick(box, Key.Key_Down)
    settle()
    overlay = nodes.images["MR"].GetDisplayNode()
    assert panel().state.overlayLook is Look.BONE
    assert (overlay.GetWindowLevelMin(), overlay.GetWindowLevelMax()) == (-500, 1300)
    assert (ui.overlayLowSpinBox.value, ui.overlayHighSpinBox.value) == (-500, 1300)
    ui.baseLowSpinBox.value = -900
    ui.baseHighSpinBox.value = 700
    base = nodes.images["CT"].GetDisplayNode()
    assert (base.GetWindowLevelMin(), base.GetWindowLevelMax()) == (-900, 700)
    ui.matchWindowButton.click()
    assert (overlay.GetWindowLevelMin(), overlay.GetWindowLevelMax()) == (-900, 700)
    shown = volume(composite("Red").GetForegroundVolumeID())
    assert shown.GetDisplayNode() is overlay
    panel().module.chosen.overlay = nodes.images["PET"]
    settle()
    assert panel().state.overlayLook is Look.AS_IT_IS


def test_another_patient_is_not_shown_and_red(window, nodes):
    before = nodes.images["MR"].GetAttribute(PATIENT)
    somebody = textFromPatient(Patient("not him", "", "", ""))
    nodes.images["MR"].SetAttribute(PATIENT, somebody)
    panel().show()
    nodes.images["MR"].SetAttribute(PATIENT, before)
    assert panel().relation is Relation.OTHER_PATIENT
    assert composite("Red").GetForegroundVolumeID() is None
    assert set(notes()) >= {"Red", "Yellow", "Green"}


def test_leaving_the_module_takes_all_marks_and_the_unregistered_overlay_away(window, nodes):
    marked = props()
    for key in (Key.Key_C, Key.Key_Space):
        QTest.keyClick(window, key)
    settle()
    slicer.modules.IHERORegistrationWidget.exit()
    assert [before - after for before, after in zip(marked, props(), strict=True)] == [5] * len(
        marked
    )
    assert len(slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")) == 4
    assert composite("Red").GetForegroundVolumeID() is None
    assert volume(composite("Red").GetBackgroundVolumeID()) is nodes.images["CT"]
    QTest.keyClick(window, Key.Key_S)
    assert panel().state.shownAs.name == "CHECKERBOARD"
    slicer.modules.IHERORegistrationWidget.enter()
    settle()
    assert props() == marked
    assert set(notes().values()) == {"Registration off"}


def test_leaving_the_module_keeps_an_overlay_that_lies_under_its_registration(window, nodes):
    nodes.images["MR"].SetAndObserveTransformNodeID(nodes.registrations["MR"].GetID())
    settle()
    slicer.modules.IHERORegistrationWidget.exit()
    assert volume(composite("Red").GetForegroundVolumeID()) is nodes.images["MR"]
    nodes.images["MR"].SetAndObserveTransformNodeID(None)
    slicer.modules.IHERORegistrationWidget.enter()


def test_closing_the_scene_and_deleting_nodes_leaves_a_quiet_screen(window, nodes):
    panel().ui.besideNativeButton.click()
    slicer.mrmlScene.RemoveNode(nodes.registrations["MR"])
    settle()
    slicer.mrmlScene.RemoveNode(nodes.images["MR"])
    settle()
    assert panel().relation is Relation.INCOMPLETE
    slicer.mrmlScene.Clear(False)
    settle()
    assert panel().state.shownAs.name == "BLEND"
    assert "Choose" in panel().ui.relationLabel.text


def test_what_was_chosen_comes_back_with_the_scene(screen, phantom, tmp_path):
    nodes = loadedPhantom(phantom, slicer.mrmlScene)  # the scene was closed
    showFirst(nodes)
    state = panel().state
    panel().ui.sideBySideButton.click()
    panel().setMode(type(state.shownAs).CHECKERBOARD)
    state.tileSize, state.blend, state.scrollStep = 12.0, 30.0, Stepping.FINEST
    state.isRegistrationShown, state.baseLook = False, Look.LUNG
    layout, name = slicer.app.layoutManager().layout, nodes.images["MR"].GetName()
    settle()
    openScene(saveOpenScene(tmp_path / "saved.mrb"))
    settle()
    state = panel().state
    assert state.shownAs.name == "CHECKERBOARD"
    assert (state.tileSize, state.blend, state.scrollStep) == (12.0, 30.0, Stepping.FINEST)
    assert not state.isRegistrationShown
    assert state.baseLook is Look.LUNG
    assert panel().module.chosen.overlay.GetName() == name
    assert slicer.app.layoutManager().layout == layout
    assert panel().relation is Relation.OFF
    assert set(notes()) >= {"IHEROOverlayAxial"}
