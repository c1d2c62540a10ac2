"""The views of the application's stand-in show what Slicer's own drawing code draws."""

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
from PySide6 import QtGui
from vtkmodules.vtkFiltersSources import vtkSphereSource

from application import vtkViews
from application.mainWindows import mainWindow
from application.runningApplication import runningApplication

SIZE = (700, 640)
CENTER = (14.0, -22.0, 60.0)  # RAS mm, of the volume below


@pytest.fixture
def application(tmp_path):
    with runningApplication(tmp_path):
        yield slicer


@pytest.fixture
def shown(application, canDraw):
    """Red alone shows a volume of 40 × 60 × 30 mm around CENTER."""
    slicer.app.layoutManager().setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutOneUpRedSliceView)
    volume = newVolume(np.full((15, 20, 20), 100, np.int16))
    slicer.util.setSliceViewerLayers(background=volume, fit=True)
    mainWindow(size=SIZE, panelWidth=200)
    slicer.util.resetSliceViews()
    node = redWidget().mrmlSliceNode()
    width, height, depth = node.GetFieldOfView()
    node.SetFieldOfView(1.25 * width, 1.25 * height, depth)
    slicer.app.processEvents()
    return volume


def newVolume(values):
    volume = slicer.util.addVolumeFromArray(values)
    volume.SetSpacing(2, 3, 2)
    volume.SetOrigin(CENTER[0] - 19, CENTER[1] - 28.5, CENTER[2] - 14)
    display = volume.GetDisplayNode()
    display.SetAutoWindowLevel(False)
    display.SetWindowLevelMinMax(0, 200)
    return volume


def redWidget():
    return slicer.app.layoutManager().sliceWidget("Red")


def pixels():
    """What the red view shows, uint8 of shape (rows, columns, 3)."""
    slicer.app.processEvents()
    image = redWidget().sliceView().grab().toImage()
    image = image.convertToFormat(QtGui.QImage.Format.Format_RGBX8888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)
    return rows[:, :, :3].astype(int)


def placeOf(ras):
    """Row and column of the view where a point lies."""
    x, y, _ = redWidget().sliceView().convertRASToXYZ(ras)
    return round(redWidget().sliceView().height - 1 - y), round(x)


def test_a_background_is_drawn_with_its_window_where_it_lies(shown):
    picture = pixels()
    np.testing.assert_allclose(picture[placeOf(CENTER)], 127.5, atol=1)
    for outside in ((24, 0, 0), (0, -34, 0)):
        assert picture[placeOf(np.add(CENTER, outside))].max() == 0
    rows, columns = np.nonzero(picture[:, :, 0])
    low, high = (placeOf(np.add(CENTER, corner)) for corner in ((20, 30, 0), (-20, -30, 0)))
    np.testing.assert_allclose((rows.min(), columns.min()), low, atol=2)
    np.testing.assert_allclose((rows.max(), columns.max()), high, atol=2)


def test_a_foreground_is_blended_by_its_opacity_and_colors(shown):
    overlay = newVolume(np.full((15, 20, 20), 200, np.int16))
    overlay.GetDisplayNode().SetAndObserveColorNodeID("vtkMRMLColorTableNodeRed")
    slicer.util.setSliceViewerLayers(foreground=overlay, foregroundOpacity=0.25)
    expected = 0.75 * 127.5 + 0.25 * np.array([255, 0, 0])
    np.testing.assert_allclose(pixels()[placeOf(CENTER)], expected, atol=2)


def test_contours_are_drawn_where_their_transform_puts_them(shown):
    sphere = vtkSphereSource()
    sphere.SetRadius(8)
    sphere.SetCenter(*np.subtract(CENTER, (5, -7, 0)))
    sphere.SetThetaResolution(60)
    sphere.SetPhiResolution(60)
    sphere.Update()
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    node.CreateDefaultDisplayNodes()
    node.GetSegmentation().SetSourceRepresentationName("Closed surface")
    node.AddSegmentFromClosedSurfaceRepresentation(sphere.GetOutput(), "GTV", (0.0, 1.0, 0.0))
    node.GetDisplayNode().SetVisibility2DFill(False)
    move = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    matrix = slicer.util.vtkMatrixFromArray(np.eye(4))
    for row, value in enumerate((9, 2, 0)):
        matrix.SetElement(row, 3, value)
    move.SetMatrixTransformToParent(matrix)
    node.SetAndObserveTransformNodeID(move.GetID())
    redWidget().sliceLogic().SetSliceOffset(CENTER[2])
    picture = pixels()
    rows, columns = np.nonzero(picture[:, :, 1] - picture[:, :, 0] > 60)
    center = np.add(CENTER, (4, 9, 0))
    low, high = (placeOf(np.add(center, corner)) for corner in ((8, 8, 0), (-8, -8, 0)))
    np.testing.assert_allclose((rows.min(), columns.min()), low, atol=4)
    np.testing.assert_allclose((rows.max(), columns.max()), high, atol=4)


