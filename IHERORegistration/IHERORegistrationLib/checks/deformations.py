"""What Deformable Spatial Registrations must satisfy beside their grids (PS3.3 C.20.3, DRRO)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from pydicom import Dataset

from ..codes import (
    FIDUCIAL_ALIGNMENT,
    FRAME_OF_REFERENCE_IDENTITY,
    IMAGE_AND_FIDUCIAL_ALIGNMENT,
    IMAGE_CONTENT_ALIGNMENT,
    Code,
)
from ..elements import isEmpty, itemsOf, quoted, textOf
from ..errors import MalformedObjectError
from ..geometry import MatrixType, isIdentity
from ..rules import Breach, Check, Place, Role
from .deformableItems import (
    FRAME,
    GRID,
    ITEMS,
    METHOD,
    POST,
    PRE,
    gridded,
    matrixIn,
    numberedItems,
    registeredItem,
)
from .references import IMAGES, imagesAtHand, uidOf, wholeSeries
from .registrations import MATRIX, affineLastRow, matrixOf

METHODS = (FIDUCIAL_ALIGNMENT, IMAGE_CONTENT_ALIGNMENT, IMAGE_AND_FIDUCIAL_ALIGNMENT)


def someGrid(place: Place) -> Iterator[Breach]:
    """An item has a grid, and none has two."""
    if not gridded(place.dataset):
        count = len(itemsOf(place.dataset, ITEMS))
        yield Breach(f"expected an item with a grid, found none in {count} item(s)", at=ITEMS)
    for number, item in gridded(place.dataset):
        count = len(itemsOf(item, GRID))
        if count > 1:
            yield Breach(f"expected 1 grid, found {count}", at=f"{ITEMS}[{number}]/{GRID}")


def notEmpty(place: Place) -> Iterator[Breach]:
    """The sequence has items, or is not there."""
    if place.keyword in place.item and not itemsOf(place.item, place.keyword):
        yield Breach("expected 1 or more item(s) or no sequence, found an empty one")


def oneMatrixAtMost(place: Place) -> Iterator[Breach]:
    """At most one item, with 16 finite numbers of which the last row is 0 0 0 1."""
    holders = itemsOf(place.item, place.keyword)
    if len(holders) > 1:
        yield Breach(f"expected 0 to 1 item(s), found {len(holders)}")
    for number, holder in enumerate(holders, start=1):
        at = f"{place.keyword}[{number}]/{MATRIX}"
        try:
            matrixOf(holder)
        except MalformedObjectError as error:
            yield Breach(str(error), at=at)
            continue
        inner = Place(holder, MATRIX, "", place.dataset, place.study, place.role)
        yield from (Breach(one.message, at=at) for one in affineLastRow(inner))


def knownMatrixType(place: Place) -> Iterator[Breach]:
    """Each matrix says that it is RIGID, RIGID_SCALE or AFFINE."""
    for number, holder in enumerate(itemsOf(place.item, place.keyword), start=1):
        declared = textOf(holder, f"{MATRIX}Type")
        if declared not in list(MatrixType):
            shown = quoted(declared) if declared else "no value"
            yield Breach(
                f"expected {' or '.join(MatrixType)}, found {shown}",
                at=f"{place.keyword}[{number}]/{MATRIX}Type",
            )


def methodInItem(place: Place) -> Iterator[Breach]:
    """The sequence is there, perhaps empty, directly in the registration item (type 2)."""
    if place.keyword not in place.item:
        elsewhere = [path for _, path in _methods(place.item)]
        found = f"it as {elsewhere[0]}" if elsewhere else "none"
        yield Breach(f"expected the attribute, empty or not, found {found}")
    elif len(itemsOf(place.item, place.keyword)) > 1:
        count = len(itemsOf(place.item, place.keyword))
        yield Breach(f"expected at most 1 item, found {count}")


def _methods(item: Dataset) -> list[tuple[Dataset, str]]:
    """What may hold the code of the registration type, with its path: the item of its sequence,
    and the places where it was met instead.
    """
    found = [(one, METHOD) for one in itemsOf(item, METHOD)]
    for keyword in (PRE, POST, "MatrixRegistrationSequence"):
        for holder in itemsOf(item, keyword):
            found += [(one, f"{keyword}[1]/{METHOD}") for one in itemsOf(holder, METHOD)]
    if not isEmpty(item, "CodeValue"):
        found.append((item, "CodeValue"))
    return found


def methodOneOf(*codes: Code) -> Check:
    """The method of registration is one of `codes`; a producer gives it its meaning as well."""

    def check(place: Place) -> Iterator[Breach]:
        allowed = {(one.value, one.scheme): one.meaning for one in codes}
        expected = " or ".join(f"{one.value} {one.scheme}" for one in codes)
        found = [one for one, _ in _methods(place.item) if not isEmpty(one, "CodeValue")]
        if not found:
            yield Breach(f"expected {expected}, found no code")
            return
        value, scheme = textOf(found[0], "CodeValue"), textOf(found[0], "CodingSchemeDesignator")
        if (value, scheme) not in allowed:
            yield Breach(f"expected {expected}, found {quoted(f'{value} {scheme}'.strip())}")
        elif place.role is Role.PRODUCER:
            meaning = textOf(found[0], "CodeMeaning")
            if meaning != allowed[value, scheme]:
                yield Breach(
                    f"expected the meaning {allowed[value, scheme]}, found {quoted(meaning)}"
                )

    return check


identityMethod = methodOneOf(FRAME_OF_REFERENCE_IDENTITY)
deformableMethod = methodOneOf(*METHODS)


def namesRegisteredImages(place: Place) -> Iterator[Breach]:
    """The object's frame is that of one of its items and of its registered images.

    A single item is the source's; that another lacks is a row of its own.
    """
    own = textOf(place.item, place.keyword)
    if not own:
        yield Breach("expected the Frame of Reference UID of the registered images, found none")
        return
    frames = [textOf(item, FRAME) for _, item in numberedItems(place.dataset)]
    if own not in frames and (len(frames) > 1 or place.role is Role.PRODUCER):
        yield Breach(f"expected the frame of one of the items, found {own}")
    registered = registeredItem(place.dataset)
    if registered is not None and place.role is Role.PRODUCER:
        other = _otherFrame(imagesAtHand(registered[1], place.study), own)
        if other:
            yield Breach(f"expected the frame of the registered images, {other}, found {own}")


def _otherFrame(images: Iterable[Dataset], own: str) -> str:
    """Where some of `images` lie that do not lie in frame `own`; empty if there are none such."""
    others = {textOf(one, "FrameOfReferenceUID") or "none" for one in images} - {own}
    return min(others, default="")


def twoItems(place: Place) -> Iterator[Breach]:
    """A registered and a source item. Grave: no item with a grid, or several of one frame."""
    count = len(itemsOf(place.item, place.keyword))
    if count == 2:
        return
    frames = [textOf(item, FRAME) for _, item in gridded(place.dataset)]
    unclear = not frames or len(set(frames)) < len(frames) or "" in frames
    yield Breach(f"expected 2 item(s), found {count}", grave=unclear)


def oneItemWithGrid(place: Place) -> Iterator[Breach]:
    """Of the two items one has a grid."""
    count = len(gridded(place.dataset))
    if count != 1:
        yield Breach(f"expected a grid in one of the two items, found it in {count}")


def frameOfObject(place: Place) -> Iterator[Breach]:
    """The registered item names the object's frame."""
    own, frame = textOf(place.item, place.keyword), textOf(place.dataset, "FrameOfReferenceUID")
    if own != frame or not own:
        yield Breach(f"expected the object's frame, {frame or 'none'}, found {own or 'none'}")


