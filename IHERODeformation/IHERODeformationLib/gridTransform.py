"""Deformations as VTK transforms, in LPS mm, on the memory of their own vectors."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from slicer import vtkOrientedGridTransform
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkCommonTransforms import vtkAbstractTransform, vtkGeneralTransform

from IHERORegistrationLib.frames import Transform
from IHERORegistrationLib.geometry import inverted
from IHERORegistrationLib.resampling import affineMatrix, vtkMatrix

from .deformation import DeformableTransform
from .displacementGrid import DisplacementGrid
from .numericalInverse import NumericalInverse
from .transformSteps import stepsOf

INVERSE_TOLERANCE = 1e-3  # mm; below 1e-4 VTK's search does not end everywhere

OnFailure = Callable[[], None]


def vtkTransformOf(
    transform: Transform, onFailure: OnFailure | None = None
) -> vtkAbstractTransform:
    """`transform`, a matrix, a deformation, a numerical inverse or a chain of such, for VTK.

    It takes points to the same places as `mappedThrough` where that defines them: to 1e-4 mm in
    smooth fields, and back within INVERSE_TOLERANCE. VTK knows no undefined points. Outside a grid
    it continues the displacement of the nearest border point, also where the transform says that
    the matrices alone hold there; undefined nodes count as not displaced. `mappedThrough` and
    `undefinedVoxels` say where that is. `onFailure` is called for each point whose search back did
    not end; do not use it where VTK works in several threads.

    Raises
        NotInvertibleError: the matrix before the vectors is singular.
        TypeError: a step is of another kind.
    """
    result = vtkGeneralTransform()
    result.PostMultiply()
    for part in transformParts(transform, onFailure):
        result.Concatenate(vtkMatrix(part) if isinstance(part, np.ndarray) else part)
    return result


def transformParts(
    transform: Transform, onFailure: OnFailure | None = None
) -> list[np.ndarray | vtkAbstractTransform]:
    """What `vtkTransformOf` applies one after another: matrices, shape (4, 4), and VTK's grids in
    turn, a matrix first and last.
    """
    parts: list[np.ndarray | vtkAbstractTransform] = []
    matrix = np.eye(4)
    for step in stepsOf(transform):
        if isinstance(step, DeformableTransform):
            parts += [step.pre @ matrix, gridTransform(step)]
            matrix = step.post
        elif isinstance(step, NumericalInverse):
            parts += [inverted(step.forward.post) @ matrix, _inverse(step.forward, onFailure)]
            matrix = inverted(step.forward.pre)
        else:
            matrix = affineMatrix(step) @ matrix
    return [*parts, matrix]


def gridTransform(transform: DeformableTransform) -> vtkOrientedGridTransform:
    """The displacements of `transform` for points that `pre` has moved already: y ↦ y + Δ(pre⁻¹ y).

    So the vectors stay as they are and the lattice is moved, sheared if `pre` is no rotation:
    nothing is computed, and nothing copied unless VTK cannot use the memory.

    Raises
        NotInvertibleError: `pre` is singular.
    """
    inverted(transform.pre)
    toLPS = transform.pre @ transform.grid.lattice.ijkToLPS
    ni, nj, nk = transform.grid.lattice.size
    image = vtkImageData()
    image.SetDimensions(ni, nj, nk)
    image.SetOrigin(toLPS[:3, 3])
    image.GetPointData().SetScalars(numpy_to_vtk(vectorsForVTK(transform.grid).reshape(-1, 3)))
    axes = np.eye(4)
    axes[:3, :3] = toLPS[:3, :3]
    result = vtkOrientedGridTransform()
    result.SetDisplacementGridData(image)
    result.SetGridDirectionMatrix(vtkMatrix(axes))
    result.SetInterpolationModeToLinear()
    return result


def _inverse(forward: DeformableTransform, onFailure: OnFailure | None) -> vtkAbstractTransform:
    grid = gridTransform(forward)
    grid.SetInverseTolerance(INVERSE_TOLERANCE)
    inverse = grid.GetInverse()
    if onFailure is not None:
        for one in (grid, inverse):
            one.AddObserver(grid.ConvergenceFailureEvent, lambda *_: onFailure())
    return inverse


def vectorsForVTK(grid: DisplacementGrid) -> np.ndarray:
    """The vectors, shape (nk, nj, ni, 3), native float32 without NaN: the grid's own memory where
    it is that, else a copy with zeros at undefined nodes.
    """
    vectors = grid.vectors
    undefined = grid.undefinedNodes
    if undefined.any():
        vectors = np.array(vectors, dtype=np.float32)
        vectors[undefined] = 0
    return np.require(vectors, np.float32, ["C_CONTIGUOUS", "ALIGNED"])
