"""ITK's transform files with fields and splines: exact where DICOM can hold them as they are."""

import numpy as np
import pytest
import SimpleITK as sitk

from foreignFields import (
    OBLIQUE,
    ORIGIN,
    SPACING,
    coefficients,
    damage,
    displacementsAt,
    fieldImage,
    lattice,
    somePoints,
    splineAt,
    vectorsOf,
)
from IHERODeformationLib.fieldContent import importedDeformation
from IHERODeformationLib.itkFields import fieldFromITK
from IHERORegistrationLib.errors import MalformedObjectError

ENDINGS = (".tfm", ".h5", ".mat")
OVER = lattice((30, 28, 26), 2.0)
NODES = (7, 6, 8)  # of the spline
FIRST = ORIGIN - OBLIQUE @ SPACING * 1.2


def stored(transform, folder, ending=".tfm"):
    path = folder / f"t{ending}"
    sitk.WriteTransform(transform, str(path))
    return path


def field(directions=OBLIQUE, kind=np.float32):
    image = sitk.Cast(fieldImage(directions, kind), sitk.sitkVectorFloat64)
    return sitk.DisplacementFieldTransform(image)


def spline(order=3):
    made = sitk.BSplineTransform(3, order)
    made.SetFixedParameters([*map(float, NODES), *FIRST, *SPACING, *OBLIQUE.ravel()])
    made.SetParameters(coefficients(NODES).ravel())
    return made


def rigid():
    return sitk.VersorRigid3DTransform((2, -3, 6), 0.4, (15, -25, 4), (100, 20, -60))


def affine():
    return sitk.AffineTransform([1.1, 0.2, -0.1, 0.05, 0.9, 0.3, -0.2, 0.1, 1.2], (10, -2, 3))


def moved(transform, points):
    return np.array([transform.TransformPoint(point) for point in points.tolist()])


def imported(path, **options):
    return importedDeformation(fieldFromITK(path), OVER, "1.2", "1.3", **options)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_field_is_taken_bit_for_bit(ending, tmp_path, capfd):
    made = imported(stored(field(), tmp_path, ending))
    assert not made.isSampled
    assert made.sampled.error < 1e-9
    np.testing.assert_array_equal(made.sampled.transform.grid.vectors, vectorsOf(fieldImage()))
    points, index = somePoints()
    expected = points + displacementsAt(index)
    np.testing.assert_allclose(made.sampled.transform(points), expected, atol=2e-6)
    assert capfd.readouterr() == ("", "")


def test_a_rigid_motion_before_a_field_moves_its_grid_and_no_vector(tmp_path):
    both = sitk.CompositeTransform([field(), rigid()])  # the last one is the first to apply
    made = imported(stored(both, tmp_path)).sampled.transform
    np.testing.assert_array_equal(made.grid.vectors, vectorsOf(fieldImage()))
    there, index = somePoints()
    points = moved(rigid().GetInverse(), there)
    np.testing.assert_allclose(made(points), there + displacementsAt(index), atol=1e-5)


@pytest.mark.parametrize("after", [rigid, affine])
def test_a_matrix_after_a_field_needs_no_sampling(after, tmp_path):
    both = sitk.CompositeTransform([after(), field()])
    made = imported(stored(both, tmp_path, ".h5"))
    assert not made.isSampled
    assert made.sampled.error < 1e-4
    points, index = somePoints()
    expected = moved(after(), points + displacementsAt(index))
    np.testing.assert_allclose(made.sampled.transform(points), expected, atol=1e-4)
    np.testing.assert_array_equal(made.sampled.transform.grid.lattice.size, (6, 5, 4))


def test_matrices_on_both_sides_of_a_field(tmp_path):
    shift = sitk.TranslationTransform(3, (3, 40, -5))
    everything = sitk.CompositeTransform([shift, affine(), field(), rigid()])
    made = imported(stored(everything, tmp_path))
    assert not made.isSampled
    there, index = somePoints()
    points = moved(rigid().GetInverse(), there)
    expected = moved(affine(), there + displacementsAt(index)) + np.array([3, 40, -5])
    np.testing.assert_allclose(made.sampled.transform(points), expected, atol=1e-4)


def test_a_shear_before_a_field_is_sampled_within_the_bound(tmp_path):
    shear = sitk.AffineTransform([1, 0.05, 0, 0, 1, 0.03, 0, 0, 1], (1, -2, 3), tuple(ORIGIN))
    both = sitk.CompositeTransform([field(), shear])
    made = imported(stored(both, tmp_path), error=0.2)
    assert made.isSampled
    assert made.sampled.error <= 0.2
    there, index = somePoints()
    inner = np.all((index > 1) & (index < (4, 3, 2)), axis=-1)
    points = moved(shear.GetInverse(), there[inner])
    found = made.sampled.transform(points)
    expected = there[inner] + displacementsAt(index[inner])
    assert np.count_nonzero(np.isfinite(found).all(axis=-1)) > 10
    assert np.nanmax(np.linalg.norm(found - expected, axis=-1)) <= 0.2


