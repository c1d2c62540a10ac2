"""A deformation as a Deformable Spatial Registration object can hold it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from IHERORegistrationLib.decimalStrings import asWritten
from IHERORegistrationLib.errors import NonconformantError, NotRigidError
from IHERORegistrationLib.geometry import MatrixType, mapped
from IHERORegistrationLib.lattice import Lattice
from IHERORegistrationLib.vectorContent import MOST_NODES
from IHERORegistrationLib.writableMatrix import writableMatrix

from .deformation import DeformableTransform, OutsideGrid
from .displacementGrid import DisplacementGrid
from .normalize import normalized
from .rigidFactor import withPre

STAYS = 1e-6  # mm that writing may move a point
NOISE = 15  # digits of a spacing that mean something


def writableDeformation(transform: DeformableTransform) -> DeformableTransform:
    """The same map in the form that the DRRO profile wants, as it will be read back: a rigid `pre`
    that is exactly orthonormal and rounded to Decimal Strings, whole undefined nodes, an identity
    `post`.

    The vectors are the given ones, in their memory, where `post` does not turn them and `pre` can
    be written as it is, to 1e-6 mm over the grid. What a matrix that is no exact rotation loses is
    added to them otherwise.

    Raises
        NonconformantError: too many nodes for a length of 32 bits, an infinite vector, or a
        choice for outside the grid, of which the object cannot tell.
        NotRigidError: a matrix is not rigid; `rigidFactored` gives the same map with one that is.
    """
    lattice = transform.grid.lattice
    requireWritableSize(lattice)
    if transform.outsideGrid is not OutsideGrid.UNDEFINED:
        raise NonconformantError(
            "expected a transform that is undefined outside its grid, found one that is "
            f"{transform.outsideGrid} there: the object cannot tell that",
            (),
        )
    whole = _wholeNodes(transform.grid)
    try:
        plain = normalized(replace(transform, grid=whole))
    except NotRigidError as error:
        raise NotRigidError(
            f"{error}; take the nearest rigid motion out of the vectors first, which keeps the map"
        ) from error
    pre, kind = writableMatrix(plain.pre)
    if kind is not MatrixType.RIGID:
        raise NotRigidError(f"expected a rigid pre matrix, found one that is {kind}")
    return _withWritablePre(plain, pre)


def requireWritableSize(lattice: Lattice) -> None:
    """Raise unless the length of the vectors of `lattice` can be told with 32 bits.

    Raises
        NonconformantError: saying how many nodes are too many.
    """
    nodes = math.prod(lattice.size)
    if nodes > MOST_NODES:
        raise NonconformantError(
            f"expected at most {MOST_NODES} nodes, found {nodes} in a grid of "
            f"{' × '.join(map(str, lattice.size))}: sample the deformation more coarsely",
            (),
        )


def _wholeNodes(grid: DisplacementGrid) -> DisplacementGrid:
    """`grid` with undefined nodes NaN in every component: itself where they are."""
    partial = False
    for slab in grid.vectors:
        if np.isfinite(slab).all():
            continue
        infinite = int(np.isinf(slab).any(axis=-1).sum())
        if infinite:
            raise NonconformantError(
                f"expected vectors that are finite or undefined (NaN), found {infinite} with an "
                "infinite component in one slice",
                (),
            )
        missing = np.isnan(slab)
        partial |= bool((missing.any(axis=-1) & ~missing.all(axis=-1)).any())
    if not partial:
        return grid
    vectors = np.array(grid.vectors)
    for slab in vectors:
        slab[np.isnan(slab).any(axis=-1)] = np.nan
    return DisplacementGrid(grid.lattice, vectors)


def _withWritablePre(transform: DeformableTransform, pre: np.ndarray) -> DeformableTransform:
    """`transform` with the matrix `pre`, and what it differs by in the vectors where it is seen."""
    lost = transform.pre - pre
    lattice = transform.grid.lattice
    if np.linalg.norm(mapped(lost, lattice.corners), axis=-1).max() <= STAYS:
        return replace(transform, pre=pre)
    return withPre(transform, pre)


@dataclass(frozen=True, eq=False)
class WritableLattice:
    """Where the nodes lie, by the numbers that the object will hold: direction cosines of i and
    then j, shape (6,), `position` of the first node and `spacing` along i, j and k, shape (3,).
    """

    cosines: np.ndarray
    position: np.ndarray
    spacing: np.ndarray


def writableLattice(lattice: Lattice) -> WritableLattice:
    """`lattice` as a reader will find it.

    Raises
        NonconformantError: a node would lie more than 1e-6 mm away, because the axes are not at
        right angles or the third does not follow from the first two.

    Source
        DICOM PS3.3 C.20.3, C.20.3.1.1
    """
    cosines = asWritten(lattice.directions[:, :2].T.ravel())
    row, column = cosines.reshape(2, 3)
    axes = np.column_stack([row, column, np.cross(row, column)])
    exact = lattice.spacing / np.linalg.norm(axes, axis=0)
    spacing = np.array([float(f"{one:.{NOISE}g}") for one in exact])
    position = asWritten(lattice.origin)
    written = Lattice.fromAxes(lattice.size, position, axes, spacing)
    moved = np.linalg.norm(written.corners - lattice.corners, axis=-1).max()
    if not moved <= STAYS:
        raise NonconformantError(
            f"expected axes at right angles, the third being row × column, found ones with which "
            f"the object would move nodes by {moved:.3g} mm",
            (),
        )
    return WritableLattice(cosines, position, spacing)
