"""Each row of the DRRO table, broken once or more."""

from __future__ import annotations

import copy

import numpy as np
from pydicom import Dataset

import builders
from breaking import Breaking
from brokenDeformations import (
    GRID,
    GRIDS,
    ITEMS,
    METHOD,
    POST_MATRIX,
    POSTS,
    PRE_MATRIX,
    PRES,
    REGISTERED,
    SOURCE,
    with_,
)
from brokenDICOM import SINGULAR, movedTo
from builders import ABSENT, CT_FRAME, IDENTITY, MATRIX, code, ctSeries, ds, references
from deformedObjects import (
    PRE,
    SOURCE_FRAME,
    declared,
    deformation,
    grid,
    registeredItem,
    sourceDose,
    sourceItem,
    sourceSeries,
    usedDeformation,
    vectors,
)

IMAGE, DOSE, SET = "deformed CT", "deformed RTDOSE", "deformed RTSTRUCT"
USED_REGISTRATION = "ReferencedSpatialRegistrationSequence"
FRAME = "SourceFrameOfReferenceUID"
LISTS = "ReferencedImageSequence"
ROI = "StructureSetROISequence[2]"
PRINTED_DERIVATION = code("125028", "Deformed for Registration")
PRINTED_PURPOSE = ("125027", "Source Deformable Spatial Registration")


def correction() -> Dataset:
    """`deformation()` as one that corrects S for distortion: there are no registered images."""
    return deformation(
        DeformableRegistrationSequence=[registeredItem(**{LISTS: ABSENT}), sourceItem()]
    )


def turned(series: list[Dataset]) -> list[Dataset]:
    """`series` with rows along y."""
    for one in series:
        one.ImageOrientationPatient = ds((0, 1, 0, 0, 0, -1))
    return series


def shifted(series: list[Dataset]) -> list[Dataset]:
    """`series` half a pixel further along the rows."""
    for one in series:
        x, y, z = one.ImagePositionPatient
        one.ImagePositionPatient = ds((float(x) + 1, y, z))
    return series


def otherDose(**changes: object) -> list[Dataset]:
    made = copy.deepcopy(sourceDose())
    return [builders.changed(made, changes)]


