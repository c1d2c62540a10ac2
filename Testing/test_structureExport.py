"""A segmentation becomes an RT Structure Set on the real slices of its images."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer

from IHERORegistrationLib.databaseSeries import DatabaseSeries
from IHERORegistrationLib.dataNodes import Segment, segmentationNode
from IHERORegistrationLib.errors import FrameOfReferenceError
from IHERORegistrationLib.exportedNode import NamedSeries
from IHERORegistrationLib.exportProposal import ExportChoices, exportProposal
from IHERORegistrationLib.lattice import Volume
from IHERORegistrationLib.registrationRecord import Watch
from IHERORegistrationLib.structureExport import imagesOfSegments, structureExport
from IHERORegistrationLib.structureMask import maskFromStructure
from IHERORegistrationLib.structureSetReader import structureSetFromFile

CHOICES = ExportChoices("Organs", "drawn today", "drawn by hand", profile="MMRO-III")


def images(node, database):
    return NamedSeries(DatabaseSeries(database).series(node), node.GetName())


def ball(series, center, radius):
    """A volume of 0 and 1, bool, on every voxel of the series."""
    ni, nj, nk = series.lattice.size
    k, j, i = np.indices((nk, nj, ni))
    points = series.lattice.points(np.stack([i, j, k], axis=-1))
    inside = np.linalg.norm(points - center, axis=-1) < radius
    return Volume(inside.astype(np.uint8), series.lattice, series.frame)


def drawn(loaded, database, scene, name="CT"):
    """Two balls drawn on an image, one name twice."""
    target = images(loaded.images[name], database)
    series = target.series
    balls = [ball(series, series.lattice.center + shift, 21) for shift in ((0, 0, 0), (40, 7, 12))]
    segments = [Segment("ball", (250, 10, 20 * n), one) for n, one in enumerate(balls, start=1)]
    return target, balls, segmentationNode(segments, series.frame, scene, "drawn")


def test_a_name_that_another_was_given_is_not_given_again(loaded, database, scene):
    target = images(loaded.images["CT"], database)
    series = target.series
    one = ball(series, series.lattice.center, 21)
    segments = [Segment(name, (250, 10, 20), one) for name in ("ball", "ball (3)", "ball")]
    node = segmentationNode(segments, series.frame, scene, "drawn")
    found = structureExport(node, target, None).preview(CHOICES)
    names = [item.ROIName for item in found.datasets[0].StructureSetROISequence]
    assert names == ["ball", "ball (3)", "ball (4)"]


@pytest.mark.parametrize("name", ["CT", "MR"])
def test_drawn_voxels_come_back_from_the_contours(
    phantom, loaded, database, scene, tmp_path, dciodvfy, name
):
    target, balls, node = drawn(loaded, database, scene, name)
    task = structureExport(node, target, None)
    made = task.made(CHOICES, Watch())
    (path,) = task.save(made, tmp_path)
    read = structureSetFromFile(path)
    assert [one.name for one in read.structures] == ["ball", "ball (2)"]
    assert read.structures[0].color == (250, 10, 20)
    assert "ball is named ball (2)." in made.remarks
    for one, structure in zip(balls, read.structures, strict=True):
        mask = maskFromStructure(structure, target.series.lattice)
        assert (mask != one.values.astype(bool)).sum() <= 0.002 * one.values.sum()
        assert structure.generationAlgorithm == "MANUAL"
    assert read.frame == target.series.frame
    named = {image.sopInstanceUID for series in read.series for image in series}
    assert named == {one.sopInstanceUID for one in target.series.reference}
    assert dciodvfy(path) == []


def test_what_was_read_is_written_again_point_by_point(phantom, loaded, database, tmp_path):
    original = structureSetFromFile(phantom.structureSet)
    node = loaded.structures[0]
    task = structureExport(node, images(loaded.images["CT"], database), original)
    (path,) = task.save(task.made(replace(task.proposed, method="automatic"), Watch()), tmp_path)
    before = {one.name: one for one in original.structures if not one.isPoints and one.contours}
    after = {one.name: one for one in structureSetFromFile(path).structures}
    assert set(before) == set(after)
    for name, one in before.items():
        assert after[name].interpretedType == one.interpretedType
        assert after[name].generationAlgorithm == one.generationAlgorithm
        here, there = np.unique(one.points, axis=0), np.unique(after[name].points, axis=0)
        np.testing.assert_allclose(there, here, atol=1e-3)


def test_how_it_was_drawn_is_asked_for_and_types_that_lack_are_told(loaded, database, scene):
    target, _, node = drawn(loaded, database, scene)
    task = structureExport(node, target, None)
    assert task.sentence == "Draws 2 structures of drawn on the slices of CT"
    assert exportProposal(task, task.proposed).missing == ("Say how it was made",)
    asked = exportProposal(task, CHOICES)
    assert asked.isPossible
    assert {one.rule.code for one in asked.findings} == {"MMRO-SS-014"}
    assert (
        "The label has 17 characters; 16 are the most"
        in exportProposal(task, replace(CHOICES, label="x" * 17)).missing
    )


def test_the_images_are_those_of_the_frame_or_of_the_geometry(loaded, database, scene):
    _, _, node = drawn(loaded, database, scene, "MR")
    assert imagesOfSegments(node) == (loaded.images["MR"],)
    free = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "free")
    assert set(imagesOfSegments(free)) == set(loaded.images.values())
    free.SetReferenceImageGeometryParameterFromVolumeNode(loaded.images["PET"])
    assert imagesOfSegments(free) == (loaded.images["PET"],)
    with pytest.raises(FrameOfReferenceError, match="carry the structures"):
        structureExport(node, images(loaded.images["CT"], database), None)


def test_under_a_transform_structures_are_written_where_they_were_drawn(
    loaded, database, scene, tmp_path
):
    target, _, node = drawn(loaded, database, scene, "MR")
    task = structureExport(node, target, None)
    before = task.made(CHOICES, Watch()).datasets[0].ROIContourSequence
    node.SetAndObserveTransformNodeID(loaded.registrations["MR"].GetID())
    assert "shown through" in task.remarks[0]
    after = task.made(CHOICES, Watch()).datasets[0].ROIContourSequence
    assert list(before) == list(after)


def test_a_node_that_left_the_scene_is_told(loaded, database, scene):
    target, _, node = drawn(loaded, database, scene)
    task = structureExport(node, target, None)
    scene.RemoveNode(node)
    with pytest.raises(Exception, match="removed from the scene"):
        task.made(CHOICES, Watch())
    assert isinstance(node, slicer.vtkMRMLSegmentationNode)


def test_structures_without_a_type_get_the_one_that_was_chosen(loaded, database, scene):
    target, _, node = drawn(loaded, database, scene)
    task = structureExport(node, target, None)
    told = {one.rule.code for one in exportProposal(task, CHOICES).findings}
    assert task.form.structureTypes[0] == "ORGAN"
    chosen = replace(CHOICES, structureType="ORGAN")
    assert "MMRO-SS-014" in told
    assert exportProposal(task, chosen).findings == ()
    dataset = task.made(chosen, Watch()).datasets[0]
    types = [one.RTROIInterpretedType for one in dataset.RTROIObservationsSequence]
    assert types == ["ORGAN", "ORGAN"]


def test_types_that_were_read_are_kept_and_nothing_is_asked(loaded, database):
    node = loaded.structures[0]
    target = images(loaded.images["CT"], database)
    known = DatabaseSeries(database).structureSet(node)
    task = structureExport(node, target, known)
    assert all(one.interpretedType for one in known.structures)
    assert task.form.structureTypes == ()
    proposed = replace(CHOICES, structureType="CAVITY")
    dataset = task.preview(proposed).datasets[0]
    here = [one.RTROIInterpretedType for one in dataset.RTROIObservationsSequence]
    before = {one.interpretedType for one in known.structures}
    assert set(here) <= before
