"""Registrator: objects by every row of the profile, or a refusal that says why."""

from __future__ import annotations

import io
from datetime import datetime

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from scipy.spatial.transform import Rotation

from builders import (
    CT_FRAME,
    MR_FRAME,
    PET_FRAME,
    STUDY,
    ctSeries,
    fiducial,
    mrSeries,
    petSeries,
    spatialFiducials,
)
from IHERORegistrationLib.codes import (
    FIDUCIAL_ALIGNMENT,
    FRAME_OF_REFERENCE_IDENTITY,
    IMAGE_CONTENT_ALIGNMENT,
)
from IHERORegistrationLib.errors import (
    FrameOfReferenceError,
    NonconformantError,
    NotRigidError,
    PatientMismatchError,
)
from IHERORegistrationLib.fiducialsReader import fiducialsFromDataset
from IHERORegistrationLib.geometry import AffineTransform, MatrixType
from IHERORegistrationLib.images import ImageSeries
from IHERORegistrationLib.profiles.selection import conformanceFindings
from IHERORegistrationLib.reader import registrationFromDataset
from IHERORegistrationLib.registration import allNotes
from IHERORegistrationLib.registrator import (
    Alignment,
    alignmentFromFiducials,
    registrationFromAlignment,
    registrationObject,
    registrationObjects,
)
from IHERORegistrationLib.rules import Role
from IHERORegistrationLib.study import Study
from IHERORegistrationLib.writer import datasetFromRegistration

NOW = datetime(2024, 5, 6, 7, 8, 9)
OBLIQUE_TURN = np.eye(4)
OBLIQUE_TURN[:3, :3] = Rotation.from_euler("xyz", (11, -23, 37), degrees=True).as_matrix()
OBLIQUE_TURN[:3, 3] = (-321.123456789012, 45.6, 1234.5678901234)


def alignment(moving: ImageSeries, matrix=OBLIQUE_TURN, toFrame=CT_FRAME, **changes) -> Alignment:
    settings = {
        "label": "MR_ON_CT",
        "description": "MR registered to the planning CT",
        "method": IMAGE_CONTENT_ALIGNMENT,
        **changes,
    }
    return Alignment(moving, AffineTransform(matrix, moving.frame, toFrame), **settings)


def exported(
    fixed: ImageSeries, chosen: Alignment, profile: str = "MMRO-III", **options
) -> Dataset:
    """The object as it comes back from a file."""
    dataset = registrationObject(fixed, chosen, profile=profile, created=NOW, **options).dataset
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    buffer.seek(0)
    return dcmread(buffer)


@pytest.mark.parametrize("profile", ["DICOM", "MMRO-II", "MMRO-III"])
def test_what_is_written_has_no_finding_in_either_role(storedSeries, dciodvfy, profile):
    fixed, moving = storedSeries(ctSeries()), storedSeries(mrSeries())
    dataset = exported(fixed, alignment(moving), profile)
    study = Study((*fixed.headers, *moving.headers))
    for role in Role:
        assert conformanceFindings(dataset, ("DICOM", profile), role, study) == []
    assert dciodvfy(dataset) == []


def test_the_object_says_what_the_standard_asks(storedSeries):
    dataset = exported(storedSeries(ctSeries()), alignment(storedSeries(mrSeries())))
    identity, moving = dataset.RegistrationSequence
    assert dataset.FrameOfReferenceUID == identity.FrameOfReferenceUID == CT_FRAME
    assert moving.FrameOfReferenceUID == MR_FRAME
    assert len(identity.ReferencedImageSequence) == 4
    assert len(moving.ReferencedImageSequence) == 3
    methods = [
        one.MatrixRegistrationSequence[0].RegistrationTypeCodeSequence[0].CodeValue
        for one in (identity, moving)
    ]
    assert methods == [FRAME_OF_REFERENCE_IDENTITY.value, IMAGE_CONTENT_ALIGNMENT.value]
    values = (
        moving.MatrixRegistrationSequence[0].MatrixSequence[0].FrameOfReferenceTransformationMatrix
    )
    assert all(len(str(value)) <= 16 for value in values)
    assert dataset.StudyInstanceUID == STUDY
    assert dataset.ContentDate == "20240506"


def test_points_map_the_same_after_writing_and_reading(storedSeries):
    dataset = exported(storedSeries(ctSeries()), alignment(storedSeries(mrSeries())))
    registration = registrationFromDataset(dataset)
    points = np.random.default_rng(5).uniform(-400, 400, (1000, 3))
    expected = points @ OBLIQUE_TURN[:3, :3].T + OBLIQUE_TURN[:3, 3]
    np.testing.assert_allclose(registration.transforms[0](points), expected, rtol=0, atol=1e-9)


