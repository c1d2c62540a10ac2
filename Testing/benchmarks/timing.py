"""How long a piece of work takes at best."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

Row = tuple[str, float, float | None, float | None, float]


def seconds(work: Callable[[], object]) -> float:
    """Seconds that one call of `work` takes."""
    began = perf_counter()
    work()
    return perf_counter() - began


def comparison(
    name: str,
    ours: Callable[[], object],
    peer: Callable[[], object],
    *,
    limit: float,
    repeats: int = 5,
) -> Row:
    """Row of the best of `repeats` times of `ours` and of `peer`, taken in turn.

    One call of each comes before, so that neither pays for imports or a cold disk.
    """
    ours()
    peer()
    times = [(seconds(ours), seconds(peer)) for _ in range(repeats)]
    our, their = (min(column) for column in zip(*times, strict=True))
    return name, our, their, our / their, limit


def absolute(name: str, ours: Callable[[], object], *, limit: float, repeats: int = 5) -> Row:
    """Row of the best of `repeats` times of `ours`, with a limit in seconds."""
    ours()
    return name, min(seconds(ours) for _ in range(repeats)), None, None, limit
