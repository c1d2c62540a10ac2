"""A deformation among matrices, one after the other, as one that stands on the same vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from IHERORegistrationLib.errors import NotRigidError
from IHERORegistrationLib.geometry import (
    AffineTransform,
    MatrixType,
    inverted,
    matrixType,
    nearestRigid,
)
from IHERORegistrationLib.lattice import Lattice

from .deformation import DeformableTransform
from .displacementGrid import DisplacementGrid
from .rigidFactor import rigidFactored

LARGEST_MOVE = 1e-3  # mm that a node may move where axes are made orthogonal

Step = Callable[[np.ndarray], np.ndarray]  # (n, 3) LPS mm to the same shape, NaN where undefined


def oneGridDeformation(
    steps: Sequence[Step], fromFrame: str, toFrame: str
) -> DeformableTransform | None:
    """The one deformation among matrices that `steps` are, on its own vectors; None if they are
    not that, or turn its lattice into one that DICOM cannot describe.

    Where the matrices together are not rigid, all that is not goes into the vectors. Axes that are
    at right angles but for rounding are made so.
    """
    bent = [step for step in steps if not isinstance(step, AffineTransform)]
    if len(bent) != 1 or not isinstance(bent[0], DeformableTransform):
        return None
    held = bent[0]
    place = steps.index(held)
    before, after = product(steps[:place]), product(steps[place + 1 :])
    if matrixType(before) != MatrixType.RIGID:
        return None
    size = held.grid.lattice.size
    lattice = _orthogonal(Lattice(size, inverted(before) @ held.grid.lattice.ijkToLPS))
    if lattice is None:
        return None
    grid = DisplacementGrid(lattice, held.grid.vectors)
    whole = DeformableTransform(held.pre @ before, grid, after @ held.post, fromFrame, toFrame)
    return whole if matrixType(whole.affine) == MatrixType.RIGID else rigidFactored(whole)


def product(steps: Sequence[Step]) -> np.ndarray:
    """What matrices come to, one after the other; shape (4, 4)."""
    matrix = np.eye(4)
    for step in steps:
        if isinstance(step, AffineTransform):
            matrix = step.matrix @ matrix
    return matrix


def _orthogonal(lattice: Lattice) -> Lattice | None:
    """`lattice` with exactly orthogonal axes, k along i × j; None if that moves its nodes."""
    axes = np.eye(4)
    axes[:3, :3] = lattice.directions
    try:
        directions = nearestRigid(axes)[:3, :3]
    except NotRigidError:
        return None
    made = Lattice.fromAxes(lattice.size, lattice.origin, directions, lattice.spacing)
    moved = np.linalg.norm(made.corners - lattice.corners, axis=-1).max()
    return made if moved <= LARGEST_MOVE else None
