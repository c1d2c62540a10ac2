"""Deformable Registration in Radiation Oncology (DRRO): registrations, and images, doses and
structure sets that were made with one.

Source: IHE-RO supplement Deformable Registration, Rev 1.2.11. Where it contradicts itself or DICOM:
the derivation code is 125027 and the purpose 125028, as its closed issue 3 and PS3.16 have it, not
as its table prints them; a matrix after the vectors is absent or the identity, because R+ asks for
one and the note beside it for none; PET is DERIVED, SECONDARY, which DICOM forbids.
"""

from __future__ import annotations

from dataclasses import replace

from ..checks.attributes import (
    alsoRows,
    every,
    items,
    oneOf,
    present,
    within,
)
from ..checks.contours import inPlaneOfItsImage
from ..checks.deformableItems import (
    FRAME,
    GRID,
    ITEMS,
    METHOD,
    POST,
    PRE,
    hasTwoItems,
    isRegistered,
    isSource,
)
from ..checks.deformations import (
    deformableMethod,
    frameOfItsImages,
    frameOfObject,
    identityIfAny,
    identityMethod,
    isRigidOrDegenerate,
    namesRegisteredImages,
    noGrid,
    noMatrix,
    oneGrid,
    oneItemWithGrid,
    twoItems,
    wholeSeriesListed,
)
from ..checks.deformationUse import (
    DERIVATION,
    REGISTRATIONS,
    SOURCES,
    namesDeformation,
    purposeOfDeformation,
)
from ..checks.deformedImages import (
    deformedCode,
    derivedSecondary,
    isCorrection,
    isNoCorrection,
    latticeOfRegistered,
    latticeOfSource,
    namesSourceImages,
    ownInstance,
    thirdAxial,
)
from ..checks.deformedObjects import (
    axesOfRegistered,
    contoursOnSource,
    doseTypeOfSource,
    frameOfRegistered,
    oneOfIfThere,
    registrationsUsed,
    traceable,
)
from ..checks.grids import exactLength, nodes, position, resolution, unitAxes, wholeTriplets
from ..checks.identity import asInputImages, asSourceImages, presentAndAsBaseImages
from ..checks.images import newSeries
from ..checks.references import everyReferenceListedOnce, seriesOfItsOwn
from ..checks.registrations import MATRIX, ofDeclaredType
from ..imageClasses import SINGLE_FRAME_IMAGES as IMAGES
from ..rules import Profile, Rule, Severity
from . import brto
from .dicom import equipment
from .objects import CT, DOSE, DSRO, STRUCTURES

ERR, WARN, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO
PRES = f"{ITEMS}/{PRE}"
GRIDS = f"{ITEMS}/{GRID}"

gridGeometry = every(unitAxes, position, nodes, resolution)
samePerson = asInputImages("PatientName", "PatientID", "PatientBirthDate", "PatientSex")
ownSeries = every(
    presentAndAsBaseImages("StudyInstanceUID"), within("SeriesInstanceUID", seriesOfItsOwn)
)
values = asSourceImages("SOPClassUID", "Modality", "RescaleType", "Units")
dates = asSourceImages(
    *("StudyDate", "StudyTime", "SeriesDate", "SeriesTime"),
    *("AcquisitionDate", "AcquisitionTime", "ContentDate", "ContentTime"),
)
newIdentity = every(within("SeriesInstanceUID", newSeries), ownInstance)

# BRTO-II with images of every class, oblique ones too, contours that were carried, and the dose
# type of the source
WIDENED = {
    "BRTO-SS-002": brto.references(*IMAGES),
    "BRTO-SS-003": brto.regions("AUTOMATIC", "SEMIAUTOMATIC", "MANUAL", "RESAMPLED"),
    "BRTO-SS-005": brto.contours(inPlaneOfItsImage, *IMAGES),
}
doseRows = alsoRows(
    rule
    for rule in brto.RULES
    if rule.code.startswith("BRTO-DOSE-") and rule.code != "BRTO-DOSE-003"
)
structureRows = alsoRows(
    replace(rule, check=WIDENED.get(rule.code, rule.check))
    for rule in brto.RULES
    if rule.code.startswith("BRTO-SS-")
)

