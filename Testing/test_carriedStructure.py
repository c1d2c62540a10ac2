import numpy as np
import pytest

from builders import CT_FRAME, MR_FRAME, OBLIQUE, ctSeries, imageSeries, mrSeries
from drawnStructures import closed, ellipse, ellipsoidContours, rectangle, structure
from IHERORegistrationLib.carriedStructure import carriedStructure
from IHERORegistrationLib.frames import TransformChain
from IHERORegistrationLib.geometry import AffineTransform
from IHERORegistrationLib.structureMask import maskFromStructure
from IHERORegistrationLib.structures import Contour, GeometricType
from readBack import noteNames
from writtenSeries import seriesOf

SLICES = 26
CENTER = np.array((-61.3, 34.9, 149.2))  # of what is drawn, on CT slices 3 mm apart
HEIGHTS = 110 + 3.0 * np.arange(40)


@pytest.fixture(scope="module")
def obliqueSeries(tmp_path_factory):
    """MR, oblique, 1.5 × 1.25 mm, slices 4 mm apart."""
    return seriesOf(mrSeries(SLICES), tmp_path_factory.mktemp("mr"))


@pytest.fixture(scope="module")
def axialSeries(tmp_path_factory):
    """CT of another frame, slices 3 mm apart from z = 500."""
    datasets = ctSeries(SLICES, FrameOfReferenceUID=MR_FRAME)
    for k, one in enumerate(datasets):
        one.ImagePositionPatient = ["-70", "30", str(500 + 3 * k)]
    return seriesOf(datasets, tmp_path_factory.mktemp("ct"))


def turn(axis, degrees):
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    a, b = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.eye(3)
    matrix[a, a], matrix[a, b], matrix[b, a], matrix[b, b] = c, -s, s, c
    return matrix


def transformTo(point, rotation, center=CENTER):
    """Takes `center` to `point` and turns about it."""
    matrix = np.eye(4)
    matrix[:3, :3] = rotation
    matrix[:3, 3] = point - rotation @ center
    return AffineTransform(matrix, CT_FRAME, MR_FRAME)


def middleOf(series, k=12.3):
    """A point between slices in the middle of a series."""
    return series.lattice.points(np.array((2.2, 1.7, k)))


def toOblique(series, k=12.3, center=CENTER):
    return transformTo(middleOf(series, k), turn(2, 30) @ turn(0, -20), center)


def distancesFromEllipsoid(points, transform, radii, center=CENTER):
    """Distance in mm, to first order, of carried points from the ellipsoid that was drawn."""
    back = transform.inverse()(points) - center
    level = np.linalg.norm(back / radii, axis=1)
    slope = np.linalg.norm(back / np.square(radii), axis=1) / level
    return np.abs(level - 1) / slope


def test_an_ellipsoid_on_oblique_slices_keeps_volume_and_place(obliqueSeries):
    radii = np.array((24, 17, 21.0))
    transform = toOblique(obliqueSeries)
    drawn = structure(ellipsoidContours(CENTER, radii, HEIGHTS))
    carried = carriedStructure(drawn, obliqueSeries, transform, 3)
    assert noteNames(carried) == []
    assert carried.before == pytest.approx(4 / 3 * np.pi * radii.prod() / 1000, rel=0.01)
    assert carried.after == pytest.approx(carried.before, rel=0.01)
    assert carried.structure.frame == MR_FRAME
    assert carried.structure.generationAlgorithm == "RESAMPLED"
    points = carried.structure.points
    away = distancesFromEllipsoid(points, transform, radii)
    ends = np.abs((transform.inverse()(points) - CENTER)[:, 2]) > 18  # flat in what was drawn
    assert np.quantile(away[~ends], 0.95) < 0.1
    assert np.quantile(away, 0.95) < 2  # half of a slice of the target


def test_contours_lie_on_the_slices_they_name(obliqueSeries):
    drawn = structure(ellipsoidContours(CENTER, (24, 17, 21), HEIGHTS))
    carried = carriedStructure(drawn, obliqueSeries, toOblique(obliqueSeries), 3)
    planes = {one.instance: one.plane for one in obliqueSeries.slices}
    for one in carried.structure.contours:
        assert one.geometricType is GeometricType.CLOSED_PLANAR
        assert np.abs(planes[one.image].distance(one.points)).max() < 1e-9
    named = [one.image for one in carried.structure.contours]
    assert len(set(named)) == len(named)


