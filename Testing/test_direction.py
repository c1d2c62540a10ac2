"""Which reading of a registration the images agree with.

The images are sampled from one function in space, waves without symmetry, so that the truth is
known everywhere.
"""

from dataclasses import replace

import numpy as np
import pytest

from directedImages import (
    FIRST,
    FIXED,
    GRID,
    IMAGE,
    MOVING,
    PRE,
    SECOND,
    SOURCE,
    TRUE,
    R,
    S,
    content,
    displacement,
    nodes,
    proof,
    registration,
    rigid,
    truth,
    turned,
    volume,
)
from IHERODeformationLib.direction import Verdict, directionProof
from IHERODeformationLib.displacementGrid import DisplacementGrid
from IHERODeformationLib.imageAgreement import Similarity, similarityFor
from IHERODeformationLib.numericalInverse import NumericalInverse
from IHERODeformationLib.reader import deformableRegistrationFromFile
from IHERODeformationLib.readings import readingOf
from IHERORegistrationLib.dataFolder import dataFolder
from IHERORegistrationLib.geometry import AffineTransform, mapped
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.reader import registrationFromFile
from IHERORegistrationLib.registration import RegistrationItem, SpatialRegistration
from IHERORegistrationLib.seriesReading import seriesFromFiles
from testData import dataSet


def test_the_standards_reading_wins_where_it_is_right():
    found = proof(TRUE)
    assert found.verdict is Verdict.STANDARD
    assert found.sentence == "The images agree best with the standard's reading."
    assert [one.name for one in found.scores] == [
        "standard", "inverse", "identity", "vectors-turned", "voxel-vectors",
    ]  # fmt: skip
    first, *others = found.scores
    assert first.similarity > 0.97
    assert first.apart == 0
    assert first.points == FIXED.values.size
    assert first.defined == np.count_nonzero(GRID.contains(nodes(IMAGE)))
    for one in others:
        assert one.gain < -one.margin or one.meeting < 500


def test_how_far_readings_lie_apart_is_told_in_mm():
    turned = next(one for one in proof(TRUE).scores if one.name == "vectors-turned")
    vectors = displacement(nodes(IMAGE)).reshape(-1, 3)
    gap = np.linalg.norm(vectors @ PRE[:3, :3].T - vectors, axis=1)
    assert turned.apart == pytest.approx(np.sqrt(np.mean(gap**2)), rel=0.02)


def test_an_object_written_backwards_is_caught():
    # the vectors of the way from source to registered frame, at the places of a grid there
    lattice = Lattice.fromAxes((19, 19, 17), (-160, -170, 190), np.eye(3), (14, 13, 15))
    standard = readingOf(TRUE, "standard").reading.transform
    wide = Lattice.fromAxes((40, 40, 36), (-300, -300, 60), np.eye(3), (14, 15, 16))
    exact = replace(
        standard, grid=DisplacementGrid(wide, displacement(nodes(wide)).astype(np.float32))
    )
    back = np.linalg.inv(PRE)
    there = nodes(lattice)
    here = NumericalInverse(exact)(there)
    found = proof(registration(here - mapped(back, there), back, lattice))
    assert found.verdict is Verdict.OTHER
    assert found.best == "inverse"
    assert "agree better with another reading: the opposite direction. Check" in found.sentence
    inverse = next(one for one in found.scores if one.name == "inverse")
    assert inverse.similarity > 0.95


def test_vectors_in_voxels_are_caught():
    steps = GRID.ijkToLPS[:3, :3]
    found = proof(registration(displacement(nodes(GRID)) @ np.linalg.inv(steps).T))
    assert (found.verdict, found.best) == (Verdict.OTHER, "voxel-vectors")
    assert "in voxels of their grid" in found.sentence


def test_vectors_that_are_meant_to_be_turned_are_caught():
    unturned = displacement(nodes(GRID)) @ np.linalg.inv(PRE[:3, :3]).T
    found = proof(registration(unturned))
    assert (found.verdict, found.best) == (Verdict.OTHER, "vectors-turned")


def test_a_registration_that_only_disturbs_is_caught():
    same = replace(MOVING, frame=R)
    found = proof(TRUE, fixed=same)
    assert (found.verdict, found.best) == (Verdict.OTHER, "identity")


def test_images_without_structure_cannot_tell():
    flat = Volume(np.full(IMAGE.shape, 7.3, np.float32), IMAGE, R)
    found = proof(TRUE, fixed=flat)
    assert found.verdict is Verdict.CANNOT_TELL
    assert "they do not agree by any" in found.sentence
    assert np.isnan(found.scores[0].similarity)


