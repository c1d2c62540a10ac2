"""Landmarks in files: CSV, point lists of elastix, Slicer markups, Spatial Fiducials.

Coordinates become LPS mm; Slicer's files say themselves whether they are LPS or RAS.
"""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np

from IHERORegistrationLib.errors import MalformedObjectError
from IHERORegistrationLib.fiducials import ShapeType
from IHERORegistrationLib.fiducialsReader import fiducialsFromFile
from IHERORegistrationLib.fileHeader import isDICOMFile

from .landmarkPairs import LandmarkPairs, pairedLandmarks

MOST_BYTES = 1 << 26
BOTH = ("xr", "yr", "zr", "xs", "ys", "zs")  # header of a file of pairs, registered first
ONE = ("x", "y", "z")
LABELS = ("label", "name", "id")
SIGNS = {"LPS": (1, 1, 1), "1": (1, 1, 1), "RAS": (-1, -1, 1), "0": (-1, -1, 1)}  # to LPS
NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)

Landmarks = list[tuple[str, np.ndarray]]


def landmarkPairsFromFiles(
    first: Path, second: Path | None, registeredFrame: str, sourceFrame: str
) -> LandmarkPairs:
    """Pairs from one CSV with the header label,xR,yR,zR,xS,yS,zS (the label may be missing), from
    one Spatial Fiducials object with a set in each frame, or from two files: `first` of the
    registered, `second` of the source image.

    Raises
        MalformedObjectError: a file is not what it should be.
        LandmarkError: the landmarks make no pairs.
        ReferenceNotFoundError: Spatial Fiducials have no set, or several, in a frame.
    """
    if second is not None:
        return pairedLandmarks(
            landmarksFromFile(first, registeredFrame), landmarksFromFile(second, sourceFrame)
        )
    if isDICOMFile(_present(first)):
        return pairedLandmarks(_fiducials(first, registeredFrame), _fiducials(first, sourceFrame))
    rows, columns = _table(first)
    if not set(BOTH) <= set(columns):
        raise MalformedObjectError(
            f"expected the header label,xR,yR,zR,xS,yS,zS, or a second file with the landmarks of "
            f"the source, found {','.join(columns)[:60]!r}: {first}"
        )
    pairs = [_numbers(row, columns, BOTH, first, line) for line, row in rows]
    points = np.array(pairs, float).reshape(-1, 2, 3)
    labels = [_label(row, columns) or str(n) for n, (_, row) in enumerate(rows, start=1)]
    return LandmarkPairs(tuple(labels), points[:, 0], points[:, 1])


def landmarksFromFile(path: Path, frame: str) -> Landmarks:
    """Labels, empty where there are none, and points, LPS mm, in the order of the file. `frame`
    chooses the set of Spatial Fiducials; other files do not name theirs.

    Raises as `landmarkPairsFromFiles`.
    """
    name = _present(path).name.lower()
    if name.endswith(".json"):
        return _markups(path)
    if name.endswith(".fcsv"):
        return _fcsv(path)
    if isDICOMFile(path):
        return _fiducials(path, frame)
    lines = _text(path).splitlines()
    if lines and lines[0].strip() in ("point", "index"):
        return _pointList(path, lines)
    rows, columns = _table(path)
    if not set(ONE) <= set(columns):
        raise MalformedObjectError(
            f"expected the header x,y,z or label,x,y,z, found {','.join(columns)[:60]!r}: {path}"
        )
    return [(_label(row, columns), _numbers(row, columns, ONE, path, line)) for line, row in rows]


def _markups(path: Path) -> Landmarks:
    """Control points of the only list in a file of Slicer's JSON; those that were placed."""
    try:
        (markups,) = json.loads(_text(path))["markups"]
        signs = SIGNS[markups["coordinateSystem"]]
        points = markups["controlPoints"]
        placed = [one for one in points if one.get("positionStatus", "defined") == "defined"]
        found = [(str(one["label"]), np.array(one["position"], float) * signs) for one in placed]
        units = markups.get("coordinateUnits", "mm")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise MalformedObjectError(
            f"expected Slicer markups with one list, its coordinate system LPS or RAS and the "
            f"positions of its control points, found {type(error).__name__}: {path}"
        ) from error
    if units != "mm" or any(point.shape != (3,) for _, point in found):
        raise MalformedObjectError(f"expected three coordinates in mm for each point: {path}")
    return found


