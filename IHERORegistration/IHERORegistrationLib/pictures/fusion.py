"""Two images of one plane in one picture."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from .sliceLayers import LayerImage

_LIGHTNESS = np.array([0.2126, 0.7152, 0.0722], np.float32)  # ITU-R BT.709
DIFFERENCE_COLORS = ((0.2, 1.0, 0.2), (1.0, 0.2, 1.0))  # background only, foreground only


class Mode(StrEnum):
    """How the foreground is laid on the background."""

    BLEND = "blend"
    CHECKERBOARD = "checkerboard"
    SPYGLASS = "spyglass"
    DIFFERENCE = "difference"
    SIDE_BY_SIDE = "side-by-side"


def blended(
    background: np.ndarray, foreground: LayerImage, opacity: float, *, evenly: bool = True
) -> np.ndarray:
    """`foreground` over `background`, (rows, columns, 3), at `opacity` from 0 to 1.

    Not `evenly`: at every opacity between, bright pixels cover more and dark ones less.
    """
    weight: np.ndarray | float = opacity
    if not evenly:
        weight = opacity ** (3.0 - 2.6 * lightness(foreground.colors))
    weight = np.where(foreground.shown, weight, 0.0)[..., None]
    return background + weight * (foreground.colors - background)


def checkered(background: np.ndarray, foreground: LayerImage, tile: float) -> np.ndarray:
    """Squares of `tile` pixels, the top left one from `background`, shape (rows, columns, 3), its
    neighbors from `foreground`.
    """
    rows, columns = foreground.shown.shape
    row = (np.arange(rows) // tile).astype(int)
    column = (np.arange(columns) // tile).astype(int)
    return blended(background, _only(foreground, (row[:, None] + column) % 2 == 1), 1.0)


def throughSpyglass(
    background: np.ndarray, foreground: LayerImage, center: tuple[float, float], radius: float
) -> np.ndarray:
    """`foreground` in a circle about `center` (x, y from the top left corner), all in pixels."""
    rows, columns = foreground.shown.shape
    x, y = np.arange(columns) + 0.5 - center[0], np.arange(rows)[:, None] + 0.5 - center[1]
    return blended(background, _only(foreground, x**2 + y**2 < radius**2), 1.0)


def colorDifference(background: np.ndarray, foreground: LayerImage) -> np.ndarray:
    """Gray where both are alike; green where only the background is bright, magenta where only
    the foreground is. Red-green blind people tell the two by their blue.
    """
    first = lightness(background)[..., None]
    second = np.where(foreground.shown, lightness(foreground.colors), 0)[..., None]
    common = np.minimum(first, second)
    green, magenta = (np.array(color, np.float32) for color in DIFFERENCE_COLORS)
    return common + (first - common) * green + (second - common) * magenta


def lightness(colors: np.ndarray) -> np.ndarray:
    """How bright `colors`, shape (..., 3) from 0 to 1, look; shape (...)."""
    return colors @ _LIGHTNESS


def _only(image: LayerImage, where: np.ndarray) -> LayerImage:
    return LayerImage(image.colors, image.shown & where)
