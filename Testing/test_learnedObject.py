"""After an export a transform node is the object that was written: what is made with it then can
refer to it.
"""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer

from application.dicomDatabase import dicomDatabase
from deformationNodes import bend
from IHERODeformationLib.anyExport import anyExportTask
from IHERODeformationLib.heldDeformation import LATTICE, holdsGrid, isAsRead
from IHERODeformationLib.learnedDeformation import samplingOf
from IHERODeformationLib.nodeRegistration import registrationOfNode
from IHERODeformationLib.reader import deformableRegistrationFromDataset
from IHERODeformationLib.scene import (
    registrationFromDeformationNode,
    restoreDeformations,
)
from IHERORegistrationLib.databaseSeries import DatabaseSeries
from IHERORegistrationLib.dataNodes import volumeNodeFromVolume
from IHERORegistrationLib.headlessScene import saveScene, sceneFromFile
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.listedRegistration import badges
from IHERORegistrationLib.nodeIdentity import knownFrame
from IHERORegistrationLib.reader import registrationFromDataset
from IHERORegistrationLib.registrationRecord import Watch
from IHERORegistrationLib.resampling import vtkMatrix
from IHERORegistrationLib.rigidExport import proposedChoices
from IHERORegistrationLib.scene import registrationFromTransformNode
from IHERORegistrationLib.sceneRegistrations import sceneRegistrations
from IHERORegistrationLib.writtenObject import isChanged, writtenObject
from loadedPhantom import loadedDeformedPhantom, loadedPhantom


@pytest.fixture(scope="module")
def database(phantom):
    return DatabaseSeries(dicomDatabase(phantom.folder))


@pytest.fixture(scope="module")
def deformedDatabase(deformedPhantom):
    return DatabaseSeries(dicomDatabase(deformedPhantom.folder))


def turn(degrees, shift):
    """About the z axis, RAS."""
    matrix = np.eye(4)
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    matrix[:2, :2] = [[cosine, -sine], [sine, cosine]]
    matrix[:3, 3] = shift
    return vtkMatrix(matrix)


def written(node, fixed, moving, database, **choices):
    """The data set that was exported of `node`, which learned it."""
    task = anyExportTask(node, fixed, moving, database)
    made = task.made(replace(task.proposed, **choices), Watch())
    made.remember()
    return made.datasets[0]


@pytest.fixture
def moved(phantom, scene):
    """A matrix made by hand, and both images."""
    images = loadedPhantom(phantom, scene).images
    node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "by hand")
    node.SetMatrixTransformToParent(turn(30, (4, -7, 11)))
    return SimpleNamespace(node=node, fixed=images["CT"], moving=images["MR"])


HOW = {"label": "MR TO CT", "description": "by hand", "method": "visual", "profile": "MMRO-III"}


def test_a_matrix_that_was_exported_is_the_object(moved, database):
    assert writtenObject(moved.node) == ""
    dataset = written(moved.node, moved.fixed, moved.moving, database, **HOW)
    read, here = registrationFromDataset(dataset), registrationFromTransformNode(moved.node)
    assert here.sopInstanceUID == dataset.SOPInstanceUID
    assert (here.seriesInstanceUID, here.studyInstanceUID) == (
        dataset.SeriesInstanceUID,
        dataset.StudyInstanceUID,
    )
    assert (here.label, here.description) == ("MR TO CT", "by hand")
    assert here.patient == read.patient
    assert here.series == read.series
    for ours, theirs in zip(here.items, read.items, strict=True):
        assert ours.images == theirs.images
        assert ours.method == theirs.method
        np.testing.assert_allclose(ours.matrix, theirs.matrix, atol=1e-12)
    assert proposedChoices(moved.node, "DICOM").method == "visual"


def test_the_list_then_shows_it_as_an_object(moved, database):
    dataset = written(moved.node, moved.fixed, moved.moving, database, **HOW)
    (row,) = (
        one for one in sceneRegistrations(moved.node.GetScene()) if one.key == moved.node.GetID()
    )
    assert row.sopInstanceUID == dataset.SOPInstanceUID
    assert "changed" not in {badge.text for badge in badges(row)}


def test_what_is_changed_after_the_export_is_no_object_until_it_is_exported_again(moved, database):
    first = written(moved.node, moved.fixed, moved.moving, database, **HOW)
    moved.node.ApplyTransformMatrix(turn(1, (0, 0, 0)))
    assert isChanged(moved.node)
    task = anyExportTask(moved.node, moved.fixed, moved.moving, database)
    assert "this will be a new object" in task.remarks[0]
    second = written(moved.node, moved.fixed, moved.moving, database, **HOW)
    assert second.SOPInstanceUID != first.SOPInstanceUID
    assert writtenObject(moved.node) == second.SOPInstanceUID


