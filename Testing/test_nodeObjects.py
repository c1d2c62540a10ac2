"""Doses and structure sets behind nodes of any maker: their objects, or what the scene holds."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pydicom
import pytest
import slicer
from vtkmodules.util.numpy_support import vtk_to_numpy

import builders
from IHERORegistrationLib.dataNodes import (
    Segment,
    doseNodeFromDose,
    nodesFromStructureSet,
    segmentationNode,
    volumeNodeFromVolume,
)
from IHERORegistrationLib.dose import doseFromDataset, doseFromFile
from IHERORegistrationLib.errors import (
    FrameOfReferenceError,
    MalformedObjectError,
    NonconformantError,
    ReferenceNotFoundError,
)
from IHERORegistrationLib.keptObject import keepObject, keepsObject, keptObject, keptProfile
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.nodeObjects import (
    doseOfNode,
    namedDoseOfNode,
    originalStructureSet,
    plansOf,
)
from IHERORegistrationLib.nodeVolumes import volumeFromNode
from IHERORegistrationLib.patient import Patient
from IHERORegistrationLib.resampling import vtkMatrix
from IHERORegistrationLib.scene import FRAME, LPS_TO_RAS
from IHERORegistrationLib.structureSetReader import structureSetFromFile
from IHERORegistrationLib.structuresFrame import frameOfStructures
from IHERORegistrationLib.subjectHierarchy import CONSTANTS, hierarchyOf, placeInStudy

FRAME_UID = "2.25.3.1"


def databaseOf(*files: Path):
    """As much of Slicer's DICOM database as is asked here."""
    known = {
        pydicom.dcmread(file, stop_before_pixels=True).SOPInstanceUID: str(file) for file in files
    }
    return SimpleNamespace(isOpen=True, fileForInstance=lambda uid: known.get(uid, ""))


@pytest.fixture
def stored(phantom):
    return databaseOf(phantom.dose, phantom.plan, phantom.structureSet)


def test_a_dose_that_nobody_changed_is_what_its_file_says(phantom, scene, stored):
    node = doseNodeFromDose(doseFromFile(phantom.dose), scene)
    found = doseOfNode(node, stored)
    assert found.origin == "as its RT Dose says"
    assert found.dose.plans
    (plan,) = plansOf([found.dose], stored)
    assert plan.sopInstanceUID == found.dose.plans[0].sopInstanceUID


def test_a_changed_dose_has_the_values_of_the_scene(phantom, scene, stored):
    node = doseNodeFromDose(doseFromFile(phantom.dose), scene)
    values = vtk_to_numpy(node.GetImageData().GetPointData().GetScalars())
    values *= 2
    found = doseOfNode(node, stored)
    assert "not what its RT Dose says" in found.origin
    assert found.dose.volume.values.max() == values.max()


def slicerRTDose(scene, units="GY", frame=FRAME_UID, study="2.25.6"):
    """A dose as SlicerRT loads it, but for its file: left-handed, its units on the study."""
    values = np.arange(2 * 3 * 4, dtype=np.float64).reshape(4, 3, 2)
    lattice = Lattice.fromAxes((2, 3, 4), np.array([5.0, -3, 60]), np.eye(3), np.array([2.0, 3, 4]))
    node = volumeNodeFromVolume(Volume(values, lattice, ""), scene, "RTDOSE")
    mirrored = lattice.ijkToLPS.copy()
    mirrored[:3, 3] = lattice.sliceOrigin(3)
    mirrored[:3, 2] *= -1
    node.SetIJKToRASMatrix(vtkMatrix(LPS_TO_RAS @ mirrored))
    node.SetAttribute("DicomRtImport.DoseVolume", "1")
    item = placeInStudy(node, Patient("ID", "Name^A", "19700101", "O"), study)
    hierarchy = hierarchyOf(scene)
    study = hierarchy.GetItemAncestorAtLevel(item, CONSTANTS.GetDICOMLevelStudy())
    hierarchy.SetItemAttribute(study, "DicomRtImport.DoseUnitName", units)
    hierarchy.SetItemAttribute(item, CONSTANTS.GetDICOMFrameOfReferenceUIDAttributeName(), frame)
    return node, values, lattice


def test_a_dose_of_another_reader_without_its_file_is_taken_from_the_scene(scene):
    node, values, lattice = slicerRTDose(scene)
    found = doseOfNode(node, None)
    assert "not at hand" in found.origin
    dose = found.dose
    assert (dose.units, dose.frame, dose.patient.patientID) == ("GY", FRAME_UID, "ID")
    assert np.allclose(dose.volume.lattice.ijkToLPS, lattice.ijkToLPS)  # right-handed again
    assert np.array_equal(dose.volume.values, values[::-1])
    integral = dose.volume.values.sum() * np.prod(dose.volume.lattice.spacing)
    assert integral == pytest.approx(276 * 24)  # sum of 0 to 23, voxels of 24 mm³


