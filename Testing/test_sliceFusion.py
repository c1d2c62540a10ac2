"""What the modes show in a slice view, sampled where the values are known."""

from dataclasses import replace

import numpy as np
import pytest
import slicer

from IHERORegistrationLib.dataNodes import volumeNodeFromVolume
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.sliceFusion import FusionMode, FusionStyle, SliceFusion, viewPoint
from IHERORegistrationLib.viewMarks import CURSOR_COLOR, Urgency, ViewCursor, ViewNote
from sliceView import sliceView

pytestmark = pytest.mark.usefixtures("canDraw")
COLUMNS, ROWS = 300, 200
LATTICE = Lattice.fromAxes((120, 90, 8), np.array([40.0, -70, 25]), np.eye(3), np.array([2, 2, 5]))
BASE, OVERLAY = 51, 204  # gray values that 20 % and 80 % of the window become


def volumeOf(value, scene, name):
    values = np.full(LATTICE.shape, value, np.int16)
    node = volumeNodeFromVolume(Volume(values, LATTICE, "1.2.3"), scene, name)
    node.GetDisplayNode().AutoWindowLevelOff()
    node.GetDisplayNode().SetWindowLevelMinMax(0, 100)
    return node


@pytest.fixture
def view(scene):
    made = sliceView(scene, "Red", COLUMNS, ROWS)
    made.composite.SetBackgroundVolumeID(volumeOf(20, scene, "base").GetID())
    made.composite.SetForegroundVolumeID(volumeOf(80, scene, "overlay").GetID())
    made.logic.FitSliceToBackground()
    made.node.SetFieldOfView(150, 100, 1)  # 0.5 mm pixels; all of the view is image
    return made


@pytest.fixture
def fusion(view):
    made = SliceFusion(view.logic, view.renderer)
    yield made
    made.remove()


def at(image, x, y):
    """Gray value of a pixel from the lower left corner."""
    red, green, blue = (int(part) for part in image[ROWS - 1 - y, x])
    assert red == green == blue
    return red


def centerPoint(view):
    """The middle of the view, RAS mm."""
    return view.node.GetXYToRAS().MultiplyPoint((COLUMNS / 2, ROWS / 2, 0, 1))[:3]


def test_blending_is_left_to_the_view(view, fusion):
    view.composite.SetForegroundOpacity(0.5)
    assert at(view.pixels(), 150, 100) == pytest.approx((BASE + OVERLAY) / 2, abs=2)


def test_a_checkerboard_has_tiles_of_its_size_from_the_upper_left(view, fusion):
    fusion.style = FusionStyle(FusionMode.CHECKERBOARD, tile=20.0)  # 40 pixels
    image = view.pixels()
    assert at(image, 20, ROWS - 20) == BASE
    assert at(image, 60, ROWS - 20) == OVERLAY
    assert at(image, 60, ROWS - 60) == BASE
    assert at(image, 41, ROWS - 2) == OVERLAY
    assert at(image, 38, ROWS - 2) == BASE


def test_a_spyglass_shows_the_overlay_around_its_center(view, fusion):
    x, y, z = centerPoint(view)
    fusion.style = FusionStyle(FusionMode.SPYGLASS, radius=15.0, center=(x - 20, y + 10, z))
    image = view.pixels()  # axial: the patient's right is on the left, so R − 20 is 40 to the right
    left, right = (at(image, 150, 120), at(image, 190, 120))
    assert (left, right) == (BASE, OVERLAY)
    assert at(image, 190, 120 + 27) == OVERLAY
    assert at(image, 190 + 24, 120 + 24) == BASE
    assert at(image, 190 + 30, 120) == 255  # its rim
    fusion.style = replace(fusion.style, isSquare=True)
    assert at(view.pixels(), 190 + 24, 120 + 24) == OVERLAY


def test_a_wipe_parts_the_view_where_its_center_is(view, fusion):
    x, y, z = centerPoint(view)
    fusion.style = FusionStyle(FusionMode.WIPE, center=(x + 25, y, z))
    image = view.pixels()
    assert at(image, 95, 30) == BASE
    assert at(image, 105, 170) == OVERLAY


def test_spyglass_and_wipe_begin_in_the_middle(view, fusion):
    fusion.style = FusionStyle(FusionMode.WIPE)
    image = view.pixels()
    assert (at(image, 140, 100), at(image, 160, 100)) == (BASE, OVERLAY)


def test_a_difference_is_gray_where_both_are_alike_and_magenta_where_the_overlay_is_bright(
    view, fusion
):
    fusion.style = FusionStyle(FusionMode.DIFFERENCE)
    red, green, blue = view.pixels()[100, 150]
    assert (red, blue) == (OVERLAY, OVERLAY)
    assert green == pytest.approx(BASE + 0.2 * (OVERLAY - BASE), abs=1)
    view.composite.SetForegroundVolumeID(view.composite.GetBackgroundVolumeID())
    assert at(view.pixels(), 150, 100) == BASE


