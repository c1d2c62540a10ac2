"""Vector Grid Data: where its bytes lie, and the vectors they hold (PS3.3 C.20.3.1.3)."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np
from pydicom import Dataset
from pydicom.dataelem import DataElement, RawDataElement

from IHERORegistrationLib.errors import MalformedObjectError, MalformedRegistrationError
from IHERORegistrationLib.gridElement import VECTORS

from .byteSource import FileBytes, FileState, InflatedBytes
from .valueStream import ValueStream
from .vectorStream import VectorStream


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
        """float32 of shape (nk, nj, ni, 3) over the bytes themselves."""
        return np.frombuffer(self.value, _type(self.littleEndian)).reshape(*shape, 3)


@dataclass(frozen=True, eq=False)
class VectorsInMemory:
    """What a VectorStream was made of."""

    values: np.ndarray

    @property
    def byteCount(self) -> int:
        return self.values.size * 4

    def vectors(self, shape: tuple[int, int, int]) -> np.ndarray:
        """float32 of shape (nk, nj, ni, 3): the array itself."""
        return self.values.reshape(*shape, 3)


@dataclass(frozen=True, eq=False)
class BytesInFile:
    """A value that lies in a file as it is, from byte `offset` on."""

    path: Path
    state: FileState
    offset: int
    byteCount: int
    littleEndian: bool

    def source(self, file: BinaryIO) -> tuple[FileBytes, int]:
        """The bytes of `file`, which is open at `path`, and where the value begins in them."""
        return FileBytes(file, self.path), self.offset

    def vectors(self, shape: tuple[int, int, int]) -> np.ndarray:
        """float32 of shape (nk, nj, ni, 3), read at once. They are not mapped: a file that became
        shorter in use would end the program.

        Raises
            MalformedObjectError: the file cannot be read, or is another by now.
        """
        count = math.prod(shape) * 3
        with self.state.openedAgain(self.path) as file:
            file.seek(self.offset)
            try:
                values = np.fromfile(file, _type(self.littleEndian), count)
            except OSError as error:
                raise MalformedObjectError(f"cannot read {self.path}: {error}") from error
        if values.size != count:
            raise MalformedObjectError(
                f"truncated: expected {count} numbers, found {values.size}: {self.path}"
            )
        return values.reshape(*shape, 3)


@dataclass(frozen=True, eq=False)
class BytesDeflated:
    """A value in a deflated file, from byte `offset` of the inflated data set on, which is
    compressed from byte `start` of the file.
    """

    path: Path
    state: FileState
    start: int
    offset: int
    byteCount: int

    def source(self, file: BinaryIO) -> tuple[InflatedBytes, int]:
        """What `file`, which is open at `path`, inflates to, and where the value begins in it."""
        file.seek(self.start)
        return InflatedBytes(file, self.path), self.offset

    def vectors(self, shape: tuple[int, int, int]) -> np.ndarray:
        """float32 of shape (nk, nj, ni, 3), inflated at once.

        Raises
            MalformedObjectError: the file cannot be inflated, or is another by now.
        """
        values = np.empty((*shape, 3), dtype="<f4")
        with self.state.openedAgain(self.path) as file:
            source, offset = self.source(file)
            source.skip(offset)
            source.readInto(values.reshape(-1).view(np.uint8).data)
        return values


StoredBytes = BytesInFile | BytesDeflated


class DeferredVectors(ValueStream):
    """The bytes of one element of a data set that was read without it, in the file's byte order.

    A deflated value is inflated again when it is read from the front again.

    Reading raises
        MalformedObjectError: the file cannot be read, or is another by now.
    """

    def __init__(self, data: StoredBytes):
        super().__init__(data.byteCount)
        self.data = data
        self._source: FileBytes | InflatedBytes | None = None
        self._start = 0  # of the value in the source
        self._file: io.BufferedReader | None = None

    def __deepcopy__(self, memo: object) -> DeferredVectors:
        """Another stream over the same bytes."""
        return DeferredVectors(self.data)

    def read(self, size: int | None = -1) -> bytes:
        """The next `size` bytes, all that are left by default."""
        count = self._count(size)
        if count == 0:
            return b""
        source = self._sourceBefore(self._position)
        source.skip(self._start + self._position - source.position)
        value = source.read(count)
        self._position += count
        if self._position == len(self):
            self._release()
        return value

    def close(self) -> None:
        self._release()
        super().close()

    def _sourceBefore(self, position: int) -> FileBytes | InflatedBytes:
        """What the value is read from, not yet beyond `position` of it."""
        if self._source is None or self._source.position > self._start + position:
            self._release()
            self._file = self.data.state.openedAgain(self.data.path)
            self._source, self._start = self.data.source(self._file)
        return self._source

    def _release(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = self._source = None


def dataInMemory(grid: Dataset, root: Dataset, location: str) -> VectorGridData | None:
    """The vectors that a grid item of a data set in memory holds or leads to; None where it has
    none.

    Raises
        MalformedRegistrationError: the value is not bytes.
    """
    if VECTORS not in grid:
        return None
    element: DataElement | RawDataElement = grid.get_item(VECTORS)
    value = b"" if element.value is None else element.value
    if isinstance(value, VectorStream):
        return VectorsInMemory(value.vectors)
    if isinstance(value, DeferredVectors):
        return value.data
    if not isinstance(value, (bytes, bytearray)):
        raise MalformedRegistrationError(
            f"expected bytes, found {type(value).__name__}: {location}/{VECTORS}"
        )
    if isinstance(element, RawDataElement):
        little = element.is_little_endian
    else:
        little = root.original_encoding[1] is not False
    return BytesInMemory(bytes(value), little or element.VR in ("OB", "UN"))


def _type(littleEndian: bool) -> str:
    return "<f4" if littleEndian else ">f4"
