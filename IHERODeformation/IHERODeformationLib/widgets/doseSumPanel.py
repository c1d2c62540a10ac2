"""Doses of one image, or carried to it, added up."""

from __future__ import annotations

from typing import Any

import qt
import slicer
import slicer.util
from slicer.i18n import tr as _
from slicer.parameterNodeWrapper import parameterNodeWrapper

from IHERORegistrationLib.databaseSeries import DatabaseSeries
from IHERORegistrationLib.nodeIdentity import knownFrame
from IHERORegistrationLib.nodeObjects import namedDoseOfNode, plansOf
from IHERORegistrationLib.registeredEnds import DOSE_VOLUME
from IHERORegistrationLib.registration import Registration
from IHERORegistrationLib.registrationRecord import Watch
from IHERORegistrationLib.sentences import oneLine
from IHERORegistrationLib.widgets.handOver import handOver
from IHERORegistrationLib.widgets.longWork import longWork
from IHERORegistrationLib.widgets.panel import Panel, shownErrors
from IHERORegistrationLib.widgets.resultReport import ResultReport

from ..deformedNodes import nodeFromDoseSum
from ..doseSum import WeightedDose, doseSum
from ..nodeDirection import Direction
from ..wholeResults import requireWholeDose
from .wayPanel import WayPanel
from .weightedDoses import WeightedDoses


@parameterNodeWrapper
class DoseSumParameters:
    """`summedWeights` are those of the doses referred to (see WeightedDoses), between blanks; they
    are added in the frame of `sumTarget`; `sumResult` is the last sum made.
    """

    summedWeights: str
    sumTarget: slicer.vtkMRMLScalarVolumeNode
    sumResult: slicer.vtkMRMLScalarVolumeNode


class DoseSumPanel(Panel):
    """Adds physical doses; those of another frame come through the chosen registration."""

    parameters = DoseSumParameters

    def setup(self) -> None:
        self.doses = WeightedDoses(self.ui.summedDosesTable)
        header = self.ui.summedDosesTable.horizontalHeader()
        header.setSectionResizeMode(0, qt.QHeaderView.Stretch)
        header.setSectionResizeMode(1, qt.QHeaderView.ResizeToContents)
        self.ui.sumDosesButton.connect("clicked(bool)", self.onSum)
        self.ui.exportSumButton.connect("clicked(bool)", self.onExport)
        self.report = ResultReport(self.ui.sumReportBrowser, self.ui.copySumReportButton)

    def show(self) -> None:
        self.doses.show(_dosesInScene(), self.state)
        self.report.show(self.state.sumResult)
        self.ui.exportSumButton.setVisible(self.state.sumResult is not None)
        lacks = self.lacking()
        self.ui.sumWayLabel.text = lacks or _(
            "{count} physical doses will be added, as a new dose. Effects of fractionation (EQD2, "
            "BED) are not computed: doses of different fractionation are refused."
        ).format(count=len(self.doses.weights))
        self.ui.sumDosesButton.enabled = not lacks

    def lacking(self) -> str:
        """What is still to choose, as a sentence."""
        if len(self.doses.weights) < 2:
            return _("Check two doses or more.")
        if self.state.sumTarget is None:
            return _("Choose the image to which they come.")
        target = knownFrame(self.state.sumTarget)
        for node in self._nodes():
            frame = knownFrame(node)
            if frame and frame != target and (lacks := self.way.lacking(target, frame)):
                return f"{oneLine(node.GetName())}: {lacks}"
        return ""

    @property
    def way(self) -> WayPanel:
        """How the deformation is used."""
        return self.module.panel(WayPanel)

    def onSum(self, *arguments: Any) -> None:
        """Make the sum, as a new node."""
        with shownErrors(_("The doses could not be added.")):
            used = (*self._nodes(), self.state.sumTarget)
            with longWork(_("Add doses"), *used) as watch:
                made = self._made(watch)
            self.state.sumResult = made

    def onExport(self, *arguments: Any) -> None:
        """Go on in the panel that exports."""
        handOver(self.module, self.state.sumResult)

    def _made(self, watch: Watch) -> slicer.vtkMRMLScalarVolumeNode:
        watch.tell(_("reading"), 0)
        found = [namedDoseOfNode(node, slicer.dicomDatabase) for node in self._nodes()]
        doses = [one.dose for one in found]
        target = DatabaseSeries(slicer.dicomDatabase).series(self.state.sumTarget)
        registrations = self._registrations(target.frame, watch)
        made = doseSum(
            [WeightedDose(*one) for one in zip(doses, self.doses.weights.values(), strict=True)],
            target,
            registrations,
            plansOf(doses, slicer.dicomDatabase),
            numericalInverse=self.way.numericalInverse,
            outsideGrid=self.way.outsideGrid,
            watch=watch,
        )
        if self.way.stops:
            for part in made.parts:
                requireWholeDose(part)
        watch.tell(_("counting"), 1)
        remarks = tuple(
            _("{weight} times {dose}, {origin}.").format(
                weight=f"{weight:.4g}", dose=oneLine(node.GetName()), origin=one.origin
            )
            for weight, node, one in zip(
                self.doses.weights.values(), self._nodes(), found, strict=True
            )
        )
        return nodeFromDoseSum(made, registrations, slicer.mrmlScene, remarks, self.state.sumTarget)

    def _registrations(self, target: str, watch: Watch) -> tuple[Registration, ...]:
        """The chosen registration where a dose needs it."""
        frames = [knownFrame(node) for node in self._nodes()]
        isNeeded = any(frame != target for frame in frames)
        if not isNeeded or self.chosen.registration is None:
            return ()
        if all(
            self.way.direction(target, one) is Direction.NONE for one in frames if one != target
        ):
            return ()
        return self.way.objects(watch)

    def _nodes(self) -> list[slicer.vtkMRMLScalarVolumeNode]:
        return [slicer.mrmlScene.GetNodeByID(one) for one in self.doses.weights]


def _dosesInScene() -> list[slicer.vtkMRMLScalarVolumeNode]:
    nodes = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
    return [one for one in nodes if one.GetAttribute(DOSE_VOLUME) is not None]
