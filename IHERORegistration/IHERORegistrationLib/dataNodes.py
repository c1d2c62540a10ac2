"""Images, doses, structures and points as MRML nodes that know their Frame of Reference.

Each node lies in its own frame; placeUnder (scene.py) shows it in another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import slicer
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkImageData, vtkPolyData
from vtkmodules.vtkCommonTransforms import vtkTransform
from vtkmodules.vtkFiltersGeneral import vtkTransformPolyDataFilter

from .dose import Dose
from .images import ImageSeries
from .lattice import Lattice, Volume
from .macros import text
from .pictures.modalityPresets import dosePreset
from .pictures.sliceLayers import showAs
from .references import InstanceReference, SeriesReference
from .resampling import imageData, vtkMatrix
from .scene import FRAME, LPS_TO_RAS
from .structureMask import maskFromStructure
from .structures import Structure, StructureSet
from .subjectHierarchy import markReferences, markSeries, placeInStudy

NUMBER = "IHERO.ROINumber"  # tags of a segment that was read from an RT Structure Set
DRAWN_VOXELS = "IHERO.DrawnVoxels"  # how many it had then
UNCOLORED = (255, 255, 0)  # of a structure to which its object gives no color


@dataclass(frozen=True, eq=False)
class Segment:
    """A structure's shape: a closed surface with points in LPS mm, or a volume of 0 and 1.

    `color` holds red, green, blue from 0 to 255.
    """

    name: str
    color: tuple[int, int, int]
    shape: vtkPolyData | Volume


def volumeNodeFromSeries(
    series: ImageSeries, scene: slicer.vtkMRMLScene
) -> slicer.vtkMRMLScalarVolumeNode:
    """The images of `series`, read now, under their patient and study."""
    addsNothing = series.description in ("", series.modality)
    name = series.modality if addsNothing else f"{series.modality} {series.description}"
    node = volumeNodeFromVolume(series.volume(), scene, name)
    header = series.headers[0]
    study = " ".join(filter(None, (text(header, "StudyDescription"), text(header, "StudyDate"))))
    placeInStudy(node, series.patient, series.reference.studyInstanceUID, study)
    markSeries(node, series.reference, series.modality, series.frame)
    uids = " ".join(instance.sopInstanceUID for instance in series.reference)
    node.SetAttribute("DICOM.instanceUIDs", uids)  # where Slicer's own modules look for them
    return node


def volumeNodeFromVolume(
    volume: Volume, scene: slicer.vtkMRMLScene, name: str
) -> slicer.vtkMRMLScalarVolumeNode:
    """A copy of `volume` as a node that can be displayed."""
    return _filled(slicer.vtkMRMLScalarVolumeNode(), volume, scene, name)


def _filled(
    node: slicer.vtkMRMLScalarVolumeNode, volume: Volume, scene: slicer.vtkMRMLScene, name: str
) -> slicer.vtkMRMLScalarVolumeNode:
    node.SetName(scene.GenerateUniqueName(name))
    scene.AddNode(node)
    node.SetIJKToRASMatrix(vtkMatrix(LPS_TO_RAS @ volume.lattice.ijkToLPS))
    node.SetAndObserveImageData(_copied(volume.values))
    node.SetAttribute(FRAME, volume.frame)
    node.CreateDefaultDisplayNodes()
    return node


def doseNodeFromDose(dose: Dose, scene: slicer.vtkMRMLScene) -> slicer.vtkMRMLScalarVolumeNode:
    """A dose as it was read, under its patient and study."""
    node = doseNode(dose.volume, scene, f"Dose {dose.summationType}".strip())
    placeInStudy(node, dose.patient, dose.studyInstanceUID)
    instance = InstanceReference(dose.sopClassUID, dose.sopInstanceUID)
    itself = SeriesReference(dose.studyInstanceUID, dose.seriesInstanceUID, (instance,))
    markSeries(node, itself, "RTDOSE", dose.frame)
    return node


def doseNode(dose: Volume, scene: slicer.vtkMRMLScene, name: str) -> slicer.vtkMRMLScalarVolumeNode:
    """A dose, Gy, as a color wash that leaves voxels without dose clear."""
    node = slicer.vtkMRMLScalarVolumeNode()
    node.SetAttribute("DicomRtImport.DoseVolume", "1")  # by this SlicerRT knows a dose
    _filled(node, dose, scene, name)  # selectors look at attributes when a node comes in
    lowest = np.nextafter(0, 1, dtype=np.float32).item()
    showAs(node, dosePreset(dose.values, threshold=lowest))
    return node


def nodesFromStructureSet(
    structureSet: StructureSet, lattice: Lattice, scene: slicer.vtkMRMLScene
) -> tuple[slicer.vtkMRMLDisplayableNode, ...]:
    """The structures, all of one frame, under their patient and study: those that enclose
    something as label maps with the voxels of `lattice`, drawn as outlines, points as a point list.
    """
    enclosing = [one for one in structureSet.structures if not one.isPoints and one.contours]
    points = {one.name: one.points[0] for one in structureSet.structures if one.isPoints}
    name = structureSet.label or "Structures"
    nodes = []
    if enclosing:
        segments = [_segment(one, lattice) for one in enclosing]
        nodes.append(segmentationNode(segments, structureSet.frame, scene, name))
        nodes[0].GetDisplayNode().SetVisibility2DFill(False)  # the body would hide everything
        _tag(nodes[0], enclosing)
    if points:
        nodes.append(pointsNode(points, structureSet.frame, scene, f"{name} points"))
    for node in nodes:
        placeInStudy(node, structureSet.patient, structureSet.studyInstanceUID)
        markSeries(node, structureSet.reference, "RTSTRUCT", structureSet.frame)
        markReferences(node, (image.sopInstanceUID for one in structureSet.series for image in one))
    return tuple(nodes)


def segmentationNode(
    segments: Sequence[Segment], frame: str, scene: slicer.vtkMRMLScene, name: str
) -> slicer.vtkMRMLSegmentationNode:
    """Structures of one frame as segments, all given as surfaces or all as volumes."""
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", scene.GenerateUniqueName(name))
    node.SetAttribute(FRAME, frame)
    node.CreateDefaultDisplayNodes()
    surfaces = all(isinstance(segment.shape, vtkPolyData) for segment in segments)
    if surfaces:
        node.GetSegmentation().SetSourceRepresentationName("Closed surface")
    for segment in segments:
        color = [part / 255 for part in segment.color]
        if isinstance(segment.shape, Volume):
            image = _orientedImage(segment.shape)
            node.AddSegmentFromBinaryLabelmapRepresentation(image, segment.name, color)
        else:
            surface = _inRAS(segment.shape)
            node.AddSegmentFromClosedSurfaceRepresentation(surface, segment.name, color)
    return node


def pointsNode(
    points: Mapping[str, np.ndarray], frame: str, scene: slicer.vtkMRMLScene, name: str
) -> slicer.vtkMRMLMarkupsFiducialNode:
    """Labeled points, each of shape (3,), LPS mm, as a point list."""
    node = scene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", scene.GenerateUniqueName(name))
    node.SetAttribute(FRAME, frame)
    node.CreateDefaultDisplayNodes()
    for label, point in points.items():
        node.AddControlPoint(LPS_TO_RAS[:3, :3] @ point, label)
    return node


def _tag(node: slicer.vtkMRMLSegmentationNode, structures: Sequence[Structure]) -> None:
    """Keep on each segment which structure it is and how many voxels that filled."""
    segmentation = node.GetSegmentation()
    for place, structure in enumerate(structures):
        segment = segmentation.GetNthSegment(place)
        voxels = segment.GetRepresentation("Binary labelmap").GetPointData().GetScalars()
        count = np.count_nonzero(vtk_to_numpy(voxels) == segment.GetLabelValue())
        segment.SetTag(NUMBER, str(structure.number))
        segment.SetTag(DRAWN_VOXELS, str(count))


def _segment(structure: Structure, lattice: Lattice) -> Segment:
    box = _boxAround(structure.points, lattice)
    mask = Volume(maskFromStructure(structure, box), box, structure.frame)
    return Segment(structure.name, structure.color or UNCOLORED, mask)


def _boxAround(points: np.ndarray, lattice: Lattice) -> Lattice:
    """The part of `lattice` that holds `points`, shape (n, 3) LPS mm, and a voxel around them."""
    indices = lattice.indices(points)
    last = np.array(lattice.size) - 1
    low = np.clip(np.floor(indices.min(axis=0)).astype(int) - 1, 0, last)
    high = np.clip(np.ceil(indices.max(axis=0)).astype(int) + 1, 0, last)
    toLPS = lattice.ijkToLPS.copy()
    toLPS[:3, 3] = lattice.points(low)
    return Lattice(tuple(high - low + 1), toLPS)


def _copied(values: np.ndarray) -> vtkImageData:
    image = imageData(values)
    image.GetPointData().SetScalars(numpy_to_vtk(values.reshape(-1), deep=True))
    return image


def _orientedImage(volume: Volume) -> slicer.vtkOrientedImageData:
    image = slicer.vtkOrientedImageData()
    image.ShallowCopy(_copied(volume.values.astype(np.uint8)))
    image.SetGeometryFromImageToWorldMatrix(vtkMatrix(LPS_TO_RAS @ volume.lattice.ijkToLPS))
    return image


def _inRAS(surface: vtkPolyData) -> vtkPolyData:
    toRAS = vtkTransform()
    toRAS.SetMatrix(vtkMatrix(LPS_TO_RAS))
    change = vtkTransformPolyDataFilter()
    change.SetInputData(surface)
    change.SetTransform(toRAS)
    change.Update()
    return change.GetOutput()
