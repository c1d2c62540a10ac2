"""Registration by what images show: against motions and deformations known in closed form."""

import numpy as np
import pytest

from balls import CENTER, FIXED, MOVING, bent, lattice, surfacePoints, turned, unbent, volume
from IHERODeformationLib.deformationPresets import DEFORMATION_PRESETS, deformationPreset
from IHERODeformationLib.imageRegistration import deformableRegistration
from IHERORegistrationLib.errors import (
    FrameOfReferenceError,
    ImageRegistrationError,
    RegistrationCancelledError,
)
from IHERORegistrationLib.geometry import AffineTransform, rotationAngle
from IHERORegistrationLib.imageRegistration import rigidRegistration
from IHERORegistrationLib.imageSamples import imageSamples
from IHERORegistrationLib.imageSide import ImageSide
from IHERORegistrationLib.lattice import Volume
from IHERORegistrationLib.mutualInformation import normalizedMutualInformation
from IHERORegistrationLib.registrationRecord import Watch
from IHERORegistrationLib.rigidPresets import RIGID_PRESETS, RigidPreset, rigidPreset, window

SMALL = RigidPreset(("CT", "MR"), 32, (8, 4), "phantoms are small")
OBLIQUE = turned(20, (1, 2, -1), (0, 0, 0))[:3, :3]
FIXED_VOLUME = volume(lattice((52, 47, 38), (2.1, 2.3, 3.0), CENTER + np.array([2, -3, 4])), FIXED)
FIXED_SIDE = ImageSide(FIXED_VOLUME, window("CT"))


def rigidCase(matrix, contrast=lambda values: values):
    """The moving image, oblique, under which the fixed point p lies at matrix · p."""
    truth = AffineTransform(matrix, FIXED, MOVING)
    place = lattice((44, 50, 41), (2.6, 2.2, 2.7), truth(CENTER) + np.array([4, 3, -5]), OBLIQUE)
    return ImageSide(volume(place, MOVING, truth.inverse(), contrast)), truth


def farthest(found, truth):
    points = FIXED_VOLUME.lattice.corners
    return np.linalg.norm(found(points) - truth(points), axis=-1).max()


@pytest.mark.parametrize(
    ("matrix", "start"),
    [
        (turned(9, (1, -2, 0.5), (70, -130, 45)), "as described"),
        (turned(8, (0.2, 1, -1), (5, 9, -20)) @ turned(180, (0, 1, 0), (0, 0, 0)), "about y"),
    ],
)
def test_rigid_motions_are_found_across_contrasts_and_positions(matrix, start):
    def magnetic(values):  # what is dark in CT is not in this one
        return 400 + 300 * np.sin(values / 280)

    moving, truth = rigidCase(matrix, magnetic)
    found = rigidRegistration(FIXED_SIDE, moving, SMALL)
    assert (found.fixedToMoving.fromFrame, found.fixedToMoving.toFrame) == (FIXED, MOVING)
    assert farthest(found.fixedToMoving, truth) < 2.1  # the smallest voxel side
    assert rotationAngle(found.movingToFixed.matrix @ truth.matrix) < 1.0
    assert found.candidates[0].start.endswith(start)
    assert len(found.candidates) >= 5
    assert [one.similarity for one in found.candidates] == sorted(
        (one.similarity for one in found.candidates), reverse=True
    )


@pytest.fixture(scope="module")
def deformed():
    """Moving side, rigid part, and the truth as a function."""
    matrix = turned(6, (1, 1, -2), (12, -30, 8))
    rigid = AffineTransform(matrix, FIXED, MOVING)
    place = lattice((55, 50, 48), (2.4, 2.6, 2.7), rigid(CENTER) + np.array([1, 2, 3]), OBLIQUE)
    moving = ImageSide(
        volume(place, MOVING, lambda points: unbent(rigid.inverse()(points))), window("CT")
    )
    return moving, rigid, lambda points: rigid(bent(points))


def test_a_smooth_deformation_is_found_and_the_same_each_time(deformed):
    moving, rigid, truth = deformed
    preset = deformationPreset("CT", "CT")
    told = []
    found = deformableRegistration(
        FIXED_SIDE, moving, rigid, preset, Watch(lambda *what: told.append(what))
    )
    points = surfacePoints(60)
    errors = np.linalg.norm(found.fixedToMoving(points) - truth(points), axis=1)
    before = np.linalg.norm(rigid(points) - truth(points), axis=1)
    assert before.mean() > 4
    assert errors.mean() < 1.0
    assert np.quantile(errors, 0.95) < 2.1
    assert found.folded == 0
    assert found.record.notes == ()
    again = deformableRegistration(FIXED_SIDE, moving, rigid, preset)
    assert np.array_equal(again.fixedToMoving.grid.vectors, found.fixedToMoving.grid.vectors)
    assert all(0 <= fraction <= 1 for _, fraction, _ in told)
    assert {stage for stage, _, _ in told} == {
        *(
            f"{what} at {spacing} mm"
            for spacing in (12, 8, 4, 3)
            for what in ("images", "deformable")
        ),
        "looking for folds",
    }
    assert found.record.stages[-1].after > found.rigidSimilarity
    assert len(found.record.comment) <= 64
    assert all(stage.after >= stage.before for stage in found.record.stages)


