"""Structures are deformed from the panel, along the deformation or, if asked for, against it."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer

from application.mainWindows import settle
from deformerScreen import chooseStructures, leaveOut, usedUID
from IHERORegistrationLib.dataNodes import nodesFromStructureSet
from IHERORegistrationLib.keptObject import keptObject
from IHERORegistrationLib.nodeReport import reportOf
from IHERORegistrationLib.scene import FRAME
from IHERORegistrationLib.structureSetReader import structureSetFromDataset, structureSetFromFile
from namedPanels import panelOf


def test_structures_of_the_registered_image_go_along_the_deformation(module, deformedPhantom):
    panel = chooseStructures(module, module.nodes.source)
    assert "goes along" in panel.ui.carriedWayLabel.text
    panel.ui.carryButton.click()
    made = panel.state.carriedResult
    source = deformedPhantom.source.frame
    assert made.GetAttribute(FRAME) == source
    assert usedUID(made) == module.nodes.registration.GetAttribute("IHERO.SOPInstanceUID")
    for one in structureSetFromDataset(keptObject(made)).structures:
        off = np.abs(deformedPhantom.distance(one.name, one.points, source))
        assert off.mean() < 1.0, one.name  # mm from the closed form
        assert off.max() < 7.0, one.name  # slices are 8 mm apart


def test_the_new_structures_are_exported_as_they_were_made(module):
    panel = chooseStructures(module, module.nodes.source)
    panel.ui.carryButton.click()
    settle()
    panel.ui.exportCarriedButton.click()
    settle()
    export = panelOf(module, "ExportPanel")
    export.judge()
    assert export.proposal.isPossible
    assert export.ui.exportButton.enabled
    export.ui.exportButton.click()
    kept = keptObject(panel.state.carriedResult)
    stored = structureSetFromFile(Path(slicer.dicomDatabase.fileForInstance(kept.SOPInstanceUID)))
    for ours, theirs in zip(
        stored.structures, structureSetFromDataset(kept).structures, strict=True
    ):
        assert np.array_equal(ours.points, theirs.points)


def test_the_other_way_needs_the_numerical_inverse_and_tells_its_residual(
    module, deformedPhantom, deformedFiles
):
    frame = deformedPhantom.source.frame
    drawn = structureSetFromFile(deformedPhantom.structureSets[frame])
    nodes = nodesFromStructureSet(drawn, deformedFiles.source.lattice, slicer.mrmlScene)
    panel = panelOf(module, "ContourDeformerPanel")
    panel.state.carriedSet, panel.state.carryTarget = nodes[0], module.nodes.registered
    leaveOut(panel)
    assert "no exact inverse" in panel.ui.carriedWayLabel.text
    assert not panel.ui.carryButton.enabled
    panelOf(module, "WayPanel").ui.numericalInverseBox.checked = True
    settle()
    assert "by its numerical inverse" in panel.ui.carriedWayLabel.text
    panel.ui.carryButton.click()
    made = panel.state.carriedResult
    assert any("residual up to" in one for one in reportOf(made).sentences)
    for one in structureSetFromDataset(keptObject(made)).structures:
        off = np.abs(deformedPhantom.distance(one.name, one.points, made.GetAttribute(FRAME)))
        assert off.mean() < 1.0, one.name


def test_only_the_registration_that_fits_is_offered(module):
    panel = chooseStructures(module, module.nodes.registered)
    assert "nothing to deform" in panel.ui.carriedWayLabel.text
    assert not panel.ui.carryButton.enabled
