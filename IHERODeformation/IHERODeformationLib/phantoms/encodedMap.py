"""A known map as matrices and displacements at the nodes of a grid, and how far those may be off.

Nothing is interpolated here: between the nodes the closed form holds, within a bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from IHERORegistrationLib.geometry import inverted, mapped
from IHERORegistrationLib.lattice import Lattice
from IHERORegistrationLib.phantoms.scans import rotation

from ..displacementGrid import PointStatus
from .encodings import Axes, Encoding, Matrices
from .pointMap import PointMap

_OBLIQUE = rotation((-5, 7, 11))
_SMALL = np.array([62.0, 56.0, 70.0])  # mm that a small grid covers
_FLOAT32 = 2.0**-24  # largest relative error of a number stored so
_ROUNDING = 1e-9  # mm that decimal strings and float64 may cost, voxels that count as none
_SCATTERED = ((7, 11, 5), 97)  # of these the nodes are undefined whose weighted number divides


@dataclass(frozen=True, eq=False)
class EncodedMap:
    """`pointMap` written as post(pre(x) + Δ(x)).

    `pre` and `post` have shape (4, 4). `vectors`, shape (nk, nj, ni, 3), float32, LPS mm, are
    exact at the nodes of `lattice` but for rounding, and NaN where undefined.
    """

    encoding: Encoding
    pointMap: PointMap
    pre: np.ndarray
    post: np.ndarray
    lattice: Lattice
    vectors: np.ndarray

    def expected(self, points: np.ndarray) -> np.ndarray:
        """Where `points`, shape (..., 3) LPS mm, go in truth; undefined and outside ones too."""
        return self.pointMap.continued(points)

    def status(self, points: np.ndarray) -> np.ndarray:
        """PointStatus of each of `points`, shape (..., 3): outside beyond half a voxel of the
        outermost nodes, undefined where a node that counts is.
        """
        index = self.lattice.indices(points)
        low, high = self._cells(index)
        undefined = np.zeros(index.shape[:-1], dtype=bool)
        for corner in np.ndindex(2, 2, 2):
            i, j, k = np.moveaxis(np.where(corner, high, low), -1, 0)
            undefined |= self._undefined[k, j, i]
        status = np.where(undefined, PointStatus.UNDEFINED, PointStatus.DEFINED)
        return np.where(self.lattice.contains(points), status, PointStatus.OUTSIDE)

    def bound(self, points: np.ndarray) -> np.ndarray:
        """Most that a trilinear interpolation of the grid may be off at `points`, shape (..., 3)
        within the grid; shape (...), mm.

        The error of linear interpolation is at most spacing² / 8 times the second derivative, for
        each axis. Beyond the outermost nodes the displacement stays what it is, where space is
        torn within a cell it may be anything between the two sides.
        """
        lattice, change = self.lattice, self.pointMap.change
        index = lattice.indices(points)
        bending = self.pointMap.bending(lattice.directions)
        bound = np.full(index.shape[:-1], float(lattice.spacing**2 @ bending) / 8 + self.rounding)
        beyond = (index - self._clamped(index)) * lattice.spacing
        bound += self._slope * np.linalg.norm(beyond, axis=-1)
        return bound + 2 * change.reach * self.isTorn(points)

    def isTorn(self, points: np.ndarray) -> np.ndarray:
        """Whether the cell of each of `points` lies in several smooth parts of space."""
        low, high = self._cells(self.lattice.indices(points))
        parts = [
            self.pointMap.part(self.lattice.points(np.where(corner, high, low)))
            for corner in np.ndindex(2, 2, 2)
        ]
        return np.any(np.array(parts) != self.pointMap.part(points), axis=0)

    @cached_property
    def rounding(self) -> float:
        """Most that the encoding may be off at a node, mm."""
        return _FLOAT32 * float(np.nanmax(np.linalg.norm(self.vectors, axis=-1))) + _ROUNDING

    @property
    def _slope(self) -> float:
        """Most that the stored displacement changes per mm."""
        rest = inverted(self.post) @ self.pointMap.affine.matrix - self.pre
        return self.pointMap.change.steepness + float(np.linalg.norm(rest[:3, :3], 2))

    @cached_property
    def _undefined(self) -> np.ndarray:
        return np.isnan(self.vectors).any(axis=-1)

    def _clamped(self, index: np.ndarray) -> np.ndarray:
        return np.clip(index, 0, np.array(self.lattice.size) - 1)

    def _cells(self, index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The nodes below and above, the same where a point lies on one."""
        index = self._clamped(index)
        nearest = np.rint(index)
        index = np.where(np.abs(index - nearest) < _ROUNDING, nearest, index)
        return np.floor(index).astype(int), np.ceil(index).astype(int)


def encodedMap(
    encoding: Encoding,
    pointMap: PointMap,
    images: Lattice,
    target: np.ndarray,
    *,
    finer: float = 1.0,
    hasScatteredHoles: bool = False,
) -> EncodedMap:
    """`pointMap` over the registered `images`, or around the point `target` of the small grid.

    The spacing of the encoding is divided by `finer`. With scattered holes about every hundredth
    node is undefined beside those in the map's own hole.
    """
    lattice = _grid(encoding, images, target, finer)
    pre, post = _matrices(encoding.matrices, pointMap.affine.matrix)
    i, j, k = np.indices(lattice.size)
    nodes = lattice.points(np.stack([i, j, k], axis=-1).transpose(2, 1, 0, 3))
    vectors = mapped(inverted(post), pointMap(nodes)) - mapped(pre, nodes)
    if hasScatteredHoles:
        weights, divisor = _SCATTERED
        number = weights[0] * i + weights[1] * j + weights[2] * k
        vectors[(number % divisor == 0).transpose(2, 1, 0)] = np.nan
    return EncodedMap(encoding, pointMap, pre, post, lattice, vectors.astype("<f4"))


def _matrices(matrices: Matrices, affine: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pre and post, shape (4, 4), as far as they hold the rigid part `affine`."""
    identity = np.eye(4)
    if matrices is Matrices.PRE:
        return affine, identity
    if matrices is Matrices.POST:
        return identity, affine
    if matrices is Matrices.BOTH:
        post = np.eye(4)
        post[:3, :3], post[:3, 3] = rotation((35, -50, 80)), (31.5, -14.25, 8.75)
        return inverted(post) @ affine, post
    return identity, identity


def _grid(encoding: Encoding, images: Lattice, target: np.ndarray, finer: float) -> Lattice:
    axes = {Axes.FRAME: np.eye(3), Axes.IMAGES: images.directions, Axes.OBLIQUE: _OBLIQUE}
    directions = axes[encoding.axes]
    spacing = np.array(encoding.spacing, dtype=float) / finer
    if encoding.isSmall:
        low, high = target @ directions - _SMALL / 2, target @ directions + _SMALL / 2
    else:
        corners = images.corners @ directions
        low, high = corners.min(axis=0), corners.max(axis=0)
    ni, nj, nk = (int(n) for n in np.ceil((high - low) / spacing) + 2)
    middle = (low + high) / 2 - spacing * (np.array([ni, nj, nk]) - 1) / 2
    return Lattice.fromAxes((ni, nj, nk), np.round(directions @ middle, 3), directions, spacing)