# fmt: off
RULES = (
    #    code            objects path                          check                  producer consumer source
    Rule("DRRO-FOR-001", DSRO, "FrameOfReferenceUID",          namesRegisteredImages, ERR,  ERR,  "DRRO 7.4.1.7.1"),
    Rule("DRRO-DSR-001", DSRO, "ContentLabel",                 present,               ERR,  INFO, "DRRO 7.4.15.1.1.2"),
    Rule("DRRO-DSR-002", DSRO, "ContentDescription",           present,               ERR,  INFO, "DRRO 7.4.15.1.1.2"),
    Rule("DRRO-DSR-003", DSRO, ITEMS,                          twoItems,              ERR,  WARN, "DRRO 7.4.15.1.1.2", grave=ERR),
    Rule("DRRO-DSR-004", DSRO, ITEMS,                          oneItemWithGrid,       ERR,  ERR,  "DRRO 7.4.15.1.1.2", when=hasTwoItems),
    Rule("DRRO-DSR-005", DSRO, f"{ITEMS}/{FRAME}",             frameOfObject,         ERR,  ERR,  "DRRO 7.4.15.1.1.2", when=isRegistered),
    Rule("DRRO-DSR-006", DSRO, f"{ITEMS}/{FRAME}",             frameOfItsImages,      ERR,  ERR,  "DRRO 7.4.15.1.1.2", when=isSource),
    Rule("DRRO-DSR-007", DSRO, f"{ITEMS}/ReferencedImageSequence", wholeSeriesListed, ERR,  WARN, "DRRO 7.4.15.1.1.2", grave=ERR, slight=INFO),
    Rule("DRRO-DSR-008", DSRO, f"{ITEMS}/{METHOD}",            identityMethod,        ERR,  WARN, "DRRO 7.4.15.1.1.2", when=isRegistered),
    Rule("DRRO-DSR-009", DSRO, f"{ITEMS}/{METHOD}",            deformableMethod,      ERR,  WARN, "DRRO 7.4.15.1.1.2", when=isSource),
    Rule("DRRO-DSR-010", DSRO, PRES,                           noMatrix,              ERR,  WARN, "DRRO 7.4.15.1.1.2", when=isRegistered, grave=ERR),
    Rule("DRRO-DSR-011", DSRO, PRES,                           items(0, 1),           ERR,  ERR,  "DRRO 7.4.15.1.1.2", when=isSource),
    Rule("DRRO-DSR-012", DSRO, f"{PRES}/{MATRIX}Type",         oneOf("RIGID"),        ERR,  WARN, "DRRO 7.4.15.1.1.2"),
    Rule("DRRO-DSR-013", DSRO, f"{PRES}/{MATRIX}",             ofDeclaredType,        ERR,  WARN, "PS3.3 C.20.2.1.2", when=isRigidOrDegenerate, grave=ERR),
    Rule("DRRO-DSR-014", DSRO, f"{ITEMS}/{POST}",              identityIfAny,         ERR,  WARN, "DRRO 7.4.15.1.1.2"),
    Rule("DRRO-DSR-015", DSRO, GRIDS,                          oneGrid,               ERR,  ERR,  "DRRO 7.4.15.1.1.2", when=isSource),
    Rule("DRRO-DSR-016", DSRO, GRIDS,                          noGrid,                ERR,  ERR,  "DRRO 7.4.15.1.1.2", when=isRegistered),
    Rule("DRRO-DSR-017", DSRO, f"{GRIDS}/GridDimensions",      gridGeometry,          ERR,  ERR,  "DRRO 7.4.15.1.1.2, PS3.3 C.20.3.1"),
    Rule("DRRO-DSR-018", DSRO, f"{GRIDS}/VectorGridData",      exactLength,           ERR,  ERR,  "DRRO 7.4.15.1.1.2, PS3.3 C.20.3.1.3"),
    Rule("DRRO-DSR-020", DSRO, GRIDS,                          wholeTriplets,         ERR,  WARN, "PS3.3 C.20.3.1.3"),
    Rule("DRRO-DSR-021", DSRO, "",                             equipment,             ERR,  INFO, "DRRO 7.3.11.1.3"),
    Rule("DRRO-DSR-022", DSRO, "",                             everyReferenceListedOnce, ERR, WARN, "DRRO 7.3.11.1.3, PS3.3 C.12.2"),
    Rule("DRRO-DSR-025", DSRO, "",                             ownSeries,             WARN, None, "DRRO 7.4.1.1"),
    Rule("DRRO-DSR-026", DSRO, "",                             samePerson,            ERR,  ERR,  "DRRO 7.4.1.1, PS3.3 C.7.1.1"),

    # Deformed images
    Rule("DRRO-IMG-001", IMAGES, "ImageType",                  derivedSecondary,      ERR,  WARN, "DRRO 7.4.1.8.3"),
    Rule("DRRO-IMG-002", CT,     "ImageType",                  thirdAxial,            ERR,  INFO, "PS3.3 C.8.2.1.1.1"),
    Rule("DRRO-IMG-003", IMAGES, "DerivationDescription",      present,               ERR,  INFO, "DRRO 7.4.1.9.1"),
    Rule("DRRO-IMG-004", IMAGES, DERIVATION,                   deformedCode,          ERR,  WARN, "DRRO 7.4.1.9.1, PS3.16 CID 7203"),
    Rule("DRRO-IMG-005", IMAGES, SOURCES,                      namesDeformation,      ERR,  WARN, "DRRO 7.4.1.9.1"),
    Rule("DRRO-IMG-006", IMAGES, SOURCES,                      purposeOfDeformation,  ERR,  WARN, "DRRO 7.4.1.9.1, PS3.16 CID 7013"),
    Rule("DRRO-IMG-007", IMAGES, "",                           latticeOfRegistered,   ERR,  WARN, "DRRO 7.4.2.5.1", when=isNoCorrection),
    Rule("DRRO-IMG-008", IMAGES, "",                           values,                ERR,  None, "DRRO 7.4.2.5.1, 7.4.2.6.1"),
    Rule("DRRO-IMG-009", IMAGES, "",                           dates,                 ERR,  None, "DRRO 7.4.2.5.1, 7.4.2.6.1"),
    Rule("DRRO-IMG-010", IMAGES, "SourceImageSequence",        namesSourceImages,     ERR,  WARN, "DRRO 7.4.2.5.1"),
    Rule("DRRO-IMG-012", IMAGES, "",                           newIdentity,           ERR,  None, "PS3.3 C.7.6.1.1.2, C.12.2"),
    Rule("DRRO-IMG-013", IMAGES, "",                           latticeOfSource,       ERR,  None, "DRRO 7.4.2.6.1", when=isCorrection),

    # Deformed dose
    Rule("DRRO-DOSE-001", DOSE, "DoseType",                    doseTypeOfSource,      ERR,  WARN, "DRRO 7.4.13.3.2"),
    Rule("DRRO-DOSE-002", DOSE, "SpatialTransformOfDose",      oneOfIfThere("NON_RIGID"), ERR, WARN, "DRRO 7.4.13.3.2", slight=INFO),
    Rule("DRRO-DOSE-003", DOSE, REGISTRATIONS,                 registrationsUsed,     ERR,  WARN, "DRRO 7.4.13.3.2", slight=INFO),
    Rule("DRRO-DOSE-004", DOSE, "FrameOfReferenceUID",         frameOfRegistered,     ERR,  WARN, "DRRO 7.4.2.4.1"),
    Rule("DRRO-DOSE-005", DOSE, "ImageOrientationPatient",     axesOfRegistered,      ERR,  WARN, "DRRO 7.4.2.4.1"),
    Rule("DRRO-DOSE-006", DOSE, "",                            doseRows,              WARN, WARN, "DRRO 7.4.13.3.2, BRTO-II test tool C.8.8.3"),

    # Structure sets of the Contour Deformer
    Rule("DRRO-RTSS-001", STRUCTURES, "",                      contoursOnSource,      ERR,  ERR,  "DRRO 7.4.2.3.1"),
    Rule("DRRO-RTSS-002", STRUCTURES, "",                      traceable,             WARN, INFO, "DRRO closed issue 2"),
    Rule("DRRO-RTSS-003", STRUCTURES, "",                      structureRows,         WARN, WARN, "DRRO 7.4.2.3.1, BRTO-II test tool C.8.8.5"),
)
# fmt: on

DRRO = Profile("DRRO", "IHE-RO Deformable Registration, Rev 1.2.11", RULES)
