"""The closed contours of a structure sorted into parallel planes: areas, thickness, volume."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .errors import MalformedObjectError
from .notes import Note
from .structures import Structure, StructureSet

SAME_PLANE = 0.05  # mm between contours drawn on one slice
BENT = 0.1  # mm out of plane from which a contour cannot be filled
BRIDGED_GAP = 2.5  # spacings: one missing plane is bridged, more are not
FEW_SLICES = "drawn on few slices"  # name of the note about that
PARTLY_INSIDE = (0.1, 0.9)  # share of a contour's points inside another: they overlap


@dataclass(frozen=True, eq=False)
class ContourPlane:
    """Polygons of one plane, each (n, 2) mm along the first two axes of the stack, at `offset` mm
    along its normal. `below` and `above` are the mm that the plane stands for on either side.
    """

    offset: float
    polygons: tuple[np.ndarray, ...]
    below: float
    above: float

    @property
    def area(self) -> float:
        """Area in mm² by the even-odd rule."""
        return evenOddArea(self.polygons)


@dataclass(frozen=True, eq=False)
class PlaneStack:
    """Planes of one structure by rising offset; `axes` (3, 3) has two axes in the planes and the
    normal as columns, LPS, right-handed. `spacing` is the usual mm between planes.
    """

    axes: np.ndarray
    planes: tuple[ContourPlane, ...]
    spacing: float
    notes: tuple[Note, ...]

    @property
    def volume(self) -> float:
        """Volume in mm³: each plane's area times what it stands for."""
        return sum(plane.area * (plane.below + plane.above) for plane in self.planes)

    def isBridged(self, lower: int) -> bool:
        """Whether the structure goes on between planes `lower` and `lower` + 1."""
        first, second = self.planes[lower : lower + 2]
        return second.offset - first.offset <= BRIDGED_GAP * self.spacing


def sliceSpacing(structureSet: StructureSet) -> float | None:
    """The usual mm between contour planes over all structures: the distance of the slices they
    were drawn on. None if all lie in one plane.
    """
    offsets = [stackOffsets(one)[1] for one in structureSet.structures if _closed(one)]
    if not offsets:
        return None
    levels = _levels(np.concatenate(offsets))
    return float(np.median(np.diff(levels))) if len(levels) > 1 else None


def planeStack(structure: Structure, spacing: float | None) -> PlaneStack:
    """The planes of the closed contours of `structure`.

    `spacing` is the distance in mm of the slices it was drawn on; it tells the thickness of a
    structure of one or two planes. Gaps of one missing plane are bridged, wider ones are not. A
    structure drawn on few of the slices goes on beyond its ends by half the distance of its own
    planes, with a note.

    Raises
        MalformedObjectError: no closed contour, a contour that is not planar, contours that are
        not parallel, or a single plane of unknown thickness.
    """
    axes, offsets = stackOffsets(structure)
    levels = _levels(offsets)
    own = np.diff(levels)
    slices = spacing
    if len(own) > 1 or (len(own) and (spacing is None or own[0] <= BRIDGED_GAP * spacing)):
        spacing = float(np.median(own))
    if spacing is None:
        raise MalformedObjectError(
            f"structure {structure.number} lies in one plane and the distance of its slices is "
            "not known: it has no volume"
        )
    members = np.abs(offsets[:, None] - levels).argmin(axis=1)
    gaps = np.concatenate([[np.inf], own, [np.inf]])
    halves = np.where(gaps <= BRIDGED_GAP * spacing, gaps / 2, spacing / 2)
    polygons = [contour.points @ axes[:, :2] for contour in _closed(structure)]
    planes, notes = [], []
    for number, level in enumerate(levels):
        here = [polygons[index] for index in np.flatnonzero(members == number)]
        kept = _withoutDoubles(here)
        notes += _planeNotes(structure, float(level), here, kept)
        planes.append(
            ContourPlane(float(level), kept, float(halves[number]), float(halves[number + 1]))
        )
    notes += _sparseNotes(structure, spacing, slices)
    notes += _gapNotes(structure, own, spacing)
    return PlaneStack(axes, tuple(planes), spacing, tuple(notes))


def stackOffsets(structure: Structure) -> tuple[np.ndarray, np.ndarray]:
    """Axes (3, 3) as in `PlaneStack`, and the offset in mm of each closed contour along the
    normal, which is the third.

    Raises
        MalformedObjectError: no closed contour, or the contours do not lie in parallel planes.
    """
    contours = _closed(structure)
    if not contours:
        raise MalformedObjectError(f"structure {structure.number} has no closed contour")
    areas = [_areaVector(contour.points) for contour in contours]
    largest = max(areas, key=lambda vector: float(vector @ vector))
    length = float(np.linalg.norm(largest))
    if not length > 0:
        raise MalformedObjectError(f"the contours of structure {structure.number} enclose nothing")
    normal = largest / length
    normal = normal * np.sign(normal[np.abs(normal).argmax()])
    heights = [contour.points @ normal for contour in contours]
    worst = max(float(np.ptp(height)) for height in heights)
    if worst > 2 * BENT:
        raise MalformedObjectError(
            f"expected contours in parallel planes, found one that leaves its plane by "
            f"{worst / 2:.2f} mm in structure {structure.number}"
        )
    return _axes(normal), np.array([float(np.mean(height)) for height in heights])


