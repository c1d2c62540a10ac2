from dataclasses import replace

import numpy as np
import pytest

import builders
from drawnStructures import FRAME, ellipsoidContours, rectangle, structure
from IHERODeformationLib.doseStatistics import (
    DoseField,
    leastOfHottest,
    sourceField,
    structureDose,
    structureSetDose,
)
from IHERORegistrationLib.dose import doseFromDataset
from IHERORegistrationLib.errors import FrameOfReferenceError, MalformedObjectError
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.structures import Contour, GeometricType
from IHERORegistrationLib.structureSetReader import structureSetFromDataset

OBLIQUE = np.array([(0.96, -0.168, 0.224), (0.28, 0.576, -0.768), (0, 0.8, 0.6)])
SLOPE = np.array([0.31, -0.17, 0.23])  # Gy/mm
# a box of 43 × 17 × 12 mm, 8.772 cm³, the ramp of a dose along its x
BOX = structure([rectangle((-31, 12), (102, 119), z) for z in (50, 53, 56, 59)], name="Box")


def field(function, *, spacing=(2.5, 2.0, 3.0), size=(40, 41, 30), defined=None, folded=None):
    """A dose of the points' `function` on an oblique lattice around the box."""
    middle = np.array([-9.5, 110.5, 54.5])
    half = (np.array(size) - 1) / 2 * spacing
    lattice = Lattice.fromAxes(size, middle - OBLIQUE @ half, OBLIQUE, spacing)
    k, j, i = np.indices(lattice.shape)
    points = lattice.points(np.stack([i, j, k], axis=-1))
    values = function(points).astype(np.float32)
    everywhere = np.ones(lattice.shape, bool)
    return DoseField(
        Volume(values, lattice, FRAME),
        everywhere if defined is None else defined(points),
        ~everywhere if folded is None else folded(points),
        "GY",
    )


def alongX(points):
    return 20 + 0.5 * points[..., 0]  # 4.5 to 26 Gy over the box


def test_a_ramp_over_a_box_has_the_statistics_of_its_closed_form():
    found = structureDose(BOX, field(alongX), None)
    assert (found.name, found.units, found.coverage) == ("Box", "GY", 1)
    assert found.volume == pytest.approx(8.772, rel=5e-3)
    assert found.mean == pytest.approx(20 - 0.5 * 9.5, abs=0.02)
    assert found.minimum == pytest.approx(4.5, abs=0.15)
    assert found.maximum == pytest.approx(26, abs=0.15)
    np.testing.assert_allclose(found.D95, 4.5 + 0.05 * 21.5, rtol=0, atol=0.05)
    np.testing.assert_allclose(found.D2cc, 26 - 21.5 * 2 / 8.772, rtol=0, atol=0.05)
    assert found.integral == pytest.approx(15.25 * 8.772, rel=5e-3)
    assert (found.undefinedVoxels, found.foldedVoxels, found.remarks) == (0, 0, ())


def test_an_oblique_ramp_over_an_ellipsoid_has_the_statistics_of_its_closed_form():
    radii = np.array([21.0, 15.0, 18.0])
    center = np.array([-9.5, 110.5, 54.5])
    contours = ellipsoidContours(center, radii, np.arange(37, 72, 1.0))
    ramp = field(lambda points: 40 + (points - center) @ SLOPE)
    found = structureDose(structure(contours), ramp, None)
    # scaled to a ball, the dose rises along one axis from -reach to reach: the cap of height
    # 1 - t holds (2 - 3 t + t³) / 4 of the ball
    reach = float(np.linalg.norm(SLOPE * radii))
    volume = 4 / 3 * np.pi * np.prod(radii) / 1000

    def least(share):
        low, high = -1.0, 1.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (
                (middle, high) if (2 - 3 * middle + middle**3) / 4 > share else (low, middle)
            )
        return 40 + reach * low

    assert found.volume == pytest.approx(volume, rel=5e-3)
    assert found.mean == pytest.approx(40, abs=0.02)
    assert found.maximum == pytest.approx(40 + reach, abs=0.02 * reach)
    assert found.minimum == pytest.approx(40 - reach, abs=0.02 * reach)
    np.testing.assert_allclose(found.D95, least(0.95), rtol=0, atol=0.01 * reach)
    np.testing.assert_allclose(found.D2cc, least(2 / volume), rtol=0, atol=0.01 * reach)


def test_the_part_without_dose_counts_for_nothing_but_the_coverage():
    def known(points):
        return points[..., 0] > -10

    dose = field(alongX, spacing=(1, 1, 1), size=(61, 55, 50), defined=known)
    found = structureDose(BOX, dose, None)
    assert found.coverage == pytest.approx(22 / 43, abs=0.01)
    assert found.volume == pytest.approx(8.772, rel=5e-3)
    assert found.minimum == pytest.approx(15, abs=0.4)
    assert found.mean == pytest.approx(20.5, abs=0.15)
    assert found.integral == pytest.approx(20.5 * 8.772 * 22 / 43, rel=0.02)
    assert found.undefinedVoxels == pytest.approx(21.5 * 18 * 13, rel=0.05)  # those touched
    assert found.undefinedVoxels < found.voxels


