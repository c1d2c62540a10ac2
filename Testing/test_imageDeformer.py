"""Deformed series as DICOM: values, lineage, geometry, refusals, and what dciodvfy says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from builders import ds, spatialRegistration
from deformedLattices import (
    CENTER,
    GRID,
    LATTICE,
    REGISTERED,
    SMALL,
    SOURCE,
    THERE,
    about,
    voxelCenters,
)
from IHERODeformationLib.deformation import OutsideGrid
from IHERODeformationLib.frameWays import registrationWay
from IHERODeformationLib.imageDeformer import DeformedSeries, deformedSeries
from IHERODeformationLib.reader import (
    deformableRegistrationFromFile,
)
from IHERORegistrationLib.errors import (
    FrameOfReferenceError,
    NonconformantError,
    PatientMismatchError,
)
from IHERORegistrationLib.geometry import mapped
from IHERORegistrationLib.lattice import Lattice
from IHERORegistrationLib.profiles.selection import conformanceFindings
from IHERORegistrationLib.reader import registrationFromDataset
from IHERORegistrationLib.resampling import Interpolation
from IHERORegistrationLib.rules import Role
from IHERORegistrationLib.seriesReading import seriesFromFiles
from IHERORegistrationLib.study import Study
from imagePairs import (
    FINE,
    HOLE,
    NOW,
    PRE,
    Pair,
    datasetsOn,
    deepInside,
    expectedPoints,
    intensity,
    valuesOf,
)
from testData import dataSet
from writtenSeries import seriesOf


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return Pair(tmp_path_factory.mktemp("pair"))


@pytest.fixture(scope="module")
def made(pair: Pair) -> DeformedSeries:
    return pair.deformed()


@pytest.mark.parametrize("interpolation", [Interpolation.LINEAR, Interpolation.CUBIC])
@pytest.mark.parametrize("modality", ["CT", "MR", "PT"])
def test_values_are_those_of_the_source_where_each_voxel_comes_from(
    tmp_path, modality, interpolation
):
    made = Pair(tmp_path, modality).deformed(interpolation=interpolation)
    points = expectedPoints()
    deep = deepInside(points)
    assert deep.sum() > 1000
    error = (valuesOf(made) - intensity(points))[deep]
    assert np.abs(error).mean() < 1
    assert abs(error.mean()) < 0.5
    assert made.findings == ()


def test_geometry_frame_and_position_are_those_of_the_registered_image(pair, made):
    for one, image in zip(made.datasets, pair.base.headers, strict=True):
        for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"):
            assert np.allclose(one[keyword].value, image[keyword].value, atol=1e-6)
        for keyword in ("Rows", "Columns", "FrameOfReferenceUID", "PositionReferenceIndicator"):
            assert one[keyword].value == image[keyword].value
        assert one.PatientPosition == "HFP"


def test_study_dates_and_acquisition_are_those_of_the_source(pair, made):
    source = pair.source.headers[0]
    for one in made.datasets:
        for keyword in (
            "StudyInstanceUID", "StudyDate", "StudyTime", "SeriesDate", "SeriesTime",
            "AcquisitionDate", "AcquisitionTime", "ContentDate", "ContentTime", "KVP", "PatientID",
        ):  # fmt: skip
            assert one[keyword].value == source[keyword].value
        assert (one.InstanceCreationDate, one.InstanceCreationTime) == ("20240506", "070809")
        assert list(one.ImageType) == ["DERIVED", "SECONDARY", "AXIAL"]
        assert one.Manufacturer == "IHERO"
    assert len({one.SOPInstanceUID for one in made.datasets}) == LATTICE.size[2]
    taken = {pair.source.seriesInstanceUID, pair.base.seriesInstanceUID}
    assert len({one.SeriesInstanceUID for one in made.datasets} | taken) == 3
    assert made.datasets[0].SeriesDescription == "moving deformed to CT"


def test_registration_and_derivation_are_coded(pair, made):
    one = made.datasets[5]
    assert one.DerivationCodeSequence[0].CodeValue == "125027"
    assert one.DerivationCodeSequence[0].CodeMeaning == "Deformed for Registration"
    (used,) = one.SourceInstanceSequence
    assert used.ReferencedSOPClassUID == "1.2.840.10008.5.1.4.1.1.66.3"
    assert used.ReferencedSOPInstanceUID == pair.registration.sopInstanceUID
    assert used.PurposeOfReferenceCodeSequence[0].CodeValue == "125028"
    branches = one.StudiesContainingOtherReferencedInstancesSequence
    assert [branch.StudyInstanceUID for branch in branches] == [pair.registration.studyInstanceUID]
    assert one.DerivationDescription.startswith("Deformed through 1 registration(s), linear")


def test_every_source_image_that_takes_part_is_named_and_hardly_another(pair, made):
    k = FINE.indices(expectedPoints())[..., 2]
    uids = [one.sopInstanceUID for one in pair.source.reference]
    for number, one in enumerate(made.datasets):
        used = {int(n) for x in (np.floor(k[number]), np.ceil(k[number])) for n in x.ravel()}
        listed = {
            uids.index(item.ReferencedSOPInstanceUID) for item in one.get("SourceImageSequence", ())
        }
        expected = used & set(range(len(uids)))
        assert expected <= listed
        assert len(listed - expected) <= 4
        for item in one.get("SourceImageSequence", ()):
            assert item.PurposeOfReferenceCodeSequence[0].CodeValue == "121322"


def test_voxels_without_value_are_padded_and_counted_by_reason(tmp_path):
    made = Pair(tmp_path, undefined=[HOLE]).deformed()
    points = voxelCenters(LATTICE)
    undefined = np.all(np.abs(GRID.indices(points) - HOLE) < 1, axis=-1)
    outside = ~FINE.contains(expectedPoints()) & ~undefined
    assert (made.undefined, made.outside) == (undefined.sum(), outside.sum())
    assert undefined.sum() > 100
    assert outside.sum() > 100
    assert made.voxels == np.prod(LATTICE.size)
    assert np.array_equal(valuesOf(made) == -1024, undefined | outside)
    said = made.datasets[0].DerivationDescription
    assert f"{undefined.sum()} voxels of the series where the registration is undefined" in said
    assert f"{outside.sum()} voxels of the series outside the source hold -1024." in said
    assert made.datasets[0].PixelPaddingValue == -1024


def test_slices_beyond_the_grid_are_padding_and_name_where_their_dates_are_from(tmp_path):
    pair = Pair(tmp_path, lattice=SMALL)
    made = pair.deformed()
    inside = np.all(np.abs(SMALL.indices(voxelCenters(LATTICE)) - (2.5, 2, 1.5)) <= (3, 2.5, 2),
                    axis=-1)  # fmt: skip
    assert made.undefined == (~inside).sum()
    empty = [k for k in range(len(inside)) if not inside[k].any()]
    assert empty
    for k in empty:
        assert (made.datasets[k].pixel_array == -1024).all()
        (source,) = made.datasets[k].SourceImageSequence
        assert source.ReferencedSOPInstanceUID == pair.source.reference.instances[0].sopInstanceUID
        assert made.datasets[k].AcquisitionDate == "20230406"
    study = Study((*pair.base.headers, *pair.source.headers, *made.datasets, pair.dataset))
    for one in made.datasets:
        assert conformanceFindings(one, ("DICOM", "DRRO"), Role.PRODUCER, study) == []


def test_beyond_the_grid_the_matrices_hold_where_asked_for(tmp_path):
    pair = Pair(tmp_path, lattice=SMALL)
    made = pair.deformed(way={"outsideGrid": OutsideGrid.RIGID}.items())
    points = voxelCenters(LATTICE)
    inside = np.all(np.abs(SMALL.indices(points) - (2.5, 2, 1.5)) <= (3, 2.5, 2), axis=-1)
    there = mapped(PRE, points)
    deep = deepInside(there) & ~inside
    assert deep.sum() > 500
    assert np.abs(valuesOf(made) - intensity(there))[deep].mean() < 1
    assert made.undefined == 0
    assert "Beyond the grid the matrices alone hold." in made.datasets[0].DerivationDescription


@pytest.mark.parametrize("modality", ["CT", "MR"])
def test_dciodvfy_finds_no_error(tmp_path, modality, dciodvfy):
    made = Pair(tmp_path, modality, undefined=[HOLE]).deformed().datasets
    for one in (made[0], made[6]):
        assert dciodvfy(one) == []


def test_PET_breaks_DICOM_in_the_one_value_that_DRRO_wants(tmp_path, dciodvfy):
    pair = Pair(tmp_path, "PT")
    one = pair.deformed().datasets[6]
    assert list(one.ImageType) == ["DERIVED", "SECONDARY"]
    (error,) = dciodvfy(one)
    assert "Image Type" in error
    assert "SECONDARY" in error
    plain = pair.deformed(profile="DICOM").datasets[6]
    assert list(plain.ImageType) == ["DERIVED", "PRIMARY"]
    assert dciodvfy(plain) == []
    assert (one.SeriesDate, one.SeriesTime) == ("20230405", "061708")  # decay is counted from it
    assert one.Units == "BQML"


def test_counts_of_PET_are_scaled_with_the_volume_of_voxels(tmp_path):
    pair = Pair(tmp_path, "PT", Units="CNTS")
    made = valuesOf(pair.deformed())
    points = expectedPoints()
    deep = deepInside(points)
    factor = (1.1 * 1.9 * 2.3) / (1.5 * 1.25 * 1.3)
    assert np.abs(made / factor - intensity(points))[deep].mean() < 1


@pytest.mark.parametrize("kind", ["GATED", "DYNAMIC"])
def test_several_times_are_refused(tmp_path, kind):
    with pytest.raises(NonconformantError, match=kind):
        Pair(tmp_path, "PT", SeriesType=[kind, "IMAGE"]).deformed()


def test_a_rigid_step_before_the_deformation_keeps_both_references(pair, tmp_path):
    matrix = about(THERE, CENTER, (7, 40, -30))
    frame = "1.2.9"
    other = Lattice(LATTICE.size, np.linalg.inv(matrix) @ LATTICE.ijkToLPS)
    datasets = datasetsOn(other, "MR", FrameOfReferenceUID=frame)
    base = seriesOf(datasets, tmp_path / "other")
    registered = datasetsOn(LATTICE, "CT", FrameOfReferenceUID=REGISTERED)
    rigid = spatialRegistration(registered, datasets)
    item = rigid.RegistrationSequence[1].MatrixRegistrationSequence[0].MatrixSequence[0]
    item.FrameOfReferenceTransformationMatrix = ds(matrix.ravel())
    made = pair.deformed([pair.registration, registrationFromDataset(rigid)], base)
    points = expectedPoints()
    deep = deepInside(points)
    assert np.abs(valuesOf(made) - intensity(points))[deep].mean() < 1
    used = made.datasets[3].SourceInstanceSequence
    assert [one.ReferencedSOPInstanceUID for one in used] == [
        str(rigid.SOPInstanceUID), pair.registration.sopInstanceUID,
    ]  # fmt: skip
    assert ["PurposeOfReferenceCodeSequence" in one for one in used] == [False, True]
    assert made.datasets[3].FrameOfReferenceUID == frame


def test_the_other_way_is_found_numerically_and_said(pair):
    registrations = [pair.registration]
    chain = registrationWay(registrations, SOURCE, REGISTERED, numericalInverse=True)
    made = deformedSeries(pair.base, pair.source, chain, registrations, created=NOW)
    assert "A deformation was inverted numerically." in made.datasets[0].DerivationDescription
    assert made.undefined + made.outside < made.voxels


def test_a_way_of_matrices_only_is_refused(pair):
    rigid = registrationFromDataset(
        spatialRegistration(
            datasetsOn(LATTICE, "CT", FrameOfReferenceUID=REGISTERED),
            datasetsOn(FINE, "MR", FrameOfReferenceUID=SOURCE),
        )
    )
    with pytest.raises(FrameOfReferenceError, match="matrices only"):
        pair.deformed([rigid])


def test_other_patients_are_refused_unless_confirmed_and_recorded(tmp_path):
    pair = Pair(tmp_path, PatientID="ANOTHER")
    with pytest.raises(PatientMismatchError):
        pair.deformed()
    said = pair.deformed(otherPatientConfirmed=True).datasets[0].DerivationDescription
    assert "Other patient confirmed by user." in said
    assert "Registration of another patient confirmed by user." in said


def test_a_registration_of_another_patient_is_refused(pair):
    other = replace(pair.registration, patient=replace(pair.registration.patient, patientID="X"))
    with pytest.raises(PatientMismatchError, match="registration"):
        pair.deformed([other])


def test_the_lungs_of_a_real_pair_lie_on_each_other():
    """Scans of one patient on two days, and the registration that plastimatch wrote of them."""
    images = dataSet("lung-repeat-ct-landmarks")
    (moving,) = seriesFromFiles(sorted((images / "dicom_followup").rglob("*.dcm")))
    (whole,) = seriesFromFiles(sorted((images / "dicom_baseline").rglob("*.dcm")))
    (base,) = seriesFromFiles(whole.files[::4])  # enough slices to lie on
    files = dataSet("peer-made") / "lung-repeat-ct-reg"
    registration = deformableRegistrationFromFile(files / "plastimatch-1.9.4_dsro-fullfield.dcm")
    way = registrationWay([registration], base.frame, moving.frame)
    made = deformedSeries(moving, base, way, [registration], created=NOW)
    values, wanted = valuesOf(made), base.volume().values
    seen = (values > -1000) & (wanted > -1000)
    assert np.corrcoef(values[seen], wanted[seen])[0, 1] > 0.99
    assert 0 < made.undefined < made.outside < 0.1 * made.voxels
