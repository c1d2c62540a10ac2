from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from scipy.interpolate import RegularGridInterpolator

import builders
from deformationCases import POST, PRE
from deformedDoses import BIG, CT, MR, PEAK, centers, doseOf, hill, registration
from IHERODeformationLib.doseSum import WeightedDose, datasetFromDoseSum, doseSum
from IHERORegistrationLib.dose import doseFromFile
from IHERORegistrationLib.errors import (
    FrameOfReferenceError,
    NonconformantError,
    PatientMismatchError,
    ReferenceNotFoundError,
)
from IHERORegistrationLib.patient import Patient
from IHERORegistrationLib.plan import planFromDataset
from IHERORegistrationLib.saving import saveDataset

CREATED = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
CASE = replace(BIG, pre=PRE)
MIDDLE = CASE.pointsAt((4.1, 3.4, 3.2))  # on the CT
NEARBY = MIDDLE + np.array((7, -5, 4))
THERE = CASE.expected(MIDDLE)  # on the MR


def plan(number, fractions=30, prescribed="60"):
    group = builders.item(FractionGroupNumber=1, NumberOfFractionsPlanned=fractions)
    made = builders.plan(
        SOPInstanceUID=f"2.25.77.4.{number}",
        FractionGroupSequence=[group],
        DoseReferenceSequence=[builders.item(TargetPrescriptionDose=prescribed)],
    )
    return planFromDataset(made)


def dose(frame, middle, number, planNumber=80, **changes):
    """A hill of dose; its lattice differs by its number."""
    named = builders.references([builders.plan(SOPInstanceUID=f"2.25.77.4.{planNumber}")])
    changes = {"ReferencedRTPlanSequence": named, **changes}
    size = (24 + number % 5, 23, 20)
    return doseOf(
        hill(middle), middle, frame, size=size, SOPInstanceUID=f"2.25.77.4.{number}", **changes
    )


def two(first=1.0, second=0.4, **changes):
    """One dose on the CT itself, one on the MR, of two plans."""
    return [
        WeightedDose(dose(CT, NEARBY, 91, 80), first),
        WeightedDose(dose(MR, THERE, 92, 81, **changes), second),
    ]


PLANS = [plan(80), plan(81, fractions=12, prescribed="24")]


def at(dose, points):
    """Independent interpolation of a dose; 0 beyond."""
    index = dose.volume.lattice.indices(points)
    axes = [np.arange(n) for n in dose.volume.lattice.shape]
    between = RegularGridInterpolator(axes, dose.volume.values.astype(float))
    last = np.array(dose.volume.lattice.shape) - 1
    values = between(np.clip(index[..., ::-1], 0, last))
    return np.where(dose.volume.lattice.contains(points), values, 0)


def test_a_sum_is_that_of_the_weighted_doses_at_each_point(ct):
    parts = two()
    total = doseSum(parts, ct, [registration(CASE)], PLANS)
    points = centers(total.volume.lattice)
    there = at(parts[1].dose, CASE.expected(points))
    wanted = at(parts[0].dose, points) + 0.4 * np.where(CASE.outside(points), 0, there)
    np.testing.assert_allclose(total.volume.values, wanted, atol=2e-3 * PEAK)
    assert np.abs(total.volume.values - wanted).mean() < 1e-5 * PEAK
    truth = hill(NEARBY)(points) + 0.4 * hill(THERE)(CASE.expected(points))
    assert np.abs(total.volume.values - truth)[total.complete].mean() < 0.002 * 1.4 * PEAK
    assert total.volume.frame == CT
    np.testing.assert_allclose(total.volume.lattice.directions, ct.lattice.directions, atol=1e-12)


def test_the_lattice_holds_all_of_both_doses(ct):
    parts = two()
    total = doseSum(parts, ct, [registration(CASE)], PLANS)
    points = CASE.randomPoints(100_000, beyond=0.49)
    arrives = parts[1].dose.volume.lattice.contains(CASE.expected(points))
    arrives |= parts[0].dose.volume.lattice.contains(points)
    assert arrives.sum() > 1000
    assert total.volume.lattice.contains(points[arrives]).all()


def test_voxels_that_lack_a_part_are_counted(ct):
    total = doseSum(two(), ct, [registration(CASE)], PLANS)
    points = centers(total.volume.lattice)
    on, off = two()[0].dose.volume.lattice, two()[1].dose.volume.lattice
    first = on.contains(points)
    second = off.contains(CASE.expected(points)) & ~CASE.outside(points)
    np.testing.assert_array_equal(total.complete, first & second)
    share = 100 * (first ^ second).sum() / (first | second).sum()
    assert total.statement == f"Sum of 2 doses times 1, 0.4; {share:.1f} % lacks some"
    np.testing.assert_array_equal(total.field.defined, total.complete)


def test_a_long_list_of_weights_goes_where_there_is_room(ct):
    parts = [WeightedDose(dose(CT, MIDDLE, 91 + n), 1 / 30 + n / 1e4) for n in range(8)]
    total = doseSum(parts, ct, [], [])
    assert total.statement.startswith("Weighted sum of 8 doses; ")
    assert len(total.statement) <= 64
    dataset = datasetFromDoseSum(total, "sum", created=CREATED).dataset
    assert "0.0335333 times dose 2.25.77.4.93." in dataset.DerivationDescription


