"""What the IHE-RO reference set has no object for is made of it on the screen: its CT and MR are
registered by landmarks, by hand and deformably and the deformation is sent; contours and dose go
through it and are sent. What was sent is read by pydicom, numpy and SimpleITK alone.
"""

import shutil

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import SimpleITK as sitk
import slicer
import slicer.util
from pydicom import dcmread
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from scipy.spatial import cKDTree

from application import dialogs
from application.mainWindows import settle
from exportScreen import exported
from IHERORegistrationLib.displayLayouts import Plane, Role, viewName
from journeys.user import DEFORMABLE, RIGID, userOf

pytestmark = pytest.mark.usefixtures("canDraw")
BASE, NATIVE = (viewName(role, Plane.AXIAL) for role in (Role.BASE, Role.NATIVE))
MARKED = np.array([(60, 5, 0), (168, 0, 6), (0, 60, -8), (-6, 165, 0), (0, 0, 100.0)])  # on the CT
GTV = np.array((112.0, 0, 0))  # its middle, on the CT
REGION = (170.0, 90, 90)  # mm around it
FLIP = np.diag((-1.0, -1, 1, 1))
DOSE = "DicomRtImport.DoseVolume"


def moved(matrix, points):
    return points @ matrix[:3, :3].T + matrix[:3, 3]


def matrixIn(item):
    values = item.FrameOfReferenceTransformationMatrix
    return np.array(values, float).reshape(4, 4)


@pytest.fixture(scope="module")
def toMR(nonhybridSet):
    """Function: points of the CT in the MR, by the registration of the set, which nobody loads."""
    item = dcmread(nonhybridSet / "REG" / "REG2CTMR.dcm").RegistrationSequence[1]
    toCT = matrixIn(item.MatrixRegistrationSequence[0].MatrixSequence[0])
    return lambda points: moved(np.linalg.inv(toCT), points)


@pytest.fixture(scope="module")
def seen(nonhybridSet, toMR, tmp_path_factory):
    """What there was to see after each step, by its name."""
    with userOf(tmp_path_factory.mktemp("made"), nonhybridSet) as user:
        user.kept = tmp_path_factory.mktemp("kept")
        from DICOMLib import DICOMUtils  # needs the application

        from journeys.received import seriesOf

        DICOMUtils.loadSeriesByUID(seriesOf(("CT", "MR", "RTSTRUCT", "RTDOSE")))
        user.openModule(RIGID)
        choose(user)
        found = {"landmarks": landmarks(user, toMR), "hand": byHand(user)}
        found["cancelled"] = cancelled(user)
        node = user.module.chosen.registration
        user.openModule(DEFORMABLE)
        choose(user)
        user.module.chosen.registration = node
        found["deformed"] = deformed(user, toMR)
        found["field"] = field(user)
        found["structures"] = structures(user)
        found["dose"] = dose(user)
        assert not dialogs.shown
        return found


def choose(user):
    """The MR stays, the CT is moved."""
    user.showOnly("RegistrationsPanel")
    ui = user.panel("RegistrationsPanel").ui
    user.pickNode(ui.registeredBaseSelector, slicer.util.getNode("*MR Series*"))
    user.pickNode(ui.registeredOverlaySelector, slicer.util.getNode("*CT Series*"))


def landmarks(user, toMR):
    """Clicked on both images in turn, each in its own coordinates."""
    user.showOnly("DisplayPanel")
    user.click(user.panel("DisplayPanel").ui.besideNativeButton)
    user.showOnly("RegisterPanel")
    panel = user.panel("RegisterPanel")
    user.click(panel.ui.placeFixedButton)
    for onCT in MARKED:
        for name, point in ((BASE, toMR(onCT)), (NATIVE, onCT)):
            clickAt(user, name, point)
    user.click(panel.ui.placeFixedButton if panel.ui.placeFixedButton.checked else
               panel.ui.placeMovingButton)  # fmt: skip
    table = panel.ui.landmarkTable
    residuals = [float(table.item(row, 2).text()) for row in range(table.rowCount)]
    user.click(panel.ui.landmarksButton)
    return residuals, panel.ui.residualsLabel.text, matrixOf(user.module.chosen.registration)


