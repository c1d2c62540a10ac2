from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from scipy.interpolate import RegularGridInterpolator

import builders
from deformationCases import POST, PRE, Case
from deformedDoses import BIG, CT, MR, PEAK, centers, doseOf, hill, registration
from IHERODeformationLib.deformation import OutsideGrid
from IHERODeformationLib.doseDeformer import datasetFromDeformedDose, deformedDose
from IHERORegistrationLib.dose import doseFromFile
from IHERORegistrationLib.errors import (
    FrameOfReferenceError,
    NonconformantError,
    PatientMismatchError,
)
from IHERORegistrationLib.patient import Patient
from IHERORegistrationLib.reader import registrationFromDataset
from IHERORegistrationLib.saving import saveDataset
from writtenSeries import seriesOf

CREATED = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
CASES = {
    "grid alone": BIG,
    "pre": replace(BIG, pre=PRE),
    "both": replace(BIG, pre=builders.QUARTER_X, post=POST),
}


def middleOf(case):
    """Where the middle of the grid goes."""
    return case.expected(case.pointsAt((np.array(case.size) - 1) / 2))


def expectedDose(case, dose, points):
    """Independent of the code: closed-form map, then another program's interpolation."""
    there = case.expected(points)
    lattice = dose.volume.lattice
    index = np.linalg.solve(
        lattice.ijkToLPS[:3, :3], (there - lattice.ijkToLPS[:3, 3]).reshape(-1, 3).T
    ).T
    inside = np.all((index >= -0.5) & (index <= np.array(lattice.size) - 0.5), axis=-1)
    axes = [np.arange(n) for n in lattice.shape]
    between = RegularGridInterpolator(axes, dose.volume.values.astype(float))
    values = between(np.clip(index[:, ::-1], 0, np.array(lattice.shape) - 1))
    shape = points.shape[:-1]
    return np.where(inside, values, 0).reshape(shape), inside.reshape(shape)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@pytest.mark.parametrize("onMR", [False, True], ids=["axial target", "oblique target"])
def test_each_voxel_has_the_dose_of_where_it_comes_from(case, onMR, ct, mr):
    target, frame = (mr, CT) if onMR else (ct, MR)
    middle = middleOf(case)
    dose = doseOf(hill(middle), middle, frame)
    result = deformedDose(dose, target, [registration(case, onMR=onMR)])
    points = centers(result.volume.lattice)
    wanted, isInside = expectedDose(case, dose, points)
    outsideGrid = case.outside(points)
    np.testing.assert_array_equal(result.undefined, outsideGrid)
    np.testing.assert_array_equal(result.outside, ~isInside & ~outsideGrid)
    there = result.defined
    assert there.sum() > 10_000
    np.testing.assert_allclose(result.volume.values[there], wanted[there], atol=1e-3 * PEAK)
    assert np.abs(result.volume.values[there] - wanted[there]).mean() < 1e-5 * PEAK
    assert not result.volume.values[~there].any()
    # and of the dose itself, not only of its voxels: within 0.2 % of the maximum
    truth = hill(middle)(case.expected(points))
    assert np.abs(result.volume.values - truth)[there].mean() < 0.002 * PEAK
    assert result.volume.frame == target.frame
    assert result.volume.values.dtype == np.float32


def test_the_lattice_has_the_axes_of_the_target_and_starts_on_it(mr):
    case = replace(BIG, pre=PRE)
    dose = doseOf(hill(middleOf(case)), middleOf(case), CT)
    lattice = deformedDose(dose, mr, [registration(case, onMR=True)]).volume.lattice
    np.testing.assert_allclose(lattice.directions, mr.lattice.directions, atol=1e-12)
    first = mr.lattice.indices(lattice.origin)
    np.testing.assert_allclose(first, np.rint(first), atol=1e-9)
    assert (lattice.spacing <= 3).all()
    assert (lattice.spacing > 1).all()


@pytest.mark.parametrize("onMR", [False, True], ids=["axial target", "oblique target"])
def test_nothing_that_arrives_is_cut(onMR, ct, mr):
    target, frame = (mr, CT) if onMR else (ct, MR)
    case = replace(BIG, pre=builders.QUARTER_X)
    dose = doseOf(hill(middleOf(case)), middleOf(case), frame, size=(21, 24, 15))
    result = deformedDose(dose, target, [registration(case, onMR=onMR)])
    # points all over the grid: those that the dose takes lie in the result
    points = case.randomPoints(200_000, beyond=0.49)
    arrives = dose.volume.lattice.contains(case.expected(points))
    assert arrives.sum() > 1000
    assert result.volume.lattice.contains(points[arrives]).all()
    for axis in range(3):  # with room around
        sides = np.moveaxis(result.defined, axis, 0)
        assert not sides[0].any()
        assert not sides[-1].any()
    assert result.unreached.share == 0


