"""Structures carried to other images: which ones, whereto, and what became of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

import qt
import slicer
import slicer.util
from slicer.i18n import tr as _
from slicer.parameterNodeWrapper import parameterNodeWrapper

from ..carriedNodes import nodesFromCarried
from ..carriedSet import CarriedStructureSet, carriedLabel
from ..carriedText import COLUMNS, carriedRows, carriedSentences
from ..databaseImages import DatabaseImages
from ..databaseSeries import DatabaseSeries
from ..errors import ReferenceNotFoundError
from ..images import ImageSeries
from ..nodeIdentity import frameOfNode, knownFrame
from ..nodeObjects import originalStructureSet
from ..nodeReport import NodeReport, keepReport
from ..nodeStructures import NodeStructures, segmentNames, structuresOfNode
from ..nodeVolumes import volumeFromNode
from ..registeredContourer import structureSetOnTarget
from ..registration import Registration
from ..registrationRecord import Watch
from ..scene import FRAME, registrationFromTransformNode
from ..sentences import oneLine
from ..structureSetWriter import LONGEST_LABEL
from ..structuresFrame import frameOfStructures
from ..writtenObject import whyNoObject
from .handOver import handOver
from .longWork import longWork, requirePresent
from .panel import Panel, shownErrors
from .resultReport import ResultReport
from .structureChoice import StructureChoice


@parameterNodeWrapper
class ContourParameters:
    """`carriedSet` is carried to the slices of `carryTarget`, but for the segments `notCarried`, a
    list in JSON. `carriedLabel` is the label of the new set, `carriedResult` the last one made.
    """

    carriedSet: slicer.vtkMRMLSegmentationNode
    carryTarget: slicer.vtkMRMLScalarVolumeNode
    notCarried: str
    carriedLabel: str
    carriedResult: slicer.vtkMRMLSegmentationNode


class ContourPanel(Panel):
    """Carries structures by the chosen registration; the structures themselves stay as they are."""

    parameters = ContourParameters
    profile: ClassVar[str] = "MMRO-III"

    def setup(self) -> None:
        self.choice = StructureChoice(self.ui.carriedStructuresList, self._leaveOut)
        self.report = ResultReport(self.ui.carriedReportBrowser, self.ui.copyCarriedButton)
        self.ui.carryAllButton.connect("clicked(bool)", lambda *_: self.choice.checkAll(True))
        self.ui.carryNoneButton.connect("clicked(bool)", lambda *_: self.choice.checkAll(False))
        self.ui.carryButton.connect("clicked(bool)", self.onCarry)
        self.ui.exportCarriedButton.connect("clicked(bool)", self.onExport)
        self.ui.carriedLabelEdit.setMaxLength(LONGEST_LABEL)
        self.ui.contourButton.text = self.ui.carryButton.text = self.title()

    def title(self) -> str:
        """What the panel does, in two words."""
        return _("Carry structures")

    def show(self) -> None:
        node = self.state.carriedSet
        names = segmentNames(node) if node else {}
        self.choice.show(names, self.state.notCarried)
        self.ui.carryAllButton.setVisible(bool(names))
        self.ui.carryNoneButton.setVisible(bool(names))
        self.report.show(self.state.carriedResult)
        self.ui.exportCarriedButton.setVisible(self.state.carriedResult is not None)
        lacks = self.lacking()
        self.ui.carriedWayLabel.text = lacks or self.waySentence()
        self.ui.carryButton.enabled = not lacks

    def lacking(self) -> str:
        """What is still to choose, as a sentence."""
        if self.state.carriedSet is None:
            return _("Choose the structures to be carried.")
        if not self.choice.chosen:
            return _("Check a structure at least.")
        if self.state.carryTarget is None:
            return _("Choose the images that they are carried to.")
        if self.chosen.registration is None:
            return _("Choose a registration above.")
        return ""

    def waySentence(self) -> str:
        """What will be done, in words."""
        return _("{structures} will be drawn anew on the slices of {target}, by {way}.").format(
            structures=oneLine(self.state.carriedSet.GetName()),
            target=oneLine(self.state.carryTarget.GetName()),
            way=oneLine(self.chosen.registration.GetName()),
        )

    def onCarry(self, *arguments: Any) -> None:
        """Carry them, into new nodes."""
        with shownErrors(_("The structures could not be carried.")):
            node, target = self.state.carriedSet, self.state.carryTarget
            used = requirePresent(node, target, self.chosen.registration)
            frame = self._frame()
            with longWork(self.title(), *used) as watch:
                made = self._carry(frame, watch)
            self.state.carriedResult = made

    def onExport(self, *arguments: Any) -> None:
        """Go on in the panel that exports."""
        handOver(self.module, self.state.carriedResult)

    def registrations(self, watch: Watch) -> tuple[Registration, ...]:
        """The registrations that may be used.

        Raises
            MalformedRegistrationError: the chosen one names no images.
        """
        return (registrationFromTransformNode(self.chosen.registration),)

    def carried(
        self,
        structures: NodeStructures,
        target: ImageSeries,
        registrations: tuple[Registration, ...],
        label: str,
        watch: Watch,
    ) -> CarriedStructureSet:
        """The structures on the slices of `target`; see `structureSetOnTarget`."""
        return structureSetOnTarget(
            structures.structureSet,
            target,
            registrations,
            label=label,
            created=datetime.now(),
            profile=self.profile,
            watch=watch,
        )

    def _carry(self, frame: str, watch: Watch) -> slicer.vtkMRMLSegmentationNode:
        watch.tell(_("reading"), 0)
        structures = self._structures(frame)
        target = DatabaseSeries(slicer.dicomDatabase).series(self.state.carryTarget)
        registrations = self.registrations(watch)
        self._requireIdentity(registrations)
        label = self.state.carriedLabel.strip() or carriedLabel(structures.structureSet, target)
        made = self.carried(structures, target, registrations, label, watch)
        watch.tell(_("showing"), 1)
        nodes = nodesFromCarried(made, target, registrations, slicer.mrmlScene, self.profile)
        for one in nodes:  # beside the images that they were drawn on, wherever these are shown
            one.SetAndObserveTransformNodeID(self.state.carryTarget.GetTransformNodeID())
        node = nodes[0]
        sentences = tuple(carriedSentences(made, structures.origins))
        keepReport(node, NodeReport(COLUMNS, tuple(carriedRows(made)), sentences))
        return node

    def _requireIdentity(self, registrations: tuple[Registration, ...]) -> None:
        """Carried structures refer to the objects that they were made by."""
        if not all(one.sopInstanceUID for one in registrations):
            reason = whyNoObject(self.chosen.registration)
            raise ReferenceNotFoundError(
                f"carried structures refer to the registration, and {reason}"
            )

    def _frame(self) -> str:
        """Frame of Reference UID of the structures; the user is asked where nothing tells it."""
        node = self.state.carriedSet
        frame = frameOfStructures(node, None)
        if not frame:
            frame = frameOfStructures(node, originalStructureSet(node, slicer.dicomDatabase))
        return frame or self._askedFrame(node)

    def _structures(self, frame: str) -> NodeStructures:
        node = self.state.carriedSet
        original = originalStructureSet(node, slicer.dicomDatabase)
        drawnOn = next(
            (one for one in self._images() if knownFrame(one) == frame and one.GetImageData()), None
        )
        slices = volumeFromNode(drawnOn, frame).lattice if drawnOn is not None else None
        return structuresOfNode(
            node, frame, original=original, slices=slices, segmentIDs=self.choice.chosen
        )

    def _images(self) -> list:
        both = (self.chosen.overlay, self.chosen.base)
        return [one for one in both if one is not None]

    def _askedFrame(self, node: slicer.vtkMRMLSegmentationNode) -> str:
        """The frame of the image on which somebody says that `node` was drawn.

        Raises
            ReferenceNotFoundError: he does not say.
        """
        images = DatabaseImages(slicer.dicomDatabase) if slicer.dicomDatabase else {}
        for image in self._images():
            if image is self.state.carryTarget:
                continue
            asked = _(
                "Nothing tells in which images {structures} was drawn. Was it drawn on {image}?"
            ).format(structures=node.GetName(), image=image.GetName())
            if slicer.util.confirmYesNoDisplay(
                asked, _("Which images?"), textFormat=qt.Qt.PlainText
            ):
                frame = frameOfNode(image, images)
                node.SetAttribute(FRAME, frame)
                return frame
        raise ReferenceNotFoundError(
            f"nothing tells in which Frame of Reference {node.GetName()} lies"
        )

    def _leaveOut(self, text: str) -> None:
        self.state.notCarried = text
        self.module.scheduleShow()
