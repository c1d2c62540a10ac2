"""How good the chosen registration is: measured, and as a person rates it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import qt
import slicer
import slicer.util
from slicer.i18n import tr as _
from slicer.parameterNodeWrapper import parameterNodeWrapper

from IHERORegistrationLib.registrationReview import (
    Decision,
    directionTestOf,
    keepDirectionTest,
    keepReview,
    reviewOfNode,
)
from IHERORegistrationLib.widgets.longWork import longWork
from IHERORegistrationLib.widgets.panel import Panel, shownErrors

from .toldText import tell

if TYPE_CHECKING:
    from ..nodeQuality import NodeQuality, QualityNodes


@parameterNodeWrapper
class QualityParameters:
    """What to judge by; `qualityText` is what was measured last, as rich text, of the transform
    node `qualityMeasured` and the images `qualityOnBase` and `qualityOnOverlay`.
    """

    qualityBasePoints: slicer.vtkMRMLMarkupsFiducialNode
    qualityOverlayPoints: slicer.vtkMRMLMarkupsFiducialNode
    qualityBaseStructures: slicer.vtkMRMLSegmentationNode
    qualityOverlayStructures: slicer.vtkMRMLSegmentationNode
    qualityBack: slicer.vtkMRMLTransformNode
    qualityMeasured: slicer.vtkMRMLTransformNode
    qualityOnBase: slicer.vtkMRMLScalarVolumeNode
    qualityOnOverlay: slicer.vtkMRMLScalarVolumeNode
    qualityText: str


class QualityPanel(Panel):
    """Tests the direction, measures, and keeps what was found with the registration.

    What measures is imported when it is wanted: it would slow down opening the module.
    """

    parameters = QualityParameters

    def setup(self) -> None:
        self.measured: NodeQuality | None = None  # what can be saved
        self._rated: object = None  # whose review the widgets show
        self._text = ""
        self._pictures = ""  # of the last test of direction; not kept in the scene
        ui = self.ui
        ui.qualityLevelComboBox.addItem(_("Not rated"), -1)
        for level, words in enumerate(_levels()):
            ui.qualityLevelComboBox.addItem(f"{level}: {words}", level)
        ui.qualityDirectionButton.connect("clicked(bool)", self.onDirection)
        ui.qualityMeasureButton.connect("clicked(bool)", self.onMeasure)
        ui.qualitySaveButton.connect("clicked(bool)", self.onSave)
        ui.qualityApproveButton.connect("clicked(bool)", self.onApprove)
        ui.qualityRejectButton.connect("clicked(bool)", self.onReject)
        ui.qualityButton.connect("contentsCollapsed(bool)", self.module.scheduleShow)

    def cleanup(self) -> None:
        self.measured, self._rated, self._pictures = None, None, ""

    def show(self) -> None:
        ui, state, chosen = self.ui, self.state, self.chosen
        node = chosen.registration
        isReady = None not in (node, chosen.base, chosen.overlay)
        isOfThis = self._isOfThis()
        text = state.qualityText + self._pictures if isOfThis else ""
        if text != self._text:
            self._text = text
            ui.qualityBrowser.setHtml(text)
        ui.qualityBrowser.setVisible(bool(text))
        if not isOfThis:
            self.measured, self._pictures = None, ""
        for button in (ui.qualityDirectionButton, ui.qualityMeasureButton):
            button.enabled = isReady
        ui.qualitySaveButton.enabled = self.measured is not None
        lacks = _("Choose a registration, a fixed and a moving image first.")
        tell(ui.qualityStateLabel, "" if isReady else lacks)
        self._showReview(node)

    def _isOfThis(self) -> bool:
        """Whether what was measured last is of what is chosen, as that is now."""
        chosen, state = self.chosen, self.state
        these = (chosen.registration, chosen.base, chosen.overlay)
        if None in these:
            return False
        if these != (state.qualityMeasured, state.qualityOnBase, state.qualityOnOverlay):
            return False
        return bool(directionTestOf(chosen.registration))  # else it was changed since

    @property
    def nodes(self) -> QualityNodes:
        """What is chosen."""
        from ..nodeQuality import QualityNodes

        chosen, state = self.chosen, self.state
        return QualityNodes(
            chosen.registration,
            chosen.base,
            chosen.overlay,
            state.qualityBasePoints,
            state.qualityOverlayPoints,
            state.qualityBaseStructures,
            state.qualityOverlayStructures,
            state.qualityBack,
        )

    def onDirection(self) -> None:
        """Which reading do the images agree with?"""
        from ..nodeQuality import nodeDirectionProof
        from .qualityText import directionText, picturesText

        with shownErrors(_("The direction could not be tested.")):
            nodes = self.nodes
            title = _("Testing the direction")
            with longWork(title, nodes.transform, nodes.base, nodes.overlay) as watch:
                found = nodeDirectionProof(nodes, watch)
            proof = found.proof
            keepDirectionTest(nodes.transform, proof.verdict.value, proof.sentence)
            self._keep(nodes, directionText(proof), None)
            self._pictures = picturesText(found.pictures)

    def onMeasure(self) -> None:
        """All that can be measured."""
        from ..nodeQuality import nodeQuality
        from .qualityText import qualityText

        with shownErrors(_("The quality could not be measured.")):
            nodes = self.nodes
            title = _("Measuring the quality")
            with longWork(title, nodes.transform, nodes.base, nodes.overlay) as watch:
                measured = nodeQuality(nodes, datetime.now(), watch, slicer.dicomDatabase)
            proof = measured.quality.direction
            keepDirectionTest(nodes.transform, proof.verdict.value, proof.sentence)
            self._keep(nodes, qualityText(measured.quality), measured)

    def onSave(self) -> None:
        """The report as files."""
        from ..nodeQuality import stepsOf
        from ..savedQuality import saveQuality

        measured = self.measured
        if measured is None:
            return
        chosen = qt.QFileDialog.getExistingDirectory(self.widget, _("Folder for the report"))
        if not chosen:
            return
        node = self.chosen.registration
        with shownErrors(_("The report could not be saved.")):
            with longWork(_("Saving the report"), node) as watch:
                page = saveQuality(
                    measured.quality,
                    measured.between.registration,
                    measured.inputs,
                    Path(chosen),
                    progress=stepsOf(watch),
                )
            slicer.util.showStatusMessage(_("Saved {path}").format(path=page), 5000)

    def onApprove(self) -> None:
        """The registration may be used."""
        self._review(Decision.APPROVED)

    def onReject(self) -> None:
        """The registration must not be used."""
        self._review(Decision.REJECTED)

    def _keep(self, nodes: QualityNodes, text: str, measured: NodeQuality | None) -> None:
        self.measured, self._pictures = measured, ""
        self.state.qualityMeasured = nodes.transform
        self.state.qualityOnBase, self.state.qualityOnOverlay = nodes.base, nodes.overlay
        self.state.qualityText = text
        self.module.scheduleShow()

    def _review(self, decision: Decision) -> None:
        node = self.chosen.registration
        if node is None:
            return
        box = self.ui.qualityLevelComboBox
        level = box.itemData(box.currentIndex)
        comment = self.ui.qualityCommentEdit.text.strip()
        keepReview(node, None if level < 0 else level, comment, decision, datetime.now())
        self._rated = None
        self.module.scheduleShow()

    def _showReview(self, node: slicer.vtkMRMLTransformNode | None) -> None:
        ui = self.ui
        ui.qualityRatingBox.enabled = node is not None
        if node is None:
            tell(ui.qualityReviewLabel, "")
            self._rated = None
            return
        review = reviewOfNode(node)
        isRated = review.level is not None or review.decision
        told = _("Recorded: {review}").format(review=review.sentence)
        tell(ui.qualityReviewLabel, told if isRated else _("Nobody has rated it yet."))
        if self._rated == (node.GetID(), review):
            return  # what the user is typing stays
        self._rated = node.GetID(), review
        level = -1 if review.level is None else review.level
        ui.qualityLevelComboBox.setCurrentIndex(ui.qualityLevelComboBox.findData(level))
        ui.qualityCommentEdit.text = review.comment


def _levels() -> tuple[str, ...]:
    """Those of registrationReview, in the user's language."""
    return (
        _("aligned everywhere within 1 mm"),
        _("aligned within 1 mm where it matters"),
        _("usable with risk of deformation"),
        _("usable for diagnosis only"),
        _("not acceptable"),
    )
