"""Each row of the DICOM table, broken once or more."""

from __future__ import annotations

from pydicom import Dataset

from breaking import Breaking
from builders import (
    ABSENT,
    IDENTITY,
    MATRIX,
    code,
    ctSeries,
    ds,
    item,
    mrSeries,
    petSeries,
    references,
    spatialRegistration,
)

ITEM_1, ITEM_2 = "RegistrationSequence[1]", "RegistrationSequence[2]"
GROUP_1 = f"{ITEM_1}/MatrixRegistrationSequence[1]"
GROUP_2 = f"{ITEM_2}/MatrixRegistrationSequence[1]"
MATRIX_2 = f"{GROUP_2}/MatrixSequence[1]/FrameOfReferenceTransformationMatrix"
FIDUCIAL_2 = "FiducialSetSequence[1]/FiducialSequence[2]"
SCALED = (1.02, *MATRIX[1:])
MIRROR = (-1, 0, 0, 4, 0, 1, 0, 5, 0, 0, 1, 6, 0, 0, 0, 1)
SINGULAR = (1, 0, 0, 4, 0, 1, 0, 5, 0, 0, 0, 6, 0, 0, 0, 1)


def movedTo(series: list, frame: str) -> list:
    """`series` with another Frame of Reference."""
    for one in series:
        one.FrameOfReferenceUID = frame
    return series


def inAnotherStudy(series: list) -> list:
    for one in series:
        one.StudyInstanceUID = "2.25.999"
    return series


def twice() -> list:
    """References to the CT series in which the second image stands twice."""
    listed = references(ctSeries())
    return [*listed, listed[1]]


def registrationThatUses(fiducials: str) -> Dataset:
    """A Spatial Registration whose second item used the fiducials object with this UID."""
    dataset = spatialRegistration()
    used = item(ReferencedSOPInstanceUID=fiducials, FiducialUID="2.25.77.6.1")
    dataset.RegistrationSequence[1].UsedFiducialsSequence = [used]
    return dataset


