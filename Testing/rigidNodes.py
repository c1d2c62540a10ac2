"""Transform nodes with known matrices, points and volumes under them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation
from vtkmodules.vtkCommonMath import vtkMatrix4x4

import builders
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.reader import registrationFromDataset
from IHERORegistrationLib.references import FiducialReference, InstanceReference
from IHERORegistrationLib.scene import transformNodesFromRegistration

CT, MR = builders.CT_FRAME, builders.MR_FRAME
POINTS = np.array([(0, 0, 0), (-312.5, 77.1, 1204.3), (15.0, -290.0, -88.8), (1e3, 2e3, -3e3)])


def registration(**changes):
    return registrationFromDataset(builders.spatialRegistration(**changes))


TOLD = "Ärm; 100%: äöü → “x”"  # a description


def rich():
    """A registration with everything that an item can say, text that escaping could break."""
    one = registration()
    fixed, moving = one.items
    return replace(one, items=(fixed, richItem(moving)), description=TOLD)


def richItem(item):
    """An item of a registration, of either kind, that says everything."""
    fiducial = FiducialReference(InstanceReference("1.2.840.10008.5.1.4.1.1.66.2", "1.5"), "1.5.6")
    return replace(
        item,
        comment='50% of "täglich"; a:b, <c> & d\\e',
        images=(InstanceReference("1.2.3", "1.2.4", (3, 17)), *item.images),
        usedFiducials=(fiducial,),
    )


def assertSame(back, one):
    for field in ("registeredFrame", "series", "patient", "reference"):
        assert getattr(back, field) == getattr(one, field)
    for field in ("label", "description", "contentDate", "producer"):
        assert getattr(back, field) == getattr(one, field)
    assert len(back.items) == len(one.items)
    for ours, theirs in zip(back.items, one.items, strict=True):
        for field in ("number", "sourceFrame", "images", "method", "comment", "usedFiducials"):
            assert getattr(ours, field) == getattr(theirs, field)
        assert ours.declaredTypes == theirs.declaredTypes
        np.testing.assert_allclose(ours.matrix, theirs.matrix, atol=1e-12)


def nodeOf(one, scene):
    (node,) = transformNodesFromRegistration(one, scene)
    return node


def randomMatrix(seed, affine=False):
    random = np.random.default_rng(seed)
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_quat(random.normal(size=4)).as_matrix()
    if affine:
        matrix[:3, :3] = matrix[:3, :3] @ (np.eye(3) + random.uniform(-0.2, 0.2, (3, 3)))
    matrix[:3, 3] = random.uniform(-800, 800, 3)
    return matrix


def moved(points, matrix):
    return points @ matrix[:3, :3].T + matrix[:3, 3]


def ras(points):
    return points * (-1, -1, 1)


def rasMatrix(matrix):
    """A matrix in LPS written for RAS, by hand: rows and columns 1 and 2 change sign."""
    changed = matrix.copy()
    changed[:2] *= -1
    changed[:, :2] *= -1
    result = vtkMatrix4x4()
    result.DeepCopy(changed.ravel().tolist())
    return result


def linearNode(scene, matrix, kind="vtkMRMLLinearTransformNode"):
    node = scene.AddNewNodeByClass(kind)
    node.SetMatrixTransformToParent(rasMatrix(matrix))
    return node


def toWorld(node, points):
    """`points`, (n, 3) RAS, of data that lies under transform node `node`, by MRML's own hand."""
    data = node.GetScene().AddNewNodeByClass("vtkMRMLMarkupsFiducialNode")
    data.SetAndObserveTransformNodeID(node.GetID())
    for point in points:
        data.AddControlPoint(point.tolist())
    world = np.zeros((len(points), 3))
    for row, result in enumerate(world):
        data.GetNthControlPointPositionWorld(row, result)
    return world


def aVolume(frame=MR):
    lattice = Lattice.fromAxes(
        (4, 3, 5),
        (1 / 3, -200 / 7, 1000 / 3),
        Rotation.from_euler("xyz", (20, -35, 50), degrees=True).as_matrix(),
        (1.25, 2 / 3, 3.3),
    )
    values = np.arange(60, dtype=np.int16).reshape(lattice.shape)
    return Volume(values, lattice, frame)
