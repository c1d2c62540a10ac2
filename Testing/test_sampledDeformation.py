"""A map of points is told by a grid no finer than it has to be, and what that costs is measured."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from IHERODeformationLib.sampledDeformation import SampledDeformation, sampledDeformation
from IHERORegistrationLib.errors import LandmarkError, SamplingError
from IHERORegistrationLib.lattice import Lattice

TURN = Rotation.from_euler("xyz", (17, -28, 41), degrees=True).as_matrix()
SHIFT = np.array([55.0, -120.0, 310.0])
OVER = Lattice.fromAxes(
    (61, 43, 19),
    (211.0, -640.0, 1033.0),
    Rotation.from_euler("xyz", (5, -8, 12), degrees=True).as_matrix(),
    (2.0, 3.0, 5.0),
)
AMPLITUDE, WAVE = 4.0, 2 * np.pi / 120  # mm and per mm


def wave(points: np.ndarray) -> np.ndarray:
    """A rotation, a shift, and one wave along x that shakes z."""
    moved = points @ TURN.T + SHIFT
    moved[..., 2] += AMPLITUDE * np.sin(WAVE * points[..., 0])
    return moved


def evenly(over: Lattice, count: int = 20_000) -> np.ndarray:
    """Points in all of the image, half a voxel beyond the outermost centers too."""
    share = np.random.default_rng(77).uniform(size=(count, 3))
    return over.points(share * over.size - 0.5)


def missed(made: SampledDeformation, points: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return np.linalg.norm(made.transform(points) - truth, axis=-1)


def sampled(pointMap=wave, over=OVER, **changes) -> SampledDeformation:
    return sampledDeformation(pointMap, over, "1.2.1", "1.2.2", **changes)


def test_the_error_stays_below_the_bound_all_over_the_image():
    made = sampled(error=0.1)
    points = np.concatenate([evenly(OVER), OVER.corners])
    assert missed(made, points, wave(points)).max() <= 0.1
    assert (made.transform.fromFrame, made.transform.toFrame) == ("1.2.1", "1.2.2")
    assert made.lost == 0
    assert made.undefinedNodes == 0


def test_the_grid_is_not_finer_than_it_has_to_be():
    """Between nodes h apart a wave is missed by at most a k² h² / 8."""
    made = sampled(error=0.1)
    coarsest = np.sqrt(0.1 * 8 / AMPLITUDE) / WAVE
    assert coarsest / 1.25 < made.spacing.min() <= 1.1 * coarsest
    finer = sampled(error=0.02)
    assert finer.spacing.min() < made.spacing.min()
    assert finer.error <= 0.02 < made.error


def test_the_error_told_is_the_one_that_others_find():
    made = sampled(error=0.1)
    points = evenly(OVER, 200_000)
    found = missed(made, points, wave(points))
    assert 0.9 * found.max() <= made.error <= 1.1 * found.max()
    assert made.error95 == pytest.approx(np.percentile(found, 95), rel=0.1)


def test_a_spacing_that_the_user_gives_is_kept_and_its_error_told():
    made = sampled(spacing=15.0)
    assert (made.spacing <= 15).all()
    assert (made.spacing > 12).all()
    points = evenly(OVER, 200_000)
    found = missed(made, points, wave(points)).max()
    assert found > 0.1
    assert 0.9 * found <= made.error <= 1.1 * found


def test_the_outermost_nodes_lie_on_the_faces_of_the_image():
    lattice = sampled(spacing=7.0).transform.grid.lattice
    last = np.array(OVER.size) - 0.5
    np.testing.assert_allclose(lattice.corners[0], OVER.points(np.full(3, -0.5)), atol=1e-9)
    np.testing.assert_allclose(lattice.corners[-1], OVER.points(last), atol=1e-9)


def test_the_rigid_motion_is_in_the_matrix():
    made = sampled()
    np.testing.assert_allclose(made.transform.pre[:3, :3], TURN, atol=0.1)
    np.testing.assert_allclose(
        made.transform.pre[:3, :3] @ made.transform.pre[:3, :3].T, np.eye(3), atol=1e-12
    )
    np.testing.assert_array_equal(made.transform.post, np.eye(4))
    assert np.abs(made.transform.grid.vectors).max() < 2 * AMPLITUDE


def test_what_moves_nothing_has_no_matrix():
    made = sampled(lambda points: points.copy())
    np.testing.assert_array_equal(made.transform.pre, np.eye(4))
    assert np.abs(made.transform.grid.vectors).max() == 0


def test_a_bound_that_no_grid_reaches_is_refused_with_what_was_reached():
    def rough(points: np.ndarray) -> np.ndarray:
        return points + np.sin(points[..., [1, 2, 0]] * 2.5)

    with pytest.raises(SamplingError, match=r"at most 0.1 mm, reached 2\.\d+ mm .* 2 × 3 × 5 mm"):
        sampled(rough)
    assert sampled(rough, spacing=20.0).error > 1


def inHole(points: np.ndarray, margin: float = 0.0) -> np.ndarray:
    return np.linalg.norm(points - OVER.center, axis=-1) < 18 + margin


def holed(points: np.ndarray) -> np.ndarray:
    moved = wave(points)
    moved[inHole(points), 1] = np.nan
    return moved


def test_a_hole_stays_a_hole_and_grows_by_no_more_than_a_voxel():
    made = sampled(holed)
    points = evenly(OVER)
    undefined = np.isnan(made.transform(points)).any(axis=-1)
    assert undefined[inHole(points)].mean() > 0.999
    assert not undefined[~inHole(points, margin=np.linalg.norm(made.spacing))].any()
    assert missed(made, points[~undefined], wave(points[~undefined])).max() <= 0.1
    everywhere = ~inHole(points)
    assert made.lost == pytest.approx(undefined[everywhere].mean(), abs=0.003)
    assert made.undefinedNodes == np.isnan(made.transform.grid.vectors).all(axis=-1).sum()


def test_a_hole_between_nodes_makes_the_nearest_node_undefined():
    lattice = sampled(spacing=20.0).transform.grid.lattice
    place = lattice.points((2.5, 1.5, 2.5))

    def pricked(points: np.ndarray) -> np.ndarray:
        moved = wave(points)
        moved[np.linalg.norm(points - place, axis=-1) < 1e-6] = np.nan
        return moved

    made = sampled(pricked, spacing=20.0)
    assert made.undefinedNodes == 1
    assert np.isnan(made.transform(place)).all()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_map_that_is_defined_nowhere_is_refused(value):
    with pytest.raises(LandmarkError, match="defined at 0 of 50000 points"):
        sampled(lambda points: np.full(points.shape, value))


def test_a_grid_too_large_for_dicom_is_refused_before_memory_is_taken():
    with pytest.raises(SamplingError, match=r"at most 357913941 nodes.*found \d{12} at a spacing"):
        sampled(spacing=0.02)


def test_a_single_slice_has_thickness():
    slab = Lattice.fromAxes((40, 30, 1), (10.0, -20.0, 30.0), OVER.directions, (2.0, 3.0, 5.0))
    made = sampled(over=slab)
    points = evenly(slab)
    assert made.transform.grid.lattice.size[2] == 2
    assert missed(made, points, wave(points)).max() <= 0.1


def test_progress_is_told_and_can_end_the_work():
    told: list[float] = []
    sampled(spacing=2.0, progress=told.append)
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0, 1)
    assert len(told) > 2

    class Cancelled(Exception):
        pass

    def cancel(part: float) -> None:
        if part > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        sampled(spacing=2.0, progress=cancel)
