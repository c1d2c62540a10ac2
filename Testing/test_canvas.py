import numpy as np
import pytest

from IHERORegistrationLib.pictures.canvas import FINENESS, Canvas, drawable, shortened, textWidth
from IHERORegistrationLib.pictures.pictureLayout import Rectangle

GRAY = (0.2, 0.2, 0.2)


@pytest.fixture
def aCanvas(canDraw):
    return Canvas(80, 60, GRAY)


def lit(canvas, channel):
    """Rows and columns of the pixels that are bright in one channel only."""
    pixels = canvas.pixels().astype(int)
    others = [other for other in range(3) if other != channel]
    return np.argwhere((pixels[..., channel] > 200) & (pixels[..., others].max(axis=-1) < 80))


def test_a_box_covers_the_pixels_of_its_rectangle(aCanvas):
    pane = aCanvas.pane(Rectangle(10, 20, 50, 30))
    pane.box(Rectangle(5, 3, 20, 8), (1, 0, 0))
    where = lit(aCanvas, 0)
    assert where.min(axis=0).tolist() == [23, 15]
    assert where.max(axis=0).tolist() == [30, 34]
    assert len(where) == 20 * 8


def test_an_image_fills_its_pane_the_right_way_up(aCanvas):
    pane = aCanvas.pane(Rectangle(10, 20, 50, 30))
    colors = np.zeros((30 * FINENESS, 50 * FINENESS, 3))
    colors[: 4 * FINENESS, : 7 * FINENESS, 1] = 1
    pane.image(colors)
    where = lit(aCanvas, 1)
    assert where.min(axis=0).tolist() == [20, 10]
    assert where.max(axis=0).tolist() == [23, 16]


def test_lines_end_at_the_edge_of_their_pane(aCanvas):
    aCanvas.pane(Rectangle(0, 0, 80, 60))
    pane = aCanvas.pane(Rectangle(10, 20, 50, 30))
    pane.lines([np.array([[-100, 12], [200, 12]])], (0, 0, 1), 3)
    where = lit(aCanvas, 2)
    assert where[:, 1].min() >= 10
    assert where[:, 1].max() <= 59
    assert abs(where[:, 0].mean() + 0.5 - 32) <= 0.5


def test_text_stands_at_its_side_and_takes_the_width_that_is_foretold(aCanvas):
    pane = aCanvas.pane(Rectangle(0, 0, 80, 60))
    pane.text("HHHH", 70, 30, 16, (0, 1, 0), side="right", bold=True)
    where = lit(aCanvas, 1)
    assert 66 <= where[:, 1].max() <= 70
    assert abs(where[:, 0].mean() - 30) < 2
    width = where[:, 1].max() - where[:, 1].min() + 1
    assert abs(textWidth("HHHH", 16, bold=True) - width) < 5


def test_what_does_not_fit_is_cut_with_an_ellipsis():
    assert shortened("Planning CT", 500, 16) == "Planning CT"
    cut = shortened("A label that is much too long to be written here", 120, 16)
    assert cut.endswith("…")
    assert cut.startswith("A label")
    assert textWidth(cut, 16) <= 120
    assert shortened("anything", 0, 16) == "…"


@pytest.mark.parametrize(
    ("words", "drawn"),
    [
        ("MR → CT", "MR > CT"),
        ("Prostata – Übersicht, −3 mm ≥ 2°", "Prostata – Übersicht, −3 mm ≥ 2°"),
        ("a\tb\nc", "a b c"),
        ("計画CT", "??CT"),
        ("ế", "e"),
        ("5 $ and 6 $", r"5 \$ and 6 \$"),
    ],
)
def test_letters_that_the_font_lacks_are_replaced(words, drawn):
    assert drawable(words) == drawn
