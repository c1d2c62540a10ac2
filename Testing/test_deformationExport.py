"""Whatever transform node is no matrix becomes a Deformable Spatial Registration of its images."""

from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
from pydicom import dcmread

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

from application.dicomDatabase import dicomDatabase
from deformationNodes import bend, fromParent
from IHERODeformationLib.anyExport import anyExportTask
from IHERODeformationLib.reader import deformableRegistrationFromFile
from IHERODeformationLib.scene import transformNodesFromDeformation
from IHERORegistrationLib.databaseSeries import DatabaseSeries
from IHERORegistrationLib.dataNodes import volumeNodeFromSeries
from IHERORegistrationLib.errors import RegistrationCancelledError
from IHERORegistrationLib.exportProposal import exportProposal
from IHERORegistrationLib.fiducialsReader import fiducialsFromFile
from IHERORegistrationLib.imagePair import imagePair
from IHERORegistrationLib.keptFiducials import fiducialsOfList
from IHERORegistrationLib.landmarkNodes import Pairing, landmarkPairs, newLandmarkList
from IHERORegistrationLib.registeredEnds import registeredEnds
from IHERORegistrationLib.registrationRecord import Watch
from IHERORegistrationLib.registrationReview import Decision, keepReview
from IHERORegistrationLib.scene import placeUnder
from IHERORegistrationLib.seriesReading import seriesFromFiles
from IHERORegistrationLib.usedLandmarks import keepLandmarks


@pytest.fixture(scope="module")
def database(deformedPhantom):
    return dicomDatabase(deformedPhantom.folder)


@pytest.fixture
def images(deformedPhantom, scene):
    """Registered and source."""
    folders = [deformedPhantom.folder / name for name in ("Registered", "Source")]
    series = [seriesFromFiles(sorted(one.glob("*.dcm")))[0] for one in folders]
    return [volumeNodeFromSeries(one, scene) for one in series]


@pytest.fixture
def bent(scene, images):
    """A thin plate spline, through which the source is shown."""
    node = scene.AddNewNodeByClass("vtkMRMLTransformNode", "bent by hand")
    bend(node, images[0])
    images[1].SetAndObserveTransformNodeID(node.GetID())
    return node


def task(node, database):
    ends = registeredEnds(node)
    (fixed,), (moving,) = ends.fixed, ends.moving
    return anyExportTask(node, fixed, moving, DatabaseSeries(database))


def read(deformedPhantom, scene):
    path = deformedPhantom.deformation().path
    (node,) = transformNodesFromDeformation(deformableRegistrationFromFile(path), scene)
    return path, node


def test_the_vectors_that_were_read_are_written_again(
    deformedPhantom, database, scene, images, tmp_path, dciodvfy
):
    original, node = read(deformedPhantom, scene)
    found = task(node, database)
    assert found.proposed.method == "image"
    assert exportProposal(found, found.proposed).isPossible
    assert "rejected" not in found.remarks[0]
    keepReview(node, None, "folds", Decision.REJECTED, datetime(2026, 11, 22, 10, 30))
    assert "rejected, “folds”" in task(node, database).remarks[0]
    made = found.made(found.proposed, Watch())
    (path,) = found.save(made, tmp_path)
    before, after = (
        deformableRegistrationFromFile(one).oneDeformation() for one in (original, path)
    )
    # The pre matrix turns them, so they go through float32 once more
    np.testing.assert_allclose(after.grid.vectors, before.grid.vectors, atol=1e-6, rtol=0)
    np.testing.assert_allclose(after.affine, before.affine, atol=1e-9)
    assert made.findings == ()
    assert dciodvfy(path) == []


