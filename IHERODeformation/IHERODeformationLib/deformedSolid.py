"""What contours enclose, taken to another frame by transforms with grids."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from IHERORegistrationLib.carriedStructure import MovedSolid, SolidMover
from IHERORegistrationLib.closedSurface import SampledSolid, solidFromStack
from IHERORegistrationLib.contourPlanes import PlaneStack
from IHERORegistrationLib.frames import Transform
from IHERORegistrationLib.notes import Note
from IHERORegistrationLib.sentences import percentage

from .bentSurface import bentSurface
from .definedSolid import definedSurface, isDefined
from .displacementGrid import DisplacementGrid, PointStatus
from .foldedSpace import jacobianDeterminant
from .mappedPoints import mappedThrough
from .transformSteps import deformationsOf

PROBED = 0.8  # voxels of the finest grid between probes: none of its nodes is missed
MOST_LOOKED_AT = 20_000  # vertices of a surface where folding is looked for


@dataclass(frozen=True, eq=False)
class SolidDeformer:
    """Moves solids by `transform`, which has a grid. What it does not define is cut off; space
    that it folds is told.
    """

    transform: Transform

    def mover(self, where: str) -> SolidMover:
        """The same as a function; its notes are about `where`."""

        def moved(stack: PlaneStack, resolution: float) -> MovedSolid:
            return self._moved(solidFromStack(stack, resolution, self._step), where)

        return moved

    def _moved(self, solid: SampledSolid, where: str) -> MovedSolid:
        whole = solid.surface
        part, lost = whole, self._lost(solid, whole.vertices)
        if len(lost):
            part = definedSurface(solid, self.transform, self._detail)
        surface = bentSurface(part, self.transform)
        growth = surface.volume / part.volume if part.volume else 1.0
        undefined = min(1.0, max(0.0, 1 - part.volume / whole.volume))
        notes = self._undefinedNotes(undefined, lost, where)
        notes += self._foldingNotes(part.vertices, where)
        return MovedSolid(surface, growth, undefined, notes)

    @cached_property
    def _grids(self) -> tuple[DisplacementGrid, ...]:
        return tuple(one.grid for one in deformationsOf(self.transform))

    @cached_property
    def _step(self) -> float:
        return PROBED * min(float(grid.lattice.spacing.min()) for grid in self._grids)

    @property
    def _detail(self) -> float:
        """The mm that no part is thinner than which is defined or is not."""
        if self._hasHoles:
            return self._step
        lattices = [grid.lattice for grid in self._grids]
        return min(float((np.array(one.size) * one.spacing).min()) for one in lattices) / 2

    @cached_property
    def _hasHoles(self) -> bool:
        return any(grid.undefinedNodes.any() for grid in self._grids)

    def _lost(self, solid: SampledSolid, vertices: np.ndarray) -> np.ndarray:
        """Points of `solid`, shape (n, 3), that the transform does not define; some if there are
        any. Without holes in a grid that is known from the `vertices` of the surface: grids are
        convex.
        """
        points = vertices
        if self._hasHoles:
            probes = _coarser(solid, max(1, int(self._step / solid.pixel)))
            inside = np.argwhere(probes.field < 0)[:, ::-1].astype(float)
            points = np.concatenate([vertices, probes.points(inside)])
        return points[~isDefined(self.transform, points)]

    def _undefinedNotes(self, undefined: float, lost: np.ndarray, where: str) -> tuple[Note, ...]:
        if not undefined:
            return ()
        status = mappedThrough(self.transform, lost).status
        reasons = {
            PointStatus.OUTSIDE: "outside the grid",
            PointStatus.UNDEFINED: "where the registration says nothing",
        }
        why = " or ".join(said for kind, said in reasons.items() if np.any(status == kind))
        done = "cut off, outlines closed along the border"
        found = f"{percentage(undefined)} of the volume {why}"
        return (Note("undefined space", where, found, done, repaired=False),)

    def _foldingNotes(self, vertices: np.ndarray, where: str) -> tuple[Note, ...]:
        some = vertices[:: len(vertices) // MOST_LOOKED_AT + 1]
        folded = np.count_nonzero(jacobianDeterminant(self.transform, some) <= 0)
        if not folded:
            return ()
        found = (
            f"{percentage(folded / len(some))} of the surface where the registration folds space"
        )
        return (Note("folded space", where, found, "outlines there may cross", repaired=False),)


def _coarser(solid: SampledSolid, step: int) -> SampledSolid:
    """Every `step`th sample of each plane."""
    return replace(solid, field=solid.field[:, ::step, ::step], pixel=solid.pixel * step)
