"""Deformable Spatial Registrations are written so that everybody reads what was meant."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from pydicom import dcmread
from scipy.spatial.transform import Rotation

from builders import CT_FRAME, MR_FRAME, PET_FRAME, QUARTER_X, STUDY
from deformationCases import CASES, POST, PRE, Case, asRead
from IHERODeformationLib.deformableRegistration import (
    DeclaredMatrix,
)
from IHERODeformationLib.displacementGrid import DisplacementGrid
from IHERODeformationLib.reader import (
    deformableRegistrationFromDataset,
    deformableRegistrationFromFile,
)
from IHERODeformationLib.vectorStream import VectorStream
from IHERODeformationLib.writer import (
    DeformationForm,
    datasetFromDeformableRegistration,
    saveDeformableRegistration,
)
from IHERORegistrationLib.errors import FileExistsRefusal, NonconformantError, NotRigidError
from IHERORegistrationLib.profiles.selection import conformanceFindings
from IHERORegistrationLib.registration import allNotes
from IHERORegistrationLib.rules import Role
from IHERORegistrationLib.saving import SavingError
from savedDeformations import (
    NOW,
    VECTORS,
    answer,
    lattice,
    made,
    registrationOf,
    saved,
    withGrid,
    writtenVectors,
)
from testData import dataSet


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
    """Also where the source images belong to another study."""
    case = CASES[name] if name != "undefined nodes" else Case(undefined=((2, 1, 1),))
    registration = registrationOf(case)
    assert dciodvfy(saved(made(registration, form=form), tmp_path)) == []
    fixed, moving = registration.series
    apart = replace(registration, series=(fixed, replace(moving, studyInstanceUID="2.25.77.9")))
    assert dciodvfy(saved(made(apart, form=form), tmp_path / "apart")) == []


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


def test_the_object_itself_can_be_the_template_of_its_normalized_copy(tmp_path, dciodvfy):
    case = CASES["both"]
    original = asRead(case.dataset())
    registration = deformableRegistrationFromDataset(original)
    dataset = datasetFromDeformableRegistration(registration, original, created=NOW)
    path = saved(dataset, tmp_path)
    assert dciodvfy(path) == []
    assert dataset.StudyInstanceUID == original.StudyInstanceUID
    assert dataset.PatientName == original.PatientName
    assert dataset.SOPInstanceUID != original.SOPInstanceUID
    points = case.randomPoints()
    np.testing.assert_allclose(answer(path, points), case.expected(points), rtol=0, atol=1e-6)


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


def test_checks_leave_the_vectors_where_they_begin(tmp_path):
    dataset = made(registrationOf(Case()))
    stream = dataset.DeformableRegistrationSequence[1].DeformableRegistrationGridSequence[0]
    conformanceFindings(dataset, ("DICOM",), Role.PRODUCER)
    assert stream.VectorGridData.tell() == 0


def test_a_file_can_be_written_over_the_one_its_vectors_lie_in(tmp_path):
    path = saved(made(registrationOf(Case())), tmp_path)
    again = made(deformableRegistrationFromFile(path))
    saveDeformableRegistration(again, path, force=True)
    assert writtenVectors(path) == Case().vectors.tobytes()


KILLED = """
import sys, time
from pathlib import Path
from pydicom import dcmread
from IHERODeformationLib.reader import deformableRegistrationFromFile
from IHERODeformationLib.vectorStream import VectorStream
from IHERODeformationLib.writer import datasetFromDeformableRegistration
from IHERODeformationLib.writer import saveDeformableRegistration
from datetime import datetime

def parts(stream):
    yield bytes(1 << 20)
    print("writing", flush=True)
    time.sleep(60)

