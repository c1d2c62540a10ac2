from datetime import UTC, datetime

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

import builders
from IHERORegistrationLib.dataFolder import dataFolder
from IHERORegistrationLib.dose import Dose, doseFromDataset
from IHERORegistrationLib.doseObject import SpatialTransform
from IHERORegistrationLib.doseWriter import datasetFromResampledDose
from IHERORegistrationLib.errors import FrameOfReferenceError, PatientMismatchError
from IHERORegistrationLib.geometry import AffineTransform
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.reader import registrationFromDataset, registrationFromFile
from IHERORegistrationLib.registeredDoseDisplay import (
    doseLattice,
    doseOnLattice,
    doseOnTarget,
    structuresOnTarget,
)
from IHERORegistrationLib.registration import frameGraph
from IHERORegistrationLib.structureSetReader import structureSetFromDataset
from writtenSeries import seriesOf

CT, MR, PET = builders.CT_FRAME, builders.MR_FRAME, builders.PET_FRAME
GY_PER_STEP = 0.03125  # Dose Grid Scaling of the built dose, whose values are i + 5 j + 20 k


@pytest.fixture
def dose():
    return doseFromDataset(builders.dose())


def rigid(degrees, fromPoint, toPoint):
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("xyz", degrees, degrees=True).as_matrix()
    matrix[:3, 3] = toPoint - matrix[:3, :3] @ fromPoint
    return matrix


def registration(moving, base, matrix, number=50):
    items = [
        builders.registrationItem(base, builders.IDENTITY, builders.IDENTITY_CODE),
        builders.registrationItem(moving, matrix.ravel()),
    ]
    return registrationFromDataset(
        builders.spatialRegistration(
            base, moving, items=items, SOPInstanceUID=f"{builders.ROOT}.4.{number}"
        )
    )


@pytest.fixture
def mrToCT(mr, dose):
    matrix = rigid((14, -32, 51), mr.lattice.center, dose.volume.lattice.center)
    return registration(builders.mrSeries(), builders.ctSeries(), matrix)


def doseAt(dose, points):
    """The built dose, trilinear between its voxels: a linear function of the index; NaN outside."""
    index = dose.volume.lattice.indices(points)
    clamped = np.clip(index, 0, np.array(dose.volume.lattice.size) - 1)
    values = GY_PER_STEP * (clamped @ (1, 5, 20))
    return np.where(dose.volume.lattice.contains(points), values, np.nan)


def centers(lattice):
    k, j, i = np.indices(lattice.shape)
    return lattice.points(np.stack([i, j, k], axis=-1))


def moved(points, matrix):
    return points @ matrix[:3, :3].T + matrix[:3, 3]


# --- dose


def test_each_voxel_of_the_target_holds_the_dose_of_where_it_comes_from(dose, mr, mrToCT):
    result = doseOnLattice(dose, mr, mr.lattice, [mrToCT])
    matrix = mrToCT.items[1].matrix  # MR → CT, where the dose lies
    wanted = doseAt(dose, moved(centers(mr.lattice), matrix))
    assert np.isfinite(wanted).sum() > 10
    assert np.array_equal(result.outside, np.isnan(wanted))
    np.testing.assert_allclose(
        result.volume.values, np.nan_to_num(wanted), atol=26 * GY_PER_STEP * 2**-17 + 1e-6
    )
    assert result.volume.frame == MR
    assert result.volume.values.dtype == np.float32


def test_the_dose_is_not_scaled_with_the_voxels(dose, mr, mrToCT):
    result = doseOnTarget(dose, mr, [mrToCT])
    peak = 59 * GY_PER_STEP
    assert 0.95 * peak < result.volume.values.max() <= peak + 1e-6
    # the same energy, within what half a voxel of border makes of a small grid
    before = dose.volume.values.sum() * np.prod(dose.volume.lattice.spacing)
    after = result.volume.values.sum() * np.prod(result.volume.lattice.spacing)
    assert after == pytest.approx(before, rel=0.08)


