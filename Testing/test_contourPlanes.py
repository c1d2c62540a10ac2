import numpy as np
import pytest

from builders import contour, ctSeries, structureSet
from drawnStructures import closed, ellipsoidContours, rectangle, structure
from IHERORegistrationLib.contourPlanes import (
    evenOddArea,
    insideShare,
    nestingDepths,
    planeStack,
    signedArea,
    sliceSpacing,
)
from IHERORegistrationLib.errors import MalformedObjectError
from IHERORegistrationLib.structures import Contour, GeometricType
from IHERORegistrationLib.structureSetReader import structureSetFromDataset
from readBack import noteNames

OUTER = np.array([(0, 0), (10, 0), (10, 6), (0, 6.0)])
HOLE = np.array([(2, 1), (2, 5), (8, 5), (8, 1.0)])  # the other way round
ISLAND = np.array([(4, 2), (5, 2), (5, 4), (4, 4.0)])
KEYHOLE = np.array(
    [(0, 0), (2, 1), (2, 5), (8, 5), (8, 1), (2, 1), (0, 0), (10, 0), (10, 6), (0, 6.0)]
)
# Axes that are not those of the patient: 3-4-5 turns about two of them
TURN = np.array([(1, 0, 0), (0, 0.6, -0.8), (0, 0.8, 0.6)]) @ np.array(
    [(0.8, -0.6, 0), (0.6, 0.8, 0), (0, 0, 1)]
)


def test_area_by_the_even_odd_rule_counts_holes_and_islands():
    assert evenOddArea([OUTER]) == 60
    assert evenOddArea([HOLE, OUTER]) == 60 - 24
    assert evenOddArea([ISLAND, OUTER, HOLE]) == 60 - 24 + 2
    assert nestingDepths([ISLAND, OUTER, HOLE]) == [2, 0, 1]
    assert evenOddArea([OUTER, ISLAND + np.array((20, 0))]) == 62


def test_a_keyhole_is_the_same_hole():
    assert abs(signedArea(KEYHOLE)) == 60 - 24
    assert evenOddArea([KEYHOLE, ISLAND]) == 60 - 24 + 2


def test_points_inside_are_told_from_those_in_a_keyhole():
    points = np.array([(1, 3), (3, 3), (9, 3), (11, 3.0)])
    assert insideShare(points, KEYHOLE) == 0.5
    assert insideShare(points[1:2], KEYHOLE) == 0
    assert signedArea(OUTER) > 0 > signedArea(HOLE)


def test_a_prism_of_slices_has_the_volume_of_its_area_times_its_slices():
    prism = structure([rectangle((-7, 5), (20, 29), z) for z in (41, 38, 35, 44)])
    stack = planeStack(prism, 3)
    assert [plane.offset for plane in stack.planes] == pytest.approx([35, 38, 41, 44])
    assert stack.volume == pytest.approx(12 * 9 * 12)
    assert stack.spacing == pytest.approx(3)
    assert noteNames(stack) == []


def test_oblique_contours_have_their_own_axes():
    contours = [
        closed(one.points @ TURN.T) for one in ellipsoidContours((9, -4, 30), (8, 6, 5), range(40))
    ]
    stack = planeStack(structure(contours), None)
    np.testing.assert_allclose(np.abs(stack.axes[:, 2]), np.abs(TURN[:, 2]), atol=1e-12)
    np.testing.assert_allclose(stack.axes.T @ stack.axes, np.eye(3), atol=1e-12)
    assert np.linalg.det(stack.axes) == pytest.approx(1)
    cuts = 1 - (np.arange(26, 35) - 30) ** 2 / 25
    assert stack.volume == pytest.approx(np.pi * 48 * cuts.sum(), rel=1e-9)
    back = [one @ stack.axes[:, :2].T + plane.offset * stack.axes[:, 2]
            for plane in stack.planes for one in plane.polygons]  # fmt: skip
    assert len(back) == len(contours)
    ours = sorted(map(tuple, np.round(np.concatenate(back), 8).tolist()))
    assert ours == sorted(
        map(tuple, np.round(np.concatenate([c.points for c in contours]), 8).tolist())
    )


