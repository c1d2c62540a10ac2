"""The images of a series one by one: single-frame objects, or frames of a multi-frame object."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom import Dataset
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from .decimalStrings import numbers
from .dicomFile import PARSE_ERRORS
from .errors import MalformedObjectError
from .fileHeader import StoredObject
from .imageClasses import ENHANCED_IMAGES
from .imagePlane import ImagePlane, imagePlane
from .macros import text
from .pixelData import MOST_COMPRESSED
from .references import InstanceReference

NATIVE = (ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian)


@dataclass(frozen=True, eq=False, repr=False)  # it would print whole headers
class ImageSlice:
    """One image: where it lies and what its stored values mean.

    `instance` names the frame where the object has several; `frameIndex` is the place of the frame
    in the file, from 0. `slope` and `intercept` take stored values to real ones. `groups` are the
    data sets that describe it, the most particular first.
    """

    path: Path
    header: Dataset
    instance: InstanceReference
    frameIndex: int
    plane: ImagePlane
    slope: float
    intercept: float
    groups: tuple[Dataset, ...]

    def text(self, keyword: str) -> str:
        """The value of `keyword` for this image as text; empty if there is none."""
        return text(_holder(self.groups, keyword), keyword)

    @property
    def instanceNumber(self) -> float:
        """Instance Number; infinite where there is none, so that such an image comes last."""
        values = numbers(self.header, "InstanceNumber", "")
        return float(values[0]) if len(values) else np.inf


def imageSlices(stored: StoredObject) -> Iterator[ImageSlice]:
    """The images in a CT, MR or PET file, enhanced multi-frame ones frame by frame.

    Raises
        MalformedObjectError: geometry or rescale values are missing or are no numbers.

    Source
        DICOM PS3.3 C.7.6.2, C.11.1, C.7.6.16.2
    """
    header, where = stored.header, str(stored.path)
    instance = InstanceReference(stored.sopClassUID, stored.sopInstanceUID)
    if stored.sopClassUID not in ENHANCED_IMAGES:
        frames = _count(header, "NumberOfFrames", where)
        if frames > 1:
            raise MalformedObjectError(f"expected 1 frame, found {frames}: {where}")
        yield _imageSlice(stored, instance, 0, (header,))
        return
    shared = _macros(next(iter(header.get("SharedFunctionalGroupsSequence") or ()), Dataset()))
    items = header.get("PerFrameFunctionalGroupsSequence") or ()
    declared = _count(header, "NumberOfFrames", where)
    if len(items) != declared or declared < 1:
        raise MalformedObjectError(
            f"expected {declared} items in PerFrameFunctionalGroupsSequence, found {len(items)}: "
            f"{where}"
        )
    for index, item in enumerate(items):
        one = InstanceReference(instance.sopClassUID, instance.sopInstanceUID, (index + 1,))
        yield _imageSlice(stored, one, index, (*_macros(item), *shared, header))


def _requirePixels(stored: StoredObject, size: tuple[int, int], frames: int, where: str) -> None:
    """Raise if the file is too small for the pixels that its header declares: memory is taken by
    what headers say.
    """
    syntax = text(stored.header.file_meta, "TransferSyntaxUID")
    bits = _count(stored.header, "BitsAllocated", where) or 8
    expected = size[0] * size[1] * frames * bits // 8
    present = stored.path.stat().st_size
    if expected > present * (1 if syntax in ("", *NATIVE) else MOST_COMPRESSED):
        raise MalformedObjectError(
            f"expected {expected} bytes of pixels, found a file of {present}: {where}"
        )


def _imageSlice(
    stored: StoredObject, instance: InstanceReference, index: int, groups: tuple[Dataset, ...]
) -> ImageSlice:
    where = str(stored.path) if not instance.frames else f"frame {index + 1} of {stored.path}"
    position, orientation, spacing = (
        numbers(_holder(groups, keyword), keyword, f"{where} ")
        for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing")
    )
    size = (_count(stored.header, "Columns", where), _count(stored.header, "Rows", where))
    frames = max(1, _count(stored.header, "NumberOfFrames", where))
    _requirePixels(stored, size, frames, where)
    slope = _number(_holder(groups, "RescaleSlope"), "RescaleSlope", 1, where)
    if slope == 0:
        raise MalformedObjectError(f"expected a Rescale Slope, found 0: {where}")
    intercept = _number(_holder(groups, "RescaleIntercept"), "RescaleIntercept", 0, where)
    plane = imagePlane(position, orientation, spacing, size, where)
    return ImageSlice(stored.path, stored.header, instance, index, plane, slope, intercept, groups)


def _macros(item: Dataset) -> tuple[Dataset, ...]:
    """The first items of all sequences in an item of functional groups."""
    sequences = (element.value for element in item if element.VR == "SQ")
    return tuple(sequence[0] for sequence in sequences if sequence)


def _holder(groups: tuple[Dataset, ...], keyword: str) -> Dataset:
    """The first of `groups` that has `keyword`; the last one if none has."""
    return next((group for group in groups if keyword in group), groups[-1])


def _count(header: Dataset, keyword: str, where: str) -> int:
    """A count such as Rows; 0 where there is none."""
    try:
        return int(header.get(keyword) or 0)
    except PARSE_ERRORS:
        raise MalformedObjectError(f"expected a number in {keyword}: {where}") from None


def _number(item: Dataset, keyword: str, absent: float, where: str) -> float:
    """The only value of a number; `absent` where the standard leaves it out."""
    values = numbers(item, keyword, f"{where} ")
    if len(values) > 1:
        raise MalformedObjectError(f"expected 1 value in {keyword}, found {len(values)}: {where}")
    return float(values[0]) if len(values) else absent
