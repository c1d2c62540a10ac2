"""Two images in a slice view in ways that the view itself does not know: a checkerboard, a
spyglass, a wipe, a difference in colors, edges.

The picture is made of what Slicer's own slice logic gives for each layer, with its transform, its
window and its colors. It lies over the view's own image and under all else that is drawn there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import slicer
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkRenderingCore import vtkActor2D, vtkImageMapper, vtkRenderer

from .pictures.fusion import (
    colorDifference,
    distances,
    oddSquares,
    withEdges,
)
from .pictures.sliceLayers import LayerImage
from .viewProp import ViewProp

BACKGROUND, FOREGROUND, LABEL = 0, 1, 2  # layers of a slice view; more may follow
RIM = (255, 255, 255)  # color of the line around a spyglass and along a wipe
RIM_WIDTH = 1.5  # pixels


class FusionMode(StrEnum):
    """How the overlay is laid on the base."""

    BLEND = "blend"  # by the slice view itself
    CHECKERBOARD = "checkerboard"
    SPYGLASS = "spyglass"
    WIPE = "wipe"
    DIFFERENCE = "difference"
    EDGES = "edges"


@dataclass(frozen=True)
class FusionStyle:
    """A mode with its sizes, mm: of a tile of the checkerboard and of half a spyglass.

    Spyglass and wipe are where `center` is, RAS mm, as seen from the view; where nobody has been
    in a view yet it is None, which means the middle.
    """

    mode: FusionMode = FusionMode.BLEND
    tile: float = 30.0
    radius: float = 40.0
    isSquare: bool = False
    center: tuple[float, float, float] | None = None


class SliceFusion(ViewProp):
    """The fused picture of one slice view, made anew when the view is drawn and something changed:
    its plane, a layer, `style`. Whoever sets `style` asks the view to draw.
    """

    def __init__(self, logic: slicer.vtkMRMLSliceLogic, renderer: vtkRenderer) -> None:
        self.style = FusionStyle()
        self._logic = logic
        self._made: object = None  # what the picture was made of
        self._image = vtkImageData()
        self._actor = _imageActor(self._image)
        super().__init__(renderer, self._actor)

    def _update(self, *_: object) -> None:
        isShown = self.style.mode is not FusionMode.BLEND and _hasBoth(self._logic)
        self._actor.SetVisibility(isShown)
        if not isShown:
            return
        layers = drawnLayers(self._logic)
        made = (self.style, *(one.madeAt for one in layers), _planeTime(self._logic))
        if made != self._made:
            self._made = made
            _show(fusedImage(self._logic, self.style, layers), self._image)


@dataclass(frozen=True, eq=False)
class DrawnLayer:
    """A layer as the slice logic drew it: RGBA, shape (rows, columns, 4), the lowest row first."""

    pixels: np.ndarray
    opacity: float
    madeAt: tuple[int, float]

    @property
    def packed(self) -> np.ndarray:
        """Each pixel as one number, uint32 (rows, columns), the top row first."""
        return np.ascontiguousarray(self.pixels).view(np.uint32)[::-1, :, 0]

    @property
    def colors(self) -> np.ndarray:
        """uint8 (rows, columns, 3), the top row first."""
        return self.pixels[::-1, :, :3]

    @property
    def shown(self) -> np.ndarray:
        """Shape (rows, columns), the top row first."""
        return self.pixels[::-1, :, 3] > 127

    def image(self) -> LayerImage:
        """The same in colors from 0 to 1."""
        return LayerImage(self.colors * np.float32(1 / 255), self.shown)

    def onBlack(self) -> np.ndarray:
        """Its colors from 0 to 1, black where it does not show."""
        return self.colors * (self.shown[..., None] * np.float32(1 / 255))


def drawnLayers(logic: slicer.vtkMRMLSliceLogic) -> list[DrawnLayer]:
    """Background, foreground and, in their order, what is drawn over both."""
    composite = logic.GetSliceCompositeNode()
    count = LABEL + 1 + composite.GetNumberOfAdditionalLayers()
    opacity = {BACKGROUND: 1.0, FOREGROUND: 1.0, LABEL: composite.GetLabelOpacity()}
    found = []
    for number in range(count):
        connection = logic.GetNthLayerImageDataConnection(number)
        if connection is None or logic.GetNthLayerVolumeNode(number) is None:
            continue
        producer = connection.GetProducer()
        producer.Update()
        image = producer.GetOutput()
        columns, rows, _ = image.GetDimensions()
        scalars = vtk_to_numpy(image.GetPointData().GetScalars())
        weight = opacity.get(number)
        weight = composite.GetNthLayerOpacity(number) if weight is None else weight
        pixels = scalars.reshape(-1, rows, columns, 4)[0]
        found.append(DrawnLayer(pixels, weight, (image.GetMTime(), weight)))
    return found


def fusedImage(
    logic: slicer.vtkMRMLSliceLogic, style: FusionStyle, layers: list[DrawnLayer]
) -> np.ndarray:
    """The picture of a view, uint8 of shape (rows, columns, 3), the top row first."""
    base, overlay, *others = layers
    image = _fused(base, overlay, logic.GetSliceNode(), style)
    for layer in others:
        weight = layer.shown[..., None] * np.float32(layer.opacity)
        image = _bytes(image + weight * (layer.colors - image.astype(np.float32)))
    return image


def _fused(
    base: DrawnLayer, overlay: DrawnLayer, node: slicer.vtkMRMLSliceNode, style: FusionStyle
) -> np.ndarray:
    if style.mode is FusionMode.DIFFERENCE:
        return _bytes(255 * colorDifference(base.onBlack(), overlay.image()))
    if style.mode is FusionMode.EDGES:
        return _bytes(255 * withEdges(base.onBlack(), overlay.image()))
    inside, rim = _overlayPart(node, style, base.shown.shape)
    black = np.zeros(4, np.uint8).view(np.uint32)
    image = np.where(base.shown, base.packed, black)
    image = np.where(inside & overlay.shown, overlay.packed, image)
    image[rim] = np.array([*RIM, 255], np.uint8).view(np.uint32)
    return image.view(np.uint8).reshape(*image.shape, 4)[..., :3]


def _overlayPart(
    node: slicer.vtkMRMLSliceNode, style: FusionStyle, shape: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Where the overlay is shown and where a line is drawn around that, bool of `shape` each."""
    pixelSize = pixelSizeOf(node)
    if style.mode is FusionMode.CHECKERBOARD:
        inside = oddSquares(shape, max(style.tile / pixelSize, 1.0))
        return inside, np.zeros(shape, bool)
    x, y = _centerPixel(node, style, shape)
    if style.mode is FusionMode.SPYGLASS:
        distance = distances(shape, (x, y), isSquare=style.isSquare) - style.radius / pixelSize
        return distance < 0, np.abs(distance) < RIM_WIDTH / 2
    if style.mode is FusionMode.WIPE:
        past = np.broadcast_to(np.arange(shape[1]) + 0.5 - x, shape)
        return past > 0, np.abs(past) < RIM_WIDTH / 2
    raise ValueError(f"the slice view itself shows {style.mode}")


