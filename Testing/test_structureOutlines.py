import numpy as np
import pytest
from vtkmodules.vtkCommonDataModel import vtkPolyData
from vtkmodules.vtkFiltersSources import vtkSphereSource

from IHERORegistrationLib.dataNodes import Segment, segmentationNode
from IHERORegistrationLib.geometry import AffineTransform
from IHERORegistrationLib.headlessScene import newScene
from IHERORegistrationLib.pictures.slicePlanes import Box, Plane, slicePlane
from IHERORegistrationLib.pictures.structureOutlines import (
    linesOnPlane,
    outlineFromStructure,
    outlinesFromSegmentation,
)
from IHERORegistrationLib.resampling import vtkMatrix
from IHERORegistrationLib.scene import LPS_TO_RAS
from IHERORegistrationLib.structures import Contour, GeometricType, Structure

CENTER = np.array([120.0, -340.0, 560.0])  # LPS, of a ball of radius 30 mm
MATRIX = np.array([[0, -1, 0, 15.0], [1, 0, 0, -25], [0, 0, 1, 40], [0, 0, 0, 1]])
MOVE = AffineTransform(MATRIX, "1.2", "1.3")
MOVED = np.array([340.0 + 15, 120.0 - 25, 560.0 + 40])  # CENTER moved, by mental arithmetic
AWAY = 18.0  # mm from the center to the plane, so that the circle has radius 24


def ball():
    source = vtkSphereSource()
    source.SetCenter(*CENTER)
    source.SetRadius(30)
    source.SetThetaResolution(90)
    source.SetPhiResolution(90)
    source.Update()
    return source.GetOutput()


def axialPlane():
    box = Box(np.eye(3), MOVED - (50, 60, 70), MOVED + np.array([90, 80, 70]))
    return slicePlane(Plane.AXIAL, box, MOVED + np.array([0, 0, AWAY]))


def assertCircle(lines, pixelSize, tolerance):
    """Center 50 mm from the left and 60 mm from the front edge of the plane, radius 24 mm."""
    (line,) = lines
    away = np.linalg.norm(line * pixelSize - (50, 60), axis=1)
    assert np.abs(away - 24).max() < tolerance
    np.testing.assert_allclose(line[0], line[-1])
    angles = np.unwrap(np.arctan2(*(line * pixelSize - (50, 60)).T))
    assert np.ptp(angles) == pytest.approx(2 * np.pi, abs=1e-6)


def test_a_segment_is_cut_where_its_transform_puts_it():
    scene = newScene()
    segments = [Segment("GTV", (255, 0, 51), ball()), Segment("Cord", (0, 255, 0), ball())]
    node = segmentationNode(segments, "1.2", scene, "structures")
    transformNode = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    transformNode.SetMatrixTransformToParent(vtkMatrix(LPS_TO_RAS @ MATRIX @ LPS_TO_RAS))
    node.SetAndObserveTransformNodeID(transformNode.GetID())
    (outline,) = outlinesFromSegmentation(node, ["GTV"])
    assert outline.name == "GTV"
    assert outline.color == pytest.approx((1, 0, 0.2))
    assert len(outlinesFromSegmentation(node)) == 2
    assertCircle(linesOnPlane(outline.surface, axialPlane(), 0.5), 0.5, tolerance=0.1)


def test_a_structure_is_cut_where_its_contours_come_to_lie():
    angle = np.linspace(0, 2 * np.pi, 180, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=1)
    heights = np.arange(-28.0, 29.0, 2.0)
    contours = tuple(
        Contour(CENTER + (900 - z**2) ** 0.5 * circle + [0, 0, z], GeometricType.CLOSED_PLANAR)
        for z in heights
    )
    structure = Structure(3, "GTV", "1.2", contours, color=(0, 128, 255))
    outline = outlineFromStructure(structure, 2.0, MOVE)
    assert outline.color == pytest.approx((0, 128 / 255, 1))
    assertCircle(linesOnPlane(outline.surface, axialPlane(), 0.5), 0.5, tolerance=0.3)


def test_a_plane_beside_a_structure_and_an_empty_surface_have_no_lines():
    assert linesOnPlane(ball(), axialPlane(), 0.5) == []  # it lies where it would not be moved to
    assert linesOnPlane(vtkPolyData(), axialPlane(), 0.5) == []
