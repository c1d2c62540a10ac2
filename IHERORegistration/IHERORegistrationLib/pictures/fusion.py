"""Two images of one plane in one picture."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from .sliceLayers import LayerImage

_LIGHTNESS = np.array([0.2126, 0.7152, 0.0722], np.float32)  # ITU-R BT.709
DIFFERENCE_COLORS = ((0.2, 1.0, 0.2), (1.0, 0.2, 1.0))  # background only, foreground only
_GREEN, _MAGENTA = np.array(DIFFERENCE_COLORS, np.float32)
_DIFFERENCE = np.stack([1 - _GREEN - _MAGENTA, _GREEN, _MAGENTA])  # of common, first and second
EDGE_COLOR = (1.0, 0.65, 0.0)
FULL_EDGE = 0.25  # of the lightness, between the neighbors of a pixel
FAINTEST_EDGE = 0.2  # of a full line


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
    """`foreground` over `background`, shape (rows, columns, 3), on the odd squares."""
    return blended(background, _only(foreground, oddSquares(foreground.shown.shape, tile)), 1.0)


def oddSquares(shape: tuple[int, ...], tile: float) -> np.ndarray:
    """Every second square of `tile` pixels, not the top left one: bool of `shape`."""
    rows, columns = shape
    row = (np.arange(rows) // tile).astype(int)
    column = (np.arange(columns) // tile).astype(int)
    return (row[:, None] + column) % 2 == 1


def throughSpyglass(
    background: np.ndarray, foreground: LayerImage, center: tuple[float, float], radius: float
) -> np.ndarray:
    """`foreground` over `background` within a circle, see `distances`."""
    inside = distances(foreground.shown.shape, center) < radius
    return blended(background, _only(foreground, inside), 1.0)


def distances(
    shape: tuple[int, ...], center: tuple[float, float], *, isSquare: bool = False
) -> np.ndarray:
    """Distance of each pixel's center from `center` (x, y from the top left corner), all in pixels;
    its contours are circles, or squares.
    """
    rows, columns = shape
    x = np.abs(np.arange(columns, dtype=np.float32) + 0.5 - center[0])
    y = np.abs(np.arange(rows, dtype=np.float32)[:, None] + 0.5 - center[1])
    return np.maximum(x, y) if isSquare else np.hypot(x, y)


def withEdges(background: np.ndarray, foreground: LayerImage) -> np.ndarray:
    """`background` with lines where the lightness of `foreground` changes steeply: the fainter the
    change, the fainter the line.
    """
    light = np.where(foreground.shown, lightness(foreground.colors), np.float32(0))
    rise, run = np.zeros_like(light), np.zeros_like(light)
    rise[1:-1] = light[2:] - light[:-2]
    run[:, 1:-1] = light[:, 2:] - light[:, :-2]
    weight = np.clip(np.hypot(rise, run) / FULL_EDGE, 0.0, 1.0)
    weight[weight < FAINTEST_EDGE] = 0.0
    return background + weight[..., None] * (np.array(EDGE_COLOR, np.float32) - background)


def colorDifference(background: np.ndarray, foreground: LayerImage) -> np.ndarray:
    """Gray where both are alike; green where only the background is bright, magenta where only
    the foreground is. Red-green blind people tell the two by their blue.
    """
    first = lightness(background)
    second = np.where(foreground.shown, lightness(foreground.colors), np.float32(0))
    parts = np.stack([np.minimum(first, second), first, second], axis=-1)
    return parts @ _DIFFERENCE


def lightness(colors: np.ndarray) -> np.ndarray:
    """How bright `colors`, shape (..., 3) from 0 to 1, look; shape (...)."""
    return colors @ _LIGHTNESS


def _only(image: LayerImage, where: np.ndarray) -> LayerImage:
    return LayerImage(image.colors, image.shown & where)
