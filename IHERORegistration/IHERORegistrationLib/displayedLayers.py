"""What the slice views show of a base, an overlay and a dose, and how far a step goes in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import slicer
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkCommonTransforms import vtkGeneralTransform

from .displayLayouts import Role
from .nodeIdentity import modalityOfNode
from .pictures.colorTables import ColorTable
from .pictures.modalityPresets import Look, dosePreset, lookPreset
from .pictures.sliceLayers import colorName, colorNode, showAs, voxels
from .registeredDisplay import FINEST_STEP, Stepping
from .scene import arrayFromMatrix

DOSE_LAYER = 3  # after background, foreground and labels
Image: TypeAlias = slicer.vtkMRMLScalarVolumeNode


@dataclass(frozen=True, eq=False)
class ShownImages:
    """What is shown; `overlay` where its registration puts it, `native` in its own coordinates.
    None is not shown.
    """

    base: Image | None = None
    overlay: Image | None = None
    native: Image | None = None
    dose: Image | None = None


def showIn(
    composite: slicer.vtkMRMLSliceCompositeNode,
    role: Role,
    images: ShownImages,
    opacity: float,
    doseOpacity: float,
) -> None:
    """Let the view of `composite` show what its role says, the opacities from 0 to 1."""
    layers = {
        Role.BASE: (images.base, None),
        Role.OVERLAY: (images.overlay, None),
        Role.NATIVE: (images.native, None),
    }
    background, foreground = layers.get(role, (images.base, images.overlay))
    composite.SetBackgroundVolumeID(_idOf(background))
    composite.SetForegroundVolumeID(_idOf(foreground))
    composite.SetForegroundOpacity(opacity)
    dose = images.dose if role is Role.DOSE else None
    if dose is not None or composite.GetNumberOfAdditionalLayers():
        composite.SetNthLayerVolumeID(DOSE_LAYER, _idOf(dose))
        composite.SetNthLayerOpacity(DOSE_LAYER, doseOpacity)


def _idOf(node: Image | None) -> str | None:
    return None if node is None else node.GetID()


@dataclass(frozen=True)
class Step:
    """From slice to slice in a view: `length` mm, and `shift` mm to the nearest slice from here."""

    length: float
    shift: float


def viewStep(node: slicer.vtkMRMLSliceNode, volume: Image) -> Step:
    """How the voxels of `volume`, under its transform, follow one another across a slice view, in
    the middle of the view.
    """
    toRAS = arrayFromMatrix(node.GetSliceToRAS())
    normal = toRAS[:3, 2] / np.linalg.norm(toRAS[:3, 2])
    ends = np.stack([toRAS[:3, 3], toRAS[:3, 3] + normal])
    index = _indices(volume, ends)
    perMM = index[1] - index[0]
    axis = int(np.argmax(np.abs(perMM) * np.array(volume.GetSpacing())))
    here = index[0, axis]
    return Step(1 / abs(perMM[axis]), float(np.rint(here) - here) / float(perMM[axis]))


def setStep(
    node: slicer.vtkMRMLSliceNode, stepping: Stepping, base: Image, overlay: Image | None
) -> None:
    """Let keys and wheel go through a view in the steps of an image, from its nearest slice on, or
    by 1 mm, or by those of the base where they are shorter.

    Raises
        ValueError: stepping by an overlay was asked for and none was named.
    """
    if stepping is Stepping.OVERLAY:
        if overlay is None:
            raise ValueError("stepping by an overlay needs to know which")
        step = viewStep(node, overlay)
    else:
        step = viewStep(node, base)
        if stepping is Stepping.FINEST:
            step = Step(min(FINEST_STEP, step.length), 0.0)
    node.SetPrescribedSliceSpacing(1, 1, step.length)
    node.SetSliceSpacingModeToPrescribed()
    if abs(step.shift) > 1e-6:
        node.SetSliceOffset(node.GetSliceOffset() + step.shift)


def endSteps(node: slicer.vtkMRMLSliceNode) -> None:
    """Let a view go in the steps that Slicer chooses."""
    node.SetSliceSpacingModeToAutomatic()


def setLook(volume: Image, look: Look, *, overlay: bool) -> None:
    """Give `volume`, which lies over another as `overlay`, window and colors of that look."""
    if look is not Look.AS_IT_IS:
        preset = lookPreset(look, modalityOfNode(volume), voxels(volume), overlay=overlay)
        showAs(volume, preset)


def setDoseLook(dose: Image) -> None:
    """Give a dose the colors of a wash that leaves low doses clear."""
    showAs(dose, dosePreset(voxels(dose)))


def setColors(volume: Image, table: ColorTable) -> None:
    """Give `volume` other colors and leave its window."""
    node = colorNode(volume.GetScene(), table)
    volume.GetDisplayNode().SetAndObserveColorNodeID(node.GetID())


def tableOf(display: slicer.vtkMRMLDisplayNode) -> ColorTable | None:
    """Which of our color tables, or Slicer's gray, a volume is shown in; None for all others."""
    node = display.GetColorNode()
    if node is None or node.GetName() in ("Grey", "Gray"):
        return None if node is None else ColorTable.GRAY
    return next((table for table in ColorTable if node.GetName() == colorName(table)), None)


def matchWindow(one: Image, other: Image) -> None:
    """Give `other` the window of `one`."""
    display, given = other.GetDisplayNode(), one.GetDisplayNode()
    if display is None or given is None:  # nobody sees it
        return
    display.AutoWindowLevelOff()
    display.SetWindowLevelMinMax(given.GetWindowLevelMin(), given.GetWindowLevelMax())


def _indices(volume: Image, ras: np.ndarray) -> np.ndarray:
    """Points of the world, shape (n, 3), as indices of voxels i, j, k."""
    toLocal, toIJK = vtkGeneralTransform(), vtkMatrix4x4()
    slicer.vtkMRMLTransformNode.GetTransformBetweenNodes(
        None, volume.GetParentTransformNode(), toLocal
    )
    volume.GetRASToIJKMatrix(toIJK)
    matrix = arrayFromMatrix(toIJK)
    local = np.array([toLocal.TransformPoint(point) for point in ras])
    return local @ matrix[:3, :3].T + matrix[:3, 3]
