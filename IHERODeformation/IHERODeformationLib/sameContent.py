"""Whether two registration objects say the same, for objects that share a SOP Instance UID."""

from __future__ import annotations

import numpy as np

from IHERORegistrationLib.registration import SpatialRegistration

from .anyRegistration import AnyRegistration
from .deformableRegistration import DeformableSpatialRegistration
from .displacementGrid import DisplacementGrid


def sameContent(one: AnyRegistration, other: AnyRegistration) -> bool:
    """Whether they map the same frames and images in the same way, number for number."""
    if one.registeredFrame != other.registeredFrame:
        return False
    if isinstance(one, SpatialRegistration) and isinstance(other, SpatialRegistration):
        return _matrices(one) == _matrices(other)
    if isinstance(one, DeformableSpatialRegistration) and isinstance(
        other, DeformableSpatialRegistration
    ):
        return _matricesAround(one) == _matricesAround(other) and all(
            _sameGrid(mine.grid, theirs.grid)
            for mine, theirs in zip(one.items, other.items, strict=True)
        )
    return False


def _matrices(registration: SpatialRegistration) -> list[object]:
    return [(one.sourceFrame, one.images, one.matrix.tobytes()) for one in registration.items]


def _matricesAround(registration: DeformableSpatialRegistration) -> list[object]:
    return [
        (one.sourceFrame, one.images, one.preMatrix.tobytes(), one.postMatrix.tobytes())
        for one in registration.items
    ]


def _sameGrid(one: DisplacementGrid | None, other: DisplacementGrid | None) -> bool:
    if one is None or other is None:
        return one is other
    return (
        one.lattice.size == other.lattice.size
        and np.array_equal(one.lattice.ijkToLPS, other.lattice.ijkToLPS)
        and np.array_equal(one.vectors, other.vectors, equal_nan=True)
    )