def test_a_thin_dose_in_a_wide_grid_is_found(ct):
    wide = replace(BIG, size=(25, 26, 20), position=(-250.0, -330.0, -260.0))  # over 0.4 m
    middle = wide.expected(wide.pointsAt((11.3, 12.2, 8.4)))
    dose = doseOf(hill(middle), middle, MR, size=(1, 12, 10), spacing=(1.0, 2.5, 3.0))
    result = deformedDose(dose, ct, [registration(wide)])
    there = wide.expected(centers(result.volume.lattice)[result.defined])
    assert dose.volume.lattice.contains(there).all()
    assert result.defined.sum() > 50
    assert result.unreached.share == 0


def test_the_spacing_may_be_finer_but_not_coarse(ct):
    dose = doseOf(hill(middleOf(BIG)), middleOf(BIG), MR, size=(9, 8, 7))
    fine = deformedDose(dose, ct, [registration(BIG)], spacing=1.25)
    np.testing.assert_allclose(fine.volume.lattice.spacing, 1.25)
    with pytest.raises(NonconformantError, match=r"at most 3 mm .* asked for 3\.5"):
        deformedDose(dose, ct, [registration(BIG)], spacing=3.5)


def test_a_grid_smaller_than_the_dose_loses_dose_and_says_how_much(ct):
    middle = middleOf(BIG)
    dose = doseOf(hill(middle), middle, MR)
    small = replace(BIG, position=tuple(BIG.pointsAt((3, 2.5, 2))), size=(3, 4, 4))
    lost = deformedDose(dose, ct, [registration(small)])
    points = small.randomPoints(300_000, beyond=0.5)
    index = dose.volume.lattice.indices(small.expected(points))
    met = np.zeros(dose.volume.lattice.size, bool)
    inside = np.all((index > -0.5) & (index < np.array(met.shape) - 0.5), axis=-1)
    met[tuple(np.rint(index[inside]).astype(int).T)] = True
    share = dose.volume.values[~met.transpose(2, 1, 0)].sum() / dose.volume.values.sum()
    assert 0.2 < share < 0.9
    assert lost.unreached.share == pytest.approx(share, abs=0.2)  # one voxel of margin is allowed
    assert lost.unreached.share < share
    assert 0 < lost.unreached.maximum <= dose.volume.values.max()
    whole = deformedDose(dose, ct, [registration(BIG)])
    assert whole.unreached.share < lost.unreached.share / 4


def test_undefined_nodes_make_holes_of_no_dose(ct):
    case = replace(BIG, undefined=((4, 3, 3), (2, 5, 3)))
    dose = doseOf(hill(middleOf(case)), middleOf(case), MR)
    result = deformedDose(dose, ct, [registration(case)])
    points = centers(result.volume.lattice)
    hole = case.touchesUndefined(points) & ~case.outside(points)
    assert hole.sum() > 500
    np.testing.assert_array_equal(result.undefined, hole | case.outside(points))
    assert not result.volume.values[hole].any()
    assert f"undefined {100 * result.undefined.mean():.1f} %" in result.statement


def test_rigid_outside_the_grid_is_a_choice_and_is_told(ct):
    small = replace(BIG, pre=PRE, position=tuple(BIG.pointsAt((3, 2.5, 2))), size=(3, 4, 4))
    dose = doseOf(hill(middleOf(small)), middleOf(small), MR, size=(30, 28, 26))
    result = deformedDose(dose, ct, [registration(small)], outsideGrid=OutsideGrid.RIGID)
    points = centers(result.volume.lattice)
    beyond = small.outside(points)
    matrix = np.array(PRE).reshape(4, 4)
    rigid = hill(middleOf(small))(points @ matrix[:3, :3].T + matrix[:3, 3])
    there = beyond & result.defined
    assert there.sum() > 1000
    assert np.abs(result.volume.values - rigid)[there].mean() < 0.002 * PEAK
    assert not result.undefined.any()
    assert "rigid outside" in result.statement
    assert len(result.statement) <= 64