def test_a_dose_without_units_or_frame_is_refused(scene):
    node, *_ = slicerRTDose(scene, units="", study="2.25.7")
    with pytest.raises(MalformedObjectError, match="units of RTDOSE"):
        doseOfNode(node, None)
    node, *_ = slicerRTDose(scene, frame="", study="2.25.8")
    node.SetAttribute(FRAME, None)
    with pytest.raises(FrameOfReferenceError, match="RTDOSE"):
        doseOfNode(node, None)


def test_a_dose_of_gray_voxels_is_known_without_the_study_saying_it(scene):
    node, *_ = slicerRTDose(scene, units="", study="2.25.9")
    unit = slicer.vtkCodedEntry()
    unit.SetValueSchemeMeaning("Gy", "UCUM", "Gray")
    node.SetVoxelValueUnits(unit)
    assert doseOfNode(node, None).dose.units == "GY"
    unit.SetValueSchemeMeaning("[hnsf'U]", "UCUM", "Hounsfield unit")
    node.SetVoxelValueUnits(unit)
    with pytest.raises(MalformedObjectError, match="units of RTDOSE"):
        doseOfNode(node, None)


def test_a_new_dose_is_made_only_of_one_whose_type_and_plan_are_known(phantom, scene, stored):
    node, *_ = slicerRTDose(scene, study="2.25.10")
    with pytest.raises(ReferenceNotFoundError, match="if it is a sum, deform and add the doses"):
        namedDoseOfNode(node, None)
    item = hierarchyOf(scene).GetItemByDataNode(node)
    hierarchyOf(scene).SetItemUID(item, CONSTANTS.GetDICOMInstanceUIDName(), "2.25.11")
    with pytest.raises(ReferenceNotFoundError, match="not in the DICOM database"):
        namedDoseOfNode(node, None)


def test_structures_come_from_their_file_and_lie_where_it_says(phantom, scene, stored):
    read = structureSetFromFile(phantom.structureSet)
    (node, *_) = nodesFromStructureSet(read, phantom.primary.lattice, scene)
    found = originalStructureSet(node, stored)
    assert found.sopInstanceUID == read.sopInstanceUID
    node.SetAttribute(FRAME, None)
    assert frameOfStructures(node, found) == read.frame
    assert node.GetAttribute(FRAME) == read.frame
    assert originalStructureSet(node, None) is None


def test_drawn_structures_lie_where_their_image_does(phantom, scene):
    image = volumeNodeFromVolume(
        Volume(np.zeros((3, 4, 5), np.int16), Lattice((5, 4, 3), np.eye(4)), FRAME_UID), scene, "CT"
    )
    mask = Volume(np.ones((2, 2, 2), np.uint8), Lattice((2, 2, 2), np.eye(4)), "")
    node = segmentationNode([Segment("A", (1, 2, 3), mask)], "", scene, "Drawn")
    assert frameOfStructures(node, None) == ""
    node.SetReferenceImageGeometryParameterFromVolumeNode(image)
    assert frameOfStructures(node, None) == FRAME_UID


@pytest.fixture
def kept(scene):
    """A node that keeps a dose, and the data set."""
    dataset = builders.dose()
    node = doseNodeFromDose(doseFromDataset(dataset), scene)
    keepObject(node, dataset, "DRRO", {"B", "A"})
    return node, dataset


def test_a_node_keeps_its_object_and_how_it_was_made(kept):
    node, dataset = kept
    assert keepsObject(node)
    assert keptObject(node).PixelData == dataset.PixelData
    assert keptObject(node).DoseGridScaling == dataset.DoseGridScaling
    assert keptProfile(node).profile == "DRRO"
    assert keptProfile(node).owed == {"A", "B"}
    assert "PixelData" in dataset  # what was given stays whole


def test_changed_voxels_are_not_described_any_more(kept):
    node, _ = kept
    vtk_to_numpy(node.GetImageData().GetPointData().GetScalars())[3] += 1
    with pytest.raises(NonconformantError, match="were changed"):
        keptObject(node)


def test_a_node_without_an_object_says_so(scene):
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "Plain")
    assert not keepsObject(node)
    with pytest.raises(ReferenceNotFoundError, match="Plain keeps no"):
        keptObject(node)
    with pytest.raises(MalformedObjectError, match="no voxels"):
        volumeFromNode(node, "")
