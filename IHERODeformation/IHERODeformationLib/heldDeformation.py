"""The deformation that a transform node holds vector by vector, so that nothing is resampled."""

from __future__ import annotations

import numpy as np
import slicer
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonTransforms import vtkLinearTransform
from vtkmodules.vtkFiltersHybrid import vtkGridTransform

from IHERORegistrationLib.geometry import determinant
from IHERORegistrationLib.lattice import Lattice
from IHERORegistrationLib.scene import LPS_TO_RAS, arrayFromMatrix, parentOfFixed
from IHERORegistrationLib.transformContent import isInverse, simpleTransforms
from IHERORegistrationLib.writtenObject import isChanged

from .deformation import DeformableTransform
from .deformationText import latticeFromText, matrixFromText, undefinedFromText
from .displacementGrid import DisplacementGrid

LATTICE = "IHERO.DeformationGrid"  # of nodes made from deformable registrations, like these:
UNDEFINED_NODES = "IHERO.UndefinedNodes"
PRE_MATRIX = "IHERO.PreDeformationMatrix"
POST_MATRIX = "IHERO.PostDeformationMatrix"

SAME_LATTICE = 1e-6  # mm between corners, and on elements of a matrix: what files in text cost
OBLIQUENESS = 1e-6  # cosine of the angle between axes that still count as orthogonal


def gridParts(node: slicer.vtkMRMLTransformNode) -> list[vtkGridTransform]:
    """The grids that `node` stores, in whichever direction."""
    parts = simpleTransforms(node.GetTransformFromParent())
    grids = [part.GetInverse() if isInverse(part) else part for part in parts]
    return [grid for grid in grids if isinstance(grid, vtkGridTransform)]


def holdsGrid(node: slicer.vtkMRMLTransformNode) -> bool:
    """Whether the FromParent that `node` stores is one grid, which DICOM can describe, and perhaps
    matrices after it.
    """
    grid, *others = simpleTransforms(node.GetTransformFromParent()) or [None]
    return (
        isinstance(grid, vtkGridTransform)
        and not isInverse(grid)
        and grid.GetDisplacementGrid() is not None
        and all(isinstance(part, vtkLinearTransform) for part in others)
        and _isOrthogonal(_ijkToLPS(grid))
    )


def isOnItsLattice(node: slicer.vtkMRMLTransformNode) -> bool:
    """Whether `node` was made from a deformable registration and holds its grid where it was."""
    kept = node.GetAttribute(LATTICE)
    if kept is None or not holdsGrid(node):
        return False
    lattice, made = _latticeOf(node), latticeFromText(kept)
    if lattice.size != made.size:
        return False
    return bool(np.abs(lattice.corners - made.corners).max() <= SAME_LATTICE)


def standsAlone(
    node: slicer.vtkMRMLTransformNode, fixed: slicer.vtkMRMLTransformableNode | None = None
) -> bool:
    """Whether nothing but `node` moves its data against the image that stays (`parentOfFixed`)."""
    return node.GetParentTransformNode() is parentOfFixed(node, fixed)


def isAsRead(
    node: slicer.vtkMRMLTransformNode, fixed: slicer.vtkMRMLTransformableNode | None = None
) -> bool:
    """Whether `node` still says what the deformable registration says that it was made from; of the
    image that stays, see `parentOfFixed`.
    """
    if not (isOnItsLattice(node) and standsAlone(node, fixed)) or isChanged(node):
        return False
    pre, post = _keptMatrices(node)
    return bool(np.abs(_affine(node) - post @ pre).max() <= SAME_LATTICE)


def heldDeformation(
    node: slicer.vtkMRMLTransformNode, fromFrame: str, toFrame: str
) -> DeformableTransform:
    """The FromParent of a node with `holdsGrid`, vector by vector, interpolated linearly.

    Bit for bit where no matrix turns or scales. The matrices are those read where the node still
    agrees with them, else all in `pre`; undefined nodes are those read where the grid is on its
    lattice.
    """
    lattice, vectors = _latticeOf(node), _vectors(node)
    pre, post = _affine(node), np.eye(4)
    undefined = np.zeros(lattice.shape, dtype=bool)
    if isOnItsLattice(node):
        lattice = latticeFromText(node.GetAttribute(LATTICE))
        undefined = undefinedFromText(node.GetAttribute(UNDEFINED_NODES), lattice.shape)
        keptPre, keptPost = _keptMatrices(node)
        if np.abs(pre - keptPost @ keptPre).max() <= SAME_LATTICE:
            pre, post = keptPre, keptPost
    grid = DisplacementGrid(lattice, _inLPS(vectors, pre[:3, :3], undefined))
    return DeformableTransform(pre, grid, post, fromFrame, toFrame)


