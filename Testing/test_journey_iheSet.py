"""The journeys of the documents on the IHE-RO reference set: what a user sees, carries, registers
and sends on is what its files say, as pydicom, SimpleITK and numpy read them.

Its registration is rigid: a deformation is made of it, and used, in test_journey_iheSetMade.py.
"""

import re
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import SimpleITK as sitk
import slicer
import slicer.util
from pydicom import dcmread
from PySide6.QtCore import Qt
from scipy.spatial import cKDTree

from application import dialogs
from application.mainWindows import settle
from exportScreen import exported
from journeys.seenPixels import outlinePoints, pixelsAndPoints
from journeys.user import RIGID, userOf

pytestmark = pytest.mark.usefixtures("canDraw")
CARRIED = ("GTV", "OR", "sphere")
BONE = 250  # HU, between the arrows and what is around them


@pytest.fixture(scope="module")
def files(nonhybridSet):
    """What the set says, read without our reader. `matrix`: MR → CT."""
    registration = dcmread(nonhybridSet / "REG" / "REG2CTMR.dcm")
    frame = registration.RegistrationSequence[1].FrameOfReferenceUID
    (structures,) = (nonhybridSet / "RTSTRUCT").rglob("*.dcm")
    (dose,) = (nonhybridSet / "RTDOSE").rglob("*.dcm")
    return SimpleNamespace(
        matrix=matrixIn(registration, frame),
        frame=frame,
        ct=volume(nonhybridSet / "CT"),
        mr=volume(nonhybridSet / "MR"),
        polygons=polygonsOf(dcmread(structures)),
        dose=sitk.Cast(sitk.ReadImage(str(dose)), sitk.sitkFloat32)
        * float(dcmread(dose, stop_before_pixels=True).DoseGridScaling),
    )


def volume(folder):
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    return reader.Execute()


def polygonsOf(dataset):
    """The contours of each structure by its name, each (n, 3) LPS mm."""
    names = {roi.ROINumber: roi.ROIName for roi in dataset.StructureSetROISequence}
    return {
        names[drawn.ReferencedROINumber]: [
            np.reshape(one.ContourData, (-1, 3)).astype(float) for one in drawn.ContourSequence
        ]
        for drawn in dataset.ROIContourSequence
    }


def moved(matrix, points):
    return points @ matrix[:3, :3].T + matrix[:3, 3]


def valuesAt(image, points):
    """Trilinear, NaN outside."""
    found = np.full(len(points), np.nan)
    for number, point in enumerate(points.tolist()):
        index = image.TransformPhysicalPointToContinuousIndex(point)
        if all(0 <= one <= size - 1 for one, size in zip(index, image.GetSize(), strict=True)):
            found[number] = image.EvaluateAtContinuousIndex(index, sitk.sitkLinear)
    return found


def voxelAt(image, point):
    """The value of the voxel around a point."""
    return image.EvaluateAtPhysicalPoint(point.tolist(), sitk.sitkNearestNeighbor)


@pytest.fixture(scope="module")
def seen(nonhybridSet, files, tmp_path_factory):
    """What there was to see at each step, by its name."""
    with userOf(tmp_path_factory.mktemp("set"), nonhybridSet) as user:
        from journeys.receiveAndReview import receiveAndReview  # needs the application

        place = np.mean(np.concatenate(files.polygons["GTV"]), axis=0)
        found = {step: look(user, step) for step in receiveAndReview(user, place)}
        user.openModule(RIGID)
        found["carried"] = carry(user)
        found["dose"] = dose(user, place)
        found["automatic"] = automatic(user)
        return found


def look(user, step):
    looks = {"question": atQuestion, "fused": atFused, "report": atReport, "direction": atDirection}
    return looks[step](user) if step in looks else None


def atQuestion(user):
    (asked,) = dialogs.shown
    return asked.text, slicer.util.getNode("*MR Series*").GetParentTransformNode().GetName()


def atFused(user):
    ui = user.panel("DisplayPanel").ui
    (structures,) = slicer.util.getNodesByClass("vtkMRMLSegmentationNode")
    outlines = {name: outlinePoints(user, "Red", structures, name) for name in ("GTV", "OR")}
    readout = ui.readoutLabel.text
    user.pick(ui.overlayColorsComboBox, "Gray")
    user.key(Qt.Key.Key_3)
    window = ui.overlayLowSpinBox.value, ui.overlayHighSpinBox.value
    overlay = [pixelsAndPoints(user, name) for name in ("Red", "Green", "Yellow")]
    user.key(Qt.Key.Key_2)
    return readout, outlines, window, overlay


def atReport(user):
    return user.panel("RegistrationsPanel").ui.reportBrowser.toPlainText()


def atDirection(user):
    return user.panel("QualityPanel").ui.qualityBrowser.toPlainText()