VectorStream.parts = parts
registration = deformableRegistrationFromFile(Path(sys.argv[1]))
dataset = datasetFromDeformableRegistration(
    registration, dcmread(sys.argv[1]), created=datetime.now()
)
saveDeformableRegistration(dataset, Path(sys.argv[2]))
"""


def test_a_killed_export_leaves_nothing_of_that_name(tmp_path):
    path = saved(made(registrationOf(Case())), tmp_path)
    folder = tmp_path / "new"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    arguments = [sys.executable, "-c", KILLED, str(path), str(folder / "new.dcm")]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout.readline() == b"writing\n"
        process.kill()
    assert [one.name[:12] for one in folder.iterdir()] == [".unfinished-"]


OBLIQUE_AXES = np.stack([(0.96, 0.28, 0), (-0.168, 0.576, 0.8), (0.224, -0.768, 0.6)], axis=1)


@pytest.mark.parametrize(
    "axes",
    [OBLIQUE_AXES * (1, 1, -1), OBLIQUE_AXES[:, [1, 0, 2]], OBLIQUE_AXES + np.eye(3) * 1e-3],
    ids=["k backwards", "left-handed", "sheared"],
)
def test_nodes_that_would_move_are_refused(axes):
    grid = DisplacementGrid(lattice((3, 4, 5), axes), VECTORS)
    with pytest.raises(NonconformantError, match="would move nodes by"):
        made(withGrid(grid))


def test_nodes_stay_where_they_are_with_axes_of_no_short_decimals(tmp_path):
    """Also with axes rounded to 6 digits, as others write them."""
    turn = Rotation.from_euler("xyz", (11, -23, 37), degrees=True).as_matrix()
    rounded = np.round(turn, 6)
    rounded[:, 2] = np.cross(rounded[:, 0], rounded[:, 1])
    for number, axes in enumerate((turn, rounded)):
        before = lattice((300, 4, 5), axes)
        vectors = np.broadcast_to(np.float32(2), (5, 4, 300, 3))
        dataset = made(withGrid(DisplacementGrid(before, vectors)))
        path = saveDeformableRegistration(dataset, tmp_path / f"{number}.dcm")
        after = deformableRegistrationFromFile(path).oneDeformation().grid.lattice
        np.testing.assert_allclose(after.corners, before.corners, rtol=0, atol=1e-9)
        values = dcmread(path).DeformableRegistrationSequence[1]
        cosines = values.DeformableRegistrationGridSequence[0].ImageOrientationPatient
        assert all(len(str(one)) <= 16 for one in cosines)


def test_a_matrix_of_few_digits_becomes_a_rotation_and_no_point_moves(tmp_path):
    matrix = np.round(np.reshape(PRE, (4, 4)), 4)
    case = Case(pre=tuple(matrix.ravel()), undefined=((2, 1, 1),))
    path = saved(made(registrationOf(case)), tmp_path)
    (holder,) = dcmread(path).DeformableRegistrationSequence[1][
        "PreDeformationMatrixRegistrationSequence"
    ]
    values = np.array(holder.FrameOfReferenceTransformationMatrix, float).reshape(4, 4)[:3, :3]
    np.testing.assert_allclose(values.T @ values, np.eye(3), rtol=0, atol=1e-12)
    assert np.abs(values - matrix[:3, :3]).max() > 1e-7
    points = case.randomPoints()
    defined = ~case.touchesUndefined(points)
    transform = deformableRegistrationFromFile(path).oneDeformation()
    np.testing.assert_allclose(
        transform(points)[defined], case.expected(points)[defined], rtol=0, atol=1e-6
    )


@pytest.mark.parametrize("matrix", [np.diag([1, 1, 1.02, 1]), np.diag([1, -1, 1, 1])])
def test_a_matrix_that_is_not_rigid_is_refused_with_advice(matrix):
    grid = DisplacementGrid(lattice((3, 4, 5)), VECTORS)
    with pytest.raises(NotRigidError, match="take the nearest rigid motion out of the vectors"):
        made(withGrid(grid, pre=DeclaredMatrix(matrix, "")))


def test_one_item_says_the_same(tmp_path):
    case = Case(pre=PRE, post=QUARTER_X)
    path = saved(made(registrationOf(case), form=DeformationForm.ONE_ITEM), tmp_path)
    (item,) = dcmread(path).DeformableRegistrationSequence
    assert item.SourceFrameOfReferenceUID == MR_FRAME
    points = case.randomPoints()
    np.testing.assert_allclose(answer(path, points), case.expected(points), rtol=0, atol=1e-6)


def test_one_grid_holds_all_motion_for_who_knows_no_matrix(tmp_path):
    case = Case(pre=PRE, post=QUARTER_X, spacing=(2.0, 2.5, 3.0))
    path = saved(made(registrationOf(case), form=DeformationForm.ONE_GRID), tmp_path)
    (item,) = dcmread(path).DeformableRegistrationSequence
    (grid,) = item.DeformableRegistrationGridSequence
    vectors = np.frombuffer(grid.VectorGridData, "<f4").reshape(case.vectors.shape)
    nodes = case.pointsAt(np.indices(case.size[::-1])[::-1].transpose(1, 2, 3, 0))
    np.testing.assert_allclose(nodes + vectors, case.expected(nodes), rtol=0, atol=1e-4)
    for sequence in ("Pre", "Post"):
        (holder,) = item[f"{sequence}DeformationMatrixRegistrationSequence"].value
        matrix = np.array(holder.FrameOfReferenceTransformationMatrix, float).reshape(4, 4)
        assert np.array_equal(matrix, np.eye(4))


def test_one_grid_wants_the_axes_of_the_patient():
    with pytest.raises(NonconformantError, match="along the patient's axes"):
        made(registrationOf(CASES["oblique"]), form=DeformationForm.ONE_GRID)


def test_an_object_tells_one_way_only():
    registration = registrationOf(Case())
    other = replace(registration.items[1], sourceFrame=PET_FRAME, grid=None)
    with pytest.raises(NonconformantError, match="write one object for each source"):
        made(replace(registration, items=(*registration.items, other)))


def test_a_missing_registered_item_is_made(tmp_path):
    path = saved(made(registrationOf(CASES["one item"])), tmp_path)
    registered, _ = dcmread(path).DeformableRegistrationSequence
    assert registered.SourceFrameOfReferenceUID == CT_FRAME
    assert registered.RegistrationTypeCodeSequence[0].CodeValue == "125021"
    assert "ReferencedImageSequence" not in registered


@pytest.mark.parametrize("text", ["x" * 65, "two\nlines", "a\\b"])
def test_texts_that_do_not_fit_are_refused(text):
    registration = registrationOf(Case())
    registered, source = registration.items
    with pytest.raises(NonconformantError, match="comment of at most 64 characters"):
        made(replace(registration, items=(registered, replace(source, comment=text))))
    with pytest.raises(NonconformantError, match="description of at most 64 characters"):
        made(replace(registration, description=text))


def test_an_existing_file_stays_unless_force_is_given(tmp_path):
    dataset = made(registrationOf(Case()))
    path = saved(dataset, tmp_path)
    content = path.read_bytes()
    with pytest.raises(FileExistsRefusal):
        saved(dataset, tmp_path)
    assert path.read_bytes() == content
    saveDeformableRegistration(dataset, path, force=True)


@pytest.mark.parametrize("reason", [KeyboardInterrupt, MemoryError, OSError(28, "No space left")])
def test_what_stops_midway_leaves_nothing(reason, tmp_path, monkeypatch):
    dataset = made(registrationOf(Case()))

    def parts(stream: VectorStream) -> Iterator[bytes]:
        yield bytes(50)
        raise reason

    monkeypatch.setattr(VectorStream, "parts", parts)
    expected = SavingError if isinstance(reason, OSError) else reason
    with pytest.raises(expected):
        saved(dataset, tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []
    path = tmp_path / "deformation.dcm"
    path.write_bytes(b"old")
    with pytest.raises(expected):
        saveDeformableRegistration(dataset, path, force=True)
    assert path.read_bytes() == b"old"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["deformation.dcm", "new"]


@pytest.mark.parametrize(
    "name",
    [
        "aria-phantom-known-reg/plastimatch-1.9.4_dsro-gauss.dcm",
        "aria-phantom-known-reg/plastimatch-1.9.4_dsro-gauss-obliquegrid.dcm",
        "aria-phantom-known-reg/pydicomrt-0.9.1_dsro-gauss-obliquegrid.dcm",
        "lung-repeat-ct-reg/pydicomrt-0.9.1_dsro-fullfield.dcm",
    ],
)
def test_objects_of_others_are_written_conformant_and_say_the_same(name, tmp_path, dciodvfy):
    folder, file = name.split("/")
    path = dataSet(f"peer-made/{folder}") / file
    original = dcmread(path)
    registration = replace(
        deformableRegistrationFromFile(path), label="AGAIN", description="written again"
    )
    dataset = datasetFromDeformableRegistration(registration, original, created=NOW)
    again = saved(dataset, tmp_path)
    assert dciodvfy(again) == []
    (item,) = original.DeformableRegistrationSequence
    assert writtenVectors(again) == item.DeformableRegistrationGridSequence[0].VectorGridData
    before = registration.oneDeformation()
    corners = before.grid.lattice.corners
    points = np.random.default_rng(2).uniform(corners.min(axis=0), corners.max(axis=0), (500, 3))
    after = deformableRegistrationFromFile(again, strict=True).oneDeformation()
    np.testing.assert_allclose(after(points), before(points), rtol=0, atol=1e-6)
