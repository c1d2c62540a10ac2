"""A deformation in the form that the DRRO profile wants: no matrix after the vectors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from IHERORegistrationLib.errors import NotRigidError
from IHERORegistrationLib.geometry import MatrixType, matrixType

from .deformation import DeformableTransform
from .displacementGrid import DisplacementGrid


def normalized(transform: DeformableTransform) -> DeformableTransform:
    """The same map with pre' = post · pre, Δ' = R_post Δ and an identity post matrix.

    Nothing is resampled. The vectors stay bit for bit where `post` does not rotate, and are
    rounded to float32 otherwise. Undefined nodes are NaN in every component.

    Raises
        NotRigidError: post or post · pre is not rigid, so the profile cannot hold it.

    Source
        RO supplement DRRO 1.2.11, PS3.3 C.20.3.1.1
    """
    for name, matrix in (("post", transform.post), ("post · pre", transform.affine)):
        kind = matrixType(matrix)
        if kind != MatrixType.RIGID:
            raise NotRigidError(f"expected a rigid {name} matrix, found one that is {kind}")
    grid = transform.grid
    rotation = transform.post[:3, :3]
    if not np.array_equal(rotation, np.eye(3)):
        grid = DisplacementGrid(grid.lattice, _rotated(grid.vectors, rotation))
    return replace(transform, pre=transform.affine, grid=grid, post=np.eye(4))


def _rotated(vectors: np.ndarray, rotation: np.ndarray) -> np.ndarray:
    """Slice by slice, so that float64 is needed for one slice only."""
    result = np.empty(vectors.shape, dtype=np.float32)
    with np.errstate(invalid="ignore"):
        for k, slab in enumerate(vectors):
            turned = slab.astype(float) @ rotation.T
            turned[~np.isfinite(turned).all(axis=-1)] = np.nan
            result[k] = turned
    return result
