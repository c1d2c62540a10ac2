"""Deformable Registrator: objects by every row of DRRO, or a refusal that says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
from pydicom import Dataset, dcmread

from builders import (
    CT_FRAME,
    MR_FRAME,
    OBLIQUE,
    PET_FRAME,
    ctSeries,
    fiducial,
    mrSeries,
    spatialFiducials,
    spatialRegistration,
)
from IHERODeformationLib.deformableRegistrator import (
    DeformableAlignment,
    deformableRegistrationObject,
    deformationFromRigidStart,
    distinctLabel,
    registrationFromDeformableAlignment,
    usedFiducials,
)
from IHERODeformationLib.deformation import DeformableTransform, OutsideGrid
from IHERODeformationLib.displacementGrid import DisplacementGrid
from IHERODeformationLib.reader import deformableRegistrationFromFile
from IHERODeformationLib.writer import DeformationForm, saveDeformableRegistration
from IHERORegistrationLib.codes import (
    FIDUCIAL_ALIGNMENT,
    IMAGE_CONTENT_ALIGNMENT,
    VISUAL_ALIGNMENT,
)
from IHERORegistrationLib.errors import (
    FrameOfReferenceError,
    LandmarkError,
    NonconformantError,
    NotRigidError,
    PatientMismatchError,
)
from IHERORegistrationLib.fiducials import SpatialFiducials
from IHERORegistrationLib.fiducialsReader import fiducialsFromDataset
from IHERORegistrationLib.images import ImageSeries
from IHERORegistrationLib.lattice import Lattice
from IHERORegistrationLib.profiles.selection import conformanceFindings
from IHERORegistrationLib.reader import registrationFromDataset
from IHERORegistrationLib.rules import Role, Severity
from IHERORegistrationLib.study import Study

NOW = datetime(2024, 5, 6, 7, 8, 9)
# a rotation by a whole-number axis and angle: exact to the last digit of a double
TURN = np.array(
    [[2, -1, 2, -25], [2, 2, -1, -430], [-1, 2, 2, -204], [0, 0, 0, 3]], float
) / 3  # fmt: skip


def gridAround(series: ImageSeries, spacing=(7.5, 9.25, 4.125)) -> DisplacementGrid:
    """Vectors linear in each coordinate, on an oblique lattice that covers the series."""
    row, column = np.array(OBLIQUE, float)
    axes = np.stack([row, column, np.cross(row, column)], axis=1)
    corners = series.lattice.corners @ axes
    low, high = corners.min(axis=0) - 5, corners.max(axis=0) + 5
    size = tuple(int(n) for n in np.ceil((high - low) / spacing) + 1)
    lattice = Lattice.fromAxes(size, axes @ low, axes, spacing)
    return DisplacementGrid(lattice, vectorsAt(lattice.points(nodes(size))).astype("<f4"))


def nodes(size: tuple[int, int, int]) -> np.ndarray:
    return np.indices(size[::-1])[::-1].transpose(1, 2, 3, 0)


def vectorsAt(points: np.ndarray) -> np.ndarray:
    """Closed form of the displacement, mm."""
    slopes = np.array([[0.01, -0.02, 0.005], [0.0, 0.015, 0.03], [-0.01, 0.02, -0.005]])
    return points @ slopes.T + (3.5, -2.25, 6.0)


def alignment(fixed: ImageSeries, moving: ImageSeries, **changes) -> DeformableAlignment:
    transform = DeformableTransform(TURN, gridAround(fixed), np.eye(4), fixed.frame, moving.frame)
    settings = {
        "fixedToMoving": transform,
        "label": "MR_ON_CT",
        "description": "MR deformed to the planning CT",
        "method": IMAGE_CONTENT_ALIGNMENT,
        **changes,
    }
    return DeformableAlignment(moving, **settings)


def test_what_is_written_has_no_finding_in_either_role_and_maps_as_meant(
    storedSeries, dciodvfy, tmp_path
):
    fixed, moving = storedSeries(ctSeries()), storedSeries(mrSeries())
    made = deformableRegistrationObject(fixed, alignment(fixed, moving), created=NOW)
    path = saveDeformableRegistration(made.dataset, tmp_path / "deformation.dcm")
    study = Study((*fixed.headers, *moving.headers))
    for role in Role:
        assert conformanceFindings(dcmread(path), ("DICOM", "DRRO"), role, study) == []
    assert dciodvfy(path) == []
    points = np.random.default_rng(3).uniform(
        fixed.lattice.corners.min(axis=0), fixed.lattice.corners.max(axis=0), (1000, 3)
    )
    expected = points @ TURN[:3, :3].T + TURN[:3, 3] + vectorsAt(points)
    for registration in (made.registration, deformableRegistrationFromFile(path, strict=True)):
        transform = registration.oneDeformation()
        assert (transform.fromFrame, transform.toFrame) == (CT_FRAME, MR_FRAME)
        np.testing.assert_allclose(transform(points), expected, rtol=0, atol=1e-5)  # float32
    assert made.registration.sopInstanceUID == made.dataset.SOPInstanceUID


def test_a_moving_series_of_another_study_goes_to_its_own_branch(storedSeries, dciodvfy, tmp_path):
    fixed, moving = storedSeries(ctSeries()), storedSeries(mrSeries(StudyInstanceUID="2.25.77.9"))
    dataset = deformableRegistrationObject(fixed, alignment(fixed, moving), created=NOW).dataset
    assert dataset.StudyInstanceUID == fixed.studyInstanceUID
    assert len(dataset.ReferencedSeriesSequence) == 1
    (other,) = dataset.StudiesContainingOtherReferencedInstancesSequence
    assert other.StudyInstanceUID == "2.25.77.9"
    assert len(other.ReferencedSeriesSequence[0].ReferencedInstanceSequence) == 3
    path = saveDeformableRegistration(dataset, tmp_path / "deformation.dcm")
    assert dciodvfy(path) == []


def test_a_spatial_registration_as_start_is_inverted(storedSeries):
    """DRRO-DSR-024: an SRO leads from moving to fixed, the matrix before the vectors back."""
    fixed, moving = storedSeries(ctSeries()), storedSeries(mrSeries())
    matrix = np.linalg.inv(TURN)
    start = registrationFromDataset(spatialRegistration(matrix=tuple(matrix.ravel())))
    transform = deformationFromRigidStart(start, gridAround(fixed), CT_FRAME, MR_FRAME)
    np.testing.assert_allclose(transform.pre, TURN, rtol=0, atol=1e-10)
    assert np.array_equal(transform.post, np.eye(4))
    deformableRegistrationObject(
        fixed, alignment(fixed, moving, fixedToMoving=transform), created=NOW
    )


def test_a_start_that_leads_elsewhere_is_refused(storedSeries):
    start = registrationFromDataset(spatialRegistration())
    with pytest.raises(FrameOfReferenceError, match="no registration leads"):
        deformationFromRigidStart(start, gridAround(storedSeries(ctSeries())), CT_FRAME, PET_FRAME)


def landmarks(images: list[Dataset], number: int, *names: str, **changes) -> SpatialFiducials:
    marks = [fiducial(name, (1.5 * n - 60, 36.0, 112.0)) for n, name in enumerate(names)]
    settings = {"SOPInstanceUID": f"2.25.88.{number}", "SeriesInstanceUID": "2.25.88", **changes}
    return fiducialsFromDataset(spatialFiducials(images, marks, **settings))


def test_landmarks_that_drove_the_registration_are_named(storedSeries, dciodvfy, tmp_path):
    fixed, moving = storedSeries(ctSeries()), storedSeries(mrSeries())
    used = usedFiducials(
        fixed, moving, landmarks(ctSeries(), 0, "A", "B", "C"),
        landmarks(mrSeries(), 1, "C", "B", "D"),
    )  # fmt: skip
    chosen = alignment(fixed, moving, method=FIDUCIAL_ALIGNMENT, fiducials=used)
    made = deformableRegistrationObject(fixed, chosen, created=NOW)
    items = made.registration.items
    assert [{one.instance.sopInstanceUID for one in item.usedFiducials} for item in items] == [
        {"2.25.88.0"}, {"2.25.88.1"},
    ]  # fmt: skip
    assert [len(item.usedFiducials) for item in items] == [2, 2]
    assert [len(series.instances) for series in made.registration.series] == [4, 3, 2]
    path = saveDeformableRegistration(made.dataset, tmp_path / "deformation.dcm")
    assert dciodvfy(path) == []


@pytest.mark.parametrize(
    ("names", "message"), [("DE", "found none among 3 and 2"), ("AA", "found A twice")]
)
def test_landmarks_without_partners_or_with_two_are_refused(names, message, storedSeries):
    fixed, moving = storedSeries(ctSeries()), storedSeries(mrSeries())
    with pytest.raises(LandmarkError, match=message):
        usedFiducials(
            fixed, moving, landmarks(ctSeries(), 0, "A", "B", "C"),
            landmarks(mrSeries(), 1, *names),
        )  # fmt: skip


@pytest.mark.parametrize("form", [DeformationForm.ONE_ITEM, DeformationForm.ONE_GRID])
def test_other_forms_are_told_not_to_be_drro(form, storedSeries):
    fixed, moving = storedSeries(ctSeries()), storedSeries(mrSeries())
    chosen = alignment(fixed, moving)
    axial = Lattice.fromAxes(
        (9, 8, 7), fixed.lattice.corners.min(axis=0) - 12, np.eye(3), (30,) * 3
    )
    vectors = vectorsAt(axial.points(nodes(axial.size))).astype("<f4")
    transform = replace(chosen.fixedToMoving, grid=DisplacementGrid(axial, vectors))
    made = deformableRegistrationObject(
        fixed, replace(chosen, fixedToMoving=transform), created=NOW, form=form
    )
    assert len(made.dataset.DeformableRegistrationSequence) == 1
    errors = {one.rule.code for one in made.findings if one.severity is Severity.ERROR}
    assert "DRRO-DSR-003" in errors
    assert all(code.startswith("DRRO") for code in errors)


def test_an_image_set_of_another_patient_has_to_be_confirmed_and_is_then_told(storedSeries):
    fixed, moving = storedSeries(ctSeries()), storedSeries(mrSeries(PatientID="T-2"))
    chosen = alignment(fixed, moving, comment="B-spline")
    with pytest.raises(PatientMismatchError, match="PatientID"):
        deformableRegistrationObject(fixed, chosen, created=NOW)
    made = deformableRegistrationObject(fixed, chosen, created=NOW, otherPatientConfirmed=True)
    assert made.registration.items[1].comment == "B-spline; other patient confirmed by user"


def test_a_deformation_of_other_frames_or_the_other_way_round_is_refused(storedSeries):
    fixed, moving = storedSeries(ctSeries()), storedSeries(mrSeries())
    chosen = alignment(fixed, moving)
    back = replace(chosen.fixedToMoving, fromFrame=MR_FRAME, toFrame=CT_FRAME)
    with pytest.raises(FrameOfReferenceError, match=f"found one from {MR_FRAME} to {CT_FRAME}"):
        registrationFromDeformableAlignment(fixed, replace(chosen, fixedToMoving=back))


def test_a_frame_is_deformed_within_itself_only_when_that_is_confirmed(storedSeries):
    fixed = storedSeries(ctSeries())
    chosen = alignment(fixed, fixed)
    with pytest.raises(FrameOfReferenceError, match="correction of distortion"):
        registrationFromDeformableAlignment(fixed, chosen)
    registration = registrationFromDeformableAlignment(fixed, chosen, withinFrameConfirmed=True)
    assert [item.number for item in registration.selfMappingItems] == [2]


def test_a_choice_for_outside_the_grid_is_not_lost_silently(storedSeries):
    fixed, moving = storedSeries(ctSeries()), storedSeries(mrSeries())
    chosen = alignment(fixed, moving)
    rigid = replace(chosen.fixedToMoving, outsideGrid=OutsideGrid.RIGID)
    with pytest.raises(NonconformantError, match="outside its grid"):
        registrationFromDeformableAlignment(fixed, replace(chosen, fixedToMoving=rigid))


def test_a_scale_before_the_vectors_is_refused_with_advice(storedSeries):
    fixed, moving = storedSeries(ctSeries()), storedSeries(mrSeries())
    chosen = alignment(fixed, moving)
    scaled = replace(chosen.fixedToMoving, pre=np.diag([1.02, 1, 1, 1]))
    with pytest.raises(NotRigidError, match="RIGID_SCALE; take the nearest rigid motion out"):
        deformableRegistrationObject(fixed, replace(chosen, fixedToMoving=scaled), created=NOW)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"label": "mr on ct"}, "DCM-REG-004"),
        ({"label": ""}, "DRRO-DSR-001"),
        ({"description": ""}, "DRRO-DSR-002"),
        ({"method": VISUAL_ALIGNMENT}, "DRRO-DSR-009"),
    ],
)
def test_what_breaks_the_profile_is_not_written(changes, code, storedSeries):
    fixed, moving = storedSeries(ctSeries()), storedSeries(mrSeries())
    with pytest.raises(NonconformantError) as refused:
        deformableRegistrationObject(fixed, alignment(fixed, moving, **changes), created=NOW)
    assert code in {one.rule.code for one in refused.value.findings}


def test_labels_differ():
    assert distinctLabel("MR_ON_CT", ["OTHER"]) == "MR_ON_CT"
    assert distinctLabel("MR_ON_CT", ["MR_ON_CT", "MR_ON_CT_2"]) == "MR_ON_CT_3"
    long = "A_LABEL_OF_SIXTEEN"
    assert distinctLabel(long, []) == "A_LABEL_OF_SIXTE"
    assert distinctLabel(long, ["A_LABEL_OF_SIXTE"]) == "A_LABEL_OF_SIX_2"


def test_a_confirmed_correction_of_distortion_is_written(storedSeries, dciodvfy, tmp_path):
    fixed = storedSeries(ctSeries())
    chosen = alignment(fixed, fixed, description="distortion of the phantom")
    transform = replace(chosen.fixedToMoving, pre=np.eye(4))
    made = deformableRegistrationObject(
        fixed, replace(chosen, fixedToMoving=transform), created=NOW, withinFrameConfirmed=True
    )
    path = saveDeformableRegistration(made.dataset, tmp_path / "deformation.dcm")
    assert dciodvfy(path) == []
    registration = deformableRegistrationFromFile(path, strict=True)
    assert [item.number for item in registration.selfMappingItems] == [2]
    assert [len(series.instances) for series in registration.series] == [4]
