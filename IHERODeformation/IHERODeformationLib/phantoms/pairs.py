"""Two scans of one patient, and what lies between them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from IHERORegistrationLib.geometry import AffineTransform
from IHERORegistrationLib.lattice import Lattice
from IHERORegistrationLib.phantoms.anatomy import LANDMARKS, PTV, Modality
from IHERORegistrationLib.phantoms.identity import frameUID, uid
from IHERORegistrationLib.phantoms.imageFiles import ScannedSeries, scannedSeries
from IHERORegistrationLib.phantoms.scans import (
    BODY_CENTER,
    Plane,
    Scan,
    centeredLattice,
    imageAxes,
    rotation,
    setup,
)
from IHERORegistrationLib.phantoms.shapes import Ellipsoid, Shape, Vector

from .deformations import Deformation, Sliding, Swelling, Wave, Waves
from .pointMap import PointMap

TARGET: Vector = PTV.center  # body coordinates
_TUMOR: Vector = LANDMARKS["TUMOR"]


class Kind(StrEnum):
    """What happened to the patient between the scans.

    SMOOTH: he breathed. SLIDING: a lung slid along the chest wall. HOLE: of some tissue nobody
    can say where it was. NAN_NODES: as smooth, but the grids lack single nodes. SHRUNKEN: the
    tumor lost mass. CONDENSED: the same, but it lost volume only. FEET_FIRST: he breathed, and
    for the source scan he lay feet first while the console said head first, so that its frame is
    turned by 180 degrees.
    """

    SMOOTH = "SMOOTH"
    SLIDING = "SLIDING"
    HOLE = "HOLE"
    NAN_NODES = "NAN_NODES"
    SHRUNKEN = "SHRUNKEN"
    CONDENSED = "CONDENSED"
    FEET_FIRST = "FEET_FIRST"


class Extent(StrEnum):
    """TRUNK is for tests and DEMO, finer, for people to look at. DETAIL holds the tumor and its
    surroundings on fine voxels with soft edges, where linear interpolation costs 0.9 HU in the
    mean (cubic 0.3); of the structures it has the tumor's.
    """

    TRUNK = "TRUNK"
    DEMO = "DEMO"
    DETAIL = "DETAIL"


@dataclass(frozen=True)
class PairRecipe:
    """What to make. `modality` is that of the source images, the registered ones are CT. Another
    recipe has other UIDs; another `seed` differs in nothing else.
    """

    kind: Kind = Kind.SMOOTH
    modality: Modality = Modality.CT
    extent: Extent = Extent.TRUNK
    seed: str = "deformed phantom"


@dataclass(frozen=True, eq=False)
class ScannedPair:
    """The two scans, the points of the dose on the source, and the truth between them."""

    registered: ScannedSeries
    source: ScannedSeries
    doseLattice: Lattice
    toSource: PointMap


# fmt: off
_BREATHING = Waves((
    Wave(( 2.5, -5.0,  6.5), ( 0.3, -0.5,  0.8), 235,  0.4),
    Wave(( 4.0,  3.0, -1.5), ( 0.9,  0.4, -0.2), 270,  1.9),
    Wave((-2.0,  3.5,  2.5), (-0.2,  0.8,  0.6), 205, -0.8),
))
_CHANGES: dict[Kind, Deformation] = {
    Kind.SMOOTH:     _BREATHING,
    Kind.SLIDING:    Sliding((-75, 5), (63, 81), 14, 0.6),  # around the right lung
    Kind.HOLE:       _BREATHING,
    Kind.NAN_NODES:  _BREATHING,
    Kind.SHRUNKEN:   Swelling(_TUMOR, 0.22, 32),
    Kind.CONDENSED:  Swelling(_TUMOR, 0.22, 32, keepsMass=True),
    Kind.FEET_FIRST: _BREATHING,
}
_HOLE = Ellipsoid((-38, -30, 18), (24, 22, 26), 15)  # between tumor and heart
_UPSIDE_DOWN = (0.0, 180.0, 0.0)  # degrees: left is right and head is feet

# columns, rows, slices and mm along them: of the source, of the registered images, of the dose
_LATTICES = {
    Extent.TRUNK:  (((76, 62, 29),    (6.2, 6, 9.6)),
                    ((60, 58, 24),    (7.25, 6.5, 11)),
                    ((43, 48, 26),    (9, 8, 10))),
    Extent.DEMO:   (((224, 184, 90),  (2.05, 2.05, 3.1)),
                    ((190, 168, 82),  (2.3, 2.3, 3.2)),
                    ((124, 108, 86),  (3, 3.5, 3))),
    Extent.DETAIL: (((90, 82, 78),    (1.25, 1.3, 1.3)),
                    ((36, 37, 29),    (2.2, 2, 2.3)),
                    ((55, 53, 48),    (2.1, 2.05, 2.2))),
}
_SOFT_EDGE = 36.0  # mm
_EARLIER, _NOW = 4, 0  # studies
# fmt: on


def scannedPair(recipe: PairRecipe, seed: str) -> ScannedPair:
    """The scans that `recipe` asks for; their files do not exist yet."""
    isDetail = recipe.extent is Extent.DETAIL
    middle = TARGET if isDetail else BODY_CENTER
    softEdge = _SOFT_EDGE if isDetail else None
    before = Scan("Source", recipe.modality, 0, _EARLIER, edgeWidth=softEdge)
    now = Scan("Registered", Modality.CT, 1, _NOW, plane=Plane.OBLIQUE, edgeWidth=softEdge)
    bodyToSource, bodyToRegistered = setup(before.session), setup(now.session)
    if recipe.kind is Kind.FEET_FIRST:
        bodyToSource[:3, :3] = rotation(_UPSIDE_DOWN) @ bodyToSource[:3, :3]
    change = _CHANGES[recipe.kind]
    ofSource, ofRegistered, ofDose = _LATTICES[recipe.extent]
    # the source shows the patient at rest, and he was treated as he lay there
    source = _series(before, seed, ofSource, bodyToSource, middle)
    registered = _series(now, seed, ofRegistered, bodyToRegistered, middle, change)
    dose = centeredLattice(*ofDose, imageAxes(before), bodyToSource, middle)
    hole: Shape | None = _HOLE if recipe.kind is Kind.HOLE else None
    toSource = PointMap(registered.toBody, change, source.toBody.inverse(), hole)
    return ScannedPair(registered, source, dose, toSource)


def _series(
    scan: Scan,
    seed: str,
    voxels: tuple[tuple[int, int, int], tuple[float, float, float]],
    bodyToFrame: np.ndarray,
    middle: Vector,
    change: Deformation | None = None,
) -> ScannedSeries:
    frame = frameUID(seed, scan.session)
    lattice = centeredLattice(*voxels, imageAxes(scan), bodyToFrame, middle)
    toBody = AffineTransform(bodyToFrame, uid(seed, "body"), frame).inverse()
    if change is None:
        return scannedSeries(scan, seed, lattice, toBody)
    return scannedSeries(scan, seed, lattice, toBody, change)
