"""What a user chose in the display, kept in the parameter node, and the words for it."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import slicer
from slicer.i18n import tr as _
from slicer.parameterNodeWrapper import WithinRange, parameterNodeWrapper

from ..displayLayouts import DisplayLayout
from ..pictures.colorTables import ColorTable
from ..pictures.modalityPresets import Look
from ..registeredDisplay import Stepping
from ..sliceFusion import FusionMode


class ShownAs(Enum):
    """How the overlay is laid on the base: by a picture, see FusionMode, or in turn with it."""

    BLEND = 0
    CHECKERBOARD = 1
    SPYGLASS = 2
    WIPE = 3
    DIFFERENCE = 4
    EDGES = 5
    FLICKER = 6
    ROCK = 7

    @property
    def fusion(self) -> FusionMode:
        return FusionMode[self.name] if self.name in FusionMode.__members__ else FusionMode.BLEND


@parameterNodeWrapper
class DisplayParameters:
    """`blend` and `doseOpacity` are percent, sizes mm. `layoutBefore` is the number of the layout
    that was there before ours, 0 where none of ours is. `pinnedPlace` are coordinates in the image
    `pinnedImage`, LPS mm, with spaces between.
    """

    shownDose: slicer.vtkMRMLScalarVolumeNode
    shownStructures: slicer.vtkMRMLSegmentationNode
    blend: Annotated[float, WithinRange(0, 100)] = 50.0
    doseOpacity: Annotated[float, WithinRange(0, 100)] = 40.0
    isodosesShown: bool = False
    isodoseReference: Annotated[float, WithinRange(0.0, 1000.0)] = 0.0  # Gy; 0 is the highest dose
    shownAs: ShownAs = ShownAs.BLEND
    tileSize: Annotated[float, WithinRange(2, 200)] = 30.0
    spyglassSize: Annotated[float, WithinRange(5, 300)] = 80.0
    isSpyglassSquare: bool = False
    displayLayout: DisplayLayout = DisplayLayout.UNCHANGED
    layoutBefore: int = 0
    scrollStep: Stepping = Stepping.BASE
    baseLook: Look = Look.AS_IT_IS
    overlayLook: Look = Look.AS_IT_IS
    isRegistrationShown: bool = True
    isCursorLinked: bool = True
    pinnedImage: slicer.vtkMRMLScalarVolumeNode
    pinnedPlace: str


def modeTexts() -> dict[ShownAs, str]:
    return {
        ShownAs.BLEND: _("Blend"),
        ShownAs.CHECKERBOARD: _("Checkerboard"),
        ShownAs.SPYGLASS: _("Spyglass"),
        ShownAs.WIPE: _("Wipe"),
        ShownAs.DIFFERENCE: _("Difference in color"),
        ShownAs.EDGES: _("Edges of the moving image"),
        ShownAs.FLICKER: _("Flicker"),
        ShownAs.ROCK: _("Rock to and fro"),
    }


def lookTexts() -> dict[Look, str]:
    return {
        Look.AS_IT_IS: _("As it is"),
        Look.BY_MODALITY: _("By modality"),
        Look.SOFT_TISSUE: _("CT soft tissue"),
        Look.LUNG: _("CT lung"),
        Look.BONE: _("CT bone"),
        Look.WHOLE_RANGE: _("Whole range"),
        Look.HOT: _("PET hot"),
    }


def colorTexts() -> dict[ColorTable, str]:
    return {
        ColorTable.GRAY: _("Gray"),
        ColorTable.AMBER: _("Amber"),
        ColorTable.AQUA: _("Aqua"),
        ColorTable.INFERNO: _("Inferno"),
        ColorTable.PLASMA: _("Plasma"),
        ColorTable.TURBO: _("Turbo"),
        ColorTable.VIRIDIS: _("Viridis"),
    }


def stepTexts() -> dict[Stepping, str]:
    return {
        Stepping.BASE: _("Slices of the fixed image"),
        Stepping.OVERLAY: _("Slices of the moving image"),
        Stepping.FINEST: _("1 mm"),
    }
