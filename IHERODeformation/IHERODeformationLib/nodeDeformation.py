"""The deformation that any transform node stands for: its own grid, or sampled."""

from __future__ import annotations

import slicer

from IHERORegistrationLib.errors import MalformedRegistrationError
from IHERORegistrationLib.geometry import MatrixType, matrixType
from IHERORegistrationLib.lattice import Lattice

from .heldDeformation import heldDeformation, holdsGrid, isAsRead
from .nodeMap import nodeMap
from .rigidFactor import rigidFactored
from .sampledDeformation import (
    LARGEST_ERROR,
    Progress,
    SampledDeformation,
    comparedDeformation,
    sampledDeformation,
)


def deformationFromTransformNode(
    node: slicer.vtkMRMLTransformNode,
    over: Lattice,
    fromFrame: str,
    toFrame: str,
    *,
    error: float = LARGEST_ERROR,
    spacing: float | None = None,
    progress: Progress = lambda _: None,
) -> SampledDeformation:
    """What `node` and those above it do to data under it, as DICOM says it: points of `fromFrame`,
    the fixed image's, to `toFrame`, the moving data's. So it is FromParent, world to data.

    If the node knows the image that stays (role spatialRegistrationFixed), the fixed coordinates
    are that image's own, else the world. Where the node alone stands between the two and stores one
    grid and perhaps matrices after it, these vectors are taken one by one, bit for bit where no
    matrix turns them, and `error` tells what linear interpolation changes. Else, or if `spacing`
    is given, it is sampled over `over`: see `sampledDeformation`.

    Raises
        MalformedRegistrationError: the transform is linear, which a Spatial Registration tells, or
        see `nodeMap`.
        SamplingError, LandmarkError: see `sampledDeformation`.
    """
    fixed = node.GetNodeReference(slicer.vtkMRMLTransformNode.GetFixedNodeReferenceRole())
    fixedParent = fixed.GetParentTransformNode() if fixed is not None else None
    pointMap = nodeMap(node, fixedParent)
    if pointMap.isLinear:
        raise MalformedRegistrationError(
            f"expected a deformation, found that transform node {node.GetID()} is linear: export "
            "it as Spatial Registration (registrationFromTransformNode)"
        )
    isAlone = node.GetParentTransformNode() is fixedParent
    if spacing is None and isAlone and holdsGrid(node):
        held = heldDeformation(node, fromFrame, toFrame)
        if matrixType(held.affine) != MatrixType.RIGID and not isAsRead(node):
            held = rigidFactored(held)
        return comparedDeformation(held, pointMap)
    return sampledDeformation(
        pointMap, over, fromFrame, toFrame, error=error, spacing=spacing, progress=progress
    )
