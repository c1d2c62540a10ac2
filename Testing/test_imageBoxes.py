"""Boxes of images and grids: whether they meet, and how much of one lies beyond the other."""

from __future__ import annotations

import numpy as np
import pytest

import builders
from IHERORegistrationLib.checks.imageBoxes import ImageBox, boxesOverlap, imageBoxes, partBeyond
from IHERORegistrationLib.lattice import Lattice

TURN_Z = np.array([[0.6, -0.8, 0], [0.8, 0.6, 0], [0, 0, 1]])


def lattice(size, origin, spacing=(1.0, 1.0, 1.0), directions=None) -> Lattice:
    axes = np.eye(3) if directions is None else directions
    return Lattice.fromAxes(size, np.array(origin, float), axes, np.array(spacing))


def test_the_box_of_a_series_reaches_to_the_borders_of_its_voxels():
    (box,) = imageBoxes(reversed(builders.ctSeries()))
    low, high = box.points(np.array([[0, 0, 0], [1, 1, 1]]))
    np.testing.assert_allclose(low, (-71, 29, 108.5))
    np.testing.assert_allclose(high, (-59, 39, 120.5))


def test_an_oblique_series_has_an_oblique_box():
    (box,) = imageBoxes(builders.mrSeries())
    np.testing.assert_allclose(np.linalg.norm(box.edges, axis=0), (9, 6.25, 12))
    normal = np.array((0.224, -0.768, 0.6))
    np.testing.assert_allclose(box.edges[:, 2], 12 * normal, atol=1e-9)


def test_series_are_boxes_of_their_own_and_images_without_a_plane_none():
    bare = builders.ctSeries(1, ImagePositionPatient=builders.ABSENT, SeriesInstanceUID="2.25.1")
    assert len(imageBoxes([*builders.ctSeries(), *builders.petSeries(), *bare])) == 2


@pytest.mark.parametrize(("gap", "meets"), [(-0.01, True), (0.01, False)])
def test_boxes_that_nearly_touch_at_an_edge_are_told_apart(gap, meets):
    """The edge of a box turned by 53.13° comes to x = (4 + 3) / 5 · 5 = 7 of a cube of 10 mm."""
    cube = ImageBox.of(lattice((10, 10, 10), (0.5, 0.5, 0.5)))
    turned = lattice((5, 5, 8), (0, 0, 0), directions=TURN_Z)
    corner = ImageBox.of(turned)
    shift = np.eye(4)
    reach = corner.points(np.array([[0.0, 1, 0]]))[0]  # the corner with the least x
    shift[:3, 3] = np.array((10 + gap, 5, 1)) - reach
    assert boxesOverlap(cube, corner.through(shift)) is meets
    assert boxesOverlap(corner.through(shift), cube) is meets


def test_boxes_parted_only_by_a_plane_along_two_edges_do_not_meet():
    """Two long rods that pass each other askew: no face parts them."""
    one = ImageBox.of(lattice((100, 1, 1), (-49.5, 0, 0)))
    askew = np.array([[0.0, 0.8, 0.6], [0.6, -0.64, 0.48], [0.8, 0.48, -0.36]])
    rod = ImageBox.of(lattice((100, 1, 1), -49.5 * askew[:, 0], directions=askew))
    apart = np.eye(4)
    normal = np.cross((1, 0, 0), askew[:, 0])
    apart[:3, 3] = 1.5 * normal / np.linalg.norm(normal)
    assert boxesOverlap(one, rod)
    assert not boxesOverlap(one, rod.through(apart))


def test_the_part_beyond_a_grid_is_that_of_the_voxel_centers():
    image = ImageBox.of(lattice((64, 10, 10), (0, 0, 0)))  # centers from 0 to 63 mm
    grid = lattice((64, 3, 3), (-0.25, 0, 0), (1.0, 5.0, 5.0))
    assert partBeyond(image, grid) == 0  # half a voxel of the grid beyond its last node counts
    half = lattice((32, 3, 3), (0, 0, 0), (1.0, 5.0, 5.0))  # inside up to 31.5 mm, the middle
    assert partBeyond(image, half) == pytest.approx(0.5)
    assert partBeyond(image, lattice((9, 9, 9), (500, 0, 0))) == 1


def test_a_rim_of_one_voxel_beyond_is_not_lost_in_sampling():
    image = ImageBox.of(lattice((512, 512, 100), (0, 0, 0)))
    assert 0 < partBeyond(image, lattice((511, 512, 100), (0, 0, 0))) < 0.002
    missing = partBeyond(image, lattice((512, 509, 98), (0, 0, 0)))  # half a voxel more counts
    assert missing == pytest.approx(1 - 509 * 98 / (512 * 100), abs=1e-9)
