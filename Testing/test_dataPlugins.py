"""Structure sets, doses, fiducials and images made through a registration are examined and loaded
in the DICOM browser.

The browser, its database and the application are stand-ins; scene and nodes are the real ones.
"""

import copy
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonMath import vtkMatrix4x4

import builders
from application.runningApplication import loadModule, runningApplication
from browsers import folderWith, load, offers
from IHERORegistrationLib.nodeIdentity import instancesOfNode, knownFrame, patientOfNode
from IHERORegistrationLib.subjectHierarchy import hierarchyOf

ROOT = Path(__file__).resolve().parents[1]
CT = builders.ctSeries(SeriesDescription="Planning")
MR = builders.mrSeries(SeriesDescription="T1")
STRUCTURES, DOSE = "IHEROStructureSetPlugin", "IHERODosePlugin"
FIDUCIALS, IMAGES = "IHEROFiducialsPlugin", "IHEROMadeImagesPlugin"
SLICER_RT = "DicomRtImportExportPlugin"


@pytest.fixture
def browser(tmp_path):
    """Function that opens the application, with the module, on a database of data sets."""
    running = []

    def open_(*datasets):
        folder = folderWith(tmp_path / "dicom", *datasets)
        context = runningApplication(tmp_path, folder)
        context.__enter__()
        running.append(context)
        loadModule(ROOT / "IHERORegistration" / "IHERORegistration.py")

    (tmp_path / "dicom").mkdir()
    yield open_
    for context in running:
        context.__exit__(None, None, None)


def uids(datasets):
    return [one.SOPInstanceUID for one in datasets]


def nodes(className):
    return slicer.util.getNodesByClass(className)


def maskOf(segmentation, name):
    """Spacing and values of the voxels of a structure."""
    image = slicer.vtkOrientedImageData()
    uid = segmentation.GetSegmentation().GetSegmentIdBySegmentName(name)
    segmentation.GetBinaryLabelmapRepresentation(uid, image)
    return image.GetSpacing(), vtk_to_numpy(image.GetPointData().GetScalars())


def names(segmentation):
    segments = segmentation.GetSegmentation()
    return [segments.GetNthSegment(n).GetName() for n in range(segments.GetNumberOfSegments())]


# --- what is told before


def test_a_structure_set_is_offered_with_its_images_and_structures(browser):
    browser(*CT, *MR, builders.structureSet())
    (one,) = offers(STRUCTURES)
    assert one.name == "Structure set: PLAN on CT “Planning”"
    assert one.tooltip.splitlines() == [
        "2 structures: Target, Iso",
        "Made by Maker on 2024-01-03",
    ]
    assert one.warning == ""
    assert one.selected
    assert one.confidence == 1
    assert list(one.referencedInstanceUIDs) == uids(CT)


def test_a_dose_is_offered_with_its_plan_and_the_images_of_that(browser):
    browser(*CT, *MR, builders.structureSet(), builders.plan(), builders.dose())
    (one,) = offers(DOSE)
    assert one.name == "Dose: Plan “PLAN A” on CT “Planning”"
    assert one.tooltip.splitlines() == ["3 frames, voxels of 4 × 3 × 2.5 mm", "Made by Maker"]
    assert one.warning == ""
    assert list(one.referencedInstanceUIDs) == uids(CT)


@pytest.mark.parametrize(
    ("changes", "beginning", "warning"),
    [
        ({"SpatialTransformOfDose": "NON_RIGID"}, "Deformed dose: Plan on", ""),
        ({"SpatialTransformOfDose": "RIGID"}, "Moved dose: Plan on", ""),
        ({"DoseSummationType": "MULTI_PLAN"}, "Dose: Multi plan on", ""),
        ({"DoseUnits": "RELATIVE"}, "Dose: Plan on", "Its values are in RELATIVE, not in GY"),
    ],
)
def test_a_dose_says_what_it_is(browser, changes, beginning, warning):
    browser(builders.dose(**changes))
    (one,) = offers(DOSE)
    assert one.name == f"{beginning} frame 2.25.77.2.1"
    assert one.warning == warning


