"""The list of registrations says what maps where; a row chooses the registration and its images."""

import time
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
from PySide6 import QtCore, QtTest

import builders
from application.mainWindows import settle
from application.runningApplication import loadModule, runningApplication
from IHERORegistrationLib.errors import MalformedObjectError
from IHERORegistrationLib.patient import UNKNOWN_PATIENT
from IHERORegistrationLib.references import InstanceReference, SeriesReference
from IHERORegistrationLib.registrationReport import reportText
from IHERORegistrationLib.saving import saveDataset
from IHERORegistrationLib.subjectHierarchy import markSeries, placeInStudy
from loadedPhantom import loadedDeformedPhantom, loadedPhantom

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def application(tmp_path):
    with runningApplication(tmp_path) as running:
        yield running


@pytest.fixture
def database(tmp_path):
    """Function that starts the application with data sets in its DICOM database."""
    running = []

    def start(*datasets):
        folder = tmp_path / "dicom"
        folder.mkdir()
        for number, dataset in enumerate(datasets):
            saveDataset(dataset, folder / f"{number:03}.dcm")
        running.append(runningApplication(tmp_path, folder))
        running[0].__enter__()
        loadModule(ROOT / "IHERODeformation" / "IHERODeformation.py")

    yield start
    running[0].__exit__(None, None, None)


IMAGES = (
    *builders.ctSeries(SeriesDescription="Planning"),
    *builders.mrSeries(SeriesDescription="T1"),
)


def wait(panel):
    """Until all of the database is read."""
    for _ in range(200):
        settle()
        if not panel.reading.isReading:
            settle()
            return
    raise AssertionError("still reading")


def opened(name="IHERORegistration"):
    from IHERORegistrationLib.widgets.registrationsPanel import RegistrationsPanel

    widget = loadModule(ROOT / name / f"{name}.py").widget()
    widget.parent.resize(400, 700)
    widget.enter()
    settle()
    return widget, widget.panel(RegistrationsPanel)


def clickLink(browser, link):
    """Click where the link is drawn."""
    viewport = browser.viewport()
    for y in range(0, viewport.height, 4):
        for x in range(0, viewport.width, 8):
            if browser.anchorAt(QtCore.QPoint(x, y)) == link:
                place = QtCore.QPoint(x + 4, y)
                QtTest.QTest.mouseClick(
                    viewport, QtCore.Qt.MouseButton.LeftButton, QtCore.Qt.KeyboardModifier(0), place
                )
                settle()
                return
    raise AssertionError(f"{link} is not to be seen")


def test_a_row_says_what_maps_onto_what(application, phantom):
    loaded = loadedPhantom(phantom, slicer.mrmlScene)
    _, panel = opened()
    text = panel.ui.registrationsBrowser.plainText
    ct, mr = (loaded.images[name].GetName() for name in ("CT", "MR"))
    assert f"Maps {mr} (moving) ⟶ onto {ct} (fixed)" in text
    assert "Rigid" in text
    assert "not applied" in text


def test_a_click_on_a_row_chooses_the_registration_and_its_images(application, phantom):
    loaded = loadedPhantom(phantom, slicer.mrmlScene)
    module, panel = opened()
    node = loaded.registrations["PET"]
    clickLink(panel.ui.registrationsBrowser, f"choose:{node.GetID()}")
    assert module.chosen.registration is node
    assert module.chosen.base is loaded.images["CT"]
    assert module.chosen.overlay is loaded.images["PET"]
    assert panel.ui.registeredOverlaySelector.currentNode() is loaded.images["PET"]
    assert not panel.ui.missingImagesLabel.visible


def test_a_deformation_is_listed_in_both_modules(application, deformedPhantom):
    loaded = loadedDeformedPhantom(deformedPhantom, slicer.mrmlScene)
    _, panel = opened("IHERODeformation")
    (row,) = panel.rows
    assert row.kind == "Deformable"
    assert row.sentence.startswith("Deforms ")
    panel.choose(loaded.registration)
    assert {panel.chosen.base, panel.chosen.overlay} == set(loaded.images.values())


