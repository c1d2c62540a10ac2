from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

from builders import (
    CT_FRAME,
    MR_FRAME,
    PET_FRAME,
    contour,
    ctSeries,
    item,
    mrSeries,
    petSeries,
    spatialRegistration,
    structureSet,
)
from drawnStructures import ellipsoidContours
from IHERORegistrationLib.dataFolder import dataFolder
from IHERORegistrationLib.errors import (
    FrameOfReferenceError,
    NonconformantError,
    PatientMismatchError,
    ReferenceNotFoundError,
    RegistrationCancelledError,
)
from IHERORegistrationLib.macros import referenceFromItem
from IHERORegistrationLib.pixelData import storedValues
from IHERORegistrationLib.reader import registrationFromDataset, registrationFromFile
from IHERORegistrationLib.registeredContourer import structureSetOnTarget
from IHERORegistrationLib.registrationRecord import Watch
from IHERORegistrationLib.saving import saveDataset
from IHERORegistrationLib.structureMask import maskFromStructure
from IHERORegistrationLib.structureSetReader import structureSetFromDataset, structureSetFromFile
from writtenSeries import seriesOf

CREATED = datetime(2026, 2, 3, 4, 5, 6)
CT_SLICES, MR_SLICES = 20, 24
CENTER = np.array((-61.3, 34.9, 138.7))


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    return seriesOf(mrSeries(MR_SLICES), tmp_path_factory.mktemp("mr"))


def matrixTo(target):
    """MR → CT: 25° about z after 35° about x, the middle of the MR onto the drawn structure."""
    a, b = np.radians((25, 35))
    aboutZ = np.array([(np.cos(a), -np.sin(a), 0), (np.sin(a), np.cos(a), 0), (0, 0, 1)])
    aboutX = np.array([(1, 0, 0), (0, np.cos(b), -np.sin(b)), (0, np.sin(b), np.cos(b))])
    matrix = np.eye(4)
    matrix[:3, :3] = aboutZ @ aboutX
    matrix[:3, 3] = CENTER - matrix[:3, :3] @ target.lattice.points(np.array((2.5, 2, 11.3)))
    return matrix


def registrationTo(target, **changes):
    dataset = spatialRegistration(
        ctSeries(CT_SLICES), mrSeries(MR_SLICES), np.ravel(matrixTo(target)), **changes
    )
    return registrationFromDataset(dataset)


def drawnSet(radii=(17, 12, 19), extra=None):
    images = ctSeries(CT_SLICES)
    heights = [float(one.ImagePositionPatient[2]) for one in images]
    image = dict(zip(heights, images, strict=True))
    cuts = ellipsoidContours(CENTER, radii, heights)
    drawn = {
        "Organ": [contour(image[one.points[0, 2]], one.points.ravel()) for one in cuts],
        "Iso": [contour(images[9], (-60, 35, 137), "POINT")],
    }
    return structureSet(images, {**drawn, **(extra or {})})


def carried(target, source=None, registrations=None, **options):
    chosen = [registrationTo(target)] if registrations is None else registrations
    structures = structureSetFromDataset(drawnSet() if source is None else source)
    return structureSetOnTarget(
        structures, target, chosen, **{"label": "ON MR", "created": CREATED, **options}
    )


def test_structures_arrive_where_the_registration_puts_them(target):
    result = carried(target)
    organ, iso = structureSetFromDataset(result.dataset).structures
    back = matrixTo(target)
    points = organ.points @ back[:3, :3].T + back[:3, 3] - CENTER
    level = np.linalg.norm(points / (17, 12, 19), axis=1)
    assert np.quantile(np.abs(level - 1) * np.linalg.norm(points, axis=1), 0.9) < 0.3
    assert np.allclose(iso.points @ back[:3, :3].T + back[:3, 3], (-60, 35, 137), atol=1e-5)
    (volume, _) = result.structures
    assert volume.before == pytest.approx(4 / 3 * np.pi * 17 * 12 * 19 / 1000, rel=0.01)
    assert volume.after == pytest.approx(volume.before, rel=0.03)
    assert result.findings == ()


