"""Outlines of structures in another frame than their own, through deformations."""

from __future__ import annotations

from collections.abc import Callable

from IHERORegistrationLib.contourPlanes import planeStack, sliceSpacing
from IHERORegistrationLib.errors import MalformedObjectError
from IHERORegistrationLib.frames import Transform
from IHERORegistrationLib.pictures.structureOutlines import (
    Outline,
    outlineFromStructure,
    outlineFromSurface,
)
from IHERORegistrationLib.structures import Structure, StructureSet

from ..deformedSolid import SolidDeformer
from ..transformSteps import isDeformable

RESOLUTION = 2.0  # mm, of what is deformed
SMALLEST_SHARE = 0.0005  # of a volume that is told


def deformedOutlines(
    structureSet: StructureSet, wayFrom: Callable[[str], Transform]
) -> tuple[Outline, ...]:
    """Outlines of the structures that enclose something, in the frame to which `wayFrom` leads
    from theirs. What it does not define is cut off, which their names tell.
    """
    spacing = sliceSpacing(structureSet)
    ways = {one.frame: wayFrom(one.frame) for one in structureSet.structures}
    deformers = {frame: SolidDeformer(way) for frame, way in ways.items() if isDeformable(way)}
    found = []
    for one in structureSet.structures:
        if not any(contour.isClosed for contour in one.contours):
            continue
        try:
            if one.frame in deformers:
                found.append(_deformed(one, spacing, deformers[one.frame]))
            else:
                found.append(outlineFromStructure(one, spacing, ways[one.frame]))
        except MalformedObjectError:  # encloses no volume: there is no outline to draw
            continue
    return tuple(found)


def _deformed(structure: Structure, spacing: float | None, deformer: SolidDeformer) -> Outline:
    move = deformer.mover(f"ROI {structure.number}")
    moved = move(planeStack(structure, spacing), RESOLUTION)
    outline = outlineFromSurface(structure, moved.surface)
    if moved.undefined < SMALLEST_SHARE:
        return outline
    return Outline(f"{structure.name}, {_cutOff(moved.undefined)}", outline.color, outline.surface)


def _cutOff(share: float) -> str:
    if share > 1 - SMALLEST_SHARE:
        return "not defined"
    percent = 100 * share
    return f"{percent:.1f} % cut off" if percent < 10 else f"{min(percent, 99):.0f} % cut off"