def _fcsv(path: Path) -> Landmarks:
    """Slicer's older format: comments tell the coordinate system and the columns."""
    header: dict[str, str] = {}
    rows = []
    for line, text in enumerate(_text(path).splitlines(), start=1):
        if text.startswith("#"):
            key, _, value = text[1:].partition("=")
            header[key.strip()] = value.strip()
        elif text.strip():
            rows.append((line, next(csv.reader([text]))))
    system = header.get("CoordinateSystem", "none")
    columns = [one.strip() for one in header.get("columns", "").split(",")]
    if system not in SIGNS or not set(ONE) <= set(columns):
        raise MalformedObjectError(
            f"expected CoordinateSystem LPS or RAS and columns with x, y, z, found {system[:20]} "
            f"and {','.join(columns)[:60]!r}: {path}"
        )
    return [
        (_label(row, columns, "label"), _numbers(row, columns, ONE, path, line) * SIGNS[system])
        for line, row in rows
    ]


def _fiducials(path: Path, frame: str) -> Landmarks:
    """The points of the Spatial Fiducials in `frame`."""
    found = fiducialsFromFile(path).setInFrame(frame).fiducials
    points = [one for one in found if one.shape is ShapeType.POINT and len(one.points)]
    return [(one.identifier, one.points[0]) for one in points]


def _pointList(path: Path, lines: list[str]) -> Landmarks:
    """The format of elastix: “point”, the number of points, and a point in each line."""
    words = [line.split() for line in lines[2:] if line.strip()]
    if lines[0].strip() == "index":
        raise MalformedObjectError(f"expected points in mm, found voxel indices: {path}")
    if len(lines) < 2 or lines[1].strip() != str(len(words)):
        raise MalformedObjectError(f"expected as many points as line 2 says: {path}")
    return [("", _numbers(row, list(ONE), ONE, path, line)) for line, row in enumerate(words, 3)]


def _table(path: Path) -> tuple[list[tuple[int, list[str]]], list[str]]:
    """The rows of a CSV file with their lines, and the names of its columns in lower case."""
    try:
        rows = list(csv.reader(_text(path).splitlines()))
    except csv.Error as error:
        raise MalformedObjectError(f"expected a table as text, found {error}: {path}") from error
    if not rows:
        raise MalformedObjectError(f"expected a header, found nothing: {path}")
    columns = [word.strip().lower() for word in rows[0]]
    return [(line, row) for line, row in enumerate(rows[1:], start=2) if row], columns


def _numbers(
    row: list[str], columns: list[str], wanted: tuple[str, ...], path: Path, line: int
) -> np.ndarray:
    words = [row[columns.index(name)] for name in wanted if columns.index(name) < len(row)]
    values = [float(word) for word in words if NUMBER.fullmatch(word)]
    if len(values) != len(wanted) or not np.isfinite(values).all():
        raise MalformedObjectError(
            f"expected {len(wanted)} finite numbers, found {','.join(words)[:60]!r}: {path} "
            f"line {line}"
        )
    return np.array(values)


def _label(row: list[str], columns: list[str], *names: str) -> str:
    for name in names or LABELS:
        if name in columns and columns.index(name) < len(row):
            return row[columns.index(name)].strip()
    return ""


def _present(path: Path) -> Path:
    if not path.is_file():
        raise MalformedObjectError(f"no such file: {path}")
    return path


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise MalformedObjectError(f"expected at most {MOST_BYTES} bytes: {path}")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise MalformedObjectError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise MalformedObjectError(f"expected landmarks as text: {path}") from error
