"""Points, open contours and closed ones that enclose nothing, carried point by point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .frames import Transform
from .images import ImageSeries
from .notes import Note
from .structures import Contour, GeometricType
from .targetSlices import targetSlices


@dataclass(frozen=True, eq=False)
class CarriedLines:
    """`undefined` is the share of points that the transform does not define, `outside` that of
    the other contours that lie on no image.
    """

    contours: tuple[Contour, ...] = ()
    undefined: float = 0.0
    outside: float = 0.0
    notes: tuple[Note, ...] = ()


NO_LINES = CarriedLines()


def carriedLines(
    drawn: Sequence[Contour], target: ImageSeries, transform: Transform, where: str
) -> CarriedLines:
    """`drawn`, at least one, by `transform` to the slices of `target`.

    Points where it gives NaN are left out: a line ends before and begins anew behind them.
    """
    lines: list[Contour] = []
    lost = 0
    for one in drawn:
        points = transform(one.points)
        lost += int(np.isnan(points).any(axis=-1).sum())
        isPoint = one.geometricType is GeometricType.POINT
        kind = GeometricType.POINT if isPoint else GeometricType.OPEN_NONPLANAR
        lines += [Contour(run, kind) for run in _definedRuns(points, 1 if isPoint else 2)]
    kept = _onImages(lines, target)
    undefined = lost / max(1, sum(len(one.points) for one in drawn))
    outside = 1 - len(kept) / len(lines) if lines else 0.0
    return CarriedLines(kept, undefined, outside, _notes(len(lines), kept, lost, where))


def _definedRuns(points: np.ndarray, least: int) -> list[np.ndarray]:
    """The stretches of `points`, shape (n, 3), without NaN that have at least `least` points."""
    known = ~np.isnan(points).any(axis=-1)
    starts = np.flatnonzero(np.diff(known)) + 1
    runs = np.split(points, starts)
    return [run for run in runs if len(run) >= least and not np.isnan(run).any()]


def _onImages(lines: Sequence[Contour], target: ImageSeries) -> tuple[Contour, ...]:
    if not lines:
        return ()
    slices = targetSlices(target, np.concatenate([one.points for one in lines]))
    kept = []
    for one in lines:
        image = slices.nearest(one.points.mean(axis=0))
        if image is not None:
            kept.append(Contour(one.points, one.geometricType, image.instance))
    return tuple(kept)


def _notes(lines: int, kept: Sequence[Contour], lost: int, where: str) -> tuple[Note, ...]:
    notes = []
    opened = sum(one.geometricType is GeometricType.OPEN_NONPLANAR for one in kept)
    if opened:
        found = f"{opened} contours that enclose nothing"
        done = "moved point by point, written as OPEN_NONPLANAR, which MMRO does not know"
        notes.append(Note("open contours", where, found, done, repaired=False))
    if lost:
        found = (
            f"{lost} points of contours that enclose nothing, where the registration is not defined"
        )
        notes.append(Note("undefined points", where, found, "left out", repaired=False))
    if len(kept) < lines:
        found = f"{lines - len(kept)} contours that enclose nothing, on no image"
        notes.append(Note("outside the images", where, found, "left out", repaired=False))
    return tuple(notes)
