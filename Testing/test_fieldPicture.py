"""What pictures of deformations say: the color of a known displacement and change of volume, marks
where there is none, and the words beside them.
"""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from IHERODeformationLib.deformation import DeformableTransform
from IHERODeformationLib.displacementGrid import DisplacementGrid
from IHERODeformationLib.pictures.field import (
    Field,
    fieldSummary,
    motionText,
    rigidPart,
    somePoints,
)
from IHERODeformationLib.pictures.fieldColors import (
    FOLDED,
    LENGTH_WEIGHT,
    MOST_WEIGHT,
    OUTSIDE,
    UNDEFINED,
)
from IHERODeformationLib.pictures.fieldDrawing import FieldDrawing
from IHERODeformationLib.pictures.fieldKind import FieldKind
from IHERODeformationLib.pictures.fieldLines import arrows, gridLines
from IHERODeformationLib.pictures.raster import enlarged, enlargedKnown, pixelCenters
from IHERORegistrationLib.errors import LandmarkError
from IHERORegistrationLib.geometry import AffineTransform
from IHERORegistrationLib.lattice import Lattice
from IHERORegistrationLib.pictures.slicePlanes import Plane, SlicePlane

CORNER = np.array([-30.0, 210.0, -400.0])
SIZE, SPACING = (13, 9, 7), np.array([5.0, 6.0, 8.0])
MIDDLE = CORNER + (np.array(SIZE) - 1) * SPACING / 2
PLANE = SlicePlane(
    Plane.AXIAL, np.array([1.0, 0, 0]), np.array([0.0, -1, 0]), MIDDLE, 60, 48, MIDDLE[2], 0
)
COLUMNS, ROWS = 240, 192  # of 0.25 mm
LETTER = 12.0
WHITE = np.ones((ROWS, COLUMNS, 3), np.float32)
IMAGE = Lattice.fromAxes((30, 25, 14), CORNER, np.eye(3), (2.0, 2.0, 3.5))


def fieldOf(displacement, *, pre=None, undefined=(), size=SIZE):
    """The field of `displacement`, a function of mm from the corner, on a lattice from there."""
    lattice = Lattice.fromAxes(size, CORNER, np.eye(3), SPACING)
    k, j, i = np.indices(lattice.shape)
    vectors = displacement(np.stack([i, j, k], axis=-1) * SPACING).astype(np.float32)
    for node in undefined:
        vectors[node[::-1]] = np.nan
    grid = DisplacementGrid(lattice, vectors)
    first = np.eye(4) if pre is None else pre
    return Field(DeformableTransform(first, grid, np.eye(4), "1.2.1", "1.2.2"), np.eye(4))


def uniform(*vector):
    return lambda away: np.broadcast_to(np.array(vector, float), away.shape)


def alongX(slope):
    """Displaces along x by `slope` mm per mm beyond 30 mm from the corner."""

    def displacement(away):
        x = np.maximum(away[..., 0] - 30, 0) * slope
        return np.stack([x, np.zeros_like(x), np.zeros_like(x)], axis=-1)

    return displacement


def drawing(of, kind=None, scale=20.0, image=IMAGE):
    return FieldDrawing(of, fieldSummary(of, image), kind, scale, 60.0)


@dataclass
class Read:
    """A legend that keeps what is written."""

    words: list[str] = field(default_factory=list)
    colors: np.ndarray | None = None
    ticks: list[tuple[float, str]] = field(default_factory=list)
    areas: dict[str, tuple] = field(default_factory=dict)

    def heading(self, words):
        self.words.append(words)

    note = heading

    def scale(self, colors, ticks):
        self.colors, self.ticks = colors, list(ticks)

    def area(self, words, fill, stripes=None):
        self.areas[words] = (fill, stripes)

    def space(self):
        pass

    def colorAt(self, words):
        """The color above the tick with these words."""
        (share,) = [share for share, text in self.ticks if text == words]
        return self.colors[round(share * (len(self.colors) - 1))]


def explained(one):
    legend = Read()
    one.explain(legend)
    return legend


