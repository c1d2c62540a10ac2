"""Slicer's own reader of images in the DICOM browser, the part that concerns us: each series of
images becomes a volume node, named, placed in the subject hierarchy and shown as Slicer does it.
Pixels and geometry are read by SimpleITK.
"""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
import slicer
import slicer.util
from pydicom.uid import UID

from .dicomLib import DICOMPlugin
from .standIns import standIn

CONFIDENCE = 0.2
SOP_CLASS, NUMBER, DESCRIPTION, MODALITY, INSTANCE = (
    "0008,0016",
    "0020,0011",
    "0008,103E",
    "0008,0060",
    "0008,0018",
)
STUDY, SERIES, PATIENT_ID = "0020,000D", "0020,000E", "0010,0020"
PATIENT = {"ID": PATIENT_ID, "Name": "0010,0010", "BirthDate": "0010,0030", "Sex": "0010,0040"}
LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def useImageReader() -> None:
    """Let the DICOM browser have it, as it always does in Slicer."""
    slicer.modules.dicomPlugins["DICOMScalarVolumePlugin"] = DICOMScalarVolumePlugin


class DICOMScalarVolumePlugin(DICOMPlugin):
    def __init__(self) -> None:
        super().__init__()
        self.loadType = "Scalar Volume"

    def examineForImport(self, fileLists):
        loadables = []
        for files in fileLists:
            value = slicer.dicomDatabase.fileValue
            if not UID(value(files[0], SOP_CLASS)).name.endswith("Image Storage"):
                continue
            loadable = standIn("qSlicerDICOMLoadable")()
            loadable.files = list(files)
            number, description = value(files[0], NUMBER), value(files[0], DESCRIPTION)
            name = description or "Unnamed Series"
            loadable.name = f"{number}: {name}" if number else name
            loadable.confidence = CONFIDENCE
            loadables.append(loadable)
        return loadables

    def load(self, loadable):
        first = loadable.files[0]
        value = slicer.dicomDatabase.fileValue
        reader = sitk.ImageSeriesReader()
        folder = str(first).rsplit("/", 1)[0]
        inOrder = reader.GetGDCMSeriesFileNames(folder, value(first, SERIES))
        reader.SetFileNames(inOrder)
        image = reader.Execute()
        ijkToLPS = np.eye(4)
        direction = np.reshape(image.GetDirection(), (3, 3))
        ijkToLPS[:3, :3] = direction * np.array(image.GetSpacing())
        ijkToLPS[:3, 3] = image.GetOrigin()
        node = slicer.util.addVolumeFromArray(
            sitk.GetArrayFromImage(image), LPS_TO_RAS @ ijkToLPS, name=loadable.name
        )
        instances = " ".join(value(file, INSTANCE) for file in inOrder)
        node.SetAttribute("DICOM.instanceUIDs", instances)
        placeInHierarchy(node, first, instances)
        slicer.util.setSliceViewerLayers(background=node, fit=True)
        return node


def placeInHierarchy(node, file, instances) -> None:
    value = slicer.dicomDatabase.fileValue
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    item = hierarchy.CreateItem(hierarchy.GetSceneItemID(), node)
    hierarchy.SetItemUID(item, "DICOM", value(file, SERIES))
    hierarchy.SetItemUID(item, "DICOMInstanceUID", instances)
    hierarchy.SetItemAttribute(item, "DICOM.Modality", value(file, MODALITY))
    slicer.vtkSlicerSubjectHierarchyModuleLogic.InsertDicomSeriesInHierarchy(
        hierarchy, value(file, PATIENT_ID), value(file, STUDY), value(file, SERIES)
    )
    above = hierarchy.GetItemByUID("DICOM", value(file, PATIENT_ID))
    for name, tag in PATIENT.items():
        hierarchy.SetItemAttribute(above, f"DICOM.Patient{name}", value(file, tag))
