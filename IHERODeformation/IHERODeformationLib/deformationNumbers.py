"""A deformation in numbers: its matrices, its grid, its vectors, and the rigid motion in them."""

from __future__ import annotations

import numpy as np
import slicer

from IHERORegistrationLib.errors import LandmarkError
from IHERORegistrationLib.registrationNumbers import NumberTable, matrixTable
from IHERORegistrationLib.scene import REGISTERED_FRAME, SOURCE_FRAME
from IHERORegistrationLib.sentences import percentage

from .deformation import DeformableTransform
from .displacementGrid import DisplacementGrid
from .heldDeformation import heldDeformation, holdsGrid
from .rigidFactor import rigidFactored


def deformationTables(node: slicer.vtkMRMLTransformNode) -> tuple[NumberTable, ...]:
    """What `node` holds; matrices lead from the fixed to the moving frame, as stored."""
    if not holdsGrid(node):
        told = (
            f"{node.GetName()} is not one grid of vectors with matrices: there are no numbers to "
            "tell before it is exported"
        )
        return (NumberTable(node.GetName(), (), (), told, told),)
    ends = (node.GetAttribute(name) or "" for name in (REGISTERED_FRAME, SOURCE_FRAME))
    transform = heldDeformation(node, *ends)
    return (
        matrixTable(transform.pre, "Pre matrix, applied first, fixed to moving, mm"),
        matrixTable(transform.post, "Post matrix, applied last, mm"),
        _gridTable(transform.grid),
        vectorTable(transform.grid, "Vectors"),
        *_rigidTables(transform),
    )


def vectorTable(grid: DisplacementGrid, title: str) -> NumberTable:
    """Lengths of the vectors and how many are not defined, slice by slice."""
    lengths = np.empty(grid.lattice.shape, dtype=np.float32)
    for k, slab in enumerate(grid.vectors):
        with np.errstate(invalid="ignore"):
            lengths[k] = np.linalg.norm(slab.astype(float), axis=-1)
    known = lengths[np.isfinite(lengths)]
    undefined = lengths.size - known.size
    rows = [
        ("Undefined", f"{undefined} of {lengths.size} ({percentage(undefined / lengths.size)})")
    ]
    if known.size:
        found = (known.mean(dtype=float), np.median(known), np.percentile(known, 95), known.max())
        names = ("Mean", "Median", "95 %", "Longest")
        rows += [
            (name, f"{value:.2f} mm") for name, value in zip(names, map(float, found), strict=True)
        ]
    return NumberTable(title, (), tuple(rows), text=_text(rows))


def _gridTable(grid: DisplacementGrid) -> NumberTable:
    lattice = grid.lattice
    rows = [
        ("Nodes", " × ".join(map(str, lattice.size))),
        ("Spacing", " × ".join(f"{value:g}" for value in np.round(lattice.spacing, 4)) + " mm"),
        ("First node", ", ".join(f"{value:.2f}" for value in lattice.origin) + " mm, LPS"),
    ]
    return NumberTable("Grid", (), tuple(rows), text=_text(rows))


def _rigidTables(transform: DeformableTransform) -> tuple[NumberTable, ...]:
    try:
        factored = rigidFactored(transform)
    except LandmarkError as error:
        told = f"No rigid motion can be told: {error}"
        return (NumberTable("Rigid motion in it", (), (), told, told),)
    return (
        matrixTable(factored.pre, "Rigid motion nearest to it, fixed to moving, mm"),
        vectorTable(factored.grid, "What is left without that motion"),
    )


def _text(rows: list[tuple[str, str]]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in rows)