def test_holes_and_islands_are_kept(obliqueSeries):
    outer = ellipsoidContours(CENTER, (26, 22, 22), HEIGHTS)
    hole = ellipsoidContours(CENTER + np.array((3, 2, 1)), (12, 9, 11), HEIGHTS)
    island = ellipsoidContours(CENTER + np.array((3, 2, 1)), (6, 5, 6), HEIGHTS)
    beside = ellipsoidContours(CENTER + np.array((38, 5, -6)), (8, 9, 10), HEIGHTS)
    parts = [outer, hole, island, beside]
    transform = toOblique(obliqueSeries)
    drawn = structure([one for part in parts for one in part])
    carried = carriedStructure(drawn, obliqueSeries, transform, 3)
    assert carried.after == pytest.approx(carried.before, rel=0.02)
    probes = transform(CENTER + np.array([(3, 2, 1), (3, 2, 10), (-16, 0, 0), (38, 5, -6)]))
    lattice = obliqueSeries.lattice
    fine = type(lattice).fromAxes(
        (200, 200, SLICES),
        lattice.points(np.array((-40, -40, 0))),
        lattice.directions,
        (0.7, 0.7, 4),
    )
    mask = maskFromStructure(carried.structure, fine)
    i, j, k = np.rint(fine.indices(probes)).astype(int).T
    assert mask[k, j, i].tolist() == [True, False, True, True]
    sizes = [len(one.points) for one in carried.structure.contours]
    slices = {one.image for one in carried.structure.contours}
    assert len(sizes) > len(slices)  # islands are polygons of their own


@pytest.mark.parametrize("radii", [(5, 4, 7), (3, 3, 6), (9, 2.5, 8)])
def test_small_structures_keep_their_volume(radii, tmp_path):
    center = CENTER + np.array((0.4, -0.2, 0.5))
    heights = np.arange(center[2] - 8.6, center[2] + 9, 1)
    fine = imageSeries(
        mrSeries(1)[0].SOPClassUID, "MR", 21, 40, MR_FRAME, OBLIQUE, (0.8, 0.9, 1.2), (0, 5, 9)
    )
    target = seriesOf(fine, tmp_path)
    drawn = structure(ellipsoidContours(center, radii, heights))
    carried = carriedStructure(drawn, target, toOblique(target, 19.4, center), 1)
    assert carried.after == pytest.approx(carried.before, rel=0.03)
    assert carried.before == pytest.approx(4 / 3 * np.pi * np.prod(radii) / 1000, rel=0.03)


def test_slices_that_come_to_lie_on_slices_keep_their_points(axialSeries):
    transform = transformTo(np.array((40, -8, 500 + 3 * 12 + 0.004)), turn(2, 35), (1, 2, 152))
    drawn = structure(ellipsoidContours(CENTER, (24, 17, 21), HEIGHTS))
    carried = carriedStructure(drawn, axialSeries, transform, 3)
    assert len(carried.structure.contours) == len(drawn.contours)
    for ours, one in zip(carried.structure.contours, drawn.contours, strict=True):
        moved = transform(one.points)
        np.testing.assert_allclose(ours.points[:, :2], moved[:, :2], atol=1e-9)
        assert set(ours.points[:, 2].round(9)) == {round(moved[0, 2] - 0.004, 9)}
    assert carried.after == pytest.approx(carried.before, rel=1e-9)


def test_a_turn_out_of_the_slices_does_not_keep_their_points(axialSeries):
    transform = transformTo(np.array((40, -8, 536.0)), turn(0, 0.2), (1, 2, 152))
    drawn = structure(ellipsoidContours(CENTER, (24, 17, 21), HEIGHTS))
    carried = carriedStructure(drawn, axialSeries, transform, 3)
    assert {len(one.points) for one in carried.structure.contours} != {240}
    assert carried.after == pytest.approx(carried.before, rel=0.01)


def test_slices_between_those_drawn_are_filled(axialSeries):
    transform = transformTo(np.array((40, -8, 537.1)), np.eye(3), (1, 2, 152))
    drawn = structure(ellipsoidContours(CENTER, (24, 17, 21), HEIGHTS[::2]))
    carried = carriedStructure(drawn, axialSeries, transform, 3)
    assert len(carried.structure.contours) >= 2 * len(drawn.contours) - 1
    assert carried.after == pytest.approx(carried.before, rel=0.01)