def splinePoints(order, count=60):
    low = (order - 1) / 2
    share = np.random.default_rng(5).uniform(size=(count, 3))
    index = low + share * (np.array(NODES) - 1 - 2 * low)
    return FIRST + (index * SPACING) @ OBLIQUE.T, index


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("order", [1, 2, 3])
def test_a_spline_is_what_the_textbook_says(order, ending, tmp_path):
    content = fieldFromITK(stored(spline(order), tmp_path, ending))
    points, index = splinePoints(order)
    expected = points + splineAt(coefficients(NODES), index, order)
    np.testing.assert_allclose(content(points), expected, atol=1e-10)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_a_spline_is_undefined_beyond_its_region_and_whole_up_to_its_border(order, tmp_path):
    content = fieldFromITK(stored(spline(order), tmp_path))
    low, high = (order - 1) / 2, np.array(NODES) - 1 - (order - 1) / 2
    for axis in range(3):
        for end, out in ((low, -1), (high[axis], 1)):
            index = np.tile((low + high) * 0.4, (4, 1))
            index[:, axis] = end + out * np.array([-1e-6, 0, 0.4, 0.6]) / SPACING[axis]
            points = FIRST + (index * SPACING) @ OBLIQUE.T
            inner, border, held, beyond = content(points) - points
            expected = splineAt(coefficients(NODES), index[:1], order)[0]
            np.testing.assert_allclose([inner, border, held], [expected] * 3, atol=1e-5)
            assert np.isnan(beyond).all()


def test_a_spline_is_sampled_as_closely_as_asked_and_no_closer(tmp_path):
    content = fieldFromITK(stored(spline(), tmp_path))
    within = lattice((36, 32, 28), 0.3)
    points = within.points(np.random.default_rng(6).uniform(0, 27, (200, 3)))
    index = (points - FIRST) @ OBLIQUE / SPACING
    expected = points + splineAt(coefficients(NODES), index, 3)
    spacings = []
    for error in (0.2, 0.02):
        made = importedDeformation(content, within, "1.2", "1.3", error=error).sampled
        assert made.error <= error
        assert made.lost == 0
        missed = np.linalg.norm(made.transform(points) - expected, axis=-1).max()
        assert missed <= 1.1 * error  # it was looked for at other points
        spacings.append(made.spacing.max())
    assert spacings[0] > 1.5 * spacings[1]
    made = importedDeformation(content, within, "1.2", "1.3", spacing=0.7).sampled
    assert 0.6 < made.spacing.max() < 0.7001


def test_a_field_is_sampled_where_a_spacing_is_asked_for(tmp_path):
    made = imported(stored(field(), tmp_path), spacing=6.0)
    assert made.isSampled
    assert made.sampled.spacing.max() <= 6.0


def test_linear_files_are_matrices_still(tmp_path):
    both = sitk.CompositeTransform([affine(), rigid()])
    content = fieldFromITK(stored(both, tmp_path))
    assert content.isLinear
    points, _ = somePoints(count=5)
    expected = moved(both, points)
    found = points @ content.matrix[:3, :3].T + content.matrix[:3, 3]
    np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("make", [field, spline])
def test_files_cut_anywhere_are_refused(make, ending, tmp_path, capfd):
    path = stored(make(), tmp_path, ending)
    content = path.read_bytes()
    for left in [1, 30, 200, *range(len(content) // 7, len(content), len(content) // 7)]:
        path.write_bytes(content[:left])
        with pytest.raises(MalformedObjectError):
            fieldFromITK(path)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("make", [field, spline])
def test_grids_that_claim_more_than_the_file_holds_are_refused_unread(
    make, ending, tmp_path, monkeypatch
):
    transform = make()
    path = stored(transform, tmp_path, ending)
    size = transform.GetFixedParameters()[:3]
    if ending == ".tfm":
        words = " ".join(f"{one:g}" for one in size)
        damage(path, f"FixedParameters: {words}", "FixedParameters: 900 800 700")
    else:
        damage(path, np.array(size).tobytes(), np.array([900.0, 800, 700]).tobytes())
    monkeypatch.setattr("SimpleITK.ReadTransform", lambda name: pytest.fail("was read"))
    with pytest.raises(MalformedObjectError, match="for a grid of 900 × 800 × 700 nodes, found"):
        fieldFromITK(path)


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("DisplacementFieldTransform", "FooTransform", "FooTransform"),
        ("_double_3_3", "_double_2_2", "cannot read|2 dimensions"),
        ("FixedParameters: 6 5 4", "FixedParameters: 6 5 3", "cannot read"),
        ("FixedParameters: 6", "FixedParameters: nan", "cannot read|nan"),
        ("Parameters: 3 ", "Parameters: inf ", "cannot read|infinite"),
        ("Parameters: 3 ", "Parameters: three ", "cannot read"),
    ],
)
def test_broken_files_are_refused_in_one_sentence(old, new, found, tmp_path, capfd):
    path = stored(field(), tmp_path)
    damage(path, old, new)
    with pytest.raises(MalformedObjectError, match=found) as refused:
        fieldFromITK(path)
    assert str(path) in str(refused.value)
    assert capfd.readouterr() == ("", "")


def test_what_itk_quotes_of_a_damaged_file_is_not_read_as_text(tmp_path):
    path = stored(spline(), tmp_path)
    content = path.read_bytes()
    at = content.index(b"Parameters: ") + 14
    path.write_bytes(content[:at] + b"\xd3\xfc" + content[at + 2 :])
    with pytest.raises(MalformedObjectError, match="cannot read the ITK transform"):
        fieldFromITK(path)