def test_an_image_that_stays_under_another_transform_does_not_make_it_another(moved, database):
    above = moved.node.GetScene().AddNewNodeByClass("vtkMRMLLinearTransformNode", "couch")
    above.SetMatrixTransformToParent(turn(0, (0, 0, 25)))
    moved.fixed.SetAndObserveTransformNodeID(above.GetID())
    moved.node.SetAndObserveTransformNodeID(above.GetID())
    dataset = written(moved.node, moved.fixed, moved.moving, database, **HOW)
    assert writtenObject(moved.node) == dataset.SOPInstanceUID
    matrix = registrationFromDataset(dataset).items[1].matrix
    assert matrix[:3, 3] == pytest.approx((-4, 7, 11))  # without the couch, LPS


@pytest.fixture
def deformed(deformedPhantom, scene):
    loaded = loadedDeformedPhantom(deformedPhantom, scene)
    fixed, moving = loaded.images.values()
    return SimpleNamespace(node=loaded.registration, fixed=fixed, moving=moving)


def test_vectors_that_were_exported_are_the_object(deformed, deformedDatabase):
    before = writtenObject(deformed.node)
    dataset = written(deformed.node, deformed.fixed, deformed.moving, deformedDatabase)
    assert writtenObject(deformed.node) == dataset.SOPInstanceUID != before
    assert isAsRead(deformed.node)
    here, read = (
        registrationFromDeformationNode(deformed.node),
        deformableRegistrationFromDataset(dataset),
    )
    assert here.sopInstanceUID == read.sopInstanceUID
    np.testing.assert_allclose(
        here.oneDeformation().grid.vectors,
        read.oneDeformation().grid.vectors,
        atol=1e-6,
        rtol=0,
    )


def test_samples_of_a_spline_are_taken_again_as_the_object_holds_them(deformed, deformedDatabase):
    node = deformed.node.GetScene().AddNewNodeByClass("vtkMRMLTransformNode", "bent")
    bend(node, deformed.fixed)
    how = {"method": "image", "error": 0.3, "spacing": 9.0}
    dataset = written(node, deformed.fixed, deformed.moving, deformedDatabase, **how)
    assert not isAsRead(node)
    assert not holdsGrid(node)  # it still is a spline
    assert node.GetAttribute(LATTICE) is None
    other = otherLattice(deformed.fixed)
    here = registrationOfNode(node, other, deformed.moving).registration
    read = deformableRegistrationFromDataset(dataset)
    assert here.reference == read.reference
    mine, theirs = here.oneDeformation(), read.oneDeformation()
    np.testing.assert_array_equal(mine.grid.vectors, theirs.grid.vectors)
    np.testing.assert_allclose(mine.affine, theirs.affine, atol=1e-12)
    bend(node, deformed.moving)  # other landmarks
    assert isChanged(node)
    assert samplingOf(node) is None


def otherLattice(fixed):
    """Another image of the frame of `fixed`, coarser and smaller."""
    lattice = Lattice.fromAxes((7, 6, 5), (-30, -40, 700), np.eye(3), (9, 8, 7))
    values = np.zeros(lattice.shape, np.int16)
    return volumeNodeFromVolume(Volume(values, lattice, knownFrame(fixed)), fixed.GetScene(), "b")


def test_a_saved_scene_keeps_what_was_learned(
    moved, deformed, database, deformedDatabase, tmp_path
):
    rigid = written(moved.node, moved.fixed, moved.moving, database, **HOW)
    bentOne = written(deformed.node, deformed.fixed, deformed.moving, deformedDatabase)
    again = sceneFromFile(saveScene(moved.node.GetScene(), tmp_path / "scene.mrb"))
    restoreDeformations(again)
    nodes = [again.GetNodeByID(one.node.GetID()) for one in (moved, deformed)]
    assert [writtenObject(one) for one in nodes] == [
        rigid.SOPInstanceUID,
        bentOne.SOPInstanceUID,
    ]


def test_a_node_that_left_the_scene_meanwhile_learns_nothing(moved, database):
    task = anyExportTask(moved.node, moved.fixed, moved.moving, database)
    made = task.made(replace(task.proposed, **HOW), Watch())
    moved.node.GetScene().RemoveNode(moved.node)
    made.remember()
    assert isinstance(moved.node, slicer.vtkMRMLNode)
