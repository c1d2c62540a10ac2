"""What a command writes is whole or not there, and replaces nothing unasked."""

from __future__ import annotations

import errno
import os

import pytest

from builders import (
    ctSeries,
    mrSeries,
    spatialRegistration,
)
from commandWords import imageOn, mapped
from IHERORegistrationLib.cli import main
from refusals import REFUSED


def test_an_existing_file_stays_untouched_without_force(tmp_path, capfd):
    words = [str(word) for word in mapped(spatialRegistration())(tmp_path)]
    out = tmp_path / "out" / "mapped.csv"
    out.parent.mkdir()
    out.write_bytes(b"precious")
    assert main(words) == REFUSED
    assert out.read_bytes() == b"precious"
    assert "--force" in capfd.readouterr().err
    assert main([*words, "--force"]) == 0
    assert out.read_bytes().startswith(b"x,y,z,status\n")


def test_the_output_folder_may_be_a_file(tmp_path, capfd):
    (tmp_path / "out").write_text("I am a file")
    assert main([str(word) for word in imageOn(ctSeries(), mrSeries())(tmp_path)]) == REFUSED
    assert "cannot write" in capfd.readouterr().err
    assert (tmp_path / "out").read_text() == "I am a file"


@pytest.mark.parametrize("after", [0, 2])
def test_a_full_disk_leaves_no_part_of_a_series(after, tmp_path, capfd, monkeypatch):
    import IHERORegistrationLib.saving as saving

    written = []
    original = saving.dcmwrite

    def full(file, dataset, **options):
        if len(written) >= after:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written.append(dataset)
        return original(file, dataset, **options)

    words = [str(word) for word in imageOn(ctSeries(), mrSeries())(tmp_path)]
    monkeypatch.setattr(saving, "dcmwrite", full)
    assert main([*words, "--quiet"]) == REFUSED
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "No space left" in lines[0]
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]


def test_an_interrupt_leaves_nothing_half_written(tmp_path, capfd, monkeypatch):
    import IHERORegistrationLib.saving as saving

    def interrupted(file, dataset, **options):
        raise KeyboardInterrupt

    words = [str(word) for word in imageOn(ctSeries(), mrSeries())(tmp_path)]
    monkeypatch.setattr(saving, "dcmwrite", interrupted)
    assert main([*words, "--quiet"]) == 130
    assert "cancelled" in capfd.readouterr().err
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
