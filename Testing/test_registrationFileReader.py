"""Registration objects that are dropped on Slicer's window load without the DICOM database."""

from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
from pydicom import dcmread

import builders
from application.runningApplication import loadModule, runningApplication
from IHERORegistrationLib.saving import saveDataset

ROOT = Path(__file__).resolve().parents[1]


class Messages:
    """What Slicer shows after a file was read."""

    def __init__(self):
        self.texts = []

    def AddMessage(self, event, text):
        self.texts.append(text)


class Parent:
    """The reader that Slicer has made of the class."""

    def __init__(self):
        self.messages, self.loadedNodes = Messages(), []

    def userMessages(self):
        return self.messages


@pytest.fixture
def readers(tmp_path):
    """Those of both modules, without a DICOM database."""
    with runningApplication(tmp_path):
        yield [
            getattr(loadModule(ROOT / name / f"{name}.py").python, f"{name}FileReader")(Parent())
            for name in ("IHERORegistration", "IHERODeformation")
        ]


def test_each_reader_takes_its_own_objects_and_no_others(readers, phantom, deformedPhantom):
    (deformable, *_) = [one.path for one in deformedPhantom.deformations.values()]
    paths = (phantom.registrations[0].path, deformable)
    found = [[one.canLoadFileConfidence(str(path)) for one in readers] for path in paths]
    assert found == [[0.9, 0.0], [0.0, 0.9]]


def test_what_is_no_registration_is_left_to_others(readers, tmp_path):
    (tmp_path / "notes.txt").write_text("x,y,z\n1,2,3\n")
    saveDataset(builders.ctSeries()[0], tmp_path / "ct.dcm")
    for name in ("notes.txt", "ct.dcm", "absent.dcm"):
        assert [one.canLoadFileConfidence(str(tmp_path / name)) for one in readers] == [0.0, 0.0]


def test_the_nodes_of_a_dropped_registration_are_in_the_scene(readers, tmp_path):
    path = saveDataset(builders.spatialRegistration(), tmp_path / "registration.dcm")
    rigid, _ = readers
    assert rigid.load({"fileName": str(path)})
    (node,) = [slicer.mrmlScene.GetNodeByID(uid) for uid in rigid.parent.loadedNodes]
    assert node.GetAttribute("IHERO.SOPInstanceUID") == dcmread(path).SOPInstanceUID


def test_a_refusal_is_one_message_and_leaves_the_scene(readers, tmp_path):
    dataset = builders.spatialRegistration()
    del dataset.RegistrationSequence
    path = saveDataset(dataset, tmp_path / "empty.dcm")
    before = slicer.mrmlScene.GetNumberOfNodes()
    rigid, _ = readers
    assert not rigid.load({"fileName": str(path)})
    assert len(rigid.parent.messages.texts) == 1
    assert slicer.mrmlScene.GetNumberOfNodes() == before
