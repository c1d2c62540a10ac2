"""The phantom is a ramp: its value at a point is one formula, so each pixel has a known color."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from IHERORegistrationLib.dataNodes import volumeNodeFromVolume
from IHERORegistrationLib.geometry import AffineTransform
from IHERORegistrationLib.headlessScene import newScene
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.pictures.colorTables import ColorTable
from IHERORegistrationLib.pictures.modalityPresets import Preset
from IHERORegistrationLib.pictures.sliceLayers import Layer, contentBox, layerImage, voxels
from IHERORegistrationLib.pictures.slicePlanes import Box, Plane, slicePlane
from IHERORegistrationLib.resampling import vtkMatrix
from IHERORegistrationLib.scene import LPS_TO_RAS

SLOPE = np.array([4.0, -7.0, 9.0])  # per mm
LEVEL = 300.0
OBLIQUE = Lattice.fromAxes(
    (33, 28, 24),
    (120.0, -340.0, 560.0),
    Rotation.from_euler("zyx", (25, -15, 35), degrees=True).as_matrix(),
    (3.0, 4.0, 5.0),
)
GRAY = Preset(ColorTable.GRAY, low=-700, high=1300)


@pytest.fixture(scope="module")
def aScene():
    return newScene()


def layerFromVolume(volume, label, preset, scene, toWorld):
    """`volume` as a node of `scene`, under a transform node that does what `toWorld` does."""
    node = volumeNodeFromVolume(volume, scene, label)
    transformNode = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    transformNode.SetMatrixTransformToParent(vtkMatrix(LPS_TO_RAS @ toWorld.matrix @ LPS_TO_RAS))
    node.SetAndObserveTransformNodeID(transformNode.GetID())
    return Layer(node, label, preset)


def ramp(points):
    return (points - OBLIQUE.center) @ SLOPE + LEVEL


def rampVolume():
    ijk = np.moveaxis(np.indices(OBLIQUE.size), 0, -1)
    values = ramp(OBLIQUE.points(ijk)).transpose(2, 1, 0)
    return Volume(values.astype(np.float32), OBLIQUE, "1.2.3")


def moving():
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("xyz", (10, 20, -40), degrees=True).as_matrix()
    matrix[:3, 3] = (-700, 250, 90)
    return AffineTransform(matrix, "1.2.3", "1.2.4")


def pixelCenters(plane, columns, rows):
    x = (np.arange(columns) + 0.5) / columns - 0.5
    y = 0.5 - (np.arange(rows) + 0.5) / rows
    return (
        plane.center
        + x[None, :, None] * plane.width * plane.right
        + y[:, None, None] * plane.height * plane.up
    )


def planesThrough(center):
    axes = Rotation.from_euler("zx", (6, -9), degrees=True).as_matrix()
    middle = center @ axes
    half = np.array([35, 30, 25])
    box = Box(axes, middle - half, middle + half)
    return [slicePlane(plane, box, center + half / 9) for plane in Plane]


@pytest.mark.parametrize("number", range(3))
def test_every_pixel_shows_the_value_that_the_transform_brings_there(aScene, number):
    transform = moving()
    layer = layerFromVolume(rampVolume(), "ramp", GRAY, aScene, transform)
    plane = planesThrough(transform(OBLIQUE.center))[number]
    image = layerImage(layer, plane, 21, 17)
    values = ramp(transform.inverse()(pixelCenters(plane, 21, 17)))
    expected = (values - GRAY.low) / (GRAY.high - GRAY.low)
    assert image.shown.all()
    assert np.ptp(expected) > 0.1
    np.testing.assert_allclose(image.colors[..., 0], expected, atol=1.1 / 255)
    assert (image.colors == image.colors[..., :1]).all()


def test_pixels_outside_the_volume_are_not_shown(aScene):
    layer = layerFromVolume(rampVolume(), "ramp", GRAY, aScene, moving())
    center = moving()(OBLIQUE.center)
    box = Box(np.eye(3), center - 120, center + 120)
    plane = slicePlane(Plane.CORONAL, box, center)
    inside = OBLIQUE.contains(moving().inverse()(pixelCenters(plane, 80, 80)))
    shown = layerImage(layer, plane, 80, 80).shown
    assert 0.05 < inside.mean() < 0.5
    assert (shown != inside).mean() < 0.01  # Slicer counts border pixels by its own tolerance


def test_values_below_the_threshold_are_not_shown(aScene):
    preset = replace(GRAY, threshold=LEVEL)
    layer = layerFromVolume(rampVolume(), "ramp", preset, aScene, moving())
    plane = planesThrough(moving()(OBLIQUE.center))[0]
    expected = ramp(moving().inverse()(pixelCenters(plane, 61, 47))) >= LEVEL
    assert 0.2 < expected.mean() < 0.8
    assert (layerImage(layer, plane, 61, 47).shown != expected).mean() < 0.005


def test_a_second_look_with_another_preset_uses_that_one(aScene):
    layer = layerFromVolume(rampVolume(), "ramp", GRAY, aScene, moving())
    plane = planesThrough(moving()(OBLIQUE.center))[0]
    layerImage(replace(layer, preset=replace(GRAY, threshold=LEVEL)), plane, 10, 8)
    inferno = replace(GRAY, colors=ColorTable.INFERNO)
    image = layerImage(replace(layer, preset=inferno), plane, 10, 8)
    assert image.shown.all()
    assert np.ptp(image.colors, axis=-1).max() > 0.2


def test_looking_leaves_no_view_behind_in_the_scene():
    scene = newScene()
    layer = layerFromVolume(rampVolume(), "ramp", GRAY, scene, moving())
    layerImage(layer, planesThrough(moving()(OBLIQUE.center))[0], 10, 8)
    before = scene.GetNumberOfNodes()
    layerImage(layer, planesThrough(moving()(OBLIQUE.center))[1], 12, 9)
    assert scene.GetNumberOfNodes() == before
    assert scene.GetNumberOfNodesByClass("vtkMRMLSliceNode") == 0


def test_the_values_of_a_node_are_those_of_its_volume(aScene):
    layer = layerFromVolume(rampVolume(), "ramp", GRAY, aScene, moving())
    np.testing.assert_array_equal(voxels(layer.node), rampVolume().values)


def test_the_box_leaves_out_the_air_around_the_body(aScene):
    lattice = Lattice.fromAxes((60, 50, 40), (-90.0, 200.0, 800.0), np.eye(3), (5.0, 6.0, 7.0))
    values = np.full(lattice.shape, -1000, np.int16)
    values[10:31, 12:36, 20:51] = 30  # k, j, i
    layer = layerFromVolume(
        Volume(values, lattice, "1.2"),
        "body",
        Preset(ColorTable.GRAY, -160, 240, "HU"),
        aScene,
        AffineTransform(np.eye(4), "1.2", "1.2"),
    )
    box = contentBox(layer, np.eye(3))
    low, high = lattice.points(np.array([(20, 12, 10), (50, 35, 30)]))
    margin = 0.03 * (high - low)
    np.testing.assert_allclose(box.low, low - margin, atol=1e-3)
    np.testing.assert_allclose(box.high, high + margin, atol=1e-3)


def test_the_box_ends_where_the_image_ends(aScene):
    lattice = Lattice.fromAxes((60, 50, 40), (-90.0, 200.0, 800.0), np.eye(3), (5.0, 6.0, 7.0))
    values = np.full(lattice.shape, 30, np.int16)
    values[:, :, :6] = -1000
    same = AffineTransform(np.eye(4), "1.2", "1.2")
    preset = Preset(ColorTable.GRAY, -160, 240, "HU")
    layer = layerFromVolume(Volume(values, lattice, "1.2"), "body", preset, aScene, same)
    box = contentBox(layer, np.eye(3))
    low, high = lattice.points(np.array([(-0.5, -0.5, -0.5), (59.5, 49.5, 39.5)]))
    np.testing.assert_allclose(box.high, high)
    np.testing.assert_allclose(box.low[1:], low[1:])
    assert box.low[0] == pytest.approx(-90 + 6 * 5 - 0.03 * 53 * 5)


def test_an_image_of_one_value_is_shown_whole(aScene):
    volume = Volume(np.full(OBLIQUE.shape, 5, np.int16), OBLIQUE, "1.2.3")
    layer = layerFromVolume(volume, "flat", GRAY, aScene, moving())
    box = contentBox(layer, np.eye(3))
    corners = moving()(OBLIQUE.corners)
    assert (box.low < corners.min(axis=0) + 5).all()
    assert (box.high > corners.max(axis=0) - 5).all()
