"""Deformable Spatial Registrations become values: by content, lazily, every repair noted."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread, dcmwrite
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    SpatialRegistrationStorage,
)

from builders import (
    ABSENT,
    CT_FRAME,
    MR_FRAME,
    QUARTER_X,
    changed,
    code,
    ctSeries,
    item,
    references,
)
from deformationCases import CASES, POST, PRE, Case, asRead, declared, encoded, gridOf
from IHERODeformationLib.reader import (
    deformableRegistrationFromDataset,
    deformableRegistrationFromFile,
)
from IHERORegistrationLib.codes import IMAGE_CONTENT_ALIGNMENT
from IHERORegistrationLib.errors import (
    FrameOfReferenceError,
    MalformedObjectError,
)
from IHERORegistrationLib.registration import allNotes
from writtenDeformations import ANYTHING, inSyntax, sourceItem, written


def test_a_conformant_object_is_read_without_a_repair_and_with_its_identity():
    registration = deformableRegistrationFromDataset(asRead(Case().dataset()))
    assert allNotes(registration) == ()
    assert registration.registeredFrame == CT_FRAME
    assert [one.sourceFrame for one in registration.registeredItems] == [CT_FRAME]
    (source,) = registration.sourceItems
    assert (source.number, source.sourceFrame, len(source.images)) == (2, MR_FRAME, 3)
    assert source.method == IMAGE_CONTENT_ALIGNMENT
    assert (source.pre, source.post) == (None, None)
    assert registration.patient.patientID == "T-1"
    assert registration.label == "MR_ON_CT"
    assert registration.contentDate == "20240103"
    assert [len(series.instances) for series in registration.series] == [4, 3]
    assert registration.reference.instances[0].sopInstanceUID == registration.sopInstanceUID


@pytest.mark.parametrize("name", CASES)
def test_every_case_is_read_from_its_file_and_goes_where_it_should(name, tmp_path):
    case = CASES[name]
    registration = deformableRegistrationFromFile(written(case.dataset(), tmp_path))
    (transform,) = registration.transforms
    points = case.randomPoints()
    defined = ~case.touchesUndefined(points)
    assert (transform.fromFrame, transform.toFrame) == (CT_FRAME, MR_FRAME)
    np.testing.assert_allclose(
        transform(points)[defined], case.expected(points)[defined], atol=1e-9, rtol=0
    )
    np.testing.assert_array_equal(transform.grid.vectors, case.vectors)


@pytest.mark.parametrize("delimited", [False, True], ids=["lengths", "delimiters"])
@pytest.mark.parametrize(
    "syntax",
    [ExplicitVRLittleEndian, ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian],
    ids=["explicit", "implicit", "deflated"],
)
def test_every_transfer_syntax_holds_the_same(syntax, delimited, tmp_path):
    path = written(inSyntax(ANYTHING.dataset(), syntax, delimited=delimited), tmp_path)
    registration = deformableRegistrationFromFile(path, strict=True)
    np.testing.assert_array_equal(registration.oneDeformation().grid.vectors, ANYTHING.vectors)
    assert len(registration.items[1].images) == 3
    assert len(registration.series) == 2


def test_the_retired_big_endian_syntax_is_read(tmp_path):
    dataset = ANYTHING.dataset()
    gridOf(dataset).VectorGridData = ANYTHING.vectors.astype(">f4").tobytes()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    path = tmp_path / "big.dcm"
    dcmwrite(path, dataset, enforce_file_format=True)
    points = ANYTHING.randomPoints(20)
    for registration in (
        deformableRegistrationFromFile(path),
        deformableRegistrationFromDataset(dcmread(path)),
    ):
        np.testing.assert_allclose(
            registration.oneDeformation()(points), ANYTHING.expected(points), atol=1e-9
        )


def test_bytes_have_no_byte_order_to_change(tmp_path):
    """OB in the big endian syntax: the numbers stay little endian."""
    dataset = ANYTHING.dataset()
    gridOf(dataset)["VectorGridData"].VR = "OB"
    dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    path = tmp_path / "big.dcm"
    dcmwrite(path, dataset, enforce_file_format=True)
    for registration in (
        deformableRegistrationFromFile(path),
        deformableRegistrationFromDataset(dcmread(path)),
    ):
        vectors = registration.oneDeformation().grid.vectors
        np.testing.assert_array_equal(vectors, ANYTHING.vectors)


def test_a_sequence_of_unknown_representation_is_read_as_implicit(tmp_path):
    """As archives write what their dictionary lacks (PS3.5 6.2.2)."""
    implicit = encoded(inSyntax(ANYTHING.dataset(), ImplicitVRLittleEndian))
    place = implicit.index(b"\x64\x00\x02\x00") + 8
    length = int.from_bytes(implicit[place - 4 : place], "little")
    dataset = ANYTHING.dataset()
    del dataset.DeformableRegistrationSequence
    path = written(dataset, tmp_path)
    header = b"\x64\x00\x02\x00UN\0\0" + implicit[place - 4 : place]
    path.write_bytes(path.read_bytes() + header + implicit[place : place + length])
    registration = deformableRegistrationFromFile(path)
    np.testing.assert_array_equal(registration.oneDeformation().grid.vectors, ANYTHING.vectors)


def test_a_length_that_is_not_true_is_refused_wherever_it_stands(tmp_path):
    content = bytearray(encoded(ANYTHING.dataset()))
    place = content.index(b"\x08\x00\x55\x11UI") + 6  # an instance that a series lists
    content[place] += 40
    path = tmp_path / "long.dcm"
    path.write_bytes(content)
    with pytest.raises(MalformedObjectError, match=r"\(0008,1155\)"):
        deformableRegistrationFromFile(path)


@pytest.mark.parametrize("vr", ["OB", "UN", "OW"])
def test_vectors_under_another_value_representation_are_read_with_a_note(vr, tmp_path):
    dataset = ANYTHING.dataset()
    gridOf(dataset)["VectorGridData"].VR = vr
    path = written(dataset, tmp_path)
    registration = deformableRegistrationFromFile(path)
    np.testing.assert_array_equal(registration.oneDeformation().grid.vectors, ANYTHING.vectors)
    (note,) = [one for one in allNotes(registration) if one.repaired]
    assert (note.name, note.found) == ("vectors as bytes", f"VR {vr}")
    with pytest.raises(MalformedObjectError, match="strict reading refuses repairs"):
        deformableRegistrationFromFile(path, strict=True)


def test_a_file_without_preamble_or_transfer_syntax_is_read(tmp_path):
    path = tmp_path / "bare.dcm"
    dataset = ANYTHING.dataset()
    del dataset.file_meta
    dataset.save_as(path, implicit_vr=True, little_endian=True, enforce_file_format=False)
    registration = deformableRegistrationFromFile(path)
    np.testing.assert_array_equal(registration.oneDeformation().grid.vectors, ANYTHING.vectors)
    assert "no transfer syntax" in [note.name for note in allNotes(registration)]


def test_the_vectors_stay_in_the_file_until_they_are_needed(tmp_path):
    """A header is read from a file of which all but the header is a hole that costs no time."""
    dataset = ANYTHING.dataset()
    grid = gridOf(dataset)
    grid.GridDimensions, grid.VectorGridData = [512, 512, 200], b"\0" * 12
    content = encoded(dataset)
    place = content.index(b"\x64\x00\x09\x00OF\0\0") + 8
    count = 512 * 512 * 200 * 12
    path = tmp_path / "huge.dcm"
    with path.open("wb") as file:
        file.write(raisedLengths(content[:place], count - 12) + count.to_bytes(4, "little"))
        file.seek(count, os.SEEK_CUR)
        file.write(content[place + 16 :])
    code = (
        "import sys, tracemalloc; from pathlib import Path\n"
        "from IHERODeformationLib.reader import deformableRegistrationFromFile\n"
        "tracemalloc.start()\n"
        f"one = deformableRegistrationFromFile(Path({str(path)!r}))\n"
        "assert one.oneDeformation().grid.byteCount == 200 * 512 * 512 * 12\n"
        "heavy = {'scipy', 'vtk', 'vtkmodules', 'slicer', 'highdicom', 'SimpleITK'}\n"
        "assert not heavy & {name.split('.')[0] for name in sys.modules}\n"
        "print(tracemalloc.get_traced_memory()[1])\n"
    )
    root = Path(__file__).resolve().parents[1]
    folders = [str(root / one) for one in ("IHERORegistration", "IHERODeformation")]
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(folders)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert int(done.stdout) < 10e6  # bytes at the peak; the vectors have 629 MB


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
@pytest.mark.parametrize("change", ["shorter", "other", "gone"])
def test_vectors_of_a_file_that_has_changed_since_are_refused(syntax, change, tmp_path):
    path = written(inSyntax(ANYTHING.dataset(), syntax), tmp_path)
    grid = deformableRegistrationFromFile(path).oneDeformation().grid
    known = deformableRegistrationFromFile(path).oneDeformation().grid
    np.testing.assert_array_equal(known.vectors, ANYTHING.vectors)
    message = "found that it has changed since"
    if change == "shorter":
        os.truncate(path, path.stat().st_size - 40)
    elif change == "other":
        other = tmp_path / "other"
        other.mkdir()
        os.replace(written(inSyntax(Case(pre=PRE).dataset(), syntax), other), path)
    else:
        path.unlink()
        message = "No such file"
    with pytest.raises(MalformedObjectError, match=message):
        grid.vectors.sum()
    np.testing.assert_array_equal(known.vectors, ANYTHING.vectors)


def raisedLengths(content: bytes, by: int) -> bytes:
    """`content`, which ends before a grid's length, with the lengths of what holds it raised."""
    raised = bytearray(content)
    registrations = content.index(b"\x64\x00\x02\x00SQ\0\0") + 8
    grids = content.rindex(b"\x64\x00\x05\x00SQ\0\0") + 8
    item = content.index(b"\xfe\xff\x00\xe0", registrations)
    second = item + 8 + int.from_bytes(content[item + 4 : item + 8], "little")
    for place in (registrations, second + 4, grids, grids + 8):
        length = int.from_bytes(raised[place : place + 4], "little")
        raised[place : place + 4] = (length + by).to_bytes(4, "little")
    return bytes(raised)


