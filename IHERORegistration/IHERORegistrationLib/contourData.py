"""Contour Data in both directions: decimal text of a contour item ↔ points (PS3.3 C.8.8.6)."""

from __future__ import annotations

import numpy as np
from pydicom import Dataset
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag

from .decimalStrings import decimalStrings, numbers
from .errors import MalformedObjectError

CONTOUR_DATA = Tag("ContourData")
LONGEST_SHORT_ELEMENT = 65534  # bytes: explicit VR counts those of a Decimal String in 16 bits
MOST_DECIMALS = 6  # 1e-6 mm; a coordinate below 10 m then has at most 12 characters
FEWEST_DECIMALS = 2  # 0.01 mm, what the profiles ask for


def pointsFromItem(item: Dataset, location: str) -> np.ndarray:
    """The points of a contour item, shape (n, 3), LPS mm, read-only; empty if it holds none.

    The bytes are parsed as they are: converting them value by value is what makes reading a
    structure set slow. `location` is the path of the item.

    Raises
        MalformedObjectError: text, NaN or infinity among the numbers, a number of values that is
        no multiple of 3, or another number of points than Number of Contour Points says.
    """
    values = _values(item, location)
    if len(values) % 3:
        raise MalformedObjectError(
            f"expected triplets, found {len(values)} values at {location}/ContourData"
        )
    declared = declaredPoints(item, location)
    if declared is not None and declared != len(values) // 3:
        raise MalformedObjectError(
            f"expected {declared} points (Number of Contour Points), found {len(values) // 3} at "
            f"{location}/ContourData"
        )
    points = values.reshape(-1, 3)
    points.flags.writeable = False
    return points


def declaredPoints(item: Dataset, location: str) -> int | None:
    """Number of Contour Points as stored; None if the item does not say.

    Raises
        MalformedObjectError: it is not one whole number.
    """
    texts = decimalStrings(item, "NumberOfContourPoints")
    if not texts:
        return None
    if len(texts) != 1 or not texts[0].isdecimal():
        raise MalformedObjectError(
            f"expected a number of points, found {texts[0][:40]!r} at "
            f"{location}/NumberOfContourPoints"
        )
    return int(texts[0])


def _values(item: Dataset, location: str) -> np.ndarray:
    element: object = item.get_item(CONTOUR_DATA) if CONTOUR_DATA in item else None
    content = element.value if isinstance(element, RawDataElement) else None
    if content and b"_" not in content:  # Python reads 1_0 as 10, DICOM does not
        try:
            values = np.array(list(map(float, content.rstrip(b" \0").split(b"\\"))))
        except ValueError:
            pass  # told with its place below
        else:
            if np.isfinite(values).all():
                return values
    return numbers(item, "ContourData", f"{location}/")


def setContourData(item: Dataset, points: np.ndarray) -> None:
    """Write `points`, shape (n, 3) LPS mm, and their number into a contour item.

    Coordinates have up to 6 decimals, fewer where the text would not fit an element with a short
    length. `thinnedToFit` sees to it that they fit.

    Raises
        ValueError: the points do not fit even with 2 decimals.

    Source
        DICOM PS3.5 6.2 (Decimal String), 7.1.2 (16-bit lengths)
    """
    for decimals in range(MOST_DECIMALS, FEWEST_DECIMALS - 1, -1):
        content = _text(points, decimals)
        if len(content) <= LONGEST_SHORT_ELEMENT:
            break
    else:
        raise ValueError(f"{len(points)} points do not fit {LONGEST_SHORT_ELEMENT} bytes")
    item.NumberOfContourPoints = len(points)
    item[CONTOUR_DATA] = RawDataElement(
        CONTOUR_DATA, "DS", len(content), content, 0, is_implicit_VR=False, is_little_endian=True
    )


def textFits(points: np.ndarray) -> bool:
    """Whether `points`, shape (n, 3), fit one Contour Data element with 0.01 mm."""
    return len(_text(points, FEWEST_DECIMALS)) <= LONGEST_SHORT_ELEMENT


def thinnedToFit(points: np.ndarray) -> tuple[np.ndarray, float]:
    """A closed contour, shape (n, 3), with so few points that they fit one Contour Data element,
    and by how many mm it may have moved; 0 if it fits as it is.
    """
    thinned, tolerance = points, 0.0
    while not textFits(thinned):
        tolerance = 2 * tolerance or 0.01
        thinned = simplified(points, tolerance)
    return thinned, tolerance


def simplified(loop: np.ndarray, tolerance: float) -> np.ndarray:
    """The closed `loop`, shape (n, 2) or (n, 3), without points that it passes within `tolerance`.

    In turns every other point goes if it may; `slack` keeps what went before it.
    """
    slack = np.zeros(len(loop))
    idle, parity = 0, 0
    while len(loop) > 4 and idle < 2:
        before, after = np.roll(loop, 1, axis=0), np.roll(loop, -1, axis=0)
        off = _distanceToChord(loop, before, after) + slack
        goes = (off <= tolerance) & (np.arange(len(loop)) % 2 == parity)
        goes[-1] &= len(loop) % 2 == 0 or parity == 1  # else its neighbor across the end goes too
        idle = 0 if goes.any() else idle + 1
        for step in (1, -1):
            slack = np.where(np.roll(goes, step), np.maximum(slack, np.roll(off, step)), slack)
        loop, slack = loop[~goes], slack[~goes]
        parity = 1 - parity
    return loop


def _distanceToChord(points: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    chord = b - a
    along = np.einsum("ij,ij->i", points - a, chord) / np.maximum((chord**2).sum(axis=1), 1e-18)
    foot = a + np.clip(along, 0, 1)[:, None] * chord
    return np.linalg.norm(points - foot, axis=1)


def _text(points: np.ndarray, decimals: int) -> bytes:
    rounded = np.round(np.asarray(points, float), decimals) + 0.0  # + 0.0 turns -0 into 0
    parts = [
        (f"{value:.{decimals}f}".rstrip("0").rstrip(".")) for value in rounded.ravel().tolist()
    ]
    content = "\\".join(parts).encode("ascii")
    return content + b" " * (len(content) % 2)
