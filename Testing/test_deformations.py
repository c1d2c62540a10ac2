"""The closed forms of made deformations against differences, sums and themselves turned round."""

from __future__ import annotations

import numpy as np
import pytest

from IHERODeformationLib.phantoms.deformations import Sliding, Swelling, Wave, Waves

WAVES = Waves(
    (
        Wave((3, -4, 12), (1, 2, -2), 180, 0.3),
        Wave((-2, 1, 2), (0, 0.6, 0.8), 95, -1.1),
    )
)
SWELLING = Swelling((-20, 35, 60), 0.3, 28)
SLIDING = Sliding((-30, 12), (70, 55), -16, 0.25)
ALL = pytest.mark.parametrize(
    "change", [WAVES, SWELLING, SLIDING], ids=lambda one: type(one).__name__
)
STEP = 1e-3  # mm


def points(count=1000):
    return np.random.default_rng(8).uniform((-120, -70, -90), (90, 130, 170), (count, 3))


def differences(function, at, direction):
    """First and second central difference of `function` along unit `direction`."""
    before, here, after = (function(at + way * direction) for way in (-STEP, 0.0, STEP))
    return (after - before) / (2 * STEP), (after - 2 * here + before) / STEP**2


def smooth(change, at):
    """Those of the points `at` that do not lie at a tear."""
    near = [change.part(at + shift) for shift in np.vstack([np.eye(3), -np.eye(3)]) * 0.1]
    return at[np.all(np.array(near) == near[0], axis=0)]


def test_a_wave_moves_by_its_amplitude_at_its_crest():
    wave = Waves((Wave((3, -4, 12), (0, 0, 2), 200),))
    np.testing.assert_allclose(wave(np.array([7.0, -9, 50])), (10, -13, 62))
    np.testing.assert_allclose(wave(np.array([7.0, -9, 200])), (7, -9, 200), atol=1e-12)
    assert wave.reach == 13


def test_swelling_moves_away_from_its_center_and_fades():
    np.testing.assert_allclose(SWELLING(np.array([8.0, 35, 60])), (8 + 8.4 * np.exp(-0.5), 35, 60))
    np.testing.assert_array_equal(SWELLING(np.array([-20.0, 35, 60])), (-20, 35, 60))
    assert np.linalg.norm(SWELLING(np.array([180.0, 35, 60])) - (180, 35, 60)) < 1e-6


def test_only_what_is_in_the_cylinder_slides():
    np.testing.assert_allclose(SLIDING(np.array([-30.0, 12, 5])), (-30, 12, -11))
    np.testing.assert_allclose(SLIDING(np.array([40.0 - 1e-9, 12, 5])), (40, 12, 1), atol=1e-6)
    np.testing.assert_array_equal(SLIDING(np.array([40.0 + 1e-9, 12, 5])), (40 + 1e-9, 12, 5))


@ALL
def test_the_inverse_leads_back_both_ways(change):
    at = points()
    np.testing.assert_allclose(change.inverse(change(at)), at, atol=1e-9)
    np.testing.assert_allclose(change(change.inverse(at)), at, atol=1e-9)
    assert np.abs(change(at) - at).max() > 3


@ALL
def test_the_jacobian_is_the_derivative(change):
    at = smooth(change, points())
    for axis in range(3):
        slope, _ = differences(change, at, np.eye(3)[axis])
        np.testing.assert_allclose(change.jacobian(at)[..., axis], slope, atol=1e-6)


@ALL
def test_reach_steepness_and_bending_are_true_and_not_generous_bounds(change):
    at = smooth(change, points(4000))
    moved = np.linalg.norm(change(at) - at, axis=-1)
    assert 0.6 * change.reach < moved.max() <= change.reach
    steepest = np.linalg.norm(change.jacobian(at) - np.eye(3), 2, axis=(-2, -1)).max()
    assert 0.6 * change.steepness < steepest <= change.steepness * (1 + 1e-12)
    directions = np.array([[0.8, 0.6, 0], [-0.36, 0.48, 0.8], [0.48, -0.64, 0.6]]).T
    bound = change.bending(directions)
    assert bound.shape == (3,)
    for direction, most in zip(directions.T, bound, strict=True):
        _, second = differences(change, at, direction)
        found = np.linalg.norm(second, axis=-1).max()
        assert 0.4 * most < found <= most + 1e-7


@ALL
def test_space_is_nowhere_folded(change):
    assert np.linalg.det(change.jacobian(points())).min() > 0.05


def test_density_rises_as_volume_is_lost_only_where_mass_is_kept():
    condensed = Swelling((-20, 35, 60), 0.3, 28, keepsMass=True)
    at = points()
    density = condensed.density(at)
    np.testing.assert_allclose(density, np.linalg.det(SWELLING.jacobian(at)), rtol=1e-12)
    assert density.max() > 1.8
    assert density.min() < 0.97
    for change in (WAVES, SWELLING, SLIDING):
        np.testing.assert_array_equal(change.density(at), 1)


def test_mass_that_is_kept_adds_up_to_the_same_sum():
    """A ball of radius 40 mm around the center, seen at rest: its mass is its volume."""
    condensed = Swelling((-20, 35, 60), 0.3, 28, keepsMass=True)
    edge = np.arange(-45, 45, 1.5) + 0.75
    grid = np.stack(np.meshgrid(edge - 20, edge + 35, edge + 60), axis=-1).reshape(-1, 3)
    inBall = np.linalg.norm(condensed(grid) - (-20, 35, 60), axis=-1) < 40
    mass = condensed.density(grid)[inBall].sum() * 1.5**3
    assert mass == pytest.approx(4 / 3 * np.pi * 40**3, rel=2e-3)
    assert inBall.sum() * 1.5**3 < 0.75 * mass