@pytest.mark.parametrize("images", ["absent", "empty", "partial", "full"])
def test_the_image_list_may_be_absent_empty_partial_or_full(images):
    dataset = Case().dataset()
    registered = dataset.DeformableRegistrationSequence[0]
    lists = {"absent": ABSENT, "empty": [], "partial": references(ctSeries()[1:3])}
    if images in lists:
        changed(registered, {"ReferencedImageSequence": lists[images]})
    registration = deformableRegistrationFromDataset(asRead(dataset))
    counts = {"absent": 0, "empty": 0, "partial": 2, "full": 4}
    assert len(registration.items[0].images) == counts[images]
    names = {"empty": ["empty image list"], "partial": ["partial image list"]}
    assert [note.name for note in allNotes(registration)] == names.get(images, [])


@pytest.mark.parametrize("sopClass", [SpatialRegistrationStorage, "1.2.3", ""])
def test_the_content_counts_not_the_sop_class(sopClass):
    dataset = asRead(ANYTHING.dataset())
    dataset.SOPClassUID = sopClass
    registration = deformableRegistrationFromDataset(dataset)
    assert "deformation in another class" in [note.name for note in allNotes(registration)]
    assert registration.reference.instances[0].sopClassUID == sopClass
    with pytest.raises(MalformedObjectError, match="strict reading refuses"):
        deformableRegistrationFromDataset(dataset, strict=True)


