"""What the default checks find in registrations that other systems made.

The expectations were read from the objects by hand; each says why.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from IHERORegistrationLib.dicomFile import datasetFromFile
from IHERORegistrationLib.profiles.selection import conformanceFindings
from IHERORegistrationLib.rules import Role
from IHERORegistrationLib.study import Study
from testData import dataSet

ITEM_1, ITEM_2 = "RegistrationSequence[1]", "RegistrationSequence[2]"
METHOD_1 = f"{ITEM_1}/MatrixRegistrationSequence[1]/RegistrationTypeCodeSequence"
METHOD_2 = f"{ITEM_2}/MatrixRegistrationSequence[1]/RegistrationTypeCodeSequence"
IMAGES_1, IMAGES_2 = f"{ITEM_1}/ReferencedImageSequence", f"{ITEM_2}/ReferencedImageSequence"
TYPE_2 = (
    f"{ITEM_2}/MatrixRegistrationSequence[1]/MatrixSequence[1]"
    "/FrameOfReferenceTransformationMatrixType"
)

ARIA = (
    "aria136-phantom-registered-explicit/"
    "RE.1.2.246.352.205.5023905684712961404.5540534563657837450.dcm"
)

# The method on the registered item is another than 125021.
OTHER_METHOD = ("MMRO-SRO-014", "INFO", METHOD_1)
# Study ID is empty in the images too, but IHE asks for a value.
NO_STUDY_ID = ("MMRO-STU-002", "INFO", "StudyID")

# The writers share their habits over all objects they made.
PLASTIMATCH = [
    ("DCM-REG-002", "WARNING", "InstanceNumber"),  # absent
    ("DCM-REG-002", "WARNING", "ContentLabel"),  # absent
    ("MMRO-SRO-006", "WARNING", IMAGES_1),  # no image list in either item
    ("MMRO-SRO-006", "WARNING", IMAGES_2),
    OTHER_METHOD,  # 125025 on both items
    NO_STUDY_ID,
]
PYDICOMRT = [
    ("MMRO-SRO-003", "WARNING", f"{ITEM_2}/FrameOfReferenceUID"),  # the identity comes last
    ("MMRO-EQ-001", "INFO", "Manufacturer"),  # empty
    ("MMRO-SOP-001", "INFO", "SpecificCharacterSet"),  # ISO_IR 192
]

# Files without anything else at hand. RIGID matrices of 6 decimals are rotations within 1e-4.
ALONE = {
    # 125025 twice; everything else is there.
    ARIA: [OTHER_METHOD],
    "onkodicom-defective-sro/spatial_reg.dcm": [
        ("DCM-REG-002", "WARNING", "InstanceNumber"),
        ("DCM-REG-002", "WARNING", "ContentDate"),
        ("DCM-REG-002", "WARNING", "ContentTime"),
        ("DCM-REG-002", "WARNING", "ContentLabel"),
        ("DCM-REG-002", "ERROR", "FrameOfReferenceUID"),  # what is registered is unknown
        ("DCM-SRO-001", "ERROR", ITEM_1),  # neither frame nor images: what moves is unknown
        ("DCM-SRO-008", "INFO", f"{ITEM_1}/RegistrationTypeCodeSequence"),  # one level too high
        ("MMRO-SRO-002", "WARNING", "RegistrationSequence"),  # one item
        ("MMRO-SRO-003", "ERROR", f"{ITEM_1}/FrameOfReferenceUID"),
        ("MMRO-SRO-005", "ERROR", f"{ITEM_1}/FrameOfReferenceUID"),
        ("MMRO-SRO-006", "WARNING", IMAGES_1),
        ("MMRO-SRO-015", "INFO", METHOD_1),
        ("MMRO-SRO-016", "WARNING", "ReferencedSeriesSequence"),
        NO_STUDY_ID,
        ("MMRO-FOR-001", "ERROR", "FrameOfReferenceUID"),
        ("MMRO-EQ-001", "INFO", "Manufacturer"),
    ],
    "peer-made/raystation61-sro-reconstructed/raystation61_sro_reconstructed.dcm": [
        ("DCM-SRO-008", "INFO", METHOD_1),  # type 2, but absent
        ("DCM-SRO-008", "INFO", METHOD_2),
        ("MMRO-SRO-014", "INFO", METHOD_1),
        ("MMRO-SRO-015", "INFO", METHOD_2),
    ],
    "peer-made/acrin-brain-sro/plastimatch-1.9.4_sro.dcm": PLASTIMATCH,
    "peer-made/lung-repeat-ct-reg/plastimatch-1.9.4_sro-rigid.dcm": PLASTIMATCH,
    "peer-made/acrin-brain-sro/pydicomrt-0.9.1_sro.dcm": [*PYDICOMRT, NO_STUDY_ID],
    "peer-made/porcine-ct-mr-sro/pydicomrt-0.9.1_sro.dcm": [*PYDICOMRT, NO_STUDY_ID],
    "peer-made/aria-phantom-known-reg/pydicomrt-0.9.1_sro-rigid30z.dcm": PYDICOMRT,
    "peer-made/acrin-brain-sro/regix-0.3.1_sro.dcm": [OTHER_METHOD, NO_STUDY_ID],
    "peer-made/porcine-ct-mr-sro/regix-0.3.1_sro.dcm": [OTHER_METHOD, NO_STUDY_ID],
    "peer-made/aria-phantom-known-reg/regix-0.3.1_sro-rigid30z.dcm": [OTHER_METHOD],
    # Legal DICOM of the type it says, but not rigid.
    "peer-made/aria-phantom-known-reg/regix-0.3.1_sro-rigidscale.dcm": [
        OTHER_METHOD,
        ("MMRO-SRO-010", "WARNING", TYPE_2),
    ],
    "peer-made/aria-phantom-known-reg/regix-0.3.1_sro-affine.dcm": [
        OTHER_METHOD,
        ("MMRO-SRO-010", "WARNING", TYPE_2),
    ],
    "peer-made/lung-repeat-ct-fiducials/dcmtk-dump2dcm_baseline_fid.dcm": [],
    "peer-made/lung-repeat-ct-fiducials/dcmtk-dump2dcm_followup_fid.dcm": [],
}

# What the images at hand add: file, folder of images, findings.
WITH_IMAGES = (
    # Both image sets lie in their own study, and the object says so.
    (
        ARIA,
        "aria136-phantom-registered-explicit",
        [],
    ),
    # The moving series lies in a study of its own, and is listed under that of the fixed one.
    (
        "peer-made/acrin-brain-sro/regix-0.3.1_sro.dcm",
        "acrin-brain-mr-pair",
        [("DCM-REG-005", "WARNING", "ReferencedSeriesSequence[2]")],
    ),
    (
        "peer-made/porcine-ct-mr-sro/pydicomrt-0.9.1_sro.dcm",
        "mri-dir-porcine-reduced",
        [("DCM-REG-005", "WARNING", "ReferencedSeriesSequence[2]")],
    ),
    # Here the moving one is listed first, and the study's date and time are those of its study.
    (
        "peer-made/acrin-brain-sro/plastimatch-1.9.4_sro.dcm",
        "acrin-brain-mr-pair",
        [
            ("DCM-REG-005", "WARNING", "ReferencedSeriesSequence[1]"),
            ("MMRO-STU-002", "INFO", "StudyDate"),
            ("MMRO-STU-002", "INFO", "StudyTime"),
        ],
    ),
)


def found(path: Path, role: Role = Role.CONSUMER, study: Study | None = None) -> list[tuple]:
    """Code, severity and location of each default finding, sorted."""
    dataset = datasetFromFile(path)
    judged = conformanceFindings(dataset, role=role, study=study or Study())
    return sorted((one.rule.code, one.severity.value, one.location) for one in judged)


def imagesIn(folder: Path) -> Study:
    """The CT, MR and PET headers under `folder`."""
    headers = [datasetFromFile(file, pixels=False) for file in sorted(folder.rglob("*.dcm"))]
    return Study(one for one in headers if one.Modality in ("CT", "MR", "PT"))


def objectIn(name: str) -> Path:
    folder, _, file = name.rpartition("/")
    return dataSet(folder) / file


@pytest.mark.parametrize("name", ALONE, ids=lambda name: name.rpartition("/")[2])
def test_an_object_alone_has_the_findings_it_deserves(name: str) -> None:
    assert found(objectIn(name)) == sorted(ALONE[name])


@pytest.mark.parametrize(("name", "folder", "more"), WITH_IMAGES)
def test_images_at_hand_add_what_they_show(name: str, folder: str, more: list[tuple]) -> None:
    expected = sorted([*ALONE[name], *more])
    assert found(objectIn(name), study=imagesIn(dataSet(folder))) == expected


# The IHE-RO reference set: 125023 on both items, 200 of 250 CT and 99 of 100 PET images listed.
REFERENCE = {
    "REG2CTMR.dcm": [("MMRO-SRO-006", "WARNING", IMAGES_1)],
    "REG2CTPT.dcm": [("MMRO-SRO-006", "WARNING", IMAGES_1), ("MMRO-SRO-006", "WARNING", IMAGES_2)],
}


@pytest.mark.parametrize("name", REFERENCE)
def test_the_reference_registrations_lack_only_the_identity_code(
    nonhybridSet: Path, name: str
) -> None:
    assert found(nonhybridSet / "REG" / name) == [OTHER_METHOD]
    asProducer = found(nonhybridSet / "REG" / name, Role.PRODUCER)
    assert asProducer == [("MMRO-SRO-014", "ERROR", METHOD_1)]


def test_with_their_images_the_reference_lists_are_partial(nonhybridSet: Path) -> None:
    study = Study(
        datasetFromFile(file, pixels=False)
        for folder in ("CT", "MR", "PET", "REG")
        for file in sorted((nonhybridSet / folder).iterdir())
    )
    for name, partial in REFERENCE.items():
        expected = sorted([OTHER_METHOD, *partial])
        assert found(nonhybridSet / "REG" / name, study=study) == expected


def test_the_reference_dose_conforms(nonhybridSet: Path) -> None:
    assert found(nonhybridSet / "RTDOSE" / "RTDOSE.dcm") == []


def test_the_reference_structures_leave_images_and_types_out(nonhybridSet: Path) -> None:
    """It lists 200 of 250 CT images; 44 contours lie on others, and two ROIs have no type."""
    codes = [code for code, _, _ in found(nonhybridSet / "RTSTRUCT" / "RTSTRUCT.dcm")]
    assert {code: codes.count(code) for code in codes} == {"MMRO-SS-009": 44, "MMRO-SS-014": 2}
