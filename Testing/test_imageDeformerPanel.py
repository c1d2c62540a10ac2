"""Images are deformed from the panel; what has no value is marked, and may stop it all."""

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer

from application import dialogs
from application.mainWindows import settle
from application.openedScenes import nodeIDs
from deformerScreen import (
    chooseDose,
    chooseImages,
    chooseSmallGrid,
    chooseStructures,
    pickBeyond,
    putOnCouch,
)
from IHERORegistrationLib.nodeIdentity import patientOfNode
from IHERORegistrationLib.nodeReport import reportOf
from IHERORegistrationLib.nodeStructures import segmentNames
from IHERORegistrationLib.nodeVolumes import volumeFromNode
from IHERORegistrationLib.scene import FRAME
from IHERORegistrationLib.segmentContours import voxelsOf
from namedPanels import panelOf


def test_an_image_comes_onto_the_voxels_of_the_base(module, deformedPhantom):
    panel = chooseImages(module)
    panel.ui.deformImageButton.click()
    made = panel.state.imageResult
    base = volumeFromNode(module.nodes.registered, "")
    here = volumeFromNode(made, made.GetAttribute(FRAME))
    assert made.GetAttribute(FRAME) == deformedPhantom.registered.frame
    assert here.values.shape == base.values.shape
    assert np.allclose(here.lattice.ijkToLPS, base.lattice.ijkToLPS)
    assert patientOfNode(made) == patientOfNode(module.nodes.source)
    # Density goes with space: the deformed image is the registered one, but for sampling
    known = here.values > -1000
    difference = np.abs(here.values.astype(float) - base.values)[known]
    assert np.median(difference) < 15  # HU
    assert known.mean() > 0.5


def test_voxels_without_a_value_are_marked_and_counted(module):
    panel = chooseImages(module)
    panel.ui.deformImageButton.click()
    made = panel.state.imageResult
    told = " ".join(reportOf(made).sentences)
    assert "of the voxels the registration does not define" in told
    marks = slicer.util.getNode(f"Without value: {made.GetName()}")
    values = volumeFromNode(made, "").values
    marked = 0
    for segmentID in segmentNames(marks):
        marked += np.count_nonzero(
            voxelsOf(marks.GetSegmentation().GetSegment(segmentID), "").values
        )
    assert marked == np.count_nonzero(values == -1024)  # padding, thinner than the air of the scan


def test_an_image_and_its_marks_arrive_beside_the_base(module):
    panel = chooseImages(module)
    couch = putOnCouch(panel.state.imageBase, module.chosen.registration)
    panel.ui.deformImageButton.click()
    made = panel.state.imageResult
    marks = slicer.util.getNode(f"Without value: {made.GetName()}")
    assert made.GetParentTransformNode() is couch
    assert marks.GetParentTransformNode() is couch


def test_who_wants_all_or_nothing_gets_nothing_and_the_count(module, deformedPhantom, caplog):
    chooseSmallGrid(module, deformedPhantom)
    pickBeyond(module, "stop")
    buttons = {
        "100.0 % of Heart": chooseStructures(module, module.nodes.source).ui.carryButton,
        "voxels: nothing was made": chooseImages(module).ui.deformImageButton,
        "of the integral dose arrives nowhere": chooseDose(module).ui.deformDoseButton,
    }
    before = nodeIDs()
    for told, button in buttons.items():
        button.click()
        assert nodeIDs() == before
        assert told in caplog.text


def test_beyond_the_field_it_goes_on_rigidly_where_that_is_chosen(module, deformedPhantom):
    chooseSmallGrid(module, deformedPhantom)
    panel = chooseImages(module)
    shares = []
    for value in ("undefined", "rigid"):
        pickBeyond(module, value)
        panel.ui.deformImageButton.click()
        shares.append(reportOf(panel.state.imageResult).sentences)
    assert not shares[0][0].startswith("0.0 %")
    assert shares[1][0].startswith("0.0 %") or shares[1][0].startswith("0 %")
    assert "Beyond the grid the matrices alone hold." in shares[1]


def test_cancel_leaves_the_scene_as_it_was(module):
    buttons = (
        chooseStructures(module, module.nodes.source).ui.carryButton,
        chooseImages(module).ui.deformImageButton,
        chooseDose(module).ui.deformDoseButton,
    )
    before = nodeIDs()
    for button in buttons:
        assert button.enabled
        dialogs.cancelWork()
        button.click()
        assert nodeIDs() == before


def test_the_new_image_goes_on_to_the_export(module):
    panel = chooseImages(module)
    panel.ui.deformImageButton.click()
    settle()
    panel.ui.exportImageButton.click()
    settle()
    export = panelOf(module, "ExportPanel")
    assert export.state.exportedNode is panel.state.imageResult
    assert not export.ui.exportPanelButton.collapsed
    export.judge()
    assert export.proposal.isPossible


def test_a_closed_scene_leaves_sentences(module):
    panels = chooseStructures(module, module.nodes.source), chooseImages(module), chooseDose(module)
    slicer.mrmlScene.Clear(False)
    settle()
    told = [
        panels[0].ui.carriedWayLabel.text,
        panels[1].ui.imageWayLabel.text,
        panels[2].ui.doseWayLabel.text,
        panelOf(module, "DoseSumPanel").ui.sumWayLabel.text,
        panelOf(module, "WayPanel").ui.wayLabel.text,
    ]
    assert told == [
        "Choose the structures to be carried.",
        "Choose the image to be deformed.",
        "Choose the dose to be deformed.",
        "Check two doses or more.",
        "No registration is chosen.",
    ]
