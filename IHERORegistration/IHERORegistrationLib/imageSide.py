"""One of two images that are to be registered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from .errors import ImageRegistrationError
from .itkImages import coarsened, itkArray, itkImage, usualValues
from .lattice import Volume
from .registrationRecord import nobodyAsks

if TYPE_CHECKING:
    import SimpleITK as sitk

FEWEST_VOXELS = 4  # along each axis, at any coarseness


@dataclass(frozen=True, eq=False)
class ImageSide:
    """One image: its `volume`, the `window` of values that tell something (None: the usual ones),
    and what of it counts: `mask`, bool of shape (nk, nj, ni), or None for all. Long work on it
    calls `goOn` between its parts.
    """

    volume: Volume
    window: tuple[float, float] | None = None
    mask: np.ndarray | None = None
    goOn: Callable[[], None] = nobodyAsks

    def __post_init__(self) -> None:
        if self.mask is not None and self.mask.shape != self.volume.values.shape:
            raise ValueError(
                f"expected a mask of shape {self.volume.values.shape}, got {self.mask.shape}"
            )

    def asking(self, goOn: Callable[[], None]) -> ImageSide:
        """The same, with another `goOn`."""
        return replace(self, goOn=goOn)

    @cached_property
    def usedWindow(self) -> tuple[float, float]:
        """The window, found in the image where none is given.

        Raises
            ImageRegistrationError: the image shows nothing within it, or holds what is no number.
        """
        values = self.volume.values
        low, high = self.window or usualValues(values)
        least, most = float(values.min()), float(values.max())
        if not np.isfinite([least, most]).all() or not max(low, least) < min(high, most):
            raise ImageRegistrationError(
                f"expected an image with different finite values between {low:g} and {high:g}, "
                f"found {least:g} to {most:g} in Frame of Reference {self.volume.frame}"
            )
        return low, high

    @cached_property
    def image(self) -> sitk.Image:
        """All of it, float32, values beyond the window replaced by its ends."""
        return itkImage(self.volume, self.usedWindow, self.goOn)

    def coarse(self, spacing: float) -> sitk.Image:
        """The image at `spacing` mm; see `coarsened`.

        Raises
            ImageRegistrationError: it is too thin to be compared.
        """
        image = coarsened(self.image, spacing, goOn=self.goOn)
        if min(image.GetSize()) < FEWEST_VOXELS:
            raise ImageRegistrationError(
                f"expected at least {FEWEST_VOXELS} voxels of {spacing:g} mm along each axis, "
                f"found {image.GetSize()} in Frame of Reference {self.volume.frame}"
            )
        return image

    def coarseMask(self, spacing: float) -> np.ndarray | None:
        """Which voxels of the coarse image count, bool of shape (nk, nj, ni); None: all.

        Raises
            ImageRegistrationError: the mask holds none of them.
        """
        if self.mask is None:
            return None
        import SimpleITK as sitk

        image = itkArray(self.mask.astype(np.uint8), self.volume.lattice)
        mask = sitk.GetArrayFromImage(coarsened(image, spacing, isMask=True)) > 0
        if not mask.any():
            raise ImageRegistrationError(
                f"expected a mask that holds voxels at {spacing:g} mm, found none in Frame of "
                f"Reference {self.volume.frame}"
            )
        return mask
