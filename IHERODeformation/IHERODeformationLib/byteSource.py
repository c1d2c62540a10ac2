"""Bytes of a DICOM file from the front to the back, inflated where they are deflated."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, NamedTuple

from IHERORegistrationLib.errors import MalformedObjectError

CHUNK = 1 << 20


class FileState(NamedTuple):
    """What tells that a file is still the one that was looked at."""

    device: int
    number: int
    size: int
    written: int  # ns

    @classmethod
    def of(cls, file: BinaryIO) -> FileState:
        status = os.fstat(file.fileno())
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)

    def openedAgain(self, path: Path) -> BufferedReader:
        """The file at `path`, open.

        Raises
            MalformedObjectError: it cannot be opened, or is another by now.
        """
        try:
            file = path.open("rb")
        except OSError as error:
            raise MalformedObjectError(f"cannot read {path}: {error.strerror or error}") from error
        if FileState.of(file) != self:
            file.close()
            raise MalformedObjectError(
                f"expected the file whose header was read, found that it has changed since: {path}"
            )
        return file


class FileBytes:
    """The bytes of an open file as they are. What lies in the way is skipped without reading."""

    def __init__(self, file: BinaryIO, path: Path):
        self._file, self._path = file, path
        self._size = os.fstat(file.fileno()).st_size

    @property
    def position(self) -> int:
        return self._file.tell()

    def atEnd(self) -> bool:
        return self.position >= self._size

    def read(self, count: int) -> bytes:
        """The next `count` bytes.

        Raises
            MalformedObjectError: the file has fewer; nothing is read then.
        """
        self._require(count)
        return self._file.read(count)

    def skip(self, count: int) -> None:
        """Go on by `count` bytes. Raises as `read`."""
        self._require(count)
        self._file.seek(count, os.SEEK_CUR)

    def _require(self, count: int) -> None:
        left = self._size - self.position
        if count > left:
            raise MalformedObjectError(
                f"truncated: expected {count} bytes, found {left}: {self._path}"
            )


class InflatedBytes:
    """What the rest of an open file inflates to (PS3.5 A.5); never more of it than asked for."""

    def __init__(self, file: BinaryIO, path: Path):
        self._file, self._path = file, path
        self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        self._ahead = b""
        self.position = 0

    def atEnd(self) -> bool:
        if not self._ahead:
            self._ahead = self._next(1)
        return not self._ahead

    def read(self, count: int) -> bytes:
        """The next `count` bytes.

        Raises
            MalformedObjectError: there are fewer, or what is there cannot be inflated.
        """
        parts = []
        for part in self._parts(count):
            parts.append(part)
        return b"".join(parts)

    def skip(self, count: int) -> None:
        """Go on by `count` bytes. Raises as `read`."""
        for _ in self._parts(count):
            pass

    def readInto(self, target: memoryview) -> None:
        """Fill `target`. Raises as `read`."""
        done = 0
        for part in self._parts(len(target)):
            target[done : done + len(part)] = part
            done += len(part)

    def _parts(self, count: int) -> Iterator[bytes]:
        left = count
        while left:
            part = self._ahead or self._next(min(left, CHUNK))
            part, self._ahead = part[:left], part[left:]
            if not part:
                raise MalformedObjectError(
                    f"truncated: expected {count} bytes, found {count - left}: {self._path}"
                )
            left -= len(part)
            self.position += len(part)
            yield part

    def _next(self, most: int) -> bytes:
        """Up to `most` inflated bytes; none at the end."""
        try:
            while not self._inflater.eof:
                packed = self._inflater.unconsumed_tail or self._file.read(CHUNK)
                part = self._inflater.decompress(packed, most)
                if part or not packed:
                    return part
        except (OSError, zlib.error) as error:
            raise MalformedObjectError(f"cannot inflate {self._path}: {error}") from error
        return b""
