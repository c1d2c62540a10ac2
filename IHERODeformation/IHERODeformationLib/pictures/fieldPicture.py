"""What a deformation does to space, drawn on the slices of the registered image."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import slicer

from IHERORegistrationLib.errors import FrameOfReferenceError
from IHERORegistrationLib.images import ImageSeries
from IHERORegistrationLib.pictures.registeredPicture import Shown
from IHERORegistrationLib.rendering import FusedPicture
from IHERORegistrationLib.structures import StructureSet

from ..transformSteps import isDeformable
from .deformedPicture import deformedPicture
from .field import Field, fieldSummary, motionText, rigidPart
from .fieldDrawing import FieldDrawing
from .fieldKind import SCALE, FieldKind, FieldPart
from .ways import Ways


def fieldPicture(
    base: ImageSeries,
    toFrame: str,
    ways: Ways,
    scene: slicer.vtkMRMLScene,
    *,
    kind: FieldKind,
    part: FieldPart = FieldPart.DEFORMATION,
    scale: float = SCALE,
    structures: StructureSet | None = None,
    overlay: ImageSeries | None = None,
) -> FusedPicture:
    """What the way from `base` to `toFrame` does to space, on the slices of `base`. An `overlay`
    is deformed onto them below it; it is seen below arrows and grids only.

    Colors of displacements end at `scale` mm. Of the displacements the whole is shown, or what is
    left without the rigid motion nearest to it in the image (see rigidPart); the legend tells.

    Raises
        FrameOfReferenceError: as deformedPicture; or the way has no grid.
        LandmarkError: too little is defined to know the rigid motion.
    """
    way = ways.way(base.frame, toFrame)
    if not isDeformable(way):
        raise FrameOfReferenceError(
            f"expected a deformation from {base.frame} to {toFrame}, found matrices only"
        )
    picture = deformedPicture(base, Shown(overlay=overlay, structures=structures), ways, scene)
    matrix = np.eye(4) if part is FieldPart.WHOLE else rigidPart(way, base.lattice)
    field = Field(way, matrix)
    told = () if kind is FieldKind.JACOBIAN else (_partText(part, matrix, base),)
    drawing = FieldDrawing(
        field,
        fieldSummary(field, base.lattice),
        kind,
        scale,
        float((np.array(base.lattice.size) * base.lattice.spacing).max()),
        (*told, *ways.remarks),
    )
    toBase = {one.frame for one in structures.structures} if structures else set()
    used = [way, *(ways.way(frame, base.frame) for frame in toBase)]
    return replace(picture, additions=(drawing,), registration=ways.mark(used))


def _partText(part: FieldPart, matrix: np.ndarray, base: ImageSeries) -> str:
    if part is FieldPart.WHOLE:
        return "rigid part included"
    return f"without the rigid part ({motionText(matrix, base.lattice.center)})"
