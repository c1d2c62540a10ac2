"""Where the views and the legend of a picture go: one scale for all, no empty margins.

With three planes, views that share an axis of the patient are aligned along it, and the legend
fills the corner that stays free.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log

import numpy as np

from .slicePlanes import Plane

PLEASANT = 1.25  # width through height of a picture
LEGEND = 0.45  # of the size of a single view beside it
WIDE = 1.6  # a single view wider than this has its legend below


@dataclass(frozen=True)
class Rectangle:
    """From the top left corner of the picture, all in one unit."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height

    @property
    def outline(self) -> np.ndarray:
        """Its corners, the first one again at the end; shape (5, 2)."""
        x, y = (self.left, self.right, self.right, self.left), (self.top, self.bottom)
        return np.array([*zip(x, np.repeat(y, 2), strict=True), (self.left, self.top)])


@dataclass(frozen=True)
class Layout:
    """Rectangles of the views and the legend; `width` and `height` are those of the whole."""

    views: Mapping[Plane, Rectangle]
    legend: Rectangle

    @property
    def width(self) -> float:
        return max(one.right for one in (*self.views.values(), self.legend))

    @property
    def height(self) -> float:
        return max(one.bottom for one in (*self.views.values(), self.legend))


def threePlanes(size: np.ndarray) -> Layout:
    """Layout in mm of three planes through a box of `size` (across, deep, high), shape (3,)."""
    across, deep, high = (float(side) for side in size)
    below = Layout(
        {
            Plane.AXIAL: Rectangle(0, 0, across, deep),
            Plane.CORONAL: Rectangle(0, deep, across, high),
            Plane.SAGITTAL: Rectangle(across, deep, deep, high),
        },
        Rectangle(across, 0, deep, deep),
    )
    beside = Layout(
        {
            Plane.CORONAL: Rectangle(0, 0, across, high),
            Plane.SAGITTAL: Rectangle(across, 0, deep, high),
            Plane.AXIAL: Rectangle(across + deep, 0, across, deep),
        },
        Rectangle(across + deep, deep, across, max(high - deep, 0)),
    )
    if high < 1.4 * deep:
        return below
    return min(below, beside, key=lambda one: abs(log(one.width / one.height / PLEASANT)))


def singlePlane(plane: Plane, width: float, height: float) -> Layout:
    """Layout in mm of one view of that size."""
    view = {plane: Rectangle(0, 0, width, height)}
    if width > WIDE * height:
        return Layout(view, Rectangle(0, height, width, LEGEND * height))
    return Layout(view, Rectangle(width, 0, LEGEND * (width * height) ** 0.5, height))


def inPixels(layout: Layout, width: int, top: int) -> Layout:
    """`layout` scaled to `width` pixels and moved down by `top`; all edges are whole pixels."""
    scale = width / layout.width

    def scaled(one: Rectangle) -> Rectangle:
        left, right = round(one.left * scale), round(one.right * scale)
        upper, lower = round(one.top * scale), round(one.bottom * scale)
        return Rectangle(left, upper + top, right - left, lower - upper)

    views = {plane: scaled(one) for plane, one in layout.views.items()}
    return Layout(views, scaled(layout.legend))
