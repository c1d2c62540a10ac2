"""Points about which a registration can be told: origins, image centers, markups, isocenters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import slicer

from .errors import MalformedObjectError
from .nodeVolumes import volumeFromNode
from .placement import dataFrame
from .plan import Plan
from .scene import LPS_TO_RAS
from .sceneNodes import nodesOfClass
from .sceneRegistrations import imagesByFrame

ORIGIN = "origin"


@dataclass(frozen=True, eq=False)
class Center:
    """A point, shape (3,) LPS mm in its frame; `key` tells it from the others of a scene."""

    key: str
    name: str
    point: np.ndarray


def centersIn(
    scene: slicer.vtkMRMLScene, frame: str, plans: Iterable[Plan] = ()
) -> tuple[Center, ...]:
    """The points known in Frame of Reference `frame`: its origin, the middle of each image, the
    isocenters of `plans` and every point of markups.
    """
    found = [Center(ORIGIN, "Origin of the frame", np.zeros(3))]
    for node in imagesByFrame(scene).get(frame, []):
        try:
            middle = volumeFromNode(node, frame).lattice.center
        except MalformedObjectError:
            continue  # it holds no voxels
        found.append(Center(node.GetID(), f"Middle of {node.GetName()}", middle))
    for plan in plans:
        if plan.frame == frame:
            name = plan.label or plan.name or "the plan"
            several = plan.differentIsocenters
            for number, point in enumerate(several, 1):
                which = f" {number}" if len(several) > 1 else ""
                key = f"{plan.sopInstanceUID}#{number}"
                found.append(Center(key, f"Isocenter{which} of {name}", point))
    return (*found, *_markups(scene, frame))


def _markups(scene: slicer.vtkMRMLScene, frame: str) -> list[Center]:
    """Points in their own coordinates, whatever they are shown through."""
    found = []
    for node in nodesOfClass(scene, "vtkMRMLMarkupsFiducialNode"):
        if dataFrame(node) != frame or node.GetHideFromEditors():
            continue
        for number in range(node.GetNumberOfControlPoints()):
            point = np.array(node.GetNthControlPointPosition(number))
            label = node.GetNthControlPointLabel(number) or str(number + 1)
            key = f"{node.GetID()}#{node.GetNthControlPointID(number)}"
            name = f"{label} of {node.GetName()}"
            found.append(Center(key, name, LPS_TO_RAS[:3, :3] @ point))
    return found
