"""Data of the scene goes through a deformation into new nodes; what is undefined is left out."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
from PySide6 import QtCore, QtTest
from vtkmodules.vtkFiltersSources import vtkSphereSource

from application.mainWindows import settle
from application.runningApplication import loadModule, runningApplication
from IHERODeformationLib.appliedDeformation import deformedNode, movedNode
from IHERODeformationLib.deformableRegistration import (
    DeformableRegistrationItem,
    DeformableSpatialRegistration,
)
from IHERODeformationLib.displacementGrid import DisplacementGrid
from IHERODeformationLib.scene import transformNodesFromDeformation
from IHERORegistrationLib.errors import DeformableContentError
from IHERORegistrationLib.lattice import Lattice
from IHERORegistrationLib.nodeVolumes import volumeFromNode
from IHERORegistrationLib.resampling import Interpolation

ROOT = Path(__file__).resolve().parents[1]
STRETCH, SHIFT = 0.1, np.array([3.0, -2.0, 1.0])


def toSource(points):
    """Registered → source, LPS: stretched along x and shifted; in vectors of a grid exactly."""
    return points + np.array([1, 0, 0]) * STRETCH * points[..., :1] + SHIFT


def toRegistered(points):
    back = np.asarray(points, float) - SHIFT
    back[..., 0] /= 1 + STRETCH
    return back


def bent(scene):
    """A node of the deformation; its grid is 50 × 40 × 30 mm with a corner at the origin."""
    lattice = Lattice((6, 5, 4), np.diag([10.0, 10.0, 10.0, 1.0]))
    nodes = lattice.points(np.moveaxis(np.indices((4, 5, 6))[::-1], 0, -1))
    grid = DisplacementGrid(lattice, (toSource(nodes) - nodes).astype(np.float32))
    item = DeformableRegistrationItem(number=1, sourceFrame="1.2.1", images=(), grid=grid)
    registration = DeformableSpatialRegistration("1.2.9", "1.2.2", (item,), label="BENT")
    (node,) = transformNodesFromDeformation(registration, scene)
    return node


def image(scene, name, frame, size, values=None):
    """Voxels of 2 mm from the origin of LPS, along its axes."""
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name)
    given = np.zeros(size[::-1], np.float32) if values is None else values
    slicer.util.updateVolumeFromArray(node, given)
    node.SetIJKToRASMatrix(slicer.util.vtkMatrixFromArray(np.diag([-2.0, -2.0, 2.0, 1.0])))
    node.SetAttribute("IHERO.FrameOfReferenceUID", frame)
    return node


def ramp(scene, name="moving"):
    """An image whose value is x + 2 y + 3 z, LPS mm, in the source frame."""
    k, j, i = np.indices((20, 24, 36))
    return image(scene, name, "1.2.1", None, (2.0 * (i + 2 * j + 3 * k)).astype(np.float32))


def test_an_image_has_at_every_voxel_what_lies_where_the_deformation_leads(scene):
    moving, base = ramp(scene), image(scene, "fixed", "1.2.2", (24, 18, 16))
    made = deformedNode(moving, bent(scene), base, Interpolation.LINEAR)
    values = volumeFromNode(made.node, "")
    voxels = np.moveaxis(np.indices(values.lattice.shape)[::-1], 0, -1)
    there = toSource(values.lattice.points(voxels))
    inside = ((there >= -1) & (there <= np.array([71, 47, 39]))).all(axis=-1)
    clamped = np.clip(there, 0, np.array([70, 46, 38]))  # half a voxel beyond the last center
    truth = np.where(inside, clamped @ [1, 2, 3], 0)
    np.testing.assert_allclose(values.values, truth, atol=1e-3)
    assert "lie outside" in made.sentence
    assert made.node.GetAttribute("IHERO.FrameOfReferenceUID") == "1.2.2"


def test_voxels_beyond_the_grid_are_counted_as_undefined(scene):
    wide = image(scene, "wide", "1.2.2", (40, 10, 10))  # to x = 78 mm; the grid ends at 55
    made = deformedNode(ramp(scene), bent(scene), wide, Interpolation.NEAREST)
    values = volumeFromNode(made.node, "").values
    assert (values[:, :, 28:] == 0).all()  # x of 56 mm and more
    assert f"for {100 * 12 / 40:.1f} % of its voxels" in made.sentence


def test_points_go_where_the_inverse_takes_them_and_undefined_ones_are_named(scene):
    node = scene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "marks")
    inLPS = np.array([[20.0, 10, 10], [300, 0, 0], [31, 25, 14]])
    for label, point in zip("ABC", inLPS * [-1, -1, 1], strict=True):
        node.AddControlPoint(point, label)
    made = movedNode(node, bent(scene))
    assert made.node.GetNumberOfControlPoints() == 2
    found = [made.node.GetNthControlPointPosition(number) for number in range(2)]
    expected = toRegistered(inLPS[[0, 2]]) * [-1, -1, 1]
    np.testing.assert_allclose(found, expected, atol=0.01)
    assert made.node.GetNthControlPointLabel(1) == "C"
    assert "without B" in made.sentence
    assert node.GetNumberOfControlPoints() == 3


def test_a_model_is_moved_whole_or_not_at_all(scene):
    for radius, isWhole in ((5.0, True), (60.0, False)):
        sphere = vtkSphereSource()
        sphere.SetCenter(-25, -20, 15)
        sphere.SetRadius(radius)
        sphere.Update()
        node = scene.AddNewNodeByClass("vtkMRMLModelNode", f"sphere {radius}")
        node.SetAndObservePolyData(sphere.GetOutput())
        if not isWhole:
            with pytest.raises(DeformableContentError, match="points of sphere"):
                movedNode(node, bent(scene))
            continue
        before = slicer.util.arrayFromModelPoints(node).copy()
        after = slicer.util.arrayFromModelPoints(movedNode(node, bent(scene)).node)
        expected = toRegistered(before * [-1, -1, 1]) * [-1, -1, 1]
        np.testing.assert_allclose(after, expected, atol=0.01)
        np.testing.assert_array_equal(slicer.util.arrayFromModelPoints(node), before)


def test_the_panel_places_under_a_deformation_resamples_and_refuses_to_harden_voxels(tmp_path):
    with runningApplication(tmp_path):
        from IHERODeformationLib.widgets.deformedApplyPanel import DeformedApplyPanel

        scene = slicer.mrmlScene
        moving, base = ramp(scene), image(scene, "fixed", "1.2.2", (24, 18, 16))
        widget = loadModule(ROOT / "IHERODeformation" / "IHERODeformation.py").widget()
        widget.enter()
        widget.chosen.registration, widget.chosen.base = bent(scene), base
        settle()
        panel = widget.panel(DeformedApplyPanel)
        for button in (panel.ui.placeButton, panel.ui.resampleButton):
            QtTest.QTest.mouseClick(button, QtCore.Qt.MouseButton.LeftButton)
            settle()
        assert moving.GetParentTransformNode() is widget.chosen.registration
        assert "moving on fixed was made" in panel.ui.appliedLabel.text
        count = scene.GetNumberOfNodes()
        with pytest.raises(DeformableContentError, match="resample it instead"):
            panel.onHarden()
        assert scene.GetNumberOfNodes() == count