def test_fiducials_are_counted_by_image(browser):
    browser(*CT, builders.spatialFiducials())
    (one,) = offers(FIDUCIALS)
    assert one.name == "Fiducials: 2 on CT “Planning”"
    assert one.tooltip.splitlines()[0] == "LANDMARKS: MR registered to the planning CT"
    assert list(one.referencedInstanceUIDs) == uids(CT)
    assert one.warning == ""


def test_fiducials_that_lie_in_no_frame_are_told_before_they_are_left_out(browser):
    one = builders.spatialFiducials()
    one.FiducialSetSequence.append(copy.deepcopy(one.FiducialSetSequence[0]))
    del one.FiducialSetSequence[1].FrameOfReferenceUID
    browser(*CT, one)
    (offer,) = offers(FIDUCIALS)
    assert offer.warning.endswith("Not loaded, as they have no point in a Frame of Reference: 2")
    assert load(FIDUCIALS).GetNumberOfControlPoints() == 2


def test_images_deformed_for_a_registration_are_named_by_what_they_were_and_where_they_lie(browser):
    code = builders.code("125027", "Deformed for Registration")
    made = builders.resampledSeries(
        CT, DerivationCodeSequence=[code], SourceImageSequence=builders.references(MR)
    )
    browser(*CT, *MR, *made)
    (one,) = offers(IMAGES)
    assert one.name == "Deformed image: MR “T1” onto CT “Planning”"
    assert sorted(one.files) == sorted(map(slicer.dicomDatabase.fileForInstance, uids(made)))


def test_missing_images_are_told(browser):
    browser(*CT[:3], builders.structureSet())
    (one,) = offers(STRUCTURES)
    assert one.warning == "1 of 4 referenced images are not in the database"


@pytest.mark.parametrize("key", [STRUCTURES, DOSE, FIDUCIALS, IMAGES])
def test_nothing_is_offered_of_what_others_read(browser, key):
    browser(*CT, *MR, builders.plan(), builders.spatialRegistration())
    assert offers(key) == []


def test_images_derived_in_another_way_are_left_to_slicer(browser):
    code = builders.code("113085", "Spatial resampling")
    browser(*builders.resampledSeries(CT, DerivationCodeSequence=[code]))
    assert offers(IMAGES) == []


@pytest.mark.parametrize(
    ("key", "dataset", "reason"),
    [
        (STRUCTURES, builders.structureSet(StructureSetROISequence=[]), "StructureSetROISequence"),
        (DOSE, builders.dose(GridFrameOffsetVector=["0", "0", "5"]), "GridFrameOffsetVector"),
        (FIDUCIALS, builders.spatialFiducials(FiducialSetSequence=[]), "FiducialSetSequence"),
    ],
)
def test_what_cannot_be_read_is_offered_with_the_reason_and_refused(browser, key, dataset, reason):
    browser(*CT, dataset)
    (one,) = offers(key)
    assert one.name.endswith("that cannot be read")
    assert reason in one.warning
    assert not one.selected
    before = slicer.mrmlScene.GetNumberOfNodes()
    assert not load(key)
    assert slicer.mrmlScene.GetNumberOfNodes() == before


# --- beside SlicerRT


def test_ours_are_not_chosen_where_slicer_rt_is_installed(browser):
    browser(*CT, builders.structureSet(), builders.dose(), builders.spatialFiducials())
    slicer.modules.dicomPlugins[SLICER_RT] = object
    for key in (STRUCTURES, DOSE):
        (one,) = offers(key)
        assert 0 < one.confidence < 1  # SlicerRT's
        assert not one.selected
        assert load(key)
    assert offers(FIDUCIALS)[0].confidence == 1  # which SlicerRT does not read


# --- what is loaded


def test_a_structure_set_has_the_voxels_of_its_images(browser):
    browser(*CT, builders.structureSet())
    segmentation = load(STRUCTURES)
    assert names(segmentation) == ["Target"]
    assert segmentation.GetDescription() == ""
    spacing, _ = maskOf(segmentation, "Target")
    np.testing.assert_allclose(spacing, (2, 2, 3))
    (points,) = nodes("vtkMRMLMarkupsFiducialNode")
    assert points.GetNthControlPointLabel(0) == "Iso"
    for node in (segmentation, points):
        assert knownFrame(node) == builders.CT_FRAME
        assert patientOfNode(node).patientID == "T-1"
        assert instancesOfNode(node) == (builders.structureSet().SOPInstanceUID,)


