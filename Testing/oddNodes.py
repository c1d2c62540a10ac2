"""Nodes of the kinds that selectors offer, but without what one expects in them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import slicer
from vtkmodules.vtkCommonCore import VTK_FLOAT, VTK_SHORT
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkCommonMath import vtkMatrix4x4

Make = Callable[[slicer.vtkMRMLScene], slicer.vtkMRMLNode]


def _volume(scene, className="vtkMRMLScalarVolumeNode", components=1, sizes=(4, 3, 2)):
    node = scene.AddNewNodeByClass(className)
    image = vtkImageData()
    image.SetDimensions(*sizes)
    image.AllocateScalars(VTK_SHORT if components == 1 else VTK_FLOAT, components)
    if image.GetPointData().GetScalars():
        image.GetPointData().GetScalars().Fill(7)
    node.SetAndObserveImageData(image)
    return node


def _withMatrix(node, rows):
    matrix = vtkMatrix4x4()
    for row in range(3):
        for column in range(4):
            matrix.SetElement(row, column, rows[row][column])
    if node.IsA("vtkMRMLVolumeNode"):
        node.SetIJKToRASMatrix(matrix)
    else:
        node.SetMatrixTransformToParent(matrix)
    return node


def _matrix(scene, rows):
    return _withMatrix(scene.AddNewNodeByClass("vtkMRMLLinearTransformNode"), rows)


def _new(className: str) -> Make:
    return lambda scene: scene.AddNewNodeByClass(className)


FLAT = ((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 0, 0))
SKEW = ((1, 0.5, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0))
NONE = ((np.nan,) * 4,) * 3

ODD: dict[str, Make] = {  # made in a scene
    "volume without voxels": _new("vtkMRMLScalarVolumeNode"),
    "volume of no size": lambda scene: _volume(scene, sizes=(0, 0, 0)),
    "volume without depth": lambda scene: _withMatrix(_volume(scene), FLAT),
    "skew volume": lambda scene: _withMatrix(_volume(scene), SKEW),
    "volume that lies nowhere": lambda scene: _withMatrix(_volume(scene), NONE),
    "vector volume": lambda scene: _volume(scene, "vtkMRMLVectorVolumeNode", 3),
    "transform without content": _new("vtkMRMLTransformNode"),
    "flat matrix": lambda scene: _matrix(scene, FLAT),
    "spline without content": _new("vtkMRMLBSplineTransformNode"),
    "segmentation without segments": _new("vtkMRMLSegmentationNode"),
    "list without points": _new("vtkMRMLMarkupsFiducialNode"),
}