def test_one_missing_plane_is_bridged_and_a_wide_gap_is_not():
    stack = planeStack(
        structure([rectangle((0, 4), (0, 5), z) for z in (0, 2, 4, 8, 10, 30, 32)]), 2
    )
    assert [(plane.below, plane.above) for plane in stack.planes] == [
        (1, 1), (1, 1), (1, 2), (2, 1), (1, 1), (1, 1), (1, 1),
    ]  # fmt: skip
    assert [stack.isBridged(n) for n in range(6)] == [True, True, True, True, False, True]
    assert noteNames(stack) == ["missing plane", "parts apart"]


def test_two_planes_far_apart_are_two_parts_where_slices_are_close():
    two = structure([rectangle((0, 4), (0, 5), z) for z in (0, 40)])
    assert planeStack(two, 2).volume == pytest.approx(2 * 20 * 2)
    assert planeStack(two, None).volume == pytest.approx(2 * 20 * 40)
    assert planeStack(two, 20).volume == pytest.approx(2 * 20 * 40)  # one slice missing


def test_a_single_plane_is_as_thick_as_a_slice_or_has_no_volume():
    one = structure([rectangle((0, 4), (0, 5), -7.5)])
    assert planeStack(one, 2.5).volume == pytest.approx(50)
    with pytest.raises(MalformedObjectError, match="one plane"):
        planeStack(one, None)


def test_contours_drawn_twice_count_once_and_overlaps_are_told():
    a, b = rectangle((0, 4), (0, 5), 3), rectangle((2, 9), (1, 3), 3)
    stack = planeStack(structure([a, a, b]), 1)
    assert noteNames(stack) == ["contour drawn twice", "contours overlap"]
    assert len(stack.planes[0].polygons) == 2


def test_bent_contours_and_contours_across_each_other_are_refused():
    bent = closed([(0, 0, 0), (10, 0, 0), (10, 10, 1), (0, 10, 0)])
    with pytest.raises(MalformedObjectError, match="parallel planes"):
        planeStack(structure([bent]), 1)
    upright = closed([(0, 0, 0), (5, 0, 0), (5, 0, 5), (0, 0, 5)])
    with pytest.raises(MalformedObjectError, match="parallel planes"):
        planeStack(structure([rectangle((0, 9), (0, 8), 2), upright]), 1)


def test_what_encloses_nothing_has_no_planes():
    point = Contour(np.zeros((1, 3)), GeometricType.POINT)
    with pytest.raises(MalformedObjectError, match="no closed contour"):
        planeStack(structure([point]), 1)
    line = closed([(0, 0, 0), (1, 0, 0), (2, 0, 0)])
    with pytest.raises(MalformedObjectError, match="enclose nothing"):
        planeStack(structure([line]), 1)


def test_the_slice_spacing_is_that_of_all_structures_together():
    images = ctSeries(4)
    points = [(-69, 31, 110 + 3 * k, -61, 31, 110 + 3 * k, -61, 37, 110 + 3 * k) for k in range(4)]
    drawn = [contour(images[k], points[k]) for k in range(4)]
    both = structureSet(images, {"Even": drawn[::2], "Odd": drawn[1::2]})
    assert sliceSpacing(structureSetFromDataset(both)) == pytest.approx(3)
    single = structureSet(images, {"One": drawn[:1]})
    assert sliceSpacing(structureSetFromDataset(single)) is None


def test_a_structure_drawn_on_every_second_slice_says_so():
    drawn = structure([rectangle((0, 30), (0, 20), z) for z in (10, 16, 22, 28)])
    stack = planeStack(drawn, 3.0)
    assert noteNames(stack) == ["drawn on few slices"]
    assert "6.0 mm apart, slices 3.0 mm apart" in stack.notes[0].found
    assert stack.volume == pytest.approx(600 * (18 + 6))
    assert noteNames(planeStack(drawn, 6.0)) == []
