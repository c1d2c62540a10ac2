"""The ways to write one deformation: which matrices, which grid, which items in which order."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Matrices(StrEnum):
    """Where the rigid part is: BOTH has a matrix before and another one after the vectors; in
    BAKED_IN the vectors hold it and both matrices are identities, in NO_MATRICES there are none.
    """

    PRE = "PRE"
    POST = "POST"
    BOTH = "BOTH"
    BAKED_IN = "BAKED_IN"
    NO_MATRICES = "NO_MATRICES"


class Axes(StrEnum):
    """Along what the grid lies: the frame's axes, those of the registered images, or neither."""

    FRAME = "FRAME"
    IMAGES = "IMAGES"
    OBLIQUE = "OBLIQUE"


class Items(StrEnum):
    """The items of Deformable Registration Sequence in their order."""

    REGISTERED_FIRST = "REGISTERED_FIRST"
    SOURCE_FIRST = "SOURCE_FIRST"
    SOURCE_ONLY = "SOURCE_ONLY"


@dataclass(frozen=True)
class Encoding:
    """One way to write a deformation. `spacing` in mm along the grid's axes, for a small phantom.

    `isSmall`: the grid covers only the surroundings of the target, not all registered images.
    """

    name: str
    matrices: Matrices
    spacing: tuple[float, float, float]
    axes: Axes = Axes.FRAME
    items: Items = Items.REGISTERED_FIRST
    isSmall: bool = False


# fmt: off
ENCODINGS = (
    Encoding("drro",         Matrices.PRE,         (11, 11, 11)),
    Encoding("oblique",      Matrices.PRE,         (10, 11, 12),  Axes.OBLIQUE),
    Encoding("images",       Matrices.PRE,         (11.5, 10, 11), Axes.IMAGES),
    Encoding("anisotropic",  Matrices.PRE,         (8, 11.5, 14)),
    Encoding("source-first", Matrices.PRE,         (12, 11, 10),  items=Items.SOURCE_FIRST),
    Encoding("small-grid",   Matrices.PRE,         (5, 4.5, 6),   isSmall=True),
    Encoding("no-matrices",  Matrices.NO_MATRICES, (12, 10, 11)),
    Encoding("baked-in",     Matrices.BAKED_IN,    (11, 12, 10),  Axes.IMAGES),
    Encoding("post",         Matrices.POST,        (11, 10, 12),  Axes.OBLIQUE),
    Encoding("both",         Matrices.BOTH,        (10, 12, 11),  Axes.OBLIQUE),
    Encoding("one-item",     Matrices.PRE,         (12, 11, 11),  items=Items.SOURCE_ONLY),
)
# fmt: on
