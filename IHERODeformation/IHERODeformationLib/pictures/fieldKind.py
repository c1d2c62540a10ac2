"""The ways to show what a deformation does to space."""

from __future__ import annotations

from enum import StrEnum

SCALE = 20.0  # mm, the displacement that gets the last color


class FieldKind(StrEnum):
    """What is drawn: arrows to where points go, a grid that goes there, the length of that in
    colors, or in colors what becomes of volume.
    """

    ARROWS = "arrows"
    GRID = "grid"
    MAGNITUDE = "magnitude"
    JACOBIAN = "jacobian"


DRAWN_IN_LINES = (FieldKind.ARROWS, FieldKind.GRID)  # what lies below is seen


class FieldPart(StrEnum):
    """Which displacements are shown: with the rigid motion in them, or without."""

    WHOLE = "whole"
    DEFORMATION = "deformation"
