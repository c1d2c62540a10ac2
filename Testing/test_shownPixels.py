"""What a slice view draws at a pixel is the value of the image at the point that the registration
leads to, computed here from voxel axes and matrices alone.
"""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
from PySide6 import QtCore
from PySide6.QtTest import QTest

from application.mainWindows import mainWindow, settle
from application.runningApplication import loadModule, runningApplication
from balls import turned
from fieldScenes import CORNER, stretched
from IHERODeformationLib.deformableRegistration import (
    DeformableRegistrationItem,
    DeformableSpatialRegistration,
)
from IHERODeformationLib.displacementGrid import DisplacementGrid
from IHERODeformationLib.pictures.field import POINTS_FITTED, somePoints
from IHERODeformationLib.scene import transformNodesFromDeformation
from IHERORegistrationLib.displayedPair import Relation
from IHERORegistrationLib.lattice import Lattice
from IHERORegistrationLib.pictures.graphics import drawnPixels

pytestmark = pytest.mark.usefixtures("canDraw")
ROOT = Path(__file__).resolve().parents[1]
FLIP = np.diag([-1.0, -1.0, 1.0, 1.0])
BASE, OVERLAY = "1.2.31", "1.2.32"
MIDDLE = CORNER + 50
ROTATION = turned(24, (1, -2, 0.7), (14, -9, 6))
SHEAR = np.array([[1.1, 0.2, 0, 0], [0, 0.9, 0.1, 0], [-0.1, 0, 1.05, 0], [0, 0, 0, 1.0]])
ABOVE = turned(-15, (0.3, 1, 2), (-20, 11, 8))
SLOPES = {"base": np.array([2.0, -1.5, 1.0]), "overlay": np.array([-1.0, 2.0, 1.5])}


def about(matrix, center):
    """`matrix`, its origin brought to `center`."""
    there = np.eye(4)
    there[:3, 3] = center
    return there @ matrix @ np.linalg.inv(there)


REGISTRATIONS = {"rigid": ROTATION, "sheared": about(SHEAR, MIDDLE)}  # overlay → base, LPS


def through(matrix, points):
    return points @ matrix[:3, :3].T + matrix[:3, 3]


def valueOf(name, points):
    """The image `name` at points of its own coordinates, LPS."""
    return 1000 + (points - MIDDLE) @ SLOPES[name]


def image(name, frame, size, spacing, axes):
    """Its voxels hold `valueOf`, so that values between them are known exactly."""
    toLPS = np.eye(4)
    toLPS[:3, :3] = axes * spacing
    toLPS[:3, 3] = MIDDLE - toLPS[:3, :3] @ (np.array(size) - 1) / 2
    index = np.moveaxis(np.indices(size[::-1])[::-1], 0, -1)
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name)
    values = valueOf(name, through(toLPS, index.astype(float)))
    slicer.util.updateVolumeFromArray(node, values.astype(np.float32))
    node.SetIJKToRASMatrix(slicer.util.vtkMatrixFromArray(FLIP @ toLPS))
    node.SetAttribute("IHERO.FrameOfReferenceUID", frame)
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.AutoWindowLevelOff()
    display.SetWindowLevelMinMax(800, 1200)
    display.SetAndObserveColorNodeID("vtkMRMLColorTableNodeGrey")
    return node


def matrixNode(matrix, frames=(None, None)):
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "matrix")
    node.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(FLIP @ matrix @ FLIP))
    for name, frame in zip(("Source", "Registered"), frames, strict=True):
        node.SetAttribute(f"IHERO.{name}Frame", frame)
    return node


def bentNode():
    """Base → overlay: x + stretched(x), about CORNER."""
    place = Lattice.fromAxes((12, 11, 10), CORNER - 30, np.eye(3), np.array([14.0, 15, 17]))
    nodes = place.points(np.moveaxis(np.indices(place.shape)[::-1], 0, -1))
    grid = DisplacementGrid(place, stretched(nodes).astype(np.float32))
    item = DeformableRegistrationItem(number=1, sourceFrame=OVERLAY, images=(), grid=grid)
    read = DeformableSpatialRegistration("1.2.9", BASE, (item,), label="BENT")
    return transformNodesFromDeformation(read, slicer.mrmlScene)[0]


@pytest.fixture(scope="module")
def panel(tmp_path_factory):
    """The display alone, with a base and an oblique overlay of unequal voxels."""
    with runningApplication(tmp_path_factory.mktemp("settings")), pytest.MonkeyPatch.context() as m:
        from IHERORegistrationLib.widgets import panels
        from IHERORegistrationLib.widgets.displayPanel import DisplayPanel

        m.setattr(panels, "PANELS", (DisplayPanel,))
        mainWindow(loadModule(ROOT / "IHERORegistration" / "IHERORegistration.py"), (1000, 700))
        found = slicer.modules.IHERORegistrationWidget.panel(DisplayPanel)
        chosen = found.module.chosen
        chosen.base = image("base", BASE, (30, 26, 20), (6, 7, 8), np.eye(3))
        tilted = turned(17, (0.4, 1, -0.6), 0)[:3, :3]
        chosen.overlay = image("overlay", OVERLAY, (25, 33, 28), (7, 5, 6), tilted)
        found.nodes = {one: matrixNode(REGISTRATIONS[one], (OVERLAY, BASE)) for one in
                       REGISTRATIONS} | {"bent": bentNode()}  # fmt: skip
        yield found


