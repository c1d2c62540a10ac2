"""Data of the scene moved for good by a deformation: new nodes; what the deformation leaves
undefined is left out and counted.
"""

from __future__ import annotations

import numpy as np
import slicer
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkPoints

from IHERORegistrationLib.appliedNodes import (
    AppliedNode,
    backgroundOf,
    copiedNode,
    mark,
    newVolumeNode,
    outsideWords,
    placeBeside,
    requireBase,
    staying,
)
from IHERORegistrationLib.errors import DeformableContentError
from IHERORegistrationLib.nodeVolumes import volumeFromNode
from IHERORegistrationLib.registrationRecord import UNWATCHED, Watch
from IHERORegistrationLib.resampling import Interpolation
from IHERORegistrationLib.scene import LPS_TO_RAS, REGISTERED_FRAME, SOURCE_FRAME

from .deformation import DeformableTransform, MappedPoints
from .deformedVolume import deformedVolume
from .displacementGrid import PointStatus
from .heldDeformation import heldDeformation, holdsGrid, standsAlone
from .mappedPoints import mappedThrough
from .numericalInverse import NumericalInverse

FLIP = np.diag(LPS_TO_RAS)[:3]  # signs of the axes


def deformationOfNode(
    registration: slicer.vtkMRMLTransformNode,
    base: slicer.vtkMRMLScalarVolumeNode | None = None,
) -> DeformableTransform:
    """What `registration` holds: fixed → moving; for `base`, if that may be the image that stays.

    Raises
        DeformableContentError: it is not one grid with matrices, or another transform moves it or
        `base` alone.
    """
    stays = staying(base, registration)
    if not (holdsGrid(registration) and standsAlone(registration, stays)):
        raise DeformableContentError(
            "expected one grid of vectors with matrices, that no other transform moves against the "
            f"fixed image, found something else in {registration.GetName()}: export it first, and "
            "load the result"
        )
    fixed = registration.GetAttribute(REGISTERED_FRAME) or f"fixed for {registration.GetName()}"
    source = registration.GetAttribute(SOURCE_FRAME) or f"moved by {registration.GetName()}"
    return heldDeformation(registration, fixed, source)


def deformedNode(
    node: slicer.vtkMRMLScalarVolumeNode,
    registration: slicer.vtkMRMLTransformNode,
    base: slicer.vtkMRMLScalarVolumeNode,
    interpolation: Interpolation,
    watch: Watch = UNWATCHED,
) -> AppliedNode:
    """A new volume: `node`, which lies in the source frame, with the voxels of `base`.

    Raises
        DeformableContentError: see `deformationOfNode`.
        FrameOfReferenceError: `base` is known to lie in another frame than the registered one.
        RegistrationCancelledError: by `watch`.
    """
    requireBase(base, registration)
    transform = deformationOfNode(registration, base)
    made = deformedVolume(
        volumeFromNode(node, transform.toFrame),
        volumeFromNode(base, transform.fromFrame).lattice,
        transform.fromFrame,
        transform,
        interpolation,
        backgroundOf(node),
        watch,
    )
    copy = newVolumeNode(node, made.volume, f"{node.GetName()} on {base.GetName()}")
    placeBeside(copy, registration, base)
    how = f"deformed ({interpolation}) onto {base.GetName()} by {registration.GetName()}"
    mark(copy, node, registration, f"{node.GetName()} {how}")
    told = f"{copy.GetName()} was made{outsideWords(int(made.outside.sum()), made.volume)}"
    share = 100 * float(made.undefined.mean())
    if share:
        told += f"; for {share:.1f} % of its voxels the deformation says nothing"
    return AppliedNode(copy, told)


def movedNode(
    node: slicer.vtkMRMLDisplayableNode,
    registration: slicer.vtkMRMLTransformNode,
    base: slicer.vtkMRMLScalarVolumeNode | None = None,
) -> AppliedNode:
    """A copy of points or of a model with every point where the deformation, searched backwards
    and found within 0.01 mm, takes it. Points for which it says nothing are left out.

    Raises
        DeformableContentError: see `deformationOfNode`; or an image or structures are given, or a
        model of which a part would be left out.
    """
    transform = deformationOfNode(registration, base)
    if node.IsA("vtkMRMLMarkupsNode"):
        copy, told = _movedPoints(node, transform)
    elif node.IsA("vtkMRMLModelNode"):
        copy, told = _movedModel(node, transform)
    else:
        instead = "deform the structures" if node.IsA("vtkMRMLSegmentationNode") else "resample it"
        raise DeformableContentError(
            f"{node.GetName()} cannot be hardened through a deformation without new voxels: "
            f"{instead} instead"
        )
    placeBeside(copy, registration, base)
    sentence = f"{node.GetName()} moved for good by {registration.GetName()}"
    mark(copy, node, registration, sentence)
    return AppliedNode(copy, f"{copy.GetName()} was made{told}")


def _moved(transform: DeformableTransform, inRAS: np.ndarray) -> MappedPoints:
    return mappedThrough(NumericalInverse(transform), inRAS.astype(float) * FLIP)


def _movedPoints(
    node: slicer.vtkMRMLMarkupsNode, transform: DeformableTransform
) -> tuple[slicer.vtkMRMLMarkupsNode, str]:
    count = node.GetNumberOfControlPoints()
    points = np.array([node.GetNthControlPointPosition(number) for number in range(count)])
    there = _moved(transform, points.reshape(-1, 3))
    copy = copiedNode(node, f"{node.GetName()} hardened")
    lost = []
    for number in reversed(range(count)):
        if there.status[number] == PointStatus.DEFINED:
            copy.SetNthControlPointPosition(number, there.points[number] * FLIP)
        else:
            lost.append(copy.GetNthControlPointLabel(number) or str(number + 1))
            copy.RemoveNthControlPoint(number)
    if not lost:
        return copy, ""
    return copy, f" without {', '.join(reversed(lost))}, of which the deformation says nothing"


def _movedModel(
    node: slicer.vtkMRMLModelNode, transform: DeformableTransform
) -> tuple[slicer.vtkMRMLModelNode, str]:
    points = vtk_to_numpy(node.GetPolyData().GetPoints().GetData())
    there = _moved(transform, points)
    lost = int(np.count_nonzero(there.status != PointStatus.DEFINED))
    if lost:
        raise DeformableContentError(
            f"{lost} of {len(points)} points of {node.GetName()} lie where the deformation says "
            "nothing"
        )
    copy = copiedNode(node, f"{node.GetName()} hardened")
    moved = vtkPoints()
    moved.SetData(numpy_to_vtk(there.points * FLIP, deep=True))
    copy.GetPolyData().SetPoints(moved)
    return copy, ""