def test_the_object_lies_in_the_targets_study_and_frame_and_names_its_sources(target):
    registration = registrationTo(target)
    dataset = carried(target, registrations=[registration]).dataset
    assert dataset.StudyInstanceUID == target.studyInstanceUID
    assert dataset.FrameOfReferenceUID == MR_FRAME
    assert dataset.StructureSetLabel == "ON MR"
    (frame,) = dataset.ReferencedFrameOfReferenceSequence
    (study,) = frame.RTReferencedStudySequence
    assert len(study.RTReferencedSeriesSequence[0].ContourImageSequence) == MR_SLICES
    (predecessor,) = dataset.PredecessorStructureSetSequence
    assert predecessor.ReferencedSOPInstanceUID == drawnSet().SOPInstanceUID
    (source,) = dataset.SourceInstanceSequence
    assert referenceFromItem(source) == registration.reference.instances[0]
    assert [one.ROIName for one in dataset.StructureSetROISequence] == ["Organ", "Iso"]
    assert {one.ROIGenerationAlgorithm for one in dataset.StructureSetROISequence} == {"RESAMPLED"}
    assert "PLAN" in dataset.StructureSetDescription


def test_the_validator_finds_no_error(target, dciodvfy):
    assert dciodvfy(carried(target).dataset) == []


def test_the_way_may_lead_over_several_registrations_in_either_direction(target):
    toPET = registrationFromDataset(
        spatialRegistration(petSeries(), ctSeries(CT_SLICES), SOPInstanceUID="1.2.3.1")
    )
    petToMR = np.linalg.inv(matrixTo(target)) @ np.linalg.inv(
        np.reshape(toPET.movingItems[0].matrix, (4, 4))
    )
    toMR = registrationFromDataset(
        spatialRegistration(
            mrSeries(MR_SLICES), petSeries(), np.ravel(petToMR), SOPInstanceUID="1.2.3.2"
        )
    )
    direct = carried(target)
    around = carried(target, registrations=[toMR, toPET])
    assert around.structures[0].after == pytest.approx(direct.structures[0].after, rel=1e-3)
    iso = [one.structures[1].structure.points for one in (around, direct)]
    np.testing.assert_allclose(iso[0], iso[1], atol=1e-6)
    assert len(around.dataset.SourceInstanceSequence) == 2


def test_a_frame_that_no_registration_reaches_is_refused(target):
    with pytest.raises(FrameOfReferenceError, match=f"{CT_FRAME}.*{MR_FRAME}"):
        carried(target, registrations=[])
    other = registrationFromDataset(spatialRegistration(ctSeries(), petSeries()))
    with pytest.raises(FrameOfReferenceError, match=PET_FRAME):
        carried(target, registrations=[other])


def test_two_registrations_between_the_frames_are_not_chosen_from(target):
    matrix = matrixTo(target)
    matrix[0, 3] += 1
    second = registrationFromDataset(
        spatialRegistration(ctSeries(), mrSeries(), np.ravel(matrix), SOPInstanceUID="1.2.3.7")
    )
    with pytest.raises(FrameOfReferenceError, match="several"):
        carried(target, registrations=[registrationTo(target), second])


def test_another_patient_stops_unless_confirmed(target):
    source = drawnSet()
    source.PatientID = "SOMEBODY ELSE"
    with pytest.raises(PatientMismatchError) as error:
        carried(target, source)
    assert "SOMEBODY" not in str(error.value)
    result = carried(target, source, otherPatientConfirmed=True)
    assert result.dataset.PatientID == target.patient.patientID
    assert "other patient confirmed by user" in result.dataset.StructureSetDescription


def test_a_label_too_long_is_refused(target):
    with pytest.raises(NonconformantError, match="label"):
        carried(target, label="more than sixteen letters")


