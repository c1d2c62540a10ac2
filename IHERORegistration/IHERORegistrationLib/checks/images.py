"""What images must satisfy: their plane and pixels, and what derived ones keep of their sources."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from pydicom import Dataset

from ..codes import SPATIAL_RESAMPLING
from ..decimalStrings import numbers
from ..elements import itemsOf, textOf, textsOf
from ..rules import Breach, Place
from .identity import sourceImages
from .references import uidOf

AXIAL_TOLERANCE = 1e-3  # radian
SPACING_TOLERANCE = 1e-3  # mm


def axial(place: Place) -> Iterator[Breach]:
    """Rows run along ±x and columns along ±y, within 0.001 radian."""
    axes = numbers(place.item, place.keyword, "")
    if len(axes) != 6:
        yield Breach(f"expected 6 values, found {len(axes)}")
        return
    row, column = axes[:3], axes[3:]
    angle = max(_angle(row, 0), _angle(column, 1))
    if not angle <= AXIAL_TOLERANCE:
        yield Breach(f"expected axial rows and columns, found them {np.degrees(angle):.3g}° off")


def _angle(axis: np.ndarray, along: int) -> float:
    """Angle in radian between `axis` (3,) and a coordinate axis, whatever its sign."""
    across = np.delete(axis, along)
    return float(np.arctan2(np.linalg.norm(across), abs(axis[along])))


def squarePixels(place: Place) -> Iterator[Breach]:
    """Pixels are as wide as they are high."""
    spacing = numbers(place.item, place.keyword, "")
    if len(spacing) != 2 or abs(spacing[0] - spacing[1]) > SPACING_TOLERANCE:
        shown = " × ".join(f"{value:g}" for value in spacing) or "no value"
        yield Breach(f"expected equal spacings of rows and columns, found {shown} mm")


def equidistant(place: Place) -> Iterator[Breach]:
    """The slices of the series that are at hand have equal distances."""
    uid = textOf(place.dataset, "SeriesInstanceUID")
    positions, normal = [], np.zeros(3)
    for one in place.study.imagesInSeries.get(uid, ()) if uid else ():
        axes = numbers(one, "ImageOrientationPatient", "")
        positions.append(numbers(one, "ImagePositionPatient", ""))
        normal = np.cross(axes[:3], axes[3:])
    gaps = np.diff(np.sort([position @ normal for position in positions]))
    if len(gaps) and np.ptp(gaps) > SPACING_TOLERANCE:
        yield Breach(
            f"expected equal distances of slices, found {gaps.min():g} to {gaps.max():g} mm",
            at="ImagePositionPatient",
        )


def isResampled(place: Place) -> bool:
    """Whether the image says that it was made by spatial resampling."""
    return any(
        textOf(one, "CodeValue") == SPATIAL_RESAMPLING.value
        for one in itemsOf(place.dataset, "DerivationCodeSequence")
    )


def planeOfBase(place: Place) -> Iterator[Breach]:
    """A resampled image has the orientation and patient position of other images of its frame."""
    frame = textOf(place.dataset, "FrameOfReferenceUID")
    series = textOf(place.dataset, "SeriesInstanceUID")
    base = [
        one
        for one in place.study.imagesInFrame.get(frame, ())
        if textOf(one, "SeriesInstanceUID") != series
    ]
    if not place.study.images:
        return
    if not base:
        yield Breach(
            "expected the frame of a base image set at hand, found another",
            at="FrameOfReferenceUID",
        )
        return
    own = numbers(place.dataset, "ImageOrientationPatient", "")
    if not any(_parallel(own, one) for one in base):
        yield Breach(
            "expected the orientation of the base images, found another",
            at="ImageOrientationPatient",
        )
    if "PatientPosition" in place.dataset:
        positions = {textOf(one, "PatientPosition") for one in base}
        if textOf(place.dataset, "PatientPosition") not in positions:
            yield Breach(
                "expected the patient position of the base images, found another",
                at="PatientPosition",
            )


def _parallel(axes: np.ndarray, other: Dataset) -> bool:
    others = numbers(other, "ImageOrientationPatient", "")
    return len(axes) == len(others) and bool(
        np.abs(axes - others).max(initial=0) <= AXIAL_TOLERANCE
    )


def newSeries(place: Place) -> Iterator[Breach]:
    """The series is none of those that its sources at hand belong to."""
    own = textOf(place.item, place.keyword)
    sources = sourceImages(place.dataset, place.study)
    if not own:
        yield Breach("expected a value, found none")
    elif own in {textOf(one, "SeriesInstanceUID") for one in sources}:
        yield Breach("expected a new series, found that of its sources")


def sourcesOfOneStudy(place: Place) -> Iterator[Breach]:
    """The sources at hand belong to one DICOM study."""
    studies = {textOf(one, "StudyInstanceUID") for one in sourceImages(place.dataset, place.study)}
    if len(studies) > 1:
        yield Breach(
            f"expected sources of one study, found {len(studies)}", at="SourceImageSequence"
        )


def derivationSaid(place: Place) -> Iterator[Breach]:
    """A derived image with an own UID, the code of resampling, and the images it was made from."""
    found = textsOf(place.dataset, "ImageType")
    if found[:3] != ("DERIVED", "SECONDARY", "AXIAL"):
        yield Breach("expected DERIVED, SECONDARY, AXIAL, found another type", at="ImageType")
    if not isResampled(place):
        code = f"{SPATIAL_RESAMPLING.value} {SPATIAL_RESAMPLING.scheme}"
        yield Breach(f"expected {code}, found none", at="DerivationCodeSequence")
    sources = itemsOf(place.dataset, "SourceImageSequence")
    if not sources:
        yield Breach("expected 1 or more item(s), found 0", at="SourceImageSequence")
    own = textOf(place.dataset, "SOPInstanceUID")
    if not own or own in map(uidOf, sources):
        yield Breach("expected a new UID, found that of a source or none", at="SOPInstanceUID")
