"""Structures drawn from closed forms, for tests of what reads, fills and carries them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from IHERORegistrationLib.structures import Contour, GeometricType, Structure

FRAME = "2.25.77.2.1"  # that of the built CT
CORNERS = 120  # of a drawn ellipse; it leaves the true one by 0.02 % of its radius


def closed(points: Sequence[Sequence[float]], image=None) -> Contour:
    return Contour(np.array(points, float), GeometricType.CLOSED_PLANAR, image)


def ellipse(center: Sequence[float], radii: Sequence[float], z: float) -> np.ndarray:
    """Points (n, 3) of an ellipse in the plane z, so wide that its area is exact."""
    angle = np.arange(CORNERS) * 2 * np.pi / CORNERS
    wide = np.sqrt(2 * np.pi / CORNERS / np.sin(2 * np.pi / CORNERS))
    x = center[0] + wide * radii[0] * np.cos(angle)
    y = center[1] + wide * radii[1] * np.sin(angle)
    return np.column_stack([x, y, np.full(CORNERS, float(z))])


def ellipsoidContours(
    center: Sequence[float], radii: Sequence[float], heights: Sequence[float]
) -> list[Contour]:
    """The cuts of an ellipsoid with the planes z = heights."""
    contours = []
    for z in heights:
        rest = 1 - ((z - center[2]) / radii[2]) ** 2
        if rest > 0:
            cut = np.asarray(radii[:2], float) * np.sqrt(rest)
            contours.append(closed(ellipse(center, cut, z)))
    return contours


def rectangle(x: Sequence[float], y: Sequence[float], z: float) -> Contour:
    return closed([(x[0], y[0], z), (x[1], y[0], z), (x[1], y[1], z), (x[0], y[1], z)])


def structure(contours: Sequence[Contour], **values) -> Structure:
    return Structure(
        **{"number": 4, "name": "Drawn", "frame": FRAME, **values, "contours": tuple(contours)}
    )
