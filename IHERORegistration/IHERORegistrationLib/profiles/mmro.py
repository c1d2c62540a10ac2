"""Multimodality Registration for Radiation Oncology: MMRO, MMRO-II and MMRO-III.

One table with the codes of the requirements catalogue. The newest edition is written out; the
others are made from it. Sources: rule sheets of the IHE-RO MMRO-III test tool 1.0.2, RO TF-1 V2.2,
Deformable Registration (DRRO) supplement 1.2.11.
"""

from __future__ import annotations

from ..checks.attributes import (
    every,
    isDerivedImage,
    items,
    latinOrNothing,
    oneOf,
    present,
    presentAll,
    unique,
)
from ..checks.contours import (
    CONTOURS,
    countOfPoints,
    inPlaneOfItsImage,
    oneImage,
    zeroIfPresent,
)
from ..checks.identity import (
    asBaseImages,
    asInputImages,
    frameOfBaseImages,
    presentAndAsBaseImages,
)
from ..checks.images import isResampled, planeOfBase, squarePixels
from ..checks.references import (
    imagesListed,
    sameRegisteredFrame,
    seriesOfItsOwn,
    someReferenceListed,
    uidOfItsOwn,
)
from ..checks.registrations import (
    ITEMS,
    MATRIX,
    identityCode,
    identityMatrix,
    isDeclaredRigid,
    isMovingItem,
    isRegisteredItem,
    methodRecorded,
    ofDeclaredType,
    otherFrames,
    registeredItemFirst,
    sixteenValuesAndLastRow,
)
from ..checks.structures import (
    FRAMES,
    ROIS,
    SERIES,
    STUDIES,
    frameOfItsSet,
    imagesContoured,
    observationsFit,
    oneSeries,
    oneWithValue,
)
from ..imageClasses import SINGLE_FRAME_IMAGES as IMAGES
from ..rules import Profile, Rule, Severity, without
from .objects import CT, MR, SRO, STRUCTURES

ERR, WARN, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO
MADE = SRO + STRUCTURES
MATRICES = f"{ITEMS}/MatrixRegistrationSequence"
MATRIX_ITEMS = f"{MATRICES}/MatrixSequence"

# fmt: off
samePerson = every(presentAll("PatientName", "PatientID"), asInputImages("PatientName", "PatientID", grave=True))
sameStudy = presentAndAsBaseImages("StudyInstanceUID")
sameStudyData = presentAndAsBaseImages("StudyDate", "StudyTime", "StudyID")
sameStudyText = asBaseImages("ReferringPhysicianName", "AccessionNumber", "StudyDescription")
positions = oneOf("HFS", "FFS", "HFP", "FFP")
algorithms = oneOf("AUTOMATIC", "SEMIAUTOMATIC", "MANUAL", "RESAMPLED")
oneFrame = oneWithValue("FrameOfReferenceUID", "FrameOfReferenceUID")
oneStudy = oneWithValue("ReferencedSOPInstanceUID", "StudyInstanceUID")
oneListedSeries = oneWithValue("SeriesInstanceUID", "SeriesInstanceUID")

