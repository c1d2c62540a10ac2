"""What the contours of an RT Structure Set must satisfy (PS3.3 C.8.8.6)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from pydicom import Dataset

from ..decimalStrings import decimalStrings, numbers
from ..elements import integersOf, isEmpty, itemsOf, quoted, textOf
from ..rules import Breach, Check, Place, visited
from .fiducials import LONGEST_SHORT_VALUE
from .identity import CONTOURED
from .references import uidOf

CONTOURS = "ROIContourSequence/ContourSequence"
LARGEST_DISTANCE = 0.01  # mm between a contour and its slice


def contours(dataset: Dataset) -> Iterator[tuple[Dataset, str]]:
    """Every contour with its path."""
    for item, keyword, prefix in visited(dataset, CONTOURS):
        for number, contour in enumerate(itemsOf(item, keyword), start=1):
            yield contour, f"{prefix}{keyword}[{number}]"


def oneImage(*classes: str) -> Check:
    """Each contour refers to one image, of `classes`, that the structure set lists."""

    def check(place: Place) -> Iterator[Breach]:
        listed = {
            uidOf(one)
            for item, keyword, _ in visited(place.dataset, CONTOURED)
            for one in itemsOf(item, keyword)
        }
        for contour, location in contours(place.dataset):
            at = f"{location}/ContourImageSequence"
            images = itemsOf(contour, "ContourImageSequence")
            if len(images) != 1:
                yield Breach(f"expected 1 item(s), found {len(images)}", at=at)
                continue
            if textOf(images[0], "ReferencedSOPClassUID") not in classes:
                found = quoted(textOf(images[0], "ReferencedSOPClassUID"))
                yield Breach(f"expected an image of an allowed class, found {found}", at=at)
            if uidOf(images[0]) not in listed:
                yield Breach("expected an image that the structure set lists, found another", at=at)

    return check


def inPlaneOfItsImage(place: Place) -> Iterator[Breach]:
    """A closed contour lies in one plane, that of its image where that is at hand."""
    planes: dict[str, tuple[np.ndarray, np.ndarray] | None] = {}
    for contour, location in contours(place.dataset):
        if textOf(contour, "ContourGeometricType") != "CLOSED_PLANAR":
            continue
        at = f"{location}/ContourData"
        points = _points(contour, at)
        uid = "".join(map(uidOf, itemsOf(contour, "ContourImageSequence")))
        if uid not in planes:
            planes[uid] = _planeOf(place.study.instances.get(uid) if uid else None)
        plane = planes[uid]
        if plane is None:
            distance = _distanceFromOwnPlane(points)
        else:
            distance = float(np.abs((points - plane[0]) @ plane[1]).max(initial=0))
        if distance > LARGEST_DISTANCE:
            where = "one plane" if plane is None else "the plane of its image"
            yield Breach(f"expected points in {where}, found one {distance:.3g} mm off", at=at)


def equalZ(place: Place) -> Iterator[Breach]:
    """The points of a closed contour share their z, which is that of its image."""
    for contour, location in contours(place.dataset):
        if textOf(contour, "ContourGeometricType") != "CLOSED_PLANAR":
            continue
        at = f"{location}/ContourData"
        heights = _points(contour, at)[:, 2]
        spread = float(np.ptp(heights)) if len(heights) else 0.0
        if spread > 0:
            yield Breach(f"expected equal z, found a range of {spread:.3g} mm", at=at)
            continue
        uid = "".join(map(uidOf, itemsOf(contour, "ContourImageSequence")))
        image = place.study.instances.get(uid) if uid else None
        if image is None or not len(heights):
            continue
        position = numbers(image, "ImagePositionPatient", "")
        distance = float(abs(heights[0] - position[2])) if len(position) == 3 else 0.0
        if distance > LARGEST_DISTANCE:
            yield Breach(f"expected the z of its image, found one {distance:.3g} mm off", at=at)


def countOfPoints(place: Place) -> Iterator[Breach]:
    """Number of Contour Points is the number of triplets."""
    values = len(decimalStrings(place.item, "ContourData"))
    stated = integersOf(place.item, place.keyword)
    if values % 3 or stated != (values // 3,):
        found = str(stated[0]) if stated else "none"
        yield Breach(f"expected a third of the {values} values of Contour Data, found {found}")


def shortEnough(place: Place) -> Iterator[Breach]:
    """Contour Data fits the 16-bit length of explicit VR."""
    values = decimalStrings(place.item, "ContourData")
    length = sum(map(len, values)) + max(len(values) - 1, 0)
    if length > LONGEST_SHORT_VALUE:
        yield Breach(
            f"expected at most {LONGEST_SHORT_VALUE} bytes, found {length}", at="ContourData"
        )


def zeroIfPresent(place: Place) -> Iterator[Breach]:
    """The vector is zero, or absent."""
    values = numbers(place.item, place.keyword, "")
    if np.any(values):
        yield Breach("expected 0 or nothing, found another offset")


def attachmentsComplete(place: Place) -> Iterator[Breach]:
    """In a set where some contour is attached to others, every closed one has both attributes."""
    if not any("AttachedContours" in contour for contour, _ in contours(place.dataset)):
        return
    for contour, location in contours(place.dataset):
        for keyword in ("ContourNumber", "AttachedContours"):
            closed = textOf(contour, "ContourGeometricType") == "CLOSED_PLANAR"
            if closed and isEmpty(contour, keyword):
                yield Breach(
                    "expected a value in a high-resolution structure set, found none",
                    at=f"{location}/{keyword}",
                )


def _points(contour: Dataset, at: str) -> np.ndarray:
    """Points of a contour, shape (n, 3), LPS mm; an incomplete last triplet is left out."""
    values = numbers(contour, "ContourData", at.rpartition("/")[0] + "/")
    return values[: len(values) // 3 * 3].reshape(-1, 3)


def _planeOf(image: Dataset | None) -> tuple[np.ndarray, np.ndarray] | None:
    """A point and the unit normal of the slice; None where no classic image is at hand."""
    if image is None:
        return None
    origin = numbers(image, "ImagePositionPatient", "")
    axes = numbers(image, "ImageOrientationPatient", "")
    if len(origin) != 3 or len(axes) != 6:
        return None
    normal = np.cross(axes[:3], axes[3:])
    length = np.linalg.norm(normal)
    return (origin, normal / length) if length > 0 else None


def _distanceFromOwnPlane(points: np.ndarray) -> float:
    """Largest distance in mm of `points` (n, 3) from the plane that fits them best."""
    if len(points) < 4:
        return 0.0
    centered = points - points.mean(axis=0)
    normal = np.linalg.svd(centered, full_matrices=False)[2][-1]
    return float(np.abs(centered @ normal).max())
