"""Real values → stored values of a single-frame image series: rounded, one rescale per series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydicom import Dataset

from .decimalStrings import decimalString

INT16 = np.iinfo(np.int16)
UINT16 = np.iinfo(np.uint16)


@dataclass(frozen=True)
class PixelCoding:
    """How a series stores its values: 16 bits, real = stored · `slope`; `padding` is stored where
    there is no value. `rescales` tells whether the rescale attributes are written.
    """

    signed: bool
    slope: float
    padding: int
    rescales: bool

    def stored(self, values: np.ndarray, outside: np.ndarray) -> np.ndarray:
        """Stored values, rounded to the nearest, padding where `outside`; int16 or uint16."""
        limits = INT16 if self.signed else UINT16
        scaled = np.rint(np.where(outside, 0.0, values) / self.slope)
        stored = np.clip(scaled, limits.min, limits.max).astype(limits.dtype)
        stored[outside] = self.padding
        return stored


def pixelCoding(
    values: np.ndarray, outside: np.ndarray, modality: str, padding: float, rescales: bool
) -> PixelCoding:
    """The coding of a whole series.

    CT is stored in HU, signed. MR keeps its numbers where it has whole ones that fit. All others
    use the full range of 16 bits, signed only if something is negative. `padding` is a real value.
    """
    least, most = _range(values, outside)
    if modality == "CT":
        least, most = min(least, padding), max(most, padding)
        if INT16.min <= least and most <= INT16.max:
            return PixelCoding(True, 1.0, round(padding), True)
        slope = _slope(max(-least, most), INT16.max)
        return PixelCoding(True, slope, round(padding / slope), True)
    signed = least < 0
    largest = INT16.max if signed else UINT16.max
    if modality == "MR" and not rescales and max(-least, most) <= largest:
        return PixelCoding(signed, 1.0, round(padding), False)
    slope = _slope(max(-least, most), largest)
    return PixelCoding(signed, slope, round(padding / slope), True)


def addPixels(
    dataset: Dataset, coding: PixelCoding, values: np.ndarray, outside: np.ndarray
) -> None:
    """Write one image of real `values`, shape (nj, ni), with the attributes that describe it."""
    stored = coding.stored(values, outside)
    dataset.SamplesPerPixel = 1
    if "PhotometricInterpretation" not in dataset:
        dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows, dataset.Columns = stored.shape
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 16, 15
    dataset.PixelRepresentation = int(coding.signed)
    dataset.add_new("PixelPaddingValue", "SS" if coding.signed else "US", coding.padding)
    if coding.rescales:
        dataset.RescaleIntercept = "0"
        dataset.RescaleSlope = decimalString(coding.slope)
        if dataset.Modality == "MR":
            dataset.RescaleType = "US"
    dataset.add_new("PixelData", "OW", stored.astype(stored.dtype.newbyteorder("<")).tobytes())


def _range(values: np.ndarray, outside: np.ndarray) -> tuple[float, float]:
    """Least and largest value that is not outside; zeros if there is none."""
    inside = ~outside
    if not inside.any():
        return 0.0, 0.0
    first = values.flat[int(inside.argmax())]
    least, most = (f(values, where=inside, initial=first) for f in (np.min, np.max))
    return float(least), float(most)


def _slope(largest: float, most: int) -> float:
    """Slope by which `most` steps reach `largest`, as its Decimal String will read."""
    return float(decimalString(largest / most)) if largest > 0 else 1.0
