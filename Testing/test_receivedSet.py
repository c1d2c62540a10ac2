"""The IHE-RO reference set in the DICOM browser: what was received is offered in plain words and
lies where its files say.
"""

from pathlib import Path

import numpy as np
import pydicom
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
from vtkmodules.util.numpy_support import vtk_to_numpy

from application.runningApplication import loadModule, runningApplication
from browsers import load, offers

ROOT = Path(__file__).resolve().parents[1]
TO_RAS = np.array([-1, -1, 1])


@pytest.fixture(scope="module")
def browser(nonhybridSet, tmp_path_factory):
    """The folder of the set, which the database knows."""
    with runningApplication(tmp_path_factory.mktemp("settings"), nonhybridSet):
        for name in ("IHERORegistration", "IHERODeformation"):
            loadModule(ROOT / name / f"{name}.py")
        yield nonhybridSet


def theOnly(folder, modality):
    (file,) = (folder / modality).rglob("*.dcm")
    return pydicom.dcmread(file)


def polygons(dataset, name):
    """The contours of a structure, each (n, 3) LPS mm, read with pydicom alone."""
    numbers = {roi.ROIName: roi.ROINumber for roi in dataset.StructureSetROISequence}
    (drawn,) = (
        one for one in dataset.ROIContourSequence if one.ReferencedROINumber == numbers[name]
    )
    return [np.reshape(one.ContourData, (-1, 3)).astype(float) for one in drawn.ContourSequence]


def test_everything_is_offered_in_plain_words_and_complete(browser):
    names = {
        key: [one.name for one in offers(key)]
        for key in slicer.modules.dicomPlugins
        if "Export" not in key
    }
    ct = "CT “Non-Hybrid CT Series”"
    assert names == {
        "IHERORegistrationPlugin": [
            f"Registration: MR “Non-Hybrid MR Series” → {ct}",
            f"Registration: PT “Non-Hybrid PET Series” → {ct}",
        ],
        "IHEROFiducialsPlugin": [],
        "IHEROStructureSetPlugin": [f"Structure set: Structureset on {ct}"],
        "IHERODosePlugin": [f"Dose: Plan “Plan 1” on {ct}"],
        "IHEROMadeImagesPlugin": [],
        "IHERODeformationPlugin": [],
    }
    for key in names:
        for one in offers(key):
            assert one.warning == ""
            assert len(one.referencedInstanceUIDs) == 250  # the whole CT


def test_structures_fill_the_volume_that_their_contours_enclose(browser):
    segmentation = load("IHEROStructureSetPlugin")
    contours = polygons(theOnly(browser, "RTSTRUCT"), "sphere")
    spacing = np.diff(sorted({round(one[0, 2], 3) for one in contours})).min()
    x, y = ([one[:, axis] for one in contours] for axis in (0, 1))
    areas = [
        abs(np.sum(a * np.roll(b, -1) - b * np.roll(a, -1))) / 2 for a, b in zip(x, y, strict=True)
    ]
    expected = sum(areas) * spacing
    image = slicer.vtkOrientedImageData()
    uid = segmentation.GetSegmentation().GetSegmentIdBySegmentName("sphere")
    segmentation.GetBinaryLabelmapRepresentation(uid, image)
    voxels = vtk_to_numpy(image.GetPointData().GetScalars())
    assert voxels.sum() * np.prod(image.GetSpacing()) == pytest.approx(expected, rel=0.02)
    bounds = np.zeros(6)
    image.GetBounds(bounds)
    middle = bounds.reshape(3, 2).mean(axis=1)
    points = np.concatenate(contours) * TO_RAS
    np.testing.assert_allclose(middle, (points.min(axis=0) + points.max(axis=0)) / 2, atol=3)


def test_the_dose_holds_the_values_of_its_file(browser):
    node = load("IHERODosePlugin")
    dataset = theOnly(browser, "RTDOSE")
    expected = dataset.pixel_array * float(dataset.DoseGridScaling)
    found = slicer.util.arrayFromVolume(node)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found.max(), expected.max(), rtol=1e-6)
    np.testing.assert_allclose(found.sum(), expected.sum(), rtol=1e-4)


def test_a_registration_has_the_matrix_of_its_file(browser):
    plugin = slicer.modules.dicomPlugins["IHERORegistrationPlugin"]()
    first, _ = offers("IHERORegistrationPlugin")
    node = plugin.load(first)
    dataset = pydicom.dcmread(first.files[0])
    frame = node.GetAttribute("IHERO.SourceFrame")
    (item,) = (one for one in dataset.RegistrationSequence if one.FrameOfReferenceUID == frame)
    ((matrix,),) = (one.MatrixSequence for one in item.MatrixRegistrationSequence)
    values = np.array(matrix.FrameOfReferenceTransformationMatrix, float).reshape(4, 4)
    point = np.array([11.0, -23, 41])
    moved = node.GetTransformToParent().TransformPoint(point * TO_RAS)
    expected = (values[:3, :3] @ point + values[:3, 3]) * TO_RAS
    np.testing.assert_allclose(moved, expected, atol=1e-6)
