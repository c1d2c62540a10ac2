"""What is known to mean something else is read so where the user says it, and never unsaid."""

from __future__ import annotations

import numpy as np
import pytest

from deformationCases import CASES, Case
from IHERODeformationLib.chosenReading import registrationReadAs
from IHERODeformationLib.reader import deformableRegistrationFromDataset
from IHERODeformationLib.readings import ReadingName
from IHERORegistrationLib.registration import RegistrationItem, SpatialRegistration
from IHERORegistrationLib.usedRegistrations import readingRemarks

CASE = CASES["both"]
TURNED = np.array([[0, -1, 0, 40], [1, 0, 0, -7], [0, 0, 1, 300], [0, 0, 0, 1.0]])
SHIFTED = np.array([[1, 0, 0, 5], [0, 1, 0, -6], [0, 0, 1, 7], [0, 0, 0, 1.0]])


def rigid(*matrices):
    items = (
        RegistrationItem(1, "R", (), (np.eye(4),), ("RIGID",)),
        RegistrationItem(2, "S", (), matrices, ("RIGID",) * len(matrices)),
    )
    return SpatialRegistration("1.2.3", "R", items)


def deformable():
    return deformableRegistrationFromDataset(CASE.dataset())


def test_vectors_turned_by_the_matrix_before_them():
    read = registrationReadAs(deformable(), ReadingName.VECTORS_TURNED)
    points = CASE.randomPoints(100)
    one = deformable().oneDeformation()
    moved = points + one.grid.displacement(points)
    expected = moved @ one.pre[:3, :3].T + one.pre[:3, 3]
    expected = expected @ one.post[:3, :3].T + one.post[:3, 3]
    np.testing.assert_allclose(read.transforms[0](points), expected, atol=1e-5)
    assert len(read.items) == len(deformable().items)


def test_vectors_in_voxels():
    case = CASES["oblique"]
    value = deformableRegistrationFromDataset(case.dataset())
    read = registrationReadAs(value, ReadingName.VOXEL_VECTORS)
    points = case.randomPoints(100)
    voxels = case.expected(points) - points
    expected = points + (voxels * case.spacing) @ case.axes.T
    np.testing.assert_allclose(read.transforms[0](points), expected, atol=1e-5)


def test_the_opposite_direction_of_a_deformation_swaps_its_frames():
    value = deformable()
    read = registrationReadAs(value, ReadingName.INVERSE)
    (there,), (back,) = value.transforms, read.transforms
    assert (back.fromFrame, back.toFrame) == (there.toFrame, there.fromFrame)
    points = CASE.randomPoints(20)
    np.testing.assert_array_equal(back(points), there(points))


def test_the_opposite_direction_of_a_matrix():
    read = registrationReadAs(rigid(TURNED), ReadingName.INVERSE)
    np.testing.assert_allclose(read.transforms[0].matrix @ TURNED, np.eye(4), atol=1e-12)


def test_the_last_of_several_matrices_first():
    read = registrationReadAs(rigid(TURNED, SHIFTED), ReadingName.OTHER_ORDER)
    np.testing.assert_allclose(read.transforms[0].matrix, TURNED @ SHIFTED)


def test_the_choice_stays_with_the_registration():
    read = registrationReadAs(deformable(), ReadingName.VECTORS_TURNED)
    assert any("chosen by the user" in note.done for note in read.notes)
    (remark,) = readingRemarks([deformable(), read])
    assert "M(x + v), chosen by the user" in remark


@pytest.mark.parametrize("name", [ReadingName.STANDARD, ReadingName.OTHER_ORDER])
def test_what_is_no_other_reading_is_refused(name):
    with pytest.raises(ValueError, match="reading"):
        registrationReadAs(deformable(), name)


def test_coefficients_of_a_spline_where_the_grid_is_coarse():
    case = Case(spacing=(25.0, 30.0, 24.0), size=(6, 5, 4))
    value = deformableRegistrationFromDataset(case.dataset())
    read = registrationReadAs(value, ReadingName.SPLINE)
    index = np.random.default_rng(3).uniform((1, 1, 1), (4, 3, 2), (50, 3))
    points = case.pointsAt(index)
    # a B-spline gives back what is linear in its coefficients' places
    np.testing.assert_allclose(read.transforms[0](points), case.expected(points), atol=1e-3)


def test_a_fine_grid_holds_no_coefficients():
    with pytest.raises(ValueError, match="no reading"):
        registrationReadAs(deformable(), ReadingName.SPLINE)