def at(image, x, y):
    """The color at mm from the corner of the lattice in the plane."""
    column, row = PLANE.pixels(np.add(CORNER, (x, y, 24)), PLANE.width / COLUMNS)
    return image[int(row), int(column)]


def unmixed(color, weight):
    """What was laid over white at `weight`."""
    return (color - (1 - weight)) / weight


def test_five_millimeters_have_the_legends_color_of_five():
    one = drawing(fieldOf(uniform(0, 3, -4)), FieldKind.MAGNITUDE)
    found = unmixed(at(one.painted(WHITE, PLANE, LETTER), 20, 20), LENGTH_WEIGHT)
    legend = explained(one)
    np.testing.assert_allclose(found, legend.colorAt("5"), atol=0.02)
    assert np.abs(found - legend.colorAt("10")).max() > 0.1
    assert [text for _, text in legend.ticks] == ["0", "5", "10", "15", "≥ 20"]
    assert legend.words == ["Displacement, mm", "95 % up to 5.0 mm, all up to 5.0 mm"]


def test_longer_displacements_have_the_last_color_of_a_scale_that_is_fixed():
    shown = [
        drawing(fieldOf(uniform(one, 0, 0)), FieldKind.MAGNITUDE, scale=6.0).painted(
            WHITE, PLANE, LETTER
        )
        for one in (6.0, 50.0, 3.0)
    ]
    np.testing.assert_allclose(at(shown[0], 20, 20), at(shown[1], 20, 20), atol=1e-6)
    assert np.abs(at(shown[0], 20, 20) - at(shown[2], 20, 20)).max() > 0.1


@pytest.mark.parametrize(("slope", "words"), [(1.0, "≥ 2"), (-0.5, "≤ 0.5")])
def test_twice_and_half_the_volume_have_the_outermost_colors(slope, words):
    one = drawing(fieldOf(alongX(slope)), FieldKind.JACOBIAN)
    image = one.painted(WHITE, PLANE, LETTER)
    legend = explained(one)
    found = unmixed(at(image, 45, 20), MOST_WEIGHT)
    np.testing.assert_allclose(found, legend.colorAt(words), atol=0.02)
    share, _ = legend.ticks[2]
    assert (share, legend.ticks[2][1]) == (0.5, "1")
    assert np.ptp(at(image, 15, 20)) < 0.02  # no change of volume has no color
    assert legend.words[0] == "Jacobian determinant"
    assert (found[2] > found[0]) == (slope < 0)  # what shrinks is blue, what grows is not


def test_outside_the_grid_is_hatched_in_orange_and_nothing_else_is():
    one = drawing(fieldOf(uniform(1, 1, 1), size=(7, 9, 7)), FieldKind.MAGNITUDE)  # to x = 32.5
    image = one.painted(WHITE, PLANE, LETTER)
    orange = np.abs(image - OUTSIDE).max(axis=-1) < 0.1
    column = int(PLANE.pixels(np.add(CORNER, (32.5, 0, 24)), 0.25)[0])
    assert not orange[:, : column - 4].any()
    assert 0.1 < orange[:, column + 4 :].mean() < 0.25


def test_folded_space_is_magenta_and_undefined_space_gray():
    of = fieldOf(alongX(-2.0), undefined=[(2, 4, 3)])  # the node at x = 10, y = 24
    image = drawing(of).painted(WHITE, PLANE, LETTER)
    np.testing.assert_allclose(at(image, 45, 20), FOLDED, atol=0.15)
    gray = at(image, 10, 24)
    assert np.ptp(gray) < 0.05
    assert gray.max() < max(UNDEFINED) + 0.1
    np.testing.assert_array_equal(at(image, 22, 8), 1)


