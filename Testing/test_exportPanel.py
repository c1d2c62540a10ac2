"""The export panel says what will be written, asks what is unclear, and writes it on a click."""

from datetime import datetime

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
from pydicom import dcmread

from application import dialogs
from exportScreen import click, opened, pick, settle, told, typed, written
from IHERODeformationLib.reader import deformableRegistrationFromFile
from IHERORegistrationLib.fiducialsReader import fiducialsFromFile
from IHERORegistrationLib.landmarkNodes import newLandmarkList
from IHERORegistrationLib.nodeVolumes import volumeFromNode
from IHERORegistrationLib.reader import registrationFromFile
from IHERORegistrationLib.registrationReview import Decision, keepReview
from IHERORegistrationLib.saving import saveDataset
from IHERORegistrationLib.structureSetReader import structureSetFromFile
from IHERORegistrationLib.subjectHierarchy import hierarchyOf
from IHERORegistrationLib.writtenObject import writtenObject
from loadedPhantom import loadedDeformedPhantom, loadedPhantom


def test_a_registration_is_written_into_the_database_by_two_clicks(started, phantom):
    started(phantom.folder)
    loaded = loadedPhantom(phantom, slicer.mrmlScene)
    panel = opened()
    assert not panel.ui.exportButton.enabled
    assert panel.ui.exportWhyNotLabel.text.startswith("Choose a registration")
    panel.state.exportedNode = loaded.registrations["MR"]
    settle(panel)
    sentence = told(panel.ui.exportSentenceLabel)
    mr, ct = (loaded.images[name].GetName() for name in ("MR", "CT"))
    assert sentence == f"Maps {mr} (moving) ⟶ onto {ct} (fixed) Spatial Registration"
    assert "no finding" in panel.ui.exportFindingsBrowser.plainText.replace("\xa0", " ")
    assert panel.ui.exportButton.enabled
    click(panel.ui.exportButton)
    read = registrationFromFile(written(panel))
    truth = next(
        one.transform
        for one in phantom.registrations
        if one.transform.fromFrame == read.items[1].sourceFrame
    )
    point = np.array([[31.0, -7.0, 44.0]])
    matrix = read.items[1].matrix
    there = point @ matrix[:3, :3].T + matrix[:3, 3]
    np.testing.assert_allclose(there, truth(point), atol=1e-6)
    click(panel.ui.copyExportedButton)
    assert read.sopInstanceUID in slicer.app.clipboard().text()


def test_what_is_unclear_is_asked_and_what_lacks_is_said(started, phantom):
    started(phantom.folder)
    loaded = loadedPhantom(phantom, slicer.mrmlScene)
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "by hand")
    panel = opened()
    panel.state.exportedNode = node
    settle(panel)
    assert panel.ui.exportFixedComboBox.currentText == "Choose one"
    assert "image that stays (fixed) and the image that is moved" in panel.ui.exportWhyNotLabel.text
    pick(panel, panel.ui.exportFixedComboBox, loaded.images["CT"].GetName())
    assert panel.ui.exportWhyNotLabel.text.startswith("Choose the image that is moved")
    pick(panel, panel.ui.exportMovingComboBox, loaded.images["PET"].GetName())
    assert panel.ui.exportWhyNotLabel.text == "Say how it was made."
    assert panel.ui.exportLabelEdit.text == "BY HA_UNAPPROVED"
    keepReview(node, 0, "", Decision.APPROVED, datetime(2026, 11, 22, 17))
    panel.show()
    assert panel.ui.exportLabelEdit.text == "BY HAND"  # nobody changed it
    pick(panel, panel.ui.exportMethodComboBox, "visual")
    assert panel.ui.exportButton.enabled
    typed(panel, panel.ui.exportLabelEdit, "by hand")
    assert "Only A to Z" in panel.ui.exportWhyNotLabel.text
    assert not panel.ui.exportButton.enabled
    typed(panel, panel.ui.exportLabelEdit, "BY HAND 2")
    click(panel.ui.exportButton)
    assert registrationFromFile(written(panel)).label == "BY HAND 2"
    keepReview(node, 4, "", Decision.REJECTED, datetime(2026, 11, 22, 17))
    panel.show()
    assert panel.ui.exportLabelEdit.text == "BY HAND 2"