def frameOfItsImages(place: Place) -> Iterator[Breach]:
    """A frame is named, that of the item's images at hand."""
    own = textOf(place.item, place.keyword)
    if not own:
        yield Breach("expected the Frame of Reference UID of the source, found none")
        return
    other = _otherFrame(imagesAtHand(place.item, place.study), own)
    if other:
        yield Breach(f"expected the frame of the item's images, {other}, found {own}")


def wholeSeriesListed(place: Place) -> Iterator[Breach]:
    """The item lists every image of one series of its frame. Slight: no list, so the whole frame
    is meant; grave: images of another frame.
    """
    if IMAGES not in place.item:
        yield Breach("expected the images that the item is about, found no list", slight=True)
        return
    listed = itemsOf(place.item, IMAGES)
    if not listed:
        yield Breach("expected the images that the item is about, found an empty list")
        return
    images = imagesAtHand(place.item, place.study)
    own = textOf(place.item, FRAME)
    other = _otherFrame(images, own)
    if other:
        yield Breach(f"expected images in frame {own}, found some in {other}", grave=True)
    series = {textOf(one, "SeriesInstanceUID") for one in images}
    if len(series) > 1:
        yield Breach(f"expected images of one series, found {len(series)} series")
    yield from wholeSeries(place)
    yield from _asInReferences(place, {uidOf(one) for one in listed})


