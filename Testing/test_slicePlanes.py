import numpy as np
import pytest

from IHERORegistrationLib.pictures.slicePlanes import (
    Box,
    Plane,
    nearestPatientAxes,
    orientationLetters,
    slicePlane,
)

UPRIGHT = Box(np.eye(3), np.array([-100.0, -250.0, 500.0]), np.array([220.0, -50.0, 650.0]))
CENTER = np.array([37.0, -111.0, 523.0])


def turnedAboutHead(degrees):
    angle = np.radians(degrees)
    return np.array(
        [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
    )


@pytest.mark.parametrize(
    ("plane", "letters"),
    [
        (Plane.AXIAL, ("R", "L", "A", "P")),
        (Plane.SAGITTAL, ("A", "P", "H", "F")),
        (Plane.CORONAL, ("R", "L", "H", "F")),
    ],
)
def test_views_are_seen_as_radiologists_do(plane, letters):
    assert slicePlane(plane, UPRIGHT, CENTER).letters == letters


@pytest.mark.parametrize(
    ("vector", "letters"),
    [
        ((0, 0, -2), "F"),
        ((np.cos(0.25), 0, np.sin(0.25)), "L"),  # 14.3 degrees
        ((-np.cos(0.3), 0, np.sin(0.3)), "RH"),  # 17.2 degrees
        ((0.4, -0.8, -0.45), "AFL"),
    ],
)
def test_an_oblique_direction_has_more_letters_the_nearest_side_first(vector, letters):
    assert orientationLetters(vector) == letters


def test_an_oblique_view_names_two_sides_per_edge():
    box = Box(turnedAboutHead(30), np.array([-90.0, -80, -70]), np.array([60.0, 50, 40]))
    plane = slicePlane(Plane.AXIAL, box, np.zeros(3))
    assert plane.letters == ("RA", "LP", "AL", "PR")


def test_a_point_falls_on_the_pixel_that_its_place_in_the_box_says():
    point = np.array([-100 + 80.0, -250 + 50.0, 650 - 30.0])  # mm from left, front and head edge
    places = {
        Plane.AXIAL: (80, 50),  # from the left and the top edge, mm
        Plane.SAGITTAL: (50, 30),
        Plane.CORONAL: (80, 30),
    }
    for plane, place in places.items():
        pixel = slicePlane(plane, UPRIGHT, CENTER).pixels(point, 0.5)
        np.testing.assert_allclose(pixel, np.array(place) / 0.5, atol=1e-9)


def test_each_plane_shows_the_whole_box_and_passes_through_the_center():
    sizes = {Plane.AXIAL: (320, 200), Plane.SAGITTAL: (200, 150), Plane.CORONAL: (320, 150)}
    offsets = {Plane.AXIAL: 523, Plane.SAGITTAL: 37, Plane.CORONAL: -111}
    for plane, size in sizes.items():
        made = slicePlane(plane, UPRIGHT, CENTER)
        assert (made.width, made.height) == pytest.approx(size)
        assert made.offset == pytest.approx(offsets[plane])
        normal = np.cross(made.right, made.up)
        assert (CENTER - made.center) @ normal == pytest.approx(0)


def test_a_plane_says_where_it_lies():
    coronal = slicePlane(Plane.CORONAL, UPRIGHT, CENTER)
    assert (coronal.title, coronal.position) == ("Coronal", "y −111.0 mm")
    almostZero = np.array([-0.04, 0, 0])
    assert slicePlane(Plane.SAGITTAL, UPRIGHT, almostZero).position == "x 0.0 mm"


def test_an_oblique_plane_says_its_tilt_and_names_no_axis():
    box = Box(turnedAboutHead(-12), UPRIGHT.low, UPRIGHT.high)
    plane = slicePlane(Plane.SAGITTAL, box, np.array([50.0, 0, 0]))
    assert plane.title == "Sagittal, tilted 12°"
    assert plane.position == f"{50 * np.cos(np.radians(12)):.1f} mm"


def test_axes_of_an_oblique_coronal_image_are_named_by_the_patient():
    tilted = turnedAboutHead(9)
    coronal = np.stack([tilted[:, 0], -tilted[:, 2], tilted[:, 1]], axis=1)
    np.testing.assert_allclose(nearestPatientAxes(coronal), tilted, atol=1e-12)
