"""How the patient was scanned: by what, lying how, in which Frame of Reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from ..lattice import Lattice
from .anatomy import Modality
from .shapes import Vector

BODY_CENTER = (0.0, 15.0, 0.0)  # body coordinates, in the middle of every image


class Position(StrEnum):
    """How the patient lies on the couch (PS3.3 C.7.3.1.1.2)."""

    HFS = "HFS"
    HFP = "HFP"
    HFDR = "HFDR"
    HFDL = "HFDL"
    FFS = "FFS"
    FFP = "FFP"
    FFDR = "FFDR"
    FFDL = "FFDL"


class Plane(StrEnum):
    """How slices are cut: OBLIQUE is axial, tilted about two axes."""

    AXIAL = "AXIAL"
    SAGITTAL = "SAGITTAL"
    OBLIQUE = "OBLIQUE"


class Size(StrEnum):
    """SMALL is for tests, DEMO for people to look at."""

    SMALL = "SMALL"
    DEMO = "DEMO"


@dataclass(frozen=True)
class Scan:
    """One image series. Scans of one `session` share a Frame of Reference.

    `edgeWidth`: mm over which one tissue passes into the next; None is the modality's own.
    """

    name: str  # of its folder
    modality: Modality
    session: int
    study: int
    position: Position = Position.HFS
    plane: Plane = Plane.AXIAL
    edgeWidth: float | None = None


# The axes of an axial image, in patient coordinates: to the right and down as one looks from the
# foot end of the couch, down being where the patient's weight goes.
_HEAD, _FOOT = np.array([0, 0, 1]), np.array([0, 0, -1])
_DOWN = {"S": (0, 1, 0), "P": (0, -1, 0), "DR": (-1, 0, 0), "DL": (1, 0, 0)}

_TILT = (9.0, -6.0)  # degrees about the row and column direction of an oblique image

# fmt: off
#                           columns rows slices, mm along them
_SIZES = {
    (Size.SMALL, Modality.CT):  ((80, 66, 28),    (6, 6, 10)),
    (Size.SMALL, Modality.MR):  ((60, 72, 24),    (6.5, 5.5, 11)),
    (Size.SMALL, Modality.PET): ((48, 44, 26),    (10, 10, 10.5)),
    (Size.DEMO, Modality.CT):   ((256, 216, 100), (1.875, 1.875, 3)),
    (Size.DEMO, Modality.MR):   ((208, 192, 72),  (1.9, 2, 4)),
    (Size.DEMO, Modality.PET):  ((128, 112, 72),  (4, 4, 4.125)),
}
_DOSE_SPACING = {Size.SMALL: (9, 8, 10), Size.DEMO: (3, 3.5, 3)}
_DOSE_EXTENT = (380, 380, 260)  # mm, inside every primary image

# Each session's axes and where the body's origin lies in its frame: degrees about x, y, z and mm.
# The first session is the primary one: its axes are the body's.
_SETUPS = (
    ((0, 0, 0),     (-7.5, -121.25, 843.5)),
    ((6, -4, 9),    (35.5, -210.25, -1220.75)),
    ((-3, 5, -8),   (-18.25, 64.5, 388)),
    ((4, 8, -5),    (12.125, 140.5, -95.75)),
)
# fmt: on


def imageAxes(scan: Scan) -> np.ndarray:
    """Unit axes of columns, rows and slices of a scan in its frame, as columns; (3, 3)."""
    if scan.plane is Plane.SAGITTAL:  # toward the back, toward the feet: always shown so
        return np.array([[0, 0, -1], [1, 0, 0], [0, -1, 0]], dtype=float)
    down = np.array(_DOWN[scan.position[2:]])
    inward = _HEAD if scan.position.startswith("HF") else _FOOT
    axes = np.column_stack([np.cross(down, inward), down, inward]).astype(float)
    if scan.plane is Plane.OBLIQUE:
        return axes @ rotation((_TILT[0], _TILT[1], 0))
    return axes


def rotation(degrees: tuple[float, float, float]) -> np.ndarray:
    """Turn about x, then y, then z; shape (3, 3)."""
    (cx, sx), (cy, sy), (cz, sz) = ((np.cos(a), np.sin(a)) for a in np.radians(degrees))
    aboutX = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    aboutY = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    aboutZ = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return aboutZ @ aboutY @ aboutX


def setup(session: int) -> np.ndarray:
    """Where a session finds the body, shape (4, 4): body coordinates → its frame.

    Raises
        ValueError: more sessions than there are setups.
    """
    if not 0 <= session < len(_SETUPS):
        raise ValueError(f"expected a session from 0 to {len(_SETUPS) - 1}, found {session}")
    degrees, offset = _SETUPS[session]
    matrix = np.eye(4)
    matrix[:3, :3] = rotation(degrees)
    matrix[:3, 3] = offset
    return matrix


def imageLattice(scan: Scan, size: Size, bodyToFrame: np.ndarray) -> Lattice:
    """The voxel centers of a scan in its frame; the body lies in the middle."""
    counts, spacing = _SIZES[size, scan.modality]
    return centeredLattice(counts, spacing, imageAxes(scan), bodyToFrame)


def doseLattice(primary: Scan, size: Size, bodyToFrame: np.ndarray) -> Lattice:
    """The points of the dose, along the axes of the primary image but on a grid of its own."""
    spacing = _DOSE_SPACING[size]
    counts = [int(extent / step) for extent, step in zip(_DOSE_EXTENT, spacing, strict=True)]
    return centeredLattice(counts, spacing, imageAxes(primary), bodyToFrame)


def centeredLattice(
    counts: Sequence[int],
    spacing: Sequence[float],
    axes: np.ndarray,
    bodyToFrame: np.ndarray,
    middle: Vector = BODY_CENTER,
) -> Lattice:
    """A lattice around `middle`, body coordinates in mm, its origin rounded to micrometers."""
    center = bodyToFrame[:3, :3] @ middle + bodyToFrame[:3, 3]
    steps = axes * spacing
    origin = np.round(center - steps @ ((np.array(counts) - 1) / 2), 3)
    ni, nj, nk = counts
    return Lattice.fromAxes((ni, nj, nk), origin, axes, np.array(spacing))


@dataclass(frozen=True)
class Recipe:
    """What to make. The first of `scans` is the primary one: it carries structures, plan and
    dose, and every other frame is registered to its frame. `doseBits` is 16 or 32. Another recipe
    has other UIDs; another `seed` differs in nothing else.
    """

    scans: tuple[Scan, ...]
    size: Size = Size.SMALL
    doseBits: int = 32
    seed: str = "phantom"


def separateScans(position: Position = Position.HFS) -> tuple[Scan, ...]:
    """CT, oblique MR and PET: three frames, three studies."""
    return (
        Scan("CT", Modality.CT, 0, 0, position),
        Scan("MR", Modality.MR, 1, 1, position, Plane.OBLIQUE),
        Scan("PET", Modality.PET, 2, 2, position),
    )


def hybridScans(position: Position = Position.HFS) -> tuple[Scan, ...]:
    """CT, MR and PET made on one couch: one frame, one study, nothing to register."""
    return (
        Scan("CT", Modality.CT, 0, 0, position),
        Scan("MR", Modality.MR, 0, 0, position),
        Scan("PET", Modality.PET, 0, 0, position),
    )


def primaryMRScans(position: Position = Position.HFS) -> tuple[Scan, ...]:
    """An oblique MR that carries the structures, with CT and PET of one other frame and study."""
    return (
        Scan("MR", Modality.MR, 0, 0, position, Plane.OBLIQUE),
        Scan("CT", Modality.CT, 1, 1, position),
        Scan("PET", Modality.PET, 1, 1, position),
    )


def sagittalMRScans(position: Position = Position.HFS) -> tuple[Scan, ...]:
    """CT and PET in one frame, and two sagittal MR, each in a frame of its own."""
    return (
        Scan("CT", Modality.CT, 0, 0, position),
        Scan("PET", Modality.PET, 0, 0, position),
        Scan("MR1", Modality.MR, 1, 1, position, Plane.SAGITTAL),
        Scan("MR2", Modality.MR, 2, 2, position, Plane.SAGITTAL),
    )


def repeatedCTScans(position: Position) -> tuple[Scan, ...]:
    """A CT head first supine and another CT, of another study, in `position`."""
    return (
        Scan("CT1", Modality.CT, 0, 0),
        Scan("CT2", Modality.CT, 1, 1, position),
    )
