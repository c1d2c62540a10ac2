"""Deformable registrations of other makers give the answers that are known of them."""

from __future__ import annotations

import numpy as np
import pytest

from IHERODeformationLib.reader import (
    deformableRegistrationFromFile,
)
from IHERORegistrationLib.registration import allNotes
from testData import dataSet

KNOWN = "aria-phantom-known-reg"


@pytest.mark.parametrize(
    ("file", "points", "within"),
    [
        ("plastimatch-1.9.4_dsro-gauss.dcm", "dsro-gauss", 1e-9),
        ("plastimatch-1.9.4_dsro-gauss-obliquegrid.dcm", "dsro-gauss-obliquegrid", 1e-5),
        ("pydicomrt-0.9.1_dsro-gauss-obliquegrid.dcm", "dsro-gauss-obliquegrid", 1e-6),
    ],
)
def test_objects_of_other_makers_give_the_known_answers(file, points, within):
    """The wider limits are those of the cosines' digits: 6 in one object, 7 of float32 in two."""
    folder = dataSet(f"peer-made/{KNOWN}")
    registration = deformableRegistrationFromFile(folder / file)
    probes = np.loadtxt(folder / f"{points}_probe_points.txt")
    found = registration.oneDeformation().mapped(probes[:, :3])
    assert not found.status.any()
    np.testing.assert_allclose(found.points, probes[:, 3:], atol=within, rtol=0)
    assert "one item" in [note.name for note in allNotes(registration)]


@pytest.mark.parametrize("maker", ["plastimatch-1.9.4", "pydicomrt-0.9.1"])
def test_the_lung_registrations_reach_their_target_registration_error(maker):
    folder = dataSet("peer-made/lung-repeat-ct-reg")
    native = dataSet("lung-repeat-ct-landmarks") / "native"
    fixed, moving = (
        np.loadtxt(native / f"{name}_point_set_corrected.txt", skiprows=2)
        for name in ("fixed", "moving")
    )
    assert len(fixed) == 51
    registration = deformableRegistrationFromFile(folder / f"{maker}_dsro-fullfield.dcm")
    found = registration.oneDeformation().mapped(fixed)
    assert not found.status.any()
    errors = np.linalg.norm(found.points - moving, axis=1)
    assert errors.mean() == pytest.approx(1.46, abs=0.005)
    assert np.median(errors) == pytest.approx(0.94, abs=0.005)
    assert errors.max() == pytest.approx(12.5, abs=0.05)
