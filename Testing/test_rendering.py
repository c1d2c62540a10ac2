"""A body with two markers off its middle, so that each side of each view shows what it is.

The MR holds the markers only, in its own frame; SHIFT and a turn bring it onto the CT.
"""

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import center_of_mass, label
from scipy.spatial.transform import Rotation
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkFiltersSources import vtkSphereSource
from vtkmodules.vtkIOImage import vtkPNGReader

from IHERORegistrationLib import rendering
from IHERORegistrationLib.contourPlanes import sliceSpacing
from IHERORegistrationLib.errors import FileExistsRefusal, NoGraphicsError
from IHERORegistrationLib.geometry import AffineTransform
from IHERORegistrationLib.headlessScene import newScene
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.pictures import graphics
from IHERORegistrationLib.pictures.annotations import (
    CALM,
    WARNING,
    RegistrationMark,
    RegistrationState,
    roundLength,
)
from IHERORegistrationLib.pictures.fusion import Mode
from IHERORegistrationLib.pictures.modalityPresets import dosePreset, imagePreset
from IHERORegistrationLib.pictures.sliceLayers import layerImage
from IHERORegistrationLib.pictures.slicePlanes import Box, Plane, slicePlane
from IHERORegistrationLib.pictures.structureOutlines import (
    Outline,
    linesOnPlane,
    outlineFromStructure,
)
from IHERORegistrationLib.reader import registrationFromFile
from IHERORegistrationLib.rendering import FusedPicture, fusedImage, inARow, saveFusedPicture
from IHERORegistrationLib.seriesReading import seriesFromFiles
from IHERORegistrationLib.structureSetReader import structureSetFromFile
from test_sliceLayers import layerFromVolume

ORIGIN = np.array([-40.0, 300.0, -900.0])  # the body's middle, LPS
HALF = np.array([100.0, 60.0, 80.0])  # of the body, an ellipsoid
LEFT = ORIGIN + np.array([55, -20, 0])  # left, anterior
HEAD = ORIGIN + np.array([55, -20, 40])  # above it
SHIFT = np.array([-12.0, 9.0, 15.0])
TURN = Rotation.from_euler("zyx", (20, -30, 10), degrees=True).as_matrix()
TEXT = 11  # pixels, the smallest letters
SAME = AffineTransform(np.eye(4), "1.2", "1.2")
ON = RegistrationMark(RegistrationState.ON, "rigid 3")
OFF = RegistrationMark(RegistrationState.OFF)

pytestmark = pytest.mark.usefixtures("canDraw")


def volume(size, spacing, center, directions, value):
    lattice = Lattice.fromAxes(size, (0, 0, 0), directions, spacing)
    lattice = Lattice.fromAxes(size, center - lattice.center, directions, spacing)
    points = lattice.points(np.moveaxis(np.indices(size), 0, -1)).transpose(2, 1, 0, 3)
    return Volume(value(points).astype(np.float32), lattice, "1.2")


def isNear(points, place, radius):
    return np.linalg.norm(points - place, axis=-1) < radius


def ct(points):
    inside = (((points - ORIGIN) / HALF) ** 2).sum(axis=-1) < 1
    return np.where(inside, 0.0, -1000.0)


def toCT():
    """From the MR's frame to the CT's: turned about the body's middle, then shifted."""
    matrix = np.eye(4)
    matrix[:3, :3] = TURN
    matrix[:3, 3] = ORIGIN + SHIFT - TURN @ ORIGIN
    return AffineTransform(matrix, "1.3", "1.2")


def mr(points):
    inCT = toCT()(points)
    return 100.0 * (isNear(inCT, LEFT, 9) | isNear(inCT, HEAD, 9))


def dose(points):
    return 60 * np.exp(-((points - LEFT) ** 2).sum(axis=-1) / 30**2)


@pytest.fixture(scope="module")
def aScene():
    return newScene()


