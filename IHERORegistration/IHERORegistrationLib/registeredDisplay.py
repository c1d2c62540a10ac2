"""Actor Registered Display: every image of a patient on the slices of one of them, the base.

Images of the base's own Frame of Reference (hybrid scanners) need no registration. Images that no
registration connects to the base, or several do, are named and not shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np

from .errors import FrameOfReferenceError, ReferenceNotFoundError
from .frames import FrameGraph, TransformChain
from .images import ImageSeries
from .lattice import Lattice, Volume
from .resampling import Interpolation, Resampled, resampledVolume
from .samePatient import requireSamePatient

FINEST_STEP = 1.0  # mm


class Stepping(StrEnum):
    """From which slice to which the display moves along the normal of the base."""

    BASE = "base"  # the base's own slices
    OVERLAY = "overlay"  # the slices, or where it lies across them the pixels, of an overlay
    FINEST = "finest"  # 1 mm, or the base's own slices where these are closer


@dataclass(frozen=True, eq=False)
class RegisteredImage:
    """An image series and the way from the base's frame to its own: empty if it is the same."""

    series: ImageSeries
    fromBase: TransformChain

    @property
    def sharesFrame(self) -> bool:
        """Whether it lies in the base's frame, so that nothing had to be registered."""
        return not self.fromBase.transforms

    @cached_property
    def volume(self) -> Volume:
        """Its values, read from the files when they are first asked for."""
        return self.series.volume()


@dataclass(frozen=True, eq=False)
class UnconnectedImage:
    """An image series that cannot be shown with the base, and why."""

    series: ImageSeries
    reason: str


@dataclass(frozen=True, eq=False)
class RegisteredDisplay:
    """What is shown: `images`, the base itself first, and what is `unconnected`."""

    images: tuple[RegisteredImage, ...]
    unconnected: tuple[UnconnectedImage, ...]

    @property
    def base(self) -> ImageSeries:
        return self.images[0].series

    def image(self, seriesInstanceUID: str) -> RegisteredImage:
        """The image of this series.

        Raises
            FrameOfReferenceError: it is not connected to the base; says why.
            ReferenceNotFoundError: no such series was given.
        """
        for image in self.images:
            if image.series.seriesInstanceUID == seriesInstanceUID:
                return image
        for one in self.unconnected:
            if one.series.seriesInstanceUID == seriesInstanceUID:
                raise FrameOfReferenceError(f"series {seriesInstanceUID}: {one.reason}")
        raise ReferenceNotFoundError(f"no series {seriesInstanceUID} is displayed")


def registeredDisplay(
    base: ImageSeries,
    others: Iterable[ImageSeries],
    graph: FrameGraph,
    *,
    otherPatientConfirmed: bool = False,
) -> RegisteredDisplay:
    """Every series of `others` that `graph` connects to the frame of `base`, and the rest by name.

    Raises
        PatientMismatchError: a series is of another patient and nobody confirmed it.
    """
    images = [RegisteredImage(base, TransformChain((), base.frame, base.frame))]
    unconnected = []
    for series in others:
        what = f"series {series.seriesInstanceUID}"
        requireSamePatient(base.patient, series.patient, what, confirmed=otherPatientConfirmed)
        try:
            images.append(RegisteredImage(series, _wayFromBase(base, series, graph)))
        except FrameOfReferenceError as error:
            unconnected.append(UnconnectedImage(series, str(error)))
    return RegisteredDisplay(tuple(images), tuple(unconnected))


def _wayFromBase(base: ImageSeries, series: ImageSeries, graph: FrameGraph) -> TransformChain:
    if not (base.frame and series.frame):
        unnamed = base if not base.frame else series
        raise FrameOfReferenceError(
            f"series {unnamed.seriesInstanceUID} names no Frame of Reference, so that it shares "
            "coordinates with nothing"
        )
    return graph.path(base.frame, series.frame)


def imageOn(
    image: RegisteredImage,
    lattice: Lattice,
    interpolation: Interpolation = Interpolation.LINEAR,
    background: float | None = None,
) -> Resampled:
    """The image on `lattice`, which lies in the frame of the base: its own lattice, one slice of
    it (see `sliceAt`), or any other.

    Where the image has no voxels stands `background`, by default what the image itself holds where
    there is nothing (ImageSeries.padding).
    """
    volume = image.volume
    if background is None:
        background = backgroundFor(volume, image.series)
    frame = image.fromBase.fromFrame
    return resampledVolume(volume, lattice, frame, image.fromBase, interpolation, background)


def backgroundFor(volume: Volume, series: ImageSeries) -> float:
    """What `series` holds where there is nothing, or the nearest value that `volume` can hold."""
    dtype = volume.values.dtype
    if not np.issubdtype(dtype, np.integer):
        return series.padding
    limits = np.iinfo(dtype)
    return float(np.clip(np.rint(series.padding), limits.min, limits.max))


def slicePositions(
    display: RegisteredDisplay, stepping: Stepping, overlay: RegisteredImage | None = None
) -> np.ndarray:
    """Distances, mm along the base's normal from its first slice, at which to show slices, in
    ascending order, shape (n,); none where an overlay does not reach the base.

    Raises
        ValueError: stepping by an overlay was asked for and none was named.
    """
    lattice = display.base.lattice
    spacing = float(lattice.spacing[2])
    last = (lattice.size[2] - 1) * spacing
    if stepping is Stepping.BASE:
        return np.arange(lattice.size[2]) * spacing
    if stepping is Stepping.FINEST:
        step = min(FINEST_STEP, spacing)
        return np.arange(np.floor(last / step + 1e-9) + 1) * step
    if overlay is None:
        raise ValueError("stepping by an overlay needs to know which")
    positions = _overlayPositions(lattice, overlay)
    return positions[(positions >= -spacing / 2) & (positions <= last + spacing / 2)]


def _overlayPositions(base: Lattice, overlay: RegisteredImage) -> np.ndarray:
    """Where a line along the base's normal through its middle meets the voxel centers of the
    overlay, along that axis of the overlay which is most nearly parallel to the line.
    """
    across = np.array([(base.size[0] - 1) / 2, (base.size[1] - 1) / 2, 0])
    start = base.points(across)
    ends = overlay.fromBase(np.stack([start, start + base.normal]))
    lattice = overlay.series.lattice
    index, perMM = lattice.indices(ends)[0], np.diff(lattice.indices(ends), axis=0)[0]
    axis = int(np.argmax(np.abs(perMM * lattice.spacing)))
    return np.sort((np.arange(lattice.size[axis]) - index[axis]) / perMM[axis])


def sliceAt(display: RegisteredDisplay, position: float) -> Lattice:
    """The one slice of the base's pixels that lies `position` mm along its normal from the first,
    as a lattice in the frame of the base.
    """
    lattice = display.base.lattice
    toLPS = lattice.ijkToLPS.copy()
    toLPS[:3, 3] += position * lattice.normal
    return Lattice((lattice.size[0], lattice.size[1], 1), toLPS)
