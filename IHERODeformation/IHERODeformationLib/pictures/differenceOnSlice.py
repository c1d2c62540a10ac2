"""How far apart two registrations take points, over a slice of a viewer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from IHERORegistrationLib.frames import Transform
from IHERORegistrationLib.lattice import Lattice
from IHERORegistrationLib.pictures.slicePlanes import SlicePlane

from ..displacementGrid import PointStatus
from ..mappedPoints import mappedThrough
from .fieldColors import lengthColors
from .fieldKind import FieldKind
from .fieldOnSlice import COARSENESS, PIXELS, FieldLook, WithinImage, arrowStrokes, cover, mark
from .raster import enlargedKnown, enlargedMask, pixelCenters
from .sliceDrawing import Drawn


@dataclass(frozen=True, eq=False)
class SliceDifference:
    """Both lead from the frame of the slices to the same frame. Where neither says anything is
    marked as outside, where only one does as undefined; nothing is drawn outside the `image`.
    """

    first: Transform
    second: Transform
    image: Lattice

    def displacement(self, points: np.ndarray) -> np.ndarray:
        """From where the first takes `points`, shape (..., 3), to where the second does, LPS mm."""
        return mappedThrough(self.second, points).points - mappedThrough(self.first, points).points

    def status(self, points: np.ndarray) -> np.ndarray:
        """DEFINED by both, OUTSIDE of both, else UNDEFINED; shape (...)."""
        known = sum(
            (mappedThrough(one, points).status == PointStatus.DEFINED).astype(int)
            for one in (self.first, self.second)
        )
        return np.choose(
            known, (PointStatus.OUTSIDE, PointStatus.UNDEFINED, PointStatus.DEFINED)
        ).astype(np.uint8)

    def drawn(self, plane: SlicePlane, columns: int, rows: int, look: FieldLook) -> Drawn:
        """As magnitude or arrows; the view has so many pixels."""
        pixelSize = plane.width / columns
        columns, rows = max(1, columns // PIXELS), max(1, rows // PIXELS)
        points = pixelCenters(plane, max(1, columns // COARSENESS), max(1, rows // COARSENESS))
        layer = np.zeros((rows, columns, 4), np.float32)
        if look.kind is FieldKind.MAGNITUDE:
            lengths = np.linalg.norm(self.displacement(points), axis=-1)
            colored = lengthColors(enlargedKnown(lengths, rows, columns), look.scale)
            cover(layer, colored, enlargedMask(~np.isnan(lengths), rows, columns), look.opacity)
        if look.marked:
            mark(layer, self.status(points), None)
        inside = self.image.contains(points)
        layer[~enlargedMask(inside, rows, columns)] = 0
        isLines = look.kind is FieldKind.ARROWS
        within = WithinImage(self, self.image)
        strokes = arrowStrokes(within, plane, pixelSize, look) if isLines else ()
        return Drawn(layer, tuple(strokes))
