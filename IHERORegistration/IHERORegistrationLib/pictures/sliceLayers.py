"""What a volume node looks like on a slice plane, as Slicer's slice logic draws it: its parent
transform, window, color table and threshold applied.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import slicer
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkCommonTransforms import vtkGeneralTransform

from ..geometry import CORNERS
from ..scene import LPS_TO_RAS, arrayFromMatrix
from .colorTables import COLORS, ColorTable, colorsOf
from .modalityPresets import Preset
from .slicePlanes import Box, SlicePlane

TISSUE = -300.0  # HU; thinner is air or clothing
POINTS_LOOKED_AT = 300_000
MARGIN = 0.03  # of the size of what is shown
SMALLEST_SIDE = 0.3  # of the largest side of a box


class ShownLayer(Protocol):
    """Anything that can be shown on planes: what people call it and how it looks."""

    @property
    def label(self) -> str: ...

    @property
    def preset(self) -> Preset: ...

    def onPlane(self, plane: SlicePlane, columns: int, rows: int) -> LayerImage:
        """It on `plane` in that many pixels; the color of each is that of its center."""
        ...

    def shownAs(self, preset: Preset) -> ShownLayer:
        """The same in other colors."""
        ...


@dataclass(frozen=True, eq=False)
class Layer:
    """A volume to be shown: a scalar volume node, under its transform node if it has one, with
    what people call it. Drawing it sets the node's display to `preset`. Whoever makes layers keeps
    their scene: nodes do not.
    """

    node: slicer.vtkMRMLScalarVolumeNode
    label: str
    preset: Preset

    def onPlane(self, plane: SlicePlane, columns: int, rows: int) -> LayerImage:
        return layerImage(self, plane, columns, rows)

    def shownAs(self, preset: Preset) -> Layer:
        return replace(self, preset=preset)


@dataclass(frozen=True, eq=False)
class LayerImage:
    """A layer on a plane: `colors` from 0 to 1, shape (rows, columns, 3), the top row first;
    `shown`, bool (rows, columns), is false outside the volume and below the threshold.
    """

    colors: np.ndarray
    shown: np.ndarray


def layerImage(layer: Layer, plane: SlicePlane, columns: int, rows: int) -> LayerImage:
    """`layer` on `plane` in that many pixels; the color of each is that of its center."""
    showAs(layer.node, layer.preset)
    sliceNode = _sliceNode(plane, columns, rows)
    logic = slicer.vtkMRMLSliceLayerLogic()
    logic.SetMRMLScene(layer.node.GetScene())
    logic.SetSliceNode(sliceNode)
    logic.SetVolumeNode(layer.node)
    producer = logic.GetImageDataConnection().GetProducer()
    producer.Update()
    scalars = vtk_to_numpy(producer.GetOutput().GetPointData().GetScalars())
    image = scalars.reshape(rows, columns, 4)[::-1]
    return LayerImage(image[..., :3] / np.float32(255), image[..., 3] > 127)


def contentBox(layer: Layer, axes: np.ndarray) -> Box:
    """The box along `axes` (see Box) around what the volume shows, air around it left out, with a
    margin as far as the volume has one.
    """
    points = _contentPoints(layer) @ axes
    low, high = np.percentile(points, (0.05, 99.95), axis=0)
    edges = _edges(layer.node) @ axes
    margin = (high - low) * MARGIN
    low = np.maximum(low - margin, edges.min(axis=0))
    high = np.minimum(high + margin, edges.max(axis=0))
    missing = np.maximum((high - low).max() * SMALLEST_SIDE - (high - low), 0)
    return Box(axes, low - missing / 2, high + missing / 2)


def voxels(node: slicer.vtkMRMLScalarVolumeNode) -> np.ndarray:
    """The values of a volume node, shape (nk, nj, ni); shares its memory."""
    image = node.GetImageData()
    return vtk_to_numpy(image.GetPointData().GetScalars()).reshape(image.GetDimensions()[::-1])


def showAs(node: slicer.vtkMRMLScalarVolumeNode, preset: Preset) -> None:
    """Give `node` the colors, window and threshold of `preset`."""
    if node.GetDisplayNode() is None:
        node.AddAndObserveDisplayNodeID(
            node.GetScene().AddNewNodeByClass("vtkMRMLScalarVolumeDisplayNode").GetID()
        )
    display = node.GetDisplayNode()
    display.SetAndObserveColorNodeID(colorNode(node.GetScene(), preset.colors).GetID())
    display.AutoWindowLevelOff()
    display.SetWindowLevelMinMax(preset.low, preset.high)
    display.SetApplyThreshold(preset.threshold is not None)
    if preset.threshold is not None:
        display.SetThreshold(preset.threshold, np.finfo(np.float32).max)
    display.SetInterpolate(True)


def colorNode(scene: slicer.vtkMRMLScene, table: ColorTable) -> slicer.vtkMRMLColorTableNode:
    """The scene's node for `table`, made the first time it is needed."""
    name = colorName(table)
    found = scene.GetFirstNode(name, "vtkMRMLColorTableNode")
    if found is not None:
        return found
    node = slicer.vtkMRMLColorTableNode()
    node.SetName(name)
    node.SetTypeToUser()
    node.SetNumberOfColors(COLORS)
    node.SetHideFromEditors(True)
    for number, color in enumerate(colorsOf(table)):
        node.SetColor(number, str(number), *color, 1.0)
    return scene.AddNode(node)


