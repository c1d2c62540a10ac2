"""One structure carried to the slices of another image series.

Where slices come to lie on slices, points are moved one by one. Otherwise the closed surface of
the structure is moved and cut with the slices; holes are then drawn as keyholes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .closedSurface import surfaceFromStack
from .contourData import thinnedToFit
from .contourPlanes import BRIDGED_GAP, PlaneStack, planeStack, signedArea
from .errors import MalformedObjectError
from .frames import Transform
from .images import ImageSeries
from .notes import Note
from .sliceCuts import loopsOnSlices, withKeyholes
from .structures import Contour, GeometricType, Structure
from .structureSetWriter import RESAMPLED
from .targetSlices import Loops, TargetSlices, targetSlices

ON_SLICE = 0.01  # mm from a slice within which a point lies on it
SAME_SPACING = 0.01  # of a slice distance
COARSEST_OUTLINE = 0.02  # mm by which an outline may be simplified
OUTLINES_OF_SIZE = 500  # the same for small structures, as a part of their size
CHANGED_VOLUME = 0.03  # from which a change of volume is noted


@dataclass(frozen=True, eq=False)
class CarriedStructure:
    """`structure` lies in the frame of the target. Volumes are in cm³, each the sum of areas times
    slice distances: `before` of the contours as they were read, `after` of those written; None
    without a closed contour. `outside` is the share of the volume, or of contours that enclose
    nothing, that lies on no image of the target.
    """

    structure: Structure
    before: float | None
    after: float | None
    outside: float
    notes: tuple[Note, ...]


def carriedStructure(
    structure: Structure, target: ImageSeries, transform: Transform, spacing: float | None
) -> CarriedStructure:
    """`structure` in the frame and on the slices of `target`, by `transform` from its frame there.

    `spacing` is the mm between the slices it was drawn on, if known. Closed contours that make no
    volume are left out, with a note.
    """
    where = f"ROI {structure.number}"
    points = transform(structure.points) if structure.contours else np.zeros((0, 3))
    notes: list[Note] = []
    contours: list[Contour] = []
    before = after = None
    outside = 0.0
    if any(one.encloses for one in structure.contours):
        try:
            stack = planeStack(structure, spacing)
        except MalformedObjectError as error:
            notes.append(
                Note("NoVolume", where, str(error), "closed contours left out", repaired=False)
            )
        else:
            notes += stack.notes
            slices, loops = _loops(stack, structure, target, transform)
            contours += _contours(slices, loops, where, notes)
            before, (after, outside) = stack.volume / 1000, slices.volumes(loops)
    others = [one for one in structure.contours if not one.encloses]
    if others:
        kept = _movedOthers(others, targetSlices(target, points), transform, where, notes)
        contours += kept
        outside = outside if before is not None else 1 - len(kept) / len(others)
    scaled = before and before * _growth(structure, transform)
    notes += _remarks(structure, len(contours), scaled, after, outside)
    carried = replace(
        structure,
        frame=target.frame,
        contours=tuple(contours),
        description=_description(structure, outside),
        generationAlgorithm=RESAMPLED,
    )
    return CarriedStructure(carried, before, after, outside, tuple(notes))


def _loops(
    stack: PlaneStack, structure: Structure, target: ImageSeries, transform: Transform
) -> tuple[TargetSlices, Loops]:
    """The slices, and the loops to be drawn on them."""
    drawn = [one for one in structure.contours if one.encloses]
    points = transform(np.concatenate([one.points for one in drawn]))
    slices = targetSlices(target, points)
    if _fits(stack, float(target.lattice.spacing[2])):
        oneToOne = _onSlices(drawn, slices, transform)
        if oneToOne is not None:
            return slices, oneToOne
    spacing = target.lattice.spacing
    surface = surfaceFromStack(stack, float(spacing.min()) / 2).moved(transform)
    size = max(
        float(np.sqrt(abs(signedArea(polygon)))) for one in stack.planes for polygon in one.polygons
    )
    slices = targetSlices(target, surface.vertices)
    tolerance = min(COARSEST_OUTLINE, size / OUTLINES_OF_SIZE)
    cut = loopsOnSlices(surface, target.lattice, slices.heights, tolerance)
    return slices, {place: withKeyholes(loops) for place, loops in cut.items()}


def _fits(stack: PlaneStack, spacing: float) -> bool:
    """Whether the planes follow each other at `spacing` mm wherever the structure goes on."""
    gaps = np.diff([plane.offset for plane in stack.planes])
    going = gaps[gaps <= BRIDGED_GAP * stack.spacing]
    return bool(np.all(np.abs(np.append(going, stack.spacing) - spacing) <= SAME_SPACING * spacing))


def _onSlices(
    drawn: list[Contour], slices: TargetSlices, transform: Transform
) -> dict[int, list[np.ndarray]] | None:
    """The contours with each point moved, if all of them come to lie on slices; else None.

    The first point is not repeated. Contours of the XOR type become keyholes.
    """
    loops: dict[int, list[np.ndarray]] = {}
    for contour in drawn:
        closed = np.array_equal(contour.points[0], contour.points[-1])
        points = transform(contour.points[:-1] if closed else contour.points)
        place = slices.placeOn(points, ON_SLICE)
        if place is None:
            return None
        loops.setdefault(place, []).append(slices.flat(points))
    if any(one.geometricType is GeometricType.CLOSED_PLANAR_XOR for one in drawn):
        return {place: withKeyholes(ones) for place, ones in loops.items()}
    return loops


def _contours(slices: TargetSlices, loops: Loops, where: str, notes: list[Note]) -> list[Contour]:
    contours = []
    moved = 0.0
    for place, ones in sorted(loops.items()):
        image = slices.images[place]
        if image is None:
            continue
        for loop in ones:
            points, tolerance = thinnedToFit(slices.points(place, loop))
            moved = max(moved, tolerance)
            contours.append(Contour(points, GeometricType.CLOSED_PLANAR, image.instance))
    if moved:
        found = "a contour too long for one element"
        notes.append(
            Note("LongContour", where, found, f"thinned within {moved:g} mm", repaired=False)
        )
    return contours


def _movedOthers(
    others: list[Contour],
    slices: TargetSlices,
    transform: Transform,
    where: str,
    notes: list[Note],
) -> list[Contour]:
    """Points, open contours and closed ones that enclose nothing, those beyond the images left
    out.
    """
    kept = []
    for one in others:
        points = transform(one.points)
        image = slices.nearest(points.mean(axis=0))
        isPoint = one.geometricType is GeometricType.POINT
        kind = GeometricType.POINT if isPoint else GeometricType.OPEN_NONPLANAR
        if image is not None and len(points) > (0 if isPoint else 1):
            kept.append(Contour(points, kind, image.instance))
    opened = sum(one.geometricType is GeometricType.OPEN_NONPLANAR for one in kept)
    if opened:
        found = f"{opened} contours that enclose nothing"
        done = "moved point by point, written as OPEN_NONPLANAR, which MMRO does not know"
        notes.append(Note("OpenContours", where, found, done, repaired=False))
    if len(kept) < len(others):
        found = f"{len(others) - len(kept)} contours that enclose nothing, on no image"
        notes.append(Note("OutsideImages", where, found, "left out", repaired=False))
    return kept


def _growth(structure: Structure, transform: Transform) -> float:
    """By what factor `transform` changes volumes in the middle of `structure`."""
    middle = structure.points.mean(axis=0)
    steps = transform(middle + np.eye(3)) - transform(middle)
    return abs(float(np.linalg.det(steps)))


def _remarks(
    structure: Structure,
    written: int,
    before: float | None,
    after: float | None,
    outside: float,
) -> list[Note]:
    where = f"ROI {structure.number}"
    notes = []
    if before is not None and outside > 0:
        found = f"{outside:.1%} of the volume on no image"
        notes.append(Note("OutsideImages", where, found, "left out", repaired=False))
    if not written:
        found = "no contour on the images"
        notes.append(
            Note("StructureVanished", where, found, "written without contours", repaired=False)
        )
    elif before and after is not None:
        change = after / (1 - outside) / before - 1 if outside < 1 else 0.0
        if abs(change) > CHANGED_VOLUME:
            found = f"{before:.3g} cm³ moved, {change:+.1%} by the slices of the target"
            done = "its shape is kept; the slices are coarse for its size"
            notes.append(Note("VolumeBySlices", where, found, done, repaired=False))
    return notes


def _description(structure: Structure, outside: float) -> str:
    said = f"{outside:.1%} outside the images" if outside > 0 else ""
    return "; ".join(part for part in (structure.description, said) if part)
