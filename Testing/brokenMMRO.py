"""Each row of the MMRO-III table, broken once or more."""

from __future__ import annotations

from breaking import Breaking
from brokenDICOM import GROUP_1, GROUP_2, ITEM_1, ITEM_2, MATRIX_2, MIRROR, SCALED, movedTo
from builders import (
    ABSENT,
    CT_FRAME,
    IDENTITY,
    MATRIX,
    MR_FRAME,
    code,
    ctSeries,
    ds,
    item,
    mrSeries,
    references,
    registrationItem,
    spatialRegistration,
    structureSet,
)

MATRIX_1 = f"{GROUP_1}/MatrixSequence[1]/FrameOfReferenceTransformationMatrix"
IMAGES_1 = f"{ITEM_1}/ReferencedImageSequence"
IMAGES_2 = f"{ITEM_2}/ReferencedImageSequence"
FRAME = "ReferencedFrameOfReferenceSequence[1]"
STUDY = f"{FRAME}/RTReferencedStudySequence[1]"
SERIES = f"{STUDY}/RTReferencedSeriesSequence[1]"
ROI_2 = "StructureSetROISequence[2]"
CONTOUR = "ROIContourSequence[1]/ContourSequence[2]"
OBSERVATION_1 = "RTROIObservationsSequence[1]"


def ctWith(**changes: object) -> list:
    return ctSeries(**changes)


def swapped() -> list:
    """The two items of Registration Sequence, the moving one first."""
    return list(reversed(spatialRegistration().RegistrationSequence))


def registrationToTheMR():
    """A registration at hand that maps the CT onto the MR."""
    return spatialRegistration(mrSeries(), ctSeries(), SOPInstanceUID="2.25.997")