@pytest.fixture(scope="module")
def layers(aScene):
    ctVolume = volume((60, 50, 40), (4.0, 3.0, 5.0), ORIGIN, np.eye(3), ct)
    oblique = Rotation.from_euler("xyz", (100, 5, -8), degrees=True).as_matrix()
    mrVolume = volume((90, 80, 70), (2.5, 2.4, 2.6), toCT().inverse()(LEFT), oblique, mr)
    doseVolume = volume((40, 38, 36), (4.0, 4.0, 4.0), LEFT, np.eye(3), dose)
    mrPreset = imagePreset("MR", mrVolume.values, overlay=True)
    return {
        "ct": layerFromVolume(ctVolume, "CT", imagePreset("CT", ctVolume.values), aScene, SAME),
        "mr": layerFromVolume(mrVolume, "MR", mrPreset, aScene, toCT()),
        "mr off": layerFromVolume(mrVolume, "MR", mrPreset, aScene, SAME),
        "dose": layerFromVolume(doseVolume, "Dose", dosePreset(doseVolume.values), aScene, SAME),
    }


def picture(layers, plane=None, overlay="mr", **changes):
    basis = FusedPicture(
        layers["ct"],
        layers[overlay] if overlay else None,
        OFF if overlay == "mr off" else ON if overlay else None,
        center=(LEFT + HEAD) / 2,
        planes=(plane,) if plane else tuple(Plane),
        width=420,
    )
    return replace(basis, **changes)


def spots(image, isColor):
    """Centers (x, y) of the connected areas of some size that have a color."""
    areas, count = label(isColor(*np.moveaxis(image.astype(int), -1, 0)))
    sizes = np.bincount(areas.ravel())[1:]
    large = [number for number in range(1, count + 1) if sizes[number - 1] > 30]
    return [np.array(one[::-1]) for one in center_of_mass(areas > 0, areas, large)]


def isAmber(red, green, blue):
    return (red > 150) & (red - blue > 40) & (green > blue)


def near(color, reach=25):
    wanted = np.array(color) * 255

    def isColor(*parts):
        return np.all([abs(a - b) < reach for a, b in zip(parts, wanted, strict=True)], axis=0)

    return isColor


def viewOf(image, plane):
    """The part of a picture of one plane that is the view, and how many pixels a mm takes."""
    title = round(TEXT * 2.2)
    across, deep, high = 2 * HALF * 1.06  # 3 % of margin on either side
    sizes = {
        Plane.AXIAL: (across, deep),
        Plane.SAGITTAL: (deep, high),
        Plane.CORONAL: (across, high),
    }
    width, height = sizes[plane]
    besideWidth = 0 if width > 1.6 * height else 0.45 * (width * height) ** 0.5
    scale = image.shape[1] / (width + besideWidth)
    return image[title : title + round(height * scale), : round(width * scale)], scale


def markersIn(layers, plane, center=(LEFT + HEAD) / 2):
    """Centers of the markers in a view in mm from its middle: right, down; the upper one first."""
    wanted = picture(layers, plane, registration=None, opacity=1.0, center=center)
    view, scale = viewOf(fusedImage(wanted), plane)
    middle = np.array(view.shape[1::-1]) / 2
    found = [(spot + 0.5 - middle) / scale for spot in spots(view, isAmber)]
    return sorted(found, key=lambda spot: spot[1])


def test_the_patients_left_is_right_and_anterior_is_up_in_an_axial_view(layers):
    (spot,) = markersIn(layers, Plane.AXIAL, center=LEFT)
    np.testing.assert_allclose(spot, (55, -20), atol=3)


def test_anterior_is_left_and_the_head_is_up_in_a_sagittal_view(layers):
    upper, lower = markersIn(layers, Plane.SAGITTAL)
    np.testing.assert_allclose(upper, (-20, -40), atol=3)
    np.testing.assert_allclose(lower, (-20, 0), atol=3)


def test_the_patients_left_is_right_and_the_head_is_up_in_a_coronal_view(layers):
    upper, lower = markersIn(layers, Plane.CORONAL)
    np.testing.assert_allclose(upper, (55, -40), atol=3)
    np.testing.assert_allclose(lower, (55, 0), atol=3)