def test_edges_of_the_overlay_lie_on_the_base(view, fusion):
    overlay = view.logic.GetForegroundLayer().GetVolumeNode()
    values = slicer.util.arrayFromVolume(overlay)
    values[:, :, 60:] = 0
    slicer.util.arrayFromVolumeModified(overlay)
    fusion.style = FusionStyle(FusionMode.EDGES)
    image = view.pixels()
    _, y, z = centerPoint(view)
    step = 40 + 59.5 * 2  # LPS mm from voxel 59 to 60
    column = round(viewPoint(view.node, (-step, y, z))[0])
    assert tuple(image[100, column]) != (BASE,) * 3
    assert int(image[100, column, 0]) - int(image[100, column, 2]) > 50  # orange
    assert at(image, column - 20, 100) == at(image, column + 20, 100) == BASE


def test_a_moved_overlay_and_another_window_are_drawn_at_once(view, fusion, scene):
    fusion.style = FusionStyle(FusionMode.WIPE)
    view.pixels()
    overlay = view.logic.GetForegroundLayer().GetVolumeNode()
    overlay.GetDisplayNode().SetWindowLevelMinMax(0, 160)
    assert at(view.pixels(), 200, 100) == pytest.approx(255 / 2, abs=1)
    away = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    matrix = away.GetMatrixTransformToParent()
    matrix.SetElement(2, 3, 900.0)
    away.SetMatrixTransformToParent(matrix)
    overlay.SetAndObserveTransformNodeID(away.GetID())
    assert at(view.pixels(), 200, 100) == BASE


def test_a_dose_lies_over_what_is_fused(view, fusion, scene):
    dose = volumeOf(100, scene, "dose")
    view.composite.SetNthLayerVolumeID(3, dose.GetID())
    view.composite.SetNthLayerOpacity(3, 0.25)
    fusion.style = FusionStyle(FusionMode.WIPE)
    image = view.pixels()
    assert at(image, 100, 100) == pytest.approx(BASE + 0.25 * (255 - BASE), abs=1)
    assert at(image, 200, 100) == pytest.approx(OVERLAY + 0.25 * (255 - OVERLAY), abs=1)


def test_without_an_overlay_the_base_stays(view, fusion):
    fusion.style = FusionStyle(FusionMode.CHECKERBOARD)
    view.composite.SetForegroundVolumeID(None)
    assert at(view.pixels(), 60, ROWS - 20) == BASE


def test_what_is_removed_leaves_nothing_in_the_view(view):
    props = view.renderer.GetViewProps().GetNumberOfItems()
    marks = (
        SliceFusion(view.logic, view.renderer),
        ViewNote(view.renderer),
        ViewCursor(view.node, view.renderer),
    )
    marks[0].style = FusionStyle(FusionMode.WIPE)
    marks[1].text = "note"
    marks[2].position = np.array(centerPoint(view))
    assert view.renderer.GetViewProps().GetNumberOfItems() == props + len(marks)
    view.pixels()
    for one in marks:
        one.remove()
    assert view.renderer.GetViewProps().GetNumberOfItems() == props
    assert not view.renderer.HasObserver("StartEvent")
    assert at(view.pixels(), 200, 100) == BASE


def test_a_note_stands_in_the_upper_right_corner_and_fits(view):
    note = ViewNote(view.renderer)
    note.text, note.urgency = "No registration connects the two images shown here", Urgency.STOP
    image = view.pixels()
    red = (image[..., 0] > 150) & (image[..., 1] < 60)
    rows, columns = np.nonzero(red)
    assert rows.min() < 15
    assert columns.max() > COLUMNS - 15
    assert columns.min() > 0
    assert rows.max() < ROWS / 2
    note.text = ""
    assert at(view.pixels(), COLUMNS - 20, ROWS - 20) == BASE


def test_a_cursor_is_drawn_in_its_own_slice_only(view):
    cursor = ViewCursor(view.node, view.renderer)
    x, y, z = centerPoint(view)
    cursor.position = np.array([x, y, z])
    image = view.pixels()
    blue = np.argwhere(np.abs(image - 255 * np.array(CURSOR_COLOR)).max(axis=-1) < 3)
    np.testing.assert_allclose(blue.mean(axis=0), (ROWS / 2 - 1, COLUMNS / 2), atol=1.5)
    cursor.position = np.array([x, y, z + 7.0])  # slices are 5 mm apart
    assert at(view.pixels(), 150 + 8, 100) == BASE
