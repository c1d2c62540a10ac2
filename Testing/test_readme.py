"""The README says what is so: commands, row counts, files, pictures, the test command."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from IHERORegistrationLib.actors import transactionsOf
from IHERORegistrationLib.cli import COMMANDS
from IHERORegistrationLib.profiles.selection import PROFILES

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LIBRARY = ROOT / "IHERORegistration" / "IHERORegistrationLib"


def test_every_command_stands_in_the_table_and_no_other():
    rows = re.findall(r"^\| `ihero (\w+)", README, re.MULTILINE)
    assert rows == list(COMMANDS)


@pytest.mark.parametrize(
    ("row", "names"),
    [
        ("| DICOM |", ["DICOM"]),
        ("| MMRO, MMRO-II, MMRO-III |", ["MMRO-II", "MMRO-III"]),
        ("| BRTO-II |", ["BRTO-II"]),
        ("| RO-11 |", ["RO-11"]),
        ("| DRRO |", ["DRRO"]),
    ],
)
def test_the_conformance_table_counts_the_rows_and_names_their_groups(row, names):
    (line,) = [line for line in README.splitlines() if line.startswith(row)]
    for name in names:
        codes = {rule.code for rule in PROFILES[name].rules}
        assert f"| {len(codes)}" in line
        for code in codes:
            assert code.rpartition("-")[0].split("-")[-1] in line


def test_actors_have_their_transactions():
    for actor, transactions in re.findall(
        r"^\| (Regist[\w ]+) \| ([^|]+) \|", README, re.MULTILINE
    ):
        known = {one.id for one in transactionsOf(actor, "MMRO-III")}
        assert set(re.findall(r"[A-Z]+-(?:III-)?\d+", transactions)) == known


def test_files_and_pictures_that_are_named_exist():
    for name in re.findall(r"`((?:profiles/)?\w+\.py)`", README):
        assert list(LIBRARY.rglob(name)) or (ROOT / name).exists(), name
    for picture in re.findall(r"\]\((Resources/[^)]+)\)", README):
        assert (ROOT / picture).stat().st_size > 10_000


def test_ci_calls_exactly_the_test_command():
    (command,) = re.findall(r"## Test it\n\n```\n(.*)\n```", README)
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    assert lines[-1] == command
    assert not [line for line in lines if line.startswith(("pytest", "python"))]
