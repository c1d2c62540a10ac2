"""The first panel: which registrations there are, and which one the user works on."""

from __future__ import annotations

from typing import Any

import qt
import slicer
import slicer.util
from slicer.i18n import tr as _
from slicer.parameterNodeWrapper import parameterNodeWrapper

from ..listedRegistration import ListedRegistration
from ..patient import Patient
from ..registrationReport import ReportSection, inspectionReport, reportText, rowReport
from ..sceneRegistrations import imagesByFrame, sceneRegistrations
from ..unchangedOnError import unchangedOnError
from .databaseReading import DatabaseReading
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
        self.ui.reportButton.connect("contentsCollapsed(bool)", self._showReport)
        self.ui.copyReportButton.connect("clicked(bool)", self.onCopyReport)

    def enter(self) -> None:
        self.reading.start()

    def exit(self) -> None:
        self.reading.stop()

    def cleanup(self) -> None:
        self.reading.stop()

    def show(self) -> None:
        here = self._inScene()
        loaded = {one.sopInstanceUID for one in here if not one.otherReader}
        others = (one for uid, one in self.reading.rows.items() if uid not in loaded)
        self.rows = (*here, *others)
        self._showPatients()
        self._showList()
        self._showMissing()
        self._showReport()

    def onLink(self, url: Any) -> None:
        """A row of the list was clicked."""
        link = url.toString()
        if link.startswith(CHOOSE):
            self.choose(slicer.mrmlScene.GetNodeByID(link[len(CHOOSE) :]))
        elif link.startswith(LOAD):
            self.load(link[len(LOAD) :])

    def load(self, sopInstanceUID: str) -> None:
        """Load a registration of the database and work on it."""
        with (
            shownErrors(_("The registration could not be loaded.")),
            unchangedOnError(slicer.mrmlScene),
        ):
            self.choose(self.reading.load(sopInstanceUID))

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
        row = next(one for one in self._inScene() if one.key == node.GetID())
        images = imagesByFrame(slicer.mrmlScene)
        self.chosen.base = _meant(images.get(row.registeredFrame, []), self.chosen.base)
        self.chosen.overlay = _meant(images.get(row.sourceFrame, []), self.chosen.overlay)
        self.module.scheduleShow()

    def onPatient(self, index: int) -> None:
        """Another patient was picked, the first entry for all."""
        self.state.shownPatient = self.ui.shownPatientComboBox.itemData(index) or ""

    def _inScene(self) -> tuple[ListedRegistration, ...]:
        names: dict[str, str] = {}
        for inspection in self.reading.inspections.values():
            names.update(inspection.names)
        return sceneRegistrations(slicer.mrmlScene, names=names)

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
        """Say what is still to choose."""
        lacks = []
        if self.chosen.registration is not None:
            lacks += [] if self.chosen.base else [_("the fixed image")]
            lacks += [] if self.chosen.overlay else [_("the moving image")]
        label = self.ui.missingImagesLabel
        label.setVisible(bool(lacks))
        label.text = _("Choose {images}: it is not clear which one is meant.").format(
            images=_(" and ").join(lacks)
        )

    def _sections(self) -> tuple[ReportSection, ...]:
        """The report on the chosen registration."""
        node = self.chosen.registration
        row = next((one for one in self.rows if node and one.key == node.GetID()), None)
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


def _meant(images: list, before: Any) -> Any:
    """The one image that can be meant, or the one chosen before if it is among several."""
    if len(images) == 1:
        return images[0]
    return before if before in images else None


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
