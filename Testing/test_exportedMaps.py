"""What the export panel writes of a registration, read by pydicom alone, takes points where the
scene takes them, names the frames and images of both ends, and is what was loaded.
"""

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
from pydicom import dcmread

from application.openedScenes import openScene, saveOpenScene
from balls import turned
from exportScreen import click, opened, pick, settle, told, written
from loadedPhantom import loadedDeformedPhantom, loadedPhantom

FLIP = np.array([-1.0, -1.0, 1.0])
MATRIX = turned(35, (1, -2, 0.5), (17, -23, 8))
ABOVE = turned(-50, (2, 1, 1), (-40, 12, 5))
OTHER = turned(15, (0, 1, 3), (9, 9, -30))
POINTS = np.array([[12.0, -30, 55], [-70, 44, 8], [0, 5, -90], [33, 60, 21]])


def linearNode(matrix, name="by hand"):
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode", name)
    flip = np.diag([*FLIP, 1])
    node.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(flip @ matrix @ flip))
    return node


def shown(moving, node, fixed, points):
    """Where the scene takes points of `moving`, if it lay under `node`, in `fixed`; LPS, by VTK."""
    from vtkmodules.vtkCommonTransforms import vtkGeneralTransform

    way = vtkGeneralTransform()
    parent = fixed.GetParentTransformNode()
    slicer.vtkMRMLTransformNode.GetTransformBetweenNodes(node, parent, way)
    return np.array([way.TransformPoint(point) for point in points * FLIP]) * FLIP


def items(dataset):
    return {one.FrameOfReferenceUID: one for one in dataset.RegistrationSequence}


def matrixOf(item):
    (registration,) = item.MatrixRegistrationSequence
    (matrix,) = registration.MatrixSequence
    return np.array(matrix.FrameOfReferenceTransformationMatrix, float).reshape(4, 4)


def filesOf(phantom, name):
    """SOP Instance UIDs of a scan, by its files, and its frame, study and patient."""
    frame = phantom.named(name).frame
    headers = [dcmread(file, stop_before_pixels=True) for file in phantom.folder.rglob("*.dcm")]
    found = [
        one for one in headers if one.get("FrameOfReferenceUID") == frame and "ImageType" in one
        and one.Modality == name.replace("PET", "PT")
    ]  # fmt: skip
    return {one.SOPInstanceUID for one in found}, found[0]


def exported(panel, node, fixed, moving):
    panel.state.exportedNode = node
    settle(panel)
    for box, image in (
        (panel.ui.exportFixedComboBox, fixed),
        (panel.ui.exportMovingComboBox, moving),
    ):
        if box.findText(image.GetName()) != box.currentIndex:
            pick(panel, box, image.GetName())
    if not panel.state.exportMethod:
        pick(panel, panel.ui.exportMethodComboBox, "visual")
    assert panel.ui.exportButton.enabled, panel.ui.exportWhyNotLabel.text
    click(panel.ui.exportButton)
    settle(panel)
    return dcmread(written(panel))


@pytest.mark.parametrize(("fixedName", "movingName"), [("CT", "PET"), ("PET", "CT")])
def test_a_matrix_is_written_as_the_scene_shows_it_whoever_is_fixed(
    started, phantom, fixedName, movingName
):
    started(phantom.folder)
    loaded = loadedPhantom(phantom, slicer.mrmlScene)
    fixed, moving = loaded.images[fixedName], loaded.images[movingName]
    fixed.SetAndObserveTransformNodeID(linearNode(ABOVE, "above").GetID())
    node = linearNode(MATRIX)
    node.SetAndObserveTransformNodeID(linearNode(OTHER, "other").GetID())
    panel = opened()
    dataset = exported(panel, node, fixed, moving)
    sentence = told(panel.ui.exportSentenceLabel)
    assert sentence.startswith(f"Maps {moving.GetName()} (moving) ⟶ onto {fixed.GetName()} (fixed)")
    frames = [phantom.named(name).frame for name in (fixedName, movingName)]
    assert frames[0] == dataset.FrameOfReferenceUID
    found = items(dataset)
    assert set(found) == set(frames)
    np.testing.assert_array_equal(matrixOf(found[frames[0]]), np.eye(4))
    matrix = matrixOf(found[frames[1]])
    there = POINTS @ matrix[:3, :3].T + matrix[:3, 3]
    np.testing.assert_allclose(there, shown(moving, node, fixed, POINTS), atol=1e-4)
    closed = np.linalg.inv(ABOVE) @ OTHER @ MATRIX
    np.testing.assert_allclose(matrix, closed, atol=1e-6)
    for name, frame in zip((fixedName, movingName), frames, strict=True):
        uids, header = filesOf(phantom, name)
        named = {one.ReferencedSOPInstanceUID for one in found[frame].ReferencedImageSequence}
        assert named <= uids
        assert named
        assert header.PatientID == dataset.PatientID
        if name == fixedName:
            assert dataset.StudyInstanceUID == header.StudyInstanceUID


