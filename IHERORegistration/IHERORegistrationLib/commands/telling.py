"""What commands say of the files and folders they were given."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import IHEROError
from ..exitStatus import statusOf
from ..notes import Note
from ..objectReading import refuseRepairs
from ..sentences import oneLine, seriesName, shortUID
from ..study import Study

if TYPE_CHECKING:  # reading a folder costs start-up time
    from ..dataFolder import DataFolder
    from ..images import ImageSeries


def frameNames(images: Iterable[ImageSeries]) -> dict[str, str]:
    """What images lie in each frame: “CT “Planning”” or “CT “Planning” and PT “WB””."""
    found: dict[str, list[str]] = {}
    for series in images:
        name = seriesName(series.modality, series.description)
        found.setdefault(series.frame, []).append(name)
    return {
        frame: f"{' and '.join(sorted(set(names)))} ({shortUID(frame)})"
        for frame, names in found.items()
    }


def centersByFrame(folder: DataFolder) -> dict[str, np.ndarray]:
    """Middle of the first image series in each frame, LPS mm."""
    found: dict[str, np.ndarray] = {}
    for series in folder.series:
        found.setdefault(series.frame, series.lattice.center)
    return found


def studyOf(folder: DataFolder) -> Study:
    """The headers of everything in a folder, for constraints across objects."""
    return Study(stored.header for stored in folder.objects)


def filesOf(paths: Iterable[str], inFolder: Callable[[Path], list[Path]]) -> tuple[list[Path], int]:
    """The files named, and those that `inFolder` finds in the folders named, in order; and the
    exit status of the folders in which it finds none, each told in one line.
    """
    found: list[Path] = []
    status = 0
    for one in map(Path, paths):
        try:
            found += inFolder(one) if one.is_dir() else [one]
        except IHEROError as error:  # the others are told all the same
            status = max(status, failedFile(one, error))
    return found, status


def failedFile(file: Path, error: IHEROError) -> int:
    """Say in one line why `file` gave no result; returns the exit status for it."""
    message = str(error)
    named = message if str(file) in message else f"{file}: {message}"
    print(f"ihero: {oneLine(named)}", file=sys.stderr)
    return statusOf(error)


def remark(message: str, arguments: argparse.Namespace) -> None:
    """A line of progress or a note on standard error, unless the user wants quiet."""
    if not arguments.quiet:
        print(oneLine(message), file=sys.stderr)


def tellNotes(notes: Iterable[Note], arguments: argparse.Namespace) -> None:
    """What was noticed in an object that is used, as remarks.

    Raises
        MalformedObjectError: one tells a repair, and the user wants strict reading.
    """
    noticed = tuple(notes)
    if arguments.strict:
        refuseRepairs(noticed)
    for note in noticed:
        remark(str(note), arguments)