def test_the_legend_tells_how_much_of_the_image_is_outside_undefined_or_folded():
    corner = np.add(CORNER, (0.5, 1, 1))
    image = Lattice.fromAxes((40, 10, 10), corner, np.eye(3), (1.5, 4.0, 4.0))
    of = fieldOf(alongX(-2.0), size=(9, 9, 7))  # folded from 30 to 40, ends at 42.5 of 60 mm
    legend = explained(drawing(of, image=image))
    values = {words.split(":")[0]: float(words.split()[-2]) for words in legend.areas}
    assert values["outside the grid"] == pytest.approx(100 * 17.5 / 60, abs=2)
    assert values["folded"] == pytest.approx(100 * 10 / 60, abs=2)
    assert set(values) == {"outside the grid", "folded"}
    assert legend.areas[next(iter(legend.areas))] == (None, OUTSIDE)


def test_what_only_the_views_show_is_explained_too():
    inside = Lattice.fromAxes((10, 10, 10), np.add(CORNER, 3), np.eye(3), (2.0, 2.0, 2.0))
    of = fieldOf(uniform(1, 0, 0), size=(7, 9, 7))  # to x = 32.5
    one = drawing(of, image=inside)
    assert explained(one).areas == {}
    assert explained(one.on([PLANE])).areas == {"outside the grid: below 0.1 %": (None, OUTSIDE)}
    near = replace(PLANE, center=np.add(CORNER, 15), width=10, height=10)
    assert explained(one.on([near])).areas == {}


def test_where_all_is_defined_the_legend_has_no_areas():
    one = drawing(fieldOf(uniform(1, 0, 0)))
    assert (explained(one).areas, one.lines, one.label) == ({}, 0, "")


@pytest.mark.parametrize("kind", FieldKind)
def test_the_legend_takes_the_lines_it_asks_for(kind):
    one = drawing(fieldOf(uniform(1, 0, 0), undefined=[(2, 2, 2)]), kind)
    legend = explained(one)
    scale = 0 if legend.colors is None else 2
    assert one.lines >= len(legend.words) + len(legend.areas) + scale


def test_arrows_show_what_lies_in_the_plane_at_the_length_that_is_told():
    (first, *_) = found = arrows(fieldOf(uniform(6, -3, 2)), PLANE, 0.5, 20.0, 2.0)
    assert len(found) == 3 * 2
    shaft = first.lines[0]
    np.testing.assert_allclose(shaft[1] - shaft[0], np.array([6, -3]) * 2 / 0.5, atol=1e-5)
    assert first.length == pytest.approx(7.0)
    (dot, *_) = arrows(fieldOf(uniform(0, 0, 9)), PLANE, 0.5, 20.0, 1.0)
    assert np.ptp(dot.lines[0], axis=0).max() < 2
    assert dot.length == pytest.approx(9)


def test_arrows_are_lengthened_where_they_could_not_be_seen_and_the_legend_says_so():
    small = drawing(fieldOf(uniform(0.3, 0, 0)), FieldKind.ARROWS)
    usual = drawing(fieldOf(uniform(2.5, 0, 0)), FieldKind.ARROWS)
    assert small.arrowFactor == 10
    assert "arrows 10 times as long, to the source" in explained(small).words
    assert "arrows in true length, to the source" in explained(usual).words


def test_the_grid_is_displaced_and_broken_where_nothing_is_defined():
    whole = gridLines(fieldOf(uniform(4, 0, 0)), PLANE, 0.5, 10.0)
    plain = gridLines(fieldOf(uniform(0, 0, 0)), PLANE, 0.5, 10.0)
    assert len(whole) == len(plain) == 4 + 6
    for one, other in zip(whole, plain, strict=True):
        np.testing.assert_allclose(one - other, np.broadcast_to([8, 0], one.shape), atol=1e-4)
    holed = gridLines(fieldOf(uniform(4, 0, 0), undefined=[(6, 4, 3)]), PLANE, 0.5, 10.0)
    assert len(holed) > len(whole)


