"""A registration that was loaded asks whether it is to be applied: once, when all is loaded, and
never where nobody would answer.
"""

import time
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer

import builders
from application import dialogs
from application.mainWindows import mainWindow
from application.runningApplication import loadModule, runningApplication
from browsers import folderWith, load, offers
from IHERORegistrationLib.dataNodes import volumeNodeFromSeries
from IHERORegistrationLib.seriesReading import seriesFromFiles

ROOT = Path(__file__).resolve().parents[1]
CT = builders.ctSeries(SeriesDescription="Planning")
MR = builders.mrSeries(SeriesDescription="T1")
RIGID, DEFORMABLE = "IHERORegistrationPlugin", "IHERODeformationPlugin"


@pytest.fixture
def slicerWith(tmp_path, monkeypatch):
    """Function that starts the application on a database with CT, MR and more data sets."""
    running = []

    def start(*datasets, testing=False, window=True):
        folder = folderWith(tmp_path / "dicom", *CT, *MR, *datasets)
        context = runningApplication(tmp_path, folder, testing=testing)
        context.__enter__()
        running.append(context)
        from IHERORegistrationLib.widgets import applyQuestion  # needs the application

        monkeypatch.setattr(applyQuestion, "PAUSE", 20)  # ms
        for name in ("IHERORegistration", "IHERODeformation"):
            loadModule(ROOT / name / f"{name}.py")
        if window:
            mainWindow()

    (tmp_path / "dicom").mkdir()
    yield start
    for context in running:
        context.__exit__(None, None, None)


def loadImages():
    for one in (CT, MR):
        files = [Path(slicer.dicomDatabase.fileForInstance(ds.SOPInstanceUID)) for ds in one]
        for series in seriesFromFiles(files):
            volumeNodeFromSeries(series, slicer.mrmlScene)


def wait(seconds=0.15):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        slicer.app.processEvents()
        time.sleep(0.01)


def parentOf(name):
    parent = slicer.util.getNode(name).GetParentTransformNode()
    return parent.GetName() if parent is not None else None


@pytest.mark.parametrize("key", [RIGID, DEFORMABLE])
@pytest.mark.parametrize(("answer", "parent"), [("Yes", "MR_ON_CT"), ("No", None)])
def test_the_user_decides_whether_a_registration_is_applied(slicerWith, key, answer, parent):
    kinds = {RIGID: builders.spatialRegistration, DEFORMABLE: builders.deformableRegistration}
    slicerWith(kinds[key]())
    loadImages()
    dialogs.answers.append(answer)
    assert load(key)
    assert parentOf("MR T1") is None  # not yet asked
    wait()
    (asked,) = dialogs.shown
    assert asked.kind == "Question"
    assert "MR T1 on CT Planning, through MR_ON_CT" in asked.text
    assert (parentOf("MR T1"), parentOf("CT Planning")) == (parent, None)


def test_images_may_come_after_the_registration_in_the_same_load(slicerWith):
    slicerWith(builders.spatialRegistration())
    dialogs.answers.append("Yes")
    slicer.app.setOverrideCursor(slicer.app.activeWindow().cursor)  # as Slicer while it loads
    load(RIGID)
    wait()
    assert dialogs.shown == []
    loadImages()
    slicer.app.restoreOverrideCursor()
    wait()
    assert len(dialogs.shown) == 1
    assert parentOf("MR T1") == "MR_ON_CT"


def test_registrations_that_come_together_are_asked_about_once(slicerWith):
    second = builders.deformableRegistration(ContentLabel="BENT")
    slicerWith(builders.spatialRegistration(), second)
    loadImages()
    load(RIGID)
    load(DEFORMABLE)
    wait()
    (told,) = dialogs.shown
    assert told.kind == "Information"  # which of the two is meant, only the user knows
    assert told.text == (
        "Not offered: MR_ON_CT and BENT, as there are 2 registrations between CT "
        "Planning and MR T1: choose one."
    )
    assert parentOf("MR T1") is None
    wait()
    assert len(dialogs.shown) == 1


def test_without_both_images_nothing_is_asked(slicerWith):
    slicerWith(builders.spatialRegistration())
    load(RIGID)
    wait()
    assert dialogs.shown == []


@pytest.mark.parametrize("situation", [{"testing": True}, {"window": False}])
def test_nothing_is_asked_or_applied_where_nobody_answers(slicerWith, situation):
    slicerWith(builders.spatialRegistration(), **situation)
    loadImages()
    load(RIGID)
    wait()
    assert dialogs.shown == []
    assert parentOf("MR T1") is None


def test_what_is_removed_before_is_not_asked_about(slicerWith):
    slicerWith(builders.spatialRegistration())
    loadImages()
    slicer.mrmlScene.RemoveNode(load(RIGID))
    load(RIGID)
    slicer.mrmlScene.Clear(False)
    wait()
    assert dialogs.shown == []
    assert len(offers(RIGID)) == 1
