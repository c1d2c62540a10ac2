"""Points placed on an image become Spatial Fiducials of that image."""

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

from application.dicomDatabase import dicomDatabase
from IHERORegistrationLib.databaseSeries import DatabaseSeries
from IHERORegistrationLib.errors import FrameOfReferenceError, MalformedObjectError
from IHERORegistrationLib.exportProposal import exportProposal
from IHERORegistrationLib.fiducialNodes import nodesFromFiducials
from IHERORegistrationLib.fiducialsReader import fiducialsFromFile
from IHERORegistrationLib.keptFiducials import fiducialsOfList, namedFiducials
from IHERORegistrationLib.landmarkNodes import newLandmarkList
from IHERORegistrationLib.nodeExport import exportImages, exportTask, isExported
from IHERORegistrationLib.registrationRecord import Watch
from IHERORegistrationLib.resampling import vtkMatrix
from loadedPhantom import loadedPhantom

NAMES = ("Carina", "Apex left", "Apex right")
AROUND = np.array([(-11.5, 7.25, 3.0), (20.0, -14.0, 9.5), (31.125, 2.0, -12.0)])  # LPS mm


@pytest.fixture(scope="module")
def database(phantom):
    return DatabaseSeries(dicomDatabase(phantom.folder))


@pytest.fixture
def placed(phantom, scene, database):
    """Three points on the CT."""
    image = loadedPhantom(phantom, scene).images["CT"]
    node = newLandmarkList(image, "Landmarks on CT", (1, 0.8, 0))
    points = database.series(image).lattice.center + AROUND
    for name, point in zip(NAMES, points, strict=True):
        node.AddControlPoint(*(point * (-1, -1, 1)), name)
    return SimpleNamespace(node=node, image=image, points=points)


def task(placed, database):
    assert isExported(placed.node)
    (fixed,) = exportImages(placed.node).fixed
    assert fixed is placed.image
    return exportTask(placed.node, fixed, None, database)


def test_points_are_written_and_read_equal(placed, database, tmp_path, dciodvfy):
    found = task(placed, database)
    assert found.sentence == "Stores 3 points of Landmarks on CT on CT"
    assert exportProposal(found, found.proposed).isPossible
    made = found.made(found.proposed, Watch())
    assert made.findings == ()
    (file,) = found.save(made, tmp_path)
    read = fiducialsFromFile(file, strict=True)
    series = database.series(placed.image)
    (group,) = read.sets
    assert group.frame == series.frame
    assert group.images == series.reference.instances
    assert read.series == (series.reference,)
    assert read.patient == series.patient
    assert read.studyInstanceUID == series.studyInstanceUID
    assert tuple(one.identifier for one in group.fiducials) == NAMES
    assert len({one.uid for one in group.fiducials}) == 3
    np.testing.assert_allclose([one.points[0] for one in group.fiducials], placed.points, atol=1e-9)
    assert dciodvfy(file) == []
    (again,) = nodesFromFiducials(read, placed.node.GetScene())
    for number in range(3):
        ours, theirs = (one.GetNthControlPointPosition(number) for one in (placed.node, again))
        assert ours == pytest.approx(theirs, abs=1e-9)


def test_points_count_where_they_lie_on_the_image_not_in_the_world(placed, database, scene):
    above = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    matrix = np.eye(4)
    matrix[:3, 3] = (40, -3, 8)
    above.SetMatrixTransformToParent(vtkMatrix(matrix))
    for one in (placed.node, placed.image):
        one.SetAndObserveTransformNodeID(above.GetID())
    found = task(placed, database)
    dataset = found.made(found.proposed, Watch()).datasets[0]
    data = [one.ContourData for one in dataset.FiducialSetSequence[0].FiducialSequence]
    np.testing.assert_allclose(np.array(data, float), placed.points, atol=1e-9)


def test_names_that_do_not_fit_are_changed_and_told(placed, database):
    placed.node.SetNthControlPointLabel(1, "Carina")
    placed.node.SetNthControlPointLabel(2, "Processus spinosus of T4")
    found = task(placed, database)
    made = found.made(found.proposed, Watch())
    items = made.datasets[0].FiducialSetSequence[0].FiducialSequence
    assert [one.FiducialIdentifier for one in items] == ["Carina", "Carina (2)", "Processus spinos"]
    assert items[2].FiducialDescription == "Processus spinosus of T4"
    assert "Processus spinosus of T4 is named Processus spinos." in made.remarks


def test_points_outside_the_image_are_told(placed, database):
    placed.node.SetNthControlPointPosition(1, 2000.0, 0.0, 0.0)
    found = task(placed, database)
    assert found.remarks == ("Outside the images: Apex left.",)


def test_a_list_without_points_and_one_of_another_image_are_refused(placed, database):
    placed.node.SetAttribute("IHERO.FrameOfReferenceUID", "1.2.3")
    with pytest.raises(FrameOfReferenceError):
        task(placed, database)
    placed.node.SetAttribute("IHERO.FrameOfReferenceUID", None)
    placed.node.RemoveAllControlPoints()
    found = task(placed, database)
    with pytest.raises(MalformedObjectError, match="no point"):
        found.made(found.proposed, Watch())
    assert "no point" in exportProposal(found, found.proposed).refusal


def test_after_the_export_the_points_are_the_fiducials_until_they_are_moved(placed, database):
    assert fiducialsOfList(placed.node) is None
    found = task(placed, database)
    made = found.made(found.proposed, Watch())
    made.remember()
    items = made.datasets[0].FiducialSetSequence[0].FiducialSequence
    kept = fiducialsOfList(placed.node)
    named = namedFiducials(kept, zip(NAMES[:2], placed.points[:2], strict=True))
    assert [one.fiducialUID for one in named] == [one.FiducialUID for one in items[:2]]
    assert {one.instance.sopInstanceUID for one in named} == {made.datasets[0].SOPInstanceUID}
    assert namedFiducials(kept, [(NAMES[0], placed.points[0] + 0.01)]) is None
    assert namedFiducials(kept, [("Hilum", placed.points[0])]) is None
