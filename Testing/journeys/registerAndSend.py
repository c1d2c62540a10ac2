"""Somebody registers two scans by landmarks, by what they show and deformably, and sends the result
back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import slicer
import slicer.util
from DICOMLib import DICOMUtils
from PySide6.QtCore import QTimer

from application import dialogs

from .received import nodeIn, seriesOf
from .user import DEFORMABLE, RIGID, User

KINDS = ("CT", "FID")
VOLUME, POINTS = "vtkMRMLScalarVolumeNode", "vtkMRMLMarkupsFiducialNode"
SOON = 400  # ms after the work has begun


def registerAndSend(user: User, frames: tuple[str, str], place: np.ndarray) -> Iterator[str]:
    """`frames` are those of the fixed and of the moving image. `place`, LPS mm in the former, is
    what the user looks at.
    """
    user.openModule(RIGID)
    user.showOnly("RegistrationsPanel", "RegisterPanel")
    DICOMUtils.loadSeriesByUID(seriesOf(KINDS))
    _chooseImages(user, frames)
    yield from _landmarks(user, frames, place)
    yield from _automatically(user, place)
    node = user.module.chosen.registration
    user.openModule(DEFORMABLE)
    user.showOnly("RegistrationsPanel", "DeformableRegisterPanel")
    _chooseImages(user, frames)
    browser = user.panel("RegistrationsPanel").ui.registrationsBrowser
    user.clickLink(browser, f"choose:{node.GetID()}")
    panel = user.panel("DeformableRegisterPanel")
    user.pick(panel.ui.deformationStartBox, "The chosen registration")
    user.click(panel.ui.deformButton)
    user.slicesAt(place)
    yield "deformed"
    yield from _send(user)


def _chooseImages(user: User, frames: tuple[str, str]) -> None:
    ui = user.panel("RegistrationsPanel").ui
    user.pickNode(ui.registeredBaseSelector, nodeIn(frames[0], VOLUME))
    user.pickNode(ui.registeredOverlaySelector, nodeIn(frames[1], VOLUME))


def _landmarks(user: User, frames: tuple[str, str], place: np.ndarray) -> Iterator[str]:
    ui = user.panel("RegisterPanel").ui
    user.pickNode(ui.fixedLandmarksSelector, nodeIn(frames[0], POINTS))
    user.pickNode(ui.movingLandmarksSelector, nodeIn(frames[1], POINTS))
    user.pick(ui.landmarkPairingBox, "Name")
    user.click(ui.landmarksButton)
    user.showOnly("DisplayPanel")
    display = user.panel("DisplayPanel").ui
    user.click(display.threePlanesButton)
    user.pick(display.overlayColorsComboBox, "Aqua")
    user.showOnly("RegistrationsPanel", "RegisterPanel")
    user.slicesAt(place)
    yield "landmarks"


def _automatically(user: User, place: np.ndarray) -> Iterator[str]:
    panel = user.panel("RegisterPanel")
    user.click(panel.bar, panel.bar.tabRect(1).center())
    user.pick(panel.ui.rigidBeginningBox, "The chosen registration")
    QTimer.singleShot(SOON, slicer.app, dialogs.cancelWork)
    user.click(panel.ui.automaticButton)
    yield "cancelled"
    user.click(panel.ui.automaticButton)
    user.slicesAt(place)
    yield "automatic"


def _send(user: User) -> Iterator[str]:
    user.showOnly("ExportPanel")
    export = user.panel("ExportPanel")
    user.typeIn(export.ui.exportLabelEdit, "BREATHING")
    user.typeIn(export.ui.exportDescriptionEdit, "Breathing between two CT")
    user.wait(lambda: export.ui.exportButton.enabled and bool(_findings(export)))
    user.bringUp(export.ui.exportButton)
    yield "findings"
    user.click(export.ui.exportButton)
    user.bringUp(export.ui.copyExportedButton)
    yield "sent"


def _findings(export: Any) -> str:
    return export.ui.exportFindingsBrowser.toPlainText()