def test_the_other_way_goes_by_the_numerical_inverse_and_says_so(mr):
    case = replace(BIG, pre=PRE)
    middle = case.pointsAt((4.5, 3.5, 3.2))
    dose = doseOf(hill(middle), middle, CT, size=(12, 11, 10))
    with pytest.raises(FrameOfReferenceError, match="against a deformable registration"):
        deformedDose(dose, mr, [registration(case)])
    result = deformedDose(dose, mr, [registration(case)], numericalInverse=True)
    # points of the dose, their dose in closed form, and where the deformation takes them
    points = middle + np.random.default_rng(4).uniform(-8, 8, (400, 3))
    index = result.volume.lattice.indices(case.expected(points))
    axes = [np.arange(n) for n in result.volume.lattice.shape]
    found = RegularGridInterpolator(axes, result.volume.values)(index[:, ::-1])
    assert np.abs(found - hill(middle)(points)).mean() < 0.006 * PEAK  # interpolated twice
    assert result.statement.startswith("Inverse; ")
    assert result.unreached.share < 0.01


def test_a_chain_names_both_registrations_and_no_other(tmp_path):
    pet = seriesOf(builders.petSeries(), tmp_path)
    matrix = np.array(PRE).reshape(4, 4)
    items = [
        builders.registrationItem(builders.ctSeries(), builders.IDENTITY, builders.IDENTITY_CODE),
        builders.registrationItem(builders.petSeries(), matrix.ravel()),
    ]
    rigid = registrationFromDataset(
        builders.spatialRegistration(
            builders.ctSeries(), builders.petSeries(), items=items, SOPInstanceUID="2.25.77.4.50"
        )
    )
    case = replace(BIG, post=POST)
    dose = doseOf(hill(middleOf(case)), middleOf(case), MR)
    unused = registration(BIG, onMR=True, number=59, toFrame="2.25.77.2.9")
    result = deformedDose(dose, pet, [unused, rigid, registration(case)])
    assert [one.sopInstanceUID for one in result.registrations] == ["2.25.77.4.50", "2.25.77.4.55"]
    dataset = datasetFromDeformedDose(result, "d", created=CREATED).dataset
    used = [one.ReferencedSOPInstanceUID for one in dataset.ReferencedSpatialRegistrationSequence]
    assert used == ["2.25.77.4.50", "2.25.77.4.55"]
    points = centers(result.volume.lattice) @ matrix[:3, :3].T + matrix[:3, 3]
    truth = hill(middleOf(case))(case.expected(points))
    there = result.defined
    assert np.abs(result.volume.values - truth)[there].mean() < 0.002 * PEAK


def test_folded_voxels_are_found(ct):
    dose = doseOf(hill(middleOf(BIG)), middleOf(BIG), MR)
    assert not deformedDose(dose, ct, [registration(BIG)]).folded.any()
    # half a turn about z, and vectors that change along x by more than that
    halfTurn = (-1, 0, 0, 5, 0, -1, 0, 7, 0, 0, 1, 9, 0, 0, 0, 1)
    steep = Case(size=(9, 8, 7), position=(-60, -150, -70), spacing=(0.4, 1.1, 0.6), pre=halfTurn)
    there = doseOf(hill(middleOf(steep)), middleOf(steep), MR, spacing=(1, 1, 1))
    result = deformedDose(there, ct, [registration(steep)], spacing=0.3)
    points = centers(result.volume.lattice)[result.defined]
    step = 1e-4
    partial = [
        (steep.expected(points + step * axis) - steep.expected(points - step * axis)) / (2 * step)
        for axis in np.eye(3)
    ]
    determinant = np.linalg.det(np.stack(partial, axis=-1))
    sure = np.abs(determinant) > 0.05
    assert 0.1 < (determinant[sure] < 0).mean() < 0.9
    away = np.all(np.abs(steep.index(points) - np.rint(steep.index(points))) > 0.05, axis=-1)
    away &= np.all(
        (steep.index(points) > 0) & (steep.index(points) < np.array(steep.size) - 1), axis=-1
    )
    np.testing.assert_array_equal(
        result.folded[result.defined][sure & away], determinant[sure & away] < 0
    )


def test_without_a_deformation_or_without_a_way_there_is_no_deformed_dose(ct, mr):
    dose = doseOf(hill(middleOf(BIG)), middleOf(BIG), MR, size=(9, 8, 7))
    with pytest.raises(FrameOfReferenceError, match="no registration leads"):
        deformedDose(dose, ct, [])
    with pytest.raises(FrameOfReferenceError, match="found only matrices"):
        deformedDose(dose, mr, [])
    rigid = registrationFromDataset(builders.spatialRegistration())
    with pytest.raises(FrameOfReferenceError, match="found only matrices"):
        deformedDose(dose, ct, [rigid])
    with pytest.raises(FrameOfReferenceError, match="several registrations"):
        deformedDose(dose, ct, [registration(BIG), registration(BIG, number=56)])