def test_registrations_of_the_database_are_listed_judged_and_loaded(database):
    registration = builders.spatialRegistration()
    database(*IMAGES, registration, builders.deformableRegistration())
    module, panel = opened()
    wait(panel)
    text = panel.ui.registrationsBrowser.plainText
    assert "Maps MR “T1” (moving) ⟶ onto CT “Planning” (fixed)" in text
    assert "MMRO\u2011III conformant" in text
    assert [row.kind for row in panel.rows] == ["Rigid", "Deformable"]
    assert len(slicer.util.getNodesByClass("vtkMRMLTransformNode")) == 3  # of the slice views
    clickLink(panel.ui.registrationsBrowser, f"load:{registration.SOPInstanceUID}")
    node = module.chosen.registration
    assert node.GetAttribute("IHERO.SOPInstanceUID") == registration.SOPInstanceUID
    assert [row.isInScene for row in panel.rows] == [True, False]
    # Its images are only in the database: the sentence still names them
    assert panel.rows[0].moving == "MR “T1”"
    assert "The moving image is not in the scene" in panel.ui.missingImagesLabel.text
    panel.ui.loadImagesButton.click()
    settle()
    assert module.chosen.base.GetAttribute("IHERO.FrameOfReferenceUID") == builders.CT_FRAME
    assert module.chosen.overlay.GetAttribute("IHERO.FrameOfReferenceUID") == builders.MR_FRAME
    assert not panel.ui.missingImagesLabel.visible
    assert not panel.ui.loadImagesButton.visible


def test_findings_are_counted_in_the_list_and_told_in_the_report(database):
    database(*IMAGES, builders.spatialRegistration(Manufacturer=builders.ABSENT))
    _, panel = opened()
    wait(panel)
    (row,) = panel.rows
    panel.load(row.key)
    settle()
    verdict = panel.reading.verdicts[row.key]
    assert verdict.findings
    panel.ui.reportButton.collapsed = False
    panel.ui.copyReportButton.click()
    told = slicer.app.clipboard().text()
    for finding in verdict.findings:
        assert finding.rule.code in told
        assert finding.rule.source in told
    assert "7 referenced, 7 in the DICOM database." in told
    assert verdict.findings[0].rule.code in panel.ui.reportBrowser.plainText


def test_a_file_that_is_no_registration_is_a_row_with_the_reason(database):
    broken = builders.spatialRegistration()
    del broken.RegistrationSequence
    database(broken)
    _, panel = opened()
    wait(panel)
    (row,) = panel.rows
    assert "RegistrationSequence" in row.problem
    assert "✖ Unreadable" in panel.ui.registrationsBrowser.plainText


def test_a_dropped_file_is_judged_without_a_database(application, tmp_path):
    broken = builders.spatialRegistration(Manufacturer=builders.ABSENT)
    path = saveDataset(broken, tmp_path / "dropped.dcm")
    _, panel = opened()
    reader = loadModule(ROOT / "IHERORegistration" / "IHERORegistration.py").python
    assert reader.IHERORegistrationFileReader(SimpleNamespace()).load({"fileName": str(path)})
    assert "not judged" in shownSoon(panel)
    wait(panel)
    text = panel.ui.registrationsBrowser.plainText
    assert " finding" in text
    assert "Load from the DICOM database" not in text  # it is in none
    panel.choose(slicer.mrmlScene.GetNodeByID(panel.rows[0].key))
    panel.ui.reportButton.collapsed = False
    settle()
    assert str(path) in reportText(panel._sections())
    slicer.mrmlScene.RemoveNode(panel.chosen.registration)
    settle()
    assert panel.rows == ()


def shownSoon(panel):
    """The list before anything more was read."""
    panel.show()
    return panel.ui.registrationsBrowser.plainText


def test_one_patient_can_be_listed_alone(database):
    other = builders.spatialRegistration(
        PatientID="OTHER", PatientName="Second^Patient", SOPInstanceUID="2.25.5"
    )
    database(*IMAGES, builders.spatialRegistration(), other)
    _, panel = opened()
    wait(panel)
    box = panel.ui.shownPatientComboBox
    assert box.count == 3
    box.setCurrentIndex(box.findData("OTHER"))
    box.activated.emit(box.currentIndex)
    settle()
    assert panel.state.shownPatient == "OTHER"
    assert panel.ui.registrationsBrowser.plainText.count("Maps ") == 1


def test_closing_the_scene_empties_the_list(application, phantom):
    loaded = loadedPhantom(phantom, slicer.mrmlScene)
    _, panel = opened()
    panel.choose(loaded.registrations["MR"])
    slicer.mrmlScene.Clear(False)
    settle()
    assert panel.rows == ()
    assert panel.chosen.registration is None


