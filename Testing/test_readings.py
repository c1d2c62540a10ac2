"""Readings of a registration other than the standard's are applied only by name."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from directedImages import FIRST, PRE, SECOND, TRUE, R, S, displacement, registration, rigid, turned
from IHERODeformationLib.deformation import DeformableTransform
from IHERODeformationLib.direction import directionProof
from IHERODeformationLib.readings import ReadingName, readingNames, readingOf
from IHERORegistrationLib.errors import FrameOfReferenceError
from IHERORegistrationLib.geometry import mapped
from IHERORegistrationLib.lattice import Lattice


def test_a_reading_is_applied_only_by_name_and_leaves_a_note():
    chosen = readingOf(TRUE, "vectors-turned")
    points = np.array([[-20.0, 15, 350], [33, -40, 371]])
    standard = readingOf(TRUE, "standard").reading.transform
    vectors = standard.grid.displacement(points)
    expected = mapped(PRE, points + vectors)
    np.testing.assert_allclose(chosen.reading.transform(points), expected, atol=1e-5)
    assert isinstance(chosen.reading.transform, DeformableTransform)
    assert chosen.note.repaired
    assert "M(x + v), chosen by the user" in str(chosen.note)
    assert "1.2.9" in chosen.note.location
    assert not readingOf(TRUE, "standard").note.repaired


def test_vectors_in_voxels_go_along_the_axes_of_their_grid():
    axes = turned(31, (2, 1, 5), (0, 0, 0))[:3, :3]
    grid = Lattice.fromAxes((5, 6, 4), (-10, -10, 300), axes, (2, 3, 7))
    value = registration(np.broadcast_to([1.0, -0.5, 2.0], (*grid.shape, 3)), grid=grid)
    chosen = readingOf(value, ReadingName.VOXEL_VECTORS).reading.transform
    point = grid.center
    expected = mapped(PRE, point) + axes @ (2, -1.5, 14)
    np.testing.assert_allclose(chosen(point), expected, atol=1e-5)


def test_the_other_readings_are_what_their_names_say():
    both = rigid(FIRST, SECOND)
    points = np.array([[-20.0, 15, 350], [33, -40, 371]])

    def by(name):
        return readingOf(both, name).reading.transform(points)

    np.testing.assert_allclose(by("standard"), mapped(np.linalg.inv(SECOND @ FIRST), points))
    np.testing.assert_allclose(by("inverse"), mapped(SECOND @ FIRST, points))
    np.testing.assert_allclose(by("other-order"), mapped(np.linalg.inv(FIRST @ SECOND), points))
    np.testing.assert_allclose(by("identity"), points)
    there = readingOf(TRUE, "inverse").reading.transform
    assert (there.fromFrame, there.toFrame) == (R, S)
    here = there(mapped(PRE, points) + displacement(points))
    np.testing.assert_allclose(here, points, atol=0.5)  # between nodes the grid is linear


def test_a_reading_that_does_not_exist_is_refused():
    assert ReadingName.OTHER_ORDER not in readingNames(TRUE)
    with pytest.raises(ValueError, match="no reading other-order"):
        readingOf(TRUE, "other-order")
    with pytest.raises(ValueError, match="sideways"):
        readingOf(TRUE, "sideways")


def test_the_frame_must_be_one_that_the_registration_leads_to():
    with pytest.raises(FrameOfReferenceError, match=r"expected frame 1\.2\.77 .* found 1\.2\.3\.5"):
        readingOf(TRUE, "standard", "1.2.77")
    other = replace(TRUE.items[0], sourceFrame="1.2.3.6", number=3)
    several = replace(TRUE, items=(*TRUE.items, other))
    with pytest.raises(FrameOfReferenceError, match="expected one source frame"):
        readingNames(several)
    assert readingOf(several, "standard", "1.2.3.6").reading.transform.toFrame == "1.2.3.6"
    twice = replace(TRUE, items=(*TRUE.items, replace(other, sourceFrame=S)))
    with pytest.raises(FrameOfReferenceError, match="expected one deformation"):
        readingOf(twice, "standard")
    unequal = replace(rigid(FIRST), items=(*rigid(FIRST).items, *rigid(SECOND).items))
    with pytest.raises(FrameOfReferenceError, match="found 2 that differ"):
        readingNames(unequal)


def test_the_image_must_lie_in_the_registered_frame():
    series = SimpleNamespace(frame=S, modality="CT")
    with pytest.raises(FrameOfReferenceError, match="expected an image in the registered frame"):
        directionProof(TRUE, series, series)