def test_a_dose_that_arrives_nowhere_is_refused(ct):
    far = middleOf(BIG) + np.array((900, 0, 0))
    dose = doseOf(hill(far), far, MR, size=(9, 8, 7))
    with pytest.raises(FrameOfReferenceError, match=r"no point of .* is taken into the dose"):
        deformedDose(dose, ct, [registration(BIG)])


def test_a_registration_of_another_patient_deforms_no_dose_unless_confirmed(ct):
    dose = doseOf(hill(middleOf(BIG)), middleOf(BIG), MR, size=(9, 8, 7))
    other = replace(registration(BIG), patient=Patient("X-9", "Other^Person", "19500101", "O"))
    with pytest.raises(PatientMismatchError, match=other.sopInstanceUID):
        deformedDose(dose, ct, [other])
    deformedDose(dose, ct, [other], otherPatientConfirmed=True)
    unused = replace(
        registration(BIG, onMR=True, number=56, toFrame="1.2.3"), patient=other.patient
    )
    deformedDose(dose, ct, [registration(BIG), unused])


def test_the_dose_of_another_patient_is_refused_unless_confirmed(ct):
    dose = doseOf(hill(middleOf(BIG)), middleOf(BIG), MR, size=(9, 8, 7), PatientID="T-9")
    with pytest.raises(PatientMismatchError, match="differ in PatientID"):
        deformedDose(dose, ct, [registration(BIG)])
    result = deformedDose(dose, ct, [registration(BIG)], otherPatientConfirmed=True)
    written = datasetFromDeformedDose(result, "d", created=CREATED, otherPatientConfirmed=True)
    assert written.dataset.ImageComments == "other patient confirmed by user"


# --- the object


def deformed(target, **changes):
    case = replace(BIG, pre=PRE)
    dose = doseOf(hill(middleOf(case)), middleOf(case), MR, size=(22, 20, 18), **changes)
    return deformedDose(dose, target, [registration(case)])


def test_the_written_dose_reads_back_and_says_what_was_done(ct, tmp_path):
    dose = deformed(ct, DoseType="EFFECTIVE")
    dataset = datasetFromDeformedDose(dose, "deformed dose", created=CREATED).dataset
    back = doseFromFile(saveDataset(dataset, tmp_path / "dose.dcm"))
    assert back.notes == ()
    assert back.volume.lattice.size == dose.volume.lattice.size
    np.testing.assert_allclose(back.volume.lattice.corners, dose.volume.lattice.corners, atol=1e-6)
    np.testing.assert_allclose(back.volume.values, dose.volume.values, atol=1e-6)
    assert dataset.SpatialTransformOfDose == "NON_RIGID"
    (used,) = dataset.ReferencedSpatialRegistrationSequence
    assert used.ReferencedSOPClassUID == "1.2.840.10008.5.1.4.1.1.66.3"
    assert used.ReferencedSOPInstanceUID == "2.25.77.4.55"
    assert (dataset.DoseType, dataset.DoseSummationType) == ("EFFECTIVE", "PLAN")
    assert dataset.ReferencedRTPlanSequence == dose.source.header.ReferencedRTPlanSequence
    (source,) = dataset.ReferencedInstanceSequence
    assert source.ReferencedSOPInstanceUID == dose.source.sopInstanceUID
    assert source.PurposeOfReferenceCodeSequence[0].CodeValue == "121372"
    assert dataset.DoseComment == dose.statement
    assert dataset.FrameOfReferenceUID == CT
    assert dataset.BitsAllocated == 32


def test_the_other_kinds_of_dose_stay_what_they_are(ct):
    relative = datasetFromDeformedDose(deformed(ct, DoseUnits="RELATIVE"), "d", created=CREATED)
    assert relative.dataset.DoseUnits == "RELATIVE"
    difference = deformed(ct, DoseType="ERROR")
    negative = replace(difference.volume, values=difference.volume.values - 3)
    signed = datasetFromDeformedDose(replace(difference, volume=negative), "d", created=CREATED)
    assert signed.dataset.PixelRepresentation == 1
    stored = np.frombuffer(signed.dataset.PixelData, "<i4") * float(signed.dataset.DoseGridScaling)
    assert stored.min() == pytest.approx(-3, abs=1e-6)


@pytest.mark.parametrize("size", [(22, 20, 18), (22, 20, 1)])
def test_dciodvfy_finds_no_error(size, mr, tmp_path, dciodvfy):
    case = replace(BIG, pre=PRE)
    dose = doseOf(hill(middleOf(case)), middleOf(case), CT, size=size)
    result = deformedDose(dose, mr, [registration(case, onMR=True)])
    written = datasetFromDeformedDose(result, "deformed dose", created=CREATED, bits=16)
    assert dciodvfy(written.dataset) == []
