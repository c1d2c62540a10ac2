"""Transform nodes of deformations with a known answer, and points through them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import slicer
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonTransforms import vtkAbstractTransform, vtkThinPlateSplineTransform

import builders
from deformationCases import CASES, PRE, Case, gridOf
from IHERODeformationLib.deformableRegistration import (
    DeclaredMatrix,
    DeformableSpatialRegistration,
)
from IHERODeformationLib.reader import deformableRegistrationFromDataset
from IHERODeformationLib.scene import (
    transformNodesFromDeformation,
)
from IHERORegistrationLib.lattice import Lattice
from rigidNodes import TOLD, richItem

CT, MR = builders.CT_FRAME, builders.MR_FRAME
ROUNDING = 1e-4  # mm: what VTK's interpolation weights cost
CLOSE = 0.002  # mm: VTK's inverse, told to search to 0.001


def registrationOf(case: Case) -> DeformableSpatialRegistration:
    return deformableRegistrationFromDataset(case.dataset())


def nodeOf(case: Case, scene: slicer.vtkMRMLScene) -> slicer.vtkMRMLTransformNode:
    (node,) = transformNodesFromDeformation(registrationOf(case), scene)
    return node


def through(transform: vtkAbstractTransform, points: np.ndarray) -> np.ndarray:
    """`points`, (n, 3) LPS, moved by a transform in RAS, by VTK."""
    found = vtkPoints()
    found.SetDataTypeToDouble()
    transform.TransformPoints(vtkPointsOf(points * (-1.0, -1.0, 1.0)), found)
    return vtk_to_numpy(found.GetData()) * (-1, -1, 1)


def fromParent(node: slicer.vtkMRMLTransformNode, points: np.ndarray) -> np.ndarray:
    return through(node.GetTransformFromParent(), points)


SINE = Case(PRE[:3] + PRE[4:7], (-180.0, 312.0, -1115.0), (25, 21, 17), (5.0, 6.5, 8.0))


def bend(node: slicer.vtkMRMLTransformNode, fixed: slicer.vtkMRMLScalarVolumeNode) -> None:
    """Give `node` a thin plate spline through landmarks that go 3 to 6 mm, stored as points of the
    fixed image to those of the moving one.
    """
    bounds = [0.0] * 6
    fixed.GetRASBounds(bounds)
    low, high = np.array(bounds).reshape(3, 2).T
    random = np.random.default_rng(3)
    here = random.uniform(low, high, (9, 3))
    spline = thinPlateSpline(here, here + random.normal(0, 3, (9, 3)))
    node.SetAndObserveTransformFromParent(spline)


def thinPlateSpline(here: np.ndarray, there: np.ndarray) -> vtkThinPlateSplineTransform:
    """That takes the points `here` to those `there`, both (n, 3)."""
    spline = vtkThinPlateSplineTransform()
    spline.SetBasisToR()
    spline.SetSourceLandmarks(vtkPointsOf(here))
    spline.SetTargetLandmarks(vtkPointsOf(there))
    return spline


def vtkPointsOf(points: np.ndarray) -> vtkPoints:
    """`points`, (n, 3), in double precision."""
    result = vtkPoints()
    result.SetData(numpy_to_vtk(np.ascontiguousarray(points, float), deep=True))
    return result


def wavy(points: np.ndarray) -> np.ndarray:
    """Waves of 220, 180 and 200 mm in every direction."""
    angle = 2 * np.pi * points / (220, 180, 200) + (0.3, 1.1, 2.0)
    x, y, z = np.moveaxis(angle, -1, 0)
    return np.stack(
        [8 * np.sin(y) * np.cos(0.7 * z), 6 * np.sin(z) * np.cos(0.6 * x), 7 * np.sin(x)], axis=-1
    )


def withVectors(case: Case, vectors: np.ndarray) -> DeformableSpatialRegistration:
    dataset = case.dataset()
    gridOf(dataset).VectorGridData = vectors.astype("<f4").tobytes()
    return deformableRegistrationFromDataset(dataset)


def rich() -> DeformableSpatialRegistration:
    """With everything that an item can say, text that escaping could break, undefined nodes."""
    one = registrationOf(replace(CASES["undefined block"], order="source first"))
    source, registered = one.items
    source = replace(richItem(source), post=replace(source.post, declaredType="AFFINE"))
    return replace(one, items=(source, registered), description=TOLD)


def assertSame(back: DeformableSpatialRegistration, one: DeformableSpatialRegistration) -> None:
    for field in ("registeredFrame", "series", "patient", "reference", "sopClassUID"):
        assert getattr(back, field) == getattr(one, field)
    for field in ("label", "description", "contentDate", "producer"):
        assert getattr(back, field) == getattr(one, field)
    before = (*one.registeredItems, *one.sourceItems)
    assert [item.number for item in back.items] == [1, 2]
    for ours, theirs in zip(back.items, before, strict=True):
        for field in ("sourceFrame", "images", "method", "comment", "usedFiducials"):
            assert getattr(ours, field) == getattr(theirs, field)
        for end in ("pre", "post"):
            assertSameMatrix(getattr(ours, end), getattr(theirs, end))
    ours, theirs = (each.oneDeformation().grid for each in (back, one))
    np.testing.assert_array_equal(ours.lattice.ijkToLPS, theirs.lattice.ijkToLPS)
    np.testing.assert_allclose(ours.vectors, theirs.vectors, atol=1e-6, rtol=0)


def assertSameMatrix(ours: DeclaredMatrix | None, theirs: DeclaredMatrix | None) -> None:
    assert (ours is None) == (theirs is None)
    if ours is not None and theirs is not None:
        assert ours.declaredType == theirs.declaredType
        np.testing.assert_array_equal(ours.matrix, theirs.matrix)


def square(matrix: tuple[float, ...]) -> np.ndarray:
    return np.array(matrix).reshape(4, 4)


def aLattice(case: Case) -> Lattice:
    return Lattice.fromAxes(case.size, case.position, case.axes, case.spacing)