def test_what_comes_to_the_database_and_goes_is_followed(database, tmp_path):
    registration = builders.spatialRegistration()
    database(*IMAGES, registration)
    _, panel = opened()
    wait(panel)
    slicer.mrmlScene.Clear(False)
    saveDataset(builders.deformableRegistration(), tmp_path / "new.dcm")
    slicer.dicomDatabase.insert(str(tmp_path / "new.dcm"))
    slicer.dicomDatabase.updateDisplayedFields()
    wait(panel)
    assert [row.kind for row in panel.rows] == ["Rigid", "Deformable"]
    slicer.dicomDatabase.removeSeries(registration.SeriesInstanceUID)
    wait(panel)
    assert [row.kind for row in panel.rows] == ["Deformable"]
    slicer.dicomDatabase.closeDatabase()
    wait(panel)
    assert panel.rows == ()


def test_a_file_that_is_gone_is_told_in_one_sentence_and_the_scene_stays(database, tmp_path):
    registration = builders.spatialRegistration()
    database(*IMAGES, registration)
    module, panel = opened()
    wait(panel)
    for file in (tmp_path / "dicom").iterdir():
        file.unlink()
    count = slicer.mrmlScene.GetNumberOfNodes()
    with pytest.raises(MalformedObjectError):  # Slicer shows it; nobody is there to see it
        panel.load(registration.SOPInstanceUID)
    assert slicer.mrmlScene.GetNumberOfNodes() == count
    assert module.chosen.registration is None


def test_a_transform_without_frames_leaves_the_images_chosen_before(application, phantom):
    loaded = loadedPhantom(phantom, slicer.mrmlScene)
    module, panel = opened()
    panel.choose(loaded.registrations["MR"])
    plain = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "plain")
    panel.choose(plain)
    assert module.chosen.overlay is loaded.images["MR"]
    role = slicer.vtkMRMLTransformNode.GetMovingNodeReferenceRole()
    plain.SetNodeReferenceID(role, loaded.images["PET"].GetID())
    panel.choose(plain)
    assert module.chosen.overlay is loaded.images["PET"]
    settle()
    slicer.mrmlScene.RemoveNode(plain)
    settle()
    assert module.chosen.registration is None
    assert len(panel.rows) == 2


def test_what_another_reader_loaded_is_marked_judged_and_offered_again(database):
    """As SlicerRT leaves it: a matrix, and the object's UID in the subject hierarchy."""
    registration = builders.spatialRegistration()
    database(*IMAGES, registration)
    _, panel = opened()
    wait(panel)
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "theirs")
    placeInStudy(node, UNKNOWN_PATIENT, "")
    instance = InstanceReference("", registration.SOPInstanceUID)
    markSeries(node, SeriesReference("", "1.2", (instance,)), "REG", "")
    settle()
    theirs, ours = panel.rows
    assert theirs.otherReader
    assert not ours.isInScene
    text = panel.ui.registrationsBrowser.plainText
    assert text.count("MMRO\u2011III conformant") == 2
    assert "▲ other reader" in text
    panel.choose(node)
    settle()
    assert "7 referenced" in reportText(panel._sections())


def manyObjects():
    """30 image series and 20 registrations between them, each of its own frame."""
    for number in range(30):
        uids = {"FrameOfReferenceUID": f"2.25.9.{number}", "SeriesInstanceUID": f"2.25.8.{number}"}
        for place, image in enumerate(builders.ctSeries(2, SeriesDescription=f"CT {number}")):
            image.SOPInstanceUID = f"2.25.7.{number}.{place}"
            yield builders.changed(image, uids)
    for number in range(20):
        yield builders.spatialRegistration(
            SOPInstanceUID=f"2.25.6.{number}",
            SeriesInstanceUID=f"2.25.5.{number}",
            items=[
                builders.registrationItem(source, matrix, FrameOfReferenceUID=frame)
                for source, matrix, frame in (
                    (builders.ctSeries(), builders.IDENTITY, "2.25.9.0"),
                    (builders.mrSeries(), builders.MATRIX, f"2.25.9.{number + 1}"),
                )
            ],
            FrameOfReferenceUID="2.25.9.0",
        )


def test_20_registrations_and_30_series_are_listed_at_once(database):
    database(*manyObjects())
    module, panel = opened()
    wait(panel)
    assert len(panel.rows) == 20
    for uid in list(panel.reading.rows):
        panel.reading.load(uid)
    for number in range(30):
        volume = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", f"CT {number}")
        volume.SetAttribute("IHERO.FrameOfReferenceUID", f"2.25.9.{number}")
    settle()
    module.exit()
    begin = time.process_time()
    module.enter()
    settle()
    assert time.process_time() - begin < 0.5
    assert panel.rows[4].sentence == "Maps CT 5 (moving) → onto CT 0 (fixed)"
