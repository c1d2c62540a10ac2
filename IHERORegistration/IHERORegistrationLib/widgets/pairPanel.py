"""What panels share that register the two chosen images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import slicer

from ..databaseImages import knownImages
from ..errors import ReferenceNotFoundError
from ..imagePair import ImagePair, imagePair
from ..madeRegistration import overlayNodes, recordOfNode, summaryOfNode
from ..placement import PlacementHistory
from .applyPanel import ApplyPanel
from .panel import Panel

if TYPE_CHECKING:
    from .moduleWidget import ModuleWidget


class PairPanel(Panel):
    """Every result is a new transform node; what was there before stays."""

    @property
    def pair(self) -> ImagePair:
        """The images to register.

        Raises
            ReferenceNotFoundError, PatientMismatchError: see `imagePair`.
        """
        return imagePair(self.chosen.base, self.chosen.overlay, knownImages(slicer.dicomDatabase))

    def requiredRegistration(self) -> slicer.vtkMRMLTransformNode:
        """The chosen registration.

        Raises
            ReferenceNotFoundError: none is chosen.
        """
        if self.chosen.registration is None:
            raise ReferenceNotFoundError("expected a registration to start from: choose one above")
        return self.chosen.registration

    def finish(self, pair: ImagePair, node: slicer.vtkMRMLTransformNode) -> None:
        """A registration was made: show the moving image through it, which can be undone like any
        other placement, and work on it.
        """
        placementsOf(self.module).place(overlayNodes(pair), node)
        self.chosen.registration = node
        self.module.scheduleShow()

    def showResult(self, label: Any, node: slicer.vtkMRMLTransformNode | None) -> None:
        """Let `label` tell how `node` was made; it goes where there is nothing to tell."""
        label.text, label.toolTip = summaryOfNode(node), recordOfNode(node)
        label.setVisible(bool(label.text))


def placementsOf(module: ModuleWidget) -> PlacementHistory:
    """What a module can undo; one that nobody looks at where it has no panel for it."""
    found = (one.history for one in module.panels if isinstance(one, ApplyPanel))
    return next(found, PlacementHistory())