def carry(user):
    """Structures on the MR, as the database got them."""
    user.showOnly("RegistrationsPanel", "ContourPanel")
    panel = user.panel("ContourPanel")
    (structures,) = slicer.util.getNodesByClass("vtkMRMLSegmentationNode")
    user.pickNode(panel.ui.carriedSetSelector, structures)
    user.pickNode(panel.ui.carryTargetSelector, slicer.util.getNode("*MR Series*"))
    user.click(panel.ui.carryNoneButton)
    rows = panel.ui.carriedStructuresList
    for row in range(rows.count):
        if rows.item(row).text() in CARRIED:
            rows.item(row).setCheckState(Qt.CheckState.Checked)
            settle()
    user.click(panel.ui.carryButton)
    told = panel.ui.carriedReportBrowser.toPlainText()
    user.click(panel.ui.exportCarriedButton)
    return told, sent(user)


def sent(user):
    """What the database got, and the findings."""
    file, findings = exported(user)
    return dcmread(file), findings


def dose(user, place):
    """The MR alone and with the dose of the CT over it."""
    from DICOMLib import DICOMUtils  # needs the application

    from journeys.received import seriesOf

    DICOMUtils.loadSeriesByUID(seriesOf(("RTDOSE",)))
    user.showOnly("DisplayPanel")
    ui = user.panel("DisplayPanel").ui
    (node,) = (
        one
        for one in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
        if one.GetAttribute("DicomRtImport.DoseVolume")
    )
    user.click(ui.threePlanesButton)
    user.pickNode(ui.shownStructuresSelector, None)
    user.pickNode(ui.shownDoseSelector, None)
    user.slicesAt(place)
    user.key(Qt.Key.Key_3)
    without = pixelsAndPoints(user, "Red")
    user.pickNode(ui.shownDoseSelector, node)
    shown = pixelsAndPoints(user, "Red")
    user.pointAt("Red", place - (30, 20, 0))
    readout = ui.readoutLabel.text
    user.key(Qt.Key.Key_2)
    return without, shown, readout


def automatic(user):
    """The registration that was found, its node's matrix and what the database got."""
    user.showOnly("RegistrationsPanel", "RegisterPanel")
    panel = user.panel("RegisterPanel")
    given = user.module.chosen.registration
    user.click(panel.bar, panel.bar.tabRect(1).center())
    user.pick(panel.ui.rigidBeginningBox, "The chosen registration")
    user.click(panel.ui.automaticButton)
    node = user.module.chosen.registration
    told = panel.ui.registerResultLabel.text
    user.showOnly("ExportPanel")
    export = user.panel("ExportPanel")
    user.pickNode(export.ui.exportedNodeSelector, node)
    user.typeIn(export.ui.exportLabelEdit, "MR_ON_CT")
    user.typeIn(export.ui.exportDescriptionEdit, "MR on CT again")
    matrix = slicer.util.arrayFromTransformMatrix(node)
    toLPS = np.diag((-1, -1, 1, 1))
    return node is not given, told, toLPS @ matrix @ toLPS, sent(user)


@pytest.fixture(scope="module")
def toMR(files):
    """Function: points of the CT in the MR."""
    return lambda points: moved(np.linalg.inv(files.matrix), points)


def numbersIn(readout):
    """What is told under the mouse: both places and the value of the MR."""
    numbers = [float(one) for one in re.findall(r"-?\d+\.\d", readout)]
    (value,) = re.findall(r"mm: (-?\d+)(?: ·|$)", readout)
    return np.array(numbers[:3]), np.array(numbers[3:6]), float(value)


def test_the_question_and_the_report_tell_what_was_received(seen):
    text, parent = seen["question"]
    assert "Non-Hybrid MR Series on 1: Non-Hybrid CT Series" in text
    assert parent in text
    assert "Maps MR “Non-Hybrid MR Series” onto CT" in seen["report"]
    assert "turns by 5.00° about the head-foot axis" in seen["report"]
    assert "450 referenced, 450 in the DICOM database" in seen["report"]
    assert "MMRO-SRO-014" in seen["report"]
    assert "The images agree best with the standard's reading." in seen["direction"]


def test_the_place_under_the_mouse_is_mapped_as_the_files_matrix_does(seen, files, toMR):
    base, overlay, value = numbersIn(seen["fused"][0])
    np.testing.assert_allclose(overlay, toMR(base), atol=0.11)  # told to 0.1 mm
    assert np.linalg.norm(base - overlay) > 10
    assert value == pytest.approx(voxelAt(files.mr, toMR(base)), abs=0.5)


def test_the_mr_is_shown_with_the_values_that_simpleitk_resamples(seen, files, toMR):
    _, _, (low, high), views = seen["fused"]
    for pixels, points in views:
        values = valuesAt(files.mr, toMR(points))
        isKnown = np.isfinite(values) & (np.ptp(pixels, axis=1) < 2)  # no outline
        expected = 255 * np.clip((values - low) / (high - low), 0, 1)[isKnown]
        assert len(expected) > 2000
        assert expected.std() > 40
        off = np.abs(pixels[isKnown, 0] - expected)
        assert np.quantile(off, 0.99) < 1.5  # gray levels


