"""Asks whether registrations that were just loaded are to be applied.

Slicer's DICOM browser loads one object after another and processes events in between; images may
come after the registration. It shows a waiting cursor until the last one is there and then perhaps
a message, so that the question waits until there is neither. Registrations that came meanwhile are
asked about together; what was not asked yet is marked on the node.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import qt
import slicer
import slicer.util
from slicer.i18n import tr as _

from ..applyOffer import ApplyOffer, apply, applyOffer
from ..databaseImages import knownImages
from ..sceneNodes import nodesOfClass
from .panel import shownErrors

ASK = "IHERO.AskToApply"  # of a transform node
PAUSE = 300  # ms between two looks whether everything is loaded


def askWhenLoaded(nodes: Sequence[Any]) -> None:
    """Ask about new transform `nodes`, once all is loaded that is being loaded with them; never in
    tests and without a main window, where nobody would answer.
    """
    if slicer.app.testingEnabled() or slicer.util.mainWindow() is None:
        return
    for node in nodes:
        node.SetAttribute(ASK, "1")
    qt.QTimer.singleShot(PAUSE, _askOnceLoaded)


def _askOnceLoaded() -> None:
    if _isBusy():
        qt.QTimer.singleShot(PAUSE, _askOnceLoaded)
        return
    nodes = [
        node for node in nodesOfClass(slicer.mrmlScene, "vtkMRMLTransformNode") if _waits(node)
    ]
    for node in nodes:
        node.RemoveAttribute(ASK)
    if nodes:
        _ask(applyOffer(slicer.mrmlScene, nodes, knownImages(slicer.dicomDatabase)))


def _waits(node: Any) -> bool:
    return node.GetAttribute(ASK) is not None


def _isBusy() -> bool:
    """Whether something is being loaded, or another dialog is open."""
    return (
        slicer.mrmlScene.IsBatchProcessing()
        or qt.QApplication.overrideCursor() is not None
        or qt.QApplication.activeModalWidget() is not None
    )


def _ask(offer: ApplyOffer) -> None:
    title = _("Registrations")
    refusals = "\n".join(offer.refusals)
    if not offer.placements:
        if refusals:
            slicer.util.infoDisplay(refusals, windowTitle=title, textFormat=qt.Qt.PlainText)
        return
    lines = [
        _("Apply what was loaded? The images are there:"),
        *(f"•  {one.sentence}" for one in offer.placements),
    ]
    if refusals:
        lines += ["", refusals]
    lines += [
        "",
        _("Only the display changes; in the module IHE-RO Registration it can be undone."),
    ]
    text = "\n".join(lines)
    if slicer.util.confirmYesNoDisplay(text, windowTitle=title, textFormat=qt.Qt.PlainText):
        with shownErrors(_("The registrations could not be applied.")):
            apply(offer)