def test_what_was_loaded_saved_and_opened_again_is_written_as_it_was(started, phantom, tmp_path):
    started(phantom.folder)
    loaded = loadedPhantom(phantom, slicer.mrmlScene)
    (file,) = {one.path for one in phantom.registrations if one.transform.fromFrame ==
               phantom.named("MR").frame}  # fmt: skip
    original = dcmread(file)
    name = loaded.registrations["MR"].GetName()
    loaded.images["MR"].SetAndObserveTransformNodeID(loaded.registrations["MR"].GetID())
    openScene(saveOpenScene(tmp_path / "saved.mrb"))
    panel = opened()
    node = slicer.util.getNode(name)
    images = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
    ct, mr = (
        next(one for one in images if one.GetAttribute("IHERO.FrameOfReferenceUID") == frame
             and not one.GetAttribute("DicomRtImport.DoseVolume"))
        for frame in (original.FrameOfReferenceUID, phantom.named("MR").frame)
    )  # fmt: skip
    dataset = exported(panel, node, ct, mr)
    assert dataset.FrameOfReferenceUID == original.FrameOfReferenceUID
    frame = phantom.named("MR").frame
    np.testing.assert_allclose(
        matrixOf(items(dataset)[frame]), matrixOf(items(original)[frame]), atol=1e-9
    )
    assert dataset.SOPInstanceUID != original.SOPInstanceUID


def gridOf(dataset):
    for item in dataset.DeformableRegistrationSequence:
        if "DeformableRegistrationGridSequence" in item:
            return item, item.DeformableRegistrationGridSequence[0]
    raise AssertionError("no grid")


def through(item, grid, points):
    """post(pre(x) + trilinear vectors), by numpy from the raw elements; PS3.3 C.20.3.1.1."""
    ni, nj, nk = grid.GridDimensions
    vectors = np.frombuffer(grid.VectorGridData, "<f4").reshape(nk, nj, ni, 3).astype(float)
    cosines = np.array(grid.ImageOrientationPatient, float).reshape(2, 3)
    axes = np.column_stack([*cosines, np.cross(*cosines)])
    index = (points - np.array(grid.ImagePositionPatient, float)) @ axes / grid.GridResolution
    low = np.clip(np.floor(index).astype(int), 0, np.array([ni, nj, nk]) - 2)
    part = index - low
    moved = np.zeros(points.shape)
    for corner in np.ndindex(2, 2, 2):
        weight = np.prod(np.where(corner, part, 1 - part), axis=-1)
        i, j, k = (low + corner).T
        moved += weight[:, None] * vectors[k, j, i]
    for name in ("Pre", "Post"):
        found = item.get(f"{name}DeformationMatrixRegistrationSequence")
        matrix = np.eye(4)
        if found:
            text = found[0].FrameOfReferenceTransformationMatrix
            matrix = np.array(text, float).reshape(4, 4)
        if name == "Pre":
            points = points @ matrix[:3, :3].T + matrix[:3, 3] + moved
        else:
            points = points @ matrix[:3, :3].T + matrix[:3, 3]
    return points


def test_a_deformation_loaded_saved_opened_and_moved_with_its_base_is_written_with_its_vectors(
    started, deformedPhantom, tmp_path
):
    started(deformedPhantom.folder)
    loaded = loadedDeformedPhantom(deformedPhantom, slicer.mrmlScene)
    frames = deformedPhantom.frames
    names = loaded.registration.GetName(), deformedPhantom.registered.scan.name
    base = loaded.images[names[1]].GetName()
    openScene(saveOpenScene(tmp_path / "saved.mrb"))  # before Slicer has started altogether
    panel = opened("IHERODeformation")
    slicer.app.startupCompleted.emit()
    node = slicer.util.getNode(names[0])
    images = {
        one.GetAttribute("IHERO.FrameOfReferenceUID"): one
        for one in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
    }
    fixed, moving = (images[frame] for frame in frames)
    assert fixed.GetName() == base
    above = linearNode(ABOVE, "above")
    for one in (fixed, node):
        one.SetAndObserveTransformNodeID(above.GetID())
    dataset = exported(panel, node, fixed, moving)
    original = dcmread(deformedPhantom.deformation().path)
    assert dataset.FrameOfReferenceUID == frames[0]
    (item, grid), (item0, grid0) = gridOf(dataset), gridOf(original)
    assert item.SourceFrameOfReferenceUID == frames[1]
    vectors = [np.frombuffer(one.VectorGridData, "<f4") for one in (grid, grid0)]
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-6)
    share = np.random.default_rng(1).uniform(0.1, 0.9, (40, 3))
    cosines = np.array(grid.ImageOrientationPatient, float).reshape(2, 3)
    axes = np.column_stack([*cosines, np.cross(*cosines)])
    size = (np.array(grid.GridDimensions) - 1) * np.array(grid.GridResolution, float)
    points = np.array(grid.ImagePositionPatient, float) + (share * size) @ axes.T
    there = through(item, grid, points)
    np.testing.assert_allclose(there, through(item0, grid0, points), atol=1e-5)
    np.testing.assert_allclose(there, shownBack(fixed, node, points), atol=5e-4)


def shownBack(fixed, node, points):
    """Where points of `fixed` lie in data under `node`; LPS, by VTK."""
    from vtkmodules.vtkCommonTransforms import vtkGeneralTransform

    way = vtkGeneralTransform()
    slicer.vtkMRMLTransformNode.GetTransformBetweenNodes(fixed.GetParentTransformNode(), node, way)
    return np.array([way.TransformPoint(point) for point in points * FLIP]) * FLIP


def test_a_chain_is_not_written_as_one_step(started, phantom):
    started(phantom.folder)
    loaded = loadedPhantom(phantom, slicer.mrmlScene)
    first, second = loaded.registrations["PET"], loaded.registrations["MR"]
    panel = opened()
    first.SetAndObserveTransformNodeID(second.GetID())
    panel.state.exportedNode = first
    settle(panel)
    text = panel.ui.exportFindingsBrowser.plainText + panel.ui.exportWhyNotLabel.text
    assert "put both under it" in " ".join(text.split())
    assert not panel.ui.exportButton.enabled