@pytest.mark.parametrize("plane", list(Plane))
def test_registered_markers_lie_where_closed_form_puts_them(layers, plane):
    """On the plane itself, by pixel: the MR is sampled through the transform node."""
    box = Box(np.eye(3), ORIGIN - HALF, ORIGIN + HALF)
    cut = slicePlane(plane, box, (LEFT + HEAD) / 2 if plane is not Plane.AXIAL else HEAD)
    columns, rows = round(cut.width), round(cut.height)  # pixels of 1 mm
    bright = layerImage(layers["mr"], cut, columns, rows).colors[..., 0] > 0.5
    places = [HEAD] if plane is Plane.AXIAL else [LEFT, HEAD]
    expected = sorted(cut.pixels(np.array(places), 1.0).tolist(), key=lambda place: place[1])
    areas, count = label(bright)
    centers = center_of_mass(bright, areas, range(1, count + 1))
    found = [(x + 0.5, y + 0.5) for y, x in sorted(centers)]
    np.testing.assert_allclose(found, expected, atol=0.6)


def test_without_the_registration_the_markers_lie_where_the_mr_has_them(layers):
    place = toCT().inverse()(HEAD)
    assert np.linalg.norm(place - HEAD) > 30
    cut = slicePlane(Plane.SAGITTAL, Box(np.eye(3), ORIGIN - 150, ORIGIN + 150), place)
    bright = layerImage(layers["mr off"], cut, 300, 300).colors[..., 0] > 0.5
    x, y = np.array(center_of_mass(bright))[::-1] + 0.5
    np.testing.assert_allclose((x, y), cut.pixels(place, 1.0), atol=0.6)


def test_the_picture_says_in_every_view_whether_the_registration_is_on(layers):
    for overlay, present, absent in (("mr", CALM, WARNING), ("mr off", WARNING, CALM)):
        image = fusedImage(picture(layers, None, overlay, width=600)).astype(int)
        said, unsaid = (near(color, 40)(*np.moveaxis(image, -1, 0)) for color in (present, absent))
        title, middle = round(TEXT * 2.2), 300
        half = title + (image.shape[0] - title) * HALF[1] / (HALF[1] + HALF[2])
        axial, coronal = said[title : round(half), :middle], said[round(half) :, :middle]
        sagittal = said[round(half) :, 400:]
        for place in (said[:title], axial, coronal, sagittal):
            assert place.sum() > 20
        assert unsaid[:title].sum() == 0


def test_a_picture_of_one_image_says_nothing_of_registration(layers):
    image = fusedImage(picture(layers, None, None))
    assert not spots(image, near(CALM))
    assert not spots(image, near(WARNING))


def test_the_body_reaches_the_edges_of_every_view_in_one_scale(layers):
    image = fusedImage(picture(layers, None, None, center=ORIGIN, width=600))
    title = round(TEXT * 2.2)
    tissue = near((0.4, 0.4, 0.4), 6)(*np.moveaxis(image.astype(int), -1, 0))
    scale = 600 / (2 * 1.06 * (HALF[0] + HALF[1]))  # 3 % of margin on either side
    across, deep, high = 2 * HALF * scale
    margin = 0.06 * scale * HALF.max() + 6 * scale  # and the voxels' own size
    column, row = round(across * 1.06), round(title + deep * 1.06)
    views = {
        (across, deep): tissue[title:row, :column],
        (across, high): tissue[row:, :column],
        (deep, high): tissue[row:, column:],
    }
    for size, view in views.items():
        rows, columns = np.flatnonzero(view.any(axis=1)), np.flatnonzero(view.any(axis=0))
        assert np.ptp(columns) == pytest.approx(size[0], abs=margin)
        assert np.ptp(rows) == pytest.approx(size[1], abs=margin)
        assert view.shape[1] - np.ptp(columns) < 2 * margin
        assert view.shape[0] - np.ptp(rows) < 2 * margin


