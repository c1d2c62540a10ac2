"""A folder of DICOM files comes into the scene as a whole, without a database."""

import pytest

pytest.importorskip("slicer")

from IHERORegistrationLib.dataFolder import dataFolder
from IHERORegistrationLib.errors import RegistrationCancelledError
from IHERORegistrationLib.folderNodes import nodesFromFolder
from IHERORegistrationLib.nodeIdentity import knownFrame, patientOfNode
from IHERORegistrationLib.reader import registrationFromFile
from IHERORegistrationLib.registrationRecord import Watch
from IHERORegistrationLib.scene import transformNodesFromRegistration


def read(path, frameOfInstance, scene):
    registration = registrationFromFile(path, frameOfInstance=frameOfInstance)
    return registration, transformNodesFromRegistration(registration, scene)


def test_everything_lies_in_the_frame_that_the_truth_says(phantom, scene):
    told = []
    watch = Watch(lambda stage, fraction, similarity: told.append((stage, fraction)))
    nodes = nodesFromFolder(dataFolder(phantom.folder), scene, read, watch)
    frames = {one.frame for one in phantom.series}
    assert {knownFrame(node) for node in nodes.images} == frames
    assert {knownFrame(node) for node in nodes.fiducials} == frames
    base = phantom.primary.frame
    assert {knownFrame(node) for node in (*nodes.structures, *nodes.doses)} == {base}
    assert {node.GetAttribute("IHERO.RegisteredFrame") for node in nodes.registrations} == {base}
    everything = (*nodes.images, *nodes.structures, *nodes.doses, *nodes.registrations)
    assert len({patientOfNode(node) for node in everything}) == 1
    fractions = [fraction for _, fraction in told]
    assert fractions == sorted(fractions)
    assert 0 <= fractions[0] <= fractions[-1] < 1
    assert all(node.GetTransformNodeID() is None for node in everything)  # nothing is applied


def test_it_can_be_ended(phantom, scene):
    watch = Watch(isCancelled=lambda: True)
    with pytest.raises(RegistrationCancelledError):
        nodesFromFolder(dataFolder(phantom.folder), scene, read, watch)
