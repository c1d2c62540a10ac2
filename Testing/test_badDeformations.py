"""Bad deformable registrations through the command: one clear line, the right status, nothing
half-written; status 2 where no value could be made of them, 1 where they are refused.
"""

from __future__ import annotations

import os
import re
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataelem import DataElement
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

import builders
from badDeformations import COUNT, INF, KINDS, NAN, WRONG_CLASS
from breaking import change
from brokenDeformations import (
    GRID,
    ITEMS,
    SOURCE,
    with_,
)
from builders import ctSeries
from deformationCases import encoded
from deformedObjects import (
    PRE,
    deformation,
    registeredItem,
    sourceDose,
    sourceItem,
    sourceSeries,
)
from IHERORegistrationLib.cli import main
from IHERORegistrationLib.commands import inputs
from refusals import NAME, NO_VALUE, REFUSED, one, requireRefused, words

APPLYING = ("map", "image", "dose", "contours", "view", "quality")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """R and S as files, a structure set on R and a dose on S."""
    folder = tmp_path_factory.mktemp("data")
    objects = [*ctSeries(), *sourceSeries(), builders.structureSet(), sourceDose()]
    for number, dataset in enumerate(objects):
        (folder / f"{number}.dcm").write_bytes(encoded(dataset))
    return folder


@pytest.mark.parametrize("kind", KINDS)
def test_a_bad_object_is_refused_by_the_commands_in_the_same_line(kind, data, tmp_path, capfd):
    make, status, message = KINDS[kind]
    path = tmp_path / "one.dcm"
    path.write_bytes(make())
    second = 1 + list(KINDS).index(kind) % (len(APPLYING) - 1)  # they read in the same way
    for command in ("inspect", "map", APPLYING[second]):
        requireRefused(words(command, path, data, tmp_path), status, message, tmp_path, capfd)
    judged = main(["check", str(path), "--quiet"])
    out, err = capfd.readouterr()
    assert judged in (REFUSED, NO_VALUE) or kind == "an image", out
    assert err.count("\n") <= 1, err
    assert not re.search(f"{re.escape(NAME)}|Traceback|internal error|Warning", out + err)


@pytest.mark.parametrize(
    "kind", ["as many nodes as 2 ** 48", "4 GiB that are not there", "a deflated bomb"]
)
def test_what_is_too_much_is_refused_before_memory_is_taken(kind, data, tmp_path):
    path = tmp_path / "one.dcm"
    path.write_bytes(KINDS[kind][0]())
    for command in ("inspect", "check", "map"):
        tracemalloc.start()
        try:
            assert main([*words(command, path, data, tmp_path), "--quiet"]) != 0
            assert tracemalloc.get_traced_memory()[1] < 50e6
        finally:
            tracemalloc.stop()


def placesInGrid(content: bytes) -> list[int]:
    """Where the elements of the grid item begin, and what lies around there."""
    start = content.rindex(b"\x64\0\x05\0SQ")
    heads = [
        m.start() for m in re.finditer(rb"(?:\x64|\x20)\0[\x05\x07\x08\x09\x32\x37]\0", content)
    ]
    around = {head + by for head in heads if head >= start for by in (0, 1, 4, 8, 13)}
    random = np.random.default_rng(20261122).integers(start, len(content), 20)
    return sorted(place for place in {*around, *random} if place < len(content))


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_a_file_that_ends_within_its_grid_is_refused(syntax, data, tmp_path, capfd):
    dataset = deformation()
    dataset.file_meta.TransferSyntaxUID = syntax
    content = encoded(dataset)
    explicit = encoded(deformation())
    places = placesInGrid(explicit) if syntax == ExplicitVRLittleEndian else []
    path = tmp_path / "one.dcm"
    for place in places or range(len(content) - COUNT - 200, len(content), 31):
        path.write_bytes(content[:place])
        requireRefused(words("map", path, data, tmp_path), NO_VALUE, "truncated", tmp_path, capfd)
        for command in ("inspect", "check"):
            assert main([command, str(path), "--quiet"]) == NO_VALUE
            assert "truncated" in capfd.readouterr().err


