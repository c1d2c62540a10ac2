"""What the vectors of a grid hold, as far as a reader is told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from IHERORegistrationLib.vectorContent import vectorContent

from .displacementGrid import DisplacementGrid


@dataclass(frozen=True)
class GridContent:
    """Numbers of nodes: of all; undefined in any way; of those, with only some components NaN
    (`partial`), with an infinite one (`infinite`). `longest`: length in mm of the longest defined
    vector, 0 where none is defined.
    """

    nodes: int
    undefined: int
    partial: int
    infinite: int
    longest: float


def gridContent(grid: DisplacementGrid) -> GridContent:
    """Every vector of `grid`, looked at once."""
    found = vectorContent(grid.vectors, grid.lattice.ijkToLPS[:3, :3], np.eye(3))
    return GridContent(found.nodes, found.undefined, found.partial, found.infinite, found.longest)
