import numpy as np
import pytest
import SimpleITK as sitk

from deformedLattices import (
    BETWEEN,
    GRID,
    LATTICE,
    POST,
    PRE,
    REGISTERED,
    SMALL,
    SOURCE,
    THERE,
    deformation,
    latticeAround,
    noisy,
    smooth,
    voxelCenters,
)
from IHERODeformationLib.deformation import OutsideGrid
from IHERODeformationLib.deformedVolume import deformedVolume
from IHERODeformationLib.displacementGrid import PointStatus
from IHERODeformationLib.mappedPoints import mappedThrough
from IHERODeformationLib.numericalInverse import NumericalInverse
from IHERORegistrationLib import resampling
from IHERORegistrationLib.errors import FrameOfReferenceError, RegistrationCancelledError
from IHERORegistrationLib.frames import TransformChain
from IHERORegistrationLib.geometry import AffineTransform
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.registrationRecord import Watch
from IHERORegistrationLib.resampling import Interpolation, resampledVolume

FINE = latticeAround(THERE, (30, 34, 38), (12, -25, 40), (1.5, 1.25, 1.0))
SLIM = latticeAround(THERE, (9, 34, 21), (12, -25, 40), (1.5, 1.25, 1.7))
HOLES = ((2, 3, 1), (5, 5, 4), (6, 6, 6))


def intensity(points):
    """HU of a made anatomy, some 40 mm large."""
    x, y, z = np.moveaxis(points - THERE, -1, 0)
    return 400 * np.sin(x / 9) * np.cos(y / 11 + 0.4) + 150 * np.cos(z / 8 - 1) + 3 * x


def volumeOn(lattice, dtype=np.float32, values=intensity):
    stored = values(voxelCenters(lattice))
    return Volume((np.rint(stored) if dtype != np.float32 else stored).astype(dtype), lattice,
                  SOURCE)  # fmt: skip


def noise(lattice=SLIM, dtype=np.float32, seed=5):
    values = np.random.default_rng(seed).uniform(100, 900, lattice.shape)
    return Volume(values.astype(dtype), lattice, SOURCE)


def deformed(volume, transform, interpolation=Interpolation.LINEAR, background=-31.0):
    return deformedVolume(volume, LATTICE, REGISTERED, transform, interpolation, background)


def chained(*steps):
    return TransformChain(steps, steps[0].fromFrame, steps[-1].toFrame)


def twoDeformations(**changes):
    """Through a frame in between, whose grid covers only part."""
    between = Lattice(SMALL.size, PRE @ SMALL.ijkToLPS)
    return chained(
        deformation(post=np.eye(4), frames=(REGISTERED, BETWEEN)),
        deformation(between, pre=np.eye(4), frames=(BETWEEN, SOURCE), **changes),
    )


def backwards():
    """A numerical inverse among matrices; its grid lies in the source's frame."""
    forward = deformation(
        Lattice(SMALL.size, POST @ PRE @ SMALL.ijkToLPS),
        lambda points: smooth(points) * 0.2,
        pre=np.linalg.inv(POST),
        post=np.linalg.inv(PRE),
        frames=(SOURCE, REGISTERED),
        undefined=((2, 2, 1),),
    )
    return NumericalInverse(forward)


def matrixAndGrid(**changes):
    """A grid that lies beyond a matrix, and another matrix after it."""
    between = Lattice(SMALL.size, PRE @ SMALL.ijkToLPS)
    return chained(
        AffineTransform(PRE, REGISTERED, "1.2.6"),
        deformation(between, pre=np.eye(4), post=np.eye(4), frames=("1.2.6", BETWEEN), **changes),
        AffineTransform(POST, BETWEEN, SOURCE),
    )