def test_a_file_that_becomes_shorter_after_its_header_was_read_is_refused(
    data, tmp_path, capfd, monkeypatch
):
    path = one(tmp_path, deformation())
    read = inputs.storedRegistration

    def storedRegistration(file: Path, **options: object) -> object:
        made = read(file, **options)
        os.truncate(file, file.stat().st_size - 500)
        return made

    monkeypatch.setattr(inputs, "storedRegistration", storedRegistration)
    assert main([*words("map", path, data, tmp_path), "--quiet"]) == NO_VALUE
    assert "changed since: " in capfd.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read all")
def test_a_file_that_may_not_be_read_is_refused(data, tmp_path, capfd):
    path = one(tmp_path, deformation())
    path.chmod(0)
    for command in ("inspect", "check", *APPLYING):
        assert main([*words(command, path, data, tmp_path), "--quiet"]) == NO_VALUE
        assert "Permission denied" in capfd.readouterr().err


@pytest.mark.parametrize(
    "syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian]
)
def test_mutated_objects_never_meet_an_internal_error(syntax, data, tmp_path, capfd):
    dataset = deformation()
    dataset.file_meta.TransferSyntaxUID = syntax
    content = encoded(dataset)
    header = content.find(b"\x64\0\x02\0")
    start = max(header, 132)  # a deflated data set shows nothing
    generator = np.random.default_rng(20261122)
    path = tmp_path / "one.dcm"
    (tmp_path / "out").mkdir()
    for number in range(100):
        mutated = bytearray(content)
        first = start if number % 3 else 132
        for place in generator.integers(first, len(content), generator.integers(1, 8)):
            mutated[place] = generator.integers(0, 256)
        path.write_bytes(mutated)
        for command in ("inspect", "check", "map"):
            given = words(command, path, data, tmp_path)
            assert main([*given, "--quiet", "--force"]) in (0, REFUSED, NO_VALUE)
            err = capfd.readouterr().err
            assert "internal error" not in err, err
            assert err.count("\n") <= 1, err
            assert NAME not in err


# Objects that can be used, though not everywhere


USABLE = {
    "undefined in part": {f"{GRID}/VectorGridData": with_((0, 0, 0), 1, NAN, 2)},
    "infinite": {f"{GRID}/VectorGridData": with_((0, 0, 0), 1, 2, INF)},
    "another class": WRONG_CLASS,
    "source first": {ITEMS: [sourceItem(), registeredItem()]},
    "the source alone": {ITEMS: [sourceItem()]},
    "a list of no images": {f"{SOURCE}/ReferencedImageSequence": []},
}


@pytest.mark.parametrize("kind", USABLE)
@pytest.mark.parametrize("vr", ["OF", "OB", "OW", "UN"])
def test_what_can_be_used_is_used_and_where_nothing_is_known_that_is_told(
    kind, vr, data, tmp_path, capfd
):
    dataset = deformation()
    for path, value in USABLE[kind].items():
        change(dataset, path, value)
    (item,) = (d for d in dataset[ITEMS].value if "DeformableRegistrationGridSequence" in d)
    stored = item.DeformableRegistrationGridSequence[0]
    stored["VectorGridData"] = DataElement("VectorGridData", vr, stored["VectorGridData"].value)
    given = words("map", one(tmp_path, dataset), data, tmp_path)
    (tmp_path / "points.csv").write_text("x,y,z\n-73,27,109\n-65,34,114.5\n500,0,0\n")
    assert main([*given, "--quiet"]) == 0, capfd.readouterr()
    rows = (tmp_path / "out" / "mapped.csv").read_text().splitlines()[1:]
    # the middle of R lies between nodes, at i 2.25, j 8/3, k 1.5
    x, y, z, _ = rows[1].split(",")
    turned = np.array(PRE).reshape(4, 4) @ (-65, 34, 114.5, 1)
    expected = turned[:3] + np.array((0.25 * 2.25, -0.125 * 8 / 3, 0.5 * 1.5 + 1))
    np.testing.assert_allclose([float(x), float(y), float(z)], expected, atol=1e-6)
    undefined = kind in ("undefined in part", "infinite")
    assert rows[0].endswith(",undefined" if undefined else ",defined")
    assert rows[2] == ",,,outside"
    assert capfd.readouterr().err == ""
