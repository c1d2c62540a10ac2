"""Images, doses, structures and points lie in the scene where they do in the patient."""

import numpy as np
import pytest
import slicer
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkFiltersSources import vtkSphereSource

import builders
from IHERORegistrationLib.dataNodes import (
    Segment,
    doseNode,
    doseNodeFromDose,
    nodesFromStructureSet,
    pointsNode,
    segmentationNode,
    volumeNodeFromSeries,
    volumeNodeFromVolume,
)
from IHERORegistrationLib.dose import doseFromDataset
from IHERORegistrationLib.errors import FrameOfReferenceError
from IHERORegistrationLib.lattice import Volume
from IHERORegistrationLib.saving import saveDataset
from IHERORegistrationLib.scene import FRAME, placeUnder, setRegisteredNodes
from IHERORegistrationLib.seriesReading import seriesFromFiles
from IHERORegistrationLib.structureMask import maskFromStructure
from IHERORegistrationLib.structureSetReader import structureSetFromDataset
from IHERORegistrationLib.subjectHierarchy import hierarchyOf
from rigidNodes import CT, MR, aVolume, moved, nodeOf, ras, registration


def test_voxels_of_a_volume_node_lie_where_the_lattice_says(scene):
    volume = aVolume()
    node = volumeNodeFromVolume(volume, scene, "MR")
    toRAS = vtkMatrix4x4()
    node.GetIJKToRASMatrix(toRAS)
    here = ras(np.array(toRAS.MultiplyPoint((3, 1, 4, 1))[:3]))
    np.testing.assert_allclose(here, volume.lattice.points((3, 1, 4)), atol=1e-9)
    assert node.GetImageData().GetScalarComponentAsDouble(3, 1, 4, 0) == volume.values[4, 1, 3]
    assert node.GetAttribute(FRAME) == MR


def test_the_scene_keeps_its_own_copy_of_a_volume(scene):
    volume = aVolume()
    node = volumeNodeFromVolume(volume, scene, "MR")
    volume.values[4, 1, 3] = -5
    assert node.GetImageData().GetScalarComponentAsDouble(3, 1, 4, 0) == 4 * 12 + 1 * 4 + 3


def test_surfaces_points_and_labels_lie_where_lps_says(scene):
    node = nodeOf(registration(), scene)
    center = np.array([-31.0, 240.0, 77.0])
    sphere = vtkSphereSource()
    sphere.SetCenter(center)
    sphere.SetRadius(8)
    sphere.Update()
    surface = segmentationNode([Segment("A", (255, 51, 0), sphere.GetOutput())], MR, scene, "S")
    volume = aVolume()
    labels = Volume(volume.values == 55, volume.lattice, MR)
    labelled = segmentationNode([Segment("B", (0, 0, 255), labels)], MR, scene, "L")
    points = pointsNode({"iso": center}, MR, scene, "P")
    for one in (surface, labelled, points):
        placeUnder(one, node)
    matrix = registration().items[1].matrix
    found = np.zeros(3)
    points.GetNthControlPointPositionWorld(0, found)
    np.testing.assert_allclose(ras(found), moved(center, matrix), atol=1e-9)
    assert points.GetNthControlPointLabel(0) == "iso"
    np.testing.assert_allclose(_middle(surface), moved(center, matrix), atol=1e-4)
    assert labelled.GetParentTransformNode() is node
    np.testing.assert_allclose(_labels(labelled), [volume.lattice.points((3, 1, 4))], atol=1e-9)
    segment = surface.GetSegmentation().GetNthSegment(0)
    assert segment.GetName() == "A"
    np.testing.assert_allclose(segment.GetColor(), (1, 0.2, 0))


def _middle(segmentation):
    """Center of the bounds of a segmentation in the world, LPS mm."""
    bounds = np.zeros(6)
    segmentation.GetRASBounds(bounds)
    return ras(bounds.reshape(3, 2).mean(axis=1))


def _labels(segmentation):
    """Centers of the voxels of the first segment in its own coordinates, (n, 3) LPS mm."""
    image, toRAS = slicer.vtkOrientedImageData(), vtkMatrix4x4()
    first = segmentation.GetSegmentation().GetNthSegmentID(0)
    segmentation.GetBinaryLabelmapRepresentation(first, image)
    image.GetImageToWorldMatrix(toRAS)
    i0, i1, j0, j1, k0, k1 = image.GetExtent()
    indices = np.stack(np.mgrid[i0 : i1 + 1, j0 : j1 + 1, k0 : k1 + 1], axis=-1).reshape(-1, 3)
    inside = [i for i in indices.tolist() if image.GetScalarComponentAsDouble(*i, 0) == 1]
    return [ras(np.array(toRAS.MultiplyPoint((*index, 1))[:3])) for index in inside]


