"""Images of one series sorted into a regular lattice, and what had to be noted on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from .decimalStrings import numbers
from .errors import MalformedObjectError
from .imagePlane import ROUNDED_DIRECTION, ImagePlane
from .imageSlice import ImageSlice
from .lattice import Lattice
from .notes import Note

SAME_DIRECTION = 1e-4  # largest difference of cosines within a stack: 0.05 mm over 500 mm
SAME_SPACING = 1e-3  # mm between pixels
SAME_POSITION = 0.01  # mm along the normal
EVEN = 0.02  # largest departure from an even spacing, as part of it
LARGEST_DRIFT = 0.1  # of an image within its plane, as part of the pixel spacing
MOST_MADE_SLICES = 8  # slices of the lattice per image: beyond it the stack is no volume


class SliceSpacing(StrEnum):
    """How the slices of a lattice came about."""

    REGULAR = "one image per slice"
    GAPS = "slices without image hold the padding value"
    UNEVEN = "interpolated between the nearest images"


@dataclass(frozen=True, eq=False)
class SliceStack:
    """Parallel images of one size, one per position, sorted along +normal, and their lattice."""

    slices: tuple[ImageSlice, ...]
    lattice: Lattice
    spacing: SliceSpacing
    notes: tuple[Note, ...]


def sliceStack(slices: Sequence[ImageSlice]) -> SliceStack:
    """The stack of parallel `slices` that lie at different positions.

    Raises
        MalformedObjectError: the images are displaced within their planes (a tilted gantry), or
        lie so unevenly that no lattice holds them.
    """
    plane = slices[0].plane
    ordered = sorted(slices, key=lambda one: float(plane.distance(one.plane.position)))
    plane = ordered[0].plane
    positions = np.array([one.plane.position for one in ordered])
    distances = plane.distance(positions)
    drift = _drift(plane, positions, distances)
    if len(ordered) == 1:
        step, count, notes = _thickness(ordered[0])
        spacing = SliceSpacing.REGULAR
    else:
        step, count, spacing, notes = _evenSteps(distances)
    directions = np.column_stack([plane.directions, plane.normal])
    size = (*plane.size, count)
    lattice = Lattice.fromAxes(size, plane.position, directions, np.append(plane.spacing, step))
    return SliceStack(tuple(ordered), lattice, spacing, (*_skew(plane), *drift, *notes))


def sameStack(one: ImageSlice, other: ImageSlice) -> bool:
    """Whether two images are parallel, of one size, spacing and kind."""
    a, b = one.plane, other.plane
    return (
        one.instance.sopClassUID == other.instance.sopClassUID
        and a.size == b.size
        and bool(np.abs(a.directions - b.directions).max() <= SAME_DIRECTION)
        and bool(np.abs(a.spacing - b.spacing).max() <= SAME_SPACING)
    )


def _skew(plane: ImagePlane) -> tuple[Note, ...]:
    if plane.skew <= ROUNDED_DIRECTION:
        return ()
    found = f"cosines that miss two perpendicular unit vectors by {plane.skew:.2g}"
    return (Note("rounded orientation", "ImageOrientationPatient", found, "made orthonormal"),)


def _drift(plane: ImagePlane, positions: np.ndarray, distances: np.ndarray) -> tuple[Note, ...]:
    """A note if the images do not lie exactly over each other.

    Raises
        MalformedObjectError: they are so far off that a lattice would misplace them.
    """
    within = np.linalg.norm((positions - plane.position) @ plane.directions, axis=1)
    worst = float(within.max())
    if worst <= SAME_POSITION:
        return ()
    found = f"origins up to {worst:.3g} mm off the normal through the first image"
    if worst > max(LARGEST_DRIFT * float(plane.spacing.min()), 5 * SAME_POSITION):
        angle = np.degrees(np.arctan2(within[-1], distances[-1]))
        raise MalformedObjectError(
            f"expected slices above each other, found {found}, a tilt of {angle:.1f} degrees as of "
            "a tilted gantry; a regular volume cannot hold them"
        )
    return (Note("slices displaced", "ImagePositionPatient", found, "placed on the normal"),)


def _thickness(one: ImageSlice) -> tuple[float, int, tuple[Note, ...]]:
    """Slice distance of a stack of a single image."""
    for keyword in ("SpacingBetweenSlices", "SliceThickness"):
        holder = next((group for group in one.groups if keyword in group), one.header)
        values = numbers(holder, keyword, "")
        if len(values) == 1 and values[0] > 0:
            done = f"{keyword} taken for the slice distance"
            return (
                float(values[0]),
                1,
                (_remark("single slice", f"1 image, {values[0]:g} mm", done),),
            )
    done = "slice distance set to 1 mm, which only its display needs"
    return 1.0, 1, (_remark("single slice", "1 image without thickness", done),)


def _evenSteps(distances: np.ndarray) -> tuple[float, int, SliceSpacing, tuple[Note, ...]]:
    """Slice distance in mm, number of slices, how they come about, and what there is to say.

    `distances`, shape (n,), increase from 0. A lone interval of several slice distances is a gap;
    two in a row are another spacing.
    """
    intervals = np.diff(distances)
    extent, images = float(distances[-1]), len(distances)
    if _departure(distances, np.arange(images)) <= _tolerance(extent / (images - 1)):
        return extent / (images - 1), images, SliceSpacing.REGULAR, _unevenness(distances)
    multiples = np.maximum(np.rint(intervals / np.median(intervals)), 1).astype(int)
    places = np.concatenate([[0], np.cumsum(multiples)])
    step = extent / int(places[-1])
    wide = multiples > 1
    lone = wide.any() and not (wide[1:] & wide[:-1]).any()
    if lone and _departure(distances, places) <= _tolerance(step):
        missing = int(places[-1]) + 1 - images
        note = Note(
            "slices missing",
            "ImagePositionPatient",
            f"{images} images {step:.4g} mm apart with {int(wide.sum())} gaps",
            f"{missing} slices filled with the padding value",
        )
        return step, _checkedCount(int(places[-1]) + 1, images), SliceSpacing.GAPS, (note,)
    step, largest = float(intervals.min()), float(intervals.max())
    count = _checkedCount(int(np.floor(extent / step + EVEN)) + 1, images)
    note = Note(
        "uneven spacing",
        "ImagePositionPatient",
        f"slice distances from {step:.4g} to {largest:.4g} mm",
        f"interpolated along the normal every {step:.4g} mm",
    )
    return step, count, SliceSpacing.UNEVEN, (note,)


def _departure(distances: np.ndarray, places: np.ndarray) -> float:
    """How far in mm the images lie from equal steps to `places`, integers that start at 0."""
    return float(np.abs(distances - places * (distances[-1] / places[-1])).max())


def _tolerance(step: float) -> float:
    return max(SAME_POSITION, EVEN * step)


def _unevenness(distances: np.ndarray) -> tuple[Note, ...]:
    worst = _departure(distances, np.arange(len(distances)))
    if worst <= SAME_POSITION:
        return ()
    found = f"positions up to {worst:.3g} mm off an even spacing"
    return (_remark("rounded positions", found, "taken as evenly spaced"),)


def _checkedCount(count: int, images: int) -> int:
    if count > MOST_MADE_SLICES * images:
        raise MalformedObjectError(
            f"expected images that fill a volume, found {images} images so uneven that it would "
            f"take {count} slices"
        )
    return count


def _remark(name: str, found: str, done: str) -> Note:
    return Note(name, "ImagePositionPatient", found, done, repaired=False)