@pytest.mark.parametrize("measure", list(Similarity))
def test_few_bright_spots_are_enough(measure):
    def spots(points):
        return np.maximum(content(points) - 255, 0)

    fixed = volume(IMAGE, lambda p: spots(truth(p)), R)
    moving = volume(SOURCE, spots, S)
    assert 0 < np.mean(fixed.values > 0) < 0.005
    found = proof(TRUE, fixed, moving, measure)
    assert found.scores[0].similarity > 0
    assert found.best == "standard"


@pytest.mark.parametrize("measure", list(Similarity))
def test_noise_cannot_tell(measure):
    noise = np.random.default_rng(3).normal(size=IMAGE.shape).astype(np.float32)
    near = registration(0.5 * displacement(nodes(GRID)), turned(4, (1, 2, 3), (0, 0, 0)))
    moving = volume(SOURCE, content, S)
    found = proof(near, Volume(noise, IMAGE, R), moving, measure)
    assert found.verdict is Verdict.CANNOT_TELL
    assert "cannot tell" in found.sentence


def test_readings_that_lead_to_the_same_places_are_no_rivals():
    slight = turned(0.05, (1, -2, 4), (6, -9, 12))
    fixed = volume(IMAGE, lambda p: content(mapped(slight, p) + displacement(p)), R)
    found = proof(registration(displacement(nodes(GRID)), slight), fixed)
    turnedScore = next(one for one in found.scores if one.name == "vectors-turned")
    assert turnedScore.apart < 0.02
    assert found.verdict is Verdict.STANDARD


def test_images_of_other_modalities_are_compared_by_what_one_tells_about_the_other():
    moving = volume(SOURCE, lambda p: np.abs(content(p) - 40) ** 1.3, S)
    found = proof(TRUE, moving=moving, measure=Similarity.MUTUAL_INFORMATION)
    assert found.verdict is Verdict.STANDARD
    assert found.measure == "normalized mutual information"


@pytest.mark.parametrize(
    ("one", "other", "measure"),
    [
        ("CT", "CT", "normalized cross correlation"),
        ("PT", "PT", "normalized cross correlation"),
        ("CT", "MR", "normalized mutual information"),
        ("MR", "MR", "normalized mutual information"),
        ("PT", "CT", "normalized mutual information"),
    ],
)
def test_the_measure_is_chosen_by_modality(one, other, measure):
    assert similarityFor(one, other) == measure


def test_a_small_grid_gets_its_share_of_the_points():
    small = Lattice.fromAxes((9, 8, 7), (-25, -20, 345), np.eye(3), (7, 6, 8))
    found = proof(registration(displacement(nodes(small)), grid=small))
    first = found.scores[0]
    assert 500 < first.defined < 0.2 * first.points
    assert first.overlap == 1
    assert found.verdict is Verdict.STANDARD


def seenThrough(toRegistered):
    """The registered image if `toRegistered`, shape (4, 4), takes source points there."""
    return volume(IMAGE, lambda p: content(mapped(np.linalg.inv(toRegistered), p)), R)


def test_a_matrix_leads_from_source_to_registered():
    found = proof(rigid(FIRST), seenThrough(FIRST))
    assert found.verdict is Verdict.STANDARD
    assert len(found.scores) == 3
    found = proof(rigid(np.linalg.inv(FIRST)), seenThrough(FIRST))
    assert (found.verdict, found.best) == (Verdict.OTHER, "inverse")


def test_a_reading_with_little_overlap_does_not_win():
    """Where the opposite direction brings anything onto the source, the images agree by it."""
    shift = np.eye(4)
    shift[:3, 3] = (90, 3, -4)

    def seen(points):
        by, against = (points + sign * shift[:3, 3] for sign in (-1, 1))
        return np.where(SOURCE.contains(against), content(against), content(by))

    found = proof(rigid(shift), volume(IMAGE, seen, R))
    inverse = next(one for one in found.scores if one.name == "inverse")
    assert inverse.gain > inverse.margin
    assert 0.1 < inverse.overlap < 0.5 * found.scores[0].overlap
    assert found.best == "standard"


def test_the_order_of_matrices_is_told():
    both = rigid(FIRST, SECOND)
    found = proof(both, seenThrough(SECOND @ FIRST))
    assert found.verdict is Verdict.STANDARD
    found = proof(both, seenThrough(FIRST @ SECOND))
    assert (found.verdict, found.best) == (Verdict.OTHER, "other-order")


