import gc

import numpy as np
import pytest
import SimpleITK as sitk
from scipy.spatial.transform import Rotation

from IHERORegistrationLib.errors import FrameOfReferenceError
from IHERORegistrationLib.frames import TransformChain
from IHERORegistrationLib.geometry import AffineTransform
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.resampling import Interpolation, resampledVolume

BASE, OTHER = "1.2.3", "1.2.4"
OFFSET = np.array([2.5, -1.7, 3.1])  # mm between the centers of SOURCE and of TARGET, mapped
SNAP = 2.0**-17  # of a voxel: within this distance VTK takes an index for a whole number


def rotation(*degrees):
    return Rotation.from_euler("xyz", degrees, degrees=True).as_matrix()


def oblique(size, degrees, spacing, origin):
    return Lattice.fromAxes(size, origin, rotation(*degrees), spacing)


SOURCE = oblique((23, 19, 11), (12, -25, 40), (1.5, 2.25, 4.0), (-812.0, 433.0, 1207.0))
TARGET = oblique((29, 17, 21), (-33, 8, 71), (1.1, 1.9, 2.3), (140.0, -95.0, 60.0))


def transformTo(frame, matrix):
    return AffineTransform(matrix, BASE, frame)


def rigid(degrees=(15, -40, 27)):
    """Takes the center of TARGET near the center of SOURCE."""
    matrix = np.eye(4)
    matrix[:3, :3] = rotation(*degrees)
    matrix[:3, 3] = SOURCE.center + OFFSET - matrix[:3, :3] @ TARGET.center
    return matrix


def affine():
    matrix = rigid()
    shear = np.array([[1.1, 0.15, 0], [0, 0.9, -0.2], [0.07, 0, 1.05]])
    matrix[:3, :3] = matrix[:3, :3] @ shear
    matrix[:3, 3] = SOURCE.center + OFFSET - matrix[:3, :3] @ TARGET.center
    return matrix


def voxelCenters(lattice):
    k, j, i = np.indices(lattice.shape)
    return lattice.points(np.stack([i, j, k], axis=-1))


def linearFunction(points):
    """Some linear function of the position relative to the center of SOURCE."""
    return (points - SOURCE.center) @ (0.7, -1.3, 2.1) + 17


def noise(dtype, seed=5):
    values = np.random.default_rng(seed).uniform(0, 900, SOURCE.shape)
    return Volume(values.astype(dtype), SOURCE, OTHER)


def resampled(volume, matrix, interpolation=Interpolation.LINEAR, background=0.0, lattice=TARGET):
    transform = transformTo(volume.frame, matrix)
    return resampledVolume(volume, lattice, BASE, transform, interpolation, background)


def sourceIndices(matrix, lattice=TARGET):
    """Index (i, j, k) in SOURCE of the voxel centers of `lattice`."""
    there = voxelCenters(lattice) @ matrix[:3, :3].T + matrix[:3, 3]
    return SOURCE.indices(there)


@pytest.mark.parametrize("matrix", [rigid(), affine()], ids=["rigid", "affine"])
@pytest.mark.parametrize("interpolation", [Interpolation.LINEAR, Interpolation.CUBIC])
def test_a_linear_function_of_position_stays_exact(matrix, interpolation):
    volume = Volume(linearFunction(voxelCenters(SOURCE)), SOURCE, OTHER)
    result = resampled(volume, matrix, interpolation)
    expected = linearFunction(voxelCenters(TARGET) @ matrix[:3, :3].T + matrix[:3, 3])
    index = sourceIndices(matrix)
    margin = 0 if interpolation == Interpolation.LINEAR else 1  # cubic looks one voxel further
    deep = np.all((index >= margin) & (index <= np.array(SOURCE.size) - 1 - margin), axis=-1)
    assert 500 < deep.sum() < deep.size
    assert np.abs(result.volume.values - expected)[deep].max() < 3 * SNAP * 12


