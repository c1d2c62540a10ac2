"""The README says what is so: commands, row counts, files, pictures, the test command."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from IHERORegistrationLib.actors import Actor, transactionsOf
from IHERORegistrationLib.cli import COMMANDS
from IHERORegistrationLib.profiles.selection import PROFILES

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


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


@pytest.mark.parametrize(("profile", "count"), [("MMRO-III", 4), ("DRRO", 5)])
def test_actors_have_their_transactions(profile, count):
    table = README.split(f"| actor | transactions ({profile}) |")[1].split("\n\n")[0]
    rows = re.findall(r"^\| ([A-Z][\w ]+) \| ([^|]+) \|", table, re.MULTILINE)
    assert len(rows) == count
    for actor, transactions in rows:
        known = {one.id for one in transactionsOf(Actor(actor), profile)}
        assert set(re.split("[,;] ", transactions)) == known


def test_files_and_pictures_that_are_named_exist():
    for name in re.findall(r"`((?:profiles/)?\w+\.py)`", README):
        assert list(ROOT.glob(f"IHERO*/*Lib/**/{name}")) or (ROOT / name).exists(), name
    for picture in re.findall(r"\]\((Resources/[^)]+)\)", README):
        assert (ROOT / picture).stat().st_size > 10_000


def test_ci_calls_exactly_the_test_command():
    (command,) = re.findall(r"## Test it\n\n```\n(.*)\n```", README)
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    assert lines[-1] == command
    assert not [line for line in lines if line.startswith(("pytest", "python"))]
