"""Every row of every table: known, sourced, as grave as the catalogue says, broken once."""

from __future__ import annotations

from pathlib import Path

import pytest

import builders
import deformedObjects
from breaking import OBJECTS, PROFILE_OF_CODE, Breaking, findingsOf
from brokenBRTO import BROKEN_BRTO, BROKEN_RO11
from brokenDeformations import BROKEN_DSR
from brokenDICOM import BROKEN_DICOM, ITEM_2, MATRIX_2, MIRROR, SCALED, SINGULAR, movedTo
from brokenDRRO import BROKEN_DRRO
from brokenMMRO import BROKEN_MMRO, swapped
from builders import ABSENT, IDENTITY, MATRIX, ds
from catalogue import CATALOGUE, OBLIGED
from deformedObjects import declared, registeredItem, sourceItem
from IHERODeformationLib import deformation
from IHERORegistrationLib.profiles import obligations
from IHERORegistrationLib.profiles.obligations import OBLIGATIONS
from IHERORegistrationLib.profiles.selection import (
    PROFILES,
    conformanceFindings,
    defaultProfiles,
    rulesFor,
)
from IHERORegistrationLib.rules import Role, Severity
from IHERORegistrationLib.study import Study

BROKEN = (*BROKEN_DICOM, *BROKEN_DSR, *BROKEN_MMRO, *BROKEN_BRTO, *BROKEN_RO11, *BROKEN_DRRO)
CURRENT = [PROFILES[name] for name in PROFILE_OF_CODE.values()]
RULES = {rule.code: rule for profile in CURRENT for rule in profile.rules}

# What an object is not, though a profile judges others of its class
UNLIKE = {
    **dict.fromkeys(OBJECTS, ()),
    "CT": ("RO-11", "DRRO"),
    "resampled CT": ("DRRO",),
    "RTDOSE": ("DRRO",),
    "RTSTRUCT": ("DRRO",),
    "deformed CT": ("RO-11",),
}
LETTERS = {Severity.ERROR: "E", Severity.WARNING: "W", Severity.INFO: "I", None: "-"}


def everythingAtHand() -> Study:
    series = (
        *(builders.ctSeries(), builders.mrSeries(), builders.petSeries()),
        deformedObjects.sourceSeries(),
    )
    images = [one for ones in series for one in ones]
    return Study([*images, *(make() for make in OBJECTS.values()), builders.plan()])


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("study", [Study(), everythingAtHand()], ids=["alone", "with its study"])
@pytest.mark.parametrize(
    ("name", "profile"),
    [(name, profile) for name in OBJECTS for profile in PROFILES if profile not in UNLIKE[name]],
)
def test_a_conformant_object_has_no_findings(
    name: str, profile: str, study: Study, role: Role
) -> None:
    assert conformanceFindings(OBJECTS[name](), [profile], role, study) == []


def test_no_code_is_used_twice_in_a_table() -> None:
    for profile in PROFILES.values():
        codes = [rule.code for rule in profile.rules]
        assert len(codes) == len(set(codes))


def test_every_row_of_the_catalogue_is_a_rule_or_an_obligation() -> None:
    assert {*RULES, *(one.code for one in OBLIGATIONS)} == set(CATALOGUE)
    for role, codes in OBLIGED.items():
        assert {one.code for one in OBLIGATIONS if one.role is role} == codes


def test_every_row_has_a_source() -> None:
    for row in (*RULES.values(), *OBLIGATIONS):
        assert row.source.strip()


def test_severities_are_those_of_the_catalogue() -> None:
    for code, rule in RULES.items():
        letters = "".join(LETTERS[one] for one in (rule.producer, rule.consumer, rule.grave))
        letters += LETTERS[rule.slight] if rule.slight else ""
        assert (code, letters) == (code, CATALOGUE[code])


@pytest.mark.parametrize("one", BROKEN, ids=str)
def test_a_broken_row_is_found_at_its_place(one: Breaking) -> None:
    rule = RULES[one.code]
    role = Role.PRODUCER if rule.producer else Role.CONSUMER
    found = findingsOf(one, role)
    assert one.location in [finding.location for finding in found], found
    assert {finding.severity for finding in found} == {rule.producer or rule.consumer}


def test_every_row_is_broken_once() -> None:
    assert {one.code for one in BROKEN} == set(RULES)


@pytest.mark.parametrize("rules", [BROKEN_DSR, BROKEN_DRRO], ids=["DICOM", "DRRO"])
def test_consumers_find_every_row_on_deformations_that_they_evaluate_broken(rules) -> None:
    broken = set()
    for one in rules:
        rule = RULES[one.code]
        severities = {finding.severity for finding in findingsOf(one, Role.CONSUMER)}
        assert severities <= {rule.consumer, rule.grave, rule.slight} - {None}
        broken |= {one.code} if severities else set()
    assert broken == {one.code for one in rules if RULES[one.code].consumer}


