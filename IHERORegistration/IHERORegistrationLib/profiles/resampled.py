"""RO-11, Resampled/Combined CT Series Storage: one single CT series and its structure set.

Sources: RO TF-1 V2.2, IHE-RO BRTO test tool 1.2.3, BRTO-II test tool 1.0.1.
"""

from __future__ import annotations

from ..checks.attributes import every, presentAll, within
from ..checks.identity import asBaseImages, presentAndAsBaseImages
from ..checks.images import (
    axial,
    derivationSaid,
    equidistant,
    newSeries,
    sourcesOfOneStudy,
    squarePixels,
)
from ..checks.structures import oneSeries
from ..rules import Profile, Rule, Severity
from .objects import CT, STRUCTURES

ERR = Severity.ERROR

kept = every(
    presentAndAsBaseImages(
        "StudyInstanceUID", "StudyDate", "PatientName", "PatientID", "FrameOfReferenceUID"
    ),
    asBaseImages("PositionReferenceIndicator"),  # type 2: empty where it is empty
)
regular = every(
    within("ImageOrientationPatient", axial), within("PixelSpacing", squarePixels), equidistant
)
ownEquipment = presentAll("Manufacturer", "ManufacturerModelName")

# fmt: off
RULES = (
    #    code        objects     path                 check              producer consumer source
    Rule("RO11-001", CT,         "SeriesInstanceUID", newSeries,         ERR, None, "BRTO test tool, RO TF-1 A.2"),
    Rule("RO11-002", CT,         "",                  kept,              ERR, None, "BRTO-II test tool"),
    Rule("RO11-003", CT,         "",                  regular,           ERR, None, "BRTO test tool"),
    Rule("RO11-004", CT,         "",                  ownEquipment,      ERR, None, "BRTO-II test tool C.7.5.1"),
    Rule("RO11-005", STRUCTURES, "",                  oneSeries,         ERR, None, "RO TF-1 A.2, BRTO test tool"),
    Rule("RO11-006", CT,         "",                  derivationSaid,    ERR, None, "PS3.3 C.7.6.1.1.2, C.12.4"),
    Rule("RO11-007", CT,         "",                  sourcesOfOneStudy, ERR, None, "RO TF-1 A.2"),
)
# fmt: on

RO_11 = Profile("RO-11", "IHE-RO Resampled/Combined CT Series Storage", RULES)
