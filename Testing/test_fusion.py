import numpy as np
import pytest

from IHERORegistrationLib.pictures.fusion import (
    blended,
    checkered,
    colorDifference,
    lightness,
    throughSpyglass,
)
from IHERORegistrationLib.pictures.sliceLayers import LayerImage

RED, BLUE = np.array([1.0, 0, 0]), np.array([0, 0, 1.0])
BACKGROUND = np.tile(RED, (30, 50, 1))


def foreground(color=BLUE, shown=True):
    return LayerImage(np.tile(color, (30, 50, 1)), np.full((30, 50), shown))


@pytest.mark.parametrize(("opacity", "color"), [(0, RED), (0.25, (0.75, 0, 0.25)), (1, BLUE)])
def test_a_blend_is_weighted_by_the_opacity(opacity, color):
    np.testing.assert_allclose(blended(BACKGROUND, foreground(), opacity)[4, 7], color)


def test_where_the_foreground_is_not_there_the_background_shows_undimmed():
    np.testing.assert_array_equal(blended(BACKGROUND, foreground(shown=False), 0.8), BACKGROUND)


def test_an_uneven_blend_hides_little_where_the_foreground_is_dark_and_ends_complete():
    dark, bright = np.zeros(3), np.ones(3)
    at = {
        (name, opacity): blended(BACKGROUND, foreground(color), opacity, evenly=False)[0, 0, 0]
        for name, color in (("dark", dark), ("bright", bright))
        for opacity in (0.5, 1.0)
    }
    assert at["dark", 0.5] == pytest.approx(1 - 0.5**3)
    assert at["dark", 1.0] == pytest.approx(0)
    green = blended(BACKGROUND, foreground(bright), 0.5, evenly=False)[0, 0, 1]
    assert green == pytest.approx(0.5**0.4)


def test_a_checkerboard_begins_with_the_background_and_alternates():
    image = checkered(BACKGROUND, foreground(), 10)
    isBlue = image[..., 2] == 1
    assert not isBlue[:10, :10].any()
    assert isBlue[:10, 10:20].all()
    assert isBlue[10:20, :10].all()
    assert not isBlue[10:20, 10:20].any()
    assert isBlue.sum() == 7 * 100  # of 3 × 5 tiles


def test_the_spyglass_shows_the_foreground_inside_its_circle_only():
    image = throughSpyglass(BACKGROUND, foreground(), (20.5, 12.5), 8)
    isBlue = image[..., 2] == 1
    assert isBlue[12, 20 - 7]
    assert isBlue[12 + 7, 20]
    assert not isBlue[12, 20 - 9]
    assert not isBlue[12 + 7, 20 + 7]
    assert isBlue.sum() == pytest.approx(np.pi * 64, rel=0.05)


def test_a_color_difference_is_gray_where_both_are_alike():
    gray = np.full((30, 50, 3), 0.4)
    image = colorDifference(gray, foreground(np.full(3, 0.4)))
    np.testing.assert_allclose(image, 0.4, atol=1e-6)


def test_a_color_difference_is_green_for_the_background_and_magenta_for_the_foreground():
    white, black = np.ones((30, 50, 3)), np.zeros((30, 50, 3))
    onlyBackground = colorDifference(white, foreground(np.zeros(3)))[3, 3]
    onlyForeground = colorDifference(black, foreground(np.ones(3)))[3, 3]
    np.testing.assert_allclose(onlyBackground, (0.2, 1, 0.2), atol=1e-6)
    np.testing.assert_allclose(onlyForeground, (1, 0.2, 1), atol=1e-6)
    outside = colorDifference(white, foreground(np.ones(3), shown=False))[3, 3]
    np.testing.assert_allclose(outside, (0.2, 1, 0.2), atol=1e-6)


def test_green_looks_brighter_than_red_and_red_than_blue():
    red, green, blue = lightness(np.eye(3))
    assert green > red > blue
    assert red + green + blue == pytest.approx(1)