def test_beyond_the_source_the_dose_is_zero_and_counted(dose, mr, mrToCT):
    result = doseOnTarget(dose, mr, [mrToCT])
    assert 0.1 < result.outside.mean() < 0.9
    assert (result.volume.values[result.outside] == 0).all()
    percent = 100 * result.outside.mean()
    assert f"{percent:.1f} %" in result.statement
    assert "RIGID" in result.statement
    assert "Display only" in result.statement


def test_the_lattice_has_the_axes_of_the_target_and_starts_on_it(dose, mr, mrToCT):
    lattice = doseOnTarget(dose, mr, [mrToCT]).volume.lattice
    np.testing.assert_allclose(lattice.directions, mr.lattice.directions, atol=1e-12)
    first = mr.lattice.indices(lattice.origin)
    np.testing.assert_allclose(first, np.rint(first), atol=1e-9)


def test_the_lattice_holds_the_whole_dose(dose, mr, mrToCT):
    lattice = doseOnTarget(dose, mr, [mrToCT]).volume.lattice
    i, j, k = np.indices((2, 2, 2)).reshape(3, 8)
    ends = np.stack([i, j, k], axis=-1) * np.array(dose.volume.lattice.size) - 0.5
    corners = moved(dose.volume.lattice.points(ends), np.linalg.inv(mrToCT.items[1].matrix))
    index = lattice.indices(corners)
    assert (index > -1e-6).all()
    assert (index < np.array(lattice.size) - 1 + 1e-6).all()
    assert (index.max(axis=0) > np.array(lattice.size) - 2).all()  # and not a voxel more
    assert (index.min(axis=0) * lattice.spacing < mr.lattice.spacing).all()


def test_the_lattice_is_as_fine_as_the_dose_and_at_least_three_millimeters():
    source = Lattice.fromAxes((9, 8, 7), (5, 6, 7), np.eye(3), (2.0, 2.5, 5.0))
    dose = doseOf(Volume(np.ones(source.shape, np.float32), source, CT))
    target = Lattice.fromAxes((20, 30, 10), (-90, 4, 3), np.eye(3), (0.9, 0.9, 4.0))
    same = AffineTransform(np.eye(4), MR, CT)
    np.testing.assert_allclose(doseLattice(dose, target, same).spacing, (2, 2.5, 3))
    # the target's x, y, z run along the dose's y, z, x
    cycled = np.eye(4)
    cycled[:3, :3] = [(0, 0, 1), (1, 0, 0), (0, 1, 0)]
    turned = AffineTransform(cycled, MR, CT)
    np.testing.assert_allclose(doseLattice(dose, target, turned).spacing, (2.5, 3, 2))


def doseOf(volume):
    made = doseFromDataset(builders.dose())
    fields = {name: getattr(made, name) for name in Dose.__dataclass_fields__}
    return Dose(**{**fields, "volume": volume})


def test_a_dose_of_the_targets_own_frame_needs_no_registration(dose, ct):
    result = doseOnTarget(dose, ct, [])
    assert result.kind is SpatialTransform.NONE
    assert result.registrations == ()
    wanted = np.nan_to_num(doseAt(dose, centers(result.volume.lattice)))
    np.testing.assert_allclose(result.volume.values, wanted, atol=1e-5)
    dataset = datasetFromResampledDose(result, "same", created=datetime(2025, 1, 2, tzinfo=UTC))
    assert dataset.SpatialTransformOfDose == "NONE"
    assert "ReferencedSpatialRegistrationSequence" not in dataset


def test_a_chain_names_each_registration_on_the_way_and_no_other(dose, mr, mrToCT, tmp_path):
    pet = seriesOf(builders.petSeries(), tmp_path / "pet")
    petToMR = registration(
        builders.petSeries(),
        builders.mrSeries(),
        rigid((5, 60, -7), pet.lattice.center, mr.lattice.center),
        number=51,
    )
    elsewhere = [
        builders.registrationItem(
            builders.ctSeries(FrameOfReferenceUID="2.25.77.2.9"), np.diag([-1.0, -1, 1, 1]).ravel()
        )
    ]
    unused = registrationFromDataset(
        builders.spatialRegistration(items=elsewhere, SOPInstanceUID="2.25.77.4.52")
    )
    result = doseOnTarget(dose, pet, [unused, petToMR, mrToCT])
    assert [one.sopInstanceUID for one in result.registrations] == ["2.25.77.4.51", "2.25.77.4.50"]
    points = moved(
        moved(centers(result.volume.lattice), petToMR.items[1].matrix), mrToCT.items[1].matrix
    )
    wanted = np.nan_to_num(doseAt(dose, points))
    np.testing.assert_allclose(result.volume.values, wanted, atol=1e-4)