def colorName(table: ColorTable) -> str:
    """Name of the scene's node for `table`."""
    return f"IHERO {table}"


def _sliceNode(plane: SlicePlane, columns: int, rows: int) -> slicer.vtkMRMLSliceNode:
    """A slice node of its own, in no scene, so that no view of the user moves."""
    pixelWidth, pixelHeight = plane.width / columns, plane.height / rows
    toLPS = np.eye(4)
    toLPS[:3, :3] = np.stack([plane.right, plane.up, np.cross(plane.right, plane.up)], axis=1)
    # Slicer places the first pixel's center, not its corner, at half the field of view
    toLPS[:3, 3] = plane.center + (pixelWidth * plane.right + pixelHeight * plane.up) / 2
    node = slicer.vtkMRMLSliceNode()
    node.SetDimensions(columns, rows, 1)
    node.SetFieldOfView(plane.width, plane.height, 1)
    node.GetSliceToRAS().DeepCopy((LPS_TO_RAS @ toLPS).ravel())
    node.UpdateMatrices()
    return node


def _contentPoints(layer: Layer) -> np.ndarray:
    """Voxel centers that are not air, thinned out, LPS mm in the world; all if none stands out."""
    values = voxels(layer.node)
    step = max(1, round((values.size / POINTS_LOOKED_AT) ** (1 / 3)))
    thinned = values[::step, ::step, ::step]
    finite = thinned[np.isfinite(thinned)]
    low, high = np.percentile(finite, (0.5, 99.5)) if finite.size else (0, 0)
    limit = TISSUE if layer.preset.unit == "HU" and low < TISSUE else low + 0.1 * (high - low)
    kji = np.argwhere(thinned > limit)
    if not len(kji):
        kji = np.argwhere(np.ones(thinned.shape, bool))
    return _worldPoints(layer.node, kji[:, ::-1] * step)


def _edges(node: slicer.vtkMRMLScalarVolumeNode) -> np.ndarray:
    """The 8 corners of the volume, LPS mm in the world; shape (8, 3)."""
    size = np.array(node.GetImageData().GetDimensions())
    return _worldPoints(node, CORNERS * size - 0.5)


def _worldPoints(node: slicer.vtkMRMLScalarVolumeNode, ijk: np.ndarray) -> np.ndarray:
    ijkToRAS, toWorld = vtkMatrix4x4(), vtkGeneralTransform()
    node.GetIJKToRASMatrix(ijkToRAS)
    slicer.vtkMRMLTransformNode.GetTransformBetweenNodes(
        node.GetParentTransformNode(), None, toWorld
    )
    matrix = arrayFromMatrix(ijkToRAS)
    ras, moved = vtkPoints(), vtkPoints()
    ras.SetData(numpy_to_vtk(ijk @ matrix[:3, :3].T + matrix[:3, 3], deep=True))
    moved.SetDataTypeToDouble()
    toWorld.TransformPoints(ras, moved)
    return vtk_to_numpy(moved.GetData()) @ LPS_TO_RAS[:3, :3]
