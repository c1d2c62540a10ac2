"""Many points treated part by part, on all processors: the same numbers as all at once."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

PART = 1 << 14  # points treated at once: their intermediate values stay in the cache


def inParts(count: int, treat: Callable[[slice], None]) -> None:
    """Call `treat` with slices that together cover `count` points.

    Numbers that are not finite raise no warning in it.
    """

    def quietly(part: slice) -> None:
        with np.errstate(invalid="ignore", over="ignore"):
            treat(part)

    parts = [slice(start, start + PART) for start in range(0, count, PART)]
    if len(parts) < 2:
        for part in parts:
            quietly(part)
        return
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in pool.map(quietly, parts):
            pass
