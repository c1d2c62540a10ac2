"""What contours enclose, taken to another frame by transforms with grids."""

from __future__ import annotations

import numpy as np

from IHERORegistrationLib.carriedStructure import MovedSolid, SolidMover
from IHERORegistrationLib.closedSurface import SampledSolid, solidFromStack
from IHERORegistrationLib.contourPlanes import PlaneStack
from IHERORegistrationLib.frames import Transform
from IHERORegistrationLib.notes import Note

from .bentSurface import bentSurface
from .definedSolid import coarser, definedSurface, isDefined
from .deformation import DeformableTransform
from .displacementGrid import PointStatus
from .mappedPoints import mappedThrough, stepsOf
from .numericalInverse import NumericalInverse

PROBED = 0.8  # voxels of the finest grid between probes: none of its nodes is missed


def solidMover(transform: Transform, where: str) -> SolidMover:
    """Moves the solids of `where` by `transform`, which has a grid. What it does not define is
    cut off; space that it folds is told.
    """
    detail = PROBED * _finestVoxel(transform)

    def moved(stack: PlaneStack, resolution: float) -> MovedSolid:
        solid = solidFromStack(stack, resolution, between=detail)
        whole = solid.surface
        probes = coarser(solid, max(1, int(detail / solid.pixel)))
        there = _mappedInside(probes, transform)
        part = whole
        missing = np.isnan(there[probes.field < 0]).any()
        if missing or not isDefined(transform, whole.vertices).all():
            part = definedSurface(solid, transform)
        surface = bentSurface(part, transform)
        growth = surface.volume / part.volume if part.volume else 1.0
        undefined = min(1.0, max(0.0, 1 - part.volume / whole.volume))
        lost = probes.points(_insideOf(probes)[np.isnan(there[probes.field < 0]).any(axis=-1)])
        notes = _undefinedNotes(undefined, mappedThrough(transform, lost).status, where)
        return MovedSolid(surface, growth, undefined, (*notes, *_foldingNotes(there, where)))

    return moved


def _finestVoxel(transform: Transform) -> float:
    """Smallest distance of nodes, in mm, of all grids in `transform`."""
    forward = [
        step.forward if isinstance(step, NumericalInverse) else step for step in stepsOf(transform)
    ]
    return min(
        float(step.grid.lattice.spacing.min())
        for step in forward
        if isinstance(step, DeformableTransform)
    )


def _mappedInside(probes: SampledSolid, transform: Transform) -> np.ndarray:
    """Where the samples inside go, shape (nk, nj, ni, 3); NaN for those outside."""
    there = np.full((*probes.field.shape, 3), np.nan)
    there[probes.field < 0] = transform(probes.points(_insideOf(probes)))
    return there


def _insideOf(probes: SampledSolid) -> np.ndarray:
    """Indices i, j, k of the samples inside, shape (n, 3), in the order of the array."""
    return np.argwhere(probes.field < 0)[:, ::-1].astype(float)


def _undefinedNotes(undefined: float, status: np.ndarray, where: str) -> tuple[Note, ...]:
    """What is said of the share `undefined` of a volume; `status` is that of its samples."""
    if not undefined:
        return ()
    reasons = {
        PointStatus.OUTSIDE: "outside the grid",
        PointStatus.UNDEFINED: "where the registration says nothing",
    }
    why = " or ".join(said for kind, said in reasons.items() if np.any(status == kind))
    found = f"{undefined:.1%} of the volume {why or 'not defined by the registration'}"
    done = "cut off, outlines closed along the border"
    return (Note("UndefinedSpace", where, found, done, repaired=False),)


def _foldingNotes(there: np.ndarray, where: str) -> tuple[Note, ...]:
    """A note if cells of samples, mapped to `there`, shape (nk, nj, ni, 3), are turned over."""
    corner = there[:-1, :-1, :-1]
    x, y, z = (
        step - corner for step in (there[:-1, :-1, 1:], there[:-1, 1:, :-1], there[1:, :-1, :-1])
    )
    volumes = np.sum(np.cross(x, y) * z, axis=-1)
    volumes = volumes[~np.isnan(volumes)]
    if not len(volumes):
        return ()
    share = float(np.mean(volumes * np.sign(np.median(volumes)) <= 0))
    if not share:
        return ()
    found = f"{share:.1%} of the volume where the registration folds space"
    return (Note("FoldedSpace", where, found, "outlines there cross", repaired=False),)
