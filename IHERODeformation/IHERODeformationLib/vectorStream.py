"""The vectors of a grid as the value of a Vector Grid Data element, without a copy of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from IHERORegistrationLib.vectorContent import VECTOR_BYTES

from .valueStream import ValueStream

PART = 1 << 24  # bytes at a time: little to convert, little to wait for when interrupted


class VectorStream(ValueStream):
    """The bytes of `vectors`, float32 of shape (nk, nj, ni, 3), as an OF element holds them:
    little endian, i fastest (PS3.3 C.20.3.1.3).

    The bytes are those of the array where it lies so, and are made part by part where it is big
    endian or not contiguous.
    """

    def __init__(self, vectors: np.ndarray):
        super().__init__(vectors.nbytes)
        self.vectors = vectors

    def __deepcopy__(self, memo: object) -> VectorStream:
        """Another stream over the same vectors, which nobody changes."""
        return VectorStream(self.vectors)

    def read(self, size: int | None = -1) -> bytes:
        """The next `size` bytes, all that are left by default."""
        end = self._position + self._count(size)
        parts = []
        while self._position < end:
            part = self._part(self._position, end - self._position)
            parts.append(bytes(part))
            self._position += len(part)
        return b"".join(parts)

    def parts(self) -> Iterator[memoryview]:
        """All bytes from the first on, in pieces that may lie in the array itself."""
        start = 0
        while start < len(self):
            part = self._part(start, PART)
            yield part
            start += len(part)

    def _part(self, start: int, most: int) -> memoryview:
        """Up to `most` bytes from byte `start` on, at least one: rows of one slice."""
        _, nj, ni, _ = self.vectors.shape
        row, skipped = divmod(start, ni * VECTOR_BYTES)
        k, j = divmod(row, nj)
        count = -(-(skipped + min(most, PART)) // (ni * VECTOR_BYTES))
        rows = np.ascontiguousarray(self.vectors[k, j : j + count], "<f4")
        return rows.reshape(-1).view(np.uint8).data[skipped : skipped + most]
