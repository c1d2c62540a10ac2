"""What Spatial Registration objects must satisfy: items, frames, matrices, methods (PS3.3 C.20.2).

The registered item is the first one that names the object's own Frame of Reference, wherever it
stands; the others are moving.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from pydicom import Dataset

from ..codes import FRAME_OF_REFERENCE_IDENTITY
from ..decimalStrings import numbers
from ..elements import isEmpty, itemsOf, quoted, textOf
from ..errors import MalformedObjectError
from ..geometry import (
    IDENTITY_TOLERANCE,
    SMALLEST_DETERMINANT,
    MatrixType,
    isIdentity,
    matrixType,
    orthonormalityError,
)
from ..rules import Breach, Check, Place, Role

ITEMS = "RegistrationSequence"
MATRIX = "FrameOfReferenceTransformationMatrix"
LAST_ROW = np.array((0.0, 0.0, 0.0, 1.0))


def matrixOf(item: Dataset) -> np.ndarray:
    """The matrix in an item of Matrix Sequence, shape (4, 4).

    Raises
        MalformedObjectError: not 16 finite numbers.
    """
    values = numbers(item, MATRIX, "")
    if len(values) != 16:
        raise MalformedObjectError(f"expected 16 values, found {len(values)}")
    return values.reshape(4, 4)


def productOf(item: Dataset) -> np.ndarray:
    """The matrix of a registration item, shape (4, 4), its matrices taken together, the first one
    first.

    Raises
        MalformedObjectError: it has none, or one cannot be read.
    """
    holders = [
        holder
        for group in itemsOf(item, "MatrixRegistrationSequence")
        for holder in itemsOf(group, "MatrixSequence")
    ]
    if not holders:
        raise MalformedObjectError("expected a matrix, found none")
    product = np.eye(4)
    for holder in holders:
        product = matrixOf(holder) @ product
    return product


def registeredNumber(dataset: Dataset) -> int:
    """Number, from 1, of the item that names the object's Frame of Reference; 0 if none does."""
    frame = textOf(dataset, "FrameOfReferenceUID")
    for number, item in enumerate(itemsOf(dataset, ITEMS), start=1):
        if frame and textOf(item, "FrameOfReferenceUID") == frame:
            return number
    return 0


def movingItems(dataset: Dataset) -> list[tuple[int, Dataset]]:
    """The items other than the registered one, with their numbers."""
    registered = registeredNumber(dataset)
    numbered = enumerate(itemsOf(dataset, ITEMS), start=1)
    return [(number, item) for number, item in numbered if number != registered]


# Conditions


def hasMatrix(place: Place) -> bool:
    """Whether 16 finite numbers can be read."""
    return _reads(matrixOf, place.item)


def isRegisteredItem(place: Place) -> bool:
    if not namesRegisteredFrame(place):
        return False
    number = registeredNumber(place.dataset)
    return place.prefix == f"{ITEMS}[{number}]/"


def namesRegisteredFrame(place: Place) -> bool:
    frame = textOf(place.dataset, "FrameOfReferenceUID")
    return bool(frame) and textOf(place.item, "FrameOfReferenceUID") == frame


def isMovingItem(place: Place) -> bool:
    return not isRegisteredItem(place)


def isDeclaredRigid(place: Place) -> bool:
    return hasMatrix(place) and textOf(place.item, f"{MATRIX}Type") == MatrixType.RIGID


def _reads(reading: Callable[[Dataset], np.ndarray], item: Dataset) -> bool:
    try:
        reading(item)
    except MalformedObjectError:
        return False
    return True


# Checks


def someFrameOrImages(place: Place) -> Iterator[Breach]:
    """There is an item, and each names a Frame of Reference or images."""
    found = itemsOf(place.item, place.keyword)
    if not found:
        yield Breach("expected 1 or more item(s), found 0")
    for number, item in enumerate(found, start=1):
        if isEmpty(item, "FrameOfReferenceUID") and not itemsOf(item, "ReferencedImageSequence"):
            yield Breach(
                "expected a Frame of Reference UID or images, found neither",
                at=f"{place.keyword}[{number}]",
            )


def matricesAndTypes(place: Place) -> Iterator[Breach]:
    """Matrix Sequence has an item, and each 16 finite numbers and a known type."""
    found = itemsOf(place.item, place.keyword)
    if not found:
        yield Breach("expected 1 or more item(s), found 0")
    for number, item in enumerate(found, start=1):
        at = f"{place.keyword}[{number}]/{MATRIX}"
        try:
            matrixOf(item)
        except MalformedObjectError as error:
            yield Breach(str(error), at=at)
        declared = textOf(item, f"{MATRIX}Type")
        if declared not in list(MatrixType):
            shown = quoted(declared) if declared else "no value"
            yield Breach(f"expected {' or '.join(MatrixType)}, found {shown}", at=f"{at}Type")


def affineLastRow(place: Place) -> Iterator[Breach]:
    """The last row is 0 0 0 1; a consumer tolerates 1e-6."""
    row = matrixOf(place.item)[3]
    allowed = IDENTITY_TOLERANCE if place.role is Role.CONSUMER else 0.0
    if not np.abs(row - LAST_ROW).max() <= allowed:
        shown = " ".join(f"{value:g}" for value in row)
        yield Breach(f"expected the last row 0 0 0 1, found {shown}")


