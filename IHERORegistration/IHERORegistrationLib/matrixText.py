"""Matrices that people and programs write as text."""

from __future__ import annotations

import re

import numpy as np

from .errors import MalformedObjectError

_COMMENT = re.compile(r"(#|//|%).*")
_ROW_END = re.compile(r"[\n\r\];)}]")
_SEPARATOR = re.compile(r"[\s,|\\\[({]+")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)


def matrixFromText(text: str, where: str) -> np.ndarray:
    """The matrix written in `text`, shape (4, 4), last row 0 0 0 1; column vectors.

    Four rows of four numbers, or three without the last row, or sixteen numbers row by row.
    Between numbers may stand blanks, commas, backslashes and brackets; after `#`, `//` or `%` the
    rest of a line is a comment. `where` names the text in messages.

    Raises
        MalformedObjectError: something else than numbers, another count, a number that is not
        finite, or a last row other than 0 0 0 1.
    """
    rows = []
    for number, line in enumerate(text.splitlines(), start=1):
        for part in _ROW_END.split(_COMMENT.sub("", line)):
            words = [word for word in _SEPARATOR.split(part) if word]
            if words:
                rows.append([_value(word, number, where) for word in words])
    values = [value for row in rows for value in row]
    if len(values) == 12 and [len(row) for row in rows] == [4, 4, 4]:
        values += [0, 0, 0, 1]
    if len(values) != 16:
        raise MalformedObjectError(
            f"expected 16 numbers, or 3 rows of 4, found {len(values)} in {len(rows)} rows: {where}"
        )
    matrix = np.array(values, dtype=float).reshape(4, 4)
    if np.array_equal(matrix[3], (0, 0, 0, 1)):
        return matrix
    transposed = np.array_equal(matrix[:, 3], (0, 0, 0, 1))
    raise MalformedObjectError(
        f"expected 0 0 0 1 as last row, found {' '.join(f'{value:g}' for value in matrix[3])}"
        + (", the last column is: written for row vectors?" if transposed else "")
        + f": {where}"
    )


def _value(word: str, line: int, where: str) -> float:
    if _NOT_FINITE.fullmatch(word):
        raise MalformedObjectError(f"expected finite numbers, found {word} in line {line}: {where}")
    if not _NUMBER.fullmatch(word):
        # the word itself may be a name
        raise MalformedObjectError(
            f"expected the numbers of a matrix, found something else in line {line}: {where}"
        )
    value = float(word)
    if not np.isfinite(value):
        raise MalformedObjectError(
            f"expected finite numbers, found one too large in line {line}: {where}"
        )
    return value
