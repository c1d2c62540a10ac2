"""Where the cursor is in the coordinates of both images, through the registration, both ways."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import slicer

from IHERODeformationLib.nodeMap import NodeMap, nodeMap

from ..scene import LPS_TO_RAS

NOWHERE = np.full(3, np.nan)


@dataclass(frozen=True, eq=False)
class CursorPlace:
    """`world` and `native`, in the overlay's own coordinates, LPS mm, NaN where undefined;
    `residual`, mm, is how far the way back misses, NaN where nothing was inverted by search.
    """

    world: np.ndarray
    native: np.ndarray
    residual: float = np.nan


class CursorLink:
    """The way between the world and the own coordinates of what lies under a transform node; found
    anew when that, or one above it, changes.
    """

    def __init__(self) -> None:
        self._known: dict[tuple, tuple[NodeMap, NodeMap]] = {}

    def maps(self, parent: Any) -> tuple[NodeMap, NodeMap]:
        """From the world to what lies under `parent`, or under none, and back.

        Raises
            MalformedRegistrationError: see `nodeMap`.
        """
        key = (None, 0) if parent is None else (parent.GetID(), parent.GetTransformToWorldMTime())
        if key not in self._known:
            self._known = {} if len(self._known) > 2 else self._known
            self._known[key] = _maps(parent)
        return self._known[key]

    def fromWorld(self, parent: Any, point: np.ndarray) -> CursorPlace:
        """The place of a point of the world, shape (3,) LPS mm."""
        there, _ = self.maps(parent)
        return CursorPlace(point, there(point[None])[0])

    def fromNative(self, parent: Any, point: np.ndarray) -> CursorPlace:
        """The place of a point in own coordinates, shape (3,) LPS mm."""
        there, back = self.maps(parent)
        world = back(point[None])[0]
        if back.isLinear:
            return CursorPlace(world, point)
        missed = there(world[None])[0] - point if np.isfinite(world).all() else NOWHERE
        return CursorPlace(world, point, float(np.linalg.norm(missed)))


def _maps(parent: Any) -> tuple[NodeMap, NodeMap]:
    if parent is None:
        return NodeMap(()), NodeMap(())
    return nodeMap(parent, None), nodeMap(None, parent)


def markedAt(point: np.ndarray) -> np.ndarray | None:
    """Where views mark `point`, shape (3,) LPS mm: RAS mm; None, no mark, where it is undefined."""
    return LPS_TO_RAS[:3, :3] @ point if np.isfinite(point).all() else None


def cursorOf(crosshair: slicer.vtkMRMLCrosshairNode) -> tuple[str, np.ndarray] | None:
    """The slice view that the mouse is in and where, LPS mm; None while it is in none."""
    inView, ras = [0.0] * 3, [0.0] * 3
    view = crosshair.GetCursorPositionXYZ(inView)
    if view is None or not crosshair.GetCursorPositionRAS(ras):
        return None
    return view.GetLayoutName(), LPS_TO_RAS[:3, :3] @ ras