def test_identical_frames_leave_nothing_to_choose():
    found = proof(rigid(np.eye(4)), seenThrough(np.eye(4)))
    assert found.verdict is Verdict.STANDARD
    assert all(one.apart == 0 for one in found.scores)


def test_the_numbers_are_there_for_programs():
    found = proof(TRUE).asJSON()
    assert found["verdict"] == "standard"
    assert found["measure"] == "normalized cross correlation"
    assert "3 standard errors" in found["method"]
    voxels = found["readings"][-1]
    assert voxels["name"] == "voxel-vectors"
    assert voxels["similarity"] is None or voxels["similarity"] < 0.5


@pytest.fixture(scope="module")
def scans(deformedPhantom):
    folders = ("Registered", "Source")
    files = (sorted((deformedPhantom.folder / one).glob("*.dcm")) for one in folders)
    return tuple(seriesFromFiles(some)[0] for some in files)


@pytest.mark.parametrize("encoding", ["drro", "both", "no-matrices", "post", "source-first"])
def test_scans_of_a_patient_agree_by_the_standards_reading(deformedPhantom, scans, encoding):
    value = deformableRegistrationFromFile(deformedPhantom.deformation(encoding).path)
    found = directionProof(value, *scans)
    assert found.verdict is Verdict.STANDARD, found.scores
    assert found.measure is Similarity.CORRELATION


def test_a_backwards_matrix_between_the_scans_is_caught(deformedPhantom, scans):
    registered, source = scans
    toSource = deformedPhantom.toSource.affine
    right = AffineTransform(np.linalg.inv(toSource.matrix), source.frame, registered.frame)
    for matrix, verdict in (
        (right.matrix, Verdict.STANDARD),
        (toSource.matrix, Verdict.OTHER),
    ):
        item = RegistrationItem(1, source.frame, (), (matrix,), ("RIGID",))
        value = SpatialRegistration("1.2.8", registered.frame, (item,))
        found = directionProof(value, registered, source)
        assert found.verdict is verdict


def test_the_lungs_of_a_real_pair_agree_by_the_standards_reading():
    images = dataSet("lung-repeat-ct-landmarks")
    files = dataSet("peer-made") / "lung-repeat-ct-reg"
    registered, source = (
        seriesFromFiles(sorted((images / one).glob("*.dcm")))[0]
        for one in ("dicom_baseline", "dicom_followup")
    )
    value = deformableRegistrationFromFile(files / "plastimatch-1.9.4_dsro-fullfield.dcm")
    found = directionProof(value, registered, source)
    assert found.verdict is Verdict.STANDARD, found.scores


def test_real_lungs_are_told_which_of_them_was_called_registered():
    images = dataSet("lung-repeat-ct-landmarks")
    registered, source = (
        seriesFromFiles(sorted((images / one).glob("*.dcm")))[0]
        for one in ("dicom_followup", "dicom_baseline")
    )
    folder = dataSet("peer-made") / "lung-repeat-ct-reg"
    value = deformableRegistrationFromFile(folder / "plastimatch-1.9.4_dsro-fullfield.dcm")
    item = replace(value.sourceItems[0], sourceFrame=source.frame)
    swapped = replace(value, registeredFrame=registered.frame, items=(item,))
    found = directionProof(swapped, registered, source)
    assert (found.verdict, found.best) == (Verdict.OTHER, "inverse")


@pytest.mark.parametrize(
    ("images", "file"),
    [
        ("acrin-brain-mr-pair", "acrin-brain-sro/plastimatch-1.9.4_sro.dcm"),
        ("mri-dir-porcine-reduced", "porcine-ct-mr-sro/pydicomrt-0.9.1_sro.dcm"),
    ],
)
def test_matrices_between_real_images_are_proved_and_caught_if_backwards(images, file):
    data = dataFolder(dataSet(images))
    value = registrationFromFile(dataSet("peer-made") / file, frameOfInstance=data.frameOfInstance)
    (item,) = value.movingItems
    registered = data.oneSeries(frame=value.registeredFrame)
    source = data.oneSeries(frame=item.sourceFrame)
    found = directionProof(value, registered, source)
    assert found.measure is Similarity.MUTUAL_INFORMATION
    assert found.verdict is Verdict.STANDARD, found.scores
    back = replace(item, matrices=(np.linalg.inv(item.matrix),))
    backwards = replace(value, items=(back,))
    found = directionProof(backwards, registered, source)
    assert (found.verdict, found.best) == (Verdict.OTHER, "inverse")
