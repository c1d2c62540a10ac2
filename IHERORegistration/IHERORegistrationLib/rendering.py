"""Pictures of registered images: fused slices with structures, dose and what one must know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkIOImage import vtkPNGWriter

from .pictures.additions import Addition
from .pictures.annotations import (
    WHITE,
    RegistrationMark,
    drawPositionTicks,
    drawScaleBar,
    drawTitle,
    drawViewTexts,
)
from .pictures.canvas import FINENESS, Canvas, Pane
from .pictures.fusion import Mode, blended, checkered, colorDifference, throughSpyglass
from .pictures.graphics import requireGraphics
from .pictures.legend import drawLegend
from .pictures.modalityPresets import withoutTint
from .pictures.pictureLayout import Layout, Rectangle, inPixels, singlePlane, threePlanes
from .pictures.sliceLayers import Layer, LayerImage, ShownLayer, contentBox
from .pictures.slicePlanes import Box, Plane, SlicePlane, slicePlane
from .pictures.structureOutlines import Outline, linesOnPlane
from .saving import saveWhole

ALL_PLANES = (Plane.AXIAL, Plane.SAGITTAL, Plane.CORONAL)
PAPER = (0.075, 0.085, 0.10)
GAP = 6  # pixels between pictures in a row
SEAM = 1.5  # pixels between views
TILES_ACROSS = 7
SMALLEST_LETTERS = 11.0  # pixels
LETTERS_ACROSS = 68  # letter sizes in the width of a picture
SPYGLASS = 0.25  # radius, of the smaller side of a view


@dataclass(frozen=True, eq=False)
class FusedPicture:
    """What to show. The background has a volume node; the picture shows its content. `center` is
    LPS mm in the world, shape (3,), by default the middle of that content. The planes are the
    patient's, or those of `axes`, shape (3, 3), unit columns that point about to the patient's
    left, back and head (see nearestPatientAxes). `opacity` is the foreground's in a blend. `planes`
    are all three or one. `width` is in pixels.
    """

    background: ShownLayer
    foreground: ShownLayer | None = None
    registration: RegistrationMark | None = None
    outlines: tuple[Outline, ...] = ()
    dose: ShownLayer | None = None
    additions: tuple[Addition, ...] = ()
    center: np.ndarray | None = None
    axes: np.ndarray | None = None
    mode: Mode = Mode.BLEND
    opacity: float = 0.5
    doseOpacity: float = 0.45
    planes: tuple[Plane, ...] = ALL_PLANES
    width: int = 1200

    def __post_init__(self) -> None:
        if len(self.planes) != 1 and set(self.planes) != set(ALL_PLANES):
            raise ValueError(f"expected one plane or all three, got {self.planes}")

    @property
    def title(self) -> str:
        """Such as `MR and Dose on CT`."""
        layers = (self.foreground, self.dose, *self.additions)
        above = " and ".join(layer.label for layer in layers if layer and layer.label)
        return f"{above} on {self.background.label}" if above else self.background.label


def fusedImage(picture: FusedPicture) -> np.ndarray:
    """The picture as uint8 of shape (rows, columns, 3), the top row first.

    Raises
        NoGraphicsError: nothing can be drawn on this machine.
    """
    requireGraphics()
    if picture.foreground is not None and picture.mode in (Mode.DIFFERENCE, Mode.SIDE_BY_SIDE):
        plain = withoutTint(picture.foreground.preset)
        picture = replace(picture, foreground=picture.foreground.shownAs(plain))
    if picture.mode is Mode.SIDE_BY_SIDE and picture.foreground is not None:
        return _sideBySide(picture, picture.foreground)
    return _drawn(picture, _box(picture))


def saveFusedPicture(picture: FusedPicture, path: Path, *, force: bool = False) -> Path:
    """Write the picture as a PNG file. See `fusedImage` and `saveWhole` for what is raised."""
    return savePNG(fusedImage(picture), path, force=force)


def inARow(images: Sequence[np.ndarray]) -> np.ndarray:
    """Pictures beside each other, such as before and after; uint8 of shape (rows, columns, 3)."""
    rows = max(image.shape[0] for image in images)
    gap = np.full((rows, GAP, 3), 255, np.uint8)
    paper = np.rint(np.array(PAPER) * 255).astype(np.uint8)
    pieces: list[np.ndarray] = []
    for image in images:
        padded = np.tile(paper, (rows, image.shape[1], 1))
        padded[: image.shape[0]] = image
        pieces += [gap, padded]
    return np.concatenate(pieces[1:], axis=1)


def savePNG(image: np.ndarray, path: Path, *, force: bool = False) -> Path:
    """Write `image`, uint8 of shape (rows, columns, 3), as a PNG file. See `saveWhole`."""
    content = encodedPNG(image)
    return saveWhole(path, lambda file: file.write(content), force=force)


def encodedPNG(image: np.ndarray) -> bytes:
    """`image`, uint8 of shape (rows, columns, 3), as the content of a PNG file."""
    rows, columns, _ = image.shape
    data = vtkImageData()
    data.SetDimensions(columns, rows, 1)
    data.GetPointData().SetScalars(numpy_to_vtk(image[::-1].reshape(-1, 3), deep=True))
    writer = vtkPNGWriter()
    writer.SetInputData(data)
    writer.WriteToMemoryOn()
    writer.Write()
    return vtk_to_numpy(writer.GetResult()).tobytes()


def _box(picture: FusedPicture) -> Box:
    if not isinstance(picture.background, Layer):
        raise TypeError(f"expected a volume node below, got {type(picture.background).__name__}")
    axes = np.eye(3) if picture.axes is None else np.asarray(picture.axes, float)
    return contentBox(picture.background, axes)


def _sideBySide(picture: FusedPicture, foreground: ShownLayer) -> np.ndarray:
    """The background and the foreground in two pictures of the same box of the patient."""
    box = _box(picture)
    left = replace(picture, foreground=None, registration=None, additions=())
    right = replace(picture, background=foreground, foreground=None)
    return inARow([_drawn(left, box), _drawn(right, box)])


def _drawn(picture: FusedPicture, box: Box) -> np.ndarray:
    center = box.center if picture.center is None else np.asarray(picture.center, float)
    planes = {plane: slicePlane(plane, box, center) for plane in picture.planes}
    inMM = threePlanes(box.size) if len(planes) > 1 else _layoutOfOne(planes)
    size = max(SMALLEST_LETTERS, picture.width / LETTERS_ACROSS)
    titleHeight = round(size * 2.2)
    layout = inPixels(inMM, picture.width, titleHeight)
    pixelSize = inMM.width / picture.width
    canvas = Canvas(picture.width, int(layout.height), PAPER)
    title = canvas.pane(Rectangle(0, 0, picture.width, titleHeight))
    drawTitle(title, picture.title, picture.registration, size * 1.05)
    for plane, area in layout.views.items():
        width, height = area.width * pixelSize, area.height * pixelSize
        exact = replace(planes[plane], width=width, height=height)
        _drawView(canvas.pane(area), picture, exact, center, pixelSize, size)
    drawLegend(
        canvas.pane(layout.legend),
        size,
        picture.background,
        picture.foreground,
        (picture.mode, picture.opacity),
        picture.outlines,
        picture.dose,
        [one.on(list(planes.values())) for one in picture.additions],
    )
    return canvas.pixels()


def _layoutOfOne(planes: Mapping[Plane, SlicePlane]) -> Layout:
    ((plane, one),) = planes.items()
    return singlePlane(plane, one.width, one.height)


def _drawView(
    pane: Pane,
    picture: FusedPicture,
    plane: SlicePlane,
    center: np.ndarray,
    pixelSize: float,
    size: float,
) -> None:
    image = _fused(picture, plane, center, pixelSize / FINENESS)
    for addition in picture.additions:
        image = addition.painted(image, plane, size)
    pane.image(image)
    for addition in picture.additions:
        addition.draw(pane, plane, pixelSize, size)
    for outline in picture.outlines:
        lines = linesOnPlane(outline.surface, plane, pixelSize)
        pane.lines(lines, (0, 0, 0), size * 0.2, opacity=0.5)
        pane.lines(lines, outline.color, size * 0.11)
    if _isSpyglass(picture):
        circle = plane.pixels(center, pixelSize) + _unitCircle() * _spyglassRadius(plane, pixelSize)
        pane.lines([circle], WHITE, 1.5)
    if len(picture.planes) > 1:
        drawPositionTicks(pane, plane.pixels(center, pixelSize), size)
    drawViewTexts(pane, plane, picture.registration, size)
    drawScaleBar(pane, pixelSize, size)
    edges = Rectangle(0, 0, pane.width, pane.height).outline
    pane.lines([edges], PAPER, SEAM)


def _fused(
    picture: FusedPicture, plane: SlicePlane, center: np.ndarray, pixelSize: float
) -> np.ndarray:
    """The images on `plane`, from 0 to 1, shape (rows, columns, 3)."""
    columns, rows = round(plane.width / pixelSize), round(plane.height / pixelSize)
    black = np.zeros((rows, columns, 3), np.float32)
    image = blended(black, picture.background.onPlane(plane, columns, rows), 1.0)
    if picture.foreground is not None:
        above = picture.foreground.onPlane(plane, columns, rows)
        image = _withForeground(image, above, picture, plane, center, pixelSize)
    if picture.dose is not None:
        dose = picture.dose.onPlane(plane, columns, rows)
        image = blended(image, dose, picture.doseOpacity)
    return image


def _withForeground(
    image: np.ndarray,
    above: LayerImage,
    picture: FusedPicture,
    plane: SlicePlane,
    center: np.ndarray,
    pixelSize: float,
) -> np.ndarray:
    if picture.mode is Mode.CHECKERBOARD:
        return checkered(image, above, min(image.shape[:2]) / TILES_ACROSS)
    if picture.mode is Mode.SPYGLASS:
        x, y = plane.pixels(center, pixelSize)
        return throughSpyglass(image, above, (x, y), _spyglassRadius(plane, pixelSize))
    if picture.mode is Mode.DIFFERENCE:
        return colorDifference(image, above)
    evenly = picture.foreground is None or picture.foreground.preset.coversEvenly
    return blended(image, above, picture.opacity, evenly=evenly)


def _isSpyglass(picture: FusedPicture) -> bool:
    return picture.mode is Mode.SPYGLASS and picture.foreground is not None


def _spyglassRadius(plane: SlicePlane, pixelSize: float) -> float:
    return SPYGLASS * min(plane.width, plane.height) / pixelSize


def _unitCircle() -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, 181)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)
