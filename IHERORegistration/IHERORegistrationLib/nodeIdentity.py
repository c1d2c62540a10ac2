"""What a node of the scene is in DICOM: its patient, its images, its Frame of Reference, whoever
loaded it, IHERO, Slicer's own readers or SlicerRT.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import slicer

from .errors import FrameOfReferenceError
from .nodePlace import learnPlace, rememberPlace, requireUnmoved, wasMoved
from .patient import UNKNOWN_PATIENT, Patient
from .registrationText import patientFromText
from .scene import FRAME
from .sceneNodes import nodesOfClass
from .sentences import oneLine
from .subjectHierarchy import CONSTANTS, PATIENT, hierarchyOf

INSTANCES = "DICOM.instanceUIDs"  # where Slicer's reader of images keeps them
DRAWN_ON = "DicomRtImport.RoiReferencedSeriesUid"  # where SlicerRT keeps it, of structures
NO_NAME = "No name"  # what Slicer's readers say where the patient has none
NO_IMAGES: Mapping[str, str] = {}
DATA_CLASSES = ("vtkMRMLScalarVolumeNode", "vtkMRMLSegmentationNode", "vtkMRMLMarkupsFiducialNode")


def instancesOfNode(node: slicer.vtkMRMLNode) -> tuple[str, ...]:
    """SOP Instance UIDs of what `node` was read from; empty if it does not come from DICOM."""
    listed = node.GetAttribute(INSTANCES) or ""
    if not listed:
        hierarchy = hierarchyOf(node.GetScene())
        item = hierarchy.GetItemByDataNode(node)
        if item != hierarchy.GetInvalidItemID():
            listed = hierarchy.GetItemUID(item, CONSTANTS.GetDICOMInstanceUIDName())
    return tuple(listed.split())


def knownFrame(node: slicer.vtkMRMLNode, frameOfInstance: Mapping[str, str] = NO_IMAGES) -> str:
    """Frame of Reference UID of the data of `node`, "" where nothing tells it.

    The node itself says it, or its place in the subject hierarchy, or its images by
    `frameOfInstance` (SOP Instance UID → frame, see DatabaseImages), or the images that structures
    of SlicerRT were drawn on; then the node remembers it, and where it lies. Data that was moved
    since is in none.
    """
    frame = node.GetAttribute(FRAME)
    if not frame:
        frame = (
            _attributeInHierarchy(node, CONSTANTS.GetDICOMFrameOfReferenceUIDAttributeName())
            or _frameOfImages(instancesOfNode(node), frameOfInstance)
            or _frameOfDrawing(node, frameOfInstance)
        )
        if frame:
            node.SetAttribute(FRAME, frame)
            learnPlace(node, instancesOfNode(node), frameOfInstance)
    if wasMoved(node):
        return ""
    if frame or node.IsA("vtkMRMLScalarVolumeNode"):  # which may be shown through a registration
        rememberPlace(node)
    return frame


def rememberFrames(scene: slicer.vtkMRMLScene, frameOfInstance: Mapping[str, str]) -> None:
    """Let the volumes, structures and points of a scene remember their frames, see `knownFrame`:
    from then on these are known without a database.
    """
    for className in DATA_CLASSES:
        for node in nodesOfClass(scene, className):
            knownFrame(node, frameOfInstance)


def frameOfNode(node: slicer.vtkMRMLNode, frameOfInstance: Mapping[str, str] = NO_IMAGES) -> str:
    """Frame of Reference UID of the data of `node`, see `knownFrame`.

    Raises
        FrameOfReferenceError: nothing tells it, or the data was moved since.
    """
    frame = knownFrame(node, frameOfInstance)
    requireUnmoved(node)
    if not frame:
        raise FrameOfReferenceError(
            f"expected data from DICOM, found no Frame of Reference for {oneLine(node.GetName())}"
        )
    return frame


def patientOfNode(node: slicer.vtkMRMLNode) -> Patient:
    """Whose data `node` holds: what the object said that it was read from, else what the subject
    hierarchy says. What is not known is empty.
    """
    told = node.GetAttribute(PATIENT)
    if told:
        return patientFromText(told)
    hierarchy = hierarchyOf(node.GetScene())
    item = hierarchy.GetItemByDataNode(node)
    if item == hierarchy.GetInvalidItemID():
        return UNKNOWN_PATIENT
    level = CONSTANTS.GetDICOMLevelPatient()
    patient = hierarchy.GetItemAncestorAtLevel(item, level)
    if patient == hierarchy.GetInvalidItemID():
        return UNKNOWN_PATIENT
    patientID, name, birthDate, sex = (
        hierarchy.GetItemAttribute(patient, attribute) or ""
        for attribute in (
            CONSTANTS.GetDICOMPatientIDAttributeName(),
            CONSTANTS.GetDICOMPatientNameAttributeName(),
            CONSTANTS.GetDICOMPatientBirthDateAttributeName(),
            CONSTANTS.GetDICOMPatientSexAttributeName(),
        )
    )
    study = hierarchy.GetItemAncestorAtLevel(item, CONSTANTS.GetDICOMLevelStudy())
    madeUp = f"Patient-{hierarchy.GetItemUID(study, CONSTANTS.GetDICOMUIDName())}"  # by Slicer
    return Patient(
        "" if patientID == madeUp else patientID, "" if name == NO_NAME else name, birthDate, sex
    )


def modalityOfNode(node: slicer.vtkMRMLNode) -> str:
    """Modality of the series that `node` was read from, "" where the scene does not say it."""
    return _attributeInHierarchy(node, CONSTANTS.GetDICOMSeriesModalityAttributeName())


def _frameOfImages(sopInstanceUIDs: Iterable[str], frameOfInstance: Mapping[str, str]) -> str:
    return next((frameOfInstance[uid] for uid in sopInstanceUIDs if uid in frameOfInstance), "")


def _frameOfDrawing(node: slicer.vtkMRMLNode, frameOfInstance: Mapping[str, str]) -> str:
    """Frame of the images that structures were drawn on, by what SlicerRT says of these."""
    drawnOn = _attributeInHierarchy(node, DRAWN_ON)
    if not drawnOn:
        return ""
    hierarchy = hierarchyOf(node.GetScene())
    image = hierarchy.GetItemByUID(CONSTANTS.GetDICOMUIDName(), drawnOn)
    volume = hierarchy.GetItemDataNode(image) if image != hierarchy.GetInvalidItemID() else None
    listed = _attributeInHierarchy(node, CONSTANTS.GetDICOMReferencedInstanceUIDsAttributeName())
    return _frameOfImages(listed.split(), frameOfInstance) or (
        knownFrame(volume, frameOfInstance) if volume is not None else ""
    )


def _attributeInHierarchy(node: slicer.vtkMRMLNode, name: str) -> str:
    hierarchy = hierarchyOf(node.GetScene())
    item = hierarchy.GetItemByDataNode(node)
    if item == hierarchy.GetInvalidItemID():
        return ""
    return hierarchy.GetItemAttribute(item, name) or ""