def _asInReferences(place: Place, listed: set[str]) -> Iterator[Breach]:
    """The series that the object lists elsewhere hold no image more."""
    branches = (
        place.dataset,
        *itemsOf(place.dataset, "StudiesContainingOtherReferencedInstancesSequence"),
    )
    for branch in branches:
        for series in itemsOf(branch, "ReferencedSeriesSequence"):
            known = {uidOf(one) for one in itemsOf(series, "ReferencedInstanceSequence")}
            if listed & known and known - listed:
                yield Breach(
                    f"expected the whole series, found {len(listed & known)} of the {len(known)} "
                    "images that the object refers to"
                )


def noMatrix(place: Place) -> Iterator[Breach]:
    """The registered item has no matrix. Grave: one that is not the identity."""
    if place.keyword not in place.item:
        return
    grave = not isIdentity(matrixIn(place.item, place.keyword))
    if itemsOf(place.item, place.keyword) or place.role is Role.PRODUCER:
        found = "a matrix" if grave else "the identity"
        yield Breach(f"expected no matrix in the registered item, found {found}", grave=grave)


def identityIfAny(place: Place) -> Iterator[Breach]:
    """The matrix is the identity within 1e-6, or absent: both readings of what DRRO prints."""
    try:
        matrix = matrixIn(place.item, place.keyword)
    except MalformedObjectError:
        return  # a row of its own
    if not isIdentity(matrix):
        error = float(np.abs(matrix - np.eye(4)).max())
        yield Breach(f"expected the identity, found elements that differ by up to {error:.6g}")


def isRigidOrDegenerate(place: Place) -> bool:
    """Whether the matrix says that it is rigid, or mirrors, or cannot be inverted."""
    try:
        matrix = matrixOf(place.item)
    except MalformedObjectError:
        return False
    declared = textOf(place.item, f"{MATRIX}Type")
    return declared == MatrixType.RIGID or bool(np.linalg.det(matrix[:3, :3]) < 1e-6)


def oneGrid(place: Place) -> Iterator[Breach]:
    """A source has one grid."""
    count = len(itemsOf(place.item, place.keyword))
    if count != 1:
        yield Breach(f"expected 1 item(s), found {count}")


def noGrid(place: Place) -> Iterator[Breach]:
    """The registered item has no grid; an empty sequence is nothing to a consumer."""
    count = len(itemsOf(place.item, place.keyword))
    if count or (place.keyword in place.item and place.role is Role.PRODUCER):
        yield Breach(f"expected no grid in the registered item, found {count} item(s)")
