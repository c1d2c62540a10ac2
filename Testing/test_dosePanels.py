"""Doses are deformed and added from the panels into new nodes that say what became of them."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
from PySide6 import QtCore

from application.mainWindows import settle
from deformerScreen import chooseDose, putOnCouch
from IHERORegistrationLib.dataNodes import doseNodeFromDose, nodesFromStructureSet
from IHERORegistrationLib.dose import doseFromDataset
from IHERORegistrationLib.keptObject import keptObject
from IHERORegistrationLib.nodeReport import reportOf
from IHERORegistrationLib.nodeStructures import segmentNames
from IHERORegistrationLib.nodeVolumes import volumeFromNode
from IHERORegistrationLib.scene import FRAME
from IHERORegistrationLib.structureSetReader import structureSetFromFile
from namedPanels import panelOf


def test_a_dose_arrives_with_its_values_and_its_report(module, deformedPhantom, deformedFiles):
    panel = chooseDose(module)
    panel.ui.deformDoseButton.click()
    made = panel.state.doseResult
    here = volumeFromNode(made, made.GetAttribute(FRAME))
    k, j, i = np.indices(here.lattice.shape)
    truth = deformedPhantom.doseAt(here.lattice.points(np.stack([i, j, k], axis=-1)))
    known = here.values > 0
    off = np.abs(here.values - truth)[known]
    peak = deformedFiles.dose.volume.values.max()
    assert off.mean() < 0.01 * peak
    told = " ".join(reportOf(made).sentences)
    for words in ("as its RT Dose says", "Integral", "have a dose", "energy is not kept"):
        assert words in told
    written = keptObject(made)
    assert written.SpatialTransformOfDose == "NON_RIGID"
    (item,) = written.ReferencedSpatialRegistrationSequence
    assert item.ReferencedSOPInstanceUID == deformedFiles.registration.sopInstanceUID
    again = doseFromDataset(written)
    assert np.allclose(again.volume.values, here.values, atol=1e-5)


def test_a_dose_arrives_beside_the_image_that_it_comes_to(module):
    panel = chooseDose(module)
    couch = putOnCouch(panel.state.doseTarget, module.chosen.registration)
    panel.ui.deformDoseButton.click()
    assert panel.state.doseResult.GetParentTransformNode() is couch


def test_doses_of_structures_are_told_before_and_after(module, deformedPhantom, deformedFiles):
    drawn = structureSetFromFile(deformedPhantom.structureSets[deformedPhantom.source.frame])
    few = replace(drawn, structures=tuple(one for one in drawn.structures if one.name == "GTV"))
    before, *_ = nodesFromStructureSet(few, deformedFiles.source.lattice, slicer.mrmlScene)
    after = module.nodes.structures
    names = segmentNames(after)
    for segmentID, name in names.items():
        if name != "GTV":
            after.GetSegmentation().RemoveSegment(segmentID)
    panel = chooseDose(module)
    panel.ui.doseBeforeSelector.setCurrentNode(before)
    panel.ui.doseAfterSelector.setCurrentNode(after)
    panel.ui.deformDoseButton.click()
    rows = {row[1]: row for row in reportOf(panel.state.doseResult).rows}
    assert set(rows) == {"Mean Gy", "Maximum Gy", "D95 Gy", "D2cc Gy"}
    assert rows["Mean Gy"][0] == "GTV"
    # The tumor takes its dose along
    assert float(rows["Mean Gy"][2]) == pytest.approx(float(rows["Mean Gy"][3]), rel=0.02)


def chooseSum(module, dose, more=1):
    """The dose of the scene and that many more, to be added on the source; gives the panel."""
    panel = panelOf(module, "DoseSumPanel")
    for _ in range(more):
        doseNodeFromDose(dose, slicer.mrmlScene)
    settle()
    table = panel.ui.summedDosesTable
    for row in range(table.rowCount):
        table.item(row, 0).setCheckState(QtCore.Qt.CheckState.Checked)
        settle()
    assert len(panel.doses.weights) == 1 + more
    panel.ui.sumTargetSelector.setCurrentNode(module.nodes.source)
    settle()
    return panel


def test_a_dose_that_leaves_the_scene_takes_its_weight_along(module, deformedFiles):
    panel = chooseSum(module, deformedFiles.dose, more=2)
    table = panel.ui.summedDosesTable
    for row, weight in enumerate(("0.25", "0.5", "2")):
        table.item(row, 1).setText(weight)
        settle()
    first, *rest = panel.doses.weights
    slicer.mrmlScene.RemoveNode(slicer.mrmlScene.GetNodeByID(first))
    settle()
    assert panel.doses.weights == dict(zip(rest, (0.5, 2.0), strict=True))
    assert [table.item(row, 1).text() for row in range(table.rowCount)] == ["0.5", "2"]
    table.item(0, 1).setText("3")
    settle()
    assert panel.doses.weights == dict(zip(rest, (3.0, 2.0), strict=True))


def test_a_sum_of_doses_lies_beside_the_image_that_they_come_to(module, deformedFiles):
    panel = chooseSum(module, deformedFiles.dose)
    couch = putOnCouch(module.nodes.source)
    panel.ui.sumDosesButton.click()
    assert panel.state.sumResult.GetParentTransformNode() is couch


def test_what_is_no_number_changes_no_weight_and_checks_no_dose(module, deformedFiles):
    panel = chooseSum(module, deformedFiles.dose)
    table = panel.ui.summedDosesTable
    table.item(0, 1).setText("0.25")
    table.item(1, 0).setCheckState(QtCore.Qt.CheckState.Unchecked)
    settle()
    (first,) = panel.doses.weights
    for typed in ("two", "", "nan", "inf", "1e999"):
        for row in range(table.rowCount):
            table.item(row, 1).setText(typed)
            settle()
        assert panel.doses.weights == {first: 0.25}, typed
        assert [table.item(row, 1).text() for row in range(table.rowCount)] == ["0.25", "1"]


def test_the_sum_of_a_dose_with_itself_carried_is_its_weighted_multiple(module, deformedFiles):
    panel = chooseSum(module, deformedFiles.dose)
    panel.ui.summedDosesTable.item(0, 1).setText("0.25")
    settle()
    assert set(panel.doses.weights.values()) == {0.25, 1.0}
    assert "EQD2" in panel.ui.sumWayLabel.text
    panel.ui.sumDosesButton.click()
    made = panel.state.sumResult
    whole = volumeFromNode(made, "").values
    assert whole.max() == pytest.approx(1.25 * deformedFiles.dose.volume.values.max(), rel=0.03)
    told = " ".join(reportOf(made).sentences)
    assert "its dose counts more than once" in told
    assert keptObject(made).DoseSummationType == "PLAN"
