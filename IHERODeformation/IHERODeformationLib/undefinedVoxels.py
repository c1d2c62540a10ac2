"""Which voxels of a lattice a deformation says nothing about: exactly those that mapping their
centers one by one would find, in a small part of the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from IHERORegistrationLib.geometry import CORNERS, inverted, mapped
from IHERORegistrationLib.lattice import Lattice

from .displacementGrid import INDEX_ROUNDING, DisplacementGrid

REACH = 0.5 + INDEX_ROUNDING  # of a voxel beyond the outermost nodes


@dataclass(frozen=True, eq=False)
class GridOnLattice:
    """`grid` seen from the voxels of `lattice`; `toRegistered`, shape (4, 4), takes points of the
    lattice's frame to the frame of the grid.
    """

    grid: DisplacementGrid
    lattice: Lattice
    toRegistered: np.ndarray

    @property
    def isCovered(self) -> bool:
        """Whether no voxel center lies outside the grid."""
        index = self._index(CORNERS * (np.array(self.lattice.size) - 1))
        return bool(np.all((index >= -REACH) & (index <= self._last + REACH)))

    def outside(self) -> np.ndarray:
        """Voxels whose centers lie outside the grid, bool (nk, nj, ni)."""
        result = np.empty(self.lattice.shape, bool)
        ni, nj, nk = self.lattice.size
        i = np.arange(ni)
        rows = self._index(np.stack([np.zeros(nj), np.arange(nj), np.zeros(nj)], axis=-1))
        for k in range(nk):
            first, last = self._insideOfRows(rows + k * self._toNodes[:3, 2])
            result[k] = (i < first[:, None]) | (i > last[:, None])
        return result

    @property
    def isDefined(self) -> bool:
        """Whether no node of the grid is undefined."""
        return not self.grid.undefinedNodes.any()

    def undefined(self) -> np.ndarray:
        """Voxels inside the grid whose centers, or the nearest points between the outermost nodes,
        rest on an undefined node, bool (nk, nj, ni).
        """
        result = np.zeros(self.lattice.shape, bool)
        (i, j, k), ends = self._near(np.argwhere(self.grid.undefinedNodes)[:, ::-1])
        columns, rows = np.meshgrid(np.arange(i, ends[0]), np.arange(j, ends[1]))
        plane = self._index(np.stack([columns, rows, np.zeros(rows.shape)], axis=-1))
        for slab in range(k, ends[2]):
            index = plane + slab * self._toNodes[:3, 2]
            result[slab, j : ends[1], i : ends[0]] = self._restsOnUndefined(index)
        return result

    def _near(self, nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """First index i, j, k, and the one after the last, of a box with all voxels that some of
        `nodes`, shape (n, 3), may count for.
        """
        low, high = nodes.min(axis=0) - 1.1, nodes.max(axis=0) + 1.1
        voxels = mapped(self._toVoxels, low + CORNERS * (high - low))
        first = np.clip(np.floor(voxels.min(axis=0)), 0, self.lattice.size)
        after = np.clip(np.ceil(voxels.max(axis=0)) + 1, first, self.lattice.size)
        return first.astype(int), after.astype(int)

    @cached_property
    def _last(self) -> np.ndarray:
        return np.array(self.grid.lattice.size) - 1

    @cached_property
    def _toNodes(self) -> np.ndarray:
        """Shape (4, 4): indices of the lattice to indices of the grid."""
        toGrid = np.linalg.inv(self.grid.lattice.ijkToLPS)
        return toGrid @ self.toRegistered @ self.lattice.ijkToLPS

    @cached_property
    def _toVoxels(self) -> np.ndarray:
        """Shape (4, 4): indices of the grid to indices of the lattice."""
        toLattice = np.linalg.inv(self.lattice.ijkToLPS)
        return toLattice @ inverted(self.toRegistered) @ self.grid.lattice.ijkToLPS

    def _index(self, voxels: np.ndarray) -> np.ndarray:
        """Fractional index in the grid of `voxels`, shape (..., 3)."""
        return mapped(self._toNodes, voxels)

    def _insideOfRows(self, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """First and last i inside the grid of rows whose voxels of i = 0 lie at `starts`, shape
        (nj, 3), in the grid; the first is above the last where the row does not meet the grid.
        """
        ni = self.lattice.size[0]
        first, last = np.zeros(len(starts)), np.full(len(starts), ni - 1.0)
        for axis, step in enumerate(self._toNodes[:3, 0]):
            low = -REACH - starts[:, axis]
            high = self._last[axis] + REACH - starts[:, axis]
            if abs(step) * ni < INDEX_ROUNDING:  # the row runs along the border
                first[(low > 0) | (high < 0)] = ni
                continue
            ends = np.sort([low / step, high / step], axis=0)
            first, last = np.maximum(first, np.ceil(ends[0])), np.minimum(last, np.floor(ends[1]))
        return first, last

    def _restsOnUndefined(self, index: np.ndarray) -> np.ndarray:
        """Whether a node of weight other than zero is undefined, at `index`, shape (..., 3)."""
        nearest = np.rint(index)
        index = np.where(np.abs(index - nearest) <= INDEX_ROUNDING, nearest, index)
        index = np.clip(index, 0, self._last)
        low = np.floor(index)
        between = (index > low) @ (1, 2, 4)
        i, j, k = np.moveaxis(low.astype(np.intp), -1, 0)
        return (self._undefinedCells[k, j, i] >> between & 1).astype(bool)

    @cached_property
    def _undefinedCells(self) -> np.ndarray:
        """Of the cell above each node, uint8 (nk, nj, ni): bit n says whether an undefined node
        counts for points that lie off the node along the axes that n has bits for (1 i, 2 j, 4 k).
        """
        nodes = self.grid.undefinedNodes
        above = np.pad(nodes, [(0, 1)] * 3)
        nk, nj, ni = nodes.shape
        cells = np.zeros(nodes.shape, np.uint8)
        for axes in range(8):
            for i, j, k in CORNERS:
                if not (i | j << 1 | k << 2) & ~axes:
                    corner = above[k : k + nk, j : j + nj, i : i + ni]
                    cells |= corner.astype(np.uint8) << axes
        return cells
