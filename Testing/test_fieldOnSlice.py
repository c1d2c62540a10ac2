"""A field over a slice of a viewer: colors, marks and lines where the closed form puts them."""

import numpy as np
import pytest

from fieldScenes import CORNER, EDGE, FOLD, GRID, IMAGE, fieldScene, folded, stretched
from IHERODeformationLib.nodeRegistration import registrationOfNode
from IHERODeformationLib.pictures.field import Field
from IHERODeformationLib.pictures.fieldColors import FOLDED, OUTSIDE, changeColors, lengthColors
from IHERODeformationLib.pictures.fieldKind import FieldKind
from IHERODeformationLib.pictures.fieldOnSlice import (
    COARSENESS,
    FieldLook,
    SliceField,
    planeOfSlice,
)
from IHERORegistrationLib.geometry import mapped
from IHERORegistrationLib.pictures.slicePlanes import Plane
from IHERORegistrationLib.scene import LPS_TO_RAS, arrayFromMatrix

COLUMNS, ROWS = 160, 140
# An axial slice as Slicer shows it, 1 mm pixels, x from the patient's right, y upward to the front
TO_LPS = np.eye(4)
TO_LPS[:3, 1] = (0, -1, 0)
TO_LPS[:3, 3] = (-65.0, CORNER[1] + 135, 355.0)
PLANE = planeOfSlice(TO_LPS, COLUMNS, ROWS)


def fieldOf(scene, displacement=stretched, **more):
    one = fieldScene(scene, displacement, **more)
    found = registrationOfNode(one.transform, one.base, one.overlay)
    return SliceField(Field(found.way, np.eye(4)), found.base.lattice)


def rowAndColumn(points):
    column, row = np.moveaxis(PLANE.pixels(points, 1.0), -1, 0)
    return np.floor(row).astype(int), np.floor(column).astype(int)


def test_the_plane_of_a_slice_view_is_where_its_matrix_puts_pixels(scene):
    node = scene.AddNewNodeByClass("vtkMRMLSliceNode")
    node.SetDimensions(300, 200, 1)
    node.SetFieldOfView(150, 100, 1)
    node.SetOrientationToCoronal()
    node.JumpSliceByCentering(11, -45, 30)
    toLPS = LPS_TO_RAS @ arrayFromMatrix(node.GetXYToRAS())
    plane = planeOfSlice(toLPS, 300, 200)
    assert plane.plane is Plane.CORONAL
    assert (plane.width, plane.height) == pytest.approx((150, 100))
    assert plane.offset == pytest.approx(45)
    for x, y in ((0, 0), (299, 0), (17, 123)):
        point = mapped(toLPS, np.array([x, y, 0.0]))
        np.testing.assert_allclose(plane.pixels(point, 0.5), (x + 0.5, 200 - y - 0.5), atol=1e-9)


def test_magnitude_has_the_color_of_the_length_on_a_fixed_scale(scene):
    layer = fieldOf(scene).colors(PLANE, COLUMNS, ROWS, FieldLook(FieldKind.MAGNITUDE, scale=30))
    points = CORNER + np.array([[20.0, 30.0, 45.0], [90.0, 60.0, 45.0], [60.0, 85.0, 45.0]])
    expected, weights = lengthColors(np.linalg.norm(stretched(points), axis=-1), 30.0)
    row, column = rowAndColumn(points)
    np.testing.assert_allclose(layer[row, column, :3], expected, atol=0.03)
    np.testing.assert_allclose(layer[row, column, 3], 0.7 * weights, atol=1e-6)


def test_the_jacobian_has_the_color_of_the_volume_s_change(scene):
    layer = fieldOf(scene).colors(PLANE, COLUMNS, ROWS, FieldLook(FieldKind.JACOBIAN, opacity=1))
    (expected,), (weight,) = changeColors(np.array([1.2 * 0.9]))
    row, column = rowAndColumn(np.add(CORNER, (40, 40, 45)))
    np.testing.assert_allclose(layer[row, column], (*expected, weight), atol=0.01)


def test_outside_the_grid_is_hatched_and_only_there(scene):
    layer = fieldOf(scene).colors(PLANE, COLUMNS, ROWS, FieldLook())
    y = PLANE.center[1] - PLANE.height / 2 + np.arange(ROWS) + 0.5
    x = PLANE.center[0] - PLANE.width / 2 + np.arange(COLUMNS) + 0.5
    last = IMAGE.corners.max(axis=0)
    beyond = ((y > EDGE + COARSENESS) & (y < last[1] - 2))[:, None] & (abs(x) < 56)
    within = (y < EDGE - COARSENESS) & (y > GRID.origin[1])
    assert (layer[beyond][:, 3] > 0.3).all()
    orange = np.abs(layer[..., :3] - OUTSIDE).max(axis=-1) < 0.08
    assert 0.1 < orange[beyond].mean() < 0.25
    assert not layer[within, :, 3].any()
    assert not layer[y > last[1] + 6, :, 3].any()  # that is no image
    assert not layer[:, x > last[0] + 6, 3].any()


def test_folded_space_is_magenta_and_undefined_gray(scene):
    field = fieldOf(scene, folded, undefined=((6, 5, 5),))
    layer = field.colors(PLANE, COLUMNS, ROWS, FieldLook())
    node = GRID.points(np.array([6, 5, 5]))
    row, column = rowAndColumn(node)
    assert layer[row, column, 3] >= 0.85
    assert np.ptp(layer[row, column, :3]) < 0.05
    magenta = np.abs(layer[..., :3] - FOLDED).max(axis=-1) < 0.01
    x = np.abs(PLANE.center[0] - PLANE.width / 2 + np.arange(COLUMNS) + 0.5)
    strip, clear = x < FOLD - COARSENESS, (x > 25) & (x < 70)
    some = rowAndColumn(np.add(CORNER, (0, 30, 45)))[0]
    assert (magenta & (layer[..., 3] > 0.85))[some, strip].all()
    assert not layer[some, clear, 3].any()


def test_what_surely_never_folds_is_known_and_marks_can_be_left_out(scene):
    assert not fieldOf(scene).mayFold
    layer = fieldOf(scene, folded).colors(PLANE, COLUMNS, ROWS, FieldLook(marked=False))
    assert not layer.any()


def test_arrows_point_to_where_the_overlay_is_looked_up(scene):
    field = fieldOf(scene)
    rim, *strokes = field.strokes(PLANE, 1.0, FieldLook(FieldKind.ARROWS, spacing=20, factor=0.5))
    shafts = [line for line in rim.lines if len(line) == 2]
    assert len(shafts) > 20
    for start, end in shafts[::5]:
        point = PLANE.center + (start[0] - 80) * PLANE.right + (70 - start[1]) * PLANE.up
        moved = stretched(point)
        np.testing.assert_allclose(end - start, 0.5 * np.array([moved[0], moved[1]]), atol=1e-3)
    assert len(strokes) > 3


def test_grid_lines_go_where_the_points_go(scene):
    (rim, _) = fieldOf(scene).strokes(PLANE, 1.0, FieldLook(FieldKind.GRID, spacing=25))
    xs = np.array([line[:, 0].mean() for line in rim.lines if np.ptp(line[:, 0]) < 1e-6])
    x = (
        PLANE.center[0] - PLANE.width / 2 + xs
    )  # lines up and down stay straight, 20 % further apart
    np.testing.assert_allclose(np.diff(np.sort(x)), 25 * 1.2, atol=1e-3)
