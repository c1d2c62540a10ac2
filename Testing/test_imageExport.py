"""A deformed image of the scene becomes the series that the Image Deformer would write."""

from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

from pydicom import dcmread

from application.dicomDatabase import dicomDatabase
from IHERODeformationLib.anyExport import anyExportTask
from IHERODeformationLib.deformedNodes import nodeFromDeformedSeries
from IHERODeformationLib.frameWays import registrationWay
from IHERODeformationLib.imageDeformer import deformedSeries
from IHERODeformationLib.reader import deformableRegistrationFromFile
from IHERORegistrationLib.appliedNodes import resampledNode
from IHERORegistrationLib.databaseSeries import DatabaseSeries
from IHERORegistrationLib.dataFolder import dataFolder
from IHERORegistrationLib.dataNodes import volumeNodeFromSeries
from IHERORegistrationLib.derivedImages import datasetsFromResampled
from IHERORegistrationLib.errors import (
    MalformedObjectError,
    PatientMismatchError,
    ReferenceNotFoundError,
)
from IHERORegistrationLib.exportProposal import exportProposal
from IHERORegistrationLib.keptDerivation import derivationOf
from IHERORegistrationLib.nodeExport import exportImages, isExported
from IHERORegistrationLib.patient import Patient
from IHERORegistrationLib.reader import registrationFromFile
from IHERORegistrationLib.registeredDisplay import registeredDisplay
from IHERORegistrationLib.registration import frameGraph
from IHERORegistrationLib.registrationRecord import Watch
from IHERORegistrationLib.registrationText import textFromPatient
from IHERORegistrationLib.resampledSeries import imageOnBase
from IHERORegistrationLib.resampling import Interpolation, vtkMatrix
from IHERORegistrationLib.seriesReading import seriesFromFiles
from IHERORegistrationLib.subjectHierarchy import PATIENT
from loadedPhantom import loadedPhantom


@pytest.fixture(scope="module")
def database(deformedPhantom):
    return dicomDatabase(deformedPhantom.folder)


@pytest.fixture(scope="module")
def made(deformedPhantom):
    """The deformed series as the actor makes it, with its base and registration."""
    folders = [deformedPhantom.folder / name for name in ("Registered", "Source")]
    base, source = (seriesFromFiles(sorted(one.glob("*.dcm")))[0] for one in folders)
    registration = deformableRegistrationFromFile(deformedPhantom.deformation().path)
    way = registrationWay([registration], base.frame, source.frame)
    found = deformedSeries(source, base, way, [registration], created=datetime(2026, 11, 22))
    return found, base, registration


@pytest.fixture
def nodes(made, scene):
    """The base and the deformed image."""
    found, base, registration = made
    target = volumeNodeFromSeries(base, scene)
    return target, nodeFromDeformedSeries(found, [registration], scene)


def taskOf(node, database):
    (fixed,) = exportImages(node).fixed
    return anyExportTask(node, fixed, None, DatabaseSeries(database))


def test_the_series_is_the_one_that_the_actor_writes(made, nodes, database, tmp_path, dciodvfy):
    target, node = nodes
    assert isExported(node)
    assert not isExported(target)
    task = taskOf(node, database)
    assert task.form.profiles == ("DRRO", "DICOM")
    assert exportProposal(task, task.proposed).isPossible
    files = task.save(task.made(task.proposed, Watch()), tmp_path)
    expected, _, registration = made
    assert len(files) == len(expected.datasets)
    for file, one in zip(files, expected.datasets, strict=True):
        read = dcmread(file)
        assert read.PixelData == one.PixelData
        for keyword in (
            "ImagePositionPatient",
            "ImageOrientationPatient",
            "ImageType",
            "FrameOfReferenceUID",
            "DerivationDescription",
        ):
            assert read[keyword].value == one[keyword].value
        assert read.SourceImageSequence == one.SourceImageSequence
        (by,) = read.SourceInstanceSequence
        assert by.ReferencedSOPInstanceUID == registration.sopInstanceUID
    assert dciodvfy(files[0]) == []


def test_it_knows_how_it_came_about_in_a_saved_scene(nodes, made):
    told = derivationOf(nodes[1])
    assert told.isDeformed
    assert told.interpolation == "linear"
    assert told.registrations == (made[2].reference,)
    assert len(told.target) == len(made[1].slices)


def test_without_the_registration_or_beside_its_target_it_is_refused(nodes, made, database):
    _, node = nodes
    task = taskOf(node, database)
    matrix = np.eye(4)
    matrix[0, 3] = 500
    node.SetIJKToRASMatrix(vtkMatrix(matrix))
    with pytest.raises(MalformedObjectError, match="does not lie on the voxels"):
        task.made(task.proposed, Watch())
    uid = made[2].sopInstanceUID
    file = database._files.pop(uid)
    try:
        with pytest.raises(ReferenceNotFoundError, match="the registration that"):
            taskOf(node, database)
    finally:
        database._files[uid] = file


def test_an_image_of_another_patient_than_its_target_is_written_only_when_that_is_confirmed(
    nodes, database
):
    _, node = nodes
    node.SetAttribute(PATIENT, textFromPatient(Patient("X-9", "Other^Person", "19500101", "O")))
    task = taskOf(node, database)
    with pytest.raises(PatientMismatchError, match="belongs to another patient"):
        task.made(task.proposed, Watch())
    assert "belongs to another patient" in exportProposal(task, task.proposed).refusal
    confirmed = replace(task.proposed, otherPatientConfirmed=True)
    assert exportProposal(task, confirmed).isPossible


def test_an_image_resampled_by_a_matrix_is_the_one_that_the_display_writes(
    phantom, scene, tmp_path, dciodvfy
):
    folder, loaded = dataFolder(phantom.folder), loadedPhantom(phantom, scene)
    registration = loaded.registrations["MR"]
    applied = resampledNode(
        loaded.images["MR"], registration, loaded.images["CT"], Interpolation.LINEAR
    )
    task = taskOf(applied.node, dicomDatabase(phantom.folder))
    assert task.form.profiles == ("MMRO-III", "DICOM")
    assert exportProposal(task, task.proposed).isPossible
    files = task.save(task.made(task.proposed, Watch()), tmp_path)
    ct, mr = (folder.oneSeries(frame=phantom.named(name).frame) for name in ("CT", "MR"))
    path = next(one.path for one in phantom.registrations if one.transform.fromFrame == mr.frame)
    stored = registrationFromFile(path, frameOfInstance=folder.frameOfInstance)
    display = registeredDisplay(ct, [mr], frameGraph([stored]))
    image = imageOnBase(display.image(mr.seriesInstanceUID), ct, [stored])
    expected = datasetsFromResampled(image, "x", created=datetime(2026, 11, 22))
    for file, one in zip(files, expected, strict=True):
        read = dcmread(file)
        assert read.PixelData == one.PixelData
        assert read.SourceImageSequence == one.SourceImageSequence
        assert read.SourceInstanceSequence == one.SourceInstanceSequence
    assert dciodvfy(files[0]) == []
