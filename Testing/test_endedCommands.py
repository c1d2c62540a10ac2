"""Commands that are interrupted, told to end or killed leave nothing half-written."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import SimpleITK as sitk
from pydicom import dcmread

import builders
from builders import ctSeries
from deformationCases import encoded
from deformedObjects import CORNER, SPACING, deformation, sourceDose, sourceSeries, vectors
from IHERODeformationLib.vectorStream import VectorStream
from IHERORegistrationLib import saving
from IHERORegistrationLib.cli import main

CANCELLED = "ihero: cancelled; nothing half-written is left\n"
INTERRUPTED = 130
WRITING = ("image", "dose", "contours", "export")
FIELD = 2.5 * vectors()  # mm


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """R, S, structures on R, a dose on S, the registration, and a field that may be exported."""
    made = tmp_path_factory.mktemp("patient")
    objects = {"r": ctSeries(), "s": sourceSeries(), "rt": [builders.structureSet(), sourceDose()]}
    for name, datasets in objects.items():
        (made / "data" / name).mkdir(parents=True)
        for number, one in enumerate(datasets):
            (made / "data" / name / f"{number}.dcm").write_bytes(encoded(one))
    (made / "one.dcm").write_bytes(encoded(deformation()))
    field = sitk.GetImageFromArray(FIELD, isVector=True)
    field.SetOrigin([float(x) for x in CORNER])
    field.SetSpacing(SPACING)
    sitk.WriteImage(field, str(made / "field.mha"))
    return made


def words(command: str, folder: Path, out: Path) -> list[str]:
    data = folder / "data"
    if command == "export":
        given = [folder / "field.mha", "--fixed", data / "r", "--moving", data / "s"]
        given += ["--label", "A", "--description", "b", "--method", "image"]
        return ["export", *map(str, given), "--out", str(out / "one.dcm")]
    return [command, str(folder / "one.dcm"), "--data", str(data), "--out", str(out)]


def filesIn(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("command", WRITING)
def test_what_is_not_interrupted_is_written(command, folder, tmp_path, capfd):
    assert main([*words(command, folder, tmp_path / "out"), "--quiet"]) == 0, capfd.readouterr()
    for path in filesIn(tmp_path):
        assert dcmread(path).PatientID == "T-1"
    assert len(filesIn(tmp_path)) == (4 if command == "image" else 1)


@pytest.mark.parametrize("command", WRITING)
@pytest.mark.parametrize("isThere", [False, True])
def test_an_interrupt_while_writing_leaves_all_as_it_was(
    command, isThere, folder, tmp_path, capfd, monkeypatch
):
    out = tmp_path / "out"
    if isThere:
        out.mkdir()
        (out / "one.dcm").write_bytes(b"precious")
        (out / "0001.dcm").write_bytes(b"precious")

    def parts(self):
        yield b"half"
        raise KeyboardInterrupt

    def dcmwrite(file, dataset, **options):
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(saving, "dcmwrite", dcmwrite)
    monkeypatch.setattr(VectorStream, "parts", parts)
    given = [*words(command, folder, out), "--quiet", *(["--force"] if isThere else [])]
    assert main(given) == INTERRUPTED
    assert capfd.readouterr().err == CANCELLED
    assert len(filesIn(tmp_path)) == 2 * isThere
    assert all(path.read_bytes() == b"precious" for path in filesIn(tmp_path))


SLOW = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever this test was started by
signal.signal(signal.SIGHUP, signal.SIG_DFL)
import IHERORegistrationLib.saving as saving
from IHERODeformationLib.vectorStream import VectorStream
from IHERORegistrationLib.cli import main

original, written = saving.dcmwrite, []

def wait():
    print("writing", flush=True)
    time.sleep(60)

def dcmwrite(file, dataset, **options):
    original(file, dataset, **options)
    written.append(file)
    if len(written) == 3:
        wait()

def parts(self):
    yield b"half"
    wait()

saving.dcmwrite, VectorStream.parts = dcmwrite, parts
sys.exit(main(sys.argv[1:]))
"""


def ended(command: str, how: signal.Signals, folder: Path, out: Path) -> tuple[int, str]:
    """Status and words of a command that gets a signal in the midst of writing."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    given = [sys.executable, "-c", SLOW, *words(command, folder, out), "--quiet"]
    with subprocess.Popen(
        given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True
    ) as process:
        for line in process.stdout:
            if line == "writing\n":
                break
        process.send_signal(how)
        _, err = process.communicate(timeout=20)
    return process.returncode, err


@pytest.mark.parametrize("command", ["image", "export"])
def test_who_is_told_to_end_leaves_nothing(command, folder, tmp_path):
    status, err = ended(command, signal.SIGTERM, folder, tmp_path / "out")
    assert (status, err) == (INTERRUPTED, CANCELLED)
    assert not filesIn(tmp_path)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGHUP])
def test_so_does_who_is_interrupted_or_whose_terminal_is_closed(how, folder, tmp_path):
    status, err = ended("image", how, folder, tmp_path / "out")
    assert (status, err) == (INTERRUPTED, CANCELLED)
    assert not filesIn(tmp_path)


@pytest.mark.parametrize("isThere", [False, True])
def test_what_a_killed_command_leaves_is_no_data_and_in_nobodys_way(
    isThere, folder, tmp_path, capfd
):
    out = tmp_path / "results" / "series"
    (out if isThere else out.parent).mkdir(parents=True)
    status, _ = ended("image", signal.SIGKILL, folder, out)
    assert status == -signal.SIGKILL
    left = filesIn(tmp_path)
    assert left
    assert all(re.search(r"/\.unfinished-\w+/", path.as_posix()) for path in left)
    assert main([*words("image", folder, out), "--quiet"]) == 0
    assert sorted(path.name for path in out.glob("*.dcm")) == [f"000{n}.dcm" for n in (1, 2, 3, 4)]
    capfd.readouterr()
    data = tmp_path / "results"
    (data / "s").symlink_to(folder / "data" / "s")
    assert main(["check", str(data), "--quiet"]) in (0, 1)
    assert "unfinished" not in "".join(capfd.readouterr())


def test_signals_do_in_a_process_what_they_did_before(folder, tmp_path, capsys):
    def own(*_: object) -> None:
        raise AssertionError

    before = signal.getsignal(signal.SIGTERM)
    assert main(["inspect", str(folder / "one.dcm")]) in (0, 1)
    assert signal.getsignal(signal.SIGTERM) is before
    signal.signal(signal.SIGTERM, own)
    try:
        main(["inspect", str(folder / "one.dcm")])
        assert signal.getsignal(signal.SIGTERM) is own
    finally:
        signal.signal(signal.SIGTERM, before)
    capsys.readouterr()
