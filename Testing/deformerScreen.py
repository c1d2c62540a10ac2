"""The screen of IHERODeformation with a made patient in the scene, to be used like a user does."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import slicer

from application import dialogs
from application.mainWindows import settle
from application.runningApplication import loadModule, runningApplication
from IHERODeformationLib.reader import deformableRegistrationFromFile
from IHERODeformationLib.scene import transformNodesFromDeformation
from IHERORegistrationLib.carriedNodes import REGISTRATIONS
from IHERORegistrationLib.dataFolder import dataFolder
from IHERORegistrationLib.dataNodes import (
    doseNodeFromDose,
    nodesFromStructureSet,
    volumeNodeFromSeries,
)
from IHERORegistrationLib.nodeStructures import segmentNames
from IHERORegistrationLib.registrationText import seriesFromText
from IHERORegistrationLib.structureSetReader import structureSetFromFile
from namedPanels import panelOf

ROOT = Path(__file__).resolve().parents[1]
FEW = ("Heart", "GTV")  # structures


def filesOf(deformed) -> SimpleNamespace:
    """What is loaded of a deformed phantom."""
    folder = dataFolder(deformed.folder)
    return SimpleNamespace(
        registered=folder.oneSeries(frame=deformed.registered.frame),
        source=folder.oneSeries(frame=deformed.source.frame),
        structures=structureSetFromFile(deformed.structureSets[deformed.registered.frame]),
        dose=folder.oneDose(),
        registration=deformableRegistrationFromFile(deformed.deformation().path),
    )


@contextlib.contextmanager
def deformerScreen(settings: Path, deformed, files: SimpleNamespace) -> Iterator:
    """The module's widget with the deformation chosen; its `nodes` are in the scene."""
    with runningApplication(settings, deformed.folder, testing=False):
        dialogs.forget()
        scene = slicer.mrmlScene
        widget = loadModule(ROOT / "IHERODeformation" / "IHERODeformation.py").widget()
        widget.parent.resize(400, 900)
        widget.enter()
        widget.nodes = SimpleNamespace(
            registered=volumeNodeFromSeries(files.registered, scene),
            source=volumeNodeFromSeries(files.source, scene),
            structures=nodesFromStructureSet(files.structures, files.registered.lattice, scene)[0],
            dose=doseNodeFromDose(files.dose, scene),
            registration=transformNodesFromDeformation(files.registration, scene)[0],
        )
        widget.chosen.registration = widget.nodes.registration
        widget.chosen.base = widget.nodes.registered
        widget.chosen.overlay = widget.nodes.source
        settle()
        yield widget


def putOnCouch(*nodes):
    """Put nodes under one more transform; gives it."""
    couch = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "couch")
    for node in nodes:
        node.SetAndObserveTransformNodeID(couch.GetID())
    return couch


def usedUID(node) -> str:
    """SOP Instance UID of the one registration that a node was made by."""
    (series,) = seriesFromText(node.GetAttribute(REGISTRATIONS))
    return series.instances[0].sopInstanceUID


def chooseStructures(module, target):
    """The panel, ready to carry a few structures of the registered image to `target`."""
    panel = panelOf(module, "ContourDeformerPanel")
    panel.state.carriedSet, panel.state.carryTarget = module.nodes.structures, target
    leaveOut(panel)
    return panel


def leaveOut(panel) -> None:
    """All structures but a few."""
    names = segmentNames(panel.state.carriedSet)
    panel.state.notCarried = json.dumps([one for one in names if names[one] not in FEW])
    settle()


def chooseImages(module):
    """The panel, ready to bring the source onto the registered image."""
    panel = panelOf(module, "ImageDeformerPanel")
    panel.state.imageToDeform = module.nodes.source
    panel.state.imageBase = module.nodes.registered
    settle()
    return panel


def chooseDose(module):
    """The panel, ready to bring the dose of the source to the registered image."""
    panel = panelOf(module, "DoseDeformerPanel")
    panel.ui.doseToDeformSelector.setCurrentNode(module.nodes.dose)
    panel.ui.doseTargetSelector.setCurrentNode(module.nodes.registered)
    settle()
    return panel


def chooseSmallGrid(module, deformed) -> None:
    """Choose a deformation that is defined in the middle of the images only."""
    read = deformableRegistrationFromFile(deformed.deformation("small-grid").path)
    (node,) = transformNodesFromDeformation(read, slicer.mrmlScene)
    module.chosen.registration = node


def pickBeyond(module, value: str) -> None:
    """Pick what holds beyond the field."""
    panel = panelOf(module, "WayPanel")
    box = panel.ui.beyondFieldBox
    box.setCurrentIndex(box.findData(value))
    panel.onBeyond(box.currentIndex)
    settle()
