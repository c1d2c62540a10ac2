"""Structures and a dose that SlicerRT loaded are accepted wherever those are that this extension
loads, and what is made of them is right: on a made patient of whom every point is known.
"""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
import slicer.util
from pydicom import dcmread
from PySide6 import QtCore

from application import dialogs
from application.imageReader import useImageReader
from application.mainWindows import settle
from application.radiotherapyReader import useRadiotherapyReader
from application.runningApplication import loadModule, runningApplication
from deformedDoses import assertDoseOf
from deformerScreen import FEW, leaveOut
from exportScreen import written
from IHERORegistrationLib.displayedPair import Relation
from IHERORegistrationLib.dose import doseFromFile
from IHERORegistrationLib.nodeStructures import segmentNames
from IHERORegistrationLib.structureSetReader import structureSetFromFile
from namedPanels import panelOf

ROOT = Path(__file__).resolve().parents[1]
CHECKED = QtCore.Qt.CheckState.Checked


@pytest.fixture(scope="module")
def screen(tmp_path_factory, deformedPhantom):
    """The module IHE-RO Deformation; images, structures and dose come from other readers."""
    settings = tmp_path_factory.mktemp("settings")
    with runningApplication(settings, deformedPhantom.folder, testing=False):
        slicer.dicomDatabase._directory = str(settings / "database")
        from DICOMLib import DICOMUtils

        from IHERODeformationLib.reader import deformableRegistrationFromFile
        from IHERODeformationLib.scene import transformNodesFromDeformation
        from journeys.received import nodeIn, seriesOf

        useImageReader()
        useRadiotherapyReader()
        module = loadModule(ROOT / "IHERODeformation" / "IHERODeformation.py").widget()
        module.parent.resize(400, 900)
        module.enter()
        DICOMUtils.loadSeriesByUID(seriesOf(("CT", "RTSTRUCT", "RTDOSE")))
        read = deformableRegistrationFromFile(deformedPhantom.deformation().path)
        (module.chosen.registration,) = transformNodesFromDeformation(read, slicer.mrmlScene)
        settle()
        frames = deformedPhantom.registered.frame, deformedPhantom.source.frame
        module.chosen.base, module.chosen.overlay = (
            nodeIn(one, "vtkMRMLScalarVolumeNode") for one in frames
        )
        settle()
        module.structures = [nodeIn(one, "vtkMRMLSegmentationNode") for one in frames]
        (module.dose,) = (
            one
            for one in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
            if one.GetName().startswith("RTDOSE")
        )
        yield module


def few(node):
    """Only some of the segments: the others would take their time."""
    names = segmentNames(node)
    for one in names:
        if names[one] not in FEW:
            node.GetSegmentation().RemoveSegment(one)
    return node


def sent(module, button):
    """The object that the database gets."""
    button.click()
    settle()
    export = panelOf(module, "ExportPanel")
    export.ui.exportPanelButton.collapsed = False
    settle()
    export.judge()
    assert export.ui.exportButton.enabled, export.ui.exportWhyNotLabel.text
    export.ui.exportButton.click()
    settle()
    return written(export)


def test_they_are_the_nodes_of_the_other_reader(screen):
    for node in (*screen.structures, screen.dose):
        assert node.GetName().startswith("RT")
        assert node.GetAttribute("IHERO.Patient") is None
    for node in screen.structures:
        assert node.GetSegmentation().GetSourceRepresentationName() == "Planar contour"


def test_they_are_shown_with_the_image_of_their_frame(screen):
    display = panelOf(screen, "DisplayPanel")
    display.ui.shownDoseSelector.setCurrentNode(screen.dose)
    for node in screen.structures:
        display.ui.shownStructuresSelector.setCurrentNode(node)
        settle()
        assert display.displayed.dose is Relation.REGISTERED
    assert display.displayed.structures is Relation.OFF  # until they are placed
    apply = panelOf(screen, "DeformedApplyPanel")
    doubts = {row.nodeID: row.doubt for row in apply.rows}
    assert doubts[screen.structures[1].GetID()] == doubts[screen.dose.GetID()] == ""