@pytest.mark.parametrize("mode", [one for one in Mode if one is not Mode.SIDE_BY_SIDE])
def test_each_mode_is_another_picture_of_the_same_size(layers, mode):
    blend = fusedImage(picture(layers, Plane.CORONAL, opacity=0.3))
    image = fusedImage(picture(layers, Plane.CORONAL, mode=mode))
    assert image.shape == blend.shape
    assert (image != blend).any(axis=-1).mean() > 0.01


def test_a_color_difference_is_green_where_only_the_body_is_and_white_has_no_tint(layers):
    image = fusedImage(picture(layers, Plane.CORONAL, mode=Mode.DIFFERENCE))
    view = image[30:-30, 30:220].astype(int)
    assert (view[..., 1] - view[..., 0] > 30).mean() > 0.3
    assert not spots(view, isAmber)


def test_side_by_side_shows_both_images_alone_at_the_same_place(layers):
    image = fusedImage(picture(layers, Plane.CORONAL, mode=Mode.SIDE_BY_SIDE, opacity=0.1))
    left, right = image[:, :420], image[:, -420:]
    tissue = near((0.4, 0.4, 0.4), 6)
    assert spots(left, tissue)
    assert not spots(right[30:], tissue)
    assert not spots(left[:30], near(CALM))
    assert spots(right[:30], near(CALM, 60))
    (both,) = {left.shape, right.shape}
    assert both[1] == 420


def test_dose_is_drawn_above_its_threshold_and_explained_in_gy(layers):
    without = fusedImage(picture(layers, Plane.CORONAL, None, center=LEFT))
    image = fusedImage(picture(layers, Plane.CORONAL, None, center=LEFT, dose=layers["dose"]))
    view, scale = viewOf((image != without).any(axis=-1), Plane.CORONAL)
    reach = 30 * np.sqrt(np.log(10))  # mm from LEFT to a tenth of the maximum
    assert view.sum() / scale**2 == pytest.approx(np.pi * reach**2, rel=0.08)
    legend = image[:, view.shape[1] :].astype(int)
    assert (np.ptp(legend, axis=-1) > 120).any(axis=0).mean() > 0.6, "the bar spans the legend"


