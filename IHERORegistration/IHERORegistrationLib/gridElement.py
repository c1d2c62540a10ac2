"""The grid item of a Deformable Spatial Registration as elements: where its nodes lie, and the
vectors of one slice after the other, wherever the bytes are (PS3.3 C.20.3.1).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from io import BufferedIOBase
from typing import Any

import numpy as np
from pydicom import Dataset
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.fileutil import buffer_length, reset_buffer_position

from .decimalStrings import numbers
from .elements import CONVERSION_ERRORS, UnreadableElementError, integersOf, textsOf
from .errors import MalformedObjectError
from .lattice import Lattice
from .vectorContent import VECTOR_BYTES

VECTORS = "VectorGridData"
AXES_TOLERANCE = 1e-4  # on the length of the axes, and on the cosine between them


def nodesOf(grid: Dataset) -> tuple[int, int, int]:
    """Number of nodes along i, j, k.

    Raises
        MalformedObjectError: not three numbers above 0.
    """
    found = integersOf(grid, "GridDimensions")
    if len(found) != 3 or min(found) < 1:
        shown = " × ".join(map(str, found[:6])) or "no value"
        raise MalformedObjectError(f"expected 3 numbers of nodes above 0, found {shown}")
    return found[0], found[1], found[2]


def resolutionOf(grid: Dataset) -> np.ndarray:
    """Distance in mm of nodes along i, j, k; shape (3,).

    Raises
        MalformedObjectError: not three finite numbers above 0.
    """
    keyword = "GridResolution"
    try:
        found = [float(one) for one in textsOf(grid, keyword)]
    except CONVERSION_ERRORS:
        raise UnreadableElementError(keyword, "expected numbers, found something else") from None
    if len(found) != 3 or not all(math.isfinite(one) and one > 0 for one in found):
        shown = " × ".join(f"{one:g}" for one in found[:6]) or "no value"
        raise MalformedObjectError(f"expected 3 finite sizes above 0 mm, found {shown}")
    return np.array(found)


def axesOf(grid: Dataset) -> np.ndarray:
    """Unit axes of i, j, k as columns; shape (3, 3), the first two as stored.

    Raises
        MalformedObjectError: not two unit vectors at a right angle, within 1e-4.
    """
    cosines = numbers(grid, "ImageOrientationPatient", "")
    if cosines.size != 6:
        raise MalformedObjectError(f"expected 6 direction cosines, found {cosines.size}")
    row, column = cosines.reshape(2, 3)
    lengths = np.linalg.norm(row), np.linalg.norm(column)
    if max(abs(lengths[0] - 1), abs(lengths[1] - 1)) > AXES_TOLERANCE:
        raise MalformedObjectError(
            f"expected two unit vectors, found lengths {lengths[0]:.6g} and {lengths[1]:.6g}"
        )
    cosine = float(row @ column)
    if abs(cosine) > AXES_TOLERANCE:
        angle = math.degrees(math.acos(max(-1.0, min(1.0, cosine))))
        raise MalformedObjectError(f"expected a right angle between the axes, found {angle:.4g}°")
    return np.column_stack([row, column, np.cross(row, column)])


def positionOf(grid: Dataset) -> np.ndarray:
    """Center of the first node, LPS mm; shape (3,).

    Raises
        MalformedObjectError: not three numbers.
    """
    found = numbers(grid, "ImagePositionPatient", "")
    if found.size != 3:
        raise MalformedObjectError(f"expected 3 coordinates, found {found.size}")
    return found


def latticeOf(grid: Dataset) -> Lattice:
    """The nodes. Raises as the functions above."""
    return Lattice.fromAxes(nodesOf(grid), positionOf(grid), axesOf(grid), resolutionOf(grid))


def vectorByteCount(grid: Dataset) -> int | None:
    """Length of Vector Grid Data, which is not read; None where there is none.

    Raises
        UnreadableElementError: the value is not bytes.
    """
    if VECTORS not in grid:
        return None
    value: Any = grid.get_item(VECTORS).value
    if isinstance(value, BufferedIOBase):
        return buffer_length(value)
    if value is None or value == "":
        return 0
    try:
        return memoryview(value).nbytes
    except TypeError:
        raise UnreadableElementError(VECTORS, "expected bytes, found something else") from None


def vectorSlabs(grid: Dataset, root: Dataset) -> Iterator[np.ndarray]:
    """The vectors along k, each slice of shape (nj, ni, 3) float32, LPS mm. `root` is the
    whole data set.

    Raises
        MalformedObjectError: the length does not fit the numbers of nodes.
    """
    ni, nj, nk = nodesOf(grid)
    length = ni * nj * VECTOR_BYTES
    count = vectorByteCount(grid)
    if count != length * nk:
        raise MalformedObjectError(f"expected {length * nk} bytes, found {count or 0}")
    element: DataElement | RawDataElement = grid.get_item(VECTORS)
    value: Any = element.value
    kind = ">f4" if _isBigEndian(element, root) else "<f4"
    if isinstance(value, BufferedIOBase):
        for k in range(nk):
            with reset_buffer_position(value):  # who writes it next begins where it stands
                value.seek(k * length)
                slab = value.read(length)
            yield np.frombuffer(slab, kind).reshape(nj, ni, 3)
    else:
        whole = np.frombuffer(memoryview(value).cast("B"), kind)
        yield from whole.reshape(nk, nj, ni, 3)


def _isBigEndian(element: DataElement | RawDataElement, root: Dataset) -> bool:
    """Bytes of other representations than OF are little endian in every transfer syntax."""
    if element.VR in ("OB", "UN"):
        return False
    if isinstance(element, RawDataElement):
        return not element.is_little_endian
    return root.original_encoding[1] is False