def test_their_contours_are_deformed(screen, deformedPhantom):
    panel = panelOf(screen, "ContourDeformerPanel")
    panel.ui.carriedSetSelector.setCurrentNode(few(screen.structures[0]))
    panel.ui.carryTargetSelector.setCurrentNode(screen.chosen.overlay)
    leaveOut(panel)
    panel.ui.carryButton.click()
    settle()
    path = sent(screen, panel.ui.exportCarriedButton)
    structureSet = structureSetFromFile(path)
    source = deformedPhantom.source.frame
    assert structureSet.frame == source
    assert {one.name for one in structureSet.structures} == set(FEW)
    for one in structureSet.structures:
        assert np.abs(deformedPhantom.distance(one.name, one.points, source)).mean() < 1.0


def test_their_dose_is_deformed_and_counted_in_their_structures(screen, deformedPhantom):
    panel = panelOf(screen, "DoseDeformerPanel")
    panel.ui.doseToDeformSelector.setCurrentNode(screen.dose)
    panel.ui.doseTargetSelector.setCurrentNode(screen.chosen.base)
    panel.ui.doseBeforeSelector.setCurrentNode(few(screen.structures[1]))
    panel.ui.doseAfterSelector.setCurrentNode(screen.structures[0])
    settle()
    panel.ui.deformDoseButton.click()
    settle()
    assert "GTV" in panel.ui.doseReportBrowser.toPlainText()
    dose = doseFromFile(sent(screen, panel.ui.exportDoseButton))
    assertDoseOf(deformedPhantom, dose)


def test_their_dose_is_added(screen):
    panel = panelOf(screen, "DoseSumPanel")
    table = panel.ui.summedDosesTable
    for row in range(table.rowCount):
        table.item(row, 0).setCheckState(CHECKED)
        settle()
    panel.ui.sumTargetSelector.setCurrentNode(screen.chosen.base)
    settle()
    assert len(panel.doses.weights) == 2, panel.ui.sumWayLabel.text
    panel.ui.sumDosesButton.click()
    settle()
    assert not dialogs.shown
    highest = slicer.util.arrayFromVolume(screen.dose).max()
    whole = slicer.util.arrayFromVolume(panel.state.sumResult).max()
    assert whole == pytest.approx(2 * highest, rel=0.03)


def test_both_are_judged_by(screen):
    panel = panelOf(screen, "QualityPanel")
    base, overlay = map(few, screen.structures)
    panel.ui.qualityBaseStructuresSelector.setCurrentNode(base)
    panel.ui.qualityOverlayStructuresSelector.setCurrentNode(overlay)
    settle()
    panel.ui.qualityMeasureButton.click()
    settle()
    assert not dialogs.shown
    told = panel.ui.qualityBrowser.toPlainText()
    assert "Distance of surfaces, mean" in told
    assert "mm (GTV)" in told  # the worst
    comparison = panelOf(screen, "ComparisonPanel")
    comparison.state.comparisonSecond = shifted(screen.chosen.registration)
    comparison.ui.comparisonStructuresSelector.setCurrentNode(base)
    comparison.ui.comparisonDoseSelector.setCurrentNode(screen.dose)
    settle()
    comparison.ui.comparisonMeasureButton.click()
    settle()
    assert not dialogs.shown
    told = comparison.ui.comparisonBrowser.toPlainText()
    assert "GTV" in told
    assert "Gy" in told


def shifted(node):
    """Another registration of the same frames: a shift."""
    other = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "Shift")
    for name in ("IHERO.SourceFrame", "IHERO.RegisteredFrame"):
        other.SetAttribute(name, node.GetAttribute(name))
    return other


@pytest.mark.parametrize("which", ["structures", "dose"])
def test_they_are_exported_themselves(screen, which):
    node = screen.dose if which == "dose" else screen.structures[0]
    export = panelOf(screen, "ExportPanel")
    export.ui.exportPanelButton.collapsed = False
    export.ui.exportedNodeSelector.setCurrentNode(node)
    settle()
    export.judge()
    assert export.task is not None, export.ui.exportWhyNotLabel.text
    export.ui.exportLabelEdit.text = "AGAIN"
    export.ui.exportDescriptionEdit.text = "Again"
    if which == "structures":
        export.state.exportMethod = export.task.form.methods[0]
    settle()
    path = sent(screen, export.ui.copyFindingsButton)
    assert dcmread(path).Modality == ("RTDOSE" if which == "dose" else "RTSTRUCT")
    assert not dialogs.shown