def test_unknown_voxels_do_not_pull_the_dose_down():
    dose = field(lambda points: np.full(points.shape[:-1], 7.0), defined=lambda p: p[..., 0] > -10)
    emptied = Volume(np.where(dose.defined, 7, 0).astype("f4"), dose.volume.lattice, FRAME)
    found = structureDose(BOX, replace(dose, volume=emptied), None)
    assert (found.minimum, found.maximum) == pytest.approx((7, 7), abs=1e-5)
    np.testing.assert_allclose(found.D95, 7, rtol=0, atol=1e-5)


def test_a_structure_beyond_the_dose_is_covered_in_part():
    small = field(alongX, spacing=(1, 1, 1), size=(15, 14, 13))
    found = structureDose(BOX, small, None)
    corner = small.volume.lattice.contains
    shares = (np.arange(60) + 0.5) / 60
    points = np.stack(np.meshgrid(-31 + 43 * shares, 102 + 17 * shares, 48.5 + 12 * shares), -1)
    assert found.coverage == pytest.approx(corner(points).mean(), abs=0.01)


def test_without_any_dose_there_are_no_numbers():
    nowhere = field(alongX, defined=lambda points: np.zeros(points.shape[:-1], bool))
    found = structureDose(BOX, nowhere, None)
    assert found.coverage == 0
    assert np.isnan([found.minimum, found.mean, found.maximum, found.D95, found.D2cc]).all()
    assert np.isnan(found.integral)
    assert found.undefinedVoxels == found.voxels > 0


def test_folded_voxels_are_counted():
    dose = field(alongX, spacing=(1, 1, 1), size=(61, 55, 50), folded=lambda p: p[..., 1] < 104)
    found = structureDose(BOX, dose, None)
    assert found.foldedVoxels == pytest.approx(44 * 2.5 * 13, rel=0.1)  # those touched


def test_negative_values_stay_negative():
    found = structureDose(BOX, field(lambda points: alongX(points) - 15.25), None)
    assert found.minimum == pytest.approx(-10.75, abs=0.15)
    assert found.mean == pytest.approx(0, abs=0.02)


def test_a_dose_coarser_than_a_quarter_of_the_structure_is_told():
    fine = structureDose(BOX, field(alongX, spacing=(2.9, 2.5, 2.8)), None)
    coarse = structureDose(BOX, field(alongX, spacing=(2.9, 3.1, 2.8)), None)
    assert fine.remarks == ()
    (remark,) = coarse.remarks
    assert "every 3.1 mm" in remark
    assert "12 mm across" in remark


def test_less_than_two_cubic_centimeters_have_no_D2cc():
    contours = [rectangle((-20, -8), (104, 115), z) for z in (50, 53, 56, 59)]  # 1.584 cm³
    found = structureDose(structure(contours), field(alongX), None)
    assert np.isnan(found.D2cc)
    assert any("no D2cc" in one for one in found.remarks)


def test_weights_count():
    doses, volumes = np.array([1.0, 5.0, 3.0]), np.array([6.0, 1.0, 3.0])
    # the hottest 4: all of 5 and of 3; between the middles of parts the dose is linear
    assert leastOfHottest(doses, volumes, 2.5) == pytest.approx(3)
    assert leastOfHottest(doses, volumes, 4.75) == pytest.approx(2)
    assert np.isnan(leastOfHottest(doses, volumes, 10.1))


def test_another_frame_is_refused():
    elsewhere = replace(BOX, frame="2.25.77.2.9")
    with pytest.raises(FrameOfReferenceError, match=r"lies in 2\.25\.77\.2\.9"):
        structureDose(elsewhere, field(alongX), None)


def test_a_set_gives_a_row_for_each_structure_and_says_what_it_leaves_out():
    drawn = structureSetFromDataset(builders.structureSet())
    point = Contour(np.array([(-60.0, 35, 112)]), GeometricType.POINT)
    mark = structure([point], name="Mark", number=7)
    doses = sourceField(doseFromDataset(builders.dose()))
    box = structure([rectangle((-66, -58), (33, 38), z) for z in (111, 114)], name="Target")
    found = structureSetDose(replace(drawn, structures=(box, mark)), doses)
    (target,) = found.structures
    # the built dose is (i + 5 j + 20 k) / 32 at i = (x + 68) / 4, j = (y - 31) / 3, k = z' / 2.5
    assert target.name == "Target"
    # z' from -1.5 to 4.5, of which 0.25 mm have no dose, 1.25 mm that of the first slice
    k = (1.25 * 0 + 4.5 * 0.9) / 5.75
    assert target.coverage == pytest.approx(5.75 / 6, abs=0.01)
    assert target.mean == pytest.approx((1.5 + 5 * 4.5 / 3 + 20 * k) / 32, rel=0.01)
    assert found.leftOut == ("Mark: no statistics, structure 7 has no closed contour",)
    with pytest.raises(FrameOfReferenceError, match="in the frame of the dose"):
        structureSetDose(replace(drawn, structures=(replace(BOX, frame="2.25.9"),)), doses)


def test_the_integral_of_a_dose_is_told_in_cubic_centimeters():
    dose = doseFromDataset(builders.dose())
    assert sourceField(dose).integral == pytest.approx(60 * 59 / 2 / 32 * 4 * 3 * 2.5 / 1000)


def test_a_structure_that_encloses_nothing_is_refused():
    line = structure([rectangle((0, 5), (3, 3), z) for z in (0, 1)])
    with pytest.raises(MalformedObjectError):
        structureDose(line, field(alongX), None)