def test_a_moving_series_of_another_study_goes_to_its_own_branch(storedSeries, dciodvfy):
    moving = storedSeries(mrSeries(StudyInstanceUID="2.25.77.9"))
    dataset = exported(storedSeries(ctSeries()), alignment(moving))
    assert len(dataset.ReferencedSeriesSequence) == 1
    (other,) = dataset.StudiesContainingOtherReferencedInstancesSequence
    assert other.StudyInstanceUID == "2.25.77.9"
    assert len(other.ReferencedSeriesSequence[0].ReferencedInstanceSequence) == 3
    assert dciodvfy(dataset) == []


def test_reading_and_writing_again_loses_nothing(storedSeries):
    fixed = storedSeries(ctSeries())
    first = registrationFromDataset(
        exported(fixed, alignment(storedSeries(mrSeries()), comment="checked by eye"))
    )
    again = registrationFromDataset(datasetFromRegistration(first, fixed.headers[0], created=NOW))
    assert allNotes(again) == ()
    assert again.series == first.series
    assert (again.label, again.description) == (first.label, first.description)
    assert again.registeredFrame == first.registeredFrame
    for a, b in zip(first.items, again.items, strict=True):
        assert (a.sourceFrame, a.images, a.method, a.comment) == (
            b.sourceFrame,
            b.images,
            b.method,
            b.comment,
        )
        assert a.declaredTypes == b.declaredTypes
        np.testing.assert_array_equal(a.matrix, b.matrix)


def test_a_rounded_rotation_is_made_orthonormal(storedSeries):
    rounded = np.round(OBLIQUE_TURN, 5)
    registration = registrationFromDataset(
        exported(storedSeries(ctSeries()), alignment(storedSeries(mrSeries()), rounded))
    )
    part = registration.movingItems[0].matrix[:3, :3]
    assert np.abs(part.T @ part - np.eye(3)).max() < 1e-12
    assert np.abs(part - OBLIQUE_TURN[:3, :3]).max() < 1e-5


@pytest.mark.parametrize(
    ("scales", "kind"),
    [((1.05, 1.05, 1.05), MatrixType.RIGID_SCALE), ((1.02, 0.97, 1.1), MatrixType.RIGID_SCALE)],
)
def test_scaled_matrices_are_plain_dicom_but_not_mmro(storedSeries, scales, kind):
    fixed, moving = storedSeries(ctSeries()), storedSeries(mrSeries())
    matrix = OBLIQUE_TURN @ np.diag((*scales, 1))
    dataset = exported(fixed, alignment(moving, matrix), "DICOM")
    assert registrationFromDataset(dataset).movingItems[0].declaredTypes == (kind.value,)
    with pytest.raises(NonconformantError, match="MMRO-SRO-010"):
        exported(fixed, alignment(moving, matrix))


def test_an_affine_matrix_keeps_its_type(storedSeries):
    matrix = OBLIQUE_TURN.copy()
    matrix[0, 1] += 0.1
    dataset = exported(
        storedSeries(ctSeries()), alignment(storedSeries(mrSeries()), matrix), "DICOM"
    )
    registration = registrationFromDataset(dataset)
    assert registration.movingItems[0].declaredTypes == ("AFFINE",)
    np.testing.assert_allclose(registration.movingItems[0].matrix, matrix, rtol=0, atol=1e-10)


def test_mirrors_are_refused(storedSeries):
    mirror = OBLIQUE_TURN @ np.diag((-1, 1, 1, 1))
    with pytest.raises(NotRigidError, match="mirror"):
        exported(storedSeries(ctSeries()), alignment(storedSeries(mrSeries()), mirror))


def test_one_frame_for_both_is_refused_and_explained(storedSeries):
    pet = storedSeries(petSeries(FrameOfReferenceUID=CT_FRAME))
    shared = Alignment(pet, AffineTransform(OBLIQUE_TURN, MR_FRAME, CT_FRAME), "A", "B",
                       IMAGE_CONTENT_ALIGNMENT)  # fmt: skip
    with pytest.raises(FrameOfReferenceError, match="need no registration"):
        registrationFromAlignment(storedSeries(ctSeries()), shared)


def test_a_transform_between_other_frames_is_refused(storedSeries):
    turned = alignment(storedSeries(mrSeries()), toFrame=PET_FRAME)
    with pytest.raises(FrameOfReferenceError, match="expected a transform from"):
        registrationFromAlignment(storedSeries(ctSeries()), turned)


def test_mmro_ii_wants_a_ct_as_base_and_mmro_iii_does_not(storedSeries):
    fixed, moving = storedSeries(mrSeries()), storedSeries(ctSeries())
    chosen = alignment(moving, toFrame=MR_FRAME)
    assert exported(fixed, chosen).FrameOfReferenceUID == MR_FRAME
    with pytest.raises(NonconformantError, match="MMRO"):
        exported(fixed, chosen, "MMRO-II")