def test_the_grid_covers_the_fixed_image_and_stands_after_the_rigid_matrix(deformed):
    moving, rigid, _ = deformed
    found = deformableRegistration(FIXED_SIDE, moving, rigid, deformationPreset("CT", "PT"))
    transform = found.fixedToMoving
    assert np.array_equal(transform.pre, rigid.matrix)
    assert np.array_equal(transform.post, np.eye(4))
    np.testing.assert_allclose(transform.grid.lattice.spacing, 8)
    last = np.indices((2, 2, 2)).reshape(3, 8).T * np.array(FIXED_VOLUME.lattice.size)
    edges = FIXED_VOLUME.lattice.points(last - 0.5)
    assert transform.grid.contains(edges).all()


def test_rigid_registration_gives_the_same_each_time():
    moving, _ = rigidCase(turned(5, (1, 0, 2), (9, 4, -7)))
    coarse = RigidPreset(("CT", "CT"), 32, (12,), "quick")
    one, other = (rigidRegistration(FIXED_SIDE, moving, coarse) for _ in range(2))
    assert np.array_equal(one.fixedToMoving.matrix, other.fixedToMoving.matrix)


def test_cancelling_ends_both_kinds_at_once(deformed):
    moving, rigid, _ = deformed
    asked = []

    def isCancelled():
        asked.append(True)
        return len(asked) > 100

    with pytest.raises(RegistrationCancelledError, match="cancelled during rigid search"):
        rigidRegistration(FIXED_SIDE, moving, SMALL, Watch(isCancelled=isCancelled))
    assert len(asked) == 101
    asked.clear()
    with pytest.raises(RegistrationCancelledError, match="cancelled during deformable"):
        deformableRegistration(
            FIXED_SIDE, moving, rigid, deformationPreset("CT", "CT"),
            Watch(isCancelled=isCancelled),
        )  # fmt: skip
    assert len(asked) == 101


def test_images_that_show_nothing_are_refused():
    blank = Volume(
        np.zeros((20, 21, 22), np.int16), lattice((22, 21, 20), (4, 5, 6), CENTER), MOVING
    )
    with pytest.raises(ImageRegistrationError, match=r"different finite values.*found 0 to 0"):
        rigidRegistration(FIXED_SIDE, ImageSide(blank), SMALL)
    broken = Volume(np.full((20, 21, 22), np.nan), blank.lattice, MOVING)
    with pytest.raises(ImageRegistrationError, match="found nan"):
        rigidRegistration(FIXED_SIDE, ImageSide(broken, (0, 1)), SMALL)
    thin = lattice((40, 40, 3), (3, 3, 2), CENTER)
    with pytest.raises(ImageRegistrationError, match="at least 4 voxels of 8 mm"):
        rigidRegistration(FIXED_SIDE, ImageSide(volume(thin, MOVING)), SMALL)


def test_masks_of_another_shape_or_with_nothing_in_them_are_refused():
    with pytest.raises(ValueError, match="expected a mask of shape"):
        ImageSide(FIXED_VOLUME, None, np.ones((3, 4, 5), bool))
    empty = ImageSide(FIXED_VOLUME, None, np.zeros(FIXED_VOLUME.values.shape, bool))
    with pytest.raises(ImageRegistrationError, match="a mask that holds voxels"):
        rigidRegistration(empty, FIXED_SIDE, SMALL)


def test_only_what_the_masks_hold_is_compared():
    here, there = (np.zeros(FIXED_VOLUME.values.shape, bool) for _ in range(2))
    here[5:30, 10:40, 8:45] = True
    there[:20] = True
    sides = [ImageSide(FIXED_VOLUME, window("CT"), mask) for mask in (here, there)]
    samples = imageSamples(*sides, 2.1, 32, 10**6)
    index = np.rint(FIXED_VOLUME.lattice.indices(samples.points)).astype(int)
    assert len(samples.points) == pytest.approx(here.sum(), rel=0.1)
    assert here[index[:, 2], index[:, 1], index[:, 0]].all()
    similarity, overlap = samples.similarity(np.eye(4))
    assert similarity == pytest.approx(2, abs=0.01)  # the image and itself
    # Slices 5 to 19 of 5 to 29; the last touches what does not count, so it need not either
    assert 14 / 25 <= overlap <= 15 / 25


def test_a_rigid_transform_of_other_frames_is_refused(deformed):
    moving, rigid, _ = deformed
    with pytest.raises(FrameOfReferenceError, match="expected a transform from"):
        deformableRegistration(FIXED_SIDE, moving, rigid.inverse(), deformationPreset("CT", "CT"))


def test_presets_are_found_in_either_order():
    assert rigidPreset("PT", "CT") is rigidPreset("CT", "PT")
    assert deformationPreset("CT", "CBCT").modalities == ("CT", "CBCT")
    assert rigidPreset("US", "MR") is RIGID_PRESETS[-1]
    assert deformationPreset("US", "MR") is DEFORMATION_PRESETS[-1]


def test_mutual_information_of_known_tables():
    one = np.repeat([0, 1], 4)
    assert normalizedMutualInformation(one, one, 2) == pytest.approx(2)
    assert normalizedMutualInformation(one, np.tile([0, 1], 4), 2) == pytest.approx(1)
    # Counts 3 1 / 1 3: H = ln 2 each, both together 2·(3/8)·ln(8/3) + 2·(1/8)·ln 8
    other = np.array([0, 0, 0, 1, 0, 1, 1, 1])
    both = 0.75 * np.log(8 / 3) + 0.25 * np.log(8)
    assert normalizedMutualInformation(one, other, 2) == pytest.approx(2 * np.log(2) / both)