def test_data_of_another_frame_is_not_put_under_a_transform(scene):
    node = nodeOf(registration(), scene)
    stranger = volumeNodeFromVolume(aVolume("1.2.99"), scene, "CT")
    with pytest.raises(FrameOfReferenceError, match=r"found 1\.2\.99"):
        placeUnder(stranger, node)
    nameless = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
    with pytest.raises(FrameOfReferenceError, match="found None"):
        placeUnder(nameless, node)


def test_the_node_refers_to_its_fixed_and_moving_images(scene):
    node = nodeOf(registration(), scene)
    fixed = volumeNodeFromVolume(aVolume(CT), scene, "CT")
    moving = volumeNodeFromVolume(aVolume(MR), scene, "MR")
    setRegisteredNodes(node, fixed, moving)
    assert node.GetNodeReference("spatialRegistrationFixed") is fixed
    assert node.GetNodeReference("spatialRegistrationMoving") is moving
    for wrong in ((moving, moving), (fixed, fixed)):
        with pytest.raises(FrameOfReferenceError, match="expected data in Frame of Reference"):
            setRegisteredNodes(node, *wrong)


def test_a_dose_is_a_color_wash_that_starts_above_zero(scene):
    volume = aVolume()
    node = doseNode(Volume(volume.values.astype(np.float32), volume.lattice, MR), scene, "dose")
    display = node.GetDisplayNode()
    assert display.GetColorNode() is not None
    assert (display.GetWindowLevelMin(), display.GetWindowLevelMax()) == (0, 59)
    assert display.GetApplyThreshold()
    assert 0 < display.GetLowerThreshold() < 1e-30


def seriesIn(folder, datasets):
    for number, one in enumerate(datasets):
        saveDataset(one, folder / f"{one.Modality}{number}.dcm")
    (series,) = seriesFromFiles(sorted(folder.glob(f"{datasets[0].Modality}*.dcm")))
    return series


def test_images_structures_and_registrations_stand_under_patient_and_study(scene, tmp_path):
    series = seriesIn(tmp_path, builders.ctSeries())
    image = volumeNodeFromSeries(series, scene)
    structures = structureSetFromDataset(builders.structureSet())
    nodes = nodesFromStructureSet(structures, series.lattice, scene)
    dose = doseNodeFromDose(doseFromDataset(builders.dose()), scene)
    transform = nodeOf(registration(), scene)
    hierarchy = hierarchyOf(scene)
    study = hierarchy.GetItemByUID(
        slicer.vtkMRMLSubjectHierarchyConstants.GetDICOMUIDName(), builders.STUDY
    )
    patient = hierarchy.GetItemParent(study)
    assert (
        hierarchy.GetItemUID(patient, slicer.vtkMRMLSubjectHierarchyConstants.GetDICOMUIDName())
        == "T-1"
    )
    assert (
        hierarchy.GetItemLevel(study)
        == slicer.vtkMRMLSubjectHierarchyConstants.GetDICOMLevelStudy()
    )
    ofObject = registration().seriesInstanceUID
    assert hierarchy.GetItemByUID(
        slicer.vtkMRMLSubjectHierarchyConstants.GetDICOMUIDName(), ofObject
    ) == (hierarchy.GetItemByDataNode(transform))
    for node in (image, *nodes, dose, transform):
        assert hierarchy.GetItemParent(hierarchy.GetItemByDataNode(node)) == study
    item = hierarchy.GetItemByUID(
        slicer.vtkMRMLSubjectHierarchyConstants.GetDICOMUIDName(), series.seriesInstanceUID
    )
    assert hierarchy.GetItemDataNode(item) is image
    frame = slicer.vtkMRMLSubjectHierarchyConstants.GetDICOMFrameOfReferenceUIDAttributeName()
    assert hierarchy.GetItemAttribute(item, frame) == CT
    name = slicer.vtkMRMLSubjectHierarchyConstants.GetDICOMInstanceUIDName()
    assert hierarchy.GetItemByUIDList(name, "2.25.77.4.10.3") == item
    assert hierarchy.GetItemByUIDList(name, "2.25.77.4.50") == hierarchy.GetItemByDataNode(
        transform
    )


def test_a_structure_set_becomes_label_maps_and_points(scene, tmp_path):
    series = seriesIn(tmp_path, builders.ctSeries())
    structures = structureSetFromDataset(builders.structureSet())
    segmentation, points = nodesFromStructureSet(structures, series.lattice, scene)
    assert segmentation.GetSegmentation().GetNthSegment(0).GetName() == "Target"
    assert segmentation.GetAttribute(FRAME) == points.GetAttribute(FRAME) == CT
    k, j, i = np.nonzero(maskFromStructure(structures.structures[0], series.lattice))
    expected = series.lattice.points(np.stack([i, j, k], axis=-1))
    assert len(expected) > 2
    np.testing.assert_allclose(
        sorted(map(tuple, _labels(segmentation))), sorted(map(tuple, expected))
    )
    found = np.zeros(3)
    points.GetNthControlPointPosition(0, found)
    np.testing.assert_allclose(ras(found), structures.structures[1].points[0], atol=1e-9)
