"""Where nodes belong: patient, study and series in Slicer's subject hierarchy."""

from __future__ import annotations

from collections.abc import Iterable

import slicer

from .patient import Patient
from .references import SeriesReference
from .registrationText import textFromPatient
from .sentences import oneLine

PATIENT = "IHERO.Patient"  # of a node: whose it is, as the object said that it was read from
UNNAMED = ("Study", "NewStudy")  # what we and Slicer call studies that nobody named
CONSTANTS = slicer.vtkMRMLSubjectHierarchyConstants


def placeInStudy(
    node: slicer.vtkMRMLNode, patient: Patient, studyInstanceUID: str, studyName: str = ""
) -> int:
    """Put `node` under its study and patient, which are made where they do not exist yet, and let
    it remember the patient.

    Returns the item of the node. A study is found by its UID, a patient by Patient ID.
    """
    node.SetAttribute(PATIENT, textFromPatient(patient))
    hierarchy = hierarchyOf(node.GetScene())
    study = _studyItem(hierarchy, patient, studyInstanceUID, studyName)
    item = hierarchy.GetItemByDataNode(node)
    if item == hierarchy.GetInvalidItemID():
        return hierarchy.CreateItem(study, node)
    hierarchy.SetItemParent(item, study)
    return item


def markSeries(
    node: slicer.vtkMRMLNode, series: SeriesReference, modality: str, frame: str
) -> None:
    """Say in the hierarchy which series, instances and Frame of Reference `node` was read from."""
    hierarchy = hierarchyOf(node.GetScene())
    item = hierarchy.GetItemByDataNode(node)
    if series.seriesInstanceUID:
        hierarchy.SetItemUID(item, CONSTANTS.GetDICOMUIDName(), series.seriesInstanceUID)
    markInstances(node, (instance.sopInstanceUID for instance in series))
    for name, value in (
        (CONSTANTS.GetDICOMSeriesModalityAttributeName(), modality),
        (CONSTANTS.GetDICOMFrameOfReferenceUIDAttributeName(), frame),
    ):
        hierarchy.SetItemAttribute(item, name, value)


def markInstances(node: slicer.vtkMRMLNode, sopInstanceUIDs: Iterable[str]) -> None:
    """Say in the hierarchy which instances `node` was read from."""
    hierarchy = hierarchyOf(node.GetScene())
    hierarchy.SetItemUID(
        hierarchy.GetItemByDataNode(node),
        CONSTANTS.GetDICOMInstanceUIDName(),
        " ".join(sopInstanceUIDs),
    )


def markReferences(node: slicer.vtkMRMLNode, sopInstanceUIDs: Iterable[str]) -> None:
    """Say in the hierarchy which instances the object names that `node` was read from."""
    hierarchy = hierarchyOf(node.GetScene())
    hierarchy.SetItemAttribute(
        hierarchy.GetItemByDataNode(node),
        CONSTANTS.GetDICOMReferencedInstanceUIDsAttributeName(),
        " ".join(sopInstanceUIDs),
    )


def studyName(node: slicer.vtkMRMLNode) -> str:
    """What the hierarchy calls the study of `node`; "" where it lies in none or nobody named it."""
    hierarchy = hierarchyOf(node.GetScene())
    item = hierarchy.GetItemByDataNode(node)
    study = hierarchy.GetItemAncestorAtLevel(item, CONSTANTS.GetDICOMLevelStudy())
    name = oneLine(hierarchy.GetItemName(study)) if study else ""
    return "" if name in UNNAMED else name


def hierarchyOf(scene: slicer.vtkMRMLScene) -> slicer.vtkMRMLSubjectHierarchyNode:
    """The one subject hierarchy of `scene`."""
    return slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)


def _studyItem(
    hierarchy: slicer.vtkMRMLSubjectHierarchyNode, patient: Patient, uid: str, name: str
) -> int:
    item = hierarchy.GetItemByUID(CONSTANTS.GetDICOMUIDName(), uid) if uid else 0
    if not uid or item == hierarchy.GetInvalidItemID():
        parent = _patientItem(hierarchy, patient)
        if not uid:
            return parent  # the object names no study
        item = hierarchy.CreateStudyItem(parent, name or UNNAMED[0])
        hierarchy.SetItemUID(item, CONSTANTS.GetDICOMUIDName(), uid)
        hierarchy.SetItemAttribute(item, CONSTANTS.GetDICOMStudyInstanceUIDAttributeName(), uid)
    elif name:
        hierarchy.SetItemName(item, name)
    return item


def _patientItem(hierarchy: slicer.vtkMRMLSubjectHierarchyNode, patient: Patient) -> int:
    identity = patient.patientID or patient.name or "unknown patient"
    item = hierarchy.GetItemByUID(CONSTANTS.GetDICOMUIDName(), identity)
    if item != hierarchy.GetInvalidItemID():
        return item
    name = f"{patient.name} ({patient.patientID})" if patient.patientID else identity
    item = hierarchy.CreateSubjectItem(hierarchy.GetSceneItemID(), name)
    hierarchy.SetItemUID(item, CONSTANTS.GetDICOMUIDName(), identity)
    for attribute, value in (
        (CONSTANTS.GetDICOMPatientIDAttributeName(), patient.patientID),
        (CONSTANTS.GetDICOMPatientNameAttributeName(), patient.name),
        (CONSTANTS.GetDICOMPatientBirthDateAttributeName(), patient.birthDate),
        (CONSTANTS.GetDICOMPatientSexAttributeName(), patient.sex),
    ):
        hierarchy.SetItemAttribute(item, attribute, value)
    return item
