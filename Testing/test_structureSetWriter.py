from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import (
    CTImageStorage,
    DeformableSpatialRegistrationStorage,
    SpatialRegistrationStorage,
)

from builders import ABSENT, CT_FRAME, ctSeries, item, structureSet
from drawnStructures import closed
from IHERORegistrationLib.errors import NonconformantError
from IHERORegistrationLib.macros import referenceFromItem
from IHERORegistrationLib.references import InstanceReference, SeriesReference
from IHERORegistrationLib.saving import saveDataset
from IHERORegistrationLib.structures import Contour, GeometricType
from IHERORegistrationLib.structureSetReader import structureSetFromDataset, structureSetFromFile
from IHERORegistrationLib.structureSetWriter import datasetFromStructureSet
from testData import dataSet

CREATED = datetime(2026, 2, 3, 4, 5, 6)
REGISTRATION = SeriesReference(
    "1.2.3", "1.2.3.4", (InstanceReference(SpatialRegistrationStorage, "1.2.3.4.5"),)
)


def value(**changes):
    """A structure set on four CT slices as it is read, with changes."""
    return replace(structureSetFromDataset(structureSet()), **changes)


def withStructure(**changes):
    """`value` with changes to its first structure."""
    whole = value()
    first, *others = whole.structures
    return replace(whole, structures=(replace(first, **changes), *others))


def written(structures, **sources):
    return datasetFromStructureSet(structures, ctSeries()[0], created=CREATED, **sources)


def test_what_is_written_is_read_back_equal(tmp_path):
    before = value(name="A name", description="A description")
    path = saveDataset(written(before), tmp_path / "set.dcm")
    after = structureSetFromFile(path, strict=True)
    assert after.notes == ()
    for keyword in ("label", "name", "description", "frames", "series", "patient"):
        assert getattr(after, keyword) == getattr(before, keyword)
    for ours, one in zip(after.structures, before.structures, strict=True):
        for keyword in ("number", "name", "frame", "color", "interpretedType"):
            assert getattr(ours, keyword) == getattr(one, keyword)
        for contour, other in zip(ours.contours, one.contours, strict=True):
            np.testing.assert_allclose(contour.points, other.points, atol=1e-6)
            assert contour.image == other.image
            assert contour.geometricType is other.geometricType


def test_a_new_object_has_its_own_uids_time_and_review():
    before = value()
    dataset = written(before)
    assert dataset.SOPInstanceUID != before.sopInstanceUID
    assert dataset.SeriesInstanceUID != before.seriesInstanceUID
    assert dataset.StudyInstanceUID == ctSeries()[0].StudyInstanceUID
    assert dataset.FrameOfReferenceUID == CT_FRAME
    assert (dataset.StructureSetDate, dataset.StructureSetTime) == ("20260203", "040506")
    assert dataset.ApprovalStatus == "UNAPPROVED"
    assert dataset.OperatorsName == ""
    assert "Laterality" not in dataset


def test_every_image_of_the_series_is_listed_once_and_each_contour_names_one():
    dataset = written(value())
    (frame,) = dataset.ReferencedFrameOfReferenceSequence
    (study,) = frame.RTReferencedStudySequence
    (series,) = study.RTReferencedSeriesSequence
    listed = [one.ReferencedSOPInstanceUID for one in series.ContourImageSequence]
    assert listed == [one.SOPInstanceUID for one in ctSeries()]
    assert study.ReferencedSOPClassUID == "1.2.840.10008.3.1.2.3.1"
    assert study.ReferencedSOPInstanceUID == ctSeries()[0].StudyInstanceUID
    contours = [one for roi in dataset.ROIContourSequence for one in roi.ContourSequence]
    assert all(len(one.ContourImageSequence) == 1 for one in contours)
    assert [one.ContourNumber for one in contours] == [1, 2, 1]


def test_resampled_structures_say_so_and_where_they_come_from():
    before = withStructure(generationAlgorithm="RESAMPLED")
    dataset = written(before, predecessor=before.reference, registrations=[REGISTRATION])
    first, second = dataset.StructureSetROISequence
    assert first.ROIGenerationAlgorithm == "RESAMPLED"
    assert first.DerivationCodeSequence[0].CodeValue == "113085"
    assert second.DerivationCodeSequence[0].CodeValue == "113085"
    assert "DerivationCodeSequence" not in written(before).StructureSetROISequence[1]
    (predecessor,) = dataset.PredecessorStructureSetSequence
    assert referenceFromItem(predecessor) == before.reference.instances[0]
    (source,) = dataset.SourceInstanceSequence
    assert referenceFromItem(source) == REGISTRATION.instances[0]
    (other,) = dataset.StudiesContainingOtherReferencedInstancesSequence
    assert other.StudyInstanceUID == "1.2.3"
    series = {one.SeriesInstanceUID for one in dataset.ReferencedSeriesSequence}
    assert series == {ctSeries()[0].SeriesInstanceUID, before.seriesInstanceUID}


def test_a_deformable_registration_is_a_source_for_its_purpose_and_related_images_are_listed():
    deformable = InstanceReference(DeformableSpatialRegistrationStorage, "1.2.3.9")
    drawnOn = SeriesReference("1.2.7", "1.2.7.1", (InstanceReference(CTImageStorage, "1.2.7.2"),))
    dataset = written(
        value(),
        registrations=[REGISTRATION, SeriesReference("1.2.3", "1.2.3.8", (deformable,))],
        related=[drawnOn],
    )
    rigid, bending = dataset.SourceInstanceSequence
    assert "PurposeOfReferenceCodeSequence" not in rigid
    assert bending.PurposeOfReferenceCodeSequence[0].CodeValue == "125028"
    other = {
        one.StudyInstanceUID: one
        for one in dataset.StudiesContainingOtherReferencedInstancesSequence
    }
    (listed,) = other["1.2.7"].ReferencedSeriesSequence
    assert listed.ReferencedInstanceSequence[0].ReferencedSOPInstanceUID == "1.2.7.2"


