"""What a node of the scene is in DICOM: its patient, its images, its Frame of Reference, whoever
loaded it, IHERO, Slicer's own readers or SlicerRT.
"""

from __future__ import annotations

from collections.abc import Mapping

import slicer
import slicer.util

from .errors import FrameOfReferenceError
from .patient import UNKNOWN_PATIENT, Patient
from .scene import FRAME
from .subjectHierarchy import CONSTANTS, hierarchyOf

INSTANCES = "DICOM.instanceUIDs"  # where Slicer's reader of images keeps them
NO_IMAGES: Mapping[str, str] = {}


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
    `frameOfInstance` (SOP Instance UID → frame, see DatabaseImages); then the node remembers it.
    """
    frame = node.GetAttribute(FRAME)
    if frame:
        return frame
    frame = _frameInHierarchy(node) or next(
        (frameOfInstance[uid] for uid in instancesOfNode(node) if uid in frameOfInstance), ""
    )
    if frame:
        node.SetAttribute(FRAME, frame)
    return frame


def frameOfNode(node: slicer.vtkMRMLNode, frameOfInstance: Mapping[str, str] = NO_IMAGES) -> str:
    """Frame of Reference UID of the data of `node`, see `knownFrame`.

    Raises
        FrameOfReferenceError: nothing tells it.
    """
    frame = knownFrame(node, frameOfInstance)
    if not frame:
        raise FrameOfReferenceError(
            f"expected data from DICOM, found no Frame of Reference for {node.GetName()} "
            f"({node.GetID()})"
        )
    return frame


def patientOfNode(node: slicer.vtkMRMLNode) -> Patient:
    """Whose data `node` holds, by the subject hierarchy; what it does not say is empty."""
    hierarchy = hierarchyOf(node.GetScene())
    item = hierarchy.GetItemByDataNode(node)
    if item == hierarchy.GetInvalidItemID():
        return UNKNOWN_PATIENT
    level = CONSTANTS.GetDICOMLevelPatient()
    patient = hierarchy.GetItemAncestorAtLevel(item, level)
    if patient == hierarchy.GetInvalidItemID():
        return UNKNOWN_PATIENT
    names = (
        CONSTANTS.GetDICOMPatientIDAttributeName(),
        CONSTANTS.GetDICOMPatientNameAttributeName(),
        CONSTANTS.GetDICOMPatientBirthDateAttributeName(),
        CONSTANTS.GetDICOMPatientSexAttributeName(),
    )
    return Patient(*(hierarchy.GetItemAttribute(patient, name) or "" for name in names))


def modalityOfNode(node: slicer.vtkMRMLNode) -> str:
    """Modality of the series that `node` was read from, "" where the scene does not say it."""
    hierarchy = hierarchyOf(node.GetScene())
    item = hierarchy.GetItemByDataNode(node)
    if item == hierarchy.GetInvalidItemID():
        return ""
    name = CONSTANTS.GetDICOMSeriesModalityAttributeName()
    return hierarchy.GetItemAttribute(item, name) or ""


def framesInScene(
    scene: slicer.vtkMRMLScene, frameOfInstance: Mapping[str, str] = NO_IMAGES
) -> dict[str, str]:
    """What lies in the frames of a scene: the name of the first volume of each."""
    found: dict[str, str] = {}
    for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode", scene):
        frame = knownFrame(node, frameOfInstance)
        if frame:
            found.setdefault(frame, node.GetName())
    return found


def _frameInHierarchy(node: slicer.vtkMRMLNode) -> str:
    hierarchy = hierarchyOf(node.GetScene())
    item = hierarchy.GetItemByDataNode(node)
    if item == hierarchy.GetInvalidItemID():
        return ""
    name = CONSTANTS.GetDICOMFrameOfReferenceUIDAttributeName()
    return hierarchy.GetItemAttribute(item, name) or ""
