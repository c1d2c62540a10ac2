"""CT, MR and PET image series as values: lattice, references, headers, and pixels on demand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path

import numpy as np
from pydicom import Dataset
from pydicom.config import disable_value_validation

from .dicomFile import PARSE_ERRORS
from .errors import MalformedObjectError, ReferenceNotFoundError
from .imageSlice import ImageSlice
from .lattice import Lattice, Volume
from .notes import Note
from .patient import Patient
from .pixelData import storedValues
from .references import SeriesReference
from .sliceStack import SliceSpacing

CT_PADDING = -1024.0  # HU; thinner than air
INT16 = np.iinfo(np.int16)


@dataclass(frozen=True, eq=False, repr=False)  # it would print whole headers
class ImageSeries:
    """One stack of images in one Frame of Reference, `frame` (empty if the images name none).

    `slices` are the images, sorted along the normal row × column. `lattice` is regular and
    right-handed, its k along the normal; `spacing` tells whether each of its slices is an image,
    some are gaps, or all are interpolated. `reference` lists the instances in the order of the
    slices, a multi-frame instance once.
    """

    patient: Patient
    frame: str
    reference: SeriesReference
    modality: str
    sopClassUID: str
    description: str
    lattice: Lattice
    slices: tuple[ImageSlice, ...]
    spacing: SliceSpacing = SliceSpacing.REGULAR
    notes: tuple[Note, ...] = ()

    @property
    def seriesInstanceUID(self) -> str:
        return self.reference.seriesInstanceUID

    @property
    def studyInstanceUID(self) -> str:
        return self.reference.studyInstanceUID

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """The files in the order of their first slice."""
        return tuple(dict.fromkeys(one.path for one in self.slices))

    @cached_property
    def headers(self) -> tuple[Dataset, ...]:
        """The header of each of `files`, without pixels."""
        byFile = {one.path: one.header for one in self.slices}
        return tuple(byFile[path] for path in self.files)

    @cached_property
    def sliceIndices(self) -> np.ndarray:
        """Index k in the lattice of each of `slices`, shape (n,); a fraction if interpolated."""
        positions = np.array([one.plane.position for one in self.slices])
        k = self.lattice.indices(positions)[:, 2]
        return k if self.spacing is SliceSpacing.UNEVEN else np.rint(k)

    def imageOfSlice(self, k: int) -> ImageSlice:
        """The image that lies nearest to slice `k` of the lattice, within half a slice of it.

        Raises
            ReferenceNotFoundError: no image lies there: `k` is a gap or outside.
        """
        away = np.abs(self.sliceIndices - k)
        nearest = int(np.argmin(away))
        if away[nearest] > 0.5:
            raise ReferenceNotFoundError(
                f"series {self.seriesInstanceUID} has no image in slice {k} of 0 to "
                f"{self.lattice.size[2] - 1}"
            )
        return self.slices[nearest]

    @property
    def padding(self) -> float:
        """The value of voxels that hold nothing: Pixel Padding Value in the unit of the volume,
        else -1024 for CT and 0 for all others.

        Raises
            MalformedObjectError: Pixel Padding Value is no number.
        """
        first = self.slices[0]
        try:
            with disable_value_validation():
                stored = first.header.get("PixelPaddingValue")
                signed = int(first.header.get("PixelRepresentation") or 0)
                bits = int(first.header.get("BitsAllocated") or 16)
                if stored is None or stored == "":
                    return CT_PADDING if self.modality == "CT" else 0.0
                value = int(stored)
        except PARSE_ERRORS as error:
            raise MalformedObjectError(f"expected a PixelPaddingValue in {first.path}") from error
        if signed and value >= 1 << (bits - 1):
            value -= 1 << bits  # a signed value written as US
        return value * first.slope + first.intercept

    def volume(self) -> Volume:
        """The values, read from the files now: HU, BQML or what the rescale values make of them;
        int16 if all fit, else float32.

        Raises
            MalformedObjectError: a file is gone, truncated, or cannot be decoded.
        """
        if self.spacing is SliceSpacing.UNEVEN:
            values = self._interpolated()
        else:
            values = np.empty(self.lattice.shape, np.int16)
            free = np.ones(len(values), bool)
            for number, image in self._images():
                k, one = int(self.sliceIndices[number]), self.slices[number]
                values = _placed(values, k, image, one.slope, one.intercept)
                free[k] = False
            for gap in np.flatnonzero(free):
                values = _placed(values, int(gap), np.zeros(1, np.uint8), 1, self.padding)
        return Volume(values, self.lattice, self.frame)

    def _images(self) -> Iterator[tuple[int, np.ndarray]]:
        """Number and stored values of each slice, file by file."""
        order = sorted(range(len(self.slices)), key=lambda n: str(self.slices[n].path))
        for path, entries in groupby(order, key=lambda n: self.slices[n].path):
            stored = storedValues(path)
            for number in entries:
                one = self.slices[number]
                ni, nj = one.plane.size
                if one.frameIndex >= len(stored) or stored.shape[1:] != (nj, ni):
                    raise MalformedObjectError(f"{path} has changed since it was first read")
                yield number, stored[one.frameIndex]

    def _interpolated(self) -> np.ndarray:
        """Values on evenly spaced slices, linear between the images; float32."""
        ni, nj, nk = self.lattice.size
        images = np.empty((len(self.slices), nj, ni), np.float32)
        for number, image in self._images():
            images[number] = image * self.slices[number].slope + self.slices[number].intercept
        values = np.empty((nk, nj, ni), np.float32)
        for k in range(nk):
            above = int(np.clip(np.searchsorted(self.sliceIndices, k), 1, len(images) - 1))
            low, high = self.sliceIndices[above - 1 : above + 1]
            part = float(np.clip((k - low) / (high - low), 0, 1))
            values[k] = (1 - part) * images[above - 1] + part * images[above]
        return values


def _placed(
    values: np.ndarray, k: int, stored: np.ndarray, slope: float, intercept: float
) -> np.ndarray:
    """`values` with rescaled `stored` in slice `k`; float32 as soon as int16 cannot hold it."""
    if values.dtype == np.int16:
        if slope == 1 and intercept == int(intercept):
            least, most = int(stored.min()) + intercept, int(stored.max()) + intercept
            if abs(intercept) <= INT16.max and least >= INT16.min and most <= INT16.max:
                shift = np.int16(intercept)  # sums modulo 2^16 are right, as they fit
                np.add(stored, shift, out=values[k], dtype=np.int16, casting="unsafe")
                return values
        values = values.astype(np.float32)
    values[k] = stored * slope + intercept
    return values
