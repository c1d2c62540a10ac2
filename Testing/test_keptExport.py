"""What was carried through a registration is exported as the object that it was made as."""

from dataclasses import replace
from datetime import datetime

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

from pydicom import dcmread
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from IHERORegistrationLib.carriedNodes import nodesFromCarried
from IHERORegistrationLib.databaseSeries import DatabaseSeries
from IHERORegistrationLib.dataFolder import dataFolder
from IHERORegistrationLib.errors import FrameOfReferenceError, NonconformantError
from IHERORegistrationLib.exportProposal import exportProposal
from IHERORegistrationLib.keptObject import keepObject
from IHERORegistrationLib.nodeExport import exportImages, exportTask
from IHERORegistrationLib.nodeObjects import doseOfNode
from IHERORegistrationLib.reader import registrationFromFile
from IHERORegistrationLib.registeredContourer import structureSetOnTarget
from IHERORegistrationLib.registrationRecord import Watch


@pytest.fixture
def carried(phantom, loaded, scene):
    """Two structures of the CT, on the MR."""
    folder = dataFolder(phantom.folder)
    whole = folder.oneStructureSet()
    few = [one for one in whole.structures if one.name in ("GTV", "Heart")]
    found = structureSetOnTarget(
        replace(whole, structures=tuple(few)),
        folder.oneSeries(frame=phantom.named("MR").frame),
        [
            registrationFromFile(one.path, frameOfInstance=folder.frameOfInstance)
            for one in phantom.registrations
        ],
        label="CARRIED",
        created=datetime(2026, 11, 22),
    )
    registrations = [registrationFromFile(phantom.registrations[0].path)]
    target = folder.oneSeries(frame=phantom.named("MR").frame)
    (node,) = nodesFromCarried(found, target, registrations, scene, "MMRO-III")
    return found.dataset, node


def taskOf(node, database):
    (fixed,) = exportImages(node).fixed
    return fixed, exportTask(node, fixed, None, DatabaseSeries(database))


def test_carried_structures_are_written_as_they_were_made(loaded, carried, database, tmp_path):
    dataset, node = carried
    fixed, task = taskOf(node, database)
    assert fixed is loaded.images["MR"]
    assert (
        task.sentence == f"Stores {node.GetName()} with {fixed.GetName()}, as it was carried there"
    )
    choices = replace(task.proposed, label="ON MR", description="for the physicist")
    assert exportProposal(task, choices).isPossible
    (path,) = task.save(task.made(choices, Watch()), tmp_path)
    written = dcmread(path)
    assert written.SOPInstanceUID == dataset.SOPInstanceUID
    assert written.ROIContourSequence == dataset.ROIContourSequence
    assert written.StructureSetLabel == "ON MR"
    assert written.SeriesDescription == "for the physicist"


def test_structures_that_were_edited_since_are_drawn_anew(carried, database):
    _, node = carried
    segment = node.GetSegmentation().GetNthSegment(0)
    voxels = segment.GetRepresentation("Binary labelmap").GetPointData().GetScalars()
    values = vtk_to_numpy(voxels)
    inside = (values == segment.GetLabelValue()).nonzero()[0]
    values[inside[: len(inside) // 2]] = 0
    _, task = taskOf(node, database)
    assert task.form.methods
    assert "Say how it was made" in exportProposal(task, task.proposed).missing
    made = task.made(replace(task.proposed, method="drawn by hand"), Watch()).datasets[0]
    assert "PredecessorStructureSetSequence" not in made


def test_an_edit_that_keeps_the_number_of_voxels_is_refused(carried, database):
    _, node = carried
    _, task = taskOf(node, database)
    segment = node.GetSegmentation().GetNthSegment(0)
    voxels = segment.GetRepresentation("Binary labelmap").GetPointData().GetScalars()
    values = vtk_to_numpy(voxels)
    label = segment.GetLabelValue()
    first, free = (values == label).nonzero()[0][0], (values == 0).nonzero()[0][0]
    values[first], values[free] = 0, label
    with pytest.raises(NonconformantError, match=r"1 structures of .* were edited"):
        task.made(task.proposed, Watch())


def test_a_made_dose_is_written_while_its_voxels_are_the_same(phantom, loaded, database, tmp_path):
    _, plain = taskOf(loaded.dose, database)
    (dataset,) = plain.made(plain.proposed, Watch()).datasets
    keepObject(loaded.dose, dataset, "BRTO-II")
    fixed, task = taskOf(loaded.dose, database)
    assert fixed is loaded.images["CT"]
    (path,) = task.save(task.made(task.proposed, Watch()), tmp_path)
    assert dcmread(path).PixelData == dataset.PixelData
    values = vtk_to_numpy(loaded.dose.GetImageData().GetPointData().GetScalars())
    values *= 1.1
    with pytest.raises(NonconformantError, match=r"voxels of .* were changed"):
        task.made(task.proposed, Watch())


def shifted(node, *shift):
    """Moved for good, as the module Data does it with the transform above a node."""
    above = node.GetScene().AddNewNodeByClass("vtkMRMLLinearTransformNode")
    matrix = vtkMatrix4x4()
    for row, value in enumerate(shift):
        matrix.SetElement(row, 3, value)
    above.SetMatrixTransformToParent(matrix)
    node.SetAndObserveTransformNodeID(above.GetID())
    node.HardenTransform()


@pytest.mark.parametrize("slices", [0.3, 1, 2])
def test_a_made_dose_that_was_hardened_is_neither_written_nor_used(loaded, database, slices):
    dose = loaded.dose
    _, plain = taskOf(dose, database)
    (dataset,) = plain.made(plain.proposed, Watch()).datasets
    keepObject(dose, dataset, "BRTO-II")
    assert doseOfNode(dose, database).origin == "as it was made"
    fixed, _ = taskOf(dose, database)
    shifted(dose, 0, 0, slices * dose.GetSpacing()[2])
    with pytest.raises(FrameOfReferenceError, match="was moved in its own coordinates"):
        exportTask(dose, fixed, None, DatabaseSeries(database))
    with pytest.raises(FrameOfReferenceError, match="was moved in its own coordinates"):
        doseOfNode(dose, database)


def test_carried_structures_that_were_hardened_are_not_written(carried, database):
    _, node = carried
    _, task = taskOf(node, database)
    shifted(node, 0, 5, 7)
    with pytest.raises(FrameOfReferenceError, match="was moved in its own coordinates"):
        task.made(task.proposed, Watch())
