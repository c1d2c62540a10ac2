"""What of a structure set comes into the scene, on which voxels, and what is said of the rest."""

import numpy as np
import pytest

pytest.importorskip("slicer")

import slicer
from vtkmodules.util.numpy_support import vtk_to_numpy

import builders
from IHERORegistrationLib.contourLattice import MOST_PIXELS, latticeAroundContours
from IHERORegistrationLib.errors import MalformedObjectError, ReferenceNotFoundError
from IHERORegistrationLib.nodeIdentity import knownFrame
from IHERORegistrationLib.structureSetNodes import loadedStructureSet
from IHERORegistrationLib.structureSetReader import structureSetFromDataset

CT = builders.ctSeries()


def noImages(part):
    raise ReferenceNotFoundError("no images")


def square(center, axes, size):
    """Corners, LPS mm flat, of a square of `size` mm around `center` in the plane of `axes`."""
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * size / 2
    return (center + corners @ axes).ravel()


def prism(planes, axes=builders.AXIAL, size=21.0, middle=(40.0, -60.0, 10.0)):
    """A structure set with a square on each of `planes`, mm along the normal of `axes`."""
    axes = np.array(axes, float)
    normal = np.cross(*axes)
    contours = [
        builders.contour(CT[0], square(middle + plane * normal, axes, size), number=n)
        for n, plane in enumerate(planes, start=1)
    ]
    return structureSetFromDataset(builders.structureSet(contours={"Box": contours}))


def test_voxels_are_laid_around_contours_with_slices_in_their_planes():
    lattice = latticeAroundContours(prism([0, 2.5, 5, 7.5]))
    np.testing.assert_allclose(lattice.spacing, (1, 1, 2.5))
    k = lattice.indices(np.array([[40.0, -60, 10 + plane] for plane in (0, 2.5, 5, 7.5)]))[:, 2]
    np.testing.assert_allclose(k, np.rint(k), atol=1e-9)
    assert lattice.contains(np.array([[29.5, -70.5, 10], [50.5, -49.5, 17.5]])).all()


def test_planes_may_be_oblique():
    axes = np.array(builders.OBLIQUE)
    structureSet = prism([0, 3, 6], axes)
    lattice = latticeAroundContours(structureSet)
    assert abs(lattice.normal @ np.cross(*axes)) == pytest.approx(1)
    points = structureSet.structures[0].points
    assert lattice.contains(points).all()
    assert np.linalg.det(lattice.directions) == pytest.approx(1)


def test_large_structures_have_larger_pixels_not_more():
    lattice = latticeAroundContours(prism([0, 3], size=2000))
    assert max(lattice.size) <= MOST_PIXELS
    assert lattice.spacing[0] == pytest.approx(2000 / 506, rel=0.01)


def test_the_volume_is_right_on_voxels_of_its_own(scene):
    loaded = loadedStructureSet(prism([0, 2.5, 5, 7.5]), noImages, scene)
    (node,) = loaded.nodes
    image = slicer.vtkOrientedImageData()
    uid = node.GetSegmentation().GetSegmentIdBySegmentName("Box")
    node.GetBinaryLabelmapRepresentation(uid, image)
    voxels = int(vtk_to_numpy(image.GetPointData().GetScalars()).sum())
    assert not node.GetDisplayNode().GetVisibility2DFill()  # outlines, through which one sees
    assert voxels * 2.5 == pytest.approx(21 * 21 * 10, rel=0.001)
    assert loaded.remarks == ("Shown with pixels of 1 mm and slices of 2.5 mm: no images",)


def test_structures_of_several_frames_are_several_nodes(scene):
    dataset = builders.structureSet()
    dataset.StructureSetROISequence[1].ReferencedFrameOfReferenceUID = builders.MR_FRAME
    loaded = loadedStructureSet(structureSetFromDataset(dataset), noImages, scene)
    assert [knownFrame(node) for node in loaded.nodes] == [builders.CT_FRAME, builders.MR_FRAME]
    assert loaded.nodes[1].IsA("vtkMRMLMarkupsFiducialNode")


def test_points_alone_need_no_images_and_no_remark(scene):
    contours = {"Iso": [builders.contour(CT[1], (1, 2, 3), "POINT")]}
    structureSet = structureSetFromDataset(builders.structureSet(contours=contours))
    loaded = loadedStructureSet(structureSet, noImages, scene)
    assert [node.GetName() for node in loaded.nodes] == ["PLAN points"]
    assert loaded.remarks == ()


def test_repairs_are_told(scene):
    dataset = builders.structureSet()
    del dataset.StructureSetROISequence[0].ReferencedFrameOfReferenceUID
    loaded = loadedStructureSet(structureSetFromDataset(dataset), noImages, scene)
    assert loaded.remarks[0].startswith("Repaired: no frame of structure at")
    assert loaded.nodes[0].GetDescription().startswith("Repaired: no frame of structure")


def test_a_set_without_anything_to_show_is_refused(scene):
    structureSet = structureSetFromDataset(builders.structureSet(contours={"Empty": []}))
    with pytest.raises(MalformedObjectError, match="Empty is not shown: nothing is drawn"):
        loadedStructureSet(structureSet, noImages, scene)