def sixteenValuesAndLastRow(place: Place) -> Iterator[Breach]:
    try:
        matrixOf(place.item)
    except MalformedObjectError as error:
        yield Breach(str(error))
        return
    yield from affineLastRow(place)


def ofDeclaredType(place: Place) -> Iterator[Breach]:
    """The matrix is of its declared type or a narrower one; a mirror or singular one is grave."""
    matrix = matrixOf(place.item)
    determinant = float(np.linalg.det(matrix[:3, :3]))
    if not determinant > SMALLEST_DETERMINANT:
        kind = "mirrors" if determinant < -SMALLEST_DETERMINANT else "is singular"
        yield Breach(
            f"expected an invertible matrix that mirrors nothing, found one that {kind} "
            f"(determinant {determinant:.6g})",
            grave=True,
        )
        return
    declared = textOf(place.item, f"{MATRIX}Type")
    order = list(MatrixType)
    actual = matrixType(matrix)
    if declared in order and order.index(actual) > order.index(MatrixType(declared)):
        error = orthonormalityError(matrix)
        yield Breach(
            f"expected a matrix of type {declared}, found one of type {actual} "
            f"(elements of AᵀA - I up to {error:.3g})"
        )


def identityMatrix(exact: bool) -> Check:
    """The item's matrix is the identity, within 1e-6; for producers of `exact` rows, exactly."""

    def check(place: Place) -> Iterator[Breach]:
        if not _reads(productOf, place.item):
            return
        product = productOf(place.item)
        allowed = 0.0 if exact and place.role is Role.PRODUCER else IDENTITY_TOLERANCE
        if not isIdentity(product, allowed):
            error = float(np.abs(product - np.eye(4)).max())
            yield Breach(f"expected the identity, found elements that differ by up to {error:.6g}")

    return check


def registeredItemFirst(place: Place) -> Iterator[Breach]:
    """Item 1 names the object's Frame of Reference; that no item does is grave."""
    count = len(itemsOf(place.item, place.keyword))
    number = registeredNumber(place.dataset)
    if count and number == 0:
        yield Breach(
            "expected an item with the object's Frame of Reference UID, found none",
            at=f"{place.keyword}[1]/FrameOfReferenceUID",
            grave=True,
        )
    elif number > 1:
        yield Breach(
            f"expected the item of the registered frame first, found it as item {number}",
            at=f"{place.keyword}[{number}]/FrameOfReferenceUID",
        )


def otherFrames(place: Place) -> Iterator[Breach]:
    """Each moving item names a Frame of Reference other than the object's."""
    own = textOf(place.dataset, "FrameOfReferenceUID")
    for number, item in movingItems(place.dataset):
        frame = textOf(item, "FrameOfReferenceUID")
        at = f"{place.keyword}[{number}]/FrameOfReferenceUID"
        if not frame:
            yield Breach("expected the Frame of Reference UID of what is moved, found none", at=at)
        elif frame == own:
            yield Breach("expected another frame than the registered one, found it again", at=at)


def methodInItsPlace(place: Place) -> Iterator[Breach]:
    """Registration Type Code Sequence lies in Matrix Registration Sequence, with at most 1 item."""
    keyword = "RegistrationTypeCodeSequence"
    if keyword in place.item:
        yield Breach(
            "expected it in Matrix Registration Sequence, found it one level up", at=keyword
        )
        return
    for number, group in enumerate(itemsOf(place.item, place.keyword), start=1):
        at = f"{place.keyword}[{number}]/{keyword}"
        if keyword not in group:
            yield Breach("expected the attribute, empty or not, found none", at=at)
        elif len(itemsOf(group, keyword)) > 1:
            count = len(itemsOf(group, keyword))
            yield Breach(f"expected at most 1 item, found {count}", at=at)


def identityCode(place: Place) -> Iterator[Breach]:
    """The method is 125021, Frame of Reference Identity."""
    wanted = FRAME_OF_REFERENCE_IDENTITY
    for number, group in enumerate(itemsOf(place.item, place.keyword), start=1):
        at = f"{place.keyword}[{number}]/RegistrationTypeCodeSequence"
        codes = itemsOf(group, "RegistrationTypeCodeSequence")
        value = textOf(codes[0], "CodeValue") if codes else ""
        scheme = textOf(codes[0], "CodingSchemeDesignator") if codes else ""
        if (value, scheme) != (wanted.value, wanted.scheme):
            found = quoted(f"{value} {scheme}") if value else "no code"
            yield Breach(
                f"expected {wanted.value} {wanted.scheme} ({wanted.meaning}), found {found}", at=at
            )


def methodRecorded(place: Place) -> Iterator[Breach]:
    """A method code has a value."""
    for number, group in enumerate(itemsOf(place.item, place.keyword), start=1):
        codes = itemsOf(group, "RegistrationTypeCodeSequence")
        if not codes or isEmpty(codes[0], "CodeValue"):
            yield Breach(
                "expected the method of registration, found none",
                at=f"{place.keyword}[{number}]/RegistrationTypeCodeSequence",
            )