def test_without_a_registration_there_is_no_dose(dose, mr):
    with pytest.raises(FrameOfReferenceError, match="no registration leads"):
        doseOnTarget(dose, mr, [])


def test_two_registrations_are_a_question(dose, mr, mrToCT):
    other = registration(
        builders.mrSeries(), builders.ctSeries(), rigid((1, 2, 3), np.zeros(3), np.ones(3)), 51
    )
    with pytest.raises(FrameOfReferenceError, match="several registrations"):
        doseOnTarget(dose, mr, [mrToCT, other])


def test_the_dose_of_another_patient_is_refused_unless_confirmed(mr, mrToCT):
    other = doseFromDataset(builders.dose(PatientBirthDate="19710203"))
    with pytest.raises(PatientMismatchError, match="differ in PatientBirthDate"):
        doseOnTarget(other, mr, [mrToCT])
    assert doseOnTarget(other, mr, [mrToCT], otherPatientConfirmed=True).volume.values.any()


# --- structures


def test_structures_are_shown_where_the_registration_puts_them(mr, mrToCT):
    structures = structureSetFromDataset(builders.structureSet())
    shown = structuresOnTarget(structures, mr, frameGraph([mrToCT]))
    back = np.linalg.inv(mrToCT.items[1].matrix)
    for before, after in zip(structures.structures, shown, strict=True):
        assert (after.name, after.color, after.frame) == (before.name, before.color, MR)
        for one, other in zip(before.contours, after.contours, strict=True):
            np.testing.assert_allclose(other.points, moved(one.points, back), atol=1e-9)
            assert other.geometricType is one.geometricType
            assert other.image is None


def test_structures_of_the_targets_own_frame_stay_as_they_are(ct):
    structures = structureSetFromDataset(builders.structureSet())
    assert structuresOnTarget(structures, ct, frameGraph([])) == structures.structures


def test_unconnected_structures_are_refused(mr):
    structures = structureSetFromDataset(builders.structureSet())
    with pytest.raises(FrameOfReferenceError, match="no registration leads"):
        structuresOnTarget(structures, mr, frameGraph([]))


def test_structures_of_another_patient_are_refused_unless_confirmed(mr, mrToCT):
    structures = structureSetFromDataset(builders.structureSet(PatientID="T-9"))
    graph = frameGraph([mrToCT])
    with pytest.raises(PatientMismatchError, match="differ in PatientID"):
        structuresOnTarget(structures, mr, graph)
    assert structuresOnTarget(structures, mr, graph, otherPatientConfirmed=True)


# --- the reference set


def test_the_reference_dose_keeps_its_maximum_and_integral_on_mr_and_pet(nonhybridSet):
    data = dataFolder(nonhybridSet)
    registrations = [registrationFromFile(path) for path in data.registrations]
    dose = data.oneDose()
    targets = [series for series in data.series if series.frame != dose.frame]
    assert sorted(series.modality for series in targets) == ["MR", "PT"]
    integral = dose.volume.values.sum(dtype=float) * np.prod(dose.volume.lattice.spacing)
    for target in targets:
        shown = doseOnTarget(dose, target, registrations)
        assert shown.kind is SpatialTransform.RIGID
        assert len(shown.registrations) == 1
        values = shown.volume.values
        assert values.max() == pytest.approx(dose.volume.values.max(), rel=0.005)
        there = values.sum(dtype=float) * np.prod(shown.volume.lattice.spacing)
        assert there == pytest.approx(integral, rel=2e-4)
        peak = shown.volume.lattice.points(np.argwhere(values == values.max())[0][::-1])
        back = frameGraph(registrations).path(target.frame, dose.frame)(peak)
        index = np.rint(dose.volume.lattice.indices(back)).astype(int)
        assert dose.volume.values[tuple(index[::-1])] > 0.98 * dose.volume.values.max()
