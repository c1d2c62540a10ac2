"""Whether the views show data where its object says that it lies."""

from __future__ import annotations

import numpy as np
import slicer

from .displayedPair import frameAbove
from .exportedNode import NamedSeries
from .frameWaysInScene import AGREE
from .geometry import mapped
from .scene import namesFrames, parentsApart, parentsOf
from .sentences import oneLine
from .transformContent import areSame, contentBetween, parentOfFixed
from .transformMatrix import matrixBetween


def shownElsewhere(
    node: slicer.vtkMRMLTransformableNode, was: str, instead: str
) -> tuple[str, ...]:
    """That the transform above `node`, if there is one, does not count: it is written where it
    `was` made, and `instead` tells what to do who wants it where it is shown.
    """
    above = node.GetParentTransformNode()
    if above is None:
        return ()
    return (
        f"{oneLine(node.GetName())} is shown through {oneLine(above.GetName())}, but written where "
        f"it was {was}: {instead}.",
    )


def shownOtherwise(
    node: slicer.vtkMRMLTransformNode, moving: NamedSeries, fixed: NamedSeries
) -> tuple[str, ...]:
    """That the moving image is seen elsewhere than where `node`, which is written, puts it."""
    above = [] if moving.node is None else list(parentsOf(moving.node))
    between = above[: above.index(node)] if node in above else above
    if not between or _isShownAlike(node, moving, fixed):
        return ()
    name, names = oneLine(node.GetName()), ", ".join(oneLine(one.GetName()) for one in between)
    if node in above:
        return (
            f"{moving.name} is shown through {names} besides, which is not written: export "
            f"{oneLine(between[0].GetName())} to write what is shown.",
        )
    return (f"{moving.name} is shown through {names}, not through {name}, which is written.",)


def _isShownAlike(
    node: slicer.vtkMRMLTransformNode, moving: NamedSeries, fixed: NamedSeries
) -> bool:
    """Whether what the moving image lies under leads it where `node` does, and by what it says of
    frames also to the frame of the fixed one.
    """
    top = parentOfFixed(node, fixed.node)
    base = top if fixed.node is None else fixed.node.GetParentTransformNode()
    parent = moving.node.GetParentTransformNode() if moving.node is not None else None
    up, down = parentsApart(moving.node, base)
    ends = frameAbove(moving.series.frame, up), frameAbove(fixed.series.frame, down)
    if any(map(namesFrames, (*up, *down))) and ends[0] != ends[1]:
        return False
    here, there = matrixBetween(parent, base), matrixBetween(node, top)
    if here is None or there is None:
        return areSame(contentBetween(base, parent), contentBetween(top, node))
    corners = moving.series.lattice.corners
    apart = mapped(here, corners) - mapped(there, corners)
    return float(np.linalg.norm(apart, axis=-1).max()) <= AGREE
