"""A dose where a deformation puts it."""

from __future__ import annotations

from typing import Annotated, Any

import slicer
from slicer.i18n import tr as _
from slicer.parameterNodeWrapper import WithinRange, parameterNodeWrapper

from IHERORegistrationLib.databaseSeries import DatabaseSeries
from IHERORegistrationLib.errors import FrameOfReferenceError
from IHERORegistrationLib.nodeIdentity import knownFrame
from IHERORegistrationLib.nodeObjects import (
    namedDoseOfNode,
    originalStructureSet,
)
from IHERORegistrationLib.nodeStructures import structuresOfNode
from IHERORegistrationLib.registeredEnds import DOSE_VOLUME
from IHERORegistrationLib.registrationRecord import Watch
from IHERORegistrationLib.sentences import oneLine
from IHERORegistrationLib.structures import StructureSet
from IHERORegistrationLib.structuresFrame import frameOfStructures
from IHERORegistrationLib.widgets.handOver import handOver
from IHERORegistrationLib.widgets.longWork import longWork
from IHERORegistrationLib.widgets.panel import Panel, shownErrors
from IHERORegistrationLib.widgets.resultReport import ResultReport

from ..deformedNodes import nodeFromDeformedDose
from ..doseDeformer import deformedDose
from ..wholeResults import requireWholeDose
from .wayPanel import WayPanel


@parameterNodeWrapper
class DoseDeformerParameters:
    """`doseToDeform` comes to `doseTarget`, every `doseSpacing` mm or, if that is 0, as fine as it
    is; `doseResult` is the last one made. Its statistics are of the structures `doseBefore`, which
    lie with the dose, and `doseAfter`, which lie with the target, where these are chosen.
    """

    doseToDeform: slicer.vtkMRMLScalarVolumeNode
    doseTarget: slicer.vtkMRMLScalarVolumeNode
    doseSpacing: Annotated[float, WithinRange(0, 3)] = 0.0
    doseBefore: slicer.vtkMRMLSegmentationNode
    doseAfter: slicer.vtkMRMLSegmentationNode
    doseResult: slicer.vtkMRMLScalarVolumeNode


class DoseDeformerPanel(Panel):
    """Makes a new dose by the actor Dose Deformer, and tells what became of it."""

    parameters = DoseDeformerParameters

    def setup(self) -> None:
        self.ui.doseToDeformSelector.addAttribute("vtkMRMLScalarVolumeNode", DOSE_VOLUME)
        self.ui.deformDoseButton.connect("clicked(bool)", self.onDeform)
        self.ui.exportDoseButton.connect("clicked(bool)", self.onExport)
        self.report = ResultReport(self.ui.doseReportBrowser, self.ui.copyDoseReportButton)

    def show(self) -> None:
        self.report.show(self.state.doseResult)
        self.ui.exportDoseButton.setVisible(self.state.doseResult is not None)
        lacks = self.lacking()
        self.ui.doseWayLabel.text = lacks or self._sentence()
        self.ui.deformDoseButton.enabled = not lacks

    def lacking(self) -> str:
        """What is still to choose, as a sentence."""
        if self.state.doseToDeform is None:
            return _("Choose the dose to be deformed.")
        if self.state.doseTarget is None:
            return _("Choose the image to which it comes.")
        return self.way.lacking(*self._frames(), isDeformed=True)

    @property
    def way(self) -> WayPanel:
        """How the deformation is used."""
        return self.module.panel(WayPanel)

    def onDeform(self, *arguments: Any) -> None:
        """Make the dose, as a new node."""
        with shownErrors(_("The dose could not be deformed.")):
            used = (self.state.doseToDeform, self.state.doseTarget, self.chosen.registration)
            with longWork(_("Deform dose"), *used) as watch:
                made = self._made(watch)
            self.state.doseResult = made

    def onExport(self, *arguments: Any) -> None:
        """Go on in the panel that exports."""
        handOver(self.module, self.state.doseResult)

    def _made(self, watch: Watch) -> slicer.vtkMRMLScalarVolumeNode:
        watch.tell(_("reading"), 0)
        found = namedDoseOfNode(self.state.doseToDeform, slicer.dicomDatabase)
        target = DatabaseSeries(slicer.dicomDatabase).series(self.state.doseTarget)
        registrations = self.way.objects(watch)
        made = deformedDose(
            found.dose,
            target,
            registrations,
            spacing=self.state.doseSpacing or None,
            numericalInverse=self.way.numericalInverse,
            outsideGrid=self.way.outsideGrid,
            watch=watch,
        )
        if self.way.stops:
            requireWholeDose(made)
        watch.tell(_("counting"), 1)
        return nodeFromDeformedDose(
            made,
            registrations,
            slicer.mrmlScene,
            (_("The dose is taken {origin}.").format(origin=found.origin),),
            self.state.doseTarget,
            before=_structures(self.state.doseBefore, found.dose.frame),
            after=_structures(self.state.doseAfter, target.frame),
        )

    def _sentence(self) -> str:
        told = _("{dose} will come to {target}, as a new dose.").format(
            dose=oneLine(self.state.doseToDeform.GetName()),
            target=oneLine(self.state.doseTarget.GetName()),
        )
        frames = self._frames()
        return f"{told} {self.way.directionSentence(*frames)}" if all(frames) else told

    def _frames(self) -> tuple[str, str]:
        """Of the target, whose voxels ask where they come from, and of the dose."""
        return knownFrame(self.state.doseTarget), knownFrame(self.state.doseToDeform)


def _structures(node: slicer.vtkMRMLSegmentationNode | None, frame: str) -> StructureSet | None:
    """What `node` holds, in the frame of a dose; None if none is chosen.

    Raises
        FrameOfReferenceError: it lies in another frame.
    """
    if node is None:
        return None
    original = originalStructureSet(node, slicer.dicomDatabase)
    found = frameOfStructures(node, original)
    if found != frame:
        raise FrameOfReferenceError(
            f"expected structures in the frame of the dose, {frame}, found {node.GetName()} in "
            f"{found or 'an unknown frame'}"
        )
    return structuresOfNode(node, frame, original=original).structureSet