def test_another_patient_stops_until_confirmed(storedSeries):
    fixed, moving = storedSeries(ctSeries()), storedSeries(mrSeries(PatientID="T-2"))
    with pytest.raises(PatientMismatchError, match="PatientID") as caught:
        exported(fixed, alignment(moving))
    assert "T-2" not in str(caught.value)
    made = registrationObject(
        fixed, alignment(moving), profile="MMRO-III", created=NOW, otherPatientConfirmed=True
    )
    assert "MMRO-PAT-001" in [finding.rule.code for finding in made.findings]


def test_what_the_images_lack_is_not_made_up_and_told(storedSeries):
    fixed = storedSeries(ctSeries(StudyID=""))
    made = registrationObject(
        fixed, alignment(storedSeries(mrSeries())), profile="MMRO-III", created=NOW
    )
    assert made.dataset.StudyID == ""
    assert [(one.rule.code, one.location) for one in made.findings] == [("MMRO-STU-002", "StudyID")]


def test_refusal_lists_every_finding(storedSeries):
    chosen = alignment(storedSeries(mrSeries()), label="mr on ct", description="")
    with pytest.raises(NonconformantError) as caught:
        exported(storedSeries(ctSeries()), chosen)
    assert [finding.rule.code for finding in caught.value.findings] == ["DCM-REG-004"]
    assert "ContentLabel" in str(caught.value)


def test_n_image_sets_give_n_minus_1_objects_with_one_registered_frame(storedSeries):
    fixed = storedSeries(ctSeries())
    made = registrationObjects(
        fixed,
        [
            alignment(storedSeries(mrSeries())),
            alignment(storedSeries(petSeries()), label="PET_ON_CT"),
        ],
        profile="MMRO-III",
        created=NOW,
    )
    assert [one.dataset.FrameOfReferenceUID for one in made] == [CT_FRAME, CT_FRAME]
    assert len({one.dataset.SOPInstanceUID for one in made}) == 2
    assert len({one.dataset.SeriesInstanceUID for one in made}) == 2


def test_two_moving_sets_in_one_frame_need_one_object(storedSeries):
    moving = alignment(storedSeries(mrSeries()))
    with pytest.raises(FrameOfReferenceError, match="covers them all"):
        registrationObjects(
            storedSeries(ctSeries()), [moving, moving], profile="MMRO-III", created=NOW
        )


def test_landmark_registrations_name_their_fiducials(storedSeries, dciodvfy):
    fixed, moving = storedSeries(ctSeries()), storedSeries(mrSeries())
    there = {"A": (1, 2, 3), "B": (41, -7, 12), "C": (-5, 66, 20), "D": (9, 10, 88)}
    turn, shift = OBLIQUE_TURN[:3, :3], OBLIQUE_TURN[:3, 3]
    here = {name: turn @ point + shift for name, point in there.items() if name != "D"}
    objects = [
        fiducialsFromDataset(
            spatialFiducials(images, [fiducial(name, point) for name, point in points.items()],
                             SOPInstanceUID=f"2.25.88.{number}", SeriesInstanceUID="2.25.88")
        )
        for number, (images, points) in enumerate([(ctSeries(), here), (mrSeries(), there)])
    ]  # fmt: skip
    chosen, fit = alignmentFromFiducials(
        fixed, moving, *objects, label="POINTS", description="from landmarks"
    )
    assert fit.unpaired == ("D",)
    assert fit.largest < 1e-6  # what 16 characters of a decimal string leave
    dataset = exported(fixed, chosen)
    registration = registrationFromDataset(dataset)
    np.testing.assert_allclose(registration.transforms[0].matrix, OBLIQUE_TURN, rtol=0, atol=1e-8)
    assert registration.items[1].method == FIDUCIAL_ALIGNMENT
    assert [len(one.usedFiducials) for one in registration.items] == [3, 3]
    used = {one.instance.sopInstanceUID for one in registration.items[1].usedFiducials}
    assert used == {"2.25.88.1"}
    assert [len(series.instances) for series in registration.series] == [4, 3, 2]
    assert dciodvfy(dataset) == []


@pytest.mark.parametrize("name", ["Müller^Jörg", "Łukasz^Żółć"])
def test_names_of_every_script_survive(storedSeries, name):
    kanji = {"PatientName": name, "SpecificCharacterSet": "ISO_IR 192"}
    dataset = exported(storedSeries(ctSeries(**kanji)), alignment(storedSeries(mrSeries(**kanji))))
    assert str(dataset.PatientName) == name
    expected = "ISO_IR 100" if name.startswith("M") else "ISO_IR 192"
    assert dataset.SpecificCharacterSet == expected
