"""What a refused command leaves: one line, its status, and every file as it was."""

from __future__ import annotations

import re
from pathlib import Path

from pydicom import Dataset
from pydicom.config import disable_value_validation

from deformationCases import encoded
from IHERORegistrationLib.cli import main

NO_VALUE, REFUSED = 2, 1
NAME = "Case^Test"


def words(command: str, path: Path, data: Path, folder: Path) -> list[str]:
    """One command on the registration at `path`; what it writes goes below `folder`/out."""
    if command in ("inspect", "check"):
        return [command, str(path)]
    out = folder / "out"
    if command == "map":
        points = folder / "points.csv"
        points.write_text("x,y,z\n-70,30,112\n")
        return ["map", str(path), "--points", str(points), "--out", str(out / "mapped.csv")]
    out = out / "picture.png" if command == "view" else out
    return [command, str(path), "--data", str(data), "--out", str(out)]


def filesIn(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def requireRefused(given: list[str], status: int, message: str, folder: Path, capfd) -> None:
    """One line that says `message`, this status, and every file below `folder` as it was."""
    before = filesIn(folder)
    found = main([*given, "--quiet"])
    out, err = capfd.readouterr()
    assert found == status, err
    assert err.count("\n") == 1, err
    assert err.startswith("ihero: ")
    assert re.search(message, err), err
    assert len(err) < 700, err
    for unwanted in (NAME, "Traceback", "internal error", "Warning"):
        assert unwanted not in out + err
    assert filesIn(folder) == before


def one(folder: Path, dataset: Dataset, name: str = "one.dcm") -> Path:
    path = folder / name
    with disable_value_validation():
        path.write_bytes(encoded(dataset))
    return path
