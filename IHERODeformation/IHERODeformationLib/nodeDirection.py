"""In which direction one goes through the registration in a transform node, told quickly: its
vectors are not looked at.
"""

from __future__ import annotations

from enum import StrEnum

import slicer

from IHERORegistrationLib.nodeIdentity import knownFrame
from IHERORegistrationLib.scene import REGISTERED_FRAME, SOURCE_FRAME


class Direction(StrEnum):
    """Of a way between two frames."""

    SAME = "within one frame"
    MATRIX = "by a matrix"
    ALONG = "along the deformation"
    AGAINST = "against the deformation"
    NONE = "the registration does not lead there"


def directionOfNode(
    node: slicer.vtkMRMLTransformNode,
    base: slicer.vtkMRMLScalarVolumeNode | None,
    overlay: slicer.vtkMRMLScalarVolumeNode | None,
    fromFrame: str,
    toFrame: str,
) -> Direction:
    """The direction of the way from `fromFrame` to `toFrame`. A deformation leads from the frame of
    `base`, the registered image, to that of `overlay`, where `node` does not say its frames.
    """
    if fromFrame == toFrame:
        return Direction.SAME
    registered = node.GetAttribute(REGISTERED_FRAME) or (knownFrame(base) if base else "")
    source = node.GetAttribute(SOURCE_FRAME) or (knownFrame(overlay) if overlay else "")
    if {fromFrame, toFrame} != {registered, source}:
        return Direction.NONE
    if node.IsLinear():
        return Direction.MATRIX
    return Direction.ALONG if fromFrame == registered else Direction.AGAINST