def test_points_and_annotations_are_drawn(shown):
    before = pixels()
    points = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode")
    points.CreateDefaultDisplayNodes()
    points.GetDisplayNode().SetSelectedColor(0, 0, 1)
    redWidget().sliceLogic().SetSliceOffset(CENTER[2])
    points.AddControlPoint(np.add(CENTER, (5, 5, 0)))
    row, column = placeOf(np.add(CENTER, (5, 5, 0)))
    np.testing.assert_array_less(100, pixels()[row, column, 2] - pixels()[row, column, 0])
    redWidget().sliceView().cornerAnnotationText = "registration off"
    after = pixels()
    assert redWidget().sliceView().cornerAnnotationText == "registration off"
    corner = np.s_[:30, : after.shape[1] // 2]
    assert before[corner].max() == 0
    assert after[corner].max() > 200


def test_names_of_points_are_beside_them_at_once(shown):
    points = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode")
    points.CreateDefaultDisplayNodes()
    points.GetDisplayNode().SetSelectedColor(0, 0, 1)
    point = np.add(CENTER, (-5, -5, 0))
    points.AddControlPoint(point, "A")
    slicer.app.layoutManager().setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)
    redWidget().sliceLogic().SetSliceOffset(CENTER[2])
    picture = pixels()
    blue = np.argwhere(picture[:, :, 2] - picture[:, :, 0] > 60)
    assert len(blue)
    assert np.abs(blue - placeOf(point)).max() < 60


def test_a_view_is_drawn_only_when_it_is_shown_and_has_changed(shown, monkeypatch):
    view, drawn = redWidget().sliceView(), []
    monkeypatch.setattr(vtkViews, "_pictureIn", _counted(vtkViews._pictureIn, drawn))
    slicer.app.processEvents()
    view.repaint()
    assert drawn == []
    redWidget().sliceLogic().SetSliceOffset(CENTER[2] + 4)
    shown.GetDisplayNode().SetWindowLevelMinMax(0, 400)
    slicer.app.processEvents()
    assert len(drawn) == 1
    redWidget().hide()
    redWidget().sliceLogic().SetSliceOffset(CENTER[2] - 4)
    view.forceRender()
    slicer.app.processEvents()
    assert len(drawn) == 1
    redWidget().show()
    slicer.app.processEvents()
    assert len(drawn) == 2


def _counted(function, calls):
    def counted(*arguments):
        calls.append(arguments)
        return function(*arguments)

    return counted


def test_a_paused_view_is_drawn_when_it_goes_on(shown):
    before = pixels()
    slicer.app.layoutManager().pauseRender()
    shown.GetDisplayNode().SetWindowLevelMinMax(0, 400)
    np.testing.assert_array_equal(pixels(), before)
    slicer.app.layoutManager().resumeRender()
    np.testing.assert_allclose(pixels()[placeOf(CENTER)], 63.75, atol=1)


def test_the_3d_view_shows_models(application, canDraw):
    slicer.app.layoutManager().setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutOneUp3DView)
    sphere = vtkSphereSource()
    sphere.SetRadius(50)
    sphere.Update()
    model = slicer.modules.models.logic().AddModel(sphere.GetOutput())
    model.GetDisplayNode().SetColor(1, 0, 0)
    window = mainWindow(size=SIZE, panelWidth=200)
    slicer.app.layoutManager().resetThreeDViews()
    view = slicer.app.layoutManager().threeDWidget(0).threeDView()
    middle = view.grab().toImage().pixelColor(view.width // 2, view.height // 2)
    assert middle.red() > 2 * middle.blue()
    assert not window.grab().isNull()


def test_views_stay_blank_where_nothing_can_be_drawn(application, monkeypatch):
    monkeypatch.setattr(vtkViews, "graphicsAvailable", lambda: False)
    volume = newVolume(np.full((15, 20, 20), 100, np.int16))
    slicer.util.setSliceViewerLayers(background=volume, fit=True)
    mainWindow(size=SIZE, panelWidth=200)
    assert pixels().max() == 0
    assert redWidget().mrmlSliceCompositeNode().GetBackgroundVolumeID() == volume.GetID()
