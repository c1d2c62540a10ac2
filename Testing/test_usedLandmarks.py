"""A registration by landmarks names them in its object, as Used Fiducials."""

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

from application.dicomDatabase import dicomDatabase
from IHERORegistrationLib.databaseSeries import DatabaseSeries
from IHERORegistrationLib.fiducialNodes import nodesFromFiducials
from IHERORegistrationLib.fiducials import landmarkFitFromFiducials
from IHERORegistrationLib.fiducialsExport import fiducialsExport
from IHERORegistrationLib.fiducialsReader import fiducialsFromDataset, fiducialsFromFile
from IHERORegistrationLib.imagePair import imagePair
from IHERORegistrationLib.landmarkAlignment import fittedPairs, landmarkMaking
from IHERORegistrationLib.landmarkNodes import Pairing, landmarkPairs, newLandmarkList
from IHERORegistrationLib.madeRegistration import madeNode
from IHERORegistrationLib.nodeExport import exportTask, namedImages
from IHERORegistrationLib.reader import registrationFromFile
from IHERORegistrationLib.registrationRecord import Watch
from IHERORegistrationLib.resampling import vtkMatrix
from IHERORegistrationLib.usedLandmarks import keepLandmarks, landmarksOf
from IHERORegistrationLib.writtenObject import writtenObject
from loadedPhantom import loadedPhantom

AROUND = np.random.default_rng(5).uniform(-40, 40, (5, 3))


@pytest.fixture(scope="module")
def database(phantom):
    return DatabaseSeries(dicomDatabase(phantom.folder))


@pytest.fixture
def images(phantom, scene):
    return loadedPhantom(phantom, scene).images


def placed(image, points, prefix):
    node = newLandmarkList(image, f"On {image.GetName()}", (1, 0.8, 0))
    for number, point in enumerate(points, start=1):
        node.AddControlPoint(*(point * (-1, -1, 1)), f"{prefix}{number}")
    return node


@pytest.fixture
def registered(phantom, database, images):
    """MR on CT by five pairs, of which the last is not used."""
    (truth,) = (
        one.transform
        for one in phantom.registrations
        if one.transform.fromFrame == database.series(images["MR"]).frame
    )
    points = database.series(images["MR"]).lattice.center + AROUND
    moving = placed(images["MR"], points, "m")
    fixed = placed(images["CT"], truth(points) + np.array([0.3, 0, 0]), "f")
    fixed.SetNthControlPointSelected(4, False)
    pair = imagePair(images["CT"], images["MR"])
    pairs = landmarkPairs(pair, fixed, moving, Pairing.ORDER)
    fit = fittedPairs(pair, pairs)
    node = madeNode(pair, fit.transform.matrix, landmarkMaking(pair, pairs, fit))
    keepLandmarks(node, fixed, moving, pairs)
    return SimpleNamespace(
        node=node, fixed=fixed, moving=moving, matrix=fit.transform.matrix, points=points
    )


def task(registered, images, database):
    return exportTask(registered.node, images["CT"], images["MR"], database)


def test_landmarks_are_written_beside_and_named(registered, images, database, tmp_path, dciodvfy):
    found = task(registered, images, database)
    assert found.proposed.method == "fiducial"
    made = found.made(found.proposed, Watch())
    assert made.findings == ()
    assert "written beside it" in made.remarks[0]
    paths = found.save(made, tmp_path)
    assert sorted(path.name[:3] for path in paths) == ["FID", "FID", "SRO"]
    assert [dciodvfy(path) for path in paths] == [[], [], []]
    read = registrationFromFile(paths[0])
    sets = [fiducialsFromFile(path) for path in paths[1:]]
    for item, fiducials in zip(read.items, sets, strict=True):
        (group,) = fiducials.sets
        assert group.frame == item.sourceFrame
        named = {(one.instance.sopInstanceUID, one.fiducialUID) for one in item.usedFiducials}
        assert named == {(fiducials.sopInstanceUID, one.uid) for one in group.fiducials}
        assert len(named) == 4
        assert fiducials.reference in read.series
    points = [np.array([one.points[0] for one in each.sets[0].fiducials]) for each in sets]
    np.testing.assert_allclose(points[1], registered.points[:4], atol=1e-9)
    onto = points[1] @ registered.matrix[:3, :3].T + registered.matrix[:3, 3]
    assert np.abs(onto - points[0]).max() < 0.5  # residuals of what was fitted


def test_lists_that_were_exported_or_read_are_named_where_they_are(
    registered, images, database, scene
):
    (fixed,) = namedImages((images["CT"],), database)
    one = fiducialsExport(registered.fixed, images["CT"], fixed)
    written = one.made(one.proposed, Watch())
    written.remember()
    (moving,) = namedImages((images["MR"],), database)
    other = fiducialsExport(registered.moving, images["MR"], moving)
    stored = fiducialsFromDataset(other.made(other.proposed, Watch()).datasets[0])
    (loaded,) = nodesFromFiducials(stored, scene)
    pair = imagePair(images["CT"], images["MR"])
    pairs = landmarkPairs(pair, registered.fixed, loaded, Pairing.ORDER)
    keepLandmarks(registered.node, registered.fixed, loaded, pairs)
    found = task(registered, images, database)
    made = found.made(found.proposed, Watch())
    assert len(made.datasets) == 1
    items = made.datasets[0].RegistrationSequence
    named = [
        {each.ReferencedSOPInstanceUID for each in item.UsedFiducialsSequence} for item in items
    ]
    assert named == [{written.datasets[0].SOPInstanceUID}, {stored.sopInstanceUID}]
    group = stored.sets[0]
    known = fiducialsFromDataset(written.datasets[0]).sets[0]
    assert {one.uid for one in group.fiducials} >= {
        each.FiducialUID for each in items[1].UsedFiducialsSequence
    }
    assert landmarkFitFromFiducials(known, known).rootMeanSquare < 1e-9


def test_a_second_export_names_the_fiducials_of_the_first(registered, images, database):
    found = task(registered, images, database)
    first = found.made(found.proposed, Watch())
    first.remember()
    assert writtenObject(registered.node) == first.datasets[0].SOPInstanceUID
    found = task(registered, images, database)
    second = found.made(found.proposed, Watch())
    assert len(second.datasets) == 1
    uids = [
        [one.FiducialUID for one in item.UsedFiducialsSequence]
        for made in (first, second)
        for item in made.datasets[0].RegistrationSequence
    ]
    assert uids[:2] == uids[2:]


def test_a_transform_that_was_changed_or_made_otherwise_names_none(registered, images, database):
    found = task(registered, images, database)
    choices = type(found.proposed)("A", "b", "visual", profile="MMRO-III")
    made = found.made(choices, Watch())
    assert len(made.datasets) == 1
    assert "UsedFiducialsSequence" not in made.datasets[0].RegistrationSequence[1]
    shift = np.eye(4)
    shift[:3, 3] = (1, 0, 0)
    registered.node.ApplyTransformMatrix(vtkMatrix(shift))
    assert landmarksOf(registered.node) is None
    assert len(task(registered, images, database).made(found.proposed, Watch()).datasets) == 1
