"""What lies under a node in MRML goes where the deformation says, and comes back out of it."""

from __future__ import annotations

import numpy as np
import pytest
import slicer
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonTransforms import vtkAbstractTransform

from deformationCases import CASES, Case
from IHERODeformationLib.deformableRegistration import DeformableSpatialRegistration
from IHERODeformationLib.reader import deformableRegistrationFromDataset
from IHERODeformationLib.scene import (
    registrationFromDeformationNode,
    transformNodesFromDeformation,
)
from IHERORegistrationLib.headlessScene import newScene

ROUNDING = 1e-4  # mm: what VTK's interpolation weights cost


@pytest.fixture(scope="module")
def scene() -> slicer.vtkMRMLScene:
    return newScene()


def registrationOf(case: Case) -> DeformableSpatialRegistration:
    return deformableRegistrationFromDataset(case.dataset())


def nodeOf(case: Case, scene: slicer.vtkMRMLScene) -> slicer.vtkMRMLTransformNode:
    (node,) = transformNodesFromDeformation(registrationOf(case), scene)
    return node


def through(transform: vtkAbstractTransform, points: np.ndarray) -> np.ndarray:
    """`points`, (n, 3) LPS, moved by a transform in RAS, by VTK."""
    given, found = vtkPoints(), vtkPoints()
    for one in (given, found):
        one.SetDataTypeToDouble()
    given.SetData(numpy_to_vtk(np.ascontiguousarray(points * (-1.0, -1.0, 1.0)), deep=True))
    transform.TransformPoints(given, found)
    return vtk_to_numpy(found.GetData()) * (-1, -1, 1)


def fromParent(node: slicer.vtkMRMLTransformNode, points: np.ndarray) -> np.ndarray:
    return through(node.GetTransformFromParent(), points)


@pytest.mark.parametrize("name", CASES)
def test_a_thousand_registered_points_go_to_the_source_through_mrml(name, scene):
    case = CASES[name]
    points = case.randomPoints(beyond=0.45)
    points = points[~case.touchesUndefined(points)]
    there = fromParent(nodeOf(case, scene), points)
    np.testing.assert_allclose(there, case.expected(points), atol=ROUNDING, rtol=0)


@pytest.mark.parametrize("name", CASES)
def test_a_node_gives_back_the_vectors_that_were_read(name, scene):
    case = CASES[name]
    after = registrationFromDeformationNode(nodeOf(case, scene)).oneDeformation().grid
    before = registrationOf(case).oneDeformation().grid
    assert after.lattice.size == before.lattice.size
    np.testing.assert_array_equal(after.lattice.ijkToLPS, before.lattice.ijkToLPS)
    turned = case.pre is not None and tuple(case.pre[:3]) != (1, 0, 0)
    np.testing.assert_allclose(after.vectors, case.vectors, atol=turned * 1e-6, rtol=0)