TRANSFORMS = {
    "covering grid": deformation(),
    "holes": deformation(undefined=HOLES),
    "small grid": deformation(SMALL),
    "small grid with holes": deformation(SMALL, noisy(), undefined=((2, 3, 1), (0, 0, 3))),
    "rigid beyond": deformation(SMALL, outsideGrid=OutsideGrid.RIGID),
    "rigid beyond, holes": deformation(
        SMALL, noisy(), undefined=((2, 3, 1), (0, 0, 3)), outsideGrid=OutsideGrid.RIGID
    ),
    "matrices": AffineTransform(POST @ PRE, REGISTERED, SOURCE),
    "among matrices": matrixAndGrid(undefined=((2, 2, 1),)),
    "among matrices, rigid beyond": matrixAndGrid(outsideGrid=OutsideGrid.RIGID),
    "two deformations": twoDeformations(undefined=((2, 3, 1),)),
    "two deformations, rigid beyond": twoDeformations(outsideGrid=OutsideGrid.RIGID),
    "backwards": backwards(),
}


@pytest.fixture(params=TRANSFORMS.values(), ids=TRANSFORMS.keys())
def transform(request):
    return request.param


def test_undefined_and_outside_are_what_mapping_each_voxel_center_says(transform):
    there = mappedThrough(transform, voxelCenters(LATTICE))
    undefined = there.status != PointStatus.DEFINED
    outside = ~undefined & ~SLIM.contains(there.points)
    result = deformed(noise(), transform)
    assert np.array_equal(result.undefined, undefined)
    assert np.array_equal(result.outside, outside)
    assert 0.05 < outside.mean() < 0.95
    assert (result.volume.values[undefined | outside] == -31).all()
    assert (result.volume.values[~undefined & ~outside] >= 99).all()


@pytest.mark.parametrize("interpolation", [Interpolation.LINEAR, Interpolation.CUBIC])
def test_values_are_those_of_the_analytic_image_at_the_mapped_points(transform, interpolation):
    result = deformed(volumeOn(FINE, np.int16), transform, interpolation)
    there = mappedThrough(transform, voxelCenters(LATTICE))
    margin = 2  # voxels in which linear and cubic look at the border
    index = FINE.indices(there.points)
    deep = np.all((index >= margin) & (index <= np.array(FINE.size) - 1 - margin), axis=-1)
    assert deep.sum() > 500
    error = np.abs(result.volume.values - intensity(there.points))[deep]
    assert result.volume.values.dtype == np.int16
    assert error.mean() < 1
    assert error.max() < 3


@pytest.mark.parametrize(
    ("interpolation", "peer"),
    [(Interpolation.NEAREST, sitk.sitkNearestNeighbor), (Interpolation.LINEAR, sitk.sitkLinear)],
)
@pytest.mark.parametrize("lattice", [GRID, SMALL], ids=["covering grid", "small grid"])
def test_values_agree_with_SimpleITK(lattice, interpolation, peer):
    transform = deformation(lattice)
    result = deformed(noise(), transform, interpolation)
    inside = ~result.outside & ~result.undefined
    expected = bySimpleITK(noise(), transform, peer)
    assert inside.sum() > 300
    gap = np.abs(result.volume.values - expected)[inside]
    if interpolation is Interpolation.LINEAR:
        assert gap.max() < 0.1  # of 900, where VTK's weights differ by 1e-4
    else:
        assert (gap > 0).sum() <= 2  # half-way between two voxels


def bySimpleITK(volume, transform, interpolator):
    def placed(image, lattice):
        image.SetSpacing(lattice.spacing.tolist())
        image.SetOrigin(lattice.origin.tolist())
        image.SetDirection(lattice.directions.ravel().tolist())
        return image

    def affine(matrix):
        result = sitk.AffineTransform(3)
        result.SetMatrix(matrix[:3, :3].ravel().tolist())
        result.SetTranslation(matrix[:3, 3].tolist())
        return result

    back = np.linalg.inv(transform.pre[:3, :3])
    vectors = transform.grid.vectors.astype(float) @ back.T
    grid = placed(sitk.GetImageFromArray(vectors, isVector=True), transform.grid.lattice)
    steps = [affine(transform.affine), sitk.DisplacementFieldTransform(grid)]
    resampler = sitk.ResampleImageFilter()
    resampler.SetReferenceImage(placed(sitk.Image(LATTICE.size, sitk.sitkFloat32), LATTICE))
    resampler.SetTransform(sitk.CompositeTransform(steps))
    resampler.SetInterpolator(interpolator)
    image = placed(sitk.GetImageFromArray(volume.values), volume.lattice)
    return sitk.GetArrayFromImage(resampler.Execute(image))


