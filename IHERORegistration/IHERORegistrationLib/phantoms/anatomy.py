"""The patient: what lies where, and how CT, MR and PET see it.

Body coordinates: millimeters, x to the patient's left, y to the back, z to the head; the origin
lies in the middle of the trunk. Nothing in the patient is symmetric, so that no wrong direction
or mirrored axis can hide.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from .shapes import (
    Block,
    Column,
    Common,
    Ellipsoid,
    Grown,
    Repeated,
    RibCage,
    Shape,
    Torso,
    Tube,
    Union,
    Vector,
    Without,
)
from .vessels import lungVessels


class Modality(StrEnum):
    """What the images are made by; the values are those of Modality (0008,0060)."""

    CT = "CT"
    MR = "MR"
    PET = "PT"


@dataclass(frozen=True)
class Tissue:
    """What each modality shows: HU, MR signal in arbitrary units, activity in Bq/ml."""

    ct: float
    mr: float
    pet: float

    def value(self, modality: Modality) -> float:
        """The value in an image of `modality`."""
        return {Modality.CT: self.ct, Modality.MR: self.mr, Modality.PET: self.pet}[modality]


@dataclass(frozen=True)
class Layer:
    """`tissue` fills `shape`, over whatever was there."""

    shape: Shape
    tissue: Tissue


# fmt: off
#                         HU     MR    Bq/ml
AIR           = Tissue(-1000,     0,      0)
SKIN          = Tissue(   10,   420,    900)
FAT           = Tissue(  -98,   780,    350)
MUSCLE        = Tissue(   55,   300,   1300)
MEDIASTINUM   = Tissue(   20,   380,   1200)
LUNG          = Tissue( -800,    45,    500)
LUNG_VESSEL   = Tissue(   20,   120,    900)
AIRWAY        = Tissue( -980,    10,    200)
MYOCARDIUM    = Tissue(   95,   350,   9500)
BLOOD         = Tissue(  185,   140,   2100)
LIVER         = Tissue(  108,   450,   4300)
LIVER_VESSEL  = Tissue(  160,   230,   3300)
SPLEEN        = Tissue(  128,   270,   3300)
STOMACH_WALL  = Tissue(   70,   360,   2600)
STOMACH_CONTENT = Tissue(240,   130,    500)
KIDNEY        = Tissue(  170,   330,   7000)
RENAL_PELVIS  = Tissue(   25,   120,  12000)
BOWEL         = Tissue(   35,   310,   1900)
ESOPHAGUS     = Tissue(   40,   330,   2000)
BONE          = Tissue(  640,    60,   1500)
MARROW        = Tissue(  210,   560,   2700)
DISC          = Tissue(  110,   240,   1100)
SPINAL_FLUID  = Tissue(   12,   110,    600)
SPINAL_CORD   = Tissue(   42,   380,   2200)
TUMOR         = Tissue(   48,   620,  26000)
BOLUS_GEL     = Tissue(   -5,   200,      0)
MARKER        = Tissue( 1300,   900,  15000)

BODY          = Torso(260)
LUNG_RIGHT    = Ellipsoid((-75, 5, 42), (60, 77, 100))
LUNG_LEFT     = Ellipsoid((78, 9, 46), (56, 73, 96))
HEART         = Ellipsoid((30, -32, 8), (52, 40, 54), -25)
LEFT_CHAMBER  = Ellipsoid((47, -28, -2), (21, 19, 36), -25)
RIGHT_CHAMBER = Ellipsoid((8, -48, 2), (22, 14, 34), -25)
LIVER_BODY    = Union((Ellipsoid((-66, 0, -88), (82, 76, 66)),
                       Ellipsoid((5, -36, -78), (62, 38, 34), 12)))
SPLEEN_BODY   = Ellipsoid((112, 50, -72), (28, 38, 46), -20)
STOMACH_OUTER = Ellipsoid((68, -32, -78), (44, 37, 50), 20)
STOMACH_INNER = Ellipsoid((68, -32, -78), (37, 30, 43), 20)
KIDNEY_LEFT   = Ellipsoid((60, 56, -118), (26, 23, 46), 25)
KIDNEY_RIGHT  = Ellipsoid((-60, 58, -134), (27, 24, 44), -25)
VERTEBRAE     = Repeated(Column((0, 66, 0), (23, 17), 12), 29, (-9, 9))
DISCS         = Column((0, 66, 0), (21, 15.5), 260)
ARCHES        = Repeated(Union((Column((0, 95, 2), (18, 16), 9),
                                Tube(((-34, 97, 2), (34, 97, 2)), (5, 5)),
                                Tube(((0, 108, 4), (0, 121, -7)), (5, 3.5)))), 29, (-9, 9))
CANAL         = Tube(((0, 94, -260), (0, 94, 260)), (9.5, 9.5))
CORD          = Tube(((0, 94, -95), (0, 94, 260)), (5, 6))
RIBS          = RibCage((0, 15), (147, 93), 5.5, 26, -18, 8, 0.33)
STERNUM       = Block((0, -84, 52), (17, 5, 62))
AIRWAYS       = Union((Tube(((0, 24, 260), (0, 20, 74)), (9.5, 9)),
                       Tube(((0, 20, 74), (-30, 18, 44)), (7.5, 6)),
                       Tube(((0, 20, 74), (36, 22, 50)), (7, 5.5))))
GULLET        = Tube(((5, 38, 260), (4, 38, 20), (28, 8, -40)), (6.5, 6.5))
GTV           = Union((Ellipsoid((-84, -4, 54), (17, 14, 19)),
                       Ellipsoid((-70, -14, 63), (10, 11, 10))))
CTV           = Ellipsoid((-80, -7, 57), (26, 23, 26))
PTV           = Ellipsoid((-80, -7, 57), (32, 29, 33))
PTV_RING      = Without(Ellipsoid((-80, -7, 57), (44, 41, 43)), (PTV,))
BOLUS         = Common(Without(Grown(BODY, 9), (BODY,)), Ellipsoid((-95, -62, 58), (44, 62, 40)))
# A letter F on the chest: seen from the front it reads as an F, its foot toward the feet
LETTER        = Union((Block((-16, -115, 60), (5, 4, 42)),
                       Block((6, -115, 97), (27, 4, 5)),
                       Block((0, -115, 64), (20, 4, 5))))

LANDMARKS: dict[str, Vector] = {
    "CARINA":      (0, 20, 74),
    "TUMOR":       (-84, -4, 54),
    "LIVER_DOME":  (-66, 0, -22),
    "LEFT_KIDNEY": (60, 56, -72),
    "BALL_RIGHT":  (-171.5, 15, 4),
    "BALL_LEFT":   (170.5, 21, -22),
    "BALL_FRONT":  (36, -105, 14),
    "BALL_BACK":   (-64, 132, 81),
}
BALLS = tuple(name for name in LANDMARKS if name.startswith("BALL"))  # on the skin
# fmt: on

_BOWEL = (
    Tube(((-96, 10, -152), (-60, -50, -158), (20, -66, -150), (88, -40, -140)), (15, 14)),
    Tube(((96, 20, -130), (104, 14, -200)), (13, 14)),
    Tube(((-20, -20, -170), (40, 0, -175)), (12, 12)),
)


_AORTA = Tube(((22, 42, -260), (22, 40, 62), (10, 12, 92), (-8, -18, 66)), (11, 14))
_CAVA = Tube(((-22, 40, -260), (-20, 20, -40), (-10, -10, 10)), (11, 12))
_TRUNK = (
    Layer(BODY, SKIN),
    Layer(Grown(BODY, -3), FAT),
    Layer(Grown(BODY, -15), MUSCLE),
    Layer(Ellipsoid((0, -8, -130), (126, 74, 92)), FAT),
    Layer(Common(Grown(BODY, -30), Ellipsoid((0, 0, 50), (60, 85, 110))), MEDIASTINUM),
)
_ORGANS = (
    Layer(LUNG_RIGHT, LUNG),
    Layer(LUNG_LEFT, LUNG),
    *(Layer(vessel, LUNG_VESSEL) for vessel in lungVessels(LUNG_RIGHT, (-32, 18, 44))),
    *(Layer(vessel, LUNG_VESSEL) for vessel in lungVessels(LUNG_LEFT, (37, 22, 50))),
    *(Layer(tube, BOWEL) for tube in _BOWEL),
    Layer(SPLEEN_BODY, SPLEEN),
    Layer(LIVER_BODY, LIVER),
    Layer(Tube(((-20, 6, -78), (-80, 10, -84), (-112, -20, -80)), (7, 4)), LIVER_VESSEL),
    Layer(Tube(((-22, 20, -46), (-70, -30, -60)), (6, 4)), LIVER_VESSEL),
    Layer(STOMACH_OUTER, STOMACH_WALL),
    Layer(STOMACH_INNER, STOMACH_CONTENT),
    Layer(KIDNEY_LEFT, KIDNEY),
    Layer(KIDNEY_RIGHT, KIDNEY),
    Layer(Ellipsoid((52, 52, -118), (10, 9, 20)), RENAL_PELVIS),
    Layer(Ellipsoid((-52, 54, -134), (9, 10, 18)), RENAL_PELVIS),
    Layer(HEART, MYOCARDIUM),
    Layer(LEFT_CHAMBER, BLOOD),
    Layer(RIGHT_CHAMBER, BLOOD),
    Layer(_CAVA, BLOOD),
    Layer(_AORTA, BLOOD),
    Layer(GULLET, ESOPHAGUS),
    Layer(AIRWAYS, AIRWAY),
)
_SKELETON = (
    Layer(RIBS, BONE),
    Layer(Grown(RIBS, -2), MARROW),
    Layer(STERNUM, BONE),
    Layer(Grown(STERNUM, -2), MARROW),
    Layer(DISCS, DISC),
    Layer(VERTEBRAE, BONE),
    Layer(Grown(VERTEBRAE, -2.5), MARROW),
    Layer(ARCHES, BONE),
    Layer(CANAL, SPINAL_FLUID),
    Layer(CORD, SPINAL_CORD),
)
_ADDITIONS = (
    Layer(GTV, TUMOR),
    Layer(BOLUS, BOLUS_GEL),
    Layer(LETTER, MARKER),
    *(Layer(Ellipsoid(LANDMARKS[name], (4, 4, 4)), MARKER) for name in BALLS),
)
LAYERS = _TRUNK + _ORGANS + _SKELETON + _ADDITIONS


def texture(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    """The unevenness of all tissue, smooth and fixed, between -1 and 1; body coordinates in mm."""
    waves = np.sin(x / 4.1 + 1.7 * np.sin(z / 13)) * np.sin(y / 4.7 + 1.3 * np.sin(x / 17))
    return 0.6 * waves + 0.4 * np.sin(x / 19 + z / 7.3) * np.sin(y / 23 - z / 5.9)
