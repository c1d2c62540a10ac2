import pytest
from pydicom import Dataset
from pydicom.config import disable_value_validation
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag
from pydicom.uid import SpatialRegistrationStorage

import builders
from IHERORegistrationLib.codes import Code
from IHERORegistrationLib.errors import MalformedObjectError, NonconformantError
from IHERORegistrationLib.macros import (
    addSeriesReferences,
    codeFromItem,
    fitsElement,
    itemFromCode,
    itemFromReference,
    patientFromDataset,
    referenceFromItem,
    seriesReferences,
    spelledDate,
    text,
)
from IHERORegistrationLib.patient import UNKNOWN_PATIENT, Patient
from IHERORegistrationLib.references import InstanceReference, SeriesReference
from readBack import asRead

CT = "1.2.840.10008.5.1.4.1.1.2"


def aSeries(study, series, *instances):
    return SeriesReference(study, series, tuple(InstanceReference(CT, uid) for uid in instances))


def anObject(**changes):
    return builders.newObject(SpatialRegistrationStorage, "REG", 50, **changes)


def test_text_has_no_padding_and_is_empty_where_there_is_none():
    item = builders.item(StudyID="  S 1 ", PatientID=None, PatientName="A^B")
    assert text(item, "StudyID") == "S 1"
    assert text(item, "PatientID") == ""
    assert text(item, "PatientSex") == ""
    assert text(item, "PatientName") == "A^B"


def test_a_patient_is_read_as_text():
    patient = patientFromDataset(asRead(anObject(PatientName="Case^Test^^^ ")))
    assert patient == Patient("T-1", "Case^Test^^^", "19700203", "O")


def test_a_patient_without_attributes_is_unknown():
    assert patientFromDataset(Dataset()) == UNKNOWN_PATIENT


def test_a_code_goes_both_ways():
    code = Code("125024", "DCM", "Image Content-based Alignment")
    item = itemFromCode(code)
    assert item == builders.code("125024", "Image Content-based Alignment")
    assert codeFromItem(item) == code
    assert codeFromItem(item).meaning == code.meaning


def test_a_code_without_parts_has_empty_ones():
    assert vars(codeFromItem(Dataset())) == {"value": "", "scheme": "", "meaning": ""}


@pytest.mark.parametrize("frames", [(), (3,), (2, 5, 11)])
def test_a_reference_goes_both_ways_through_a_file(frames):
    reference = InstanceReference(CT, "1.2.3", frames)
    dataset = anObject(ReferencedImageSequence=[itemFromReference(reference)])
    assert referenceFromItem(asRead(dataset).ReferencedImageSequence[0]) == reference


def test_a_reference_to_all_frames_names_none():
    assert "ReferencedFrameNumber" not in itemFromReference(InstanceReference(CT, "1.2.3"))


def test_a_reference_without_uids_has_empty_ones():
    assert referenceFromItem(builders.item(ReferencedFrameNumber=None)) == InstanceReference("", "")


def test_series_of_the_own_study_and_of_others_go_both_ways_through_a_file():
    series = (
        aSeries(builders.STUDY, "1.5.1", "1.6.1", "1.6.2"),
        aSeries(builders.STUDY, "1.5.2", "1.6.3"),
        aSeries("1.4.2", "1.5.3", "1.6.5", "1.6.4"),
        aSeries("1.4.3", "1.5.4", "1.6.6"),
    )
    dataset = anObject()
    addSeriesReferences(dataset, series)
    assert seriesReferences(asRead(dataset)) == series


def test_the_own_study_is_listed_directly_and_each_other_study_once_in_its_branch():
    dataset = anObject()
    addSeriesReferences(
        dataset,
        [
            aSeries("1.4.2", "1.5.3", "1.6.5"),
            aSeries(builders.STUDY, "1.5.1", "1.6.1"),
            aSeries("1.4.2", "1.5.4", "1.6.6"),
        ],
    )
    (own,) = dataset.ReferencedSeriesSequence
    assert own.SeriesInstanceUID == "1.5.1"
    (other,) = dataset.StudiesContainingOtherReferencedInstancesSequence
    assert other.StudyInstanceUID == "1.4.2"
    assert [one.SeriesInstanceUID for one in other.ReferencedSeriesSequence] == ["1.5.3", "1.5.4"]


def test_every_series_and_instance_is_listed_once():
    dataset = anObject()
    addSeriesReferences(
        dataset,
        [
            aSeries(builders.STUDY, "1.5.1", "1.6.1", "1.6.2", "1.6.1"),
            aSeries(builders.STUDY, "1.5.1", "1.6.2", "1.6.3"),
        ],
    )
    assert seriesReferences(dataset) == (
        aSeries(builders.STUDY, "1.5.1", "1.6.1", "1.6.2", "1.6.3"),
    )


def test_without_series_of_a_kind_its_sequence_is_absent():
    dataset = anObject()
    addSeriesReferences(dataset, [aSeries("1.4.2", "1.5.3", "1.6.5")])
    assert "ReferencedSeriesSequence" not in dataset
    dataset = anObject()
    addSeriesReferences(dataset, [aSeries(builders.STUDY, "1.5.3", "1.6.5")])
    assert "StudiesContainingOtherReferencedInstancesSequence" not in dataset
    assert seriesReferences(anObject()) == ()


def test_frame_numbers_have_no_place_in_a_list_of_instances():
    dataset = anObject()
    instance = InstanceReference(CT, "1.6.1", (2, 3))
    addSeriesReferences(dataset, [SeriesReference(builders.STUDY, "1.5.1", (instance,))])
    item = dataset.ReferencedSeriesSequence[0].ReferencedInstanceSequence[0]
    assert "ReferencedFrameNumber" not in item


@pytest.mark.parametrize(
    ("date", "spelled"),
    [("20240503", "2024-05-03"), ("", ""), ("2024.05.03", "2024.05.03"), ("2024", "2024")],
)
def test_a_date_is_spelled_only_if_it_is_one(date, spelled):
    assert spelledDate(date) == spelled


@pytest.mark.parametrize(("sopClass", "instance"), [("", "2.25.1"), (CT, ""), ("", "")])
def test_nothing_refers_to_an_instance_without_identity(sopClass, instance):
    with pytest.raises(NonconformantError, match=r"SOP Class and Instance UID .* found"):
        itemFromReference(InstanceReference(sopClass, instance))


@pytest.mark.parametrize(("study", "series"), [("", "2.25.2"), ("2.25.1", "")])
def test_nothing_refers_to_a_series_without_identity(study, series):
    with pytest.raises(NonconformantError, match=r"Study and Series Instance UID .* none"):
        addSeriesReferences(anObject(), [aSeries(study, series, "2.25.3")])


@pytest.mark.parametrize(
    ("value", "fits"),
    [("x" * 16, True), ("x" * 17, False), ("a\\b", False), ("a\nb", False), ("Größe", True)],
)
def test_a_string_element_has_one_short_line_without_backslashes(value, fits):
    assert fitsElement(value, 16) is fits


@pytest.mark.parametrize("frames", ["one", "1.5", "1\\x"])
def test_frame_numbers_are_whole_numbers(frames):
    with disable_value_validation():
        item = builders.references(builders.ctSeries(1))[0]
        content = frames.encode()
        tag = Tag("ReferencedFrameNumber")
        item[tag] = RawDataElement(tag, "IS", len(content), content, 0, False, True)
    with pytest.raises(MalformedObjectError, match="ReferencedFrameNumber"):
        referenceFromItem(item)