def test_integers_are_rounded_not_truncated(transform):
    volume = noise(FINE, np.int32)
    whole = deformed(volume, transform).volume.values
    exact = Volume(volume.values.astype(float), FINE, SOURCE)
    asFloat = deformed(exact, transform).volume.values
    assert np.abs(whole - asFloat).max() <= 0.5 + 1e-3
    assert abs((whole - asFloat).mean()) < 0.02


def test_matrices_alone_give_what_resampling_gives():
    transform = TRANSFORMS["matrices"]
    result = deformed(noise(), transform)
    expected = resampledVolume(noise(), LATTICE, REGISTERED, transform, Interpolation.LINEAR, -31.0)
    assert np.array_equal(result.volume.values, expected.volume.values)
    assert np.array_equal(result.outside, expected.outside)
    assert not result.undefined.any()


def test_nothing_changes_where_somebody_watches_and_it_ends_when_he_wants(monkeypatch, transform):
    monkeypatch.setattr(resampling, "SLAB", 1000)
    volume, told = volumeOn(FINE), []
    watch = Watch(lambda stage, fraction, similarity: told.append(fraction))
    kept = (volume, LATTICE, REGISTERED, transform, Interpolation.CUBIC, -31.0)
    watched, alone = deformedVolume(*kept, watch), deformedVolume(*kept)
    assert np.array_equal(watched.volume.values, alone.volume.values)
    assert np.array_equal(watched.outside, alone.outside)
    assert np.array_equal(watched.undefined, alone.undefined)
    assert len(told) > 3
    assert all(0 <= one < 1 for one in told)
    with pytest.raises(RegistrationCancelledError, match="cancelled during resampling"):
        deformedVolume(*kept, Watch(isCancelled=lambda: True))


def test_the_vectors_point_from_the_registered_image_to_the_source():
    """One bright voxel: 6 mm to the left of it in the registered image stands its value."""
    lattice = Lattice.fromAxes((9, 8, 7), (10, 20, 30), np.eye(3), (2.0, 3.0, 4.0))
    values = np.zeros(lattice.shape, np.int16)
    values[3, 4, 5] = 1000
    forward = deformation(
        lattice, lambda points: np.full(points.shape, (-6.0, 0, 0)), pre=np.eye(4), post=np.eye(4)
    )
    result = deformedVolume(
        Volume(values, lattice, SOURCE), lattice, REGISTERED, forward, Interpolation.LINEAR, -7
    )
    assert result.volume.values[3, 4, 8] == 1000
    assert (result.volume.values == 1000).sum() == 1
    assert result.outside[:, :, :3].all()
    assert not result.outside[:, :, 3:].any()


def test_a_background_may_be_undefined_too():
    result = deformed(noise(), TRANSFORMS["small grid"], background=np.nan)
    assert np.array_equal(np.isnan(result.volume.values), result.undefined | result.outside)


def test_a_background_that_the_type_cannot_hold_is_refused():
    with pytest.raises(ValueError, match="cannot hold the background"):
        deformed(noise(dtype=np.uint16), deformation(), background=-1000)


def test_a_transform_between_other_frames_is_refused():
    with pytest.raises(FrameOfReferenceError, match=r"expected a transform from 1\.2\.3"):
        deformed(noise(), deformation(frames=(SOURCE, REGISTERED)))


def test_what_went_in_stays_as_it_was():
    volume, transform = noise(), deformation(undefined=HOLES)
    before = volume.values.copy(), transform.grid.vectors.copy()
    volume.values.flags.writeable = False
    deformed(volume, transform)
    assert np.array_equal(volume.values, before[0])
    assert np.array_equal(transform.grid.vectors, before[1], equal_nan=True)


def test_immense_vectors_lead_outside():
    wild = deformation().grid.vectors.copy()
    wild[4, 5, 6], wild[3, 2, 9] = 1e30, -3e38
    transform = deformation(GRID, lambda points: wild)
    there = mappedThrough(transform, voxelCenters(LATTICE))
    result = deformed(noise(), transform)
    assert np.array_equal(result.outside, ~SLIM.contains(there.points))
    assert not result.undefined.any()