MMRO_III_RULES = (
    #    code            objects path                             check                       producer consumer source
    Rule("MMRO-SRO-001", SRO, "Modality",                         oneOf("REG"),               ERR,  WARN, "MMRO-III test tool C.20.1"),
    Rule("MMRO-SRO-002", SRO, ITEMS,                              items(2),                   ERR,  WARN, "MMRO-III test tool C.20.2"),
    Rule("MMRO-SRO-003", SRO, ITEMS,                              registeredItemFirst,        ERR,  WARN, "MMRO-III test tool C.20.2, RO TF-1 5.6.2", grave=ERR),
    Rule("MMRO-SRO-004", SRO, MATRICES,                           identityMatrix(exact=True), ERR,  ERR,  "MMRO-III test tool C.20.2", when=isRegisteredItem),
    Rule("MMRO-SRO-005", SRO, ITEMS,                              otherFrames,                ERR,  ERR,  "MMRO-III test tool C.20.2"),
    Rule("MMRO-SRO-006", SRO, f"{ITEMS}/ReferencedImageSequence", imagesListed(),             ERR,  WARN, "MMRO-III test tool C.20.2", grave=ERR),
    Rule("MMRO-SRO-007", SRO, MATRICES,                           items(1),                   ERR,  ERR,  "MMRO-III test tool C.20.2"),
    Rule("MMRO-SRO-008", SRO, MATRIX_ITEMS,                       items(1),                   ERR,  WARN, "MMRO-III test tool C.20.2"),
    Rule("MMRO-SRO-009", SRO, f"{MATRIX_ITEMS}/{MATRIX}",         sixteenValuesAndLastRow,    ERR,  ERR,  "MMRO-III test tool C.20.2"),
    Rule("MMRO-SRO-010", SRO, f"{MATRIX_ITEMS}/{MATRIX}Type",     oneOf("RIGID"),             ERR,  WARN, "MMRO-III test tool C.20.2"),
    Rule("MMRO-SRO-011", SRO, f"{MATRIX_ITEMS}/{MATRIX}",         ofDeclaredType,             ERR,  WARN, "PS3.3 C.20.2.1.2", when=isDeclaredRigid, grave=ERR),
    Rule("MMRO-SRO-013", SRO, "FrameOfReferenceUID",              sameRegisteredFrame,        ERR,  WARN, "RO TF-1 5.5.1, 5.6.2"),
    Rule("MMRO-SRO-014", SRO, MATRICES,                           identityCode,               ERR,  INFO, "DRRO supplement, closed issue 5", when=isRegisteredItem),
    Rule("MMRO-SRO-015", SRO, MATRICES,                           methodRecorded,             WARN, INFO, "RO TF-1 5.6.2", when=isMovingItem),
    Rule("MMRO-SRO-016", SRO, "",                                 someReferenceListed,        ERR,  WARN, "PS3.3 C.12.2"),

    # Patient, study, series, frame of reference, equipment, SOP common
    Rule("MMRO-SER-001", MADE, "SeriesInstanceUID",               seriesOfItsOwn,             ERR,  INFO, "MMRO-III test tool C.7.3.1"),
    Rule("MMRO-PAT-001", MADE, "",                                samePerson,                 ERR,  None, "MMRO-III test tool C.7.1.1", grave=ERR),
    Rule("MMRO-PAT-002", MADE, "",                                asInputImages("PatientBirthDate", "PatientSex"), ERR, WARN, "MMRO-III test tool C.7.1.1"),
    Rule("MMRO-STU-001", MADE, "",                                sameStudy,                  ERR,  INFO, "MMRO-III test tool C.7.2.1"),
    Rule("MMRO-STU-002", MADE, "",                                sameStudyData,              ERR,  INFO, "MMRO-III test tool C.7.2.1"),
    Rule("MMRO-STU-003", MADE, "",                                sameStudyText,              ERR,  INFO, "MMRO-III test tool C.7.2.1"),
    Rule("MMRO-FOR-001", SRO, "FrameOfReferenceUID",              frameOfBaseImages,          ERR,  ERR,  "MMRO-III test tool C.7.4.1"),
    Rule("MMRO-FOR-002", SRO, "",                                 asBaseImages("PositionReferenceIndicator"), WARN, None, "MMRO-III test tool C.7.4.1"),
    Rule("MMRO-EQ-001",  MADE + IMAGES, "Manufacturer",           present,                    ERR,  INFO, "MMRO-III test tool C.7.5.1"),
    Rule("MMRO-EQ-002",  IMAGES, "ManufacturerModelName",         present,                    ERR,  INFO, "MMRO-III test tool C.7.5.1", when=isDerivedImage),
    Rule("MMRO-SOP-001", MADE + IMAGES, "SpecificCharacterSet",   latinOrNothing,             WARN, INFO, "MMRO-III test tool C.12.1"),
    Rule("MMRO-SOP-002", MADE, "SOPInstanceUID",                  uidOfItsOwn,                ERR,  None, "MMRO-III test tool C.12.1"),

    # Images
    Rule("MMRO-SER-002", CT + MR, "PatientPosition",              positions,                  ERR,  WARN, "MMRO-III test tool C.7.3.1"),
    Rule("MMRO-IMG-002", CT,      "PixelSpacing",                 squarePixels,               WARN, None, "MMRO-III test tool C.7.6.2"),
    Rule("MMRO-IMG-003", IMAGES,  "",                             planeOfBase,                ERR,  None, "RO TF-1 5.6.3", when=isResampled),

    # Registered structure set
    Rule("MMRO-SS-001",  STRUCTURES, "",                          presentAll("StructureSetLabel", "StructureSetDate", "StructureSetTime"), ERR, INFO, "MMRO-III test tool C.8.8.5"),
    Rule("MMRO-SS-002",  STRUCTURES, FRAMES,                      oneFrame,                   ERR,  ERR,  "MMRO-III test tool C.8.8.5"),
    Rule("MMRO-SS-003",  STRUCTURES, STUDIES,                     oneStudy,                   ERR,  WARN, "MMRO-III test tool C.8.8.5"),
    Rule("MMRO-SS-004",  STRUCTURES, SERIES,                      oneListedSeries,            ERR,  WARN, "MMRO-III test tool C.8.8.5"),
    Rule("MMRO-SS-005",  STRUCTURES, f"{SERIES}/ContourImageSequence", imagesContoured(*IMAGES), ERR, WARN, "MMRO-III test tool C.8.8.5"),
    Rule("MMRO-SS-006",  STRUCTURES, ROIS,                        unique("ROINumber", "ROIName"), ERR, WARN, "MMRO-III test tool C.8.8.5"),
    Rule("MMRO-SS-007",  STRUCTURES, f"{ROIS}/ReferencedFrameOfReferenceUID", frameOfItsSet,  ERR,  ERR,  "MMRO-III test tool C.8.8.5"),
    Rule("MMRO-SS-008",  STRUCTURES, f"{ROIS}/ROIGenerationAlgorithm", algorithms,            ERR,  INFO, "MMRO-III test tool C.8.8.5"),
    Rule("MMRO-SS-009",  STRUCTURES, "",                          oneImage(*IMAGES),          ERR,  WARN, "MMRO-III test tool C.8.8.6"),
    Rule("MMRO-SS-010",  STRUCTURES, f"{CONTOURS}/ContourGeometricType", oneOf("POINT", "CLOSED_PLANAR"), ERR, WARN, "MMRO-III test tool C.8.8.6"),
    Rule("MMRO-SS-011",  STRUCTURES, "",                          inPlaneOfItsImage,          ERR,  WARN, "MMRO-III test tool C.8.8.6"),
    Rule("MMRO-SS-012",  STRUCTURES, f"{CONTOURS}/NumberOfContourPoints", countOfPoints,      ERR,  ERR,  "MMRO-III test tool C.8.8.6"),
    Rule("MMRO-SS-013",  STRUCTURES, f"{CONTOURS}/ContourOffsetVector", zeroIfPresent,        ERR,  WARN, "MMRO-III test tool C.8.8.6"),
    Rule("MMRO-SS-014",  STRUCTURES, "RTROIObservationsSequence", observationsFit,            ERR,  INFO, "MMRO-III test tool C.8.8.8"),
    Rule("MMRO-SS-015",  STRUCTURES, "",                          oneSeries,                  ERR,  WARN, "RO TF-1 5.5.2"),
)

# MMRO-II: the base images are CT; MMRO: the SRO lists no images.
CT_BASE = Rule("MMRO-SRO-006", SRO, f"{ITEMS}/ReferencedImageSequence", imagesListed(baseModality="CT"), ERR, WARN, "MMRO-II test tool C.20.2, IHE wiki MMRO-II", grave=ERR)
# fmt: on

MMRO_II_RULES = tuple(CT_BASE if one.code == CT_BASE.code else one for one in MMRO_III_RULES)
MMRO_RULES = without(MMRO_III_RULES, "MMRO-SRO-006")

MMRO = Profile("MMRO", "IHE-RO Multimodality Registration, TF-1 V2.2 (2009)", MMRO_RULES)
MMRO_II = Profile("MMRO-II", "IHE-RO Multimodality Registration II", MMRO_II_RULES)
MMRO_III = Profile("MMRO-III", "IHE-RO Multimodality Registration III, 1.12 (2019)", MMRO_III_RULES)
