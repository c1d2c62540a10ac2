"""`ihero map`: points through registrations."""

from __future__ import annotations

import argparse
import csv
import io
import re
from pathlib import Path

import numpy as np

from ..decimalStrings import shown
from ..errors import FrameOfReferenceError, MalformedObjectError
from ..frames import TransformChain
from ..saving import saveText
from ..sentences import mappingSentence
from .inputs import Inputs, readInputs, remark

HEADER = ["x", "y", "z"]
MOST_POINTS_BYTES = 1 << 31
NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)


def addArguments(parser: argparse.ArgumentParser) -> None:
    """What `ihero map` takes."""
    parser.add_argument("registrations", nargs="+", metavar="REG", help="registration objects")
    parser.add_argument("--points", required=True, help="CSV with header x,y,z: LPS mm")
    parser.add_argument("--out", required=True, help="CSV to write: x,y,z,status")
    parser.add_argument("--data", help="folder with the images the registrations refer to")
    parser.add_argument("--from", dest="fromFrame", metavar="UID", help="frame of the points")
    parser.add_argument("--to", dest="toFrame", metavar="UID", help="frame to map to")


def run(arguments: argparse.Namespace) -> int:
    """Map the points and write them."""
    inputs = readInputs(arguments.registrations, arguments.data, arguments)
    chain = chosenChain(inputs, arguments.fromFrame, arguments.toFrame)
    points = pointsFromFile(Path(arguments.points))
    saveText(_table(chain(points)), Path(arguments.out), force=arguments.force)
    remark(mappingSentence(chain.fromFrame, chain.toFrame, inputs.names), arguments)
    return 0


def chosenChain(inputs: Inputs, fromFrame: str | None, toFrame: str | None) -> TransformChain:
    """The way between two frames: by default source → registered of the one moving item.

    Raises
        FrameOfReferenceError: the ends are not given and there are several, or no way, or more
        than one.
    """
    toFrame = toFrame or _only({one.registeredFrame for one in inputs.registrations}, "--to")
    if fromFrame is None:
        fromFrame = _only(set(inputs.graph.connectedTo(toFrame)), "--from", _unresolved(inputs))
    return inputs.graph.path(fromFrame, toFrame)


def _unresolved(inputs: Inputs) -> str:
    """Which items could connect frames if the images that they name were at hand."""
    names = [
        f"RegistrationSequence[{item.number}]"
        for one in inputs.registrations
        for item in one.unresolvedItems
    ]
    return f"; the images that {', '.join(names)} names are not at hand" if names else ""


def pointsFromFile(path: Path) -> np.ndarray:
    """Points, shape (n, 3) LPS mm, from a CSV file with header x,y,z.

    Raises
        MalformedObjectError: the header is another, a line has not three numbers.
    """
    try:
        if path.stat().st_size > MOST_POINTS_BYTES:
            raise MalformedObjectError(f"expected at most {MOST_POINTS_BYTES} bytes: {path}")
        text = path.read_text(encoding="utf-8-sig")
        rows = list(csv.reader(io.StringIO(text)))
    except OSError as error:
        raise MalformedObjectError(f"cannot read points from {path}: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise MalformedObjectError(f"expected points as text, found {error}: {path}") from error
    if not rows or [word.strip() for word in rows[0]] != HEADER:
        found = ",".join(rows[0])[:40] if rows else "nothing"
        raise MalformedObjectError(f"expected the header x,y,z, found {found!r}: {path} line 1")
    points = [_point(row, path, line) for line, row in enumerate(rows[1:], start=2) if row]
    return np.array(points, dtype=float).reshape(-1, 3)


def _point(row: list[str], path: Path, line: int) -> list[float]:
    values = [float(word) for word in row if NUMBER.fullmatch(word)]
    if not len(values) == len(row) == 3 or not np.isfinite(values).all():
        raise MalformedObjectError(
            f"expected three finite numbers, found {shown(','.join(row))}: {path} line {line}"
        )
    return values


def _table(points: np.ndarray) -> str:
    return "\n".join(["x,y,z,status", *map(_line, points)]) + "\n"


def _line(point: np.ndarray) -> str:
    x, y, z = point
    return f"{x:.17g},{y:.17g},{z:.17g},defined" if np.isfinite(point).all() else ",,,undefined"


def _only(frames: set[str], option: str, missing: str = "") -> str:
    if len(frames) == 1:
        return min(frames)
    if not frames:
        raise FrameOfReferenceError(
            f"the registrations connect no two frames of known identity{missing}"
        )
    raise FrameOfReferenceError(
        f"several frames are possible, choose one with {option}: {', '.join(sorted(frames))}"
    )