@pytest.mark.parametrize("matrix", [rigid(), affine()], ids=["rigid", "affine"])
@pytest.mark.parametrize(
    ("interpolation", "peer"),
    [(Interpolation.NEAREST, sitk.sitkNearestNeighbor), (Interpolation.LINEAR, sitk.sitkLinear)],
)
def test_values_agree_with_simpleitk(matrix, interpolation, peer):
    volume = noise(np.float32)
    result = resampled(volume, matrix, interpolation, -7.5)
    expected = _simpleItkResampled(volume, matrix, peer, -7.5)
    tolerance = 900 * 3 * SNAP if interpolation == Interpolation.LINEAR else 0
    inside = ~result.outside
    assert 1000 < inside.sum() < inside.size
    assert np.abs(result.volume.values - expected)[inside].max() <= tolerance
    assert np.array_equal(result.outside, expected == -7.5)
    assert (result.volume.values[result.outside] == -7.5).all()


def _simpleItkResampled(volume, matrix, interpolator, background):
    image = sitk.GetImageFromArray(volume.values)
    image.SetSpacing(volume.lattice.spacing.tolist())
    image.SetOrigin(volume.lattice.origin.tolist())
    image.SetDirection(volume.lattice.directions.ravel().tolist())
    transform = sitk.AffineTransform(3)
    transform.SetMatrix(matrix[:3, :3].ravel().tolist())
    transform.SetTranslation(matrix[:3, 3].tolist())
    resampler = sitk.ResampleImageFilter()
    resampler.SetSize(TARGET.size)
    resampler.SetOutputSpacing(TARGET.spacing.tolist())
    resampler.SetOutputOrigin(TARGET.origin.tolist())
    resampler.SetOutputDirection(TARGET.directions.ravel().tolist())
    resampler.SetTransform(transform)
    resampler.SetInterpolator(interpolator)
    resampler.SetDefaultPixelValue(background)
    return sitk.GetArrayFromImage(resampler.Execute(image))


@pytest.mark.parametrize("interpolation", list(Interpolation))
@pytest.mark.parametrize("matrix", [rigid(), affine(), rigid((0, 90, 180))])
def test_outside_is_what_lies_in_no_voxel_of_the_original(matrix, interpolation):
    result = resampled(noise(np.int16), matrix, interpolation, -31)
    there = voxelCenters(TARGET) @ matrix[:3, :3].T + matrix[:3, 3]
    assert 0.05 < result.outside.mean() < 0.95
    assert result.outside.dtype == bool
    assert np.array_equal(result.outside, ~SOURCE.contains(there))
    assert (result.volume.values[result.outside] == -31).all()


def test_outside_agrees_with_contains_for_many_random_lattices_and_single_slices():
    random = np.random.default_rng(11)
    for _ in range(60):
        size = tuple(random.integers(1, 9, 3))
        directions = Rotation.from_quat(random.normal(size=4)).as_matrix()
        lattice = Lattice.fromAxes(size, random.normal(size=3) * 400, directions, (1.1, 0.7, 3.0))
        grid = Lattice.fromAxes((7, 9, 11), (0, 0, 0), np.eye(3), random.uniform(0.2, 1.2, 3))
        matrix = np.eye(4)
        matrix[:3, :3] = Rotation.from_quat(random.normal(size=4)).as_matrix()
        matrix[:3, 3] = lattice.center - matrix[:3, :3] @ grid.center
        volume = Volume(random.uniform(1, 2, lattice.shape), lattice, OTHER)
        result = resampled(volume, matrix, lattice=grid)
        there = voxelCenters(grid) @ matrix[:3, :3].T + matrix[:3, 3]
        assert np.array_equal(result.outside, ~lattice.contains(there))
        assert np.array_equal(result.outside, result.volume.values == 0)