def test_a_set_without_contours_is_refused_and_an_empty_structure_is_told(target):
    nothing = drawnSet()
    for one in nothing.ROIContourSequence:
        del one.ContourSequence
    with pytest.raises(ReferenceNotFoundError, match="no contour"):
        carried(target, nothing)
    partly = drawnSet()
    del partly.ROIContourSequence[1].ContourSequence
    result = carried(target, partly)
    assert [note.name for note in result.notes] == ["nothing drawn"]
    assert len(result.dataset.StructureSetROISequence) == 1


def test_names_are_made_different_with_a_note(target):
    source = drawnSet()
    source.StructureSetROISequence[1].ROIName = "Organ"
    result = carried(target, source)
    names = [one.ROIName for one in result.dataset.StructureSetROISequence]
    assert names == ["Organ", "Organ (2)"]
    assert [note.name for note in result.notes] == ["structure renamed"]


def test_what_the_source_does_not_say_is_not_made_up_but_told(target):
    source = drawnSet()
    source.RTROIObservationsSequence[0].RTROIInterpretedType = ""
    result = carried(target, source)
    assert result.dataset.RTROIObservationsSequence[0].RTROIInterpretedType == ""
    assert [finding.rule.code for finding in result.findings] == ["MMRO-SS-014"]


def test_physical_properties_are_not_lost(target):
    source = drawnSet()
    density = item(ROIPhysicalProperty="REL_ELEC_DENSITY", ROIPhysicalPropertyValue="1.07")
    source.RTROIObservationsSequence[0].ROIPhysicalPropertiesSequence = [density]
    result = carried(target, source)
    (kept,) = result.dataset.RTROIObservationsSequence[0].ROIPhysicalPropertiesSequence
    assert kept.ROIPhysicalPropertyValue == 1.07


def shrunk(structure):
    """Contours scaled by 0.9 about their centers."""
    contours = tuple(
        replace(one, points=one.points.mean(axis=0) + 0.9 * (one.points - one.points.mean(axis=0)))
        for one in structure.contours
    )
    return replace(structure, contours=contours)


@pytest.mark.parametrize(
    ("folder", "registration", "least"),
    [("MR", "REG2CTMR.dcm", 95), ("PET", "REG2CTPT.dcm", 25_000)],
)
def test_the_reference_set_is_carried_into_its_spheres(
    nonhybridSet, folder, registration, least, tmp_path, dciodvfy
):
    target = dataFolder(nonhybridSet / folder).oneSeries()
    source = structureSetFromFile(next((nonhybridSet / "RTSTRUCT").iterdir()))
    source = replace(
        source, structures=tuple(one for one in source.structures if one.name != "test")
    )  # the body of 79 l, which takes most of the time
    used = registrationFromFile(nonhybridSet / "REG" / registration)
    result = structureSetOnTarget(source, target, [used], label="CARRIED", created=CREATED)
    path = saveDataset(result.dataset, tmp_path / "set.dcm")
    assert dciodvfy(path) == []
    assert {finding.rule.code for finding in result.findings} == {"MMRO-SS-014"}
    for one in result.structures:
        assert one.after == pytest.approx(one.before, rel=0.03)
    stored = np.concatenate([storedValues(file) for file in target.files])
    read = {one.name: one for one in structureSetFromFile(path, strict=True).structures}
    for name in ("GTV", "OR"):
        mask = maskFromStructure(shrunk(read[name]), target.lattice)
        assert mask.sum() > 500
        assert stored[mask].mean() >= least


def test_each_structure_is_told_and_the_work_ends_when_somebody_wants(target):
    told = []
    watch = Watch(lambda stage, fraction, similarity: told.append((stage, fraction)))
    made = carried(target, watch=watch)
    assert [stage for stage, _ in told] == [one.structure.name for one in made.structures]
    with pytest.raises(RegistrationCancelledError):
        carried(target, watch=Watch(isCancelled=lambda: True))