def test_the_profiles_are_those_that_apply(started, phantom, deformedPhantom):
    started(phantom.folder)
    loaded = loadedPhantom(phantom, slicer.mrmlScene)
    panel = opened()
    box = panel.ui.exportProfileComboBox
    for node, profiles in (
        (loaded.registrations["MR"], ["MMRO-III", "MMRO-II", "MMRO", "DICOM"]),
        (loaded.structures[0], ["MMRO-III", "BRTO-II", "DICOM"]),
        (loaded.dose, ["BRTO-II", "DICOM"]),
    ):
        panel.state.exportedNode = node
        settle(panel)
        assert [box.itemText(n) for n in range(box.count)] == profiles
    assert panel.ui.exportMovingComboBox.visible is False
    assert panel.ui.exportLabelEdit.visible is False  # a dose has none


def test_structures_are_written_to_a_folder_and_the_database(started, phantom, tmp_path):
    started(phantom.folder)
    loaded = loadedPhantom(phantom, slicer.mrmlScene)
    panel = opened()
    panel.state.exportedNode = loaded.structures[0]
    settle(panel)
    pick(panel, panel.ui.exportMethodComboBox, "automatic")
    click(panel.ui.exportToFolderCheckBox)
    settle(panel)
    assert panel.ui.exportWhyNotLabel.text == "Choose the folder to write to."
    panel.ui.exportFolderEdit.currentPath = str(tmp_path / "out")
    settle(panel)
    told: list[bool] = []
    slicer.dicomDatabase.connect("databaseChanged()", lambda: told.append(True))
    click(panel.ui.exportButton)
    settle(panel)
    assert told  # the DICOM browser shows it
    (file,) = (tmp_path / "out").iterdir()
    names = {one.name for one in structureSetFromFile(file).structures}
    assert names == {one.name for one in structureSetFromFile(written(panel)).structures}
    assert str(file) in panel.ui.exportedLabel.text.replace("\u200b", "")
    assert panel.widget.minimumSizeHint().width() < 400
    box = panel.ui.exportStructureTypeComboBox
    assert not box.isVisibleTo(panel.widget)  # all that were read have a type
    loaded.structures[0].GetSegmentation().GetNthSegment(0).SetName("drawn anew")
    panel.module.showPanels()
    settle(panel)
    assert box.isVisibleTo(panel.widget)
    pick(panel, box, "PTV")
    assert panel.state.exportStructureType == "PTV"


def test_a_deformation_is_written_with_its_measured_error(started, deformedPhantom):
    started(deformedPhantom.folder)
    loaded = loadedDeformedPhantom(deformedPhantom, slicer.mrmlScene)
    panel = opened("IHERODeformation")
    panel.chosen.registration = loaded.registration
    settle(panel)
    assert panel.state.exportedNode is loaded.registration
    assert panel.ui.exportExpertButton.visible
    assert "no finding" in panel.ui.exportFindingsBrowser.plainText.replace("\xa0", " ")
    panel.state.exportSpacing = 12.0  # sampled anew, as the user wants
    settle(panel)
    assert panel.ui.exportWhyNotLabel.text == ""
    click(panel.ui.exportButton)
    settle(panel)
    assert "Sampled every" in panel.ui.exportedLabel.text
    read = deformableRegistrationFromFile(written(panel)).oneDeformation()
    assert (read.grid.lattice.spacing <= 12).all()