def clickAt(user, name, point):
    view = user.view(name)
    view.mrmlSliceNode().JumpSliceByOffsetting(-point[0], -point[1], point[2])
    settle()
    column, row, _ = view.convertRASToXYZ([-point[0], -point[1], point[2]])
    ratio = view.devicePixelRatioF()
    place = QPoint(round(column / ratio), view.height - 1 - round(row / ratio))
    assert view.rect.contains(place)
    QTest.mouseMove(view, place)
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=place)
    settle()


def matrixOf(node):
    """CT → MR, LPS mm."""
    return FLIP @ slicer.util.arrayFromTransformMatrix(node) @ FLIP


def byHand(user):
    """Two millimeters to the left, given up by Esc; once more, kept, and undone."""
    panel, overlay = user.panel("RegisterPanel"), user.module.chosen.overlay
    before = overlay.GetParentTransformNode()
    found = [matrixOf(before)]
    for end in ("given up", "kept"):
        user.click(panel.bar, panel.bar.tabRect(2).center())
        user.click(panel.ui.manualBeginButton)
        panel.ui.shiftLeftSlider.value = 2.0
        settle()
        found.append(matrixOf(overlay.GetParentTransformNode()))
        if end == "kept":
            user.click(panel.ui.manualKeepButton)
        else:
            user.key(Qt.Key.Key_Escape)
            assert overlay.GetParentTransformNode() is before
    kept = overlay.GetParentTransformNode()
    user.key(Qt.Key.Key_2)
    QTest.keyClick(user.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    settle()
    undone = overlay.GetParentTransformNode()
    user.module.chosen.registration = before
    overlay.SetAndObserveTransformNodeID(before.GetID())
    settle()
    return found, kept is not before, undone is not kept


def cancelled(user):
    """Automatic registration, cancelled: the number of nodes before and after."""
    panel = user.panel("RegisterPanel")
    user.click(panel.bar, panel.bar.tabRect(1).center())
    user.pick(panel.ui.rigidBeginningBox, "The chosen registration")
    before = slicer.mrmlScene.GetNumberOfNodes()
    from PySide6.QtCore import QTimer

    QTimer.singleShot(400, slicer.app, dialogs.cancelWork)
    user.click(panel.ui.automaticButton)
    dialogs.shown.clear()
    return before, slicer.mrmlScene.GetNumberOfNodes()


def deformed(user, toMR):
    """On top of the landmarks, in a region around the GTV; the object that the database got."""
    region = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsROINode", "Around the GTV")
    region.SetCenter(*(FLIP[:3, :3] @ toMR(GTV)))
    region.SetSize(*REGION)
    region.GetDisplayNode().SetVisibility(False)
    user.showOnly("RegistrationsPanel", "DeformableRegisterPanel")
    ui = user.panel("DeformableRegisterPanel").ui
    user.pickNode(ui.deformationRegionSelector, region)
    user.pick(ui.deformationStartBox, "The chosen registration")
    user.click(ui.deformButton)
    told = ui.deformableResultLabel.text
    user.showOnly("ExportPanel")
    export = user.panel("ExportPanel")
    user.pickNode(export.ui.exportedNodeSelector, user.module.chosen.registration)
    user.typeIn(export.ui.exportLabelEdit, "CT_ON_MR")
    user.typeIn(export.ui.exportDescriptionEdit, "CT deformed onto MR")
    dialogs.answers.append("OK")  # the grid is smaller than the image
    path, findings = sent(user)
    (asked,) = dialogs.shown
    dialogs.shown.clear()
    return told, path, findings, asked.text


def sent(user):
    """What the database got, and the findings that were told before."""
    file, findings = exported(user)
    kept = user.kept / file.name  # the database ends with the application
    shutil.copy(file, kept)
    return kept, findings


def field(user):
    """What is told and drawn of it."""
    user.showOnly("FieldPanel")
    ui = user.panel("FieldPanel").ui
    without = user.pixels(BASE)
    user.click(ui.fieldShownCheckBox)
    told, drawn = ui.fieldSummaryLabel.text, user.pixels(BASE)
    user.click(ui.fieldShownCheckBox)
    return told, (without != drawn).any(axis=-1).mean()


def structures(user):
    """The GTV goes to the MR, against the deformation, which has to be allowed."""
    user.showOnly("WayPanel", "ContourDeformerPanel")
    panel = user.panel("ContourDeformerPanel")
    (node,) = slicer.util.getNodesByClass("vtkMRMLSegmentationNode")
    user.pickNode(panel.ui.carriedSetSelector, node)
    user.pickNode(panel.ui.carryTargetSelector, user.module.chosen.base)
    user.click(panel.ui.carryNoneButton)
    rows = panel.ui.carriedStructuresList
    for row in range(rows.count):
        if rows.item(row).text() == "GTV":
            rows.item(row).setCheckState(Qt.CheckState.Checked)
            settle()
    refused = panel.ui.carriedWayLabel.text, panel.ui.carryButton.enabled
    user.click(user.panel("WayPanel").ui.numericalInverseBox)
    user.click(panel.ui.carryButton)
    told = panel.ui.carriedReportBrowser.toPlainText()
    user.click(panel.ui.exportCarriedButton)
    return refused, told, *sent(user)


def dose(user):
    """The dose comes to the MR, along the deformation."""
    user.showOnly("DoseDeformerPanel")
    panel = user.panel("DoseDeformerPanel")
    nodes = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
    (node,) = (one for one in nodes if one.GetAttribute(DOSE))
    user.pickNode(panel.ui.doseToDeformSelector, node)
    user.pickNode(panel.ui.doseTargetSelector, user.module.chosen.base)
    user.click(panel.ui.deformDoseButton)
    told = panel.ui.doseReportBrowser.toPlainText()
    user.click(panel.ui.exportDoseButton)
    return told, *sent(user)


# --- the deformation as its object says it, without our reader


@pytest.fixture(scope="module")
def toCT(seen):
    """Function: points of the MR in the CT by the object that was sent, NaN beyond its grid."""
    dataset = dcmread(seen["deformed"][1])
    (item,) = (
        one for one in dataset.DeformableRegistrationSequence
        if "DeformableRegistrationGridSequence" in one
    )  # fmt: skip
    pre = matrixIn(item.PreDeformationMatrixRegistrationSequence[0])
    post = matrixIn(item.PostDeformationMatrixRegistrationSequence[0])
    (grid,) = item.DeformableRegistrationGridSequence
    x, y, z = grid.GridDimensions
    vectors = np.frombuffer(grid.VectorGridData, "<f4").reshape(z, y, x, 3).astype(float)
    image = sitk.GetImageFromArray(vectors, isVector=True)
    image.SetOrigin([float(one) for one in grid.ImagePositionPatient])
    image.SetSpacing([float(one) for one in grid.GridResolution])
    row, column = np.reshape(grid.ImageOrientationPatient, (2, 3)).astype(float)
    axes = np.stack([row, column, np.cross(row, column)], axis=1)
    image.SetDirection(axes.ravel().tolist())

    def map_(points):
        shifts = np.array([valueAt(image, point, 3) for point in points])
        return moved(post, moved(pre, points) + shifts)

    return map_


def valueAt(image, point, count=1):
    """Trilinear, NaN outside."""
    index = image.TransformPhysicalPointToContinuousIndex([float(one) for one in point])
    size = image.GetSize()
    if not all(0 <= one <= most - 1 for one, most in zip(index, size, strict=True)):
        return np.full(count, np.nan) if count > 1 else np.nan
    return image.EvaluateAtContinuousIndex(index, sitk.sitkLinear)


def test_landmarks_clicked_on_both_images_register_them(seen, toMR):
    residuals, told, matrix = seen["landmarks"]
    assert len(residuals) == len(MARKED)
    assert max(residuals) < 3  # mm: a pixel of either view
    assert "mm" in told
    apart = np.linalg.norm(moved(matrix, MARKED) - toMR(MARKED), axis=1)
    assert apart.max() < 4


def test_a_shift_by_hand_is_given_up_kept_and_undone(seen):
    (before, *shifted), isNew, isUndone = seen["hand"]
    for one in shifted:
        np.testing.assert_allclose(one[:3, :3], before[:3, :3], atol=1e-9)
        np.testing.assert_allclose(one[:3, 3] - before[:3, 3], (2, 0, 0), atol=1e-6)
    assert isNew
    assert isUndone


def test_cancelled_work_leaves_the_scene(seen):
    before, after = seen["cancelled"]
    assert before == after


def test_the_deformation_is_told_drawn_and_sent(seen, toCT, toMR):
    told, path, findings, asked = seen["deformed"]
    assert "Similarity" in told
    assert "a grid that covers the registered images" in asked  # before anything was written
    assert "✖" not in findings
    dataset = dcmread(path)
    assert dataset.ContentLabel == "CT_ON_MR"
    assert dataset.Modality == "REG"
    near = GTV + np.array([(0, 0, 0), (20, 10, -10), (-30, 5, 12)])
    assert np.linalg.norm(toCT(toMR(near)) - near, axis=1).max() < 9  # found by what is seen
    words, share = seen["field"]
    assert "the rigid part is" in words
    assert share > 0.02


def test_the_contours_that_were_sent_are_those_of_the_ct_through_the_object(
    seen, toCT, nonhybridSet
):
    (lacks, canBePressed), told, path, findings = seen["structures"]
    assert "goes against the deformation" in lacks
    assert not canBePressed
    assert "GTV" in told
    assert "residual" in told
    assert "no finding" in findings
    (file,) = (nonhybridSet / "RTSTRUCT").rglob("*.dcm")
    points, drawn = (pointsOf(dcmread(one), "GTV") for one in (path, file))
    back = toCT(points)
    assert np.isfinite(back).all()
    # contours are cut anew: their points lie on the surface between those of the CT's slices
    ends = back[:, 2] < drawn[:, 2].min() + 3, back[:, 2] > drawn[:, 2].max() - 3
    onSides = ~(ends[0] | ends[1])
    assert onSides.mean() > 0.5
    off = cKDTree(dense(dcmread(file), "GTV")).query(back[onSides])[0]
    assert np.median(off) < 1.4  # a voxel
    assert np.quantile(off, 0.95) < 3


def pointsOf(dataset, name):
    return np.concatenate(polygons(dataset, name))


def polygons(dataset, name):
    numbers = {one.ROIName: one.ROINumber for one in dataset.StructureSetROISequence}
    (drawn,) = (
        one for one in dataset.ROIContourSequence if one.ReferencedROINumber == numbers[name]
    )
    return [np.reshape(one.ContourData, (-1, 3)).astype(float) for one in drawn.ContourSequence]


def dense(dataset, name):
    """Points along the sides of all polygons."""
    parts = np.linspace(0, 1, 20)
    return np.concatenate(
        [
            np.concatenate([one + part * (np.roll(one, -1, axis=0) - one) for part in parts])
            for one in polygons(dataset, name)
        ]
    )


def test_the_dose_that_was_sent_is_that_of_the_ct_through_the_object(seen, toCT, nonhybridSet):
    told, path, findings = seen["dose"]
    assert "Integral" in told
    assert "not known" not in findings
    dataset = dcmread(path)
    assert dataset.SpatialTransformOfDose == "NON_RIGID"
    made, given = (grayOf(one) for one in (path, *(nonhybridSet / "RTDOSE").rglob("*.dcm")))
    values = sitk.GetArrayFromImage(made)
    places = np.argwhere(values > 0.3 * values.max())
    assert len(places) > 500
    some = places[:: max(1, len(places) // 400)]
    points = np.array(
        [made.TransformIndexToPhysicalPoint([int(i), int(j), int(k)]) for k, j, i in some]
    )
    expected = np.array([valueAt(given, point) for point in toCT(points)])
    known = np.isfinite(expected)
    assert known.mean() > 0.9
    off = np.abs(values[tuple(some.T)] - expected)[known]
    assert np.quantile(off, 0.99) < 0.005 * values.max()


def grayOf(path):
    scaling = float(dcmread(path, stop_before_pixels=True).DoseGridScaling)
    return sitk.Cast(sitk.ReadImage(str(path)), sitk.sitkFloat32) * scaling