@pytest.fixture(params=["rigid", "sheared", "bent"])
def registration(panel, request):
    """A registration, shown; and its way from own coordinates of the base to the overlay's."""
    panel.module.chosen.registration = panel.nodes[request.param]
    panel.state.isRegistrationShown = True
    panel.setBlend(100)
    press("threePlanesButton", panel)
    if request.param == "bent":
        return lambda points: points + stretched(points)
    back = np.linalg.inv(REGISTRATIONS[request.param])
    return lambda points: through(back, points)


def press(name, panel):
    QTest.mouseClick(getattr(panel.ui, name), QtCore.Qt.MouseButton.LeftButton)
    settle()


def drawn(name):
    """The pixels of a view, some of them, and where these lie in the world, LPS."""
    widget = slicer.app.layoutManager().sliceWidget(name)
    node = widget.mrmlSliceNode()
    x, y, z = MIDDLE * (-1, -1, 1)
    node.JumpSliceByOffsetting(x, y, z)
    settle()
    pixels = drawnPixels(widget.sliceView().renderWindow())
    rows, columns = pixels.shape[:2]
    assert (columns, rows) == node.GetDimensions()[:2]
    random = np.random.default_rng(5)
    column = random.integers(int(0.38 * columns), int(0.62 * columns), 60)
    row = random.integers(int(0.38 * rows), int(0.62 * rows), 60)
    toRAS = slicer.util.arrayFromVTKMatrix(node.GetXYToRAS())
    xy = np.stack([column, rows - 1 - row, 0 * row], axis=-1).astype(float)
    return pixels[row, column].astype(float), through(FLIP @ toRAS, xy), (column, row)


def gray(name, points):
    return np.clip((valueOf(name, points) - 800) / 400 * 255, 0, 255)


PLANES = ("Axial", "Sagittal", "Coronal")


@pytest.mark.parametrize("plane", PLANES)
def test_the_overlay_is_drawn_where_the_registration_leads(panel, registration, plane):
    name = {"Axial": "Red", "Sagittal": "Yellow", "Coronal": "Green"}[plane]
    pixels, points, _ = drawn(name)
    expected = gray("overlay", registration(points))
    assert expected.std() > 10  # not all alike
    assert np.abs(pixels - expected[:, None]).max() < 2
    panel.setBlend(0)
    settle()
    assert np.abs(drawn(name)[0] - gray("base", points)[:, None]).max() < 2
    panel.setBlend(50)
    settle()
    both = (gray("base", points) + expected) / 2
    assert np.abs(drawn(name)[0] - both[:, None]).max() < 2


def test_without_the_registration_the_overlay_lies_as_it_is(panel, registration):
    panel.state.isRegistrationShown = False
    settle()
    pixels, points, _ = drawn("Yellow")
    assert np.abs(pixels - gray("overlay", points)[:, None]).max() < 2
    assert panel.relation is Relation.OFF


def test_each_mode_shows_either_image_at_its_own_place(panel, registration):
    modes = type(panel.state.shownAs)
    for mode in (modes.CHECKERBOARD, modes.SPYGLASS, modes.WIPE):
        panel.setMode(mode)
        settle()
        pixels, points, (column, _) = drawn("Red")
        apart = [
            np.abs(pixels - found[:, None]).max(axis=1) < 2
            for found in (gray("base", points), gray("overlay", registration(points)))
        ]
        isLine = (pixels == 255).all(axis=1)  # around a spyglass and along a wipe
        assert (apart[0] | apart[1] | isLine).all(), mode
        assert apart[1].any()
        if mode is modes.WIPE:
            width = slicer.app.layoutManager().sliceWidget("Red").mrmlSliceNode().GetDimensions()[0]
            assert apart[1][column > width / 2 + 2].all()


def test_the_overlay_beside_the_base_is_drawn_in_its_own_coordinates(panel, registration):
    press("besideNativeButton", panel)
    for plane in PLANES:
        pixels, points, _ = drawn(f"IHERONative{plane}")
        assert np.abs(pixels - gray("overlay", points)[:, None]).max() < 2
        pixels, points, _ = drawn(f"IHEROBase{plane}")
        assert np.abs(pixels - gray("base", points)[:, None]).max() < 2


def test_side_by_side_the_overlay_is_where_the_base_is(panel, registration):
    press("sideBySideButton", panel)
    pixels, points, _ = drawn("IHEROOverlaySagittal")
    assert np.abs(pixels - gray("overlay", registration(points))[:, None]).max() < 2


