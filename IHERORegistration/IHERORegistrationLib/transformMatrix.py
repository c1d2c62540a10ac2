"""What transform nodes do where they are matrices: arrays of shape (4, 4) for points in LPS mm."""

from __future__ import annotations

import numpy as np
import slicer
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from .scene import LPS_TO_RAS, arrayFromMatrix


def matrixInLPS(matrix: vtkMatrix4x4) -> np.ndarray:
    """`matrix`, which moves points in RAS mm, for points in LPS mm."""
    return LPS_TO_RAS @ arrayFromMatrix(matrix) @ LPS_TO_RAS


def ownMatrix(node: slicer.vtkMRMLLinearTransformNode) -> np.ndarray:
    """That of `node`, without those above it."""
    matrix = vtkMatrix4x4()
    node.GetMatrixTransformToParent(matrix)
    return matrixInLPS(matrix)


def matrixBetween(
    node: slicer.vtkMRMLTransformNode | None, top: slicer.vtkMRMLTransformNode | None
) -> np.ndarray | None:
    """From data under `node` to data under `top`, the world where one is None; None if what is
    between is no matrix.
    """
    matrix = vtkMatrix4x4()
    isLinear = slicer.vtkMRMLTransformNode.GetMatrixTransformBetweenNodes(node, top, matrix)
    return matrixInLPS(matrix) if isLinear else None
