"""Names and texts that somebody typed, or that look like HTML, are shown as they are."""

from __future__ import annotations

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
from PySide6 import QtCore, QtGui, QtWidgets

from application import dialogs
from IHERORegistrationLib import keptObject
from IHERORegistrationLib.errors import MalformedRegistrationError
from IHERORegistrationLib.keptDerivation import derivationOf
from IHERORegistrationLib.keptFiducials import fiducialsOfList
from IHERORegistrationLib.manualAlignment import motionOf
from IHERORegistrationLib.nodeReport import reportOf
from IHERORegistrationLib.transformContent import contentText, isContent
from IHERORegistrationLib.usedLandmarks import LANDMARKS, landmarksOf
from IHERORegistrationLib.writtenObject import CONTENT
from namedPanels import panelOf
from userFaults import (
    DEFORMABLE,
    MODULES,
    readyScreen,
    settle,
    takenFailures,
)

NAME = "<b>A & B</b>\n<img src='x'>\u202eright to left\x07" + "m" * 300


@pytest.mark.parametrize("name", MODULES)
def test_names_that_look_like_html_are_shown_as_they_are(name, tmp_path, patients):
    with readyScreen(tmp_path, name, patients[name]) as module:
        for node in vars(module.nodes).values():
            node.SetName(NAME)
        module.scheduleShow()
        settle()
        panelOf(module, "ExportPanel").judge()
        wrong = [one for panel in module.panels for one in shownAsHTML(panel)]
        assert wrong == []
        assert (takenFailures(), dialogs.shown) == ([], [])


def shownAsHTML(panel):
    """Names of widgets that take the name of a node for HTML."""
    for one in panel.widget.findChildren(QtWidgets.QWidget):
        if isRich(one.toolTip) and "<img src='x'>" in one.toolTip:
            yield f"tool tip of {one.name}: {one.toolTip[:80]}"
        if isinstance(one, QtWidgets.QLabel) and "<img src='x'>" in one.text:
            form = one.textFormat
            if form == QtCore.Qt.TextFormat.RichText or (
                form == QtCore.Qt.TextFormat.AutoText and isRich(one.text)
            ):
                yield f"{one.name}: {one.text[:80]}"
        if isinstance(one, QtWidgets.QTextBrowser) and "\ufffc" in one.toPlainText():
            yield f"{one.name} shows a picture"


def isRich(text):
    return QtGui.Qt.mightBeRichText(text)


KEPT = {  # attributes, and what reads them
    "IHERO.Derivation": derivationOf,
    "IHERO.Report": reportOf,
    "IHERO.Fiducials": fiducialsOfList,
    "IHERO.ManualStart": motionOf,
}
GARBAGE = ('{"garbage": [', "[]", "7", '{"rows": 7}', "null")


@pytest.mark.parametrize("garbage", GARBAGE)
@pytest.mark.parametrize("attribute", KEPT)
def test_what_is_kept_on_a_node_and_cannot_be_read_is_told(attribute, garbage, scene):
    node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    node.SetAttribute(attribute, garbage)
    with pytest.raises(MalformedRegistrationError, match="cannot be read: load it again"):
        KEPT[attribute](node)


@pytest.mark.parametrize("garbage", GARBAGE)
def test_an_object_that_is_kept_and_cannot_be_read_is_told(garbage, scene):
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    text = scene.AddNewNodeByClass("vtkMRMLTextNode")
    text.SetText(garbage)
    node.SetNodeReferenceID(keptObject.ROLE, text.GetID())
    for read in (keptObject.keptObject, keptObject.keptProfile):
        with pytest.raises(MalformedRegistrationError, match="cannot be read: load it again"):
            read(node)


@pytest.mark.parametrize("garbage", GARBAGE)
def test_a_transform_whose_kept_content_cannot_be_read_is_told(garbage, scene):
    node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    with pytest.raises(MalformedRegistrationError, match="cannot be read: load it again"):
        isContent(node, garbage)
    node.SetAttribute(CONTENT, contentText(node))
    node.SetAttribute(LANDMARKS, garbage)
    with pytest.raises(MalformedRegistrationError, match="cannot be read: load it again"):
        landmarksOf(node)


def test_parameters_that_cannot_be_read_are_as_if_nothing_was_chosen(tmp_path, deformedPhantom):
    with readyScreen(tmp_path, DEFORMABLE, deformedPhantom) as module:
        contours, sums = panelOf(module, "ContourDeformerPanel"), panelOf(module, "DoseSumPanel")
        every = contours.choice.chosen
        contours.state.notCarried, sums.state.summedWeights = '{"garbage": [', "one 2"
        panelOf(module, "ComparisonPanel").state.comparisonWorst = "1 two 3"
        module.scheduleShow()
        settle()
        assert contours.choice.chosen == every != ()
        assert sums.doses.weights == {module.nodes.otherDose.GetID(): 2.0}
        assert not panelOf(module, "ComparisonPanel").ui.comparisonWorstButton.enabled
        assert (takenFailures(), dialogs.shown) == ([], [])


@pytest.mark.parametrize("name", MODULES)
def test_garbage_that_was_kept_in_a_scene_is_told_or_ignored(name, tmp_path, patients):
    with readyScreen(tmp_path, name, patients[name]) as module:
        for node in vars(module.nodes).values():
            for attribute in list(node.GetAttributeNames()):
                if attribute.startswith(("IHERO.", "DICOM.")) and "Frame" not in attribute:
                    node.SetAttribute(attribute, '{"garbage": [')
        module.scheduleShow()
        settle()
        panelOf(module, "ExportPanel").judge()
        assert takenFailures() == []
        assert dialogs.shown == []
        assert slicer.mrmlScene.GetNodeByID(module.nodes.base.GetID()) is module.nodes.base
