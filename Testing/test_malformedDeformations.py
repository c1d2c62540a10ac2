"""What is no deformable registration is refused in one line, wherever it breaks off."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.config import disable_value_validation
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from builders import ABSENT, IDENTITY, changed
from deformationCases import PRE, Case, declared, encoded, gridOf
from IHERODeformationLib.reader import (
    deformableRegistrationFromDataset,
    deformableRegistrationFromFile,
)
from IHERORegistrationLib.errors import (
    FrameOfReferenceError,
    MalformedObjectError,
    NotInvertibleError,
)
from writtenDeformations import ANYTHING, inSyntax, pre, sourceItem, written


def setGrid(**values: object) -> Callable[[Dataset], object]:
    return lambda dataset: changed(gridOf(dataset), values)


def setSource(**values: object) -> Callable[[Dataset], object]:
    return lambda dataset: changed(sourceItem(dataset), values)


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
