"""A screen with a made patient and every choice made, to be misused, and what is seen then."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import slicer
import slicer.util
from PySide6 import QtCore, QtGui, QtWidgets
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from application import pythonQt
from application.legibility import openEverything
from application.mainWindows import mainWindow, settle
from application.runningApplication import loadModule, runningApplication
from IHERODeformationLib.reader import deformableRegistrationFromFile
from IHERODeformationLib.scene import transformNodesFromDeformation
from IHERORegistrationLib.dataFolder import dataFolder
from IHERORegistrationLib.dataNodes import (
    doseNodeFromDose,
    nodesFromStructureSet,
    volumeNodeFromSeries,
)
from IHERORegistrationLib.structureSetReader import structureSetFromFile
from loadedPhantom import loadedPhantom
from namedPanels import panelOf

ROOT = Path(__file__).resolve().parents[1]
MODULES = RIGID, DEFORMABLE = "IHERORegistration", "IHERODeformation"
ONLY_ITS_OWN = QtCore.Qt.FindChildOption.FindDirectChildrenOnly
OF_VIEWS = (  # Slicer changes these whenever something is shown
    "vtkMRMLAbstractViewNode",
    "vtkMRMLSliceCompositeNode",
    "vtkMRMLSliceDisplayNode",
    "vtkMRMLSelectionNode",
    "vtkMRMLInteractionNode",
    "vtkMRMLCrosshairNode",
    "vtkMRMLLayoutNode",
    "vtkMRMLSubjectHierarchyNode",
    "vtkMRMLScriptedModuleNode",
    "vtkMRMLDisplayNode",
)


@contextlib.contextmanager
def openedScreen(settings: Path, name: str, patient) -> Iterator:
    """The module `name` in Slicer's window with all panels open, its `nodes` in the scene."""
    settings.mkdir(exist_ok=True)
    with runningApplication(settings, patient.folder, testing=False):
        slicer.dicomDatabase._directory = str(settings / "database")
        mainWindow(size=(900, 700), panelWidth=420)
        module = loadModule(ROOT / name / f"{name}.py").widget()
        module.nodes = SimpleNamespace()
        openEverything(slicer.util.mainWindow())
        settle()
        yield module


@contextlib.contextmanager
def readyScreen(settings: Path, name: str, patient) -> Iterator:
    """The same with the patient in the scene, and whatever can be chosen chosen."""
    with openedScreen(settings, name, patient) as module:
        fill(module, name, patient)
        yield module


def fill(module, name: str, patient) -> None:
    """Load the patient and choose whatever can be chosen."""
    (chooseRigid if name == RIGID else chooseDeformable)(module, patient)
    settle()
    panelOf(module, "ExportPanel").judge()
    settle()


def chooseRigid(module, patient) -> None:
    """What the panels of IHERORegistration need."""
    nodes = loadedPhantom(patient, slicer.mrmlScene)
    module.nodes = SimpleNamespace(
        registration=nodes.registrations["MR"],
        base=nodes.images["CT"],
        overlay=nodes.images["MR"],
        dose=nodes.dose,
        structures=nodes.structures[0],
    )
    choose(module)
    give(module, "ContourPanel", carriedSet="structures", carryTarget="overlay")


def chooseDeformable(module, patient) -> None:
    """What the panels of IHERODeformation need."""
    folder, scene = dataFolder(patient.folder), slicer.mrmlScene
    registered = folder.oneSeries(frame=patient.registered.frame)
    source = folder.oneSeries(frame=patient.source.frame)

    def structures(of):
        read = structureSetFromFile(patient.structureSets[of.frame])
        few = [one for one in read.structures if one.name in ("Heart", "GTV")]
        return nodesFromStructureSet(replace(read, structures=tuple(few)), of.lattice, scene)[0]

    def deformation(name):
        read = deformableRegistrationFromFile(patient.deformation(name).path)
        return transformNodesFromDeformation(read, scene)[0]

    module.nodes = SimpleNamespace(
        base=volumeNodeFromSeries(registered, scene),
        overlay=volumeNodeFromSeries(source, scene),
        structures=structures(registered),
        sourceStructures=structures(source),
        dose=doseNodeFromDose(folder.oneDose(), scene),
        otherDose=doseNodeFromDose(folder.oneDose(), scene),
        registration=transformNodesFromDeformation(
            deformableRegistrationFromFile(patient.deformation().path), scene
        )[0],
        second=deformation("small-grid"),
    )
    choose(module)
    give(module, "ContourDeformerPanel", carriedSet="structures", carryTarget="overlay")
    give(module, "ImageDeformerPanel", imageToDeform="overlay", imageBase="base")
    give(module, "DoseDeformerPanel", doseToDeform="dose", doseTarget="base")
    give(module, "ComparisonPanel", comparisonSecond="second")
    sums = panelOf(module, "DoseSumPanel")
    give(module, "DoseSumPanel", sumTarget="base")
    sums.doses.show([module.nodes.dose, module.nodes.otherDose], sums.state)
    sums.doses._keep({module.nodes.dose.GetID(): 1.0, module.nodes.otherDose.GetID(): 2.0})


def choose(module) -> None:
    """The registration and its images."""
    chosen, nodes = module.chosen, module.nodes
    chosen.registration, chosen.base, chosen.overlay = nodes.registration, nodes.base, nodes.overlay
    settle()


