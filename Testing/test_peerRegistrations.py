"""Spatial Registrations of other programs hold the matrices that are known of them."""

from __future__ import annotations

import numpy as np
import pytest

from IHERORegistrationLib.errors import MalformedRegistrationError
from IHERORegistrationLib.reader import registrationFromFile
from testData import dataSet


@pytest.mark.parametrize("writer", ["plastimatch-1.9.4", "pydicomrt-0.9.1", "regix-0.3.1"])
def test_three_writers_of_one_matrix_agree(writer):
    folder = dataSet("peer-made/acrin-brain-sro")
    truth = np.loadtxt(folder / "moving_to_fixed.txt")
    registration = registrationFromFile(folder / f"{writer}_sro.dcm")
    np.testing.assert_allclose(registration.transforms[0].matrix, truth, rtol=0, atol=5e-7)


@pytest.mark.parametrize("kind", ["rigid30z", "rigidscale", "affine"])
def test_rigid_scaled_and_affine_objects_hold_the_known_matrix(kind):
    folder = dataSet("peer-made/aria-phantom-known-reg")
    name = {"rigid30z": "rigid"}.get(kind, kind)
    truth = np.loadtxt(folder / f"{name}_cube_to_water.txt")
    registration = registrationFromFile(folder / f"regix-0.3.1_sro-{kind}.dcm")
    np.testing.assert_allclose(registration.transforms[0].matrix, truth, rtol=0, atol=1e-9)


def test_the_porcine_half_turn_is_read():
    folder = dataSet("peer-made/porcine-ct-mr-sro")
    truth = np.loadtxt(folder / "moving_to_fixed.txt")
    for name in ("pydicomrt-0.9.1_sro.dcm", "regix-0.3.1_sro.dcm"):
        matrix = registrationFromFile(folder / name).transforms[0].matrix
        np.testing.assert_allclose(matrix, truth, rtol=0, atol=1e-8)
        assert matrix[0, 0] < -0.99  # the half turn about y


def test_the_aria_object_joins_two_frames_and_moves_nothing():
    folder = dataSet("aria136-phantom-registered-explicit")
    registration = registrationFromFile(next(folder.glob("RE.*.dcm")))
    assert len(registration.movingItems) == 1
    assert registration.movesNothing
    assert sum(len(series.instances) for series in registration.series) == 112


def test_the_raystation_layout_is_a_translation():
    folder = dataSet("peer-made/raystation61-sro-reconstructed")
    registration = registrationFromFile(folder / "raystation61_sro_reconstructed.dcm")
    expected = np.eye(4)
    expected[:3, 3] = (-76.89132, -40.52152, -40.24639)
    np.testing.assert_array_equal(registration.transforms[0].matrix, expected)


def test_the_defective_object_is_refused_by_name():
    path = dataSet("onkodicom-defective-sro") / "spatial_reg.dcm"
    with pytest.raises(MalformedRegistrationError, match=r"\(0020,0052\)"):
        registrationFromFile(path)
