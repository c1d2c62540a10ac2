"""More that can be drawn on the views of a picture than images and structures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from .canvas import Pane
from .legend import Explained
from .slicePlanes import SlicePlane


class Addition(Protocol):
    """Such as a field of displacements. `label`, if it is not empty, stands in the title."""

    @property
    def label(self) -> str: ...

    def painted(self, image: np.ndarray, plane: SlicePlane, size: float) -> np.ndarray:
        """`image`, shape (rows, columns, 3), from 0 to 1, the images on `plane` in FINENESS pixels
        for one of the view, with what lies on them. `size` is that of letters.
        """
        ...

    def on(self, planes: Sequence[SlicePlane]) -> Explained:
        """What the legend is to say where it is drawn on `planes`."""
        ...

    def draw(self, pane: Pane, plane: SlicePlane, pixelSize: float, size: float) -> None:
        """Draw lines under the structures; sizes are of pixels of the view in mm, and of
        letters in pixels.
        """
        ...
