"""The documents for users agree with the tables and with what is there."""

import re
import tomllib
from pathlib import Path

import pytest

from IHERORegistrationLib.actors import PARTICIPATIONS, TRANSACTIONS, Optionality

ROOT = Path(__file__).resolve().parents[1]
STATEMENT = (ROOT / "Docs" / "integration-statement.md").read_text(encoding="utf-8")
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "Testing" / "in-application.md",
    *sorted((ROOT / "Docs").glob("*.md")),
]
NOT_CLAIMED = ("Archive",)


def test_the_integration_statement_claims_each_transaction_of_our_actors_and_no_other():
    names = {one.id: one.name for one in TRANSACTIONS}
    expected = [
        (
            one.profile,
            str(one.actor),
            f"{one.transaction} {names[one.transaction]}",
            ("sends" if one.sends else "receives")
            + (", optional" if one.optionality is Optionality.OPTIONAL else ""),
        )
        for one in PARTICIPATIONS
        if one.profile in ("MMRO-III", "DRRO") and one.actor not in NOT_CLAIMED
    ]
    row = re.compile(r"^\| (MMRO-III|DRRO) \| (.+?) \| (.+?) \| (.+?) \| .+ \|$", re.MULTILINE)
    assert sorted(row.findall(STATEMENT)) == sorted(expected)


def test_the_integration_statement_is_of_this_version():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f"| Version | {version} |" in STATEMENT


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_a_document_links_to_is_there(document):
    text = document.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#\s]+)", text)
    missing = [one for one in links if "://" not in one and not (document.parent / one).exists()]
    assert not missing


def test_files_that_the_integration_statement_names_exist():
    named = set(re.findall(r"`(\w+\.py)`", STATEMENT))
    there = {path.name for path in ROOT.glob("IHERO*/IHERO*Lib/*.py")}
    assert not named - there


def test_sections_that_the_integration_statement_names_are_on_the_screens():
    named = set(re.findall(r"\*([A-Z][a-z ]+)\*", STATEMENT)) - {"Who does it"}
    files = [*ROOT.glob("IHERO*/Resources/UI/*.ui"), *ROOT.glob("IHERO*/*Lib/widgets/*.py")]
    said = "".join(path.read_text(encoding="utf-8") for path in files)
    assert {"Export", "Deform structures"} <= named
    assert not {one for one in named if f">{one}<" not in said and f'_("{one}")' not in said}