def test_the_default_is_dicom_and_the_newest_edition() -> None:
    names = {name: [p.name for p in defaultProfiles(make())] for name, make in OBJECTS.items()}
    assert names == {
        "SRO": ["DICOM", "MMRO-III"],
        "DSRO": ["DICOM", "DRRO"],
        "FID": ["DICOM"],
        "RTSTRUCT": ["DICOM", "MMRO-III"],
        "RTDOSE": ["DICOM", "BRTO-II"],
        "CT": ["DICOM", "MMRO-III"],
        "resampled CT": ["DICOM", "MMRO-III"],
        "deformed CT": ["DICOM", "DRRO"],
        "deformed RTDOSE": ["DICOM", "DRRO"],
        "deformed RTSTRUCT": ["DICOM", "DRRO"],
    }


def test_an_object_without_sop_class_is_judged_by_its_content() -> None:
    nameless = builders.spatialRegistration(SOPClassUID=builders.ABSENT)
    found = conformanceFindings(nameless)
    assert [(one.rule.code, one.location) for one in found] == [("DCM-REG-002", "SOPClassUID")]


def test_an_object_of_another_class_is_judged_by_no_row() -> None:
    assert rulesFor(builders.plan(), PROFILES.values()) == ()


def test_mmro_asks_for_no_image_list_and_mmro_ii_for_ct_as_base() -> None:
    bare = builders.spatialRegistration()
    for item in bare.RegistrationSequence:
        del item.ReferencedImageSequence
    onMR = builders.spatialRegistration(builders.mrSeries(), builders.petSeries())

    def codes(dataset, profile: str) -> list[str]:
        return [one.rule.code for one in conformanceFindings(dataset, [profile])]

    assert codes(bare, "MMRO") == []
    assert codes(bare, "MMRO-II") == codes(bare, "MMRO-III") == ["MMRO-SRO-006"] * 2
    assert codes(onMR, "MMRO-III") == codes(onMR, "MMRO") == []
    assert codes(onMR, "MMRO-II") == ["MMRO-SRO-006"]


