"""`ihero demo`: every actor on a made patient, with a report."""

from __future__ import annotations

import argparse
from pathlib import Path

from IHERODeformationLib.demonstration import deformableDemonstration

from ..demonstration import demonstration
from ..demonstrationReport import demonstrationPage
from ..errors import FileExistsRefusal
from ..saving import saveText
from .telling import remark

DEFAULT = "ihero-demo"


def addArguments(parser: argparse.ArgumentParser) -> None:
    """What `ihero demo` takes."""
    parser.add_argument("--out", default=DEFAULT, help=f"folder to fill, by default {DEFAULT}")


def run(arguments: argparse.Namespace) -> int:
    """Make everything and say where it is."""
    folder = Path(arguments.out)
    if folder.exists() and not arguments.force:
        raise FileExistsRefusal(f"{folder} exists; --force overwrites what is in it")

    def progress(words: str) -> None:
        remark(f"{words} …", arguments)

    made = demonstration(folder, progress, force=arguments.force)
    deformed = deformableDemonstration(folder, progress, force=arguments.force)
    page = demonstrationPage(made, deformed, progress, force=arguments.force)
    report = saveText(page, folder / "report.html", force=arguments.force)
    for name, one in made.registrations.items():
        remark(f"{name} to CT from landmarks: {one.error:.2g} mm from the truth", arguments)
    print(f"DICOM results: {folder / 'results'}, {folder / 'deformed results'}\nReport: {report}")
    return 0
