"""DICOM itself: what Spatial Registration, Deformable Spatial Registration and Spatial Fiducials
objects must satisfy whatever profile is claimed.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..checks.attributes import codeString, every, forObjects, items, present, presentAll, within
from ..checks.deformableItems import FRAME, GRID, METHOD, POST, PRE
from ..checks.deformableItems import ITEMS as DEFORMABLE_ITEMS
from ..checks.deformations import (
    knownMatrixType,
    methodInItem,
    notEmpty,
    oneMatrixAtMost,
    someGrid,
)
from ..checks.fiducials import (
    fitsShortLength,
    frameOrImages,
    hasContourData,
    identifiersUnique,
    pointsOfItsShape,
)
from ..checks.grids import (
    coversImages,
    exactLength,
    nodes,
    plausible,
    resolution,
    unitAxes,
    wholeTriplets,
)
from ..checks.references import everyReferenceListedOnce, imagesOfItsFrame, noImages
from ..checks.registrations import (
    ITEMS,
    MATRIX,
    affineLastRow,
    hasMatrix,
    identityMatrix,
    matricesAndTypes,
    methodInItsPlace,
    namesRegisteredFrame,
    ofDeclaredType,
    someFrameOrImages,
)
from ..elements import quoted, textOf
from ..rules import Breach, Place, Profile, Rule, Severity
from .objects import DSRO, FID, SRO

ERR, WARN, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO
ALL = SRO + DSRO + FID
MATRICES = f"{ITEMS}/MatrixRegistrationSequence"
MATRIX_ITEMS = f"{MATRICES}/MatrixSequence"
SETS = "FiducialSetSequence"
FIDUCIALS = f"{SETS}/FiducialSequence"
GRIDS = f"{DEFORMABLE_ITEMS}/{GRID}"


def modalityOfItsClass(place: Place) -> Iterator[Breach]:
    """REG for registrations, FID for fiducials."""
    wanted = "FID" if textOf(place.dataset, "SOPClassUID") in FID else "REG"
    found = textOf(place.item, place.keyword)
    if found != wanted:
        yield Breach(f"expected {wanted}, found {quoted(found) if found else 'no value'}")


def classOfItsContent(place: Place) -> Iterator[Breach]:
    """What holds deformations is of their class."""
    found = textOf(place.dataset, "SOPClassUID")
    if DEFORMABLE_ITEMS in place.dataset and found not in ("", *DSRO):
        yield Breach(f"expected {DSRO[0]}, found {quoted(found)}", at="SOPClassUID")


identified = every(
    classOfItsContent,
    presentAll("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"),
    presentAll("Modality", "InstanceNumber", "ContentDate", "ContentTime", "ContentLabel"),
    forObjects(SRO + DSRO, presentAll("FrameOfReferenceUID", grave=True)),
)
equipment = presentAll(
    "Manufacturer", "ManufacturerModelName", "DeviceSerialNumber", "SoftwareVersions"
)

oneMatrixEach = every(within(PRE, oneMatrixAtMost), within(POST, oneMatrixAtMost))
knownTypes = every(within(PRE, knownMatrixType), within(POST, knownMatrixType))
nodesAndResolution = every(nodes, resolution)

# fmt: off
RULES = (
    #    code           objects path                       check                        producer consumer source
    Rule("DCM-REG-001", ALL,    "Modality",                modalityOfItsClass,          ERR,  WARN, "PS3.3 C.20.1, C.21.1"),
    Rule("DCM-REG-002", ALL,    "",                        identified,                  ERR,  WARN, "PS3.3 C.12.1, C.20, C.21", grave=ERR),
    Rule("DCM-REG-003", DSRO,   "",                        equipment,                   ERR,  INFO, "PS3.3 C.7.5.2"),
    Rule("DCM-REG-004", ALL,    "ContentLabel",            codeString,                  ERR,  INFO, "PS3.3 10.9, PS3.5 6.2"),
    Rule("DCM-REG-005", ALL,    "",                        everyReferenceListedOnce,    ERR,  WARN, "PS3.3 C.12.2"),
    Rule("DCM-REG-006", ALL,    "SourceInstanceSequence",  noImages,                    ERR,  INFO, "PS3.3 C.12.4"),

    # Spatial Registration Module
    Rule("DCM-SRO-001", SRO,    ITEMS,                     someFrameOrImages,           ERR,  ERR,  "PS3.3 C.20.2"),
    Rule("DCM-SRO-002", SRO,    MATRICES,                  items(1),                    ERR,  ERR,  "PS3.3 C.20.2"),
    Rule("DCM-SRO-003", SRO,    MATRIX_ITEMS,              matricesAndTypes,            ERR,  ERR,  "PS3.3 C.20.2"),
    Rule("DCM-SRO-004", SRO,    f"{MATRIX_ITEMS}/{MATRIX}", affineLastRow,              ERR,  ERR,  "PS3.3 C.20.2.1.1", when=hasMatrix),
    Rule("DCM-SRO-005", SRO,    f"{MATRIX_ITEMS}/{MATRIX}", ofDeclaredType,             ERR,  WARN, "PS3.3 C.20.2.1.2", when=hasMatrix, grave=ERR),
    Rule("DCM-SRO-006", SRO,    MATRICES,                  identityMatrix(exact=False), ERR,  ERR,  "PS3.3 C.20.2.1", when=namesRegisteredFrame),
    Rule("DCM-SRO-007", SRO,    f"{ITEMS}/ReferencedImageSequence", imagesOfItsFrame,   ERR,  ERR,  "PS3.3 C.20.2"),
    Rule("DCM-SRO-008", SRO,    MATRICES,                  methodInItsPlace,            ERR,  INFO, "PS3.3 C.20.2, PS3.16 CID 7100"),

    # Deformable Spatial Registration Module
    Rule("DCM-DSR-001", DSRO,   "",                        someGrid,                    ERR,  ERR,  "PS3.3 C.20.3"),
    Rule("DCM-DSR-002", DSRO,   f"{DEFORMABLE_ITEMS}/{FRAME}", present,                 ERR,  ERR,  "PS3.3 C.20.3"),
    Rule("DCM-DSR-003", DSRO,   f"{DEFORMABLE_ITEMS}/ReferencedImageSequence", notEmpty, ERR, WARN, "PS3.3 C.20.3"),
    Rule("DCM-DSR-004", DSRO,   f"{DEFORMABLE_ITEMS}/{PRE}", oneMatrixEach,             ERR,  ERR,  "PS3.3 C.20.3, C.20.2.1.1"),
    Rule("DCM-DSR-005", DSRO,   f"{GRIDS}/ImageOrientationPatient", unitAxes,           ERR,  ERR,  "PS3.3 C.20.3.1.2"),
    Rule("DCM-DSR-006", DSRO,   f"{GRIDS}/GridDimensions", nodesAndResolution,          ERR,  ERR,  "PS3.3 C.20.3, C.20.3.1.3"),
    Rule("DCM-DSR-007", DSRO,   f"{GRIDS}/VectorGridData", exactLength,                 ERR,  ERR,  "PS3.3 C.20.3.1.3"),
    Rule("DCM-DSR-008", DSRO,   GRIDS,                     wholeTriplets,               ERR,  WARN, "PS3.3 C.20.3.1.3"),
    Rule("DCM-DSR-009", DSRO,   GRIDS,                     coversImages,                WARN, WARN, "PS3.3 C.20.3"),
    Rule("DCM-DSR-010", DSRO,   GRIDS,                     plausible,                   WARN, WARN, "PS3.3 C.20.3.1.1"),
    Rule("DCM-DSR-011", DSRO,   f"{DEFORMABLE_ITEMS}/{METHOD}", methodInItem,           ERR,  INFO, "PS3.3 C.20.3, PS3.16 CID 7100"),
    Rule("DCM-DSR-012", DSRO,   f"{DEFORMABLE_ITEMS}/{PRE}", knownTypes,                ERR,  WARN, "PS3.3 C.20.2.1.2"),

    # Spatial Fiducials Module
    Rule("DCM-FID-001", FID,    SETS,                      frameOrImages,               ERR,  WARN, "PS3.3 C.21.2"),
    Rule("DCM-FID-002", FID,    f"{FIDUCIALS}/ContourData", pointsOfItsShape,           ERR,  ERR,  "PS3.3 C.21.2.1.2", when=hasContourData),
    Rule("DCM-FID-003", FID,    FIDUCIALS,                 identifiersUnique,           ERR,  WARN, "PS3.3 C.21.2, C.20.2"),
    Rule("DCM-FID-004", FID,    f"{FIDUCIALS}/ContourData", fitsShortLength,            ERR,  None, "PS3.5 7.1.2"),
)
# fmt: on

DICOM = Profile("DICOM", "DICOM PS3.3 2020", RULES)