def test_each_structure_has_one_observation_which_keeps_its_properties():
    source = structureSet()
    density = item(ROIPhysicalProperty="REL_ELEC_DENSITY", ROIPhysicalPropertyValue="1.25")
    extra = item(
        ObservationNumber=8,
        ReferencedROINumber=1,
        RTROIInterpretedType="CTV",
        ROIInterpreter="Somebody",
        ROIPhysicalPropertiesSequence=[density],
    )
    source.RTROIObservationsSequence = [*source.RTROIObservationsSequence, extra]
    dataset = written(structureSetFromDataset(source))
    first, second = dataset.RTROIObservationsSequence
    assert (first.ReferencedROINumber, second.ReferencedROINumber) == (1, 2)
    assert first.RTROIInterpretedType == "PTV"
    assert first.ROIInterpreter == ""
    assert first.ROIPhysicalPropertiesSequence[0].ROIPhysicalPropertyValue == 1.25


def test_names_beyond_latin_1_are_written_in_utf_8(tmp_path):
    for name, characterSet in (("Prostata Lösung", "ISO_IR 100"), ("前立腺", "ISO_IR 192")):
        dataset = written(withStructure(name=name))
        assert dataset.SpecificCharacterSet == characterSet
        path = saveDataset(dataset, tmp_path / "set.dcm", force=True)
        assert structureSetFromFile(path).structures[0].name == name


def test_a_structure_that_vanished_is_listed_without_contours():
    dataset = written(withStructure(contours=(), color=None))
    assert "ContourSequence" not in dataset.ROIContourSequence[0]
    assert "ROIDisplayColor" not in dataset.ROIContourSequence[0]
    assert len(dataset.StructureSetROISequence) == len(dataset.RTROIObservationsSequence) == 2


def longCircle(points):
    angle = np.arange(points) * 2 * np.pi / points
    return np.column_stack([200 * np.cos(angle), 120 * np.sin(angle), np.full(points, 113.0)])


IMAGE = value().structures[0].contours[0].image


@pytest.mark.parametrize(
    ("structures", "told"),
    [
        (value(label=""), "label"),
        (value(label="seventeen letters"), "label"),
        (value(label="two\\values"), "label"),
        (value(label="two\nlines"), "label"),
        (value(frames=(CT_FRAME, "1.2")), "one Frame of Reference"),
        (value(series=value().series * 2), "one series"),
        (value(structures=()), "found none"),
        (withStructure(number=2), "number once, found 2"),
        (withStructure(name="Iso"), "name once, found Iso"),
        (withStructure(name=""), "expected a name"),
        (withStructure(frame="1.2"), "frame of the set"),
        (withStructure(contours=(closed(longCircle(4)),)), "names no image"),
        (
            withStructure(contours=(closed(longCircle(4), InstanceReference("1.2", "1.3")),)),
            "names no image",
        ),
        (withStructure(contours=(closed(longCircle(6000), IMAGE),)), "too many points"),
        (
            withStructure(
                contours=(Contour(longCircle(4), GeometricType.CLOSED_PLANAR_XOR, IMAGE),)
            ),
            "CLOSEDPLANAR_XOR",
        ),
    ],
)
def test_what_cannot_be_said_by_the_rules_is_refused_with_its_reason(structures, told):
    with pytest.raises(NonconformantError, match=told) as error:
        written(structures)
    assert len(error.value.findings) == 1


def test_the_validator_finds_no_error(dciodvfy):
    before = withStructure(generationAlgorithm="RESAMPLED", description="carried")
    dataset = written(before, predecessor=before.reference, registrations=[REGISTRATION])
    assert dciodvfy(dataset) == []


def test_the_validator_finds_no_error_in_a_set_carried_within_its_frame(dciodvfy):
    before = withStructure(generationAlgorithm="RESAMPLED")
    dataset = written(before, predecessor=before.reference)
    assert "PredecessorStructureSetSequence" in dataset
    assert dciodvfy(dataset) == []


def test_the_validator_finds_no_error_in_an_anonymous_sparse_study(dciodvfy):
    template = ctSeries(PatientName=ABSENT, PatientID="", StudyDate=ABSENT, AccessionNumber=ABSENT)
    dataset = datasetFromStructureSet(value(), template[0], created=CREATED)
    assert dciodvfy(dataset) == []


def test_a_real_set_written_again_is_the_same(tmp_path):
    name = "RS.1.2.246.352.205.5405023468518741104.6824766582007107989.dcm"
    before = structureSetFromFile(dataSet("aria136-phantom-registered-explicit") / name)
    template = dcmread(next(dataSet("aria136-phantom-registered-explicit").glob("CT*")))
    dataset = datasetFromStructureSet(before, template, created=CREATED)
    after = structureSetFromFile(saveDataset(dataset, tmp_path / "set.dcm"), strict=True)
    for ours, one in zip(after.structures, before.structures, strict=True):
        assert len(ours.contours) == len(one.contours)
        np.testing.assert_allclose(ours.points, one.points, atol=6e-7)