BROKEN_DICOM = (
    Breaking("DCM-REG-001", "Modality", "SRO", {"Modality": "CT"}),
    Breaking("DCM-REG-001", "Modality", "FID", {"Modality": "REG"}),
    Breaking("DCM-REG-001", "Modality", "DSRO", {"Modality": ABSENT}),
    Breaking("DCM-REG-002", "ContentDate", "SRO", {"ContentDate": ABSENT}),
    Breaking("DCM-REG-002", "InstanceNumber", "FID", {"InstanceNumber": None}),
    Breaking("DCM-REG-002", "FrameOfReferenceUID", "DSRO", {"FrameOfReferenceUID": ""}),
    Breaking("DCM-REG-003", "DeviceSerialNumber", "DSRO", {"DeviceSerialNumber": ABSENT}),
    Breaking("DCM-REG-003", "SoftwareVersions", "DSRO", {"SoftwareVersions": ""}),
    Breaking("DCM-REG-004", "ContentLabel", "SRO", {"ContentLabel": "mr on ct"}),
    Breaking("DCM-REG-004", "ContentLabel", "FID", {"ContentLabel": "SEVENTEEN LETTERS"}),
    Breaking(
        "DCM-REG-005",
        f"{ITEM_2}/ReferencedImageSequence",
        "SRO",
        {"ReferencedSeriesSequence[2]/ReferencedInstanceSequence": references(mrSeries()[1:])},
    ),
    Breaking(
        "DCM-REG-005",
        "ReferencedSeriesSequence[1]",
        "SRO",
        {"ReferencedSeriesSequence[1]/ReferencedInstanceSequence": twice()},
    ),
    Breaking(
        "DCM-REG-005",
        "ReferencedSeriesSequence[2]",
        "SRO",
        study=lambda: inAnotherStudy(mrSeries()),
    ),
    Breaking(
        "DCM-REG-005",
        f"{ITEM_1}/UsedFiducialsSequence",
        "SRO",
        {f"{ITEM_1}/UsedFiducialsSequence": [item(ReferencedSOPInstanceUID="2.25.4711")]},
    ),
    Breaking(
        "DCM-REG-006",
        "SourceInstanceSequence[1]",
        "SRO",
        {"SourceInstanceSequence": references(ctSeries()[:1])},
    ),
    Breaking("DCM-SRO-001", "RegistrationSequence", "SRO", {"RegistrationSequence": ABSENT}),
    Breaking("DCM-SRO-001", "RegistrationSequence", "SRO", {"RegistrationSequence": []}),
    Breaking(
        "DCM-SRO-001",
        ITEM_2,
        "SRO",
        {f"{ITEM_2}/FrameOfReferenceUID": "", f"{ITEM_2}/ReferencedImageSequence": ABSENT},
    ),
    Breaking(
        "DCM-SRO-002",
        f"{ITEM_1}/MatrixRegistrationSequence",
        "SRO",
        {f"{ITEM_1}/MatrixRegistrationSequence": ABSENT},
    ),
    Breaking(
        "DCM-SRO-002",
        f"{ITEM_2}/MatrixRegistrationSequence",
        "SRO",
        {f"{ITEM_2}/MatrixRegistrationSequence": [item(), item()]},
    ),
    Breaking(
        "DCM-SRO-003", f"{GROUP_2}/MatrixSequence", "SRO", {f"{GROUP_2}/MatrixSequence": ABSENT}
    ),
    Breaking("DCM-SRO-003", MATRIX_2, "SRO", {MATRIX_2: ds(MATRIX[:15])}),
    Breaking("DCM-SRO-003", MATRIX_2, "SRO", {MATRIX_2: b"nan" + rb"\1" * 15}),
    Breaking("DCM-SRO-003", f"{MATRIX_2}Type", "SRO", {f"{MATRIX_2}Type": "HOMOGENEOUS"}),
    Breaking("DCM-SRO-003", f"{MATRIX_2}Type", "SRO", {f"{MATRIX_2}Type": ABSENT}),
    Breaking("DCM-SRO-004", MATRIX_2, "SRO", {MATRIX_2: ds((*MATRIX[:15], 2))}),
    Breaking("DCM-SRO-004", MATRIX_2, "SRO", {MATRIX_2: ds((*MATRIX[:12], 1e-7, 0, 0, 1))}),
    Breaking("DCM-SRO-005", MATRIX_2, "SRO", {MATRIX_2: ds(SCALED)}),
    Breaking("DCM-SRO-005", MATRIX_2, "SRO", {MATRIX_2: ds(MIRROR)}),
    Breaking("DCM-SRO-005", MATRIX_2, "SRO", {MATRIX_2: ds(SINGULAR), f"{MATRIX_2}Type": "AFFINE"}),
    Breaking(
        "DCM-SRO-006",
        f"{ITEM_1}/MatrixRegistrationSequence",
        "SRO",
        {
            f"{GROUP_1}/MatrixSequence[1]/FrameOfReferenceTransformationMatrix": ds(
                (*IDENTITY[:3], 0.01, *IDENTITY[4:])
            )
        },
    ),
    Breaking(
        "DCM-SRO-007",
        f"{ITEM_2}/ReferencedImageSequence",
        "SRO",
        study=lambda: movedTo(mrSeries(), "2.25.998"),
    ),
    Breaking(
        "DCM-SRO-007",
        f"{ITEM_2}/ReferencedImageSequence",
        "SRO",
        {
            f"{ITEM_2}/FrameOfReferenceUID": ABSENT,
            f"{ITEM_2}/ReferencedImageSequence": references([*mrSeries(), *petSeries()]),
        },
        study=lambda: [*mrSeries(), *petSeries()],
    ),
    Breaking(
        "DCM-SRO-008",
        f"{GROUP_2}/RegistrationTypeCodeSequence",
        "SRO",
        {f"{GROUP_2}/RegistrationTypeCodeSequence": ABSENT},
    ),
    Breaking(
        "DCM-SRO-008",
        f"{GROUP_1}/RegistrationTypeCodeSequence",
        "SRO",
        {f"{GROUP_1}/RegistrationTypeCodeSequence": [code("1", "a"), code("2", "b")]},
    ),
    Breaking(
        "DCM-SRO-008",
        f"{ITEM_2}/RegistrationTypeCodeSequence",
        "SRO",
        {f"{ITEM_2}/RegistrationTypeCodeSequence": [code("125024", "high")]},
    ),
    Breaking(
        "DCM-FID-001",
        "FiducialSetSequence[1]",
        "FID",
        {
            "FiducialSetSequence[1]/FrameOfReferenceUID": ABSENT,
            "FiducialSetSequence[1]/ReferencedImageSequence": ABSENT,
        },
    ),
    Breaking(
        "DCM-FID-001",
        f"{FIDUCIAL_2}/ContourData",
        "FID",
        {"FiducialSetSequence[1]/FrameOfReferenceUID": ABSENT},
    ),
    Breaking(
        "DCM-FID-001", f"{FIDUCIAL_2}/ContourData", "FID", {f"{FIDUCIAL_2}/ContourData": ABSENT}
    ),
    Breaking(
        "DCM-FID-002",
        f"{FIDUCIAL_2}/NumberOfContourPoints",
        "FID",
        {f"{FIDUCIAL_2}/NumberOfContourPoints": 2},
    ),
    Breaking(
        "DCM-FID-002", f"{FIDUCIAL_2}/ContourData", "FID", {f"{FIDUCIAL_2}/ShapeType": "L_SHAPE"}
    ),
    Breaking(
        "DCM-FID-002", f"{FIDUCIAL_2}/ContourData", "FID", {f"{FIDUCIAL_2}/ShapeType": "BLOB"}
    ),
    Breaking(
        "DCM-FID-002",
        f"{FIDUCIAL_2}/ContourData",
        "FID",
        {f"{FIDUCIAL_2}/ContourData": ds((1, 2, 3, 4))},
    ),
    Breaking(
        "DCM-FID-003",
        f"{FIDUCIAL_2}/FiducialIdentifier",
        "FID",
        {f"{FIDUCIAL_2}/FiducialIdentifier": "P1"},
    ),
    Breaking(
        "DCM-FID-003",
        f"{FIDUCIAL_2}/FiducialUID",
        "FID",
        {f"{FIDUCIAL_2}/FiducialUID": ABSENT},
        study=lambda: [registrationThatUses("2.25.77.4.60")],
    ),
    Breaking(
        "DCM-FID-004",
        f"{FIDUCIAL_2}/ContourData",
        "FID",
        {f"{FIDUCIAL_2}/ContourData": ds(range(10000, 21000))},
    ),
)
