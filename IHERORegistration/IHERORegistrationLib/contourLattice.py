"""Voxels for structures whose images are not at hand."""

from __future__ import annotations

import numpy as np

from .contourPlanes import sliceSpacing, stackOffsets
from .errors import MalformedObjectError
from .lattice import Lattice
from .structures import StructureSet

PIXEL = 1.0  # mm
MOST_PIXELS = 512  # along an axis
SLICE = 3.0  # mm, where all contours lie in one plane
MARGIN = 2  # voxels around the contours


def latticeAroundContours(structureSet: StructureSet) -> Lattice:
    """A lattice that holds every contour of `structureSet`, all of one frame: its slices lie in
    their planes, a usual distance of theirs apart, its pixels are 1 mm or what 512 of them need.

    Raises
        MalformedObjectError: nothing is drawn, or the contours of a structure do not lie in
        parallel planes.
    """
    drawn = [one for one in structureSet.structures if any(c.encloses for c in one.contours)]
    if not drawn:
        raise MalformedObjectError(
            f"expected closed contours, found none in structure set {structureSet.sopInstanceUID}"
        )
    axes, offsets = stackOffsets(max(drawn, key=lambda one: len(one.contours)))
    points = np.concatenate([one.points for one in drawn]) @ axes
    low, high = points.min(axis=0), points.max(axis=0)
    pixel = max(PIXEL, float((high - low)[:2].max()) / (MOST_PIXELS - 2 * MARGIN - 2))
    spacing = np.array([pixel, pixel, sliceSpacing(structureSet) or SLICE])
    # A plane of contours becomes a slice; the outermost points lie between pixels
    anchor = np.array([low[0] + pixel / 2, low[1] + pixel / 2, offsets[0]])
    first = np.floor((low - anchor) / spacing + 1e-3).astype(int) - MARGIN
    last = np.ceil((high - anchor) / spacing - 1e-3).astype(int) + MARGIN
    ni, nj, nk = (last - first + 1).tolist()
    return Lattice.fromAxes((ni, nj, nk), axes @ (anchor + first * spacing), axes, spacing)