def test_layouts_for_other_readers_are_judged_by_dicom(started, deformedPhantom):
    started(deformedPhantom.folder)
    loaded = loadedDeformedPhantom(deformedPhantom, slicer.mrmlScene)
    panel = opened()
    panel.state.exportedNode = loaded.registration
    settle(panel)
    panel.ui.exportExpertButton.collapsed = False
    pick(panel, panel.ui.exportLayoutComboBox, "one item")
    assert panel.ui.exportProfileComboBox.currentText == "DICOM"
    assert "DRRO-DSR-003" in panel.ui.exportFindingsBrowser.plainText
    click(panel.ui.copyFindingsButton)
    assert "DRRO-DSR-003" in slicer.app.clipboard().text()
    assert panel.ui.exportButton.enabled


def test_nothing_is_written_twice_or_half(started, phantom, tmp_path, monkeypatch):
    started(phantom.folder)
    loaded = loadedPhantom(phantom, slicer.mrmlScene)
    panel = opened()
    panel.state.exportedNode = loaded.registrations["MR"]
    panel.state.exportToFolder = True
    panel.state.exportFolder = str(tmp_path / "out")
    settle(panel)
    monkeypatch.setattr(type(slicer.dicomDatabase), "insert", lambda *_: None)  # a full disk
    with pytest.raises(Exception, match="took 0 of 1 files"):
        panel.onExport()
    assert list((tmp_path / "out").iterdir()) == []
    assert panel.state.exportReport == ""
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    panel.state.exportToDatabase = False
    panel.state.exportFolder = str(blocked)
    settle(panel)
    with pytest.raises(Exception, match="cannot write"):
        panel.onExport()
    assert blocked.read_text() == "no folder"


def test_gone_nodes_databases_and_scenes_are_sentences(started, phantom):
    started(phantom.folder)
    loaded = loadedPhantom(phantom, slicer.mrmlScene)
    panel = opened()
    panel.state.exportedNode = loaded.registrations["MR"]
    settle(panel)
    slicer.mrmlScene.RemoveNode(loaded.images["MR"])
    settle(panel)
    assert panel.ui.exportWhyNotLabel.text.startswith("Load the images first")
    slicer.dicomDatabase.closeDatabase()
    panel.state.exportedNode = loaded.registrations["PET"]
    settle(panel)
    assert "no DICOM database is open" in panel.ui.exportWhyNotLabel.text
    slicer.mrmlScene.RemoveNode(loaded.registrations["PET"])
    settle(panel)
    assert panel.ui.exportWhyNotLabel.text.startswith("Choose a registration")
    slicer.mrmlScene.Clear(False)
    settle(panel)
    assert not panel.ui.exportButton.enabled


def test_another_patient_stops_until_the_user_confirms(started, phantom, tmp_path):
    folder = tmp_path / "both"
    for scan in ("CT", "MR"):
        for file in sorted((phantom.folder / scan).glob("*.dcm")):
            dataset = dcmread(file)
            if scan == "MR":
                dataset.PatientID = "SOMEBODY ELSE"
            saveDataset(dataset, folder / scan / file.name)
    started(folder)
    loaded = loadedPhantom(phantom, slicer.mrmlScene)
    panel = opened()
    panel.state.exportedNode = loaded.registrations["MR"]
    settle(panel)
    assert "belongs to another patient" in panel.ui.exportWhyNotLabel.text
    assert not panel.ui.exportButton.enabled
    assert panel.ui.exportOtherPatientCheckBox.visible
    click(panel.ui.exportOtherPatientCheckBox)
    settle(panel)
    assert panel.ui.exportButton.enabled
    click(panel.ui.exportButton)
    settle(panel)
    comment = registrationFromFile(written(panel)).items[1].comment
    assert "other patient confirmed by user" in comment
    panel.state.exportedNode = loaded.registrations["PET"]
    settle(panel)
    assert not panel.state.exportOtherPatient  # it was said of the other pair