def test_outlines_lie_on_the_contours_and_on_the_anatomy(seen, files):
    values = sitk.GetArrayFromImage(files.ct)
    for name, outline in seen["fused"][1].items():
        assert len(outline) > 200
        height = outline[0, 2]
        near = [one for one in files.polygons[name] if abs(one[0, 2] - height) < 1.1]
        drawn = np.concatenate([alongPolygon(one) for one in near])
        k = round(files.ct.TransformPhysicalPointToContinuousIndex(outline[0].tolist())[2])
        edges = edgesOf(values[k] > BONE, files.ct)
        for line in (drawn[:, :2], edges):
            off = cKDTree(line).query(outline[:, :2])[0]
            assert np.median(off) < 1.4, name  # a voxel
            assert off.max() < 4


def alongPolygon(points):
    ends = np.roll(points, -1, axis=0)
    return np.concatenate([points + part * (ends - points) for part in np.linspace(0, 1, 20)])


def edgesOf(mask, image):
    """The middles between voxels in and out of a mask, (n, 2) LPS mm, of an axial image."""
    rows, columns = np.nonzero(mask[:, 1:] != mask[:, :-1])
    below, right = np.nonzero(mask[1:] != mask[:-1])
    index = np.r_[np.c_[columns + 0.5, rows], np.c_[right, below + 0.5]]
    return np.array(image.GetOrigin()[:2]) + index * image.GetSpacing()[:2]


def test_the_structures_that_were_sent_have_their_volume_and_place_in_the_mr(seen, files, toMR):
    told, (dataset, findings) = seen["carried"]
    assert dataset.FrameOfReferenceUID == files.frame
    assert findings.count("✖") == findings.count("MMRO-SS-014") == 1  # sources lack a type
    assert "No error stops the export" in findings
    carried = polygonsOf(dataset)
    assert set(carried) == set(CARRIED)
    for name, contours in carried.items():
        volume, center = solidOf(contours)
        expected, place = solidOf(files.polygons[name])
        assert volume == pytest.approx(expected, rel=0.01)
        assert np.linalg.norm(center - toMR(place)) < 1  # half a slice
        assert f"{expected:.4g}" in told


def solidOf(polygons):
    """cm³ and the centroid, LPS mm, of parallel contours, from their areas."""
    areas, centers = [], []
    for points in polygons:
        middle = points.mean(axis=0)
        one, other = points - middle, np.roll(points, -1, axis=0) - middle
        crossed = np.cross(one, other)
        normal = crossed.sum(axis=0) / np.linalg.norm(crossed.sum(axis=0))
        parts = crossed @ normal / 2
        areas.append(parts.sum())
        centers.append(middle + parts @ (one + other) / 3 / parts.sum())
    heights = np.unique(np.round([points.mean(axis=0) @ normal for points in polygons], 2))
    volume = sum(areas) * np.diff(heights).min() / 1000
    return volume, np.average(centers, axis=0, weights=areas)


def test_the_dose_is_drawn_over_the_mr_where_its_file_has_it(seen, files, toMR):
    (without, points), (shown, _), readout = seen["dose"]
    values = valuesAt(files.dose, points)
    isChanged = (without != shown).any(axis=1)
    assert isChanged[values > 0.2].mean() > 0.99
    assert not isChanged[values == 0].any()
    red, _, blue = shown.astype(int).T
    low, high = (values > 1.3) & (values < 4), values > 16  # of 19.7 Gy
    assert min(low.sum(), high.sum()) > 50
    assert np.median((blue - red)[low]) > 30  # as planning systems do: low doses are blue
    assert np.median((red - blue)[high]) > 30  # and high ones are red
    base, overlay, value = numbersIn(readout)
    (told,) = re.findall(r"dose (\d+\.\d+) Gy", readout)
    assert float(told) == pytest.approx(voxelAt(files.dose, base), abs=0.006)
    np.testing.assert_allclose(overlay, toMR(base), atol=0.11)
    assert value == pytest.approx(voxelAt(files.mr, toMR(base)), abs=0.5)


def test_images_registered_again_come_to_lie_as_received_and_are_sent_so(seen, files):
    isNew, told, matrix, (dataset, findings) = seen["automatic"]
    assert isNew
    assert "before" in told
    size = np.array(files.mr.GetSize()) - 1
    corners = np.array(
        [
            files.mr.TransformIndexToPhysicalPoint([int(one) for one in size * corner])
            for corner in np.ndindex(2, 2, 2)
        ]
    )
    apart = np.linalg.norm(moved(matrix, corners) - moved(files.matrix, corners), axis=1)
    assert 0.01 < apart.max() < 4  # voxels of 1.5 mm, 2 mm high, in a field of 384 mm
    assert "no finding" in findings
    assert dataset.ContentLabel == "MR_ON_CT"
    read = moved(matrixIn(dataset, files.frame), corners)
    # the received matrix has 6 decimals: making it a rotation again moves nothing by more
    assert np.linalg.norm(moved(matrix, corners) - read, axis=1).max() < 5e-4


def matrixIn(dataset, frame):
    """The matrix of the item of a frame."""
    (item,) = (one for one in dataset.RegistrationSequence if one.FrameOfReferenceUID == frame)
    ((matrix,),) = (one.MatrixSequence for one in item.MatrixRegistrationSequence)
    return np.array(matrix.FrameOfReferenceTransformationMatrix, float).reshape(4, 4)
