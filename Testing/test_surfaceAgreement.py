"""Carried structures against drawn ones: spheres, whose agreement after a shift is known."""

from dataclasses import replace

import numpy as np
import pytest

from IHERODeformationLib.deformation import DeformableTransform
from IHERODeformationLib.displacementGrid import DisplacementGrid
from IHERODeformationLib.surfaceAgreement import (
    dice,
    structureAgreement,
    structureSetAgreement,
    surfaceDistance,
)
from IHERORegistrationLib.closedSurface import ClosedSurface
from IHERORegistrationLib.errors import FrameOfReferenceError, MalformedObjectError
from IHERORegistrationLib.geometry import AffineTransform
from IHERORegistrationLib.lattice import Lattice
from IHERORegistrationLib.structures import Contour, GeometricType, Structure
from test_structures import setWith as structureSet

R, S = "1.2.3.4", "1.2.3.5"
CENTER = np.array([14.0, -21.5, 133.25])
MOVE = np.array([50.0, 30.0, -70.0])  # of the frame
RADIUS, SLICE = 20.0, 2.0
SHIFT = np.array([3.0, -2.0, 2.5])  # what the registration misses
APART = float(np.linalg.norm(SHIFT))


def sphere(center, frame, radius=RADIUS, first=0.3, number=4, name="Ball"):
    heights = np.arange(center[2] - radius + first * SLICE, center[2] + radius, SLICE)
    angles = np.linspace(0, 2 * np.pi, 180, endpoint=False)
    contours = []
    for z in heights:
        across = np.sqrt(max(radius**2 - (z - center[2]) ** 2, 1e-4))
        points = np.column_stack(
            [
                center[0] + across * np.cos(angles),
                center[1] + across * np.sin(angles),
                np.full(len(angles), z),
            ]
        )
        contours.append(Contour(points, GeometricType.CLOSED_PLANAR))
    return Structure(number, name, frame, tuple(contours))


def movedBy(vector):
    matrix = np.eye(4)
    matrix[:3, 3] = vector
    return AffineTransform(matrix, R, S)


def deformationBy(vector, outside=()):
    """The same as a grid of equal vectors; nodes `outside`, a slice of k, are undefined."""
    lattice = Lattice.fromAxes((9, 10, 11), CENTER - 45, np.eye(3), (10, 9, 9))
    vectors = np.broadcast_to(np.float32(vector), (*lattice.shape, 3)).copy()
    if outside:
        vectors[slice(*outside)] = np.nan
    return DeformableTransform(np.eye(4), DisplacementGrid(lattice, vectors), np.eye(4), R, S)


HERE = sphere(CENTER, R)
THERE = sphere(CENTER + MOVE + SHIFT, S, first=0.7)
BOTH = (SLICE, SLICE)


def lens(radius, apart):
    """Dice of two balls of equal size, from the volume of what they share."""
    shared = np.pi * (4 * radius + apart) * (2 * radius - apart) ** 2 / 12
    return shared / (4 / 3 * np.pi * radius**3)


def between(radius, apart):
    """Distance to the other sphere from points spread evenly over one."""
    cosines = np.linspace(-1, 1, 20001)
    return np.abs(np.sqrt(radius**2 + apart**2 - 2 * radius * apart * cosines) - radius)


@pytest.mark.parametrize("transform", [movedBy(MOVE), deformationBy(MOVE)])
def test_shifted_spheres_agree_as_geometry_says(transform):
    found = structureAgreement(HERE, THERE, transform, BOTH)
    distances = between(RADIUS, APART)
    assert found.name == "Ball"
    assert found.dice == pytest.approx(lens(RADIUS, APART), abs=0.002)
    assert found.distance.mean == pytest.approx(distances.mean(), abs=0.05)
    assert found.distance.hausdorff95 == pytest.approx(np.quantile(distances, 0.95), abs=0.05)
    assert found.distance.maximum == pytest.approx(APART, abs=0.1)
    volume = 4 / 3 * np.pi * RADIUS**3 / 1000
    assert found.carried == pytest.approx(volume, rel=0.005)
    assert found.drawn == pytest.approx(volume, rel=0.005)
    assert found.undefined == 0


def test_spheres_on_each_other_agree():
    found = structureAgreement(HERE, THERE, movedBy(MOVE + SHIFT), BOTH)
    assert found.dice > 0.995
    assert found.distance.mean < 0.1
    assert found.distance.hausdorff95 < SLICE / 2  # ends are flat, where the last slice was


