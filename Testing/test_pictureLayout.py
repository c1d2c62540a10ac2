from itertools import combinations

import numpy as np
import pytest

from IHERORegistrationLib.pictures.pictureLayout import inPixels, singlePlane, threePlanes
from IHERORegistrationLib.pictures.slicePlanes import Plane

BODIES = [(400, 250, 500), (160, 200, 150), (500, 300, 1800), (520, 360, 60), (180, 90, 400)]


def rectangles(layout):
    return [*layout.views.values(), layout.legend]


@pytest.mark.parametrize("size", BODIES)
def test_views_and_legend_fill_the_picture_without_overlap(size):
    layout = threePlanes(np.array(size))
    area = sum(one.width * one.height for one in rectangles(layout))
    assert area == pytest.approx(layout.width * layout.height)
    for a, b in combinations(rectangles(layout), 2):
        apart = a.right <= b.left or b.right <= a.left or a.bottom <= b.top or b.bottom <= a.top
        assert apart


@pytest.mark.parametrize("size", BODIES)
def test_the_three_views_have_one_scale(size):
    across, deep, high = size
    views = threePlanes(np.array(size)).views
    expected = {
        Plane.AXIAL: (across, deep),
        Plane.SAGITTAL: (deep, high),
        Plane.CORONAL: (across, high),
    }
    for plane, view in views.items():
        assert (view.width, view.height) == expected[plane]


def test_views_that_share_an_axis_are_aligned():
    views = threePlanes(np.array([160, 200, 150])).views
    assert views[Plane.AXIAL].left == views[Plane.CORONAL].left
    assert views[Plane.SAGITTAL].top == views[Plane.CORONAL].top


def test_a_tall_body_is_not_drawn_as_a_tall_strip():
    layout = threePlanes(np.array([500, 300, 1800]))
    assert 0.6 < layout.width / layout.height < 1.6


@pytest.mark.parametrize("size", [(300.0, 200.0), (400.0, 90.0)])
def test_a_single_view_has_its_legend_where_there_is_room(size):
    layout = singlePlane(Plane.CORONAL, *size)
    view = layout.views[Plane.CORONAL]
    area = view.width * view.height + layout.legend.width * layout.legend.height
    assert area == pytest.approx(layout.width * layout.height)
    assert (layout.legend.left == 0) == (size[0] > 1.6 * size[1])


@pytest.mark.parametrize("size", BODIES)
def test_edges_in_pixels_are_whole_and_still_meet(size):
    layout = inPixels(threePlanes(np.array(size)), 777, 31)
    covered = sum(one.width * one.height for one in rectangles(layout))
    assert layout.width == 777
    assert covered == 777 * (layout.height - 31)
    for one in rectangles(layout):
        assert all(float(edge).is_integer() for edge in (one.left, one.top, one.right, one.bottom))