METHOD = [code("125022", "Fiducial Alignment")]


@pytest.mark.parametrize("place", ["item", "matrix", "bare"])
def test_the_method_is_found_at_either_level(place):
    dataset = ANYTHING.dataset()
    source = sourceItem(dataset)
    del source.RegistrationTypeCodeSequence
    if place == "item":
        source.RegistrationTypeCodeSequence = METHOD
    elif place == "matrix":
        pre = source.PreDeformationMatrixRegistrationSequence[0]
        pre.RegistrationTypeCodeSequence = METHOD
    else:
        source.CodeValue, source.CodingSchemeDesignator = "125022", "DCM"
    registration = deformableRegistrationFromDataset(asRead(dataset))
    assert registration.sourceItems[0].method.value == "125022"
    names = [note.name for note in allNotes(registration)]
    assert ("method elsewhere" in names) == (place != "item")


def test_an_item_without_a_grid_in_a_third_frame_is_a_rigid_source():
    dataset = Case().dataset()
    third = item(
        SourceFrameOfReferenceUID="1.2.3.4",
        PreDeformationMatrixRegistrationSequence=[declared(QUARTER_X)],
        PostDeformationMatrixRegistrationSequence=[declared(POST)],
    )
    dataset.DeformableRegistrationSequence.append(third)
    registration = deformableRegistrationFromDataset(asRead(dataset))
    transform = registration.registeredToSource(registration.items[2])
    product = np.array(POST).reshape(4, 4) @ np.array(QUARTER_X).reshape(4, 4)
    np.testing.assert_allclose(transform.matrix, product)
    assert [one.toFrame for one in registration.transforms] == [MR_FRAME, "1.2.3.4"]


def test_a_deformation_of_a_frame_within_itself_is_in_no_graph():
    dataset = ANYTHING.dataset()
    sourceItem(dataset).SourceFrameOfReferenceUID = CT_FRAME
    registration = deformableRegistrationFromDataset(asRead(dataset))
    assert [one.number for one in registration.selfMappingItems] == [2]
    assert registration.transforms == ()
    assert "frame mapped onto itself" in [note.name for note in allNotes(registration)]


def test_several_deformations_are_not_chosen_from():
    dataset = ANYTHING.dataset()
    dataset.DeformableRegistrationSequence.append(sourceItem(ANYTHING.dataset()))
    registration = deformableRegistrationFromDataset(asRead(dataset))
    assert "frame mapped twice" in [note.name for note in allNotes(registration)]
    with pytest.raises(FrameOfReferenceError, match="expected 1 deformation, found 2"):
        registration.oneDeformation()