def test_images_that_slicers_own_reader_loaded_are_found_by_the_database(started, phantom):
    started(phantom.folder)
    loaded = loadedPhantom(phantom, slicer.mrmlScene)
    hierarchy = hierarchyOf(slicer.mrmlScene)
    for node in loaded.images.values():
        node.SetAttribute("IHERO.FrameOfReferenceUID", None)
        item = hierarchy.GetItemByDataNode(node)
        hierarchy.SetItemAttribute(item, "DICOM.FrameOfReferenceUID", "")
    panel = opened()
    panel.state.exportedNode = loaded.registrations["PET"]
    settle(panel)
    assert panel.ui.exportButton.enabled
    assert panel.state.exportMoving is loaded.images["PET"]
    click(panel.ui.exportButton)
    settle(panel)
    frame = registrationFromFile(written(panel)).items[1].sourceFrame
    assert frame == phantom.named("PET").frame


def test_a_plain_image_has_nothing_to_export(started, phantom):
    started(phantom.folder)
    loaded = loadedPhantom(phantom, slicer.mrmlScene)
    panel = opened()
    panel.state.exportedNode = loaded.images["CT"]
    settle(panel)
    assert "images are in the DICOM database as they were read" in panel.ui.exportWhyNotLabel.text
    assert not panel.ui.exportButton.enabled


def test_who_cancels_finds_everything_as_it_was(started, deformedPhantom, tmp_path):
    started(deformedPhantom.folder)
    loaded = loadedDeformedPhantom(deformedPhantom, slicer.mrmlScene)
    panel = opened()
    panel.state.exportedNode = loaded.registration
    panel.state.exportSpacing = 3.0
    settle(panel)
    count = len(slicer.dicomDatabase.allFiles())
    dialogs.cancelWork()
    click(panel.ui.exportButton)
    assert panel.state.exportReport == ""
    assert len(slicer.dicomDatabase.allFiles()) == count


def test_the_choices_survive_in_the_scene(started, phantom):
    started(phantom.folder)
    loaded = loadedPhantom(phantom, slicer.mrmlScene)
    panel = opened()
    panel.state.exportedNode = loaded.registrations["MR"]
    settle(panel)
    typed(panel, panel.ui.exportCommentEdit, "seen by two")
    pick(panel, panel.ui.exportProfileComboBox, "MMRO")
    node = panel.state.parameterNode
    assert node.GetParameter("exportComment") == "seen by two"
    assert node.GetParameter("exportProfile") == "MMRO"
    assert node.GetNodeReference("exportedNode.0") is loaded.registrations["MR"]


def test_after_the_export_the_list_shows_the_node_as_the_written_object(started, phantom):
    started(phantom.folder)
    loaded = loadedPhantom(phantom, slicer.mrmlScene)
    panel, node = opened(), loaded.registrations["MR"]
    before = writtenObject(node)
    panel.state.exportedNode = node
    settle(panel)
    click(panel.ui.exportButton)
    assert before != writtenObject(node) == dcmread(written(panel)).SOPInstanceUID


def test_points_on_an_image_are_written_as_its_fiducials(started, phantom):
    started(phantom.folder)
    image = loadedPhantom(phantom, slicer.mrmlScene).images["CT"]
    points = newLandmarkList(image, "Points on CT", (1, 0.8, 0))
    points.AddControlPoint(*(np.mean(volumeFromNode(image, "").lattice.corners, 0) * (-1, -1, 1)))
    panel = opened()
    panel.ui.exportedNodeSelector.setCurrentNode(points)
    settle(panel)
    assert told(panel.ui.exportSentenceLabel).startswith("Stores 1 point of Points on CT on CT")
    click(panel.ui.exportButton)
    (group,) = fiducialsFromFile(written(panel)).sets
    place = np.array(points.GetNthControlPointPosition(0)) * (-1, -1, 1)
    np.testing.assert_allclose(group.fiducials[0].points, [place], atol=1e-9)
