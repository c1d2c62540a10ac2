"""Somebody takes structures and dose of one scan to another through a deformation, and sends both
on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import slicer
import slicer.util

from application import dialogs

from .received import loadAndApply, nodeIn
from .user import DEFORMABLE, User

KINDS = ("CT", "REG", "RTSTRUCT", "RTDOSE")
VOLUME, SEGMENTATION = "vtkMRMLScalarVolumeNode", "vtkMRMLSegmentationNode"


def propagateContoursAndDose(
    user: User, frames: tuple[str, str], place: np.ndarray
) -> Iterator[str]:
    """`frames` are those of the registered image and of the source. `place`, LPS mm in the former,
    is what the user looks at.
    """
    user.openModule(DEFORMABLE)
    user.showOnly("RegistrationsPanel", "FieldPanel")
    loadAndApply(user, KINDS)
    dialogs.shown.clear()
    registrations, display = user.panel("RegistrationsPanel"), user.panel("DisplayPanel")
    user.wait(lambda: not registrations.reading.isReading)
    user.clickLink(registrations.ui.registrationsBrowser, "choose:")
    for points in slicer.util.getNodesByClass("vtkMRMLMarkupsFiducialNode"):
        points.SetDisplayVisibility(False)
    user.showOnly("DisplayPanel")
    user.click(display.ui.threePlanesButton)
    user.slicesAt(place)
    yield from _field(user)
    yield from _structures(user, *frames)
    yield from _dose(user, *frames)
    user.showOnly("DisplayPanel")
    user.pickNode(display.ui.shownDoseSelector, user.panel("DoseDeformerPanel").state.doseResult)
    user.click(display.ui.isodosesCheckBox)
    user.pickNode(display.ui.shownStructuresSelector, nodeIn(frames[0], SEGMENTATION))
    user.click(display.ui.onlyStructuresButton)
    user.click(display.ui.fourUpButton)
    user.slicesAt(place)
    yield "four-up"


def _field(user: User) -> Iterator[str]:
    """What the deformation does, in several ways."""
    user.showOnly("RegistrationsPanel", "FieldPanel")
    field = user.panel("FieldPanel")
    user.click(field.ui.fieldShownCheckBox)
    yield "magnitude"
    user.pick(field.ui.fieldKindComboBox, "Arrows")
    yield "arrows"
    user.pick(field.ui.fieldKindComboBox, "Deformed grid")
    yield "grid"
    user.pick(field.ui.fieldKindComboBox, "Jacobian")
    yield "jacobian"
    user.click(field.ui.fieldShownCheckBox)


def _structures(user: User, registered: str, source: str) -> Iterator[str]:
    user.showOnly("WayPanel", "ContourDeformerPanel")
    panel = user.panel("ContourDeformerPanel")
    user.pickNode(panel.ui.carriedSetSelector, nodeIn(registered, SEGMENTATION))
    user.pickNode(panel.ui.carryTargetSelector, nodeIn(source, VOLUME))
    user.click(panel.ui.carryButton)
    yield "structures"
    yield from _send(user, panel.ui.exportCarriedButton, "structures-sent")


def _dose(user: User, registered: str, source: str) -> Iterator[str]:
    user.showOnly("WayPanel", "DoseDeformerPanel")
    panel = user.panel("DoseDeformerPanel")
    (dose,) = (
        node
        for node in slicer.util.getNodesByClass(VOLUME)
        if node.GetAttribute("DicomRtImport.DoseVolume")
    )
    user.pickNode(panel.ui.doseToDeformSelector, dose)
    user.pickNode(panel.ui.doseTargetSelector, nodeIn(registered, VOLUME))
    user.pickNode(panel.ui.doseBeforeSelector, nodeIn(source, SEGMENTATION))
    user.pickNode(panel.ui.doseAfterSelector, nodeIn(registered, SEGMENTATION))
    user.click(panel.ui.deformDoseButton)
    yield "dose"
    yield from _send(user, panel.ui.exportDoseButton, "dose-sent")


def _send(user: User, button: Any, step: str) -> Iterator[str]:
    """On to the export, which writes into the DICOM database."""
    user.click(button)
    user.showOnly("ExportPanel")
    export = user.panel("ExportPanel")
    user.wait(lambda: export.ui.exportButton.enabled)
    user.click(export.ui.exportButton)
    user.bringUp(export.ui.copyExportedButton)
    yield step