# fmt: off
BROKEN_SRO = (
    Breaking("MMRO-SRO-001", "Modality", "SRO", {"Modality": "OT"}),
    Breaking("MMRO-SRO-002", "RegistrationSequence", "SRO", {"RegistrationSequence": [registrationItem(ctSeries(), IDENTITY)]}),
    Breaking("MMRO-SRO-003", f"{ITEM_2}/FrameOfReferenceUID", "SRO", {"RegistrationSequence": swapped()}),
    Breaking("MMRO-SRO-003", f"{ITEM_1}/FrameOfReferenceUID", "SRO", {"FrameOfReferenceUID": "2.25.996"}),
    Breaking("MMRO-SRO-004", f"{ITEM_1}/MatrixRegistrationSequence", "SRO", {MATRIX_1: ds((*IDENTITY[:3], 1e-7, *IDENTITY[4:]))}),
    Breaking("MMRO-SRO-005", f"{ITEM_2}/FrameOfReferenceUID", "SRO", {f"{ITEM_2}/FrameOfReferenceUID": ABSENT}),
    Breaking("MMRO-SRO-005", f"{ITEM_2}/FrameOfReferenceUID", "SRO", {f"{ITEM_2}/FrameOfReferenceUID": CT_FRAME}),
    Breaking("MMRO-SRO-006", IMAGES_1, "SRO", {IMAGES_1: ABSENT}),
    Breaking("MMRO-SRO-006", IMAGES_2, "SRO", {IMAGES_2: references([structureSet()])}),
    Breaking("MMRO-SRO-006", IMAGES_2, "SRO", {IMAGES_2: references(mrSeries()[:2])}, study=mrSeries),
    Breaking("MMRO-SRO-006", IMAGES_2, "SRO", study=lambda: movedTo(mrSeries(), CT_FRAME)),
    Breaking("MMRO-SRO-007", f"{ITEM_2}/MatrixRegistrationSequence", "SRO", {f"{ITEM_2}/MatrixRegistrationSequence": []}),
    Breaking("MMRO-SRO-008", f"{GROUP_2}/MatrixSequence", "SRO", {f"{GROUP_2}/MatrixSequence": [item(), item()]}),
    Breaking("MMRO-SRO-009", MATRIX_2, "SRO", {MATRIX_2: ds((*MATRIX[:15], 1.0001))}),
    Breaking("MMRO-SRO-009", MATRIX_2, "SRO", {MATRIX_2: b"one\\2\\3"}),
    Breaking("MMRO-SRO-009", MATRIX_2, "SRO", {MATRIX_2: ABSENT}),
    Breaking("MMRO-SRO-010", f"{MATRIX_2}Type", "SRO", {f"{MATRIX_2}Type": "AFFINE"}),
    Breaking("MMRO-SRO-011", MATRIX_2, "SRO", {MATRIX_2: ds(SCALED)}),
    Breaking("MMRO-SRO-011", MATRIX_2, "SRO", {MATRIX_2: ds(MIRROR)}),
    Breaking("MMRO-SRO-013", "FrameOfReferenceUID", "SRO", study=lambda: [registrationToTheMR()]),
    Breaking("MMRO-SRO-014", f"{GROUP_1}/RegistrationTypeCodeSequence", "SRO", {f"{GROUP_1}/RegistrationTypeCodeSequence": [code("125023", "equipment")]}),
    Breaking("MMRO-SRO-014", f"{GROUP_1}/RegistrationTypeCodeSequence", "SRO", {f"{GROUP_1}/RegistrationTypeCodeSequence": [code("125021", "mine", "99LOCAL")]}),
    Breaking("MMRO-SRO-014", f"{GROUP_1}/RegistrationTypeCodeSequence", "SRO", {f"{GROUP_1}/RegistrationTypeCodeSequence": []}),
    Breaking("MMRO-SRO-015", f"{GROUP_2}/RegistrationTypeCodeSequence", "SRO", {f"{GROUP_2}/RegistrationTypeCodeSequence": []}),
    Breaking("MMRO-SRO-016", "ReferencedSeriesSequence", "SRO", {"ReferencedSeriesSequence": ABSENT}),
    Breaking("MMRO-SER-001", "SeriesInstanceUID", "SRO", {"SeriesInstanceUID": ctSeries()[0].SeriesInstanceUID}),
    Breaking("MMRO-SER-001", "SeriesInstanceUID", "RTSTRUCT", {"SeriesInstanceUID": mrSeries()[0].SeriesInstanceUID}, study=mrSeries),
    Breaking("MMRO-PAT-001", "PatientID", "SRO", {"PatientID": ""}),
    Breaking("MMRO-PAT-001", "PatientID", "SRO", study=lambda: mrSeries(PatientID="T-2")),
    Breaking("MMRO-PAT-001", "PatientName", "RTSTRUCT", study=lambda: ctWith(PatientName="Case^Other")),
    Breaking("MMRO-PAT-002", "PatientBirthDate", "SRO", study=lambda: mrSeries(PatientBirthDate="19700204")),
    Breaking("MMRO-STU-001", "StudyInstanceUID", "SRO", study=lambda: ctWith(StudyInstanceUID="2.25.995")),
    Breaking("MMRO-STU-002", "StudyID", "SRO", {"StudyID": ""}),
    Breaking("MMRO-STU-002", "StudyDate", "RTSTRUCT", study=lambda: ctWith(StudyDate="20240109")),
    Breaking("MMRO-STU-003", "AccessionNumber", "SRO", study=lambda: ctWith(AccessionNumber="A8")),
    Breaking("MMRO-FOR-001", "FrameOfReferenceUID", "SRO", {"FrameOfReferenceUID": ABSENT}),
    Breaking("MMRO-FOR-001", "FrameOfReferenceUID", "SRO", study=lambda: movedTo(ctSeries(), MR_FRAME)),
    Breaking("MMRO-FOR-002", "PositionReferenceIndicator", "SRO", {"PositionReferenceIndicator": ""}, study=ctSeries),
    Breaking("MMRO-EQ-001", "Manufacturer", "SRO", {"Manufacturer": ""}),
    Breaking("MMRO-EQ-002", "ManufacturerModelName", "resampled CT", {"ManufacturerModelName": ABSENT}),
    Breaking("MMRO-SOP-001", "SpecificCharacterSet", "SRO", {"SpecificCharacterSet": "ISO_IR 192"}),
    Breaking("MMRO-SOP-002", "SOPInstanceUID", "SRO", study=lambda: [spatialRegistration(ContentLabel="OLDER")]),
)
BROKEN_IMAGES = (
    Breaking("MMRO-SER-002", "PatientPosition", "CT", {"PatientPosition": "HFDL"}),
    Breaking("MMRO-SER-002", "PatientPosition", "CT", {"PatientPosition": ABSENT}),
    Breaking("MMRO-IMG-002", "PixelSpacing", "CT", {"PixelSpacing": ["2", "1.5"]}),
    Breaking("MMRO-IMG-003", "ImageOrientationPatient", "resampled CT", {"ImageOrientationPatient": ds((0, 1, 0, 0, 0, -1))}, study=ctSeries),
    Breaking("MMRO-IMG-003", "PatientPosition", "resampled CT", {"PatientPosition": "FFS"}, study=ctSeries),
    Breaking("MMRO-IMG-003", "FrameOfReferenceUID", "resampled CT", study=mrSeries),
)
BROKEN_STRUCTURES = (
    Breaking("MMRO-SS-001", "StructureSetDate", "RTSTRUCT", {"StructureSetDate": ""}),
    Breaking("MMRO-SS-002", "ReferencedFrameOfReferenceSequence", "RTSTRUCT", {"ReferencedFrameOfReferenceSequence": ABSENT}),
    Breaking("MMRO-SS-002", f"{FRAME}/FrameOfReferenceUID", "RTSTRUCT", study=lambda: movedTo(ctSeries(), MR_FRAME)),
    Breaking("MMRO-SS-003", f"{FRAME}/RTReferencedStudySequence", "RTSTRUCT", {f"{FRAME}/RTReferencedStudySequence": []}),
    Breaking("MMRO-SS-003", f"{STUDY}/ReferencedSOPInstanceUID", "RTSTRUCT", {f"{STUDY}/ReferencedSOPInstanceUID": "2.25.1"}, study=ctSeries),
    Breaking("MMRO-SS-004", f"{SERIES}/SeriesInstanceUID", "RTSTRUCT", {f"{SERIES}/SeriesInstanceUID": ""}),
    Breaking("MMRO-SS-005", f"{SERIES}/ContourImageSequence", "RTSTRUCT", {f"{SERIES}/ContourImageSequence": references(ctSeries()[:3])}, study=ctSeries),
    Breaking("MMRO-SS-005", f"{SERIES}/ContourImageSequence[1]", "RTSTRUCT", {f"{SERIES}/ContourImageSequence[1]/ReferencedFrameNumber": 1}),
    Breaking("MMRO-SS-005", f"{SERIES}/ContourImageSequence[1]", "RTSTRUCT", {f"{SERIES}/ContourImageSequence[1]/ReferencedSOPClassUID": "1.2.3"}),
    Breaking("MMRO-SS-006", f"{ROI_2}/ROIName", "RTSTRUCT", {f"{ROI_2}/ROIName": "Target"}),
    Breaking("MMRO-SS-006", f"{ROI_2}/ROINumber", "RTSTRUCT", {f"{ROI_2}/ROINumber": 1}),
    Breaking("MMRO-SS-007", f"{ROI_2}/ReferencedFrameOfReferenceUID", "RTSTRUCT", {f"{ROI_2}/ReferencedFrameOfReferenceUID": MR_FRAME}),
    Breaking("MMRO-SS-008", f"{ROI_2}/ROIGenerationAlgorithm", "RTSTRUCT", {f"{ROI_2}/ROIGenerationAlgorithm": ""}),
    Breaking("MMRO-SS-009", f"{CONTOUR}/ContourImageSequence", "RTSTRUCT", {f"{CONTOUR}/ContourImageSequence": ABSENT}),
    Breaking("MMRO-SS-009", f"{CONTOUR}/ContourImageSequence", "RTSTRUCT", {f"{CONTOUR}/ContourImageSequence": references(mrSeries()[:1])}),
    Breaking("MMRO-SS-010", f"{CONTOUR}/ContourGeometricType", "RTSTRUCT", {f"{CONTOUR}/ContourGeometricType": "OPEN_PLANAR"}),
    Breaking("MMRO-SS-011", f"{CONTOUR}/ContourData", "RTSTRUCT", {f"{CONTOUR}/ContourData": ds((-68, 32, 113, -62, 32, 113, -66, 36, 113.02))}, study=ctSeries),
    Breaking("MMRO-SS-011", f"{CONTOUR}/ContourData", "RTSTRUCT", {f"{CONTOUR}/ContourData": ds((-68, 32, 113, -62, 32, 113, -62, 36, 113.1, -66, 36, 113))}),
    Breaking("MMRO-SS-012", f"{CONTOUR}/NumberOfContourPoints", "RTSTRUCT", {f"{CONTOUR}/NumberOfContourPoints": 4}),
    Breaking("MMRO-SS-013", f"{CONTOUR}/ContourOffsetVector", "RTSTRUCT", {f"{CONTOUR}/ContourOffsetVector": ["0", "0", "1.5"]}),
    Breaking("MMRO-SS-014", f"{OBSERVATION_1}/ReferencedROINumber", "RTSTRUCT", {f"{OBSERVATION_1}/ReferencedROINumber": 9}),
    Breaking("MMRO-SS-014", f"{OBSERVATION_1}/RTROIInterpretedType", "RTSTRUCT", {f"{OBSERVATION_1}/RTROIInterpretedType": "ISOCENTER"}),
    Breaking("MMRO-SS-015", "ReferencedFrameOfReferenceSequence", "RTSTRUCT", {f"{STUDY}/RTReferencedSeriesSequence": [item(SeriesInstanceUID="2.25.1"), item(SeriesInstanceUID="2.25.2")]}),
)
# fmt: on
BROKEN_MMRO = (*BROKEN_SRO, *BROKEN_IMAGES, *BROKEN_STRUCTURES)
