"""What Spatial Fiducials objects must satisfy (PS3.3 C.21.2)."""

from __future__ import annotations

from collections.abc import Iterator

from pydicom.uid import SpatialRegistrationStorage

from ..decimalStrings import decimalStrings, numbers
from ..elements import integersOf, isEmpty, itemsOf, textOf
from ..errors import MalformedObjectError
from ..rules import Breach, Place

LONGEST_SHORT_VALUE = 65534  # bytes that explicit VR can declare for a decimal string

# Points a shape needs: fewest and most; 0 for no upper bound (PS3.3 C.21.2.1.2)
POINTS = {
    "POINT": (1, 1),
    "LINE": (2, 2),
    "PLANE": (3, 3),
    "SURFACE": (3, 0),
    "RULER": (2, 0),
    "L_SHAPE": (3, 3),
    "T_SHAPE": (3, 3),
    "SHAPE": (2, 0),
}


def frameOrImages(place: Place) -> Iterator[Breach]:
    """A set names a frame or images; its fiducials have Contour Data exactly if it is a frame."""
    for number, one in enumerate(itemsOf(place.item, place.keyword), start=1):
        at = f"{place.keyword}[{number}]"
        hasFrame = not isEmpty(one, "FrameOfReferenceUID")
        if not hasFrame and not itemsOf(one, "ReferencedImageSequence"):
            yield Breach("expected a Frame of Reference UID or images, found neither", at=at)
        for count, fiducial in enumerate(itemsOf(one, "FiducialSequence"), start=1):
            if ("ContourData" in fiducial) != hasFrame:
                expected = "Contour Data" if hasFrame else "no Contour Data without a frame"
                found = "none" if hasFrame else "some"
                yield Breach(
                    f"expected {expected}, found {found}",
                    at=f"{at}/FiducialSequence[{count}]/ContourData",
                )


def pointsOfItsShape(place: Place) -> Iterator[Breach]:
    """Number of Contour Points is that of the triplets, and as many as the shape needs."""
    shape = textOf(place.item, "ShapeType")
    values = numbers(place.item, place.keyword, "")
    triplets = len(values) // 3
    if len(values) % 3:
        yield Breach(f"expected triplets, found {len(values)} values")
    stated = integersOf(place.item, "NumberOfContourPoints")
    if stated != (triplets,):
        found = str(stated[0]) if stated else "none"
        yield Breach(f"expected {triplets}, found {found}", at="NumberOfContourPoints")
    if shape not in POINTS:
        raise MalformedObjectError(f"expected a shape, found {shape[:20]!r}")
    low, high = POINTS[shape]
    if triplets < low or (high and triplets > high):
        expected = f"{low}" if high else f"{low} or more"
        yield Breach(f"expected {expected} point(s) for {shape}, found {triplets}")


def identifiersUnique(place: Place) -> Iterator[Breach]:
    """Identifiers are unique in the set; a fiducial has a UID where a registration uses the set."""
    first: dict[str, int] = {}
    used = _isUsed(place)
    for number, fiducial in enumerate(itemsOf(place.item, place.keyword), start=1):
        at = f"{place.keyword}[{number}]"
        name = textOf(fiducial, "FiducialIdentifier")
        if name and name in first:
            yield Breach(
                f"expected an identifier of its own, found that of item {first[name]}",
                at=f"{at}/FiducialIdentifier",
            )
        first.setdefault(name, number)
        if used and isEmpty(fiducial, "FiducialUID"):
            yield Breach(
                "expected a UID since a registration uses this object, found none",
                at=f"{at}/FiducialUID",
            )


def fitsShortLength(place: Place) -> Iterator[Breach]:
    """Contour Data fits the 16-bit length that explicit VR gives a decimal string."""
    values = decimalStrings(place.item, place.keyword)
    length = sum(map(len, values)) + max(len(values) - 1, 0)
    if length > LONGEST_SHORT_VALUE:
        yield Breach(f"expected at most {LONGEST_SHORT_VALUE} bytes, found {length}")


def hasContourData(place: Place) -> bool:
    return not isEmpty(place.item, "ContourData")


def _isUsed(place: Place) -> bool:
    own = textOf(place.dataset, "SOPInstanceUID")
    return any(
        textOf(used, "ReferencedSOPInstanceUID") == own
        for registration in place.study.ofClass(SpatialRegistrationStorage)
        for item in itemsOf(registration, "RegistrationSequence")
        for used in itemsOf(item, "UsedFiducialsSequence")
    )
