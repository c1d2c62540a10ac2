"""Basic Radiation Therapy Objects, second edition (BRTO-II): structure sets, doses, CT images.

Source: module tables of the IHE-RO BRTO-II test tool 1.0.1.
"""

from __future__ import annotations

from ..checks.attributes import (
    absentAll,
    byProducer,
    every,
    exists,
    forObjects,
    has,
    isDerivedImage,
    isOriginalImage,
    latinOrNothing,
    oneOf,
    present,
    presentAll,
    unique,
    within,
)
from ..checks.contours import (
    CONTOURS,
    attachmentsComplete,
    countOfPoints,
    equalZ,
    oneImage,
    shortEnough,
    zeroIfPresent,
)
from ..checks.doses import (
    decodablePixels,
    frameOfSomeImages,
    isMultiFrame,
    namesNoPlan,
    planWithReference,
    relativeOffsets,
)
from ..checks.identity import asBaseImages, asObjectsOfItsStudy, presentAndAsBaseImages
from ..checks.images import axial, squarePixels
from ..checks.structures import (
    FRAMES,
    ROIS,
    SERIES,
    STUDIES,
    electronDensityOnly,
    everyROIObserved,
    imagesContoured,
    isDrawnFirst,
    observationsFit,
    oneFrame,
    oneWithValue,
    someIsocenter,
)
from ..rules import Check, Profile, Rule, Severity
from .objects import CT, DOSE, STRUCTURES

ERR, WARN, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO
ALL = STRUCTURES + DOSE + CT
OBSERVATIONS = "RTROIObservationsSequence"

samePerson = every(
    byProducer(presentAll("PatientName", "PatientID")),
    asObjectsOfItsStudy("PatientName", "PatientID", grave=True),
    asObjectsOfItsStudy("PatientBirthDate", "PatientSex"),
)
sameStudy = presentAndAsBaseImages("StudyInstanceUID", "StudyDate", "StudyTime", "StudyID")
sameFrame = every(
    forObjects(STRUCTURES, oneFrame),
    forObjects(DOSE, within("FrameOfReferenceUID", frameOfSomeImages)),
    forObjects(CT, presentAll("FrameOfReferenceUID")),
)


def references(*images: str) -> Check:
    """One frame, study and series, with every image of it, of the classes `images`."""
    return every(
        within(FRAMES, oneWithValue("FrameOfReferenceUID", "FrameOfReferenceUID")),
        within(STUDIES, oneWithValue("ReferencedSOPInstanceUID", "StudyInstanceUID")),
        within(SERIES, oneWithValue("SeriesInstanceUID", "SeriesInstanceUID")),
        within(f"{SERIES}/ContourImageSequence", imagesContoured(*images)),
    )


def regions(*algorithms: str) -> Check:
    """Numbers and names are unique, and the algorithm is one of these."""
    return every(
        within(ROIS, unique("ROINumber", "ROIName")),
        within(f"{ROIS}/ROIGenerationAlgorithm", oneOf(*algorithms)),
    )


def contours(inPlane: Check, *images: str) -> Check:
    """Each lies on one image, of the classes `images`, and satisfies `inPlane`."""
    return every(
        oneImage(*images),
        within(f"{CONTOURS}/ContourGeometricType", oneOf("POINT", "CLOSED_PLANAR")),
        inPlane,
        within(f"{CONTOURS}/NumberOfContourPoints", countOfPoints),
        within(f"{CONTOURS}/ContourData", shortEnough),
        within(f"{CONTOURS}/ContourOffsetVector", zeroIfPresent),
    )


referencesToCT = references(*CT)
regionsDrawn = regions("AUTOMATIC", "SEMIAUTOMATIC", "MANUAL")
contoursOnCT = contours(equalZ, *CT)
observations = every(everyROIObserved, observationsFit)
properties = f"{OBSERVATIONS}/ROIPhysicalPropertiesSequence"

