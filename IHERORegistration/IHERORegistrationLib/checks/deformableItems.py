"""The items of a Deformable Spatial Registration by their roles, and conditions on them.

The registered item stands for the registered images and has no grid; the others, the sources, have
one. Roles come from grids and Frames of Reference, never from the order of items.
"""

from __future__ import annotations

import numpy as np
from pydicom import Dataset

from ..elements import itemsOf, textOf
from ..errors import MalformedObjectError
from ..rules import Place
from .registrations import matrixOf

ITEMS = "DeformableRegistrationSequence"
GRID = "DeformableRegistrationGridSequence"
PRE = "PreDeformationMatrixRegistrationSequence"
POST = "PostDeformationMatrixRegistrationSequence"
FRAME = "SourceFrameOfReferenceUID"
METHOD = "RegistrationTypeCodeSequence"

Numbered = tuple[int, Dataset]


def numberedItems(dataset: Dataset) -> list[Numbered]:
    """The items with their numbers, from 1."""
    return list(enumerate(itemsOf(dataset, ITEMS), start=1))


def gridded(dataset: Dataset) -> list[Numbered]:
    """The items that have a grid."""
    return [(number, item) for number, item in numberedItems(dataset) if itemsOf(item, GRID)]


def registeredItem(dataset: Dataset) -> Numbered | None:
    """The item that stands for the registered images; None where none does.

    The first without a grid in the object's own frame. Where no item lies there without one, of two
    items the one without a grid, or, where both have one, that of the object's frame.
    """
    items = numberedItems(dataset)
    frame = textOf(dataset, "FrameOfReferenceUID")
    bare = [one for one in items if not itemsOf(one[1], GRID)]
    own = [one for one in items if frame and textOf(one[1], FRAME) == frame]
    found = [one for one in bare if one in own]
    if not found and len(items) == 2:
        found = bare if len(bare) == 1 else own if len(own) == 1 else []
    return found[0] if found else None


def sourceItems(dataset: Dataset) -> list[Numbered]:
    """The items that are not the registered one."""
    registered = registeredItem(dataset)
    number = registered[0] if registered else 0
    return [one for one in numberedItems(dataset) if one[0] != number]


def isRegistered(place: Place) -> bool:
    """Whether the item of the place, or the one it lies in, is the registered one."""
    registered = registeredItem(place.dataset)
    return registered is not None and place.prefix.startswith(f"{ITEMS}[{registered[0]}]/")


def isSource(place: Place) -> bool:
    return not isRegistered(place)


def hasTwoItems(place: Place) -> bool:
    return len(itemsOf(place.dataset, ITEMS)) == 2


def matrixIn(item: Dataset, sequence: str) -> np.ndarray:
    """The matrix of a pre or post deformation sequence, shape (4, 4); the identity where the item
    has none.

    Raises
        MalformedObjectError: there are several, or not 16 finite numbers.
    """
    holders = itemsOf(item, sequence)
    if len(holders) > 1:
        raise MalformedObjectError(f"expected 1 item, found {len(holders)}")
    return matrixOf(holders[0]) if holders else np.eye(4)
