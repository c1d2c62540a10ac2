"""Voxels in space: a regular lattice of points in a Frame of Reference, and values on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .geometry import CORNERS, inverted, mapped


@dataclass(frozen=True, eq=False)
class Lattice:
    """Voxel centers of an image or dose.

    `size` is (ni, nj, nk): columns, rows, slices. `ijkToLPS`, shape (4, 4), takes the index
    (i, j, k) of a voxel center to LPS mm; i runs along a row. Axes are orthogonal and k runs
    along row × column, so that the lattice is right-handed. Values on it are arrays of shape
    (nk, nj, ni).
    """

    size: tuple[int, int, int]
    ijkToLPS: np.ndarray

    def __post_init__(self) -> None:
        matrix = np.array(self.ijkToLPS, dtype=float)
        matrix.flags.writeable = False
        object.__setattr__(self, "ijkToLPS", matrix)
        object.__setattr__(self, "size", tuple(int(n) for n in self.size))
        if matrix.shape != (4, 4) or len(self.size) != 3 or min(self.size) < 1:
            raise ValueError(f"expected 3 sizes and a 4x4 matrix, got {self.size}, {matrix.shape}")

    @classmethod
    def fromAxes(
        cls,
        size: tuple[int, int, int],
        origin: np.ndarray,
        directions: np.ndarray,
        spacing: np.ndarray,
    ) -> Lattice:
        """Lattice with `origin` (3,) LPS mm, `directions` (3, 3) whose columns are the unit axes
        of i, j, k, and `spacing` (3,) mm along them.
        """
        matrix = np.eye(4)
        matrix[:3, :3] = np.asarray(directions, float) * np.asarray(spacing, float)
        matrix[:3, 3] = origin
        return cls(size, matrix)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape (nk, nj, ni) of arrays of values."""
        return self.size[2], self.size[1], self.size[0]

    @property
    def spacing(self) -> np.ndarray:
        """Distance in mm between neighbors along i, j, k; shape (3,)."""
        return np.linalg.norm(self.ijkToLPS[:3, :3], axis=0)

    @property
    def directions(self) -> np.ndarray:
        """Unit axes of i, j, k as columns; shape (3, 3)."""
        return self.ijkToLPS[:3, :3] / self.spacing

    @property
    def origin(self) -> np.ndarray:
        """Center of voxel (0, 0, 0), LPS mm; shape (3,)."""
        return self.ijkToLPS[:3, 3].copy()

    @property
    def normal(self) -> np.ndarray:
        """Unit vector from slice to slice; shape (3,)."""
        return self.directions[:, 2]

    @property
    def center(self) -> np.ndarray:
        """Middle of the lattice, LPS mm; shape (3,)."""
        return mapped(self.ijkToLPS, (np.array(self.size) - 1) / 2)

    @property
    def corners(self) -> np.ndarray:
        """The 8 outermost voxel centers, LPS mm; shape (8, 3)."""
        return mapped(self.ijkToLPS, CORNERS * (np.array(self.size) - 1))

    def points(self, indices: np.ndarray) -> np.ndarray:
        """LPS mm of `indices` (i, j, k), shape (..., 3); fractions lie between voxels."""
        return mapped(self.ijkToLPS, indices)

    def centersOf(self, voxels: np.ndarray) -> np.ndarray:
        """LPS mm, shape (n, 3), of `voxels`, shape (n,): places in the flat array of values."""
        return self.points(np.stack(np.unravel_index(voxels, self.shape)[::-1], axis=-1))

    def indices(self, points: np.ndarray) -> np.ndarray:
        """Fractional index (i, j, k) of `points`, shape (..., 3) LPS mm."""
        return mapped(inverted(self.ijkToLPS), points)

    def contains(self, points: np.ndarray) -> np.ndarray:
        """Whether each of `points`, shape (..., 3) LPS mm, lies in a voxel: within half a voxel
        of the outermost centers.
        """
        index = self.indices(points)
        return np.all((index >= -0.5) & (index <= np.array(self.size) - 0.5), axis=-1)

    def sliceOrigin(self, k: float) -> np.ndarray:
        """Center of voxel (0, 0, k), LPS mm; shape (3,)."""
        return mapped(self.ijkToLPS, np.array([0, 0, k], float))


@dataclass(frozen=True, eq=False)
class Volume:
    """Values on a lattice in Frame of Reference `frame`; `values` has shape (nk, nj, ni)."""

    values: np.ndarray
    lattice: Lattice
    frame: str

    def __post_init__(self) -> None:
        if self.values.shape != self.lattice.shape:
            raise ValueError(f"expected shape {self.lattice.shape}, got {self.values.shape}")
