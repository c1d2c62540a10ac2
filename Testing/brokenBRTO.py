"""Each row of the BRTO-II and RO-11 tables, broken once or more."""

from __future__ import annotations

from breaking import Breaking
from brokenDICOM import movedTo
from brokenMMRO import CONTOUR, FRAME, OBSERVATION_1, ROI_2, SERIES
from builders import (
    ABSENT,
    MR_FRAME,
    PET_FRAME,
    ctSeries,
    ds,
    item,
    mrSeries,
    references,
    resampledSeries,
)

PROPERTIES = f"{OBSERVATION_1}/ROIPhysicalPropertiesSequence"
TILTED = ds((1, 0, 0, 0, 0.99995, 0.01))


def inTwoStudies() -> list:
    series = ctSeries()
    series[0].StudyInstanceUID = "2.25.994"
    return series


def withAGap() -> list:
    """The resampled series without its third slice."""
    series = resampledSeries()
    return [series[0], series[1], series[3]]


# fmt: off
BROKEN_BRTO = (
    Breaking("BRTO-PAT-001", "PatientName", "RTDOSE", {"PatientName": ""}),
    Breaking("BRTO-PAT-001", "PatientID", "RTSTRUCT", study=lambda: ctSeries(PatientID="T-2")),
    Breaking("BRTO-PAT-001", "PatientSex", "CT", study=lambda: mrSeries(PatientSex="F")),
    Breaking("BRTO-STU-001", "StudyTime", "RTDOSE", {"StudyTime": ""}),
    Breaking("BRTO-STU-001", "StudyInstanceUID", "RTSTRUCT", {"StudyInstanceUID": "2.25.993"}, study=ctSeries),
    Breaking("BRTO-EQ-001", "Manufacturer", "RTDOSE", {"Manufacturer": ABSENT}),
    Breaking("BRTO-EQ-002", "ManufacturerModelName", "resampled CT", {"ManufacturerModelName": ""}),
    Breaking("BRTO-FOR-001", "FrameOfReferenceUID", "RTDOSE", {"FrameOfReferenceUID": PET_FRAME}, study=ctSeries),
    Breaking("BRTO-FOR-001", "FrameOfReferenceUID", "CT", {"FrameOfReferenceUID": ABSENT}),
    Breaking("BRTO-FOR-001", "ReferencedFrameOfReferenceSequence", "RTSTRUCT", {f"{ROI_2}/ReferencedFrameOfReferenceUID": MR_FRAME}),
    Breaking("BRTO-FOR-002", "PositionReferenceIndicator", "resampled CT", {"PositionReferenceIndicator": "XY"}, study=ctSeries),
    Breaking("BRTO-IMG-001", "AcquisitionTime", "CT", {"AcquisitionTime": ABSENT}),
    Breaking("BRTO-PLANE-001", "ImageOrientationPatient", "CT", {"ImageOrientationPatient": TILTED}),
    Breaking("BRTO-PLANE-001", "ImageOrientationPatient", "RTDOSE", {"ImageOrientationPatient": ABSENT}),
    Breaking("BRTO-PLANE-002", "PixelSpacing", "CT", {"PixelSpacing": ABSENT}),
    Breaking("BRTO-SOP-001", "SpecificCharacterSet", "RTDOSE", {"SpecificCharacterSet": ["", "ISO 2022 IR 87"]}),
    Breaking("BRTO-SS-001", "StructureSetLabel", "RTSTRUCT", {"StructureSetLabel": ABSENT}),
    Breaking("BRTO-SS-002", f"{SERIES}/ContourImageSequence[2]", "RTSTRUCT", {f"{SERIES}/ContourImageSequence[2]/ReferencedSOPClassUID": mrSeries()[0].SOPClassUID}),
    Breaking("BRTO-SS-002", f"{FRAME}/RTReferencedStudySequence", "RTSTRUCT", {f"{FRAME}/RTReferencedStudySequence": [item(), item()]}),
    Breaking("BRTO-SS-003", f"{ROI_2}/ROIGenerationAlgorithm", "RTSTRUCT", {f"{ROI_2}/ROIGenerationAlgorithm": "RESAMPLED"}),
    Breaking("BRTO-SS-003", f"{ROI_2}/ROIName", "RTSTRUCT", {f"{ROI_2}/ROIName": ABSENT}),
    Breaking("BRTO-SS-005", f"{CONTOUR}/ContourImageSequence", "RTSTRUCT", {f"{CONTOUR}/ContourImageSequence": references(ctSeries())}),
    Breaking("BRTO-SS-005", f"{CONTOUR}/ContourData", "RTSTRUCT", {f"{CONTOUR}/ContourData": ds((-68, 32, 113, -62, 32, 113, -66, 36, 113.001))}),
    Breaking("BRTO-SS-005", f"{CONTOUR}/ContourData", "RTSTRUCT", {f"{CONTOUR}/ContourData": ds((-68, 32, 113.02, -62, 32, 113.02, -66, 36, 113.02))}, study=ctSeries),
    Breaking("BRTO-SS-005", f"{CONTOUR}/ContourData", "RTSTRUCT", {f"{CONTOUR}/ContourData": ds([-1234.5] * 30000)}),
    Breaking("BRTO-SS-006", f"{CONTOUR}/AttachedContours", "RTSTRUCT", {"ROIContourSequence[1]/ContourSequence[1]/AttachedContours": "2"}),
    Breaking("BRTO-SS-007", "StructureSetROISequence[1]", "RTSTRUCT", {f"{OBSERVATION_1}/ReferencedROINumber": 2}),
    Breaking("BRTO-SS-007", f"{OBSERVATION_1}/RTROIInterpretedType", "RTSTRUCT", {f"{OBSERVATION_1}/RTROIInterpretedType": ""}),
    Breaking("BRTO-SS-008", f"{PROPERTIES}[1]/ROIPhysicalProperty", "RTSTRUCT", {PROPERTIES: [item(ROIPhysicalProperty="MASS_DENSITY")]}),
    Breaking("BRTO-SS-009", "RTROIObservationsSequence", "RTSTRUCT", {"RTROIObservationsSequence[2]/RTROIInterpretedType": "MARKER"}),
    Breaking("BRTO-DOSE-001", "BitsAllocated", "RTDOSE", {"BitsAllocated": 8}),
    Breaking("BRTO-DOSE-001", "HighBit", "RTDOSE", {"HighBit": 7}),
    Breaking("BRTO-DOSE-001", "PhotometricInterpretation", "RTDOSE", {"PhotometricInterpretation": "MONOCHROME1"}),
    Breaking("BRTO-DOSE-002", "DoseUnits", "RTDOSE", {"DoseUnits": "RELATIVE"}),
    Breaking("BRTO-DOSE-003", "DoseType", "RTDOSE", {"DoseType": "EFFECTIVE"}),
    Breaking("BRTO-DOSE-004", "DoseSummationType", "RTDOSE", {"DoseSummationType": "MULTI_PLAN"}),
    Breaking("BRTO-DOSE-004", "ReferencedRTPlanSequence", "RTDOSE", {"ReferencedRTPlanSequence": ABSENT}),
    Breaking("BRTO-DOSE-005", "DoseComment", "RTDOSE", {"ReferencedRTPlanSequence": ABSENT}),
    Breaking("BRTO-DOSE-006", "GridFrameOffsetVector", "RTDOSE", {"GridFrameOffsetVector": ["111", "113.5", "116"]}),
    Breaking("BRTO-DOSE-006", "GridFrameOffsetVector", "RTDOSE", {"GridFrameOffsetVector": ["0", "-2.5", "-5"]}),
    Breaking("BRTO-DOSE-006", "FrameIncrementPointer", "RTDOSE", {"FrameIncrementPointer": ABSENT}),
    Breaking("BRTO-DOSE-007", "TissueHeterogeneityCorrection", "RTDOSE", {"TissueHeterogeneityCorrection": ABSENT}),
    Breaking("BRTO-DOSE-008", "DVHSequence", "RTDOSE", {"DVHSequence": [item()]}),
)
BROKEN_RO11 = (
    Breaking("RO11-001", "SeriesInstanceUID", "resampled CT", {"SeriesInstanceUID": ctSeries()[0].SeriesInstanceUID}, study=ctSeries),
    Breaking("RO11-002", "StudyDate", "resampled CT", {"StudyDate": "20240109"}, study=ctSeries),
    Breaking("RO11-002", "FrameOfReferenceUID", "resampled CT", study=lambda: movedTo(ctSeries(), MR_FRAME)),
    Breaking("RO11-002", "PositionReferenceIndicator", "resampled CT", {"PositionReferenceIndicator": "XY"}, study=ctSeries),
    Breaking("RO11-003", "ImageOrientationPatient", "resampled CT", {"ImageOrientationPatient": TILTED}),
    Breaking("RO11-003", "ImagePositionPatient", "resampled CT", study=withAGap),
    Breaking("RO11-004", "Manufacturer", "resampled CT", {"Manufacturer": ""}),
    Breaking("RO11-005", "ReferencedFrameOfReferenceSequence", "RTSTRUCT", {f"{FRAME}/RTReferencedStudySequence[1]/RTReferencedSeriesSequence": [item(SeriesInstanceUID="2.25.1"), item(SeriesInstanceUID="2.25.2")]}),
    Breaking("RO11-006", "ImageType", "resampled CT", {"ImageType": ["DERIVED", "PRIMARY", "AXIAL"]}),
    Breaking("RO11-006", "DerivationCodeSequence", "resampled CT", {"DerivationCodeSequence": []}),
    Breaking("RO11-006", "SOPInstanceUID", "resampled CT", {"SOPInstanceUID": ctSeries()[1].SOPInstanceUID}),
    Breaking("RO11-007", "SourceImageSequence", "resampled CT", study=inTwoStudies),
)
# fmt: on