def test_the_object_names_every_registration_plan_and_dose(ct, tmp_path):
    total = doseSum(two(), ct, [registration(CASE)], PLANS)
    dataset = datasetFromDoseSum(total, "sum", created=CREATED).dataset
    back = doseFromFile(saveDataset(dataset, tmp_path / "dose.dcm"))
    np.testing.assert_allclose(back.volume.values, total.volume.values, atol=1e-6)
    assert dataset.DoseSummationType == "MULTI_PLAN"
    assert (dataset.DoseType, dataset.DoseUnits) == ("PHYSICAL", "GY")
    assert dataset.SpatialTransformOfDose == "NON_RIGID"
    assert [one.ReferencedSOPInstanceUID for one in dataset.ReferencedRTPlanSequence] == [
        "2.25.77.4.80",
        "2.25.77.4.81",
    ]
    (used,) = dataset.ReferencedSpatialRegistrationSequence
    assert used.ReferencedSOPInstanceUID == "2.25.77.4.55"
    sources = [one.ReferencedSOPInstanceUID for one in dataset.ReferencedInstanceSequence]
    assert sources == ["2.25.77.4.91", "2.25.77.4.92"]
    assert dataset.DoseComment == total.statement


def test_doses_of_one_plan_need_no_plan_and_tell_when_they_count_twice(ct):
    parts = [WeightedDose(dose(CT, MIDDLE, 91), 0.7), WeightedDose(dose(MR, THERE, 92), 0.5)]
    total = doseSum(parts, ct, [registration(CASE)], [])
    (remark,) = total.remarks
    assert "add up to 1.2" in remark
    assert datasetFromDoseSum(total, "s", created=CREATED).dataset.DoseSummationType == "PLAN"
    halves = [replace(one, weight=0.5) for one in parts]
    assert doseSum(halves, ct, [registration(CASE)], []).remarks == ()


def test_effective_doses_are_added_among_themselves(ct):
    parts = [
        WeightedDose(dose(CT, NEARBY, 91, 80, DoseType="EFFECTIVE")),
        WeightedDose(dose(MR, THERE, 92, 81, DoseType="EFFECTIVE")),
    ]
    total = doseSum(parts, ct, [registration(CASE)], PLANS)
    assert datasetFromDoseSum(total, "s", created=CREATED).dataset.DoseType == "EFFECTIVE"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"doseType": "EFFECTIVE"}, "one type, PHYSICAL or EFFECTIVE, found EFFECTIVE, PHYSICAL"),
        ({"doseType": "ERROR"}, "found ERROR, PHYSICAL"),
        ({"units": "RELATIVE"}, "expected doses in GY, found GY, RELATIVE"),
        ({"summationType": "BEAM"}, r"whole plans \(PLAN, MULTI_PLAN\), found BEAM, PLAN"),
        ({"plans": ()}, r"dose 2\.25\.77\.4\.92 names no plan"),
    ],
)
def test_what_does_not_add_is_refused_with_the_reason(ct, changes, message):
    first, second = two()
    second = replace(second, dose=replace(second.dose, **changes))
    with pytest.raises(NonconformantError, match=message):
        doseSum([first, second], ct, [registration(CASE)], PLANS)


@pytest.mark.parametrize("weight", [0, -0.5, np.nan, np.inf])
def test_weights_are_above_zero(ct, weight):
    with pytest.raises(NonconformantError, match="expected weights above zero, found 1, "):
        doseSum(two(1, weight), ct, [registration(CASE)], PLANS)


def test_one_dose_is_no_sum(ct):
    with pytest.raises(NonconformantError, match="expected two doses or more to add, found 1"):
        doseSum(two()[:1], ct, [], PLANS)


def test_different_fractionations_are_refused(ct):
    plans = [plan(80), plan(81, fractions=3, prescribed="54")]
    with pytest.raises(NonconformantError, match="fractionated differently"):
        doseSum(two(), ct, [registration(CASE)], plans)
    with pytest.raises(ReferenceNotFoundError, match=r"without the plan 2\.25\.77\.4\.81"):
        doseSum(two(), ct, [registration(CASE)], plans[:1])


def test_unconnected_doses_and_other_patients_are_refused(ct):
    with pytest.raises(FrameOfReferenceError, match="no registration leads"):
        doseSum(two(), ct, [], PLANS)
    other = two(PatientID="T-9")
    with pytest.raises(PatientMismatchError, match="differ in PatientID"):
        doseSum(other, ct, [registration(CASE)], PLANS)
    doseSum(other, ct, [registration(CASE)], PLANS, otherPatientConfirmed=True)


def test_a_registration_of_another_patient_adds_no_doses_unless_confirmed(ct):
    other = replace(registration(CASE), patient=Patient("X-9", "Other^Person", "19500101", "O"))
    with pytest.raises(PatientMismatchError, match=other.sopInstanceUID):
        doseSum(two(), ct, [other], PLANS)
    doseSum(two(), ct, [other], PLANS, otherPatientConfirmed=True)


def test_a_chain_through_a_second_deformation_is_named(ct):
    second = replace(BIG, post=POST)
    elsewhere = "2.25.77.2.9"
    farther = registration(second, onMR=True, number=56, toFrame=elsewhere)
    middle = second.expected(THERE)
    parts = [two()[0], WeightedDose(dose(elsewhere, middle, 93, 81), 0.4)]
    total = doseSum(parts, ct, [registration(CASE), farther], PLANS)
    used = [one.sopInstanceUID for one in total.registrations]
    assert used == ["2.25.77.4.55", "2.25.77.4.56"]
    dataset = datasetFromDoseSum(total, "s", created=CREATED).dataset
    assert len(dataset.ReferencedSpatialRegistrationSequence) == 2


def test_dciodvfy_finds_no_error(ct, dciodvfy):
    total = doseSum(two(), ct, [registration(CASE)], PLANS)
    written = datasetFromDoseSum(total, "sum", created=CREATED, bits=16)
    assert dciodvfy(written.dataset) == []
