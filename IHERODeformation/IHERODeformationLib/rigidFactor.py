"""The rigid motion in a deformation: taken out of its vectors, or put into them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from IHERORegistrationLib.errors import LandmarkError
from IHERORegistrationLib.geometry import mapped
from IHERORegistrationLib.landmarks import FEWEST_PAIRS, rigidMatrixOfMoments

from .deformation import DeformableTransform, OutsideGrid
from .displacementGrid import DisplacementGrid


def rigidFactored(transform: DeformableTransform) -> DeformableTransform:
    """The same map with the rigid motion nearest to it in `pre` and only the rest in the vectors;
    `post` is the identity.

    Nearest means least squares over the defined nodes. Between the outermost nodes both maps agree
    to the rounding of the vectors to float32, 6e-8 of their length. In the half voxel beyond, where
    a displacement is held, they part by what the matrices differ over that distance.

    Raises
        LandmarkError: fewer than 3 defined nodes, or all on a line, here or where they go.
        ValueError: the transform is rigid outside its grid, where the result would differ.

    Source
        S. Umeyama, doi:10.1109/34.88573, without the scale
    """
    return withPre(transform, _nearestMotion(transform))


def rigidBakedIn(transform: DeformableTransform) -> DeformableTransform:
    """The same map with everything in its vectors: `pre` and `post` are identities.

    For agreement see `rigidFactored`; a rotation about a far origin makes long vectors, which
    float32 rounds more.

    Raises
        ValueError: the transform is rigid outside its grid, where the result would differ.
    """
    return withPre(transform, np.eye(4))


def withPre(transform: DeformableTransform, pre: np.ndarray) -> DeformableTransform:
    """The same map with the matrix `pre`, shape (4, 4), and everything else in its vectors. For
    agreement and errors see `rigidFactored`.

    Slice by slice, so that float64 is needed for one slice only.
    """
    if transform.outsideGrid is not OutsideGrid.UNDEFINED:
        raise ValueError("a transform that is rigid outside its grid would change there")
    lattice = transform.grid.lattice
    vectors = np.empty((*lattice.shape, 3), dtype=np.float32)
    for k in range(len(vectors)):
        nodes, images = _slice(transform, k)
        vectors[k] = images - mapped(pre, nodes)
    return replace(transform, pre=pre, grid=DisplacementGrid(lattice, vectors), post=np.eye(4))


def _slice(transform: DeformableTransform, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes of slice `k` and where they go, both (nj, ni, 3) LPS mm; there NaN if undefined."""
    lattice = transform.grid.lattice
    _, nj, ni = lattice.shape
    j, i = np.indices((nj, ni))
    nodes = lattice.points(np.stack([i, j, np.full_like(i, k)], axis=-1))
    vectors = transform.grid.vectors[k].astype(float)
    vectors[~np.isfinite(vectors).all(axis=-1)] = np.nan
    return nodes, mapped(transform.post, mapped(transform.pre, nodes) + vectors)


def _nearestMotion(transform: DeformableTransform) -> np.ndarray:
    """Rigid matrix, shape (4, 4), nearest to what happens to the defined nodes.

    Sums are taken about the middle of the lattice and where the matrices take it, so that a far
    origin costs no digits.
    """
    here = transform.grid.lattice.center
    there = mapped(transform.affine, here)
    count, fromSum, toSum, products = 0, np.zeros(3), np.zeros(3), np.zeros((3, 3))
    for k in range(len(transform.grid.vectors)):
        nodes, images = _slice(transform, k)
        defined = ~np.isnan(images).any(axis=-1)
        near, far = nodes[defined] - here, images[defined] - there
        count += len(near)
        fromSum, toSum = fromSum + near.sum(axis=0), toSum + far.sum(axis=0)
        products += far.T @ near
    if count < FEWEST_PAIRS:
        raise LandmarkError(f"expected at least {FEWEST_PAIRS} defined nodes, found {count}")
    covariance = products - np.outer(toSum, fromSum) / count
    return rigidMatrixOfMoments(here + fromSum / count, there + toSum / count, covariance)
