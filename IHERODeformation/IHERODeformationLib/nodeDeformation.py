"""The deformation that any transform node stands for: its own grid, or sampled."""

from __future__ import annotations

import slicer

from IHERORegistrationLib.errors import MalformedRegistrationError
from IHERORegistrationLib.lattice import Lattice
from IHERORegistrationLib.scene import parentOfFixed, requireOneStep
from IHERORegistrationLib.sentences import oneLine

from .heldDeformation import heldDeformation, isAsRead
from .nodeMap import heldSteps, nodeMap
from .oneGrid import oneGridDeformation
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
    fixed: slicer.vtkMRMLTransformableNode | None = None,
    error: float = LARGEST_ERROR,
    spacing: float | None = None,
    progress: Progress = lambda _: None,
) -> SampledDeformation:
    """What `node` and those above it do to data under it, as DICOM says it: points of `fromFrame`,
    the fixed image's, to `toFrame`, the moving data's. So it is FromParent, world to data.

    If it is known which image stays, see `parentOfFixed`, the fixed coordinates are that image's
    own, else the world. Where one node on the way stores a grid as its FromParent
    and all else is matrices, rigid before the grid, these vectors are taken one by one, bit for bit
    where no matrix turns them, and `error` tells what linear interpolation changes. Else, or if
    `spacing` is given, all is sampled over `over`: see `sampledDeformation`. Nothing needs to be
    hardened; Slicer hardens a transform node under a deformation in the wrong order.

    Raises
        MalformedRegistrationError: the transform is linear, which a Spatial Registration tells, or
        see `nodeMap`.
        FrameOfReferenceError: see `requireOneStep`.
        SamplingError, LandmarkError: see `sampledDeformation`.
    """
    if spacing is None and isAsRead(node, fixed):
        return SampledDeformation(heldDeformation(node, fromFrame, toFrame), 0.0, 0.0, 0.0)
    top = parentOfFixed(node, fixed)
    requireOneStep(node, top)
    pointMap = nodeMap(node, top)
    if pointMap.isLinear:
        raise MalformedRegistrationError(
            f"expected a deformation, found that transform node {oneLine(node.GetName())} is "
            "linear: export it as Spatial Registration (registrationFromTransformNode)"
        )
    held = (
        None
        if spacing is not None
        else oneGridDeformation(heldSteps(node, top), fromFrame, toFrame)
    )
    if held is not None:
        return comparedDeformation(held, pointMap)
    return sampledDeformation(
        pointMap, over, fromFrame, toFrame, error=error, spacing=spacing, progress=progress
    )
