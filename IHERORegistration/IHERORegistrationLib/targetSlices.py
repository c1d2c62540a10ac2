"""The slices of an image series as planes to draw contours on, continued beyond its ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .contourPlanes import evenOddArea
from .errors import FrameOfReferenceError
from .images import ImageSeries
from .imageSlice import ImageSlice
from .lattice import Lattice
from .sliceStack import SliceSpacing

MOST_BEYOND = 10_000  # planes continue a series on either side; no patient reaches so far

Loops = Mapping[int, Sequence[np.ndarray]]  # place of a slice → loops (n, 2), mm along i and j


@dataclass(frozen=True, eq=False)
class TargetSlices:
    """`heights`, shape (n,), are the fractional k of the planes in `lattice`, rising; `images` the
    image of each, None in a gap of the series and beyond its ends.
    """

    lattice: Lattice
    heights: np.ndarray
    images: tuple[ImageSlice | None, ...]

    def points(self, place: int, loop: np.ndarray) -> np.ndarray:
        """LPS mm, shape (n, 3), of `loop`, shape (n, 2), in the plane of the image at `place`."""
        flat = loop / self.lattice.spacing[:2]
        index = np.column_stack([flat, np.full(len(loop), self.heights[place])])
        points = self.lattice.points(index)
        image = self.images[place]
        if image is None:
            return points
        return points - image.plane.distance(points)[:, None] * image.plane.normal

    def flat(self, points: np.ndarray) -> np.ndarray:
        """Millimeters along i and j, shape (n, 2), of `points`, shape (n, 3) LPS mm."""
        return self.lattice.indices(points)[:, :2] * self.lattice.spacing[:2]

    def nearest(self, point: np.ndarray) -> ImageSlice | None:
        """The image within half a slice of `point`, shape (3,) LPS mm; None if there is none."""
        k = float(self.lattice.indices(point)[2])
        place = int(np.abs(self.heights - k).argmin())
        return self.images[place]

    def placeOn(self, points: np.ndarray, tolerance: float) -> int | None:
        """The place of the slice on which all of `points`, shape (n, 3) LPS mm, lie."""
        k = self.lattice.indices(points)[:, 2]
        place = int(np.abs(self.heights - k.mean()).argmin())
        image = self.images[place]
        off = (
            (k - self.heights[place]) * self.lattice.spacing[2]
            if image is None
            else image.plane.distance(points)
        )
        return place if np.abs(off).max() <= tolerance else None

    def volumes(self, loops: Loops) -> tuple[float, float]:
        """Volume in cm³ of what `loops` enclose on images, and the share of all that is on none."""
        thickness = np.gradient(self.heights) * self.lattice.spacing[2]
        volume = [0.0, 0.0]
        for place, ones in loops.items():
            volume[self.images[place] is None] += evenOddArea(ones) * float(thickness[place])
        total = sum(volume)
        return volume[0] / 1000, volume[1] / total if total else 0.0


def targetSlices(target: ImageSeries, points: np.ndarray) -> TargetSlices:
    """The slices of `target`, and planes as far apart as its slices up to beyond `points`, shape
    (n, 3), LPS mm in its frame, if there are any.

    Raises
        FrameOfReferenceError: they lie so far away that they cannot be of this patient.
    """
    middle = (target.lattice.size[2] - 1) / 2  # if there are no points
    k = target.lattice.indices(points)[:, 2] if len(points) else np.array([middle])
    known = dict(zip(target.sliceIndices.tolist(), target.slices, strict=True))
    inside = set(known)
    if target.spacing is not SliceSpacing.UNEVEN:
        inside |= set(range(target.lattice.size[2]))
    first, last = min(inside), max(inside)
    if max(first - k.min(), k.max() - last) > MOST_BEYOND:
        raise FrameOfReferenceError(
            f"expected structures within {MOST_BEYOND} slices of the {target.modality} series "
            f"{target.seriesInstanceUID}, found one from slice {k.min():.3g} to {k.max():.3g}"
        )
    below = first - np.arange(1, max(0, np.ceil(first - k.min())) + 2)
    above = last + np.arange(1, max(0, np.ceil(k.max() - last)) + 2)
    heights = np.sort(np.concatenate([below, list(inside), above]).astype(float))
    images = tuple(known.get(height) for height in heights.tolist())
    return TargetSlices(target.lattice, heights, images)