def test_the_outer_half_voxel_repeats_the_border_value():
    lattice = Lattice.fromAxes((3, 4, 2), (10, 20, 30), np.eye(3), (2.0, 3.0, 5.0))
    values = np.arange(24, dtype=np.float32).reshape(lattice.shape) + 1
    fine = Lattice.fromAxes((9, 4, 2), (9.1, 20, 30), np.eye(3), (0.9, 3.0, 5.0))
    volume = Volume(values, lattice, BASE)
    same = TransformChain((), BASE, BASE)
    result = resampledVolume(volume, fine, BASE, same, Interpolation.LINEAR, -1)
    row = result.volume.values[0, 0]  # x = 9.1, 10.0, ... 16.3; the voxels end at 9 and 15
    np.testing.assert_allclose(row, [1, 1, 1.45, 1.9, 2.35, 2.8, 3, -1, -1], atol=1e-5)
    assert result.outside[0, 0].tolist() == [False] * 7 + [True] * 2


def test_a_volume_that_is_nowhere_on_the_lattice_is_all_outside():
    matrix = rigid()
    matrix[:3, 3] += 5000
    result = resampled(noise(np.uint16), matrix, background=3)
    assert result.outside.all()
    assert (result.volume.values == 3).all()


@pytest.mark.parametrize("dtype", [np.int16, np.uint16, np.uint8, np.int32])
def test_integer_types_are_rounded_not_truncated(dtype):
    values = np.random.default_rng(3).integers(0, 200, SOURCE.shape)
    asFloat = resampled(Volume(values.astype(np.float64), SOURCE, OTHER), rigid())
    asInteger = resampled(Volume(values.astype(dtype), SOURCE, OTHER), rigid())
    assert asInteger.volume.values.dtype == dtype
    error = asInteger.volume.values - asFloat.volume.values
    assert np.abs(error).max() <= 0.5 + 1e-6
    assert abs(error[~asInteger.outside].mean()) < 0.02


@pytest.mark.parametrize(
    ("dtype", "low", "high"), [(np.int16, -32768, 32767), (np.uint16, 0, 65535)]
)
def test_cubic_overshoot_stays_within_an_integer_type(dtype, low, high):
    checker = np.indices(SOURCE.shape).sum(axis=0) // 2 % 2
    volume = Volume(np.where(checker, low, high).astype(dtype), SOURCE, OTHER)
    asFloat = Volume(volume.values.astype(float), SOURCE, OTHER)
    result = resampled(volume, rigid(), Interpolation.CUBIC, low)
    exact = resampled(asFloat, rigid(), Interpolation.CUBIC, low).volume.values
    assert exact.min() < low - 1000
    assert exact.max() > high + 1000
    assert np.abs(result.volume.values - np.clip(exact, low, high)).max() <= 0.5 + 1e-6


def test_undefined_voxels_stay_undefined_and_spoil_no_others():
    values = noise(np.float32).values.copy()
    values[4, 9, 12] = np.nan
    matrix = rigid()
    result = resampled(Volume(values, SOURCE, OTHER), matrix, Interpolation.LINEAR, -5)
    distance = np.abs(sourceIndices(matrix) - (12, 9, 4)).max(axis=-1)
    expected = distance < 1
    assert expected.sum() > 3
    assert np.array_equal(np.isnan(result.volume.values), expected)
    nearest = resampled(Volume(values, SOURCE, OTHER), matrix, Interpolation.NEAREST, -5)
    assert np.array_equal(np.isnan(nearest.volume.values), distance < 0.5)


def test_the_background_of_a_real_volume_may_be_undefined():
    result = resampled(noise(np.float32), rigid(), background=np.nan)
    assert np.array_equal(np.isnan(result.volume.values), result.outside)