# fmt: off
RULES = (
    #    code             objects     path                      check                        producer consumer source
    Rule("BRTO-PAT-001",  ALL,        "",                       samePerson,                  ERR,  WARN, "BRTO-II test tool C.7.1.1", grave=ERR),
    Rule("BRTO-STU-001",  ALL,        "",                       sameStudy,                   ERR,  INFO, "BRTO-II test tool C.7.2.1"),
    Rule("BRTO-EQ-001",   ALL,        "Manufacturer",           present,                     ERR,  INFO, "BRTO-II test tool C.7.5.1"),
    Rule("BRTO-EQ-002",   CT,         "ManufacturerModelName",  present,                     ERR,  INFO, "BRTO-II test tool C.7.5.1", when=isDerivedImage),
    Rule("BRTO-FOR-001",  ALL,        "",                       sameFrame,                   ERR,  WARN, "BRTO-II test tool C.7.4.1"),
    Rule("BRTO-FOR-002",  ALL,        "",                       asBaseImages("PositionReferenceIndicator"), ERR, None, "BRTO-II test tool C.7.4.1", when=has("FrameOfReferenceUID")),
    Rule("BRTO-IMG-001",  CT,         "",                       presentAll("AcquisitionDate", "AcquisitionTime"), WARN, None, "BRTO-II test tool C.7.6.1", when=isOriginalImage),
    Rule("BRTO-PLANE-001", CT + DOSE, "ImageOrientationPatient", axial,                      ERR,  WARN, "BRTO-II test tool C.7.6.2"),
    Rule("BRTO-PLANE-002", CT,        "PixelSpacing",           squarePixels,                WARN, None, "BRTO-II test tool C.7.6.2"),
    Rule("BRTO-SOP-001",  ALL,        "SpecificCharacterSet",   latinOrNothing,              WARN, INFO, "BRTO-II test tool C.12.1"),

    # Structure set
    Rule("BRTO-SS-001",   STRUCTURES, "",                       presentAll("StructureSetLabel", "StructureSetDate", "StructureSetTime"), ERR, INFO, "BRTO-II test tool C.8.8.5"),
    Rule("BRTO-SS-002",   STRUCTURES, "",                       referencesToCT,              ERR,  WARN, "BRTO-II test tool C.8.8.5"),
    Rule("BRTO-SS-003",   STRUCTURES, "",                       regionsDrawn,                ERR,  INFO, "BRTO-II test tool C.8.8.5"),
    Rule("BRTO-SS-005",   STRUCTURES, "",                       contoursOnCT,                ERR,  WARN, "BRTO-II test tool C.8.8.6"),
    Rule("BRTO-SS-006",   STRUCTURES, "",                       attachmentsComplete,         None, INFO, "BRTO-II test tool C.8.8.6"),
    Rule("BRTO-SS-007",   STRUCTURES, OBSERVATIONS,             observations,                ERR,  INFO, "BRTO-II test tool C.8.8.8"),
    Rule("BRTO-SS-008",   STRUCTURES, properties,               electronDensityOnly,         WARN, WARN, "BRTO-II test tool C.8.8.8"),
    Rule("BRTO-SS-009",   STRUCTURES, OBSERVATIONS,             someIsocenter,               INFO, None, "BRTO-II test tool C.8.8.8", when=isDrawnFirst),

    # Dose
    Rule("BRTO-DOSE-001", DOSE,       "",                       decodablePixels,             ERR,  None, "BRTO-II test tool C.8.8.3", grave=ERR),
    Rule("BRTO-DOSE-002", DOSE,       "DoseUnits",              oneOf("GY"),                 ERR,  WARN, "BRTO-II test tool C.8.8.3"),
    Rule("BRTO-DOSE-003", DOSE,       "DoseType",               oneOf("PHYSICAL"),           WARN, WARN, "BRTO-II test tool C.8.8.3"),
    Rule("BRTO-DOSE-004", DOSE,       "DoseSummationType",      planWithReference,           WARN, WARN, "BRTO-II test tool C.8.8.3"),
    Rule("BRTO-DOSE-005", DOSE,       "DoseComment",            present,                     ERR,  INFO, "BRTO-II test tool C.8.8.3", when=namesNoPlan),
    Rule("BRTO-DOSE-006", DOSE,       "GridFrameOffsetVector",  relativeOffsets,             ERR,  WARN, "BRTO-II test tool C.8.8.3", when=isMultiFrame),
    Rule("BRTO-DOSE-007", DOSE,       "TissueHeterogeneityCorrection", exists,               WARN, INFO, "BRTO-II test tool C.8.8.3"),
    Rule("BRTO-DOSE-008", DOSE,       "",                       absentAll("DVHSequence", "RTDoseROISequence", "StructureSetROISequence", "ROIContourSequence"), ERR, INFO, "BRTO-II test tool C.8.8.3, C.8.8.4"),
)
# fmt: on

BRTO_II = Profile("BRTO-II", "IHE-RO Basic Radiation Therapy Objects II", RULES)