# What a consumer makes of kinds of breach that the catalogue grades; None: nothing.
MATRIX_1 = MATRIX_2.replace("RegistrationSequence[2]", "RegistrationSequence[1]")
NEAR_IDENTITY = (*IDENTITY[:3], 1e-7, *IDENTITY[4:])
ITEMS, LISTS = "DeformableRegistrationSequence", "ReferencedImageSequence"
REGISTERED, SOURCE = f"{ITEMS}[1]", f"{ITEMS}[2]"
METHOD = "RegistrationTypeCodeSequence[1]"
PRES, POSTS = (f"{name}DeformationMatrixRegistrationSequence" for name in ("Pre", "Post"))
IMAGES_OF_S = builders.references(deformedObjects.sourceSeries())
USED, DEFORMATION = deformedObjects.usedDeformation(), deformedObjects.deformation()
GRADED = (
    ("DCM-REG-002", "SRO", {"ContentDate": ABSENT}, (), Severity.WARNING),
    ("DCM-REG-002", "SRO", {"FrameOfReferenceUID": ABSENT}, (), Severity.ERROR),
    ("DCM-SRO-004", "SRO", {MATRIX_2: ds((*MATRIX[:12], 1e-7, 0, 0, 1))}, (), None),
    ("DCM-SRO-004", "SRO", {MATRIX_2: ds((*MATRIX[:12], 1e-5, 0, 0, 1))}, (), Severity.ERROR),
    ("DCM-SRO-005", "SRO", {MATRIX_2: ds(SCALED)}, (), Severity.WARNING),
    ("DCM-SRO-005", "SRO", {MATRIX_2: ds(MIRROR)}, (), Severity.ERROR),
    ("DCM-SRO-005", "SRO", {MATRIX_2: ds(SINGULAR)}, (), Severity.ERROR),
    ("MMRO-SRO-003", "SRO", {"RegistrationSequence": swapped()}, (), Severity.WARNING),
    ("MMRO-SRO-003", "SRO", {"FrameOfReferenceUID": "2.25.1"}, (), Severity.ERROR),
    ("MMRO-SRO-004", "SRO", {MATRIX_1: ds(NEAR_IDENTITY)}, (), None),
    ("MMRO-SRO-004", "SRO", {MATRIX_1: ds(MATRIX)}, (), Severity.ERROR),
    ("MMRO-SRO-006", "SRO", {f"{ITEM_2}/ReferencedImageSequence": ABSENT}, (), Severity.WARNING),
    ("MMRO-SRO-006", "SRO", {}, movedTo(builders.mrSeries(), "2.25.2"), Severity.ERROR),
    ("MMRO-SRO-011", "SRO", {MATRIX_2: ds(SCALED)}, (), Severity.WARNING),
    ("MMRO-SRO-011", "SRO", {MATRIX_2: ds(SINGULAR)}, (), Severity.ERROR),
    ("MMRO-PAT-001", "SRO", {"PatientID": ""}, builders.ctSeries(), None),
    ("MMRO-PAT-001", "SRO", {"PatientID": "T-2"}, builders.ctSeries(), Severity.ERROR),
    ("BRTO-PAT-001", "RTDOSE", {"PatientSex": "F"}, builders.ctSeries(), Severity.WARNING),
    ("BRTO-PAT-001", "RTDOSE", {"PatientName": "Case^O"}, builders.ctSeries(), Severity.ERROR),
    ("BRTO-DOSE-001", "RTDOSE", {"PhotometricInterpretation": "MONOCHROME1"}, (), None),
    ("BRTO-DOSE-001", "RTDOSE", {"SamplesPerPixel": 3}, (), Severity.ERROR),
    ("DRRO-FOR-001", "DSRO", {ITEMS: [sourceItem()]}, (), None),
    ("DRRO-FOR-001", "DSRO", {"FrameOfReferenceUID": "2.25.1"}, (), Severity.ERROR),
    ("DRRO-DSR-003", "DSRO", {ITEMS: [sourceItem()]}, (), Severity.WARNING),
    ("DRRO-DSR-003", "DSRO", {ITEMS: [registeredItem()]}, (), Severity.ERROR),
    ("DRRO-DSR-003", "DSRO", {ITEMS: [sourceItem()] * 3}, (), Severity.ERROR),
    ("DRRO-DSR-007", "DSRO", {f"{SOURCE}/{LISTS}": ABSENT}, (), Severity.INFO),
    ("DRRO-DSR-007", "DSRO", {f"{SOURCE}/{LISTS}": []}, (), Severity.WARNING),
    ("DRRO-DSR-007", "DSRO", {}, deformedObjects.sourceSeries(6), Severity.WARNING),
    ("DRRO-DSR-007", "DSRO", {}, movedTo(builders.ctSeries(), "2.25.2"), Severity.ERROR),
    ("DRRO-DSR-009", "DSRO", {f"{SOURCE}/{METHOD}/CodeMeaning": "mine"}, (), None),
    ("DRRO-DSR-010", "DSRO", {f"{REGISTERED}/{PRES}": [declared(IDENTITY)]}, (), Severity.WARNING),
    ("DRRO-DSR-010", "DSRO", {f"{REGISTERED}/{PRES}": [declared(MATRIX)]}, (), Severity.ERROR),
    ("DRRO-DSR-013", "DSRO", {f"{SOURCE}/{PRES}": [declared(SCALED)]}, (), Severity.WARNING),
    ("DRRO-DSR-013", "DSRO", {f"{SOURCE}/{PRES}": [declared(MIRROR)]}, (), Severity.ERROR),
    ("DRRO-DSR-014", "DSRO", {f"{REGISTERED}/{POSTS}": [declared(IDENTITY)]}, (), None),
    ("DRRO-DSR-014", "DSRO", {f"{SOURCE}/{POSTS}": ABSENT}, (), None),
    ("DRRO-IMG-010", "deformed CT", {"SourceImageSequence": [], LISTS: IMAGES_OF_S}, (), None),
    ("DRRO-DOSE-002", "deformed RTDOSE", {"SpatialTransformOfDose": ABSENT}, (), Severity.INFO),
    ("DRRO-DOSE-002", "deformed RTDOSE", {"SpatialTransformOfDose": ""}, (), Severity.WARNING),
    ("DRRO-RTSS-001", "RTSTRUCT", {"SourceInstanceSequence": [USED]}, [DEFORMATION], None),
)


@pytest.mark.parametrize(("code", "name", "changes", "others", "severity"), GRADED)
def test_a_consumer_grades_breaches_of_one_row(code, name, changes, others, severity) -> None:
    found = findingsOf(Breaking(code, "", name, changes, study=lambda: others), Role.CONSUMER)
    assert {finding.severity for finding in found} == ({severity} if severity else set())


def test_names_and_times_written_in_another_way_are_the_same() -> None:
    images = builders.ctSeries(PatientName="Case^Test^^", StudyTime="101112.000")
    found = conformanceFindings(builders.spatialRegistration(), study=Study(images))
    assert found == []


def test_obligations_name_files_that_exist() -> None:
    library = Path(obligations.__file__).parents[1]
    deformable = Path(deformation.__file__).parent
    for one in OBLIGATIONS:
        for name in one.where:
            assert (library / name).is_file() or (deformable / name).is_file(), (one.code, name)