def test_a_chain_is_one_pass_through_the_product_of_its_matrices():
    first, second = rigid((3, 50, -20)), np.eye(4)
    second[:3, :3] = rotation(-70, 5, 31)
    second[:3, 3] = (31, -7, 12)
    chain = TransformChain(
        (AffineTransform(first, BASE, "1.2.9"), AffineTransform(second, "1.2.9", OTHER)),
        BASE,
        OTHER,
    )
    lattice = oblique((8, 9, 7), (20, 1, 5), (2, 3, 4), SOURCE.origin)
    volume = Volume(noise(np.float32).values, SOURCE, OTHER)
    target = Lattice(
        lattice.size, np.linalg.inv(second @ first) @ lattice.ijkToLPS @ np.diag([0.9, 1, 1, 1])
    )
    once = resampledVolume(volume, target, BASE, chain, Interpolation.LINEAR, 0).volume.values
    product = transformTo(OTHER, second @ first)
    again = resampledVolume(volume, target, BASE, product, Interpolation.LINEAR, 0).volume.values
    assert (once != 0).sum() > 100
    np.testing.assert_allclose(once, again, rtol=1e-6, atol=900 * SNAP)


def test_the_identity_returns_every_value_and_marks_nothing():
    volume = noise(np.int16)
    same = TransformChain((), OTHER, OTHER)
    result = resampledVolume(volume, SOURCE, OTHER, same, Interpolation.LINEAR, -1)
    assert np.array_equal(result.volume.values, volume.values)
    assert not result.outside.any()
    assert result.volume.frame == OTHER


def test_results_outlive_what_they_were_made_of_and_inputs_stay_untouched():
    values = noise(np.float32).values.copy()
    values.flags.writeable = False
    before = values.copy()
    result = resampled(Volume(values, SOURCE, OTHER), rigid())
    kept = result.volume.values.copy(), result.outside.copy()
    assert np.array_equal(values, before)
    del values
    gc.collect()
    litter = [np.full(TARGET.shape, 7.0) for _ in range(20)]
    assert np.array_equal(result.volume.values, kept[0])
    assert np.array_equal(result.outside, kept[1])
    assert len(litter) == 20


def test_an_array_that_is_not_contiguous_is_read_in_the_right_order():
    values = noise(np.float32).values
    strided = np.repeat(values, 2, axis=2)[:, :, ::2]
    expected = resampled(Volume(values, SOURCE, OTHER), rigid())
    result = resampled(Volume(strided, SOURCE, OTHER), rigid())
    assert np.array_equal(result.volume.values, expected.volume.values)


def test_a_transform_between_other_frames_is_refused():
    wrong = AffineTransform(np.eye(4), BASE, "1.2.5")
    with pytest.raises(
        FrameOfReferenceError, match=r"expected a transform from 1\.2\.3 to 1\.2\.4"
    ):
        resampledVolume(noise(np.int16), TARGET, BASE, wrong, Interpolation.LINEAR, 0)


@pytest.mark.parametrize(
    ("dtype", "background"), [(np.uint16, -1000), (np.int16, 0.5), (np.int16, np.nan)]
)
def test_a_background_that_the_type_cannot_hold_is_refused(dtype, background):
    with pytest.raises(ValueError, match="cannot hold the background"):
        resampled(noise(dtype), rigid(), background=background)


@pytest.mark.parametrize("dtype", [np.int64, bool, ">f4", complex])
def test_types_that_would_be_misread_are_refused(dtype):
    volume = Volume(np.zeros(SOURCE.shape, dtype), SOURCE, OTHER)
    with pytest.raises(ValueError, match="cannot resample"):
        resampled(volume, rigid())


def test_a_transform_that_is_no_matrix_is_refused():
    class Bend:
        fromFrame, toFrame = BASE, OTHER

        def __call__(self, points):
            return points**2

    with pytest.raises(TypeError, match="expected a matrix"):
        resampledVolume(noise(np.int16), TARGET, BASE, Bend(), Interpolation.LINEAR, 0)


def test_more_voxels_than_memory_holds_are_an_error_and_not_the_end_of_the_process():
    for size in ((2**20, 2**20, 2**15), (2**21, 2**21, 2**21 + 1)):
        huge = Lattice.fromAxes(size, np.zeros(3), np.eye(3), np.ones(3))
        with pytest.raises(MemoryError):
            resampledVolume(
                noise(np.int16), huge, BASE, transformTo(OTHER, rigid()), Interpolation.LINEAR, 0
            )
