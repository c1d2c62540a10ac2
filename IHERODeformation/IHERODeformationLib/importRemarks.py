"""What whoever imports a deformation should know of it, in sentences."""

from __future__ import annotations

import numpy as np

from IHERORegistrationLib.lattice import Lattice
from IHERORegistrationLib.sentences import percentage

from .deformation import DeformableTransform
from .displacementGrid import PointStatus
from .fieldContent import FieldContent, ImportedDeformation
from .foldedSpace import jacobianDeterminant

LOOKED_AT = 60_000  # voxels of the fixed image, about, at which the deformation is judged
TELLING = 1e-4  # mm: errors below it are rounding


def importRemarks(
    content: FieldContent, made: ImportedDeformation, fixed: Lattice
) -> tuple[str, ...]:
    """What was assumed, rounded and lost on the way from `content`, and how much of the fixed
    image the deformation does not cover, does not define or folds.
    """
    remarks = list(content.remarks)
    if content.assumption:
        remarks.append(f"the file does not say it, so it is assumed: {content.assumption}")
    sampled = made.sampled
    if made.isSampled:
        spacing = " × ".join(f"{one:.3g}" for one in sampled.spacing)
        remarks.append(
            f"sampled every {spacing} mm: off by up to {sampled.error:.3g} mm, by "
            f"{sampled.error95:.3g} mm at most for 95 %"
        )
        if sampled.lost > 0:
            remarks.append(f"{percentage(sampled.lost)} of what the file defines lies beside holes")
    elif sampled.error > TELLING:
        remarks.append(f"off by up to {sampled.error:.3g} mm between its nodes")
    return (*remarks, *_coverageRemarks(sampled.transform, fixed))


def _coverageRemarks(transform: DeformableTransform, fixed: Lattice) -> tuple[str, ...]:
    points = fixed.points(_someVoxels(fixed))
    status = transform.status(points)
    with np.errstate(invalid="ignore"):
        folded = jacobianDeterminant(transform, points) <= 0
    told = (
        (status == PointStatus.OUTSIDE, "lies outside the grid, where nothing is defined"),
        (status == PointStatus.UNDEFINED, "lies where the deformation is undefined"),
        (folded, "lies where the deformation folds space"),
    )
    return tuple(
        f"{percentage(found.mean())} of the fixed image {what}"
        for found, what in told
        if found.any()
    )


def _someVoxels(lattice: Lattice) -> np.ndarray:
    """Indices (i, j, k) of voxels all over `lattice`, shape (n, 3), first and last ones too."""
    thinned = (LOOKED_AT / np.prod(np.array(lattice.size, float))) ** (1 / 3)
    axes = [
        np.unique(np.rint(np.linspace(0, n - 1, max(2, min(n, int(n * thinned)))))).astype(int)
        for n in lattice.size
    ]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
