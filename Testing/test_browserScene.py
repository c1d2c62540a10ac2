"""What is loaded from Slicer's DICOM browser is the scene that the library makes of the same files:
the same nodes with the same content, attributes, look and place in the subject hierarchy.
"""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
import slicer.util
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from application.runningApplication import loadModule, runningApplication
from browsers import fileLists
from IHERODeformationLib.anyRegistration import storedRegistration
from IHERODeformationLib.scene import transformNodesFromDeformation
from IHERORegistrationLib.dataFolder import dataFolder
from IHERORegistrationLib.folderNodes import nodesFromFolder
from IHERORegistrationLib.headlessScene import newScene
from IHERORegistrationLib.registration import SpatialRegistration
from IHERORegistrationLib.scene import transformNodesFromRegistration
from IHERORegistrationLib.sceneNodes import nodesOfClass
from IHERORegistrationLib.subjectHierarchy import hierarchyOf

ROOT = Path(__file__).resolve().parents[1]
CLASSES = ("vtkMRMLMarkupsFiducialNode", "vtkMRMLSegmentationNode", "vtkMRMLTransformNode")
DOSE = "DicomRtImport.DoseVolume"
PROBES = np.array([(0, 0, 0), (30, -40, 820), (-60, 20, 750), (12, -250, 900)])  # RAS mm


def read(path, frameOfInstance, scene):
    registration = storedRegistration(path, frameOfInstance=frameOfInstance).registration
    isRigid = isinstance(registration, SpatialRegistration)
    make = transformNodesFromRegistration if isRigid else transformNodesFromDeformation
    return registration, make(registration, scene)


def loadedInBrowser(settings, folder):
    """What all nodes are that our plugins load of a folder."""
    with runningApplication(settings, folder):
        for name in ("IHERORegistration", "IHERODeformation"):
            loadModule(ROOT / name / f"{name}.py")
        for plugin in [kind() for kind in slicer.modules.dicomPlugins.values()]:
            for one in plugin.examineForImport(fileLists()) or ():
                if one.selected:
                    assert plugin.load(one)
        return described(slicer.mrmlScene)


def described(scene):
    """All nodes of data but images, which Slicer's own readers load, by class and name."""
    nodes = [node for name in CLASSES for node in nodesOfClass(scene, name)]
    nodes += [
        node for node in nodesOfClass(scene, "vtkMRMLScalarVolumeNode") if node.GetAttribute(DOSE)
    ]
    shown = [node for node in nodes if not node.GetHideFromEditors()]
    found = {(node.GetClassName(), node.GetName()): descriptionOf(node) for node in shown}
    assert len(found) == len(shown)
    return found


def descriptionOf(node):
    names = set(node.GetAttributeNames()) - {"IHERO.Place"}  # kept while a module looks on
    display = node.GetDisplayNode()
    hierarchy = hierarchyOf(node.GetScene())
    item = hierarchy.GetItemByDataNode(node)
    parents = []
    while (item := hierarchy.GetItemParent(item)) not in (0, hierarchy.GetSceneItemID()):
        parents.append(hierarchy.GetItemUID(item, "DICOM") or hierarchy.GetItemName(item))
    return {
        "attributes": {name: node.GetAttribute(name) for name in names},
        "content": contentOf(node),
        "display": None if display is None else (display.GetClassName(), display.GetVisibility()),
        "parents": parents,
        "uid": hierarchy.GetItemUID(hierarchy.GetItemByDataNode(node), "DICOM"),
    }


def contentOf(node):
    if node.IsA("vtkMRMLTransformNode"):
        transform = node.GetTransformFromParent()
        return [transform.TransformPoint(point) for point in PROBES]
    if node.IsA("vtkMRMLMarkupsNode"):
        count = range(node.GetNumberOfControlPoints())
        labels = [node.GetNthControlPointLabel(number) for number in count]
        return labels, slicer.util.arrayFromMarkupsControlPoints(node).tolist()
    if node.IsA("vtkMRMLSegmentationNode"):
        return [segmentOf(node, name) for name in node.GetSegmentation().GetSegmentIDs()]
    matrix = vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    colors = node.GetDisplayNode().GetColorNode().GetName()
    values = slicer.util.arrayFromVolume(node)
    return slicer.util.arrayFromVTKMatrix(matrix).tolist(), values.tobytes(), colors


def segmentOf(node, name):
    segment = node.GetSegmentation().GetSegment(name)
    voxels = segment.GetRepresentation("Binary labelmap")
    matrix = vtkMatrix4x4()
    voxels.GetImageToWorldMatrix(matrix)
    values = vtk_to_numpy(voxels.GetPointData().GetScalars())
    place = slicer.util.arrayFromVTKMatrix(matrix).tolist()
    return segment.GetName(), segment.GetColor(), place, voxels.GetExtent(), values.tobytes()


@pytest.mark.parametrize("patient", ["phantom", "deformedPhantom"])
def test_what_the_browser_loads_is_the_scene_that_the_library_makes(patient, request, tmp_path):
    folder = request.getfixturevalue(patient).folder
    loaded = loadedInBrowser(tmp_path, folder)
    scene = newScene()
    nodesFromFolder(dataFolder(folder), scene, read)
    expected = described(scene)
    assert len(expected) > 4
    assert loaded.keys() == expected.keys()
    for name, description in expected.items():
        assert loaded[name] == description, name
