"""Run every benchmark of this folder, or those named, and print a table of ratios.

Exit status 1 if a limit is exceeded.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from .timing import Row

CHECKOUT = Path(__file__).resolve().parents[2]
NOT_BENCHMARKS = {"__init__", "__main__", "timing"}


def line(row: Row) -> str:
    """One row of the table; what is over its limit says so."""
    name, ours, peer, ratio, limit, unit = row
    over = "" if (ours if ratio is None else ratio) <= limit else "  OVER THE LIMIT"
    if peer is None or ratio is None:
        return f"{name:58}{ours:9.3f} {unit}{'':22}≤ {limit:g} {unit}{over}"
    return f"{name:58}{ours:9.3f} {unit}{peer:9.3f} {unit}{ratio:9.2f} × ≤ {limit:g} ×{over}"


def main(chosen: list[str]) -> int:
    """Run the benchmarks `chosen` by file name without ending, all if empty."""
    # the checkout is measured, whatever else is installed
    sys.path[:0] = [str(CHECKOUT / module) for module in ("IHERORegistration", "IHERODeformation")]
    here = Path(__file__).parent
    names = chosen or sorted({file.stem for file in here.glob("*.py")} - NOT_BENCHMARKS)
    print(f"{'':58}{'ours':>11}{'peer':>11}{'ratio':>11}  limit")
    lines = []
    for name in names:
        try:
            rows = importlib.import_module(f"benchmarks.{name}").run()
        except pytest.skip.Exception as reason:
            print(f"{name}: SKIPPED, {reason}")
            continue
        for row in rows:
            lines.append(line(row))
            print(lines[-1], flush=True)
    return int(any("OVER" in one for one in lines))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
