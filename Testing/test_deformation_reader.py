"""Deformable Spatial Registrations become values: by content, lazily, every repair noted."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread, dcmwrite
from pydicom.config import disable_value_validation
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    SpatialRegistrationStorage,
)

from builders import ABSENT, CT_FRAME, IDENTITY, MR_FRAME, changed, code, ctSeries, item, references
from deformationCases import CASES, POST, PRE, QUARTER_X, Case, asRead, declared, encoded, gridOf
from IHERODeformationLib.reader import (
    deformableRegistrationFromDataset,
    deformableRegistrationFromFile,
)
from IHERORegistrationLib.codes import IMAGE_CONTENT_ALIGNMENT
from IHERORegistrationLib.errors import (
    FrameOfReferenceError,
    MalformedObjectError,
    NotInvertibleError,
)
from IHERORegistrationLib.registration import allNotes
from testData import dataSet

ANYTHING = Case(pre=PRE, spacing=(2.0, 2.5, 3.0))


def written(dataset: Dataset, folder: Path) -> Path:
    path = folder / "deformation.dcm"
    path.write_bytes(encoded(dataset))
    return path


def inSyntax(dataset: Dataset, syntax: str, *, delimited: bool = False) -> Dataset:
    dataset.file_meta.TransferSyntaxUID = syntax
    sequence = dataset["DeformableRegistrationSequence"]
    sequence.is_undefined_length = delimited
    for one in sequence.value:
        one.is_undefined_length_sequence_item = delimited
    return dataset


def sourceItem(dataset: Dataset) -> Dataset:
    return dataset.DeformableRegistrationSequence[-1]


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


def setGrid(**values: object) -> Callable[[Dataset], object]:
    return lambda dataset: changed(gridOf(dataset), values)


def setSource(**values: object) -> Callable[[Dataset], object]:
    return lambda dataset: changed(sourceItem(dataset), values)


def pre(matrix, kind: str = "RIGID") -> dict[str, object]:
    return {"PreDeformationMatrixRegistrationSequence": [declared(matrix, kind)]}


def twoGrids(dataset: Dataset) -> None:
    source = sourceItem(dataset)
    grid = source.DeformableRegistrationGridSequence[0]
    source.DeformableRegistrationGridSequence = [grid, grid]


MIRROR = (-1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1)
FLAT = (1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)
BAD = {
    "bytes lack": (setGrid(VectorGridData=b"\0" * 1436), "expected 1440 bytes for 6 × 5 × 4 nodes, found 1436"),
    "bytes too many": (setGrid(VectorGridData=b"\0" * 1452), "found 1452"),
    "no vectors": (setGrid(VectorGridData=ABSENT), "expected 1440 bytes for 6 × 5 × 4 nodes, found 0"),
    "no nodes": (setGrid(GridDimensions=[6, 0, 4]), "expected 3 numbers of nodes, found 6 0 4"),
    "two sizes": (setGrid(GridDimensions=[6, 20]), "expected 3 finite numbers, found 6 20"),
    "huge": (setGrid(GridDimensions=[4294967295] * 3), "expected at most 357913941 nodes"),
    "too large for its bytes": (setGrid(GridDimensions=[710, 710, 710]), "expected 4294932000 bytes"),
    "no resolution": (setGrid(GridResolution=ABSENT), "expected 3 finite numbers, found None"),
    "endless resolution": (setGrid(GridResolution=[2.0, np.inf, 2.0]), "expected 3 finite numbers"),
    "negative resolution": (setGrid(GridResolution=[2.0, -2.0, 2.0]), "expected 3 sizes above 0 mm"),
    "axes not of unit length": (setGrid(ImageOrientationPatient=[1.1, 0, 0, 0, 1, 0]), "expected unit vectors at a right angle"),
    "axes not at a right angle": (setGrid(ImageOrientationPatient=[1, 0, 0, 0.6, 0.8, 0]), "expected unit vectors"),
    "no axes": (setGrid(ImageOrientationPatient=ABSENT), "expected 6 direction cosines"),
    "no position": (setGrid(ImagePositionPatient=ABSENT), "expected 3 coordinates"),
    "no grid": (setSource(DeformableRegistrationGridSequence=ABSENT), "expected an item with a grid, found none in 2"),
    "two grids": (twoGrids, "expected 1 grid, found 2"),
    "two matrices": (setSource(PreDeformationMatrixRegistrationSequence=[declared(PRE), declared(PRE)]), "expected 1 item, found 2"),
    "no source frame": (setSource(SourceFrameOfReferenceUID=ABSENT), "expected a UID, found none: DeformableRegistrationSequence"),
    "a source frame that is none": (setSource(SourceFrameOfReferenceUID="1." + "2" * 64), "expected a UID, found '1.2"),
    "no registered frame": (lambda one: changed(one, {"FrameOfReferenceUID": ABSENT}), "names the registered frame"),
    "no items": (lambda one: changed(one, {"DeformableRegistrationSequence": []}), "expected an item with a grid"),
    "nothing deformable": (lambda one: changed(one, {"DeformableRegistrationSequence": ABSENT}), "expected a deformable registration"),
    "matrix of 12": (setSource(**pre(PRE[:12])), "expected 16 values, found 12"),
    "last row": (setSource(**pre((*PRE[:12], 0, 0, 1, 1))), "expected the last row 0 0 0 1"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("way", ["file", "data set"])
def test_what_is_no_registration_is_refused_in_one_line(name, way, tmp_path):
    spoil, message = BAD[name]
    dataset = Case(pre=PRE).dataset()
    with disable_value_validation():
        spoil(dataset)
    read, given = deformableRegistrationFromDataset, dataset
    if way == "file":
        read, given = deformableRegistrationFromFile, written(dataset, tmp_path)
    with pytest.raises(MalformedObjectError, match=message) as refusal:
        read(given)
    assert "\n" not in str(refusal.value)
    assert "Case" not in str(refusal.value)


@pytest.mark.parametrize(("matrix", "kind"), [(MIRROR, "a mirror"), (FLAT, "singular")])
@pytest.mark.parametrize("keyword", ["Pre", "Post"])
def test_a_mirror_or_singular_matrix_is_refused(matrix, kind, keyword):
    dataset = Case().dataset()
    name = f"{keyword}DeformationMatrixRegistrationSequence"
    changed(sourceItem(dataset), {name: [declared(matrix)]})
    with pytest.raises(NotInvertibleError, match=f"the matrix is {kind}.*{name}"):
        deformableRegistrationFromDataset(dataset)


def test_the_registered_frame_is_not_mapped_onto_itself_by_a_matrix():
    dataset = Case().dataset()
    registered = dataset.DeformableRegistrationSequence[0]
    changed(registered, pre(IDENTITY))
    assert deformableRegistrationFromDataset(dataset).registeredItems
    changed(registered, pre(PRE))
    with pytest.raises(FrameOfReferenceError, match="mapped onto itself"):
        deformableRegistrationFromDataset(dataset)


@pytest.mark.parametrize(
    "syntax",
    [ExplicitVRLittleEndian, ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian],
    ids=["explicit", "implicit", "deflated"],
)
def test_a_truncated_file_is_refused_wherever_it_ends(syntax, tmp_path):
    content = encoded(inSyntax(ANYTHING.dataset(), syntax))
    path = tmp_path / "cut.dcm"
    for end in range(132, len(content) - 1, 97):
        path.write_bytes(content[:end])
        with pytest.raises(MalformedObjectError):
            deformableRegistrationFromFile(path)


@pytest.mark.filterwarnings("ignore")  # of pydicom, on what it then reads in its own way
def test_random_bytes_in_a_file_never_end_in_another_error(tmp_path):
    content = encoded(ANYTHING.dataset())
    random = np.random.default_rng(11)
    path = tmp_path / "spoiled.dcm"
    refused = 0
    for _ in range(400):
        spoiled = bytearray(content)
        for place in random.integers(132, len(content), 3):
            spoiled[place] = random.integers(256)
        path.write_bytes(spoiled)
        try:
            deformableRegistrationFromFile(path)
        except (MalformedObjectError, FrameOfReferenceError, NotInvertibleError):
            refused += 1
    assert 0 < refused < 400


@pytest.mark.parametrize("content", [b"", b"no DICOM at all", b"\0" * 300])
def test_what_is_no_dicom_is_refused(content, tmp_path):
    path = tmp_path / "other.dcm"
    path.write_bytes(content)
    with pytest.raises(MalformedObjectError, match="expected a DICOM file"):
        deformableRegistrationFromFile(path)
    with pytest.raises(MalformedObjectError, match="found something else"):
        deformableRegistrationFromFile(tmp_path)
    with pytest.raises(MalformedObjectError, match="cannot read"):
        deformableRegistrationFromFile(tmp_path / "missing.dcm")


KNOWN = "aria-phantom-known-reg"


@pytest.mark.parametrize(
    ("file", "points", "within"),
    [
        ("plastimatch-1.9.4_dsro-gauss.dcm", "dsro-gauss", 1e-9),
        ("plastimatch-1.9.4_dsro-gauss-obliquegrid.dcm", "dsro-gauss-obliquegrid", 1e-5),
        ("pydicomrt-0.9.1_dsro-gauss-obliquegrid.dcm", "dsro-gauss-obliquegrid", 1e-6),
    ],
)
def test_objects_of_other_makers_give_the_known_answers(file, points, within):
    """The wider limits are those of the cosines' digits: 6 in one object, 7 of float32 in two."""
    folder = dataSet(f"peer-made/{KNOWN}")
    registration = deformableRegistrationFromFile(folder / file)
    probes = np.loadtxt(folder / f"{points}_probe_points.txt")
    found = registration.oneDeformation().mapped(probes[:, :3])
    assert not found.status.any()
    np.testing.assert_allclose(found.points, probes[:, 3:], atol=within, rtol=0)
    assert "one item" in [note.name for note in allNotes(registration)]


@pytest.mark.parametrize("maker", ["plastimatch-1.9.4", "pydicomrt-0.9.1"])
def test_the_lung_registrations_reach_their_target_registration_error(maker):
    folder = dataSet("peer-made/lung-repeat-ct-reg")
    native = dataSet("lung-repeat-ct-landmarks") / "native"
    fixed, moving = (
        np.loadtxt(native / f"{name}_point_set_corrected.txt", skiprows=2)
        for name in ("fixed", "moving")
    )
    assert len(fixed) == 51
    registration = deformableRegistrationFromFile(folder / f"{maker}_dsro-fullfield.dcm")
    found = registration.oneDeformation().mapped(fixed)
    assert not found.status.any()
    errors = np.linalg.norm(found.points - moving, axis=1)
    assert errors.mean() == pytest.approx(1.46, abs=0.005)
    assert np.median(errors) == pytest.approx(0.94, abs=0.005)
    assert errors.max() == pytest.approx(12.5, abs=0.05)
