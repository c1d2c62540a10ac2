"""Images that Slicer's own reader loaded are shown, applied and registered as those that this
extension loads: the database tells their frames.
"""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
from PySide6 import QtCore
from PySide6.QtTest import QTest

from application.imageReader import useImageReader
from application.mainWindows import mainWindow, settle
from application.runningApplication import loadModule, runningApplication
from IHERORegistrationLib.displayedPair import Relation

ROOT = Path(__file__).resolve().parents[1]
FLIP = np.diag([-1.0, -1.0, 1.0, 1.0])


@pytest.fixture(scope="module")
def screen(tmp_path_factory, phantom):
    """Display and application of registrations, with everything loaded by the DICOM browser."""
    settings = tmp_path_factory.mktemp("settings")
    with runningApplication(settings, phantom.folder), pytest.MonkeyPatch.context() as patch:
        from DICOMLib import DICOMUtils

        from IHERORegistrationLib.widgets import panels
        from IHERORegistrationLib.widgets.applyPanel import ApplyPanel
        from IHERORegistrationLib.widgets.displayPanel import DisplayPanel
        from IHERORegistrationLib.widgets.registrationsPanel import RegistrationsPanel

        patch.setattr(panels, "PANELS", (RegistrationsPanel, DisplayPanel, ApplyPanel))
        useImageReader()
        loaded = loadModule(ROOT / "IHERORegistration" / "IHERORegistration.py")
        nodes = {}
        for name in ("CT", "MR"):
            (nodeID,) = DICOMUtils.loadSeriesByUID([seriesOf(phantom, name)])
            nodes[name] = slicer.mrmlScene.GetNodeByID(nodeID)
            assert nodes[name].GetAttribute("IHERO.SeriesInstanceUID") is None
        mainWindow(loaded, (900, 700))
        (file,) = {one.path for one in phantom.registrations if one.transform.fromFrame ==
                   phantom.named("MR").frame}  # fmt: skip
        from IHERORegistrationLib.reader import registrationFromFile
        from IHERORegistrationLib.scene import transformNodesFromRegistration

        (nodes["registration"],) = transformNodesFromRegistration(
            registrationFromFile(file), slicer.mrmlScene
        )
        module = slicer.modules.IHERORegistrationWidget
        module.chosen.base, module.chosen.overlay = nodes["CT"], nodes["MR"]
        module.chosen.registration = nodes["registration"]
        settle()
        yield module.panel(DisplayPanel), module.panel(ApplyPanel), nodes


def seriesOf(phantom, name):
    from pydicom import dcmread

    for file in sorted(phantom.folder.rglob("*.dcm")):
        header = dcmread(file, stop_before_pixels=True)
        isIts = header.get("FrameOfReferenceUID") == phantom.named(name).frame
        if isIts and header.Modality == name:
            return header.SeriesInstanceUID
    raise AssertionError(name)


def indexToLPS(node):
    """Shape (4, 4)."""
    matrix = slicer.util.vtkMatrixFromArray(np.eye(4))
    node.GetIJKToRASMatrix(matrix)
    return FLIP @ slicer.util.arrayFromVTKMatrix(matrix)


def isInside(node, points):
    """Whether points, shape (n, 3) LPS mm, lie between the centers of voxels."""
    toIndex = np.linalg.inv(indexToLPS(node))
    index = points @ toIndex[:3, :3].T + toIndex[:3, 3]
    return ((index >= 0) & (index <= np.array(node.GetImageData().GetDimensions()) - 1)).all(axis=1)


def centers(node):
    """Of all voxels, LPS mm, shape (n, 3); and their values."""
    toLPS = indexToLPS(node)
    values = slicer.util.arrayFromVolume(node)
    index = np.indices(values.shape)[::-1].reshape(3, -1).T
    return index @ toLPS[:3, :3].T + toLPS[:3, 3], values.reshape(-1)


def test_their_voxels_lie_where_the_patient_is(screen, phantom):
    _, _, nodes = screen
    for name in ("CT", "MR"):
        points, values = centers(nodes[name])
        error = np.abs(values - phantom.valuesAt(name, points))
        assert np.median(error) < 5
        assert np.quantile(error, 0.9) < 80


def test_they_are_shown_through_the_registration_and_noted_without(screen):
    display, _, nodes = screen
    composite = slicer.app.layoutManager().sliceWidget("Red").mrmlSliceCompositeNode()
    shown = slicer.mrmlScene.GetNodeByID(composite.GetForegroundVolumeID())
    assert shown.GetParentTransformNode() is nodes["registration"]
    assert display.relation is Relation.REGISTERED
    display.state.isRegistrationShown = False
    settle()
    assert {view.note.text for view in display.views} == {"Registration off"}
    display.module.chosen.registration = None
    slicer.mrmlScene.RemoveNode(nodes["registration"])
    settle()
    notes = {view.note.text for view in display.views}
    slicer.mrmlScene.AddNode(nodes["registration"])
    display.module.chosen.registration = nodes["registration"]
    display.state.isRegistrationShown = True
    settle()
    assert notes == {"No registration connects these images"}


def test_only_the_moving_one_is_offered_and_resampled_where_the_truth_is(screen, phantom):
    _, apply, nodes = screen
    assert [row.name for row in apply.rows if not row.doubt] == [nodes["MR"].GetName()]
    QTest.mouseClick(apply.ui.resampleButton, QtCore.Qt.MouseButton.LeftButton)
    settle()
    made = slicer.util.getNode(f"{nodes['MR'].GetName()} on {nodes['CT'].GetName()}")
    points, values = centers(made)
    truth = phantom.transform(phantom.named("CT").frame, phantom.named("MR").frame)(points)
    isKnown = isInside(nodes["MR"], truth)
    assert isKnown.mean() > 0.1
    error = np.abs(values - phantom.valuesAt("MR", truth))[isKnown]
    assert np.median(error) < 5
    wrong = phantom.transform(phantom.named("MR").frame, phantom.named("CT").frame)(points)
    other = np.abs(values - phantom.valuesAt("MR", wrong))[isKnown]
    assert other.mean() > 2 * error.mean()
