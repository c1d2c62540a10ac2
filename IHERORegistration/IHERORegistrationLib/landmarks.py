"""Rigid transform from paired landmarks, and how far it misses each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .errors import LandmarkError
from .geometry import AffineTransform

FEWEST_PAIRS = 3
# Landmarks closer to one line than this part of their extent along it leave the turn about the
# line to chance.
SMALLEST_WIDTH = 1e-3


@dataclass(frozen=True, eq=False)
class LandmarkFit:
    """The rigid `transform` that brings landmarks nearest to their partners, in least squares.

    `residuals`, shape (n,), is the distance in mm that is left at each of `identifiers`: the
    fiducial registration error, not the error at a target elsewhere. `unpaired` names the
    landmarks that only one side has.
    """

    transform: AffineTransform
    identifiers: tuple[str, ...]
    residuals: np.ndarray
    unpaired: tuple[str, ...] = ()

    @property
    def mean(self) -> float:
        """Mean residual, mm."""
        return float(self.residuals.mean())

    @property
    def rootMeanSquare(self) -> float:
        """Root of the mean of the squared residuals, mm."""
        return float(np.sqrt(np.mean(self.residuals**2)))

    @property
    def largest(self) -> float:
        """Largest residual, mm."""
        return float(self.residuals.max())


def landmarkFit(
    fromLandmarks: Mapping[str, np.ndarray],
    toLandmarks: Mapping[str, np.ndarray],
    fromFrame: str,
    toFrame: str,
) -> LandmarkFit:
    """Fit of landmarks (identifier → point, shape (3,) LPS mm) of `fromFrame` to those of
    `toFrame` that have the same identifier.

    Raises
        LandmarkError: fewer than 3 pairs, a coordinate that is not a number, or landmarks so
        placed that more than one rotation fits equally well.
    """
    paired = tuple(name for name in fromLandmarks if name in toLandmarks)
    unpaired = tuple(name for name in fromLandmarks if name not in toLandmarks) + tuple(
        name for name in toLandmarks if name not in fromLandmarks
    )
    if len(paired) < FEWEST_PAIRS:
        raise LandmarkError(
            f"expected at least {FEWEST_PAIRS} landmarks with a partner in the other frame, "
            f"found {len(paired)}{_named(paired)}; without a partner: {len(unpaired)}"
            f"{_named(unpaired)}"
        )
    fromPoints = _points(fromLandmarks, paired, fromFrame)
    toPoints = _points(toLandmarks, paired, toFrame)
    transform = AffineTransform(rigidMatrix(fromPoints, toPoints), fromFrame, toFrame)
    residuals = np.linalg.norm(transform(fromPoints) - toPoints, axis=1)
    residuals.flags.writeable = False
    return LandmarkFit(transform, paired, residuals, unpaired)


def rigidMatrix(fromPoints: np.ndarray, toPoints: np.ndarray) -> np.ndarray:
    """The rotation and translation, shape (4, 4), that bring `fromPoints` nearest to `toPoints`,
    both (n, 3) in the same order, in least squares; never a mirror, never a scale.

    Raises
        LandmarkError: more than one rotation fits equally well.

    Source
        S. Umeyama, doi:10.1109/34.88573, without the scale
    """
    fromCenter, toCenter = fromPoints.mean(axis=0), toPoints.mean(axis=0)
    covariance = (toPoints - toCenter).T @ (fromPoints - fromCenter)
    return rigidMatrixOfMoments(fromCenter, toCenter, covariance)


def nearestMotion(points: np.ndarray, images: np.ndarray) -> np.ndarray:
    """`rigidMatrix` of a map that takes `points` to `images`, both (n, 3), NaN where undefined.

    Raises
        LandmarkError: it is defined at fewer than 3 of them, or see `rigidMatrix`.
    """
    defined = np.isfinite(images).all(axis=-1)
    count = np.count_nonzero(defined)
    if count < FEWEST_PAIRS:
        raise LandmarkError(
            f"expected a map that is defined at {FEWEST_PAIRS} points at least, found it defined "
            f"at {count} of {len(points)} points"
        )
    return rigidMatrix(points[defined], images[defined])


def rigidMatrixOfMoments(
    fromCenter: np.ndarray, toCenter: np.ndarray, covariance: np.ndarray
) -> np.ndarray:
    """As `rigidMatrix`, for points of which only the means, shape (3,), are known and the sum of
    the products about them, shape (3, 3): row = component of the partners.
    """
    left, strengths, right = np.linalg.svd(covariance)
    sign = np.sign(np.linalg.det(left @ right))
    if not strengths[1] + sign * strengths[2] > SMALLEST_WIDTH**2 * strengths[0]:
        raise LandmarkError(
            "expected points that determine one rotation, found ones that lie on one line or at "
            "one point, or whose partners are their mirror image"
        )
    matrix = np.eye(4)
    matrix[:3, :3] = left @ np.diag([1, 1, sign]) @ right
    matrix[:3, 3] = toCenter - matrix[:3, :3] @ fromCenter
    return matrix


def _points(landmarks: Mapping[str, np.ndarray], names: tuple[str, ...], frame: str) -> np.ndarray:
    points = np.array([landmarks[name] for name in names], dtype=float)
    wrong = tuple(
        name for name, point in zip(names, points, strict=True) if not np.isfinite(point).all()
    )
    if wrong:
        raise LandmarkError(
            f"expected finite coordinates, found NaN or Inf in Frame of Reference {frame}"
            + _named(wrong)
        )
    return points


def _named(names: tuple[str, ...]) -> str:
    return f" ({', '.join(names)})" if names else ""