@pytest.mark.parametrize("frame", [OVERLAY, BASE])
def test_a_dose_goes_with_the_image_of_its_frame(panel, registration, frame):
    name = "overlay" if frame == OVERLAY else "base"
    dose = image(name, frame, (32, 30, 29), (6, 6, 6), np.eye(3))
    dose.SetAttribute("DicomRtImport.DoseVolume", "1")
    panel.state.shownDose, panel.state.doseOpacity = dose, 100.0
    press("fourUpButton", panel)
    pixels, points, _ = drawn("IHERODoseAxial")
    panel.state.isRegistrationShown = False
    settle()
    hidden = panel.shown.dose is None
    panel.state.shownDose = None
    slicer.mrmlScene.RemoveNode(dose)
    settle()
    places = registration(points) if frame == OVERLAY else points
    assert np.abs(pixels - gray(name, places)[:, None]).max() < 2
    assert hidden == (frame == OVERLAY)


def test_what_lies_under_one_more_transform_goes_with_it(panel, registration):
    base, node = panel.module.chosen.base, panel.module.chosen.registration
    above = matrixNode(ABOVE)
    for one in (base, node):
        one.SetAndObserveTransformNodeID(above.GetID())
    settle()
    pixels, points, _ = drawn("Green")
    own = through(np.linalg.inv(ABOVE), points)
    relation = panel.relation
    panel.setBlend(0)
    settle()
    beneath = drawn("Green")[0]
    for one in (base, node):
        one.SetAndObserveTransformNodeID(None)
    slicer.mrmlScene.RemoveNode(above)
    settle()
    assert np.abs(pixels - gray("overlay", registration(own))[:, None]).max() < 2
    assert np.abs(beneath - gray("base", own)[:, None]).max() < 2
    assert relation is Relation.REGISTERED


def test_an_overlay_under_another_registration_is_shown_through_the_chosen_one(panel, registration):
    overlay = panel.module.chosen.overlay
    other = matrixNode(ABOVE @ ROTATION, (OVERLAY, BASE))
    overlay.SetAndObserveTransformNodeID(other.GetID())
    settle()
    pixels, points, _ = drawn("Red")
    overlay.SetAndObserveTransformNodeID(None)
    slicer.mrmlScene.RemoveNode(other)
    settle()
    assert np.abs(pixels - gray("overlay", registration(points))[:, None]).max() < 2


def nearestRotation():
    """To what BENT does where its grid is and the base, by W. Kabsch."""
    size, spacing = (30, 26, 20), np.array([6.0, 7, 8])
    first = MIDDLE - spacing * (np.array(size) - 1) / 2
    x = somePoints(Lattice.fromAxes(size, first, np.eye(3), spacing), POINTS_FITTED) - CORNER
    onGrid = np.clip(x, -30, (124, 120, 123))  # half a voxel beyond it is as its border
    x, onGrid = (one[(np.abs(x - onGrid) <= (7, 7.5, 8.5)).all(axis=-1)] for one in (x, onGrid))
    here = CORNER + x
    there = here + stretched(CORNER + onGrid)
    u, _, v = np.linalg.svd((there - there.mean(0)).T @ (here - here.mean(0)))
    found = np.eye(4)
    found[:3, :3] = u @ np.diag([1, 1, np.linalg.det(u @ v)]) @ v
    found[:3, 3] = there.mean(0) - found[:3, :3] @ here.mean(0)
    return found


def test_the_readout_is_in_the_own_coordinates_of_both_images(panel, registration):
    base, node = panel.module.chosen.base, panel.module.chosen.registration
    above = matrixNode(ABOVE)
    for one in (base, node):
        one.SetAndObserveTransformNodeID(above.GetID())
    settle()
    view = slicer.app.layoutManager().sliceWidget("Yellow").sliceView()
    _, points, (column, row) = drawn("Yellow")
    QTest.mouseMove(view, QtCore.QPoint(0, 0))
    QTest.mouseMove(view, QtCore.QPoint(int(column[0]), int(row[0])))
    text = panel.ui.readoutLabel.text
    for one in (base, node):
        one.SetAndObserveTransformNodeID(None)
    slicer.mrmlScene.RemoveNode(above)
    settle()
    own = through(np.linalg.inv(ABOVE), points[0])
    there = registration(own[None])[0]
    for name, point in (("Fixed", own), ("Moving", there)):
        told = text.split(f"{name} L ")[1].split(" mm")[0]
        numbers = [float(one) for one in told.replace("P ", "").replace("S ", "").split()]
        np.testing.assert_allclose(numbers, point, atol=0.051)
    assert ("vector" in text) == ("Jacobian" in text) == (node.GetName() == "BENT")
    if "Jacobian" in text:
        rest = nearestRotation()
        vector = text.split("vector without rigid part (")[1].split(")")[0]
        expected = through(np.linalg.inv(rest), there) - own
        np.testing.assert_allclose([float(x) for x in vector.split(",")], expected, atol=0.06)
        assert float(text.split("Jacobian ")[1].split(" ")[0]) == pytest.approx(1.2 * 0.9, abs=2e-3)
