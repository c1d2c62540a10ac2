"""How alike two images are around every point, and where the points should go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from IHERORegistrationLib.registrationRecord import nobodyAsks


@dataclass(frozen=True, eq=False)
class Likeness:
    """`similarity`, the mean squared correlation, and `force`, shape (nk, nj, ni): by it times the
    gradient of the moving image the points go to where it grows.
    """

    similarity: float
    force: np.ndarray


@dataclass(frozen=True, eq=False)
class LocalCorrelation:
    """The squared correlation of an image with `fixed`, float32 of shape (nk, nj, ni), in a cube
    of `radius` voxels around each point: indifferent to how values relate, if only they do so
    linearly nearby. Variations as small as `noise` count for little. `goOn` is called often.

    Source
        B. Avants et al., doi:10.1016/j.media.2007.06.004, with a floor for noise
    """

    fixed: np.ndarray
    radius: int
    noise: float
    goOn: Callable[[], None] = nobodyAsks

    @cached_property
    def _mean(self) -> np.ndarray:
        return self._blurred(self.fixed)

    @cached_property
    def _variance(self) -> np.ndarray:
        return self._blurred(self.fixed**2) - self._mean**2

    def of(self, moved: np.ndarray, counts: np.ndarray) -> Likeness:
        """Of `moved`, float32, where `counts`; both of the shape of the fixed image. What does not
        count is as unlike as can be, so that leaving the image does not pay.
        """
        image = np.where(counts, moved, self.fixed)
        mean = self._blurred(image)
        covariance = self._blurred(self.fixed * image) - self._mean * mean
        variance = self._blurred(image**2) - mean**2
        self.goOn()
        floor = np.float32(self.noise)
        weight = covariance / (self._positive(self._variance) * self._positive(variance) + floor**4)
        weight *= counts
        self.goOn()
        slope = covariance / (self._positive(variance) + floor**2)
        force = weight * (self.fixed - self._mean - slope * (image - mean))
        return Likeness(float(np.mean(covariance * weight, dtype=float)), force)

    def _blurred(self, values: np.ndarray) -> np.ndarray:
        from scipy.ndimage import uniform_filter  # at the top it would slow down opening a module

        self.goOn()
        return uniform_filter(values, 2 * self.radius + 1, mode="nearest")

    @staticmethod
    def _positive(variance: np.ndarray) -> np.ndarray:
        """Rounding makes variances of flat parts negative."""
        return np.maximum(variance, 0)
