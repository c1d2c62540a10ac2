"""What the grid of a Deformable Spatial Registration must satisfy (PS3.3 C.20.3.1).

Vectors are read slice by slice, once for all rows of a run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from pydicom import Dataset

from ..elements import itemsOf, textOf
from ..errors import MalformedObjectError
from ..geometry import SMALLEST_DETERMINANT, determinant
from ..gridElement import (
    VECTORS,
    axesOf,
    latticeOf,
    nodesOf,
    positionOf,
    resolutionOf,
    vectorByteCount,
    vectorSlabs,
)
from ..lattice import Lattice
from ..rules import Breach, Check, Place
from ..vectorContent import VECTOR_BYTES, VectorContent, vectorContent
from .deformableItems import POST, PRE, matrixIn, registeredItem
from .imageBoxes import ImageBox, boxesOverlap, imageBoxes, partBeyond
from .references import imagesAtHand

LONGEST_VECTOR = 100.0  # mm


def _readable(reading: Callable[[Dataset], object], keyword: str) -> Check:
    """`reading` makes a value of the grid; why not, is told at `keyword`."""

    def check(place: Place) -> Iterator[Breach]:
        try:
            reading(place.item)
        except MalformedObjectError as error:
            yield Breach(str(error), at=keyword)

    return check


unitAxes = _readable(axesOf, "ImageOrientationPatient")
position = _readable(positionOf, "ImagePositionPatient")
nodes = _readable(nodesOf, "GridDimensions")
resolution = _readable(resolutionOf, "GridResolution")


def exactLength(place: Place) -> Iterator[Breach]:
    """Vector Grid Data has 12 bytes for each node; silent where their number is unknown."""
    try:
        ni, nj, nk = nodesOf(place.item)
    except MalformedObjectError:
        return
    expected, found = ni * nj * nk * VECTOR_BYTES, vectorByteCount(place.item)
    if found != expected:
        shown = "no such attribute" if found is None else found
        yield Breach(f"expected {expected} bytes for {ni} × {nj} × {nk} nodes, found {shown}")


def wholeTriplets(place: Place) -> Iterator[Breach]:
    """Every node is finite or NaN in all three components."""
    for number, grid in enumerate(itemsOf(place.item, place.keyword), start=1):
        content = _content(place, grid)
        if content is None:
            continue
        at = f"{place.keyword}[{number}]/{VECTORS}"
        of = f"of {content.nodes} nodes"
        if content.partial:
            yield Breach(f"expected whole vectors, found {content.partial} {of} NaN in part", at)
        if content.infinite:
            yield Breach(f"expected finite vectors, found {content.infinite} {of} infinite", at)


def plausible(place: Place) -> Iterator[Breach]:
    """Vectors are short, the map does not fold, the grid lies on the registered images and leads
    to the source images at hand.
    """
    affine = _affine(place.item)
    for number, grid in enumerate(itemsOf(place.item, place.keyword), start=1):
        at = f"{place.keyword}[{number}]"
        content = _content(place, grid)
        if content is not None:
            yield from _vectorBreaches(content, affine is not None, f"{at}/{VECTORS}")
        lattice = _lattice(grid)
        if lattice is not None:
            yield from _overlaps(place, lattice, affine, content, at)


def _vectorBreaches(content: VectorContent, canFold: bool, at: str) -> Iterator[Breach]:
    if content.longest > LONGEST_VECTOR:
        yield Breach(
            f"expected vectors of at most {LONGEST_VECTOR:g} mm, found one of "
            f"{content.longest:.4g} mm (direction, unit or byte order may be wrong)",
            at=at,
        )
    if content.folded and canFold:
        defined = content.nodes - content.undefined
        yield Breach(
            f"expected a map that does not fold, found a Jacobian determinant of 0 or less at "
            f"{content.folded} of {defined} defined nodes, the least {content.smallest:.3g}",
            at=at,
        )


def _overlaps(
    place: Place,
    lattice: Lattice,
    affine: np.ndarray | None,
    content: VectorContent | None,
    at: str,
) -> Iterator[Breach]:
    """The box of the grid meets those of the images; of the source it is enough that it does so
    when moved by the mean vector.
    """
    grid = ImageBox.of(lattice)
    registered = _registeredBoxes(place)
    if registered and not any(boxesOverlap(grid, one) for one in registered):
        yield Breach("expected a grid on the registered images, found it beside them", at=at)
    source = imageBoxes(imagesAtHand(place.item, place.study))
    if affine is None or not source:
        return
    moved = [grid.through(affine)]
    if content is not None:
        shifted = affine.copy()
        shifted[:3, 3] += matrixIn(place.item, POST)[:3, :3] @ content.mean
        moved.append(grid.through(shifted))
    if not any(boxesOverlap(box, one) for box in moved for one in source):
        yield Breach("expected a grid that leads to the source images, found it beside them", at=at)


def coversImages(place: Place) -> Iterator[Breach]:
    """The grid covers the registered images at hand; what they lack is told in percent. Whether it
    covers a dose or structures, who carries them tells, for only some of those at hand are used.
    """
    for number, grid in enumerate(itemsOf(place.item, place.keyword), start=1):
        lattice = _lattice(grid)
        if lattice is None:
            continue
        for box in _registeredBoxes(place):
            beyond = partBeyond(box, lattice)
            if beyond > 0:
                yield Breach(
                    f"expected a grid that covers the registered images, found "
                    f"{max(100 * beyond, 0.01):.3g} % of their volume beyond it",
                    at=f"{place.keyword}[{number}]",
                )


def _registeredBoxes(place: Place) -> list[ImageBox]:
    """The registered images at hand: those that the item lists, else those of the object's frame
    apart from images made with the object.
    """
    key = "registered boxes"
    if key not in place.known:
        registered = registeredItem(place.dataset)
        images = imagesAtHand(registered[1], place.study) if registered else []
        frame = textOf(place.dataset, "FrameOfReferenceUID")
        if not images and frame:
            own = textOf(place.dataset, "SOPInstanceUID")
            images = [
                one
                for one in place.study.imagesInFrame.get(frame, ())
                if own not in _sourceInstances(one)
            ]
        place.known[key] = imageBoxes(images)
    return place.known[key]


def _sourceInstances(image: Dataset) -> set[str]:
    sources = itemsOf(image, "SourceInstanceSequence")
    return {textOf(one, "ReferencedSOPInstanceUID") for one in sources}


def _affine(item: Dataset) -> np.ndarray | None:
    """Both matrices of a registration item, post · pre, shape (4, 4); None where other rows say why
    there is none that could be inverted.
    """
    try:
        affine = matrixIn(item, POST) @ matrixIn(item, PRE)
    except MalformedObjectError:
        return None
    return affine if determinant(affine) > SMALLEST_DETERMINANT else None


def _lattice(grid: Dataset) -> Lattice | None:
    try:
        return latticeOf(grid)
    except MalformedObjectError:
        return None


def _content(place: Place, grid: Dataset) -> VectorContent | None:
    """What the vectors of a grid of the place's item hold; None where they are not to be looked at,
    or other rows say why they cannot be.
    """
    if not place.vectors:
        return None
    key = ("vectors", id(grid))
    if key not in place.known:
        lattice = _lattice(grid)
        linear = np.eye(3) if _affine(place.item) is None else matrixIn(place.item, PRE)[:3, :3]
        count = None if lattice is None else math.prod(lattice.size) * VECTOR_BYTES
        if lattice is None or vectorByteCount(grid) != count:
            place.known[key] = None
        else:
            slabs = vectorSlabs(grid, place.dataset)
            place.known[key] = vectorContent(slabs, lattice.ijkToLPS[:3, :3], linear)
    return place.known[key]
