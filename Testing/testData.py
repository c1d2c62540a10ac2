"""Where the sets of real and peer-made DICOM lie that tests use; see the README, section Testing.

The folder is the one that IHERO_TEST_DATA names, else `../shared/data` beside the checkout. Without
it the tests that need it skip and say so; with it they run, and a set that is missing fails them.
"""

from __future__ import annotations

import os
import tarfile
from pathlib import Path, PurePosixPath

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
VARIABLE = "IHERO_TEST_DATA"


def dataRoot() -> Path:
    """The folder of all sets; skips the test where there is none."""
    named = os.environ.get(VARIABLE)
    root = Path(named) if named else CHECKOUT.parent / "shared" / "data"
    if named and not root.is_dir():
        pytest.fail(f"{VARIABLE} names {root}, which is not a folder")
    if not root.is_dir():
        pytest.skip(f"no test data: {VARIABLE} is not set and {root} does not exist")
    return root


def dataSet(name: str) -> Path:
    """The folder of one set, such as `peer-made/acrin-brain-sro`; skips without test data."""
    folder = dataRoot() / name
    if not folder.is_dir():
        pytest.fail(f"the test data lack the set {name}: expected a folder {folder}")
    return folder


def unpack(archive: Path, folder: Path) -> None:
    """Unpack the files of a .tar.gz into `folder`; no member may leave it.

    Raises
        ValueError: a member is a link, a device, or its path is absolute or climbs.
    """
    with tarfile.open(archive, "r:gz") as members:
        for member in members:
            path = PurePosixPath(member.name)
            if path.is_absolute() or ".." in path.parts or not (member.isfile() or member.isdir()):
                raise ValueError(f"{archive.name} holds {member.name}, which is not a plain file")
            if member.isdir():
                continue
            content = members.extractfile(member)
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.read())