def _bytes(colors: np.ndarray) -> np.ndarray:
    return np.clip(colors + 0.5, 0, 255).astype(np.uint8)


def pixelSizeOf(node: slicer.vtkMRMLSliceNode) -> float:
    """Width of a pixel of a slice view, mm."""
    return node.GetFieldOfView()[0] / node.GetDimensions()[0]


def _centerPixel(
    node: slicer.vtkMRMLSliceNode, style: FusionStyle, shape: tuple[int, ...]
) -> tuple[float, float]:
    """Where the middle of spyglass and wipe is, in pixels from the top left corner."""
    rows, columns = shape[:2]
    if style.center is None:
        return columns / 2, rows / 2
    x, y, _ = viewPoint(node, style.center)
    return x + 0.5, rows - y - 0.5


def viewPoint(
    node: slicer.vtkMRMLSliceNode, ras: tuple[float, float, float]
) -> tuple[float, float, float]:
    """A point of the world, RAS mm, in a slice view: x and y in pixels from the center of the lower
    left one, and how many slices in front of the plane.
    """
    toView = vtkMatrix4x4()
    vtkMatrix4x4.Invert(node.GetXYToRAS(), toView)
    x, y, z, _ = toView.MultiplyPoint((*ras, 1.0))
    return x, y, z


def _hasBoth(logic: slicer.vtkMRMLSliceLogic) -> bool:
    node = logic.GetSliceNode()
    return (
        node.GetDimensions()[2] == 1
        and logic.GetNthLayerVolumeNode(BACKGROUND) is not None
        and logic.GetNthLayerVolumeNode(FOREGROUND) is not None
    )


def _planeTime(logic: slicer.vtkMRMLSliceLogic) -> tuple[float, ...]:
    node = logic.GetSliceNode()
    matrix = node.GetXYToRAS()
    return (*(matrix.GetElement(row, column) for row in range(3) for column in range(4)),)


def _imageActor(image: vtkImageData) -> vtkActor2D:
    mapper = vtkImageMapper()
    mapper.SetInputData(image)
    mapper.SetColorWindow(255)
    mapper.SetColorLevel(127.5)
    actor = vtkActor2D()
    actor.SetMapper(mapper)
    actor.GetProperty().SetDisplayLocationToBackground()  # as the view's own image, but later
    actor.VisibilityOff()
    actor.PickableOff()
    return actor


def _show(picture: np.ndarray, image: vtkImageData) -> None:
    rows, columns = picture.shape[:2]
    pixels = np.ascontiguousarray(picture[::-1]).reshape(-1, 3)
    image.SetDimensions(columns, rows, 1)
    image.GetPointData().SetScalars(numpy_to_vtk(pixels, deep=True))
