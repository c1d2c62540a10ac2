"""Why the button of an export cannot be pressed, in one sentence."""

from __future__ import annotations

from pathlib import Path

import slicer
from slicer.i18n import tr as _

from ..exportProposal import ExportProposal
from ..nodeExport import ExportImages, isExported
from ..nodePlace import movedSentence, wasMoved
from .exportParameters import ExportParameters


def whyNot(state: ExportParameters, proposal: ExportProposal | None, images: ExportImages) -> str:
    """The first thing that lacks; "" where nothing does."""
    node = state.exportedNode
    if node is None:
        return _("Choose a registration, a segmentation, a dose or points.")
    if not isExported(node):
        told = _(
            "{name} has no object to write: images are in the DICOM database as they were read."
        )
        return told.format(name=node.GetName())
    if wasMoved(node):
        return f"{movedSentence(node)}."
    if proposal is None:
        return _missingImages(state, images)
    if proposal.refusal:
        return f"{proposal.refusal}."
    if proposal.missing:
        return f"{proposal.missing[0]}."
    return _missingTarget(state)


def _missingImages(state: ExportParameters, images: ExportImages) -> str:
    """Which images have to be chosen or loaded before anything can be exported."""
    if not images.fixed or (images.hasMoving and not images.moving):
        return _(
            "Load the images first: the object refers to them, and none that fits is in the scene."
        )
    if not images.hasMoving:
        return _("Choose the images that it lies on.")
    lacks = [] if state.exportFixed is not None else [_("the image that stays (fixed)")]
    lacks += [] if state.exportMoving is not None else [_("the image that is moved")]
    return _("Choose {images}: it is not clear which one is meant.").format(
        images=_(" and ").join(lacks)
    )


def _missingTarget(state: ExportParameters) -> str:
    """Where it could not be written to."""
    if not (state.exportToDatabase or state.exportToFolder):
        return _("Choose the DICOM database or a folder to write to.")
    database = slicer.dicomDatabase
    if state.exportToDatabase and (database is None or not database.isOpen):
        return _("No DICOM database is open: open one in the module DICOM, or choose a folder.")
    folder = state.exportFolder.strip()
    if state.exportToFolder and not folder:
        return _("Choose the folder to write to.")
    if state.exportToFolder and not Path(folder).is_absolute():
        return _("Give the whole path of the folder.")
    return ""
