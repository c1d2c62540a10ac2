"""Whose nodes are and where they lie, whoever loaded them.

What other readers say in the subject hierarchy is set here as they do: Slicer's DICOMPlugin.py
(addSeriesInSubjectHierarchy) and SlicerRT's vtkSlicerDicomRtImportExportModuleLogic.cxx.
"""

import numpy as np
import pytest

pytest.importorskip("slicer")

import slicer

from IHERORegistrationLib.dataNodes import volumeNodeFromVolume
from IHERORegistrationLib.errors import FrameOfReferenceError
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.nodeIdentity import (
    frameOfNode,
    instancesOfNode,
    knownFrame,
    modalityOfNode,
    patientOfNode,
)
from IHERORegistrationLib.patient import Patient
from IHERORegistrationLib.subjectHierarchy import CONSTANTS, hierarchyOf, placeInStudy

STUDY, IMAGES, STRUCTURES, DOSE = "1.2.1", "1.2.2", "1.2.3", "1.2.4"
DATABASE = {"1.2.2.1": "9.8", "1.2.2.2": "9.8", "1.2.4.1": "9.8"}  # frame by instance
PATIENT = {"ID": "T-1", "Name": "Case^Test", "BirthDate": "19700203", "Sex": "O"}


def loadedByOthers(scene, node, series, modality, instances, patient=PATIENT, **attributes):
    """`node` put into the subject hierarchy as Slicer and SlicerRT do."""
    hierarchy = hierarchyOf(scene)
    item = hierarchy.CreateItem(hierarchy.GetSceneItemID(), node)
    hierarchy.SetItemUID(item, "DICOM", series)
    hierarchy.SetItemAttribute(item, "DICOM.Modality", modality)
    hierarchy.SetItemUID(item, "DICOMInstanceUID", instances)
    for name, value in attributes.items():
        hierarchy.SetItemAttribute(item, name, value)
    slicer.vtkSlicerSubjectHierarchyModuleLogic.InsertDicomSeriesInHierarchy(
        hierarchy, patient["ID"], STUDY, series
    )
    above = hierarchy.GetItemByUID("DICOM", patient["ID"])
    for name, value in patient.items():
        hierarchy.SetItemAttribute(above, f"DICOM.Patient{name}", value)
    return node


def aVolume(scene, name="CT"):
    return scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name)


def imageOfSlicer(scene, patient=PATIENT):
    node = aVolume(scene)
    node.SetAttribute("DICOM.instanceUIDs", "1.2.2.1 1.2.2.2")
    return loadedByOthers(scene, node, IMAGES, "CT", "1.2.2.1 1.2.2.2", patient)


def structuresOfSlicerRT(scene, className="vtkMRMLSegmentationNode"):
    node = scene.AddNewNodeByClass(className, "RTSTRUCT: PLAN")
    return loadedByOthers(
        scene,
        node,
        STRUCTURES,
        "RTSTRUCT",
        "1.2.3.1",
        **{
            "DicomRtImport.RoiReferencedSeriesUid": IMAGES,
            "DICOM.ReferencedInstanceUIDs": "1.2.2.1 1.2.2.2",
        },
    )


def test_the_names_are_those_that_slicer_uses():
    assert CONSTANTS.GetDICOMUIDName() == "DICOM"
    assert CONSTANTS.GetDICOMInstanceUIDName() == "DICOMInstanceUID"
    assert CONSTANTS.GetDICOMSeriesModalityAttributeName() == "DICOM.Modality"
    assert CONSTANTS.GetDICOMPatientIDAttributeName() == "DICOM.PatientID"
    assert CONSTANTS.GetDICOMPatientBirthDateAttributeName() == "DICOM.PatientBirthDate"
    referenced = CONSTANTS.GetDICOMReferencedInstanceUIDsAttributeName()
    assert referenced == "DICOM.ReferencedInstanceUIDs"


def test_an_image_that_slicer_loaded_lies_in_the_frame_that_the_database_knows(scene):
    node = imageOfSlicer(scene)
    assert instancesOfNode(node) == ("1.2.2.1", "1.2.2.2")
    assert modalityOfNode(node) == "CT"
    assert patientOfNode(node) == Patient("T-1", "Case^Test", "19700203", "O")
    assert knownFrame(node) == ""  # Slicer does not keep it
    with pytest.raises(FrameOfReferenceError, match="CT"):
        frameOfNode(node)
    assert knownFrame(node, DATABASE) == "9.8"
    assert knownFrame(node) == "9.8"  # from now on


def test_a_dose_that_slicer_rt_loaded_lies_in_its_own_frame(scene):
    node = loadedByOthers(
        scene,
        aVolume(scene, "RTDOSE"),
        DOSE,
        "RTDOSE",
        "1.2.4.1",
        **{"DICOM.ReferencedInstanceUIDs": "1.2.5.1"},
    )
    assert modalityOfNode(node) == "RTDOSE"
    assert knownFrame(node, DATABASE) == "9.8"
    assert patientOfNode(node).patientID == "T-1"


@pytest.mark.parametrize("className", ["vtkMRMLSegmentationNode", "vtkMRMLMarkupsFiducialNode"])
def test_structures_that_slicer_rt_loaded_lie_in_the_frame_of_their_images(scene, className):
    assert knownFrame(structuresOfSlicerRT(scene, className), DATABASE) == "9.8"


def test_without_a_database_the_image_in_the_scene_tells_where_structures_lie(scene):
    image, structures = imageOfSlicer(scene), structuresOfSlicerRT(scene)
    assert knownFrame(structures) == ""
    knownFrame(image, DATABASE)
    assert knownFrame(structures) == "9.8"


def test_what_slicer_says_for_a_patient_without_name_and_id_is_no_name_and_no_id(scene):
    nobody = {"ID": f"Patient-{STUDY}", "Name": "No name", "BirthDate": "", "Sex": ""}
    node = imageOfSlicer(scene, nobody)
    assert patientOfNode(node) == Patient("", "", "", "")


def test_a_node_of_ours_comes_under_the_study_that_slicer_made(scene):
    nobody = {"ID": f"Patient-{STUDY}", "Name": "No name", "BirthDate": "", "Sex": ""}
    image = imageOfSlicer(scene, nobody)
    node = volumeNodeFromVolume(
        Volume(np.zeros((2, 3, 4)), Lattice((4, 3, 2), np.eye(4)), "9.8"), scene, "MR"
    )
    placeInStudy(node, Patient("", "", "", ""), STUDY)
    hierarchy = hierarchyOf(scene)
    parents = {hierarchy.GetItemParent(hierarchy.GetItemByDataNode(one)) for one in (image, node)}
    assert len(parents) == 1
    assert hierarchy.GetNumberOfItemChildren(hierarchy.GetSceneItemID()) == 1  # one patient


def test_a_study_of_two_patients_does_not_make_them_one(scene):
    nodes = []
    for patientID in ("T-1", "T-2"):
        nodes.append(aVolume(scene, patientID))
        placeInStudy(nodes[-1], Patient(patientID, "", "", ""), STUDY)
    assert [patientOfNode(node).patientID for node in nodes] == ["T-1", "T-2"]
