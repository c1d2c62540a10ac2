"""Each known dialect is recognized on its own object, and read as its row says."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pydicom import Dataset

from builders import ABSENT, changed, ds, item
from deformationCases import CASES, POST, PRE, Case, asRead, declared, gridOf
from IHERODeformationLib.deformationNotes import contentNotes
from IHERODeformationLib.dialects import DIALECTS
from IHERODeformationLib.displacementGrid import DisplacementGrid
from IHERODeformationLib.gridContent import gridContent
from IHERODeformationLib.reader import deformableRegistrationFromDataset
from IHERORegistrationLib.registration import allNotes

CASE = Case(pre=PRE)
MATRIX = "FrameOfReferenceTransformationMatrix"


def source(dataset: Dataset) -> Dataset:
    return dataset.DeformableRegistrationSequence[-1]


def thePre(dataset: Dataset) -> Dataset:
    return source(dataset).PreDeformationMatrixRegistrationSequence[0]


def root(**values: object) -> Callable[[Dataset], object]:
    return lambda dataset: changed(dataset, values)


def unordered(dataset: Dataset) -> Dataset:
    tags = list(dataset.keys())
    dataset._dict = {tag: dataset._dict[tag] for tag in [tags[1], tags[0], *tags[2:]]}
    return dataset


def longStrings(dataset: Dataset) -> Dataset:
    dataset.add_new(MATRIX, "DS", ds(PRE))
    dataset[MATRIX].value = None
    dataset[MATRIX]._value = ["0.98480775301221000000", *ds(PRE)[1:]]
    return dataset


MADE: dict[str, Callable[[Dataset], object]] = {
    "no transfer syntax": lambda one: one.file_meta.__delattr__("TransferSyntaxUID"),
    "deformation in another class": root(SOPClassUID="1.2.840.10008.5.1.4.1.1.66.1"),
    "unordered tags": unordered,
    "large grid": lambda one: changed(
        gridOf(one),
        {"GridDimensions": [256, 256, 150], "VectorGridData": bytes(256 * 256 * 150 * 12)},
    ),
    "maybe vectors in voxels": root(Manufacturer="ImSimQA"),
    "maybe rigid part in vectors": root(Manufacturer="MIM Software Inc."),
    "other readers use M(x + v)": root(ManufacturerModelName="Velocity"),
    "exporter known to swap": root(Manufacturer="3D Slicer", ManufacturerModelName="SlicerRT"),
    "one item": lambda one: one.DeformableRegistrationSequence.pop(0),
    "vectors as bytes": lambda one: setattr(gridOf(one)["VectorGridData"], "VR", "OB"),
    "no matrix type": lambda one: changed(thePre(one), {f"{MATRIX}Type": ABSENT}),
    "unknown matrix type": lambda one: changed(thePre(one), {f"{MATRIX}Type": "HOMOGENEOUS"}),
    "long decimal strings": lambda one: longStrings(thePre(one)),
    "method elsewhere": lambda one: changed(
        source(one), {"RegistrationTypeCodeSequence": ABSENT, "CodeValue": "125024"}
    ),
    "method without a code": lambda one: changed(
        source(one), {"RegistrationTypeCodeSequence": [item(CodeMeaning="")]}
    ),
    "empty sequence": lambda one: changed(
        source(one), {"PostDeformationMatrixRegistrationSequence": []}
    ),
    "maybe spline coefficients": lambda one: changed(
        gridOf(one), {"GridResolution": [30.0, 30.0, 25.0]}
    ),
    "empty image list": lambda one: changed(source(one), {"ReferencedImageSequence": []}),
    "images directly under series": lambda one: changed(
        one.ReferencedSeriesSequence[0],
        {
            "ReferencedImageSequence": one.ReferencedSeriesSequence[0].ReferencedInstanceSequence,
            "ReferencedInstanceSequence": ABSENT,
        },
    ),
    "retired frame relationship": root(FrameOfReferenceRelationshipSequence=[item()]),
}


def test_every_dialect_has_its_object():
    assert list(MADE) == [dialect.name for dialect in DIALECTS]


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda one: one.name)
def test_a_dialect_is_met_on_its_object_and_only_there(dialect):
    made = CASE.dataset()
    if dialect.name in ("unordered tags", "no transfer syntax"):
        made = asRead(made)
    assert not list(dialect.recognize(made))
    MADE[dialect.name](made)
    registration = deformableRegistrationFromDataset(made)
    (note,) = [one for one in allNotes(registration) if one.name == dialect.name]
    assert (note.done, note.repaired) == (dialect.reading, dialect.repaired)
    assert note.location
    assert note.found


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda one: one.name)
def test_no_dialect_changes_where_points_go(dialect):
    if dialect.name in ("maybe spline coefficients", "large grid"):
        return  # whose objects have another grid
    made = CASE.dataset()
    MADE[dialect.name](made)
    points = CASE.randomPoints(50)
    transform = deformableRegistrationFromDataset(made).oneDeformation()
    np.testing.assert_allclose(transform(points), CASE.expected(points), atol=1e-9)


def names(dataset: Dataset) -> list[str]:
    return [note.name for note in allNotes(deformableRegistrationFromDataset(asRead(dataset)))]


def test_private_elements_are_passed_in_silence():
    dataset = Case().dataset()
    block = source(dataset).private_block(0x3751, "A MAKER", create=True)
    block.add_new(1, "UN", b"\1\2\3\4")
    assert names(dataset) == []


def test_a_matrix_after_the_vectors_is_told():
    assert names(Case(post=POST).dataset()) == ["matrix after the vectors"]


def test_a_rotation_before_the_vectors_is_told_with_its_worst_gap():
    registration = deformableRegistrationFromDataset(CASE.dataset())
    (note,) = allNotes(registration)
    assert note.name == "rotation before the vectors"
    assert "1.74 mm for a vector of 10 mm" in note.done  # 2 · 10 mm · sin 5°


def test_a_shift_before_the_vectors_needs_no_remark():
    assert names(Case(pre=(1, 0, 0, 9, 0, 1, 0, 8, 0, 0, 1, -7, 0, 0, 0, 1)).dataset()) == []


def test_the_order_of_items_is_told_and_not_used():
    assert "registered item not first" in names(CASES["source first"].dataset())


def test_an_object_without_an_item_of_its_frame_says_so():
    dataset = Case().dataset()
    dataset.DeformableRegistrationSequence[0].SourceFrameOfReferenceUID = "1.2.3"
    assert names(dataset) == ["no registered item"]


def test_a_label_that_the_matrix_does_not_keep_is_told():
    scaled = (1.05, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1)
    dataset = Case(pre=scaled).dataset()
    registration = deformableRegistrationFromDataset(dataset)
    note = next(one for one in allNotes(registration) if one.name == "not rigid")
    assert "PreDeformationMatrixRegistrationSequence[1]" in note.location
    shift = (1, 0, 0, 9, 0, 1, 0, 8, 0, 0, 1, -7, 0, 0, 0, 1)
    source(dataset).PreDeformationMatrixRegistrationSequence = [declared(shift, "AFFINE")]
    assert names(dataset) == ["looser type than needed"]


def test_rounded_axes_are_applied_as_stored():
    cosines = (0.894427, -0.447214, 0, 0.447214, 0.894427, 0)
    case = Case(orientation=cosines)
    assert names(case.dataset()) == []
    rough = Case(orientation=(0.8944, -0.4472, 0, 0.4472, 0.8944, 0))
    assert names(rough.dataset()) == []
    skewed = Case(orientation=(0.8944, -0.4472, 0, 0.4473, 0.8944, 0))
    assert names(skewed.dataset()) == ["rounded axes"]


def grid(**nodes: tuple[float, float, float]) -> DisplacementGrid:
    case = CASES["oblique"]
    vectors = np.full((4, 5, 6, 3), 0.01, np.float32)
    for name, vector in nodes.items():
        vectors[tuple(map(int, name.strip("n").split("_")))] = vector
    lattice = deformableRegistrationFromDataset(case.dataset()).oneDeformation().grid.lattice
    return DisplacementGrid(lattice, vectors)


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        ({"n1_2_3": (1, -2, 2)}, []),
        ({}, ["moves nothing"]),
        ({"n1_2_3": (80, 60, 1)}, ["long vectors"]),
        ({"n1_2_3": (np.nan, 60, 1)}, ["partly undefined vectors", "moves nothing"]),
        ({"n1_2_3": (np.inf, 6, 1), "n0_0_0": (5, 0, 0)}, ["infinite vectors"]),
    ],
)
def test_what_the_vectors_hold_is_told_after_they_were_looked_at(nodes, expected):
    notes = contentNotes(gridContent(grid(**nodes)), "DeformableRegistrationGridSequence[1]")
    assert [note.name for note in notes] == expected


def test_a_grid_without_any_defined_vector_says_so():
    empty = grid()
    nothing = DisplacementGrid(empty.lattice, np.full((4, 5, 6, 3), np.nan, np.float32))
    assert [note.name for note in contentNotes(gridContent(nothing), "x")] == ["nothing defined"]