def test_the_ends_of_a_structure_drawn_on_few_slices_are_not_laid_to_coarse_slices(axialSeries):
    # two planes 6 mm apart stand for 12 mm; the target has slices 3 mm apart on both ends
    transform = transformTo(np.array((40, -8, 536.0)), np.eye(3), (1, 2, 152))
    drawn = structure([rectangle((0, 30), (0, 20), z) for z in (155, 161)])
    carried = carriedStructure(drawn, axialSeries, transform, 3)
    assert noteNames(carried) == ["drawn on few slices", "volume by slices"]
    assert "ends lie between slices" in carried.notes[1].done
    assert carried.before == pytest.approx(600 * 12 / 1000)


def test_the_first_point_is_not_repeated_and_xor_becomes_a_keyhole(axialSeries):
    transform = transformTo(np.array((40, -8, 536.0)), turn(2, 10), (1, 2, 152))
    xor = GeometricType.CLOSED_PLANAR_XOR
    outer, hole = rectangle((0, 30), (0, 20), 155), rectangle((5, 9), (4, 8), 155)
    again = np.concatenate([outer.points, outer.points[:1]])
    drawn = structure([Contour(again, xor), Contour(hole.points, xor)])
    carried = carriedStructure(drawn, axialSeries, transform, 3)
    (one,) = carried.structure.contours
    assert one.geometricType is GeometricType.CLOSED_PLANAR
    assert len(one.points) == 4 + 2 + 4
    assert carried.after == pytest.approx((600 - 16) * 3 / 1000)


def test_what_lies_beyond_the_images_is_left_out_and_counted(axialSeries):
    transform = transformTo(np.array((40, -8, 500.0)), turn(0, 8) @ turn(2, 20))
    half = carriedStructure(
        structure(ellipsoidContours(CENTER, (24, 17, 21), HEIGHTS)), axialSeries, transform, 3
    )
    assert half.outside == pytest.approx(0.5, abs=0.06)  # cut through the center
    assert half.after == pytest.approx(half.before * (1 - half.outside), rel=0.01)
    assert noteNames(half) == ["outside the images"]
    assert half.structure.description.endswith("outside the images")
    far = transformTo(np.array((40, -8, 300.0)), turn(0, 8))
    gone = carriedStructure(
        structure(ellipsoidContours(CENTER, (24, 17, 21), HEIGHTS)), axialSeries, far, 3
    )
    assert (gone.outside, gone.after, gone.structure.contours) == (1, 0, ())
    assert noteNames(gone) == ["outside the images", "structure vanished"]


def test_points_name_the_nearest_slice_within_half_a_slice(obliqueSeries):
    transform = toOblique(obliqueSeries)
    inside, beyond = obliqueSeries.lattice.points(np.array([(2, 3, 7.4), (2, 3, -0.6)]))
    back = transform.inverse()
    drawn = structure(
        [Contour(back(point)[None], GeometricType.POINT) for point in (inside, beyond)]
    )
    carried = carriedStructure(drawn, obliqueSeries, transform, 3)
    (one,) = carried.structure.contours
    np.testing.assert_allclose(one.points, inside[None], atol=1e-9)
    assert one.image == obliqueSeries.imageOfSlice(7).instance
    assert (carried.before, carried.after, carried.outside) == (None, None, 0.5)
    assert noteNames(carried) == ["outside the images"]


def test_open_contours_are_moved_point_by_point(obliqueSeries):
    transform = toOblique(obliqueSeries)
    line = CENTER + np.array([(0, 0, 0), (4, 5, 0), (9, 2, 0)])
    drawn = structure([Contour(line, GeometricType.OPEN_PLANAR)])
    carried = carriedStructure(drawn, obliqueSeries, transform, 3)
    (one,) = carried.structure.contours
    assert one.geometricType is GeometricType.OPEN_NONPLANAR
    np.testing.assert_allclose(one.points, transform(line), atol=1e-9)
    assert noteNames(carried) == ["open contours"]


def test_contours_that_make_no_volume_are_left_out_with_a_note(obliqueSeries):
    bent = closed([(0, 0, 150), (10, 0, 150), (10, 10, 153), (0, 10, 150)])
    carried = carriedStructure(structure([bent]), obliqueSeries, toOblique(obliqueSeries), 3)
    assert carried.structure.contours == ()
    assert noteNames(carried) == ["no volume", "structure vanished"]
    assert "parallel planes" in carried.notes[0].found