def test_without_its_images_a_structure_set_has_slices_of_its_own_and_says_so(browser, caplog):
    browser(builders.structureSet())
    segmentation = load(STRUCTURES)
    remark = (
        "Shown with pixels of 1 mm and slices of 3 mm: the images it was drawn on are not in the "
        "database"
    )
    assert segmentation.GetDescription() == remark
    assert remark in caplog.text
    spacing, values = maskOf(segmentation, "Target")
    np.testing.assert_allclose(spacing, (1, 1, 3))
    assert int(values.sum()) == pytest.approx(2 * 12, abs=5)  # two triangles of 6 × 4 mm


def test_what_cannot_be_shown_of_a_structure_set_is_left_out_and_told(browser):
    steep = builders.contour(CT[0], (-68, 32, 110, -62, 32, 116, -62, 36, 122))
    flat = builders.contour(CT[0], (-68, 32, 110, -62, 32, 110, -62, 36, 110))
    line = builders.contour(CT[0], (-68, 32, 110, -62, 32, 110), "OPEN_PLANAR")
    contours = {"Steep": [steep], "Flat": [flat], "Empty": [], "Line": [line]}
    browser(*CT, builders.structureSet(contours=contours))
    segmentation = load(STRUCTURES)
    assert names(segmentation) == ["Flat"]
    assert segmentation.GetDescription().splitlines() == [
        "Empty is not shown: nothing is drawn",
        "Steep is not shown: expected contours parallel to the slices, found one of structure 1 "
        "that crosses 4.0 slices",
        "Line is not shown: its contours enclose nothing",
    ]


def test_a_dose_is_in_gray_and_refers_to_its_plan(browser):
    browser(*CT, builders.plan(), builders.dose())
    node = load(DOSE)
    assert slicer.util.arrayFromVolume(node).max() == 59 * 0.03125
    assert node.GetAttribute("DicomRtImport.DoseVolume") == "1"
    assert knownFrame(node) == builders.CT_FRAME
    hierarchy = hierarchyOf(slicer.mrmlScene)
    item = hierarchy.GetItemByDataNode(node)
    referenced = hierarchy.GetItemAttribute(item, "DICOM.ReferencedInstanceUIDs")
    assert referenced == builders.plan().SOPInstanceUID


def test_fiducials_are_a_point_list_where_they_lie(browser):
    browser(*CT, builders.spatialFiducials())
    node = load(FIDUCIALS)
    assert node.GetName() == "LANDMARKS"
    assert [node.GetNthControlPointLabel(n) for n in range(2)] == ["P1", "P2"]
    x, y, z = node.GetNthControlPointPositionVector(1)
    assert (-x, -y, z) == (-64, 36, 113)
    assert knownFrame(node) == builders.CT_FRAME


def test_fiducials_known_only_in_images_are_refused(browser):
    one = builders.spatialFiducials()
    del one.FiducialSetSequence[0].FrameOfReferenceUID
    browser(*CT, one)
    before = slicer.mrmlScene.GetNumberOfNodes()
    assert not load(FIDUCIALS)
    assert slicer.mrmlScene.GetNumberOfNodes() == before


def test_deformed_images_lie_in_the_frame_that_they_were_made_for(browser):
    code = builders.code("125027", "Deformed for Registration")
    made = builders.resampledSeries(CT, DerivationCodeSequence=[code])
    browser(*CT, *MR, *made)
    node = load(IMAGES)
    assert knownFrame(node) == made[0].FrameOfReferenceUID
    assert set(instancesOfNode(node)) == set(uids(made))
    matrix = vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    origin = [matrix.GetElement(row, 3) for row in range(3)]
    x, y, z = (float(value) for value in made[0].ImagePositionPatient)
    np.testing.assert_allclose(origin, (-x, -y, z))
    selection = slicer.app.applicationLogic().GetSelectionNode()
    assert selection.GetActiveVolumeID() == node.GetID()  # shown in the views
