"""Vector Grid Data: where its bytes lie, and the vectors they hold (PS3.3 C.20.3.1.3)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from pydicom import Dataset
from pydicom.dataelem import DataElement, RawDataElement

from IHERORegistrationLib.errors import MalformedObjectError, MalformedRegistrationError

from .byteSource import InflatedBytes
from .vectorStream import VectorStream

KEYWORD = "VectorGridData"
VECTOR_BYTES = 12
MOST_NODES = (2**32 - 4) // VECTOR_BYTES  # what a 32-bit length can tell


class VectorGridData(Protocol):
    """The value of one Vector Grid Data element; only `vectors` touches it."""

    @property
    def byteCount(self) -> int: ...
    def vectors(self, shape: tuple[int, int, int]) -> np.ndarray: ...


@dataclass(frozen=True, eq=False)
class BytesInMemory:
    """A value at hand; `littleEndian` tells its byte order."""

    value: bytes
    littleEndian: bool

    @property
    def byteCount(self) -> int:
        return len(self.value)

    def vectors(self, shape: tuple[int, int, int]) -> np.ndarray:
        """float32 of shape (nk, nj, ni, 3) over the bytes themselves; read-only."""
        return np.frombuffer(self.value, _type(self.littleEndian)).reshape(*shape, 3)


@dataclass(frozen=True, eq=False)
class VectorsInMemory:
    """What a VectorStream was made of."""

    values: np.ndarray

    @property
    def byteCount(self) -> int:
        return self.values.size * 4

    def vectors(self, shape: tuple[int, int, int]) -> np.ndarray:
        """float32 of shape (nk, nj, ni, 3): the array itself, read-only."""
        return self.values.reshape(*shape, 3)


@dataclass(frozen=True, eq=False)
class BytesInFile:
    """A value that lies in a file as it is, from byte `offset` on."""

    path: Path
    offset: int
    byteCount: int
    littleEndian: bool

    def vectors(self, shape: tuple[int, int, int]) -> np.ndarray:
        """float32 of shape (nk, nj, ni, 3), mapped from the file, not read yet; read-only.

        Raises
            MalformedObjectError: the file has become shorter or unreadable.
        """
        try:
            return np.memmap(
                self.path, _type(self.littleEndian), "r", self.offset, (*shape, 3)
            ).view(np.ndarray)
        except (OSError, ValueError) as error:
            raise MalformedObjectError(f"cannot map the vectors of {self.path}: {error}") from error


@dataclass(frozen=True, eq=False)
class BytesDeflated:
    """A value in a deflated file, from byte `offset` of the inflated data set on, which is
    compressed from byte `start` of the file.
    """

    path: Path
    start: int
    offset: int
    byteCount: int

    def vectors(self, shape: tuple[int, int, int]) -> np.ndarray:
        """float32 of shape (nk, nj, ni, 3): the one copy in memory; read-only.

        Raises
            MalformedObjectError: the file cannot be inflated as far as that any more.
        """
        values = np.empty((*shape, 3), dtype="<f4")
        with InflatedBytes.opened(self.path, self.start) as source:
            source.skip(self.offset)
            source.readInto(values.reshape(-1).view(np.uint8).data)
        values.flags.writeable = False
        return values


def dataInMemory(grid: Dataset, root: Dataset, location: str) -> VectorGridData | None:
    """The vectors of a grid item of a data set in memory; None where it has none.

    Raises
        MalformedRegistrationError: the value is not bytes.
    """
    if KEYWORD not in grid:
        return None
    element: DataElement | RawDataElement = grid.get_item(KEYWORD)
    value = b"" if element.value is None else element.value
    if isinstance(value, VectorStream):
        return VectorsInMemory(value.vectors)
    if not isinstance(value, (bytes, bytearray)):
        raise MalformedRegistrationError(
            f"expected bytes, found {type(value).__name__}: {location}/{KEYWORD}"
        )
    if isinstance(element, RawDataElement):
        little = element.is_little_endian
    else:
        little = root.original_encoding[1] is not False
    return BytesInMemory(bytes(value), little or element.VR in ("OB", "UN"))


def _type(littleEndian: bool) -> str:
    return "<f4" if littleEndian else ">f4"
