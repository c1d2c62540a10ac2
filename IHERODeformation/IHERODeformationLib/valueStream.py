"""A long value of a DICOM element as a stream, which pydicom takes in its place."""

from __future__ import annotations

import io
import os


class ValueStream(io.BufferedIOBase):
    """A value of `length` bytes; who knows where they lie defines `read`."""

    def __init__(self, length: int):
        super().__init__()
        self._length = length
        self._position = 0

    def __len__(self) -> int:
        return self._length

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: len(self)}[whence]
        self._position = min(max(start + offset, 0), len(self))
        return self._position

    def _count(self, size: int | None) -> int:
        """How many bytes a `read` of `size` gives: all that are left where it names none."""
        left = len(self) - self._position
        return left if size is None or size < 0 else min(size, left)