def give(module, panel: str, **chosen: str) -> None:
    """Choose nodes in a panel, by their names in `module.nodes`."""
    state = panelOf(module, panel).state
    for parameter, node in chosen.items():
        setattr(state, parameter, getattr(module.nodes, node))


def buttonsOf(panel) -> dict[str, QtWidgets.QAbstractButton]:
    """All that can be pressed in a panel, by name, but for the parts of widgets of Slicer."""
    kinds = (QtWidgets.QPushButton, QtWidgets.QToolButton)
    return {
        one.name: one
        for one in panel.widget.findChildren(QtWidgets.QAbstractButton)
        if isinstance(one, kinds) and getattr(panel.ui, one.name or "-", None) is one
    }


def snapshot() -> dict[str, tuple]:
    """All of the scene that a user would miss: each node by its ID."""
    scene, found = slicer.mrmlScene, {}
    for number in range(scene.GetNumberOfNodes()):
        node = scene.GetNthNode(number)
        if not any(node.IsA(kind) for kind in OF_VIEWS):
            found[node.GetID()] = _told(node)
    return found


def _told(node) -> tuple:
    attributes = {name: node.GetAttribute(name) for name in node.GetAttributeNames()}
    references = [
        (role, node.GetNthNodeReferenceID(role, nth))
        for role in map(node.GetNthNodeReferenceRole, range(node.GetNumberOfNodeReferenceRoles()))
        for nth in range(node.GetNumberOfNodeReferences(role))
    ]
    matrix = vtkMatrix4x4()
    if node.IsA("vtkMRMLTransformNode") and node.IsLinear():
        node.GetMatrixTransformToParent(matrix)
    numbers = [matrix.GetElement(row, column) for row in range(4) for column in range(4)]
    return node.GetName(), attributes, sorted(references), repr(numbers), node.GetHideFromEditors()


def remains() -> dict[str, int]:
    """What a module must have taken away when it is left."""
    window = slicer.util.mainWindow()
    return {
        "shortcuts": len(window.findChildren(QtGui.QShortcut, options=ONLY_ITS_OWN)),
        "actors": sum(_actorsIn(name) for name in slicer.app.layoutManager().sliceViewNames()),
        "dialogs": sum(
            isinstance(one, QtWidgets.QDialog) and one.isVisible()
            for one in QtWidgets.QApplication.topLevelWidgets()
        ),
        "cursors": int(QtWidgets.QApplication.overrideCursor() is not None),
        "files": sum(one.is_file() for one in Path(slicer.app.temporaryPath).rglob("*")),
    }


def _actorsIn(name: str) -> int:
    window = slicer.app.layoutManager().sliceWidget(name).sliceView().renderWindow()
    renderers = window.GetRenderers()
    return sum(
        renderers.GetItemAsObject(number).GetViewProps().GetNumberOfItems()
        for number in range(renderers.GetNumberOfItems())
    )


def takenFailures() -> list[BaseException]:
    """What was raised in handlers until now; then forgotten."""
    found = list(pythonQt.failures)
    pythonQt.failures.clear()
    return found


@contextlib.contextmanager
def atCall(monkeypatch, number: int, deed: Callable[[], None]) -> Iterator[list[int]]:
    """The `number`-th time that work asks whether to go on, that is done while it looks what the
    user does. The list gets each call.
    """
    from IHERORegistrationLib.registrationRecord import Watch
    from IHERORegistrationLib.widgets import longWork

    original, calls = Watch.requireGoingOn, []

    def required(self, stage):
        calls.append(len(calls) + 1)
        if len(calls) == number:
            QtCore.QTimer.singleShot(0, QtWidgets.QApplication.instance(), pythonQt.handler(deed))
        original(self, stage)

    with monkeypatch.context() as patched:
        patched.setattr(Watch, "requireGoingOn", required)
        patched.setattr(longWork, "OFTEN", -1.0)
        yield calls


def pressCancel() -> None:
    """Press the button of the progress dialog."""
    for widget in QtWidgets.QApplication.topLevelWidgets():
        if isinstance(widget, QtWidgets.QProgressDialog) and widget.isVisible():
            widget.findChild(QtWidgets.QPushButton).click()


def restore(before: dict[str, tuple]) -> None:
    """Take away what came since `before` was seen, and put the rest where it lay."""
    scene = slicer.mrmlScene
    for uid in set(snapshot()) - set(before):
        scene.RemoveNode(scene.GetNodeByID(uid))
    for uid, (_, attributes, references, *_unused) in before.items():
        node = scene.GetNodeByID(uid)
        for name in set(node.GetAttributeNames()) - set(attributes):
            node.RemoveAttribute(name)
        if node.IsA("vtkMRMLTransformableNode"):
            node.SetAndObserveTransformNodeID(dict(references).get("transform"))
    settle()


def press(module, panel: str, button: str) -> None:
    """Press it as a user does; it can be pressed."""
    if button == "automaticButton":
        panelOf(module, panel).state.registerTab = 1
        settle()
    found = buttonsOf(panelOf(module, panel))[button]
    assert found.isVisible(), button
    assert found.enabled, button
    found.click()
    settle()