def test_structures_are_drawn_in_their_color_and_named(layers):
    ball = vtkSphereSource()
    ball.SetCenter(-LEFT[0], -LEFT[1], LEFT[2])  # RAS
    ball.SetRadius(20)
    ball.SetThetaResolution(60)
    ball.SetPhiResolution(60)
    ball.Update()
    outline = Outline("GTV", (1.0, 0.1, 0.9), ball.GetOutput())
    image = fusedImage(
        picture(layers, Plane.SAGITTAL, None, center=LEFT, outlines=(outline,), width=600)
    )
    pink = near(outline.color, 60)(*np.moveaxis(image.astype(int), -1, 0))
    legendAt = np.flatnonzero(pink.any(axis=0)).max()
    view = pink[:, : legendAt - 40]
    rows, columns = np.flatnonzero(view.any(axis=1)), np.flatnonzero(view.any(axis=0))
    assert np.ptp(rows) == pytest.approx(np.ptp(columns), abs=2), "a circle"
    assert view[(rows.min() + rows.max()) // 2, (columns.min() + columns.max()) // 2] == 0
    assert legendAt > 600 * 0.6


def test_sixty_structures_and_endless_names_still_make_a_picture(layers):
    ball = vtkSphereSource()
    ball.Update()
    outlines = tuple(
        Outline(f"Structure {number} {'of a long name ' * 9}", (0, 1, 0), ball.GetOutput())
        for number in range(60)
    )
    mark = RegistrationMark(RegistrationState.OFF, "a label " * 40)
    image = fusedImage(
        picture(layers, None, outlines=outlines, dose=layers["dose"], registration=mark)
    )
    assert image.shape[1] == 420


def test_an_oblique_picture_is_cut_along_the_axes_it_is_given(layers):
    upright = fusedImage(picture(layers, Plane.AXIAL, None, center=ORIGIN))
    axes = Rotation.from_euler("z", 90, degrees=True).as_matrix()
    turned = fusedImage(picture(layers, Plane.AXIAL, None, center=ORIGIN, axes=axes))
    tissue = near((0.4, 0.4, 0.4), 6)
    for image, isWide in ((upright, True), (turned, False)):
        rows, columns = np.nonzero(tissue(*np.moveaxis(image[30:].astype(int), -1, 0)))
        assert (np.ptp(columns) > np.ptp(rows)) == isWide


def test_before_and_after_stand_in_one_row():
    before, after = np.zeros((30, 40, 3), np.uint8), np.full((20, 50, 3), 9, np.uint8)
    row = inARow([before, after])
    assert row.shape[0] == 30
    assert (row[:30, :40] == 0).all()
    assert (row[:20, -50:] == 9).all()
    assert row.shape[1] == 40 + 50 + rendering.GAP


def test_the_file_holds_the_picture_and_is_not_overwritten_unasked(layers, tmp_path):
    wanted = picture(layers, Plane.CORONAL)
    path = saveFusedPicture(wanted, tmp_path / "deep" / "view.png")
    reader = vtkPNGReader()
    reader.SetFileName(str(path))
    reader.Update()
    columns, rows, _ = reader.GetOutput().GetDimensions()
    scalars = vtk_to_numpy(reader.GetOutput().GetPointData().GetScalars())
    np.testing.assert_array_equal(scalars.reshape(rows, columns, 3)[::-1], fusedImage(wanted))
    with pytest.raises(FileExistsRefusal):
        saveFusedPicture(wanted, path)
    saveFusedPicture(wanted, path, force=True)


def test_two_planes_are_neither_one_nor_all(layers):
    with pytest.raises(ValueError, match="one plane or all three"):
        picture(layers, None, planes=(Plane.AXIAL, Plane.CORONAL))


def test_without_graphics_nothing_is_written(layers, tmp_path, monkeypatch):
    monkeypatch.setattr(graphics, "_workingWindow", lambda: None)
    with pytest.raises(NoGraphicsError, match="libegl1 libgl1-mesa-dri"):
        saveFusedPicture(picture(layers), tmp_path / "view.png")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("limit", "length"), [(99, 50), (100, 100), (0.04, 0.02), (7, 5)])
def test_the_scale_bar_has_a_round_length(limit, length):
    assert roundLength(limit) == pytest.approx(length)


def test_the_tumor_of_the_ihe_ro_set_is_bright_in_the_registered_mr_only(nonhybridSet, aScene):
    registration = registrationFromFile(nonhybridSet / "REG" / "REG2CTMR.dcm")
    (item,) = registration.movingItems
    toBase = AffineTransform(item.matrix, item.sourceFrame, registration.registeredFrame)
    (series,) = seriesFromFiles(sorted((nonhybridSet / "MR").iterdir()))
    structures = structureSetFromFile(next((nonhybridSet / "RTSTRUCT").iterdir()))
    gtv = next(one for one in structures.structures if one.name == "GTV")
    still = AffineTransform(np.eye(4), gtv.frame, gtv.frame)
    outline = outlineFromStructure(gtv, sliceSpacing(structures), still)
    center = gtv.points.mean(axis=0)
    cut = slicePlane(Plane.AXIAL, Box(np.eye(3), center - 120, center + 120), center)
    (line,) = linesOnPlane(outline.surface, cut, 1.0)
    ring = np.rint(line.mean(axis=0) + 0.9 * (line - line.mean(axis=0)) - 0.5).astype(int)
    found = {}
    for name, transform in (("on", toBase), ("reversed", toBase.inverse())):
        preset = imagePreset("MR", np.array([0.0, 50, 75, 100] * 9))
        layer = layerFromVolume(series.volume(), "MR", preset, aScene, transform)
        image = layerImage(layer, cut, 240, 240).colors[..., 0] * (preset.high - preset.low)
        found[name] = image[ring[:, 1], ring[:, 0]].mean()
    assert found["on"] > 95
    assert found["reversed"] < 90
