"""Where the frames of an RT Dose lie: Grid Frame Offset Vector in both its meanings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydicom import Dataset

from .decimalStrings import numbers
from .errors import MalformedObjectError
from .imagePlane import ROUNDED_DIRECTION, ImagePlane, imagePlane
from .lattice import Lattice
from .macros import text
from .notes import Note

AXIAL = np.array([1.0, 0, 0, 0, 1, 0])
SAME_OFFSET = 1e-3  # mm between offsets that are equal but for rounding
EVEN = 0.01  # mm that a frame may lie off an even spacing
MOST_MADE_FRAMES = 8  # frames of the lattice per frame of the dose


@dataclass(frozen=True, eq=False)
class DoseGrid:
    """The lattice of a dose with `frames` frames.

    `order`, shape (frames,), sorts the frames along the normal row × column. `places`, shape
    (nk,), says where among the sorted frames each slice of the lattice lies: 0, 1, 2, … where the
    frames are evenly spaced.
    """

    lattice: Lattice
    frames: int
    order: np.ndarray
    places: np.ndarray
    notes: tuple[Note, ...]


def doseGrid(dataset: Dataset) -> DoseGrid:
    """The lattice that a dose is defined on.

    Raises
        MalformedObjectError: geometry is missing or contradicts itself, the offsets do not rise or
        fall throughout, or are so uneven that no lattice holds them.

    Source
        DICOM PS3.3 C.8.8.3.2
    """
    plane = _plane(dataset)
    frames = _count(dataset, "NumberOfFrames") if "NumberOfFrames" in dataset else 1
    notes: list[Note] = []
    if plane.skew > ROUNDED_DIRECTION:
        found = f"cosines that miss two perpendicular unit vectors by {plane.skew:.2g}"
        notes.append(
            Note("rounded orientation", "ImageOrientationPatient", found, "made orthonormal")
        )
    offsets = _offsets(dataset, frames, notes)
    order = np.argsort(offsets)
    if len(order) > 1 and order[0] > order[-1]:
        done = "frames put in rising order along row × column"
        notes.append(
            Note("decreasing offsets", "GridFrameOffsetVector", "falling", done, repaired=False)
        )
    rising = offsets[order]
    step, places = _evenSteps(dataset, rising, notes)
    origin = plane.position + rising[0] * plane.normal
    directions = np.column_stack([plane.directions, plane.normal])
    lattice = Lattice.fromAxes(
        (*plane.size, len(places)), origin, directions, np.append(plane.spacing, step)
    )
    return DoseGrid(lattice, frames, order, places, tuple(notes))


def _plane(dataset: Dataset) -> ImagePlane:
    return imagePlane(
        numbers(dataset, "ImagePositionPatient", ""),
        numbers(dataset, "ImageOrientationPatient", ""),
        numbers(dataset, "PixelSpacing", ""),
        (_count(dataset, "Columns"), _count(dataset, "Rows")),
        "the dose",
    )


def _count(dataset: Dataset, keyword: str) -> int:
    found = text(dataset, keyword)
    if not found.isdecimal() or int(found) < 1:
        raise MalformedObjectError(f"expected a positive number, found {found!r} in {keyword}")
    return int(found)


def _offsets(dataset: Dataset, frames: int, notes: list[Note]) -> np.ndarray:
    """Distance in mm of each frame from Image Position along row × column."""
    offsets = numbers(dataset, "GridFrameOffsetVector", "")
    where = "GridFrameOffsetVector"
    if not len(offsets) and frames == 1:
        return np.zeros(1)
    if len(offsets) != frames:
        raise MalformedObjectError(f"expected {frames} values, found {len(offsets)} in {where}")
    steps = np.diff(offsets)
    if not (np.all(steps > SAME_OFFSET) or np.all(steps < -SAME_OFFSET)):
        raise MalformedObjectError(f"expected rising or falling values, found neither in {where}")
    if abs(offsets[0]) <= SAME_OFFSET:
        return offsets
    z = float(numbers(dataset, "ImagePositionPatient", "")[2])
    axial = np.array_equal(numbers(dataset, "ImageOrientationPatient", ""), AXIAL)
    if axial and abs(offsets[0] - z) <= SAME_OFFSET:
        notes.append(
            Note(
                "absolute offsets",
                where,
                f"first value {z:g} mm",
                "read as z of the frames",
                repaired=False,
            )
        )
        return offsets - offsets[0]
    raise MalformedObjectError(
        f"expected 0, or the z of Image Position ({z:g}) for an axial dose, as first value, found "
        f"{offsets[0]:g} in {where}"
    )


def _evenSteps(
    dataset: Dataset, offsets: np.ndarray, notes: list[Note]
) -> tuple[float, np.ndarray]:
    """Slice distance in mm of the lattice, and the places of its slices among the frames."""
    count = len(offsets)
    if count == 1:
        return _thickness(dataset, notes), np.zeros(1)
    extent = float(offsets[-1] - offsets[0])
    even = offsets[0] + np.linspace(0, extent, count)
    if np.abs(offsets - even).max() <= EVEN:
        return extent / (count - 1), np.arange(count, dtype=float)
    smallest = float(np.diff(offsets).min())
    slices = int(np.floor(extent / smallest + EVEN)) + 1
    if slices > MOST_MADE_FRAMES * count:
        raise MalformedObjectError(
            f"expected frames that fill a volume, found {count} frames so uneven that it would "
            f"take {slices}"
        )
    notes.append(
        Note(
            "uneven offsets",
            "GridFrameOffsetVector",
            f"steps from {smallest:g} to {np.diff(offsets).max():g} mm",
            f"interpolated along the normal every {smallest:g} mm",
        )
    )
    wanted = np.minimum(offsets[0] + smallest * np.arange(slices), offsets[-1])
    return smallest, np.interp(wanted, offsets, np.arange(count))


def _thickness(dataset: Dataset, notes: list[Note]) -> float:
    values = numbers(dataset, "SliceThickness", "")
    known = len(values) == 1 and values[0] > 0
    step = float(values[0]) if known else 1.0
    done = f"{'its thickness' if known else 'a thickness'} of {step:g} mm, which only display needs"
    notes.append(Note("single frame", "NumberOfFrames", "one plane of dose", done, repaired=False))
    return step
