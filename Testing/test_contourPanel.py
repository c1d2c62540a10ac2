"""Structures are carried from the panel into a new node, or nothing happens and it is said why."""

import json
import zipfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
from PySide6 import QtCore

from application import dialogs
from application.mainWindows import settle
from application.openedScenes import nodeIDs
from application.runningApplication import loadModule, runningApplication
from IHERORegistrationLib.carriedNodes import REGISTRATIONS
from IHERORegistrationLib.dataFolder import dataFolder
from IHERORegistrationLib.dataNodes import (
    Segment,
    nodesFromStructureSet,
    segmentationNode,
    volumeNodeFromSeries,
)
from IHERORegistrationLib.keptObject import keptObject
from IHERORegistrationLib.lattice import Volume
from IHERORegistrationLib.nodeIdentity import patientOfNode
from IHERORegistrationLib.nodeReport import reportOf
from IHERORegistrationLib.nodeStructures import segmentNames
from IHERORegistrationLib.nodeVolumes import volumeFromNode
from IHERORegistrationLib.reader import registrationFromFile
from IHERORegistrationLib.registrationText import seriesFromText
from IHERORegistrationLib.scene import FRAME, transformNodesFromRegistration
from IHERORegistrationLib.structureSetReader import structureSetFromDataset
from IHERORegistrationLib.subjectHierarchy import placeInStudy

ROOT = Path(__file__).resolve().parents[1]
REGION = "Lung_R"


@pytest.fixture(scope="module")
def files(phantom):
    """What is loaded, read once."""
    folder = dataFolder(phantom.folder)
    mr = phantom.named("MR").frame
    (path,) = (one.path for one in phantom.registrations if one.transform.fromFrame == mr)
    return SimpleNamespace(
        ct=folder.oneSeries(frame=phantom.primary.frame),
        mr=folder.oneSeries(frame=mr),
        structures=folder.oneStructureSet(),
        registration=registrationFromFile(path, frameOfInstance=folder.frameOfInstance),
    )


@pytest.fixture
def application(tmp_path, phantom):
    with runningApplication(tmp_path, phantom.folder, testing=False) as running:
        dialogs.forget()
        yield running


@pytest.fixture
def opened(application, files):
    """The panel, ready to carry one structure of the CT to the MR, and the nodes."""
    from IHERORegistrationLib.widgets.contourPanel import ContourPanel

    scene = slicer.mrmlScene
    nodes = SimpleNamespace(
        images={
            "CT": volumeNodeFromSeries(files.ct, scene),
            "MR": volumeNodeFromSeries(files.mr, scene),
        },
        structures=nodesFromStructureSet(files.structures, files.ct.lattice, scene),
        registrations={"MR": transformNodesFromRegistration(files.registration, scene)[0]},
    )
    module = loadModule(ROOT / "IHERORegistration" / "IHERORegistration.py").widget()
    module.parent.resize(400, 900)
    module.enter()
    panel = module.panel(ContourPanel)
    panel.ui.contourButton.collapsed = False
    module.chosen.registration = nodes.registrations["MR"]
    module.chosen.base, module.chosen.overlay = nodes.images["CT"], nodes.images["MR"]
    panel.ui.carriedSetSelector.setCurrentNode(nodes.structures[0])
    panel.ui.carryTargetSelector.setCurrentNode(nodes.images["MR"])
    settle()
    check(panel, REGION)
    return panel, nodes


def check(panel, *names):
    """Check these structures only."""
    panel.ui.carryNoneButton.click()
    settle()
    for row in range(panel.ui.carriedStructuresList.count):
        item = panel.ui.carriedStructuresList.item(row)
        if item.text() in names:
            item.setCheckState(QtCore.Qt.CheckState.Checked)
            settle()
            return


def test_a_structure_arrives_where_the_body_is(opened, phantom):
    panel, nodes = opened
    source = nodes.structures[0]
    before = source.GetSegmentation().GetNumberOfSegments(), source.GetMTime()
    panel.ui.carryButton.click()
    made = panel.state.carriedResult
    assert list(segmentNames(made).values()) == [REGION]
    mr = phantom.named("MR")
    assert made.GetAttribute(FRAME) == mr.frame
    assert made.GetParentTransformNode() is None
    assert patientOfNode(made) == patientOfNode(nodes.images["MR"])
    (drawn,) = structureSetFromDataset(keptObject(made)).structures
    inside = phantom.distance(REGION, drawn.points, mr.frame)
    assert np.abs(inside).max() < 5  # mm from the true surface, drawn on slices 8 mm apart
    assert np.abs(inside).mean() < 0.6
    (used,) = seriesFromText(made.GetAttribute(REGISTRATIONS))
    (instance,) = used.instances
    told = nodes.registrations["MR"].GetAttribute("IHERO.SOPInstanceUID")
    assert instance.sopInstanceUID == told
    assert (source.GetSegmentation().GetNumberOfSegments(), source.GetMTime()) == before


def test_the_report_tells_volumes_and_can_be_copied(opened):
    panel, _ = opened
    panel.ui.carryButton.click()
    settle()
    report = reportOf(panel.state.carriedResult)
    (row,) = report.rows
    assert row[0] == REGION
    assert float(row[1]) == pytest.approx(float(row[2]), rel=0.05)
    assert row[4].endswith("on no slice")
    assert report.sentences == ("Made of the contours of its RT Structure Set.",)
    panel.ui.copyCarriedButton.click()
    assert slicer.app.clipboard().text() == report.asText
    assert REGION in panel.ui.carriedReportBrowser.plainText


