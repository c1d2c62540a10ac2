"""Names of which no two are alike, as one DICOM object holds them."""

from __future__ import annotations

from collections.abc import Collection
from itertools import count


def freeName(wanted: str, taken: Collection[str], number: int, longest: int) -> str:
    """`wanted` without what is beyond the `longest` length in characters; if that is `taken`, with
    ` (number)` at its end, or the first number above it that makes it free.
    """
    name = wanted[:longest].strip()
    endings = (f" ({one})" for one in count(number))
    numbered = (name[: longest - len(ending)].strip() + ending for ending in endings)
    return name if name not in taken else next(one for one in numbered if one not in taken)
