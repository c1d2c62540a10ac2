"""Where one image lies in its Frame of Reference (PS3.3 C.7.6.2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .errors import MalformedObjectError

ROUNDED_DIRECTION = 1e-4  # cosines of fewer than 4 digits are noted
REPAIRABLE_DIRECTION = 1e-2  # beyond this they are no rounded unit vectors


@dataclass(frozen=True, eq=False)
class ImagePlane:
    """Pixel centers of one image.

    `position`, shape (3,), is the center of the first pixel, LPS mm. The columns of `directions`,
    shape (3, 2), are the unit vectors along a row (i) and along a column (j); `spacing`, shape
    (2,), the mm between neighbors along i and j (Pixel Spacing lists them the other way round).
    `size` is (ni, nj): columns, rows. `skew` is what had to be taken off the cosines of the file
    to make them orthonormal.
    """

    position: np.ndarray
    directions: np.ndarray
    spacing: np.ndarray
    size: tuple[int, int]
    skew: float = 0.0

    @property
    def normal(self) -> np.ndarray:
        """Unit vector row × column; shape (3,)."""
        return np.cross(self.directions[:, 0], self.directions[:, 1])

    def distance(self, points: np.ndarray) -> np.ndarray:
        """Signed distance in mm of `points`, shape (..., 3) LPS mm, along the normal."""
        return (np.asarray(points, float) - self.position) @ self.normal

    def pixels(self, points: np.ndarray) -> np.ndarray:
        """Fractional (i, j), shape (..., 2), of the feet of `points`, shape (..., 3) LPS mm."""
        return (np.asarray(points, float) - self.position) @ self.directions / self.spacing

    def points(self, pixels: np.ndarray) -> np.ndarray:
        """LPS mm, shape (..., 3), of `pixels` (i, j), shape (..., 2)."""
        return self.position + np.asarray(pixels, float) * self.spacing @ self.directions.T


def imagePlane(
    position: np.ndarray,
    orientation: np.ndarray,
    pixelSpacing: np.ndarray,
    size: tuple[int, int],
    where: str,
) -> ImagePlane:
    """The plane that the attributes Image Position, Image Orientation and Pixel Spacing describe.

    `size` is (columns, rows); `where` names the image in messages.

    Raises
        MalformedObjectError: a count of values is wrong, a length is not positive, or the cosines
        are not those of two perpendicular unit vectors.
    """
    expected = (("ImagePositionPatient", position, 3), ("ImageOrientationPatient", orientation, 6))
    for keyword, values, count in (*expected, ("PixelSpacing", pixelSpacing, 2)):
        if len(values) != count:
            raise MalformedObjectError(
                f"expected {count} values in {keyword}, found {len(values)}: {where}"
            )
    if min(size) < 1 or not np.all(np.asarray(pixelSpacing) > 0):
        raise MalformedObjectError(
            f"expected a positive size and spacing, found {size[1]} rows, {size[0]} columns, "
            f"{list(map(float, pixelSpacing))} mm: {where}"
        )
    directions, skew = _orthonormal(np.reshape(orientation, (2, 3)).T)
    if not skew <= REPAIRABLE_DIRECTION:
        raise MalformedObjectError(
            "expected the cosines of two perpendicular unit vectors in ImageOrientationPatient, "
            f"found {list(map(float, orientation))}: {where}"
        )
    return ImagePlane(np.array(position, float), directions, pixelSpacing[::-1], size, skew)


def _orthonormal(cosines: np.ndarray) -> tuple[np.ndarray, float]:
    """Orthonormal columns nearest to `cosines`, shape (3, 2), and the largest change."""
    left, scales, right = np.linalg.svd(cosines, full_matrices=False)
    if not np.all(scales > REPAIRABLE_DIRECTION):
        return cosines, np.inf
    directions = left @ right
    return directions, float(np.abs(directions - cosines).max())
