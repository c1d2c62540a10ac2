"""Somebody receives a registration of an MR to the planning CT and looks whether to trust it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import slicer
from PySide6.QtCore import Qt

from IHERORegistrationLib.displayLayouts import Plane, Role, viewName

from .received import loadAndApply
from .user import DEFORMABLE, RIGID, User

KINDS = ("MR", "CT", "REG", "RTSTRUCT")


def receiveAndReview(user: User, place: np.ndarray) -> Iterator[str]:
    """`place`, LPS mm in the frame of the CT, is what the user looks at."""
    user.openModule(RIGID)
    user.showOnly("RegistrationsPanel", "DisplayPanel")
    loadAndApply(user, KINDS)
    yield "question"
    registrations, display = user.panel("RegistrationsPanel"), user.panel("DisplayPanel")
    user.wait(lambda: not registrations.reading.isReading)
    user.clickLink(registrations.ui.registrationsBrowser, "choose:")
    yield from _look(user, display, place)
    user.showOnly("RegistrationsPanel")
    user.click(registrations.ui.reportButton)
    yield "report"
    user.showOnly("FramesPanel")
    yield "frames"
    yield from _direction(user)


def _look(user: User, display: Any, place: np.ndarray) -> Iterator[str]:
    """Both images together, in several ways."""
    user.click(display.ui.threePlanesButton)
    user.slicesAt(place)
    (structures,) = slicer.util.getNodesByClass("vtkMRMLSegmentationNode")
    user.pickNode(display.ui.shownStructuresSelector, structures)
    for points in slicer.util.getNodesByClass("vtkMRMLMarkupsFiducialNode"):
        points.SetDisplayVisibility(False)  # as with the eye in Slicer's module Data
    user.pick(display.ui.baseLookComboBox, "CT soft tissue")
    user.pick(display.ui.overlayColorsComboBox, "Amber")
    user.pointAt("Red", place)
    yield "fused"
    user.key(Qt.Key.Key_C)
    yield "checkerboard"
    user.key(Qt.Key.Key_S)
    yield "spyglass"
    user.key(Qt.Key.Key_D)
    yield "difference"
    user.key(Qt.Key.Key_2)
    user.click(display.ui.besideNativeButton)
    user.slicesAt(place)
    user.pointAt(viewName(Role.BASE, Plane.AXIAL), place)
    yield "linked"
    user.clickAt(viewName(Role.BASE, Plane.AXIAL), place)
    yield "pinned"
    user.click(display.ui.threePlanesButton)


def _direction(user: User) -> Iterator[str]:
    """The images tell which direction they agree with."""
    user.openModule(DEFORMABLE)
    user.showOnly("RegistrationsPanel", "QualityPanel")
    registrations = user.panel("RegistrationsPanel")
    user.wait(lambda: not registrations.reading.isReading)
    user.clickLink(registrations.ui.registrationsBrowser, "choose:")
    user.click(user.panel("QualityPanel").ui.qualityDirectionButton)
    yield "direction"