def test_a_rigid_motion_taken_out_leaves_no_displacement():
    pre = np.eye(4)
    pre[:3, :3] = Rotation.from_euler("zyx", (20, -10, 5), degrees=True).as_matrix()
    pre[:3, 3] = (100, -20, 7)
    of = fieldOf(uniform(0, 3, -4), pre=pre)
    points = somePoints(IMAGE, 50)
    matrix = rigidPart(of.way, IMAGE)
    np.testing.assert_allclose(matrix[:3, :3], pre[:3, :3], atol=1e-7)
    left = Field(of.way, matrix).displacement(points)
    np.testing.assert_allclose(left, 0, atol=1e-5)
    whole = of.displacement(points)
    np.testing.assert_allclose(whole, points @ pre[:3, :3].T + (100, -17, 3) - points, atol=1e-4)


def test_displacements_without_the_rigid_part_lie_along_the_axes_of_the_image():
    pre = np.eye(4)
    pre[:3, :3] = Rotation.from_euler("z", 90, degrees=True).as_matrix()
    of = fieldOf(uniform(0, 5, 0), pre=pre)  # y of the source is x of the image
    found = Field(of.way, pre).displacement(MIDDLE)
    np.testing.assert_allclose(found, (5, 0, 0), atol=1e-5)


def test_the_rigid_part_is_told_as_distance_and_turn():
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("z", 30, degrees=True).as_matrix()
    matrix[:3, 3] = (3, 0, 4)
    assert motionText(matrix, np.zeros(3)) == "5.0 mm, 30.0°"


def test_without_three_defined_points_there_is_no_rigid_part():
    away = Lattice.fromAxes((4, 4, 4), CORNER + 500, np.eye(3), SPACING)
    with pytest.raises(LandmarkError, match=r"at 3 points at least, .* at 0 of 64 points"):
        rigidPart(fieldOf(uniform(1, 0, 0)).way, away)


def test_nothing_defined_in_the_image_is_told():
    away = Lattice.fromAxes((4, 4, 4), CORNER + 500, np.eye(3), SPACING)
    one = drawing(fieldOf(uniform(1, 0, 0)), FieldKind.MAGNITUDE, image=away)
    legend = explained(one)
    assert "nothing defined in this image" in legend.words
    assert list(legend.areas) == ["outside the grid: 100 %"]


def test_a_matrix_alone_is_a_field_too():
    scaled = AffineTransform(np.diag([1.0, 2.0, 0.5, 1.0]), "1.2.1", "1.2.2")
    found = Field(scaled, np.eye(4)).values(np.array([[10.0, 4.0, -8.0]]))
    np.testing.assert_allclose(found.displacement, [[0, 4, 4]])
    assert found.determinant == pytest.approx(1)


def test_centers_of_pixels_are_where_the_plane_has_them():
    axes = Rotation.from_euler("zyx", (20, -30, 10), degrees=True).as_matrix()
    plane = SlicePlane(Plane.CORONAL, axes[:, 0], axes[:, 2], MIDDLE, 60, 35, 3.0, 20.0)
    pixels = plane.pixels(pixelCenters(plane, 12, 7), 5.0)
    row, column = np.indices((7, 12))
    np.testing.assert_allclose(pixels, np.stack([column, row], axis=-1) + 0.5, atol=1e-9)


def test_what_lies_between_coarse_pixels_is_linear_and_needs_only_what_is_known():
    coarse = np.arange(12.0).reshape(3, 4)
    fine = enlarged(coarse, 9, 12)
    np.testing.assert_allclose(fine[1::3, 1::3], coarse, atol=1e-6)
    assert fine[4, 5] == pytest.approx(5 + 1 / 3)
    coarse[0, 0] = np.nan
    assert not np.isnan(enlargedKnown(coarse, 9, 12)[3:]).any()


def test_points_of_an_image_are_spread_evenly_and_are_its_voxels():
    points = somePoints(IMAGE, 500)
    assert 300 < len(points) < 900
    index = IMAGE.indices(points)
    np.testing.assert_allclose(index, np.rint(index), atol=1e-9)
    np.testing.assert_allclose(index.mean(axis=0), (np.array(IMAGE.size) - 1) / 2, atol=0.6)
    assert len(somePoints(IMAGE, 10**7)) == np.prod(IMAGE.size)
