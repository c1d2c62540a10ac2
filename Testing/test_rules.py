"""The engine: where it looks, how grave it finds a breach, and that nothing in a file stops it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pydicom import Dataset
from pydicom.config import disable_value_validation
from pydicom.datadict import keyword_for_tag
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.tag import Tag

import builders
from IHERORegistrationLib.checks.attributes import isDerivedImage, items, oneOf, present, within
from IHERORegistrationLib.elements import (
    integersOf,
    isEmpty,
    itemsOf,
    quoted,
    textOf,
    textsOf,
)
from IHERORegistrationLib.errors import MalformedObjectError
from IHERORegistrationLib.profiles.selection import PROFILES, conformanceFindings, rulesFor
from IHERORegistrationLib.rules import (
    Breach,
    Finding,
    Place,
    Role,
    Rule,
    Severity,
    findings,
    visited,
    without,
)
from IHERORegistrationLib.study import Study

ERR, WARN, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO
SRO = (builders.spatialRegistration().SOPClassUID,)


def row(path, check, producer=ERR, consumer=WARN, **more) -> Rule:
    return Rule("TEST-001", SRO, path, check, producer, consumer, "PS3.3", **more)


def one(rule: Rule, dataset: Dataset, role: Role = Role.CONSUMER) -> list[Finding]:
    return findings(dataset, [rule], role)


def test_every_item_on_the_way_is_visited_and_counted_from_one() -> None:
    dataset = builders.spatialRegistration()
    path = "RegistrationSequence/MatrixRegistrationSequence/MatrixSequence"
    assert [prefix for _, _, prefix in visited(dataset, path)] == [
        "RegistrationSequence[1]/MatrixRegistrationSequence[1]/",
        "RegistrationSequence[2]/MatrixRegistrationSequence[1]/",
    ]


def test_a_row_is_silent_where_the_sequence_above_it_is_missing() -> None:
    dataset = builders.spatialRegistration(RegistrationSequence=builders.ABSENT)
    assert one(row("RegistrationSequence/FrameOfReferenceUID", present), dataset) == []


def test_a_finding_says_code_severity_place_message_and_source() -> None:
    dataset = builders.spatialRegistration(Modality="CT")
    found = one(row("Modality", oneOf("REG")), dataset)
    assert [str(finding) for finding in found] == [
        "TEST-001 WARNING Modality: expected REG, found 'CT' [PS3.3]"
    ]


def test_severity_depends_on_role_and_graveness() -> None:
    def breaches(place: Place) -> Iterator[Breach]:
        yield Breach("light")
        yield Breach("heavy", grave=True)

    rule = row("Modality", breaches, ERR, INFO, grave=WARN)
    dataset = builders.spatialRegistration()
    assert [f.severity for f in one(rule, dataset, Role.PRODUCER)] == [ERR, ERR]
    assert [f.severity for f in one(rule, dataset, Role.CONSUMER)] == [INFO, WARN]
    onlyGrave = row("Modality", breaches, ERR, None, grave=ERR)
    assert [f.message for f in one(onlyGrave, dataset)] == ["heavy"]


def test_a_row_without_severity_for_a_role_is_not_evaluated_in_it() -> None:
    def never(place: Place) -> Iterator[Breach]:
        raise AssertionError("evaluated")
        yield

    dataset = builders.spatialRegistration()
    assert one(row("Modality", never, ERR, None), dataset, Role.CONSUMER) == []
    assert one(row("Modality", never, None, WARN), dataset, Role.PRODUCER) == []


def test_a_row_with_a_condition_is_silent_where_it_does_not_hold() -> None:
    dataset = builders.spatialRegistration(Manufacturer="")
    assert one(row("Manufacturer", present, when=isDerivedImage), dataset) == []
    assert one(row("Manufacturer", present), dataset)


def test_checks_below_an_item_give_the_whole_path() -> None:
    dataset = builders.spatialRegistration()
    dataset.RegistrationSequence[1].MatrixRegistrationSequence[0].MatrixSequence = []
    inner = within("MatrixRegistrationSequence/MatrixSequence", items(1))
    found = one(row("RegistrationSequence/FrameOfReferenceUID", inner), dataset)
    assert [finding.location for finding in found] == [
        "RegistrationSequence[2]/MatrixRegistrationSequence[1]/MatrixSequence"
    ]


@pytest.mark.parametrize("error", [MalformedObjectError("no number"), ValueError("Doe^Jane")])
def test_what_cannot_be_evaluated_is_a_finding_that_quotes_no_value(error: Exception) -> None:
    def failing(place: Place) -> Iterator[Breach]:
        raise error
        yield

    found = one(row("Modality", failing), builders.spatialRegistration())
    assert found[0].message.startswith("cannot be evaluated: ")
    assert "Doe" not in found[0].message


def test_messages_are_one_printable_line() -> None:
    dataset = builders.spatialRegistration()
    with disable_value_validation():
        builders.changed(dataset, {"FrameOfReferenceUID": "1.2\n\x1b[31m3"})
    for finding in conformanceFindings(dataset, role=Role.PRODUCER):
        assert str(finding).isprintable()


def test_tables_can_be_taken_without_some_rows() -> None:
    rules = PROFILES["MMRO-III"].rules
    left = without(rules, "MMRO-SRO-006", "MMRO-SS-001")
    assert {rule.code for rule in rules} - {rule.code for rule in left} == {
        "MMRO-SRO-006",
        "MMRO-SS-001",
    }


def test_a_patients_name_is_in_no_message() -> None:
    dataset = builders.spatialRegistration(PatientName="Secret^Name", PatientID="SECRET")
    study = Study([*builders.ctSeries(), *builders.mrSeries()])
    found = conformanceFindings(dataset, role=Role.PRODUCER, study=study)
    assert {finding.location for finding in found} == {"PatientName", "PatientID"}
    assert not [finding for finding in found if "secret" in str(finding).lower()]


def test_the_study_finds_images_by_frame_series_and_uid() -> None:
    study = Study([*builders.ctSeries(), *builders.mrSeries(), builders.dose()])
    assert len(study.images) == 7
    assert len(study.imagesInFrame[builders.MR_FRAME]) == 3
    assert len(study.imagesInSeries[builders.ctSeries()[0].SeriesInstanceUID]) == 4
    assert study.instances[builders.dose().SOPInstanceUID].Modality == "RTDOSE"


def test_elements_are_read_as_what_they_hold() -> None:
    dataset = builders.ctSeries()[0]
    assert textsOf(dataset, "ImageType") == ("ORIGINAL", "PRIMARY", "AXIAL")
    assert textOf(dataset, "PatientName") == "Case^Test"
    assert integersOf(dataset, "Rows") == (5,)
    assert itemsOf(dataset, "Rows") == ()
    assert isEmpty(dataset, "SeriesDescription")
    assert not isEmpty(dataset, "Rows")
    assert quoted("a\n" + 100 * "b").endswith("…'")
    with pytest.raises(MalformedObjectError, match="integers in Modality"):
        integersOf(dataset, "Modality")
    with pytest.raises(MalformedObjectError, match="found items"):
        textOf(builders.spatialRegistration(), "RegistrationSequence")


# Hostile data sets: every element at every depth, spoiled in every way.

SPOILS = {
    "absent": lambda item, tag: item.pop(tag),
    "empty": lambda item, tag: item.__setitem__(tag, DataElement(tag, item[tag].VR, None)),
    "text": lambda item, tag: _raw(item, tag, item[tag].VR, b"not\\what it\\claims"),
    "bytes": lambda item, tag: item.__setitem__(tag, DataElement(tag, "OB", b"\xff\x00\xfe\x01")),
    "items": lambda item, tag: item.__setitem__(tag, DataElement(tag, "SQ", [Dataset()])),
    "number": lambda item, tag: item.__setitem__(tag, DataElement(tag, "FD", float("inf"))),
    "huge": lambda item, tag: _raw(item, tag, "DS", b"1e999\\-1e308\\nan" + rb"\1e308" * 13),
    "odd": lambda item, tag: _raw(item, tag, "FD", b"\x01\x02\x03"),
    "cut": lambda item, tag: _raw(item, tag, "SQ", b"\xfe\xff\x00\xe0\xff\xff"),
}
HOSTILE = {
    "SRO": lambda: builders.spatialRegistration(builders.ctSeries(1), builders.mrSeries(1)),
    "FID": lambda: builders.spatialFiducials(builders.ctSeries(1)),
    "RTSTRUCT": lambda: builders.structureSet(builders.ctSeries(2)),
    "RTDOSE": lambda: builders.dose(builders.ctSeries(1)),
    "resampled CT": lambda: builders.resampledSeries(builders.ctSeries(1))[0],
    "DSRO": lambda: builders.deformableRegistration(builders.ctSeries(1), builders.mrSeries(1)),
}


def _raw(item: Dataset, tag: Tag, vr: str, value: bytes) -> None:
    item[tag] = RawDataElement(tag, vr, len(value), value, 0, False, True)


def paths(dataset: Dataset, before: tuple = ()) -> Iterator[tuple]:
    """Every element at every depth, in the last item of each sequence: tags and item numbers."""
    for element in dataset:
        yield (*before, element.tag)
        if element.VR == "SQ" and element.value:
            number = len(element.value) - 1
            yield from paths(element.value[number], (*before, element.tag, number))


@contextmanager
def spoiled(dataset: Dataset, path: tuple, spoil: str) -> Iterator[Dataset]:
    """`dataset` while its element at `path` is spoiled."""
    item = dataset
    for tag, number in zip(path[:-1:2], path[1:-1:2], strict=True):
        item = item[tag].value[number]
    kept = item[path[-1]]
    with disable_value_validation():
        SPOILS[spoil](item, path[-1])
    yield dataset
    item[path[-1]] = kept


@pytest.mark.parametrize("spoil", SPOILS)
@pytest.mark.parametrize("name", HOSTILE)
def test_no_spoiled_element_stops_the_engine(name: str, spoil: str) -> None:
    whole = HOSTILE[name]()
    rules = rulesFor(whole, PROFILES.values())
    study = Study([*builders.ctSeries(2), *builders.mrSeries(1)])
    for number, path in enumerate(list(paths(whole))):
        with spoiled(whole, path, spoil):
            found = findings(whole, rules, list(Role)[number % 2], study)
        for finding in found:
            assert finding.location, keyword_for_tag(path[-1])
            assert finding.message.isprintable()


@pytest.mark.parametrize("spoil", SPOILS)
def test_no_spoiled_object_at_hand_stops_the_engine(spoil: str) -> None:
    image = builders.ctSeries(1)[0]
    whole = builders.spatialRegistration([image], builders.mrSeries(1))
    rules = rulesFor(whole, PROFILES.values())
    for path in list(paths(image)):
        with spoiled(image, path, spoil):
            findings(whole, rules, Role.PRODUCER, Study([image]))


def test_an_empty_data_set_is_judged_by_no_row() -> None:
    assert conformanceFindings(Dataset()) == []