def test_spheres_of_different_size_have_the_distance_of_their_surfaces():
    small = sphere(CENTER + MOVE, S, radius=16, first=0.5)
    found = structureAgreement(HERE, small, movedBy(MOVE), BOTH)
    assert found.distance.mean == pytest.approx(4, abs=0.05)
    assert found.distance.hausdorff95 == pytest.approx(4, abs=0.2)
    assert found.dice == pytest.approx(2 * 16**3 / (16**3 + 20**3), abs=0.003)


def test_spheres_apart_share_nothing():
    found = structureAgreement(HERE, THERE, movedBy(MOVE + np.array([70, 0, 0])), BOTH)
    assert found.dice == 0
    assert found.distance.maximum > 60


def box(low, size):
    """A closed surface of 12 triangles."""
    corners = np.array(low, float) + np.indices((2, 2, 2)).reshape(3, 8).T * size
    faces = [
        (0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3),
    ]  # fmt: skip
    triangles = [t for a, b, c, d in faces for t in ((a, b, c), (a, c, d))]
    return ClosedSurface(corners, np.array(triangles))


def test_boxes_with_few_large_triangles_are_measured_between_their_corners():
    one, other = box((0, 0, 0), (30, 20, 10)), box((0, 0, 4), (30, 20, 10))
    assert one.volume == pytest.approx(6000)
    assert dice(one, other) == pytest.approx(0.6, abs=0.01)
    found = surfaceDistance(one, other)
    assert found.maximum == pytest.approx(4, abs=0.01)
    # bottoms are 4 mm apart; of the sides the 4 mm that stand out are 2 mm away in the mean
    bottom, sides, area = 30 * 20, 2 * (30 + 20) * 10, 2 * 600 + 1000
    # the top of the lower box lies inside the other, 4 mm below its top and from its bottom 6
    inner = np.minimum(4, np.minimum.outer(_toEdge(30), _toEdge(20))).mean()
    expected = (bottom * 4 + sides * 0.4 * 2 + bottom * inner) / area
    assert found.mean == pytest.approx(expected, rel=0.03)


def test_the_hausdorff_distance_is_that_of_the_worse_direction():
    # an end of the longer box, a tenth of its surface, is 10 mm from the shorter one; nothing of
    # the shorter one is more than 5 mm from the longer
    found = surfaceDistance(box((0, 0, 0), (20, 20, 10)), box((0, 0, 0), (30, 20, 10)))
    assert found.hausdorff95 == pytest.approx(10, abs=0.01)


def _toEdge(width):
    places = (np.arange(2000) + 0.5) / 2000 * width
    return np.minimum(places, width - places)


def test_what_the_registration_does_not_define_is_cut_off_and_told():
    transform = deformationBy(MOVE, outside=(7, None))
    height = transform.grid.lattice.origin[2] + 6 * 9 - (CENTER[2] - RADIUS)  # of the cap that is
    share = height**2 * (3 * RADIUS - height) / (4 * RADIUS**3)
    found = structureAgreement(HERE, THERE, transform, BOTH)
    assert found.undefined == pytest.approx(1 - share, abs=0.02)
    assert found.carried == pytest.approx(share * 4 / 3 * np.pi * RADIUS**3 / 1000, rel=0.03)
    assert any("of the volume" in remark for remark in found.remarks)


def test_structures_are_matched_by_name():
    here = structureSet(
        HERE,
        replace(HERE, number=7, name="Only here"),
        replace(HERE, number=8, name="Point", contours=()),
        replace(HERE, number=9, name="Double"),
        replace(HERE, number=10, name="Double"),
    )
    there = structureSet(
        replace(THERE, number=1), replace(THERE, name="Point"), replace(THERE, name="Double")
    )
    found = structureSetAgreement(here, there, movedBy(MOVE))
    assert [one.name for one in found.structures] == ["Ball"]
    assert found.leftOut == (
        "Only here: expected one of that name in each set, found 1 and 0",
        "Point: structure 8 has no closed contour",
        "Double: expected one of that name in each set, found 2 and 1",
    )


def test_a_set_of_another_frame_is_refused():
    here, there = structureSet(HERE), structureSet(THERE)
    with pytest.raises(FrameOfReferenceError, match=r"expected structures in frame 1\.2\.3\.5"):
        structureSetAgreement(here, here, movedBy(MOVE))
    with pytest.raises(FrameOfReferenceError, match=r"expected structures in frame 1\.2\.3\.4"):
        structureSetAgreement(there, there, movedBy(MOVE))


def test_a_structure_of_which_nothing_is_defined_is_refused():
    far = replace(HERE, contours=sphere(CENTER + 300, R).contours)
    with pytest.raises(MalformedObjectError):
        structureAgreement(far, THERE, deformationBy(MOVE), BOTH)
