"""The regions of interest drawn on the patient, as one table."""

from __future__ import annotations

from dataclasses import dataclass

from .anatomy import (
    AIRWAYS,
    ARCHES,
    BALLS,
    BODY,
    BOLUS,
    CANAL,
    CTV,
    GTV,
    GULLET,
    HEART,
    KIDNEY_LEFT,
    KIDNEY_RIGHT,
    LANDMARKS,
    LETTER,
    LIVER_BODY,
    LUNG_LEFT,
    LUNG_RIGHT,
    PTV,
    PTV_RING,
    SPLEEN_BODY,
    STOMACH_INNER,
    STOMACH_OUTER,
    VERTEBRAE,
)
from .shapes import Shape, Union, Vector, Without
from .treatment import ISOCENTER, Isodose


@dataclass(frozen=True)
class Region:
    """A closed region; `keyhole` joins a hole to the outside by a channel of no width, otherwise
    the hole is a polygon of its own (PS3.3 C.8.8.6.3).
    """

    name: str
    interpretedType: str
    color: tuple[int, int, int]
    shape: Shape
    algorithm: str = "MANUAL"
    keyhole: bool = False


@dataclass(frozen=True)
class Mark:
    """A single point of interest at `point`, body coordinates in mm."""

    name: str
    interpretedType: str
    color: tuple[int, int, int]
    point: Vector


# fmt: off
REGIONS = (
    Region("Body",          "EXTERNAL",        (0, 190, 90),    BODY, "AUTOMATIC"),
    Region("Lung_R",        "ORGAN",           (90, 160, 255),
           Without(LUNG_RIGHT, (LIVER_BODY, GTV)), "SEMIAUTOMATIC"),  # the tumor is a hole
    Region("Lung_L",        "ORGAN",           (60, 110, 220),
           Without(LUNG_LEFT, (HEART, STOMACH_OUTER, SPLEEN_BODY)), "SEMIAUTOMATIC"),
    Region("Heart",         "ORGAN",           (255, 90, 130),  HEART),
    Region("Liver",         "ORGAN",           (200, 120, 50),  LIVER_BODY),
    Region("Kidneys",       "ORGAN",           (255, 200, 60),
           Union((KIDNEY_LEFT, KIDNEY_RIGHT))),                       # two islands
    Region("Stomach_Wall",  "ORGAN",           (190, 90, 220),
           Without(STOMACH_OUTER, (STOMACH_INNER,))),                 # a hole of its own
    Region("Stomach_Lumen", "CONTRAST_AGENT",  (150, 150, 230), STOMACH_INNER),
    Region("Esophagus",     "ORGAN",           (150, 90, 40),   GULLET),
    Region("SpinalCanal",   "ORGAN",           (255, 255, 60),  CANAL),
    Region("Spine",         "ORGAN",           (235, 225, 190),
           Without(Union((VERTEBRAE, ARCHES)), (CANAL,)), "AUTOMATIC"),  # islands and holes
    Region("Airway",        "CAVITY",          (120, 220, 220), AIRWAYS, "AUTOMATIC"),
    Region("GTV",           "GTV",             (255, 0, 0),     GTV),
    Region("CTV",           "CTV",             (255, 0, 220),   CTV),
    Region("PTV",           "PTV",             (0, 230, 255),   PTV),
    Region("PTV_Ring",      "AVOIDANCE",       (255, 150, 0),   PTV_RING, keyhole=True),
    Region("Treated_57Gy",  "TREATED_VOLUME",  (160, 255, 160), Isodose(57, 70), "AUTOMATIC"),
    Region("Irrad_30Gy",    "IRRAD_VOLUME",    (160, 200, 120), Isodose(30, 110), "AUTOMATIC"),
    Region("Bolus",         "BOLUS",           (0, 150, 160),   BOLUS),
    Region("Letter_F",      "MARKER",          (255, 255, 255), LETTER),
)
MARKS = (
    Mark("Isocenter", "ISOCENTER", (255, 255, 0), ISOCENTER),
    *(Mark(name, "MARKER" if name in BALLS else "REGISTRATION", (255, 128, 0), point)
      for name, point in LANDMARKS.items()),
)
# fmt: on
