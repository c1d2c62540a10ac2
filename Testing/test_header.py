from datetime import datetime

import pytest
from pydicom.uid import SpatialRegistrationStorage

import builders
from IHERORegistrationLib.errors import MalformedObjectError
from IHERORegistrationLib.header import newObject, setCharacterSet
from readBack import asRead

CREATED = datetime(2024, 5, 3, 14, 7, 9)


def newRegistration(template, **arguments):
    return newObject(template, SpatialRegistrationStorage, "REG", created=CREATED, **arguments)


def test_patient_and_study_are_those_of_the_template():
    template = builders.ctSeries(1, PatientAge="054Y", StudyDescription="Planning")[0]
    dataset = asRead(newRegistration(template))
    for keyword in (
        *("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "PatientAge"),
        *("StudyInstanceUID", "StudyDate", "StudyTime", "StudyID", "AccessionNumber"),
        *("ReferringPhysicianName", "StudyDescription", "FrameOfReferenceUID"),
    ):
        assert dataset[keyword].value == template[keyword].value, keyword


def test_what_must_be_there_is_written_empty_where_the_template_has_none():
    template = builders.ctSeries(1, StudyID=builders.ABSENT, AccessionNumber=None)[0]
    dataset = asRead(newRegistration(template))
    assert dataset["StudyID"].value == ""
    assert dataset["AccessionNumber"].value == ""
    assert dataset["SeriesNumber"].value is None
    assert "PatientAge" not in dataset
    assert "PatientWeight" not in dataset


def test_nothing_of_the_image_and_its_machine_comes_along():
    template = builders.ctSeries(1)[0]
    dataset = newRegistration(template)
    for keyword in ("PixelSpacing", "Rows", "KVP", "DeviceSerialNumber", "ImageType", "PixelData"):
        assert keyword not in dataset
    assert dataset.Manufacturer == "IHERO"
    assert dataset.SoftwareVersions


def test_the_template_is_not_touched_by_changes_of_the_new_object():
    template = builders.ctSeries(1, OtherPatientIDsSequence=[builders.item(PatientID="X")])[0]
    dataset = newRegistration(template)
    dataset.OtherPatientIDsSequence[0].PatientID = "Y"
    assert template.OtherPatientIDsSequence[0].PatientID == "X"


def test_two_objects_have_their_own_uids_and_may_share_a_series():
    template = builders.ctSeries(1)[0]
    one = newRegistration(template)
    other = newRegistration(template, seriesInstanceUID=one.SeriesInstanceUID)
    assert one.SOPInstanceUID != other.SOPInstanceUID
    assert one.SeriesInstanceUID == other.SeriesInstanceUID
    assert one.SeriesInstanceUID not in (template.SeriesInstanceUID, one.StudyInstanceUID)
    assert newRegistration(template).SeriesInstanceUID != one.SeriesInstanceUID


def test_the_position_reference_belongs_to_its_own_frame():
    template = builders.ctSeries(1, PositionReferenceIndicator="XY")[0]
    assert newRegistration(template).PositionReferenceIndicator == "XY"
    elsewhere = newRegistration(template, frame="1.2.3")
    assert elsewhere.FrameOfReferenceUID == "1.2.3"
    assert elsewhere.PositionReferenceIndicator == ""


def test_the_time_of_creation_is_the_one_given():
    dataset = newRegistration(builders.ctSeries(1)[0])
    assert (dataset.InstanceCreationDate, dataset.InstanceCreationTime) == ("20240503", "140709")
    assert dataset.SOPClassUID == SpatialRegistrationStorage
    assert dataset.Modality == "REG"


@pytest.mark.parametrize(
    ("stored", "name", "written"),
    [
        ("ISO_IR 100", "Case^Test", "ISO_IR 100"),
        ("ISO_IR 100", "Müller^Jürgen", "ISO_IR 100"),
        ("ISO_IR 192", "Müller^Jürgen", "ISO_IR 100"),
        ("ISO_IR 192", "Łukasiewicz^Zażółć", "ISO_IR 192"),
        (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう", "ISO_IR 192"),
        ("ISO_IR 144", "Люкceмбypг", "ISO_IR 192"),
    ],
)
def test_names_of_any_script_arrive_in_latin_1_or_utf_8(stored, name, written):
    template = builders.ctSeries(1, SpecificCharacterSet=stored, PatientName=name)[0]
    dataset = asRead(newRegistration(asRead(template)))
    assert dataset.SpecificCharacterSet == written
    assert str(dataset.PatientName) == name


def test_text_added_later_counts_at_any_depth():
    dataset = newRegistration(builders.ctSeries(1)[0])
    assert dataset.SpecificCharacterSet == "ISO_IR 100"
    dataset.RegistrationSequence = [builders.item(FrameOfReferenceTransformationComment="Δ 2 mm")]
    setCharacterSet(dataset)
    assert dataset.SpecificCharacterSet == "ISO_IR 192"


@pytest.mark.parametrize("keyword", ["StudyInstanceUID", "FrameOfReferenceUID"])
@pytest.mark.parametrize("value", [builders.ABSENT, ""])
def test_images_that_belong_nowhere_give_no_header(keyword, value):
    template = builders.ctSeries(1, **{keyword: value})[0]
    with pytest.raises(MalformedObjectError, match=f"expected {keyword} in the images"):
        newRegistration(template)