def _inLPS(vectors: np.ndarray, turn: np.ndarray, undefined: np.ndarray) -> np.ndarray:
    """`turn` · vectors, which are RAS, in LPS, float32, slice by slice; NaN where `undefined`."""
    result = np.empty(vectors.shape, dtype=np.float32)
    signs = np.diag(LPS_TO_RAS)[:3]
    isUnturned = np.array_equal(turn, np.eye(3))
    for k, slab in enumerate(vectors):
        turned = slab.astype(float) * signs
        result[k] = turned if isUnturned else turned @ turn.T
        result[k][undefined[k]] = np.nan
    return result


def _keptMatrices(node: slicer.vtkMRMLTransformNode) -> tuple[np.ndarray, np.ndarray]:
    pre, post = (matrixFromText(node.GetAttribute(name)) for name in (PRE_MATRIX, POST_MATRIX))
    return (np.eye(4) if pre is None else pre.matrix, np.eye(4) if post is None else post.matrix)


def _affine(node: slicer.vtkMRMLTransformNode) -> np.ndarray:
    """What the matrices after the grid come to, shape (4, 4), LPS."""
    matrix = np.eye(4)
    for part in simpleTransforms(node.GetTransformFromParent()):
        if isinstance(part, vtkLinearTransform):
            matrix = arrayFromMatrix(part.GetMatrix()) @ matrix
    return LPS_TO_RAS @ matrix @ LPS_TO_RAS


def _ijkToLPS(grid: vtkGridTransform) -> np.ndarray:
    """Of the first node stored, whatever index VTK gives it; shape (4, 4)."""
    image = grid.GetDisplacementGrid()
    axes = np.eye(4)
    if isinstance(grid, slicer.vtkOrientedGridTransform) and grid.GetGridDirectionMatrix():
        axes = arrayFromMatrix(grid.GetGridDirectionMatrix())
    matrix = np.eye(4)
    matrix[:3, :3] = axes[:3, :3] * image.GetSpacing()
    matrix[:3, 3] = matrix[:3, :3] @ image.GetExtent()[::2] + image.GetOrigin()
    return LPS_TO_RAS @ matrix


def _isOrthogonal(ijkToLPS: np.ndarray) -> bool:
    axes = ijkToLPS[:3, :3] / np.linalg.norm(ijkToLPS[:3, :3], axis=0)
    return bool(np.abs(axes.T @ axes - np.eye(3)).max() <= OBLIQUENESS)


def _latticeOf(node: slicer.vtkMRMLTransformNode) -> Lattice:
    """Right-handed as DICOM wants it: counted from the other end along k if VTK's is not."""
    (grid,) = gridParts(node)
    matrix, size = _ijkToLPS(grid), grid.GetDisplacementGrid().GetDimensions()
    if determinant(matrix) < 0:
        matrix[:3, 3] += matrix[:3, 2] * (size[2] - 1)
        matrix[:3, 2] *= -1
    return Lattice(size, matrix)


def _vectors(node: slicer.vtkMRMLTransformNode) -> np.ndarray:
    """Shape (nk, nj, ni, 3), RAS mm, in the order of `_latticeOf`."""
    (grid,) = gridParts(node)
    image = grid.GetDisplacementGrid()
    values = vtk_to_numpy(image.GetPointData().GetScalars())
    vectors = values.reshape(*image.GetDimensions()[::-1], 3)
    scale, shift = grid.GetDisplacementScale(), grid.GetDisplacementShift()
    if (scale, shift) != (1, 0):
        vectors = vectors * scale + shift
    return vectors[::-1] if determinant(_ijkToLPS(grid)) < 0 else vectors
