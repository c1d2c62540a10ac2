"""What slice views show, as numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .user import User

APART = 5  # pixels between those that are looked at
NEAR = 25  # of 255: as much may a line's color be off


def pixelsAndPoints(user: User, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Some pixels of a view, (n, 3) from 0 to 255, and where they lie, (n, 3) LPS mm."""
    pixels, points = (
        one[::APART, ::APART].reshape(-1, 3) for one in (user.pixels(name), user.pointsOf(name))
    )
    return pixels.astype(int), points


def outlinePoints(user: User, name: str, segmentation: Any, structure: str) -> np.ndarray:
    """Where a view draws a line in the color of a structure, (n, 3) LPS mm."""
    segments = segmentation.GetSegmentation()
    color = segments.GetSegment(segments.GetSegmentIdBySegmentName(structure)).GetColor()
    off = np.abs(user.pixels(name) - 255 * np.array(color)).max(axis=-1)
    return user.pointsOf(name)[off < NEAR]
