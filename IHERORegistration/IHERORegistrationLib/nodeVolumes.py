"""Volume nodes, whoever made them, as values on a lattice."""

from __future__ import annotations

from typing import Any

import numpy as np
import slicer
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from .errors import MalformedObjectError
from .geometry import determinant
from .lattice import Lattice, Volume
from .scene import LPS_TO_RAS, arrayFromMatrix

FLAT = 1e-9  # volume spanned by axes of length 1 that still counts as none
OBLIQUENESS = 1e-4  # cosine of the angle between axes that still count as orthogonal


def volumeFromNode(node: slicer.vtkMRMLScalarVolumeNode, frame: str) -> Volume:
    """The voxels of `node` in its own coordinates, which are those of `frame`, whatever transform
    it lies under. They are shared with the node where it is right-handed, else turned over.

    Raises
        MalformedObjectError: it has no voxels, several components, or axes that are not orthogonal
            or have no length.
    """
    image = node.GetImageData()
    scalars = image.GetPointData().GetScalars() if image is not None else None
    if scalars is None or not scalars.GetNumberOfTuples():
        raise MalformedObjectError(f"expected an image, found no voxels in {node.GetName()}")
    if scalars.GetNumberOfComponents() != 1:
        raise MalformedObjectError(
            f"expected one value for each voxel, found {scalars.GetNumberOfComponents()} in "
            f"{node.GetName()}"
        )
    values = vtk_to_numpy(scalars).reshape(image.GetDimensions()[::-1])
    matrix = vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    return rightHanded(values, LPS_TO_RAS @ arrayFromMatrix(matrix), frame, node.GetName())


def liesSomewhere(node: Any) -> bool:
    """Whether the voxels of a node have a size and a place, by its own matrix and, as far as that
    is one, by what it lies under; views cannot show others. What is no volume lies where it lies.
    """
    if not node.IsA("vtkMRMLScalarVolumeNode"):
        return True
    own, above = vtkMatrix4x4(), vtkMatrix4x4()
    node.GetIJKToRASMatrix(own)
    matrices = [arrayFromMatrix(own)]
    parent = node.GetParentTransformNode()
    if parent is not None and parent.IsTransformToWorldLinear():
        parent.GetMatrixTransformToWorld(above)
        matrices.append(arrayFromMatrix(above))
    return all(map(_isSpace, matrices))


def _isSpace(matrix: np.ndarray) -> bool:
    """Whether a matrix of shape (4, 4) is one of numbers and leaves three dimensions."""
    if not np.isfinite(matrix).all():
        return False
    lengths = np.linalg.norm(matrix[:3, :3], axis=0)
    return bool(lengths.all() and abs(np.linalg.det(matrix[:3, :3] / lengths)) > FLAT)


def rightHanded(values: np.ndarray, ijkToLPS: np.ndarray, frame: str, name: str) -> Volume:
    """`values`, shape (nk, nj, ni), of a thing called `name`, with the index of voxel centers taken
    to LPS mm by `ijkToLPS`, shape (4, 4): counted from the other end along k where that is
    left-handed.

    Raises
        MalformedObjectError: the axes are not orthogonal, or one has no length.
    """
    lengths = np.linalg.norm(ijkToLPS[:3, :3], axis=0)
    if not np.isfinite(ijkToLPS).all() or not lengths.all():
        raise MalformedObjectError(
            f"expected voxels that have a size and a place, found others in {name}"
        )
    axes = ijkToLPS[:3, :3] / lengths
    if np.abs(axes.T @ axes - np.eye(3)).max() > OBLIQUENESS:
        raise MalformedObjectError(f"expected voxels with orthogonal axes, found others in {name}")
    if determinant(ijkToLPS) < 0:
        ijkToLPS = ijkToLPS.copy()
        ijkToLPS[:3, 3] += ijkToLPS[:3, 2] * (len(values) - 1)
        ijkToLPS[:3, 2] *= -1
        values = values[::-1]
    ni, nj, nk = values.shape[::-1]
    return Volume(values, Lattice((ni, nj, nk), ijkToLPS), frame)