def test_a_thin_plate_spline_is_sampled_within_the_error_that_is_told(
    deformedPhantom, database, bent, tmp_path
):
    found = task(bent, database)
    choices = replace(found.proposed, method="fiducial", error=0.2)
    (path,) = found.save(found.made(choices, Watch()), tmp_path)
    transform = deformableRegistrationFromFile(path).oneDeformation()
    assert transform.fromFrame == deformedPhantom.registered.frame
    assert transform.toFrame == deformedPhantom.source.frame
    lattice = found.fixed.series.lattice
    points = lattice.points(np.random.default_rng(0).uniform(0, 1, (400, 3)) * lattice.size - 0.5)
    off = np.linalg.norm(transform(points) - fromParent(bent, points), axis=-1)
    assert off.max() <= 0.2
    told = " ".join(found.made(choices, Watch()).remarks)
    assert "Sampled every" in told


def test_landmarks_it_was_made_by_are_written_beside_and_named(
    deformedPhantom, database, scene, images, tmp_path, dciodvfy
):
    _, node = read(deformedPhantom, scene)
    lists = [newLandmarkList(one, f"On {one.GetName()}", (1, 0, 0)) for one in images]
    for points, x in zip(lists, (0.0, 7.0), strict=True):
        for number in range(3):
            points.AddControlPoint(x + number, 5.0 * number, -3.0, f"p{number}")
    pairs = landmarkPairs(imagePair(*images), *lists, Pairing.ORDER)
    keepLandmarks(node, *lists, pairs)
    found = task(node, database)
    assert len(found.made(found.proposed, Watch()).datasets) == 1  # made of the images, it says
    choices = replace(found.proposed, method="image+fiducial")
    assert len(found.preview(choices).datasets) == 3
    made = found.made(choices, Watch())
    assert made.findings == ()
    assert "written beside it" in made.remarks[-1]
    paths = found.save(made, tmp_path)
    assert [dciodvfy(path) for path in paths] == [[], [], []]
    items = deformableRegistrationFromFile(paths[0]).items
    for item, path in zip(items, paths[1:], strict=True):
        (group,) = fiducialsFromFile(path).sets
        assert group.frame == item.sourceFrame
        assert {one.fiducialUID for one in item.usedFiducials} == {
            one.uid for one in group.fiducials
        }
    assert [fiducialsOfList(one) for one in lists] == [None, None]
    made.remember()
    for points, path in zip(lists, paths[1:], strict=True):
        kept = fiducialsOfList(points)
        assert kept.reference.instances[0].sopInstanceUID == dcmread(path).SOPInstanceUID
    again = found.made(choices, Watch())
    assert len(again.datasets) == 1  # they are objects now, and named where they are


def test_the_header_is_judged_without_touching_the_vectors(database, bent):
    found = task(bent, database)
    assert found.sentence.startswith("Deforms CT")
    asked = exportProposal(found, replace(found.proposed, method="visual"))
    assert [one.rule.code for one in asked.findings] == ["DRRO-DSR-009"]
    assert not asked.isPossible
    assert exportProposal(found, replace(found.proposed, method="image")).isPossible
    asDICOM = replace(found.proposed, method="visual", profile="DICOM")
    assert exportProposal(found, asDICOM).isPossible


def test_one_item_for_other_readers_is_judged_by_dicom_and_tells_what_drro_misses(database, bent):
    found = task(bent, database)
    choices = replace(found.proposed, method="image", layout="one item", profile="DICOM")
    asked = exportProposal(found, choices)
    assert asked.isPossible
    assert "DRRO-DSR-003" in {one.rule.code for one in asked.findings}


def test_sampling_can_be_cancelled(database, bent):
    found = task(bent, database)
    with pytest.raises(RegistrationCancelledError):
        found.made(replace(found.proposed, method="image"), Watch(isCancelled=lambda: True))


def test_a_matrix_above_a_grid_makes_it_no_matrix(deformedPhantom, database, scene, images):
    _, node = read(deformedPhantom, scene)
    placeUnder(images[1], node)
    assert task(node, database).form.kind == "Deformable Spatial Registration"
    linear = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    linear.SetAndObserveTransformNodeID(node.GetID())
    images[1].SetAndObserveTransformNodeID(linear.GetID())
    assert task(linear, database).form.kind == "Deformable Spatial Registration"
    linear.SetAndObserveTransformNodeID(None)
    assert task(linear, database).form.kind == "Spatial Registration"
