"""SlicerRT's reader of structure sets and doses in the DICOM browser, the part that concerns us:
what its nodes are and what it says of them in the subject hierarchy (SlicerRT,
vtkSlicerDicomRtImportExportModuleLogic.cxx). Objects are read by pydicom and SimpleITK.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import SimpleITK as sitk
import slicer
import slicer.util
from pydicom import dcmread
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData

from .dicomLib import DICOMPlugin
from .imageReader import LPS_TO_RAS, placeInHierarchy
from .standIns import standIn

CONFIDENCE = 1.0
MODALITY = "0008,0060"
CLOSED = "CLOSED_PLANAR"


def useRadiotherapyReader() -> None:
    """Let the DICOM browser have it, as where SlicerRT is installed."""
    slicer.modules.dicomPlugins["DicomRtImportExportPlugin"] = DicomRtImportExportPlugin


class DicomRtImportExportPlugin(DICOMPlugin):
    def __init__(self) -> None:
        super().__init__()
        self.loadType = "RT"

    def examineForImport(self, fileLists):
        return [
            self._loadable(file)
            for files in fileLists
            for file in files
            if slicer.dicomDatabase.fileValue(file, MODALITY) in LOADERS
        ]

    def _loadable(self, file):
        loadable = standIn("qSlicerDICOMLoadable")()
        loadable.files, loadable.confidence, loadable.selected = [file], CONFIDENCE, True
        loadable.name = f"{slicer.dicomDatabase.fileValue(file, MODALITY)}: {file}"
        return loadable

    def load(self, loadable):
        (file,) = loadable.files
        return LOADERS[slicer.dicomDatabase.fileValue(file, MODALITY)](file)


def _structures(file):
    """One segmentation of closed lines, whose first points are repeated, in RAS."""
    dataset = dcmread(file)
    node = slicer.mrmlScene.AddNewNodeByClass(
        "vtkMRMLSegmentationNode", f"RTSTRUCT: {dataset.StructureSetLabel}"
    )
    node.CreateDefaultDisplayNodes()
    segmentation = node.GetSegmentation()
    segmentation.SetSourceRepresentationName("Planar contour")
    names = {one.ROINumber: one.ROIName for one in dataset.StructureSetROISequence}
    for drawn in dataset.ROIContourSequence:
        contours = [
            np.reshape(one.ContourData, (-1, 3)).astype(float)
            for one in drawn.get("ContourSequence") or ()
            if one.ContourGeometricType == CLOSED
        ]
        if contours:
            segment = slicer.vtkSegment()
            segment.SetName(names[drawn.ReferencedROINumber])
            segment.SetColor(*(one / 255 for one in drawn.ROIDisplayColor))
            segment.AddRepresentation("Planar contour", _lines(contours))
            segmentation.AddSegment(segment)
    placeInHierarchy(node, file, dataset.SOPInstanceUID)
    frames = dataset.ReferencedFrameOfReferenceSequence
    (series,) = frames[0].RTReferencedStudySequence[0].RTReferencedSeriesSequence
    images = [one.ReferencedSOPInstanceUID for one in series.ContourImageSequence]
    _tell(
        node,
        {
            "DicomRtImport.RoiReferencedSeriesUid": series.SeriesInstanceUID,
            "DICOM.ReferencedInstanceUIDs": " ".join(images),
        },
    )
    return node


def _lines(contours):
    corners = [np.concatenate([one, one[:1]]) * (-1, -1, 1) for one in contours]
    offsets = np.cumsum([0, *map(len, corners)])
    places = np.concatenate([[*range(a, b - 1), a] for a, b in pairwise(offsets.tolist())])
    data, points, lines = vtkPolyData(), vtkPoints(), vtkCellArray()
    points.SetDataTypeToDouble()
    points.SetData(numpy_to_vtk(np.concatenate(corners), deep=True))
    lines.SetData(
        numpy_to_vtkIdTypeArray(offsets, deep=True), numpy_to_vtkIdTypeArray(places, deep=True)
    )
    data.SetPoints(points)
    data.SetLines(lines)
    return data


def _dose(file):
    """A volume in Gy; the unit is said of the study, nothing of the frame."""
    dataset = dcmread(file, stop_before_pixels=True)
    image = sitk.ReadImage(file)
    ijkToLPS = np.eye(4)
    direction = np.reshape(image.GetDirection(), (3, 3))
    ijkToLPS[:3, :3] = direction * np.array(image.GetSpacing())
    ijkToLPS[:3, 3] = image.GetOrigin()
    values = sitk.GetArrayFromImage(image) * float(dataset.DoseGridScaling)
    name = f"RTDOSE: {dataset.get('SeriesDescription') or dataset.DoseSummationType}"
    node = slicer.util.addVolumeFromArray(values, LPS_TO_RAS @ ijkToLPS, name=name)
    node.SetAttribute("DicomRtImport.DoseVolume", "1")
    placeInHierarchy(node, file, dataset.SOPInstanceUID)
    plans = dataset.get("ReferencedRTPlanSequence") or ()
    _tell(
        node,
        {"DICOM.ReferencedInstanceUIDs": " ".join(one.ReferencedSOPInstanceUID for one in plans)},
        {"DicomRtImport.DoseUnitName": dataset.DoseUnits, "DicomRtImport.DoseUnitValue": "1.0"},
    )
    return node


def _tell(node, ofItem, ofStudy=None):
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    item = hierarchy.GetItemByDataNode(node)
    study = hierarchy.GetItemAncestorAtLevel(item, "Study")
    for target, attributes in ((item, ofItem), (study, ofStudy or {})):
        for name, value in attributes.items():
            hierarchy.SetItemAttribute(target, name, value)


LOADERS = {"RTSTRUCT": _structures, "RTDOSE": _dose}
