"""The colors of displacements and changes of volume, and of where there is nothing to color."""

from __future__ import annotations

import numpy as np

from IHERORegistrationLib.pictures.canvas import Color
from IHERORegistrationLib.pictures.fusion import lightness

OUTSIDE = (1.0, 0.60, 0.05)  # hatched
UNDEFINED, UNDEFINED_STRIPES = (0.60, 0.61, 0.63), (0.25, 0.26, 0.28)
FOLDED = (1.0, 0.0, 1.0)
STRIPE = 0.17  # of the distance of stripes
LARGEST_CHANGE = 2.0  # volumes from one half to twice have colors of their own
LENGTH_WEIGHT = 0.78  # of colors over the image
DARKEST = 0.88  # part of a color that black keeps: so the image shows in the colors
LEAST_WEIGHT, MOST_WEIGHT = 0.22, 0.84  # of no change of volume, and from CLEARLY
CLEARLY = 0.5  # of the way from no change to the largest, on the logarithmic scale

# Rises in lightness; told apart without red and green
_LENGTH = "5560a8 2f83a6 21a585 7ad151 fde725"
# Blue: shrinks, white: keeps its volume, brown: grows; told apart without red and green
_CHANGE = "0b4a94 2b7cc0 6baed6 c6dbef f7f7f7 fdd49e f0923f cf5d10 993404"

Colored = tuple[np.ndarray, np.ndarray]  # colors, shape (..., 3), and their weights, (...)


def lengthColors(lengths: np.ndarray, largest: float) -> Colored:
    """Of displacements of `lengths` mm, from 0 to `largest`."""
    return _looked(_table(_LENGTH), lengths / largest), np.full(lengths.shape, LENGTH_WEIGHT)


def changeColors(determinants: np.ndarray) -> Colored:
    """Of Jacobian determinants above zero, on a logarithmic scale about 1."""
    logarithm = np.log2(np.maximum(determinants, 1e-6)) / np.log2(LARGEST_CHANGE)
    share = np.clip(np.abs(logarithm) / CLEARLY, 0, 1)
    weight = LEAST_WEIGHT + share * (MOST_WEIGHT - LEAST_WEIGHT)
    return _looked(_table(_CHANGE), (logarithm + 1) / 2), weight


def _table(colors: str) -> np.ndarray:
    """Evenly spaced stops, as in web pages, with what lies between; shape (256, 3)."""
    stops = np.array([list(bytes.fromhex(stop)) for stop in colors.split()]) / 255
    places = np.linspace(0, len(stops) - 1, 256)
    return np.stack([np.interp(places, range(len(stops)), part) for part in stops.T], axis=1)


def _looked(table: np.ndarray, shares: np.ndarray) -> np.ndarray:
    index = np.rint(np.clip(np.nan_to_num(shares), 0, 1) * (len(table) - 1)).astype(int)
    return table[index].astype(np.float32)


def covered(image: np.ndarray, colored: Colored, where: np.ndarray) -> np.ndarray:
    """`image`, shape (rows, columns, 3), in colors `where`, bool (rows, columns), is true; they
    are darker where it is.
    """
    colors, weights = colored
    light = DARKEST + (1 - DARKEST) * lightness(image)[..., None]
    return _mixed(image, colors * light, np.where(where, weights, 0))


def _mixed(image: np.ndarray, colors: np.ndarray, weights: np.ndarray) -> np.ndarray:
    weight = weights.astype(np.float32)[..., None]
    return image + weight * (colors - image)


def filled(image: np.ndarray, color: Color, where: np.ndarray, weight: float) -> np.ndarray:
    """`image` under one color."""
    return _mixed(image, np.array(color, np.float32), np.where(where, weight, 0.0))


def hatched(image: np.ndarray, color: Color, where: np.ndarray, pitch: float) -> np.ndarray:
    """`image` under stripes of `color` every `pitch` pixels."""
    rows, columns = where.shape
    along = (np.arange(rows)[:, None] + np.arange(columns)) % pitch / pitch
    return filled(image, color, where & (along < STRIPE), 0.95)