# fmt: off
BROKEN_REGISTRATION = (
    Breaking("DRRO-FOR-001", "FrameOfReferenceUID", "DSRO", {"FrameOfReferenceUID": ABSENT}),
    Breaking("DRRO-FOR-001", "FrameOfReferenceUID", "DSRO", {"FrameOfReferenceUID": "2.25.1"}),
    Breaking("DRRO-FOR-001", "FrameOfReferenceUID", "DSRO", study=lambda: movedTo(ctSeries(), "2.25.2")),
    Breaking("DRRO-DSR-001", "ContentLabel", "DSRO", {"ContentLabel": ""}),
    Breaking("DRRO-DSR-002", "ContentDescription", "DSRO", {"ContentDescription": ABSENT}),
    Breaking("DRRO-DSR-003", ITEMS, "DSRO", {ITEMS: [sourceItem()]}),
    Breaking("DRRO-DSR-003", ITEMS, "DSRO", {ITEMS: [registeredItem(), sourceItem(), sourceItem()]}),
    Breaking("DRRO-DSR-004", ITEMS, "DSRO", {GRIDS: ABSENT}),
    Breaking("DRRO-DSR-004", ITEMS, "DSRO", {ITEMS: [registeredItem(DeformableRegistrationGridSequence=[grid()]), sourceItem()]}),
    Breaking("DRRO-DSR-005", f"{REGISTERED}/{FRAME}", "DSRO", {f"{REGISTERED}/{FRAME}": "2.25.3"}),
    Breaking("DRRO-DSR-006", f"{SOURCE}/{FRAME}", "DSRO", {f"{SOURCE}/{FRAME}": ""}),
    Breaking("DRRO-DSR-006", f"{SOURCE}/{FRAME}", "DSRO", study=lambda: movedTo(sourceSeries(), "2.25.4")),
    Breaking("DRRO-DSR-007", f"{REGISTERED}/{LISTS}", "DSRO", {f"{REGISTERED}/{LISTS}": ABSENT}),
    Breaking("DRRO-DSR-007", f"{SOURCE}/{LISTS}", "DSRO", {f"{SOURCE}/{LISTS}": []}),
    Breaking("DRRO-DSR-007", f"{SOURCE}/{LISTS}", "DSRO", {f"{SOURCE}/{LISTS}": references(sourceSeries()[1:])}),
    Breaking("DRRO-DSR-007", f"{SOURCE}/{LISTS}", "DSRO", study=lambda: sourceSeries(6)),
    Breaking("DRRO-DSR-007", f"{SOURCE}/{LISTS}", "DSRO", {f"{SOURCE}/{LISTS}": references(ctSeries())}, study=ctSeries),
    Breaking("DRRO-DSR-008", f"{REGISTERED}/{METHOD}", "DSRO", {f"{REGISTERED}/{METHOD}": [code("125024", "Image Content-based Alignment")]}),
    Breaking("DRRO-DSR-008", f"{REGISTERED}/{METHOD}", "DSRO", {f"{REGISTERED}/{METHOD}": []}),
    Breaking("DRRO-DSR-009", f"{SOURCE}/{METHOD}", "DSRO", {f"{SOURCE}/{METHOD}": [code("125025", "Visual Alignment")]}),
    Breaking("DRRO-DSR-009", f"{SOURCE}/{METHOD}", "DSRO", {f"{SOURCE}/{METHOD}": [code("125024", "by content")]}),
    Breaking("DRRO-DSR-010", f"{REGISTERED}/PreDeformationMatrixRegistrationSequence", "DSRO", {f"{REGISTERED}/PreDeformationMatrixRegistrationSequence": [declared(IDENTITY)]}),
    Breaking("DRRO-DSR-010", f"{REGISTERED}/PreDeformationMatrixRegistrationSequence", "DSRO", {f"{REGISTERED}/PreDeformationMatrixRegistrationSequence": [declared(MATRIX)]}),
    Breaking("DRRO-DSR-011", PRES, "DSRO", {PRES: [declared(PRE), declared(IDENTITY)]}),
    Breaking("DRRO-DSR-012", f"{PRE_MATRIX}Type", "DSRO", {f"{PRE_MATRIX}Type": "AFFINE"}),
    Breaking("DRRO-DSR-013", PRE_MATRIX, "DSRO", {PRE_MATRIX: ds((0.961, *PRE[1:]))}),
    Breaking("DRRO-DSR-013", PRE_MATRIX, "DSRO", {PRE_MATRIX: ds(SINGULAR), f"{PRE_MATRIX}Type": "AFFINE"}),
    Breaking("DRRO-DSR-014", POSTS, "DSRO", {POST_MATRIX: ds((*IDENTITY[:3], 2e-6, *IDENTITY[4:]))}),
    Breaking("DRRO-DSR-014", f"{REGISTERED}/PostDeformationMatrixRegistrationSequence", "DSRO", {f"{REGISTERED}/PostDeformationMatrixRegistrationSequence": [declared(MATRIX)]}),
    Breaking("DRRO-DSR-015", GRIDS, "DSRO", {GRIDS: [grid(), grid()]}),
    Breaking("DRRO-DSR-015", GRIDS, "DSRO", {GRIDS: ABSENT}),
    Breaking("DRRO-DSR-016", f"{REGISTERED}/DeformableRegistrationGridSequence", "DSRO", {f"{REGISTERED}/DeformableRegistrationGridSequence": [grid()]}),
    Breaking("DRRO-DSR-017", f"{GRID}/ImagePositionPatient", "DSRO", {f"{GRID}/ImagePositionPatient": ABSENT}),
    Breaking("DRRO-DSR-017", f"{GRID}/GridResolution", "DSRO", {f"{GRID}/GridResolution": [4.0, 0.0, 5.0]}),
    Breaking("DRRO-DSR-018", f"{GRID}/VectorGridData", "DSRO", {f"{GRID}/VectorGridData": vectors()[1:].tobytes()}),
    Breaking("DRRO-DSR-020", f"{GRID}/VectorGridData", "DSRO", {f"{GRID}/VectorGridData": with_((4, 0, 3), np.nan, 0, np.nan)}),
    Breaking("DRRO-DSR-021", "SoftwareVersions", "DSRO", {"SoftwareVersions": ABSENT}),
    Breaking("DRRO-DSR-022", f"{SOURCE}/{LISTS}", "DSRO", {"ReferencedSeriesSequence[2]/ReferencedInstanceSequence": references(sourceSeries()[2:])}),
    Breaking("DRRO-DSR-025", "StudyInstanceUID", "DSRO", {"StudyInstanceUID": "2.25.5"}, study=ctSeries),
    Breaking("DRRO-DSR-025", "SeriesInstanceUID", "DSRO", {"SeriesInstanceUID": ctSeries()[0].SeriesInstanceUID}),
    Breaking("DRRO-DSR-026", "PatientID", "DSRO", study=lambda: sourceSeries(PatientID="T-2")),
    Breaking("DRRO-DSR-026", "PatientBirthDate", "DSRO", study=lambda: ctSeries(PatientBirthDate="19700204")),
)
BROKEN_IMAGE = (
    Breaking("DRRO-IMG-001", "ImageType", IMAGE, {"ImageType": ["DERIVED", "PRIMARY", "AXIAL"]}),
    Breaking("DRRO-IMG-002", "ImageType", IMAGE, {"ImageType": ["DERIVED", "SECONDARY"]}),
    Breaking("DRRO-IMG-003", "DerivationDescription", IMAGE, {"DerivationDescription": ""}),
    Breaking("DRRO-IMG-004", "DerivationCodeSequence", IMAGE, {"DerivationCodeSequence": ABSENT}),
    Breaking("DRRO-IMG-004", "DerivationCodeSequence", IMAGE, {"DerivationCodeSequence": [PRINTED_DERIVATION]}),
    Breaking("DRRO-IMG-005", "SourceInstanceSequence", IMAGE, {"SourceInstanceSequence": ABSENT}),
    Breaking("DRRO-IMG-005", "SourceInstanceSequence", IMAGE, {"SourceInstanceSequence[1]/ReferencedSOPInstanceUID": ""}),
    Breaking("DRRO-IMG-006", "SourceInstanceSequence[1]/PurposeOfReferenceCodeSequence", IMAGE, {"SourceInstanceSequence[1]/PurposeOfReferenceCodeSequence": []}),
    Breaking("DRRO-IMG-006", "SourceInstanceSequence[1]/PurposeOfReferenceCodeSequence", IMAGE, {"SourceInstanceSequence": [usedDeformation(PRINTED_PURPOSE)]}),
    Breaking("DRRO-IMG-007", "ImagePositionPatient", IMAGE, study=lambda: shifted(ctSeries())),
    Breaking("DRRO-IMG-007", "ImageOrientationPatient", IMAGE, study=lambda: turned(ctSeries())),
    Breaking("DRRO-IMG-007", "PixelSpacing", IMAGE, {"PixelSpacing": ["2", "2.001"]}, study=ctSeries),
    Breaking("DRRO-IMG-007", "Rows", IMAGE, {"Rows": 6}, study=ctSeries),
    Breaking("DRRO-IMG-007", "FrameOfReferenceUID", IMAGE, {"FrameOfReferenceUID": SOURCE_FRAME}, study=lambda: [*ctSeries(), *sourceSeries(), deformation()]),
    Breaking("DRRO-IMG-008", "RescaleType", IMAGE, {"RescaleType": "US"}, study=sourceSeries),
    Breaking("DRRO-IMG-008", "SOPClassUID", IMAGE, study=lambda: sourceSeries(SOPClassUID=builders.mrSeries()[0].SOPClassUID)),
    Breaking("DRRO-IMG-009", "ContentTime", IMAGE, {"ContentTime": "235900"}, study=sourceSeries),
    Breaking("DRRO-IMG-009", "StudyDate", IMAGE, study=lambda: sourceSeries(StudyDate="20231231")),
    Breaking("DRRO-IMG-010", "SourceImageSequence", IMAGE, {"SourceImageSequence": []}),
    Breaking("DRRO-IMG-012", "SeriesInstanceUID", IMAGE, {"SeriesInstanceUID": sourceSeries()[0].SeriesInstanceUID}, study=sourceSeries),
    Breaking("DRRO-IMG-012", "SOPInstanceUID", IMAGE, {"SOPInstanceUID": sourceSeries()[2].SOPInstanceUID}),
    Breaking("DRRO-IMG-012", "SourceInstanceSequence", IMAGE, {"ReferencedSeriesSequence[2]/ReferencedInstanceSequence": references(ctSeries())}),
    Breaking("DRRO-IMG-013", "ImagePositionPatient", IMAGE, {"Rows": 5}, study=lambda: [*sourceSeries(PixelSpacing=["2", "2"]), correction()]),
    Breaking("DRRO-IMG-013", "FrameOfReferenceUID", IMAGE, {"FrameOfReferenceUID": SOURCE_FRAME}, study=lambda: [correction()]),
)
BROKEN_DOSE = (
    Breaking("DRRO-DOSE-001", "DoseType", DOSE, study=lambda: otherDose(DoseType="EFFECTIVE")),
    Breaking("DRRO-DOSE-001", "DoseType", DOSE, {"DoseType": ""}),
    Breaking("DRRO-DOSE-002", "SpatialTransformOfDose", DOSE, {"SpatialTransformOfDose": "RIGID"}),
    Breaking("DRRO-DOSE-003", USED_REGISTRATION, DOSE, {USED_REGISTRATION: references([builders.spatialRegistration()])}),
    Breaking("DRRO-DOSE-003", f"{USED_REGISTRATION}[1]", DOSE, {f"{USED_REGISTRATION}[1]/ReferencedSOPInstanceUID": ABSENT}),
    Breaking("DRRO-DOSE-003", f"{USED_REGISTRATION}[2]", DOSE, {USED_REGISTRATION: references([deformation(), sourceDose()])}),
    Breaking("DRRO-DOSE-004", "FrameOfReferenceUID", DOSE, {"FrameOfReferenceUID": SOURCE_FRAME}, study=lambda: [*sourceSeries(), deformation()]),
    Breaking("DRRO-DOSE-004", "FrameOfReferenceUID", DOSE, {"FrameOfReferenceUID": "2.25.6"}, study=ctSeries),
    Breaking("DRRO-DOSE-005", "ImageOrientationPatient", DOSE, study=lambda: turned(ctSeries())),
    Breaking("DRRO-DOSE-006", "DoseUnits", DOSE, {"DoseUnits": "RELATIVE"}),
    Breaking("DRRO-DOSE-006", "BitsStored", DOSE, {"BitsStored": 12}),
)
BROKEN_STRUCTURES = (
    Breaking("DRRO-RTSS-001", "ReferencedFrameOfReferenceSequence", SET, {f"{ROI}/ReferencedFrameOfReferenceUID": CT_FRAME}),
    Breaking("DRRO-RTSS-001", "ReferencedFrameOfReferenceSequence", SET, study=lambda: movedTo(sourceSeries(), "2.25.7")),
    Breaking("DRRO-RTSS-001", "ReferencedFrameOfReferenceSequence", SET, study=lambda: [deformation(**{ITEMS: [registeredItem(), sourceItem(**{FRAME: "2.25.8"})]})]),
    Breaking("DRRO-RTSS-002", "PredecessorStructureSetSequence", SET, {"PredecessorStructureSetSequence": ABSENT}),
    Breaking("DRRO-RTSS-002", "SourceInstanceSequence", SET, {"SourceInstanceSequence": []}),
    Breaking("DRRO-RTSS-002", "SourceInstanceSequence[1]/PurposeOfReferenceCodeSequence", SET, {"SourceInstanceSequence": [usedDeformation(PRINTED_PURPOSE)]}),
    Breaking("DRRO-RTSS-003", f"{ROI}/ROIGenerationAlgorithm", SET, {f"{ROI}/ROIGenerationAlgorithm": ""}),
    Breaking("DRRO-RTSS-003", "ROIContourSequence[1]/ContourSequence[1]/ContourGeometricType", SET, {"ROIContourSequence[1]/ContourSequence[1]/ContourGeometricType": "OPEN_PLANAR"}),
)
# fmt: on
BROKEN_DRRO = (*BROKEN_REGISTRATION, *BROKEN_IMAGE, *BROKEN_DOSE, *BROKEN_STRUCTURES)
