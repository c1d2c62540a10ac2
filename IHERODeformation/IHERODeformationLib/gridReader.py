"""The grid of a registration item: where its nodes lie, and their vectors (PS3.3 C.20.3)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import cached_property

import numpy as np
from pydicom import Dataset

from IHERORegistrationLib.decimalStrings import numbers
from IHERORegistrationLib.errors import MalformedRegistrationError
from IHERORegistrationLib.geometry import LARGEST_ELEMENT
from IHERORegistrationLib.gridElement import AXES_TOLERANCE, VECTORS
from IHERORegistrationLib.lattice import Lattice
from IHERORegistrationLib.notes import Note
from IHERORegistrationLib.vectorContent import MOST_NODES, VECTOR_BYTES

from .dialects import GRID, gridItems
from .displacementGrid import DisplacementGrid
from .vectorGridData import VectorGridData, dataInMemory

SPACINGS = (0.01, 1e6)  # mm: beyond these no nodes lie in a patient, and numbers lose their digits
ROUNDED_AXES = 1e-7  # beyond this the last node may move by a visible part of a micrometer


class StoredGrid(DisplacementGrid):
    """A grid whose vectors are read, all of them, when they are first asked for.

    Asking raises
        MalformedObjectError: they cannot be read, or the file is another by now.
    """

    _stored: VectorGridData

    def __init__(self, lattice: Lattice, stored: VectorGridData):
        object.__setattr__(self, "lattice", lattice)
        object.__setattr__(self, "_stored", stored)

    @cached_property
    def vectors(self) -> np.ndarray:
        vectors = self._stored.vectors(self.lattice.shape).view()
        vectors.flags.writeable = False
        return vectors


def gridOfItem(
    item: Dataset,
    number: int,
    location: str,
    root: Dataset,
    vectors: Mapping[tuple[int, int], VectorGridData] | None,
) -> tuple[DisplacementGrid | None, tuple[Note, ...]]:
    """The grid of registration item `number`, None if it has none, and what was repaired.

    `vectors` tells where the vectors lie that `root`, the whole data set, was read without; None
    where it has them itself. They are not looked at.

    Raises
        MalformedRegistrationError: there are two grids, or no value can be made of one. Sizes are
        compared with the bytes that are there before memory is taken.
    """
    grids = list(gridItems(item, location))
    if len(grids) > 1:
        raise MalformedRegistrationError(f"expected 1 grid, found {len(grids)}: {location}/{GRID}")
    if not grids:
        return None, ()
    grid, path = grids[0]
    lattice = _lattice(grid, path)
    found = dataInMemory(grid, root, path) if vectors is None else vectors.get((number, 1))
    count = 0 if found is None else found.byteCount
    expected = math.prod(lattice.size) * VECTOR_BYTES
    if found is None or count != expected:
        shown = " × ".join(map(str, lattice.size))
        raise MalformedRegistrationError(
            f"expected {expected} bytes for {shown} nodes, found {count}: {path}/{VECTORS}"
        )
    return StoredGrid(lattice, found), _axesNotes(lattice, path)


def _lattice(grid: Dataset, path: str) -> Lattice:
    size = _three(grid, "GridDimensions", path)
    if min(size) < 1 or not np.array_equal(size, np.rint(size)):
        raise _expected("3 numbers of nodes", size, "GridDimensions", path)
    nodes = math.prod(int(n) for n in size)
    if nodes > MOST_NODES:
        raise MalformedRegistrationError(
            f"expected at most {MOST_NODES} nodes, found {nodes}: {path}/GridDimensions"
        )
    spacing = _three(grid, "GridResolution", path)
    if min(spacing) <= 0:
        raise _expected("3 sizes above 0 mm", spacing, "GridResolution", path)
    if not SPACINGS[0] <= min(spacing) <= max(spacing) <= SPACINGS[1]:
        limits = f"sizes from {SPACINGS[0]:g} to {SPACINGS[1]:g} mm"
        raise _expected(limits, spacing, "GridResolution", path)
    origin = numbers(grid, "ImagePositionPatient", f"{path}/")
    if origin.size != 3:
        raise _expected("3 coordinates", origin, "ImagePositionPatient", path)
    if np.abs(origin).max() > LARGEST_ELEMENT:
        limit = f"coordinates up to {LARGEST_ELEMENT:g} mm"
        raise _expected(limit, origin, "ImagePositionPatient", path)
    whole = (int(size[0]), int(size[1]), int(size[2]))
    return Lattice.fromAxes(whole, origin, _directions(grid, path), spacing)


def _directions(grid: Dataset, path: str) -> np.ndarray:
    """Axes of i, j and k as columns; the first two as stored."""
    cosines = numbers(grid, "ImageOrientationPatient", f"{path}/")
    if cosines.size != 6:
        raise _expected("6 direction cosines", cosines, "ImageOrientationPatient", path)
    row, column = cosines.reshape(2, 3)
    off = (np.linalg.norm(row) - 1, np.linalg.norm(column) - 1, row @ column)
    if np.abs(off).max() > AXES_TOLERANCE:
        raise _expected("unit vectors at a right angle", cosines, "ImageOrientationPatient", path)
    return np.column_stack([row, column, np.cross(row, column)])


def _axesNotes(lattice: Lattice, path: str) -> tuple[Note, ...]:
    axes = lattice.ijkToLPS[:3, :3] / np.linalg.norm(lattice.ijkToLPS[:3, :3], axis=0)
    off = float(np.abs(axes.T @ axes - np.eye(3)).max())
    if off <= ROUNDED_AXES:
        return ()
    return (
        Note(
            "rounded axes", f"{path}/ImageOrientationPatient", f"an angle off by {off:.2g}",
            "applied as stored", repaired=False,
        ),
    )  # fmt: skip


def _three(grid: Dataset, keyword: str, path: str) -> np.ndarray:
    """The three finite numbers of a binary element."""
    value = grid.get(keyword)
    values = list(value) if isinstance(value, Iterable) and not isinstance(value, str) else [value]
    known = all(isinstance(one, (int, float)) and math.isfinite(one) for one in values)
    if not known or len(values) != 3:
        raise _expected("3 finite numbers", values, keyword, path)
    return np.array(values, dtype=float)


def _expected(what: str, values: Iterable, keyword: str, path: str) -> MalformedRegistrationError:
    shown = " ".join(f"{one:.9g}" if isinstance(one, float) else str(one) for one in values)
    return MalformedRegistrationError(f"expected {what}, found {shown[:80]}: {path}/{keyword}")
