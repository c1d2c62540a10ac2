"""The first panel: which registrations there are, and which one the user works on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import qt
import slicer
import slicer.util
from slicer.i18n import tr as _
from slicer.parameterNodeWrapper import parameterNodeWrapper

from ..databaseImages import DescribedSeries
from ..listedRegistration import ListedRegistration
from ..nodePlace import movedSentence, wasMoved
from ..patient import Patient
from ..registrationFileReader import READ_FROM
from ..registrationReport import ReportSection, inspectionReport, reportText, rowReport
from ..sceneRegistrations import imagesByFrame, isImage, sceneRegistrations
from ..unchangedOnError import unchangedOnError
from .databaseReading import DatabaseReading
from .icons import giveIcons
from .longWork import longWork
from .panel import Panel, shownErrors
from .registrationList import CHOOSE, LOAD, ListColors, listPage
from .reportPage import reportPage

TALLEST = 280  # pixels of the list; more is scrolled


@parameterNodeWrapper
class RegistrationsParameters:
    """`base` and `overlay` are those of ChosenRegistration. `shownPatient` is the Patient ID of
    those listed, empty for all.
    """

    base: slicer.vtkMRMLScalarVolumeNode
    overlay: slicer.vtkMRMLScalarVolumeNode
    shownPatient: str


class RegistrationsPanel(Panel):
    """Lists them with what each maps where; a click chooses one, and its images where it is clear
    which are meant.
    """

    parameters = RegistrationsParameters

    def setup(self) -> None:
        self.rows: tuple[ListedRegistration, ...] = ()
        self.reading = DatabaseReading(self.module.scheduleShow)
        self._page = self._report = ""
        self.ui.registrationsBrowser.connect("anchorClicked(QUrl)", self.onLink)
        self.ui.shownPatientComboBox.connect("activated(int)", self.onPatient)
        self.ui.loadImagesButton.connect("clicked(bool)", self.onLoadImages)
        self.ui.exchangeButton.connect("clicked(bool)", self.onExchange)
        giveIcons(self.ui, {"exchangeButton": "Exchange"})
        self.ui.reportButton.connect("contentsCollapsed(bool)", self._showReport)
        self.ui.copyReportButton.connect("clicked(bool)", self.onCopyReport)

    def enter(self) -> None:
        self.reading.start()

    def exit(self) -> None:
        self.reading.stop()

    def cleanup(self) -> None:
        if not self.module.isEntered:  # else only the scene is closed: the database stays
            self.reading.stop()

    def show(self) -> None:
        here = self._inScene()
        loaded = {one.sopInstanceUID for one in here if not one.otherReader}
        others = (one for uid, one in self.reading.rows.items() if uid not in loaded)
        self.rows = (*here, *others)
        self._follow()
        self._judgeFiles()
        isAny = self.chosen.base is not None or self.chosen.overlay is not None
        self.ui.exchangeButton.enabled = isAny
        self._showPatients()
        self._showList()
        self._showMissing()
        self._showReport()

    def onLink(self, url: Any) -> None:
        """A row of the list was clicked."""
        link = url.toString()
        if link.startswith(CHOOSE):
            with shownErrors(_("The registration could not be chosen."), waitCursor=True):
                self.choose(slicer.mrmlScene.GetNodeByID(link[len(CHOOSE) :]))
                self.module.showPanels()  # now, under the cursor that says so
        elif link.startswith(LOAD):
            self.load(link[len(LOAD) :])

    def load(self, sopInstanceUID: str) -> None:
        """Load a registration of the database and work on it."""
        with (
            shownErrors(_("The registration could not be loaded."), waitCursor=True),
            unchangedOnError(slicer.mrmlScene),
        ):
            self.choose(self.reading.load(sopInstanceUID))

    def onLoadImages(self, checked: bool = False) -> None:
        """Load the images that the chosen registration connects from the database."""
        with shownErrors(_("The images could not be loaded.")):
            node, series = self.chosen.registration, self._seriesToLoad()
            with longWork(_("Loading images"), node) as watch:
                for number, one in enumerate(series):
                    watch.tell(one.name, number / len(series))
                    self.reading.loadSeries(one.seriesInstanceUID)
            self.choose(node)

    def onExchange(self, checked: bool = False) -> None:
        """The fixed image becomes the moving one, and the moving one the fixed."""
        chosen = self.chosen
        chosen.base, chosen.overlay = chosen.overlay, chosen.base

    def onCopyReport(self, checked: bool) -> None:
        """The report goes to the clipboard."""
        slicer.app.clipboard().setText(reportText(self._sections()))
        slicer.util.showStatusMessage(_("The report was copied."), 3000)

    def choose(self, node: slicer.vtkMRMLTransformNode | None) -> None:
        """Work on the registration in `node`, with the images that it connects where exactly one
        of each frame is in the scene.
        """
        if node is None:  # it left the scene meanwhile
            return
        self.chosen.registration = node
        row = next((one for one in self._inScene() if one.key == node.GetID()), None)
        if row is None:  # it is hidden from users
            return
        images, roles = imagesByFrame(slicer.mrmlScene), slicer.vtkMRMLTransformNode
        fixed = node.GetNodeReference(roles.GetFixedNodeReferenceRole())
        moving = node.GetNodeReference(roles.GetMovingNodeReferenceRole())
        self.chosen.base = _meant(fixed, row.registeredFrame, images, self.chosen.base)
        self.chosen.overlay = _meant(moving, row.sourceFrame, images, self.chosen.overlay)
        self.module.scheduleShow()

    def onPatient(self, index: int) -> None:
        """Another patient was picked, the first entry for all."""
        self.state.shownPatient = self.ui.shownPatientComboBox.itemData(index) or ""

    def _inScene(self) -> tuple[ListedRegistration, ...]:
        names: dict[str, str] = {}
        for inspection in self.reading.inspections.values():
            names.update(inspection.names)
        return sceneRegistrations(slicer.mrmlScene, names=names)

    def _judgeFiles(self) -> None:
        """Have those judged that were dropped as files."""
        for row in self.rows:
            node = slicer.mrmlScene.GetNodeByID(row.key)
            file = node.GetAttribute(READ_FROM) if node else None
            if file and row.sopInstanceUID:
                self.reading.judge(row.sopInstanceUID, file)

    def _follow(self) -> None:
        """Hear when a registration is changed, as by handles in a view."""
        event = slicer.vtkMRMLTransformableNode.TransformModifiedEvent
        for row in self.rows:
            node = slicer.mrmlScene.GetNodeByID(row.key)
            if node and not self.module.hasObserver(node, event, self.onChanged):
                self.module.addObserver(node, event, self.onChanged)

    def onChanged(self, *_: Any) -> None:
        """A registration is not what it was."""
        self.module.scheduleShow()

    def _showPatients(self) -> None:
        patients = {one.patient.patientID: one.patient for one in self.rows}
        patients.pop("", None)
        box = self.ui.shownPatientComboBox
        box.clear()
        box.addItem(_("All patients"), "")
        for uid, patient in sorted(patients.items()):
            box.addItem(_shownName(patient), uid)
        box.setCurrentIndex(max(box.findData(self.state.shownPatient), 0))
        isNeeded = len(patients) > 1
        box.setVisible(isNeeded)
        self.ui.shownPatientLabel.setVisible(isNeeded)

    def _showList(self) -> None:
        browser = self.ui.registrationsBrowser
        patient = self.state.shownPatient
        rows = [one for one in self.rows if patient in ("", one.patient.patientID)]
        node = self.chosen.registration
        verdicts = self.reading.verdicts
        page = listPage(rows, verdicts, node.GetID() if node else "", _colors(browser))
        self.ui.noRegistrationsLabel.setVisible(not rows and not self.reading.isReading)
        self.ui.readingLabel.setVisible(self.reading.isReading)
        browser.setVisible(bool(rows))
        if page != self._page:
            self._page = page
            position = browser.verticalScrollBar().value
            browser.setHtml(page)
            browser.verticalScrollBar().setValue(position)
        height = round(browser.document.size.height()) + 6
        browser.setFixedHeight(min(max(height, 40), TALLEST))

    def _showMissing(self) -> None:
        """Say which images are still to be chosen or loaded, or lie elsewhere by now."""
        row, images = self._chosenRow(), imagesByFrame(slicer.mrmlScene)
        told = []
        if row is not None:
            for chosen, frame, which in (
                (self.chosen.base, row.registeredFrame, _("fixed image")),
                (self.chosen.overlay, row.sourceFrame, _("moving image")),
            ):
                if chosen is None and frame and frame not in images:
                    told.append(_("The {which} is not in the scene.").format(which=which))
                elif chosen is None:
                    told.append(_("Choose the {which}.").format(which=which))
        isToLoad = bool(told) and bool(self._seriesToLoad())
        both = (one for one in (self.chosen.base, self.chosen.overlay) if one is not None)
        told += [f"{movedSentence(one)}." for one in both if wasMoved(one)]
        self.ui.missingImagesLabel.text = " ".join(told)
        self.ui.missingImagesLabel.setVisible(bool(told))
        self.ui.loadImagesButton.setVisible(isToLoad)

    def _seriesToLoad(self) -> tuple[DescribedSeries, ...]:
        row = self._chosenRow()
        atHand = imagesByFrame(slicer.mrmlScene)
        return self.reading.seriesToLoad(row.sopInstanceUID, atHand) if row else ()

    def _chosenRow(self) -> ListedRegistration | None:
        node = self.chosen.registration
        return next((one for one in self.rows if node and one.key == node.GetID()), None)

    def _sections(self) -> tuple[ReportSection, ...]:
        """The report on the chosen registration."""
        row = self._chosenRow()
        if row is None:
            return ()
        inspection = self.reading.inspections.get(row.sopInstanceUID)
        return inspectionReport(inspection) if inspection else rowReport(row)

    def _showReport(self) -> None:
        button = self.ui.reportButton
        button.setVisible(self.chosen.registration is not None)
        if button.collapsed:
            return
        page = reportPage(self._sections())
        if page != self._report:
            self._report = page
            self.ui.reportBrowser.setHtml(page)


def _meant(named: Any, frame: str, images: Mapping[str, list], before: Any) -> Any:
    """The image that a registration names, or the only one in its frame, or the one chosen before
    if that is among several or nothing tells the frame; else None.
    """
    if named is not None and isImage(named):
        return named
    if not frame:
        return before
    found = images.get(frame, [])
    if len(found) == 1:
        return found[0]
    return before if before in found else None


def _shownName(patient: Patient) -> str:
    name = patient.name.replace("^", " ").strip()
    return f"{name} ({patient.patientID})" if name else patient.patientID


def _colors(browser: Any) -> ListColors:
    color = browser.palette.color
    return ListColors(
        ground=color(qt.QPalette.AlternateBase).name(),
        chosenGround=color(qt.QPalette.Highlight).name(),
        letters=color(qt.QPalette.Text).name(),
        chosenLetters=color(qt.QPalette.HighlightedText).name(),
    )