def test_the_report_is_in_a_saved_scene(opened, tmp_path):
    panel, _ = opened
    panel.ui.carryButton.click()
    report, kept = (read(panel.state.carriedResult) for read in (reportOf, keptObject))
    name = panel.state.carriedResult.GetName()
    assert slicer.mrmlScene.WriteToMRB(str(tmp_path / "scene.mrb"))
    slicer.mrmlScene.Clear(False)
    with zipfile.ZipFile(tmp_path / "scene.mrb") as packed:
        packed.extractall(tmp_path / "unpacked")
    (scene,) = (tmp_path / "unpacked").glob("*/*.mrml")
    slicer.mrmlScene.SetURL(str(scene))
    assert slicer.mrmlScene.Connect()
    settle()
    node = slicer.util.getNode(name)
    assert reportOf(node) == report
    assert keptObject(node) == kept
    assert panel.state.carriedResult is node


def test_what_is_missing_is_said_and_the_button_waits(opened):
    panel, _ = opened
    check(panel)
    assert panel.ui.carriedWayLabel.text == "Check a structure at least."
    assert not panel.ui.carryButton.enabled
    panel.ui.carryAllButton.click()
    settle()
    assert panel.ui.carryButton.enabled
    panel.chosen.registration = None
    settle()
    assert panel.ui.carriedWayLabel.text == "Choose a registration above."


def test_cancel_leaves_the_scene_as_it_was(opened):
    panel, _ = opened
    before = nodeIDs()
    dialogs.cancelWork()
    panel.ui.carryButton.click()
    assert nodeIDs() == before
    assert panel.state.carriedResult is None


def test_another_patient_stops(opened, caplog):
    panel, _ = opened
    before = nodeIDs()
    original = panel._structures

    def ofAnother(frame):
        found = original(frame)
        other = replace(found.structureSet.patient, patientID="OTHER")
        return replace(found, structureSet=replace(found.structureSet, patient=other))

    panel._structures = ofAnother
    panel.ui.carryButton.click()
    assert "belongs to another patient" in caplog.text
    assert "--other-patient-ok" not in caplog.text
    assert nodeIDs() == before


def test_images_that_left_the_database_are_named(opened, caplog):
    panel, _ = opened
    slicer.dicomDatabase._files.clear()
    slicer.dicomDatabase._headers.clear()
    panel.ui.carryButton.click()
    assert "import them again" in caplog.text


def test_a_segmentation_drawn_here_is_asked_for_its_images(opened, phantom):
    panel, nodes = opened
    image = volumeFromNode(nodes.images["CT"], phantom.primary.frame)
    mask = np.zeros(image.lattice.shape, np.uint8)
    mask[8:14, 12:22, 20:34] = 1
    drawn = segmentationNode(
        [Segment("Box", (9, 9, 200), Volume(mask, image.lattice, ""))], "", slicer.mrmlScene, "Own"
    )
    placeInStudy(drawn, patientOfNode(nodes.images["CT"]), "")
    panel.state.carriedSet = drawn
    panel.state.notCarried = ""
    settle()
    dialogs.answers.append("Yes")
    panel.ui.carryButton.click()
    assert "Was it drawn on" in dialogs.shown[0].text
    assert drawn.GetAttribute(FRAME) == phantom.primary.frame
    (row,) = reportOf(panel.state.carriedResult).rows
    assert float(row[1]) == pytest.approx(mask.sum() * np.prod(image.lattice.spacing) / 1000, 0.02)


def test_a_node_that_goes_and_a_closed_scene_leave_a_sentence(opened):
    panel, nodes = opened
    slicer.mrmlScene.RemoveNode(nodes.structures[0])
    settle()
    assert panel.ui.carriedWayLabel.text == "Choose the structures to be carried."
    slicer.mrmlScene.Clear(False)
    settle()
    assert not panel.ui.carryButton.enabled


def test_what_is_left_out_is_kept_in_the_scene(opened):
    panel, nodes = opened
    names = segmentNames(nodes.structures[0])
    left = json.loads(panel.state.notCarried)
    assert {names[one] for one in left} == set(names.values()) - {REGION}


def test_carried_structures_have_other_lines_than_those_that_they_were_made_of(opened):
    from IHERORegistrationLib.widgets.displayPanel import DisplayPanel

    panel, nodes = opened
    source = nodes.structures[0]
    panel.ui.carryButton.click()
    settle()
    made = panel.state.carriedResult
    thin, wide = source.GetDisplayNode(), made.GetDisplayNode()
    assert wide.GetSliceIntersectionThickness() > thin.GetSliceIntersectionThickness()
    assert wide.GetOpacity2DOutline() < thin.GetOpacity2DOutline()
    display = panel.module.panel(DisplayPanel)
    display.ui.shownStructuresSelector.setCurrentNode(source)
    settle()
    told = f"Thin lines: {source.GetName()}. Wide, pale lines: {made.GetName()}."
    assert display.ui.drawnStructuresLabel.text == told
    display.ui.onlyStructuresButton.click()
    settle()
    assert (source.GetDisplayVisibility(), made.GetDisplayVisibility()) == (1, 0)
    assert display.ui.drawnStructuresLabel.isHidden()
    made.SetDisplayVisibility(True)  # anywhere in Slicer
    settle()
    assert not display.ui.drawnStructuresLabel.isHidden()
