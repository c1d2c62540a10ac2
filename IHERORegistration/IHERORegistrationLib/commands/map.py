"""`ihero map`: points through registrations."""

from __future__ import annotations

import argparse
import csv
import io
import re
from pathlib import Path

import numpy as np

from IHERODeformationLib.deformation import MappedPoints, OutsideGrid
from IHERODeformationLib.displacementGrid import PointStatus
from IHERODeformationLib.frameWays import registrationGraph, registrationWay
from IHERODeformationLib.mappedPoints import mappedThrough

from ..decimalStrings import shown
from ..errors import FrameOfReferenceError, MalformedObjectError
from ..frames import TransformChain
from ..saving import saveText
from ..sentences import mappingSentence
from .inputs import Inputs, outsideArgument, readingArgument, readInputs
from .telling import remark

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
    outsideArgument(parser)
    readingArgument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Map the points and write them."""
    inputs = readInputs(arguments.registrations, arguments.data, arguments)
    outside = OutsideGrid(arguments.outside)
    chain = chosenChain(inputs, arguments.fromFrame, arguments.toFrame, outside)
    found = mappedThrough(chain, pointsFromFile(Path(arguments.points)))
    saveText(_table(found), Path(arguments.out), force=arguments.force)
    remark(mappingSentence(chain.fromFrame, chain.toFrame, inputs.names), arguments)
    if found.residuals is not None:
        residuals = found.residuals[found.status == PointStatus.DEFINED]
        remark(inverseSentence(residuals), arguments)
    lost = np.count_nonzero(found.status)
    if lost:
        remark(f"{lost} of {found.status.size} points are not defined there.", arguments)
    return 0


def chosenChain(
    inputs: Inputs,
    fromFrame: str | None,
    toFrame: str | None,
    outsideGrid: OutsideGrid = OutsideGrid.UNDEFINED,
) -> TransformChain:
    """The way between two frames: by default the direction of the objects themselves, source →
    registered of a Spatial Registration, registered → source of a deformable one. Against a
    deformation only where one of the ends was named.

    Raises
        FrameOfReferenceError: the ends are not given and there are several, or no way, or more
        than one.
    """
    named = bool(fromFrame or toFrame)
    if not named and inputs.deformable:
        fromFrame, toFrame = _ownDirection(inputs)
    graph = registrationGraph(inputs.registrations, numericalInverse=named)
    for frame in filter(None, (fromFrame, toFrame)):
        if frame not in graph.frames:
            known = ", ".join(sorted(graph.frames)) or "none"
            raise FrameOfReferenceError(
                f"expected a frame that the registrations connect, found {frame}; they connect "
                f"{known}"
            )
    registered = {one.registeredFrame for one in inputs.registrations}
    if toFrame is None:
        others = graph.connectedTo(fromFrame) if fromFrame in registered else registered
        toFrame = _only(set(others), "--to", _unresolved(inputs))
    if fromFrame is None:
        fromFrame = _only(set(graph.connectedTo(toFrame)), "--from", _unresolved(inputs))
    return registrationWay(
        inputs.registrations, fromFrame, toFrame, numericalInverse=named, outsideGrid=outsideGrid
    )


def _ownDirection(inputs: Inputs) -> tuple[str, str]:
    """From the only frame that everything leads away from to the only one where all ends, through
    deformations alone.

    Raises
        FrameOfReferenceError: matrices take part, which lead the other way, or there are several.
    """
    if inputs.rigid:
        raise FrameOfReferenceError(
            "a Spatial Registration leads to its registered frame and a deformable one away from "
            "it: choose the ends with --from and --to"
        )
    transforms = [one for registration in inputs.deformable for one in registration.transforms]
    starts = {one.fromFrame for one in transforms}
    ends = {one.toFrame for one in transforms}
    missing = _withinOneFrame(inputs)
    return _only(starts - ends, "--from", missing), _only(ends - starts, "--to", missing)


def _withinOneFrame(inputs: Inputs) -> str:
    """Which registrations deform a frame within itself, and so connect nothing."""
    within = [one.sopInstanceUID for one in inputs.deformable if one.selfMappingItems]
    return (
        f"; {', '.join(within)} maps a frame onto itself, which only a correction of distortion "
        "may do (ihero image --correct-distortion)"
        if within
        else ""
    )


def inverseSentence(residuals: np.ndarray) -> str:
    """How well the search for a numerical inverse did, by the residuals in mm of what it found."""
    most = f"{residuals.max():.2g} mm" if residuals.size else "none found"
    return (
        f"Against the deformation, by its numerical inverse: residual at most {most}. A second "
        "registration made the other way is better."
    )


def _unresolved(inputs: Inputs) -> str:
    """Which items could connect frames if the images that they name were at hand."""
    names = [
        f"RegistrationSequence[{item.number}]"
        for one in inputs.rigid
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


def _table(found: MappedPoints) -> str:
    lines = [_line(point, status) for point, status in zip(found.points, found.status, strict=True)]
    header = "x,y,z,status"
    if found.residuals is not None:
        header += ",residual"
        lines = [f"{a},{b:.3g}" for a, b in zip(lines, found.residuals, strict=True)]
    return "\n".join([header, *lines]) + "\n"


def _line(point: np.ndarray, status: int) -> str:
    name = PointStatus(status).name.lower()
    if status != PointStatus.DEFINED:
        return f",,,{name}"
    x, y, z = point
    return f"{x:.17g},{y:.17g},{z:.17g},{name}"


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
