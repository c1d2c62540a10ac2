"""Deformable Spatial Registrations are written so that everybody reads what was meant."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread

from builders import CT_FRAME, MR_FRAME, STUDY, ctSeries
from deformationCases import CASES, POST, PRE, Case, asRead
from IHERODeformationLib.deformableRegistration import DeformableSpatialRegistration
from IHERODeformationLib.reader import (
    allNotes,
    deformableRegistrationFromDataset,
    deformableRegistrationFromFile,
)
from IHERODeformationLib.writer import (
    DeformationForm,
    datasetFromDeformableRegistration,
    saveDeformableRegistration,
)

NOW = datetime(2024, 5, 6, 7, 8, 9)


def registrationOf(case: Case) -> DeformableSpatialRegistration:
    return deformableRegistrationFromDataset(asRead(case.dataset()))


def made(registration: DeformableSpatialRegistration, **options) -> Dataset:
    return datasetFromDeformableRegistration(registration, ctSeries()[0], created=NOW, **options)


def saved(dataset: Dataset, folder: Path) -> Path:
    return saveDeformableRegistration(dataset, folder / "deformation.dcm")


def answer(path: Path, points: np.ndarray) -> np.ndarray:
    """The points by pydicom and numpy alone, by PS3.3 C.20.3.1.1; NaN near undefined nodes."""
    dataset = dcmread(path)
    (item,) = [
        one
        for one in dataset.DeformableRegistrationSequence
        if "DeformableRegistrationGridSequence" in one
    ]
    (grid,) = item.DeformableRegistrationGridSequence
    size = np.array(grid.GridDimensions)
    vectors = np.frombuffer(grid.VectorGridData, "<f4").reshape(*size[::-1], 3)
    row, column = np.array(grid.ImageOrientationPatient, float).reshape(2, 3)
    axes = np.stack([row, column, np.cross(row, column)], axis=1) * grid.GridResolution
    index = (points - np.array(grid.ImagePositionPatient, float)) @ np.linalg.inv(axes).T
    low = np.clip(np.floor(index).astype(int), 0, np.maximum(size - 2, 0))
    moved = np.zeros(points.shape)
    for corner in np.ndindex(2, 2, 2):
        node = np.minimum(low + corner, size - 1)
        weight = np.where(corner, index - low, 1 - (index - low)).prod(axis=-1)[..., None]
        moved += weight * vectors[node[..., 2], node[..., 1], node[..., 0]]
    for sequence, before in (("Pre", points), ("Post", None)):
        (holder,) = item[f"{sequence}DeformationMatrixRegistrationSequence"].value
        matrix = np.array(holder.FrameOfReferenceTransformationMatrix, float).reshape(4, 4)
        start = before if before is not None else moved
        moved = start @ matrix[:3, :3].T + matrix[:3, 3] + (moved if sequence == "Pre" else 0)
    return moved


@pytest.mark.parametrize("name", CASES)
def test_points_go_where_they_went_for_our_reader_and_for_others(name, tmp_path):
    case = CASES[name]
    path = saved(made(registrationOf(case)), tmp_path)
    points = case.randomPoints()
    defined = ~case.touchesUndefined(points)
    expected = case.expected(points)[defined]
    transform = deformableRegistrationFromFile(path, strict=True).oneDeformation()
    np.testing.assert_allclose(transform(points)[defined], expected, rtol=0, atol=1e-6)
    np.testing.assert_allclose(answer(path, points)[defined], expected, rtol=0, atol=1e-6)
    assert np.isnan(transform(points)[~defined]).all()


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.post is None])
def test_vectors_come_back_bit_for_bit_where_nothing_turns_them(name, tmp_path):
    case = CASES[name]
    registration = registrationOf(case)
    before = registration.oneDeformation()
    again = deformableRegistrationFromFile(saved(made(registration), tmp_path)).oneDeformation()
    assert again.grid.vectors.tobytes() == case.vectors.tobytes()
    np.testing.assert_allclose(again.pre, before.pre, rtol=0, atol=1e-12)


@pytest.mark.parametrize("form", DeformationForm)
@pytest.mark.parametrize("name", ["pre", "post", "undefined nodes"])
def test_the_validator_finds_no_error(name, form, tmp_path, dciodvfy):
    case = CASES[name] if name != "undefined nodes" else Case(undefined=((2, 1, 1),))
    assert dciodvfy(saved(made(registrationOf(case), form=form), tmp_path)) == []


def test_the_object_says_what_drro_asks(tmp_path):
    dataset = dcmread(saved(made(registrationOf(Case(pre=PRE, post=POST))), tmp_path))
    registered, source = dataset.DeformableRegistrationSequence
    assert dataset.FrameOfReferenceUID == registered.SourceFrameOfReferenceUID == CT_FRAME
    assert source.SourceFrameOfReferenceUID == MR_FRAME
    assert dataset.StudyInstanceUID == STUDY
    assert dataset.ContentDate == "20240506"
    assert [len(one.ReferencedImageSequence) for one in (registered, source)] == [4, 3]
    methods = [one.RegistrationTypeCodeSequence[0] for one in (registered, source)]
    assert [one.CodeValue for one in methods] == ["125021", "125024"]
    for keyword in (
        "PreDeformationMatrixRegistrationSequence",
        "PostDeformationMatrixRegistrationSequence",
        "DeformableRegistrationGridSequence",
    ):
        assert keyword not in registered
        assert len(source[keyword].value) == 1
    post = source.PostDeformationMatrixRegistrationSequence[0]
    matrix = np.array(post.FrameOfReferenceTransformationMatrix, float)
    assert np.array_equal(matrix.reshape(4, 4), np.eye(4))
    assert post.FrameOfReferenceTransformationMatrixType == "RIGID"
    for keyword in (
        "Manufacturer",
        "ManufacturerModelName",
        "DeviceSerialNumber",
        "SoftwareVersions",
    ):
        assert dataset[keyword].value


def test_a_round_trip_loses_nothing_that_the_object_says(tmp_path):
    first = registrationOf(Case(pre=PRE))
    again = deformableRegistrationFromFile(saved(made(first), tmp_path), strict=True)
    assert [note.name for note in allNotes(again)] == ["rotation before the vectors"]
    assert again.series == first.series
    assert (again.label, again.description) == (first.label, first.description)
    for one, other in zip(first.items, again.items, strict=True):
        assert (one.sourceFrame, one.images, one.method, one.comment) == (
            other.sourceFrame, other.images, other.method, other.comment,
        )  # fmt: skip


def test_the_vectors_are_not_copied():
    registration = registrationOf(Case())
    dataset = made(registration)
    stream = dataset.DeformableRegistrationSequence[1].DeformableRegistrationGridSequence[0]
    assert np.shares_memory(
        stream.VectorGridData.vectors, registration.oneDeformation().grid.vectors
    )
    again = deformableRegistrationFromDataset(dataset)
    assert np.shares_memory(
        again.oneDeformation().grid.vectors, registration.oneDeformation().grid.vectors
    )


def test_pydicom_can_write_the_data_set_as_well(tmp_path):
    dataset = made(registrationOf(Case(pre=PRE)))
    dataset.save_as(tmp_path / "theirs.dcm", enforce_file_format=True)
    theirs, ours = dcmread(tmp_path / "theirs.dcm"), dcmread(saved(dataset, tmp_path))
    assert theirs == ours
