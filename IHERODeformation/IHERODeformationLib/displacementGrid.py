"""Displacement vectors at the nodes of a lattice, and between them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

import numpy as np

from IHERORegistrationLib.lattice import Lattice
from IHERORegistrationLib.vectorContent import VECTOR_BYTES

from .parts import inParts

INDEX_ROUNDING = 1e-9  # of a voxel: so near to a node or border, a point counts as lying on it

# Of one axis: the nodes below and above (None where below is enough) as offsets into the flat
# array, and the part of the way between them
AxisNodes = tuple[np.ndarray, np.ndarray | None, np.ndarray | None]


class PointStatus(IntEnum):
    """What a deformation says about a point; outside wins over undefined."""

    DEFINED = 0
    UNDEFINED = 1
    OUTSIDE = 2


@dataclass(frozen=True, eq=False)
class DisplacementGrid:
    """Displacements at the nodes of `lattice`, which lies in the registered frame.

    `vectors`, shape (nk, nj, ni, 3), float32 in either byte order, LPS mm, is not touched before
    it is needed. A node with a component that is not finite is
    undefined as a whole.

    Between nodes the interpolation is trilinear. A point is inside within half a voxel of the
    outermost nodes, whose displacement it takes there. It is undefined where an undefined node
    has a weight other than zero. Along an axis of one node nothing is interpolated.

    Source
        DICOM PS3.3 C.20.3.1; what the standard leaves open is decided here
    """

    lattice: Lattice
    vectors: np.ndarray

    def __post_init__(self) -> None:
        vectors = self.vectors.view()
        if vectors.shape != (*self.lattice.shape, 3) or vectors.dtype.newbyteorder("=") != "f4":
            raise ValueError(
                f"expected float32 of shape {(*self.lattice.shape, 3)}, "
                f"got {vectors.dtype} {vectors.shape}"
            )
        vectors.flags.writeable = False
        object.__setattr__(self, "vectors", vectors)

    @property
    def byteCount(self) -> int:
        """What the vectors take; they are not touched."""
        return math.prod(self.lattice.size) * VECTOR_BYTES

    @cached_property
    def undefinedNodes(self) -> np.ndarray:
        """Whether each node is undefined, bool of shape (nk, nj, ni); read-only."""
        undefined = np.empty(self.lattice.shape, bool)
        for k, slab in enumerate(self.vectors):
            x, y, z = np.moveaxis(np.isfinite(slab), -1, 0)
            undefined[k] = ~(x & y & z)
        undefined.flags.writeable = False
        return undefined

    def contains(self, points: np.ndarray) -> np.ndarray:
        """Whether each of `points`, shape (..., 3) LPS mm, lies inside; not where it is NaN."""
        return self._inParts(points, self._isInside, (), bool)

    def displacement(self, points: np.ndarray) -> np.ndarray:
        """Displacement at `points`, shape (..., 3) LPS mm, in float64; NaN unless defined."""
        return self._inParts(points, self._displacement, (3,))

    def extendedDisplacement(self, points: np.ndarray) -> np.ndarray:
        """As `displacement`, but continued by that of the nearest border point outside, and zero
        where undefined: for searches whose result is checked afterwards.
        """
        return np.nan_to_num(self._inParts(points, self._clamped, (3,)), nan=0.0)

    def gradient(self, points: np.ndarray) -> np.ndarray:
        """Derivative of the displacement, shape (..., 3, 3): row = component, column = axis of
        the point, LPS. NaN unless every node it rests on is defined.

        On the face between two cells it is the mean of both sides, so a central difference at a
        node; beyond the outermost nodes the displacement does not change along that axis.
        """
        gradient = self._inParts(points, self._gradient, (3, 3))
        gradient[~self.contains(points)] = np.nan
        return gradient

    def extendedGradient(self, points: np.ndarray) -> np.ndarray:
        """As `gradient`, of the extended displacement; zero where undefined."""
        return np.nan_to_num(self._inParts(points, self._gradient, (3, 3)), nan=0.0)

    def _inParts(
        self,
        points: np.ndarray,
        function: Callable[[np.ndarray], np.ndarray],
        shape: tuple[int, ...],
        dtype: type = float,
    ) -> np.ndarray:
        """`function` of the indices of `points`, of `shape` for each of them."""
        points = np.asarray(points, dtype=float)
        flat = points.reshape(-1, 3)
        result: np.ndarray = np.empty((len(flat), *shape), dtype)

        def treat(part: slice) -> None:
            result[part] = function(self._index(flat[part]))

        inParts(len(flat), treat)
        return result.reshape((*points.shape[:-1], *shape))

    @cached_property
    def _toIndex(self) -> np.ndarray:
        """Shape (3, 3), maps mm from the origin to indices; exact for any voxel size."""
        return np.linalg.inv(self.lattice.directions) / self.lattice.spacing[:, None]

    @cached_property
    def _last(self) -> np.ndarray:
        return np.array(self.lattice.size) - 1

    def _index(self, points: np.ndarray) -> np.ndarray:
        """Fractional index (i, j, k), whole where it differs only by rounding."""
        index = (points - self.lattice.origin) @ self._toIndex.T
        nearest = np.rint(index)
        near = np.abs(index - nearest) <= INDEX_ROUNDING
        return np.where(near, nearest, index)

    def _isInside(self, index: np.ndarray) -> np.ndarray:
        reach = 0.5 + INDEX_ROUNDING
        return np.all((index >= -reach) & (index <= self._last + reach), axis=-1)

    def _displacement(self, index: np.ndarray) -> np.ndarray:
        result = self._clamped(index)
        result[~(self._isInside(index) & np.isfinite(result).all(axis=-1))] = np.nan
        return result

    def _clamped(self, index: np.ndarray) -> np.ndarray:
        """Displacement at the nearest point between the outermost nodes; NaN where undefined."""
        result = self._weighted(index)
        doubtful = np.flatnonzero(~np.isfinite(result[:, 0] + result[:, 1] + result[:, 2]))
        if doubtful.size:  # an undefined node takes part, perhaps without weight
            result[doubtful] = self._cautious(index[doubtful])
        return result

    def _weighted(self, index: np.ndarray) -> np.ndarray:
        """The sum of the 8 corners by their weights; not finite where one of them is not."""
        below = np.floor(index)
        np.clip(below, 0, np.maximum(self._last - 1, 0), out=below)
        part = np.clip(index - below, 0, 1)
        below[np.isnan(below)] = 0
        x, y, z = part.T
        corner = np.zeros(len(index), np.intp)
        for axis, stride in self._strides:
            corner += below[:, axis].astype(np.intp) * stride
        result = np.zeros((len(index), 3))
        ofXY = ((1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y)
        for step, ofZ in zip(self._steps, (1 - z, z), strict=True):
            for offset, weight in zip(step, ofXY, strict=True):
                result += self._at(corner + offset) * (weight * ofZ)[:, None]
        return result

    @cached_property
    def _steps(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """From a node to the 4 corners of a cell below and the 4 above, in the flat array; none
        along an axis of one node.
        """
        dk, dj, di = (
            stride if self.lattice.size[axis] > 1 else 0 for axis, stride in self._strides
        )
        lower = (0, di, dj, di + dj)
        return lower, tuple(dk + step for step in lower)

    def _cautious(self, index: np.ndarray) -> np.ndarray:
        """As `_clamped`; corners without weight are not looked at."""
        low, part = self._cell(index)
        high = low + (part > 0)  # a corner of weight zero is the other corner once more
        result = self._blend(
            [(low[:, a] * s, high[:, a] * s, part[:, a, None]) for a, s in self._strides]
        )
        result[~np.isfinite(result).all(axis=-1)] = np.nan
        return result

    def _cell(self, index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Node below `index` along each axis, and the part of a voxel from there."""
        clamped = np.clip(np.nan_to_num(index, nan=0.0), 0, self._last)
        low = np.floor(clamped)
        part = clamped - low
        part[np.isnan(index)] = np.nan
        return low.astype(np.intp), part

    @cached_property
    def _strides(self) -> tuple[tuple[int, int], ...]:
        """Axis and its step in the flat array, slowest first."""
        ni, nj, _ = self.lattice.size
        return ((2, ni * nj), (1, ni), (0, 1))

    @cached_property
    def _bytes(self) -> np.ndarray:
        """The vectors one by one as bytes, shape (nodes, 12): what lies in other bytes need not
        lie at a multiple of 4, and numpy would copy all of it to take a few.
        """
        return np.ascontiguousarray(self.vectors).reshape(-1, 3).view(np.uint8)

    def _at(self, node: np.ndarray) -> np.ndarray:
        """Vectors at the flat indices `node`, shape (n, 3), float32."""
        return self._bytes.take(node, axis=0).view(self.vectors.dtype)

    def _blend(self, axes: list[AxisNodes], node: np.ndarray | int = 0) -> np.ndarray:
        """Weighted mean of the corner vectors, shape (n, 3), one axis after the other."""
        if not axes:
            return self._at(np.asarray(node)).astype(float)
        (low, high, part), *rest = axes
        value = self._blend(rest, node + low)
        if high is not None:
            value += part * (self._blend(rest, node + high) - value)
        return value

    def _gradient(self, index: np.ndarray) -> np.ndarray:
        low, part = self._cell(index)
        high = low + (part > 0)
        onNode = part == 0
        below = np.where(onNode, np.maximum(low - 1, 0), low)
        above = np.minimum(low + 1, self._last)
        span = np.maximum(above - below, 1)  # of one node: both are it, the difference is zero
        gradient = np.empty((len(index), 3, 3))
        for axis in range(3):
            ends = []
            for end in (below, above):
                axes: list[AxisNodes] = [
                    (end[:, a] * s, None, None)
                    if a == axis
                    else (low[:, a] * s, high[:, a] * s, part[:, a, None])
                    for a, s in self._strides
                ]
                ends.append(self._blend(axes))
            gradient[:, :, axis] = (ends[1] - ends[0]) / span[:, axis, None]
        beyond = (index < 0) | (index > self._last)
        gradient = np.where(beyond[:, None, :], 0.0, gradient)
        gradient[~np.isfinite(gradient).all(axis=(1, 2)) | np.isnan(index).any(axis=1)] = np.nan
        return gradient @ self._toIndex