def test_slices_too_coarse_for_a_structure_are_told(obliqueSeries):
    flat = structure([closed(ellipse(CENTER, (9, 9), z)) for z in (149, 150)])
    transform = transformTo(
        middleOf(obliqueSeries, 12.1), np.array(obliqueSeries.lattice.directions)
    )
    carried = carriedStructure(flat, obliqueSeries, transform, 1)
    assert noteNames(carried) == ["volume by slices"]
    assert carried.after / carried.before == pytest.approx(2, rel=0.01)  # one slice of 4 mm for 2


def test_a_transform_that_scales_is_not_taken_for_coarse_slices(obliqueSeries):
    growing = turn(2, 30) @ turn(0, -20) @ np.diag((1.2, 1.1, 1.15))
    transform = transformTo(middleOf(obliqueSeries), growing)
    drawn = structure(ellipsoidContours(CENTER, (24, 17, 21.0), HEIGHTS))
    carried = carriedStructure(drawn, obliqueSeries, transform, 3)
    assert carried.after / carried.before == pytest.approx(1.2 * 1.1 * 1.15, rel=0.01)
    assert noteNames(carried) == []


def test_structures_already_in_the_frame_are_cut_too(obliqueSeries):
    here = middleOf(obliqueSeries)
    heights = np.arange(here[2] - 19, here[2] + 20, 3)
    drawn = structure(ellipsoidContours(here, (15, 14, 18), heights), frame=MR_FRAME)
    same = TransformChain((), MR_FRAME, MR_FRAME)
    carried = carriedStructure(drawn, obliqueSeries, same, 3)
    assert carried.after == pytest.approx(carried.before, rel=0.01)


def test_a_chain_of_turns_that_do_not_commute_goes_in_its_order(obliqueSeries):
    between = "1.2.3"
    rotation = np.eye(4)
    rotation[:3, :3] = turn(0, 40)
    first = AffineTransform(rotation, CT_FRAME, between)
    rotation = np.eye(4)
    rotation[:3, :3] = turn(2, 55)
    rotation[:3, 3] = middleOf(obliqueSeries) - turn(2, 55) @ turn(0, 40) @ CENTER
    second = AffineTransform(rotation, between, MR_FRAME)
    chain = TransformChain((first, second), CT_FRAME, MR_FRAME)
    drawn = structure(ellipsoidContours(CENTER, (24, 10, 15), HEIGHTS))
    carried = carriedStructure(drawn, obliqueSeries, chain, 3)
    assert carried.after == pytest.approx(carried.before, rel=0.01)
    axis = carried.structure.points - middleOf(obliqueSeries)
    long = turn(2, 55) @ turn(0, 40) @ (1, 0, 0)
    assert np.abs(axis @ long).max() == pytest.approx(24, abs=1)
    short = turn(2, 55) @ turn(0, 40) @ (0, 1, 0)
    assert np.abs(axis @ short).max() == pytest.approx(10, abs=0.5)


def test_a_gap_between_images_gets_no_contour(tmp_path):
    datasets = ctSeries(9, FrameOfReferenceUID=MR_FRAME)
    del datasets[4]
    target = seriesOf(datasets, tmp_path)
    transform = transformTo(np.array((-60, 35, 122.0)), turn(0, 5))
    drawn = structure(ellipsoidContours(CENTER, (6, 5, 10), CENTER[2] + np.arange(-9.5, 10)))
    carried = carriedStructure(drawn, target, transform, 1)
    assert len(carried.structure.contours) == 6
    assert carried.outside == pytest.approx(0.22, abs=0.02)


def test_uneven_slices_are_cut_where_they_lie(tmp_path):
    datasets = ctSeries(7, FrameOfReferenceUID=MR_FRAME)
    heights = (0, 3, 6.5, 9, 13, 15.5, 20)
    for one, z in zip(datasets, heights, strict=True):
        one.ImagePositionPatient = ["-70", "30", str(110 + z)]
    target = seriesOf(datasets, tmp_path)
    transform = transformTo(np.array((-60, 35, 120.0)), turn(0, 5))
    drawn = structure(ellipsoidContours(CENTER, (6, 5, 8), CENTER[2] + np.arange(-7.5, 8)))
    carried = carriedStructure(drawn, target, transform, 1)
    planes = {one.instance: one.plane for one in target.slices}
    assert {round(one.points[0, 2] - 110, 9) for one in carried.structure.contours} == set(
        heights[1:6]
    )
    for one in carried.structure.contours:
        assert np.abs(planes[one.image].distance(one.points)).max() < 1e-9
