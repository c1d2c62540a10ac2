"""A field of displacements over a slice of a viewer: colors that let the slice show through, and
lines. Nothing but what is seen is computed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from IHERORegistrationLib.geometry import inverted, mapped
from IHERORegistrationLib.lattice import Lattice
from IHERORegistrationLib.pictures.canvas import Color
from IHERORegistrationLib.pictures.slicePlanes import Plane, SlicePlane

from ..displacementGrid import PointStatus
from ..foldedSpace import jacobianDeterminant, mayFold
from ..mappedPoints import mappedThrough
from ..transformSteps import stepsOf
from .field import Field
from .fieldColors import (
    FOLDED,
    OUTSIDE,
    STRIPE,
    UNDEFINED,
    UNDEFINED_STRIPES,
    Colored,
    changeColors,
    lengthColors,
)
from .fieldDrawing import FOLDED_WEIGHT, GRID_COLOR, OUTSIDE_WEIGHT, UNDEFINED_WEIGHT
from .fieldKind import SCALE, FieldKind
from .fieldLines import Displacing, arrows, gridLines
from .raster import enlargedKnown, enlargedMask, pixelCenters

PIXELS = 2  # of a view for one of the colors, which are smoothed
COARSENESS = 2  # of the field, in pixels of the colors
PITCH = 8  # of those from stripe to stripe
BINS = 12  # colors of arrows
BLACK = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class FieldLook:
    """How a field is drawn: as `kind`, None only where it says nothing or folds, which is `marked`
    if asked for. Colors end at `scale` mm; arrows and lines stand `spacing` mm apart, arrows are
    `factor` times as long as displacements. `opacity` is that of colors, 0 to 1.
    """

    kind: FieldKind | None = None
    scale: float = SCALE
    spacing: float = 10.0
    factor: float = 1.0
    opacity: float = 0.7
    marked: bool = True


@dataclass(frozen=True, eq=False)
class Stroke:
    """Lines of one `color` and `width` in pixels, each of shape (n, 2), from the top left corner of
    a view; earlier strokes lie below.
    """

    lines: tuple[np.ndarray, ...]
    color: Color
    width: float
    opacity: float


@dataclass(frozen=True, eq=False)
class WithinImage:
    """Displacements in the voxels of `image` only."""

    field: Displacing
    image: Lattice

    def displacement(self, points: np.ndarray) -> np.ndarray:
        """Of `points`, shape (..., 3), LPS mm; NaN elsewhere."""
        inside = self.image.contains(points)[..., None]
        return np.where(inside, self.field.displacement(points), np.nan)


@dataclass(frozen=True, eq=False)
class SliceField:
    """`field` as views draw it slice by slice, in the voxels of `image`."""

    field: Field
    image: Lattice

    @cached_property
    def mayFold(self) -> bool:
        """False if it surely folds space nowhere."""
        return any(mayFold(step) for step in stepsOf(self.field.way))

    def colors(self, plane: SlicePlane, columns: int, rows: int, look: FieldLook) -> np.ndarray:
        """What covers `plane`, seen in so many pixels: red, green, blue and opacity, float32 of
        shape (rows, columns, 4) from 0 to 1, the top row first.
        """
        some = max(1, columns // COARSENESS), max(1, rows // COARSENESS)
        points = pixelCenters(plane, *some)
        there = mappedThrough(self.field.way, points)
        inside = self.image.contains(points)
        layer = np.zeros((rows, columns, 4), np.float32)
        needsChange = look.kind is FieldKind.JACOBIAN or (look.marked and self.mayFold)
        change = jacobianDeterminant(self.field.way, points) if needsChange else None
        if look.kind is FieldKind.MAGNITUDE:
            left = mapped(inverted(self.field.rigid), there.points) - points
            lengths = np.linalg.norm(left, axis=-1)
            colored = lengthColors(enlargedKnown(lengths, rows, columns), look.scale)
            cover(layer, colored, enlargedMask(~np.isnan(lengths), rows, columns), look.opacity)
        if look.kind is FieldKind.JACOBIAN and change is not None:
            colored = changeColors(enlargedKnown(change, rows, columns))
            cover(layer, colored, enlargedMask(~np.isnan(change), rows, columns), look.opacity)
        if look.marked:
            mark(layer, there.status, change)
        layer[~enlargedMask(inside, rows, columns)] = 0
        return layer

    def strokes(self, plane: SlicePlane, pixelSize: float, look: FieldLook) -> Iterator[Stroke]:
        """The lines on `plane`, whose pixels are `pixelSize` mm wide."""
        within = WithinImage(self.field, self.image)
        if look.kind is FieldKind.GRID:
            lines = tuple(gridLines(within, plane, pixelSize, look.spacing))
            yield Stroke(lines, BLACK, 3.0, 0.5)
            yield Stroke(lines, GRID_COLOR, 1.5, 0.9)
        if look.kind is FieldKind.ARROWS:
            yield from arrowStrokes(within, plane, pixelSize, look)


def arrowStrokes(
    field: Displacing, plane: SlicePlane, pixelSize: float, look: FieldLook
) -> Iterator[Stroke]:
    """Arrows with a dark rim, in the colors of their lengths."""
    found = arrows(field, plane, pixelSize, look.spacing, look.factor)
    if not found:
        return
    yield Stroke(tuple(line for one in found for line in one.lines), BLACK, 4.0, 0.6)
    lengths = np.array([one.length for one in found])
    bins = np.minimum(lengths / look.scale * BINS, BINS - 1).astype(int)
    for number in np.unique(bins):
        (color,), _ = lengthColors(np.array([number + 0.5]) / BINS, 1.0)
        some = (one for one, at in zip(found, bins, strict=True) if at == number)
        yield Stroke(tuple(line for one in some for line in one.lines), color, 2.0, 1.0)


def planeOfSlice(xyToLPS: np.ndarray, columns: int, rows: int) -> SlicePlane:
    """The plane of a viewer's slice: `xyToLPS`, shape (4, 4), takes pixels, x from the left and y
    from the lower edge, to LPS mm.
    """
    across, up = xyToLPS[:3, 0], xyToLPS[:3, 1]
    size = np.linalg.norm(across), np.linalg.norm(up)
    right, upward = across / size[0], up / size[1]
    normal = np.cross(right, upward)
    through = int(np.argmax(np.abs(normal)))
    center = mapped(xyToLPS, np.array([(columns - 1) / 2, (rows - 1) / 2, 0.0]))
    return SlicePlane(
        (Plane.SAGITTAL, Plane.CORONAL, Plane.AXIAL)[through],
        right=right,
        up=upward,
        center=center,
        width=float(size[0] * columns),
        height=float(size[1] * rows),
        offset=float(center @ normal * np.sign(normal[through])),
        tilt=float(np.degrees(np.arccos(np.clip(np.abs(normal[through]), 0, 1)))),
    )


def mark(layer: np.ndarray, status: np.ndarray, change: np.ndarray | None) -> None:
    """Say on `layer` where `status`, PointStatus, is not DEFINED, and where space is folded as far
    as `change`, the determinants, are known; both are coarser.
    """
    rows, columns, _ = layer.shape
    if change is not None:
        folded = enlargedMask(_grown(change <= 0), rows, columns)
        _fill(layer, FOLDED, folded, FOLDED_WEIGHT)
    undefined = enlargedMask(status == PointStatus.UNDEFINED, rows, columns)
    _fill(layer, UNDEFINED, undefined, UNDEFINED_WEIGHT)
    _fill(layer, UNDEFINED_STRIPES, undefined & _stripes(rows, columns, PITCH / 2), 0.95)
    outside = enlargedMask(status == PointStatus.OUTSIDE, rows, columns)
    _fill(layer, BLACK, outside, OUTSIDE_WEIGHT)
    _fill(layer, OUTSIDE, outside & _stripes(rows, columns, PITCH), 0.95)


@lru_cache(maxsize=8)  # the same for every slice of a view
def _stripes(rows: int, columns: int, pitch: float) -> np.ndarray:
    return (np.arange(rows)[:, None] + np.arange(columns)) % pitch / pitch < STRIPE


def cover(layer: np.ndarray, colored: Colored, where: np.ndarray, opacity: float) -> None:
    """Let `layer`, shape (rows, columns, 4), have those colors there."""
    colors, weights = colored
    np.copyto(layer[..., :3], colors, where=where[..., None])
    np.copyto(layer[..., 3], weights * opacity, where=where)


def _fill(layer: np.ndarray, color: Color, where: np.ndarray, weight: float) -> None:
    """One color over what is there already."""
    if not where.any():
        return
    below = layer[where]
    share = below[:, 3:] * (1 - weight)
    total = weight + share
    layer[where, :3] = (np.array(color, np.float32) * weight + below[:, :3] * share) / total
    layer[where, 3:] = total


def _grown(mask: np.ndarray) -> np.ndarray:
    """`mask` with each pixel grown, so that none is lost."""
    grown = mask.copy()
    grown[1:] |= mask[:-1]
    grown[:, 1:] |= grown[:, :-1].copy()
    return grown