def evenOddArea(polygons: Sequence[np.ndarray]) -> float:
    """Area of `polygons`, each (n, 2), nested but not crossing: a polygon inside another is a
    hole, one inside a hole an island.
    """
    signs = [1 - 2 * (depth % 2) for depth in nestingDepths(polygons)]
    return float(
        sum(sign * abs(signedArea(one)) for sign, one in zip(signs, polygons, strict=True))
    )


def nestingDepths(polygons: Sequence[np.ndarray]) -> list[int]:
    """How many of the other polygons enclose each of `polygons`, each (n, 2)."""
    return [len(outer) for outer in enclosing(polygons)]


def enclosing(polygons: Sequence[np.ndarray]) -> list[list[int]]:
    """For each of `polygons`, each (n, 2), the places of those that enclose it."""
    outer: list[list[int]] = [[] for _ in polygons]
    for (inner, other), share in _shares(polygons).items():
        if share > 0.5:
            outer[inner].append(other)
    return outer


def _shares(polygons: Sequence[np.ndarray]) -> dict[tuple[int, int], float]:
    """Share of the points of one polygon inside another, of all pairs whose boxes meet."""
    if len(polygons) < 2:
        return {}
    low = np.array([one.min(axis=0) for one in polygons])
    high = np.array([one.max(axis=0) for one in polygons])
    meet = np.all((low[:, None] <= high) & (low <= high[:, None]), axis=2)
    np.fill_diagonal(meet, False)
    pairs = np.argwhere(meet).tolist()
    return {(a, b): insideShare(polygons[a], polygons[b]) for a, b in pairs}


def insideShare(points: np.ndarray, polygon: np.ndarray) -> float:
    """Share of `points`, shape (n, 2), that lie inside `polygon`, shape (m, 2), even-odd."""
    a, b = polygon, np.roll(polygon, -1, axis=0)
    x, y = points[:, :1], points[:, 1:]
    crosses = (a[:, 1] <= y) != (b[:, 1] <= y)
    height = np.where(b[:, 1] == a[:, 1], 1.0, b[:, 1] - a[:, 1])
    reach = a[:, 0] + (y - a[:, 1]) * (b[:, 0] - a[:, 0]) / height
    return float(np.mean(np.sum(crosses & (reach > x), axis=1) % 2))


def signedArea(polygon: np.ndarray) -> float:
    """Area of `polygon`, shape (n, 2); positive if it turns from the first axis to the second."""
    centered = polygon - polygon[0]
    after = np.roll(centered, -1, axis=0)
    return float(np.sum(centered[:, 0] * after[:, 1] - centered[:, 1] * after[:, 0]) / 2)


def _closed(structure: Structure) -> list:
    return [contour for contour in structure.contours if contour.encloses]


def _areaVector(points: np.ndarray) -> np.ndarray:
    centered = points - points[0]
    return np.cross(centered, np.roll(centered, -1, axis=0)).sum(axis=0) / 2


def _axes(normal: np.ndarray) -> np.ndarray:
    start = np.eye(3)[0] if abs(normal[0]) < 0.9 else np.eye(3)[1]
    first = start - normal * (start @ normal)
    first = first / np.linalg.norm(first)
    return np.column_stack([first, np.cross(normal, first), normal])


def _levels(offsets: np.ndarray) -> np.ndarray:
    ordered = np.sort(offsets)
    starts = np.flatnonzero(np.concatenate([[True], np.diff(ordered) > SAME_PLANE]))
    return np.array([float(np.mean(part)) for part in np.split(ordered, starts[1:])])


def _withoutDoubles(polygons: list[np.ndarray]) -> tuple[np.ndarray, ...]:
    kept: dict[bytes, np.ndarray] = {}
    for polygon in polygons:
        kept.setdefault(np.round(polygon, 3).tobytes(), polygon)
    return tuple(kept.values())


def _planeNotes(
    structure: Structure, level: float, drawn: list[np.ndarray], kept: tuple[np.ndarray, ...]
) -> list[Note]:
    where = f"ROI {structure.number}, plane at {level:.2f} mm"
    notes = []
    if len(kept) < len(drawn):
        found = f"{len(drawn) - len(kept)} contours drawn twice"
        notes.append(Note("contour drawn twice", where, found, "counted once"))
    if any(PARTLY_INSIDE[0] < share < PARTLY_INSIDE[1] for share in _shares(kept).values()):
        found = "contours that overlap in part"
        notes.append(
            Note("contours overlap", where, found, "combined by the even-odd rule", repaired=False)
        )
    return notes


def _sparseNotes(structure: Structure, spacing: float, slices: float | None) -> list[Note]:
    """A note if contours are usually farther apart than slices."""
    if slices is None or spacing <= 1.5 * slices:
        return []
    found = f"contours {spacing:.1f} mm apart, slices {slices:.1f} mm apart"
    where = f"ROI {structure.number}"
    done = "filled between, and half a distance beyond the ends"
    return [Note(FEW_SLICES, where, found, done, repaired=False)]


def _gapNotes(structure: Structure, own: np.ndarray, spacing: float) -> list[Note]:
    where = f"ROI {structure.number}"
    bridged = own[(own > 1.5 * spacing) & (own <= BRIDGED_GAP * spacing)]
    open_ = own[own > BRIDGED_GAP * spacing]
    notes = []
    if len(bridged):
        found = f"{len(bridged)} gaps of one plane"
        notes.append(Note("missing plane", where, found, "bridged", repaired=False))
    if len(open_):
        found = f"{len(open_)} gaps up to {open_.max():.1f} mm"
        notes.append(
            Note("parts apart", where, found, "not bridged: read as separate parts", repaired=False)
        )
    return notes
