"""How long a piece of work takes at best, and how much memory at most."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

BYTECODE = Path(tempfile.gettempdir()) / "ihero-benchmarks"  # of modules, between processes


class Row(NamedTuple):
    """One line of the table; see the package."""

    name: str
    ours: float
    peer: float | None
    ratio: float | None
    limit: float
    unit: str = "s"


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
    return Row(name, our, their, our / their, limit)


def absolute(name: str, ours: Callable[[], object], *, limit: float, repeats: int = 5) -> Row:
    """Row of the best of `repeats` times of `ours`, with a limit in seconds."""
    ours()
    return Row(name, min(seconds(ours) for _ in range(repeats)), None, None, limit)


def memory(name: str, code: str, megabytes: float, *, limit: float) -> Row:
    """Row of the most memory that Python takes which runs `code`, itself included, against
    `megabytes` that it has to deal with.
    """
    return Row(name, most := peakMemory(code), megabytes, most / megabytes, limit, "MB")


def peakMemory(code: str) -> float:
    """Most MB that a Python of its own had in memory, mapped files included, while it ran `code`.
    Only Linux tells.
    """
    asked = "import re; status = open('/proc/self/status').read()"
    told = "print(re.search(r'VmHWM:\\s+(\\d+) kB', status)[1])"
    return printed(f"{code}\n{asked}\n{told}")[-1] * 1024 / 1e6


def printed(code: str) -> list[float]:
    """The numbers that a Python of its own prints, one a line, while it runs `code`. It keeps
    what it compiled for the next one, as that of Slicer does.
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment["PYTHONPYCACHEPREFIX"] = str(BYTECODE)
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True
    )
    return [float(line) for line in done.stdout.split()]
