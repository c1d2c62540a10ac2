"""Write a registration, structures or a dose as a DICOM object, having said all about it before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import qt
import slicer
import slicer.util
from slicer.i18n import tr as _

from IHERODeformationLib.anyExport import anyExportTask
from IHERODeformationLib.writer import DeformationForm

from ..databaseImages import knownImages
from ..databaseSeries import DatabaseSeries
from ..errors import IHEROError
from ..exportProposal import (
    ExportedObject,
    ExportProposal,
    ExportTask,
    LabelKind,
    exportProposal,
)
from ..nodeExport import ExportImages, exportImages, isExported
from ..nodeIdentity import knownFrame
from ..storedExport import StoredExport, storedExport
from .exportBoxes import fillNodes, fillOptional, fillTexts, meant, nodeOf
from .exportPage import breakable, proposalPage, proposalText, sentencePage, storedText
from .exportParameters import ExportParameters, choicesOf, forgetConfirmations, propose
from .exportReasons import whyNot
from .longWork import longWork
from .panel import Panel, busyCursor, shownErrors

SOON = 250  # ms after the last change until the object is judged
TALLEST = 240  # pixels of the findings; more is scrolled
NOTHING = ExportImages(())


class ExportPanel(Panel):
    """Nothing is written before it was said what it will say, and what of a rule it breaks."""

    parameters = ExportParameters

    def setup(self) -> None:
        self.task: ExportTask | None = None
        self.proposal: ExportProposal | None = None
        self.images = NOTHING
        self._ends: tuple[Any, ...] = ()  # the nodes that `task` is of
        self._series = DatabaseSeries(None)
        self._database: Any = None
        self._timer = qt.QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(SOON)
        self._timer.connect("timeout()", self.judge)
        ui = self.ui
        for one in DeformationForm:
            ui.exportLayoutComboBox.addItem(one.value, one.value)
        for box, function in (
            (ui.exportFixedComboBox, self.onFixed),
            (ui.exportMovingComboBox, self.onMoving),
            (ui.exportProfileComboBox, self.onProfile),
            (ui.exportMethodComboBox, self.onMethod),
            (ui.exportLayoutComboBox, self.onLayout),
            (ui.exportStructureTypeComboBox, self.onStructureType),
        ):
            box.connect("activated(int)", function)
        ui.exportFolderEdit.connect("currentPathChanged(QString)", self.onFolder)
        for button, action in (
            (ui.exportButton, self.onExport),
            (ui.copyFindingsButton, self.onCopyFindings),
            (ui.copyExportedButton, self.onCopyExported),
        ):
            button.connect("clicked(bool)", action)
        ui.exportPanelButton.connect("contentsCollapsed(bool)", self.onCollapsed)

    def cleanup(self) -> None:
        self._timer.stop()
        self.task = self.proposal = None
        self.images, self._ends = NOTHING, ()

    def onCollapsed(self, isCollapsed: bool) -> None:
        """Its content is shown when it is first opened."""
        self.module.scheduleShow()

    def show(self) -> None:
        if self.ui.exportPanelButton.collapsed:
            return
        if self.state.exportedNode is None and self.chosen.registration is not None:
            self.state.exportedNode = self.chosen.registration
        self._takeTask()
        self._showImages()
        self._showForm()
        self._showWritten()
        self._timer.start()

    def judge(self) -> None:
        """Say what the present choices would write."""
        self._timer.stop()
        if self.state is None:
            return
        if any(one.GetScene() is None for one in self._ends):
            self._takeTask()  # nothing has told of what was deleted yet
        if self.task is not None:
            with busyCursor():  # contours or vectors may have to be looked at
                self.proposal = exportProposal(self.task, choicesOf(self.state))
        self._showProposal()

    def onFixed(self, index: int) -> None:
        self.state.exportFixed = nodeOf(self.ui.exportFixedComboBox, index)

    def onMoving(self, index: int) -> None:
        self.state.exportMoving = nodeOf(self.ui.exportMovingComboBox, index)

    def onProfile(self, index: int) -> None:
        self.state.exportProfile = self.ui.exportProfileComboBox.itemData(index)

    def onMethod(self, index: int) -> None:
        self.state.exportMethod = self.ui.exportMethodComboBox.itemData(index)

    def onStructureType(self, index: int) -> None:
        """Of structures that have none."""
        self.state.exportStructureType = self.ui.exportStructureTypeComboBox.itemData(index)

    def onLayout(self, index: int) -> None:
        """Layouts for other readers are no DRRO objects."""
        layout = self.ui.exportLayoutComboBox.itemData(index)
        self.state.exportLayout = layout
        if layout != DeformationForm.DRRO.value:
            self.state.exportProfile = "DICOM"

    def onFolder(self, path: str) -> None:
        if self.state is not None:
            self.state.exportFolder = path

    def onCopyFindings(self, checked: bool = False) -> None:
        """The sentence and the findings go to the clipboard."""
        if self.proposal is not None:
            slicer.app.clipboard().setText(proposalText(self.proposal))
            slicer.util.showStatusMessage(_("The findings were copied."), 3000)

    def onCopyExported(self, checked: bool = False) -> None:
        """What was written goes to the clipboard."""
        slicer.app.clipboard().setText(self.state.exportReport)
        slicer.util.showStatusMessage(_("Copied."), 3000)

    def onExport(self, checked: bool = False) -> None:
        """Make the object, say what only its content tells, and write it."""
        with shownErrors(_("Nothing was exported.")):
            self._takeTask()
            self.judge()
            task, proposal, node = self.task, self.proposal, self.state.exportedNode
            if task is None or proposal is None or not proposal.isPossible:
                return
            choices = choicesOf(self.state)
            with longWork(_("Making the {kind}").format(kind=task.form.kind), node) as watch:
                made = task.made(choices, watch)
            if not self._isAgreed(proposal, made):
                return
            with longWork(_("Writing the {kind}").format(kind=task.form.kind), node):
                stored = self._stored(task, made)
            made.remember()
            self.state.exportReport = storedText(stored, made.remarks)
            slicer.util.showStatusMessage(_("The object was written."), 5000)

    def _stored(self, task: ExportTask, made: ExportedObject) -> StoredExport:
        state = self.state
        return storedExport(
            task,
            made,
            folder=Path(state.exportFolder) if state.exportToFolder else None,
            database=slicer.dicomDatabase if state.exportToDatabase else None,
            scratch=Path(slicer.app.temporaryPath),
        )

    def _isAgreed(self, proposal: ExportProposal, made: ExportedObject) -> bool:
        """Whether the user wants it although the content broke more than the header."""
        known = {(one.rule.code, one.location) for one in proposal.findings}
        new = [str(one) for one in made.findings if (one.rule.code, one.location) not in known]
        if not new:
            return True
        question = _("The object is made. Only its content showed:")
        return slicer.util.confirmOkCancelDisplay(
            "\n\n".join([question, *new, _("Write it all the same?")]),
            textFormat=qt.Qt.PlainText,
        )

    def _takeTask(self) -> None:
        """What is exported now; None where it is not clear yet."""
        state, node = self.state, self.state.exportedNode
        self.task = self.proposal = None
        self.images, self._ends = NOTHING, ()
        if node is None or not isExported(node):
            return
        if slicer.dicomDatabase is not self._database:
            self._database = slicer.dicomDatabase
            self._series = DatabaseSeries(self._database)
        self.images = exportImages(node, knownImages(self._database))
        state.exportFixed = meant(self.images.fixed, state.exportFixed)
        state.exportMoving = meant(self.images.moving, state.exportMoving)
        if state.exportFixed is None or (self.images.hasMoving and state.exportMoving is None):
            return
        ends = (node, state.exportFixed, state.exportMoving)
        names = " ".join(one.GetID() for one in ends if one is not None)
        isNew = forgetConfirmations(state, names)
        try:
            with slicer.util.WaitCursor(isNew):  # headers may have to be read
                self.task = anyExportTask(*ends, self._series)
        except IHEROError as error:
            self.proposal = ExportProposal("", refusal=str(error))
        else:
            self._ends = tuple(one for one in ends if one is not None)
            propose(state, self.task)

    def _showImages(self) -> None:
        ui, state, images = self.ui, self.state, self.images
        fillNodes(ui.exportFixedComboBox, images.fixed, state.exportFixed)
        fillNodes(ui.exportMovingComboBox, images.moving, state.exportMoving)
        hasNode = state.exportedNode is not None
        isPair = images.hasMoving
        ui.exportFixedLabel.text = _("Fixed image:") if isPair else _("Images:")
        for one in (ui.exportFixedLabel, ui.exportFixedComboBox):
            one.setVisible(hasNode)
        for one in (ui.exportMovingLabel, ui.exportMovingComboBox):
            one.setVisible(isPair)

    def _showForm(self) -> None:
        ui, state = self.ui, self.state
        form = self.task.form if self.task is not None else None
        hasLabel = form is not None and form.label is not LabelKind.NONE
        types = form.structureTypes if form is not None else ()
        for name, field, isShown in (
            ("Profile", "ComboBox", form is not None),
            ("Label", "Edit", hasLabel),
            ("Description", "Edit", form is not None),
            ("Method", "ComboBox", form is not None and bool(form.methods)),
            ("StructureType", "ComboBox", bool(types)),
            ("Comment", "Edit", form is not None and form.hasComment),
        ):
            getattr(ui, f"export{name}Label").setVisible(isShown)
            getattr(ui, f"export{name}{field}").setVisible(isShown)
        ui.exportExpertButton.setVisible(form is not None and form.isDeformation)
        if form is not None:
            fillTexts(ui.exportProfileComboBox, form.profiles, state.exportProfile)
            fillTexts(ui.exportMethodComboBox, form.methods, state.exportMethod)
        fillOptional(ui.exportStructureTypeComboBox, types, state.exportStructureType)
        box = ui.exportLayoutComboBox
        box.setCurrentIndex(max(box.findData(state.exportLayout), 0))
        ui.exportSentenceLabel.text = sentencePage(self.task) if self.task is not None else ""
        ui.exportSentenceLabel.setVisible(self.task is not None)
        if ui.exportFolderEdit.currentPath != state.exportFolder:
            ui.exportFolderEdit.currentPath = state.exportFolder
        ui.exportFolderEdit.enabled = state.exportToFolder

    def _showProposal(self) -> None:
        ui, proposal = self.ui, self.proposal
        browser = ui.exportFindingsBrowser
        browser.setHtml(proposalPage(proposal) if proposal is not None else "")
        browser.setVisible(proposal is not None)
        height = round(browser.document.size.height()) + 6
        browser.setFixedHeight(min(max(height, 40), TALLEST))
        ui.copyFindingsButton.setVisible(proposal is not None)
        isOther = proposal is not None and proposal.isOtherPatient
        ui.exportOtherPatientCheckBox.setVisible(isOther or self.state.exportOtherPatient)
        ui.exportWithinFrameCheckBox.setVisible(self._isWithinFrame())
        reason = whyNot(self.state, self.proposal, self.images)
        ui.exportWhyNotLabel.text = reason
        ui.exportWhyNotLabel.setVisible(bool(reason))
        ui.exportButton.enabled = not reason

    def _isWithinFrame(self) -> bool:
        """Whether a deformation is to be exported whose images share a frame."""
        task = self.task
        if task is None or not task.form.isDeformation:
            return False
        fixed, moving = map(knownFrame, self._ends[1:])
        return fixed == moving

    def _showWritten(self) -> None:
        report = self.state.exportReport
        self.ui.exportedLabel.text = breakable(report)
        self.ui.exportedLabel.setVisible(bool(report))
        self.ui.copyExportedButton.setVisible(bool(report))
