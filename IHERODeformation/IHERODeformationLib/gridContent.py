"""What the vectors of a grid hold: counted slice by slice, so that little memory is needed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

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
    undefined = partial = infinite = 0
    longest = 0.0
    for slab in grid.vectors:
        missing, endless = np.isnan(slab), np.isinf(slab).any(axis=-1)
        broken = missing.any(axis=-1) | endless
        undefined += int(broken.sum())
        partial += int((missing.any(axis=-1) & ~missing.all(axis=-1)).sum())
        infinite += int(endless.sum())
        if not broken.all():
            squares = np.sum(slab[~broken].astype(float) ** 2, axis=-1)
            longest = max(longest, float(np.sqrt(squares.max())))
    return GridContent(grid.vectors[..., 0].size, undefined, partial, infinite, longest)
