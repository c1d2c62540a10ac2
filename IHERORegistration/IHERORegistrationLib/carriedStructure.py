"""One structure carried to the slices of another image series.

Where slices come to lie on slices, points are moved one by one. Otherwise the closed surface of
the structure is moved and cut with the slices; holes are then drawn as keyholes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from .carriedLines import NO_LINES, carriedLines
from .closedSurface import ClosedSurface, surfaceFromStack
from .contourData import thinnedToFit
from .contourPlanes import BRIDGED_GAP, FEW_SLICES, PlaneStack, planeStack, signedArea
from .errors import MalformedObjectError
from .frames import Transform
from .images import ImageSeries
from .notes import Note
from .sentences import percentage
from .sliceCuts import loopsOnSlices, withKeyholes
from .structures import Contour, GeometricType, Structure
from .structureSetWriter import RESAMPLED
from .targetSlices import Loops, TargetSlices, targetSlices

ON_SLICE = 0.01  # mm from a slice within which a point lies on it
SAME_SPACING = 0.01  # of a slice distance
COARSEST_OUTLINE = 0.02  # mm by which an outline may be simplified
OUTLINES_OF_SIZE = 500  # the same for small structures, as a part of their size
OUTSIDE_IMAGES = "outside the images"  # name of the note about that
CHANGED_VOLUME = 0.03  # from which a change of volume is noted


@dataclass(frozen=True, eq=False)
class CarriedStructure:
    """`structure` lies in the frame of the target. Volumes are in cm³, each the sum of areas times
    slice distances: `before` of the contours as they were read, `after` of those written; None
    without a closed contour. `expected` is what the transform makes of `before`, without what it
    does not define. `undefined` is the share of the volume, or of the points of contours that
    enclose nothing, that it does not define; `outside` the share of the rest on no image of the
    target.
    """

    structure: Structure
    before: float | None = None
    after: float | None = None
    expected: float | None = None
    undefined: float = 0.0
    outside: float = 0.0
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, eq=False)
class MovedSolid:
    """`surface` in another frame, around all but the share `undefined` of a volume; what is within
    has grown to `growth` times its volume.
    """

    surface: ClosedSurface
    growth: float
    undefined: float = 0.0
    notes: tuple[Note, ...] = ()


# Moves what contours enclose, sampled every so many mm, to the frame of the target
SolidMover = Callable[[PlaneStack, float], MovedSolid]


def carriedStructure(
    structure: Structure,
    target: ImageSeries,
    transform: Transform,
    spacing: float | None,
    *,
    mover: SolidMover | None = None,
    algorithm: str = RESAMPLED,
) -> CarriedStructure:
    """`structure` in the frame and on the slices of `target`, by `transform` from its frame there.

    `spacing` is the mm between the slices it was drawn on, if known. Closed contours that make no
    volume are left out, with a note. A transform that is not affine needs a `mover` of solids by
    it; points where it gives NaN are left out. `algorithm` becomes the generation algorithm.
    """
    solid = CarriedStructure(replace(structure, contours=()))
    if any(one.encloses for one in structure.contours):
        solid = _carriedSolid(structure, target, transform, spacing, mover)
    others = [one for one in structure.contours if not one.encloses]
    where = f"ROI {structure.number}"
    lines = carriedLines(others, target, transform, where) if others else NO_LINES
    of = solid if solid.before is not None else lines
    contours = (*solid.structure.contours, *lines.contours)
    notes = (*solid.notes, *lines.notes, *_remarks(solid, len(contours)))
    carried = replace(
        structure,
        frame=target.frame,
        contours=contours,
        description=_description(structure, of.undefined, of.outside),
        generationAlgorithm=algorithm,
    )
    return replace(
        solid, structure=carried, undefined=of.undefined, outside=of.outside, notes=notes
    )


def _carriedSolid(
    structure: Structure,
    target: ImageSeries,
    transform: Transform,
    spacing: float | None,
    mover: SolidMover | None,
) -> CarriedStructure:
    """The closed contours of `structure` on the slices of `target`, its other contours not."""
    where = f"ROI {structure.number}"
    try:
        stack = planeStack(structure, spacing)
    except MalformedObjectError as error:
        note = Note("no volume", where, str(error), "closed contours left out", repaired=False)
        return CarriedStructure(replace(structure, contours=()), notes=(note,))
    drawn = [one for one in structure.contours if one.encloses]
    oneToOne = None if mover else _oneToOne(stack, drawn, target, transform)
    if oneToOne is not None:
        slices, loops = oneToOne
        growth, undefined, notes = _growth(structure, transform), 0.0, stack.notes
    else:
        moved = (mover or _byMatrix(transform))(stack, float(target.lattice.spacing.min()) / 2)
        slices, loops = _cut(moved.surface, stack, target)
        growth, undefined, notes = moved.growth, moved.undefined, (*stack.notes, *moved.notes)
    contours, thinned = _contours(slices, loops, where)
    before, (after, outside) = stack.volume / 1000, slices.volumes(loops)
    expected = before * (1 - undefined) * growth
    carried = replace(structure, contours=contours)
    return CarriedStructure(
        carried, before, after, expected, undefined, outside, (*notes, *thinned)
    )


def _byMatrix(transform: Transform) -> SolidMover:
    def moved(stack: PlaneStack, resolution: float) -> MovedSolid:
        surface = surfaceFromStack(stack, resolution)
        there = surface.moved(transform)
        return MovedSolid(there, there.volume / surface.volume)

    return moved


def _oneToOne(
    stack: PlaneStack, drawn: list[Contour], target: ImageSeries, transform: Transform
) -> tuple[TargetSlices, Loops] | None:
    """The contours with their points moved one by one, if they come to lie on slices."""
    if not _fits(stack, float(target.lattice.spacing[2])):
        return None
    slices = targetSlices(target, transform(np.concatenate([one.points for one in drawn])))
    loops = _onSlices(drawn, slices, transform)
    return None if loops is None else (slices, loops)


def _cut(
    surface: ClosedSurface, stack: PlaneStack, target: ImageSeries
) -> tuple[TargetSlices, Loops]:
    """Where `surface` meets the slices of `target`, without points that say little."""
    slices = targetSlices(target, surface.vertices)
    size = max(
        float(np.sqrt(abs(signedArea(polygon)))) for one in stack.planes for polygon in one.polygons
    )
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


def _contours(
    slices: TargetSlices, loops: Loops, where: str
) -> tuple[tuple[Contour, ...], tuple[Note, ...]]:
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
    if not moved:
        return tuple(contours), ()
    done = f"thinned within {moved:g} mm"
    note = Note("long contour", where, "a contour too long for one element", done, repaired=False)
    return tuple(contours), (note,)


def _growth(structure: Structure, transform: Transform) -> float:
    """By what factor `transform`, which is affine, changes volumes."""
    middle = structure.points.mean(axis=0)
    steps = transform(middle + np.eye(3)) - transform(middle)
    return abs(float(np.linalg.det(steps)))


def _remarks(solid: CarriedStructure, written: int) -> list[Note]:
    where = f"ROI {solid.structure.number}"
    notes = []
    if solid.before is not None and solid.outside > 0:
        found = f"{percentage(solid.outside)} of the volume on no image"
        notes.append(Note(OUTSIDE_IMAGES, where, found, "left out", repaired=False))
    if not written:
        found = "no contour on the images"
        notes.append(
            Note("structure vanished", where, found, "written without contours", repaired=False)
        )
    elif solid.expected and solid.after is not None:
        whole = solid.after / (1 - solid.outside) if solid.outside < 1 else solid.expected
        change = whole / solid.expected - 1
        if abs(change) > CHANGED_VOLUME:
            found = (
                f"{solid.expected:.3g} cm³ moved, {100 * change:+.1f} % by the slices of the target"
            )
            isSparse = any(note.name == FEW_SLICES for note in solid.notes)
            why = (
                "its ends lie between slices" if isSparse else "the slices are coarse for its size"
            )
            done = f"its shape is kept; {why}"
            notes.append(Note("volume by slices", where, found, done, repaired=False))
    return notes


def _description(structure: Structure, undefined: float, outside: float) -> str:
    cut = "cut off where the registration is not defined, closed along the border"
    said = [
        structure.description,
        f"{percentage(undefined)} {cut}" if undefined > 0 else "",
        f"{percentage(outside)} outside the images" if outside > 0 else "",
    ]
    return "; ".join(filter(None, said))
